"""Pieces that several manifests share: metadata, quantities, the claim of a volume."""

from typing import Any
from uuid import UUID

from compute import names

Manifest = dict[str, Any]

# Without it a volume on a WaitForFirstConsumer class waits for a pod, and no import starts before power-on.
# Source: CDI, annotation of DataVolumes.
ANNOTATION_BIND_NOW = "cdi.kubevirt.io/storage.bind.immediate.requested"


def labels(**ids: UUID | None) -> dict[str, str]:
    """Our labels: `managed` and, by keyword, `org`, `vdc`, `vapp`, `vm`, `catalog`, `network`,
    `disk` where given.
    """
    keys = {
        "org": names.LABEL_ORG,
        "vdc": names.LABEL_VDC,
        "vapp": names.LABEL_VAPP,
        "vm": names.LABEL_VM,
        "catalog": names.LABEL_CATALOG,
        "network": names.LABEL_NETWORK,
        "disk": names.LABEL_DISK,
    }
    return {names.LABEL_MANAGED: "true"} | {keys[key]: str(value) for key, value in ids.items() if value}


def mib(amount: int) -> str:
    """`amount` mebibytes in Kubernetes' canonical form, so that a server's rewriting changes nothing."""
    for unit, size in (("Ti", 2**20), ("Gi", 2**10)):
        if amount and amount % size == 0:
            return f"{amount // size}{unit}"
    return f"{amount}Mi"


def storage(size_mib: int | None, storage_class: str) -> Manifest:
    """A DataVolume's `spec.storage`; access and volume mode come from the class's StorageProfile.

    Without a size it is as large as what it is cloned from. Source: CDI, size detection of clones.
    """
    claim: Manifest = {}
    if size_mib is not None:
        claim["resources"] = {"requests": {"storage": mib(size_mib)}}
    if storage_class:
        claim["storageClassName"] = storage_class
    return claim
