"""The state of vApps and VMs after all their unfinished tasks.

Each operation has an effect on the states of what it claims. The projection folds the effects of an entity's
unfinished tasks, in order, over its settled state; it is made anew when a task ends and when a state settles.
"""

import uuid
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from tasks.models import UNFINISHED, Claim, Task
from vapps.models import VApp, Vm
from vapps.states import VAppState, VmState


def vm_after(operation: str, args: dict[str, Any], state: str) -> str:
    """A VM's state once an operation that claims it exclusively has succeeded."""
    match operation:
        case "vdcInstantiateVapp":
            if args["power_on"]:
                return VmState.ON
            return VmState.OFF if args["deploy"] else VmState.UNDEPLOYED
        case "vappDeploy":
            if args["power_on"]:
                return VmState.ON
            return VmState.OFF if state == VmState.UNDEPLOYED else state
        case "vappPowerOff":
            return VmState.OFF
        case "vappUndeployPowerOff":
            return VmState.UNDEPLOYED
        case "vdcDeleteVapp" | "vappDeleteVm":
            return VmState.GONE
    return state


def vapp_after(operation: str, args: dict[str, Any], state: str) -> str:
    """A vApp's own state once an operation whose owner it is has succeeded."""
    match operation:
        case "vdcInstantiateVapp" | "vdcComposeVapp":
            return VAppState.DEPLOYED if args["deploy"] else VAppState.UNDEPLOYED
        case "vappDeploy":
            return VAppState.DEPLOYED
        case "vappUndeployPowerOff":
            return VAppState.UNDEPLOYED
        case "vdcDeleteVapp":
            return VAppState.GONE
    return state


def reproject(*, vapp_ids: Iterable[uuid.UUID] = (), vm_ids: Iterable[uuid.UUID] = ()) -> None:
    """Recomputes `projected_state` of the vApps and VMs, writing only what changed."""
    vms = list(Vm.objects.filter(pk__in=list(vm_ids)).only("id", "state", "projected_state"))
    vapps = list(VApp.objects.filter(pk__in=list(vapp_ids)).only("id", "state", "projected_state"))
    tasks = _unfinished([row.pk for row in (*vms, *vapps)])
    for vm in vms:
        state: str = vm.state
        for task in tasks[vm.pk]:
            state = vm_after(task.operation, task.args, state)
        if state != vm.projected_state:
            Vm.objects.filter(pk=vm.pk).update(projected_state=state)
    for vapp in vapps:
        state = vapp.state
        for task in tasks[vapp.pk]:
            if task.owner_id == vapp.pk:
                state = vapp_after(task.operation, task.args, state)
        if state != vapp.projected_state:
            VApp.objects.filter(pk=vapp.pk).update(projected_state=state)


def _unfinished(entity_ids: list[uuid.UUID]) -> dict[uuid.UUID, list[Task]]:
    """Unfinished tasks by claimed entity, oldest first, in one statement."""
    claims = (
        Claim.objects.filter(entity_id__in=entity_ids, task__status__in=UNFINISHED)
        .select_related("task")
        .order_by("number")
    )
    found: dict[uuid.UUID, list[Task]] = defaultdict(list)
    for claim in claims:
        found[claim.entity_id].append(claim.task)
    return found
