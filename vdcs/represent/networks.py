"""Networks and edge gateways as VCD shows them."""

import uuid
from collections.abc import Mapping, Sequence

from orgs.rights import Rights
from ssvirt.api.hrefs import KINDS, Hrefs, entity_urn
from ssvirt.api.links import AddressHolder
from ssvirt.api.principal import Principal
from ssvirt.api.represent import entity_link, link, reference
from ssvirt.wire import media, rels
from ssvirt.wire import types as w
from vdcs.addresses import netmask_of
from vdcs.models import EdgeGateway, IpAllocation, IpRange, Network, NetworkKind, Realization

STATUS = {Realization.CREATING: 0, Realization.READY: 1, Realization.FAILED: -1}
"""Source: vcd-api.md 3.6, VDC, gateway and network."""
LINK_TYPE = {NetworkKind.DIRECT: 0, NetworkKind.ROUTED: 1, NetworkKind.ISOLATED: 2}
"""Source: resolutions.md 2.2."""


def ip_scopes(network: Network, ranges: Sequence[IpRange], *, inherited: bool) -> w.IpScopes:
    """The network's subnet, name servers and static pool."""
    return w.IpScopes(
        ip_scopes=[
            w.IpScope(
                is_inherited=inherited,
                gateway=network.gateway,
                netmask=netmask_of(network.prefix_length),
                subnet_prefix_length=network.prefix_length,
                dns1=network.dns1,
                dns2=network.dns2,
                dns_suffix=network.dns_suffix or None,
                is_enabled=True,
                ip_ranges=_ip_ranges(ranges),
            )
        ]
    )


def _ip_ranges(ranges: Sequence[IpRange]) -> w.IpRanges | None:
    if not ranges:
        return None
    return w.IpRanges(ip_ranges=[w.IpRange(start_address=r.start, end_address=r.end) for r in ranges])


def network_document(
    network: Network,
    ranges: Sequence[IpRange],
    hrefs: Hrefs,
    principal: Principal,
    *,
    kind: str = "network",
    tasks: w.TasksInProgress | None = None,
) -> w.OrgVdcNetwork:
    """`kind` is "network" or "adminNetwork", by the path it was asked at. Needs the edge gateway loaded.

    Source: network.xsd OrgVdcNetworkType, live-OrgVdcNetwork: changes go to the admin path.
    """
    href, admin = hrefs.of(kind, network.pk), hrefs.of("adminNetwork", network.pk)
    links = []
    if principal.may(Rights.NETWORK_EDIT):
        links += [
            link(rels.EDIT, admin, media.ORG_VDC_NETWORK),
            link(rels.REMOVE, admin),
            link(rels.REPAIR, f"{admin}/action/reset"),
        ]
    links += [
        entity_link(hrefs, rels.UP, "vdc", network.vdc_id),
        link(rels.DOWN, f"{href}/metadata", media.METADATA),
        link(rels.DOWN, f"{href}/allocatedAddresses/", media.ALLOCATED_NETWORK_ADDRESS),
    ]
    edge = network.edge_gateway
    return w.OrgVdcNetwork(
        href=href,
        id=entity_urn("network", network.pk),
        type=media.ORG_VDC_NETWORK,
        name=network.name,
        links=links,
        description=network.description,
        tasks=tasks,
        configuration=w.NetworkConfiguration(
            backward_compatibility_mode=False,
            ip_scopes=ip_scopes(network, ranges, inherited=False),
            fence_mode=network.kind,
            retain_net_info_across_deployments=False,
        ),
        status=STATUS[Realization(network.realization)],
        edge_gateway=reference(hrefs, "edgeGateway", edge.pk, edge.name) if edge is not None else None,
        is_shared=network.is_shared,
    )


def allocated_addresses_document(
    allocations: Sequence[IpAllocation],
    holders: Mapping[uuid.UUID, AddressHolder],
    href: str,
    hrefs: Hrefs,
) -> w.AllocatedIpAddresses:
    """Each address in use, with a link to the VM that has it if it may be seen.

    Source: network.xsd AllocatedIpAddressType.
    """
    return w.AllocatedIpAddresses(
        href=href,
        type=media.ALLOCATED_NETWORK_ADDRESS,
        ip_addresses=[_allocated(each, holders.get(each.nic_id), hrefs) for each in allocations],
    )


def _allocated(allocation: IpAllocation, holder: AddressHolder | None, hrefs: Hrefs) -> w.AllocatedIpAddress:
    made = w.AllocatedIpAddress(
        allocation_type="vmAllocated",
        is_deployed=holder.is_deployed if holder is not None else False,
        ip_address=allocation.address,
    )
    if holder is not None and holder.is_visible:
        made.links.append(entity_link(hrefs, rels.DOWN, holder.kind, holder.id, name=holder.name))
    return made


_UPLINKS = uuid.uuid5(uuid.NAMESPACE_DNS, "uplinks.ssvirt.io")


def edge_gateway_document(edge: EdgeGateway, hrefs: Hrefs) -> w.EdgeGateway:
    """The edge gateway: one uplink, which is the cluster's way out, and one interface per routed network.

    Needs the VDC with its provider VDC and the networks with their ranges. Clients read the network of every
    interface unchecked, so the uplink names one: the provider's. Source: network.xsd GatewayType.
    """
    href = hrefs.of("edgeGateway", edge.pk)
    provider = edge.vdc.provider_vdc
    uplink = w.GatewayInterface(
        name="uplink",
        display_name="uplink",
        network=w.Reference(
            href=hrefs.at(f"/api/admin/network/{uuid.uuid5(_UPLINKS, str(provider.pk))}"),
            type="application/vnd.vmware.admin.network+xml",
            name=f"{provider.name}-uplink",
        ),
        interface_type="uplink",
        apply_rate_limit=False,
        use_for_default_route=True,
        connected=True,
    )
    return w.EdgeGateway(
        href=href,
        id=entity_urn("edgeGateway", edge.pk),
        type=KINDS["edgeGateway"].media,
        name=edge.name,
        links=[entity_link(hrefs, rels.UP, "adminVdc", edge.vdc_id, name=edge.vdc.name)],
        description=edge.description,
        status=1,
        edge_gateway_type="NSXT_BACKED",
        configuration=w.GatewayConfiguration(
            backward_compatibility_mode=False,
            gateway_backing_config="compact",
            gateway_interfaces=w.GatewayInterfaces(
                gateway_interfaces=[uplink, *(_interface(each, hrefs) for each in edge.networks.all())]
            ),
            ha_enabled=False,
            use_default_route_for_dns_relay=False,
            advanced_networking_enabled=True,
            distributed_routing_enabled=False,
            fips_mode_enabled=False,
        ),
    )


def _interface(network: Network, hrefs: Hrefs) -> w.GatewayInterface:
    return w.GatewayInterface(
        name=network.name,
        display_name=network.name,
        network=reference(hrefs, "adminNetwork", network.pk, network.name),
        interface_type="internal",
        subnet_participations=[
            w.SubnetParticipation(
                gateway=network.gateway,
                netmask=netmask_of(network.prefix_length),
                subnet_prefix_length=network.prefix_length,
                ip_address=network.gateway,
                ip_ranges=_ip_ranges(list(network.ranges.all())),
                use_for_default_route=False,
            )
        ],
        apply_rate_limit=False,
        use_for_default_route=False,
        connected=True,
    )
