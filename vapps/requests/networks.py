"""What a client asks of a vApp's networks and of network cards."""

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ssvirt.core.errors import BadRequest, NotSupported
from ssvirt.core.urns import uuid_in
from ssvirt.wire import types as w
from vapps.requests.names import entity_name
from vdcs.services import prefix_of_netmask

NO_NETWORK = "none"
"""VCD's word for a NIC without a network."""
MAX_NICS = 10
MODES = ("POOL", "DHCP", "MANUAL", "NONE")
ADAPTERS = ("VMXNET3", "VMXNET2", "VMXNET", "E1000", "E1000E", "FLEXIBLE", "PCNET32", "SRIOVETHERNETCARD")
_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subnet:
    """The addresses of a vApp's own network."""

    gateway: str
    prefix_length: int
    dns: tuple[str, ...] = ()
    dns_suffix: str = ""
    ranges: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkRequest:
    """A network of a vApp: bridged to the org VDC network `parent_id`, isolated with a `subnet` of its own,
    or neither, which is the entry "none".

    `id` is the network of the vApp that the client means, where it says so: under another name it is renamed.
    """

    name: str
    id: uuid.UUID | None = None
    description: str = ""
    parent_id: uuid.UUID | None = None
    subnet: Subnet | None = None
    retains_net_info: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NicRequest:
    """A network card. `address` is wanted (MANUAL) or a client's echo; `mac` None keeps or draws one."""

    position: int
    network: str
    mode: str
    address: str | None = None
    is_connected: bool = True
    adapter: str = "VMXNET3"
    is_primary: bool = False
    mac: str | None = None


def section_of(params: w.InstantiationParams | None, cls: type[w.Section]) -> w.Section | None:
    """The section of that type, if there is one."""
    sections = params.sections if params is not None else []
    return next((section for section in sections if isinstance(section, cls)), None)


def networks_of_params(params: w.InstantiationParams | None) -> tuple[NetworkRequest, ...]:
    """The networks of a NetworkConfigSection among instantiation parameters."""
    section = section_of(params, w.NetworkConfigSection)
    return network_requests(section) if isinstance(section, w.NetworkConfigSection) else ()


def network_requests(section: w.NetworkConfigSection) -> tuple[NetworkRequest, ...]:
    """The networks that the section lists. Raises BadRequest, NotSupported."""
    networks = tuple(network_request(config) for config in section.network_configs)
    if len({network.name for network in networks}) != len(networks):
        raise BadRequest("Two networks of the vApp have the same name.")
    return networks


def network_request(config: w.NetworkConfig) -> NetworkRequest:
    """Source: network.xsd VAppNetworkConfigurationType; vApp.xsd NetworkConfigSectionType."""
    name = entity_name(config.network_name, "vApp network")
    configuration = config.configuration or w.NetworkConfiguration()
    if name == NO_NETWORK:
        return NetworkRequest(name=name)
    asked = configured_network(name, config.description or "", configuration)
    return replace(asked, id=next(filter(None, (_linked_id(link) for link in config.links)), None))


def _linked_id(link: w.Link) -> uuid.UUID | None:
    """The network of a link that clients echo. Source: go-vcloud-director vapp.go, UpdateNetwork."""
    return uuid_in(link.href) if "/network/" in (link.href or "") else None


def configured_network(name: str, description: str, configuration: w.NetworkConfiguration) -> NetworkRequest:
    """A vApp network by its configuration. Raises BadRequest, NotSupported."""
    parent = configuration.parent_network
    parent_id = uuid_in(parent.href or parent.id) if parent is not None else None
    if parent is not None and parent_id is None:
        raise BadRequest(f"The ParentNetwork of the network {name} has no reference.")
    fence = configuration.fence_mode or ("bridged" if parent_id else "isolated")
    retains = bool(configuration.retain_net_info_across_deployments)
    if fence == "bridged":
        if parent_id is None:
            raise BadRequest(f"The network {name} is bridged and has no ParentNetwork.")
        return NetworkRequest(
            name=name, description=description, parent_id=parent_id, retains_net_info=retains
        )
    if fence == "isolated" and parent_id is None:
        return NetworkRequest(
            name=name, description=description, subnet=_subnet(name, configuration), retains_net_info=retains
        )
    raise NotSupported(
        f"The network {name} has the fence mode {fence}: vApp networks are bridged to an organization VDC "
        "network or isolated; routed vApp networks are not supported."
    )


def _subnet(name: str, configuration: w.NetworkConfiguration) -> Subnet:
    scopes = configuration.ip_scopes.ip_scopes if configuration.ip_scopes is not None else []
    scope = scopes[0] if scopes else configuration.ip_scope
    if scope is None or not scope.gateway:
        raise BadRequest(f"The isolated network {name} needs an IpScope with a gateway.")
    ranges = scope.ip_ranges.ip_ranges if scope.ip_ranges is not None else []
    return Subnet(
        gateway=scope.gateway,
        prefix_length=prefix_of(scope, name),
        dns=tuple(server for server in (scope.dns1, scope.dns2) if server),
        dns_suffix=scope.dns_suffix or "",
        ranges=tuple((each.start_address or "", each.end_address or "") for each in ranges),
    )


def prefix_of(scope: w.IpScope, name: str) -> int:
    """The prefix length of a scope, given as such or as a netmask. Raises BadRequest."""
    if scope.netmask:
        return prefix_of_netmask(scope.netmask)
    if scope.subnet_prefix_length is not None:
        return scope.subnet_prefix_length
    raise BadRequest(f"The IpScope of the network {name} needs a netmask.")


def nic_requests(section: w.NetworkConnectionSection) -> tuple[NicRequest, ...]:
    """The cards that the section lists. Source: network.xsd NetworkConnectionType. Raises BadRequest."""
    primary = section.primary_network_connection_index
    nics = tuple(
        _nic(connection, position, primary) for position, connection in enumerate(section.network_connections)
    )
    if len(nics) > MAX_NICS:
        raise BadRequest(f"A VM has at most {MAX_NICS} network cards, not {len(nics)}.")
    if len({nic.position for nic in nics}) != len(nics):
        repeated = next(n.position for n in nics if sum(m.position == n.position for m in nics) > 1)
        raise BadRequest(f"Two network connections have the same index {repeated}.")
    if nics and not any(nic.is_primary for nic in nics):
        # An index that no card has: the first card serves, as VCD does after the primary one was removed.
        first = min(nics, key=lambda nic: nic.position).position
        nics = tuple(_as_primary(nic, first) for nic in nics)
    return nics


def nics_of_items(items: Sequence[w.RasdItem]) -> tuple[NicRequest, ...]:
    """The cards of a list of hardware items. Source: live-RasdItemsList. Raises BadRequest."""
    cards = [item for item in items if item.resource_type == 10]
    made, primary = [], None
    for item in cards:
        place = item.address_on_parent
        index = int(place) if isinstance(place, str) and place.isdecimal() else None
        on = item.connections[0] if item.connections else w.Connection()
        if on.primary_network_connection:
            primary = index
        made.append(
            w.NetworkConnection(
                network=on.value,
                network_connection_index=index,
                ip_address=on.ip_address,
                is_connected=item.automatic_allocation is not False,
                mac_address=item.address if isinstance(item.address, str) else None,
                ip_address_allocation_mode=on.ip_addressing_mode,
                network_adapter_type=kind if isinstance(kind := item.resource_sub_type, str) else None,
            )
        )
    return nic_requests(
        w.NetworkConnectionSection(primary_network_connection_index=primary, network_connections=made)
    )


def _as_primary(nic: NicRequest, position: int) -> NicRequest:
    values: dict[str, Any] = {name: getattr(nic, name) for name in NicRequest.__dataclass_fields__}
    return NicRequest(**values | {"is_primary": nic.position == position})


def _nic(connection: w.NetworkConnection, position: int, primary: int | None) -> NicRequest:
    given = connection.network_connection_index
    index = position if given is None else given
    mode = (connection.ip_address_allocation_mode or "NONE").upper()
    if mode not in MODES:
        raise BadRequest(f"The IP address allocation mode {mode} is not known.")
    if not 0 <= index < MAX_NICS:
        raise BadRequest(f"The network connection index {index} is not between 0 and {MAX_NICS - 1}.")
    adapter = (connection.network_adapter_type or "VMXNET3").upper()
    if adapter not in ADAPTERS:
        raise BadRequest(f"The network adapter type {connection.network_adapter_type} is not known.")
    return NicRequest(
        position=index,
        network=connection.network or NO_NETWORK,
        mode=mode,
        address=_address(connection.ip_address),
        is_connected=connection.is_connected is not False,
        adapter=adapter,
        is_primary=index == primary if primary is not None else position == 0,
        mac=_mac(connection.mac_address),
    )


def _address(text: str | None) -> str | None:
    """Clients send "Any" or nothing for "choose one". Source: go-clients.md 2.10."""
    return None if (text or "").lower() in ("", "any") else text


def _mac(text: str | None) -> str | None:
    if not text:
        return None
    mac = text.lower().replace("-", ":")
    if not _MAC.fullmatch(mac) or int(mac[:2], 16) & 1:
        raise BadRequest(f"The MAC address {text} is not valid.")
    return mac
