"""Catalogs, their items, vApp templates and media."""

import uuid

from django.db import models

from ssvirt.core.tenancy import TenantModel


class Catalog(TenantModel):
    """A named collection of templates and media. Published ones are read by every organization."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=128)
    description = models.CharField(max_length=256, blank=True)
    owner = models.ForeignKey("orgs.User", on_delete=models.PROTECT, related_name="+")
    is_published = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("name",)
        constraints = (models.UniqueConstraint("org", "name", name="catalogs_catalog_name"),)

    def __str__(self) -> str:
        return self.name

    @classmethod
    def shared_with(cls, org_id: uuid.UUID) -> models.Q:
        return models.Q(is_published=True)


class CatalogItem(TenantModel):
    """An entry of a catalog; exactly one of `template` and `media` hangs on it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    catalog = models.ForeignKey(Catalog, on_delete=models.CASCADE, related_name="items")
    name = models.CharField(max_length=128)
    description = models.CharField(max_length=256, blank=True)
    size_bytes = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("name",)
        constraints = (models.UniqueConstraint("catalog", "name", name="catalogs_item_name"),)

    def __str__(self) -> str:
        return self.name

    @classmethod
    def shared_with(cls, org_id: uuid.UUID) -> models.Q:
        return models.Q(catalog__is_published=True)


class TemplateStatus(models.IntegerChoices):
    """Source: vcd-api.md 3.6."""

    FAILED_CREATION = -1
    UNRESOLVED = 0
    RESOLVED = 8, "Ready"


class VAppTemplate(TenantModel):
    """A vApp template: VMs with hardware and the boot sources of their disks.

    `data` keeps what was imported and is not modelled (the descriptor's product sections, annotations).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    item = models.OneToOneField(CatalogItem, on_delete=models.CASCADE, related_name="template")
    name = models.CharField(max_length=128)
    description = models.CharField(max_length=256, blank=True)
    owner = models.ForeignKey("orgs.User", on_delete=models.PROTECT, related_name="+")
    status = models.SmallIntegerField(choices=TemplateStatus, default=TemplateStatus.UNRESOLVED)
    data = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "vApp template"
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    @classmethod
    def shared_with(cls, org_id: uuid.UUID) -> models.Q:
        return models.Q(item__catalog__is_published=True)


class TemplateVm(TenantModel):
    """A VM of a template. Instance type and preference name cluster-wide objects; sizes are in MB."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    template = models.ForeignKey(VAppTemplate, on_delete=models.CASCADE, related_name="vms")
    position = models.PositiveSmallIntegerField(default=0)
    name = models.CharField(max_length=128)
    description = models.CharField(max_length=256, blank=True)
    local_id = models.UUIDField(default=uuid.uuid4, editable=False)
    computer_name = models.CharField(max_length=63)
    os_type = models.CharField(max_length=64, help_text="VMware's guest id, e.g. ubuntu64Guest")
    instance_type = models.CharField(max_length=253, blank=True)
    preference = models.CharField(max_length=253, blank=True)
    cpus = models.PositiveSmallIntegerField(default=1)
    cores_per_socket = models.PositiveSmallIntegerField(default=1)
    memory_mb = models.PositiveIntegerField(default=1024)
    data = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name = "template VM"
        ordering = ("position", "name")
        constraints = (models.UniqueConstraint("template", "name", name="catalogs_template_vm_name"),)

    def __str__(self) -> str:
        return self.name


class TemplateDisk(TenantModel):
    """A disk of a template VM; `source_*` name the DataSource it boots from, empty for a blank disk."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    vm = models.ForeignKey(TemplateVm, on_delete=models.CASCADE, related_name="disks")
    position = models.PositiveSmallIntegerField()
    size_mb = models.PositiveIntegerField()
    source_namespace = models.CharField(max_length=63, blank=True)
    source_name = models.CharField(max_length=253, blank=True)

    class Meta:
        ordering = ("position",)
        constraints = (models.UniqueConstraint("vm", "position", name="catalogs_template_disk_position"),)

    def __str__(self) -> str:
        return f"disk {self.position}"


class TemplateNic(TenantModel):
    """A network card of a template VM."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    vm = models.ForeignKey(TemplateVm, on_delete=models.CASCADE, related_name="nics")
    position = models.PositiveSmallIntegerField()
    network_name = models.CharField(max_length=128)
    mode = models.CharField(max_length=8, default="DHCP")
    adapter = models.CharField(max_length=32, default="VMXNET3")

    class Meta:
        ordering = ("position",)
        constraints = (models.UniqueConstraint("vm", "position", name="catalogs_template_nic_position"),)

    def __str__(self) -> str:
        return f"NIC {self.position}"


class Media(TenantModel):
    """An image to insert as CD-ROM; `source_*` name its DataSource."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    item = models.OneToOneField(CatalogItem, on_delete=models.CASCADE, related_name="media")
    name = models.CharField(max_length=128)
    description = models.CharField(max_length=256, blank=True)
    owner = models.ForeignKey("orgs.User", on_delete=models.PROTECT, related_name="+")
    image_type = models.CharField(max_length=16, default="iso")
    size_bytes = models.BigIntegerField(default=0)
    status = models.SmallIntegerField(default=1)
    source_namespace = models.CharField(max_length=63, blank=True)
    source_name = models.CharField(max_length=253, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "media"
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    @property
    def is_ready(self) -> bool:
        """Whether it has content that machines can have. Status 1: media.xsd, RESOLVED."""
        return bool(self.source_name) and self.status == 1

    @classmethod
    def shared_with(cls, org_id: uuid.UUID) -> models.Q:
        return models.Q(item__catalog__is_published=True)
