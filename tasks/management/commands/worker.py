"""`manage.py worker`: a Celery worker that advances tasks."""

import os
import socket
import threading
from typing import Any

import structlog
from celery import current_app
from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError

from ssvirt.core.database import release_connections
from ssvirt.core.monitoring import serve_metrics
from tasks.services import heartbeat

log = structlog.get_logger(__name__)
HEARTBEAT_S = 15


def beat(kind: str, stop: threading.Event) -> None:
    """Says every few seconds that this process is alive, until `stop`; a database that is away is waited
    for.
    """
    name = f"{kind}@{socket.gethostname()}:{os.getpid()}"
    while not stop.is_set():
        try:
            heartbeat(name=name, kind=kind)
        except DatabaseError as error:
            log.warning("heartbeat_failed", error=str(error))
        finally:
            release_connections()
        stop.wait(HEARTBEAT_S)


class Command(BaseCommand):
    help = "Runs a worker: takes hints from the broker and advances the tasks they name, until SIGTERM."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--concurrency", type=int, default=8, help="tasks advanced at once (default 8)")

    def handle(self, *args: Any, **options: Any) -> None:
        serve_metrics(int(os.environ.get("SSVIRT_METRICS_PORT") or 0), healthy=lambda: True)
        stop = threading.Event()
        threading.Thread(target=beat, args=("worker", stop), daemon=True, name="heartbeat").start()
        try:
            current_app.worker_main(
                [
                    "--quiet",
                    "worker",
                    "--pool=threads",
                    f"--concurrency={options['concurrency']}",
                    "--queues=ssvirt",
                    "--without-gossip",
                    "--without-mingle",
                    "--without-heartbeat",
                    "--loglevel=WARNING",
                ]
            )
        finally:
            stop.set()
