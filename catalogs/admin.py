"""The portal's pages of catalogs, templates and media."""

from django.contrib import admin

from catalogs.models import (
    Catalog,
    CatalogItem,
    Media,
    TemplateDisk,
    TemplateNic,
    TemplateVm,
    VAppTemplate,
)
from ssvirt.api.admin import ReadOnlyAdmin


@admin.register(Catalog)
class CatalogAdmin(ReadOnlyAdmin):
    list_display = ("name", "org", "owner", "is_published", "version", "created_at")
    list_filter = ("is_published", "org")
    search_fields = ("name",)
    list_select_related = ("org", "owner")


@admin.register(CatalogItem)
class CatalogItemAdmin(ReadOnlyAdmin):
    list_display = ("name", "catalog", "size_bytes", "created_at")
    search_fields = ("name",)
    list_select_related = ("catalog",)


@admin.register(VAppTemplate)
class VAppTemplateAdmin(ReadOnlyAdmin):
    list_display = ("name", "org", "owner", "status", "created_at")
    search_fields = ("name",)
    list_select_related = ("org", "owner")


@admin.register(TemplateVm)
class TemplateVmAdmin(ReadOnlyAdmin):
    list_display = ("name", "template", "os_type", "cpus", "memory_mb")
    list_select_related = ("template",)


@admin.register(TemplateDisk)
class TemplateDiskAdmin(ReadOnlyAdmin):
    list_display = ("vm", "position", "size_mb", "source_name")
    list_select_related = ("vm",)


@admin.register(TemplateNic)
class TemplateNicAdmin(ReadOnlyAdmin):
    list_display = ("vm", "position", "network_name", "mode")
    list_select_related = ("vm",)


@admin.register(Media)
class MediaAdmin(ReadOnlyAdmin):
    list_display = ("name", "org", "image_type", "size_bytes", "created_at")
    search_fields = ("name",)
    list_select_related = ("org",)
