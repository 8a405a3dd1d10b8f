"""The portal's pages of organizations, users and roles."""

from django.contrib import admin
from django.contrib.auth.models import Group
from unfold.admin import ModelAdmin

from orgs.models import Org, Right, Role, Session, User
from ssvirt.api.admin import ReadOnlyAdmin

# Roles and rights are ours; Django's groups would only puzzle.
admin.site.unregister(Group)


@admin.register(Org)
class OrgAdmin(ModelAdmin):
    list_display = ("name", "full_name", "is_enabled", "is_provider", "created_at")
    list_filter = ("is_enabled",)
    search_fields = ("name", "full_name")
    readonly_fields = ("id", "is_provider", "created_at")


@admin.register(User)
class UserAdmin(ReadOnlyAdmin):
    list_display = ("login", "full_name", "org", "role", "is_enabled", "last_login")
    list_filter = ("is_enabled", "org", "role")
    search_fields = ("login", "full_name", "email")
    list_select_related = ("org", "role")
    exclude = ("password",)


@admin.register(Role)
class RoleAdmin(ReadOnlyAdmin):
    list_display = ("name", "org", "is_read_only", "is_provider_only")
    search_fields = ("name",)
    list_select_related = ("org",)


@admin.register(Right)
class RightAdmin(ReadOnlyAdmin):
    list_display = ("name",)
    search_fields = ("name",)


@admin.register(Session)
class SessionAdmin(ReadOnlyAdmin):
    list_display = ("id", "user", "created_at", "expires_at", "revoked_at", "client_address")
    list_filter = ("org",)
    list_select_related = ("user",)
