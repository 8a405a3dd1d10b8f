"""Query types of vApps, VMs and tasks."""

from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, OuterRef, QuerySet, Subquery, Sum

from orgs.rights import Rights
from ssvirt.api.query import Field, QueryType, Ref, register_query
from ssvirt.wire import types as w
from vapps.models import Nic, VApp, Vm
from vapps.states import VAppState, status_word, vapp_status, vm_is_deployed, vm_status

_VAPP_FIELDS = {
    "id": Field("pk", "reference"),
    "name": Field("name"),
    "description": Field("description"),
    "vdc": Field("vdc_id", "reference"),
    "vdcName": Field("vdc__name"),
    "ownerName": Field("owner__username"),
    "owner": Field("owner_id", "reference"),
    "creationDate": Field("created_at", "moment"),
    "org": Field("org_id", "reference"),
}
_VM_FIELDS = {
    "id": Field("pk", "reference"),
    "name": Field("name"),
    "description": Field("description"),
    "container": Field("vapp_id", "reference"),
    "containerName": Field("vapp__name"),
    "vdc": Field("vdc_id", "reference"),
    "vdcName": Field("vdc__name"),
    "numberOfCpus": Field("cpus", "number"),
    "memoryMB": Field("memory_mb", "number"),
    "dateCreated": Field("created_at", "moment"),
    "org": Field("org_id", "reference"),
}


def _vapps() -> QuerySet[VApp]:
    """vApps with the states and sizes of their VMs, in one statement."""
    queryset: QuerySet[VApp] = VApp.objects.select_related("vdc", "owner").annotate(
        vm_states=ArrayAgg("vms__state", default=[]),
        vm_count=Count("vms"),
        cpu_count=Sum("vms__cpus", default=0),
        memory_sum_mb=Sum("vms__memory_mb", default=0),
    )
    return queryset


def _vapp_values(vapp: Any, ref: Ref) -> dict[str, Any]:
    states = [state for state in vapp.vm_states if state is not None]
    return {
        "name": vapp.name,
        "vdc": ref("vdc", vapp.vdc_id),
        "vdc_name": vapp.vdc.name,
        "description": vapp.description,
        "is_enabled": True,
        "is_busy": vapp.state != vapp.projected_state,
        "creation_date": vapp.created_at,
        "status": status_word(vapp_status(vapp.state, states)),
        "owner_name": vapp.owner.username,
        "is_deployed": vapp.state == VAppState.DEPLOYED,
        "is_in_maintenance_mode": False,
        "is_auto_nature": False,
        "is_expired": False,
        "number_of_cpus": vapp.cpu_count,
        "number_of_vms": vapp.vm_count,
        "memory_allocation_mb": vapp.memory_sum_mb,
    }


def _vapp_record(vapp: Any, ref: Ref) -> w.QueryResultRecord:
    return w.VAppRecord(**_vapp_values(vapp, ref))


def _admin_vapp_record(vapp: Any, ref: Ref) -> w.QueryResultRecord:
    return w.AdminVAppRecord(**_vapp_values(vapp, ref), org=ref("org", vapp.org_id))


def _vms() -> QuerySet[Vm]:
    """VMs with the network and address of their first card, in one statement."""
    primary = Nic.objects.filter(vm=OuterRef("pk")).order_by("-is_primary", "position")
    queryset: QuerySet[Vm] = Vm.objects.select_related(
        "vapp__owner", "vdc", "storage_policy__policy"
    ).annotate(
        first_network=Subquery(primary.values("vapp_network__name")[:1]),
        first_address=Subquery(primary.values("address")[:1]),
    )
    return queryset


def _vm_values(vm: Any, ref: Ref) -> dict[str, Any]:
    return {
        "name": vm.name,
        "description": vm.description,
        "container_name": vm.vapp.name,
        "container": ref("vApp", vm.vapp_id),
        "vdc_name": vm.vdc.name,
        "vdc": ref("vdc", vm.vdc_id),
        "vapp_scoped_local_id": str(vm.local_id),
        "is_vapp_template": False,
        "is_deleted": False,
        "guest_os": vm.observed_guest_os or vm.os_type,
        "number_of_cpus": vm.cpus,
        "memory_mb": vm.memory_mb,
        "status": status_word(vm_status(vm.state)),
        "network_name": vm.first_network,
        "ip_address": vm.first_address,
        "is_deployed": vm_is_deployed(vm.state),
        "is_busy": vm.state != vm.projected_state,
        "is_auto_nature": False,
        "is_in_maintenance_mode": False,
        "hardware_version": int(vm.hardware_version.removeprefix("vmx-")),
        "storage_profile_name": vm.storage_policy.policy.name,
        "snapshot": False,
        "gc_status": "GC_COMPLETE" if vm.is_agent_connected else "GC_PENDING",
        "date_created": vm.created_at,
    }


def _vm_record(vm: Any, ref: Ref) -> w.QueryResultRecord:
    return w.VMRecord(
        **_vm_values(vm, ref), owner=ref("user", vm.vapp.owner_id), owner_name=vm.vapp.owner.username
    )


_ADMIN_VM_FIELDS = frozenset(w.AdminVMRecord.__dataclass_fields__)


def _admin_vm_record(vm: Any, ref: Ref) -> w.QueryResultRecord:
    values = {**_vm_values(vm, ref), "org": ref("org", vm.org_id)}
    return w.AdminVMRecord(**{key: value for key, value in values.items() if key in _ADMIN_VM_FIELDS})


def register() -> None:
    """Makes the types known; called when the app is ready."""
    for name, record, provider_only in (
        ("vApp", _vapp_record, False),
        ("adminVApp", _admin_vapp_record, True),
    ):
        register_query(
            QueryType(
                name=name,
                kind="vApp",
                rows=_vapps,
                record=record,
                fields=_VAPP_FIELDS,
                references=w.VAppReferences,
                reference=w.VAppReference,
                right=Rights.ORGANIZATION_VIEW,
                provider_only=provider_only,
            )
        )
    for name, record, provider_only in (("vm", _vm_record, False), ("adminVM", _admin_vm_record, True)):
        register_query(
            QueryType(
                name=name,
                kind="vm",
                rows=_vms,
                record=record,
                fields=_VM_FIELDS,
                references=w.VMReferences,
                reference=w.VMReference,
                right=Rights.ORGANIZATION_VIEW,
                provider_only=provider_only,
            )
        )
