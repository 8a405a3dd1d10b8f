"""Reading vApps, VMs and metadata."""

import uuid

from django.db.models import Prefetch, QuerySet

from orgs.models import MetadataEntry
from ssvirt.core.errors import NotFound
from vapps.models import Disk, Nic, VApp, VAppNetwork, Vm


def _vms_with_parts() -> QuerySet[Vm]:
    queryset: QuerySet[Vm] = (
        Vm.objects.select_related("storage_policy__policy")
        .order_by("position", "name")
        .prefetch_related(
            Prefetch(
                "disks", queryset=Disk.objects.select_related("storage_policy__policy").order_by("position")
            ),
            Prefetch(
                "nics", queryset=Nic.objects.select_related("vapp_network__parent").order_by("position")
            ),
        )
    )
    return queryset


def vapp_get(vapp_id: uuid.UUID) -> VApp:
    """The vApp alone, with its VDC and owner. Raises NotFound."""
    vapp: VApp | None = VApp.objects.select_related("vdc", "owner").filter(pk=vapp_id).first()
    if vapp is None:
        raise NotFound(f"The vApp {vapp_id} does not exist.")
    return vapp


def vapp_get_whole(vapp_id: uuid.UUID) -> VApp:
    """The vApp with networks, VMs, disks and NICs, in a constant number of statements. Raises NotFound."""
    vapp: VApp | None = (
        VApp.objects.select_related("vdc", "owner")
        .prefetch_related(
            Prefetch(
                "networks",
                queryset=VAppNetwork.objects.select_related("parent").prefetch_related("parent__ranges"),
            ),
            Prefetch("vms", queryset=_vms_with_parts()),
        )
        .filter(pk=vapp_id)
        .first()
    )
    if vapp is None:
        raise NotFound(f"The vApp {vapp_id} does not exist.")
    return vapp


def vm_get(vm_id: uuid.UUID) -> Vm:
    """The VM with its vApp, VDC, disks and NICs. Raises NotFound."""
    vm: Vm | None = (
        _vms_with_parts().select_related("vapp", "vdc", "storage_policy__policy").filter(pk=vm_id).first()
    )
    if vm is None:
        raise NotFound(f"The VM {vm_id} does not exist.")
    return vm


def vms_of(vm_ids: list[uuid.UUID]) -> list[Vm]:
    """The VMs with all their parts, in order; those that are gone are left out."""
    return list(
        _vms_with_parts()
        .select_related("vdc__provider_vdc__cluster", "storage_policy__policy")
        .filter(pk__in=vm_ids)
    )


def metadata_of(entity_id: uuid.UUID) -> list[MetadataEntry]:
    return list(MetadataEntry.objects.filter(entity_id=entity_id).order_by("key"))
