"""The state of vApps and VMs after all their unfinished tasks.

Each operation has an effect on the states of what it claims. The projection folds the effects of an entity's
unfinished tasks, in order, over its settled state; it is made anew when a task ends and when a state settles.
"""

import uuid
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from tasks.models import UNFINISHED, Claim, Task
from vapps.models import NamedDisk, Snapshot, VApp, Vm
from vapps.states import VAppState, VmState

MAKERS = ("vdcInstantiateVapp", "vdcComposeVapp", "vdcCopyVapp", "vdcRecomposeVapp")
"""Operations that make the VMs in `vm_ids` and remove those in `delete_ids`."""


def vm_after(operation: str, args: dict[str, Any], vm_id: uuid.UUID, state: str) -> str:
    """A VM's state once an operation that claims it has succeeded."""
    if str(vm_id) in args.get("delete_ids", ()):
        return VmState.GONE
    if str(vm_id) not in args.get("vm_ids", ()):
        return state
    if operation in MAKERS:
        if args["power_on"]:
            return VmState.ON
        return VmState.OFF if args["deploy"] else VmState.UNDEPLOYED
    match operation:
        case "vappDeploy":
            if args["power_on"]:
                return VmState.ON
            return VmState.OFF if state == VmState.UNDEPLOYED else state
        case "vappPowerOff" | "vappShutdown" | "vappDiscardSuspendedState":
            return state if state == VmState.UNDEPLOYED else VmState.OFF
        case "vappSuspend":
            return VmState.SUSPENDED if state == VmState.ON else state
        case "vappUndeployPowerOff":
            if args.get("power_action") == "suspend" and state in (VmState.ON, VmState.SUSPENDED):
                return VmState.SUSPENDED
            return VmState.UNDEPLOYED
        case "vappRevertToCurrentSnapshot":
            if str(vm_id) in args["on_ids"]:
                return VmState.ON
            return state if state == VmState.UNDEPLOYED else VmState.OFF
        case "vdcDeleteVapp" | "vappDeleteVm":
            return VmState.GONE
    return state


def vapp_after(operation: str, args: dict[str, Any], vapp_id: uuid.UUID, state: str) -> str:
    """A vApp's own state once an operation that claims it has succeeded."""
    if args.get("delete_vapp_id") == str(vapp_id):
        return VAppState.GONE
    if args.get("vapp_id") != str(vapp_id):
        return state
    match operation:
        case "vdcInstantiateVapp" | "vdcComposeVapp" | "vdcCopyVapp":
            return VAppState.DEPLOYED if args["deploy"] else VAppState.UNDEPLOYED
        case "vdcRecomposeVapp":
            return VAppState.DEPLOYED if args["deploy"] and args["vm_ids"] else state
        case "vappDeploy" if args.get("is_vapp") or args["power_on"]:
            return VAppState.DEPLOYED
        case "vappUndeployPowerOff" if args.get("is_vapp"):
            return VAppState.UNDEPLOYED
        case "vdcDeleteVapp":
            return VAppState.GONE
    return state


def holder_after(operation: str, args: dict[str, Any], holder: uuid.UUID | None) -> uuid.UUID | None:
    """The VM that has an independent disk once an operation that claims the disk has succeeded."""
    match operation:
        case "vappAttachDisk":
            return uuid.UUID(args["vm_ids"][0])
        case "vappDetachDisk":
            return None
    return holder


def reproject_disks(disk_ids: Iterable[uuid.UUID]) -> None:
    """Recomputes `projected_vm_id` of independent disks, writing only what changed."""
    disks = list(NamedDisk.objects.select_related("slot").filter(pk__in=list(disk_ids)))
    tasks = _unfinished([disk.pk for disk in disks])
    for disk in disks:
        holder = disk.holder_id
        for task in tasks[disk.pk]:
            holder = holder_after(task.operation, task.args, holder)
        if holder != disk.projected_vm_id:
            NamedDisk.objects.filter(pk=disk.pk).update(projected_vm_id=holder)


def disk_size_after(disk: NamedDisk) -> int:
    """The disk's size in MB after all its unfinished tasks."""
    size_mb: int = disk.size_mb
    for task in _unfinished([disk.pk])[disk.pk]:
        if task.operation == "vdcUpdateDisk":
            size_mb = task.args["size_mb"]
    return size_mb


def medium_after(vm: Vm) -> uuid.UUID | None:
    """The medium in the VM's drive after all its unfinished tasks."""
    media_id: uuid.UUID | None = vm.media_id
    for task in _unfinished([vm.pk])[vm.pk]:
        if task.operation == "vappInsertCdFloppy":
            media_id = uuid.UUID(task.args["media_id"])
        elif task.operation == "vappEjectCdFloppy":
            media_id = None
    return media_id


def snapshots_after(vm_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, bool]:
    """Those of the VMs that have a snapshot after all their unfinished tasks, and whether it is of a running one."""
    vms = list(Vm.objects.filter(pk__in=list(vm_ids)).only("id", "state"))
    current = Snapshot.objects.filter(vm__in=vms, is_current=True)
    found: dict[uuid.UUID, bool] = dict(current.values_list("vm_id", "was_on"))
    tasks = _unfinished([vm.pk for vm in vms])
    for vm in vms:
        state: str = vm.state
        for task in tasks[vm.pk]:
            if str(vm.pk) in task.args.get("vm_ids", ()):
                if task.operation == "vappCreateSnapshot":
                    found[vm.pk] = state == VmState.ON
                elif task.operation == "vappRemoveAllSnapshots":
                    found.pop(vm.pk, None)
            state = vm_after(task.operation, task.args, vm.pk, state)
    return found


def leaving(vapp_id: uuid.UUID, vm_ids: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Those of the vApp's VMs that an unfinished task moves into another one."""
    tasks = _unfinished(list(vm_ids))
    return {
        vm_id
        for vm_id, claiming in tasks.items()
        for task in claiming
        if task.args.get("vapp_id") != str(vapp_id)
        and str(vm_id) in {move["vm_id"] for move in task.args.get("moves", ())}
    }


def reproject(*, vapp_ids: Iterable[uuid.UUID] = (), vm_ids: Iterable[uuid.UUID] = ()) -> None:
    """Recomputes `projected_state` of the vApps and VMs, writing only what changed."""
    vms = list(Vm.objects.filter(pk__in=list(vm_ids)).only("id", "state", "projected_state"))
    vapps = list(VApp.objects.filter(pk__in=list(vapp_ids)).only("id", "state", "projected_state"))
    tasks = _unfinished([row.pk for row in (*vms, *vapps)])
    for vm in vms:
        state: str = vm.state
        for task in tasks[vm.pk]:
            state = vm_after(task.operation, task.args, vm.pk, state)
        if state != vm.projected_state:
            Vm.objects.filter(pk=vm.pk).update(projected_state=state)
    for vapp in vapps:
        state = vapp.state
        for task in tasks[vapp.pk]:
            state = vapp_after(task.operation, task.args, vapp.pk, state)
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
