"""Networks of vApps: bridged to a network of the VDC, or isolated and the vApp's own."""

import uuid
from collections.abc import Sequence
from typing import Any

from ssvirt.core.errors import InvalidState, NotFound
from vapps.models import FenceMode, VApp, VAppNetwork
from vapps.requests import NetworkRequest, Subnet
from vapps.selectors import vapp_networks_of
from vdcs.models import Network, Realization, Vdc
from vdcs.selectors import networks_of
from vdcs.services import networks_require_kept, private_network_create


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
        require_made(parents[asked.parent_id])
        return parents[asked.parent_id]
    if asked.subnet is None:
        return None
    return private_network_create(vdc=vdc, vapp_id=vapp.pk, name=asked.name, **subnet_columns(asked.subnet))


def require_made(network: Network) -> None:
    """Raises InvalidState for a network whose creation has failed: a machine would wait for it for ever."""
    if network.realization == Realization.FAILED:
        raise InvalidState(f'The network "{network.name}" could not be made: it can only be deleted.')


def subnet_columns(subnet: Subnet) -> dict[str, Any]:
    """The subnet as `private_network_create` and `private_network_update` take it."""
    return {
        "gateway": subnet.gateway,
        "prefix_length": subnet.prefix_length,
        "ranges": subnet.ranges,
        "dns": subnet.dns,
        "dns_suffix": subnet.dns_suffix,
    }
