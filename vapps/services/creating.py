"""New vApps: rows, quota, claims and the task, in one transaction."""

import dataclasses
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Max

from catalogs.models import TemplateStatus, VAppTemplate
from catalogs.selectors import template_get, template_of_vm, visible_media
from orgs.models import AccessLevel
from ssvirt.api.principal import Principal
from ssvirt.core.errors import BadRequest, InvalidReference, InvalidState, NotFound, NotSupported
from tasks.models import Task
from tasks.services import EXCLUSIVE, SHARED, Owner, lock_entities, task_submit
from vapps.blueprints import VmBlueprint, of_nothing, of_template_vm, of_vm
from vapps.models import FenceMode, NamedDisk, Nic, VApp, VAppNetwork, Vm
from vapps.projection import reproject
from vapps.requests import NO_NETWORK, NetworkRequest, Subnet, VAppRequest, VmRequest
from vapps.selectors import vapp_get, vapp_get_whole, vm_get
from vapps.services.access import vapp_require, vm_require
from vapps.services.demand import actor_of, demand_of
from vapps.services.leasing import lease_defaults
from vapps.services.networking import networks_create
from vapps.services.rows import Policies, check_nic_quota, lock_networks, unique_names, vm_create
from vapps.services.sources import prints_of
from vapps.states import VmState
from vdcs.models import Vdc, VdcStoragePolicy
from vdcs.selectors import networks_of, vdc_get
from vdcs.services import vdc_charge, vdc_require_usable


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A VM to be made: what it is made of, what was asked of it, and the VM that it is a copy of, if any."""

    blueprint: VmBlueprint
    asked: VmRequest
    copied: Vm | None = None


def vapp_compose(*, principal: Principal, vdc_id: uuid.UUID, request: VAppRequest) -> tuple[VApp, Task]:
    """A vApp of the VMs that the request names one by one; none of them: an empty vApp.

    Raises NotFound, BadRequest, QuotaExceeded, DuplicateName; then nothing is written.
    """
    return _make(principal, vdc_id, request, plans_of(request.vms), "vdcComposeVapp")


def vm_create_alone(*, principal: Principal, vdc_id: uuid.UUID, request: VAppRequest) -> tuple[VApp, Task]:
    """A standalone VM, in a hidden vApp of its own. Raises what `vapp_compose` does."""
    plans = plans_of(request.vms)
    hidden = dataclasses.replace(request, name=f"{request.name[:91]}-{uuid.uuid4()}")
    hidden = dataclasses.replace(hidden, networks=_wanted_networks(vdc_get(vdc_id), plans))
    return _make(principal, vdc_id, hidden, plans, "vdcComposeVapp", is_auto=True)


def _wanted_networks(vdc: Vdc, plans: Sequence[Plan]) -> tuple[NetworkRequest, ...]:
    """The VDC's networks that the cards of a standalone VM name. Raises BadRequest for an unknown one."""
    available = {network.name: network for network in networks_of(vdc)}
    wanted = []
    for plan in plans:
        asked = {nic.network for nic in plan.asked.nics or ()}
        if unknown := sorted(asked - set(available) - {NO_NETWORK}):
            raise BadRequest(f'The network "{unknown[0]}" of a NIC does not exist in the VDC.')
        named = asked if plan.asked.nics is not None else {nic.network for nic in plan.blueprint.nics}
        wanted += [
            NetworkRequest(name=name, parent_id=available[name].pk) for name in sorted(named & set(available))
        ]
    return tuple({network.name: network for network in wanted}.values())


def vapp_instantiate(*, principal: Principal, vdc_id: uuid.UUID, request: VAppRequest) -> tuple[VApp, Task]:
    """A vApp with the template's VMs, and the task that makes them.

    Raises NotFound (VDC, template, network or storage profile unknown or foreign), BadRequest (disabled
    VDC, bad parameters), QuotaExceeded, DuplicateName; then nothing is written.
    """
    assert request.source_id is not None
    template = template_get(request.source_id)
    require_ready(template)
    asked = _by_source(request, {vm.pk for vm in template.vms.all()}, f'the vApp template "{template.name}"')
    plans = [
        Plan(blueprint=of_template_vm(vm), asked=asked.get(vm.pk) or _on_only_network(request, vm.pk))
        for vm in template.vms.all()
    ]
    return _make(principal, vdc_id, request, plans, "vdcInstantiateVapp")


def _on_only_network(request: VAppRequest, vm_id: uuid.UUID) -> VmRequest:
    """A VM that nothing is asked of: where the vApp has one network, a card that the template leaves unconnected
    goes there. Source: Libcloud's `ex_network`, which names a network and no VM.
    """
    connected = [network.name for network in request.networks if network.parent_id is not None]
    mapped = {NO_NETWORK: connected[0]} if len(request.networks) == len(connected) == 1 else {}
    return VmRequest(source_id=vm_id, network_map=mapped)


def vapp_clone(*, principal: Principal, vdc_id: uuid.UUID, request: VAppRequest) -> tuple[VApp, Task]:
    """A copy of a vApp, or the vApp itself moved (`is_move`), in the VDC. Its VMs must be off.

    Raises NotFound, InvalidState, BadRequest, QuotaExceeded, DuplicateName; then nothing is written.
    """
    assert request.source_id is not None
    source = vapp_get_whole(request.source_id)
    if request.is_move:
        vapp_require(
            principal=principal, vapp_id=source.pk, level=AccessLevel.FULL_CONTROL, what="VAPP_DELETE"
        )
    vms = [vm_get(vm.pk) for vm in source.vms.all()]
    asked = _by_source(request, {vm.pk for vm in vms}, f'the vApp "{source.name}"')
    # The vApp's own networks are made anew with it: addresses in them are free.
    are_same = not request.networks

    def keeps(nic: Nic) -> bool:
        network = nic.vapp_network
        return are_same and network is not None and network.fence_mode == FenceMode.ISOLATED

    plans = [
        Plan(
            blueprint=of_vm(vm, keeps_address=keeps),
            asked=asked.get(vm.pk) or VmRequest(source_id=vm.pk),
            copied=vm,
        )
        for vm in vms
    ]
    if request.is_move:
        plans = [_with_medium(plan) for plan in plans]
    if source.vdc_id != vdc_id:
        plans = [_in_vdc(plan, vdc_id) for plan in plans]
    if not request.networks:
        request = dataclasses.replace(request, networks=_same_networks(source, vdc_get(vdc_id)))
    return _make(principal, vdc_id, request, plans, "vdcCopyVapp", source=source)


def vapp_move(*, principal: Principal, vdc_id: uuid.UUID, request: VAppRequest) -> Task:
    """The vApp as it is, in another VDC. Raises what `vapp_clone` does, BadRequest for the VDC it is in."""
    assert request.source_id is not None
    source = vapp_get(request.source_id)
    if source.vdc_id == vdc_id:
        raise BadRequest(f'The vApp "{source.name}" is in that VDC already.')
    request = dataclasses.replace(request, name=source.name, description=source.description)
    return vapp_clone(principal=principal, vdc_id=vdc_id, request=request)[1]


def _with_medium(plan: Plan) -> Plan:
    """A VM that moves keeps the medium in its drive, as far as the one who moves it may see that."""
    media_id = plan.copied.media_id if plan.copied is not None else None
    media = visible_media().filter(pk=media_id).first() if media_id is not None else None
    if media is None or not media.is_ready:
        return plan
    return dataclasses.replace(plan, asked=dataclasses.replace(plan.asked, media_id=media_id))


def _in_vdc(plan: Plan, vdc_id: uuid.UUID) -> Plan:
    """A copied VM whose storage profile is named as the source VDC has it: the target's one of that policy."""
    named = VdcStoragePolicy.objects.filter(pk=plan.asked.storage_policy_id).exclude(vdc_id=vdc_id).first()
    if named is None:
        return plan
    found = VdcStoragePolicy.objects.filter(vdc_id=vdc_id, policy_id=named.policy_id, is_enabled=True).first()
    asked = dataclasses.replace(plan.asked, storage_policy_id=found.pk if found is not None else None)
    return dataclasses.replace(plan, asked=asked)


def _by_source(request: VAppRequest, known: set[uuid.UUID], whole: str) -> dict[uuid.UUID, VmRequest]:
    """What was asked of each VM of the source. Raises InvalidReference for a VM that is not one of it."""
    asked = {vm.source_id: vm for vm in request.vms if vm.source_id is not None}
    if unknown := set(asked) - known:
        raise InvalidReference(f"The VM {unknown.pop()} is not part of {whole}.")
    return asked


def _same_networks(source: VApp, vdc: Vdc) -> tuple[NetworkRequest, ...]:
    """The source's networks, as far as the VDC has them: the same parents, or ones of the same name."""
    by_id = {network.pk: network for network in networks_of(vdc)}
    by_name = {network.name: network for network in by_id.values()}
    return tuple(_same_network(network, by_id, by_name) for network in source.networks.all())


def _same_network(
    row: VAppNetwork, by_id: dict[uuid.UUID, object], by_name: dict[str, object]
) -> NetworkRequest:
    parent = row.parent
    if parent is not None and row.fence_mode == FenceMode.ISOLATED:
        subnet = Subnet(
            gateway=parent.gateway,
            prefix_length=parent.prefix_length,
            dns=tuple(filter(None, (parent.dns1, parent.dns2))),
            dns_suffix=parent.dns_suffix,
            ranges=tuple((each.start, each.end) for each in parent.ranges.all()),
        )
        return NetworkRequest(name=row.name, description=row.description, subnet=subnet)
    found = (by_id.get(parent.pk) or by_name.get(parent.name)) if parent is not None else None
    if found is None:
        return NetworkRequest(name=NO_NETWORK if parent is None else row.name)
    return NetworkRequest(name=row.name, description=row.description, parent_id=found.pk)  # type: ignore[attr-defined]


def plans_of(vms: Sequence[VmRequest]) -> list[Plan]:
    """VMs named one by one: from templates, from other VMs, from nothing. Raises NotFound, BadRequest."""
    return [_plan_of(asked) for asked in vms]


def _plan_of(asked: VmRequest) -> Plan:
    if asked.source_id is None:
        return Plan(blueprint=of_nothing(asked), asked=asked)
    try:
        template, vm = template_of_vm(asked.source_id)
    except NotFound:
        source = vm_get(asked.source_id)
        return Plan(blueprint=of_vm(source), asked=asked, copied=source)
    require_ready(template)
    return Plan(blueprint=of_template_vm(vm), asked=asked)


def require_ready(template: VAppTemplate) -> None:
    """Raises BadRequest when the template cannot be instantiated."""
    if template.status != TemplateStatus.RESOLVED:
        raise BadRequest(f'The vApp template "{template.name}" is not ready.')


def require_copyable(vm: Vm, state: str) -> None:
    """Raises InvalidState. A disk is cloned as it lies: while its machine runs it would be torn."""
    if state not in (VmState.OFF, VmState.UNDEPLOYED):
        raise InvalidState(f'The VM "{vm.name}" must be powered off to be copied or moved; it is {state}.')


def require_no_disk(vm: Vm, attached: NamedDisk | None) -> None:
    """Raises InvalidState. A VM that moves by being copied would arrive without its independent disk."""
    if attached is not None:
        raise InvalidState(
            f'The disk "{attached.name}" is attached to the VM "{vm.name}": detach it before the VM is moved.'
        )


def require_movable(principal: Principal, plans: Sequence[Plan]) -> None:
    """Raises Forbidden: who takes a VM out of its vApp changes that one, too. BadRequest for one moved twice."""
    moved = [plan.copied.pk for plan in plans if plan.copied is not None and plan.asked.is_move]
    for plan in plans:
        if plan.copied is not None and moved.count(plan.copied.pk) > 1:
            raise BadRequest(f'The VM "{plan.copied.name}" can be moved only once.')
        if plan.copied is not None and plan.asked.is_move:
            vm_require(
                principal=principal, vm_id=plan.copied.pk, level=AccessLevel.CHANGE, what="VAPP_VM_MOVE"
            )


def require_reachable(vdc: Vdc, vms: Sequence[Vm]) -> None:
    """Raises NotSupported: volumes are cloned within one cluster."""
    others = {vm.vdc_id for vm in vms} - {vdc.pk}
    here = (
        Vdc.objects.filter(pk__in=others, provider_vdc__cluster=vdc.provider_vdc.cluster_id) if others else ()
    )
    if len(here) != len(others):
        raise NotSupported(
            f'Copying a VM into the VDC "{vdc.name}", which is on another cluster, is not supported.'
        )


def vms_create(vapp: VApp, plans: Sequence[Plan], networks: dict[str, VAppNetwork], vdc: Vdc) -> list[Vm]:
    """Rows of the planned VMs, charged to the VDC. Runs in the caller's transaction."""
    policies = Policies(vdc)
    lock_networks(networks.values())
    last = Vm.objects.filter(vapp=vapp).aggregate(last=Max("position"))["last"]
    start = 0 if last is None else last + 1
    vms = [
        vm_create(vapp, plan.blueprint, plan.asked, networks, policies, position=start + index)
        for index, plan in enumerate(plans)
    ]
    vdc_charge(vdc=vdc, demand=demand_of(vms))
    check_nic_quota(vdc)
    return vms


def _make(
    principal: Principal,
    vdc_id: uuid.UUID,
    request: VAppRequest,
    plans: Sequence[Plan],
    operation: str,
    *,
    source: VApp | None = None,
    is_auto: bool = False,
) -> tuple[VApp, Task]:
    vdc = vdc_get(vdc_id)
    vdc_require_usable(vdc)
    require_movable(principal, plans)
    copied = [plan.copied for plan in plans if plan.copied is not None]
    require_reachable(vdc, copied)
    is_move = request.is_move and source is not None
    taken = {plan.copied.pk for plan in plans if plan.copied is not None and (is_move or plan.asked.is_move)}
    with unique_names(), transaction.atomic():
        # All that the task claims and that is there already, at once: two submissions never wait for each other.
        sources = {vm.pk for vm in copied} | {vm.vapp_id for vm in copied}
        lock_entities([vdc.pk, *sources, *((source.pk,) if source is not None else ())])
        for vm in copied:
            require_copyable(vm, vm_get(vm.pk).projected_state)
            if vm.pk in taken:
                require_no_disk(vm, NamedDisk.objects.filter(projected_vm_id=vm.pk).first())
        vapp: VApp = VApp.objects.create(
            org_id=vdc.org_id,
            vdc=vdc,
            name=request.name,
            description=request.description,
            is_auto=is_auto,
            **_columns(principal, vdc, source, is_move=is_move),
        )
        networks = networks_create(vapp, vdc, with_used(request.networks, plans))
        vms = vms_create(vapp, plans, networks, vdc)
        claims = {vapp.pk: EXCLUSIVE, vdc.pk: SHARED, **{vm.pk: EXCLUSIVE for vm in vms}}
        claims |= {vm.pk: vm.pk in taken for vm in copied}
        claims |= {vm.vapp_id: vm.vapp.is_auto for vm in copied if vm.pk in taken}
        if source is not None:
            claims[source.pk] = is_move
        task = task_submit(
            name=operation,
            args={
                "vapp_id": str(vapp.pk),
                "vm_ids": [str(vm.pk) for vm in vms],
                "copied": copies_of(vms, plans),
                "prints": prints_of(copied, source if is_move else None),
                "has_networks": bool(request.networks),
                "deploy": request.deploy,
                "power_on": request.power_on,
                "delete_ids": sorted(str(pk) for pk in taken),
                "delete_vapp_id": str(source.pk) if source is not None and is_move else None,
            },
            owner=Owner(id=vapp.pk, kind="vApp", name=vapp.name),
            claims=claims,
            org_id=vdc.org_id,
            actor=actor_of(principal),
            description=f"{_WORDS[operation]} Virtual Application {vapp.name}({vapp.pk})",
        )
        left = {source.pk} if source is not None else {vm.vapp_id for vm in copied}
        reproject(vapp_ids=[vapp.pk, *left], vm_ids=[vm.pk for vm in (*vms, *copied)])
    return vapp, task


def _columns(principal: Principal, vdc: Vdc, source: VApp | None, *, is_move: bool) -> dict[str, Any]:
    """What a vApp that was moved keeps; a copy keeps its product sections and is its maker's."""
    sections = {"product_sections": source.product_sections} if source is not None else {}
    if source is not None and is_move:
        kept = ("owner_id", "deployment_lease_s", "storage_lease_s")
        return {**sections, **{column: getattr(source, column) for column in kept}}
    leases = lease_defaults(vdc.org_id)
    return {
        **sections,
        "owner_id": principal.user_id,
        "deployment_lease_s": leases.deployment_s,
        "storage_lease_s": leases.storage_s,
    }


def copies_of(vms: Sequence[Vm], plans: Sequence[Plan]) -> dict[str, str]:
    """By the id of a new VM, the id of the one that it is a copy of."""
    pairs = zip(vms, plans, strict=True)
    return {str(vm.pk): str(plan.copied.pk) for vm, plan in pairs if plan.copied is not None}


_WORDS = {
    "vdcComposeVapp": "Composing",
    "vdcInstantiateVapp": "Creating",
    "vdcCopyVapp": "Copying",
}


def with_used(networks: Sequence[NetworkRequest], plans: Sequence[Plan]) -> tuple[NetworkRequest, ...]:
    """The requested networks, and "none" where a NIC needs it: every NIC's network must have a
    NetworkConfig.
    """
    known = {network.name for network in networks}
    needs_none = any(
        (name if name in known else NO_NETWORK) == NO_NETWORK
        for plan in plans
        for name in _networks_named(plan)
    )
    if needs_none and NO_NETWORK not in known:
        return (*networks, NetworkRequest(name=NO_NETWORK))
    return tuple(networks)


def _networks_named(plan: Plan) -> list[str]:
    if plan.asked.nics is not None:
        return [nic.network for nic in plan.asked.nics]
    mapped = plan.asked.network_map
    return [mapped.get(nic.network, nic.network) for nic in plan.blueprint.nics]
