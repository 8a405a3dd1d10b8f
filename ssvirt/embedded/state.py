"""The state folder of `make run` (`SSVIRT_HOME`): its layout, secrets and ports, and who holds it."""

import fcntl
import json
import os
import secrets
import socket
import string
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

BASE_DIR = Path(__file__).resolve().parent.parent.parent
LOOPBACK = "127.0.0.1"
MAX_LOG_BYTES = 5 * 1024 * 1024
_TAKEOVER_S = 20.0


class StartError(Exception):
    """The start can't go on; the message is the one line that the user reads."""


class Home:
    """The state folder. Everything in it belongs to one `make run` at a time: `hold()`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.logs = path / "logs"
        self.postgres = path / "postgres"
        self.valkey = path / "valkey"
        self.emulator = path / "emulator"
        self.tls = path / "tls"
        self.transfer = path / "transfer"
        self.static = path / "static"
        self.credentials = path / "credentials.json"
        self._lock_fd = -1

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "Home":
        """The folder named by `SSVIRT_HOME`, else `.ssvirt` beside the code."""
        return cls(Path(environ.get("SSVIRT_HOME") or BASE_DIR / ".ssvirt").expanduser().resolve())

    def prepare(self) -> None:
        """Makes the folders, closed to other users; raises StartError when it can't."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            # As root, PostgreSQL runs as a user of its own, who must reach its folder (but not list ours).
            self.path.chmod(0o711 if os.geteuid() == 0 else 0o700)
            for folder in (self.logs, self.valkey, self.emulator, self.tls, self.transfer, self.static):
                folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise StartError(f"cannot use the state folder {self.path}: {error.strerror}") from error

    def hold(self) -> None:
        """Takes the folder until this process and its guard end; raises StartError when another has it.

        When the holder was killed, its guard still ends the children: that takes seconds, and is waited for.
        """
        self._lock_fd = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        deadline = time.monotonic() + _TAKEOVER_S
        while True:
            with suppress(BlockingIOError):
                fcntl.flock(self._lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            holder = os.pread(self._lock_fd, 32, 0).decode().strip()
            if not holder or _is_alive(holder) or time.monotonic() > deadline:
                os.close(self._lock_fd)
                raise StartError(
                    f"the state folder {self.path} is used by another `make run` (process {holder or '?'}): "
                    "stop it, or set SSVIRT_HOME to another folder"
                )
            time.sleep(0.1)
        os.ftruncate(self._lock_fd, 0)
        os.pwrite(self._lock_fd, f"{os.getpid()}\n".encode(), 0)

    def log(self, name: str) -> Path:
        """The log file of the child `name`."""
        return self.logs / f"{name}.log"

    def rotate_logs(self) -> None:
        """Moves logs that have grown large aside (one older one is kept)."""
        for path in self.logs.glob("*.log"):
            if path.stat().st_size > MAX_LOG_BYTES:
                path.replace(path.with_suffix(".log.1"))

    def secret(self, name: str) -> str:
        """The secret `name`, made at first use and kept (mode 0600)."""
        kept = read_json(self.path / "secrets.json")
        if name not in kept:
            kept[name] = secrets.token_urlsafe(48)
            write_json(self.path / "secrets.json", kept)
        return str(kept[name])

    def demo_password(self, given: str) -> str:
        """The demo accounts' password: the given one, else the one of the last start, else a fresh one."""
        kept = read_json(self.path / "secrets.json")
        password = given or str(kept.get("demo_password") or _password())
        if kept.get("demo_password") != password:
            write_json(self.path / "secrets.json", kept | {"demo_password": password})
        return password

    def port(self, name: str) -> int:
        """A free loopback port, the same at every start unless another program took it meanwhile."""
        kept = read_json(self.path / "ports.json")
        port = int(kept.get(name, 0))
        others = {value for key, value in kept.items() if key != name}
        if not port or not is_port_free(port):
            port = free_port()
            while port in others:
                port = free_port()
            write_json(self.path / "ports.json", kept | {name: port})
        return port


def read_json(path: Path) -> dict[str, Any]:
    """The JSON object in the file, empty when there is none."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise StartError(f"cannot read {path}: {error}; delete it to start afresh") from error
    if not isinstance(content, dict):
        raise StartError(f"cannot read {path}: not a JSON object; delete it to start afresh")
    return content


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Writes the file whole or not at all, readable by its owner only."""
    write_private(path, json.dumps(content, indent=2) + "\n")


def write_private(path: Path, content: str | bytes) -> None:
    """Writes the file whole or not at all, mode 0600."""
    fresh = path.with_name(path.name + ".new")
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(content.encode() if isinstance(content, str) else content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def is_port_free(port: int, host: str = LOOPBACK) -> bool:
    """Whether a server could listen there; raises PermissionError for a port that needs rights we lack."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError:
            raise
        except OSError:
            return False
    return True


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def _password() -> str:
    """Letters and digits only: a leading `-` would be an option on a command line."""
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(16))


def _is_alive(pid: str) -> bool:
    try:
        state = Path(f"/proc/{int(pid)}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except (OSError, ValueError):
        return False
    return state not in "ZX"
