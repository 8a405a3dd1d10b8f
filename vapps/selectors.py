"""Reading vApps, VMs, disks and what is said about them.

Whoever asks sees his own and what is shared with him; outside requests everything is seen (`orgs.access`).
"""

import uuid
from typing import Any

from django.db.models import Case, Exists, OuterRef, Prefetch, QuerySet, Value, When

from orgs.selectors import visible
from ssvirt.core.errors import NotFound
from vapps.models import (
    AffinityRule,
    AffinityRuleVm,
    Disk,
    NamedDisk,
    Nic,
    SecurityTag,
    Snapshot,
    VApp,
    VAppNetwork,
    Vm,
)
from vdcs.models import IpAllocation, Network
from vdcs.selectors import vdcs_of_scope


def visible_vapps() -> QuerySet[VApp]:
    """vApps that the one who asks owns or that are shared with him; all of them for administrators."""
    queryset: QuerySet[VApp] = VApp.objects.filter(visible(owner="owner_id"))
    return queryset


def visible_vms() -> QuerySet[Vm]:
    """VMs of visible vApps."""
    queryset: QuerySet[Vm] = Vm.objects.filter(visible(owner="vapp__owner_id", entity="vapp_id"))
    return queryset


def visible_vapp_networks() -> QuerySet[VAppNetwork]:
    """Networks of visible vApps."""
    queryset: QuerySet[VAppNetwork] = VAppNetwork.objects.filter(
        visible(owner="vapp__owner_id", entity="vapp_id")
    )
    return queryset


def visible_disks() -> QuerySet[NamedDisk]:
    """Independent disks that the one who asks owns; all of them for administrators."""
    queryset: QuerySet[NamedDisk] = NamedDisk.objects.filter(visible(owner="owner_id"))
    return queryset


def _vms_with_parts() -> QuerySet[Vm]:
    queryset: QuerySet[Vm] = (
        Vm.objects.select_related("storage_policy__policy", "compute_policy", "media")
        .order_by("position", "name")
        .prefetch_related(
            "snapshots",
            Prefetch(
                "disks",
                queryset=Disk.objects.select_related("storage_policy__policy", "named").order_by("position"),
            ),
            Prefetch(
                "nics", queryset=Nic.objects.select_related("vapp_network__parent").order_by("position")
            ),
        )
    )
    return queryset


def _affinities() -> Prefetch:
    """The VMs' memberships in affinity rules, with the other members of each rule."""
    return Prefetch(
        "affinities",
        queryset=AffinityRuleVm.objects.select_related("rule").prefetch_related("rule__members"),
    )


def vapp_get(vapp_id: uuid.UUID) -> VApp:
    """The vApp alone, with its VDC and owner. Raises NotFound."""
    vapp: VApp | None = visible_vapps().select_related("vdc", "owner").filter(pk=vapp_id).first()
    if vapp is None:
        raise NotFound(f"The vApp {vapp_id} does not exist.")
    return vapp


def vapp_get_whole(vapp_id: uuid.UUID) -> VApp:
    """The vApp with networks, VMs, disks and NICs, in a constant number of statements. Raises NotFound."""
    vapp: VApp | None = (
        visible_vapps()
        .select_related("vdc", "owner")
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


def vm_with_vapp(vm_id: uuid.UUID) -> Vm:
    """The VM with its vApp, in one statement: its other parts are not loaded. Raises NotFound."""
    found: Vm | None = visible_vms().select_related("vapp").filter(pk=vm_id).first()
    if found is None:
        raise NotFound(f"The VM {vm_id} does not exist.")
    return found


def vapp_networks_of(vapp_id: uuid.UUID) -> list[VAppNetwork]:
    """The networks of a vApp with their parents, by name."""
    return list(VAppNetwork.objects.select_related("parent").filter(vapp_id=vapp_id).order_by("name"))


def vapp_network_get(network_id: uuid.UUID) -> VAppNetwork:
    """A network of a vApp, with its vApp and parent. Raises NotFound."""
    network: VAppNetwork | None = (
        visible_vapp_networks()
        .select_related("vapp__vdc", "vapp__owner", "parent")
        .prefetch_related("parent__ranges")
        .filter(pk=network_id)
        .first()
    )
    if network is None:
        raise NotFound(f"The network {network_id} does not exist.")
    return network


def vm_get(vm_id: uuid.UUID) -> Vm:
    """The VM with its vApp, VDC, disks and NICs. Raises NotFound."""
    vm: Vm | None = (
        _vms_with_parts()
        .select_related("vapp", "vdc", "storage_policy__policy")
        .filter(visible(owner="vapp__owner_id", entity="vapp_id"), pk=vm_id)
        .first()
    )
    if vm is None:
        raise NotFound(f"The VM {vm_id} does not exist.")
    return vm


def vms_of(vm_ids: list[uuid.UUID]) -> list[Vm]:
    """The VMs with all their parts, in order; those that are gone are left out."""
    return list(
        _vms_with_parts()
        .select_related("vdc__provider_vdc__cluster", "storage_policy__policy")
        .prefetch_related(_affinities())
        .filter(pk__in=vm_ids)
    )


def named_disk_get(disk_id: uuid.UUID) -> NamedDisk:
    """The independent disk with its VDC, owner and slot, in one statement. Raises NotFound."""
    disk: NamedDisk | None = (
        visible_disks()
        .select_related("vdc__provider_vdc__cluster", "owner", "storage_policy__policy", "slot__vm")
        .filter(pk=disk_id)
        .first()
    )
    if disk is None:
        raise NotFound(f"The disk {disk_id} does not exist.")
    return disk


def security_tags_of(vm_id: uuid.UUID) -> list[str]:
    """The tags of a VM, in order."""
    return list(SecurityTag.objects.filter(vm_id=vm_id).order_by("tag").values_list("tag", flat=True))


def tag_values() -> QuerySet[Any]:
    """The tags in use, each once, as `{"tag": ...}`."""
    queryset: QuerySet[Any] = SecurityTag.objects.order_by("tag").values("tag").distinct()
    return queryset


def tagged_vms() -> QuerySet[Vm]:
    """VMs with one tag at least, each once, with their vApp and VDC; `entity_type` is vm."""
    queryset: QuerySet[Vm] = (
        visible_vms()
        .select_related("vapp", "vdc")
        .filter(Exists(SecurityTag.objects.filter(vm_id=OuterRef("pk"))))
        .annotate(entity_type=Value("vm"))
        .distinct()
    )
    return queryset


def with_visible_vm(rows: QuerySet[Any]) -> QuerySet[Any]:
    """The rows with `is_vm_visible`: whether the one who asks may see the VM that the row belongs to."""
    return rows.annotate(is_vm_visible=Exists(visible_vms().filter(pk=OuterRef("vm_id"))))


def nics_on(network: Network) -> QuerySet[Nic]:
    """NICs that hold an address of the network, with their VM.

    What tells of the VM is in `shown_vm_id`, `shown_vm` and `shown_vapp`: empty where it may not be seen.
    """
    rows = Nic.objects.select_related("vm__org").filter(
        pk__in=IpAllocation.objects.filter(network=network).values("nic_id")
    )
    shown = {"shown_vm_id": "vm_id", "shown_vm": "vm__name", "shown_vapp": "vm__vapp__name"}
    queryset: QuerySet[Nic] = with_visible_vm(rows).annotate(
        **{name: Case(When(is_vm_visible=True, then=column)) for name, column in shown.items()}
    )
    return queryset


def affinity_rules_of(vdc_id: uuid.UUID) -> list[AffinityRule]:
    """The VDC's affinity rules with their VMs, in a constant number of statements."""
    return list(_affinity_rules().filter(vdc_id=vdc_id))


def affinity_rule_get(rule_id: uuid.UUID, vdc_id: uuid.UUID | None = None) -> AffinityRule:
    """The rule with its VDC and VMs. Raises NotFound, also for one of another VDC than `vdc_id`."""
    rule: AffinityRule | None = _affinity_rules().filter(pk=rule_id).first()
    if rule is None or vdc_id not in (None, rule.vdc_id):
        raise NotFound(f"The VM affinity rule {rule_id} does not exist.")
    return rule


def _affinity_rules() -> QuerySet[AffinityRule]:
    queryset: QuerySet[AffinityRule] = (
        AffinityRule.objects.select_related("vdc")
        .filter(vdc__in=vdcs_of_scope())
        .order_by("name")
        .prefetch_related(
            Prefetch(
                "members",
                queryset=with_visible_vm(AffinityRuleVm.objects.select_related("vm").order_by("id")),
            )
        )
    )
    return queryset


def snapshots_of(snapshot_ids: list[uuid.UUID]) -> list[Snapshot]:
    """The snapshots with their VMs and what leads to their cluster; those that are gone are left out."""
    return list(Snapshot.objects.select_related("vm__vdc__provider_vdc__cluster").filter(pk__in=snapshot_ids))


def vapp_allocations_of(network: VAppNetwork) -> list[IpAllocation]:
    """The addresses that the vApp's cards have in the network, in order."""
    cards = Nic.objects.filter(vapp_network=network).values("pk")
    return list(IpAllocation.objects.filter(network=network.parent_id, nic_id__in=cards).order_by("address"))
