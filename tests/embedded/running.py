"""`make run` as tests use it: started in a folder of the test's, on free ports, stopped at the end.

with running(tmp_path / "home") as stack:
    requests.get(f"{stack.url}/api/versions")
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ssvirt.embedded.state import free_port

PROJECT = Path(__file__).resolve().parents[2]
READY_TIMEOUT_S = 180
STOP_TIMEOUT_S = 60


@dataclass
class Stack:
    """A running `make run`."""

    home: Path
    process: "subprocess.Popen[str]"
    started_at: float
    lines: list[str] = field(default_factory=list)
    ready_after_s: float = 0.0

    @property
    def credentials(self) -> dict[str, Any]:
        """What `credentials.json` says."""
        return dict(json.loads((self.home / "credentials.json").read_text()))

    @property
    def url(self) -> str:
        """Base of the API, plain HTTP."""
        return str(self.credentials["url"])

    @property
    def tls_url(self) -> str:
        """Base of the API, HTTPS."""
        return str(self.credentials["tls_url"])

    @property
    def kubeconfig(self) -> str:
        """Path of the emulated cluster's kubeconfig."""
        return str(self.credentials["kubeconfig"])

    def password(self, user: str) -> str:
        """The password of a demo account."""
        return next(str(each["password"]) for each in self.credentials["accounts"] if each["user"] == user)

    def child(self, name: str) -> int:
        """The process number of a child, such as `worker`, `web`, `emulator` or `valkey-server`."""
        for pid in _children(self.process.pid):
            command = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
            if name in command[1:5] or Path(command[0].split(" ")[0]).name == name:
                return pid
        raise LookupError(f"no child {name}")

    def said(self, text: str, timeout_s: float = 30.0) -> str:
        """Waits for a line with the text."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            for line in list(self.lines):
                if text in line:
                    return line
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise AssertionError(f"never said {text!r}; it said:\n{''.join(self.lines)}\n{self.logs()}")

    def logs(self) -> str:
        """The ends of the children's logs."""
        parts = []
        for path in sorted((self.home / "logs").glob("*.log")):
            parts.append(f"--- {path.name}\n{path.read_text(errors='replace')[-1500:]}")
        return "\n".join(parts)

    def stop(self) -> int:
        """Asks it to stop; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOP_TIMEOUT_S)

    def follow(self) -> None:
        """Collects what it prints, in a thread."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)


def start(home: Path, **environ: str) -> Stack:
    """Starts it; returns at once."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        # The test run's own database and secrets are not for it.
        if not name.startswith("SSVIRT_")
        and name
        not in {"DATABASE_URL", "REDIS_URL", "KUBECONFIG", "SECRET_KEY", "JWT_SECRET_KEY", "PYTEST_VERSION"}
    }
    ports = {"API_PORT": str(free_port()), "API_TLS_PORT": str(free_port())}
    process = subprocess.Popen(
        [sys.executable, "-m", "ssvirt.embedded"],
        cwd=PROJECT,
        env=inherited | ports | {"SSVIRT_HOME": str(home)} | environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    stack = Stack(home=home, process=process, started_at=time.monotonic())
    threading.Thread(target=stack.follow, daemon=True).start()
    return stack


def state_folder() -> Path:
    """A fresh folder outside pytest's own, which a second run of pytest would close to PostgreSQL's user."""
    return Path(tempfile.mkdtemp(prefix="ssvirt-run-")) / "home"


def is_within(seconds: float, limit_s: float) -> bool:
    """Whether a time keeps its limit, which holds for a machine with nothing else to do."""
    return seconds < limit_s * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


@contextmanager
def running(home: Path, **environ: str) -> Iterator[Stack]:
    """Starts it, waits until it is ready, and stops it at the end."""
    stack = start(home, **environ)
    try:
        stack.said("is ready", READY_TIMEOUT_S)
        stack.ready_after_s = time.monotonic() - stack.started_at
        stack.said("kubectl --kubeconfig")  # the page's last line
        yield stack
    finally:
        if stack.process.poll() is None:
            try:
                stack.stop()
            except subprocess.TimeoutExpired:
                stack.process.kill()
                stack.process.wait()


def _children(parent: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == parent and fields[0] not in "ZX":
                found.append(int(entry.name))
    return found
