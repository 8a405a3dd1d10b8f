"""Services on a network: DHCP, firewall, NAT, static routes.

Source: network.xsd. IPsec and load balancer are not declared: we offer neither.
"""

from __future__ import annotations

from ssvirt.wire.schema import WireType, elem, elems, wire
from ssvirt.wire.types.entity import Reference, VCloudExtensible
from ssvirt.wire.types.ip import IpRange


@wire("NetworkService", family="element", abstract=True)
class NetworkService(VCloudExtensible):
    is_enabled: bool | None = elem("IsEnabled")


@wire("DhcpService")
class DhcpService(NetworkService):
    default_lease_time: int | None = elem("DefaultLeaseTime")
    max_lease_time: int | None = elem("MaxLeaseTime")
    ip_range: IpRange | None = elem("IpRange")
    router_ip: str | None = elem("RouterIp")
    sub_mask: str | None = elem("SubMask")
    primary_name_server: str | None = elem("PrimaryNameServer")
    secondary_name_server: str | None = elem("SecondaryNameServer")
    domain_name: str | None = elem("DomainName")


@wire("VmSelection")
class VmSelection(VCloudExtensible):
    vapp_scoped_vm_id: str | None = elem("VAppScopedVmId")
    vm_nic_id: int | None = elem("VmNicId")
    ip_type: str | None = elem("IpType")


@wire("Protocols")
class FirewallRuleProtocols(WireType):
    tcp: bool | None = elem("Tcp")
    udp: bool | None = elem("Udp")
    icmp: bool | None = elem("Icmp")
    any: bool | None = elem("Any")
    other: str | None = elem("Other")


@wire("FirewallRule")
class FirewallRule(VCloudExtensible):
    id: str | None = elem("Id")
    is_enabled: bool | None = elem("IsEnabled")
    match_on_translate: bool | None = elem("MatchOnTranslate")
    description: str | None = elem("Description")
    policy: str | None = elem("Policy")
    protocols: FirewallRuleProtocols | None = elem("Protocols")
    icmp_sub_type: str | None = elem("IcmpSubType")
    port: int | None = elem("Port")
    destination_port_range: str | None = elem("DestinationPortRange")
    destination_ip: str | None = elem("DestinationIp")
    destination_vm: VmSelection | None = elem("DestinationVm")
    source_port: int | None = elem("SourcePort")
    source_port_range: str | None = elem("SourcePortRange")
    source_ip: str | None = elem("SourceIp")
    source_vm: VmSelection | None = elem("SourceVm")
    direction: str | None = elem("Direction")
    enable_logging: bool | None = elem("EnableLogging")


@wire("FirewallService")
class FirewallService(NetworkService):
    default_action: str | None = elem("DefaultAction")
    log_default_action: bool | None = elem("LogDefaultAction")
    firewall_rules: list[FirewallRule] = elems("FirewallRule")


@wire("NatOneToOneBasicRule")
class NatOneToOneBasicRule(VCloudExtensible):
    mapping_mode: str | None = elem("MappingMode")
    external_ip_address: str | None = elem("ExternalIpAddress")
    internal_ip_address: str | None = elem("InternalIpAddress")


@wire("NatOneToOneVmRule")
class NatOneToOneVmRule(VCloudExtensible):
    mapping_mode: str | None = elem("MappingMode")
    external_ip_address: str | None = elem("ExternalIpAddress")
    vapp_scoped_vm_id: str | None = elem("VAppScopedVmId")
    vm_nic_id: int | None = elem("VmNicId")


@wire("NatPortForwardingRule")
class NatPortForwardingRule(VCloudExtensible):
    external_ip_address: str | None = elem("ExternalIpAddress")
    external_port: int | None = elem("ExternalPort")
    internal_ip_address: str | None = elem("InternalIpAddress")
    internal_port: int | None = elem("InternalPort")
    protocol: str | None = elem("Protocol")


@wire("NatVmRule")
class NatVmRule(VCloudExtensible):
    external_ip_address: str | None = elem("ExternalIpAddress")
    external_port: int | None = elem("ExternalPort")
    vapp_scoped_vm_id: str | None = elem("VAppScopedVmId")
    vm_nic_id: int | None = elem("VmNicId")
    internal_port: int | None = elem("InternalPort")
    protocol: str | None = elem("Protocol")


@wire("GatewayNatRule")
class GatewayNatRule(VCloudExtensible):
    interface: Reference | None = elem("Interface")
    original_ip: str | None = elem("OriginalIp")
    original_port: str | None = elem("OriginalPort")
    translated_ip: str | None = elem("TranslatedIp")
    translated_port: str | None = elem("TranslatedPort")
    protocol: str | None = elem("Protocol")
    icmp_sub_type: str | None = elem("IcmpSubType")


@wire("NatRule")
class NatRule(VCloudExtensible):
    description: str | None = elem("Description")
    rule_type: str | None = elem("RuleType")
    is_enabled: bool | None = elem("IsEnabled")
    id: int | None = elem("Id")
    gateway_nat_rule: GatewayNatRule | None = elem("GatewayNatRule")
    one_to_one_basic_rule: NatOneToOneBasicRule | None = elem("OneToOneBasicRule")
    one_to_one_vm_rule: NatOneToOneVmRule | None = elem("OneToOneVmRule")
    port_forwarding_rule: NatPortForwardingRule | None = elem("PortForwardingRule")
    vm_rule: NatVmRule | None = elem("VmRule")


@wire("NatService")
class NatService(NetworkService):
    nat_type: str | None = elem("NatType")
    policy: str | None = elem("Policy")
    nat_rules: list[NatRule] = elems("NatRule")
    external_ip: str | None = elem("ExternalIp")


@wire("StaticRoute")
class StaticRoute(VCloudExtensible):
    name: str | None = elem("Name")
    network: str | None = elem("Network")
    next_hop_ip: str | None = elem("NextHopIp")
    interface: str | None = elem("Interface")
    gateway_interface: Reference | None = elem("GatewayInterface")


@wire("StaticRoutingService")
class StaticRoutingService(NetworkService):
    static_routes: list[StaticRoute] = elems("StaticRoute")
