"""The watcher of one cluster: a thread per kind, and a heartbeat."""

import threading
from typing import Final
from uuid import UUID

import structlog
from django.db import DatabaseError
from prometheus_client import Gauge

from compute.cluster import ClusterClient
from compute.watch.kind import KindWatch
from compute.watch.registry import HANDLERS, Handlers
from compute.watch.status import ClusterStatus
from ssvirt.core.database import release_connections
from ssvirt.core.errors import ClusterError, ClusterNotFound

log = structlog.get_logger(__name__)

HEARTBEAT_S: Final = 10.0
_JOIN_TIMEOUT_S: Final = 10.0

_LAG = Gauge("ssvirt_watch_lag_seconds", "How far the observations may be behind the cluster.", ["cluster"])
_REACHABLE = Gauge("ssvirt_cluster_reachable", "1 when the cluster answers.", ["cluster"])


class Watcher:
    """Watches one cluster for the registered handlers; kinds without a handler are not watched.

    One at a time per cluster: two would do each other's work again, though no harm.
    """

    def __init__(self, cluster_id: UUID, client: ClusterClient, *, handlers: Handlers = HANDLERS) -> None:
        self._cluster_id = cluster_id
        self._client = client
        self._status = ClusterStatus(cluster_id)
        self._kinds = [
            KindWatch(kind, cluster_id=cluster_id, client=client, handlers=handlers, status=self._status)
            for kind in handlers.kinds()
        ]

    @property
    def lag_s(self) -> float:
        """How far the delivered observations may be behind the cluster: of the kind that is furthest."""
        return max((kind.lag_s for kind in self._kinds), default=0.0)

    def sync(self) -> None:
        """One full list of every kind, delivered before this returns. Not while `run` runs.

        Raises ClusterError when the cluster fails, and the first handler's error after every kind has had its
        turn. Kinds the cluster lacks are passed over.
        """
        errors: list[Exception] = []
        try:
            for kind in self._kinds:
                try:
                    kind.list_once()
                except ClusterNotFound:
                    log.info("watch_kind_not_served", kind=kind.kind, cluster_id=str(self._cluster_id))
                if kind.first_error is not None:
                    errors.append(kind.first_error)
        except ClusterError as error:
            self._status.note_unreachable(error)
            raise
        else:
            self._beat()
        finally:
            self._flush()
        if errors:
            raise errors[0]

    def run(self, stop: threading.Event) -> None:
        """Watch until `stop` is set. Neither the cluster's nor a handler's failures end it."""
        threads = [
            threading.Thread(target=kind.run, args=(stop,), name=f"watch-{kind.kind}", daemon=True)
            for kind in self._kinds
        ]
        for thread in threads:
            thread.start()
        try:
            while True:
                self._beat()
                self._flush()
                if stop.wait(HEARTBEAT_S):
                    return
        finally:
            stop.set()
            for kind in self._kinds:
                kind.wake()
            for thread in threads:
                thread.join(_JOIN_TIMEOUT_S)
            self._flush()

    def _beat(self) -> None:
        """Ask the cluster for its version: the proof that it answers."""
        try:
            self._status.note_answer(str(self._client.version().get("gitVersion") or ""))
            is_reachable = True
        except ClusterError as error:
            self._status.note_unreachable(error)
            is_reachable = False
        label = str(self._cluster_id)
        _REACHABLE.labels(label).set(is_reachable)
        _LAG.labels(label).set(self.lag_s)

    def _flush(self) -> None:
        release_connections()
        try:
            self._status.flush()
        except DatabaseError:
            log.exception("cluster_status_not_written", cluster_id=str(self._cluster_id))
        finally:
            release_connections()
