package main

import (
	"strings"

	"github.com/vmware/go-vcloud-director/v2/govcd"
	"github.com/vmware/go-vcloud-director/v2/types/v56"
)

// standalone: VMs without a vApp of the user's own, empty and from a template.
func standalone(given access) seen {
	at := enter(given)
	before := len(at.vapps())
	empty := must(at.vdc.CreateStandaloneVm(&types.CreateVmParams{
		Name: "go-alone", Description: "alone",
		CreateVm: &types.Vm{
			Name:                      "go-alone",
			NetworkConnectionSection:  nics(nic(0, "acme-net", types.IPAllocationModePool, "")),
			VmSpecSection:             emptySpec(2, 1024),
			GuestCustomizationSection: &types.GuestCustomizationSection{Info: "Guest customization", ComputerName: "alone"},
		},
		Xmlns: types.XMLNamespaceVCloud,
	}))
	template := at.template("ubuntu").VAppTemplate
	full := must(at.vdc.CreateStandaloneVMFromTemplate(&types.InstantiateVmTemplateParams{
		Xmlns: types.XMLNamespaceVCloud, Name: "go-alone-2", PowerOn: true, AllEULAsAccepted: true,
		SourcedVmTemplateItem: &types.SourcedVmTemplateParams{
			Source:          &types.Reference{HREF: template.Children.VM[0].HREF, ID: template.Children.VM[0].ID},
			VmGeneralParams: &types.VMGeneralParams{Description: "alone too"},
			VmTemplateInstantiationParams: &types.InstantiationParams{
				NetworkConnectionSection: nics(nic(0, "acme-net", types.IPAllocationModePool, "")),
			},
			StorageProfile: pointer(must(at.vdc.FindStorageProfileReference("gold"))),
		},
	}))
	saw := seen{"made": len(at.vapps()) - before}
	saw["empty"] = []any{
		empty.VM.Name, empty.VM.Description, vmState(empty), *empty.VM.VmSpecSection.NumCpus,
		empty.VM.VmSpecSection.MemoryResourceMb.Configured, len(addresses(empty)),
	}
	saw["full"] = []any{full.VM.Name, full.VM.Description, vmState(full), full.VM.StorageProfile.Name}
	parent := must(empty.GetParentVApp())
	saw["hidden"] = parent.VApp.IsAutoNature
	saw["by_name"] = must(at.vdc.QueryVmByName("go-alone")).VM.ID == empty.VM.ID
	saw["by_id"] = must(at.org.QueryVmById(full.VM.ID)).VM.Name
	check(empty.Delete())
	check(full.Delete())
	saw["left"] = len(at.vapps()) - before
	at.leave()
	return saw
}

// vmPower: one VM of a vApp on, off, undeployed, shut down, customized again.
func vmPower(given access) seen {
	at := enter(given)
	vapp := at.withTemplate("go-vm-power", "web-and-db", false)
	web := must(vapp.GetVMByName("web", true))
	saw := seen{}
	ended, states := []string{}, []string{vmState(web)}
	for _, action := range []func() (govcd.Task, error){web.PowerOn, web.PowerOff, web.PowerOn, web.Shutdown} {
		ended = append(ended, wait(action()))
		states = append(states, vmState(web)+"/"+vappState(vapp))
	}
	saw["tasks"], saw["states"] = ended, states
	saw["deployed"] = must(web.IsDeployed())
	check(web.PowerOnAndForceCustomization())
	saw["customizing"] = []any{vmState(web), must(web.GetGuestCustomizationStatus())}
	check(web.BlockWhileGuestCustomizationStatus(types.GuestCustStatusPending, 150))
	saw["customized"] = must(web.GetGuestCustomizationStatus())
	saw["undeploy"] = wait(web.Undeploy())
	saw["deleted"] = at.remove(vapp)
	at.leave()
	return saw
}

// changeNICs: network cards added, moved, taken out.
func changeNICs(given access) seen {
	at := enter(given)
	vapp, vm := at.withVM("go-nics", nil)
	for _, name := range []string{"acme-net", "acme-isolated"} {
		must(vapp.AddOrgNetwork(&govcd.VappNetworkSettings{}, at.network(name).OrgVDCNetwork, false))
		check(vapp.Refresh()) // the client sends the networks that it knows of
	}
	saw := seen{"before": len(addresses(vm))}
	put := func(each ...*types.NetworkConnection) []*types.NetworkConnection {
		section := must(vm.GetNetworkConnectionSection())
		section.NetworkConnection = each
		check(vm.UpdateNetworkConnectionSection(section))
		return must(vm.GetNetworkConnectionSection()).NetworkConnection
	}
	view := func(all []*types.NetworkConnection) []any {
		found := []any{}
		for _, is := range all {
			found = append(found, []any{
				is.Network, is.IPAddressAllocationMode, is.IPAddress != "", is.MACAddress != "", is.NetworkAdapterType, is.IsConnected,
			})
		}
		return found
	}
	all := put(
		nic(0, "acme-net", types.IPAllocationModePool, "Any"),
		nic(1, "acme-isolated", types.IPAllocationModeManual, "192.168.50.77"),
		nic(2, types.NoneNetwork, types.IPAllocationModeNone, ""),
	)
	saw["added"] = view(all)
	saw["manual"] = all[1].IPAddress
	address, mac := all[0].IPAddress, all[0].MACAddress
	all = put(all[0], all[1])
	saw["kept"] = []bool{all[0].IPAddress == address, all[0].MACAddress == mac, len(all) == 2}

	refused := func(name string, second *types.NetworkConnection) {
		section := must(vm.GetNetworkConnectionSection())
		section.NetworkConnection[1] = second
		saw[name] = text(vm.UpdateNetworkConnectionSection(section))
	}
	refused("outside", nic(1, "acme-isolated", types.IPAllocationModeManual, "172.16.0.9"))
	refused("same_index", nic(0, "acme-isolated", types.IPAllocationModePool, ""))
	refused("no_network", nic(1, "go-nowhere", types.IPAllocationModePool, ""))
	_, err := vapp.AddEmptyVmAsync(emptyVM("other", nics(nic(0, "acme-isolated", types.IPAllocationModeManual, "192.168.50.77"))))
	saw["in_use"] = text(err)
	saw["unchanged"] = must(vm.GetNetworkConnectionSection()).NetworkConnection[1].IPAddress

	all[1].IPAddressAllocationMode, all[1].IPAddress = types.IPAllocationModePool, ""
	saw["pooled"] = put(all[0], all[1])[1].IPAddress
	saw["none"] = len(put())
	saw["deleted"] = at.remove(vapp)
	at.leave()
	return saw
}

// sizing: CPU and memory in the client's ways.
func sizing(given access) seen {
	at := enter(given)
	vapp, vm := at.withVM("go-sizing", nil)
	view := func() []any {
		check(vm.Refresh())
		spec := vm.VM.VmSpecSection
		return []any{*spec.NumCpus, *spec.NumCoresPerSocket, spec.MemoryResourceMb.Configured}
	}
	saw := seen{"before": view()}
	check(vm.ChangeCPU(4, 2))
	check(vm.ChangeMemory(2048))
	saw["changed"] = view()
	check(vm.ChangeCPUAndCoreCount(pointer(2), pointer(1)))
	saw["again"] = view()
	saw["legacy"] = []string{wait(vm.ChangeCPUCountWithCore(4, pointer(4))), wait(vm.ChangeMemorySize(1024))}
	saw["after_legacy"] = view()
	spec := vm.VM.VmSpecSection
	spec.NumCpus, spec.NumCoresPerSocket, spec.MemoryResourceMb.Configured = pointer(2), pointer(2), 768
	must(vm.UpdateVmSpecSection(spec, "described"))
	saw["spec"], saw["description"] = view(), vm.VM.Description
	saw["negative"] = text(vm.ChangeMemory(-5))
	saw["too_much"] = text(vm.ChangeMemory(1 << 40))
	saw["unchanged"] = view()
	must(vm.UpdateVmCpuAndMemoryHotAdd(true, true))
	check(vm.Refresh())
	saw["hot_add"] = []bool{vm.VM.VMCapabilities.CPUHotAddEnabled, vm.VM.VMCapabilities.MemoryHotAddEnabled}
	saw["deleted"] = at.remove(vapp)
	at.leave()
	return saw
}

// hardware: storage profile, boot, hardware version, nested virtualization, extra configuration, name.
func hardware(given access) seen {
	at := enter(given)
	vapp, vm := at.withVM("go-hardware", nil)
	gold := must(at.vdc.FindStorageProfileReference("gold"))
	must(vm.UpdateStorageProfile(gold.HREF))
	saw := seen{"profile": []string{vm.VM.StorageProfile.Name, vm.VM.VmSpecSection.DiskSection.DiskSettings[0].StorageProfile.Name}}
	_, err := vm.UpdateStorageProfile(must(at.vdc.FindStorageProfileReference("silver")).HREF)
	saw["other_class"] = text(err)
	_, err = vm.UpdateStorageProfile(strings.TrimSuffix(gold.HREF, gold.HREF[len(gold.HREF)-12:]) + "000000000000")
	saw["no_profile"] = text(err)
	must(vm.UpdateBootOptions(&types.BootOptions{BootDelay: pointer(5000), EnterBiosSetup: pointer(false)}))
	check(vm.Refresh())
	saw["boot"] = []any{*vm.VM.BootOptions.BootDelay, *vm.VM.BootOptions.EnterBiosSetup}
	nested := must(vm.ToggleHardwareVirtualization(true))
	check(nested.WaitTaskCompletion())
	check(vm.Refresh())
	saw["nested"] = vm.VM.NestedHypervisorEnabled
	tags := must(vm.UpdateVMSecurityTags(&types.EntitySecurityTags{Tags: []string{"go-tag"}}))
	saw["tags"] = tags.Tags
	saw["read_tags"] = must(vm.GetVMSecurityTags()).Tags
	must(vm.UpdateVMSecurityTags(&types.EntitySecurityTags{Tags: []string{}}))
	saw["no_tags"] = len(must(vm.GetVMSecurityTags()).Tags)
	saw["properties"] = text(second(vm.GetProductSectionList()))
	saw["consolidated"] = text(vm.ConsolidateDisks())
	must(vm.UpdateExtraConfig([]*types.ExtraConfigMarshal{{Key: "go.colour", Value: "blue"}}))
	found := ""
	for _, each := range must(vm.GetExtraConfig()) {
		if each.Key == "go.colour" {
			found = each.Value
		}
	}
	saw["extra"] = found
	must(vm.DeleteExtraConfig([]*types.ExtraConfigMarshal{{Key: "go.colour", Value: ""}}))
	saw["deleted"] = at.remove(vapp)
	at.leave()
	return saw
}

// customization of the guest.
func customization(given access) seen {
	at := enter(given)
	vapp, vm := at.withVM("go-custom", nil)
	section := must(vm.GetGuestCustomizationSection())
	saw := seen{"computer": section.ComputerName}
	section.Enabled, section.ChangeSid, section.JoinDomainEnabled = pointer(true), pointer(false), pointer(false)
	section.AdminPasswordEnabled, section.AdminPasswordAuto = pointer(true), pointer(false)
	section.AdminPassword, section.ResetPasswordRequired = "S3cret-enough", pointer(false)
	section.ComputerName, section.CustomizationScript = "go-guest", "#!/bin/sh\necho \"<&>\" > /tmp/it\n"
	must(vm.SetGuestCustomizationSection(section))
	section = must(vm.GetGuestCustomizationSection())
	saw["after"] = []any{
		section.ComputerName, *section.Enabled, *section.AdminPasswordEnabled, *section.AdminPasswordAuto,
		section.AdminPassword, section.CustomizationScript,
	}
	saw["status"] = must(vm.GetGuestCustomizationStatus())
	saw["customized"] = wait(vm.Customize("go-legacy", "echo legacy", false))
	section = must(vm.GetGuestCustomizationSection())
	saw["legacy"] = []string{section.ComputerName, section.CustomizationScript}
	section.ComputerName = strings.Repeat("x", 70)
	_, err := vm.SetGuestCustomizationSection(section)
	saw["too_long"] = text(err)
	properties := must(vm.SetProductSectionList(&types.ProductSectionList{ProductSection: &types.ProductSection{
		Info: "Custom properties",
		Property: []*types.Property{{
			UserConfigurable: true, Type: "string", Key: "colour", Value: &types.Value{Value: "blue"},
		}},
	}}))
	saw["properties"] = []any{len(properties.ProductSection.Property), properties.ProductSection.Property[0].Value.Value}
	saw["deleted"] = at.remove(vapp)
	at.leave()
	return saw
}

// affinityRules of VMs.
func affinityRules(given access) seen {
	at := enter(given)
	vapp := at.withTemplate("go-affinity", "web-and-db", false)
	vms := []*types.Reference{}
	for _, each := range vapp.VApp.Children.VM {
		vms = append(vms, &types.Reference{HREF: each.HREF, ID: each.ID, Name: each.Name, Type: types.MimeVM})
	}
	rule := must(at.vdc.CreateVmAffinityRule(&types.VmAffinityRule{
		Name: "go-rule", IsEnabled: pointer(true), IsMandatory: pointer(true), Polarity: types.PolarityAntiAffinity,
		VmReferences: []*types.VMs{{VMReference: vms}},
	}))
	saw := seen{"made": []any{rule.VmAffinityRule.Name, rule.VmAffinityRule.Polarity, len(rule.VmAffinityRule.VmReferences[0].VMReference)}}
	saw["by_id"] = must(at.vdc.GetVmAffinityRuleById(rule.VmAffinityRule.ID)).VmAffinityRule.Name
	saw["listed"] = len(must(at.vdc.GetVmAntiAffinityRuleList()))
	check(rule.SetEnabled(false))
	saw["enabled"] = *must(at.vdc.GetVmAffinityRuleById(rule.VmAffinityRule.ID)).VmAffinityRule.IsEnabled
	check(rule.Delete())
	saw["left"] = len(must(at.vdc.GetAllVmAffinityRuleList()))
	saw["deleted"] = at.remove(vapp)
	at.leave()
	return saw
}

// badRequests: each is refused with a reason, and nothing changes.
func badRequests(given access) seen {
	at := enter(given)
	saw := seen{}
	_, err := at.vdc.CreateRawVApp("", "")
	saw["no_name"] = text(err)
	vapp, vm := at.withVM("go-bad", nil)
	_, err = at.vdc.CreateRawVApp("go-bad", "")
	saw["same_name"] = text(err)
	request := emptyVM("worse", nics(nic(0, "go-nowhere", types.IPAllocationModePool, "")))
	_, err = vapp.AddEmptyVmAsync(request)
	saw["no_network"] = text(err)
	request = emptyVM("worse", nil)
	request.CreateItem.StorageProfile = &types.Reference{
		HREF: given.URL + "/api/vdcStorageProfile/00000000-0000-4000-8000-000000000000",
	}
	_, err = vapp.AddEmptyVmAsync(request)
	saw["no_profile"] = text(err)
	request = emptyVM("worse", nil)
	request.CreateItem.VmSpecSection.HardwareVersion.Value = "vmx-1"
	_, err = vapp.AddEmptyVmAsync(request)
	saw["hardware"] = text(err)
	_, err = vm.PowerOff()
	saw["power_off"] = text(err)
	_, err = vapp.PowerOff()
	saw["vapp_power_off"] = text(err)
	check(vapp.Refresh())
	saw["vms"] = len(vapp.VApp.Children.VM)
	saw["deleted"] = at.remove(vapp)
	at.leave()
	return saw
}
