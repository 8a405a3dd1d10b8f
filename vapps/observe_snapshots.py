"""What the watch process tells about snapshots and their restoration."""

import uuid
from collections.abc import Sequence

from django.db.models import QuerySet

from compute import names
from compute.observe import RestoreObserved, SnapshotObserved
from ssvirt.core.tenancy import ALL, acting_for
from tasks.engine import wake
from vapps.models import Snapshot


def snapshots_observed(cluster_id: uuid.UUID, batch: Sequence[SnapshotObserved]) -> None:
    """Notes the phase of snapshots; one is ready when it can be restored."""
    by_name = {seen.name: seen for seen in batch if seen.vm_id is not None}
    with acting_for(ALL):
        for snapshot in _snapshots(cluster_id, batch):
            seen = by_name.get(names.snapshot_name(snapshot.pk))
            if seen is None or seen.namespace != snapshot.vm.vdc.namespace:
                continue
            phase = (
                "Succeeded" if seen.is_ready else seen.phase if seen.phase != "Succeeded" else "InProgress"
            )
            Snapshot.objects.filter(pk=snapshot.pk).update(
                observed_uid=seen.uid, observed_phase=phase, observed_message=seen.message
            )
        wake([seen.vm_id for seen in batch if seen.vm_id is not None])


def restores_observed(cluster_id: uuid.UUID, batch: Sequence[RestoreObserved]) -> None:
    """Notes how far restorations are."""
    by_name = {seen.name: seen for seen in batch if seen.vm_id is not None}
    with acting_for(ALL):
        for snapshot in _snapshots(cluster_id, batch):
            seen = by_name.get(snapshot.restore_name)
            if seen is None or seen.namespace != snapshot.vm.vdc.namespace:
                continue
            state = "complete" if seen.is_complete else "failed" if seen.is_failed else "running"
            Snapshot.objects.filter(pk=snapshot.pk).update(
                observed_restore=state, observed_restore_message=seen.message
            )
        wake([seen.vm_id for seen in batch if seen.vm_id is not None])


def _snapshots(
    cluster_id: uuid.UUID, batch: Sequence[SnapshotObserved] | Sequence[RestoreObserved]
) -> QuerySet[Snapshot]:
    queryset: QuerySet[Snapshot] = Snapshot.objects.select_related("vm__vdc").filter(
        vm_id__in={seen.vm_id for seen in batch if seen.vm_id is not None},
        vm__vdc__provider_vdc__cluster_id=cluster_id,
    )
    return queryset
