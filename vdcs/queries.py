"""Query types of VDCs and networks."""

from typing import Any

from django.db.models import Count, QuerySet

from orgs.rights import Rights
from ssvirt.api.query import Field, QueryType, Ref, register_query
from ssvirt.wire import types as w
from vdcs.addresses import netmask_of
from vdcs.models import Network, NetworkKind, Vdc
from vdcs.represent import LINK_TYPE, vdc_status

_VDC_FIELDS = {
    "id": Field("pk", "reference"),
    "name": Field("name"),
    "description": Field("description"),
    "isEnabled": Field("is_enabled", "flag"),
    "org": Field("org_id", "reference"),
    "orgName": Field("org__name"),
    "providerVdcName": Field("provider_vdc__name"),
}
_NETWORK_FIELDS = {
    "id": Field("pk", "reference"),
    "name": Field("name"),
    "description": Field("description"),
    "vdc": Field("vdc_id", "reference"),
    "vdcName": Field("vdc__name"),
    "isShared": Field("is_shared", "flag"),
    "defaultGateway": Field("gateway", "address"),
}


def _vdcs() -> QuerySet[Vdc]:
    queryset: QuerySet[Vdc] = Vdc.objects.select_related("org", "provider_vdc").annotate(
        storage_policy_count=Count("storage_policies")
    )
    return queryset


def _vdc_values(vdc: Any, ref: Ref) -> dict[str, Any]:
    return {
        "name": vdc.name,
        "description": vdc.description,
        "is_enabled": vdc.is_enabled,
        "cpu_limit_mhz": vdc.cpu_limit_mhz,
        "cpu_used_mhz": vdc.used_cpu_mhz,
        "memory_limit_mb": vdc.memory_limit_mb,
        "memory_used_mb": vdc.used_memory_mb,
        "provider_vdc_name": vdc.provider_vdc.name,
        "org_name": vdc.org.name,
        "org": ref("org", vdc.org_id),
        "status": {0: "NOT_READY", 1: "READY", -1: "FAILED_CREATION"}[vdc_status(vdc)],
        "is_busy": vdc_status(vdc) == 0,
        "number_of_vms": vdc.used_vms,
        "number_of_storage_profiles": vdc.storage_policy_count,
    }


def _vdc_record(vdc: Any, ref: Ref) -> w.QueryResultRecord:
    return w.OrgVdcRecord(**_vdc_values(vdc, ref), allocation_model=vdc.allocation_model)


def _admin_vdc_record(vdc: Any, ref: Ref) -> w.QueryResultRecord:
    return w.AdminVdcRecord(**_vdc_values(vdc, ref))


def _networks() -> QuerySet[Network]:
    queryset: QuerySet[Network] = (
        Network.objects.filter(vapp_id__isnull=True).select_related("vdc").annotate(used=Count("allocations"))
    )
    return queryset


def _network_record(network: Any, ref: Ref) -> w.QueryResultRecord:
    return w.OrgVdcNetworkRecord(
        name=network.name,
        default_gateway=network.gateway,
        netmask=netmask_of(network.prefix_length),
        subnet_prefix_length=network.prefix_length,
        dns1=network.dns1,
        dns2=network.dns2,
        dns_suffix=network.dns_suffix or None,
        link_type=LINK_TYPE[NetworkKind(network.kind)],
        vdc=ref("vdc", network.vdc_id),
        vdc_name=network.vdc.name,
        is_shared=network.is_shared,
        is_busy=network.realization == "creating",
        is_ip_scope_inherited=False,
        used_ip_count=network.used,
    )


def register() -> None:
    """Makes the types known; called when the app is ready."""
    register_query(
        QueryType(
            name="orgVdc",
            kind="vdc",
            rows=_vdcs,
            record=_vdc_record,
            fields=_VDC_FIELDS,
            references=w.OrgVdcReferences,
            reference=w.OrgVdcReference,
            right=Rights.VDC_VIEW,
        )
    )
    register_query(
        QueryType(
            name="adminOrgVdc",
            kind="vdc",
            rows=_vdcs,
            record=_admin_vdc_record,
            fields=_VDC_FIELDS,
            references=w.AdminVdcReferences,
            reference=w.AdminVdcReference,
            provider_only=True,
        )
    )
    register_query(
        QueryType(
            name="orgVdcNetwork",
            kind="network",
            rows=_networks,
            record=_network_record,
            fields=_NETWORK_FIELDS,
            references=w.OrgVdcNetworkReferences,
            reference=w.OrgVdcNetworkReference,
            right=Rights.NETWORK_VIEW,
        )
    )
