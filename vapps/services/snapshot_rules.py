"""Snapshots and changes of disks keep each other out, as in VCD.

VCD takes no snapshot of a VM that an independent disk is attached to, and changes no disk of a VM that has one:
reverting would overwrite what belongs to the disk by now.
Source: VMware Cloud Director's tenant guide, taking a snapshot of a virtual machine; go-clients.md 6.4 (the
text of the refusal).
"""

import uuid
from collections.abc import Collection, Iterable

from ssvirt.core.errors import InvalidState
from vapps.models import NamedDisk, Vm


def with_snapshot(vms: Iterable[Vm]) -> frozenset[uuid.UUID]:
    """Those of the VMs that have a snapshot now. Needs their snapshots loaded."""
    return frozenset(vm.pk for vm in vms if any(snapshot.is_current for snapshot in vm.snapshots.all()))


def require_no_snapshot(vm: Vm, with_snapshot: Collection[uuid.UUID]) -> None:
    """Raises InvalidState where the VM is one of those with a snapshot. Clients match the end of the text."""
    if vm.pk in with_snapshot:
        raise InvalidState(
            f'The disks of the VM "{vm.name}" cannot be modified while the virtual machine has snapshots'
        )


def require_own_disks_only(vm: Vm, attached: NamedDisk | None) -> None:
    """Raises InvalidState where an independent disk is attached to the VM of which a snapshot is asked."""
    if attached is not None:
        raise InvalidState(
            f'No snapshot can be taken of the VM "{vm.name}" while the independent disk "{attached.name}" '
            "is attached to it."
        )
