resource "vcd_vapp" "app" {
  name        = "tf-vapp"
  description = var.changed ? "second" : "first"

  lease {
    runtime_lease_in_sec = var.changed ? 7200 : 3600
    storage_lease_in_sec = 86400
  }

  guest_properties = {
    "colour" = var.changed ? "red" : "blue"
    "size"   = "large"
  }

  metadata_entry {
    key         = "text"
    type        = "MetadataStringValue"
    value       = var.changed ? "second & more" : "first"
    user_access = "READWRITE"
    is_system   = false
  }

  metadata_entry {
    key         = "number"
    type        = "MetadataNumberValue"
    value       = "42"
    user_access = "READWRITE"
    is_system   = false
  }
}

resource "vcd_vapp_network" "inner" {
  name          = "inner"
  description   = var.changed ? "second" : "first"
  vapp_name     = vcd_vapp.app.name
  gateway       = "192.168.9.1"
  prefix_length = 24
  dns1          = "192.168.9.1"
  dns2          = "1.1.1.1"
  dns_suffix    = "inner.test"

  static_ip_pool {
    start_address = "192.168.9.10"
    end_address   = var.changed ? "192.168.9.50" : "192.168.9.20"
  }
}

resource "vcd_vapp_org_network" "outer" {
  vapp_name        = vcd_vapp.app.name
  org_network_name = "acme-net"
}

data "vcd_vapp" "app" {
  name       = vcd_vapp.app.name
  depends_on = [vcd_vapp.app, vcd_vapp_network.inner, vcd_vapp_org_network.outer]
}

data "vcd_vapp_network" "inner" {
  vapp_name  = vcd_vapp.app.name
  name       = vcd_vapp_network.inner.name
  depends_on = [vcd_vapp_network.inner]
}

data "vcd_vapp_org_network" "outer" {
  vapp_name        = vcd_vapp.app.name
  org_network_name = vcd_vapp_org_network.outer.org_network_name
  depends_on       = [vcd_vapp_org_network.outer]
}

output "seen" {
  value = {
    description  = data.vcd_vapp.app.description
    status       = data.vcd_vapp.app.status_text
    lease        = one(data.vcd_vapp.app.lease).runtime_lease_in_sec
    property     = data.vcd_vapp.app.guest_properties["colour"]
    networks     = data.vcd_vapp.app.vapp_network_names
    org_networks = data.vcd_vapp.app.vapp_org_network_names
    metadata     = { for each in data.vcd_vapp.app.metadata_entry : each.key => each.value }
    inner        = data.vcd_vapp_network.inner.description
    pool         = one(data.vcd_vapp_network.inner.static_ip_pool).end_address
    same         = data.vcd_vapp_org_network.outer.id == vcd_vapp_org_network.outer.id
  }
}
