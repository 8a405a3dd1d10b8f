"""Catalogs and what they hold among the kinds of entities that carry metadata, access lists and owners."""

from catalogs.selectors import (
    visible_catalogs,
    visible_items,
    visible_media,
    visible_template_vms,
    visible_templates,
)
from orgs.rights import Rights
from orgs.services import Acl, EntityKind, Owning, register_entity

_CATALOG = ("api/catalog/<id:catalog_id>", "catalog")
_ADMIN_CATALOG = ("api/admin/catalog/<id:catalog_id>", "adminCatalog")
_TEMPLATE = ("api/vAppTemplate/<id:template_id>", "vAppTemplate")
_MEDIA = ("api/media/<id:media_id>", "media")


def register() -> None:
    """Makes the kinds known; called when the app is ready."""
    for kind in (
        EntityKind(
            kind="catalog",
            word="catalog",
            paths=(_CATALOG, _ADMIN_CATALOG),
            rows=visible_catalogs,
            read=Rights.CATALOG_VIEW,
            write=Rights.CATALOG_EDIT,
            owner="owner_id",
            container="pk",
            acl=Acl(
                paths=(_CATALOG, ("api/org/<id:org_id>/catalog/<id:catalog_id>", "catalog")),
                view=Rights.CATALOG_VIEW,
                edit=Rights.CATALOG_SHARING,
            ),
            owning=Owning(
                paths=(_CATALOG, _ADMIN_CATALOG),
                view=Rights.CATALOG_VIEW,
                change=Rights.CATALOG_CHANGE_OWNER,
            ),
        ),
        EntityKind(
            kind="catalogItem",
            word="catalog item",
            paths=(
                ("api/catalogItem/<id:item_id>", "catalogItem"),
                ("api/admin/catalogItem/<id:item_id>", "catalogItem"),
            ),
            rows=visible_items,
            read=Rights.CATALOG_VIEW,
            write=Rights.TEMPLATE_EDIT,
            owner="catalog__owner_id",
            container="catalog_id",
        ),
        EntityKind(
            kind="vAppTemplate",
            word="vApp template",
            paths=(_TEMPLATE,),
            rows=visible_templates,
            read=Rights.TEMPLATE_VIEW,
            write=Rights.TEMPLATE_EDIT,
            owner="item__catalog__owner_id",
            container="item__catalog_id",
            owning=Owning(paths=(_TEMPLATE,), view=Rights.TEMPLATE_VIEW, change=Rights.CATALOG_CHANGE_OWNER),
        ),
        EntityKind(
            kind="templateVm",
            word="VM",
            paths=(("api/vAppTemplate/<vmid:vm_id>", "templateVm"),),
            rows=visible_template_vms,
            read=Rights.TEMPLATE_VIEW,
            write=Rights.TEMPLATE_EDIT,
            owner="template__item__catalog__owner_id",
            container="template__item__catalog_id",
        ),
        EntityKind(
            kind="media",
            word="media",
            paths=(_MEDIA,),
            rows=visible_media,
            read=Rights.TEMPLATE_VIEW,
            write=Rights.TEMPLATE_EDIT,
            owner="item__catalog__owner_id",
            container="item__catalog_id",
            owning=Owning(paths=(_MEDIA,), view=Rights.TEMPLATE_VIEW, change=None),
        ),
    ):
        register_entity(kind)
