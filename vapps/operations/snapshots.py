"""Snapshots on the cluster: taken, restored in place, removed. Source: kubernetes.md 1.6, 1.7."""

import uuid
from collections.abc import Sequence

from compute import manifests, names
from compute.specs import RestoreSpec, SnapshotSpec
from ssvirt.core.errors import InvalidState, VcdError
from tasks.models import Task
from tasks.registry import Outcome, Run, Wait, register
from vapps.models import Snapshot, Vm
from vapps.operations.machines import RUNS, VmOperation, ids_of, mark_suspended, note_write, start, stop
from vapps.operations.volumes import remove_bare_claims
from vapps.selectors import snapshots_of
from vapps.services.disks import require_change
from vapps.services.snapshot_rules import require_own_disks_only
from vapps.specs import volume_names
from vapps.states import VmState
from vdcs.selectors import vdc_client


class SnapshotOperation(VmOperation):
    """Steps on the snapshots that `args["snapshot_ids"]` names."""

    def snapshots(self, run: Run) -> list[Snapshot]:
        return snapshots_of([uuid.UUID(text) for text in run.args["snapshot_ids"]])

    def failed(self, task: Task) -> None:
        self.settle(task)


def remove_snapshots(run: Run, snapshots: Sequence[Snapshot]) -> None:
    for snapshot in snapshots:
        vdc = snapshot.vm.vdc
        vdc_client(vdc).delete("VirtualMachineSnapshot", names.snapshot_name(snapshot.pk), vdc.namespace)
        run.heartbeat()


def current_snapshots(task: Task) -> list[Snapshot]:
    """The current snapshots of the task's VMs."""
    found = Snapshot.objects.filter(vm_id__in=ids_of(task.args), is_current=True)
    return snapshots_of(list(found.values_list("pk", flat=True)))


@register
class CreateSnapshot(SnapshotOperation):
    """The old snapshot goes once the new one is ready. A memory image is not kept: the cluster has none."""

    name = "vappCreateSnapshot"
    steps = ("judge", "ensure_snapshots", "snapshots_ready", "remove_old")
    undo_steps = ("remove_made",)
    final_steps = ("remove_old",)

    def judge(self, run: Run) -> Outcome:
        """On what is: what this was queued behind, a VM's creation or a disk's detachment, may have failed."""
        for vm in self.vms(run):
            require_change(vm, "createSnapshot", vm.state)
            named = (disk.named for disk in vm.disks.all() if disk.named is not None)
            require_own_disks_only(vm, next(named, None))
        return None

    def ensure_snapshots(self, run: Run) -> Outcome:
        for snapshot in self.snapshots(run):
            vm = snapshot.vm
            Snapshot.objects.filter(pk=snapshot.pk).update(was_on=vm.state == VmState.ON)
            spec = SnapshotSpec(
                namespace=vm.vdc.namespace,
                name=names.snapshot_name(snapshot.pk),
                vm_name=names.vm_name(vm.pk),
                vm_id=vm.pk,
                org_id=vm.org_id,
            )
            vdc_client(vm.vdc).apply(manifests.vm_snapshot(spec))
            run.heartbeat()
        return None

    def snapshots_ready(self, run: Run) -> Outcome:
        waiting = [each for each in self.snapshots(run) if each.observed_phase != "Succeeded"]
        if not waiting:
            return None
        failed = next((each for each in waiting if each.observed_phase == "Failed"), None)
        if failed is not None:
            reason = failed.observed_message or "failed"
            raise VcdError(f'The snapshot of the VM "{failed.vm.name}" could not be taken: {reason}')
        first = waiting[0]
        run.notes["waiting_for"] = (
            f"the snapshot of {first.vm.name} ({first.observed_message or 'in progress'})"
        )
        return Wait()

    def remove_old(self, run: Run) -> Outcome:
        made = {snapshot.pk for snapshot in self.snapshots(run)}
        vms = {snapshot.vm_id for snapshot in self.snapshots(run)}
        old = Snapshot.objects.filter(vm_id__in=vms, is_current=True).exclude(pk__in=made)
        remove_snapshots(run, snapshots_of(list(old.values_list("pk", flat=True))))
        return None

    def remove_made(self, run: Run) -> Outcome:
        remove_snapshots(run, self.snapshots(run))
        return None

    def succeeded(self, task: Task) -> None:
        made = [uuid.UUID(text) for text in task.args["snapshot_ids"]]
        vms = Snapshot.objects.filter(pk__in=made).values_list("vm_id", flat=True)
        Snapshot.objects.filter(vm_id__in=list(vms)).exclude(pk__in=made).delete()
        Snapshot.objects.filter(pk__in=made).update(is_current=True)
        self.settle(task)

    def failed(self, task: Task) -> None:
        Snapshot.objects.filter(pk__in=[uuid.UUID(text) for text in task.args["snapshot_ids"]]).delete()
        self.settle(task)


@register
class RevertToSnapshot(SnapshotOperation):
    """Disks as they were; the VM runs afterwards if it ran when the snapshot was taken.

    The machine's specification is then written anew from the rows: sizes and cards are those of today.
    """

    name = "vappRevertToCurrentSnapshot"
    undo_steps = ("machines_seen",)
    steps = (
        "ensure_halted",
        "machines_stopped",
        "ensure_restores",
        "restores_ready",
        "remove_restores",
        "ensure_machines",
        "remove_strays",
        "ensure_restarted",
        "machines_running",
    )

    def snapshots(self, run: Run) -> list[Snapshot]:
        """Those that are current now: another one may have taken the place of what was when this was asked."""
        return current_snapshots(run.task)

    def may_cancel(self, task: Task) -> bool:
        return task.step < 2

    def ensure_halted(self, run: Run) -> Outcome:
        if lacking := {vm.pk for vm in self.vms(run)} - {each.vm_id for each in self.snapshots(run)}:
            raise InvalidState(f"There is no snapshot to revert to any more: the VM {min(lacking)} has none.")
        for vm in self.vms(run):
            if vm.observed_status in RUNS:
                stop(run, vm)
                if vm.state == VmState.SUSPENDED:
                    mark_suspended(vm, is_suspended=False)
                    note_write(run, vm)
            run.heartbeat()
        return None

    def ensure_restores(self, run: Run) -> Outcome:
        for snapshot in self.snapshots(run):
            vm = snapshot.vm
            name = names.restore_name(snapshot.pk, run.task.pk)
            if snapshot.restore_name != name:
                Snapshot.objects.filter(pk=snapshot.pk).update(
                    restore_name=name, observed_restore="", observed_restore_message=""
                )
            spec = RestoreSpec(
                namespace=vm.vdc.namespace,
                name=name,
                snapshot_name=names.snapshot_name(snapshot.pk),
                vm_name=names.vm_name(vm.pk),
                vm_id=vm.pk,
                org_id=vm.org_id,
            )
            vdc_client(vm.vdc).apply(manifests.vm_restore(spec))
            run.heartbeat()
        return None

    def restores_ready(self, run: Run) -> Outcome:
        waiting = [each for each in self.snapshots(run) if each.observed_restore != "complete"]
        if not waiting:
            return None
        failed = next((each for each in waiting if each.observed_restore == "failed"), None)
        if failed is not None:
            reason = failed.observed_restore_message or "failed"
            raise VcdError(f'The VM "{failed.vm.name}" could not be reverted: {reason}')
        run.notes["waiting_for"] = f"{waiting[0].vm.name} to be restored"
        return Wait()

    def remove_restores(self, run: Run) -> Outcome:
        for snapshot in self.snapshots(run):
            vdc = snapshot.vm.vdc
            name = names.restore_name(snapshot.pk, run.task.pk)
            vdc_client(vdc).delete("VirtualMachineRestore", name, vdc.namespace)
            run.heartbeat()
        return None

    def remove_strays(self, run: Run) -> Outcome:
        """Claims that came back with the snapshot, of a medium that has been ejected since: no row knows them."""
        for vm in self.vms(run):
            remove_bare_claims(run, vm, kept=volume_names(vm))
        return None

    def _to_start(self, run: Run) -> list[Vm]:
        on = {snapshot.vm_id for snapshot in self.snapshots(run) if snapshot.was_on}
        return [vm for vm in self.vms(run) if vm.pk in on]

    def groups(self, run: Run) -> list[list[Vm]]:
        return [self._to_start(run)]

    def ensure_restarted(self, run: Run) -> Outcome:
        for vm in self._to_start(run):
            start(run, vm)
            run.heartbeat()
        return None

    def succeeded(self, task: Task) -> None:
        on = [snapshot.vm_id for snapshot in current_snapshots(task) if snapshot.was_on]
        off = Vm.objects.filter(pk__in=[uuid.UUID(text) for text in task.args["vm_ids"]]).exclude(pk__in=on)
        off.exclude(state=VmState.UNDEPLOYED).update(state=VmState.OFF)
        Vm.objects.filter(pk__in=on).update(state=VmState.ON)
        self.settle(task)


@register
class RemoveSnapshots(SnapshotOperation):
    """A success also where there is none."""

    name = "vappRemoveAllSnapshots"
    steps = ("remove_all",)

    def snapshots(self, run: Run) -> list[Snapshot]:
        """Those that are current now, whatever was when this was asked."""
        return current_snapshots(run.task)

    def remove_all(self, run: Run) -> Outcome:
        remove_snapshots(run, self.snapshots(run))
        return None

    def may_cancel(self, task: Task) -> bool:
        return False

    def succeeded(self, task: Task) -> None:
        Snapshot.objects.filter(pk__in=[each.pk for each in current_snapshots(task)]).delete()
        self.settle(task)
