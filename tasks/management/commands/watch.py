"""`manage.py watch`: cluster events into observed columns, and the sweep of due tasks."""

import os
import signal
import threading
import time
import uuid
from typing import Any, NamedTuple

import structlog
from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import DatabaseError

from compute.cluster.client import ClusterClient, client_for
from compute.models import Cluster
from compute.watch import Watcher
from ssvirt.core.database import release_connections
from ssvirt.core.monitoring import serve_metrics
from tasks.chores import do_chores
from tasks.management.commands.worker import beat
from tasks.retention import purge_all
from tasks.services import sweep

log = structlog.get_logger(__name__)
CLUSTERS_EVERY_S = 2.0
PURGE_EVERY_S = 3600.0
CHORES_EVERY_S = 30.0
SWEEPERS = 4
"""Threads that advance due tasks; with a healthy broker they find little to do."""


class Command(BaseCommand):
    help = "Watches all enabled clusters and sweeps due tasks, until SIGTERM."

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        serve_metrics(int(os.environ.get("SSVIRT_METRICS_PORT") or 0), healthy=lambda: True)
        threads = [
            threading.Thread(target=beat, args=("watch", stop), daemon=True, name="heartbeat"),
            threading.Thread(target=_follow_clusters, args=(stop,), daemon=True, name="clusters"),
            threading.Thread(target=_purge_loop, args=(stop,), daemon=True, name="purge"),
            threading.Thread(target=_chores_loop, args=(stop,), daemon=True, name="chores"),
            *(
                threading.Thread(target=_sweep_loop, args=(stop,), daemon=True, name=f"sweep-{number}")
                for number in range(SWEEPERS)
            ),
        ]
        for thread in threads:
            thread.start()
        stop.wait()
        # A step in the middle is resumed by its lease; waiting a little spares that.
        deadline = time.monotonic() + 5
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))


def _loop(stop: threading.Event, every_s: float, work: Any, event: str) -> None:
    """Calls `work` every so often until `stop`; a database that is away is waited for."""
    while not stop.is_set():
        try:
            work()
        except DatabaseError as error:
            log.warning(event, error=str(error))
        except Exception:
            log.exception(event)
        finally:
            release_connections()
        stop.wait(every_s)


def _sweep_loop(stop: threading.Event) -> None:
    """Takes what has been due for a while: hints and wakes normally come first."""
    interval = settings.SWEEP_INTERVAL_S
    _loop(stop, interval, lambda: sweep(overdue_s=interval / 2, limit=20), "sweep_failed")


def _purge_loop(stop: threading.Event) -> None:
    _loop(stop, PURGE_EVERY_S, purge_all, "purge_failed")


def _chores_loop(stop: threading.Event) -> None:
    _loop(stop, CHORES_EVERY_S, do_chores, "chores_failed")


def _follow_clusters(stop: threading.Event) -> None:
    """Runs one watcher per enabled cluster; starts and stops them as rows come, change and go."""
    running: dict[uuid.UUID, _Running] = {}

    def work() -> None:
        wanted = {cluster.pk: cluster for cluster in Cluster.objects.filter(is_enabled=True)}
        for pk, watch in list(running.items()):
            # Another client means that the row or its kubeconfig file has changed.
            if pk not in wanted or not watch.thread.is_alive() or watch.client is not client_for(wanted[pk]):
                watch.ends.set()
                del running[pk]
        for pk, cluster in wanted.items():
            if pk not in running:
                running[pk] = _start(cluster)

    _loop(stop, CLUSTERS_EVERY_S, work, "clusters_failed")
    for watch in running.values():
        watch.ends.set()


class _Running(NamedTuple):
    client: ClusterClient
    ends: threading.Event
    thread: threading.Thread


def _start(cluster: Cluster) -> _Running:
    client, ends = client_for(cluster), threading.Event()
    thread = threading.Thread(
        target=_watch_cluster, args=(cluster, client, ends), daemon=True, name=f"watch-{cluster.name}"
    )
    thread.start()
    return _Running(client, ends, thread)


def _watch_cluster(cluster: Cluster, client: ClusterClient, ends: threading.Event) -> None:
    """Watches until `ends`; one that fails as a whole (no kubeconfig) is started anew later."""
    try:
        Watcher(cluster.pk, client).run(ends)
    except Exception:
        log.exception("watcher_failed", cluster=cluster.name)
    finally:
        release_connections()
