"""Reading VDCs, storage policies and networks."""

import uuid

from django.db.models import QuerySet

from compute.cluster.client import ClusterClient, client_for
from ssvirt.core.errors import NotFound
from vdcs.models import Network, Vdc, VdcStoragePolicy


def vdc_get(vdc_id: uuid.UUID) -> Vdc:
    """The VDC with its organization and provider VDC. Raises NotFound."""
    vdc: Vdc | None = Vdc.objects.select_related("org", "provider_vdc__cluster").filter(pk=vdc_id).first()
    if vdc is None:
        raise NotFound(f"The VDC {vdc_id} does not exist.")
    return vdc


def vdc_list() -> QuerySet[Vdc]:
    queryset: QuerySet[Vdc] = Vdc.objects.select_related("org", "provider_vdc").order_by("name")
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


def vdc_client(vdc: Vdc) -> ClusterClient:
    """The client of the cluster that carries the VDC. Needs `provider_vdc__cluster` loaded."""
    return client_for(vdc.provider_vdc.cluster)
