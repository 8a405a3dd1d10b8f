"""List and watch of one kind in one cluster.

The life of a kind: list page by page (each page observed, delivered, dropped), then watch from the list's
resource version; a stream that ends is resumed where it stopped; "410 Gone" or a handler's failure leads to
another list. Of all objects only uid -> (resource version, hash of the observation) is kept: 10,000 machines
as parsed objects would take 850 MB. Source: contract kubernetes.md 2.3; Kubernetes API concepts, efficient
detection of changes.
"""

import dataclasses
import queue
import random
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Final
from uuid import UUID

import structlog
from django.db import InterfaceError, OperationalError, connections
from prometheus_client import Counter

from compute.cluster import ClusterClient, ClusterGone
from compute.cluster.stream import WatchStream
from compute.names import MANAGED_SELECTOR
from compute.observe import Observed
from compute.watch.registry import WATCHABLE, Absent, Handlers, Present
from compute.watch.status import ClusterStatus
from ssvirt.core.clock import now
from ssvirt.core.database import release_connections
from ssvirt.core.errors import ClusterError, ClusterNotFound
from ssvirt.core.tenancy import ALL, acting_for

log = structlog.get_logger(__name__)

# 100 parsed machines are ~8 MB; several kinds list at once.
PAGE_SIZE: Final = 100
COALESCE_S: Final = 0.05
MAX_BATCH: Final = 500
MAX_QUEUE: Final = 5_000
WATCH_TIMEOUT_S: Final = 300
MAX_BACKOFF_S: Final = 60.0
NOT_SERVED_RETRY_S: Final = 60.0
# A stream that ends sooner says that something is wrong, though no error came.
_SHORT_STREAM_S: Final = 1.0

_EVENTS = Counter("ssvirt_watch_events", "Watch events received.", ["kind", "type"])
_RELISTS = Counter("ssvirt_watch_relists", "Full lists made by the watch loop.", ["kind"])
_RECONNECTS = Counter("ssvirt_watch_reconnects", "Watch streams resumed after an error.", ["kind"])
_HANDLER_ERRORS = Counter("ssvirt_watch_handler_errors", "Batches a handler failed on.", ["kind"])

_END: Final = object()


class KindWatch:
    """One kind. `list_once` may be called by anyone; `run` is a thread's life."""

    def __init__(
        self,
        kind: str,
        *,
        cluster_id: UUID,
        client: ClusterClient,
        handlers: Handlers,
        status: ClusterStatus,
    ) -> None:
        self.kind = kind
        self._cluster_id = cluster_id
        self._client = client
        self._handlers = handlers
        self._status = status
        self._watchable = WATCHABLE[kind]
        self._seen: dict[str, tuple[int, int]] = {}
        self._resource_version: str | None = None
        self._stream: WatchStream | None = None
        self._stop = threading.Event()
        # Moments of time.monotonic(): since when we may miss something; of the oldest undelivered event.
        self._blind_since: float | None = time.monotonic()
        self._pending_since: float | None = None
        self._opened_at: float | None = None
        self._relist_at: float | None = None
        self._failures = 0
        self.first_error: Exception | None = None

    @property
    def lag_s(self) -> float:
        """How far behind the cluster the delivered observations may be."""
        moments = [moment for moment in (self._blind_since, self._pending_since) if moment is not None]
        return time.monotonic() - min(moments) if moments else 0.0

    # --- List -------------------------------------------------------------------------------------------

    def list_once(self) -> str:
        """One full list, delivered; its resource version. A handler's failure is in `first_error`."""
        self.first_error = None
        self._relist_at = None
        listed_at, uids, resource_version = now(), set[str](), ""
        pages = self._client.list_pages(self.kind, label_selector=MANAGED_SELECTOR, limit=PAGE_SIZE)
        for items, version in pages:
            batch = self._observe(items)
            del items
            resource_version = version
            uids.update(observed.uid for observed in batch)
            self._deliver(batch)
            if self._stop.is_set():
                return resource_version
        present = Present(uids)
        present.listed_at = listed_at
        self._call(lambda: self._handlers.synced(self.kind, self._cluster_id, present))
        for uid in self._seen.keys() - uids:
            del self._seen[uid]
        if self.first_error is None:
            self._failures = 0
        _RELISTS.labels(self.kind).inc()
        self._status.note_sync()
        return resource_version

    # --- Watch ------------------------------------------------------------------------------------------

    def run(self, stop: threading.Event) -> None:
        """List and watch until `stop` is set (and `wake` called). Never raises."""
        self._stop = stop
        failures = 0
        while not stop.is_set():
            self._opened_at, delay_s = None, 0.0
            try:
                if self._resource_version is None:
                    resource_version = self.list_once()
                    if stop.is_set():  # the list may have been cut short
                        break
                    self._resource_version = resource_version
                self._follow(self._resource_version)
            except Exception as error:
                delay_s = self._after_error(error)
            if self._opened_at is not None and time.monotonic() - self._opened_at > _SHORT_STREAM_S:
                failures = 0
            else:
                failures += 1
                delay_s = max(delay_s, backoff_s(failures))
            stop.wait(delay_s)
        connections.close_all()

    def wake(self) -> None:
        """Make `run` see that its `stop` is set."""
        if (stream := self._stream) is not None:
            stream.close()

    def _after_error(self, error: Exception) -> float:
        """Prepare the next attempt; the least time to wait before it, in seconds."""
        context = {"kind": self.kind, "cluster_id": str(self._cluster_id)}
        match error:
            case ClusterGone():
                self._resource_version = None
                log.info("watch_too_old", **context)
            case ClusterNotFound():
                # The cluster lacks the kind; it may be installed later. Nothing is missed meanwhile.
                self._resource_version = self._blind_since = None
                log.info("watch_kind_not_served", **context)
                return NOT_SERVED_RETRY_S
            case ClusterError():
                self._status.note_kind(self.kind, error)
                _RECONNECTS.labels(self.kind).inc()
                log.warning("watch_disconnected", error=error.reason or type(error).__name__, **context)
            case _:
                self._resource_version = None
                log.error("watch_failed", exc_info=error, **context)
        return 0.0

    def _follow(self, resource_version: str) -> None:
        """Deliver events from `resource_version` until the stream ends or a list is due."""
        stream = self._client.watch(
            self.kind,
            resource_version=resource_version,
            label_selector=MANAGED_SELECTOR,
            timeout_s=WATCH_TIMEOUT_S,
        )
        events: queue.Queue[Any] = queue.Queue(MAX_QUEUE)
        reader = threading.Thread(
            target=self._read, args=(stream, events), name=f"watch-{self.kind}-read", daemon=True
        )
        self._stream = stream
        reader.start()
        self._opened_at, self._blind_since = time.monotonic(), None
        self._status.note_kind(self.kind, None)
        is_ended = False
        try:
            if self._stop.is_set():
                stream.close()
            while not is_ended and not self._is_list_due():
                batch, is_ended = self._next_batch(events)
                self._process(batch)
        finally:
            self._stream = None
            self._pending_since = None
            self._blind_since = time.monotonic()
            stream.close()
            while not is_ended:  # a reader that waits for room in the queue must get out
                is_ended = events.get() is _END
            reader.join()

    def _read(self, stream: WatchStream, events: "queue.Queue[Any]") -> None:
        """The reader thread: events as small items, so that no parsed object waits in the queue."""
        try:
            for event_type, obj in stream:
                _EVENTS.labels(self.kind, event_type).inc()
                if event_type == "BOOKMARK":
                    item: Any = str(obj["metadata"]["resourceVersion"])
                else:
                    observed = self._observe([obj])
                    if not observed:
                        continue
                    item = (event_type, observed[0])
                events.put((time.monotonic(), item))
        except Exception as error:  # raised in the delivering thread
            events.put((time.monotonic(), error))
        finally:
            events.put(_END)

    def _next_batch(self, events: "queue.Queue[Any]") -> tuple[list[Any], bool]:
        """What came within COALESCE_S of the first item (waiting for that), and whether it is the end."""
        wait_s = None if self._relist_at is None else max(0.01, self._relist_at - time.monotonic())
        batch: list[Any] = []
        deadline = 0.0
        while len(batch) < MAX_BATCH:
            try:
                item = events.get(timeout=max(0.0, deadline - time.monotonic()) if batch else wait_s)
            except queue.Empty:
                break
            if item is _END:
                return batch, True
            received_at, content = item
            if not batch:
                self._pending_since = received_at
                deadline = time.monotonic() + COALESCE_S
            batch.append(content)
        return batch, False

    def _process(self, batch: list[Any]) -> None:
        """Deliver a batch, the last word on each uid only; then move the resource version on."""
        news: dict[str, Observed | Absent] = {}
        resource_version, failure = self._resource_version, None
        for item in batch:
            match item:
                case Exception():
                    failure = item
                case str():
                    resource_version = item
                case event_type, observed:
                    is_absent = event_type == "DELETED"
                    news.pop(observed.uid, None)
                    news[observed.uid] = (
                        Absent(observed.namespace, observed.name, observed.uid) if is_absent else observed
                    )
                    if observed.resource_version:
                        resource_version = str(observed.resource_version)
        # An object made anew under the same name comes after the end of the old one.
        self._deliver_absent([item for item in news.values() if isinstance(item, Absent)])
        self._deliver([item for item in news.values() if isinstance(item, Observed)])
        self._resource_version = resource_version
        self._pending_since = None
        if batch:
            self._status.note_event()
        if failure is not None:
            raise failure

    # --- Delivery ---------------------------------------------------------------------------------------

    def _observe(self, items: Sequence[Any]) -> list[Observed]:
        batch = []
        for item in items:
            try:
                batch.append(self._watchable.observe(item))
            except Exception:  # one object of an unforeseen shape must not stop the others
                _HANDLER_ERRORS.labels(self.kind).inc()
                log.exception("watch_observation_failed", kind=self.kind)
        return batch

    def _deliver(self, batch: Sequence[Observed]) -> None:
        """Tell the handlers what is new in `batch`."""
        news = [observed for observed in batch if self._is_news(observed)]
        if not news:
            return
        error = self._tell(news)
        # One bad row must not keep the news of the others back; a database that is down fails all alike.
        if error is not None and len(news) > 1 and not isinstance(error, OperationalError | InterfaceError):
            for observed in news:
                self._tell([observed])

    def _tell(self, news: Sequence[Observed]) -> Exception | None:
        """Hand `news` over, and remember it when it was taken."""
        error = self._call(lambda: self._handlers.observed(self.kind, self._cluster_id, news))
        if error is None:
            self._seen.update((observed.uid, _mark(observed)) for observed in news)
        return error

    def _deliver_absent(self, batch: Sequence[Absent]) -> None:
        if not batch:
            return
        for absent in batch:
            self._seen.pop(absent.uid, None)
        self._call(lambda: self._handlers.absent(self.kind, self._cluster_id, batch))

    def _is_news(self, observed: Observed) -> bool:
        known = self._seen.get(observed.uid)
        if known is None:
            return True
        if known[0] == observed.resource_version:
            return False
        return self._watchable.counts_version or known[1] != _mark(observed)[1]

    def _call(self, call: Callable[[], None]) -> Exception | None:
        """Run handlers in the watch's scope; their error if they failed: then another list will be due."""
        release_connections()
        try:
            with acting_for(ALL):
                call()
        except Exception as error:
            self.first_error = self.first_error or error
            self._failures += 1
            self._relist_at = time.monotonic() + backoff_s(self._failures)
            _HANDLER_ERRORS.labels(self.kind).inc()
            log.exception("watch_handler_failed", kind=self.kind, cluster_id=str(self._cluster_id))
            return error
        finally:
            release_connections()
        return None

    def _is_list_due(self) -> bool:
        if self._relist_at is None or time.monotonic() < self._relist_at:
            return False
        self._resource_version = None
        return True


def _mark(observed: Observed) -> tuple[int, int]:
    return observed.resource_version, hash(dataclasses.replace(observed, resource_version=0))


def backoff_s(failures: int) -> float:
    """Seconds to wait after that many failures in a row: doubling to a minute, with jitter."""
    limit: float = min(MAX_BACKOFF_S, 0.5 * 2 ** min(failures, 10))
    return limit * random.uniform(0.5, 1.0)  # noqa: S311
