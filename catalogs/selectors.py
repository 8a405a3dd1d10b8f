"""Reading catalogs, items, templates and media: the organization's own, and what is shared with it."""

import uuid

from django.db.models import Count, Prefetch, QuerySet

from catalogs.models import Catalog, CatalogItem, Media, TemplateVm, VAppTemplate
from ssvirt.core.errors import NotFound


def catalog_get(catalog_id: uuid.UUID) -> Catalog:
    """The catalog with its organization and owner. Raises NotFound."""
    catalog: Catalog | None = Catalog.readable.select_related("org", "owner").filter(pk=catalog_id).first()
    if catalog is None:
        raise NotFound(f"The catalog {catalog_id} does not exist.")
    return catalog


def catalogs_of_scope() -> QuerySet[Catalog]:
    """Readable catalogs with the number of their templates and media."""
    queryset: QuerySet[Catalog] = Catalog.readable.select_related("org", "owner").annotate(
        template_count=Count("items__template", distinct=True),
        media_count=Count("items__media", distinct=True),
    )
    return queryset


def items_of(catalog: Catalog) -> list[CatalogItem]:
    return list(CatalogItem.readable.filter(catalog=catalog).order_by("name"))


def item_get(item_id: uuid.UUID) -> CatalogItem:
    """The item with its catalog, and its template or media. Raises NotFound."""
    item: CatalogItem | None = (
        CatalogItem.readable.select_related("catalog__org", "template", "media").filter(pk=item_id).first()
    )
    if item is None:
        raise NotFound(f"The catalog item {item_id} does not exist.")
    return item


def items_of_scope() -> QuerySet[CatalogItem]:
    queryset: QuerySet[CatalogItem] = CatalogItem.readable.select_related(
        "catalog__owner", "template", "media"
    )
    return queryset


def _template_vms() -> QuerySet[TemplateVm]:
    return TemplateVm._base_manager.order_by("position", "name").prefetch_related(
        Prefetch("disks", queryset=_children(TemplateVm, "disks")),
        Prefetch("nics", queryset=_children(TemplateVm, "nics")),
    )


def _children(model: type[TemplateVm], relation: str) -> QuerySet[TemplateVm]:
    # The template was read through the readable manager; its parts follow it, whoever owns them.
    related = model._meta.get_field(relation).related_model
    queryset: QuerySet[TemplateVm] = related._base_manager.order_by("position")  # type: ignore[union-attr]
    return queryset


def template_get(template_id: uuid.UUID) -> VAppTemplate:
    """The template with its item, owner, VMs, disks and NICs, in four statements. Raises NotFound."""
    template: VAppTemplate | None = (
        VAppTemplate.readable.select_related("item__catalog", "owner", "org")
        .prefetch_related(Prefetch("vms", queryset=_template_vms()))
        .filter(pk=template_id)
        .first()
    )
    if template is None:
        raise NotFound(f"The vApp template {template_id} does not exist.")
    return template


def templates_of_scope() -> QuerySet[VAppTemplate]:
    queryset: QuerySet[VAppTemplate] = VAppTemplate.readable.select_related(
        "item__catalog", "owner", "org"
    ).annotate(vm_count=Count("vms"))
    return queryset


def media_of_scope() -> QuerySet[Media]:
    queryset: QuerySet[Media] = Media.readable.select_related("item__catalog", "owner", "org")
    return queryset


def media_get(media_id: uuid.UUID) -> Media:
    """Raises NotFound."""
    media: Media | None = media_of_scope().filter(pk=media_id).first()
    if media is None:
        raise NotFound(f"The media {media_id} does not exist.")
    return media


def template_of_vm(vm_id: uuid.UUID) -> tuple[VAppTemplate, TemplateVm]:
    """A template VM and its template. Raises NotFound."""
    template_id = TemplateVm._base_manager.filter(pk=vm_id).values_list("template_id", flat=True).first()
    if template_id is None:
        raise NotFound(f"The VM {vm_id} does not exist.")
    template = template_get(template_id)
    return template, next(vm for vm in template.vms.all() if vm.pk == vm_id)
