"""Reading catalogs, items, templates and media: the organization's own, and what is shared with it."""

import uuid

from django.db.models import Count, Prefetch, Q, QuerySet

from catalogs.models import Catalog, CatalogItem, Media, TemplateVm, VAppTemplate
from orgs.rights import Rights
from orgs.selectors import visible
from ssvirt.api.principal import current_principal
from ssvirt.core.errors import BadRequest, NotFound
from vdcs.selectors import vdcs_of_scope


def _seen(catalog: str = "") -> Q:
    """Which rows the one who asks may see, by their catalog: his own, shared ones, other organizations' published.

    `catalog` is the lookup of the catalog, with its two underscores.
    """
    principal = current_principal()
    own = visible(owner=f"{catalog}owner_id", entity=f"{catalog}pk")
    return own | ~Q(**{f"{catalog}org_id": principal.org_id}) if principal is not None and own else own


def visible_catalogs() -> QuerySet[Catalog]:
    queryset: QuerySet[Catalog] = Catalog.readable.filter(_seen())
    return queryset


def catalogs_listed() -> QuerySet[Catalog]:
    """The catalogs in lists: none for one who may not view catalogs. Source: python-clients.md 2.5."""
    principal = current_principal()
    if principal is not None and not principal.may(Rights.CATALOG_VIEW):
        return Catalog.readable.none()
    return visible_catalogs()


def visible_items() -> QuerySet[CatalogItem]:
    queryset: QuerySet[CatalogItem] = CatalogItem.readable.filter(_seen("catalog__"))
    return queryset


def visible_templates() -> QuerySet[VAppTemplate]:
    queryset: QuerySet[VAppTemplate] = VAppTemplate.readable.filter(_seen("item__catalog__"))
    return queryset


def visible_media() -> QuerySet[Media]:
    queryset: QuerySet[Media] = Media.readable.filter(_seen("item__catalog__"))
    return queryset


def visible_template_vms() -> QuerySet[TemplateVm]:
    """VMs of the templates that may be seen, whoever owns them."""
    queryset: QuerySet[TemplateVm] = TemplateVm._base_manager.filter(template__in=visible_templates())
    return queryset


def catalog_get(catalog_id: uuid.UUID) -> Catalog:
    """The catalog with its organization and owner. Raises NotFound."""
    catalog: Catalog | None = visible_catalogs().select_related("org", "owner").filter(pk=catalog_id).first()
    if catalog is None:
        raise NotFound(f"The catalog {catalog_id} does not exist.")
    return catalog


def own_catalog_get(catalog_id: uuid.UUID) -> Catalog:
    """A catalog of the scope's own organization, with its organization and owner. Raises NotFound."""
    catalog: Catalog | None = (
        Catalog.objects.filter(_seen()).select_related("org", "owner").filter(pk=catalog_id).first()
    )
    if catalog is None:
        raise NotFound(f"The catalog {catalog_id} does not exist.")
    return catalog


def catalogs_of_scope() -> QuerySet[Catalog]:
    """Readable catalogs with the number of their templates and media."""
    queryset: QuerySet[Catalog] = (
        visible_catalogs()
        .select_related("org", "owner")
        .annotate(
            template_count=Count("items__template", distinct=True),
            media_count=Count("items__media", distinct=True),
        )
    )
    return queryset


def items_of(catalog: Catalog) -> list[CatalogItem]:
    return list(visible_items().filter(catalog=catalog).order_by("name"))


def item_get(item_id: uuid.UUID) -> CatalogItem:
    """The item with its catalog, and its template or media. Raises NotFound."""
    item: CatalogItem | None = (
        visible_items().select_related("catalog__org", "template", "media").filter(pk=item_id).first()
    )
    if item is None:
        raise NotFound(f"The catalog item {item_id} does not exist.")
    return item


def items_of_scope() -> QuerySet[CatalogItem]:
    queryset: QuerySet[CatalogItem] = visible_items().select_related("catalog__owner", "template", "media")
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
        visible_templates()
        .select_related("item__catalog", "owner", "org")
        .prefetch_related(Prefetch("vms", queryset=_template_vms()))
        .filter(pk=template_id)
        .first()
    )
    if template is None:
        raise NotFound(f"The vApp template {template_id} does not exist.")
    return template


def templates_of_scope() -> QuerySet[VAppTemplate]:
    queryset: QuerySet[VAppTemplate] = (
        visible_templates().select_related("item__catalog", "owner", "org").annotate(vm_count=Count("vms"))
    )
    return queryset


def media_of_scope() -> QuerySet[Media]:
    queryset: QuerySet[Media] = visible_media().select_related("item__catalog", "owner", "org")
    return queryset


def media_get(media_id: uuid.UUID) -> Media:
    """Raises NotFound."""
    media: Media | None = media_of_scope().filter(pk=media_id).first()
    if media is None:
        raise NotFound(f"The media {media_id} does not exist.")
    return media


def media_named(name: str) -> Media:
    """The one media of that name. Raises NotFound, BadRequest when there are several."""
    found = list(media_of_scope().filter(name=name)[:2])
    if not found:
        raise NotFound(f'The media "{name}" does not exist.')
    if len(found) > 1:
        raise BadRequest(f'There are several media named "{name}": insert it by its reference.')
    return found[0]


def template_of_vm(vm_id: uuid.UUID) -> tuple[VAppTemplate, TemplateVm]:
    """A template VM and its template. Raises NotFound."""
    template_id = TemplateVm._base_manager.filter(pk=vm_id).values_list("template_id", flat=True).first()
    if template_id is None:
        raise NotFound(f"The VM {vm_id} does not exist.")
    template = template_get(template_id)
    return template, next(vm for vm in template.vms.all() if vm.pk == vm_id)


def vdc_of_template(template: VAppTemplate) -> uuid.UUID | None:
    """A VDC that lists the template: the first of its organization that the one who asks may see."""
    rows = vdcs_of_scope().filter(org_id=template.org_id).order_by("name")
    found: uuid.UUID | None = rows.values_list("pk", flat=True).first()
    return found
