"""Power, deployment and deletion: judged on the projected state, then submitted."""

import uuid
from typing import Any

from django.db import transaction

from ssvirt.api.principal import Principal
from ssvirt.core.errors import (
    InvalidState,
)
from tasks.models import Task
from tasks.services import EXCLUSIVE, SHARED, Owner, lock_entities, task_submit
from vapps.legality import Verdict, vapp_condition, vapp_verdict, vm_verdict
from vapps.models import Vm
from vapps.projection import reproject
from vapps.selectors import vapp_get, vm_get
from vapps.services.demand import actor_of
from vapps.states import VAppState, VmState

_WORDS = {
    "vappDeploy": "Starting",
    "vappPowerOff": "Stopping",
    "vappUndeployPowerOff": "Stopping",
    "vdcDeleteVapp": "Deleting",
    "vappDeleteVm": "Deleting",
}


def _vapp_submit(
    *,
    principal: Principal,
    vapp_id: uuid.UUID,
    action: str,
    operation: str,
    args: dict[str, Any] | None = None,
    is_exclusive: bool = False,
    force: bool = False,
) -> Task:
    """Judges the action on the projected state and submits the operation on all VMs of the vApp."""
    vapp = vapp_get(vapp_id)
    with transaction.atomic():
        vm_ids = list(Vm.objects.filter(vapp=vapp).order_by("position").values_list("pk", flat=True))
        lock_entities([vapp.pk, *vm_ids])
        vapp = vapp_get(vapp_id)
        vms = list(Vm.objects.filter(vapp=vapp).order_by("position").only("id", "projected_state"))
        condition = vapp_condition(vapp.projected_state, [vm.projected_state for vm in vms])
        if not _is_legal(action, condition, force):
            raise _illegal(action, vapp.name, condition)
        acting = [vm.pk for vm in vms if vm.projected_state != VmState.GONE]
        task = task_submit(
            name=operation,
            args={"vapp_id": str(vapp.pk), "vm_ids": [str(pk) for pk in acting], **(args or {})},
            owner=Owner(id=vapp.pk, kind="vApp", name=vapp.name),
            claims={vapp.pk: is_exclusive, **dict.fromkeys(acting, EXCLUSIVE)},
            org_id=vapp.org_id,
            actor=actor_of(principal),
            description=f"{_WORDS[operation]} Virtual Application {vapp.name}({vapp.pk})",
        )
        reproject(vapp_ids=[vapp.pk], vm_ids=acting)
    return task


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


def vapp_power_on(*, principal: Principal, vapp_id: uuid.UUID) -> Task:
    """Powers on all VMs; on a running vApp a success without work. Raises NotFound, InvalidState."""
    return _vapp_submit(
        principal=principal,
        vapp_id=vapp_id,
        action="powerOn",
        operation="vappDeploy",
        args={"power_on": True},
    )


def vapp_deploy(*, principal: Principal, vapp_id: uuid.UUID, power_on: bool) -> Task:
    """Deploys, and powers on if wanted. Raises NotFound, InvalidState."""
    return _vapp_submit(
        principal=principal,
        vapp_id=vapp_id,
        action="deploy",
        operation="vappDeploy",
        args={"power_on": power_on},
    )


def vapp_power_off(*, principal: Principal, vapp_id: uuid.UUID) -> Task:
    """Hard power-off of all VMs. Raises NotFound, InvalidState."""
    return _vapp_submit(principal=principal, vapp_id=vapp_id, action="powerOff", operation="vappPowerOff")


def vapp_undeploy(*, principal: Principal, vapp_id: uuid.UUID) -> Task:
    """Powers off and undeploys. Raises NotFound, InvalidState."""
    return _vapp_submit(
        principal=principal, vapp_id=vapp_id, action="undeploy", operation="vappUndeployPowerOff"
    )


def vapp_delete(*, principal: Principal, vapp_id: uuid.UUID, force: bool) -> Task:
    """Deletes the vApp and its VMs; a running one only by force. Raises NotFound, InvalidState."""
    return _vapp_submit(
        principal=principal,
        vapp_id=vapp_id,
        action="remove",
        operation="vdcDeleteVapp",
        is_exclusive=True,
        force=force,
    )


def _vm_submit(
    *,
    principal: Principal,
    vm_id: uuid.UUID,
    action: str,
    operation: str,
    args: dict[str, Any] | None = None,
    force: bool = False,
) -> Task:
    """Judges the action on the VM's projected state and submits the operation: exclusive on the VM, shared
    on the vApp.
    """
    vm = vm_get(vm_id)
    with transaction.atomic():
        lock_entities([vm.vapp_id, vm.pk])
        vm = vm_get(vm_id)
        refused = vm_verdict(action, vm.projected_state) is Verdict.REFUSED
        if refused and not (force and vm.projected_state != VmState.GONE):
            raise InvalidState(
                f'The operation {action} is not possible on the VM "{vm.name}" '
                f"in the state {vm.projected_state}."
            )
        task = task_submit(
            name=operation,
            args={"vapp_id": str(vm.vapp_id), "vm_ids": [str(vm.pk)], **(args or {})},
            owner=Owner(id=vm.pk, kind="vm", name=vm.name),
            claims={vm.vapp_id: SHARED, vm.pk: EXCLUSIVE},
            org_id=vm.org_id,
            actor=actor_of(principal),
            description=f"{_WORDS[operation]} Virtual Machine {vm.name}({vm.pk})",
        )
        reproject(vm_ids=[vm.pk])
    return task


def vm_power_on(*, principal: Principal, vm_id: uuid.UUID) -> Task:
    """Raises NotFound, InvalidState."""
    return _vm_submit(
        principal=principal, vm_id=vm_id, action="powerOn", operation="vappDeploy", args={"power_on": True}
    )


def vm_deploy(*, principal: Principal, vm_id: uuid.UUID, power_on: bool) -> Task:
    """Raises NotFound, InvalidState."""
    return _vm_submit(
        principal=principal, vm_id=vm_id, action="deploy", operation="vappDeploy", args={"power_on": power_on}
    )


def vm_power_off(*, principal: Principal, vm_id: uuid.UUID) -> Task:
    """Raises NotFound, InvalidState."""
    return _vm_submit(principal=principal, vm_id=vm_id, action="powerOff", operation="vappPowerOff")


def vm_undeploy(*, principal: Principal, vm_id: uuid.UUID) -> Task:
    """Raises NotFound, InvalidState."""
    return _vm_submit(principal=principal, vm_id=vm_id, action="undeploy", operation="vappUndeployPowerOff")


def vm_delete(*, principal: Principal, vm_id: uuid.UUID) -> Task:
    """Raises NotFound, InvalidState (a running VM)."""
    return _vm_submit(principal=principal, vm_id=vm_id, action="remove", operation="vappDeleteVm")
