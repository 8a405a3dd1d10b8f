"""What a cluster's objects say, as frozen values: object dict -> `*Observed`.

Pure functions, lenient on input: a field that is missing or of an unexpected shape reads as absent, since the
cluster's version is not ours to choose. Everything is hashable, so that the watch loop can tell a change from
a repetition. `resource_version` is a number that rises with each write of the object.
Source: that resource versions are comparable numbers: Kubernetes KEP-5504 (1.35), true of every etcd before.
"""

import dataclasses
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, Final, NamedTuple
from uuid import UUID

from compute import names

Object = Mapping[str, Any]


class Power(StrEnum):
    ON = "on"
    OFF = "off"
    SUSPENDED = "suspended"


_POWER = {
    "Running": Power.ON,
    "Migrating": Power.ON,
    "Stopping": Power.ON,  # until the guest is gone
    "Paused": Power.SUSPENDED,
    "Stopped": Power.OFF,
    "ErrorUnschedulable": Power.OFF,
    "ErrorPvcNotFound": Power.OFF,
    "DataVolumeError": Power.OFF,
    "ErrImagePull": Power.OFF,
    "ImagePullBackOff": Power.OFF,
    "CrashLoopBackOff": Power.OFF,
}
# What does not get better by itself.
FAILURE_STATUSES = frozenset(
    (
        "ErrorUnschedulable",
        "ErrorPvcNotFound",
        "DataVolumeError",
        "ErrImagePull",
        "ImagePullBackOff",
        "CrashLoopBackOff",
    )
)

OVER_QUOTA: Final = "exceeded quota"
"""In the message of a volume that its namespace's quota keeps from being made. Source: cdi ErrExceededQuota."""


def power_of(printable_status: str, *, is_marked_suspended: bool = True) -> Power | None:
    """The power state a machine's status means; None while it says neither (starting, being provisioned,
    deleted, unknown): then what was true before still holds.

    A paused machine is suspended if we marked it so (VmObserved.is_marked_suspended), else it is on: someone
    paused it past us.
    Source: kubevirt VirtualMachineStatus.printableStatus; contract kubernetes.md 1.3.
    """
    if printable_status == "Paused" and not is_marked_suspended:
        return Power.ON
    return _POWER.get(printable_status)


class NicObserved(NamedTuple):
    """One interface as the VMI reports it; `name` is nic0, ... or "" for one only the guest knows."""

    name: str
    mac: str
    ip: str
    ips: tuple[str, ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What every observation has. `namespace` is "" for cluster-wide objects."""

    uid: str
    namespace: str
    name: str
    resource_version: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class VmObserved(Observed):
    """A VirtualMachine.

    `observed_generation` is None where the cluster does not say; `is_current` tells whether the status
    already speaks of the spec in force. `failure` is the cluster's text when the machine cannot be made or
    started.
    """

    vm_id: UUID | None
    generation: int
    observed_generation: int | None
    printable_status: str
    is_created: bool
    is_ready: bool
    restart_required: bool
    failure: str | None
    deleting: bool
    is_marked_suspended: bool
    task_id: str
    snapshot_in_progress: str
    pending_actions: tuple[str, ...]

    @property
    def is_current(self) -> bool:
        return self.observed_generation is None or self.observed_generation >= self.generation

    @property
    def power(self) -> Power | None:
        return power_of(self.printable_status, is_marked_suspended=self.is_marked_suspended)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class VmiObserved(Observed):
    """A VirtualMachineInstance: the running machine. `cpus` and `memory_mib` are what the guest has now.

    `volumes_ready` are the names of volumes that the guest has, `claims_ready` the claims behind them: a name
    in the machine (the CD tray) may come to stand for another claim.
    """

    vm_id: UUID | None
    phase: str
    node_name: str
    addresses: tuple[NicObserved, ...]
    agent_connected: bool
    guest_os_id: str
    guest_os_name: str
    guest_os_version: str
    is_paused: bool
    is_ready: bool
    is_live_migratable: bool
    cpus: int | None
    memory_mib: int | None
    volumes_ready: tuple[str, ...]
    claims_ready: tuple[str, ...]
    deleting: bool

    @property
    def ip(self) -> str:
        """The first address of the first interface that has one, or ""."""
        return next((nic.ip for nic in self.addresses if nic.ip), "")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class DataVolumeObserved(Observed):
    """A DataVolume. `progress_percent` is None while CDI does not know; `claim_name` its PVC."""

    vm_id: UUID | None
    disk_id: UUID | None
    phase: str
    progress_percent: int | None
    message: str
    is_failed: bool
    storage_class: str
    size_bytes: int | None
    claim_name: str
    restart_count: int
    deleting: bool

    @property
    def is_ready(self) -> bool:
        return self.phase == "Succeeded"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ClaimObserved(Observed):
    """A PersistentVolumeClaim; CDI gives it the labels and the name of its DataVolume.

    `capacity_bytes` counts as grown what only awaits the file system, which grows when a machine has it.
    `failure` says why it does not grow.
    """

    vm_id: UUID | None
    disk_id: UUID | None
    phase: str
    capacity_bytes: int | None
    failure: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotObserved(Observed):
    """A VirtualMachineSnapshot. `is_ready`: it can be restored."""

    vm_id: UUID | None
    phase: str
    is_ready: bool
    message: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RestoreObserved(Observed):
    """A VirtualMachineRestore."""

    vm_id: UUID | None
    is_complete: bool
    is_failed: bool
    message: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class NamespaceObserved(Observed):
    """A namespace of ours. `phase` is Active or Terminating."""

    vdc_id: UUID | None
    phase: str
    has_primary_udn_label: bool


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class UdnObserved(Observed):
    """A UserDefinedNetwork; `message` says why it is not created."""

    network_id: UUID | None
    network_created: bool
    message: str
    deleting: bool


def observe_vm(obj: Object) -> VmObserved:
    """Source: kubevirt VirtualMachineStatus."""
    meta, status = _part(obj, "metadata"), _part(obj, "status")
    annotations = _part(meta, "annotations")
    conditions = _conditions(status)
    printable = str(status.get("printableStatus") or "")
    return VmObserved(
        **_common(meta),
        vm_id=_label_uuid(meta, names.LABEL_VM),
        generation=_int(meta.get("generation")) or 0,
        observed_generation=_int(status.get("observedGeneration")),
        printable_status=printable,
        is_created=status.get("created") is True,
        is_ready=status.get("ready") is True,
        restart_required=_is_true(conditions, "RestartRequired"),
        failure=_vm_failure(printable, conditions),
        deleting="deletionTimestamp" in meta,
        is_marked_suspended=annotations.get(names.ANNOTATION_SUSPENDED) == "true",
        task_id=str(annotations.get(names.ANNOTATION_TASK) or ""),
        snapshot_in_progress=str(status.get("snapshotInProgress") or ""),
        pending_actions=tuple(str(item.get("action")) for item in _items(status, "stateChangeRequests")),
    )


def observe_vmi(obj: Object) -> VmiObserved:
    """Source: kubevirt VirtualMachineInstanceStatus."""
    meta, status = _part(obj, "metadata"), _part(obj, "status")
    conditions, guest = _conditions(status), _part(status, "guestOSInfo")
    topology = _part(status, "currentCPUTopology")
    cores = [_int(topology.get(part)) for part in ("sockets", "cores", "threads")]
    memory = quantity_bytes(_part(status, "memory").get("guestCurrent"))
    # Only hot-plugged volumes report a phase; the others are there from the start.
    there = [item for item in _items(status, "volumeStatus") if item.get("phase") in (None, "", "Ready")]
    claims = (_part(item, "persistentVolumeClaimInfo").get("claimName") for item in there)
    return VmiObserved(
        **_common(meta),
        vm_id=_label_uuid(meta, names.LABEL_VM),
        phase=str(status.get("phase") or ""),
        node_name=str(status.get("nodeName") or ""),
        addresses=tuple(_nic(item) for item in _items(status, "interfaces")),
        agent_connected=_is_true(conditions, "AgentConnected"),
        guest_os_id=str(guest.get("id") or ""),
        guest_os_name=str(guest.get("prettyName") or guest.get("name") or ""),
        guest_os_version=str(guest.get("versionId") or guest.get("version") or ""),
        is_paused=_is_true(conditions, "Paused"),
        is_ready=_is_true(conditions, "Ready"),
        is_live_migratable=_is_true(conditions, "LiveMigratable"),
        cpus=(cores[0] * (cores[1] or 1) * (cores[2] or 1)) if cores[0] else None,
        memory_mib=None if memory is None else memory // 2**20,
        volumes_ready=tuple(sorted(str(item.get("name")) for item in there)),
        claims_ready=tuple(sorted(str(claim) for claim in claims if claim)),
        deleting="deletionTimestamp" in meta,
    )


def observe_data_volume(obj: Object) -> DataVolumeObserved:
    """Source: cdi DataVolumeStatus; DataVolumeSpec.storage."""
    meta, status = _part(obj, "metadata"), _part(obj, "status")
    spec = _part(obj, "spec")
    storage = _part(spec, "storage") or _part(spec, "pvc")
    phase = str(status.get("phase") or "")
    conditions = _conditions(status)
    return DataVolumeObserved(
        **_common(meta),
        vm_id=_label_uuid(meta, names.LABEL_VM),
        disk_id=_label_uuid(meta, names.LABEL_DISK),
        phase=phase,
        progress_percent=100 if phase == "Succeeded" else _percent(status.get("progress")),
        message=_data_volume_message(phase, conditions),
        is_failed=phase == "Failed",
        storage_class=str(storage.get("storageClassName") or ""),
        size_bytes=quantity_bytes(_part(_part(storage, "resources"), "requests").get("storage")),
        claim_name=str(status.get("claimName") or ""),
        restart_count=_int(status.get("restartCount")) or 0,
        deleting="deletionTimestamp" in meta,
    )


def observe_claim(obj: Object) -> ClaimObserved:
    """Source: Kubernetes PersistentVolumeClaimStatus."""
    meta, status = _part(obj, "metadata"), _part(obj, "status")
    conditions = _conditions(status)
    asked = quantity_bytes(_part(_part(_part(obj, "spec"), "resources"), "requests").get("storage"))
    has_grown = _is_true(conditions, "FileSystemResizePending")
    capacity = quantity_bytes(_part(status, "capacity").get("storage"))
    error = conditions.get("ControllerResizeError", {})
    return ClaimObserved(
        **_common(meta),
        vm_id=_label_uuid(meta, names.LABEL_VM),
        disk_id=_label_uuid(meta, names.LABEL_DISK),
        phase=str(status.get("phase") or ""),
        capacity_bytes=asked if has_grown else capacity,
        failure=str(error.get("message") or "") if error.get("status") == "True" else "",
    )


def observe_snapshot(obj: Object) -> SnapshotObserved:
    """Source: kubevirt VirtualMachineSnapshotStatus."""
    meta, status = _part(obj, "metadata"), _part(obj, "status")
    return SnapshotObserved(
        **_common(meta),
        vm_id=_label_uuid(meta, names.LABEL_VM),
        phase=str(status.get("phase") or ""),
        is_ready=status.get("readyToUse") is True,
        message=str(_part(status, "error").get("message") or ""),
    )


def observe_restore(obj: Object) -> RestoreObserved:
    """Source: kubevirt VirtualMachineRestoreStatus, conditions Ready, Progressing and Failure."""
    meta, status = _part(obj, "metadata"), _part(obj, "status")
    conditions = _conditions(status)
    failure = conditions.get("Failure", {})
    return RestoreObserved(
        **_common(meta),
        vm_id=_label_uuid(meta, names.LABEL_VM),
        is_complete=status.get("complete") is True,
        is_failed=failure.get("status") == "True",
        message=str(failure.get("message") or failure.get("reason") or ""),
    )


def observe_namespace(obj: Object) -> NamespaceObserved:
    meta = _part(obj, "metadata")
    return NamespaceObserved(
        **_common(meta),
        vdc_id=_label_uuid(meta, names.LABEL_VDC),
        phase=str(_part(obj, "status").get("phase") or ""),
        has_primary_udn_label=names.LABEL_PRIMARY_UDN in _part(meta, "labels"),
    )


def observe_udn(obj: Object) -> UdnObserved:
    """Source: ovn-kubernetes UserDefinedNetworkStatus, condition NetworkCreated."""
    meta = _part(obj, "metadata")
    created = _conditions(_part(obj, "status")).get("NetworkCreated", {})
    is_created = created.get("status") == "True"
    return UdnObserved(
        **_common(meta),
        network_id=_label_uuid(meta, names.LABEL_NETWORK),
        network_created=is_created,
        message="" if is_created else str(created.get("message") or ""),
        deleting="deletionTimestamp" in meta,
    )


_UNITS = {
    "": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15,
    "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50,
}  # fmt: skip


def quantity_bytes(value: object) -> int | None:
    """A Kubernetes quantity ("2Gi", "1500M", 1024) in whole bytes; None when it is absent or unreadable."""
    text = str(value if value is not None else "").strip()
    digits = text.rstrip("kKMGTPi")
    try:
        return int(float(digits) * _UNITS[text[len(digits) :]])
    except (ValueError, KeyError, OverflowError):
        return None


def _vm_failure(printable: str, conditions: Mapping[str, Object]) -> str | None:
    failure = conditions.get("Failure", {})
    if failure.get("status") == "True":
        return str(failure.get("message") or failure.get("reason") or "Failure")
    if printable not in FAILURE_STATUSES:
        return None
    for kind in ("PodScheduled", "DataVolumesReady", "Synchronized", "Ready"):
        condition = conditions.get(kind, {})
        if condition.get("status") == "False" and condition.get("message"):
            return f"{printable}: {condition['message']}"
    return printable


def _data_volume_message(phase: str, conditions: Mapping[str, Object]) -> str:
    if phase == "Succeeded":
        return ""
    # Running=False carries the importer's error; Bound=False why the claim waits.
    for kind in ("Running", "Bound", "Ready"):
        condition = conditions.get(kind, {})
        if condition.get("status") != "True" and condition.get("message"):
            return str(condition["message"])
    return ""


def _common(meta: Object) -> dict[str, Any]:
    return {
        "uid": str(meta.get("uid") or ""),
        "namespace": str(meta.get("namespace") or ""),
        "name": str(meta.get("name") or ""),
        "resource_version": _int(meta.get("resourceVersion")) or 0,
    }


def _nic(item: Object) -> NicObserved:
    ips = item.get("ipAddresses")
    return NicObserved(
        name=str(item.get("name") or ""),
        mac=str(item.get("mac") or "").lower(),
        ip=str(item.get("ipAddress") or ""),
        ips=tuple(str(ip) for ip in ips) if isinstance(ips, list) else (),
    )


def _part(obj: Object, key: str) -> Object:
    value = obj.get(key)
    return value if isinstance(value, Mapping) else {}


def _items(obj: Object, key: str) -> Iterable[Object]:
    value = obj.get(key)
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def _conditions(status: Object) -> dict[str, Object]:
    return {str(item.get("type")): item for item in _items(status, "conditions")}


def _is_true(conditions: Mapping[str, Object], kind: str) -> bool:
    return conditions.get(kind, {}).get("status") == "True"


def _label_uuid(meta: Object, label: str) -> UUID | None:
    try:
        return UUID(str(_part(meta, "labels").get(label)))
    except ValueError:
        return None


def _int(value: object) -> int | None:
    try:
        return int(value) if isinstance(value, int | str) else None
    except ValueError:
        return None


def _percent(value: object) -> int | None:
    """Source: cdi DataVolumeStatus.progress, "42.05%" or "N/A"."""
    try:
        return min(100, max(0, int(float(str(value).removesuffix("%")))))
    except (ValueError, OverflowError):
        return None
