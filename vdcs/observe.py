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
                    # A vApp's own network is waited for by the tasks of its vApp.
                    vapps = rows.filter(vapp_id__isnull=False).values_list("vapp_id", flat=True)
                    wake([seen.network_id, *vapps])
            elif seen.name == PRIMARY_UDN:
                vdcs = Vdc.objects.filter(provider_vdc__cluster_id=cluster_id, namespace=seen.namespace)
                if vdcs.update(observed_primary_network_uid=uid):
                    wake(list(vdcs.values_list("pk", flat=True)))


def networks_absent(cluster_id: uuid.UUID, absent: Sequence[tuple[str, str, str]]) -> None:
    """Networks whose objects are gone: (namespace, name, uid) each."""
    uids = [uid for _, _, uid in absent]
    with acting_for(ALL):
        _forget(
            Network.objects.filter(
                vdc__provider_vdc__cluster_id=cluster_id, observed_uid__in=uids
            ).values_list("pk", flat=True)
        )


def networks_synced(cluster_id: uuid.UUID, present: frozenset[str]) -> None:
    """After a full list: rows that believe in an object which is not there any more."""
    with acting_for(ALL):
        believed = Network.objects.filter(vdc__provider_vdc__cluster_id=cluster_id).exclude(observed_uid="")
        rows = believed.values_list("pk", "observed_uid").iterator()
        _forget([pk for pk, uid in rows if uid not in present])


def _forget(ids: Sequence[uuid.UUID]) -> None:
    gone = list(ids)
    for start in range(0, len(gone), 500):
        part = gone[start : start + 500]
        Network.objects.filter(pk__in=part).update(observed_uid="")
        wake(part)
