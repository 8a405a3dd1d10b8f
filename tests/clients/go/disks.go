package main

import (
	"github.com/vmware/go-vcloud-director/v2/govcd"
	"github.com/vmware/go-vcloud-director/v2/types/v56"
)

// withProfile is a disk of a storage profile, which the client asks for when it adds one.
func withProfile(settings *types.DiskSettings, profile types.Reference) *types.DiskSettings {
	settings.StorageProfile = &profile
	return settings
}

// internalDisks of a VM: added, grown, deleted.
func internalDisks(given access) seen {
	at := enter(given)
	vapp, vm := at.withVM("go-internal", nil)
	sizes := func() []int64 {
		check(vm.Refresh())
		found := []int64{}
		for _, each := range vm.VM.VmSpecSection.DiskSection.DiskSettings {
			found = append(found, each.SizeMb)
		}
		return found
	}
	saw := seen{"before": sizes()}
	gold := must(at.vdc.FindStorageProfileReference("gold"))
	first := vm.VM.VmSpecSection.DiskSection.DiskSettings[0].DiskId
	id := must(vm.AddInternalDisk(&types.DiskSettings{
		SizeMb: 2048, UnitNumber: 1, BusNumber: 0, AdapterType: "5", ThinProvisioned: pointer(true),
		StorageProfile: pointer(must(at.vdc.FindStorageProfileReference("silver"))), OverrideVmDefault: true,
	}))
	saw["added"] = sizes()
	added := must(vm.GetInternalDiskById(id, true))
	saw["disk"] = []any{added.UnitNumber, added.BusNumber, added.AdapterType, added.StorageProfile.Name, added.OverrideVmDefault}
	saw["first_kept"] = must(vm.GetInternalDiskById(first, true)).SizeMb
	spec := vm.VM.VmSpecSection
	for _, each := range spec.DiskSection.DiskSettings {
		if each.DiskId == id {
			each.SizeMb = 3072
		}
	}
	must(vm.UpdateInternalDisks(spec))
	saw["grown"] = sizes()
	spec = vm.VM.VmSpecSection
	spec.DiskSection.DiskSettings[0].SizeMb = 512
	_, err := vm.UpdateInternalDisks(spec)
	saw["shrunk"] = text(err)
	_, err = vm.AddInternalDisk(withProfile(diskOf(1, 1024), gold))
	saw["same_unit"] = text(err)
	sata := withProfile(diskOf(0, 1024), gold)
	sata.AdapterType = "6"
	other := must(vm.AddInternalDisk(sata))
	saw["sata"] = must(vm.GetInternalDiskById(other, true)).AdapterType
	check(vm.DeleteInternalDisk(id))
	check(vm.DeleteInternalDisk(other))
	saw["left"] = sizes()
	saw["deleted"] = at.remove(vapp)
	at.leave()
	return saw
}

// independentDisks: made, attached, detached, grown, deleted.
func independentDisks(given access) seen {
	at := enter(given)
	silver := must(at.vdc.FindStorageProfileReference("silver"))
	task := must(at.vdc.CreateDisk(&types.DiskCreateParams{Disk: &types.Disk{
		Name: "go-disk", Description: "first", SizeMb: 1024, BusType: "6", BusSubType: "VirtualSCSI", StorageProfile: &silver,
	}}))
	saw := seen{"owner": task.Task.Owner.Type}
	saw["created"] = wait(task, nil)
	check(at.vdc.Refresh())
	disk := must(at.vdc.GetDiskById(task.Task.Owner.ID, true))
	saw["disk"] = []any{
		disk.Disk.Name, disk.Disk.Description, disk.Disk.SizeMb, disk.Disk.BusType, disk.Disk.BusSubType,
		disk.Disk.StorageProfile.Name, disk.Disk.Owner.User.Name, disk.Disk.Status,
	}
	saw["by_name"] = len(*must(at.vdc.GetDisksByName("go-disk", true)))
	record := must(at.vdc.QueryDisk("go-disk")).Disk
	saw["record"] = []any{record.SizeMb, record.IsAttached, record.StorageProfileName, record.OwnerName}
	saw["queried"] = len(*must(at.vdc.QueryDisks("go-disk")))

	vapp, vm := at.withVM("go-disks", nil)
	saw["attached"] = wait(vm.AttachDisk(&types.DiskAttachOrDetachParams{
		Disk: &types.Reference{HREF: disk.Disk.HREF}, BusNumber: pointer(1), UnitNumber: pointer(0),
	}))
	check(disk.Refresh())
	check(vm.Refresh())
	saw["attached_to"] = must(disk.AttachedVM()).Name
	saw["hrefs"] = must(disk.GetAttachedVmsHrefs())[0] == vm.VM.HREF
	saw["is_attached"] = must(at.vdc.QueryDisk("go-disk")).Disk.IsAttached
	named := []any{}
	for _, each := range vm.VM.VmSpecSection.DiskSection.DiskSettings {
		if each.Disk != nil {
			named = append(named, each.Disk.Name, each.BusNumber, each.UnitNumber, each.SizeMb)
		}
	}
	saw["named"] = named
	saw["deleted_in_use"] = text(second(disk.Delete()))
	// The list of disks goes back as it came, the named one with it.
	id := must(vm.AddInternalDisk(withProfile(diskOf(3, 512), silver)))
	check(vm.DeleteInternalDisk(id))
	saw["detached"] = wait(vm.DetachDisk(&types.DiskAttachOrDetachParams{Disk: &types.Reference{HREF: disk.Disk.HREF}}))
	check(disk.Refresh())
	attached, err := disk.AttachedVM()
	check(err)
	saw["free"] = attached == nil

	changes := *disk.Disk
	changes.Name, changes.Description, changes.SizeMb = "go-disk-2", "second", 2048
	saw["updated"] = wait(disk.Update(&changes))
	check(disk.Refresh())
	saw["changed"] = []any{disk.Disk.Name, disk.Disk.Description, disk.Disk.SizeMb}
	check(disk.AddMetadataEntryWithVisibility("colour", "blue", types.MetadataStringValue, types.MetadataReadWriteVisibility, false))
	saw["metadata"] = must(disk.GetMetadataByKey("colour", false)).TypedValue.Value
	check(disk.DeleteMetadataEntryWithDomain("colour", false))
	saw["deleted"] = wait(disk.Delete())
	_, err = at.vdc.GetDiskById(disk.Disk.Id, true)
	saw["gone"] = govcd.ContainsNotFound(err)
	saw["vapp"] = at.remove(vapp)
	at.leave()
	return saw
}

// media inserted and ejected.
func media(given access) seen {
	at := enter(given)
	vapp, vm := at.withVM("go-media", nil)
	inserted := func() string {
		check(vm.Refresh())
		for _, each := range vm.VM.VirtualHardwareSection.Item {
			if each.ResourceSubType == types.VMsCDResourceSubType {
				return each.ElementName
			}
		}
		return ""
	}
	saw := seen{"before": inserted() != ""}
	saw["inserted"] = wait(vm.HandleInsertMedia(at.org, "linux", "tools.iso"))
	saw["with"] = inserted() != ""
	found := ""
	if section := vm.VM.VmSpecSection.MediaSection; section != nil {
		for _, each := range section.MediaSettings {
			if each.MediaImage != nil && each.MediaImage.Name != "" {
				found = each.MediaImage.Name
			}
		}
	}
	saw["image"] = found
	saw["on"] = wait(vm.PowerOn())
	must(vm.HandleEjectMediaAndAnswer(at.org, "linux", "tools.iso", true))
	saw["after"] = inserted() != ""
	saw["deleted"] = at.remove(vapp)
	at.leave()
	return saw
}

// entries is what metadata has: its types and ways.
type entries interface {
	GetMetadata() (*types.Metadata, error)
	GetMetadataByKey(key string, isSystem bool) (*types.MetadataValue, error)
	AddMetadataEntryWithVisibility(key, value, typedValue, visibility string, isSystem bool) error
	MergeMetadataWithMetadataValues(metadata map[string]types.MetadataValue) error
	DeleteMetadataEntryWithDomain(key string, isSystem bool) error
}

// metadata of a vApp and a VM, in every type.
func metadata(given access) seen {
	at := enter(given)
	vapp, vm := at.withVM("go-metadata", nil)
	saw := seen{}
	for name, entity := range map[string]entries{"vapp": vapp, "vm": vm} {
		is := seen{"before": len(must(entity.GetMetadata()).MetadataEntry)}
		for _, each := range [][3]string{
			{"text", "blue & green", types.MetadataStringValue}, {"number", "42", types.MetadataNumberValue},
			{"truth", "true", types.MetadataBooleanValue}, {"date", "2026-01-02T03:04:05.000Z", types.MetadataDateTimeValue},
		} {
			check(entity.AddMetadataEntryWithVisibility(each[0], each[1], each[2], types.MetadataReadWriteVisibility, false))
		}
		typed := seen{}
		for _, each := range must(entity.GetMetadata()).MetadataEntry {
			typed[each.Key] = []string{each.TypedValue.XsiType, each.TypedValue.Value}
		}
		is["typed"] = typed
		check(entity.MergeMetadataWithMetadataValues(map[string]types.MetadataValue{
			"text": {
				Domain:     &types.MetadataDomainTag{Visibility: types.MetadataReadWriteVisibility, Domain: "GENERAL"},
				TypedValue: &types.MetadataTypedValue{XsiType: types.MetadataStringValue, Value: "red"},
			},
			"merged": {
				Domain:     &types.MetadataDomainTag{Visibility: types.MetadataReadWriteVisibility, Domain: "GENERAL"},
				TypedValue: &types.MetadataTypedValue{XsiType: types.MetadataNumberValue, Value: "7"},
			},
		}))
		is["merged"] = []string{
			must(entity.GetMetadataByKey("text", false)).TypedValue.Value,
			must(entity.GetMetadataByKey("merged", false)).TypedValue.Value,
		}
		is["count"] = len(must(entity.GetMetadata()).MetadataEntry)
		is["not_a_number"] = text(entity.AddMetadataEntryWithVisibility(
			"bad", "many", types.MetadataNumberValue, types.MetadataReadWriteVisibility, false))
		is["system"] = text(entity.AddMetadataEntryWithVisibility(
			"hidden", "x", types.MetadataStringValue, types.MetadataReadOnlyVisibility, true))
		check(entity.DeleteMetadataEntryWithDomain("text", false))
		_, err := entity.GetMetadataByKey("text", false)
		is["after"] = text(err)
		saw[name] = is
	}
	// Found by its metadata.
	criteria := govcd.NewFilterDef()
	check(criteria.AddMetadataFilter("number", "42", "NUMBER", false, true))
	items, _, err := at.client.Client.SearchByFilter(types.QtVapp, criteria)
	check(err)
	found := []string{}
	for _, each := range items {
		found = append(found, each.GetName())
	}
	saw["found"] = found
	saw["of_template"] = text(second(at.template("fedora").GetMetadata()))
	saw["of_network"] = text(second(at.network("acme-net").GetMetadata()))
	saw["deleted"] = at.remove(vapp)
	at.leave()
	return saw
}
