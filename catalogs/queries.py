"""Query types of catalogs, items, templates and media."""

from typing import Any

from catalogs.models import TemplateStatus
from catalogs.selectors import catalogs_of_scope, items_of_scope, media_of_scope, templates_of_scope
from orgs.rights import Rights
from ssvirt.api.query import Field, QueryType, Ref, register_query
from ssvirt.wire import types as w

_CATALOG_FIELDS = {
    "id": Field("pk", "reference"),
    "name": Field("name"),
    "description": Field("description"),
    "isPublished": Field("is_published", "flag"),
    "creationDate": Field("created_at", "moment"),
    "orgName": Field("org__name"),
    "org": Field("org_id", "reference"),
    "ownerName": Field("owner__username"),
}
_ITEM_FIELDS = {
    "id": Field("pk", "reference"),
    "name": Field("name"),
    "catalog": Field("catalog_id", "reference"),
    "catalogName": Field("catalog__name"),
    "creationDate": Field("created_at", "moment"),
}
_ENTITY_FIELDS = {
    "id": Field("pk", "reference"),
    "name": Field("name"),
    "catalog": Field("item__catalog_id", "reference"),
    "catalogName": Field("item__catalog__name"),
    "catalogItem": Field("item_id", "reference"),
    "creationDate": Field("created_at", "moment"),
    "ownerName": Field("owner__username"),
    "org": Field("org_id", "reference"),
}


def _catalog_values(catalog: Any) -> dict[str, Any]:
    return {
        "name": catalog.name,
        "is_published": catalog.is_published,
        "is_shared": catalog.is_published,
        "creation_date": catalog.created_at,
        "org_name": catalog.org.name,
        "owner_name": catalog.owner.username,
        "number_of_media": catalog.media_count,
        "number_of_vapp_templates": catalog.template_count,
        "is_local": True,
        "version": catalog.version,
        "status": "READY",
    }


def _catalog_record(catalog: Any, ref: Ref) -> w.QueryResultRecord:
    return w.CatalogRecord(
        **_catalog_values(catalog), description=catalog.description, owner=ref("user", catalog.owner_id)
    )


def _admin_catalog_record(catalog: Any, ref: Ref) -> w.QueryResultRecord:
    return w.AdminCatalogRecord(
        **_catalog_values(catalog), org=ref("org", catalog.org_id), owner=ref("user", catalog.owner_id)
    )


def _item_values(item: Any, ref: Ref) -> dict[str, Any]:
    template, media = getattr(item, "template", None), getattr(item, "media", None)
    kind, entity = ("vAppTemplate", template) if template is not None else ("media", media)
    return {
        "name": item.name,
        "entity": ref(kind, entity.pk) if entity is not None else None,
        "entity_name": entity.name if entity is not None else None,
        "entity_type": kind.lower() if entity is not None else None,
        "catalog": ref("catalog", item.catalog_id),
        "catalog_name": item.catalog.name,
        "owner_name": item.catalog.owner.username,
        "owner": ref("user", item.catalog.owner_id),
        "is_published": item.catalog.is_published,
        "creation_date": item.created_at,
        "is_expired": False,
        "status": "RESOLVED",
    }


def _template_values(template: Any, ref: Ref) -> dict[str, Any]:
    catalog = template.item.catalog
    return {
        "name": template.name,
        "catalog_name": catalog.name,
        "owner_name": template.owner.username,
        "is_published": catalog.is_published,
        "creation_date": template.created_at,
        "is_expired": False,
        "is_gold_master": False,
        "is_enabled": True,
        "is_busy": template.status == TemplateStatus.UNRESOLVED,
        "number_of_vms": template.vm_count,
        "catalog_item": ref("catalogItem", template.item_id),
        "status": TemplateStatus(template.status).name,
        "owner": ref("user", template.owner_id),
        "org": ref("org", template.org_id),
    }


def _media_values(media: Any, ref: Ref) -> dict[str, Any]:
    return {
        "name": media.name,
        "catalog": ref("catalog", media.item.catalog_id),
        "catalog_name": media.item.catalog.name,
        "catalog_item": ref("catalogItem", media.item_id),
        "owner_name": media.owner.username,
        "owner": ref("user", media.owner_id),
        "org": ref("org", media.org_id),
        "is_published": media.item.catalog.is_published,
        "creation_date": media.created_at,
        "status": "RESOLVED",
        "storage_b": media.size_bytes,
    }


def _made(cls: type[w.QueryResultRecord], values: Any) -> Any:
    """A record function: the values that the record's declaration has."""
    known = frozenset(getattr(cls, "__dataclass_fields__"))  # noqa: B009

    def record(row: Any, ref: Ref) -> w.QueryResultRecord:
        return cls(**{key: value for key, value in values(row, ref).items() if key in known})

    return record


def register() -> None:
    """Makes the types known; called when the app is ready."""
    for name, record, provider_only in (
        ("catalog", _catalog_record, False),
        ("adminCatalog", _admin_catalog_record, True),
    ):
        register_query(
            QueryType(
                name=name,
                kind="catalog",
                rows=catalogs_of_scope,
                record=record,
                fields=_CATALOG_FIELDS,
                references=w.CatalogReferences,
                reference=w.CatalogReference,
                right=Rights.CATALOG_VIEW,
                provider_only=provider_only,
            )
        )
    for name, item_record, provider_only in (
        ("catalogItem", w.CatalogItemRecord, False),
        ("adminCatalogItem", w.AdminCatalogItemRecord, True),
    ):
        register_query(
            QueryType(
                name=name,
                kind="catalogItem",
                rows=items_of_scope,
                record=_made(item_record, _item_values),
                fields=_ITEM_FIELDS,
                references=w.CatalogItemReferences,
                reference=w.CatalogItemReference,
                right=Rights.CATALOG_VIEW,
                provider_only=provider_only,
            )
        )
    for name, template_record, provider_only in (
        ("vAppTemplate", w.VAppTemplateRecord, False),
        ("adminVAppTemplate", w.AdminVAppTemplateRecord, True),
    ):
        register_query(
            QueryType(
                name=name,
                kind="vAppTemplate",
                rows=templates_of_scope,
                record=_made(template_record, _template_values),
                fields=_ENTITY_FIELDS,
                references=w.VAppTemplateReferences,
                reference=w.VAppTemplateReference,
                right=Rights.TEMPLATE_VIEW,
                provider_only=provider_only,
            )
        )
    for name, media_record, provider_only in (
        ("media", w.MediaRecord, False),
        ("adminMedia", w.AdminMediaRecord, True),
    ):
        register_query(
            QueryType(
                name=name,
                kind="media",
                rows=media_of_scope,
                record=_made(media_record, _media_values),
                fields=_ENTITY_FIELDS,
                references=w.MediaReferences,
                reference=w.MediaReference,
                right=Rights.TEMPLATE_VIEW,
                provider_only=provider_only,
            )
        )
