"""New vApps."""

from typing import Any

from tasks.models import Task
from tasks.registry import Operation, register
from vapps.models import VApp, Vm
from vapps.operations.machines import GONE_STEPS, VmOperation, customized, ids_of
from vapps.projection import reproject
from vapps.states import VAppState, VmState


@register
class InstantiateVApp(VmOperation):
    """VMs from a template: objects, disks, and power as the client asked. Also carries composing from
    items.
    """

    name = "vdcInstantiateVapp"
    steps = ("ensure_sources", "ensure_machines", "disks_ready", "ensure_started", "machines_running")
    undo_steps = GONE_STEPS

    def plan(self, args: dict[str, Any]) -> list[str]:
        return list(self.steps if args["power_on"] else self.steps[:3])

    def succeeded(self, task: Task) -> None:
        state = VmState.OFF if task.args["deploy"] else VmState.UNDEPLOYED
        for vm in Vm.objects.filter(pk__in=ids_of(task.args)):
            is_on = vm.observed_status in ("Running", "Migrating")
            Vm.objects.filter(pk=vm.pk).update(state=VmState.ON if is_on else state)
        customized(task)
        vapp_state = VAppState.DEPLOYED if task.args["deploy"] else VAppState.UNDEPLOYED
        VApp.objects.filter(pk=task.args["vapp_id"]).update(state=vapp_state)
        self.settle(task)

    def failed(self, task: Task) -> None:
        """What was made on the cluster is gone; the rows stay, as VCD shows a failed creation, to be
        deleted.
        """
        Vm.objects.filter(pk__in=ids_of(task.args)).update(state=VmState.FAILED)
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
