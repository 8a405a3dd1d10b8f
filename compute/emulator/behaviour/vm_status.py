"""VirtualMachine.status as KubeVirt derives it from the VM, its VMI and its DataVolumes.

Source: kubevirt pkg/virt-controller/watch/vm/vm.go: updateStatus, setPrintableStatus, syncConditions,
isTrimFirstChangeRequestNeeded; pkg/storage/types: HasDataVolumeProvisioning, HasDataVolumeErrors.
"""

import dataclasses
from collections.abc import Callable

from compute.emulator.behaviour.conditions import with_condition, without_condition
from compute.emulator.behaviour.feed import Cache
from compute.emulator.behaviour.kinds import CLAIM, DATA_VOLUME, STORAGE_PROFILE
from compute.emulator.values import Json, annotations_of, condition, dig, is_true, meta

GENERATION = "kubevirt.io/vm-generation"
RESTART_REQUIRED = "RestartRequired"
# Conditions of the VM that are not copies of the VMI's.
_OWN_CONDITIONS = {"Ready", "Failure", RESTART_REQUIRED}
_FINAL = {"Succeeded", "Failed"}


@dataclasses.dataclass(frozen=True, slots=True)
class Situation:
    """What the status is derived from. `is_start_expected`/`is_stop_expected`: this pass is about to do so."""

    vm: Json
    vmi: Json | None
    cache: Cache
    is_start_expected: bool = False
    is_stop_expected: bool = False

    @property
    def phase(self) -> str:
        return str(dig(self.vmi, "status", "phase", default=""))


def is_final(vmi: Json | None) -> bool:
    """Whether the VMI ended: Succeeded or Failed."""
    return dig(vmi, "status", "phase") in _FINAL


def run_strategy(vm: Json) -> str:
    """The effective run strategy; the deprecated `running` field stands for Always or Halted."""
    spec = vm.get("spec") or {}
    if spec.get("runStrategy"):
        return str(spec["runStrategy"])
    return "Always" if spec.get("running") else "Halted"


def printable_status(at: Situation) -> str:
    """The first status whose test holds, in KubeVirt's order."""
    return next((status for status, test in _PRINTABLE if test(at)), "Unknown")


def _data_volumes(at: Situation) -> list[Json]:
    found = []
    for volume in dig(at.vm, "spec", "template", "spec", "volumes", default=[]):
        if name := dig(volume, "dataVolume", "name"):
            volume_object = at.cache.get(DATA_VOLUME, meta(at.vm)["namespace"], name)
            if volume_object is not None:
                found.append(volume_object)
    return found


def _has_volume_error(at: Situation) -> bool:
    for volume in _data_volumes(at):
        running = condition(volume, "Running") or {}
        has_stopped = running.get("status") == "False" and running.get("reason") in {
            "Error",
            "ImagePullFailed",
        }
        if dig(volume, "status", "phase") == "Failed" or has_stopped:
            return True
    return False


def _is_provisioning(at: Situation) -> bool:
    for volume in _data_volumes(at):
        phase = dig(volume, "status", "phase", default="")
        if phase in {"Succeeded", "PendingPopulation"}:
            continue
        if is_true(volume, "Bound") or phase != "WaitForFirstConsumer":
            return True
    return False


def _waits_for_binding(at: Situation) -> bool:
    if not is_set_to_start(at.vm, at.vmi):
        return False
    for volume in dig(at.vm, "spec", "template", "spec", "volumes", default=[]):
        name = dig(volume, "dataVolume", "name") or dig(volume, "persistentVolumeClaim", "claimName")
        claim = at.cache.get(CLAIM, meta(at.vm)["namespace"], name) if name else None
        if claim is not None and dig(claim, "status", "phase") != "Bound":
            return True
    return False


def is_set_to_start(vm: Json, vmi: Json | None) -> bool:
    """Whether the VM is configured to run. Source: vm.go isSetToStart."""
    requests = dig(vm, "status", "stateChangeRequests", default=[])
    match run_strategy(vm):
        case "Always":
            return True
        case "Halted":
            return False
        case "Manual":
            return vmi is not None or bool(requests and requests[0].get("action") == "Start")
        case "RerunOnFailure":
            return vmi is None or dig(vmi, "status", "phase") != "Succeeded"
        case "Once":
            return vmi is None
    return False


def _vmi_condition(at: Situation, kind: str) -> Json:
    return (condition(at.vmi, kind) if at.vmi is not None else None) or {}


def _is_unschedulable(at: Situation) -> bool:
    found = _vmi_condition(at, "PodScheduled")
    return found.get("status") == "False" and found.get("reason") == "Unschedulable"


def _has_sync_failure(at: Situation, reason: str) -> bool:
    found = _vmi_condition(at, "Synchronized")
    return found.get("status") == "False" and found.get("reason") == reason


def _is_stopping(at: Situation) -> bool:
    if at.vmi is None or is_final(at.vmi):
        return False
    return bool(meta(at.vmi).get("deletionTimestamp")) or at.is_stop_expected


def is_migrating(vmi: Json | None) -> bool:
    """Whether a live migration of the VMI is under way."""
    state = dig(vmi, "status", "migrationState", default={})
    return bool(state) and not state.get("completed") and not state.get("failed")


def _is_starting(at: Situation) -> bool:
    if at.vmi is None:
        return at.is_start_expected
    return at.phase in {"", "Pending", "Scheduling", "Scheduled"}


def _is_crash_looping(at: Situation) -> bool:
    if (at.vmi is not None and not is_final(at.vmi)) or at.is_start_expected:
        return False
    failures = dig(at.vm, "status", "startFailure", "consecutiveFailCount", default=0)
    return failures > 0 and run_strategy(at.vm) in {"Always", "RerunOnFailure", "Once"}


def _is_stopped(at: Situation) -> bool:
    return is_final(at.vmi) if at.vmi is not None else not at.is_start_expected


_PRINTABLE: tuple[tuple[str, Callable[[Situation], bool]], ...] = (
    ("Terminating", lambda at: bool(meta(at.vm).get("deletionTimestamp"))),
    ("Stopping", _is_stopping),
    ("Migrating", lambda at: is_migrating(at.vmi)),
    ("Paused", lambda at: at.phase == "Running" and _vmi_condition(at, "Paused").get("status") == "True"),
    ("Running", lambda at: at.phase == "Running"),
    ("ErrorPvcNotFound", lambda at: _has_sync_failure(at, "FailedPvcNotFound")),
    ("DataVolumeError", _has_volume_error),
    ("ErrorUnschedulable", _is_unschedulable),
    ("Provisioning", _is_provisioning),
    ("WaitingForVolumeBinding", _waits_for_binding),
    ("ErrImagePull", lambda at: _has_sync_failure(at, "ErrImagePull")),
    ("ImagePullBackOff", lambda at: _has_sync_failure(at, "ImagePullBackOff")),
    ("Starting", _is_starting),
    ("CrashLoopBackOff", _is_crash_looping),
    ("Stopped", _is_stopped),
    ("WaitingForReceiver", lambda at: at.phase == "WaitingForSync"),
)


def derived_status(at: Situation, failure: tuple[str, str] | None, restart_required: str | None) -> Json:
    """The status. `failure` is (reason, message); `restart_required` the message of that condition, if it holds.

    observedGeneration is the generation the running VMI was made from: KubeVirt leaves it alone while there is none.
    """
    vm, vmi = at.vm, at.vmi
    status: Json = {
        **(vm.get("status") or {}),
        "created": vmi is not None,
        "ready": vmi is not None and is_true(vmi, "Ready"),
    }
    if vmi is not None and (generation := annotations_of(vmi).get(GENERATION)):
        status["observedGeneration"] = int(generation)
        status["desiredGeneration"] = meta(vm).get("generation", 1)
    if status.get("runStrategy") or vmi is not None:
        status["runStrategy"] = run_strategy(vm)
    status = _with_requests(status, vmi)
    status["conditions"] = _conditions(status.get("conditions") or [], vmi, failure, restart_required)
    if snapshots := _snapshot_statuses(at):
        status["volumeSnapshotStatuses"] = snapshots
    status["printableStatus"] = printable_status(dataclasses.replace(at, vm={**vm, "status": status}))
    return status


def _with_requests(status: Json, vmi: Json | None) -> Json:
    """The status without the first state change request once that is done."""
    requests = status.get("stateChangeRequests") or []
    if not requests:
        return {key: value for key, value in status.items() if key != "stateChangeRequests"}
    first = requests[0]
    if first["action"] == "Stop":
        is_done = vmi is None or first.get("uid") != meta(vmi)["uid"]
    else:
        is_done = vmi is not None and not meta(vmi).get("deletionTimestamp") and not is_final(vmi)
    if not is_done:
        return status
    status = {**status, "stateChangeRequests": requests[1:]}
    return _with_requests(status, vmi) if not requests[1:] else status


def _conditions(
    known: list[Json], vmi: Json | None, failure: tuple[str, str] | None, restart: str | None
) -> list[Json]:
    ready = condition(vmi, "Ready") if vmi is not None else None
    if vmi is None:
        known = with_condition(known, "Ready", "False", "VMINotExists", "VMI does not exist")
    elif ready is None:
        known = with_condition(
            known, "Ready", "False", "VMIConditionMissing", "VMI is missing the Ready condition"
        )
    else:
        known = with_condition(
            known, "Ready", ready["status"], ready.get("reason", ""), ready.get("message", "")
        )
    if failure is not None:
        known = with_condition(known, "Failure", "True", *failure)
    else:
        known = without_condition(known, "Failure")
    if restart is not None:
        known = with_condition(known, RESTART_REQUIRED, "True", "", restart)
    else:
        known = without_condition(known, RESTART_REQUIRED)
    if vmi is None:
        # Copies of the last VMI's conditions stay until there is another one, as on a real cluster.
        return known
    theirs = {
        c["type"]: c for c in dig(vmi, "status", "conditions", default=[]) if c["type"] not in _OWN_CONDITIONS
    }
    kept = [c for c in known if c["type"] in _OWN_CONDITIONS]
    return kept + list(theirs.values())


def _snapshot_statuses(at: Situation) -> list[Json]:
    """Which volumes a VirtualMachineSnapshot would include."""
    found = []
    for volume in dig(at.vm, "spec", "template", "spec", "volumes", default=[]):
        claim_name = dig(volume, "dataVolume", "name") or dig(volume, "persistentVolumeClaim", "claimName")
        if not claim_name:
            found.append(
                {
                    "name": volume["name"],
                    "enabled": False,
                    "reason": f"Snapshot is not supported for this volumeSource type [{volume['name']}]",
                }
            )
            continue
        claim = at.cache.get(CLAIM, meta(at.vm)["namespace"], claim_name)
        storage_class = dig(claim, "spec", "storageClassName", default="")
        profile = at.cache.get(STORAGE_PROFILE, "", storage_class) if storage_class else None
        if claim is None:
            entry = {"name": volume["name"], "enabled": False, "reason": "PVC not found"}
        elif dig(profile, "status", "snapshotClass"):
            entry = {"name": volume["name"], "enabled": True}
        else:
            why = (
                "No VolumeSnapshotClass: Volume snapshots are not configured for this StorageClass "
                f"[{storage_class}] [{volume['name']}]"
            )
            entry = {"name": volume["name"], "enabled": False, "reason": why}
        found.append(entry)
    return found
