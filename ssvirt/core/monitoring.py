"""`/healthz` and `/metrics` of the processes that serve no API: `worker` and `watch`."""

import os
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest


def serve_metrics(port: int, *, healthy: Callable[[], bool]) -> None:
    """Serves `/healthz` (200, or 503 when `healthy()` is false) and `/metrics` from a daemon thread.

    Returns at once. Port 0 means off. Listens on `SSVIRT_BIND` (default 127.0.0.1). Raises OSError when the
    port is taken.
    """
    if port == 0:
        return

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 10  # of an idle connection, in seconds

        def do_GET(self) -> None:
            match self.path.partition("?")[0]:
                case "/healthz":
                    is_healthy = healthy()
                    self._send(
                        200 if is_healthy else 503, b"ok\n" if is_healthy else b"not healthy\n", "text/plain"
                    )
                case "/metrics":
                    self._send(200, generate_latest(), CONTENT_TYPE_LATEST)
                case _:
                    self._send(404, b"not found\n", "text/plain")

        def _send(self, status: int, body: bytes, content_type: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Probes are not logged."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        allow_reuse_address = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A prober that hangs up is not news; anything else is."""
            if not isinstance(sys.exception(), OSError):
                super().handle_error(request, client_address)

    server = Server((os.environ.get("SSVIRT_BIND", "127.0.0.1"), port), Handler)
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
