"""Changes of a VM: rows first, then the machine; back to what was, when that fails."""

import uuid
from typing import Any

from django.db import transaction

from compute import manifests, names
from tasks.models import Task
from tasks.registry import Outcome, Run, Wait, register
from tasks.services import task_secret, task_secret_add
from vapps.models import Disk, Vm
from vapps.operations.machines import ids_of, is_fresh, require_makeable
from vapps.operations.networks import NetworkSteps
from vapps.operations.volumes import remove_volume
from vapps.selectors import vm_get
from vapps.services.recharging import recharge
from vapps.services.reconfiguring import (
    change_of_task,
    change_write,
    check_change,
    is_reshaping,
    relevant,
)
from vapps.services.remembering import vm_remember, vm_restore
from vapps.services.removing import networks_prune
from vapps.services.snapshot_rules import require_no_snapshot, with_snapshot
from vdcs.selectors import vdc_client

_BEFORE = "guest_secrets_before"
_HAS_INSTANCE = frozenset({"Running", "Migrating", "Paused"})


@register
class UpdateVm(NetworkSteps):
    """The rows become as asked, the machine follows. On a running one what can be changed live is.

    Source: kubernetes.md 1.5 (live changes), 1.7.
    """

    name = "vappUpdateVm"
    steps = (
        "store_change",
        "ensure_networks",
        "networks_ready",
        "ensure_machines",
        "ensure_sizes",
        "change_ready",
        "remove_volumes",
    )
    undo_steps = ("restore", "ensure_machines", "remove_added")
    final_steps = ("remove_volumes",)

    def plan(self, args: dict[str, Any]) -> list[str]:
        """A card may be put on a network that could not be made yet."""
        if args["change"]["nics"] is not None:
            return list(self.steps)
        return [self.steps[0], *self.steps[3:]]

    def store_change(self, run: Run) -> Outcome:
        """Judged again on what is. Written once: what was before is noted in the same transaction."""
        if "before" in run.notes:
            return None
        with transaction.atomic():
            vm = vm_get(ids_of(run.args)[0])
            change = relevant(vm, change_of_task(run.task))
            check_change(vm, change, state=vm.state)
            if is_reshaping(vm, change):
                require_no_snapshot(vm, with_snapshot([vm]))
            before = vm_remember(vm)
            if not change.customization.is_empty:
                task_secret_add(run.task, {_BEFORE: _text(vm.guest_secrets)})
            change_write(vm, change)
            after = vm_remember(vm_get(vm.pk))
            run.notes["before"] = before
            run.notes["needs_machine"] = before != after or not change.customization.is_empty
            run.notes["removed"] = _without(before, after)
            run.notes["added"] = _without(after, before)
            run.save_notes()
        return None

    def ensure_machines(self, run: Run) -> Outcome:
        """Nothing to write where only rows of ours have changed, or nothing has."""
        if not run.notes.get("needs_machine"):
            return None
        return super().ensure_machines(run)

    def ensure_sizes(self, run: Run) -> Outcome:
        """Claims grow where the row has grown, or the claim is seen to be smaller than its row; they never shrink."""
        if run.args["change"]["disks"] is None:
            return None
        growing: list[str] = []
        run.notes["growing"] = growing
        sizes = {disk["id"]: disk["size_mb"] for disk in run.notes["before"]["disks"]}
        for vm in self.vms(run):
            for disk in vm.disks.all():
                if disk.named_id is None and disk.size_mb > _size_before(disk, sizes):
                    growing.append(str(disk.pk))
                    vdc_client(vm.vdc).patch_merge(
                        "PersistentVolumeClaim",
                        names.disk_volume_name(vm.pk, disk.pk),
                        vm.vdc.namespace,
                        manifests.claim_size(disk.size_mb),
                    )
        return None

    def change_ready(self, run: Run) -> Outcome:
        """The machine is as written, as observed after our write; a running one has its new devices."""
        if not run.notes.get("needs_machine") and not run.notes.get("growing"):
            return None
        for vm in self.vms(run):
            waiting_for = _missing(run, vm)
            if waiting_for:
                run.notes["waiting_for"] = waiting_for
                return Wait()
        return None

    def remove_volumes(self, run: Run) -> Outcome:
        """Volumes of removed disks: the machine has given them up."""
        return self._remove(run, "removed")

    def remove_added(self, run: Run) -> Outcome:
        """Volumes of new disks: the machine does not have them any more."""
        return self._remove(run, "added")

    def _remove(self, run: Run, note: str) -> Outcome:
        for vm in self.vms(run):
            for disk_id in run.notes.get(note, ()):
                volume = names.disk_volume_name(vm.pk, uuid.UUID(disk_id))
                remove_volume(vm.vdc, volume)
                run.heartbeat()
        return None

    def restore(self, run: Run) -> Outcome:
        """The rows as they were. A claim that has grown stays so: the cluster cannot shrink it."""
        if "before" in run.notes:
            with transaction.atomic():
                for vm_id in ids_of(run.args):
                    vm = Vm.objects.filter(pk=vm_id).first()
                    if vm is not None:
                        with recharge(vm_id, is_forced=True):
                            vm_restore(vm, run.notes["before"], _secrets(run))
        return None

    def succeeded(self, task: Task) -> None:
        self.settle(task)

    def failed(self, task: Task) -> None:
        self.settle(task)

    def settle(self, task: Task) -> None:
        super().settle(task)
        networks_prune(ids_of(task.args))


def _text(sealed: bytes | None) -> str | None:
    """A Fernet token as it goes into JSON."""
    return bytes(sealed).decode() if sealed is not None else None


def _secrets(run: Run) -> dict[str, Any]:
    """The passwords as they were, sealed; nothing where they have not been touched."""
    secret = task_secret(run.task)
    if _BEFORE not in secret:
        return {}
    return {"guest_secrets": secret[_BEFORE].encode() if secret[_BEFORE] is not None else None}


def _without(rows: dict[str, Any], others: dict[str, Any]) -> list[str]:
    """Ids of the disks that the others do not have."""
    kept = {disk["id"] for disk in others["disks"]}
    return [disk["id"] for disk in rows["disks"] if disk["id"] not in kept]


def _missing(run: Run, vm: Vm) -> str:
    """What is not observed yet; "" when all is. Raises VcdError for a new disk that cannot be made."""
    if not is_fresh(run, vm):
        return f"{vm.name} to be seen as written"
    disks = [disk for disk in vm.disks.all() if disk.named_id is None]
    added = run.notes.get("added", ())
    require_makeable(run, [disk for disk in disks if str(disk.pk) in added])
    for disk in disks:
        if disk.observed_phase == "Failed":
            continue
        if disk.observed_phase != "Succeeded":
            return f"disk {disk.position} ({disk.observed_message or disk.observed_phase or 'pending'})"
        if _is_growing(run, disk):
            return f"disk {disk.position} to grow to {disk.size_mb} MB"
    if vm.observed_status not in _HAS_INSTANCE or vm.observed_restart_required:
        return ""
    names_here = {names.disk_volume_name(vm.pk, disk.pk) for disk in disks if disk.is_hotpluggable}
    if absent := sorted(names_here - set(vm.observed_volumes)):
        return f"the volume {absent[0]} to be attached"
    if vm.observed_cpus is not None and vm.observed_cpus < vm.cpus:
        return f"the guest to have {vm.cpus} CPUs ({vm.observed_cpus} now)"
    if vm.observed_memory_mb is not None and vm.observed_memory_mb < vm.memory_mb:
        return f"the guest to have {vm.memory_mb} MB of memory ({vm.observed_memory_mb} now)"
    return ""


def _size_before(disk: Disk, sizes: dict[str, int]) -> int:
    """What the claim has, as far as is known: as the row was, or less where less is observed."""
    before = sizes.get(str(disk.pk), disk.size_mb)
    return min(before, disk.observed_capacity_mb or before)


def _is_growing(run: Run, disk: Disk) -> bool:
    return str(disk.pk) in run.notes.get("growing", ()) and disk.observed_capacity_mb < disk.size_mb
