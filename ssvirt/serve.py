"""Starts granian for `web`, `web-tls` or `console`: `python -m ssvirt.serve web`.

The one place that knows the servers' settings; `make run` and the container image both use it.
"""

import argparse
import os
import socket
import sys
from pathlib import Path
from typing import Any

import environ
from granian import Granian
from granian.constants import HTTPModes, Interfaces, SSLProtocols
from granian.http import HTTP1Settings

from ssvirt.logging import logging_config

env = environ.FileAwareEnv()

# granian's "backpressure" counts connections, idle keep-alive ones included, not requests: a low number
# locks new clients (and probes) out. Requests queue for the threads instead.
_MAX_CONNECTIONS = 1024
_IDLE_CONNECTION_MS = 30_000
_STOP_TIMEOUT_S = 10


def main(arguments: list[str] | None = None) -> int:
    """Serves until SIGTERM; the exit code is 2 for settings that can't be used."""
    parser = argparse.ArgumentParser(prog="python -m ssvirt.serve", description=__doc__.splitlines()[0])
    parser.add_argument("role", choices=["web", "web-tls", "console"])
    role = parser.parse_args(arguments).role
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ssvirt.settings")
    try:
        settings = _console() if role == "console" else _web(tls=role == "web-tls")
    except ValueError as error:
        print(f"{role}: {error}", file=sys.stderr)  # noqa: T201  logging isn't set up yet
        return 2
    try:
        _check_port(settings["address"], settings["port"])
    except OSError as error:
        where = f"{settings['address']}:{settings['port']}"
        print(f"{role}: cannot listen on {where}: {error.strerror}", file=sys.stderr)  # noqa: T201
        return 1
    Granian(**settings).serve()
    return 0


def _check_port(address: str, port: int) -> None:
    """Raises OSError when somebody listens there: granian shares a port (SO_REUSEPORT) without a word."""
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((address, port))


def _web(*, tls: bool) -> dict[str, Any]:
    settings = _common("API_TLS_PORT" if tls else "API_PORT", 8443 if tls else 8080) | {
        # Its threads are those of ssvirt.front, which takes the bodies in first.
        "target": "ssvirt.front:application",
        "interface": Interfaces.ASGI,
        "workers": env.int("SSVIRT_WEB_WORKERS", default=1),
        "websockets": True,
    }
    if tls:
        cert, key = (Path(env.str(name, default="")) for name in ("API_TLS_CERT_FILE", "API_TLS_KEY_FILE"))
        for name, path in (("API_TLS_CERT_FILE", cert), ("API_TLS_KEY_FILE", key)):
            if not os.access(path, os.R_OK) or not path.is_file():
                raise ValueError(f"{name} must name a readable file, not {str(path)!r}")
        settings |= {"ssl_cert": cert, "ssl_key": key, "ssl_protocol_min": SSLProtocols.tls12}
    return settings


def _console() -> dict[str, Any]:
    return _common("SSVIRT_CONSOLE_PORT", 8081) | {
        "target": "ssvirt.asgi:application",
        "interface": Interfaces.ASGI,
        "workers": 1,
        "websockets": True,
    }


def _common(port_name: str, default_port: int) -> dict[str, Any]:
    level, form = env.str("LOG_LEVEL", default="INFO").upper(), env.str("LOG_FORMAT", default="json").lower()
    return {
        "address": env.str("SSVIRT_BIND", default="127.0.0.1"),
        "port": env.int(port_name, default=default_port),
        "http": HTTPModes.http1,
        "http1_settings": HTTP1Settings(header_read_timeout=_IDLE_CONNECTION_MS),
        "backpressure": env.int("SSVIRT_MAX_HTTP_CONNECTIONS", default=_MAX_CONNECTIONS),
        "backlog": 1024,
        "workers_kill_timeout": _STOP_TIMEOUT_S,
        "log_dictconfig": logging_config(level, form),
        "log_access": False,
    }


if __name__ == "__main__":
    sys.exit(main())
