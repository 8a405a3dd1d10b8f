"""Where the reconcilers read the cluster, and how they learn of changes.

`StoreCache` and `StoreFeed` look straight into the emulator's own store and are never behind. `remote.py` has the
counterparts for a cluster somewhere else.
"""

import builtins
import dataclasses
from collections.abc import Iterator
from typing import Protocol

from compute.emulator.behaviour.kinds import Kind
from compute.emulator.store import Key, Store
from compute.emulator.values import Json, meta


class Cache(Protocol):
    """The state of the cluster as the reconcilers read it. Objects must not be changed."""

    def get(self, kind: Kind, namespace: str, name: str) -> Json | None:
        """The object, or None."""

    def list(self, kind: Kind, namespace: str | None = None) -> list[Json]:
        """The objects of a kind, of one namespace when given, in a stable order."""

    def dependents(self, owner: Json, kind: Kind) -> "builtins.list[Json]":
        """The objects of a kind whose ownerReferences name the owner's uid."""


@dataclasses.dataclass(frozen=True, slots=True)
class Change:
    """An object that appeared, changed or went. `resource` is `plural.group`."""

    resource: str
    obj: Json
    is_gone: bool


class Feed(Protocol):
    """The changes of every resource, in order per object."""

    def next(self, timeout_s: float) -> Change | None:
        """The next change; None after the timeout or after `wake`."""

    def has_lost_changes(self) -> bool:
        """Whether changes were missed, so that everything has to be looked at; asking starts the feed afresh."""

    def everything(self) -> Iterator[Change]:
        """Every object there is."""

    def wake(self) -> None:
        """Make a reader that waits in `next` return at once."""


class StoreCache:
    """Reads the store itself."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, kind: Kind, namespace: str, name: str) -> Json | None:
        """The object, or None."""
        stored = self._store.get(Key(kind.id, namespace if kind.namespaced else "", name))
        return None if stored is None else stored.obj

    def list(self, kind: Kind, namespace: str | None = None) -> list[Json]:
        """The objects of a kind, by namespace and name."""
        return [stored.obj for stored in self._store.select(kind.id, namespace)]

    def dependents(self, owner: Json, kind: Kind) -> "builtins.list[Json]":
        """The objects of a kind that the owner owns."""
        found = self._store.dependents(meta(owner)["uid"])
        return [stored.obj for stored in found if stored.key.resource == kind.id]


class StoreFeed:
    """The store's changes."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._watcher = store.subscribe(None)

    def next(self, timeout_s: float) -> Change | None:
        """The next change, or None."""
        event = self._watcher.next(timeout_s)
        if event is None:
            return None
        return Change(event.after.key.resource, event.after.obj, event.type == "DELETED")

    def has_lost_changes(self) -> bool:
        """Whether more changes came than a reader may lag behind."""
        if not self._watcher.is_cut_off:
            return False
        self._watcher.close()
        self._watcher = self._store.subscribe(None)
        return True

    def everything(self) -> Iterator[Change]:
        """Every object in the store."""
        for resource in self._store.resources():
            for stored in self._store.select(resource):
                yield Change(resource, stored.obj, is_gone=False)

    def wake(self) -> None:
        """End a wait in `next`."""
        self._watcher.wake()
