"""Reading VDCs, storage policies and networks."""

import uuid
from dataclasses import dataclass

from django.db.models import (
    BooleanField,
    Count,
    ExpressionWrapper,
    FilteredRelation,
    Prefetch,
    Q,
    QuerySet,
    Sum,
    Value,
)

from compute.cluster.client import ClusterClient, client_for
from orgs.rights import Rights
from orgs.selectors import visible_when_open
from ssvirt.api.principal import Principal
from ssvirt.core.errors import NotFound
from ssvirt.core.tenancy import current_scope
from vdcs.models import (
    SYSTEM_DEFAULT_POLICY,
    ComputePolicy,
    EdgeGateway,
    IpAllocation,
    IpRange,
    Network,
    ProviderVdc,
    Vdc,
    VdcComputePolicy,
    VdcStoragePolicy,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderVdcUse:
    """Sums over the VDCs of a provider VDC."""

    cpu_mhz: int
    memory_mb: int
    cpu_limit_mhz: int
    memory_limit_mb: int


def vdcs_of_scope() -> QuerySet[Vdc]:
    """The VDCs that the one who asks may see: all of the scope, but for those shared with others only."""
    queryset: QuerySet[Vdc] = Vdc.objects.filter(visible_when_open(right=Rights.ALL_VDCS))
    return queryset


def visible_networks() -> QuerySet[Network]:
    """The org VDC networks of visible VDCs, without vApps' own ones."""
    queryset: QuerySet[Network] = Network.objects.filter(vapp_id__isnull=True, vdc__in=vdcs_of_scope())
    return queryset


def visible_edge_gateways() -> QuerySet[EdgeGateway]:
    """The edge gateways of visible VDCs."""
    queryset: QuerySet[EdgeGateway] = EdgeGateway.objects.filter(vdc__in=vdcs_of_scope())
    return queryset


def visible_storage_policies() -> QuerySet[VdcStoragePolicy]:
    """The storage policies of visible VDCs."""
    queryset: QuerySet[VdcStoragePolicy] = VdcStoragePolicy.objects.filter(vdc__in=vdcs_of_scope())
    return queryset


def vdc_get(vdc_id: uuid.UUID) -> Vdc:
    """The VDC with its organization and provider VDC. Raises NotFound."""
    vdc: Vdc | None = vdcs_of_scope().select_related("org", "provider_vdc__cluster").filter(pk=vdc_id).first()
    if vdc is None:
        raise NotFound(f"The VDC {vdc_id} does not exist.")
    return vdc


def vdc_list() -> QuerySet[Vdc]:
    queryset: QuerySet[Vdc] = vdcs_of_scope().select_related("org", "provider_vdc").order_by("name")
    return queryset


def storage_policies_of(vdc: Vdc) -> list[VdcStoragePolicy]:
    """The VDC's storage policies, the default one first."""
    return list(
        VdcStoragePolicy.objects.select_related("policy")
        .filter(vdc=vdc)
        .order_by("-is_default", "policy__name")
    )


def storage_policy_get(vdc: Vdc, policy_id: uuid.UUID) -> VdcStoragePolicy:
    """A usable storage policy of the VDC. Raises NotFound."""
    found: VdcStoragePolicy | None = (
        VdcStoragePolicy.objects.select_related("policy")
        .filter(vdc=vdc, pk=policy_id, is_enabled=True)
        .first()
    )
    if found is None:
        raise NotFound(f'The storage profile {policy_id} does not exist in the VDC "{vdc.name}".')
    return found


def networks_of(vdc: Vdc) -> list[Network]:
    """The networks that the VDC's content may use: its own, without those of single vApps."""
    return list(Network.objects.filter(vdc=vdc, vapp_id__isnull=True).order_by("name"))


def network_get(network_id: uuid.UUID) -> Network:
    """The network, a vApp's own one included. Raises NotFound."""
    network: Network | None = (
        Network.objects.select_related("vdc", "org", "edge_gateway").filter(pk=network_id).first()
    )
    if network is None:
        raise NotFound(f"The network {network_id} does not exist.")
    return network


def org_network_get(network_id: uuid.UUID) -> Network:
    """The org VDC network, its VDC and edge gateway; a vApp's own one is not found. Raises NotFound."""
    network: Network | None = (
        visible_networks().select_related("vdc", "org", "edge_gateway").filter(pk=network_id).first()
    )
    if network is None:
        raise NotFound(f"The network {network_id} does not exist.")
    return network


def ranges_of(network: Network) -> list[IpRange]:
    """The network's static pool, in order."""
    return list(IpRange.objects.filter(network=network).order_by("start"))


def allocations_of(network: Network) -> list[IpAllocation]:
    """The network's addresses in use, in order."""
    return list(IpAllocation.objects.filter(network=network).order_by("address"))


def storage_policy_of_scope(policy_id: uuid.UUID) -> VdcStoragePolicy:
    """A VDC's storage policy by its own id. Raises NotFound."""
    found: VdcStoragePolicy | None = (
        visible_storage_policies().select_related("policy__provider_vdc", "vdc").filter(pk=policy_id).first()
    )
    if found is None:
        raise NotFound(f"The storage profile {policy_id} does not exist.")
    return found


def default_compute_policy_of(vdc: Vdc) -> ComputePolicy | None:
    """The compute policy of VMs that name none."""
    row = VdcComputePolicy.objects.select_related("policy").filter(vdc=vdc).order_by("-is_default").first()
    return row.policy if row is not None else None


def edge_gateway_get(edge_gateway_id: uuid.UUID) -> EdgeGateway:
    """The edge gateway with its VDC, provider VDC and routed networks, in two statements. Raises NotFound."""
    found: EdgeGateway | None = (
        visible_edge_gateways()
        .select_related("vdc__provider_vdc")
        .prefetch_related(
            Prefetch("networks", queryset=Network.objects.order_by("name").prefetch_related("ranges"))
        )
        .filter(pk=edge_gateway_id)
        .first()
    )
    if found is None:
        raise NotFound(f"The edge gateway {edge_gateway_id} does not exist.")
    return found


def provider_vdc_get(principal: Principal, provider_vdc_id: uuid.UUID) -> ProviderVdc:
    """A provider VDC with its storage policies, for the provider's own users. Raises NotFound."""
    found = (
        ProviderVdc.objects.prefetch_related("storage_policies").filter(pk=provider_vdc_id).first()
        if principal.is_provider
        else None
    )
    if found is None:
        raise NotFound(f"The provider VDC {provider_vdc_id} does not exist.")
    return found


def provider_vdc_use(provider_vdc: ProviderVdc) -> ProviderVdcUse:
    """What the provider VDC's organization VDCs have committed, in one statement."""
    sums = Vdc.objects.filter(provider_vdc=provider_vdc).aggregate(
        cpu_mhz=Sum("used_cpu_mhz"),
        memory_mb=Sum("used_memory_mb"),
        cpu_limit_mhz=Sum("cpu_limit_mhz"),
        memory_limit_mb=Sum("memory_limit_mb"),
    )
    return ProviderVdcUse(**{name: value or 0 for name, value in sums.items()})


def vdc_client(vdc: Vdc) -> ClusterClient:
    """The client of the cluster that carries the VDC. Needs `provider_vdc__cluster` loaded."""
    return client_for(vdc.provider_vdc.cluster)


ACCESSIBLE = Value("includeAccessible")
"""Clients add the condition `_context==includeAccessible` to lists; rows carry its value. Source: CloudAPI."""


def org_networks() -> QuerySet[Network]:
    """Networks of visible VDCs with all that a list shows; `used_count` is how many addresses are in use."""
    queryset: QuerySet[Network] = (
        visible_networks()
        .select_related("vdc", "org", "edge_gateway")
        .prefetch_related(Prefetch("ranges", queryset=IpRange.objects.order_by("start")))
        .annotate(
            used_count=Count("allocations", distinct=True), context=ACCESSIBLE, is_uplink_eligible=Value(True)
        )
    )
    return queryset


def org_network_shown(network_id: uuid.UUID) -> Network:
    """A row of `org_networks`. Raises NotFound."""
    found = org_networks().filter(pk=network_id).first()
    if found is None:
        raise NotFound(f"The network {network_id} does not exist.")
    return found


def edge_gateways() -> QuerySet[EdgeGateway]:
    """Edge gateways of visible VDCs with all that a list shows; `network_count` is how many networks they route."""
    queryset: QuerySet[EdgeGateway] = (
        visible_edge_gateways()
        .select_related("org", "vdc__provider_vdc")
        .annotate(network_count=Count("networks", distinct=True), context=ACCESSIBLE)
    )
    return queryset


def edge_gateway_shown(edge_gateway_id: uuid.UUID) -> EdgeGateway:
    """A row of `edge_gateways`. Raises NotFound."""
    found = edge_gateways().filter(pk=edge_gateway_id).first()
    if found is None:
        raise NotFound(f"The edge gateway {edge_gateway_id} does not exist.")
    return found


def compute_policies(vdc: Vdc | None = None) -> QuerySet[ComputePolicy]:
    """The policies of the VDC, or those of the scope's VDCs; without a scope's limit, all there are.

    `assigned` leads to the scope's own assignments only.
    """
    scope = current_scope()
    rows: QuerySet[ComputePolicy] = ComputePolicy.objects.select_related("provider_vdc")
    mine = Q()
    if isinstance(scope, uuid.UUID):
        mine = Q(assignments__org_id=scope)
    if vdc is not None:
        rows = rows.filter(pk__in=VdcComputePolicy.objects.filter(vdc=vdc).values("policy_id"))
    elif isinstance(scope, uuid.UUID):
        rows = rows.filter(
            pk__in=VdcComputePolicy.objects.filter(vdc__in=vdcs_of_scope()).values("policy_id")
        )
    return rows.annotate(
        assigned=FilteredRelation("assignments", condition=mine),
        is_sizing_only=Value(True),
        is_auto_generated=ExpressionWrapper(
            Q(name=SYSTEM_DEFAULT_POLICY, provider_vdc=None), output_field=BooleanField()
        ),
        policy_type=Value("VdcVmPolicy"),
    ).distinct()


def compute_policy_get(policy_id: uuid.UUID) -> ComputePolicy:
    """A policy of one of the scope's VDCs. Raises NotFound."""
    found = compute_policies().filter(pk=policy_id).first()
    if found is None:
        raise NotFound(f"The compute policy {policy_id} does not exist.")
    return found


def system_default_policy() -> ComputePolicy:
    """The policy that sets nothing."""
    return ComputePolicy.objects.get(name=SYSTEM_DEFAULT_POLICY, provider_vdc=None)
