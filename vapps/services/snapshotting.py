"""Snapshots of VMs and of whole vApps. VCD keeps one per VM: a new one takes the place of the old one."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.db import transaction

from ssvirt.api.principal import Principal
from ssvirt.core.errors import InvalidState
from tasks.models import Task
from tasks.services import EXCLUSIVE, SHARED, Owner, lock_entities, task_submit
from vapps.legality import Verdict, vapp_condition, vapp_verdict, vm_verdict
from vapps.models import NamedDisk, Snapshot, VApp, Vm
from vapps.projection import reproject, snapshots_after
from vapps.selectors import vapp_get, vm_get
from vapps.services.demand import actor_of
from vapps.services.snapshot_rules import require_own_disks_only
from vapps.states import VmState

_WORDS = {
    "createSnapshot": ("vappCreateSnapshot", "Creating a snapshot of"),
    "revertSnapshot": ("vappRevertToCurrentSnapshot", "Reverting"),
    "removeSnapshots": ("vappRemoveAllSnapshots", "Removing the snapshots of"),
}


def vm_snapshot(*, principal: Principal, vm_id: uuid.UUID, action: str, memory: bool = False) -> Task:
    """createSnapshot, revertSnapshot or removeSnapshots of a VM. Raises NotFound, InvalidState."""
    with transaction.atomic():
        vm = vm_get(vm_id)
        lock_entities([vm.vapp_id, vm.pk])
        vm = vm_get(vm_id)
        if vm_verdict(action, vm.projected_state) is Verdict.REFUSED:
            raise InvalidState(
                f'The operation {action} is not possible on the VM "{vm.name}" '
                f"in the state {vm.projected_state}."
            )
        owner = Owner(id=vm.pk, kind="vm", name=vm.name)
        return _submit(principal, vm.vapp, [vm], owner, f"Virtual Machine {vm.name}({vm.pk})", action, memory)


def vapp_snapshot(*, principal: Principal, vapp_id: uuid.UUID, action: str, memory: bool = False) -> Task:
    """The same of all VMs of a vApp. Raises NotFound, InvalidState."""
    with transaction.atomic():
        vapp = vapp_get(vapp_id)
        vm_ids = list(Vm.objects.filter(vapp=vapp).values_list("pk", flat=True))
        lock_entities([vapp.pk, *vm_ids])
        without = (VmState.GONE, VmState.FAILED)
        vms = [vm for vm in Vm.objects.filter(pk__in=vm_ids) if vm.projected_state not in without]
        condition = vapp_condition(vapp_get(vapp_id).projected_state, [vm.projected_state for vm in vms])
        if vapp_verdict(action, condition) is Verdict.REFUSED:
            raise InvalidState(
                f'The operation {action} is not possible on the vApp "{vapp.name}" in the state {condition}.'
            )
        owner = Owner(id=vapp.pk, kind="vApp", name=vapp.name)
        what = f"Virtual Application {vapp.name}({vapp.pk})"
        return _submit(principal, vapp, vms, owner, what, action, memory)


def _submit(
    principal: Principal,
    vapp: VApp,
    vms: Sequence[Vm],
    owner: Owner,
    what: str,
    action: str,
    memory: bool,
) -> Task:
    """Runs in a transaction that holds the locks.

    Raises InvalidState: nothing to revert to, or an independent disk is attached to a VM.
    """
    args: dict[str, Any] = {"vapp_id": str(vapp.pk)}
    if action == "createSnapshot":
        _require_own_disks_only(vms)
        made = Snapshot.objects.bulk_create(
            Snapshot(org_id=vm.org_id, vm=vm, has_memory=memory, size_mb=_size_mb(vm)) for vm in vms
        )
        args["snapshot_ids"] = [str(snapshot.pk) for snapshot in made]
    elif action == "revertSnapshot":
        was_on = snapshots_after([vm.pk for vm in vms])
        if not was_on:
            raise InvalidState(f"There is no snapshot to revert to: {what} has none.")
        vms = [vm for vm in vms if vm.pk in was_on]
        args["on_ids"] = [str(vm.pk) for vm in vms if was_on[vm.pk]]
    operation, word = _WORDS[action]
    task = task_submit(
        name=operation,
        args=args | {"vm_ids": [str(vm.pk) for vm in vms]},
        owner=owner,
        claims={vapp.pk: SHARED, **{vm.pk: EXCLUSIVE for vm in vms}},
        org_id=vapp.org_id,
        actor=actor_of(principal),
        description=f"{word} {what}",
    )
    reproject(vapp_ids=[vapp.pk], vm_ids=[vm.pk for vm in vms])
    return task


def _require_own_disks_only(vms: Sequence[Vm]) -> None:
    attached = NamedDisk.objects.filter(projected_vm_id__in=[vm.pk for vm in vms])
    by_vm = {disk.projected_vm_id: disk for disk in attached}
    for vm in vms:
        require_own_disks_only(vm, by_vm.get(vm.pk))


def _size_mb(vm: Vm) -> int:
    """What the disks of the VM amount to: the most that a snapshot of them may take."""
    return sum(disk.size_mb for disk in vm.disks.all() if disk.named_id is None)
