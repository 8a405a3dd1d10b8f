"""Namespace deletion: everything inside goes, then the namespace itself.

Source: kubernetes pkg/controller/namespace/deletion/namespaced_resources_deleter.go.
"""

from collections.abc import Callable

from compute.emulator.behaviour.conditions import with_condition
from compute.emulator.behaviour.engine import Context, Controller, Name, itself
from compute.emulator.behaviour.feed import Cache
from compute.emulator.behaviour.kinds import NAMESPACE, Kind
from compute.emulator.registry import Registry
from compute.emulator.store import Store
from compute.emulator.values import Json, dig, meta

_REMAINING, _FINALIZERS = "NamespaceContentRemaining", "NamespaceFinalizersRemaining"


def kind_lookup(registry: Registry) -> Callable[[str], Kind | None]:
    """A function from `plural.group` to the kind, for controllers that deal with every resource."""

    def lookup(resource_id: str) -> Kind | None:
        found = registry.by_id(resource_id)
        if found is None:
            return None
        return Kind(found.group, found.versions[0], found.plural, found.kind, found.namespaced)

    return lookup


class NamespaceController:
    """Empties namespaces that are being deleted."""

    def __init__(self, store: Store, lookup: Callable[[str], Kind | None]) -> None:
        self._store = store
        self._lookup = lookup
        self._terminating: set[str] = set()

    def controller(self) -> Controller:
        """Wakes on namespaces, and on what goes from one that is being deleted."""
        return Controller(
            "namespace-controller", {NAMESPACE.id: self._itself, "*": self._emptied}, self.reconcile
        )

    def _itself(self, namespace: Json, is_gone: bool, cache: Cache) -> list[Name]:
        name = meta(namespace)["name"]
        if meta(namespace).get("deletionTimestamp") and not is_gone:
            self._terminating.add(name)
        else:
            self._terminating.discard(name)
        return list(itself(namespace, is_gone, cache))

    def _emptied(self, obj: Json, is_gone: bool, cache: Cache) -> list[Name]:
        space = meta(obj).get("namespace", "")
        return [("", space)] if space in self._terminating else []

    def reconcile(self, ctx: Context, namespace: str, name: str) -> None:
        """Delete the content; finalize the namespace when there is none left."""
        space = ctx.cache.get(NAMESPACE, "", name)
        if space is None or not meta(space).get("deletionTimestamp"):
            return
        left: dict[str, int] = {}
        held: dict[str, int] = {}
        for resource_id in self._store.resources():
            kind = self._lookup(resource_id)
            if kind is None or not kind.namespaced:
                continue
            for obj in ctx.cache.list(kind, name):
                if not meta(obj).get("deletionTimestamp"):
                    ctx.client.delete(kind, obj)
                remaining = ctx.cache.get(kind, name, meta(obj)["name"])
                if remaining is not None:
                    left[resource_id] = left.get(resource_id, 0) + 1
                    for finalizer in meta(remaining).get("finalizers") or []:
                        held[finalizer] = held.get(finalizer, 0) + 1
        if left:
            self._report(ctx, space, left, held)
            return
        finalizers = [f for f in dig(space, "spec", "finalizers", default=[]) if f != "kubernetes"]
        current = ctx.cache.get(NAMESPACE, "", name)
        if current is not None:
            ctx.client.update(NAMESPACE, {**current, "spec": {"finalizers": finalizers}}, "finalize")

    def _report(self, ctx: Context, space: Json, left: dict[str, int], held: dict[str, int]) -> None:
        resources = ", ".join(
            f"{resource} has {count} resource instances" for resource, count in sorted(left.items())
        )
        conditions = with_condition(
            dig(space, "status", "conditions", default=[]),
            _REMAINING,
            "True",
            "SomeResourcesRemain",
            f"Some resources are remaining: {resources}",
        )
        listed = ", ".join(
            f"{finalizer} in {count} resource instances" for finalizer, count in sorted(held.items())
        )
        conditions = with_condition(
            conditions,
            _FINALIZERS,
            "True" if held else "False",
            "SomeFinalizersRemain" if held else "ContentHasNoFinalizers",
            f"Some content in the namespace has finalizers remaining: {listed}"
            if held
            else "All content-preserving finalizers finished",
        )
        ctx.client.update_status(NAMESPACE, space, {**(space.get("status") or {}), "conditions": conditions})
