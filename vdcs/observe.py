"""What the watch process tells about namespaces and networks: observed columns, and waking who waits."""

import uuid
from collections.abc import Sequence

from compute.observe import NamespaceObserved, UdnObserved
from ssvirt.core.tenancy import ALL, acting_for
from tasks.engine import wake
from vdcs.models import Network, Vdc
from vdcs.services import PRIMARY_UDN


def namespaces_observed(cluster_id: uuid.UUID, batch: Sequence[NamespaceObserved]) -> None:
    """Notes uid and phase of the VDCs' namespaces."""
    with acting_for(ALL):
        for seen in batch:
            if seen.vdc_id is None:
                continue
            rows = Vdc.objects.filter(
                pk=seen.vdc_id, provider_vdc__cluster_id=cluster_id, namespace=seen.name
            )
            if rows.update(observed_namespace_uid=seen.uid, observed_namespace_phase=seen.phase):
                wake([seen.vdc_id])


def networks_observed(cluster_id: uuid.UUID, batch: Sequence[UdnObserved]) -> None:
    """Notes the networks that the cluster has made."""
    with acting_for(ALL):
        for seen in batch:
            uid = seen.uid if seen.network_created else ""
            if seen.network_id is not None:
                rows = Network.objects.filter(
                    pk=seen.network_id, vdc__provider_vdc__cluster_id=cluster_id, udn_name=seen.name
                )
                if rows.update(observed_uid=uid):
                    wake([seen.network_id])
            elif seen.name == PRIMARY_UDN:
                vdcs = Vdc.objects.filter(provider_vdc__cluster_id=cluster_id, namespace=seen.namespace)
                if vdcs.update(observed_primary_network_uid=uid):
                    wake(list(vdcs.values_list("pk", flat=True)))
