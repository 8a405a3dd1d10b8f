"""Snapshots: VolumeSnapshot as the CSI snapshotter makes it, VirtualMachineSnapshot with its content.

    VirtualMachineSnapshot: InProgress -> Succeeded | Failed (Deleting while a finalizer holds it)

Source: kubevirt pkg/storage/snapshot/{snapshot,source}.go; kubernetes-csi external-snapshotter.
"""

from compute.emulator.behaviour.conditions import with_condition
from compute.emulator.behaviour.engine import Context, Controller, Name, itself, owner
from compute.emulator.behaviour.feed import Cache
from compute.emulator.behaviour.kinds import (
    CLAIM,
    STORAGE_PROFILE,
    VM,
    VM_SNAPSHOT,
    VM_SNAPSHOT_CONTENT,
    VMI,
    VOLUME_SNAPSHOT,
    VOLUME_SNAPSHOT_CLASS,
    VOLUME_SNAPSHOT_CONTENT,
    owner_reference,
)
from compute.emulator.quantities import parse_quantity
from compute.emulator.values import Json, condition, dig, is_true, meta, parse_timestamp, timestamp

FINALIZER = "snapshot.kubevirt.io/vmsnapshot-protection"


def controllers() -> list[Controller]:
    """VolumeSnapshots, VirtualMachineSnapshots and their contents."""
    volume = {VOLUME_SNAPSHOT.id: itself, CLAIM.id: _snapshots_of_claim}
    machine = {
        VM_SNAPSHOT.id: itself,
        VM_SNAPSHOT_CONTENT.id: owner(VM_SNAPSHOT),
        VOLUME_SNAPSHOT.id: _machine_snapshot_of_volume,
        VM.id: _snapshots_of_vm,
    }
    return [
        Controller("csi-snapshotter", volume, reconcile_volume_snapshot),
        Controller("snapshot-controller", machine, reconcile_snapshot),
    ]


def _snapshots_of_claim(claim: Json, is_gone: bool, cache: Cache) -> list[Name]:
    name = meta(claim)["name"]
    found = cache.list(VOLUME_SNAPSHOT, meta(claim)["namespace"])
    return [
        (meta(s)["namespace"], meta(s)["name"])
        for s in found
        if dig(s, "spec", "source", "persistentVolumeClaimName") == name
        and not dig(s, "status", "readyToUse")
    ]


def _machine_snapshot_of_volume(snapshot: Json, is_gone: bool, cache: Cache) -> list[Name]:
    content = next((name for _, name in owner(VM_SNAPSHOT_CONTENT)(snapshot, is_gone, cache)), None)
    found = cache.get(VM_SNAPSHOT_CONTENT, meta(snapshot)["namespace"], content) if content else None
    name = dig(found, "spec", "virtualMachineSnapshotName")
    return [(meta(snapshot)["namespace"], name)] if name else []


def _snapshots_of_vm(vm: Json, is_gone: bool, cache: Cache) -> list[Name]:
    found = cache.list(VM_SNAPSHOT, meta(vm)["namespace"])
    unfinished = [s for s in found if dig(s, "status", "phase", default="") not in {"Succeeded", "Failed"}]
    return [
        (meta(s)["namespace"], meta(s)["name"])
        for s in unfinished
        if dig(s, "spec", "source", "name") == meta(vm)["name"]
    ]


# ---------------------------------------------------------------------- volumes


def reconcile_volume_snapshot(ctx: Context, namespace: str, name: str) -> None:
    """Ready when its claim is bound; its content goes with it."""
    snapshot = ctx.cache.get(VOLUME_SNAPSHOT, namespace, name)
    if snapshot is None:
        for content in ctx.cache.list(VOLUME_SNAPSHOT_CONTENT):
            reference = dig(content, "spec", "volumeSnapshotRef", default={})
            if (reference.get("namespace"), reference.get("name")) == (namespace, name):
                ctx.client.delete(VOLUME_SNAPSHOT_CONTENT, content)
        return
    if dig(snapshot, "status", "readyToUse"):
        return
    claim_name = dig(snapshot, "spec", "source", "persistentVolumeClaimName", default="")
    claim = ctx.cache.get(CLAIM, namespace, claim_name)
    if claim is None or dig(claim, "status", "phase") != "Bound":
        why = {"message": f"PersistentVolumeClaim {claim_name} is not there or not bound"}
        if dig(snapshot, "status", "error", "message") != why["message"]:
            status = {"readyToUse": False, "error": {**why, "time": timestamp()}}
            ctx.client.update_status(VOLUME_SNAPSHOT, snapshot, status)
        return
    if not ctx.is_due(snapshot, "snapshot", ctx.timings.snapshot_s):
        return
    class_name = dig(snapshot, "spec", "volumeSnapshotClassName") or _snapshot_class(ctx.cache, claim)
    driver = (ctx.cache.get(VOLUME_SNAPSHOT_CLASS, "", class_name) or {}).get("driver", "")
    content_name = f"snapcontent-{meta(snapshot)['uid']}"
    size = dig(claim, "status", "capacity", "storage", default="0")
    content = VOLUME_SNAPSHOT_CONTENT.new(
        "",
        content_name,
        spec={
            "deletionPolicy": "Delete",
            "driver": driver,
            "source": {"volumeHandle": dig(claim, "spec", "volumeName", default="")},
            "sourceVolumeMode": dig(claim, "spec", "volumeMode", default="Filesystem"),
            "volumeSnapshotClassName": class_name,
            "volumeSnapshotRef": {
                "apiVersion": VOLUME_SNAPSHOT.api_version,
                "kind": VOLUME_SNAPSHOT.kind,
                "namespace": namespace,
                "name": name,
                "uid": meta(snapshot)["uid"],
            },
        },
    )
    made = ctx.client.ensure(VOLUME_SNAPSHOT_CONTENT, content)
    if made is not None:
        ready = {"readyToUse": True, "restoreSize": int(parse_quantity(size)), "snapshotHandle": content_name}
        ctx.client.update_status(VOLUME_SNAPSHOT_CONTENT, made, ready)
    status = {
        "boundVolumeSnapshotContentName": content_name,
        "creationTime": timestamp(),
        "readyToUse": True,
        "restoreSize": size,
    }
    ctx.client.update_status(VOLUME_SNAPSHOT, snapshot, status)


def _snapshot_class(cache: Cache, claim: Json) -> str:
    profile = cache.get(STORAGE_PROFILE, "", dig(claim, "spec", "storageClassName", default=""))
    return str(dig(profile, "status", "snapshotClass", default=""))


# ---------------------------------------------------------------------- machines


def reconcile_snapshot(ctx: Context, namespace: str, name: str) -> None:
    """One step of one VirtualMachineSnapshot."""
    snapshot = ctx.cache.get(VM_SNAPSHOT, namespace, name)
    if snapshot is None:
        return
    vm = ctx.cache.get(VM, namespace, dig(snapshot, "spec", "source", "name", default=""))
    if meta(snapshot).get("deletionTimestamp"):
        _unlock(ctx, vm, name)
        held = meta(snapshot).get("finalizers") or []
        if FINALIZER in held:
            left = [f for f in held if f != FINALIZER]
            ctx.client.merge(VM_SNAPSHOT, snapshot, {"metadata": {"finalizers": left}})
        return
    if dig(snapshot, "status", "phase") in {"Succeeded", "Failed"}:
        return
    if FINALIZER not in (meta(snapshot).get("finalizers") or []):
        finalizers = [*(meta(snapshot).get("finalizers") or []), FINALIZER]
        ctx.client.merge(VM_SNAPSHOT, snapshot, {"metadata": {"finalizers": finalizers}})
        return
    if vm is None or meta(vm).get("deletionTimestamp"):
        _report(ctx, snapshot, "InProgress", "Source does not exist", {})
        return
    if not _lock(ctx, vm, name):
        _report(ctx, snapshot, "InProgress", "Source not locked", {"sourceUID": meta(vm)["uid"]})
        return
    content = _ensure_content(ctx, snapshot, vm)
    backups: list[Json] = dig(content, "spec", "volumeBackups", default=[])
    if not _ensure_volume_snapshots(ctx, content, backups):
        _report(ctx, snapshot, "InProgress", "Not ready", {"sourceUID": meta(vm)["uid"]})
        return
    _finish_content(ctx, content, backups)
    volumes = dig(vm, "spec", "template", "spec", "volumes", default=[])
    included = [backup["volumeName"] for backup in backups]
    more: Json = {
        "sourceUID": meta(vm)["uid"],
        "creationTime": timestamp(),
        "readyToUse": True,
        "virtualMachineSnapshotContentName": meta(content)["name"],
        "indications": _indications(ctx.cache, vm),
        "snapshotVolumes": {
            "includedVolumes": included,
            "excludedVolumes": [v["name"] for v in volumes if v["name"] not in included],
        },
    }
    _report(ctx, snapshot, "Succeeded", "", more)
    _unlock(ctx, ctx.cache.get(VM, namespace, meta(vm)["name"]), name)


def _lock(ctx: Context, vm: Json, name: str) -> bool:
    """Note the snapshot on the VM; False while another one is under way."""
    current = dig(vm, "status", "snapshotInProgress")
    if current is None:
        ctx.client.merge(VM, vm, {"status": {"snapshotInProgress": name}}, "status")
    return current in (None, name)


def _unlock(ctx: Context, vm: Json | None, name: str) -> None:
    if vm is not None and dig(vm, "status", "snapshotInProgress") == name:
        ctx.client.merge(VM, vm, {"status": {"snapshotInProgress": None}}, "status")


def _ensure_content(ctx: Context, snapshot: Json, vm: Json) -> Json:
    """The content: the VM as it is, and which claims are to be snapshotted."""
    namespace, name = meta(snapshot)["namespace"], f"vmsnapshot-content-{meta(snapshot)['uid']}"
    existing = ctx.cache.get(VM_SNAPSHOT_CONTENT, namespace, name)
    if existing is not None:
        return existing
    backups = []
    for volume in dig(vm, "spec", "template", "spec", "volumes", default=[]):
        claim_name = dig(volume, "dataVolume", "name") or dig(volume, "persistentVolumeClaim", "claimName")
        claim = ctx.cache.get(CLAIM, namespace, claim_name) if claim_name else None
        if claim is None or not _snapshot_class(ctx.cache, claim):
            continue
        kept = {
            key: meta(claim)[key]
            for key in ("name", "namespace", "labels", "annotations")
            if key in meta(claim)
        }
        backups.append(
            {
                "volumeName": volume["name"],
                "persistentVolumeClaim": {"metadata": kept, "spec": claim["spec"]},
                "volumeSnapshotName": f"vmsnapshot-{meta(snapshot)['uid']}-volume-{volume['name']}",
            }
        )
    source = {
        "metadata": {
            key: meta(vm)[key] for key in ("name", "namespace", "labels", "annotations") if key in meta(vm)
        },
        "spec": vm["spec"],
    }
    metadata: Json = {}
    if dig(snapshot, "spec", "deletionPolicy") != "Retain":
        metadata["ownerReferences"] = [owner_reference(VM_SNAPSHOT, snapshot)]
    spec = {
        "source": {"virtualMachine": source},
        "virtualMachineSnapshotName": meta(snapshot)["name"],
        "volumeBackups": backups,
    }
    manifest = VM_SNAPSHOT_CONTENT.new(namespace, name, metadata=metadata, spec=spec)
    return ctx.client.create(VM_SNAPSHOT_CONTENT, manifest)


def _ensure_volume_snapshots(ctx: Context, content: Json, backups: list[Json]) -> bool:
    """Make the VolumeSnapshots; whether all are ready."""
    namespace, are_ready = meta(content)["namespace"], True
    for backup in backups:
        name, claim = backup["volumeSnapshotName"], backup["persistentVolumeClaim"]
        existing = ctx.cache.get(VOLUME_SNAPSHOT, namespace, name)
        if existing is None:
            storage_class = dig(claim, "spec", "storageClassName", default="")
            profile = ctx.cache.get(STORAGE_PROFILE, "", storage_class)
            manifest = VOLUME_SNAPSHOT.new(
                namespace,
                name,
                metadata={"ownerReferences": [owner_reference(VM_SNAPSHOT_CONTENT, content)]},
                spec={
                    "source": {"persistentVolumeClaimName": claim["metadata"]["name"]},
                    "volumeSnapshotClassName": dig(profile, "status", "snapshotClass", default=""),
                },
            )
            existing = ctx.client.create(VOLUME_SNAPSHOT, manifest)
        are_ready = are_ready and bool(dig(existing, "status", "readyToUse"))
    return are_ready


def _finish_content(ctx: Context, content: Json, backups: list[Json]) -> None:
    at = timestamp()
    states = [
        {"volumeSnapshotName": b["volumeSnapshotName"], "readyToUse": True, "creationTime": at}
        for b in backups
    ]
    if not dig(content, "status", "readyToUse"):
        status = {"readyToUse": True, "creationTime": at, "volumeSnapshotStatus": states}
        ctx.client.update_status(VM_SNAPSHOT_CONTENT, content, status)


def _indications(cache: Cache, vm: Json) -> list[str]:
    """What was true of the guest while the snapshot was taken."""
    vmi = cache.get(VMI, meta(vm)["namespace"], meta(vm)["name"])
    if vmi is None or dig(vmi, "status", "phase") != "Running":
        return []
    found = ["Online", "GuestAgent" if is_true(vmi, "AgentConnected") else "NoGuestAgent"]
    return [*found, "Paused"] if is_true(vmi, "Paused") else found


def _report(ctx: Context, snapshot: Json, phase: str, why: str, more: Json) -> None:
    """Write the status; a snapshot that is not done by its deadline has failed."""
    known: Json = snapshot.get("status") or {}
    started = parse_timestamp(meta(snapshot)["creationTimestamp"])
    deadline = deadline_seconds(dig(snapshot, "spec", "failureDeadline", default="5m"))
    is_late = (
        phase == "InProgress" and (parse_timestamp(timestamp()) - started).total_seconds() > deadline > 0
    )
    if is_late:
        phase, why = "Failed", f"snapshot deadline exceeded: {why}"
    done = phase != "InProgress"
    conditions = with_condition(
        known.get("conditions") or [], "Progressing", "False" if done else "True", why
    )
    conditions = with_condition(conditions, "Ready", "True" if phase == "Succeeded" else "False", why)
    if is_late and condition(snapshot, "Failure") is None:
        conditions = with_condition(conditions, "Failure", "True", why)
        more = {**more, "error": {"message": why, "time": timestamp()}}
    status = {"readyToUse": False, **known, "phase": phase, "conditions": conditions, **more}
    ctx.client.update_status(VM_SNAPSHOT, snapshot, status)


def deadline_seconds(text: str) -> float:
    """`5m`, `30s`, `1h30m` as seconds; 0 for none."""
    total, number = 0.0, ""
    for letter in text:
        if letter.isdigit() or letter == ".":
            number += letter
        else:
            total += float(number or 0) * {"h": 3600, "m": 60, "s": 1}.get(letter, 0)
            number = ""
    return total
