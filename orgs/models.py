"""Organizations, their users, and what users may do."""

import uuid
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.validators import RegexValidator
from django.db import models

from ssvirt.core.tenancy import ReadableManager, ScopedModel, TenantManager, TenantModel

PROVIDER_ORG = "System"
org_name_validator = RegexValidator(
    r"^[A-Za-z0-9][A-Za-z0-9_.-]*\Z",
    "The name of an organization has letters, digits, hyphens, underscores and dots only.",
)
user_name_validator = RegexValidator(r"^[^\s/:]+\Z", "The name of a user has no spaces, slashes or colons.")
SYSTEM_ADMINISTRATOR = "System Administrator"


class Org(ScopedModel):
    """A tenant, or the provider itself (`is_provider`, named System).

    Source: organization.xsd OrgType, vCloudEntities.xsd AdminOrgType.
    """

    TENANT_PATH = "id"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=128, unique=True, validators=[org_name_validator])
    full_name = models.CharField(max_length=128, blank=True)
    description = models.CharField(max_length=256, blank=True)
    is_enabled = models.BooleanField(default=True)
    is_provider = models.BooleanField(default=False, editable=False)
    deployment_lease_s = models.PositiveIntegerField(
        default=0, help_text="Longest time a vApp may run, in seconds; 0 = for ever"
    )
    storage_lease_s = models.PositiveIntegerField(
        default=0, help_text="Longest time a stopped vApp is kept, in seconds; 0 = for ever"
    )
    template_lease_s = models.PositiveIntegerField(
        default=0, help_text="Longest time a vApp template is kept, in seconds; 0 = for ever"
    )
    is_deleted_on_expiry = models.BooleanField(
        default=False, help_text="Whether a vApp whose storage lease has run out is deleted, not only marked"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "organization"
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(models.functions.Lower("name"), name="orgs_org_name_ci"),
            models.UniqueConstraint(
                "is_provider", condition=models.Q(is_provider=True), name="orgs_org_one_provider"
            ),
        )

    def __str__(self) -> str:
        return self.name


class Right(models.Model):
    """A permission, by VCD's own name. Global: rights are the product's vocabulary."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=128, unique=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Role(models.Model):
    """A named set of rights. Global: without `org` it is predefined and serves every organization."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    org = models.ForeignKey(Org, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=128)
    description = models.CharField(max_length=256, blank=True)
    is_read_only = models.BooleanField(default=False)
    is_provider_only = models.BooleanField(default=False)
    rights = models.ManyToManyField(Right, blank=True, related_name="+")
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("name",)
        constraints = (models.UniqueConstraint("org", "name", name="orgs_role_name", nulls_distinct=False),)

    def __str__(self) -> str:
        return self.name


class User(AbstractBaseUser, ScopedModel):
    """A person or a program of one organization. `login` (`user@org`, lower case) is unique everywhere."""

    USERNAME_FIELD = "login"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    org = models.ForeignKey(Org, on_delete=models.PROTECT, related_name="+")
    username = models.CharField(max_length=128, validators=[user_name_validator])
    login = models.CharField(max_length=257, unique=True, editable=False)
    full_name = models.CharField(max_length=128, blank=True)
    email = models.EmailField(blank=True)
    description = models.CharField(max_length=256, blank=True)
    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="+")
    is_enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[TenantManager[Any]] = TenantManager()
    readable: ClassVar[ReadableManager[Any]] = ReadableManager()

    class Meta:
        ordering = ("login",)
        constraints = (
            models.UniqueConstraint("org", models.functions.Lower("username"), name="orgs_user_name"),
        )

    def __str__(self) -> str:
        return self.login

    @property
    def is_active(self) -> bool:  # type: ignore[override]
        return self.is_enabled and self.org.is_enabled

    @property
    def is_staff(self) -> bool:
        """May enter the admin portal: System Administrators of the provider only."""
        return self.org.is_provider and self.role.name == SYSTEM_ADMINISTRATOR

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        return self.is_active and self.is_staff

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_active and self.is_staff


class Session(TenantModel):
    """A signed-in client. Its id is the `jti` of the token, so that ending the row ends the token
    everywhere.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(db_index=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    client_address = models.CharField(max_length=64, blank=True)
    user_agent = models.CharField(max_length=256, blank=True)

    class Meta:
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"session {self.id}"


class MetadataEntry(TenantModel):
    """A key and a typed value on an entity of any kind. Source: common.xsd MetadataEntryType."""

    id = models.BigAutoField(primary_key=True)
    entity_id = models.UUIDField()
    domain = models.CharField(max_length=16, default="GENERAL")
    visibility = models.CharField(max_length=16, default="READWRITE")
    key = models.CharField(max_length=256)
    value_type = models.CharField(max_length=32, default="MetadataStringValue")
    value = models.TextField(blank=True)

    class Meta:
        verbose_name_plural = "metadata entries"
        ordering = ("key",)
        constraints = (models.UniqueConstraint("entity_id", "domain", "key", name="orgs_metadata_key"),)

    def __str__(self) -> str:
        return self.key


class AccessLevel(models.TextChoices):
    """Source: common.xsd AccessSettingType/AccessLevel. Each includes the ones before it."""

    READ_ONLY = "ReadOnly"
    CHANGE = "Change"
    FULL_CONTROL = "FullControl"


class AccessGrant(TenantModel):
    """Access to an entity (vApp, catalog, VDC, disk) for one user, or for everyone in the organization.

    Source: common.xsd ControlAccessParamsType.
    """

    id = models.BigAutoField(primary_key=True)
    entity_id = models.UUIDField()
    user = models.ForeignKey(
        User, null=True, on_delete=models.CASCADE, related_name="+", help_text="None: everyone"
    )
    level = models.CharField(max_length=16, choices=AccessLevel, default=AccessLevel.READ_ONLY)

    class Meta:
        ordering = ("id",)
        indexes = (models.Index(fields=["user", "entity_id"], name="orgs_grant_user"),)
        constraints = (
            models.UniqueConstraint("entity_id", "user", name="orgs_grant_once", nulls_distinct=False),
        )

    def __str__(self) -> str:
        return f"{self.level} on {self.entity_id}"
