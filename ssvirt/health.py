"""Health and metrics of the `web` process."""

from datetime import timedelta
from typing import Any

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from psycopg_pool import PoolTimeout

from compute.models import Cluster
from ssvirt.core import clock
from tasks.models import Heartbeat

STALE_AFTER = timedelta(seconds=60)
"""A worker or watch process that said nothing for so long counts as gone; likewise a cluster's sync."""

_ready_schema: str | None = None


def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


def readyz(request: HttpRequest) -> HttpResponse:
    """503 when the database is unreachable or migrations are pending, and for nothing else."""
    try:
        pending = _pending_migrations()
    except (DatabaseError, PoolTimeout) as error:
        return JsonResponse({"ready": False, "reason": f"database: {type(error).__name__}"}, status=503)
    if pending:
        return JsonResponse({"ready": False, "reason": f"{pending} migrations are pending"}, status=503)
    return JsonResponse({"ready": True})


def _pending_migrations() -> int:
    """How many migrations are not applied; looked at again only until none is."""
    global _ready_schema
    if _ready_schema == "applied":
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return 0
    executor = MigrationExecutor(connection)
    pending = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    if pending == 0:
        _ready_schema = "applied"
    return pending


def dependencies(request: HttpRequest) -> HttpResponse:
    """Broker, clusters, watch lag and workers, for people and alerts; never a probe."""
    checks: dict[str, Any] = {"broker": _broker(), **_rows()}
    is_well = all(part["ok"] for part in checks.values())
    return JsonResponse({"ok": is_well, **checks}, status=200 if is_well else 503)


def _broker() -> dict[str, Any]:
    timeout = settings.BROKER_TIMEOUT_S
    try:
        client = redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=timeout, socket_connect_timeout=timeout, retry=None
        )
        with client:
            client.ping()
    except (redis.RedisError, OSError) as error:
        return {"ok": False, "error": type(error).__name__}
    return {"ok": True}


def _rows() -> dict[str, Any]:
    try:
        beats = list(Heartbeat.objects.filter(beat_at__gte=clock.now() - STALE_AFTER))
        clusters = list(Cluster.objects.filter(is_enabled=True))
    except (DatabaseError, PoolTimeout) as error:
        return {"database": {"ok": False, "error": type(error).__name__}}
    found: dict[str, Any] = {"database": {"ok": True}}
    for kind in ("worker", "watch"):
        alive = sorted(beat.name for beat in beats if beat.kind == kind)
        found[kind] = {"ok": bool(alive), "alive": alive}
    for cluster in clusters:
        found[f"cluster {cluster.name}"] = {
            "ok": cluster.is_reachable is True,
            "message": cluster.status_message,
            "last_sync_at": cluster.last_sync_at.isoformat() if cluster.last_sync_at else None,
            "last_event_at": cluster.last_event_at.isoformat() if cluster.last_event_at else None,
        }
    return found


def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus metrics of this process."""
    return HttpResponse(generate_latest(), content_type=CONTENT_TYPE_LATEST)
