"""What operations on VMs share: steps that write machines and steps that wait for what is observed of them."""

import time
import uuid
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from django.db.models import Q, QuerySet

from compute import manifests, names
from compute.observe import OVER_QUOTA
from ssvirt.core import clock
from ssvirt.core.errors import ClusterConflict, ClusterNotFound, VcdError
from tasks.models import Task
from tasks.registry import Operation, Outcome, Run, Wait
from vapps.models import Disk, Vm
from vapps.operations.volumes import remove_bare_claims, remove_volume
from vapps.projection import reproject
from vapps.selectors import vms_of
from vapps.specs import cloud_init_spec, is_windows, sysprep_spec, vm_spec, volume_specs
from vapps.states import VmState
from vdcs.selectors import vdc_client

TROUBLE = frozenset(
    {
        "ErrorUnschedulable",
        "ErrorPvcNotFound",
        "DataVolumeError",
        "ErrImagePull",
        "ImagePullBackOff",
        "CrashLoopBackOff",
    }
)
"""printableStatus values that do not get better by themselves. Source: kubernetes.md 1.3."""
TROUBLE_PATIENCE_S = 60
"""Seconds that trouble may last before a task fails for it."""
GONE_STEPS = ("remove_machines", "machines_gone")


class VmOperation(Operation):
    """Steps on the VMs that `args["vm_ids"]` names."""

    def vms(self, run: Run) -> list[Vm]:
        return vms_of(ids_of(run.args))

    def ensure_sources(self, run: Run) -> Outcome:
        """The VDC's machines may be cloned from the namespaces of their disks' boot sources."""
        for vm in self.vms(run):
            sources = {disk.source_namespace for disk in vm.disks.all()}
            if vm.media is not None:
                sources.add(vm.media.source_namespace)
            for source in sources - {"", vm.vdc.namespace}:
                for manifest in manifests.clone_access(
                    source_namespace=source, target_namespace=vm.vdc.namespace
                ):
                    vdc_client(vm.vdc).apply(manifest)
                run.heartbeat()
        return None

    def ensure_machines(self, run: Run) -> Outcome:
        """All objects of each VM; no reads."""
        for vm in self.vms(run):
            self.apply_machine(run, vm)
        return None

    def apply_machine(self, run: Run, vm: Vm) -> None:
        """Secret, volumes that live beside the machine, and VirtualMachine: one apply per object.

        Notes the version that the cluster gave the machine.
        """
        client = vdc_client(vm.vdc)
        if is_windows(vm):
            client.apply(manifests.sysprep_secret(sysprep_spec(vm)))
        else:
            client.apply(manifests.cloud_init_secret(cloud_init_spec(vm)))
        for volume in volume_specs(vm, missing_only=True):
            client.apply(manifests.data_volume(volume))
        made = client.apply(manifests.virtual_machine(vm_spec(vm), task_id=run.task.pk))
        note_version(run, vm, int(made["metadata"]["resourceVersion"]))
        run.heartbeat()

    def disks_ready(self, run: Run) -> Outcome:
        """All disks are there. Progress is theirs, as CDI tells it."""
        disks = [disk for vm in self.vms(run) for disk in vm.disks.all()]
        waiting = [disk for disk in disks if disk.observed_phase != "Succeeded"]
        if not waiting:
            return None
        require_makeable(run, waiting)
        done = sum(100 if disk.observed_phase == "Succeeded" else disk.observed_progress for disk in disks)
        first = waiting[0]
        run.notes["waiting_for"] = (
            f"disk {first.position}: {first.observed_message or first.observed_phase or 'pending'}"
        )
        return Wait(progress=20 + 60 * done // (100 * len(disks)))

    def groups(self, run: Run) -> list[list[Vm]]:
        """The VMs in the order of their start: those of one group start together. Source: ovf StartupSection."""
        return [self.vms(run)]

    def ensure_started(self, run: Run) -> Outcome:
        self._start_all(run, self.groups(run)[:1])
        return None

    def _start_all(self, run: Run, groups: Sequence[Sequence[Vm]]) -> None:
        for vm in (vm for group in groups for vm in group):
            start(run, vm)
            run.heartbeat()

    def machines_running(self, run: Run) -> Outcome:
        """All run, as observed after our own write. One that is seen stopped since then is started again.

        A later group starts once the one before it runs and its delay has passed.
        """
        groups, number = self.groups(run), run.notes.get("group", 0)
        if number >= len(groups):
            return None
        waiting = []
        for vm in groups[number]:
            if not is_fresh(run, vm):
                waiting.append(vm)
            elif vm.observed_status != "Running":
                waiting.append(vm)
                if vm.observed_status in ("Stopped", "Paused"):
                    start(run, vm)
        if waiting:
            return wait_for(run, waiting, "to run")
        if number + 1 == len(groups):
            return None
        delay_s = max((vm.start_delay_s for vm in groups[number]), default=0)
        if (left := _left_of(run, delay_s)) > 0:
            run.notes["waiting_for"] = f"{left:.0f} s before the next VMs start"
            return Wait(seconds=left)
        run.notes["group"] = number + 1
        run.notes.pop("group_since", None)
        self._start_all(run, groups[number + 1 : number + 2])
        return Wait()

    def ensure_stopped(self, run: Run) -> Outcome:
        for vm in self.vms(run):
            stop(run, vm)
            run.heartbeat()
        return None

    def machines_stopped(self, run: Run) -> Outcome:
        """None runs, as observed after our own write. One that was on its way up is stopped again."""
        waiting = []
        for vm in self.vms(run):
            if not is_fresh(run, vm):
                waiting.append(vm)
            elif vm.observed_status in RUNS or vm.observed_status in ENDING:
                waiting.append(vm)
                if vm.observed_status in RUNS:
                    stop(run, vm)
        return wait_for(run, waiting, "to stop", gives_up=False)

    def machines_seen(self, run: Run) -> Outcome:
        """What is observed of the machines is as new as what was begun on them, and they have come to rest: the next
        task is to find their states as they are. One that does not come to rest is waited for a minute.
        """
        since: float = run.notes.setdefault("seen_since", time.time())
        waiting = [vm for vm in self.vms(run) if not is_fresh(run, vm) or vm.observed_status in UNSETTLED]
        if not waiting or time.time() - since > TROUBLE_PATIENCE_S:
            return None
        run.notes["waiting_for"] = f"{waiting[0].name} to come to rest ({waiting[0].observed_status})"
        return Wait()

    def remove_machines(self, run: Run) -> Outcome:
        return self.remove(run, self.vms(run))

    def machines_gone(self, run: Run) -> Outcome:
        return self.gone(run, self.vms(run))

    def remove(self, run: Run, vms: Sequence[Vm]) -> Outcome:
        """The VirtualMachine takes its disks with it; what lives beside it is ours to remove.

        The machine goes first: where that is refused nothing is gone.
        """
        for vm in vms:
            client = vdc_client(vm.vdc)
            client.delete("VirtualMachine", names.vm_name(vm.pk), vm.vdc.namespace)
            client.delete("Secret", names.cloud_init_secret_name(vm.pk), vm.vdc.namespace)
            for volume in volume_specs(vm):
                remove_volume(vm.vdc, volume.name)
            remove_bare_claims(run, vm)
            for snapshot in vm.snapshots.all():
                client.delete("VirtualMachineSnapshot", names.snapshot_name(snapshot.pk), vm.vdc.namespace)
            run.heartbeat()
        return None

    def gone(self, run: Run, vms: Sequence[Vm]) -> Outcome:
        """Nothing of the VMs is observed any more.

        A VM that was never observed may have been applied a moment ago: the cluster is asked once, since no
        event will tell of an object that the watch has not seen.
        """
        waiting = []
        for vm in vms:
            name = names.vm_name(vm.pk)
            if vm.observed_uid or vdc_client(vm.vdc).get("VirtualMachine", name, vm.vdc.namespace):
                waiting.append(vm)
        if not waiting:
            return None
        if run.task.is_undoing:
            # The step before may have been refused: then nobody else asks for it.
            self.remove(run, waiting)
        run.notes["waiting_for"] = f"{len(waiting)} virtual machine(s) to be removed"
        return Wait(seconds=5)

    def settle(self, task: Task) -> None:
        """States after the end: VMs and vApp projected anew."""
        reproject(vapp_ids=vapp_ids_of(task), vm_ids=ids_of(task.args))


def ids_of(args: dict[str, Any]) -> list[uuid.UUID]:
    return [uuid.UUID(text) for text in args["vm_ids"]]


def vapp_id_of(task: Task) -> uuid.UUID:
    """The vApp that the task is about: of a VM's own task the one that the VM is in by now."""
    asked = uuid.UUID(task.args["vapp_id"])
    if task.owner_kind != "vm":
        return asked
    return Vm.objects.filter(pk=task.owner_id).values_list("vapp_id", flat=True).first() or asked


def vapp_ids_of(task: Task) -> list[uuid.UUID]:
    return list({uuid.UUID(task.args["vapp_id"]), vapp_id_of(task)})


RUNS = frozenset({"Running", "Migrating", "Paused", "Starting"})
"""printableStatus of a machine that has an instance, or is getting one."""
ENDING = frozenset({"Stopping", "Terminating"})
UNSETTLED = frozenset({"Starting", *ENDING})
"""printableStatus of a machine that is on its way to another one."""


def start(run: Run, vm: Vm) -> None:
    """Starts the machine, or wakes a suspended one. Raises VcdError when the cluster does not have it."""
    client, name = vdc_client(vm.vdc), names.vm_name(vm.pk)
    try:
        if vm.observed_status == "Paused":
            client.vmi_action(vm.vdc.namespace, name, "unpause")
            mark_suspended(vm, is_suspended=False)
        else:
            client.vm_action(vm.vdc.namespace, name, "start")
    except ClusterConflict:
        pass  # it runs already, or is on its way: what is observed next will tell
    except ClusterNotFound:
        if client.get("VirtualMachine", name, vm.vdc.namespace) is None:
            raise VcdError(f'The VM "{vm.name}" does not exist on the cluster any more.') from None
    note_write(run, vm)


def stop(run: Run, vm: Vm, *, is_hard: bool = True) -> None:
    """Switches the machine off, or asks its guest to shut down; one that is off or gone is left alone."""
    body = {"gracePeriod": 0} if is_hard else None
    with suppress(ClusterConflict, ClusterNotFound):
        vdc_client(vm.vdc).vm_action(vm.vdc.namespace, names.vm_name(vm.pk), "stop", body)
    note_write(run, vm)


def mark_suspended(vm: Vm, *, is_suspended: bool) -> None:
    """Marks the machine's pause as VCD's suspension, or takes the mark away. Source: kubernetes.md 1.7."""
    mark = {names.ANNOTATION_SUSPENDED: "true" if is_suspended else None}
    with suppress(ClusterNotFound):
        vdc_client(vm.vdc).patch_merge(
            "VirtualMachine",
            names.vm_name(vm.pk),
            vm.vdc.namespace,
            {"metadata": {"annotations": mark}},
        )


def _left_of(run: Run, delay_s: int) -> float:
    """Seconds that are left of a delay which began when this was first asked."""
    since: float = run.notes.setdefault("group_since", time.time())
    return since + delay_s - time.time()


def note_write(run: Run, vm: Vm) -> None:
    """Notes the machine's version after our write: only observations as new as that count.

    Actions answer without the object, so it is read once. A machine that is gone has nothing to wait for.
    """
    found = vdc_client(vm.vdc).get("VirtualMachine", names.vm_name(vm.pk), vm.vdc.namespace)
    note_version(run, vm, int(found["metadata"]["resourceVersion"]) if found is not None else None)


def note_version(run: Run, vm: Vm, version: int | None) -> None:
    """Observations older than this resourceVersion tell nothing of our write; None: the machine is gone."""
    run.notes["versions"] = {**run.notes.get("versions", {}), str(vm.pk): version}


def is_fresh(run: Run, vm: Vm) -> bool:
    """Whether what was observed of the VM is at least as new as our own write to it."""
    versions = run.notes.get("versions", {})
    if str(vm.pk) not in versions:
        return True
    version = versions[str(vm.pk)]
    return not vm.observed_uid if version is None else vm.observed_version >= version


def wait_for(run: Run, waiting: list[Vm], what: str, *, gives_up: bool = True) -> Outcome:
    """Waits for the VMs; fails when one stays in trouble."""
    if not waiting:
        run.notes.pop("trouble_since", None)
        return None
    run.notes["waiting_for"] = f"{waiting[0].name} {what} ({waiting[0].observed_status or 'not seen yet'})"
    troubled = next((vm for vm in waiting if vm.observed_status in TROUBLE), None)
    if troubled is None or not gives_up:
        run.notes.pop("trouble_since", None)
        return Wait()
    since = run.notes.setdefault("trouble_since", time.time())
    if time.time() - since > TROUBLE_PATIENCE_S:
        reason = troubled.observed_failure or troubled.observed_status
        raise VcdError(f'The VM "{troubled.name}" cannot be started: {reason}')
    return Wait(seconds=TROUBLE_PATIENCE_S / 4)


def require_makeable(run: Run, disks: Sequence[Disk]) -> None:
    """Raises VcdError for a disk whose volume failed, or that the namespace's quota still keeps from being made.

    A quota is given some time: volumes that are being removed count until they are gone.
    """
    failed = next((disk for disk in disks if disk.observed_phase == "Failed"), None)
    kept_back = next((disk for disk in disks if OVER_QUOTA in disk.observed_message), None)
    if kept_back is None:
        run.notes.pop("quota_since", None)
    elif time.time() - run.notes.setdefault("quota_since", time.time()) > TROUBLE_PATIENCE_S:
        failed = failed or kept_back
    if failed is not None:
        raise VcdError(f"The disk {failed.position} could not be made: {failed.observed_message or 'failed'}")


def customized(task: Task) -> None:
    """The first power-on customizes a guest; from then on it needs none."""
    if task.args["power_on"]:
        Vm.objects.filter(
            Q(needs_customization=True) | Q(customized_at=None), pk__in=ids_of(task.args)
        ).update(needs_customization=False, customized_at=clock.now())


def settled(task: Task) -> QuerySet[Vm]:
    """The task's VMs that have a power state: those whose creation failed have none.

    Of a vApp's task, those that are still the vApp's.
    """
    rows: QuerySet[Vm] = Vm.objects.filter(pk__in=ids_of(task.args))
    if task.args.get("is_vapp"):
        rows = rows.filter(vapp_id=task.args["vapp_id"])
    return rows.exclude(state__in=(VmState.CREATING, VmState.FAILED))
