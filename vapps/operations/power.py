"""Power and deployment."""

from collections.abc import Collection
from typing import Any

from compute import names
from ssvirt.core.errors import ClusterConflict, ClusterNotFound, InvalidState, VcdError
from tasks.models import Task
from tasks.registry import Outcome, Run, Wait, register
from vapps.models import VApp, Vm
from vapps.operations.machines import (
    ENDING,
    RUNS,
    VmOperation,
    customized,
    ids_of,
    is_fresh,
    mark_suspended,
    note_write,
    settled,
    stop,
    vapp_id_of,
    wait_for,
)
from vapps.services.leasing import lease_start_running, lease_start_storage
from vapps.states import VAppState, VmState
from vdcs.selectors import vdc_client


class PowerOperation(VmOperation):
    """Where the whole vApp is meant (`args["is_vapp"]`), its start-up section's order and delays hold.

    What was begun is not taken back by a cancel; the states become what the machines' are.
    """

    undo_steps = ("machines_seen",)

    def vms(self, run: Run) -> list[Vm]:
        """Those that have a machine, and are still the vApp's. Raises InvalidState where creating all failed."""
        found = super().vms(run)
        if run.args.get("is_vapp"):
            found = [vm for vm in found if str(vm.vapp_id) == run.args["vapp_id"]]
        made = [vm for vm in found if vm.state != VmState.FAILED]
        if found and not made:
            raise InvalidState(f'The VM "{found[0].name}" could not be created: it can only be deleted.')
        return made

    def groups(self, run: Run) -> list[list[Vm]]:
        vms = self.vms(run)
        if not run.args.get("is_vapp"):
            return [vms]
        orders = sorted({vm.start_order for vm in vms})
        return [[vm for vm in vms if vm.start_order == order] for order in orders]

    def failed(self, task: Task) -> None:
        self.settle(task)


@register
class Deploy(PowerOperation):
    """Deploys a vApp or a VM, and powers it on unless told not to."""

    name = "vappDeploy"
    steps = ("ensure_customized", "ensure_started", "machines_running")

    def plan(self, args: dict[str, Any]) -> list[str]:
        if not args["power_on"]:
            return []
        return list(self.steps if args.get("customize") else self.steps[1:])

    def ensure_customized(self, run: Run) -> Outcome:
        """Guests are to be customized anew: the customization's identity changes with the task."""
        Vm.objects.filter(pk__in=ids_of(run.args)).update(
            needs_customization=True, customization_seed=run.task.pk
        )
        return self.ensure_machines(run)

    def succeeded(self, task: Task) -> None:
        settled(task).filter(state=VmState.UNDEPLOYED).update(state=VmState.OFF)
        vapp_id = vapp_id_of(task)
        vapp = VApp.objects.filter(pk=vapp_id).exclude(state=VAppState.FAILED)
        if not task.args.get("is_vapp") and not vapp.filter(is_auto=True).exists():
            # A VM that is started alone deploys its vApp: else that one's storage lease would count.
            vapp = vapp.filter(state=VAppState.UNDEPLOYED)
        if (task.args.get("is_vapp") or task.args["power_on"]) and vapp.update(state=VAppState.DEPLOYED):
            lease_start_running([vapp_id])
        customized(task)
        self.settle(task)


@register
class PowerOff(PowerOperation):
    """Hard power-off; what was deployed stays deployed."""

    name = "vappPowerOff"
    steps = ("ensure_stopped", "machines_stopped")

    def succeeded(self, task: Task) -> None:
        settled(task).exclude(state=VmState.UNDEPLOYED).update(state=VmState.OFF)
        self.settle(task)


class _Graceful(PowerOperation):
    """Guests are asked to shut down; the cluster cuts off those that do not. Source: kubernetes.md 1.7.

    Of a vApp, what starts last stops first; a VM whose stop action is powerOff is switched off.
    """

    def shutdown_groups(self, run: Run) -> list[list[Vm]]:
        return list(reversed(self.groups(run)))

    def is_hard(self, run: Run, vm: Vm) -> bool:
        return False

    def ensure_shutdown(self, run: Run) -> Outcome:
        self._stop_all(run, self.shutdown_groups(run)[:1])
        return None

    def _stop_all(self, run: Run, groups: list[list[Vm]]) -> None:
        for vm in (vm for group in groups for vm in group):
            stop(run, vm, is_hard=self.is_hard(run, vm))
            run.heartbeat()

    def machines_down(self, run: Run) -> Outcome:
        """A later group stops once the one before it is down."""
        groups, number = self.shutdown_groups(run), run.notes.get("group", 0)
        if number >= len(groups):
            return None
        waiting = [
            vm for vm in groups[number] if not is_fresh(run, vm) or vm.observed_status in RUNS | ENDING
        ]
        if waiting:
            return wait_for(run, waiting, "to shut down", gives_up=False)
        if number + 1 == len(groups):
            return None
        run.notes["group"] = number + 1
        self._stop_all(run, groups[number + 1 : number + 2])
        return Wait()


@register
class Shutdown(_Graceful):
    """The guests shut down; what was deployed stays deployed."""

    name = "vappShutdown"
    steps = ("ensure_shutdown", "machines_down")

    def succeeded(self, task: Task) -> None:
        settled(task).exclude(state=VmState.UNDEPLOYED).update(state=VmState.OFF)
        self.settle(task)


@register
class Suspend(PowerOperation):
    """Running machines are paused, and marked so that the pause is VCD's suspension."""

    name = "vappSuspend"
    steps = ("ensure_suspended", "machines_suspended")

    def ensure_suspended(self, run: Run) -> Outcome:
        suspend(run, [vm for vm in self.vms(run) if vm.observed_status in RUNS])
        return None

    def machines_suspended(self, run: Run) -> Outcome:
        return wait_suspended(run, self.vms(run))

    def succeeded(self, task: Task) -> None:
        Vm.objects.filter(pk__in=ids_of(task.args), observed_status="Paused").update(state=VmState.SUSPENDED)
        self.settle(task)


def suspend(run: Run, vms: Collection[Vm]) -> None:
    for vm in vms:
        mark_suspended(vm, is_suspended=True)
        _instance_action(vm, "pause", ignores_conflict=True)
        note_write(run, vm)
        run.heartbeat()


def wait_suspended(run: Run, vms: Collection[Vm]) -> Outcome:
    waiting = [
        vm
        for vm in vms
        if not is_fresh(run, vm) or vm.observed_status in ("Running", "Migrating", "Starting")
    ]
    # One that was on its way up could not be paused before.
    suspend(run, [vm for vm in waiting if is_fresh(run, vm) and vm.observed_status == "Running"])
    return wait_for(run, waiting, "to be suspended")


def _instance_action(vm: Vm, action: str, *, ignores_conflict: bool = False) -> None:
    """Raises VcdError with the cluster's reason where the instance cannot do it."""
    try:
        vdc_client(vm.vdc).vmi_action(vm.vdc.namespace, names.vm_name(vm.pk), action)
    except ClusterConflict as error:
        if not ignores_conflict:
            raise VcdError(f'The VM "{vm.name}" cannot be made to {action}: {error.message}') from None
    except ClusterNotFound:
        raise VcdError(f'The VM "{vm.name}" is not running.') from None


@register
class DiscardSuspendedState(PowerOperation):
    """What was suspended is switched off."""

    name = "vappDiscardSuspendedState"
    steps = ("ensure_discarded", "machines_stopped")

    def ensure_discarded(self, run: Run) -> Outcome:
        for vm in self.vms(run):
            stop(run, vm)
            mark_suspended(vm, is_suspended=False)
            note_write(run, vm)
            run.heartbeat()
        return None

    def succeeded(self, task: Task) -> None:
        settled(task).exclude(state=VmState.UNDEPLOYED).update(state=VmState.OFF)
        self.settle(task)


@register
class Reset(PowerOperation):
    """Hard reset. Where a change waits for a restart, the machine is restarted instead. At least once after a
    crash.
    """

    name = "vappReset"
    steps = ("ensure_reset", "machines_running")

    def ensure_reset(self, run: Run) -> Outcome:
        for vm in self.vms(run):
            if vm.observed_status not in RUNS:
                continue
            if vm.observed_restart_required:
                client, name = vdc_client(vm.vdc), names.vm_name(vm.pk)
                client.vm_action(vm.vdc.namespace, name, "restart", {"gracePeriodSeconds": 0})
            else:
                _instance_action(vm, "reset")
            note_write(run, vm)
            run.heartbeat()
        return None

    def groups(self, run: Run) -> list[list[Vm]]:
        return [[vm for vm in self.vms(run) if vm.state == VmState.ON]]

    def succeeded(self, task: Task) -> None:
        self.settle(task)


@register
class Reboot(Reset):
    """The guests reboot by themselves: through the agent, else by ACPI."""

    name = "vappReboot"
    steps = ("ensure_rebooted", "machines_running")

    def ensure_rebooted(self, run: Run) -> Outcome:
        for vm in self.vms(run):
            if vm.observed_status in RUNS:
                _instance_action(vm, "softreboot")
                run.heartbeat()
        return None


@register
class Undeploy(_Graceful):
    """Powers off, shuts down or suspends (`args["power_action"]`), and clears `deployed`."""

    name = "vappUndeployPowerOff"
    steps = (
        "ensure_stopped",
        "machines_stopped",
        "ensure_shutdown",
        "machines_down",
        "ensure_suspended",
        "machines_suspended",
    )

    def plan(self, args: dict[str, Any]) -> list[str]:
        match args.get("power_action", "powerOff"):
            case "suspend":
                return list(self.steps[4:])
            case "shutdown" | "default":
                return list(self.steps[2:4])
        return list(self.steps[:2])

    def is_hard(self, run: Run, vm: Vm) -> bool:
        """By default each VM's own stop action holds."""
        return run.args["power_action"] == "default" and vm.stop_action != "guestShutdown"

    def ensure_suspended(self, run: Run) -> Outcome:
        suspend(run, [vm for vm in self.vms(run) if vm.observed_status in RUNS])
        return None

    def machines_suspended(self, run: Run) -> Outcome:
        return wait_suspended(run, self.vms(run))

    def succeeded(self, task: Task) -> None:
        vms = settled(task)
        if task.args.get("power_action") == "suspend":
            vms.filter(observed_status="Paused").update(state=VmState.SUSPENDED)
            vms = vms.exclude(observed_status="Paused")
        vms.update(state=VmState.UNDEPLOYED)
        vapp_id = vapp_id_of(task)
        vapp = VApp.objects.filter(pk=vapp_id).exclude(state=VAppState.FAILED)
        if task.args.get("is_vapp") or vapp.filter(is_auto=True).exists():
            vapp.update(state=VAppState.UNDEPLOYED)
            lease_start_storage([vapp_id])
        self.settle(task)
