"""Recomposition: VMs added to a vApp, moved into it, removed from it; its name and description changed."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.db import transaction

from ssvirt.api.principal import Principal
from ssvirt.core.errors import DuplicateName, InvalidReference, InvalidState, NotSupported
from tasks.models import Task
from tasks.services import EXCLUSIVE, SHARED, Owner, lock_entities, task_submit
from vapps.legality import Verdict, vm_verdict
from vapps.models import NamedDisk, VApp, VAppNetwork, Vm
from vapps.projection import reproject
from vapps.requests import NetworkRequest, RecomposeRequest
from vapps.selectors import vapp_get, vm_get
from vapps.services.creating import (
    Plan,
    copies_of,
    plans_of,
    require_copyable,
    require_movable,
    require_no_disk,
    require_reachable,
    vms_create,
    with_used,
)
from vapps.services.demand import actor_of
from vapps.services.networking import networks_create
from vapps.services.rows import unique_names
from vapps.services.sources import prints_of
from vapps.services.standing import require_changeable
from vdcs.models import Vdc
from vdcs.selectors import vdc_get
from vdcs.services import vdc_require_usable


def vapp_recompose(*, principal: Principal, vapp_id: uuid.UUID, request: RecomposeRequest) -> Task:
    """Adds and removes VMs, renames. VMs that are added do not wait for one another.

    Raises NotFound, BadRequest, InvalidState, InvalidReference (a VM that is not of the vApp), QuotaExceeded,
    DuplicateName; then nothing is written.
    """
    vapp = vapp_get(vapp_id)
    vdc = vdc_get(vapp.vdc_id)
    if request.reconfigure:
        raise NotSupported("A ReconfigureItem is not supported: reconfigure the VM by itself.")
    plans = plans_of(request.vms)
    require_movable(principal, plans)
    if plans:
        vdc_require_usable(vdc)
    moved = [plan for plan in plans if _stays_in_place(plan, vapp)]
    made = [plan for plan in plans if not _stays_in_place(plan, vapp)]
    copied = [plan.copied for plan in plans if plan.copied is not None]
    require_reachable(vdc, copied)
    with unique_names(), transaction.atomic():
        # All that the task claims and that is there already, at once: two submissions never wait for each other.
        sources = {vm.pk for vm in copied} | {vm.vapp_id for vm in copied}
        lock_entities([vapp.pk, vdc.pk, *sources, *request.delete_ids])
        vapp = vapp_get(vapp_id)
        require_changeable(vapp, vapp.projected_state)
        for vm in copied:
            require_copyable(vm, vm_get(vm.pk).projected_state)
        for plan in made:
            if plan.copied is not None and plan.asked.is_move:
                disks = NamedDisk.objects.filter(projected_vm_id=plan.copied.pk)
                require_no_disk(plan.copied, disks.first())
        deleted = _deletable(vapp, request.delete_ids)
        _check_name(vapp, request.name)
        wanted = _added_networks(request, plans, vapp)
        networks = networks_create(vapp, vdc, wanted)
        added = [networks[network.name] for network in wanted]
        vms = vms_create(vapp, made, networks, vdc) if made else []
        if moved:
            _check_moved_names(vapp, moved)
        task = _submit(principal, vapp, vdc, request, vms, moved, made, deleted, added)
        reproject(vapp_ids=[vapp.pk], vm_ids=[vm.pk for vm in (*vms, *copied, *deleted)])
    return task


def _stays_in_place(plan: Plan, vapp: VApp) -> bool:
    """Whether a VM is moved within its VDC: the machine stays, only its vApp is another one."""
    return plan.copied is not None and plan.asked.is_move and plan.copied.vdc_id == vapp.vdc_id


def _check_name(vapp: VApp, name: str | None) -> None:
    if name and name != vapp.name and VApp.objects.filter(vdc_id=vapp.vdc_id, name=name).exists():
        raise DuplicateName(name)


def _check_moved_names(vapp: VApp, moved: Sequence[Plan]) -> None:
    """Raises DuplicateName for a VM whose name another VM of the vApp has, or is to have by the same request.

    Needs the rows of the VMs that are made.
    """
    names = [plan.asked.name or plan.copied.name for plan in moved if plan.copied is not None]
    others = Vm.objects.filter(vapp=vapp, name__in=names).exclude(
        pk__in=[plan.copied.pk for plan in moved if plan.copied is not None]
    )
    repeated = [name for name in names if names.count(name) > 1]
    if taken := [*repeated, *others.values_list("name", flat=True)[:1]]:
        raise DuplicateName(taken[0])


def _added_networks(request: RecomposeRequest, plans: Sequence[Plan], vapp: VApp) -> Sequence[NetworkRequest]:
    present = [NetworkRequest(name=name) for name in vapp.networks.values_list("name", flat=True)]
    known = {network.name for network in present}
    added = [network for network in request.networks if network.name not in known]
    wanted = with_used([*present, *added], plans)
    return [network for network in wanted if network.name not in known]


def _deletable(vapp: VApp, vm_ids: Sequence[uuid.UUID]) -> list[Vm]:
    """The VMs to remove. Raises InvalidReference for one of another vApp, InvalidState for a running one."""
    found = {vm.pk: vm for vm in Vm.objects.filter(vapp=vapp, pk__in=list(vm_ids))}
    for vm_id in vm_ids:
        vm = found.get(vm_id)
        if vm is None:
            raise InvalidReference(f'The VM {vm_id} is not part of the vApp "{vapp.name}".')
        require_removable(vm, vm.projected_state)
    return list(found.values())


def require_removable(vm: Vm, state: str) -> None:
    """Raises InvalidState for a VM that runs or is suspended."""
    if vm_verdict("remove", state) is Verdict.REFUSED:
        raise InvalidState(f'The VM "{vm.name}" cannot be removed from the vApp: it is {state}.')


def _submit(
    principal: Principal,
    vapp: VApp,
    vdc: Vdc,
    request: RecomposeRequest,
    vms: Sequence[Vm],
    moved: Sequence[Plan],
    made: Sequence[Plan],
    deleted: Sequence[Vm],
    added: Sequence[VAppNetwork] = (),
) -> Task:
    asked = {"name": request.name, "description": request.description}
    # A recomposition that repeats the name need not wait for others; a renaming may be queued behind another one.
    is_renaming = not (vms or moved or deleted or request.networks)
    change = {
        key: value
        for key, value in asked.items()
        if value is not None and (is_renaming or value != getattr(vapp, key))
    }
    taken = [plan.copied.pk for plan in made if plan.copied is not None and plan.asked.is_move]
    claims: dict[uuid.UUID, bool] = {vapp.pk: EXCLUSIVE if change else SHARED, vdc.pk: SHARED}
    for plan in (*moved, *made):
        if plan.copied is not None:
            vm, is_move = plan.copied, plan.asked.is_move
            claims[vm.pk] = claims.get(vm.pk, SHARED) or is_move
            # A hidden vApp goes with its VM.
            claims[vm.vapp_id] = claims.get(vm.vapp_id, SHARED) or (is_move and vm.vapp.is_auto)
    claims |= {vm.pk: EXCLUSIVE for vm in (*vms, *deleted)}
    return task_submit(
        name="vdcRecomposeVapp",
        args={
            "vapp_id": str(vapp.pk),
            "vm_ids": [str(vm.pk) for vm in vms],
            "copied": copies_of(vms, made),
            "prints": prints_of([plan.copied for plan in made if plan.copied is not None]),
            "network_ids": [str(row.pk) for row in added],
            "moves": [_move(plan) for plan in moved],
            "delete_ids": [*(str(pk) for pk in taken), *(str(vm.pk) for vm in deleted)],
            "has_networks": bool(request.networks),
            "deploy": request.deploy,
            "power_on": request.power_on,
            "change": change,
        },
        owner=Owner(id=vapp.pk, kind="vApp", name=vapp.name),
        claims=claims,
        org_id=vapp.org_id,
        actor=actor_of(principal),
        description=f"Recomposing Virtual Application {vapp.name}({vapp.pk})",
    )


def _move(plan: Plan) -> dict[str, Any]:
    assert plan.copied is not None
    return {
        "vm_id": str(plan.copied.pk),
        "name": plan.asked.name,
        "from_id": str(plan.copied.vapp_id),
    }


def vapp_update(
    *, principal: Principal, vapp_id: uuid.UUID, name: str | None, description: str | None
) -> Task:
    """A new name or description. Raises NotFound, InvalidState, DuplicateName."""
    request = RecomposeRequest(name=name, description=description)
    vapp = vapp_get(vapp_id)
    with transaction.atomic():
        lock_entities([vapp.pk])
        vapp = vapp_get(vapp_id)
        require_changeable(vapp, vapp.projected_state)
        _check_name(vapp, name)
        task = _submit(principal, vapp, vdc_get(vapp.vdc_id), request, [], [], [], [])
        reproject(vapp_ids=[vapp.pk])
    return task
