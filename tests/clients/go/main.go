// Jobs for go-vcloud-director, as a script uses it: `govcd JOB < access.json`.
//
// access.json holds url, org, user and password. What the job saw is printed as JSON; the exit code is 1 when a call
// failed, with its error on stderr.
package main

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"sort"
	"strings"
	"time"

	"github.com/vmware/go-vcloud-director/v2/govcd"
	"github.com/vmware/go-vcloud-director/v2/types/v56"
)

// access is what a job needs to sign in.
type access struct {
	URL, Org, User, Password string
}

// seen is what a job saw.
type seen map[string]any

// jobs by name.
var jobs = map[string]func(access) seen{
	"session":          session,
	"used_token":       usedToken,
	"wrong_password":   wrongPassword,
	"provider":         provider,
	"lookups":          lookups,
	"queries":          queries,
	"vapp":             emptyVApp,
	"instantiate":      instantiate,
	"clone":            clone,
	"vapp_power":       vappPower,
	"access":           accessControl,
	"tasks":            tasks,
	"vapp_networks":    vappNetworks,
	"org_network":      orgNetwork,
	"add_vms":          addVMs,
	"parallel_vms":     parallelVMs,
	"standalone":       standalone,
	"vm_power":         vmPower,
	"nics":             changeNICs,
	"sizing":           sizing,
	"hardware":         hardware,
	"customization":    customization,
	"internal_disks":   internalDisks,
	"disks":            independentDisks,
	"media":            media,
	"metadata":         metadata,
	"affinity_rules":   affinityRules,
	"missing_entities": missingEntities,
	"bad_requests":     badRequests,
}

func main() {
	if len(os.Args) != 2 || jobs[os.Args[1]] == nil {
		names := make([]string, 0, len(jobs))
		for name := range jobs {
			names = append(names, name)
		}
		sort.Strings(names)
		fmt.Fprintf(os.Stderr, "usage: govcd JOB < access.json\njobs: %s\n", strings.Join(names, " "))
		os.Exit(2)
	}
	var given access
	check(json.NewDecoder(os.Stdin).Decode(&given))
	check(json.NewEncoder(os.Stdout).Encode(jobs[os.Args[1]](given)))
}

// check ends the program with the error and the place of the call in its job.
func check(err error) {
	if err == nil {
		return
	}
	for depth := 1; depth < 10; depth++ {
		_, file, line, _ := runtime.Caller(depth)
		if name := filepath.Base(file); name != "main.go" && strings.HasSuffix(name, ".go") {
			fmt.Fprintf(os.Stderr, "%s:%d: ", name, line)
			break
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// must is the value of a call that may not fail.
func must[T any](value T, err error) T {
	check(err)
	return value
}

// text of an error, or "".
func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// wait waits for a task with the client's own means, asking more often than its 3 s; the final status.
func wait(task govcd.Task, err error) string {
	check(err)
	check(task.WaitInspectTaskCompletion(nil, 200*time.Millisecond))
	return task.Task.Status
}

// pointer to a value, as the request types want it.
func pointer[T any](value T) *T { return &value }

// newClient is a client without a session.
func newClient(given access) *govcd.VCDClient {
	address := must(url.Parse(given.URL + "/api"))
	return govcd.NewVCDClient(*address, true) // the demo's certificate is its own
}

// signIn is a client with a session.
func signIn(given access) *govcd.VCDClient {
	client := newClient(given)
	check(client.Authenticate(given.User, given.Password, given.Org))
	return client
}

// place is where the jobs work.
type place struct {
	client *govcd.VCDClient
	org    *govcd.Org
	vdc    *govcd.Vdc
}

// enter signs in and looks up the VDC acme-vdc of the org.
func enter(given access) place {
	client := signIn(given)
	org := must(client.GetOrgByName(given.Org))
	return place{client, org, must(org.GetVDCByName("acme-vdc", true))}
}

// template of the catalog "linux".
func (at place) template(name string) *govcd.VAppTemplate {
	return must(must(at.org.GetCatalogByName("linux", true)).GetVAppTemplateByName(name))
}

// network of the VDC.
func (at place) network(name string) *govcd.OrgVDCNetwork {
	return must(at.vdc.GetOrgVdcNetworkByName(name, true))
}

// vapps are the names of the vApps that the VDC lists now.
func (at place) vapps() []string {
	check(at.vdc.Refresh())
	names := []string{}
	for _, each := range at.vdc.GetVappList() {
		names = append(names, each.Name)
	}
	return names
}

// leave ends the session.
func (at place) leave() { check(at.client.Disconnect()) }

// remove a vApp in whatever state it is.
func (at place) remove(vapp *govcd.VApp) string {
	if task, err := vapp.Undeploy(); err == nil {
		wait(task, nil)
	}
	return wait(vapp.Delete())
}

// vmState is what a client sees of a VM's power.
func vmState(vm *govcd.VM) string { return must(vm.GetStatus()) }

// vappState is what a client sees of a vApp's power.
func vappState(vapp *govcd.VApp) string { return must(vapp.GetStatus()) }

// nic of a new VM.
func nic(index int, network, mode, address string) *types.NetworkConnection {
	return &types.NetworkConnection{
		Network:                 network,
		NetworkConnectionIndex:  index,
		IPAddressAllocationMode: mode,
		IPAddress:               address,
		IsConnected:             network != types.NoneNetwork,
		NetworkAdapterType:      "VMXNET3",
	}
}

// nics of a new VM.
func nics(each ...*types.NetworkConnection) *types.NetworkConnectionSection {
	return &types.NetworkConnectionSection{NetworkConnection: each}
}

// emptySpec is the hardware of a VM without a template.
func emptySpec(cpus, memory int) *types.VmSpecSection {
	return &types.VmSpecSection{
		Modified:          pointer(true),
		Info:              "Virtual machine specification",
		OsType:            "debian10_64Guest",
		NumCpus:           pointer(cpus),
		NumCoresPerSocket: pointer(1),
		CpuResourceMhz:    &types.CpuResourceMhz{Configured: 1000},
		MemoryResourceMb:  &types.MemoryResourceMb{Configured: int64(memory)},
		DiskSection:       &types.DiskSection{DiskSettings: []*types.DiskSettings{diskOf(0, 1024)}},
		HardwareVersion:   &types.HardwareVersion{Value: "vmx-19"},
	}
}

// diskOf is a disk of a VM, on its first paravirtual controller.
func diskOf(unit int, size int64) *types.DiskSettings {
	return &types.DiskSettings{SizeMb: size, UnitNumber: unit, BusNumber: 0, AdapterType: "5", ThinProvisioned: pointer(true)}
}

// emptyVM is the request for a VM without a template.
func emptyVM(name string, section *types.NetworkConnectionSection) *types.RecomposeVAppParamsForEmptyVm {
	return &types.RecomposeVAppParamsForEmptyVm{
		CreateItem: &types.CreateItem{
			Name:                      name,
			Description:               "without a template",
			GuestCustomizationSection: &types.GuestCustomizationSection{Info: "Guest customization", ComputerName: name},
			NetworkConnectionSection:  section,
			VmSpecSection:             emptySpec(1, 512),
		},
		AllEULAsAccepted: true,
	}
}

// withVM makes a vApp with one empty VM in it.
func (at place) withVM(name string, section *types.NetworkConnectionSection) (*govcd.VApp, *govcd.VM) {
	vapp := must(at.vdc.CreateRawVApp(name, ""))
	wait(vapp.AddEmptyVmAsync(emptyVM("vm", section)))
	return vapp, must(vapp.GetVMByName("vm", true))
}

// withTemplate makes a vApp from a template, deployed and off.
func (at place) withTemplate(name, template string, powerOn bool) *govcd.VApp {
	return must(at.vdc.CreateVappFromTemplate(&types.InstantiateVAppTemplateParams{
		Name:             name,
		PowerOn:          powerOn,
		Description:      "made by go-vcloud-director",
		Source:           &types.Reference{HREF: at.template(template).VAppTemplate.HREF},
		AllEULAsAccepted: true,
	}))
}

// contains tells whether a list of names has one.
func contains(names []string, name string) bool {
	for _, each := range names {
		if each == name {
			return true
		}
	}
	return false
}
