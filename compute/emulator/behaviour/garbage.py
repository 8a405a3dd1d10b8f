"""Garbage collection by ownerReferences, foreground deletion and orphaning.

Source: kubernetes pkg/controller/garbagecollector/garbagecollector.go.
"""

from collections.abc import Callable

from compute.emulator.api.deleting import FOREGROUND, ORPHAN
from compute.emulator.behaviour.engine import Context, Controller, Name
from compute.emulator.behaviour.feed import Cache
from compute.emulator.behaviour.kinds import Kind
from compute.emulator.registry import Registry
from compute.emulator.store import Key, Store, Stored
from compute.emulator.values import Json, meta


class GarbageCollector:
    """Looks at single objects: the name in the queue is `resource|name`."""

    def __init__(self, store: Store, registry: Registry, lookup: Callable[[str], Kind | None]) -> None:
        self._store = store
        self._registry = registry
        self._lookup = lookup

    def controller(self) -> Controller:
        """Wakes on every object that has an owner, and on the dependents of every one that goes."""
        return Controller("generic-garbage-collector", {"*": self._concerned}, self.reconcile)

    def _concerned(self, obj: Json, is_gone: bool, cache: Cache) -> list[Name]:
        metadata = meta(obj)
        names: list[Name] = []
        resource = self._registry.by_kind(obj["apiVersion"], obj["kind"])
        waits = {FOREGROUND, ORPHAN} & set(metadata.get("finalizers") or [])
        if resource is not None and not is_gone and (metadata.get("ownerReferences") or waits):
            names.append(_queued(Key(resource.id, metadata.get("namespace", ""), metadata["name"])))
        if is_gone or waits:
            names += [_queued(stored.key) for stored in self._store.dependents(metadata["uid"])]
        if is_gone:
            names += [_queued(key) for key in self._owner_keys(obj)]
        return names

    def _owner_keys(self, obj: Json) -> list[Key]:
        """The owners that may wait for this object to go."""
        found = []
        for reference in meta(obj).get("ownerReferences") or []:
            owner = self._owner(reference, meta(obj).get("namespace", ""))
            if owner is not None:
                found.append(owner.key)
        return found

    def _owner(self, reference: Json, namespace: str) -> Stored | None:
        """The object a reference means; None when it is gone or another one has taken its name."""
        resource = self._registry.by_kind(reference["apiVersion"], reference["kind"])
        if resource is None:
            return None
        stored = self._store.get(
            Key(resource.id, namespace if resource.namespaced else "", reference["name"])
        )
        return stored if stored is not None and meta(stored.obj)["uid"] == reference["uid"] else None

    def reconcile(self, ctx: Context, namespace: str, name: str) -> None:
        """Delete the object if all its owners are gone; finish its own foreground deletion or orphaning."""
        resource_id, _, object_name = name.partition("|")
        kind = self._lookup(resource_id)
        stored = self._store.get(Key(resource_id, namespace, object_name))
        if kind is None or stored is None:
            return
        obj = stored.obj
        finalizers = meta(obj).get("finalizers") or []
        if meta(obj).get("deletionTimestamp"):
            if FOREGROUND in finalizers:
                self._finish_foreground(ctx, kind, obj)
            elif ORPHAN in finalizers:
                self._orphan_dependents(ctx, kind, obj)
            return
        self._judge(ctx, kind, obj)

    def _judge(self, ctx: Context, kind: Kind, obj: Json) -> None:
        references = meta(obj).get("ownerReferences") or []
        owners = [(r, self._owner(r, meta(obj).get("namespace", ""))) for r in references]
        living = [r for r, owner in owners if owner is not None and not _waits_for_dependents(owner.obj)]
        if not references or (living and len(living) == len(references)):
            return
        if living:
            uids = {reference["uid"] for reference in living}
            kept = [reference for reference in references if reference["uid"] in uids]
            ctx.client.merge(kind, obj, {"metadata": {"ownerReferences": kept}})
            return
        waiting = any(owner is not None for _, owner in owners)
        ctx.client.delete(
            kind,
            obj,
            policy="Foreground" if waiting and self._store.dependents(meta(obj)["uid"]) else "Background",
        )

    def _finish_foreground(self, ctx: Context, kind: Kind, obj: Json) -> None:
        """The owner goes when no dependent that blocks it is left."""
        uid = meta(obj)["uid"]
        blocking = False
        for stored in self._store.dependents(uid):
            references = [r for r in meta(stored.obj).get("ownerReferences") or [] if r["uid"] == uid]
            dependent = self._lookup(stored.key.resource)
            if dependent is None:
                continue
            if not meta(stored.obj).get("deletionTimestamp"):
                self._judge(ctx, dependent, stored.obj)
            if self._store.get(stored.key) is not None and any(
                r.get("blockOwnerDeletion") for r in references
            ):
                blocking = True
        if not blocking:
            _drop_finalizer(ctx, kind, obj, FOREGROUND)

    def _orphan_dependents(self, ctx: Context, kind: Kind, obj: Json) -> None:
        uid = meta(obj)["uid"]
        for stored in self._store.dependents(uid):
            dependent = self._lookup(stored.key.resource)
            if dependent is not None:
                kept = [r for r in meta(stored.obj).get("ownerReferences") or [] if r["uid"] != uid]
                ctx.client.merge(dependent, stored.obj, {"metadata": {"ownerReferences": kept}})
        _drop_finalizer(ctx, kind, obj, ORPHAN)


def _queued(key: Key) -> Name:
    return (key.namespace, f"{key.resource}|{key.name}")


def _waits_for_dependents(owner: Json) -> bool:
    return bool(meta(owner).get("deletionTimestamp")) and FOREGROUND in (meta(owner).get("finalizers") or [])


def _drop_finalizer(ctx: Context, kind: Kind, obj: Json, finalizer: str) -> None:
    left = [entry for entry in meta(obj).get("finalizers") or [] if entry != finalizer]
    ctx.client.merge(kind, obj, {"metadata": {"finalizers": left}})
