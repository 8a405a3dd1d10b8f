"""Query types of catalogs, items, templates and media: the organization's own, and what is shared with it."""

from typing import Final

from django.db.models import Case, Count, Exists, OuterRef, Q, Value, When
from django.db.models.functions import Coalesce

from catalogs.models import Catalog, Media, TemplateStatus, VAppTemplate
from catalogs.selectors import catalogs_listed, visible_items, visible_media, visible_templates
from orgs.models import AccessGrant, AccessLevel
from orgs.rights import Rights
from ssvirt.api.query import (
    Column,
    QueryType,
    Source,
    constant,
    derived,
    extend_query,
    flag,
    hanging,
    register_query,
    words,
)
from ssvirt.wire import types as w

_TEMPLATE_STATUS = {str(status.value): status.name for status in TemplateStatus}
_MEDIA_STATUS = {"-1": "FAILED_CREATION", "0": "UNRESOLVED", "1": "RESOLVED"}
"""Source: vcd-api.md 3.6."""
_GRANTS = hanging(AccessGrant).filter(entity_id=OuterRef("pk"), level__in=AccessLevel.values)

_CATALOG = {
    "name": Column("name"),
    "description": Column("description"),
    "isPublished": Column("is_published", "flag"),
    "isShared": flag(Q(is_published=True) | Q(Exists(_GRANTS))),
    "creationDate": Column("created_at", "moment"),
    "org": Column("org_id", "reference", "org"),
    "orgName": Column("org__name"),
    "owner": Column("owner_id", "reference", "user"),
    "ownerName": Column("owner__username"),
    "numberOfVAppTemplates": Column(derived(hanging(VAppTemplate), "item__catalog", Count("pk")), "number"),
    "numberOfMedia": Column(derived(hanging(Media), "item__catalog", Count("pk")), "number"),
    "version": Column("version", "number"),
    "status": constant("READY"),
    "publishSubscriptionType": constant("UNPUBLISHED"),
    "isLocal": constant(True),
    "isDistributed": constant(False),
}
_ADMIN_CATALOG = {**_CATALOG, "numberOfTemplates": _CATALOG["numberOfVAppTemplates"]}
_ITEM = {
    "name": Column("name"),
    "description": Column("description"),
    "entity": Column(Coalesce("template__id", "media__id"), "reference", "_kind"),
    "entityName": Column(Coalesce("template__name", "media__name")),
    "entityType": Column(
        Case(
            When(template__isnull=False, then=Value("vapptemplate")),
            When(media__isnull=False, then=Value("media")),
        )
    ),
    "catalog": Column("catalog_id", "reference", "catalog"),
    "catalogName": Column("catalog__name"),
    "org": Column("org_id", "reference", "org"),
    "owner": Column("catalog__owner_id", "reference", "user"),
    "ownerName": Column("catalog__owner__username"),
    "isPublished": Column("catalog__is_published", "flag"),
    "creationDate": Column("created_at", "moment"),
    "isExpired": constant(False),
    "status": Column(
        Coalesce(words(_TEMPLATE_STATUS, "template__status"), words(_MEDIA_STATUS, "media__status"))
    ),
    "_kind": Column(
        Case(
            When(template__isnull=False, then=Value("vAppTemplate")),
            When(media__isnull=False, then=Value("media")),
        )
    ),
}
_IN_CATALOG = {
    "name": Column("name"),
    "description": Column("description"),
    "catalog": Column("item__catalog_id", "reference", "catalog"),
    "catalogName": Column("item__catalog__name"),
    "catalogItem": Column("item_id", "reference", "catalogItem"),
    "isPublished": Column("item__catalog__is_published", "flag"),
    "version": Column("item__catalog__version", "number"),
    "creationDate": Column("created_at", "moment"),
    "org": Column("org_id", "reference", "org"),
    "owner": Column("owner_id", "reference", "user"),
    "ownerName": Column("owner__username"),
    "publishSubscriptionType": constant("UNPUBLISHED"),
}
_TEMPLATE = {
    **_IN_CATALOG,
    "status": Column(words(_TEMPLATE_STATUS, "status")),
    "isBusy": flag(Q(status=TemplateStatus.UNRESOLVED)),
    "isEnabled": constant(True),
    "isExpired": constant(False),
    "isGoldMaster": constant(False),
    "isDeployed": constant(False),
}
_MEDIA = {
    **_IN_CATALOG,
    "status": Column(words(_MEDIA_STATUS, "status")),
    "isBusy": flag(Q(status=0)),
    "isIso": flag(Q(image_type__iexact="iso")),
    "storageB": Column("size_bytes", "number"),
}
_OF_ORG = {
    "numberOfCatalogs": Column(derived(hanging(Catalog), "org", Count("pk")), "number"),
}
_VARIANTS: Final = (
    (
        ("catalog", w.CatalogRecord, _CATALOG),
        ("adminCatalog", w.AdminCatalogRecord, _ADMIN_CATALOG),
        None,
        {"kind": "catalog", "rows": catalogs_listed},
        {"references": w.CatalogReferences, "reference": w.CatalogReference, "up": "org"},
    ),
    (
        ("catalogItem", w.CatalogItemRecord, _ITEM),
        ("adminCatalogItem", w.AdminCatalogItemRecord, _ITEM),
        Rights.CATALOG_VIEW,
        {"kind": "catalogItem", "rows": visible_items},
        {"references": w.CatalogItemReferences, "reference": w.CatalogItemReference, "up": "catalog"},
    ),
    (
        ("vAppTemplate", w.VAppTemplateRecord, _TEMPLATE),
        ("adminVAppTemplate", w.AdminVAppTemplateRecord, _TEMPLATE),
        Rights.TEMPLATE_VIEW,
        {"kind": "vAppTemplate", "rows": visible_templates},
        {"references": w.VAppTemplateReferences, "reference": w.VAppTemplateReference, "up": "catalog"},
    ),
    (
        ("media", w.MediaRecord, _MEDIA),
        ("adminMedia", w.AdminMediaRecord, _MEDIA),
        Rights.TEMPLATE_VIEW,
        {"kind": "media", "rows": visible_media},
        {"references": w.MediaReferences, "reference": w.MediaReference, "up": "catalog"},
    ),
)
"""What a tenant asks for, what the provider asks for, the right (None: the rows follow it); the source, and what
both share."""


def register() -> None:
    """Makes the types known; called when the app is ready."""
    for tenants, providers, right, source, shared in _VARIANTS:
        for (name, record, columns), provider_only in ((tenants, False), (providers, True)):
            register_query(
                QueryType(
                    name=name,
                    record=record,
                    sources=(Source(columns=columns, **source),),
                    has_metadata=True,
                    right=right,
                    provider_only=provider_only,
                    **shared,
                )
            )
    extend_query("organization", columns=_OF_ORG)
