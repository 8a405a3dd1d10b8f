"""Isolated networks that belong to one vApp. They count against no quota and stand in no list of the VDC.

Everything here runs inside the caller's transaction; the vApp's operations make and remove the networks on
the cluster.
"""

import uuid
from collections.abc import Sequence

from compute import names
from ssvirt.core.errors import BadRequest
from vdcs import addresses
from vdcs.models import IpAllocation, IpRange, Network, NetworkKind, Realization, Vdc
from vdcs.services.networks import check_plan, dns_columns, write_ranges


def private_network_create(
    *,
    vdc: Vdc,
    vapp_id: uuid.UUID,
    name: str,
    gateway: str,
    prefix_length: int,
    ranges: Sequence[tuple[str, str]] = (),
    dns: Sequence[str] = (),
    dns_suffix: str = "",
) -> Network:
    """The row of a vApp's own network. Raises BadRequest."""
    check_plan(gateway, prefix_length, ranges, dns)
    network_id = uuid.uuid4()
    network: Network = Network.objects.create(
        id=network_id,
        org_id=vdc.org_id,
        vdc=vdc,
        name=name,
        kind=NetworkKind.ISOLATED,
        gateway=gateway,
        prefix_length=prefix_length,
        udn_name=names.udn_name(network_id),
        vapp_id=vapp_id,
        dns_suffix=dns_suffix,
        **dns_columns(dns),
    )
    write_ranges(network, ranges)
    return network


def private_network_update(
    *,
    network: Network,
    gateway: str,
    prefix_length: int,
    ranges: Sequence[tuple[str, str]] = (),
    dns: Sequence[str] = (),
    dns_suffix: str = "",
) -> None:
    """New addresses for a vApp's own network. Raises BadRequest, also when addresses in use would fall out."""
    check_plan(gateway, prefix_length, ranges, dns)
    Network.objects.select_for_update().filter(pk=network.pk).values_list("pk", flat=True).first()
    subnet = addresses.subnet_of(gateway, prefix_length)
    for used in IpAllocation.objects.filter(network=network).values_list("address", flat=True):
        if addresses.IPv4(used) not in subnet or used == gateway:
            raise BadRequest(
                f'The address {used} of the network "{network.name}" is in use and would not fit.'
            )
    Network.objects.filter(pk=network.pk).update(
        gateway=gateway, prefix_length=prefix_length, dns_suffix=dns_suffix, **dns_columns(dns)
    )
    IpRange.objects.filter(network=network).delete()
    write_ranges(network, ranges)


def private_networks_realized(*, network_ids: Sequence[uuid.UUID]) -> None:
    """Notes that the networks are on the cluster."""
    Network.objects.filter(pk__in=list(network_ids)).update(realization=Realization.READY)


def private_networks_delete(*, network_ids: Sequence[uuid.UUID]) -> None:
    """Removes the rows of vApps' own networks, their addresses and ranges with them."""
    own = Network.objects.filter(pk__in=list(network_ids), vapp_id__isnull=False)
    IpAllocation.objects.filter(network__in=own).delete()
    own.delete()
