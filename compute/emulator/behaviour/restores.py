"""VirtualMachineRestore: puts a VirtualMachineSnapshot back, into its VM or into a new one.

Source: kubevirt pkg/storage/snapshot/{restore,restore_base}.go; kubernetes.md 1.6.
"""

import dataclasses

from compute.emulator.behaviour.conditions import with_condition
from compute.emulator.behaviour.engine import Context, Controller, Name, itself
from compute.emulator.behaviour.feed import Cache
from compute.emulator.behaviour.kinds import (
    CLAIM,
    DATA_VOLUME,
    VM,
    VM_RESTORE,
    VM_SNAPSHOT,
    VM_SNAPSHOT_CONTENT,
    VMI,
    VOLUME_SNAPSHOT,
)
from compute.emulator.behaviour.vm_status import is_final, run_strategy
from compute.emulator.values import Json, dig, meta, now, parse_timestamp, planted, timestamp, without

PREPOPULATED = "cdi.kubevirt.io/storage.prePopulated"
_LAST_RESTORE = "restore.kubevirt.io/lastRestoreUID"
# Source: restore.go: how long WaitGracePeriod waits for the target to be stopped.
_GRACE_S = 300


@dataclasses.dataclass(frozen=True, slots=True)
class _Volume:
    """One volume on its way back: its name in the VM, the claim it was, the claim it will be."""

    volume: str
    old: str
    new: str
    snapshot: str
    claim: Json

    @property
    def is_in_place(self) -> bool:
        return self.old == self.new


def controller() -> Controller:
    """Wakes on restores, and on what they wait for."""
    wakes = {
        VM_RESTORE.id: itself,
        VM.id: _restores_of_vm,
        VMI.id: _restores_of_vm,
        CLAIM.id: _unfinished,
        VM_SNAPSHOT.id: _unfinished,
    }
    return Controller("restore-controller", wakes, reconcile)


def _restores_of_vm(obj: Json, is_gone: bool, cache: Cache) -> list[Name]:
    return [n for n in _unfinished(obj, is_gone, cache) if _target_name(cache, n) == meta(obj)["name"]]


def _target_name(cache: Cache, name: Name) -> str:
    return str(dig(cache.get(VM_RESTORE, *name), "spec", "target", "name", default=""))


def _unfinished(obj: Json, is_gone: bool, cache: Cache) -> list[Name]:
    found = cache.list(VM_RESTORE, meta(obj)["namespace"])
    return [(meta(r)["namespace"], meta(r)["name"]) for r in found if not _is_over(r)]


def _is_over(restore: Json) -> bool:
    failed = any(c["type"] == "Failure" for c in dig(restore, "status", "conditions", default=[]))
    return bool(dig(restore, "status", "complete")) or failed


def reconcile(ctx: Context, namespace: str, name: str) -> None:
    """One step of one restore."""
    restore = ctx.cache.get(VM_RESTORE, namespace, name)
    if restore is None or _is_over(restore) or meta(restore).get("deletionTimestamp"):
        return
    content = _content(ctx.cache, restore)
    if content is None:
        _report(ctx, restore, "Waiting for target to be ready: snapshot is not ready")
        return
    target = ctx.cache.get(VM, namespace, dig(restore, "spec", "target", "name", default=""))
    if target is not None and not _is_stopped(ctx, restore, target):
        return
    volumes = _volumes(restore, content, target)
    if target is not None and _clear_place(ctx, restore, target, volumes):
        return
    if not _ensure_claims(ctx, restore, volumes):
        _report(ctx, restore, "Creating new PVCs", _restores(volumes))
        return
    target = _rewrite_target(ctx, restore, content, target, volumes)
    deleted = _drop_old(ctx, volumes, target)
    ctx.client.merge(VM, target, {"status": {"restoreInProgress": None}}, "status")
    done = {**_restores(volumes), "complete": True, "restoreTime": timestamp()}
    if deleted:
        done["deletedDataVolumes"] = deleted
    _report(ctx, restore, "", done)


def _content(cache: Cache, restore: Json) -> Json | None:
    """The content of the snapshot, None while it is not ready to use."""
    namespace = meta(restore)["namespace"]
    snapshot = cache.get(
        VM_SNAPSHOT, namespace, dig(restore, "spec", "virtualMachineSnapshotName", default="")
    )
    if not dig(snapshot, "status", "readyToUse"):
        return None
    return cache.get(
        VM_SNAPSHOT_CONTENT, namespace, dig(snapshot, "status", "virtualMachineSnapshotContentName")
    )


def _is_stopped(ctx: Context, restore: Json, target: Json) -> bool:
    """Whether the target is off and noted as being restored; stops it or gives up as the policy says."""
    namespace, name = meta(restore)["namespace"], meta(restore)["name"]
    noted = dig(target, "status", "restoreInProgress")
    if noted not in (None, name):
        _report(ctx, restore, f"another restore {noted} is in progress")
        return False
    if noted is None:
        ctx.client.merge(VM, target, {"status": {"restoreInProgress": name}}, "status")
    vmi = ctx.cache.get(VMI, namespace, meta(target)["name"])
    if vmi is None or is_final(vmi):
        return True
    policy = dig(restore, "spec", "targetReadinessPolicy", default="WaitGracePeriod")
    if policy == "StopTarget":
        _stop(ctx, target, vmi)
    age = (now() - parse_timestamp(meta(restore)["creationTimestamp"])).total_seconds()
    if policy == "FailImmediate" or (policy == "WaitGracePeriod" and age > _GRACE_S):
        ctx.client.merge(VM, target, {"status": {"restoreInProgress": None}}, "status")
        _report(ctx, restore, "Operation failed: restore target failed to be ready", failed=True)
    else:
        _report(ctx, restore, "Waiting for target to be ready")
    return False


def _stop(ctx: Context, target: Json, vmi: Json) -> None:
    if run_strategy(target) in {"Always", "Once"}:
        ctx.client.merge(VM, target, {"spec": {"runStrategy": "Halted", "running": None}})
    elif not dig(target, "status", "stateChangeRequests") and not meta(vmi).get("deletionTimestamp"):
        request = {"action": "Stop", "uid": meta(vmi)["uid"]}
        ctx.client.merge(VM, target, {"status": {"stateChangeRequests": [request]}}, "status")


def _volumes(restore: Json, content: Json, target: Json | None) -> list[_Volume]:
    """The volumes of the snapshot with the names they will have."""
    policy = dig(restore, "spec", "volumeRestorePolicy", default="RandomizeNames")
    overrides = {o["volumeName"]: o for o in dig(restore, "spec", "volumeRestoreOverrides", default=[])}
    found = []
    for backup in dig(content, "spec", "volumeBackups", default=[]):
        volume, old = backup["volumeName"], backup["persistentVolumeClaim"]["metadata"]["name"]
        match policy:
            case "InPlace":
                new = old
            case "PrefixTargetName":
                new = f"{dig(restore, 'spec', 'target', 'name')}-{volume}"
            case _:
                new = f"restore-{meta(restore)['uid']}-{volume}"
        new = dig(overrides.get(volume), "restoreName") or new
        found.append(_Volume(volume, old, new, backup["volumeSnapshotName"], backup["persistentVolumeClaim"]))
    return found


def _clear_place(ctx: Context, restore: Json, target: Json, volumes: list[_Volume]) -> bool:
    """Delete the claims that are restored under their own name; True while one of them is still there."""
    namespace, is_waiting = meta(restore)["namespace"], False
    for volume in volumes:
        claim = ctx.cache.get(CLAIM, namespace, volume.new)
        if not volume.is_in_place or claim is None or _is_of(claim, restore):
            continue
        is_waiting = True
        filler = ctx.cache.get(DATA_VOLUME, namespace, volume.old)
        if filler is not None and not meta(filler).get("deletionTimestamp"):
            ctx.client.delete(DATA_VOLUME, filler, policy="Orphan")
        if not meta(claim).get("deletionTimestamp"):
            ctx.client.delete(CLAIM, claim)
    return is_waiting


def _is_of(claim: Json, restore: Json) -> bool:
    return bool(dig(claim, "metadata", "annotations", "restore.kubevirt.io/name") == meta(restore)["name"])


def _ensure_claims(ctx: Context, restore: Json, volumes: list[_Volume]) -> bool:
    """Make the claims from the VolumeSnapshots; whether all are bound."""
    namespace, are_bound = meta(restore)["namespace"], True
    for volume in volumes:
        existing = ctx.cache.get(CLAIM, namespace, volume.new)
        if existing is None:
            source = {
                "apiGroup": VOLUME_SNAPSHOT.group,
                "kind": VOLUME_SNAPSHOT.kind,
                "name": volume.snapshot,
            }
            spec = without(volume.claim["spec"], ["volumeName", "dataSource", "dataSourceRef"])
            metadata = {
                "labels": dig(volume.claim, "metadata", "labels", default={}),
                "annotations": {
                    "restore.kubevirt.io/name": meta(restore)["name"],
                    PREPOPULATED: volume.new,
                },
            }
            manifest = CLAIM.new(
                namespace, volume.new, metadata=metadata, spec={**spec, "dataSource": source}
            )
            existing = ctx.client.create(CLAIM, manifest)
        are_bound = are_bound and dig(existing, "status", "phase") == "Bound"
    return are_bound


def _rewrite_target(
    ctx: Context, restore: Json, content: Json, target: Json | None, volumes: list[_Volume]
) -> Json:
    """Give the target the snapshot's spec with the restored volumes; its run strategy stays its own."""
    source: Json = dig(content, "spec", "source", "virtualMachine", default={})
    spec = _renamed(source["spec"], volumes)
    namespace, name = meta(restore)["namespace"], dig(restore, "spec", "target", "name")
    annotations = {
        **dig(source, "metadata", "annotations", default={}),
        _LAST_RESTORE: f"{name}-{meta(restore)['uid']}",
    }
    if target is None:
        spec = without(spec, ["running"]) | {"runStrategy": "Halted"}
        metadata = {"labels": dig(source, "metadata", "labels", default={}), "annotations": annotations}
        made = ctx.client.ensure(VM, VM.new(namespace, str(name), metadata=metadata, spec=spec))
        return made or ctx.cache.get(VM, namespace, str(name)) or {}
    kept = {key: target["spec"][key] for key in ("runStrategy", "running") if key in target["spec"]}
    spec = without(spec, ["runStrategy", "running"]) | kept
    current = ctx.cache.get(VM, namespace, str(name)) or target
    merged = planted(
        current,
        ("metadata", "annotations"),
        {**dig(current, "metadata", "annotations", default={}), **annotations},
    )
    return ctx.client.update(VM, {**merged, "spec": spec})


def _renamed(spec: Json, volumes: list[_Volume]) -> Json:
    """The VM's spec with every restored volume under its new claim's name, DataVolume templates included."""
    by_volume = {volume.volume: volume for volume in volumes}
    by_claim = {volume.old: volume for volume in volumes}
    volumes_before = dig(spec, "template", "spec", "volumes", default=[])
    changed = [_with_claim(entry, by_volume.get(entry["name"])) for entry in volumes_before]
    spec = planted(spec, ("template", "spec", "volumes"), changed)
    templates = [
        planted(t, ("metadata", "name"), by_claim[t["metadata"]["name"]].new)
        if t["metadata"]["name"] in by_claim
        else t
        for t in spec.get("dataVolumeTemplates") or []
    ]
    return {**spec, "dataVolumeTemplates": templates} if templates else spec


def _with_claim(entry: Json, restored: _Volume | None) -> Json:
    """A volume of the VM that names the restored claim."""
    if restored is None:
        return entry
    path = ("dataVolume", "name") if "dataVolume" in entry else ("persistentVolumeClaim", "claimName")
    return planted(entry, path, restored.new)


def _drop_old(ctx: Context, volumes: list[_Volume], target: Json) -> list[str]:
    """Delete the target's DataVolumes that the restored ones replace; their names."""
    deleted = []
    for volume in volumes:
        filler = ctx.cache.get(DATA_VOLUME, meta(target)["namespace"], volume.old)
        owners = (
            {r["uid"] for r in meta(filler).get("ownerReferences") or []} if filler is not None else set()
        )
        if filler is not None and not volume.is_in_place and meta(target)["uid"] in owners:
            ctx.client.delete(DATA_VOLUME, filler)
            deleted.append(volume.old)
    return deleted


def _restores(volumes: list[_Volume]) -> Json:
    entries = [
        {
            "volumeName": v.volume,
            "persistentVolumeClaim": v.new,
            "volumeSnapshotName": v.snapshot,
            "dataVolumeName": v.new,
        }
        for v in volumes
    ]
    return {"restores": entries} if entries else {}


def _report(ctx: Context, restore: Json, why: str, more: Json | None = None, *, failed: bool = False) -> None:
    done = bool((more or {}).get("complete"))
    known: Json = restore.get("status") or {}
    conditions = with_condition(
        known.get("conditions") or [], "Progressing", "False" if done or failed else "True", why
    )
    conditions = with_condition(conditions, "Ready", "True" if done else "False", why)
    if failed:
        conditions = with_condition(conditions, "Failure", "True", why)
    ctx.client.update_status(
        VM_RESTORE, restore, {"complete": False, **known, "conditions": conditions, **(more or {})}
    )
