"""Volumes on the cluster as they go: a DataVolume with its claim, and claims that have no DataVolume."""

from collections.abc import Collection, Iterator

from compute import names
from compute.cluster.client import Object
from tasks.registry import Run
from vapps.models import Vm
from vdcs.models import Vdc
from vdcs.selectors import vdc_client


def remove_volume(vdc: Vdc, name: str) -> None:
    """The DataVolume and the claim of that name; what is gone already is no error.

    A restore in place makes the claim anew, owned by no DataVolume; such a one goes by its name only.
    Source: kubevirt restore.go, createRestorePVC.
    """
    client = vdc_client(vdc)
    client.delete("DataVolume", name, vdc.namespace)
    client.delete("PersistentVolumeClaim", name, vdc.namespace)


def remove_bare_claims(run: Run, vm: Vm, *, kept: Collection[str] = ()) -> None:
    """The VM's claims that no DataVolume owns, but those `kept` by name."""
    for name in _bare_claims(vm):
        if name not in kept:
            vdc_client(vm.vdc).delete("PersistentVolumeClaim", name, vm.vdc.namespace)
            run.heartbeat()


def _bare_claims(vm: Vm) -> Iterator[str]:
    """Names of claims with the VM's label and name: a label alone could be anybody's."""
    pages = vdc_client(vm.vdc).list_pages(
        "PersistentVolumeClaim", namespace=vm.vdc.namespace, label_selector=f"{names.LABEL_VM}={vm.pk}"
    )
    for claims, _ in pages:
        for claim in claims:
            name = str(claim["metadata"]["name"])
            if name.startswith(f"{names.vm_name(vm.pk)}-") and not _has_data_volume(claim):
                yield name


def _has_data_volume(claim: Object) -> bool:
    owners = claim["metadata"].get("ownerReferences") or []
    return any(owner["kind"] == "DataVolume" for owner in owners)
