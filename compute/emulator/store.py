"""The objects in memory, their one resourceVersion, and the history that watches resume from.

One lock guards every write: a write reads, decides and commits inside one `transaction()`, so no two requests
interleave. Reads take the lock only for the moment of copying references; stored objects are never changed in place.
"""

import contextlib
import dataclasses
import json
import queue
import threading
from collections import deque
from collections.abc import Iterator
from typing import Literal

from compute.emulator.persistence import Persistence, Row
from compute.emulator.values import Json

EventType = Literal["ADDED", "MODIFIED", "DELETED"]


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class Key:
    """Where an object lives. `resource` is `plural.group`; `namespace` is "" for cluster-scoped objects."""

    resource: str
    namespace: str
    name: str


class Stored:
    """One state of one object: parsed, as JSON text, or both.

    A state that has been replaced stays in the history as text alone, which takes a fraction of the memory.
    """

    __slots__ = ("_obj", "_text", "key", "revision")

    def __init__(self, key: Key, obj: Json, revision: int, text: str | None = None) -> None:
        self.key = key
        self.revision = revision
        self._obj: Json | None = obj
        self._text = text

    @property
    def obj(self) -> Json:
        """The object, not to be changed."""
        obj = self._obj
        if obj is None:
            obj = json.loads(self.text)
        return obj

    @property
    def text(self) -> str:
        """The object as compact JSON."""
        text = self._text
        if text is None:
            text = self._text = json.dumps(self._obj, separators=(",", ":"))
        return text

    def compact(self) -> None:
        """Keep the text alone."""
        if self.text:
            self._obj = None


@dataclasses.dataclass(frozen=True, slots=True)
class Event:
    """One change. `before` is None for ADDED; for DELETED `after` is the last state with the deletion's revision."""

    type: EventType
    after: Stored
    before: Stored | None

    @property
    def revision(self) -> int:
        return self.after.revision


def _owner_uids(stored: Stored | None) -> set[str]:
    references = stored.obj["metadata"].get("ownerReferences") if stored is not None else None
    return {reference["uid"] for reference in references or () if reference.get("uid")}


class HistoryGone(Exception):
    """The asked-for revision is older than the history kept. `oldest` is the oldest one still served."""

    def __init__(self, oldest: int) -> None:
        super().__init__(oldest)
        self.oldest = oldest


_WAKE = object()


class Watcher:
    """The changes of one resource, in order, from the moment of subscription.

    Holds at most `limit` unread changes; a reader slower than that is cut off and has to list again.
    """

    def __init__(self, store: "Store", resource: str | None, namespace: str | None, limit: int) -> None:
        self._store = store
        self.resource = resource
        self.namespace = namespace
        self._limit = limit
        self._queue: queue.SimpleQueue[Event | object | None] = queue.SimpleQueue()
        self.is_cut_off = False

    def wants(self, event: Event) -> bool:
        """Whether the event belongs to the watched resource and namespace."""
        key = event.after.key
        return (self.resource is None or key.resource == self.resource) and (
            self.namespace is None or key.namespace == self.namespace
        )

    def push(self, event: Event | None) -> None:
        """Called by the store under its lock. None wakes the reader for good."""
        if event is not None and self._queue.qsize() >= self._limit:
            self.is_cut_off = True
            event = None
        self._queue.put(event)

    def wake(self) -> None:
        """Make a reader that waits in `next` return at once."""
        self._queue.put(_WAKE)

    def next(self, timeout_s: float) -> Event | None:
        """The next change, or None after the timeout, after `wake`, or when `is_cut_off`."""
        try:
            event = self._queue.get(block=timeout_s > 0, timeout=max(0.0, timeout_s))
        except queue.Empty:
            return None
        if event is None:
            self.is_cut_off = True
        return event if isinstance(event, Event) else None

    def revision_if_idle(self) -> int | None:
        """The store's revision when every change up to it has been read, else None. For bookmarks."""
        with self._store.lock:
            return self._store.revision if self._queue.empty() else None

    def close(self) -> None:
        """Stop receiving."""
        self._store.unsubscribe(self)


class Transaction:
    """The changes of one write. `get` sees them before they are committed."""

    def __init__(self, store: "Store") -> None:
        self._store = store
        self.changes: list[tuple[Key, Stored | None, int]] = []
        self._pending: dict[Key, Stored | None] = {}

    def get(self, key: Key) -> Stored | None:
        """The object as this transaction sees it."""
        return self._pending[key] if key in self._pending else self._store.get(key)

    def put(self, key: Key, obj: Json) -> Stored:
        """Create or replace the object; gives it the next resourceVersion."""
        revision = self._next_revision()
        stamped = {**obj, "metadata": {**obj["metadata"], "resourceVersion": str(revision)}}
        stored = Stored(key, stamped, revision)
        self.changes.append((key, stored, revision))
        self._pending[key] = stored
        return stored

    def remove(self, key: Key) -> None:
        """Delete the object."""
        self.changes.append((key, None, self._next_revision()))
        self._pending[key] = None

    def _next_revision(self) -> int:
        return self._store.revision + len(self.changes) + 1


class Store:
    """Every object of the cluster. `history` is how many changes watches may lag behind."""

    def __init__(self, persistence: Persistence | None = None, *, history: int = 10_000) -> None:
        self.lock = threading.RLock()
        self.revision = 0
        self._persistence = persistence
        self._objects: dict[str, dict[str, dict[str, Stored]]] = {}
        self._dependents: dict[str, set[Key]] = {}
        self._events: deque[Event] = deque(maxlen=history)
        self._watchers: list[Watcher] = []
        self._open: Transaction | None = None
        if persistence is not None:
            self._load(persistence)

    def _load(self, persistence: Persistence) -> None:
        self.revision, rows = persistence.load()
        for row, obj in rows:
            key = Key(row.resource, row.namespace, row.name)
            self._place(key, Stored(key, obj, row.revision, row.body))

    # ------------------------------------------------------------------ reading

    def get(self, key: Key) -> Stored | None:
        """The object, or None."""
        return self._objects.get(key.resource, {}).get(key.namespace, {}).get(key.name)

    def select(self, resource: str, namespace: str | None = None) -> list[Stored]:
        """Every object of the resource (of one namespace when given), by namespace and name."""
        with self.lock:
            spaces = self._objects.get(resource, {})
            if namespace is not None:
                found = list(spaces.get(namespace, {}).values())
            else:
                found = [stored for space in spaces.values() for stored in space.values()]
        found.sort(key=lambda stored: stored.key)
        return found

    def select_at(self, resource: str, namespace: str | None, revision: int) -> list[Stored]:
        """`select` as it was at a revision, by undoing the history since. Raises HistoryGone."""
        with self.lock:
            state = {stored.key: stored for stored in self.select(resource, namespace)}
            for event in reversed(self.events_after(revision)):
                key = event.after.key
                if key.resource != resource or (namespace is not None and key.namespace != namespace):
                    continue
                if event.before is None:
                    state.pop(key, None)
                else:
                    state[key] = event.before
        return [state[key] for key in sorted(state)]

    def count(self, resource: str, namespace: str) -> int:
        """How many objects of the resource the namespace holds."""
        return len(self._objects.get(resource, {}).get(namespace, {}))

    def dependents(self, uid: str) -> list[Stored]:
        """The objects whose ownerReferences name the uid, by key."""
        with self.lock:
            keys = sorted(self._dependents.get(uid, ()))
            return [stored for stored in map(self.get, keys) if stored is not None]

    def resources(self) -> list[str]:
        """The resources that have objects."""
        with self.lock:
            return sorted(self._objects)

    def size(self) -> int:
        """How many objects there are."""
        with self.lock:
            return sum(len(space) for spaces in self._objects.values() for space in spaces.values())

    # ------------------------------------------------------------------ writing

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """One write. Commits at the end, discards on an exception; inside another one it joins that one."""
        with self.lock:
            if self._open is not None:
                yield self._open
                return
            self._open = Transaction(self)
            try:
                yield self._open
                self._commit(self._open)
            finally:
                self._open = None

    def _commit(self, transaction: Transaction) -> None:
        if not transaction.changes:
            return
        revision = self.revision + len(transaction.changes)
        if self._persistence is not None:
            rows = [
                Row(key.resource, key.namespace, key.name, at, None if stored is None else stored.text)
                for key, stored, at in transaction.changes
            ]
            self._persistence.save(rows, revision)
        self.revision = revision
        for key, stored, at in transaction.changes:
            event = self._apply(key, stored, at)
            self._publish(event)
            if event.before is not None:
                event.before.compact()
            if event.type == "DELETED":
                event.after.compact()

    def _apply(self, key: Key, stored: Stored | None, revision: int) -> Event:
        before = self.get(key)
        if stored is not None:
            self._place(key, stored)
            return Event("ADDED" if before is None else "MODIFIED", stored, before)
        if before is None:
            raise KeyError(key)
        self._index(before, None)
        spaces = self._objects[key.resource]
        del spaces[key.namespace][key.name]
        if not spaces[key.namespace]:
            del spaces[key.namespace]
        if not spaces:
            del self._objects[key.resource]
        metadata = {**before.obj["metadata"], "resourceVersion": str(revision)}
        return Event("DELETED", Stored(key, {**before.obj, "metadata": metadata}, revision), before)

    def _place(self, key: Key, stored: Stored) -> None:
        self._index(self.get(key), stored)
        self._objects.setdefault(key.resource, {}).setdefault(key.namespace, {})[key.name] = stored

    def _index(self, before: Stored | None, after: Stored | None) -> None:
        """Keep the index of owners in step with one change."""
        old, new = _owner_uids(before), _owner_uids(after)
        if before is not None:
            for uid in old - new:
                self._dependents[uid].discard(before.key)
                if not self._dependents[uid]:
                    del self._dependents[uid]
        if after is not None:
            for uid in new - old:
                self._dependents.setdefault(uid, set()).add(after.key)

    # ------------------------------------------------------------------ watching

    def events_after(self, revision: int) -> list[Event]:
        """Every change after the revision, oldest first. Raises HistoryGone when some are no longer kept."""
        with self.lock:
            oldest = self._events[0].revision if self._events else self.revision + 1
            if revision < oldest - 1:
                raise HistoryGone(oldest - 1)
            # Each change has its own revision, so the place in the history follows from the number.
            skip = revision - (oldest - 1)
            return [self._events[i] for i in range(skip, len(self._events))]

    def subscribe(
        self,
        resource: str | None,
        namespace: str | None = None,
        *,
        after: int | None = None,
        limit: int = 20_000,
    ) -> Watcher:
        """A watcher that first gets the changes after a revision (None: only what comes from now on).

        Raises HistoryGone.
        """
        watcher = Watcher(self, resource, namespace, limit)
        with self.lock:
            if after is not None:
                for event in self.events_after(after):
                    if watcher.wants(event):
                        watcher.push(event)
            self._watchers.append(watcher)
        return watcher

    def unsubscribe(self, watcher: Watcher) -> None:
        """Forget a watcher."""
        with self.lock, contextlib.suppress(ValueError):
            self._watchers.remove(watcher)

    def _publish(self, event: Event) -> None:
        self._events.append(event)
        for watcher in self._watchers:
            if watcher.wants(event) and not watcher.is_cut_off:
                watcher.push(event)

    def watcher_count(self) -> int:
        """How many watches are open."""
        with self.lock:
            return len(self._watchers)

    def cut_watchers(self) -> None:
        """End every client's watch, as a restarted server does. Watchers of all resources are the emulator's own."""
        with self.lock:
            for watcher in self._watchers:
                if watcher.resource is not None:
                    watcher.push(None)

    def forget_history(self) -> None:
        """Drop the history, so that a watch resumed from before this moment gets 410."""
        with self.lock:
            self._events.clear()

    def close(self) -> None:
        """End the watches and give the disk free."""
        self.cut_watchers()
        if self._persistence is not None:
            self._persistence.close()
