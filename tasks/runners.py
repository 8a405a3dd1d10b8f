"""Hints to the workers over Celery: "look at task X".

The Task row is the queue; a hint that is lost, doubled or late is harmless. Publishing therefore never
fails a request and never holds it up: sub-second time-outs, no retry, and after a failure a pause without
any
attempt.
"""

import threading
import time
import uuid

import structlog
from celery import shared_task
from django.conf import settings
from kombu import Connection
from kombu.pools import ProducerPool
from prometheus_client import Counter

log = structlog.get_logger(__name__)

QUEUE = "ssvirt"
PAUSE_S = 5.0
"""After a failed hint, how long none is tried."""

HINTS = Counter("ssvirt_task_hints_total", "Hints published to the broker", ["outcome"])


@shared_task(name="ssvirt.advance", ignore_result=True)
def advance_task(task_id: str) -> None:
    """Celery's side of a hint."""
    from tasks.engine import advance  # noqa: PLC0415 - the engine publishes hints, so the import is circular

    advance(uuid.UUID(task_id))


class _Publisher:
    """Producers with short time-outs, and the memory of the last failure."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pool: ProducerPool | None = None
        self._paused_until = 0.0

    def _producers(self) -> ProducerPool:
        with self._lock:
            if self._pool is None:
                timeout = settings.BROKER_TIMEOUT_S
                connection = Connection(
                    settings.REDIS_URL,
                    connect_timeout=timeout,
                    transport_options={
                        "socket_timeout": timeout,
                        "socket_connect_timeout": timeout,
                        "retry_on_timeout": False,
                        "max_retries": 1,
                        "interval_start": 0,
                        "interval_step": 0,
                        "interval_max": 0,
                    },
                )
                self._pool = ProducerPool(connection.Pool(limit=8), limit=8)
            return self._pool

    def publish(self, task_id: uuid.UUID) -> None:
        if time.monotonic() < self._paused_until:
            HINTS.labels("skipped").inc()
            return
        try:
            with self._producers().acquire(block=True, timeout=settings.BROKER_TIMEOUT_S) as producer:
                # The unnamed exchange delivers to the queue itself: no binding that a flush could remove.
                advance_task.apply_async(
                    (str(task_id),), producer=producer, retry=False, exchange="", routing_key=QUEUE
                )
        except Exception as error:
            self._paused_until = time.monotonic() + PAUSE_S
            HINTS.labels("failed").inc()
            log.warning("task_hint_failed", error=f"{type(error).__name__}: {error}", pause_s=PAUSE_S)
        else:
            HINTS.labels("published").inc()


_publisher = _Publisher()
publish = _publisher.publish
