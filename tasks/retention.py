"""Deleting what is older than the retention settings say. Upper layers register what they keep."""

from collections.abc import Callable
from datetime import timedelta

import structlog
from django.conf import settings
from django.db.models import Q

from ssvirt.core import clock
from ssvirt.core.tenancy import ALL, acting_for
from tasks.models import UNFINISHED, Heartbeat, Task

log = structlog.get_logger(__name__)

Purge = Callable[[], int]
_purges: dict[str, Purge] = {}


def register_purge(what: str, purge: Purge) -> None:
    """Adds something to be purged; `purge` returns how many rows went."""
    _purges[what] = purge


def purge_all() -> dict[str, int]:
    """Purges everything registered. Returns the number of rows that went, by what they were."""
    with acting_for(ALL):
        gone = {what: purge() for what, purge in _purges.items()}
    if any(gone.values()):
        log.info("purged", **gone)
    return gone


def _tasks() -> int:
    """Tasks that ended before the retention setting's time."""
    horizon = clock.now() - timedelta(days=settings.TASK_RETENTION_DAYS)
    gone, _ = Task.objects.filter(~Q(status__in=UNFINISHED), ended_at__lt=horizon).delete()
    return gone


def _heartbeats() -> int:
    gone, _ = Heartbeat.objects.filter(beat_at__lt=clock.now() - timedelta(days=1)).delete()
    return gone


register_purge("tasks", _tasks)
register_purge("heartbeats", _heartbeats)
