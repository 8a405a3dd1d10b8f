"""Snapshots of machines and their restoration."""

from compute.manifests.meta import Manifest, labels
from compute.specs import RestoreSpec, SnapshotSpec

_API = "snapshot.kubevirt.io/v1beta1"


def vm_snapshot(spec: SnapshotSpec) -> Manifest:
    """A VirtualMachineSnapshot; a running guest is quiesced by its agent where it has one.

    Source: kubevirt VirtualMachineSnapshotSpec; kubernetes.md 1.6.
    """
    return {
        "apiVersion": _API,
        "kind": "VirtualMachineSnapshot",
        "metadata": {
            "name": spec.name,
            "namespace": spec.namespace,
            "labels": labels(org=spec.org_id, vm=spec.vm_id),
        },
        "spec": {"source": _machine(spec.vm_name)},
    }


def vm_restore(spec: RestoreSpec) -> Manifest:
    """A VirtualMachineRestore into the machine that the snapshot is of; its volumes keep their names.

    Source: kubevirt VirtualMachineRestoreSpec; kubernetes.md 1.6 (InPlace).
    """
    return {
        "apiVersion": _API,
        "kind": "VirtualMachineRestore",
        "metadata": {
            "name": spec.name,
            "namespace": spec.namespace,
            "labels": labels(org=spec.org_id, vm=spec.vm_id),
        },
        "spec": {
            "target": _machine(spec.vm_name),
            "virtualMachineSnapshotName": spec.snapshot_name,
            "volumeRestorePolicy": "InPlace",
        },
    }


def _machine(name: str) -> Manifest:
    return {"apiGroup": "kubevirt.io", "kind": "VirtualMachine", "name": name}
