"""The small HTTP listeners: worker's and watch's metrics, the console's application, granian's settings."""

import asyncio
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from ssvirt import asgi, serve
from ssvirt.core.monitoring import serve_metrics
from ssvirt.embedded.guard import kill_group
from ssvirt.embedded.state import LOOPBACK, free_port

PROJECT = Path(__file__).resolve().parents[2]


def get(port: int, path: str) -> tuple[int, str, bytes]:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=10)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.headers["content-type"], response.read()
    finally:
        connection.close()


def test_metrics_listener_tells_health_and_metrics() -> None:
    port = free_port()
    health = [True]
    serve_metrics(port, healthy=lambda: health[0])

    assert get(port, "/healthz")[0] == 200
    assert get(port, "/nothing")[0] == 404
    status, content_type, body = get(port, "/metrics")
    assert (status, content_type.partition(";")[0]) == (200, "text/plain")
    assert b"process_cpu_seconds_total" in body
    health[0] = False
    assert get(port, "/healthz")[0] == 503


def test_metrics_listener_when_off_then_listens_nowhere() -> None:
    serve_metrics(0, healthy=lambda: True)


def test_metrics_listener_when_port_taken_then_fails() -> None:
    with socket.socket() as owner:
        owner.bind((LOOPBACK, 0))
        owner.listen()
        with pytest.raises(OSError, match="in use"):
            serve_metrics(owner.getsockname()[1], healthy=lambda: True)


def ask(scope: dict[str, Any], *received: dict[str, Any]) -> list[Any]:
    """What the console's application sends for one connection."""
    sent: list[Any] = []
    waiting = list(received)

    async def receive() -> dict[str, Any]:
        return waiting.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(asgi.application(scope, receive, send))
    return sent


@pytest.mark.parametrize(
    ("path", "status"), [("/healthz", 200), ("/metrics", 200), ("/", 404), ("/api", 404)]
)
def test_console_answers_health_and_metrics_only(path: str, status: int) -> None:
    start, body = ask({"type": "http", "path": path, "method": "GET"})

    assert start["status"] == status
    assert dict(start["headers"])[b"content-length"] == str(len(body["body"])).encode()
    if status == 404:
        assert json.loads(body["body"]) == {"message": f"No such resource: {path}"}


def test_console_answers_head_without_a_body() -> None:
    _, body = ask({"type": "http", "path": "/healthz", "method": "HEAD"})

    assert body["body"] == b""


def test_console_refuses_websockets() -> None:
    sent = ask({"type": "websocket", "path": "/"}, {"type": "websocket.connect"})

    assert [message["type"] for message in sent] == ["websocket.close"]


def test_console_takes_part_in_the_lifespan() -> None:
    sent = ask({"type": "lifespan"}, {"type": "lifespan.startup"}, {"type": "lifespan.shutdown"})

    assert [message["type"] for message in sent] == [
        "lifespan.startup.complete",
        "lifespan.shutdown.complete",
    ]


def test_connections_when_idle_ones_are_many_then_still_taken() -> None:
    assert serve._web(tls=False)["backpressure"] >= 1024  # it counts idle connections too


def test_tls_without_certificate_ends_with_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert serve.main(["web-tls"]) == 2
    assert capsys.readouterr().err == "web-tls: API_TLS_CERT_FILE must name a readable file, not '.'\n"


@pytest.fixture
def console() -> Generator[tuple[int, "subprocess.Popen[bytes]"]]:
    port = free_port()
    with subprocess.Popen(
        [sys.executable, "-m", "ssvirt.serve", "console"],
        cwd=PROJECT,
        env=os.environ | {"SSVIRT_CONSOLE_PORT": str(port)},
        start_new_session=True,
    ) as process:
        try:
            deadline = time.monotonic() + 20
            while time.monotonic() < deadline:
                with socket.socket() as probe:
                    if probe.connect_ex((LOOPBACK, port)) == 0:
                        break
                time.sleep(0.05)
            yield port, process
        finally:
            kill_group(process.pid, signal.SIGKILL)


def test_many_idle_connections_keep_nobody_out(console: tuple[int, "subprocess.Popen[bytes]"]) -> None:
    port, _ = console
    idle = [http.client.HTTPConnection(LOOPBACK, port, timeout=10) for _ in range(60)]
    for connection in idle:
        connection.request("GET", "/healthz")
        assert connection.getresponse().read()

    assert get(port, "/healthz")[0] == 200
    for connection in idle:
        connection.close()


def test_second_server_on_the_port_ends_with_one_line(console: tuple[int, "subprocess.Popen[bytes]"]) -> None:
    port, _ = console
    done = subprocess.run(
        [sys.executable, "-m", "ssvirt.serve", "console"],
        cwd=PROJECT,
        env=os.environ | {"SSVIRT_CONSOLE_PORT": str(port)},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )

    assert done.returncode == 1
    assert f"console: cannot listen on {LOOPBACK}:{port}: Address already in use" in done.stderr


def test_sigterm_ends_the_server_with_code_0(console: tuple[int, "subprocess.Popen[bytes]"]) -> None:
    port, process = console
    kept_alive = http.client.HTTPConnection(LOOPBACK, port, timeout=10)
    kept_alive.request("GET", "/healthz")
    kept_alive.getresponse().read()

    process.send_signal(signal.SIGTERM)

    assert process.wait(timeout=10) == 0
