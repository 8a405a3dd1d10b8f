"""Catalogs, items, templates and media at /api."""

import uuid
from typing import ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from catalogs.represent import (
    admin_catalog_document,
    catalog_document,
    item_document,
    media_document,
    template_document,
    template_vm_document,
)
from catalogs.selectors import (
    catalog_get,
    item_get,
    items_of,
    media_get,
    own_catalog_get,
    template_get,
    template_of_vm,
    vdc_of_template,
)
from orgs.rights import Rights
from orgs.selectors import org_get
from ssvirt.api.query_views import ContentQueryView
from ssvirt.api.views import LegacyView
from ssvirt.wire import types as w


class CatalogView(LegacyView):
    rights = Rights.CATALOG_VIEW

    def get(self, request: Request, catalog_id: uuid.UUID) -> Response:
        catalog = catalog_get(catalog_id)
        return Response(catalog_document(catalog, items_of(catalog), self.hrefs, self.principal))


class AdminCatalogView(LegacyView):
    """An organization's own catalog, as its administrators see it."""

    rights = Rights.CATALOG_VIEW

    def get(self, request: Request, catalog_id: uuid.UUID) -> Response:
        catalog = own_catalog_get(catalog_id)
        return Response(admin_catalog_document(catalog, items_of(catalog), self.hrefs))


class CatalogItemView(LegacyView):
    rights = Rights.CATALOG_VIEW

    def get(self, request: Request, item_id: uuid.UUID) -> Response:
        return Response(item_document(item_get(item_id), self.hrefs))


class VAppTemplateView(LegacyView):
    rights = Rights.TEMPLATE_VIEW

    def get(self, request: Request, template_id: uuid.UUID) -> Response:
        template = template_get(template_id)
        return Response(template_document(template, self.hrefs, self.principal, vdc_of_template(template)))


class TemplateVmView(LegacyView):
    rights = Rights.TEMPLATE_VIEW

    def get(self, request: Request, vm_id: uuid.UUID) -> Response:
        template, vm = template_of_vm(vm_id)
        return Response(template_vm_document(vm, template, self.hrefs))


class TemplateSectionView(LegacyView):
    """A section of a template by itself, as its document has it."""

    rights = Rights.TEMPLATE_VIEW
    section: ClassVar[type[w.Section]]

    def get(self, request: Request, template_id: uuid.UUID) -> Response:
        document = template_document(template_get(template_id), self.hrefs, self.principal)
        return Response(_section(document, self.section))


class TemplateVmSectionView(LegacyView):
    """A section of a template's VM by itself."""

    rights = Rights.TEMPLATE_VIEW
    section: ClassVar[type[w.Section]]

    def get(self, request: Request, vm_id: uuid.UUID) -> Response:
        template, vm = template_of_vm(vm_id)
        return Response(_section(template_vm_document(vm, template, self.hrefs), self.section))


def _section(document: w.VAppTemplate, cls: type[w.Section]) -> w.Section:
    return next(section for section in document.sections if isinstance(section, cls))


def template_section_view(section: type[w.Section]) -> type[TemplateSectionView]:
    """The view of one section of a template."""
    return type(f"Template{section.__name__}View", (TemplateSectionView,), {"section": section})


def template_vm_section_view(section: type[w.Section]) -> type[TemplateVmSectionView]:
    """The view of one section of a template's VM."""
    return type(f"TemplateVm{section.__name__}View", (TemplateVmSectionView,), {"section": section})


class MediaView(LegacyView):
    rights = Rights.TEMPLATE_VIEW

    def get(self, request: Request, media_id: uuid.UUID) -> Response:
        return Response(media_document(media_get(media_id), self.hrefs))


class OrgCatalogsQueryView(ContentQueryView):
    """The catalogs of an organization."""

    rights = Rights.CATALOG_VIEW
    query = "catalog"
    column = "org"
    find = staticmethod(org_get)


class CatalogItemsQueryView(ContentQueryView):
    """The items of a catalog."""

    rights = Rights.CATALOG_VIEW
    query = "catalogItem"
    column = "catalog"
    find = staticmethod(catalog_get)
