"""Networks and their configuration.

Source: network.xsd, vApp.xsd NetworkConfigSectionType.
"""

from __future__ import annotations

from ssvirt.wire import media
from ssvirt.wire.schema import WireType, attr, elem, elems, wire
from ssvirt.wire.types.entity import Entity, Link, Reference, Resource, VCloudExtensible
from ssvirt.wire.types.ip import IpAddresses, IpScope, IpScopes
from ssvirt.wire.types.network_services import NetworkService
from ssvirt.wire.types.ovf import Section


@wire("SyslogServerSettings")
class SyslogServerSettings(WireType):
    syslog_server_ip1: str | None = elem("SyslogServerIp1")
    syslog_server_ip2: str | None = elem("SyslogServerIp2")


@wire("RouterInfo")
class RouterInfo(WireType):
    external_ip: str | None = elem("ExternalIp")


@wire("NetworkFeatures")
class NetworkFeatures(WireType):
    network_services: list[NetworkService] = elems("NetworkService")


@wire("NetworkConfiguration")
class NetworkConfiguration(VCloudExtensible):
    backward_compatibility_mode: bool | None = elem("BackwardCompatibilityMode")
    ip_scope: IpScope | None = elem("IpScope")
    ip_scopes: IpScopes | None = elem("IpScopes")
    parent_network: Reference | None = elem("ParentNetwork")
    fence_mode: str | None = elem("FenceMode")
    retain_net_info_across_deployments: bool | None = elem("RetainNetInfoAcrossDeployments")
    features: NetworkFeatures | None = elem("Features")
    syslog_server_settings: SyslogServerSettings | None = elem("SyslogServerSettings")
    router_info: RouterInfo | None = elem("RouterInfo")
    advanced_networking_enabled: bool | None = elem("AdvancedNetworkingEnabled")
    sub_interface: bool | None = elem("SubInterface")
    distributed_interface: bool | None = elem("DistributedInterface")
    service_interface: bool | None = elem("ServiceInterface", since="37.0")
    guest_vlan_allowed: bool | None = elem("GuestVlanAllowed")
    connected: bool | None = elem("Connected")
    dual_stack_network: bool | None = elem("DualStackNetwork")


@wire("Network", media=media.NETWORK, abstract=True)
class Network(Entity):
    configuration: NetworkConfiguration | None = elem("Configuration")


@wire("VimObjectRef", media=media.ADMIN_VIM_OBJECT_REF)
class VimObjectRef(WireType):
    vim_server_ref: Reference | None = elem("VimServerRef")
    mo_ref: str | None = elem("MoRef")
    vim_object_type: str | None = elem("VimObjectType")


@wire("EdgeGatewayServiceConfiguration", type="GatewayFeaturesType")
class GatewayFeatures(VCloudExtensible):
    network_services: list[NetworkService] = elems("NetworkService")


@wire("OrgVdcNetwork", media=media.ORG_VDC_NETWORK)
class OrgVdcNetwork(Network):
    status: int | None = attr("status")
    provider_info: str | None = elem("ProviderInfo")
    edge_gateway: Reference | None = elem("EdgeGateway")
    service_config: GatewayFeatures | None = elem("ServiceConfig")
    is_shared: bool | None = elem("IsShared")
    vim_port_group_ref: VimObjectRef | None = elem("VimPortGroupRef")


@wire("OrgNetwork", media=media.ORG_NETWORK)
class OrgNetwork(Network):
    network_pool: Reference | None = elem("NetworkPool")
    allowed_external_ip_addresses: IpAddresses | None = elem("AllowedExternalIpAddresses")


@wire("VAppNetwork", media=media.VAPP_NETWORK)
class VAppNetwork(Network):
    deployed: bool | None = attr("deployed")


@wire("NetworkConfig", type="VAppNetworkConfigurationType")
class NetworkConfig(Resource):
    network_name: str | None = attr("networkName")
    description: str | None = elem("Description")
    configuration: NetworkConfiguration | None = elem("Configuration")
    is_deployed: bool | None = elem("IsDeployed")


@wire("NetworkConfigSection", media=media.NETWORK_CONFIG_SECTION)
class NetworkConfigSection(Section):
    href: str | None = attr("href")
    type: str | None = attr("type")
    links: list[Link] = elems("Link")
    network_configs: list[NetworkConfig] = elems("NetworkConfig")


@wire("NetworkAssignment")
class NetworkAssignment(VCloudExtensible):
    inner_network: str | None = attr("innerNetwork")
    container_network: str | None = attr("containerNetwork")
