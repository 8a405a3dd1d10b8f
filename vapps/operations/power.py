"""Power and deployment."""

from typing import Any

from tasks.models import Task
from tasks.registry import register
from vapps.models import VApp, Vm
from vapps.operations.machines import VmOperation, customized, ids_of
from vapps.states import VAppState, VmState


@register
class Deploy(VmOperation):
    """Deploys a vApp or a VM, and powers it on unless told not to."""

    name = "vappDeploy"
    steps = ("ensure_started", "machines_running")

    def plan(self, args: dict[str, Any]) -> list[str]:
        return list(self.steps if args["power_on"] else ())

    def succeeded(self, task: Task) -> None:
        Vm.objects.filter(pk__in=ids_of(task.args), state=VmState.UNDEPLOYED).update(state=VmState.OFF)
        if task.owner_kind == "vApp":
            VApp.objects.filter(pk=task.owner_id).update(state=VAppState.DEPLOYED)
        customized(task)
        self.settle(task)

    def failed(self, task: Task) -> None:
        self.settle(task)


@register
class PowerOff(VmOperation):
    """Hard power-off; what was deployed stays deployed."""

    name = "vappPowerOff"
    steps = ("ensure_stopped", "machines_stopped")

    def succeeded(self, task: Task) -> None:
        Vm.objects.filter(pk__in=ids_of(task.args)).update(state=VmState.OFF)
        self.settle(task)

    def failed(self, task: Task) -> None:
        self.settle(task)


@register
class Undeploy(VmOperation):
    """Powers off and clears `deployed`."""

    name = "vappUndeployPowerOff"
    steps = ("ensure_stopped", "machines_stopped")

    def succeeded(self, task: Task) -> None:
        Vm.objects.filter(pk__in=ids_of(task.args)).update(state=VmState.UNDEPLOYED)
        if task.owner_kind == "vApp":
            VApp.objects.filter(pk=task.owner_id).update(state=VAppState.UNDEPLOYED)
        self.settle(task)

    def failed(self, task: Task) -> None:
        self.settle(task)
