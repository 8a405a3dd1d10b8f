"""URLs of catalogs."""

from catalogs import legacy
from ssvirt.api.routes import admin_routes, routes
from ssvirt.wire import types as w

_SECTIONS = {
    "leaseSettingsSection": w.LeaseSettingsSection,
    "networkSection": w.NetworkSection,
    "networkConfigSection": w.NetworkConfigSection,
    "customizationSection": w.CustomizationSection,
}
_VM_SECTIONS = {
    "networkConnectionSection": w.NetworkConnectionSection,
    "guestCustomizationSection": w.GuestCustomizationSection,
    "virtualHardwareSection": w.VirtualHardwareSection,
}

urlpatterns = [
    *routes("api/catalog/<id:catalog_id>", legacy.CatalogView, "catalog"),
    *admin_routes("catalog/<id:catalog_id>", legacy.AdminCatalogView),
    *routes("api/catalog/<id:catalog_id>/catalogItems/query", legacy.CatalogItemsQueryView),
    *routes("api/org/<id:org_id>/catalogs/query", legacy.OrgCatalogsQueryView),
    *routes("api/catalogItem/<id:item_id>", legacy.CatalogItemView, "catalog-item"),
    *routes("api/vAppTemplate/<vmid:vm_id>", legacy.TemplateVmView),
    *routes("api/vAppTemplate/<id:template_id>", legacy.VAppTemplateView, "vapp-template"),
    *routes("api/media/<id:media_id>", legacy.MediaView, "media"),
]
for _name, _section in _SECTIONS.items():
    urlpatterns += routes(
        f"api/vAppTemplate/<id:template_id>/{_name}", legacy.template_section_view(_section)
    )
for _name, _section in _VM_SECTIONS.items():
    urlpatterns += routes(f"api/vAppTemplate/<vmid:vm_id>/{_name}", legacy.template_vm_section_view(_section))
