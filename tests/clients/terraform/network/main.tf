resource "vcd_network_isolated_v2" "net" {
  name          = "tf-isolated"
  description   = var.changed ? "second" : "first"
  gateway       = "10.88.0.1"
  prefix_length = 24
  dns1          = "8.8.8.8"
  dns2          = "1.1.1.1"
  dns_suffix    = "tf.test"

  static_ip_pool {
    start_address = "10.88.0.10"
    end_address   = var.changed ? "10.88.0.50" : "10.88.0.20"
  }

  metadata_entry {
    key         = "colour"
    type        = "MetadataStringValue"
    value       = var.changed ? "red" : "blue"
    user_access = "READWRITE"
    is_system   = false
  }
}

data "vcd_network_isolated_v2" "net" {
  name       = vcd_network_isolated_v2.net.name
  depends_on = [vcd_network_isolated_v2.net]
}

output "seen" {
  value = {
    same        = data.vcd_network_isolated_v2.net.id == vcd_network_isolated_v2.net.id
    description = data.vcd_network_isolated_v2.net.description
    gateway     = data.vcd_network_isolated_v2.net.gateway
    pool        = one(data.vcd_network_isolated_v2.net.static_ip_pool).end_address
    dns         = data.vcd_network_isolated_v2.net.dns_suffix
    metadata    = [for each in data.vcd_network_isolated_v2.net.metadata_entry : each.value]
  }
}
