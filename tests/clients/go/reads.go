package main

import (
	"fmt"
	"strings"

	"github.com/vmware/go-vcloud-director/v2/govcd"
	"github.com/vmware/go-vcloud-director/v2/types/v56"
)

// session: from the versions to the logout.
func session(given access) seen {
	client := signIn(given)
	saw := seen{
		"max_version": must(client.Client.MaxSupportedVersion()),
		"is_37":       client.Client.APIVCDMaxVersionIs("= 37.0"),
	}
	info := must(client.Client.GetSessionInfo())
	saw["user"], saw["org"], saw["roles"] = info.User.Name, info.Org.Name, info.Roles
	saw["is_provider"] = client.Client.IsSysAdmin
	check(client.Disconnect())
	_, err := client.GetOrgList()
	saw["after"] = text(err)
	return saw
}

// usedToken: a token taken up by a second client, before and after the first one logs out.
func usedToken(given access) seen {
	first := signIn(given)
	token := first.Client.VCDToken
	second := newClient(given)
	check(second.SetToken(given.Org, govcd.BearerTokenHeader, token))
	saw := seen{"org": must(second.GetOrgByName(given.Org)).Org.Name}
	check(first.Disconnect())
	_, err := second.GetOrgList()
	saw["again"] = text(err)
	saw["taken_up"] = text(newClient(given).SetToken(given.Org, govcd.BearerTokenHeader, token))
	return saw
}

// wrongPassword: the error of a login.
func wrongPassword(given access) seen {
	return seen{"error": text(newClient(given).Authenticate(given.User, given.Password, given.Org))}
}

// provider: what the system administrator's client reads first.
func provider(given access) seen {
	client := signIn(given)
	version, built, err := client.Client.GetVcdVersion()
	check(err)
	saw := seen{"version": version, "built": built.Year() > 2000, "is_provider": client.Client.IsSysAdmin}
	list := []string{}
	for _, each := range must(client.GetOrgList()).Org {
		list = append(list, each.Name)
	}
	saw["orgs"] = list
	queried := []string{}
	for _, each := range must(client.QueryAllOrgs()) {
		queried = append(queried, each.Name)
	}
	saw["queried"] = queried
	org := must(client.GetAdminOrgByName("acme"))
	saw["org"] = org.AdminOrg.Name
	saw["same"] = must(client.GetAdminOrgById(org.AdminOrg.ID)).AdminOrg.Name
	saw["vdc"] = must(org.GetVDCByName("acme-vdc", true)).Vdc.Name
	admin := must(org.GetAdminVDCByName("acme-vdc", true))
	saw["allocation"] = admin.AdminVdc.AllocationModel
	saw["catalog"] = must(org.GetAdminCatalogByName("linux", true)).AdminCatalog.Name
	users := []string{}
	for _, each := range org.AdminOrg.Users.User {
		users = append(users, each.Name)
	}
	saw["users"] = users
	vms := must(client.Client.QueryVmList(types.VmQueryFilterOnlyTemplates))
	saw["template_vms"] = len(vms) > 0
	saw["provider_vdcs"] = len(must(client.QueryProviderVdcs()))
	check(client.Disconnect())
	return saw
}

// lookups: all the ways to what the demo has.
func lookups(given access) seen {
	at := enter(given)
	saw := seen{
		"org":    must(at.client.GetOrgById(at.org.Org.ID)).Org.Name,
		"vdc":    must(at.org.GetVDCById(at.vdc.Vdc.ID, true)).Vdc.Name,
		"status": at.vdc.Vdc.Status,
		"nsxt":   at.vdc.IsNsxt(),
	}
	_, err := at.vdc.GetCapabilities()
	check(err)

	catalog := must(at.org.GetCatalogByName("linux", true))
	saw["catalog"] = must(at.org.GetCatalogById(catalog.Catalog.ID, true)).Catalog.Name
	item := must(catalog.GetCatalogItemByName("fedora", true))
	saw["item"] = must(catalog.GetCatalogItemById(item.CatalogItem.ID, true)).CatalogItem.Name
	saw["template"] = must(item.GetVAppTemplate()).VAppTemplate.Name
	template := must(catalog.GetVAppTemplateByName("web-and-db"))
	saw["same_template"] = must(at.client.GetVAppTemplateById(template.VAppTemplate.ID)).VAppTemplate.Name
	saw["template_catalog"] = must(template.GetCatalogName())
	saw["template_lease"] = must(template.GetLease()).StorageLeaseInSeconds
	vms := []string{}
	for _, each := range template.VAppTemplate.Children.VM {
		vms = append(vms, each.Name)
	}
	saw["template_vms"] = vms
	record := must(at.client.QueryVmInVAppTemplateByHref(template.VAppTemplate.HREF, "db"))
	saw["template_vm"] = record.Name
	record = must(at.client.QuerySynchronizedVmInVAppTemplateByHref(template.VAppTemplate.HREF, "db"))
	saw["vm_of_record"] = must(at.client.GetVAppTemplateByHref(record.HREF)).VAppTemplate.Name
	saw["vm_template"] = must(at.vdc.QueryVappVmTemplate("linux", "web-and-db", "web")).Name
	iso := must(catalog.GetMediaByName("tools.iso", true))
	saw["media"] = must(catalog.GetMediaById(iso.Media.ID)).Media.Name

	network := at.network("acme-net")
	saw["network"] = must(at.vdc.GetOrgVdcNetworkById(network.OrgVDCNetwork.ID, true)).OrgVDCNetwork.Name
	saw["gateway"] = network.OrgVDCNetwork.Configuration.IPScopes.IPScope[0].Gateway
	openAPI := must(at.vdc.GetOpenApiOrgVdcNetworkByName("acme-net"))
	saw["same_network"] = openAPI.OpenApiOrgVdcNetwork.ID == network.OrgVDCNetwork.ID
	saw["networks"] = len(must(at.vdc.GetAllOpenApiOrgVdcNetworks(nil))) > 0
	saw["network_records"] = len(must(at.vdc.GetNetworkList())) > 0

	reference := must(at.vdc.FindStorageProfileReference("gold"))
	profile := must(at.client.GetStorageProfileByHref(reference.HREF))
	saw["profile"], saw["has_iops"] = profile.Name, profile.IopsSettings != nil
	saw["same_profile"] = must(at.client.GetStorageProfileById(reference.ID)).Name
	saw["profile_record"] = must(govcd.QueryOrgVdcStorageProfileByID(at.client, reference.ID)).Name

	hardware := must(at.vdc.GetHighestHardwareVersion())
	system := must(at.vdc.FindOsFromId(hardware, "debian10_64Guest"))
	saw["system"] = system.InternalName
	saw["hardware"] = must(at.vdc.GetHardwareVersion("vmx-18")).Name
	_, err = at.client.GetAllVdcComputePoliciesV2(nil)
	saw["policies"] = text(err)
	_, err = at.client.GetAllAssignedVdcComputePoliciesV2(at.vdc.Vdc.ID, nil)
	saw["assigned_policies"] = text(err)

	admin := must(at.client.GetAdminOrgByName(given.Org))
	saw["admin_org"] = admin.AdminOrg.OrgSettings.OrgVAppLeaseSettings != nil
	at.leave()
	return saw
}

// queries: every list that the client asks the query service for.
func queries(given access) seen {
	at := enter(given)
	vapp := at.withTemplate("go-queries", "web-and-db", false)
	saw := seen{}
	names := func(list []*types.QueryResultVMRecordType) []string {
		found := []string{}
		for _, each := range list {
			if each.ContainerName == "go-queries" || each.ContainerName == "web-and-db" {
				found = append(found, fmt.Sprint(each.ContainerName, "/", each.Name, " ", each.VAppTemplate))
			}
		}
		return found
	}
	saw["all_vms"] = names(must(at.client.Client.QueryVmList(types.VmQueryFilterAll)))
	saw["deployed_vms"] = names(must(at.vdc.QueryVmList(types.VmQueryFilterOnlyDeployed)))
	saw["org_vms"] = names(must(at.org.QueryVmList(types.VmQueryFilterOnlyDeployed)))
	saw["templates_vms"] = names(must(govcd.QueryVmList(types.VmQueryFilterOnlyTemplates, &at.client.Client, nil)))
	record, err := at.vdc.QueryVM("go-queries", "db")
	check(err)
	saw["vm"] = seen{
		"status": record.VM.Status, "cpus": record.VM.Cpus, "memory": record.VM.MemoryMB,
		"hardware": record.VM.HardwareVersion > 0, "os": record.VM.GuestOS,
	}
	vapps := []string{}
	for _, each := range must(at.client.Client.QueryVappList()) {
		vapps = append(vapps, each.Name)
	}
	saw["vapps"] = vapps
	catalog := must(at.org.GetCatalogByName("linux", true))
	templates := []string{}
	for _, each := range must(catalog.QueryVappTemplateList()) {
		templates = append(templates, each.Name)
	}
	saw["templates"] = templates
	saw["vdc_templates"] = text(second(at.vdc.QueryVappTemplateList()))
	saw["items"] = len(must(catalog.QueryCatalogItemList()))
	saw["media"] = must(catalog.QueryMedia("tools.iso")).MediaRecord.IsIso
	saw["all_media"] = len(must(catalog.QueryMediaList()))
	saw["catalogs"] = len(must(at.org.QueryCatalogList())) > 0
	saw["networks"] = len(must(govcd.QueryOrgVdcNetworkByName(at.client, "acme-net")))
	found := must(at.client.Query(map[string]string{
		"type": "vm", "pageSize": "1", "page": "2", "filter": "containerName==go-queries",
	})).Results
	saw["page"] = seen{"total": found.Total, "page": found.Page, "size": found.PageSize, "rows": len(found.VMRecord)}
	for _, kind := range []string{"edgeGateway", "vAppNetwork", "disk", "task", "orgVdcStorageProfile", "media", "catalogItem"} {
		_, err := at.client.Query(map[string]string{"type": kind})
		saw["type_"+kind] = text(err)
	}
	_, err = at.client.Query(map[string]string{"type": "vm", "filter": "flavour==sweet"})
	saw["unknown_field"] = text(err)

	criteria := govcd.NewFilterDef()
	check(criteria.AddFilter(types.FilterNameRegex, "^go-q"))
	items, _, err := at.vdc.SearchByFilter(types.QtVapp, "vdc", criteria)
	check(err)
	searched := []string{}
	for _, each := range items {
		searched = append(searched, each.GetName())
	}
	saw["searched"] = searched
	saw["deleted"] = at.remove(vapp)
	at.leave()
	return saw
}

// missingEntities: how the client tells "not there" from other errors.
func missingEntities(given access) seen {
	at := enter(given)
	const id = "00000000-0000-4000-8000-000000000000"
	saw := seen{}
	try := func(name string, _ any, err error) {
		saw[name] = seen{"missing": govcd.ContainsNotFound(err), "error": text(err)}
	}
	note := func(name string) func(any, error) {
		return func(value any, err error) { try(name, value, err) }
	}
	vapp, err := at.vdc.GetVAppByName("go-nothing", true)
	note("vapp")(vapp, err)
	vapp, err = at.vdc.GetVAppById("urn:vcloud:vapp:"+id, true)
	note("vapp_id")(vapp, err)
	vm, err := at.vdc.QueryVmById("urn:vcloud:vm:" + id)
	note("vm_id")(vm, err)
	disks, err := at.vdc.GetDisksByName("go-nothing", true)
	note("disk")(disks, err)
	network, err := at.vdc.GetOrgVdcNetworkByName("go-nothing", true)
	note("network")(network, err)
	openAPI, err := at.vdc.GetOpenApiOrgVdcNetworkById("urn:vcloud:network:" + id)
	note("open_api_network")(openAPI, err)
	catalog, err := at.org.GetCatalogByName("go-nothing", true)
	note("catalog")(catalog, err)
	vdc, err := at.org.GetVDCByName("go-nothing", true)
	note("vdc")(vdc, err)
	_, err = at.client.Client.GetVMByHref(strings.Replace(at.vdc.Vdc.HREF, "/vdc/", "/vApp/vm-", 1))
	saw["vm_href"] = text(err)
	at.leave()
	return saw
}
