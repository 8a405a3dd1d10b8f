"""What a request changes of a vApp's networks: written when its task runs, put back when that fails.

Everything here runs in the caller's transaction.
"""

import dataclasses
import json
import uuid
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

from django.core.serializers.json import DjangoJSONEncoder

from ssvirt.core.errors import BadRequest, NotFound, NotSupported
from vapps.models import FenceMode, Nic, VApp, VAppNetwork
from vapps.requests import NetworkRequest, Subnet
from vapps.selectors import vapp_networks_of
from vapps.services.networking import networks_create, subnet_columns
from vapps.services.removing import networks_remove
from vapps.services.rows import unique_names
from vapps.services.standing import require_changeable
from vdcs.models import IpAllocation, Network
from vdcs.services import private_network_update


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworksChange:
    """The networks as they are to be: all of the vApp's (`is_complete`: the others go), or the one of that id.

    `removed`: networks to remove. `reset_id`: the network to make anew on the cluster. Kept in a task's
    arguments by `to_args`.
    """

    networks: tuple[NetworkRequest, ...] = ()
    is_complete: bool = False
    removed: tuple[uuid.UUID, ...] = ()
    reset_id: uuid.UUID | None = None

    def to_args(self) -> dict[str, Any]:
        args: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(self), cls=DjangoJSONEncoder))
        return args

    @classmethod
    def from_args(cls, args: dict[str, Any]) -> Self:
        return cls(
            networks=tuple(_request_of(values) for values in args["networks"]),
            is_complete=args["is_complete"],
            removed=tuple(uuid.UUID(text) for text in args["removed"]),
            reset_id=uuid.UUID(args["reset_id"]) if args["reset_id"] else None,
        )


def _request_of(values: dict[str, Any]) -> NetworkRequest:
    ids = {key: uuid.UUID(values[key]) if values[key] else None for key in ("id", "parent_id")}
    subnet = values["subnet"]
    if subnet is not None:
        ranges = tuple((start, end) for start, end in subnet["ranges"])
        subnet = Subnet(**subnet | {"dns": tuple(subnet["dns"]), "ranges": ranges})
    return NetworkRequest(**values | ids | {"subnet": subnet})


def networks_write(vapp: VApp, change: NetworksChange) -> tuple[list[VAppNetwork], list[VAppNetwork]]:
    """Writes the change but for what it removes. The networks that are new, and those that are to go.

    Raises NotFound (network, parent), InvalidState, BadRequest (in use, subnet), NotSupported, DuplicateName.
    """
    require_changeable(vapp, vapp.state)
    with unique_names():
        _rename(vapp, change)
        present = {network.name: network for network in vapp_networks_of(vapp.pk)}
        gone = _gone(present.values(), change)
        require_unused(gone)
        made = networks_create(vapp, vapp.vdc, change.networks)
    for network in change.networks:
        if network.name in present:
            _update(made[network.name], network)
    return [row for name, row in made.items() if name not in present], gone


def _rename(vapp: VApp, change: NetworksChange) -> None:
    """Names that networks known by their id are to have; a name that the list still has elsewhere is no new one."""
    wanted = {network.name for network in change.networks}
    by_id = {network.pk: network for network in vapp_networks_of(vapp.pk)}
    for network in change.networks:
        row = by_id.get(network.id) if network.id is not None else None
        if row is None and not change.is_complete:
            raise NotFound(f"The network {network.id} does not exist.")
        if row is not None and (row.name not in wanted or not change.is_complete):
            _name(row, network.name)


def _name(network: VAppNetwork, name: str) -> None:
    """A new name, which a network of the vApp's own has, too."""
    if name == network.name:
        return
    VAppNetwork.objects.filter(pk=network.pk).update(name=name)
    if network.parent is not None and network.fence_mode == FenceMode.ISOLATED:
        Network.objects.filter(pk=network.parent_id).update(name=name)


def _gone(present: Collection[VAppNetwork], change: NetworksChange) -> list[VAppNetwork]:
    """The networks to remove; the entry "none" stays while a card needs it."""
    wanted = {network.name for network in change.networks}
    rows = [
        row for row in present if row.pk in change.removed or (change.is_complete and row.name not in wanted)
    ]
    entries = [row.pk for row in rows if row.parent_id is None]
    needed = set(Nic.objects.filter(vapp_network__in=entries).values_list("vapp_network_id", flat=True))
    return [row for row in rows if row.pk not in needed]


def require_unused(networks: Sequence[VAppNetwork]) -> None:
    """Raises BadRequest naming the VM that is connected to one of the networks."""
    nic = Nic.objects.filter(vapp_network__in=networks).select_related("vm", "vapp_network").first()
    if nic is not None:
        assert nic.vapp_network is not None
        raise BadRequest(
            f'The network "{nic.vapp_network.name}" is in use by the VM "{nic.vm.name}" and cannot be removed.'
        )
    own = [row.parent_id for row in networks if row.fence_mode == FenceMode.ISOLATED]
    held = IpAllocation.objects.filter(network__in=own, held_by__isnull=False).first()
    if held is not None:
        raise BadRequest(
            f'The address {held.address} of the network "{held.network.name}" is in use by a machine that has '
            "not been started anew: the network cannot be removed."
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
        private_network_update(network=network.parent, **subnet_columns(asked.subnet))
    VAppNetwork.objects.filter(pk=network.pk).update(
        description=asked.description[:256], retains_net_info=asked.retains_net_info
    )


def networks_remember(vapp: VApp) -> list[dict[str, Any]]:
    """The vApp's networks in JSON form, to be put back by `networks_restore`."""
    rows = [
        {
            "id": row.pk,
            "name": row.name,
            "description": row.description,
            "retains_net_info": row.retains_net_info,
            "subnet": _subnet_of(row),
        }
        for row in vapp_networks_of(vapp.pk)
    ]
    remembered: list[dict[str, Any]] = json.loads(json.dumps(rows, cls=DjangoJSONEncoder))
    return remembered


def _subnet_of(row: VAppNetwork) -> dict[str, Any] | None:
    parent = row.parent
    if parent is None or row.fence_mode != FenceMode.ISOLATED:
        return None
    return {
        "gateway": parent.gateway,
        "prefix_length": parent.prefix_length,
        "dns": list(filter(None, (parent.dns1, parent.dns2))),
        "dns_suffix": parent.dns_suffix,
        "ranges": [(each.start, each.end) for each in parent.ranges.all()],
    }


def networks_restore(
    vapp_id: uuid.UUID, remembered: Sequence[dict[str, Any]], added: Sequence[uuid.UUID]
) -> None:
    """The networks as they were, as far as they still can be; never raises, and twice does no harm.

    What a later request has taken meanwhile stays with it: a name, an address, a card on an added network.
    """
    used = set(Nic.objects.filter(vapp_network__in=list(added)).values_list("vapp_network_id", flat=True))
    networks_remove(network_ids=[pk for pk in added if pk not in used])
    rows = {str(row.pk): row for row in vapp_networks_of(vapp_id)}
    for before in remembered:
        row = rows.get(before["id"])
        if row is None:
            continue
        if all(other.name != before["name"] for other in rows.values()):
            _name(row, before["name"])
        VAppNetwork.objects.filter(pk=row.pk).update(
            description=before["description"], retains_net_info=before["retains_net_info"]
        )
        if before["subnet"] is not None and row.parent is not None and _subnet_of(row) != before["subnet"]:
            with suppress(BadRequest):
                private_network_update(network=row.parent, **before["subnet"])
