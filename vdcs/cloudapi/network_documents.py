"""Organization VDC networks in JSON, both ways. Source: CloudAPI VdcNetwork; go-clients.md 2.12."""

import ipaddress
import uuid
from dataclasses import dataclass
from typing import Any, Final

from ssvirt.api.cloud import Members
from ssvirt.api.hrefs import entity_urn
from ssvirt.core.errors import BadRequest, NotSupported
from vdcs.models import Network, NetworkKind, Realization

KIND_OF: Final = {
    "ISOLATED": NetworkKind.ISOLATED,
    "NAT_ROUTED": NetworkKind.ROUTED,
    "DIRECT": NetworkKind.DIRECT,
}
"""CloudAPI's networkType -> kind."""
_TYPE_OF: Final = {kind: name for name, kind in KIND_OF.items()}
_NOT_SERVED: Final = ("DIRECT_UPLINK", "OPAQUE", "CROSS_VDC")
_STATUS: Final = {
    Realization.CREATING: "CONFIGURING",
    Realization.READY: "REALIZED",
    Realization.FAILED: "REALIZATION_FAILED",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkRequest:
    """What a POST or PUT asks for, its types checked. None: not said."""

    name: str
    description: str | None
    vdc_id: uuid.UUID | None
    kind: NetworkKind | None
    gateway: str
    prefix_length: int
    ranges: list[tuple[str, str]]
    dns: list[str]
    dns_suffix: str | None
    is_shared: bool | None
    edge_gateway_id: uuid.UUID | None

    def require_vdc_id(self) -> uuid.UUID:
        if self.vdc_id is None:
            raise BadRequest("The member ownerRef.id is missing: it names the VDC of the network.")
        return self.vdc_id

    def require_kind(self) -> NetworkKind:
        if self.kind is None:
            raise BadRequest("The member networkType is missing.")
        return self.kind


def network_request(body: Members) -> NetworkRequest:
    """Raises BadRequest naming a missing member or one of a wrong type, NotSupported."""
    subnet = _subnet(body)
    connection = body.object("connection")
    return NetworkRequest(
        name=body.required_text("name"),
        description=body.text("description") if "description" in body else None,
        vdc_id=_owner(body),
        kind=_kind(body),
        gateway=subnet.required_text("gateway"),
        prefix_length=_prefix_length(subnet),
        ranges=_ranges(subnet),
        dns=_dns(subnet),
        dns_suffix=subnet.text("dnsSuffix") if "dnsSuffix" in subnet else None,
        is_shared=body.flag("shared", False) if "shared" in body else None,
        edge_gateway_id=connection.reference("routerRef") if connection is not None else None,
    )


def _owner(body: Members) -> uuid.UUID | None:
    for name in ("ownerRef", "orgVdc"):
        if (owner_id := body.reference(name)) is not None:
            found = body.object(name)
            if found is not None and found.text("id").startswith("urn:vcloud:vdcGroup:"):
                raise NotSupported("Networks of VDC groups are not supported.")
            return owner_id
    return None


def _kind(body: Members) -> NetworkKind | None:
    written = body.text("networkType")
    if not written:
        return None
    if written in _NOT_SERVED:
        raise NotSupported(f"Networks of the type {written} are not supported.")
    if written not in KIND_OF:
        raise BadRequest(f"The member networkType has the unknown value '{written}'.")
    return KIND_OF[written]


def _subnet(body: Members) -> Members:
    subnets = body.object("subnets")
    values = subnets.objects("values") if subnets is not None else []
    if not values:
        raise BadRequest("The member subnets.values is missing or empty.")
    if len(values) > 1 or body.flag("enableDualSubnetNetwork", False):
        raise NotSupported("Networks with two subnets are not supported.")
    if body.flag("guestVlanTaggingAllowed", False):
        raise NotSupported("Guest VLAN tagging is not supported.")
    return values[0]


def _prefix_length(subnet: Members) -> int:
    number = subnet.number("prefixLength")
    if number is None:
        raise BadRequest(f"The member {subnet.path('prefixLength')} is missing.")
    return number


def _ranges(subnet: Members) -> list[tuple[str, str]]:
    found = subnet.object("ipRanges")
    return [
        (pair.required_text("startAddress"), pair.required_text("endAddress"))
        for pair in (found.objects("values") if found is not None else ())
    ]


def _dns(subnet: Members) -> list[str]:
    first, second = subnet.text("dnsServer1"), subnet.text("dnsServer2")
    if second and not first:
        raise BadRequest(f"The member {subnet.path('dnsServer2')} is set, but not dnsServer1.")
    return [server for server in (first, second) if server]


def require_unmoved(network: Network, asked: NetworkRequest) -> None:
    """Raises NotSupported when the network would change its VDC, type or router."""
    if asked.vdc_id not in (None, network.vdc_id):
        raise NotSupported(f'The network "{network.name}" cannot move to another VDC: ownerRef.')
    if asked.kind not in (None, network.kind):
        raise NotSupported(f'The type of the network "{network.name}" cannot be changed: networkType.')
    if asked.edge_gateway_id not in (None, network.edge_gateway_id):
        raise NotSupported(
            f'The network "{network.name}" cannot be connected elsewhere: connection.routerRef.'
        )


def network_document(network: Network) -> dict[str, Any]:
    """Needs a row of `org_networks`. What a client sent comes back as it was."""
    owner = {"name": network.vdc.name, "id": entity_urn("vdc", network.vdc_id)}
    ranges = list(network.ranges.all())
    total = sum(_size(str(pair.start), str(pair.end)) for pair in ranges)
    used: int = network.used_count  # type: ignore[attr-defined]
    return {
        "id": entity_urn("network", network.pk),
        "name": network.name,
        "description": network.description,
        "subnets": {
            "values": [
                {
                    "gateway": network.gateway,
                    "prefixLength": network.prefix_length,
                    "dnsSuffix": network.dns_suffix,
                    "dnsServer1": network.dns1 or "",
                    "dnsServer2": network.dns2 or "",
                    "ipRanges": {
                        "values": [{"startAddress": pair.start, "endAddress": pair.end} for pair in ranges]
                    },
                    "enabled": True,
                    "totalIpCount": total,
                    "usedIpCount": used,
                }
            ]
        },
        "backingNetworkId": None,
        "backingNetworkType": "NSXT_FLEXIBLE_SEGMENT",
        "parentNetworkId": None,
        "networkType": _TYPE_OF[NetworkKind(network.kind)],
        "orgVdc": owner,
        "ownerRef": owner,
        "orgVdcIsNsxTBacked": True,
        "orgRef": {"name": network.org.name, "id": entity_urn("org", network.org_id)},
        "connection": _connection(network),
        "isDefaultNetwork": None,
        "shared": network.is_shared,
        "enableDualSubnetNetwork": False,
        "status": _STATUS[Realization(network.realization)],
        "guestVlanTaggingAllowed": False,
        "retainNicResources": False,
        "totalIpCount": total,
        "usedIpCount": used,
        "routeAdvertised": False,
        "securityGroups": None,
    }


def _connection(network: Network) -> dict[str, Any] | None:
    edge = network.edge_gateway
    if edge is None:
        return None
    return {
        "routerRef": {"name": edge.name, "id": entity_urn("edgeGateway", edge.pk)},
        "connectionType": "INTERNAL",
        "connectionTypeValue": "INTERNAL",
        "connected": True,
    }


def _size(start: str, end: str) -> int:
    return int(ipaddress.IPv4Address(end)) - int(ipaddress.IPv4Address(start)) + 1
