"""Rows of what has gone from the cluster. Everything here runs inside the transaction that ends a task."""

import uuid
from collections.abc import Sequence

from django.db.models import Exists, OuterRef

from orgs.services import access_forget, metadata_forget
from vapps.models import FenceMode, NamedDisk, Nic, VApp, VAppNetwork
from vapps.selectors import vms_of
from vapps.services.demand import demand_of
from vdcs.services import addresses_drop, addresses_release, private_networks_delete, vdc_release


def vms_forget(*, vm_ids: Sequence[uuid.UUID]) -> None:
    """Removes VMs with all that is theirs, and gives back what they committed. Independent disks stay."""
    for vm in vms_of(list(vm_ids)):
        vdc_release(vdc_id=vm.vdc_id, demand=demand_of([vm]))
        addresses_release(nic_ids=[nic.pk for nic in vm.nics.all()])
        addresses_drop(vm_ids=[vm.pk])
        metadata_forget([vm.pk])
        NamedDisk.objects.filter(projected_vm_id=vm.pk).update(projected_vm_id=None)
        Nic.objects.filter(vm=vm).delete()
        vm.delete()


def vapps_forget(*, vapp_ids: Sequence[uuid.UUID]) -> None:
    """Removes those of the vApps that have no VMs, their networks with them."""
    vapp_ids = list(VApp.objects.filter(pk__in=vapp_ids, vms__isnull=True).values_list("pk", flat=True))
    networks_remove(
        network_ids=list(VAppNetwork.objects.filter(vapp__in=vapp_ids).values_list("pk", flat=True))
    )
    metadata_forget(vapp_ids)
    access_forget(vapp_ids)
    VApp.objects.filter(pk__in=list(vapp_ids)).delete()


def networks_prune(vm_ids: Sequence[uuid.UUID]) -> None:
    """Hidden vApps around standalone VMs give up the VDC's networks that no card of theirs is on any more."""
    cards = Nic.objects.filter(vapp_network=OuterRef("pk"))
    rows = VAppNetwork.objects.filter(
        ~Exists(cards), vapp__vms__in=vm_ids, vapp__is_auto=True, fence_mode=FenceMode.BRIDGED
    )
    networks_remove(network_ids=list(rows.values_list("pk", flat=True)))


def networks_remove(*, network_ids: Sequence[uuid.UUID]) -> None:
    """Removes networks of vApps; those that were a vApp's own go altogether."""
    rows = VAppNetwork.objects.filter(pk__in=list(network_ids))
    own = [
        row.parent_id
        for row in rows.select_related("parent")
        if row.parent and row.parent.vapp_id == row.vapp_id
    ]
    metadata_forget(network_ids)
    rows.delete()
    private_networks_delete(network_ids=[pk for pk in own if pk is not None])
