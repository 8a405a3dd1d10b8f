"""Power, deployment and deletion: judged on the projected state, then submitted."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.db import transaction

from ssvirt.api.principal import Principal
from ssvirt.core.errors import (
    InvalidState,
)
from tasks.models import Task
from tasks.services import EXCLUSIVE, Actor, Owner, lock_entities, task_submit
from vapps.legality import STARTS, Verdict, vapp_condition, vapp_verdict, vm_verdict
from vapps.models import VApp, Vm
from vapps.projection import leaving, reproject
from vapps.selectors import vapp_get, vm_get
from vapps.services.demand import actor_of
from vapps.states import VAppState, VmState


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What an action is judged by, the operation that carries it out, and a word for people."""

    operation: str
    word: str
    args: Mapping[str, Any] = field(default_factory=dict)


ACTIONS: Final = {
    "powerOn": Action(operation="vappDeploy", word="Starting", args={"power_on": True}),
    "powerOff": Action(operation="vappPowerOff", word="Stopping"),
    "reset": Action(operation="vappReset", word="Resetting"),
    "reboot": Action(operation="vappReboot", word="Rebooting"),
    "shutdown": Action(operation="vappShutdown", word="Shutting down"),
    "suspend": Action(operation="vappSuspend", word="Suspending"),
    "discardSuspendedState": Action(
        operation="vappDiscardSuspendedState", word="Discarding the suspended state of"
    ),
    "deploy": Action(operation="vappDeploy", word="Deploying"),
    "undeploy": Action(operation="vappUndeployPowerOff", word="Stopping"),
}
"""Actions on power and deployment, of vApps and VMs alike."""
UNDEPLOY_ACTIONS: Final = ("default", "powerOff", "suspend", "shutdown", "force")
"""Source: vApp.xsd UndeployPowerActionType."""


def vapp_submit(
    *,
    actor: Actor,
    vapp_id: uuid.UUID,
    action: str,
    submitted: Action,
    args: dict[str, Any] | None = None,
    is_exclusive: bool = False,
    force: bool = False,
) -> Task:
    """Judges the action on the projected state and submits the operation on all VMs of the vApp.

    VMs that do not start with their vApp are left out of a start.
    """
    vapp = vapp_get(vapp_id)
    with transaction.atomic():
        vm_ids = list(Vm.objects.filter(vapp=vapp).order_by("position").values_list("pk", flat=True))
        lock_entities([vapp.pk, *vm_ids])
        vapp = vapp_get(vapp_id)
        vms = list(
            Vm.objects.filter(vapp=vapp).order_by("position").only("id", "projected_state", "start_action")
        )
        condition = vapp_condition(vapp.projected_state, [vm.projected_state for vm in vms])
        if not _is_legal(action, condition, force):
            raise _illegal(action, vapp.name, condition)
        if action in STARTS:
            require_unexpired(vapp)
        # A VM whose creation failed has no machine: it can only be deleted.
        skipped = (VmState.GONE,) if action == "remove" else (VmState.GONE, VmState.FAILED)
        acting = [vm.pk for vm in vms if vm.projected_state not in skipped]
        if action == "remove":
            # One that is to be moved away stays if the move fails: the deletion is then refused.
            moving = leaving(vapp.pk, acting)
            acting = [pk for pk in acting if pk not in moving]
        if action in STARTS:
            stay = {vm.pk for vm in vms if vm.start_action == "none"}
            acting = [pk for pk in acting if pk not in stay]
        task = task_submit(
            name=submitted.operation,
            args={
                "vapp_id": str(vapp.pk),
                "vm_ids": [str(pk) for pk in acting],
                "is_vapp": True,
                **submitted.args,
                **(args or {}),
            },
            owner=Owner(id=vapp.pk, kind="vApp", name=vapp.name),
            # Without VMs nothing else would keep the order of actions.
            claims={vapp.pk: is_exclusive or not acting, **dict.fromkeys(acting, EXCLUSIVE)},
            org_id=vapp.org_id,
            actor=actor,
            description=f"{submitted.word} Virtual Application {vapp.name}({vapp.pk})",
        )
        reproject(vapp_ids=[vapp.pk], vm_ids=acting)
    return task


def require_unexpired(vapp: VApp) -> None:
    """Raises InvalidState for a vApp whose storage lease has run out: its lease is renewed first."""
    if vapp.is_expired:
        raise InvalidState(
            f'The storage lease of the vApp "{vapp.name}" has expired: renew its lease before it is started.'
        )


def _is_legal(action: str, condition: str, force: bool) -> bool:
    if force and condition not in (VAppState.GONE,):
        return True
    return vapp_verdict(action, condition) is not Verdict.REFUSED


def _illegal(action: str, name: str, condition: str) -> InvalidState:
    """The texts that clients match. Source: go-clients.md 2.9."""
    if action in ("undeploy", "powerOff"):
        return InvalidState(
            f'The requested operation could not be executed since vApp "{name}" is not running.'
        )
    if action == "remove":
        return InvalidState(f'The vApp "{name}" is running or suspended. Stop it before it is deleted.')
    return InvalidState(
        f'The operation {action} is not possible on the vApp "{name}" in the state {condition}.'
    )


def vapp_act(*, principal: Principal, vapp_id: uuid.UUID, action: str) -> Task:
    """One of `ACTIONS` on all VMs of the vApp; powering on what runs is a success without work.

    Raises NotFound, InvalidState.
    """
    return vapp_submit(actor=actor_of(principal), vapp_id=vapp_id, action=action, submitted=ACTIONS[action])


def vapp_deploy(*, principal: Principal, vapp_id: uuid.UUID, power_on: bool) -> Task:
    """Deploys, and powers on if wanted. Raises NotFound, InvalidState."""
    return vapp_submit(
        actor=actor_of(principal),
        vapp_id=vapp_id,
        action="deploy",
        submitted=ACTIONS["deploy"],
        args={"power_on": power_on},
    )


def vapp_undeploy(*, principal: Principal, vapp_id: uuid.UUID, power_action: str) -> Task:
    """Undeploys, by one of `UNDEPLOY_ACTIONS`. Raises NotFound, InvalidState."""
    return vapp_submit(
        actor=actor_of(principal),
        vapp_id=vapp_id,
        action="undeploy",
        submitted=ACTIONS["undeploy"],
        args={"power_action": power_action},
    )


def vapp_delete(*, principal: Principal, vapp_id: uuid.UUID, force: bool) -> Task:
    """Deletes the vApp and its VMs; a running one only by force. Raises NotFound, InvalidState."""
    return vapp_submit(
        actor=actor_of(principal),
        vapp_id=vapp_id,
        action="remove",
        submitted=Action(operation="vdcDeleteVapp", word="Deleting", args={"force": force}),
        is_exclusive=True,
        force=force,
    )


def _vm_submit(
    *,
    principal: Principal,
    vm_id: uuid.UUID,
    action: str,
    submitted: Action,
    args: dict[str, Any] | None = None,
) -> Task:
    """Judges the action on the VM's projected state and submits the operation: exclusive on the VM, shared
    on the vApp; a standalone VM's hidden vApp goes with it.
    """
    with transaction.atomic():
        vm = vm_get(vm_id)
        lock_entities([vm.vapp_id, vm.pk])
        vm = vm_get(vm_id)
        if vm_verdict(action, vm.projected_state) is Verdict.REFUSED:
            raise _illegal_vm(action, vm)
        if action in STARTS:
            require_unexpired(vm.vapp)
        if args and args.get("customize") and vm.projected_state != VmState.UNDEPLOYED:
            raise InvalidState("A guest is customized anew only while its VM is undeployed.")
        task = task_submit(
            name=submitted.operation,
            args={
                "vapp_id": str(vm.vapp_id),
                "vm_ids": [str(vm.pk)],
                **submitted.args,
                **(args or {}),
            },
            owner=Owner(id=vm.pk, kind="vm", name=vm.name),
            claims={vm.vapp_id: vm.vapp.is_auto, vm.pk: EXCLUSIVE},
            org_id=vm.org_id,
            actor=actor_of(principal),
            description=f"{submitted.word} Virtual Machine {vm.name}({vm.pk})",
        )
        reproject(vapp_ids=[vm.vapp_id], vm_ids=[vm.pk])
    return task


def _illegal_vm(action: str, vm: Vm) -> InvalidState:
    if action == "undeploy":
        # The text that clients match for vApps serves their VMs too. Source: go-clients.md 2.9.
        return InvalidState(
            f'The requested operation could not be executed since vApp "{vm.vapp.name}" is not running: '
            f'the VM "{vm.name}" is not deployed.'
        )
    return InvalidState(
        f'The operation {action} is not possible on the VM "{vm.name}" in the state {vm.projected_state}.'
    )


def vm_act(*, principal: Principal, vm_id: uuid.UUID, action: str) -> Task:
    """One of `ACTIONS` on the VM. Raises NotFound, InvalidState."""
    return _vm_submit(principal=principal, vm_id=vm_id, action=action, submitted=ACTIONS[action])


def vm_deploy(*, principal: Principal, vm_id: uuid.UUID, power_on: bool, customize: bool = False) -> Task:
    """Deploys, and powers on if wanted; `customize`: the guest is customized anew.

    Raises NotFound, InvalidState (customizing a VM that is deployed).
    """
    return _vm_submit(
        principal=principal,
        vm_id=vm_id,
        action="deploy",
        submitted=ACTIONS["deploy"],
        args={"power_on": power_on, "customize": customize},
    )


def vm_undeploy(*, principal: Principal, vm_id: uuid.UUID, power_action: str) -> Task:
    """Undeploys, by one of `UNDEPLOY_ACTIONS`. Raises NotFound, InvalidState."""
    return _vm_submit(
        principal=principal,
        vm_id=vm_id,
        action="undeploy",
        submitted=ACTIONS["undeploy"],
        args={"power_action": power_action},
    )


def vm_delete(*, principal: Principal, vm_id: uuid.UUID) -> Task:
    """Raises NotFound, InvalidState (a running VM)."""
    return _vm_submit(
        principal=principal,
        vm_id=vm_id,
        action="remove",
        submitted=Action(operation="vappDeleteVm", word="Deleting"),
    )
