"""Query records of networks and of what they are made of.

Every field is an attribute. Source: queryRecordView.xsd, added-after-9.1.xsd.
"""

from __future__ import annotations

from ssvirt.wire.schema import attr, wire
from ssvirt.wire.types.query import QueryResultRecord


@wire("NetworkRecord", type="QueryResultNetworkRecordType")
class NetworkRecord(QueryResultRecord):
    name: str | None = attr("name")
    ip_scope_id: str | None = attr("ipScopeId")
    gateway: str | None = attr("gateway")
    netmask: str | None = attr("netmask")
    subnet_prefix_length: int | None = attr("subnetPrefixLength")
    dns1: str | None = attr("dns1")
    dns2: str | None = attr("dns2")
    dns_suffix: str | None = attr("dnsSuffix")
    is_busy: bool | None = attr("isBusy")


@wire("NetworkPoolRecord", type="QueryResultNetworkPoolRecordType")
class NetworkPoolRecord(QueryResultRecord):
    name: str | None = attr("name")
    network_pool_type: int | None = attr("networkPoolType")
    vc_name: str | None = attr("vcName")
    description: str | None = attr("description")
    is_vc_enabled: bool | None = attr("isVCEnabled")
    is_busy: bool | None = attr("isBusy")
    dv_switch_name_list: str | None = attr("dvSwitchNameList")
    universal_id: str | None = attr("universalId")


@wire("OrgNetworkRecord", type="QueryResultOrgNetworkRecordType")
class OrgNetworkRecord(QueryResultRecord):
    name: str | None = attr("name")
    network_pool: str | None = attr("networkPool")
    network_pool_name: str | None = attr("networkPoolName")
    org: str | None = attr("org")
    ip_scope_id: str | None = attr("ipScopeId")
    is_ip_scope_inherited: bool | None = attr("isIpScopeInherited")
    gateway: str | None = attr("gateway")
    netmask: str | None = attr("netmask")
    subnet_prefix_length: int | None = attr("subnetPrefixLength")
    dns1: str | None = attr("dns1")
    dns2: str | None = attr("dns2")
    dns_suffix: str | None = attr("dnsSuffix")
    is_busy: bool | None = attr("isBusy")


@wire("AdminOrgNetworkRecord", type="QueryResultAdminOrgNetworkRecordType")
class AdminOrgNetworkRecord(QueryResultRecord):
    name: str | None = attr("name")
    org_name: str | None = attr("orgName")
    network_pool: str | None = attr("networkPool")
    network_pool_name: str | None = attr("networkPoolName")
    org: str | None = attr("org")
    ip_scope_id: str | None = attr("ipScopeId")
    is_ip_scope_inherited: bool | None = attr("isIpScopeInherited")
    gateway: str | None = attr("gateway")
    netmask: str | None = attr("netmask")
    subnet_prefix_length: int | None = attr("subnetPrefixLength")
    dns1: str | None = attr("dns1")
    dns2: str | None = attr("dns2")
    is_busy: bool | None = attr("isBusy")


@wire("AllocatedExternalAddressRecord", type="QueryResultAllocatedExternalAddressRecordType")
class AllocatedExternalAddressRecord(QueryResultRecord):
    network: str | None = attr("network")
    ip_address: str | None = attr("ipAddress")
    linked_network: str | None = attr("linkedNetwork")


@wire("AdminAllocatedExternalAddressRecord", type="QueryResultAdminAllocatedExternalAddressRecordType")
class AdminAllocatedExternalAddressRecord(QueryResultRecord):
    network: str | None = attr("network")
    ip_address: str | None = attr("ipAddress")
    linked_network: str | None = attr("linkedNetwork")
    org: str | None = attr("org")


@wire("VAppOrgNetworkRelationRecord", type="QueryResultVAppOrgNetworkRelationRecordType")
class VAppOrgNetworkRelationRecord(QueryResultRecord):
    name: str | None = attr("name")
    org: str | None = attr("org")
    org_network: str | None = attr("orgNetwork")
    org_network_name: str | None = attr("orgNetworkName")
    configuration_type: str | None = attr("configurationType")
    status: str | None = attr("status")
    owner_name: str | None = attr("ownerName")


@wire("VAppOrgVdcNetworkRelationRecord", type="QueryResultVAppOrgVdcNetworkRelationRecordType")
class VAppOrgVdcNetworkRelationRecord(QueryResultRecord):
    entity_type: str | None = attr("entityType")
    name: str | None = attr("name")
    org: str | None = attr("org")
    org_vdc_network: str | None = attr("orgVdcNetwork")
    org_vdc_network_name: str | None = attr("orgVdcNetworkName")
    status: str | None = attr("status")
    owner_name: str | None = attr("ownerName")


@wire("PortgroupRecord", type="QueryResultPortgroupRecordType")
class PortgroupRecord(QueryResultRecord):
    moref: str | None = attr("moref")
    name: str | None = attr("name")
    portgroup_type: str | None = attr("portgroupType")
    vc: str | None = attr("vc")
    vc_name: str | None = attr("vcName")
    is_vc_enabled: bool | None = attr("isVCEnabled")
    network: str | None = attr("network")
    network_name: str | None = attr("networkName")
    scope_type: int | None = attr("scopeType")
    vlan_id: int | None = attr("vlanId")


@wire("DvSwitchRecord", type="QueryResultDvSwitchRecordType")
class DvSwitchRecord(QueryResultRecord):
    moref: str | None = attr("moref")
    name: str | None = attr("name")
    vc: str | None = attr("vc")
    vc_name: str | None = attr("vcName")
    is_vc_enabled: bool | None = attr("isVCEnabled")


@wire("NsxTManagerRecord", type="QueryResultNsxTManagerRecordType")
class NsxTManagerRecord(QueryResultRecord):
    name: str | None = attr("name")
    url: str | None = attr("url")
    version: str | None = attr("version")
    global_manager: bool | None = attr("globalManager", since="37.0")


@wire("GatewayUplinksRecord", type="QueryResultGatewayUplinksRecordType")
class GatewayUplinksRecord(QueryResultRecord):
    ip_address: str | None = attr("ipAddress")
    gateway_id: str | None = attr("gatewayId")
    network_name: str | None = attr("networkName")
    category: str | None = attr("category")
