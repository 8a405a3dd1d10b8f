"""A VM's complete list of disks: what is added, grown and removed. Runs in the caller's transaction."""

from collections.abc import Sequence

from ssvirt.core.errors import BadRequest, InvalidState, NotSupported
from vapps.blueprints import blank_disk
from vapps.models import Disk, Vm
from vapps.requests import DiskRequest
from vapps.services.rows import Policies, disks_create


def disks_check(vm: Vm, asked: Sequence[DiskRequest], *, is_live: bool) -> None:
    """Raises BadRequest (unknown id, shrinking, an independent disk), InvalidState, NotSupported."""
    present = {disk.number: disk for disk in vm.disks.all()}
    numbers = [disk.number for disk in asked if disk.number is not None]
    if len(set(numbers)) != len(numbers):
        raise BadRequest("Two disks of the list have the same DiskId.")
    for request in asked:
        if request.number is None:
            if request.is_named:
                raise BadRequest(
                    "An independent disk is attached by the action attachDisk, not by the disk list."
                )
            continue
        disk = present.get(request.number)
        if disk is None:
            raise BadRequest(f'The disk {request.number} is not part of the VM "{vm.name}".')
        if disk.named_id is None:
            _check_kept(disk, request)
    for number, disk in present.items():
        if number not in numbers and disk.named_id is None:
            _check_removable(vm, disk, is_live=is_live)


def disks_differ(vm: Vm, asked: Sequence[DiskRequest]) -> bool:
    """Whether the list changes anything of the VM's own disks."""
    present = {disk.number: disk for disk in vm.disks.all() if disk.named_id is None}
    kept = {request.number: request for request in asked if not request.is_named}
    return kept.keys() != present.keys() or any(
        (kept[number].size_mb, kept[number].storage_policy_id or disk.storage_policy_id)
        != (disk.size_mb, disk.storage_policy_id)
        or kept[number].iops not in (0, disk.iops)
        for number, disk in present.items()
    )


def disks_reshape(vm: Vm, asked: Sequence[DiskRequest]) -> bool:
    """Whether the list adds, removes or resizes disks of the VM's own."""
    present = {disk.number: disk.size_mb for disk in vm.disks.all() if disk.named_id is None}
    return {request.number: request.size_mb for request in asked if not request.is_named} != present


def _check_kept(disk: Disk, asked: DiskRequest) -> None:
    if asked.size_mb < disk.size_mb:
        raise BadRequest(
            f"The disk {asked.number} cannot be made smaller: it has {disk.size_mb} MB, {asked.size_mb} MB are asked."
        )
    if asked.bus_number is not None and (asked.adapter, asked.bus_number, asked.unit_number) != (
        disk.adapter,
        disk.bus_number,
        disk.unit_number,
    ):
        raise NotSupported(f"Moving the disk {asked.number} to another bus or unit is not supported.")


def _check_removable(vm: Vm, disk: Disk, *, is_live: bool) -> None:
    if is_live and not disk.is_hotpluggable:
        raise InvalidState(
            f'The disk {disk.number} of the VM "{vm.name}" can be removed only while the VM is powered off.'
        )


def disks_change(vm: Vm, asked: Sequence[DiskRequest], policies: Policies) -> None:
    """Makes the VM's own disks be these; independent ones are not touched.

    Raises BadRequest, NotFound (storage profile), NotSupported.
    """
    present = {disk.number: disk for disk in Disk.objects.filter(vm=vm, named=None)}
    kept = {request.number: request for request in asked if request.number is not None}
    Disk.objects.filter(pk__in=[disk.pk for number, disk in present.items() if number not in kept]).delete()
    for number, disk in present.items():
        if number in kept:
            _grow(disk, kept[number], policies)
    added = [
        blank_disk(
            request, policies.storage(request.storage_policy_id) if request.storage_policy_id else None
        )
        for request in asked
        if request.number is None
    ]
    disks_create(vm, added, is_hotpluggable=True)


def _grow(disk: Disk, asked: DiskRequest, policies: Policies) -> None:
    if asked.storage_policy_id is not None and asked.storage_policy_id != disk.storage_policy_id:
        wanted = policies.storage(asked.storage_policy_id)
        if wanted.policy.storage_class != disk.storage_policy.policy.storage_class:
            raise NotSupported(
                f'The storage profile "{wanted.policy.name}" has another storage class: moving a disk is not '
                "supported."
            )
        Disk.objects.filter(pk=disk.pk).update(storage_policy=wanted, overrides_policy=True)
    Disk.objects.filter(pk=disk.pk).update(size_mb=asked.size_mb, iops=asked.iops or disk.iops)
