package main

import (
	"net/http"
	"time"

	"github.com/vmware/go-vcloud-director/v2/govcd"
	"github.com/vmware/go-vcloud-director/v2/types/v56"
)

// emptyVApp: composed, powered on, renamed, leased, deleted.
func emptyVApp(given access) seen {
	at := enter(given)
	vapp := must(at.vdc.CreateRawVApp("go-vapp", "first"))
	saw := seen{"status": vappState(vapp), "during": contains(at.vapps(), "go-vapp")}
	saw["by_name"] = must(at.vdc.GetVAppByName("go-vapp", true)).VApp.Description
	saw["by_id"] = must(at.vdc.GetVAppById(vapp.VApp.ID, false)).VApp.Name
	saw["vdc"] = must(vapp.GetParentVDC()).Vdc.Name
	saw["powered_on"] = wait(vapp.PowerOn())
	saw["on_status"] = vappState(vapp)
	saw["again"] = wait(vapp.PowerOn())
	saw["undeployed"] = wait(vapp.Undeploy())

	check(vapp.UpdateNameDescription("go-vapp-2", "second"))
	saw["renamed"] = []string{vapp.VApp.Name, vapp.VApp.Description}
	check(vapp.UpdateDescription(""))
	saw["description"] = vapp.VApp.Description

	check(vapp.RenewLease(3600, 86400))
	lease := must(vapp.GetLease())
	saw["lease"] = []*int{&lease.DeploymentLeaseInSeconds, &lease.StorageLeaseInSeconds}

	properties := must(vapp.SetProductSectionList(&types.ProductSectionList{ProductSection: &types.ProductSection{
		Info: "Custom properties",
		Property: []*types.Property{{
			UserConfigurable: true, Type: "string", Key: "colour", Label: "Colour", DefaultValue: "red",
			Value: &types.Value{Value: "blue"},
		}},
	}}))
	saw["properties"] = len(properties.ProductSection.Property)
	property := must(vapp.GetProductSectionList()).ProductSection.Property[0]
	saw["property"] = []string{property.Key, property.Label, property.DefaultValue, property.Value.Value}

	saw["deleted"] = wait(vapp.Delete())
	saw["after"] = contains(at.vapps(), "go-vapp-2")
	_, err := at.vdc.GetVAppById(vapp.VApp.ID, true)
	saw["is_gone"] = govcd.ContainsNotFound(err)
	at.leave()
	return saw
}

// instantiate: a template of two VMs, made running; stopped, started, deleted.
func instantiate(given access) seen {
	at := enter(given)
	vapp := at.withTemplate("go-two", "web-and-db", true)
	saw := seen{"description": vapp.VApp.Description, "states": []string{vappState(vapp)}}
	vms := seen{}
	for _, each := range vapp.VApp.Children.VM {
		vms[each.Name] = each.Status
	}
	saw["vms"] = vms
	ended := []string{}
	for _, action := range []func() (govcd.Task, error){vapp.PowerOff, vapp.PowerOn, vapp.Undeploy} {
		ended = append(ended, wait(action()))
		saw["states"] = append(saw["states"].([]string), vappState(vapp))
	}
	saw["tasks"] = ended
	saw["deleted"] = wait(vapp.Delete())
	saw["after"] = contains(at.vapps(), "go-two")
	at.leave()
	return saw
}

// vappPower: the actions that only a vApp has.
func vappPower(given access) seen {
	at := enter(given)
	vapp := at.withTemplate("go-power", "fedora", true)
	saw := seen{"states": []string{vappState(vapp)}}
	ended := []string{}
	for _, action := range []func() (govcd.Task, error){vapp.Reboot, vapp.Reset, vapp.Suspend, vapp.PowerOn, vapp.Suspend} {
		ended = append(ended, wait(action()))
		saw["states"] = append(saw["states"].([]string), vappState(vapp))
	}
	check(vapp.DiscardSuspendedState())
	saw["discarded"] = vappState(vapp)
	saw["on"] = wait(vapp.PowerOn())
	saw["shutdown"] = wait(vapp.Shutdown())
	saw["off"] = vappState(vapp)
	saw["deploy"] = wait(vapp.Deploy())
	saw["tasks"] = ended
	saw["deleted"] = at.remove(vapp)
	at.leave()
	return saw
}

// clone: a vApp copied, with its source kept and with its source deleted.
func clone(given access) seen {
	at := enter(given)
	vapp := at.withTemplate("go-source", "fedora", false)
	wait(vapp.Undeploy())
	request := func(name string, takes bool) *govcd.VApp {
		return must(at.vdc.CloneVapp(&types.CloneVAppParams{
			Name: name, Description: "a copy", PowerOn: false, IsSourceDelete: pointer(takes),
			Source: &types.Reference{HREF: vapp.VApp.HREF, ID: vapp.VApp.ID, Name: vapp.VApp.Name, Type: vapp.VApp.Type},
		}))
	}
	copied := request("go-copy", false)
	saw := seen{
		"name": copied.VApp.Name, "vm": copied.VApp.Children.VM[0].Name,
		"is_new":      copied.VApp.Children.VM[0].ID != vapp.VApp.Children.VM[0].ID,
		"source_kept": contains(at.vapps(), "go-source"),
	}
	moved := request("go-moved", true)
	saw["moved"] = []bool{contains(at.vapps(), "go-moved"), contains(at.vapps(), "go-source")}
	saw["deleted"] = []string{at.remove(copied), at.remove(moved)}
	at.leave()
	return saw
}

// accessControl: a vApp shared with a user, with everyone, with nobody.
func accessControl(given access) seen {
	at := enter(given)
	vapp := must(at.vdc.CreateRawVApp("go-shared", ""))
	saw := seen{"before": must(vapp.IsShared(false))}
	admin := must(at.client.GetAdminOrgByName(given.Org))
	carol := must(admin.GetUserByName("carol", true))
	check(vapp.SetAccessControl(&types.ControlAccessParams{
		AccessSettings: &types.AccessSettingList{AccessSetting: []*types.AccessSetting{{
			Subject:     &types.LocalSubject{HREF: carol.User.Href, Name: carol.User.Name, Type: carol.User.Type},
			AccessLevel: types.ControlAccessReadWrite,
		}}},
	}, false))
	got := must(vapp.GetAccessControl(false))
	setting := got.AccessSettings.AccessSetting[0]
	saw["user"] = []any{setting.Subject.Name, setting.AccessLevel, got.IsSharedToEveryone}
	check(vapp.SetAccessControl(&types.ControlAccessParams{
		IsSharedToEveryone: true, EveryoneAccessLevel: pointer(types.ControlAccessReadOnly),
	}, false))
	got = must(at.vdc.GetVappAccessControl("go-shared", false))
	saw["everyone"] = []any{*got.EveryoneAccessLevel, got.AccessSettings == nil, must(vapp.IsShared(false))}
	check(vapp.RemoveAccessControl(false))
	saw["after"] = must(vapp.IsShared(false))
	saw["vdc"] = must(at.vdc.GetControlAccess(false)).IsSharedToEveryone
	saw["catalog"] = text(second(must(at.org.GetCatalogByName("linux", true)).GetAccessControl(false)))
	saw["deleted"] = wait(vapp.Delete())
	at.leave()
	return saw
}

// second is the error of a call.
func second[T any](_ T, err error) error { return err }

// tasks: listed, read, cancelled.
func tasks(given access) seen {
	at := enter(given)
	vapp := must(at.vdc.CreateRawVApp("go-tasks", ""))
	task := must(vapp.PowerOn())
	check(task.WaitTaskCompletion())
	again := govcd.NewTask(&at.client.Client)
	again.Task = &types.Task{HREF: task.Task.HREF}
	check(again.Refresh())
	saw := seen{
		"status": again.Task.Status, "operation": again.Task.OperationName, "owner": again.Task.Owner.Name,
		"user": again.Task.User.Name, "org": again.Task.Organization.Name, "progress": again.Task.Progress,
		"times": again.Task.StartTime != "" && again.Task.EndTime != "",
	}
	_, err := at.org.GetTaskList()
	saw["list"] = text(err)
	records := must(at.client.Client.QueryTaskList(map[string]string{"status": "success", "objectName": "go-tasks"}))
	operations := []string{}
	for _, each := range records {
		operations = append(operations, each.Name)
	}
	saw["operations"] = operations
	saw["running"] = len(must(at.client.Client.QueryTaskList(map[string]string{"status": "running", "objectName": "go-tasks"})))
	wait(vapp.Undeploy())
	wait(vapp.Delete())

	// Instantiated, and cancelled while it is at work: the client's own method would wait for the end.
	cancelled := govcd.NewVApp(&at.client.Client)
	must(at.client.Client.ExecuteRequest(
		at.vdc.Vdc.HREF+"/action/instantiateVAppTemplate", http.MethodPost, types.MimeInstantiateVappTemplateParams, "%s",
		&types.InstantiateVAppTemplateParams{
			Xmlns: types.XMLNamespaceVCloud, Ovf: types.XMLNamespaceOVF, Name: "go-cancelled", Deploy: true, PowerOn: true,
			Source: &types.Reference{HREF: at.template("web-and-db").VAppTemplate.HREF}, AllEULAsAccepted: true,
		}, cancelled.VApp,
	))
	running := govcd.NewTask(&at.client.Client)
	running.Task = cancelled.VApp.Tasks.Task[0]
	saw["cancel"] = text(running.CancelTask())
	for range 100 {
		if check(running.Refresh()); running.Task.Status != "running" && running.Task.Status != "queued" {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	saw["cancelled"] = running.Task.Status
	left, err := at.vdc.GetVAppById(cancelled.VApp.ID, true)
	saw["left"] = text(err)
	if err == nil {
		saw["left"] = at.remove(left)
	}
	at.leave()
	return saw
}

// addresses of the NICs of a VM.
func addresses(vm *govcd.VM) []string {
	found := []string{}
	for _, each := range must(vm.GetNetworkConnectionSection()).NetworkConnection {
		found = append(found, each.IPAddress)
	}
	return found
}

// addVMs: from a template, from nothing, from another VM; then taken out again.
func addVMs(given access) seen {
	at := enter(given)
	vapp := must(at.vdc.CreateRawVApp("go-add", ""))
	must(vapp.AddOrgNetwork(&govcd.VappNetworkSettings{}, at.network("acme-net").OrgVDCNetwork, false))
	silver := must(at.vdc.FindStorageProfileReference("silver"))
	saw := seen{"tasks": []string{
		wait(vapp.AddNewVMWithStorageProfile("one", *at.template("fedora"),
			nics(nic(0, "acme-net", types.IPAllocationModePool, "")), &silver, true)),
		wait(vapp.AddEmptyVmAsync(emptyVM("two", nics(nic(0, "acme-net", types.IPAllocationModeDHCP, ""))))),
	}}
	one := must(vapp.GetVMByName("one", true))
	two := must(vapp.GetVMById(must(vapp.GetVMByName("two", true)).VM.ID, true))
	saw["states"] = []string{vmState(one), vmState(two), vappState(vapp)}
	saw["profiles"] = []string{one.VM.StorageProfile.Name, two.VM.StorageProfile.Name}
	saw["address"] = addresses(one)
	saw["two"] = seen{
		"cpus": *two.VM.VmSpecSection.NumCpus, "memory": two.VM.VmSpecSection.MemoryResourceMb.Configured,
		"disks": len(two.VM.VmSpecSection.DiskSection.DiskSettings), "os": two.VM.VmSpecSection.OsType,
		"hardware": two.VM.VmSpecSection.HardwareVersion.Value, "description": two.VM.Description,
		"computer": two.VM.GuestCustomizationSection.ComputerName,
	}
	saw["parent"] = must(two.GetParentVApp()).VApp.Name
	saw["vdc"] = must(two.GetParentVdc()).Vdc.Name

	copied := must(vapp.AddRawVM(&types.ReComposeVAppParams{
		Ovf: types.XMLNamespaceOVF, Xsi: types.XMLNamespaceXSI, Xmlns: types.XMLNamespaceVCloud, Name: vapp.VApp.Name,
		SourcedItem: &types.SourcedCompositionItemParam{
			Source:              &types.Reference{HREF: two.VM.HREF, Name: "three"},
			InstantiationParams: &types.InstantiationParams{NetworkConnectionSection: nics(nic(0, "none", types.IPAllocationModeNone, ""))},
		},
		AllEULAsAccepted: true,
	}))
	saw["copied"] = []any{copied.VM.Name, copied.VM.ID != two.VM.ID, *copied.VM.VmSpecSection.NumCpus}

	_, err := vapp.AddEmptyVmAsync(emptyVM("two", nil))
	saw["twice"] = text(err)
	saw["on"] = wait(vapp.PowerOn())
	saw["mixed_on"] = vappState(vapp)
	check(vapp.Refresh())
	saw["undeploy"] = wait(two.Undeploy())
	check(vapp.RemoveVM(*two))
	check(vapp.Refresh())
	left := []string{}
	for _, each := range vapp.VApp.Children.VM {
		left = append(left, each.Name)
	}
	saw["left"] = left
	saw["deleted"] = at.remove(vapp)
	at.leave()
	return saw
}

// parallelVMs: eight VMs added to one vApp at the same time.
func parallelVMs(given access) seen {
	at := enter(given)
	vapp := must(at.vdc.CreateRawVApp("go-parallel", ""))
	template := at.template("fedora")
	started := time.Now()
	wait(vapp.AddNewVM("first", *template, nil, true))
	one := time.Since(started)
	errors := make(chan error)
	started = time.Now()
	for index := range 8 {
		go func() {
			task, err := vapp.AddNewVM("vm-"+string(rune('a'+index)), *template, nil, true)
			if err == nil {
				err = task.WaitInspectTaskCompletion(nil, 200*time.Millisecond)
			}
			errors <- err
		}()
	}
	for range 8 {
		check(<-errors)
	}
	eight := time.Since(started)
	check(vapp.Refresh())
	saw := seen{"vms": len(vapp.VApp.Children.VM), "one_s": one.Seconds(), "eight_s": eight.Seconds()}
	saw["deleted"] = at.remove(vapp)
	at.leave()
	return saw
}
