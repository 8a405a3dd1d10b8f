"""Addresses: ranges, scopes, what is handed out.

Source: network.xsd.
"""

from __future__ import annotations

from ssvirt.wire import media
from ssvirt.wire.schema import elem, elems, wire
from ssvirt.wire.types.entity import Reference, Resource, VCloudExtensible


@wire("IpRange")
class IpRange(VCloudExtensible):
    start_address: str | None = elem("StartAddress")
    end_address: str | None = elem("EndAddress")


@wire("IpRanges")
class IpRanges(VCloudExtensible):
    ip_ranges: list[IpRange] = elems("IpRange")


@wire("IpAddresses")
class IpAddresses(VCloudExtensible):
    ip_addresses: list[str] = elems("IpAddress")


@wire("SubAllocation")
class SubAllocation(VCloudExtensible):
    edge_gateway: Reference | None = elem("EdgeGateway")
    ip_ranges: IpRanges | None = elem("IpRanges")


@wire("SubAllocations", media=media.SUB_ALLOCATIONS)
class SubAllocations(Resource):
    sub_allocations: list[SubAllocation] = elems("SubAllocation")


@wire("IpScope")
class IpScope(VCloudExtensible):
    is_inherited: bool | None = elem("IsInherited")
    gateway: str | None = elem("Gateway")
    netmask: str | None = elem("Netmask")
    subnet_prefix_length: int | None = elem("SubnetPrefixLength")
    dns1: str | None = elem("Dns1")
    dns2: str | None = elem("Dns2")
    dns_suffix: str | None = elem("DnsSuffix")
    is_enabled: bool | None = elem("IsEnabled")
    ip_ranges: IpRanges | None = elem("IpRanges")
    allocated_ip_addresses: IpAddresses | None = elem("AllocatedIpAddresses")
    sub_allocations: SubAllocations | None = elem("SubAllocations")


@wire("IpScopes")
class IpScopes(VCloudExtensible):
    ip_scopes: list[IpScope] = elems("IpScope")
