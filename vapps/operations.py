"""What vApp and VM operations do on the cluster, step by step.

Claims (see `vapps.services`): an operation is exclusive on the VMs it acts on, shared on what holds them.
"""

import time
import uuid
from typing import Any

from compute import manifests, names
from ssvirt.core.errors import ClusterConflict, ClusterNotFound, VcdError
from tasks.models import Task
from tasks.registry import Operation, Outcome, Run, Wait, register
from vapps.models import Nic, VApp, Vm
from vapps.projection import reproject
from vapps.selectors import vms_of
from vapps.services import demand_of
from vapps.specs import cloud_init_spec, vm_spec
from vapps.states import VAppState, VmState
from vdcs.selectors import vdc_client
from vdcs.services import addresses_release, vdc_release

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
_GONE = ("remove_machines", "machines_gone")


class _VmOperation(Operation):
    """Steps on the VMs that `args["vm_ids"]` names."""

    def vms(self, run: Run) -> list[Vm]:
        return vms_of(_ids(run.args))

    def ensure_sources(self, run: Run) -> Outcome:
        """The VDC's machines may be cloned from the namespaces of their disks' boot sources."""
        for vm in self.vms(run):
            for source in {disk.source_namespace for disk in vm.disks.all()} - {"", vm.vdc.namespace}:
                for manifest in manifests.clone_access(
                    source_namespace=source, target_namespace=vm.vdc.namespace
                ):
                    vdc_client(vm.vdc).apply(manifest)
                run.heartbeat()
        return None

    def ensure_machines(self, run: Run) -> Outcome:
        """Secret and VirtualMachine of each VM, one apply per object, no reads."""
        for vm in self.vms(run):
            client = vdc_client(vm.vdc)
            client.apply(manifests.cloud_init_secret(cloud_init_spec(vm)))
            client.apply(manifests.virtual_machine(vm_spec(vm), task_id=run.task.pk))
            run.heartbeat()
        return None

    def disks_ready(self, run: Run) -> Outcome:
        """All disks are there. Progress is theirs, as CDI tells it."""
        disks = [disk for vm in self.vms(run) for disk in vm.disks.all()]
        waiting = [disk for disk in disks if disk.observed_phase != "Succeeded"]
        if not waiting:
            return None
        failed = next((disk for disk in waiting if disk.observed_phase == "Failed"), None)
        if failed is not None:
            raise VcdError(
                f"The disk {failed.position} could not be made: {failed.observed_message or 'failed'}"
            )
        done = sum(100 if disk.observed_phase == "Succeeded" else disk.observed_progress for disk in disks)
        first = waiting[0]
        run.notes["waiting_for"] = (
            f"disk {first.position}: {first.observed_message or first.observed_phase or 'pending'}"
        )
        return Wait(progress=20 + 60 * done // (100 * len(disks)))

    def ensure_started(self, run: Run) -> Outcome:
        for vm in self.vms(run):
            if vm.state == VmState.SUSPENDED:
                _settled(vdc_client(vm.vdc).vmi_action, vm, "unpause")
            elif vm.state != VmState.ON:
                _settled(vdc_client(vm.vdc).vm_action, vm, "start")
            run.heartbeat()
        return None

    def machines_running(self, run: Run) -> Outcome:
        waiting = [vm for vm in self.vms(run) if vm.observed_status != "Running"]
        return _wait_for(run, waiting, "to run")

    def ensure_stopped(self, run: Run) -> Outcome:
        for vm in self.vms(run):
            if vm.state in (VmState.ON, VmState.SUSPENDED) or vm.observed_status not in ("Stopped", ""):
                _settled(vdc_client(vm.vdc).vm_action, vm, "stop", {"gracePeriod": 0})
            run.heartbeat()
        return None

    def machines_stopped(self, run: Run) -> Outcome:
        waiting = [
            vm for vm in self.vms(run) if vm.observed_status not in ("Stopped", "") and vm.observed_uid
        ]
        if waiting and all(vm.observed_status in TROUBLE for vm in waiting):
            return None
        return _wait_for(run, waiting, "to stop", gives_up=False)

    def remove_machines(self, run: Run) -> Outcome:
        """The VirtualMachine takes its disks with it; the Secret is ours to remove."""
        for vm in self.vms(run):
            client = vdc_client(vm.vdc)
            client.delete("VirtualMachine", names.vm_name(vm.pk), vm.vdc.namespace)
            client.delete("Secret", names.cloud_init_secret_name(vm.pk), vm.vdc.namespace)
            run.heartbeat()
        return None

    def machines_gone(self, run: Run) -> Outcome:
        """Nothing of the VMs is observed any more.

        A VM that was never observed may have been applied a moment ago: the cluster is asked once, since no
        event will tell of an object that the watch has not seen.
        """
        waiting = []
        for vm in self.vms(run):
            if (
                vm.observed_uid
                or vdc_client(vm.vdc).get("VirtualMachine", names.vm_name(vm.pk), vm.vdc.namespace)
                is not None
            ):
                waiting.append(vm)
        if not waiting:
            return None
        run.notes["waiting_for"] = f"{len(waiting)} virtual machine(s) to be removed"
        return Wait(seconds=5)

    def settle(self, task: Task) -> None:
        """States after the end: VMs and vApp projected anew."""
        reproject(vapp_ids=_vapp_ids(task), vm_ids=_ids(task.args))


def _customized(task: Task) -> None:
    """The first power-on customizes a guest; from then on it needs none."""
    if task.args["power_on"]:
        Vm.objects.filter(pk__in=_ids(task.args), needs_customization=True).update(needs_customization=False)


def _ids(args: dict[str, Any]) -> list[uuid.UUID]:
    return [uuid.UUID(text) for text in args["vm_ids"]]


def _vapp_ids(task: Task) -> list[uuid.UUID]:
    return [uuid.UUID(task.args["vapp_id"])]


def _settled(call: Any, vm: Vm, action: str, body: dict[str, Any] | None = None) -> None:
    """Runs an action; "already in that state" and "no such instance" are success."""
    try:
        call(vm.vdc.namespace, names.vm_name(vm.pk), action, body)
    except (ClusterConflict, ClusterNotFound):
        return


def _wait_for(run: Run, waiting: list[Vm], what: str, *, gives_up: bool = True) -> Outcome:
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


@register
class InstantiateVApp(_VmOperation):
    """VMs from a template: objects, disks, and power as the client asked. Also carries composing from
    items.
    """

    name = "vdcInstantiateVapp"
    steps = ("ensure_sources", "ensure_machines", "disks_ready", "ensure_started", "machines_running")
    undo_steps = _GONE

    def plan(self, args: dict[str, Any]) -> list[str]:
        return list(self.steps if args["power_on"] else self.steps[:3])

    def succeeded(self, task: Task) -> None:
        state = VmState.OFF if task.args["deploy"] else VmState.UNDEPLOYED
        for vm in Vm.objects.filter(pk__in=_ids(task.args)):
            is_on = vm.observed_status in ("Running", "Migrating")
            Vm.objects.filter(pk=vm.pk).update(state=VmState.ON if is_on else state)
        _customized(task)
        vapp_state = VAppState.DEPLOYED if task.args["deploy"] else VAppState.UNDEPLOYED
        VApp.objects.filter(pk=task.args["vapp_id"]).update(state=vapp_state)
        self.settle(task)

    def failed(self, task: Task) -> None:
        """What was made on the cluster is gone; the rows stay, as VCD shows a failed creation, to be
        deleted.
        """
        Vm.objects.filter(pk__in=_ids(task.args)).update(state=VmState.FAILED)
        VApp.objects.filter(pk=task.args["vapp_id"]).update(state=VAppState.FAILED)
        self.settle(task)


@register
class ComposeVApp(Operation):
    """An empty vApp: rows only."""

    name = "vdcComposeVapp"
    steps = ()

    def succeeded(self, task: Task) -> None:
        state = VAppState.DEPLOYED if task.args["deploy"] else VAppState.UNDEPLOYED
        VApp.objects.filter(pk=task.owner_id).update(state=state)
        reproject(vapp_ids=[task.owner_id])

    def failed(self, task: Task) -> None:
        VApp.objects.filter(pk=task.owner_id).update(state=VAppState.FAILED)
        reproject(vapp_ids=[task.owner_id])


@register
class Deploy(_VmOperation):
    """Deploys a vApp or a VM, and powers it on unless told not to."""

    name = "vappDeploy"
    steps = ("ensure_started", "machines_running")

    def plan(self, args: dict[str, Any]) -> list[str]:
        return list(self.steps if args["power_on"] else ())

    def succeeded(self, task: Task) -> None:
        Vm.objects.filter(pk__in=_ids(task.args), state=VmState.UNDEPLOYED).update(state=VmState.OFF)
        if task.owner_kind == "vApp":
            VApp.objects.filter(pk=task.owner_id).update(state=VAppState.DEPLOYED)
        _customized(task)
        self.settle(task)

    def failed(self, task: Task) -> None:
        self.settle(task)


@register
class PowerOff(_VmOperation):
    """Hard power-off; what was deployed stays deployed."""

    name = "vappPowerOff"
    steps = ("ensure_stopped", "machines_stopped")

    def succeeded(self, task: Task) -> None:
        Vm.objects.filter(pk__in=_ids(task.args)).update(state=VmState.OFF)
        self.settle(task)

    def failed(self, task: Task) -> None:
        self.settle(task)


@register
class Undeploy(_VmOperation):
    """Powers off and clears `deployed`."""

    name = "vappUndeployPowerOff"
    steps = ("ensure_stopped", "machines_stopped")

    def succeeded(self, task: Task) -> None:
        Vm.objects.filter(pk__in=_ids(task.args)).update(state=VmState.UNDEPLOYED)
        if task.owner_kind == "vApp":
            VApp.objects.filter(pk=task.owner_id).update(state=VAppState.UNDEPLOYED)
        self.settle(task)

    def failed(self, task: Task) -> None:
        self.settle(task)


class _Delete(_VmOperation):
    steps = _GONE

    def _delete_vms(self, task: Task) -> None:
        """Removes the rows and gives back what they committed."""
        for vm in vms_of(_ids(task.args)):
            vdc_release(vdc_id=vm.vdc_id, demand=demand_of([vm]))
            addresses_release(nic_ids=[nic.pk for nic in vm.nics.all()])
            Nic.objects.filter(vm=vm).delete()
            vm.delete()

    def failed(self, task: Task) -> None:
        self.settle(task)


@register
class DeleteVApp(_Delete):
    """Everything of a vApp goes: machines, then rows."""

    name = "vdcDeleteVapp"

    def succeeded(self, task: Task) -> None:
        self._delete_vms(task)
        VApp.objects.filter(pk=task.owner_id).delete()


@register
class DeleteVm(_Delete):
    """One VM goes; its vApp stays."""

    name = "vappDeleteVm"

    def succeeded(self, task: Task) -> None:
        self._delete_vms(task)
