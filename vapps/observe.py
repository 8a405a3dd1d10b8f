"""What the watch process tells about machines and disks: observed columns, settled states, woken tasks."""

import uuid
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from django.db.models import QuerySet

from compute import names
from compute.observe import ClaimObserved, DataVolumeObserved, Power, VmiObserved, VmObserved, power_of
from ssvirt.core import clock
from ssvirt.core.tenancy import ALL, acting_for
from tasks.engine import wake
from vapps.models import Disk, NamedDisk, Nic, VApp, Vm
from vapps.projection import reproject
from vapps.services.leasing import lease_start_running
from vapps.states import VAppState, VmState
from vdcs.services import addresses_drop

_SETTLED = (VmState.UNDEPLOYED, VmState.OFF, VmState.ON, VmState.SUSPENDED)


def _state_after(state: str, power: Power | None) -> str:
    """The VM's state once its power was observed; a VM that was never deployed stays so while it is off."""
    if state not in _SETTLED or power is None:
        return state
    if power == Power.OFF:
        return state if state == VmState.UNDEPLOYED else VmState.OFF
    return VmState.ON if power == Power.ON else VmState.SUSPENDED


def _machine_values(seen: VmObserved) -> dict[str, Any]:
    values: dict[str, Any] = {
        "observed_uid": seen.uid,
        "observed_status": seen.printable_status,
        "observed_version": seen.resource_version,
        "observed_failure": seen.failure or "",
        "observed_restart_required": seen.restart_required,
    }
    if seen.printable_status == "Stopped":
        # Its instance may have gone while nobody watched.
        values["observed_volumes"] = []
    return values


_Seen = TypeVar("_Seen", VmObserved, VmiObserved)
_SeenVolume = TypeVar("_SeenVolume", DataVolumeObserved, ClaimObserved)


def _ours(cluster_id: uuid.UUID, seen_by_id: dict[uuid.UUID, _Seen]) -> Iterator[tuple[Vm, _Seen]]:
    """The rows of what was seen, where namespace and name are ours: a label alone could be anybody's."""
    rows = Vm.objects.select_related("vdc").filter(
        pk__in=seen_by_id, vdc__provider_vdc__cluster_id=cluster_id
    )
    for vm in rows:
        seen = seen_by_id[vm.pk]
        if (seen.namespace, seen.name) == (vm.vdc.namespace, names.vm_name(vm.pk)):
            yield vm, seen


def _note(vm: Vm, values: dict[str, Any]) -> None:
    """Writes the observed columns that changed; after a restart of the watch most have not."""
    if any(getattr(vm, name) != value for name, value in values.items()):
        Vm.objects.filter(pk=vm.pk).update(**values, observed_at=clock.now())


def machines_observed(cluster_id: uuid.UUID, batch: Sequence[VmObserved]) -> None:
    """Notes status and identity of machines, and settles their power state."""
    seen_by_id = {seen.vm_id: seen for seen in batch if seen.vm_id is not None}
    with acting_for(ALL):
        changed = []
        for vm, seen in _ours(cluster_id, seen_by_id):
            if seen.printable_status == "Stopped" and vm.observed_status != "Stopped":
                addresses_drop(vm_ids=[vm.pk])
            _note(vm, _machine_values(seen))
            power = power_of(seen.printable_status, is_marked_suspended=seen.is_marked_suspended)
            while (state := _state_after(vm.state, power)) != vm.state:
                if Vm.objects.filter(pk=vm.pk, state=vm.state).update(state=state):
                    changed.append(vm.pk)
                    break
                # A task that ended meanwhile has written the state: what was observed goes on top of that.
                vm.refresh_from_db(fields=["state"])
        reproject(vm_ids=changed)
        _deploy(changed)
        wake(list(seen_by_id))


def _deploy(vm_ids: Sequence[uuid.UUID]) -> None:
    """A vApp with a VM that runs is deployed, whoever started it."""
    rows = VApp.objects.filter(state=VAppState.UNDEPLOYED, vms__in=vm_ids, vms__state=VmState.ON)
    for vapp_id in set(rows.values_list("pk", flat=True)):
        if VApp.objects.filter(pk=vapp_id, state=VAppState.UNDEPLOYED).update(state=VAppState.DEPLOYED):
            lease_start_running([vapp_id])
            reproject(vapp_ids=[vapp_id])


def machines_absent(cluster_id: uuid.UUID, absent: Sequence[tuple[str, str, str]]) -> None:
    """Machines whose objects are gone: (namespace, name, uid) each."""
    uids = [uid for _, _, uid in absent]
    with acting_for(ALL):
        _forget(Vm.objects.filter(vdc__provider_vdc__cluster_id=cluster_id, observed_uid__in=uids))


def machines_synced(cluster_id: uuid.UUID, present: frozenset[str]) -> None:
    """After a full list: rows that believe in an object which is not there any more."""
    with acting_for(ALL):
        believed = Vm.objects.filter(vdc__provider_vdc__cluster_id=cluster_id).exclude(observed_uid="")
        gone = [pk for pk, uid in believed.values_list("pk", "observed_uid").iterator() if uid not in present]
        for start in range(0, len(gone), 500):
            _forget(Vm.objects.filter(pk__in=gone[start : start + 500]))


def _forget(rows: QuerySet[Vm]) -> None:
    ids = list(rows.values_list("pk", flat=True))
    if not ids:
        return
    Vm.objects.filter(pk__in=ids).update(
        observed_uid="",
        observed_status="",
        observed_restart_required=False,
        observed_at=clock.now(),
    )
    _forget_instances(ids)
    Vm.objects.filter(pk__in=ids, state__in=(VmState.ON, VmState.SUSPENDED)).update(state=VmState.OFF)
    reproject(vm_ids=ids)
    wake(ids)


def instances_observed(cluster_id: uuid.UUID, batch: Sequence[VmiObserved]) -> None:
    """Notes node, guest and addresses of running instances."""
    with acting_for(ALL):
        seen_by_id = {seen.vm_id: seen for seen in batch if seen.vm_id is not None}
        for vm, seen in _ours(cluster_id, seen_by_id):
            if vm.observed_instance_uid != seen.uid:
                addresses_drop(vm_ids=[vm.pk], besides=seen.uid)
            _note(
                vm,
                {
                    "observed_instance_uid": seen.uid,
                    "observed_node": seen.node_name,
                    "observed_guest_os": seen.guest_os_name[:128],
                    "is_agent_connected": seen.agent_connected,
                    "observed_cpus": seen.cpus,
                    "observed_memory_mb": seen.memory_mib,
                    # By its claim a volume is known for what it is: names in the machine are used again.
                    "observed_volumes": sorted({*seen.volumes_ready, *seen.claims_ready}),
                },
            )
            for nic in seen.addresses:
                if nic.ip:
                    Nic.objects.filter(vm=vm, mac__iexact=nic.mac).exclude(observed_address=nic.ip).update(
                        observed_address=nic.ip
                    )
        wake(list(seen_by_id))


def instances_absent(cluster_id: uuid.UUID, absent: Sequence[tuple[str, str, str]]) -> None:
    """Instances that are gone, (namespace, name, uid) each: the guest's facts go with them."""
    uids = [uid for _, _, uid in absent]
    with acting_for(ALL):
        rows = Vm.objects.filter(vdc__provider_vdc__cluster_id=cluster_id, observed_instance_uid__in=uids)
        _forget_instances(list(rows.values_list("pk", flat=True)))


def instances_synced(cluster_id: uuid.UUID, present: frozenset[str]) -> None:
    """After a full list: machines whose instance ended while nobody watched."""
    with acting_for(ALL):
        believed = Vm.objects.filter(vdc__provider_vdc__cluster_id=cluster_id).exclude(
            observed_instance_uid=""
        )
        pairs = believed.values_list("pk", "observed_instance_uid").iterator()
        gone = [pk for pk, uid in pairs if uid not in present]
        for start in range(0, len(gone), 500):
            _forget_instances(gone[start : start + 500])


def _forget_instances(vm_ids: Sequence[uuid.UUID]) -> None:
    """What is known of the running machine, of VMs that have none."""
    Vm.objects.filter(pk__in=vm_ids).update(
        observed_instance_uid="",
        observed_node="",
        observed_volumes=[],
        observed_cpus=None,
        observed_memory_mb=None,
        is_agent_connected=False,
    )
    Nic.objects.filter(vm_id__in=vm_ids).update(observed_address=None)
    addresses_drop(vm_ids=vm_ids)
    wake([*vm_ids])


def _vm_id_of(name: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(name.removeprefix("vm-"))
    except ValueError:
        return None


def volumes_observed(cluster_id: uuid.UUID, batch: Sequence[DataVolumeObserved]) -> None:
    """Notes phase and progress of disks; a disk's volume is named after the VM and the disk."""
    by_vm: dict[uuid.UUID, dict[str, DataVolumeObserved]] = defaultdict(dict)
    for seen in batch:
        if seen.vm_id is not None:
            by_vm[seen.vm_id][seen.name] = seen
    with acting_for(ALL):
        disks = Disk.objects.select_related("vm__vdc").filter(
            vm_id__in=by_vm, vm__vdc__provider_vdc__cluster_id=cluster_id
        )
        for disk in disks:
            volume = by_vm[disk.vm_id].get(names.disk_volume_name(disk.vm_id, disk.pk))
            if volume is not None and volume.namespace == disk.vm.vdc.namespace:
                Disk.objects.filter(pk=disk.pk).update(
                    observed_phase=volume.phase,
                    observed_progress=volume.progress_percent or 0,
                    observed_message=volume.message,
                )
        _named_observed(cluster_id, {seen.disk_id: seen for seen in batch if seen.disk_id is not None})
        wake(list(by_vm))


def _ours_named(
    cluster_id: uuid.UUID, seen_by_id: dict[uuid.UUID, _SeenVolume]
) -> Iterator[tuple[NamedDisk, _SeenVolume]]:
    """The independent disks of what was seen, where namespace and name are ours."""
    disks = NamedDisk.objects.select_related("vdc").filter(
        pk__in=seen_by_id, vdc__provider_vdc__cluster_id=cluster_id
    )
    for disk in disks:
        seen = seen_by_id[disk.pk]
        if (seen.namespace, seen.name) == (disk.vdc.namespace, names.named_disk_volume(disk.pk)):
            yield disk, seen


def _named_observed(cluster_id: uuid.UUID, seen_by_id: dict[uuid.UUID, DataVolumeObserved]) -> None:
    for disk, seen in _ours_named(cluster_id, seen_by_id):
        NamedDisk.objects.filter(pk=disk.pk).update(
            observed_uid=seen.uid,
            observed_phase=seen.phase,
            observed_progress=seen.progress_percent or 0,
            observed_message=seen.message,
        )
    wake(list(seen_by_id))


def volumes_absent(cluster_id: uuid.UUID, absent: Sequence[tuple[str, str, str]]) -> None:
    """Volumes that are gone: those of independent disks are noted, and whoever waits is woken."""
    with acting_for(ALL):
        rows = NamedDisk.objects.filter(
            vdc__provider_vdc__cluster_id=cluster_id, observed_uid__in=[uid for _, _, uid in absent]
        )
        _forget_named(rows)
        machines = {_vm_id_of("-".join(name.split("-")[:2])) for _, name, _ in absent}
        wake([vm_id for vm_id in machines if vm_id is not None])


def volumes_synced(cluster_id: uuid.UUID, present: frozenset[str]) -> None:
    """After a full list: independent disks that believe in a volume which is not there any more."""
    with acting_for(ALL):
        believed = NamedDisk.objects.filter(vdc__provider_vdc__cluster_id=cluster_id).exclude(observed_uid="")
        gone = [pk for pk, uid in believed.values_list("pk", "observed_uid").iterator() if uid not in present]
        for start in range(0, len(gone), 500):
            _forget_named(NamedDisk.objects.filter(pk__in=gone[start : start + 500]))


def _forget_named(rows: QuerySet[NamedDisk]) -> None:
    ids = list(rows.values_list("pk", flat=True))
    if ids:
        NamedDisk.objects.filter(pk__in=ids).update(
            observed_uid="",
            observed_phase="",
            observed_progress=0,
            observed_message="",
            observed_capacity_mb=0,
        )
        wake(ids)


def claims_observed(cluster_id: uuid.UUID, batch: Sequence[ClaimObserved]) -> None:
    """Notes how large the volumes of disks are, and why one does not grow."""
    by_vm: dict[uuid.UUID, dict[str, ClaimObserved]] = defaultdict(dict)
    by_disk = {seen.disk_id: seen for seen in batch if seen.disk_id is not None}
    for seen in batch:
        if seen.vm_id is not None:
            by_vm[seen.vm_id][seen.name] = seen
    with acting_for(ALL):
        disks = Disk.objects.select_related("vm__vdc").filter(
            vm_id__in=by_vm, vm__vdc__provider_vdc__cluster_id=cluster_id, named=None
        )
        for disk in disks:
            claim = by_vm[disk.vm_id].get(names.disk_volume_name(disk.vm_id, disk.pk))
            if claim is not None and claim.namespace == disk.vm.vdc.namespace:
                Disk.objects.filter(pk=disk.pk).update(observed_capacity_mb=_size_mb(claim))
        for named, claim in _ours_named(cluster_id, by_disk):
            values: dict[str, Any] = {"observed_capacity_mb": _size_mb(claim)}
            if named.observed_phase == "Succeeded":
                # Until then the message is the DataVolume's.
                values["observed_message"] = claim.failure
            NamedDisk.objects.filter(pk=named.pk).update(**values)
        wake([*by_vm, *by_disk])


def _size_mb(claim: ClaimObserved) -> int:
    return (claim.capacity_bytes or 0) >> 20
