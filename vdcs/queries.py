"""Query types of VDCs, storage policies, networks and edge gateways, and of what they are made from."""

from django.db.models import BigIntegerField, Count, F, Func, IntegerField, Q, QuerySet, Sum, Value
from django.db.models.functions import Cast, Coalesce

from orgs.rights import Rights
from ssvirt.api.query import (
    Column,
    QueryType,
    Source,
    constant,
    derived,
    extend_query,
    flag,
    hanging,
    host,
    netmask,
    register_query,
    words,
)
from ssvirt.wire import types as w
from vdcs.models import (
    IpAllocation,
    IpRange,
    Network,
    ProviderVdc,
    Realization,
    StoragePolicy,
    Vdc,
    VdcStoragePolicy,
)
from vdcs.represent import LINK_TYPE
from vdcs.selectors import (
    vdcs_of_scope,
    visible_edge_gateways,
    visible_networks,
    visible_storage_policies,
)

_STATUS = {
    Realization.CREATING: "NOT_READY",
    Realization.READY: "READY",
    Realization.FAILED: "FAILED_CREATION",
}
"""Source: vcd-api.md 3.6, VDC status."""


def _storage_of_vdc(what: str) -> Column:
    return Column(derived(hanging(VdcStoragePolicy), "vdc", Sum(what)), "number")


_VDC = {
    "name": Column("name"),
    "description": Column("description"),
    "isEnabled": Column("is_enabled", "flag"),
    "isBusy": flag(Q(realization=Realization.CREATING)),
    "status": Column(words(_STATUS, "realization")),
    "org": Column("org_id", "reference", "org"),
    "orgName": Column("org__name"),
    "providerVdcName": Column("provider_vdc__name"),
    "cpuAllocationMhz": Column("cpu_limit_mhz", "number"),
    "cpuLimitMhz": Column("cpu_limit_mhz", "number"),
    "cpuUsedMhz": Column("used_cpu_mhz", "number"),
    "cpuReservedMhz": constant(0),
    "memoryAllocationMB": Column("memory_limit_mb", "number"),
    "memoryLimitMB": Column("memory_limit_mb", "number"),
    "memoryUsedMB": Column("used_memory_mb", "number"),
    "memoryReservedMB": constant(0),
    "storageAllocationMB": _storage_of_vdc("limit_mb"),
    "storageLimitMB": _storage_of_vdc("limit_mb"),
    "storageUsedMB": _storage_of_vdc("used_mb"),
    "numberOfStorageProfiles": Column(derived(hanging(VdcStoragePolicy), "vdc", Count("pk")), "number"),
    "numberOfVMs": Column("used_vms", "number"),
    "isSystemVdc": constant(False),
    "isThinProvisioned": constant(True),
    "isFastProvisioned": constant(False),
    "isVgpuEnabled": constant(False),
}
_TENANTS_VDC = {**_VDC, "allocationModel": Column("allocation_model")}
_ADMIN_VDC = {
    **_VDC,
    "providerVdc": Column("provider_vdc_id", "reference", "providerVdc"),
    "usedNetworksInVdc": Column(
        derived(hanging(Network).filter(vapp_id__isnull=True), "vdc", Count("pk")), "number"
    ),
    "networkProviderType": constant("NSX_T"),
}
_STORAGE = {
    "name": Column("policy__name"),
    "isEnabled": Column("is_enabled", "flag"),
    "isDefaultStorageProfile": Column("is_default", "flag"),
    "storageUsedMB": Column("used_mb", "number"),
    "storageLimitMB": Column("limit_mb", "number"),
    "vdc": Column("vdc_id", "reference", "vdc"),
    "vdcName": Column("vdc__name"),
    "org": Column("org_id", "reference", "org"),
    "isVdcBusy": flag(Q(vdc__realization=Realization.CREATING)),
    "iopsAllocated": constant(0),
    "iopsLimit": constant(0),
    "numberOfConditions": constant(0),
    "numberOfCapabilities": constant(0),
    "diskIopsEnabled": constant(False),
}
_SIZE = Func(
    F("end"), F("start"), arg_joiner=" - ", template="(%(expressions)s + 1)", output_field=BigIntegerField()
)
_NETWORK = {
    "name": Column("name"),
    "description": Column("description"),
    "defaultGateway": Column(host("gateway")),
    "netmask": Column(netmask("gateway", "prefix_length")),
    "subnetPrefixLength": Column("prefix_length", "number"),
    "dns1": Column(host("dns1")),
    "dns2": Column(host("dns2")),
    "dnsSuffix": Column("dns_suffix", show=lambda suffix: suffix or None),
    "linkType": Column(
        Cast(words({kind: str(number) for kind, number in LINK_TYPE.items()}, "kind"), IntegerField()),
        "number",
    ),
    # Clients need it in every record. Source: python-clients.md 3, list org VDC networks.
    "connectedTo": Column(Coalesce("edge_gateway__name", Value(""))),
    "vdc": Column("vdc_id", "reference", "vdc"),
    "vdcName": Column("vdc__name"),
    "org": Column("org_id", "reference", "org"),
    "isShared": Column("is_shared", "flag"),
    "isBusy": flag(Q(realization=Realization.CREATING)),
    "isIpScopeInherited": constant(False),
    "usedIpCount": Column(derived(hanging(IpAllocation), "network", Count("pk")), "number"),
    "totalIpCount": Column(derived(hanging(IpRange), "network", Sum(_SIZE)), "number"),
}
_EDGE = {
    "name": Column("name"),
    "vdc": Column("vdc_id", "reference", "vdc"),
    "orgVdcName": Column("vdc__name"),
    "orgName": Column("org__name"),
    "org": Column("org_id", "reference", "org"),
    "isBusy": constant(False),
    "gatewayStatus": constant("READY"),
    "haStatus": constant("DISABLED"),
    "edgeGatewayType": constant("NSXT_BACKED"),
    "numberOfExtNetworks": constant(0),
    "numberOfOrgNetworks": Column(derived(hanging(Network), "edge_gateway", Count("pk")), "number"),
    "availableNetCount": constant(0),
    "advancedNetworkingEnabled": constant(False),
    "distributedRoutingEnabled": constant(False),
}


def _of_provider_vdc(made: Sum | Count) -> Column:
    return Column(derived(hanging(Vdc), "provider_vdc", made), "number")


def _storage_of_provider_vdc(what: str) -> Column:
    return Column(derived(hanging(VdcStoragePolicy), "vdc__provider_vdc", Sum(what)), "number")


_PROVIDER_VDC = {
    "name": Column("name"),
    "description": Column("description"),
    "isEnabled": Column("is_enabled", "flag"),
    "isBusy": constant(False),
    "isDeleted": constant(False),
    "status": constant("READY"),
    "cpuUsedMhz": _of_provider_vdc(Sum("used_cpu_mhz")),
    "cpuLimitMhz": _of_provider_vdc(Sum("cpu_limit_mhz")),
    "cpuAllocationMhz": _of_provider_vdc(Sum("cpu_limit_mhz")),
    "memoryUsedMB": _of_provider_vdc(Sum("used_memory_mb")),
    "memoryLimitMB": _of_provider_vdc(Sum("memory_limit_mb")),
    "memoryAllocationMB": _of_provider_vdc(Sum("memory_limit_mb")),
    "storageUsedMB": _storage_of_provider_vdc("used_mb"),
    "storageLimitMB": _storage_of_provider_vdc("limit_mb"),
    "storageAllocationMB": _storage_of_provider_vdc("limit_mb"),
    "numberOfVdcs": _of_provider_vdc(Count("pk")),
    "numberOfStorageProfiles": Column(derived(hanging(StoragePolicy), "provider_vdc", Count("pk")), "number"),
    "numberOfDatastores": constant(0),
    "numberOfResourcePools": constant(0),
    "networkProviderType": constant("NSX_T"),
    "isKubernetesEnabled": constant(False),
    "isGpuEnabled": constant(False),
}
_PROVIDER_STORAGE = {
    "name": Column("name"),
    "isEnabled": Column("is_enabled", "flag"),
    "providerVdc": Column("provider_vdc_id", "reference", "providerVdc"),
    "storageUsedMB": Column(derived(hanging(VdcStoragePolicy), "policy", Sum("used_mb")), "number"),
    "storageRequestedMB": Column(derived(hanging(VdcStoragePolicy), "policy", Sum("limit_mb")), "number"),
    "storageAllocatedMB": Column(derived(hanging(VdcStoragePolicy), "policy", Sum("used_mb")), "number"),
    "numberOfConditions": constant(0),
    "numberOfCapabilities": constant(0),
    "iopsAllocated": constant(0),
    "iopsCapacity": constant(0),
    "iopsLimitingEnabled": constant(False),
}
_OF_ORG = {
    "numberOfVdcs": Column(derived(hanging(Vdc), "org", Count("pk")), "number"),
}


def _provider_vdcs() -> QuerySet[ProviderVdc]:
    return ProviderVdc.objects.all()


def _provider_storage() -> QuerySet[StoragePolicy]:
    return StoragePolicy.objects.all()


_TYPES = (
    QueryType(
        name="orgVdc",
        record=w.OrgVdcRecord,
        sources=(Source(kind="vdc", rows=vdcs_of_scope, columns=_TENANTS_VDC),),
        references=w.OrgVdcReferences,
        reference=w.OrgVdcReference,
        up="org",
        has_metadata=True,
        right=Rights.VDC_VIEW,
    ),
    QueryType(
        name="adminOrgVdc",
        record=w.AdminVdcRecord,
        sources=(Source(kind="vdc", rows=vdcs_of_scope, columns=_ADMIN_VDC),),
        references=w.AdminVdcReferences,
        reference=w.AdminVdcReference,
        up="org",
        has_metadata=True,
        provider_only=True,
    ),
    QueryType(
        name="orgVdcNetwork",
        record=w.OrgVdcNetworkRecord,
        sources=(Source(kind="network", rows=visible_networks, columns=_NETWORK),),
        references=w.OrgVdcNetworkReferences,
        reference=w.OrgVdcNetworkReference,
        up="vdc",
        has_metadata=True,
        right=Rights.NETWORK_VIEW,
    ),
    QueryType(
        name="edgeGateway",
        record=w.EdgeGatewayRecord,
        sources=(Source(kind="edgeGateway", rows=visible_edge_gateways, columns=_EDGE),),
        references=w.EdgeGatewayReferences,
        reference=w.EdgeGatewayReference,
        up="vdc",
        right=Rights.NETWORK_VIEW,
    ),
    QueryType(
        name="orgVdcStorageProfile",
        record=w.OrgVdcStorageProfileRecord,
        sources=(Source(kind="vdcStorageProfile", rows=visible_storage_policies, columns=_STORAGE),),
        references=w.OrgVdcStorageProfileReferences,
        reference=w.OrgVdcStorageProfileReference,
        up="vdc",
        right=Rights.VDC_VIEW,
    ),
    QueryType(
        name="adminOrgVdcStorageProfile",
        record=w.AdminOrgVdcStorageProfileRecord,
        sources=(Source(kind="adminVdcStorageProfile", rows=visible_storage_policies, columns=_STORAGE),),
        references=w.AdminOrgVdcStorageProfileReferences,
        reference=w.AdminOrgVdcStorageProfileReference,
        up="vdc",
        provider_only=True,
    ),
    QueryType(
        name="providerVdc",
        record=w.VMWProviderVdcRecord,
        sources=(Source(kind="providerVdc", rows=_provider_vdcs, columns=_PROVIDER_VDC),),
        references=w.VMWProviderVdcReferences,
        reference=w.VMWProviderVdcReference,
        provider_only=True,
    ),
    QueryType(
        name="providerVdcStorageProfile",
        record=w.ProviderVdcStorageProfileRecord,
        sources=(
            Source(kind="providerVdcStorageProfile", rows=_provider_storage, columns=_PROVIDER_STORAGE),
        ),
        references=w.ProviderVdcStorageProfileReferences,
        reference=w.ProviderVdcStorageProfileReference,
        up="providerVdc",
        provider_only=True,
    ),
)


def register() -> None:
    """Makes the types known; called when the app is ready."""
    for query in _TYPES:
        register_query(query)
    extend_query("organization", columns=_OF_ORG)
