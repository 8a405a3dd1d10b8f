"""Addresses in use on a network.

Source: network.xsd.
"""

from __future__ import annotations

from ssvirt.wire import media
from ssvirt.wire.schema import attr, elem, elems, wire
from ssvirt.wire.types.entity import Resource


@wire("AllocatedIpAddress")
class AllocatedIpAddress(Resource):
    is_deployed: bool | None = attr("isDeployed")
    allocation_type: str | None = attr("allocationType")
    ip_address: str | None = elem("IpAddress")


@wire("AllocatedIpAddresses", media=media.ALLOCATED_NETWORK_ADDRESS)
class AllocatedIpAddresses(Resource):
    ip_addresses: list[AllocatedIpAddress] = elems("IpAddress")
