"""Run the emulated cluster in the foreground."""

import signal
import threading
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from compute.emulator import Emulator, Timings


class Command(BaseCommand):
    """Serves until SIGTERM or SIGINT. Needs neither migrations nor a reachable database unless --dsn is given."""

    help = "Run the emulated Kubernetes and KubeVirt cluster until SIGTERM or SIGINT."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--state-dir", type=Path, required=True, help="certificates, token and kubeconfig"
        )
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
        parser.add_argument(
            "--port", type=int, default=6443, help="0 takes a free one (default: %(default)s)"
        )
        parser.add_argument(
            "--dsn",
            default=None,
            help="PostgreSQL that keeps the objects; without it they end with the process",
        )
        parser.add_argument(
            "--schema", default="emulator", help="schema in that database (default: %(default)s)"
        )
        parser.add_argument(
            "--speed", type=float, default=1.0, help="2 is twice as fast, 0 without any delay"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        emulator = Emulator(
            state_dir=options["state_dir"],
            dsn=options["dsn"],
            schema=options["schema"],
            host=options["host"],
            port=options["port"],
            timings=Timings().scaled(options["speed"]),
        )
        emulator.start()
        self.stdout.write(f"emulator ready at {emulator.url}, kubeconfig {emulator.kubeconfig}")
        self.stdout.flush()
        try:
            stop.wait()
        finally:
            emulator.stop()
