"""VirtualMachineClone: a snapshot of the source, restored under another name.

    SnapshotInProgress -> RestoreInProgress -> Succeeded | Failed

Source: kubevirt pkg/virt-controller/watch/clone/clone.go; kubernetes.md 1.6.
"""

from compute.emulator.behaviour.conditions import with_condition
from compute.emulator.behaviour.engine import Context, Controller, Name, itself, owner
from compute.emulator.behaviour.feed import Cache
from compute.emulator.behaviour.kinds import VM, VM_CLONE, VM_RESTORE, VM_SNAPSHOT, owner_reference
from compute.emulator.values import Json, dig, meta, planted, timestamp, without


def controller() -> Controller:
    """Wakes on clones, their snapshots and restores, and on VMs that appear."""
    wakes = {
        VM_CLONE.id: itself,
        VM_SNAPSHOT.id: owner(VM_CLONE),
        VM_RESTORE.id: owner(VM_CLONE),
        VM.id: _waiting_for_source,
    }
    return Controller("clone-controller", wakes, reconcile)


def _waiting_for_source(vm: Json, is_gone: bool, cache: Cache) -> list[Name]:
    found = cache.list(VM_CLONE, meta(vm)["namespace"])
    return [(meta(c)["namespace"], meta(c)["name"]) for c in found if not dig(c, "status", "phase")]


def reconcile(ctx: Context, namespace: str, name: str) -> None:
    """One step of one clone."""
    clone = ctx.cache.get(VM_CLONE, namespace, name)
    if clone is None or dig(clone, "status", "phase") in {"Succeeded", "Failed"}:
        return
    source = dig(clone, "spec", "source", default={})
    target = dig(clone, "spec", "target", "name") or f"clone-{source.get('name')}-{meta(clone)['uid'][:5]}"
    snapshot_name = (
        source["name"]
        if source.get("kind") == "VirtualMachineSnapshot"
        else f"tmp-snapshot-{meta(clone)['uid']}"
    )
    snapshot = ctx.cache.get(VM_SNAPSHOT, namespace, snapshot_name)
    if snapshot is None:
        if (
            source.get("kind") == "VirtualMachineSnapshot"
            or ctx.cache.get(VM, namespace, source["name"]) is None
        ):
            _report(ctx, clone, "", "Source does not exist", {})
            return
        reference = {"apiGroup": "kubevirt.io", "kind": "VirtualMachine", "name": source["name"]}
        metadata = {"ownerReferences": [owner_reference(VM_CLONE, clone)]}
        ctx.client.create(
            VM_SNAPSHOT,
            VM_SNAPSHOT.new(namespace, snapshot_name, metadata=metadata, spec={"source": reference}),
        )
    if not dig(snapshot, "status", "readyToUse"):
        _report(ctx, clone, "SnapshotInProgress", "Snapshot is not ready", {"snapshotName": snapshot_name})
        return
    restore_name = f"tmp-restore-{meta(clone)['uid']}"
    restore = ctx.cache.get(VM_RESTORE, namespace, restore_name)
    if restore is None:
        spec = {
            "target": {"apiGroup": "kubevirt.io", "kind": "VirtualMachine", "name": target},
            "virtualMachineSnapshotName": snapshot_name,
        }
        metadata = {"ownerReferences": [owner_reference(VM_CLONE, clone)]}
        ctx.client.create(VM_RESTORE, VM_RESTORE.new(namespace, restore_name, metadata=metadata, spec=spec))
    if not dig(restore, "status", "complete"):
        more = {"snapshotName": snapshot_name, "restoreName": restore_name, "targetName": target}
        _report(ctx, clone, "RestoreInProgress", "Restore is not complete", more)
        return
    _make_distinct(ctx, clone, target)
    _report(ctx, clone, "Succeeded", "", {"targetName": target, "creationTime": timestamp()})
    if restore is not None:
        ctx.client.delete(VM_RESTORE, restore)
    if source.get("kind") != "VirtualMachineSnapshot" and snapshot is not None:
        ctx.client.delete(VM_SNAPSHOT, snapshot)


def _make_distinct(ctx: Context, clone: Json, target: str) -> None:
    """Give the target MAC addresses and an identity of its own."""
    vm = ctx.cache.get(VM, meta(clone)["namespace"], target)
    if vm is None:
        return
    macs = dig(clone, "spec", "newMacAddresses", default={})
    path = ("spec", "template", "spec", "domain", "devices", "interfaces")
    interfaces = [
        without(nic, ["macAddress"]) | ({"macAddress": macs[nic["name"]]} if nic["name"] in macs else {})
        for nic in dig(vm, *path, default=[])
    ]
    changed = planted(vm, path, interfaces) if interfaces else vm
    firmware = without(
        dig(vm, "spec", "template", "spec", "domain", "firmware", default={}), ["uuid", "serial"]
    )
    if serial := dig(clone, "spec", "newSMBiosSerial"):
        firmware["serial"] = serial
    changed = planted(changed, ("spec", "template", "spec", "domain", "firmware"), firmware)
    if changed != vm:
        ctx.client.update(VM, changed)


def _report(ctx: Context, clone: Json, phase: str, why: str, more: Json) -> None:
    known: Json = clone.get("status") or {}
    done = phase == "Succeeded"
    conditions = with_condition(
        known.get("conditions") or [], "Progressing", "False" if done else "True", why or "Ready"
    )
    conditions = with_condition(conditions, "Ready", "True" if done else "False", why or "Ready")
    status = {**known, "conditions": conditions, **more, **({"phase": phase} if phase else {})}
    ctx.client.update_status(VM_CLONE, clone, status)
