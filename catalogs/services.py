"""Writing catalogs, templates and media."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import IntegrityError, transaction

from catalogs.models import (
    Catalog,
    CatalogItem,
    Media,
    TemplateDisk,
    TemplateNic,
    TemplateStatus,
    TemplateVm,
    VAppTemplate,
)
from compute import names
from orgs.models import AccessLevel, Org, User
from orgs.services import access_share
from ssvirt.core.database import violated
from ssvirt.core.errors import DuplicateName


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateDiskSpec:
    """A disk; `source` is (namespace, name) of a DataSource, None for a blank one."""

    size_mb: int
    source: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateVmSpec:
    """A VM of a template, sizes in MB; one NIC per entry of `networks` (names)."""

    name: str
    os_type: str
    preference: str = ""
    instance_type: str = ""
    cpus: int = 1
    cores_per_socket: int = 1
    memory_mb: int = 1024
    disks: Sequence[TemplateDiskSpec] = ()
    networks: Sequence[str] = field(default=("none",))
    description: str = ""


def catalog_create(
    *, org: Org, name: str, owner: User, description: str = "", is_published: bool = False
) -> Catalog:
    """A new, empty catalog, which everyone in its organization may read. Raises DuplicateName."""
    try:
        with transaction.atomic():
            catalog: Catalog = Catalog.objects.create(
                org=org, name=name, owner=owner, description=description, is_published=is_published
            )
            access_share(org_id=org.pk, entity_id=catalog.pk, level=AccessLevel.READ_ONLY)
    except IntegrityError as error:
        if violated(error) == "catalogs_catalog_name":
            raise DuplicateName(name) from None
        raise
    return catalog


def _item_create(*, catalog: Catalog, name: str, description: str, size_bytes: int) -> CatalogItem:
    try:
        with transaction.atomic():
            item: CatalogItem = CatalogItem.objects.create(
                org_id=catalog.org_id,
                catalog=catalog,
                name=name,
                description=description,
                size_bytes=size_bytes,
            )
    except IntegrityError as error:
        if violated(error) == "catalogs_item_name":
            raise DuplicateName(name) from None
        raise
    return item


@transaction.atomic
def template_create(
    *, catalog: Catalog, name: str, owner: User, vms: Sequence[TemplateVmSpec], description: str = ""
) -> VAppTemplate:
    """A ready template made of boot sources that the cluster has. Raises DuplicateName."""
    size_mb = sum(disk.size_mb for vm in vms for disk in vm.disks)
    item = _item_create(catalog=catalog, name=name, description=description, size_bytes=size_mb << 20)
    template: VAppTemplate = VAppTemplate.objects.create(
        org_id=catalog.org_id,
        item=item,
        name=name,
        description=description,
        owner=owner,
        status=TemplateStatus.RESOLVED,
    )
    for position, spec in enumerate(vms):
        _template_vm_create(template, position, spec)
    return template


def _template_vm_create(template: VAppTemplate, position: int, spec: TemplateVmSpec) -> None:
    org_id = template.org_id
    vm = TemplateVm.objects.create(
        org_id=org_id,
        template=template,
        position=position,
        name=spec.name,
        description=spec.description,
        computer_name=names.computer_name(spec.name, str(position)),
        os_type=spec.os_type,
        preference=spec.preference,
        instance_type=spec.instance_type,
        cpus=spec.cpus,
        cores_per_socket=spec.cores_per_socket,
        memory_mb=spec.memory_mb,
    )
    TemplateDisk.objects.bulk_create(
        TemplateDisk(
            org_id=org_id,
            vm=vm,
            position=index,
            size_mb=disk.size_mb,
            source_namespace=disk.source[0] if disk.source else "",
            source_name=disk.source[1] if disk.source else "",
        )
        for index, disk in enumerate(spec.disks)
    )
    TemplateNic.objects.bulk_create(
        TemplateNic(org_id=org_id, vm=vm, position=index, network_name=network)
        for index, network in enumerate(spec.networks)
    )


@transaction.atomic
def media_create(
    *, catalog: Catalog, name: str, owner: User, size_bytes: int, source: tuple[str, str] | None = None
) -> Media:
    """A ready ISO image. Raises DuplicateName."""
    item = _item_create(catalog=catalog, name=name, description="", size_bytes=size_bytes)
    media: Media = Media.objects.create(
        org_id=catalog.org_id,
        item=item,
        name=name,
        owner=owner,
        size_bytes=size_bytes,
        source_namespace=source[0] if source else "",
        source_name=source[1] if source else "",
    )
    return media
