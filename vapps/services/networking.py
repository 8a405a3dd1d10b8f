"""Networks of vApps: bridged to a network of the VDC, or isolated and the vApp's own."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.db import transaction

from ssvirt.api.principal import Principal
from ssvirt.core.errors import BadRequest, InvalidState, NotFound, NotSupported
from tasks.models import Task
from tasks.services import EXCLUSIVE, SHARED, Owner, lock_entities, task_submit
from vapps.models import FenceMode, Nic, VApp, VAppNetwork
from vapps.projection import reproject
from vapps.requests import NetworkRequest, Subnet
from vapps.selectors import vapp_get, vapp_network_get, vapp_networks_of
from vapps.services.demand import actor_of
from vapps.services.rows import unique_names
from vapps.states import VAppState
from vdcs.models import Network, Vdc
from vdcs.selectors import networks_of
from vdcs.services import networks_require_kept, private_network_create, private_network_update


def networks_create(
    vapp: VApp, vdc: Vdc, asked: Sequence[NetworkRequest], available: Sequence[Network] | None = None
) -> dict[str, VAppNetwork]:
    """The asked networks as rows; those that the vApp has already stay. All of the vApp's, by name.

    Runs in the caller's transaction. Raises NotFound (parent), BadRequest (subnet, ranges).
    """
    present = {network.name: network for network in vapp_networks_of(vapp.pk)}
    parents = {network.pk: network for network in (available if available is not None else networks_of(vdc))}
    for network in asked:
        if network.name not in present:
            present[network.name] = _create(vapp, vdc, network, parents)
    networks_require_kept([row.parent_id for row in present.values() if row.parent_id is not None])
    return present


def _create(vapp: VApp, vdc: Vdc, asked: NetworkRequest, parents: dict[uuid.UUID, Network]) -> VAppNetwork:
    made: VAppNetwork = VAppNetwork.objects.create(
        org_id=vapp.org_id,
        vapp=vapp,
        name=asked.name,
        description=asked.description[:256],
        fence_mode=FenceMode.BRIDGED if asked.parent_id is not None else FenceMode.ISOLATED,
        parent=_parent(vapp, vdc, asked, parents),
        retains_net_info=asked.retains_net_info,
    )
    return made


def _parent(vapp: VApp, vdc: Vdc, asked: NetworkRequest, parents: dict[uuid.UUID, Network]) -> Network | None:
    if asked.parent_id is not None:
        if asked.parent_id not in parents:
            raise NotFound(f"The network {asked.parent_id} does not exist in the VDC.")
        return parents[asked.parent_id]
    if asked.subnet is None:
        return None
    return private_network_create(vdc=vdc, vapp_id=vapp.pk, name=asked.name, **_subnet(asked.subnet))


def _subnet(subnet: Subnet) -> dict[str, Any]:
    return {
        "gateway": subnet.gateway,
        "prefix_length": subnet.prefix_length,
        "ranges": subnet.ranges,
        "dns": subnet.dns,
        "dns_suffix": subnet.dns_suffix,
    }


def vapp_networks_set(*, principal: Principal, vapp_id: uuid.UUID, request: Sequence[NetworkRequest]) -> Task:
    """Makes the vApp's networks be these. Raises NotFound, BadRequest, NotSupported; then nothing is written.

    A network that a NIC is connected to is not removed.
    """
    vapp = vapp_get(vapp_id)
    with unique_names(), transaction.atomic():
        lock_entities([vapp.pk, vapp.vdc_id])
        vapp = vapp_get(vapp_id)
        _rename(vapp, request)
        present = {network.name: network for network in vapp_networks_of(vapp.pk)}
        wanted = {network.name for network in request}
        gone = [network for name, network in present.items() if name not in wanted]
        require_unused(gone)
        made = networks_create(vapp, vapp.vdc, request)
        for network in request:
            if network.name in present:
                _update(made[network.name], network)
        return _submit(principal, vapp, gone)


def _rename(vapp: VApp, request: Sequence[NetworkRequest]) -> None:
    """Names that networks known by their id are to have; a name that the list still has elsewhere is no new one."""
    wanted = {network.name for network in request}
    by_id = {network.pk: network for network in vapp_networks_of(vapp.pk)}
    for network in request:
        row = by_id.get(network.id) if network.id is not None else None
        if row is not None and row.name not in wanted:
            _name(row, network.name)


def _name(network: VAppNetwork, name: str) -> None:
    """A new name, which a network of the vApp's own has, too. Raises through `unique_names`."""
    if name == network.name:
        return
    VAppNetwork.objects.filter(pk=network.pk).update(name=name)
    if network.parent is not None and network.fence_mode == FenceMode.ISOLATED:
        Network.objects.filter(pk=network.parent_id).update(name=name)


def vapp_network_set(*, principal: Principal, network_id: uuid.UUID, request: NetworkRequest) -> Task:
    """Changes one network of a vApp. Raises NotFound, BadRequest."""
    network = vapp_network_get(network_id)
    with unique_names(), transaction.atomic():
        lock_entities([network.vapp_id, network.vapp.vdc_id])
        network = vapp_network_get(network_id)
        _name(network, request.name)
        _update(network, request)
        return _submit(principal, network.vapp, [])


def vapp_network_delete(*, principal: Principal, network_id: uuid.UUID) -> Task:
    """Removes a network of a vApp. Raises NotFound, BadRequest (in use)."""
    network = vapp_network_get(network_id)
    with transaction.atomic():
        lock_entities([network.vapp_id, network.vapp.vdc_id])
        network = vapp_network_get(network_id)
        require_unused([network])
        return _submit(principal, network.vapp, [network])


def vapp_network_reset(*, principal: Principal, network_id: uuid.UUID) -> Task:
    """Sets up a network of a vApp anew. Raises NotFound."""
    network = vapp_network_get(network_id)
    with transaction.atomic():
        lock_entities([network.vapp_id, network.vapp.vdc_id])
        network = vapp_network_get(network_id)
        return _submit(principal, network.vapp, [])


def require_unused(networks: Sequence[VAppNetwork]) -> None:
    """Raises BadRequest naming the VM that is connected to one of the networks."""
    nic = (
        Nic.objects.filter(vapp_network__in=[n for n in networks if n.parent_id is not None])
        .select_related("vm", "vapp_network")
        .first()
    )
    if nic is not None:
        assert nic.vapp_network is not None
        raise BadRequest(
            f'The network "{nic.vapp_network.name}" is in use by the VM "{nic.vm.name}" and cannot be removed.'
        )


def _update(network: VAppNetwork, asked: NetworkRequest) -> None:
    """Description, and the addresses of a network of its own. The kind of a network does not change."""
    is_isolated = asked.subnet is not None
    if network.parent is not None and (network.fence_mode == FenceMode.ISOLATED) != is_isolated:
        raise NotSupported(
            f'The network "{network.name}" cannot become {"isolated" if is_isolated else "bridged"}: '
            "remove it and add it anew."
        )
    if asked.parent_id is not None and network.parent_id != asked.parent_id:
        raise NotSupported(f'The network "{network.name}" cannot be connected to another parent network.')
    if asked.subnet is not None and network.parent is not None:
        private_network_update(network=network.parent, **_subnet(asked.subnet))
    VAppNetwork.objects.filter(pk=network.pk).update(
        description=asked.description[:256], retains_net_info=asked.retains_net_info
    )


def _submit(principal: Principal, vapp: VApp, gone: Sequence[VAppNetwork]) -> Task:
    if vapp.projected_state == VAppState.GONE:
        raise InvalidState(f'The vApp "{vapp.name}" is being deleted.')
    task = task_submit(
        name="vdcUpdateVappNetworkSection",
        args={"vapp_id": str(vapp.pk), "vm_ids": [], "network_ids": [str(network.pk) for network in gone]},
        owner=Owner(id=vapp.pk, kind="vApp", name=vapp.name),
        claims={vapp.pk: EXCLUSIVE, vapp.vdc_id: SHARED},
        org_id=vapp.org_id,
        actor=actor_of(principal),
        description=f"Updating the networks of Virtual Application {vapp.name}({vapp.pk})",
    )
    reproject(vapp_ids=[vapp.pk])
    return task
