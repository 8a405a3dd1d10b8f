"""Runs the reconcilers: one queue of names, fed by the changes of the store, worked off by one thread.

Live, the thread waits for changes and for delays. Settling (tests), the caller's thread works until nothing is left,
every delay counts as over, and nothing sleeps.
"""

import dataclasses
import heapq
import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping

from compute.emulator.behaviour.client import ApiFailure, Client
from compute.emulator.behaviour.feed import Cache, Change, Feed
from compute.emulator.behaviour.kinds import Kind
from compute.emulator.values import Json, meta

logger = logging.getLogger(__name__)

_MOST_PASSES = 500
_FIRST_RETRY_S, _LAST_RETRY_S = 0.05, 30.0


@dataclasses.dataclass(frozen=True, slots=True)
class Timings:
    """How long things take in the emulated cluster, in seconds. Zero for tests."""

    import_s: float = 2.0
    schedule_s: float = 0.5
    boot_s: float = 1.5
    agent_s: float = 1.5
    stop_s: float = 1.5
    migrate_s: float = 2.0
    snapshot_s: float = 1.0

    def scaled(self, speed: float) -> "Timings":
        """The same, `speed` times as fast; 0 means at once."""
        factor = 1 / speed if speed > 0 else 0.0
        return Timings(**{f.name: getattr(self, f.name) * factor for f in dataclasses.fields(self)})

    @classmethod
    def instant(cls) -> "Timings":
        return cls().scaled(0)


Name = tuple[str, str]
# From a changed object (and whether it is gone) to the names a controller has to look at.
Mapper = Callable[[Json, bool, Cache], Iterable[Name]]


def itself(obj: Json, is_gone: bool, cache: Cache) -> list[Name]:
    """The mapper for a controller's own kind."""
    return [(meta(obj).get("namespace", ""), meta(obj)["name"])]


def owner(kind: Kind) -> Mapper:
    """The mapper from an object to the owner of a kind."""

    def mapper(obj: Json, is_gone: bool, cache: Cache) -> list[Name]:
        references = meta(obj).get("ownerReferences") or []
        return [(meta(obj).get("namespace", ""), r["name"]) for r in references if r.get("kind") == kind.kind]

    return mapper


@dataclasses.dataclass(frozen=True, slots=True)
class Controller:
    """A reconciler and what wakes it: resource id -> mapper. The id "*" stands for every resource."""

    name: str
    wakes: Mapping[str, Mapper]
    reconcile: Callable[["Context", str, str], None]


class Context:
    """What a reconciler works with. Good for one call."""

    def __init__(self, engine: "Engine", client: Client, key: "QueueKey") -> None:
        self._engine = engine
        self._key = key
        self.client = client
        self.cache = engine.cache
        self.timings = engine.timings

    def is_due(self, obj: Json, step: str, delay_s: float) -> bool:
        """Whether the delay has passed since this was first asked for the object and the step.

        While it has not, the reconciler is called again when it has: return and wait for that.
        """
        return self._engine.is_due(self._key, meta(obj)["uid"], step, delay_s)


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class QueueKey:
    """One piece of work: a controller's place in the list, and the name."""

    index: int
    namespace: str
    name: str


class _Queue:
    """Work to do: every key once, the smallest first."""

    def __init__(self) -> None:
        self._heap: list[QueueKey] = []
        self._members: set[QueueKey] = set()

    def __bool__(self) -> bool:
        return bool(self._heap)

    def add(self, key: QueueKey) -> None:
        if key not in self._members:
            self._members.add(key)
            heapq.heappush(self._heap, key)

    def update(self, keys: Iterable[QueueKey]) -> None:
        for key in keys:
            self.add(key)

    def pop(self) -> QueueKey:
        key = heapq.heappop(self._heap)
        self._members.discard(key)
        return key

    def clear(self) -> None:
        self._heap.clear()
        self._members.clear()


class Engine:
    """Wakes controllers and calls them one at a time."""

    def __init__(
        self, cache: Cache, feed: Feed, client: Client, controllers: list[Controller], timings: Timings
    ) -> None:
        self.cache = cache
        self.timings = timings
        self._feed = feed
        self._client = client
        self._controllers = controllers
        self._turn = threading.RLock()
        self._queue = _Queue()
        self._delayed: list[tuple[float, QueueKey]] = []
        self._failures: dict[QueueKey, int] = {}
        self._deadlines: dict[str, dict[str, float]] = {}
        self._held: set[str] = set()
        self._waiting_for_release: set[QueueKey] = set()
        self._is_settling = False
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._enqueue_everything()

    # ------------------------------------------------------------------ live

    def start(self) -> None:
        """Work in a thread until `stop`."""
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name="emulator-controllers", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread after the call it is in."""
        self._stopping.set()
        self._feed.wake()
        if self._thread is not None:
            self._thread.join(timeout=10)
            self._thread = None

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._take_events(self._next_delay())
            with self._turn:
                self._take_due()
                while self._queue and not self._stopping.is_set():
                    self._step(self._queue.pop())
                    self._take_events(0)
                    self._take_due()

    def _next_delay(self) -> float:
        if self._queue:
            return 0.0
        return min(1.0, max(0.0, self._delayed[0][0] - time.monotonic())) if self._delayed else 1.0

    def _take_due(self) -> None:
        while self._delayed and self._delayed[0][0] <= time.monotonic():
            self._queue.add(heapq.heappop(self._delayed)[1])

    # ------------------------------------------------------------------ settling

    def settle(self) -> None:
        """Work in this thread until nothing changes any more.

        Raises RuntimeError when a reconciler never comes to rest, and what a reconciler raises.
        """
        with self._turn:
            self._is_settling = True
            try:
                self._settle()
            finally:
                self._is_settling = False

    def _settle(self) -> None:
        calls: dict[QueueKey, int] = {}
        self._queue.update(key for _, key in self._delayed)
        self._delayed.clear()
        self._take_events(0)
        while self._queue:
            key = self._queue.pop()
            calls[key] = calls.get(key, 0) + 1
            if calls[key] > _MOST_PASSES:
                raise RuntimeError(
                    f"{self._controllers[key.index].name} does not come to rest on {key.namespace}/{key.name}"
                )
            self._step(key)
            self._take_events(0)
            self._queue.update(key for _, key in self._delayed)
            self._delayed.clear()

    # ------------------------------------------------------------------ delays

    def hold(self, *steps: str) -> None:
        """Let no delay of these steps pass (names of Timings without `_s`), to look at a state in between."""
        self._held.update(steps)

    def release(self, *steps: str) -> None:
        """Let the steps go on (all of them when none is named)."""
        with self._turn:
            self._held.difference_update(steps or set(self._held))
            self._queue.update(self._waiting_for_release)
            self._waiting_for_release.clear()
            self._feed.wake()

    def is_due(self, key: QueueKey, uid: str, step: str, delay_s: float) -> bool:
        """See `Context.is_due`."""
        if step.partition(":")[0] in self._held:
            self._waiting_for_release.add(key)
            return False
        if self._is_settling or delay_s <= 0:
            return True
        steps = self._deadlines.setdefault(uid, {})
        deadline = steps.setdefault(step, time.monotonic() + delay_s)
        if time.monotonic() >= deadline:
            del steps[step]
            return True
        heapq.heappush(self._delayed, (deadline, key))
        return False

    # ------------------------------------------------------------------ the queue

    def forget(self) -> None:
        """Drop every delay, hold and failure; look at everything anew. For a reset."""
        with self._turn:
            self._held.clear()
            self._waiting_for_release.clear()
            self._delayed.clear()
            self._deadlines.clear()
            self._failures.clear()
            self._enqueue_everything()

    def _enqueue_everything(self) -> None:
        for change in self._feed.everything():
            self._enqueue(change)

    def _take_events(self, timeout_s: float) -> None:
        """Queue what changed; waits up to the timeout for the first change."""
        change = self._feed.next(timeout_s)
        with self._turn:
            while change is not None:
                if change.is_gone:
                    self._deadlines.pop(meta(change.obj)["uid"], None)
                self._enqueue(change)
                change = self._feed.next(0)
            if self._feed.has_lost_changes():
                self._enqueue_everything()

    def _enqueue(self, change: Change) -> None:
        for index, controller in enumerate(self._controllers):
            for source in (change.resource, "*"):
                if (mapper := controller.wakes.get(source)) is not None:
                    for namespace, name in mapper(change.obj, change.is_gone, self.cache):
                        self._queue.add(QueueKey(index, namespace, name))

    def _step(self, key: QueueKey) -> None:
        controller = self._controllers[key.index]
        context = Context(self, self._client.managed_by(controller.name), key)
        try:
            controller.reconcile(context, key.namespace, key.name)
        except ApiFailure as failure:
            self._failed(key, failure, is_expected=failure.code in {404, 409})
        except Exception as error:
            self._failed(key, error, is_expected=False)
        else:
            self._failures.pop(key, None)

    def _failed(self, key: QueueKey, error: Exception, *, is_expected: bool) -> None:
        """Try again: soon after a conflict, later and later after anything else."""
        tries = self._failures[key] = self._failures.get(key, 0) + 1
        if self._is_settling and not is_expected:
            raise error
        if not is_expected:
            name = self._controllers[key.index].name
            logger.warning("%s failed on %s/%s", name, key.namespace, key.name, exc_info=error)
        delay = min(_LAST_RETRY_S, _FIRST_RETRY_S * 2 ** min(tries, 12))
        heapq.heappush(self._delayed, (time.monotonic() + delay, key))
