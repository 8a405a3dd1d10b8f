"""The observed columns of a Cluster row, gathered from the watch's threads and written now and then."""

import threading
from datetime import datetime
from typing import Any
from uuid import UUID

from compute.models import Cluster
from ssvirt.core.clock import now
from ssvirt.core.errors import ClusterError

_MAX_MESSAGE = 1000


class ClusterStatus:
    """What is known of one cluster. Notes only touch memory; `flush` writes what changed, in one UPDATE."""

    def __init__(self, cluster_id: UUID) -> None:
        self._cluster_id = cluster_id
        self._lock = threading.Lock()
        self._is_reachable: bool | None = None
        self._problem = ""
        self._kind_problems: dict[str, str] = {}
        self._version = ""
        self._last_event_at: datetime | None = None
        self._last_sync_at: datetime | None = None
        self._written: dict[str, Any] = {}

    def note_answer(self, version: str) -> None:
        """The cluster answers and has this version."""
        with self._lock:
            self._is_reachable, self._problem = True, ""
            self._version = version[:64]

    def note_unreachable(self, error: ClusterError) -> None:
        """The cluster does not answer, or not to us."""
        with self._lock:
            self._is_reachable, self._problem = False, error.message

    def note_kind(self, kind: str, error: ClusterError | None) -> None:
        """Watching `kind` fails with `error`; None: it works."""
        with self._lock:
            if error is None:
                self._kind_problems.pop(kind, None)
            else:
                self._kind_problems[kind] = error.message

    def note_event(self) -> None:
        with self._lock:
            self._last_event_at = now()

    def note_sync(self) -> None:
        """A full list was delivered."""
        with self._lock:
            self._last_sync_at = now()

    def flush(self) -> None:
        """Write to the row what changed since the last time."""
        values = self._values()
        changed = {name: value for name, value in values.items() if self._written.get(name) != value}
        if changed:
            Cluster.objects.filter(pk=self._cluster_id).update(**changed)
            self._written = values

    def _values(self) -> dict[str, Any]:
        with self._lock:
            kinds = [f"{kind}: {text}" for kind, text in sorted(self._kind_problems.items())]
            values: dict[str, Any] = {
                "is_reachable": self._is_reachable,
                "status_message": (self._problem or "; ".join(kinds))[:_MAX_MESSAGE],
                "version": self._version,
                "last_event_at": self._last_event_at,
                "last_sync_at": self._last_sync_at,
            }
        # What this process does not know it leaves as another one wrote it.
        return {name: value for name, value in values.items() if value or name == "status_message"} | (
            {"is_reachable": self._is_reachable} if self._is_reachable is not None else {}
        )
