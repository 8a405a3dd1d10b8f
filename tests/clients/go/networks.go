package main

import (
	"strings"

	"github.com/vmware/go-vcloud-director/v2/govcd"
	"github.com/vmware/go-vcloud-director/v2/types/v56"
)

// vappNetworks: an isolated and a bridged network of a vApp, changed and taken out.
func vappNetworks(given access) seen {
	at := enter(given)
	vapp := must(at.vdc.CreateRawVApp("go-networks", ""))
	settings := &govcd.VappNetworkSettings{
		Name: "inner", Description: "inside", Gateway: "192.168.7.1", NetMask: "255.255.255.0",
		DNS1: "8.8.8.8", DNS2: "1.1.1.1", DNSSuffix: "inner.test",
		StaticIPRanges:     []*types.IPRange{{StartAddress: "192.168.7.10", EndAddress: "192.168.7.20"}},
		RetainIpMacEnabled: pointer(true),
	}
	section := must(vapp.CreateVappNetwork(settings, nil))
	check(vapp.Refresh()) // the client sends the networks that it knows of
	must(vapp.AddOrgNetwork(&govcd.VappNetworkSettings{}, at.network("acme-net").OrgVDCNetwork, false))
	saw := seen{"created": len(section.NetworkConfig)}
	list := func() []any {
		found := []any{}
		for _, each := range must(vapp.GetNetworkConfig()).NetworkConfig {
			parent := ""
			if each.Configuration.ParentNetwork != nil {
				parent = each.Configuration.ParentNetwork.Name
			}
			found = append(found, []any{each.NetworkName, each.Configuration.FenceMode, parent, each.Description})
		}
		return found
	}
	saw["networks"] = list()
	inner := must(vapp.GetVappNetworkByName("inner", true))
	scope := inner.Configuration.IPScopes.IPScope[0]
	saw["inner"] = []any{
		scope.Gateway, scope.Netmask, scope.DNS1, scope.DNS2, scope.DNSSuffix, scope.IsInherited,
		scope.IPRanges.IPRange[0].StartAddress, scope.IPRanges.IPRange[0].EndAddress,
		*inner.Configuration.RetainNetInfoAcrossDeployments,
	}
	saw["same"] = must(vapp.GetVappNetworkById(must(govcd.GetUuidFromHref(inner.HREF, false)), true)).Name
	queried := func() []string {
		found := []string{}
		for _, each := range must(vapp.QueryAllVappNetworks(nil)) {
			found = append(found, each.Name)
		}
		return found
	}
	saw["queried"] = queried()
	saw["only_vapp"] = len(must(vapp.QueryVappNetworks(nil)))
	saw["only_org"] = len(must(vapp.QueryVappOrgNetworks(nil)))

	wait(vapp.AddEmptyVmAsync(emptyVM("vm", nics(
		nic(0, "inner", types.IPAllocationModePool, ""), nic(1, "acme-net", types.IPAllocationModePool, ""),
	))))
	saw["addresses"] = addresses(must(vapp.GetVMByName("vm", true)))
	_, err := vapp.RemoveNetwork("inner")
	saw["in_use"] = text(err)
	check(vapp.RemoveVM(*must(vapp.GetVMByName("vm", true))))

	settings.ID, settings.Name, settings.Description = must(govcd.GetUuidFromHref(inner.HREF, false)), "deeper", "further in"
	settings.StaticIPRanges[0].EndAddress = "192.168.7.30"
	must(vapp.UpdateNetwork(settings, nil))
	changed := must(vapp.GetVappNetworkById(settings.ID, true))
	saw["changed"] = []any{changed.Name, changed.Description, changed.Configuration.IPScopes.IPScope[0].IPRanges.IPRange[0].EndAddress}
	section = must(vapp.RemoveNetwork("deeper"))
	saw["left"] = len(section.NetworkConfig)
	saw["cleared"] = wait(vapp.RemoveAllNetworks())
	saw["none"] = list()
	saw["deleted"] = at.remove(vapp)
	at.leave()
	return saw
}

// orgNetwork: an isolated network of the VDC, by the JSON API and by XML.
func orgNetwork(given access) seen {
	at := enter(given)
	wanted := func(description, end string) *types.OpenApiOrgVdcNetwork {
		return &types.OpenApiOrgVdcNetwork{
			Name: "go-isolated", Description: description, OwnerRef: &types.OpenApiReference{ID: at.vdc.Vdc.ID},
			NetworkType: types.OrgVdcNetworkTypeIsolated,
			Subnets: types.OrgVdcNetworkSubnets{Values: []types.OrgVdcNetworkSubnetValues{{
				Gateway: "10.77.0.1", PrefixLength: 24, DNSServer1: "8.8.8.8", DNSSuffix: "go.test",
				IPRanges: types.OrgVdcNetworkSubnetIPRanges{Values: []types.OpenApiIPRangeValues{
					{StartAddress: "10.77.0.10", EndAddress: end},
				}},
			}}},
		}
	}
	made := must(at.vdc.CreateOpenApiOrgVdcNetwork(wanted("first", "10.77.0.20")))
	view := func(network *govcd.OpenApiOrgVdcNetwork) []any {
		is := network.OpenApiOrgVdcNetwork
		subnet := is.Subnets.Values[0]
		return []any{
			is.Name, is.Description, is.NetworkType, is.OwnerRef.Name, subnet.Gateway, subnet.PrefixLength,
			subnet.DNSServer1, subnet.DNSSuffix, subnet.IPRanges.Values[0].EndAddress,
		}
	}
	id := made.OpenApiOrgVdcNetwork.ID
	saw := seen{"made": view(made), "isolated": made.IsIsolated()}
	saw["by_id"] = must(at.vdc.GetOpenApiOrgVdcNetworkById(id)).OpenApiOrgVdcNetwork.Name
	saw["by_name"] = must(at.vdc.GetOpenApiOrgVdcNetworkByName("go-isolated")).OpenApiOrgVdcNetwork.ID == id
	saw["in_xml"] = at.network("go-isolated").OrgVDCNetwork.ID == id
	changes := wanted("second", "10.77.0.30")
	changes.ID = id
	saw["changed"] = view(must(made.Update(changes)))
	check(made.AddMetadataEntryWithVisibility("colour", "blue", types.MetadataStringValue, types.MetadataReadWriteVisibility, false))
	entries := must(made.GetMetadata()).MetadataEntry
	saw["metadata"] = []any{len(entries), entries[0].Key, entries[0].TypedValue.Value}
	check(made.DeleteMetadataEntryWithDomain("colour", false))
	check(made.Delete())
	_, err := at.vdc.GetOpenApiOrgVdcNetworkById(id)
	saw["gone"] = govcd.ContainsNotFound(err)

	check(at.vdc.CreateOrgVDCNetworkWait(&types.OrgVDCNetwork{
		Xmlns: types.XMLNamespaceVCloud, Name: "go-isolated-xml", Description: "by XML", IsShared: false,
		Configuration: &types.NetworkConfiguration{
			FenceMode: "isolated",
			IPScopes: &types.IPScopes{IPScope: []*types.IPScope{{
				Gateway: "10.78.0.1", Netmask: "255.255.255.0", DNS1: "8.8.8.8",
				IPRanges: &types.IPRanges{IPRange: []*types.IPRange{{StartAddress: "10.78.0.10", EndAddress: "10.78.0.20"}}},
			}}},
		},
	}))
	network := at.network("go-isolated-xml")
	saw["xml"] = []any{network.OrgVDCNetwork.Description, network.OrgVDCNetwork.Configuration.FenceMode,
		network.OrgVDCNetwork.Configuration.IPScopes.IPScope[0].Gateway}
	network.OrgVDCNetwork.Description = "changed"
	check(network.Update())
	saw["xml_changed"] = at.network("go-isolated-xml").OrgVDCNetwork.Description
	_, err = govcd.RemoveOrgVdcNetworkIfExists(*at.vdc, "go-isolated-xml"), nil
	check(err)
	_, err = at.vdc.GetOrgVdcNetworkByName("go-isolated-xml", true)
	saw["xml_gone"] = strings.Contains(text(err), "not found")
	at.leave()
	return saw
}
