data "vcd_catalog" "linux" {
  name = "linux"
}

data "vcd_catalog_vapp_template" "ubuntu" {
  catalog_id = data.vcd_catalog.linux.id
  name       = "ubuntu"
}

resource "vcd_vm" "full" {
  name             = "tf-full"
  computer_name    = "full-1"
  vapp_template_id = data.vcd_catalog_vapp_template.ubuntu.id
  cpus             = 2
  memory           = var.changed ? 2048 : 1024
  power_on         = true

  network {
    type               = "org"
    name               = "acme-net"
    ip_allocation_mode = "POOL"
    is_primary         = true
  }
}

resource "vcd_vm" "empty" {
  name             = "tf-empty"
  computer_name    = "empty-1"
  description      = var.changed ? "second" : "first"
  os_type          = "debian10_64Guest"
  hardware_version = "vmx-18"
  cpus             = 1
  memory           = 512
  power_on         = false

  network {
    type               = "org"
    name               = "acme-net"
    ip_allocation_mode = "MANUAL"
    ip                 = var.changed ? "10.10.0.151" : "10.10.0.150"
  }
}

data "vcd_vm" "full" {
  name       = vcd_vm.full.name
  depends_on = [vcd_vm.full]
}

data "vcd_vm" "empty" {
  name       = vcd_vm.empty.name
  depends_on = [vcd_vm.empty]
}

output "seen" {
  value = {
    kinds  = [data.vcd_vm.full.vm_type, data.vcd_vm.empty.vm_type]
    status = [data.vcd_vm.full.status_text, data.vcd_vm.empty.status_text]
    memory = data.vcd_vm.full.memory
    ip     = data.vcd_vm.empty.network[0].ip
    about  = data.vcd_vm.empty.description
  }
}
