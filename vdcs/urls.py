"""URLs of VDCs and networks."""

from ssvirt.api.routes import admin_routes, routes
from vdcs.cloudapi import edges, networks, policies
from vdcs.cloudapi import vdcs as cloud_vdcs
from vdcs.legacy import networks as legacy_networks
from vdcs.legacy import providers
from vdcs.legacy import vdcs as legacy

urlpatterns = [
    *routes("api/vdc/<id:vdc_id>", legacy.VdcView, "vdc"),
    *routes("api/org/<id:org_id>/vdcs/query", legacy.OrgVdcsQueryView),
    *routes("api/vdc/<id:vdc_id>/computePolicies", legacy.ComputePoliciesView),
    *routes("api/vdc/<id:vdc_id>/hwv/<str:hardware_version>", legacy.HardwareVersionView),
    *routes("api/vdc/<id:vdc_id>/networks", legacy_networks.VdcNetworksView),
    *routes("api/supportedSystemsInfo", legacy.SupportedSystemsView),
    *routes("api/vdcStorageProfile/<id:storage_profile_id>", legacy.VdcStorageProfileView),
    *routes("api/network/<id:network_id>", legacy_networks.NetworkView, "network"),
    *routes("api/network/<id:network_id>/action/reset", legacy_networks.NetworkResetView),
    *routes("api/network/<id:network_id>/allocatedAddresses", legacy_networks.NetworkAddressesView),
    *routes("api/edgeGateway/<id:edge_gateway_id>", legacy_networks.EdgeGatewayView),
    *admin_routes("vdc/<id:vdc_id>", legacy.AdminVdcView),
    *admin_routes("vdc/<id:vdc_id>/computePolicies", legacy.ComputePoliciesView),
    *admin_routes("vdc/<id:vdc_id>/networks", legacy_networks.VdcNetworksView),
    *admin_routes("vdc/<id:vdc_id>/edgeGateways", legacy_networks.VdcEdgeGatewaysView),
    *admin_routes("vdcStorageProfile/<id:storage_profile_id>", legacy.AdminVdcStorageProfileView),
    *admin_routes("network/<id:network_id>", legacy_networks.AdminNetworkView),
    *admin_routes("network/<id:network_id>/action/reset", legacy_networks.NetworkResetView),
    *admin_routes("network/<id:network_id>/allocatedAddresses", legacy_networks.AdminNetworkAddressesView),
    *admin_routes("edgeGateway/<id:edge_gateway_id>", legacy_networks.EdgeGatewayView),
    *admin_routes("providervdc/<id:provider_vdc_id>", providers.ProviderVdcView),
    *routes("api/admin/extension/providervdc/<id:provider_vdc_id>", providers.ExtensionProviderVdcView),
]
urlpatterns += [
    *routes("cloudapi/1.0.0/vdcs/<id:vdc_id>", cloud_vdcs.VdcView),
    *routes("cloudapi/1.0.0/vdcs/<id:vdc_id>/capabilities", cloud_vdcs.VdcCapabilitiesView),
    *routes("cloudapi/1.0.0/vdcs/<id:vdc_id>/networkProfile", cloud_vdcs.VdcNetworkProfileView),
    *routes("cloudapi/1.0.0/vdcs/<id:vdc_id>/computePolicies", policies.VdcPoliciesView),
    *routes("cloudapi/1.0.0/vdcs/<id:vdc_id>/maxComputePolicy", policies.VdcMaxPolicyView),
    *routes("cloudapi/1.0.0/vdcComputePolicies", policies.PoliciesView),
    *routes("cloudapi/1.0.0/vdcComputePolicies/<id:policy_id>", policies.PolicyView),
    *routes("cloudapi/2.0.0/vdcs/<id:vdc_id>/computePolicies", policies.VdcPolicies2View),
    *routes("cloudapi/2.0.0/vdcs/<id:vdc_id>/maxComputePolicy", policies.VdcMaxPolicy2View),
    *routes("cloudapi/2.0.0/vdcComputePolicies", policies.Policies2View),
    *routes("cloudapi/2.0.0/vdcComputePolicies/<id:policy_id>", policies.Policy2View),
    *routes("cloudapi/1.0.0/orgVdcNetworks", networks.NetworksView),
    *routes("cloudapi/1.0.0/orgVdcNetworks/<id:network_id>", networks.NetworkView),
    *routes("cloudapi/1.0.0/orgVdcNetworks/<id:network_id>/dhcp", networks.NetworkDhcpView),
    *routes("cloudapi/1.0.0/edgeGateways", edges.EdgeGatewaysView),
    *routes("cloudapi/1.0.0/edgeGateways/<id:gateway_id>", edges.EdgeGatewayView),
    *routes("cloudapi/1.0.0/edgeGateways/<id:gateway_id>/usedIpAddresses", edges.EdgeGatewayAddressesView),
]
