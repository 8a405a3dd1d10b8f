"""Independent disks on the cluster: volumes of their own, and the machines that have them."""

import time
import uuid
from dataclasses import replace
from typing import Any

from compute import manifests, names
from compute.observe import OVER_QUOTA
from compute.specs import DataVolumeSpec
from orgs.services import metadata_forget
from ssvirt.core.errors import InvalidState, VcdError
from tasks.models import Task
from tasks.registry import Operation, Outcome, Run, Wait, register
from vapps.models import Disk, NamedDisk
from vapps.operations.changing import MachineChange
from vapps.operations.machines import TROUBLE_PATIENCE_S
from vapps.operations.volumes import remove_volume
from vapps.projection import reproject_disks
from vapps.selectors import named_disk_get
from vapps.services.disks import (
    FAILED,
    READY,
    place_of,
    require_attachable,
    require_attached,
    require_change,
    require_free,
    require_usable,
)
from vapps.services.snapshot_rules import require_no_snapshot, with_snapshot
from vapps.specs import named_disk_spec, vm_spec
from vdcs.selectors import vdc_client
from vdcs.services import Demand, vdc_release


class DiskOperation(Operation):
    """Steps on the disk that owns the task."""

    def disk(self, run: Run) -> NamedDisk:
        return named_disk_get(run.task.owner_id)

    def remove_volume(self, run: Run) -> Outcome:
        disk = self.disk(run)
        remove_volume(disk.vdc, names.named_disk_volume(disk.pk))
        return None

    def volume_gone(self, run: Run) -> Outcome:
        """Nothing of the volume is observed any more.

        One that was never observed may have been applied a moment ago: the cluster is asked once, since no
        event will tell of an object that the watch has not seen.
        """
        disk = self.disk(run)
        volume = names.named_disk_volume(disk.pk)
        if (
            not disk.observed_uid
            and vdc_client(disk.vdc).get("DataVolume", volume, disk.vdc.namespace) is None
        ):
            return None
        if run.task.is_undoing:
            # The step before may have been refused: then nobody else asks for it.
            self.remove_volume(run)
        run.notes["waiting_for"] = f"the volume of {disk.name} to be removed"
        return Wait(seconds=5)


def _release(disk: NamedDisk, size_mb: int) -> None:
    vdc_release(vdc_id=disk.vdc_id, demand=Demand(storage_mb={disk.storage_policy_id: size_mb}))


@register
class CreateDisk(DiskOperation):
    """A blank volume. The row of a failed creation stays, as VCD shows it, to be deleted."""

    name = "vdcCreateDisk"
    steps = ("ensure_volume", "volume_ready")
    undo_steps = ("remove_volume", "volume_gone")

    def ensure_volume(self, run: Run) -> Outcome:
        disk = self.disk(run)
        spec = DataVolumeSpec(
            namespace=disk.vdc.namespace,
            name=names.named_disk_volume(disk.pk),
            size_mib=disk.size_mb,
            storage_class=disk.storage_policy.policy.storage_class,
            org_id=disk.org_id,
            vdc_id=disk.vdc_id,
            disk_id=disk.pk,
        )
        made = vdc_client(disk.vdc).apply(manifests.data_volume(spec))
        run.notes["uid"] = made["metadata"]["uid"]
        return None

    def volume_ready(self, run: Run) -> Outcome:
        disk = self.disk(run)
        is_ours = disk.observed_uid == run.notes["uid"]
        if is_ours and disk.observed_phase == "Succeeded":
            return None
        if is_ours and (disk.observed_phase == "Failed" or OVER_QUOTA in disk.observed_message):
            reason = disk.observed_message or "failed"
            raise VcdError(f'The disk "{disk.name}" could not be made: {reason}')
        run.notes["waiting_for"] = disk.observed_message or disk.observed_phase or "the volume to be made"
        return Wait(progress=disk.observed_progress if is_ours else None)

    def succeeded(self, task: Task) -> None:
        NamedDisk.objects.filter(pk=task.owner_id).update(status=READY)

    def failed(self, task: Task) -> None:
        disk = named_disk_get(task.owner_id)
        NamedDisk.objects.filter(pk=disk.pk).update(status=FAILED)
        _release(disk, disk.size_mb)


@register
class UpdateDisk(DiskOperation):
    """Name, description and IOPS are rows only; a larger size grows the claim, attached or not.

    Source: kubernetes.md 1.7; a claim that has grown does not shrink, so there is no way back from there.
    """

    name = "vdcUpdateDisk"
    steps = ("judge", "ensure_grown", "volume_grown")

    def plan(self, args: dict[str, Any]) -> list[str]:
        return list(self.steps if args["size_mb"] > args["from_mb"] else ())

    def may_cancel(self, task: Task) -> bool:
        return task.step == 0

    def judge(self, run: Run) -> Outcome:
        """An earlier growth that this one counted on may have failed."""
        disk = self.disk(run)
        require_usable(disk)
        if disk.size_mb != run.args["from_mb"]:
            raise InvalidState(
                f'The disk "{disk.name}" has {disk.size_mb} MB, not {run.args["from_mb"]} MB: ask again.'
            )
        return None

    def ensure_grown(self, run: Run) -> Outcome:
        disk = self.disk(run)
        vdc_client(disk.vdc).patch_merge(
            "PersistentVolumeClaim",
            names.named_disk_volume(disk.pk),
            disk.vdc.namespace,
            manifests.claim_size(run.args["size_mb"]),
        )
        return None

    def volume_grown(self, run: Run) -> Outcome:
        disk = self.disk(run)
        if disk.observed_capacity_mb >= run.args["size_mb"]:
            return None
        if disk.observed_message:
            # It may be the word on an earlier attempt.
            since = run.notes.setdefault("trouble_since", time.time())
            if time.time() - since > TROUBLE_PATIENCE_S:
                raise VcdError(f'The disk "{disk.name}" cannot grow: {disk.observed_message}')
        run.notes["waiting_for"] = f"{disk.name} to grow from {disk.observed_capacity_mb} MB"
        return Wait()

    def succeeded(self, task: Task) -> None:
        args = task.args
        values = {"name": args["name"], "description": args["description"]}
        if task.steps:
            # Else the size is what it was to be when this was asked: an earlier growth may not have come about.
            values["size_mb"] = args["size_mb"]
        if args["iops"] is not None:
            values["iops"] = args["iops"]
        NamedDisk.objects.filter(pk=task.owner_id).update(**values)
        slot = {key: values[key] for key in ("size_mb", "iops") if key in values}
        Disk.objects.filter(named_id=task.owner_id).update(**slot)

    def failed(self, task: Task) -> None:
        growth_mb = task.args["size_mb"] - task.args["from_mb"]
        if growth_mb:
            _release(named_disk_get(task.owner_id), growth_mb)


@register
class DeleteDisk(DiskOperation):
    """The volume goes, then the row. Not cancelled once removing has begun."""

    name = "vdcDeleteDisk"
    steps = ("begin", "remove_volume", "volume_gone")

    def begin(self, run: Run) -> Outcome:
        """Judged again: a detachment that this deletion counted on may have failed."""
        disk = self.disk(run)
        require_free(disk, disk.holder_id)
        return None

    def may_cancel(self, task: Task) -> bool:
        return task.step == 0

    def succeeded(self, task: Task) -> None:
        disk = named_disk_get(task.owner_id)
        if disk.status != FAILED:
            _release(disk, disk.size_mb)
        metadata_forget([disk.pk])
        disk.delete()

    def failed(self, task: Task) -> None:
        NamedDisk.objects.filter(pk=task.owner_id).update(is_going=False)


def _disk_id(args: dict[str, Any]) -> uuid.UUID:
    return uuid.UUID(args["disk_id"])


class SlotChange(MachineChange):
    """Attaching and detaching; both hot where the machine runs. Source: kubernetes.md 1.7."""

    def failed(self, task: Task) -> None:
        super().failed(task)
        reproject_disks([_disk_id(task.args)])


@register
class AttachDisk(SlotChange):
    """The disk becomes a hot-pluggable volume of the machine, and a slot of the VM."""

    name = "vappAttachDisk"
    steps = ("judge", "ensure_attached", "disk_attached")
    undo_steps = ("restore_machine", "disk_left")

    def judge(self, run: Run) -> Outcome:
        """On what is, not on what was to be: operations before this one may have failed."""
        vm, disk = self.vm(run), named_disk_get(_disk_id(run.args))
        require_change(vm, "attachDisk", vm.state)
        require_no_snapshot(vm, with_snapshot([vm]))
        require_usable(disk)
        require_attachable(vm, disk, disk.holder_id)
        run.notes["place"] = place_of(vm, disk, run.args["bus_number"], run.args["unit_number"])
        return None

    def ensure_attached(self, run: Run) -> Outcome:
        vm, disk = self.vm(run), named_disk_get(_disk_id(run.args))
        spec = vm_spec(vm)
        self.write(run, vm, replace(spec, disks=(*spec.disks, named_disk_spec(disk))))
        return None

    def disk_attached(self, run: Run) -> Outcome:
        return self.wait_volumes(run, present=[names.named_disk_volume(_disk_id(run.args))])

    def disk_left(self, run: Run) -> Outcome:
        return self.wait_volumes(run, absent=[names.named_disk_volume(_disk_id(run.args))])

    def succeeded(self, task: Task) -> None:
        disk, vm_id = named_disk_get(_disk_id(task.args)), uuid.UUID(task.args["vm_ids"][0])
        Disk.objects.create(
            org_id=disk.org_id,
            vm_id=vm_id,
            named=disk,
            size_mb=disk.size_mb,
            storage_policy_id=disk.storage_policy_id,
            overrides_policy=True,
            iops=disk.iops,
            is_hotpluggable=True,
            observed_phase="Succeeded",
            observed_progress=100,
            **task.notes["place"],
        )
        self.settle(task)
        reproject_disks([disk.pk])


@register
class DetachDisk(SlotChange):
    """The machine gives the volume up; the disk stays, with what is on it."""

    name = "vappDetachDisk"
    steps = ("judge", "ensure_detached", "disk_detached")

    def judge(self, run: Run) -> Outcome:
        vm, disk = self.vm(run), named_disk_get(_disk_id(run.args))
        require_change(vm, "detachDisk", vm.state)
        require_no_snapshot(vm, with_snapshot([vm]))
        require_attached(vm, disk, disk.holder_id)
        return None

    def ensure_detached(self, run: Run) -> Outcome:
        vm, volume = self.vm(run), names.named_disk_volume(_disk_id(run.args))
        spec = vm_spec(vm)
        kept = tuple(disk for disk in spec.disks if disk.volume_name != volume)
        self.write(run, vm, replace(spec, disks=kept))
        return None

    def disk_detached(self, run: Run) -> Outcome:
        return self.wait_volumes(run, absent=[names.named_disk_volume(_disk_id(run.args))])

    def succeeded(self, task: Task) -> None:
        disk_id = _disk_id(task.args)
        Disk.objects.filter(named_id=disk_id, vm_id=task.args["vm_ids"][0]).delete()
        self.settle(task)
        reproject_disks([disk_id])
