"""Edge gateways.

Source: network.xsd.
"""

from __future__ import annotations

from ssvirt.wire import media
from ssvirt.wire.schema import WireType, attr, elem, elems, wire
from ssvirt.wire.types.entity import Entity, Reference, VCloudExtensible
from ssvirt.wire.types.ip import IpRanges
from ssvirt.wire.types.network import GatewayFeatures


@wire("EntityReference", media=media.ENTITY_REFERENCE)
class EntityReference(VCloudExtensible):
    id: str | None = attr("id")
    type: str | None = attr("type")
    name: str | None = attr("name")


@wire("GatewayBackingRef")
class GatewayBackingRef(WireType):
    gateway_id: str | None = elem("gatewayId")
    vc_ref: EntityReference | None = elem("VCRef")


@wire("SubnetParticipation")
class SubnetParticipation(VCloudExtensible):
    gateway: str | None = elem("Gateway")
    netmask: str | None = elem("Netmask")
    subnet_prefix_length: int | None = elem("SubnetPrefixLength")
    ip_address: str | None = elem("IpAddress")
    ip_ranges: IpRanges | None = elem("IpRanges")
    use_for_default_route: bool | None = elem("UseForDefaultRoute")
    total_ip_count: int | None = elem("TotalIpCount")
    auto_allocate_ip_ranges: bool | None = elem("AutoAllocateIpRanges")


@wire("GatewayInterface")
class GatewayInterface(VCloudExtensible):
    name: str | None = elem("Name")
    display_name: str | None = elem("DisplayName")
    network: Reference | None = elem("Network")
    interface_type: str | None = elem("InterfaceType")
    subnet_participations: list[SubnetParticipation] = elems("SubnetParticipation")
    apply_rate_limit: bool | None = elem("ApplyRateLimit")
    in_rate_limit: float | None = elem("InRateLimit")
    out_rate_limit: float | None = elem("OutRateLimit")
    use_for_default_route: bool | None = elem("UseForDefaultRoute")
    connected: bool | None = elem("Connected")
    quick_add_allocated_ip_count: int | None = elem("QuickAddAllocatedIpCount")
    network_backing_type: str | None = elem("NetworkBackingType", since="37.0")


@wire("GatewayInterfaces")
class GatewayInterfaces(VCloudExtensible):
    gateway_interfaces: list[GatewayInterface] = elems("GatewayInterface")


@wire("TenantSyslogServerSettings")
class TenantSyslogServerSettings(WireType):
    syslog_server_ips: list[str] = elems("SyslogServerIp")


@wire("SyslogServerSettings", type="SyslogServerType", media=media.SYSLOG_SERVER)
class SyslogServer(VCloudExtensible):
    tenant_syslog_server_settings: TenantSyslogServerSettings | None = elem("TenantSyslogServerSettings")


@wire("EdgeClusterConfiguration")
class EdgeClusterConfiguration(VCloudExtensible):
    primary_edge_cluster: Reference | None = elem("PrimaryEdgeCluster")
    secondary_edge_cluster: Reference | None = elem("SecondaryEdgeCluster")


@wire("GatewayConfiguration")
class GatewayConfiguration(VCloudExtensible):
    backward_compatibility_mode: bool | None = elem("BackwardCompatibilityMode")
    gateway_backing_config: str | None = elem("GatewayBackingConfig")
    gateway_interfaces: GatewayInterfaces | None = elem("GatewayInterfaces")
    edge_gateway_service_configuration: GatewayFeatures | None = elem("EdgeGatewayServiceConfiguration")
    ha_enabled: bool | None = elem("HaEnabled")
    use_default_route_for_dns_relay: bool | None = elem("UseDefaultRouteForDnsRelay")
    syslog_server_settings: SyslogServer | None = elem("SyslogServerSettings")
    advanced_networking_enabled: bool | None = elem("AdvancedNetworkingEnabled")
    distributed_routing_enabled: bool | None = elem("DistributedRoutingEnabled")
    fips_mode_enabled: bool | None = elem("FipsModeEnabled")
    edge_cluster_configuration: EdgeClusterConfiguration | None = elem("EdgeClusterConfiguration")


@wire("EdgeGateway", type="GatewayType", media=media.ADMIN_EDGE_GATEWAY)
class EdgeGateway(Entity):
    status: int | None = attr("status")
    gateway_backing_ref: GatewayBackingRef | None = elem("GatewayBackingRef")
    edge_gateway_type: str | None = elem("EdgeGatewayType")
    configuration: GatewayConfiguration | None = elem("Configuration")
