"""VirtualMachine: makes its DataVolumes, and its VirtualMachineInstance as the run strategy and the requests want it.

Source: kubevirt pkg/virt-controller/watch/vm/vm.go: sync, syncRunStrategy, handleDataVolumes, startVMI, stopVMI.
"""

import dataclasses

from compute.emulator.behaviour import instancetypes, liveupdate
from compute.emulator.behaviour.client import ApiFailure
from compute.emulator.behaviour.engine import Context, Controller, Name, itself, owner
from compute.emulator.behaviour.feed import Cache
from compute.emulator.behaviour.kinds import (
    CLAIM,
    DATA_VOLUME,
    VM,
    VMI,
    owner_reference,
)
from compute.emulator.behaviour.vm_status import GENERATION, Situation, derived_status, is_final, run_strategy
from compute.emulator.values import Json, annotations_of, dig, meta, without

VM_FINALIZER = "kubevirt.io/virtualMachineControllerFinalize"
VMI_FINALIZER = "foregroundDeleteVirtualMachine"
# A DataVolume in one of these phases does not keep its VM from starting.
_READY_PHASES = {"Succeeded", "WaitForFirstConsumer", "PendingPopulation"}


@dataclasses.dataclass(frozen=True, slots=True)
class _Outcome:
    """What one pass did, for the status."""

    failure: tuple[str, str] | None = None
    restart_required: str | None = None
    is_start_expected: bool = False
    is_stop_expected: bool = False


class VmController:
    """Reconciles VMs, and remembers which of them name which volume."""

    def __init__(self) -> None:
        self._claims: dict[Name, set[str]] = {}
        self._users: dict[Name, set[str]] = {}

    def controller(self) -> Controller:
        """Wakes on VMs, on what they own, and on the volumes they name."""
        wakes = {
            VM.id: self._itself,
            VMI.id: itself,
            DATA_VOLUME.id: self._users_of_volume,
            CLAIM.id: self._users_of_volume,
        }
        return Controller("virt-controller", wakes, reconcile)

    def _itself(self, vm: Json, is_gone: bool, cache: Cache) -> list[Name]:
        namespace, name = meta(vm)["namespace"], meta(vm)["name"]
        claims = set() if is_gone else set(volume_claims(vm))
        known = self._claims.get((namespace, name), set())
        if claims != known:
            for claim in known - claims:
                self._users[namespace, claim].discard(name)
            for claim in claims - known:
                self._users.setdefault((namespace, claim), set()).add(name)
            self._claims[namespace, name] = claims
            if is_gone:
                del self._claims[namespace, name]
        return [(namespace, name)]

    def _users_of_volume(self, obj: Json, is_gone: bool, cache: Cache) -> list[Name]:
        namespace = meta(obj)["namespace"]
        users = self._users.get((namespace, meta(obj)["name"]), ())
        return [*owner(VM)(obj, is_gone, cache), *((namespace, name) for name in sorted(users))]


def volume_claims(vm: Json) -> list[str]:
    """The names of the claims (a DataVolume's is its own) that the VM's volumes use."""
    volumes = dig(vm, "spec", "template", "spec", "volumes", default=[])
    names = [dig(v, "dataVolume", "name") or dig(v, "persistentVolumeClaim", "claimName") for v in volumes]
    return [name for name in names if name]


def vmi_of(cache: Cache, vm: Json) -> Json | None:
    """The VMI that this very VM controls."""
    vmi = cache.get(VMI, meta(vm)["namespace"], meta(vm)["name"])
    if vmi is None:
        return None
    uids = {reference["uid"] for reference in meta(vmi).get("ownerReferences") or []}
    return vmi if meta(vm)["uid"] in uids else None


def reconcile(ctx: Context, namespace: str, name: str) -> None:
    """Bring one VM closer to what its spec and its requests say, and write its status."""
    vm = ctx.cache.get(VM, namespace, name)
    if vm is None:
        return
    vmi = vmi_of(ctx.cache, vm)
    if meta(vm).get("deletionTimestamp"):
        outcome = _take_down(ctx, vm, vmi)
        if outcome is None:
            return
    else:
        if VM_FINALIZER not in (meta(vm).get("finalizers") or []):
            finalizers = [*(meta(vm).get("finalizers") or []), VM_FINALIZER]
            ctx.client.merge(VM, vm, {"metadata": {"finalizers": finalizers}})
            return
        outcome = _sync(ctx, vm, vmi)
    # The status speaks of what is there after this pass.
    vm = ctx.cache.get(VM, namespace, name)
    if vm is None:
        return
    vmi = vmi_of(ctx.cache, vm)
    situation = Situation(vm, vmi, ctx.cache, outcome.is_start_expected, outcome.is_stop_expected)
    status = derived_status(situation, outcome.failure, outcome.restart_required)
    if outcome.failure is None and not meta(vm).get("deletionTimestamp"):
        status = instancetypes.remember(ctx, vm, status)
    ctx.client.update_status(VM, vm, status)


def _take_down(ctx: Context, vm: Json, vmi: Json | None) -> _Outcome | None:
    """Stop the VMI, then let the VM go; None when it is gone."""
    finalizers = meta(vm).get("finalizers") or []
    if vmi is None or "orphan" in finalizers:
        if VM_FINALIZER not in finalizers:
            return None
        left = [entry for entry in finalizers if entry != VM_FINALIZER]
        ctx.client.merge(VM, vm, {"metadata": {"finalizers": left}})
        return None
    _stop(ctx, vmi)
    return _Outcome(is_stop_expected=True)


def _sync(ctx: Context, vm: Json, vmi: Json | None) -> _Outcome:
    try:
        for field in ("instancetype", "preference"):
            instancetypes.find(ctx.cache, vm, field)
    except instancetypes.MissingReference as missing:
        return _Outcome(failure=("FailedFindInstancetype", str(missing)))
    if dig(vm, "status", "restoreInProgress") and vmi is None:
        # The restore is about to replace the disks: no new ones, and no start.
        return _Outcome()
    if annotations_of(vm).get("kubevirt.io/immediate-data-volume-creation") != "false":
        try:
            are_ready = _ensure_data_volumes(ctx, vm)
        except ApiFailure as failure:
            if failure.code == 409:
                raise
            return _Outcome(
                failure=("FailedCreate", f"Error encountered while creating DataVolumes: {failure.message}")
            )
        if not are_ready and run_strategy(vm) != "Halted":
            return _Outcome(restart_required=liveupdate.standing_restart(vm, vmi))
    try:
        started, stopped = _follow_strategy(ctx, vm, vmi)
    except ApiFailure as failure:
        if failure.code == 409:
            raise
        return _Outcome(failure=("FailedCreate", f"Failure while starting VMI: {failure.message}"))
    restart_required = None
    if vmi is not None and not started and not stopped:
        restart_required = liveupdate.sync(ctx, vm, vmi)
    return _Outcome(None, restart_required, started, stopped)


def _ensure_data_volumes(ctx: Context, vm: Json) -> bool:
    """Create the missing DataVolumes of the templates; whether all of them let the VM start."""
    namespace, are_ready = meta(vm)["namespace"], True
    for template in dig(vm, "spec", "dataVolumeTemplates", default=[]):
        name = template["metadata"]["name"]
        existing = ctx.cache.get(DATA_VOLUME, namespace, name)
        if existing is None:
            existing = ctx.client.ensure(DATA_VOLUME, _data_volume(vm, template))
        if dig(existing, "status", "phase") not in _READY_PHASES:
            are_ready = False
    return are_ready


def _data_volume(vm: Json, template: Json) -> Json:
    sent = template["metadata"]
    metadata: Json = {
        "labels": {**(sent.get("labels") or {}), "kubevirt.io/created-by": meta(vm)["uid"]},
        "ownerReferences": [owner_reference(VM, vm)],
    }
    if sent.get("annotations"):
        metadata["annotations"] = sent["annotations"]
    return DATA_VOLUME.new(meta(vm)["namespace"], sent["name"], metadata=metadata, spec=template["spec"])


def _follow_strategy(ctx: Context, vm: Json, vmi: Json | None) -> tuple[bool, bool]:
    """Start or stop the VMI; (a start is expected, a stop is expected)."""
    requests = dig(vm, "status", "stateChangeRequests", default=[])
    first = requests[0] if requests else {}
    wants_start = first.get("action") == "Start"
    wants_stop = vmi is not None and first.get("action") == "Stop" and first.get("uid") == meta(vmi)["uid"]
    phase = dig(vmi, "status", "phase")
    match run_strategy(vm):
        case "Always":
            if vmi is None:
                return _start(ctx, vm, first)
            return _stop(ctx, vmi) if wants_stop or is_final(vmi) else (False, False)
        case "RerunOnFailure":
            if vmi is None:
                is_new_strategy = dig(vm, "status", "runStrategy") != "RerunOnFailure"
                return _start(ctx, vm, first) if wants_start or is_new_strategy else (False, False)
            if phase == "Failed" and not wants_stop and not meta(vmi).get("deletionTimestamp"):
                ctx.client.merge(VM, vm, {"status": {"stateChangeRequests": [{"action": "Start"}]}}, "status")
            return _stop(ctx, vmi) if wants_stop or phase == "Failed" else (False, False)
        case "Manual":
            if vmi is None:
                return _start(ctx, vm, first) if wants_start else (False, False)
            return _stop(ctx, vmi) if wants_stop else (False, False)
        case "Halted":
            if vmi is not None:
                return _stop(ctx, vmi)
            if wants_start:
                ctx.client.merge(VM, vm, {"spec": {"runStrategy": "Always", "running": None}})
            return False, False
        case "Once":
            return _start(ctx, vm, first) if vmi is None else (False, False)
    return False, False


def _start(ctx: Context, vm: Json, request: Json) -> tuple[bool, bool]:
    """Create the VMI from the template as it is at this moment."""
    spec = instancetypes.expanded(ctx.cache, vm)
    if dig(request, "data", "paused") == "true":
        spec = {**spec, "startStrategy": "Paused"}
    template_meta = dig(vm, "spec", "template", "metadata", default={})
    name = meta(vm)["name"]
    revision = liveupdate.keep_start_revision(ctx, vm)
    metadata = {
        "labels": {
            **(template_meta.get("labels") or {}),
            "kubevirt.io/vm": name,
            "vm.kubevirt.io/name": name,
        },
        "annotations": {
            **(template_meta.get("annotations") or {}),
            GENERATION: str(meta(vm).get("generation", 1)),
            "kubevirt.io/latest-observed-api-version": "v1",
            "kubevirt.io/storage-observed-api-version": "v1",
        },
        "ownerReferences": [owner_reference(VM, vm)],
        "finalizers": [VM_FINALIZER, VMI_FINALIZER],
    }
    manifest = VMI.new(meta(vm)["namespace"], name, metadata=metadata, spec=spec)
    ctx.client.create(VMI, {**manifest, "status": {"virtualMachineRevisionName": revision}})
    return True, False


def _stop(ctx: Context, vmi: Json) -> tuple[bool, bool]:
    """Delete the VMI; it goes when its guest has shut down."""
    if not meta(vmi).get("deletionTimestamp"):
        ctx.client.delete(VMI, vmi)
    return False, True


def drop_finalizers(ctx: Context, vmi: Json) -> None:
    """Let a VMI whose guest has ended go."""
    held = [f for f in meta(vmi).get("finalizers") or [] if f not in {VM_FINALIZER, VMI_FINALIZER}]
    ctx.client.update(VMI, {**vmi, "metadata": {**without(meta(vmi), ["finalizers"]), "finalizers": held}})
