# What every configuration looks up first.
data "vcd_org" "acme" {
  name = "acme"
}

data "vcd_org_vdc" "vdc" {
  name = "acme-vdc"
}

data "vcd_catalog" "linux" {
  name = "linux"
}

data "vcd_catalog_vapp_template" "fedora" {
  catalog_id = data.vcd_catalog.linux.id
  name       = "fedora"
}

data "vcd_catalog_media" "tools" {
  catalog_id = data.vcd_catalog.linux.id
  name       = "tools.iso"
}

data "vcd_storage_profile" "gold" {
  name = "gold"
}

data "vcd_resource_list" "networks" {
  name          = "networks"
  resource_type = "vcd_network_routed_v2"
  list_mode     = "name"
}

data "vcd_resource_list" "vapps" {
  name          = "vapps"
  resource_type = "vcd_vapp"
  list_mode     = "name"
}

output "seen" {
  value = {
    org      = data.vcd_org.acme.full_name
    vdc      = data.vcd_org_vdc.vdc.allocation_model
    catalog  = data.vcd_catalog.linux.name
    template = data.vcd_catalog_vapp_template.fedora.vm_names
    is_iso   = data.vcd_catalog_media.tools.is_iso
    profile  = data.vcd_storage_profile.gold.name
    networks = data.vcd_resource_list.networks.list
  }
}
