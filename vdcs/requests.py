"""What a client asks of networks, as plain values: OrgVdcNetwork read into a dataclass."""

import uuid
from dataclasses import dataclass

from ssvirt.core.errors import BadRequest, NotSupported
from ssvirt.core.urns import uuid_in
from ssvirt.wire import types as w
from ssvirt.wire.schema import Nil
from vdcs.addresses import prefix_of_netmask
from vdcs.models import NetworkKind


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkRequest:
    """A network as a client describes it: all of it, whether it is to be made or changed."""

    name: str
    description: str
    kind: NetworkKind
    gateway: str
    prefix_length: int
    ranges: tuple[tuple[str, str], ...] = ()
    dns: tuple[str, ...] = ()
    dns_suffix: str = ""
    is_shared: bool = False
    edge_gateway_id: uuid.UUID | None = None


def network_request(
    document: w.OrgVdcNetwork, *, unchanged_kind: NetworkKind | None = None
) -> NetworkRequest:
    """Raises BadRequest naming what is missing or wrong; NotSupported for services and several subnets.

    `unchanged_kind` is the fence mode of an existing network, which stays. Services that do nothing
    (pyvcloud's empty DhcpService) pass. Source: network.xsd OrgVdcNetworkType.
    """
    configuration = document.configuration
    if configuration is None:
        raise BadRequest("The network has no Configuration.")
    kind = _kind(configuration.fence_mode)
    if unchanged_kind is not None and kind != unchanged_kind:
        raise BadRequest(f"The FenceMode cannot be changed from {unchanged_kind} to {kind}.")
    if kind == NetworkKind.DIRECT:
        raise NotSupported("Direct networks are not supported: the cluster offers no external network.")
    scope = _scope(configuration)
    _refuse_services(document, configuration)
    return NetworkRequest(
        name=_text(document.name),
        description=_text(document.description),
        kind=kind,
        gateway=_text(scope.gateway).strip(),
        prefix_length=_prefix_length(scope),
        ranges=_ranges(scope),
        dns=tuple(text for server in (scope.dns1, scope.dns2) if (text := _text(server).strip())),
        dns_suffix=_text(scope.dns_suffix).strip(),
        is_shared=bool(document.is_shared),
        edge_gateway_id=_edge_gateway_id(document),
    )


def _text(value: str | Nil | None) -> str:
    return value if isinstance(value, str) else ""


def _kind(fence_mode: str | None) -> NetworkKind:
    try:
        return NetworkKind(_text(fence_mode))
    except ValueError:
        raise BadRequest(
            f'The FenceMode "{_text(fence_mode)}" is not one of isolated, natRouted, bridged.'
        ) from None


def _scope(configuration: w.NetworkConfiguration) -> w.IpScope:
    """The one subnet. IpScope stands alone in documents of old API versions."""
    scopes = list(configuration.ip_scopes.ip_scopes) if configuration.ip_scopes is not None else []
    if not scopes and configuration.ip_scope is not None:
        scopes = [configuration.ip_scope]
    if not scopes:
        raise BadRequest("The network has no IpScope.")
    if len(scopes) > 1:
        raise NotSupported("A network with more than one IpScope is not supported.")
    if not _text(scopes[0].gateway).strip():
        raise BadRequest("The IpScope has no Gateway.")
    return scopes[0]


def _prefix_length(scope: w.IpScope) -> int:
    """From SubnetPrefixLength or Netmask; where both are there they must agree."""
    netmask = _text(scope.netmask).strip()
    from_mask = prefix_of_netmask(netmask) if netmask else None
    length = scope.subnet_prefix_length
    if isinstance(length, int) and from_mask is not None and length != from_mask:
        raise BadRequest(f"The netmask {netmask} and the prefix length /{length} do not agree.")
    if isinstance(length, int):
        return length
    if from_mask is None:
        raise BadRequest("The IpScope has neither Netmask nor SubnetPrefixLength.")
    return from_mask


def _ranges(scope: w.IpScope) -> tuple[tuple[str, str], ...]:
    found = scope.ip_ranges.ip_ranges if scope.ip_ranges is not None else []
    ranges = []
    for each in found:
        start, end = _text(each.start_address).strip(), _text(each.end_address).strip()
        if not start or not end:
            raise BadRequest("An IpRange needs a StartAddress and an EndAddress.")
        ranges.append((start, end))
    return tuple(ranges)


def _edge_gateway_id(document: w.OrgVdcNetwork) -> uuid.UUID | None:
    edge = document.edge_gateway
    if edge is None:
        return None
    found = uuid_in(edge.href) or uuid_in(edge.id)
    if found is None:
        raise BadRequest(f"The EdgeGateway {edge.href or ''} is not a reference to one.")
    return found


def _refuse_services(document: w.OrgVdcNetwork, configuration: w.NetworkConfiguration) -> None:
    services = list(document.service_config.network_services) if document.service_config is not None else []
    if configuration.features is not None:
        services += configuration.features.network_services
    for service in services:
        has_range = isinstance(service, w.DhcpService) and service.ip_range is not None
        if service.is_enabled and (has_range or not isinstance(service, w.DhcpService)):
            name = type(service).__wire__.element
            raise NotSupported(f"The network service {name} is not supported.")
