data "vcd_catalog" "linux" {
  name = "linux"
}

data "vcd_catalog_vapp_template" "pair" {
  catalog_id = data.vcd_catalog.linux.id
  name       = "web-and-db"
}

data "vcd_catalog_media" "tools" {
  catalog_id = data.vcd_catalog.linux.id
  name       = "tools.iso"
}

resource "vcd_vapp" "app" {
  name = "tf-vapp-vm"
}

resource "vcd_vapp_org_network" "outer" {
  vapp_name        = vcd_vapp.app.name
  org_network_name = "acme-net"
}

resource "vcd_vapp_network" "inner" {
  name          = "inner"
  vapp_name     = vcd_vapp.app.name
  gateway       = "192.168.9.1"
  prefix_length = 24

  static_ip_pool {
    start_address = "192.168.9.10"
    end_address   = "192.168.9.20"
  }
}

# Of one VM of a template, running.
resource "vcd_vapp_vm" "db" {
  vapp_name           = vcd_vapp.app.name
  name                = "db"
  computer_name       = "db-1"
  vapp_template_id    = data.vcd_catalog_vapp_template.pair.id
  vm_name_in_template = "db"
  cpus                = var.changed ? 4 : 2
  cpu_cores           = 2
  memory              = var.changed ? 3072 : 1024
  storage_profile     = "gold"

  network {
    type               = "org"
    name               = vcd_vapp_org_network.outer.org_network_name
    ip_allocation_mode = "POOL"
    is_primary         = true
  }

  dynamic "network" {
    for_each = var.changed ? ["inner"] : []
    content {
      type               = "vapp"
      name               = vcd_vapp_network.inner.name
      ip_allocation_mode = "MANUAL"
      ip                 = "192.168.9.12"
    }
  }

  customization {
    enabled                    = true
    allow_local_admin_password = true
    auto_generate_password     = false
    admin_password             = "S3cret-enough"
    initscript                 = "#!/bin/sh\necho '<&>' > /tmp/it\n"
  }

  guest_properties = {
    "colour" = var.changed ? "red" : "blue"
  }

  metadata_entry {
    key         = "role"
    type        = "MetadataStringValue"
    value       = var.changed ? "main" : "spare"
    user_access = "READWRITE"
    is_system   = false
  }
}

# Of nothing, off.
resource "vcd_vapp_vm" "empty" {
  vapp_name        = vcd_vapp.app.name
  name             = "empty"
  computer_name    = "empty-1"
  description      = var.changed ? "second" : "first"
  os_type          = "sles10_64Guest"
  hardware_version = "vmx-14"
  cpus             = 1
  cpu_cores        = 1
  memory           = 512
  power_on         = false
  boot_image_id    = data.vcd_catalog_media.tools.id
  security_tags    = var.changed ? ["tf-red"] : ["tf-blue"]

  cpu_hot_add_enabled    = true
  memory_hot_add_enabled = true

  network {
    type               = "vapp"
    name               = vcd_vapp_network.inner.name
    ip_allocation_mode = "POOL"
    adapter_type       = "VMXNET3"
  }

  network {
    type               = "none"
    ip_allocation_mode = "NONE"
    connected          = false
  }
}

data "vcd_vapp_vm" "db" {
  vapp_name  = vcd_vapp.app.name
  name       = vcd_vapp_vm.db.name
  depends_on = [vcd_vapp_vm.db]
}

data "vcd_vapp_vm" "empty" {
  vapp_name  = vcd_vapp.app.name
  name       = vcd_vapp_vm.empty.name
  depends_on = [vcd_vapp_vm.empty]
}

output "seen" {
  value = {
    db = {
      size     = [data.vcd_vapp_vm.db.cpus, data.vcd_vapp_vm.db.cpu_cores, data.vcd_vapp_vm.db.memory]
      status   = data.vcd_vapp_vm.db.status_text
      networks = data.vcd_vapp_vm.db.network[*].name
      has_ip   = [for each in data.vcd_vapp_vm.db.network : each.ip != ""]
      computer = data.vcd_vapp_vm.db.computer_name
      metadata = { for each in data.vcd_vapp_vm.db.metadata_entry : each.key => each.value }
    }
    empty = {
      description = data.vcd_vapp_vm.empty.description
      status      = data.vcd_vapp_vm.empty.status_text
      os          = data.vcd_vapp_vm.empty.os_type
      address     = data.vcd_vapp_vm.empty.network[0].ip
      tags        = data.vcd_vapp_vm.empty.security_tags
    }
  }
}
