"""The portal's pages of organizations, users and roles."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.db.models import Q
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminPasswordWidget

from orgs.models import AccessGrant, MetadataEntry, Org, Right, Role, Session, User
from orgs.services import user_create, user_update
from ssvirt.api.admin import ReadOnlyAdmin

# Roles and rights are ours; Django's groups would only puzzle.
admin.site.unregister(Group)


@admin.register(Org)
class OrgAdmin(ModelAdmin):
    list_display = ("name", "full_name", "is_enabled", "is_provider", "created_at")
    list_filter = ("is_enabled",)
    search_fields = ("name", "full_name")
    readonly_fields = ("id", "is_provider", "created_at")

    def get_readonly_fields(self, request: HttpRequest, obj: Org | None = None) -> tuple[str, ...]:
        """Logins and namespaces are made of the name: it is given once."""
        return self.readonly_fields if obj is None else (*self.readonly_fields, "name")

    def has_delete_permission(self, request: HttpRequest, obj: Org | None = None) -> bool:
        return False


class UserForm(forms.ModelForm):
    """A user with a password that is set, never shown. The admin names model and fields, inside its scope."""

    password = forms.CharField(
        required=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        help_text="Empty leaves an existing password as it is.",
    )

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if password:
            validate_password(password)
        elif self.instance._state.adding:
            raise forms.ValidationError("A new user needs a password.")
        return password

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        org, role, name = values.get("org"), values.get("role"), values.get("username")
        if org and role and (role.is_provider_only != org.is_provider or role.org_id not in (None, org.pk)):
            raise forms.ValidationError(f"The role {role} is not for users of {org}.")
        if org and name:
            others = User.objects.filter(Q(org=org, username__iexact=name)).exclude(pk=self.instance.pk)
            if others.exists():
                raise forms.ValidationError(f"{org} has a user {name} already.")
        return values


@admin.register(User)
class UserAdmin(ModelAdmin):
    form = UserForm
    fields = ("org", "username", "password", "role", "full_name", "email", "description", "is_enabled")
    list_display = ("login", "full_name", "org", "role", "is_enabled", "last_login")
    list_filter = ("is_enabled", "org", "role")
    search_fields = ("login", "full_name", "email")
    list_select_related = ("org", "role")

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        return () if obj is None else ("org",)

    def save_model(self, request: HttpRequest, obj: User, form: UserForm, change: bool) -> None:
        """By the same services as the API. The form's password is not the stored hash."""
        password = form.cleaned_data["password"]
        if change:
            obj.password = User.objects.values_list("password", flat=True).get(pk=obj.pk)
            user_update(user=obj, password=password)
            return
        made = user_create(
            org=obj.org,
            username=obj.username,
            password=password,
            role=obj.role,
            full_name=obj.full_name,
            email=obj.email,
            description=obj.description,
            is_enabled=obj.is_enabled,
        )
        # Django goes on with its own object: it becomes the row that was made.
        obj.__dict__.update(made.__dict__)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Content has owners and tasks have users: a user is disabled, not deleted."""
        return False


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


@admin.register(MetadataEntry)
class MetadataEntryAdmin(ReadOnlyAdmin):
    list_display = ("entity_id", "domain", "key", "value")
    search_fields = ("entity_id", "key")


@admin.register(AccessGrant)
class AccessGrantAdmin(ReadOnlyAdmin):
    list_display = ("entity_id", "user", "level")
    search_fields = ("entity_id",)
    list_select_related = ("user",)
