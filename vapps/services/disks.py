"""Independent disks: made, changed, deleted, attached and detached. Judged on the projected state."""

import uuid
from typing import Any

from django.db import transaction

from orgs.models import User
from orgs.selectors import user_get
from ssvirt.api.principal import Principal
from ssvirt.core.errors import BadRequest, InvalidState, NotFound, NotSupported
from tasks.models import Task
from tasks.services import EXCLUSIVE, SHARED, Owner, lock_entities, task_submit
from vapps.legality import Verdict, vm_verdict
from vapps.models import DiskBus, NamedDisk, Vm
from vapps.projection import disk_size_after, reproject, reproject_disks, snapshots_after
from vapps.requests.disks import BUSES, NamedDiskChange, NamedDiskRequest, SlotRequest
from vapps.selectors import named_disk_get, vm_get
from vapps.services.demand import actor_of
from vapps.services.snapshot_rules import require_no_snapshot
from vdcs.models import Vdc, VdcStoragePolicy
from vdcs.selectors import storage_policies_of, storage_policy_get, vdc_get
from vdcs.services import Demand, vdc_charge, vdc_require_usable

READY, FAILED = 1, -1
"""`NamedDisk.status`; 0 while it is made."""


def disk_create(
    *, principal: Principal, vdc_id: uuid.UUID, request: NamedDiskRequest
) -> tuple[NamedDisk, Task]:
    """A new disk, its storage charged, and the task that makes it.

    Raises NotFound (VDC, storage profile, locality), BadRequest, QuotaExceeded; then nothing is written.
    """
    vdc = vdc_get(vdc_id)
    vdc_require_usable(vdc)
    policy = _policy(vdc, request.storage_policy_id)
    if request.near_vm_id is not None:
        vm_get(request.near_vm_id)
    with transaction.atomic():
        disk: NamedDisk = NamedDisk.objects.create(
            org_id=vdc.org_id,
            vdc=vdc,
            name=request.name,
            description=request.description,
            owner_id=principal.user_id,
            size_mb=request.size_mb,
            storage_policy=policy,
            bus_type=request.bus_type,
            bus_sub_type=request.bus_sub_type,
            iops=request.iops,
        )
        vdc_charge(vdc=vdc, demand=Demand(storage_mb={policy.pk: disk.size_mb}))
        task = _submit(principal, disk, "vdcCreateDisk", {}, claims={vdc.pk: SHARED}, verb="Creating")
    return disk, task


def _policy(vdc: Vdc, policy_id: uuid.UUID | None) -> VdcStoragePolicy:
    if policy_id is not None:
        return storage_policy_get(vdc, policy_id)
    enabled = [policy for policy in storage_policies_of(vdc) if policy.is_enabled]
    if not enabled:
        raise BadRequest("The VDC has no enabled storage profile.")
    return enabled[0]


def disk_update(*, principal: Principal, disk_id: uuid.UUID, change: NamedDiskChange) -> Task:
    """Renames, describes and grows; the growth is charged at once, given back if it fails.

    Raises NotFound, InvalidState, BadRequest (shrinking, another bus), NotSupported (another storage
    profile), QuotaExceeded.
    """
    named_disk_get(disk_id)
    with transaction.atomic():
        lock_entities([disk_id])
        disk = named_disk_get(disk_id)
        require_usable(disk)
        _check_change(disk, change)
        from_mb = disk_size_after(disk)
        size_mb = from_mb if change.size_mb is None else change.size_mb
        if size_mb < from_mb:
            raise BadRequest(
                f'The disk "{disk.name}" cannot be made smaller: it has {from_mb} MB, {size_mb} MB are asked for.'
            )
        if size_mb > from_mb:
            vdc_require_usable(disk.vdc)
            growth = {disk.storage_policy_id: size_mb - from_mb}
            vdc_charge(vdc=disk.vdc, demand=Demand(storage_mb=growth))
        args = {
            "name": change.name,
            "description": change.description,
            "iops": change.iops,
            "from_mb": from_mb,
            "size_mb": size_mb,
        }
        return _submit(principal, disk, "vdcUpdateDisk", args, verb="Updating")


def _check_change(disk: NamedDisk, change: NamedDiskChange) -> None:
    """What a disk keeps for its life. Source: disk.xsd DiskType, busType and busSubType."""
    if change.bus_type not in (None, "", disk.bus_type):
        raise BadRequest(f'The bus type of the disk "{disk.name}" cannot be changed.')
    if (change.bus_sub_type or disk.bus_sub_type).lower() != disk.bus_sub_type.lower():
        raise BadRequest(f'The bus subtype of the disk "{disk.name}" cannot be changed.')
    if change.storage_policy_id not in (None, disk.storage_policy_id):
        storage_policy_get(disk.vdc, change.storage_policy_id)
        raise NotSupported(f'Changing the storage profile of the disk "{disk.name}" is not supported.')


def disk_delete(*, principal: Principal, disk_id: uuid.UUID) -> Task:
    """Raises NotFound, InvalidState (attached, or going already)."""
    named_disk_get(disk_id)
    with transaction.atomic():
        lock_entities([disk_id])
        disk = named_disk_get(disk_id)
        require_not_going(disk)
        require_free(disk, disk.projected_vm_id)
        NamedDisk.objects.filter(pk=disk.pk).update(is_going=True)
        return _submit(principal, disk, "vdcDeleteDisk", {}, verb="Deleting")


def disk_change_owner(*, disk_id: uuid.UUID, user_id: uuid.UUID) -> None:
    """Raises NotFound: the disk, or the user in the disk's organization."""
    disk = named_disk_get(disk_id)
    user: User = user_get(user_id)
    if user.org_id != disk.org_id:
        raise NotFound(f"The user {user_id} does not exist.")
    NamedDisk.objects.filter(pk=disk.pk).update(owner=user)


def disk_attach(*, principal: Principal, vm_id: uuid.UUID, request: SlotRequest) -> Task:
    """Gives the disk to a VM of its VDC, running or not. Raises NotFound, InvalidState, BadRequest."""
    return _slot_submit(principal, vm_id, request, "vappAttachDisk")


def disk_detach(*, principal: Principal, vm_id: uuid.UUID, request: SlotRequest) -> Task:
    """Takes the disk from the VM. Raises NotFound, InvalidState."""
    return _slot_submit(principal, vm_id, request, "vappDetachDisk")


def _slot_submit(principal: Principal, vm_id: uuid.UUID, request: SlotRequest, operation: str) -> Task:
    """Exclusive on disk and VM, shared on the vApp: of two that race for a disk, the second is judged after
    the first.
    """
    vm = vm_get(vm_id)
    named_disk_get(request.disk_id)
    is_attaching = operation == "vappAttachDisk"
    with transaction.atomic():
        lock_entities([vm.vapp_id, vm.pk, request.disk_id])
        vm, disk = vm_get(vm_id), named_disk_get(request.disk_id)
        require_change(vm, "attachDisk" if is_attaching else "detachDisk", vm.projected_state)
        require_no_snapshot(vm, snapshots_after([vm.pk]))
        if is_attaching:
            require_usable(disk)
            require_attachable(vm, disk, disk.projected_vm_id)
            place_of(vm, disk, request.bus_number, request.unit_number)
        else:
            require_attached(vm, disk, disk.projected_vm_id)
        task = task_submit(
            name=operation,
            args={
                "vapp_id": str(vm.vapp_id),
                "vm_ids": [str(vm.pk)],
                "disk_id": str(disk.pk),
                "bus_number": request.bus_number,
                "unit_number": request.unit_number,
            },
            owner=Owner(id=vm.pk, kind="vm", name=vm.name),
            claims={vm.vapp_id: SHARED, vm.pk: EXCLUSIVE, disk.pk: EXCLUSIVE},
            org_id=vm.org_id,
            actor=actor_of(principal),
            description=f"{'Attaching' if is_attaching else 'Detaching'} Disk {disk.name}({disk.pk}) "
            f"{'to' if is_attaching else 'from'} Virtual Machine {vm.name}({vm.pk})",
        )
        reproject(vm_ids=[vm.pk])
        reproject_disks([disk.pk])
    return task


def require_change(vm: Vm, action: str, state: str) -> None:
    """Raises InvalidState where the VM's devices cannot change in `state`."""
    if vm_verdict(action, state) is Verdict.REFUSED:
        raise InvalidState(
            f'The operation {action} is not possible on the VM "{vm.name}" in the state {state}.'
        )


def require_not_going(disk: NamedDisk) -> None:
    """Raises InvalidState once a deletion was accepted."""
    if disk.is_going:
        raise InvalidState(f'The disk "{disk.name}" is being deleted.')


def require_usable(disk: NamedDisk) -> None:
    """Raises InvalidState: going, or never made."""
    require_not_going(disk)
    if disk.status == FAILED:
        raise InvalidState(f'The disk "{disk.name}" could not be created; it can only be deleted.')


def require_free(disk: NamedDisk, holder: uuid.UUID | None) -> None:
    """Raises InvalidState while a VM holds the disk."""
    if holder is not None:
        raise InvalidState(
            f'The disk "{disk.name}" is attached to a virtual machine. Detach it before it is deleted or '
            "attached to another one."
        )


def require_attachable(vm: Vm, disk: NamedDisk, holder: uuid.UUID | None) -> None:
    """Raises InvalidState, BadRequest (another VDC). Source: VCD, a disk serves VMs of its own VDC."""
    if disk.vdc_id != vm.vdc_id:
        raise BadRequest(f'The disk "{disk.name}" and the VM "{vm.name}" are not in the same VDC.')
    if holder == vm.pk:
        raise InvalidState(f'The disk "{disk.name}" is attached to the VM "{vm.name}" already.')
    require_free(disk, holder)


def require_attached(vm: Vm, disk: NamedDisk, holder: uuid.UUID | None) -> None:
    """Raises InvalidState unless the VM holds the disk."""
    if holder != vm.pk:
        raise InvalidState(f'The disk "{disk.name}" is not attached to the VM "{vm.name}".')


_CONTROLLER_UNIT = 7
"""Unit of a SCSI bus that is the controller itself. Source: VMware virtual hardware."""
_SCSI = frozenset({DiskBus.BUS_LOGIC, DiskBus.LSI_LOGIC, DiskBus.LSI_LOGIC_SAS, DiskBus.PARAVIRTUAL})


def place_of(vm: Vm, disk: NamedDisk, bus_number: int | None, unit_number: int | None) -> dict[str, Any]:
    """Where the disk goes in the VM: the columns of its slot, the unit asked for or the lowest free one.

    Raises BadRequest for a place that is taken.
    """
    disks = list(vm.disks.all())
    adapter, bus = BUSES[disk.bus_type, disk.bus_sub_type], bus_number or 0
    taken = {other.unit_number for other in disks if (other.adapter, other.bus_number) == (adapter, bus)}
    if adapter in _SCSI:
        taken.add(_CONTROLLER_UNIT)
    if unit_number is not None and unit_number in taken:
        raise BadRequest(
            f'Unit {unit_number} of bus {bus} of the VM "{vm.name}" is not free for the disk "{disk.name}".'
        )
    free = next(number for number in range(len(taken) + 1) if number not in taken)
    return {
        "position": max((other.position for other in disks), default=-1) + 1,
        "adapter": adapter.value,
        "bus_number": bus,
        "unit_number": free if unit_number is None else unit_number,
    }


def _submit(
    principal: Principal,
    disk: NamedDisk,
    operation: str,
    args: dict[str, Any],
    *,
    verb: str,
    claims: dict[uuid.UUID, bool] | None = None,
) -> Task:
    return task_submit(
        name=operation,
        args=args,
        owner=Owner(id=disk.pk, kind="disk", name=disk.name),
        claims={disk.pk: EXCLUSIVE, **(claims or {})},
        org_id=disk.org_id,
        actor=actor_of(principal),
        description=f"{verb} Disk {disk.name}({disk.pk})",
    )
