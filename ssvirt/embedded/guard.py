"""What keeps processes from outliving a killed starter: a death signal per child, a guard for grandchildren.

`PR_SET_PDEATHSIG` reaches a direct child only: a granian or Celery parent that is killed leaves its workers
behind, still serving. So a small forked process waits for the starter's end and then ends the process groups.
It also keeps the state folder's lock (an inherited file description) until that is done.
"""

import ctypes
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)
_GRACE_S = 6.0


def die_with_parent(sig: int = signal.SIGTERM) -> Callable[[], None]:
    """A `preexec_fn`: the child gets `sig` when the thread that started it ends."""
    parent = os.getpid()

    def arm() -> None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, sig, 0, 0, 0)
        if os.getppid() != parent:  # the parent ended before the call
            os.kill(os.getpid(), sig)

    return arm


def follow_parent() -> None:
    """Makes this process get SIGTERM when its parent ends."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


def kill_group(pgid: int, sig: int) -> bool:
    """Signals every process of the group; False when there is none left."""
    try:
        os.killpg(pgid, sig)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def is_group_alive(pgid: int) -> bool:
    """Whether a process of the group still runs; a zombie holds nothing, and not every init collects it."""
    if not kill_group(pgid, 0):
        return False
    for entry in os.listdir("/proc"):
        if entry.isdecimal():
            with suppress(OSError, IndexError):
                with open(f"/proc/{entry}/stat", encoding="utf-8", errors="replace") as file:
                    state, _, group = file.read().rpartition(")")[2].split()[:3]
                if int(group) == pgid and state not in "ZX":
                    return True
    return False


class Guard:
    """Ends the registered process groups when the process that made the guard ends without `close()`."""

    def __init__(self) -> None:
        """Forks: call it before threads or an event loop exist."""
        read_fd, self._write_fd = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            os.close(self._write_fd)
            try:
                _watch(read_fd)
            finally:
                os._exit(0)
        os.close(read_fd)

    def add(self, pgid: int) -> None:
        """From here on the group is ended together with this process."""
        self._tell(f"+{pgid}\n")

    def forget(self, pgid: int) -> None:
        """The group has ended; its number may be given to others."""
        self._tell(f"-{pgid}\n")

    def close(self) -> None:
        """Lets the guard go, which ends what is still registered."""
        os.close(self._write_fd)
        with suppress(ChildProcessError):
            os.waitpid(self._pid, 0)

    def _tell(self, line: str) -> None:
        with suppress(BrokenPipeError):  # someone killed the guard; the death signals remain
            os.write(self._write_fd, line.encode())


def _watch(read_fd: int) -> None:
    """Reads registrations until the pipe's other end is gone, then ends the groups."""
    os.setsid()
    for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(sig, signal.SIG_IGN)
    null_fd = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null_fd, fd)
    groups: set[int] = set()
    with open(read_fd, encoding="ascii") as lines:
        for line in lines:
            (groups.add if line[0] == "+" else groups.discard)(int(line[1:]))
    deadline = time.monotonic() + _GRACE_S
    groups = {pgid for pgid in groups if kill_group(pgid, signal.SIGTERM)}
    while groups and time.monotonic() < deadline:
        time.sleep(0.05)
        groups = {pgid for pgid in groups if is_group_alive(pgid)}
    for pgid in groups:
        kill_group(pgid, signal.SIGKILL)
