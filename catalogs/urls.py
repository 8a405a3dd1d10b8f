"""URLs of catalogs."""

from catalogs import legacy
from ssvirt.api.routes import admin_routes, routes

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
