resource "vcd_independent_disk" "data" {
  name            = "tf-data"
  size_in_mb      = var.changed ? 2048 : 1024
  bus_type        = "SCSI"
  bus_sub_type    = "VirtualSCSI"
  storage_profile = "silver"

  metadata_entry {
    key         = "role"
    type        = "MetadataStringValue"
    value       = var.changed ? "main" : "spare"
    user_access = "READWRITE"
    is_system   = false
  }
}

resource "vcd_vapp" "app" {
  name = "tf-disks"
}

resource "vcd_vapp_vm" "vm" {
  vapp_name        = vcd_vapp.app.name
  name             = "vm"
  computer_name    = "vm"
  os_type          = "sles10_64Guest"
  hardware_version = "vmx-14"
  cpus             = 1
  memory           = 512
  power_on         = true

  disk {
    name        = vcd_independent_disk.data.name
    bus_number  = 1
    unit_number = 0
  }
}

resource "vcd_vm_internal_disk" "more" {
  vapp_name       = vcd_vapp.app.name
  vm_name         = vcd_vapp_vm.vm.name
  bus_type        = "paravirtual"
  bus_number      = 0
  unit_number     = 1
  size_in_mb      = var.changed ? 3072 : 2048
  storage_profile = "gold"
  allow_vm_reboot = true
}

data "vcd_independent_disk" "data" {
  id         = vcd_independent_disk.data.id
  depends_on = [vcd_independent_disk.data, vcd_vapp_vm.vm]
}

data "vcd_vapp_vm" "vm" {
  vapp_name  = vcd_vapp.app.name
  name       = vcd_vapp_vm.vm.name
  depends_on = [vcd_vm_internal_disk.more]
}

output "seen" {
  value = {
    size     = data.vcd_independent_disk.data.size_in_mb
    attached = data.vcd_independent_disk.data.is_attached
    owner    = data.vcd_independent_disk.data.owner_name
    vms      = length(data.vcd_independent_disk.data.attached_vm_ids)
    internal = [for each in data.vcd_vapp_vm.vm.internal_disk : each.size_in_mb]
    thin     = vcd_vm_internal_disk.more.thin_provisioned
  }
}
