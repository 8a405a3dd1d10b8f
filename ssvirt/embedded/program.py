"""One child process: its start, its log, its end."""

import asyncio
import os
import re
import signal
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from ssvirt.embedded.guard import Guard, die_with_parent, is_group_alive, kill_group
from ssvirt.embedded.state import BASE_DIR, StartError

_LOG_END_BYTES = 16_000
_EXCEPTION = re.compile(r"[A-Za-z_][\w.]*(Error|Exception|Configured|Warning|Exit): ")


@dataclass(frozen=True, slots=True)
class Command:
    """What to run under which name; `environ` is added to the starter's environment."""

    name: str
    arguments: tuple[str, ...]
    environ: Mapping[str, str] = field(default_factory=dict)
    stop_timeout_s: float = 15.0


class Program:
    """A command that can be started (again and again) and stopped, in a process group of its own."""

    def __init__(self, command: Command, log: Path, guard: Guard) -> None:
        self.command = command
        self.log = log
        self.is_stopping = False
        self.started_at = 0.0  # monotonic
        self._log_offset = 0
        self._guard = guard
        self._process: asyncio.subprocess.Process | None = None
        self._end: asyncio.Task[int] | None = None

    @property
    def name(self) -> str:
        """The name in reports and of the log file."""
        return self.command.name

    @property
    def pid(self) -> int:
        """The process's number, 0 before the first start."""
        return self._process.pid if self._process else 0

    async def start(self) -> None:
        """Starts the process; raises StartError when it can't be."""
        if self.is_stopping:
            return
        log_fd = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._log_offset = os.fstat(log_fd).st_size
        try:
            self._process = await asyncio.create_subprocess_exec(
                *self.command.arguments,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log_fd,
                stderr=log_fd,
                cwd=BASE_DIR,
                env={**os.environ, **self.command.environ},
                start_new_session=True,  # Ctrl-C reaches the supervisor only
                preexec_fn=die_with_parent(),
            )
        except OSError as error:
            raise StartError(f"cannot start {self.name}: {error}") from error
        finally:
            os.close(log_fd)
        self._guard.add(self._process.pid)
        self.started_at = time.monotonic()
        self._end = asyncio.create_task(self._reap(self._process))
        if self.is_stopping:  # asked meanwhile
            self.kill()

    async def ended(self) -> int:
        """Waits for the process's end; its exit code, negative for the signal that killed it."""
        assert self._end is not None
        return await asyncio.shield(self._end)

    async def stop(self) -> None:
        """Asks the process to end, and kills its group when it doesn't; returns when it is gone."""
        self.is_stopping = True
        if self._process is None:
            return
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.terminate()
            with suppress(TimeoutError):
                await asyncio.wait_for(self.ended(), self.command.stop_timeout_s)
                return
            self.kill()
        await self.ended()

    def kill(self) -> None:
        """Ends the whole group at once."""
        self.is_stopping = True
        if self._process is not None and self._end is not None and not self._end.done():
            kill_group(self._process.pid, signal.SIGKILL)

    def log_end(self) -> str:
        """What this start wrote last: the last exception's first line, else the last line not empty."""
        try:
            with self.log.open("rb") as file:
                file.seek(max(self._log_offset, self.log.stat().st_size - _LOG_END_BYTES))
                lines = file.read().decode(errors="replace").splitlines()
        except OSError:
            return "(no log)"
        told = [line.strip() for line in lines if line.strip()]
        return next(filter(_EXCEPTION.match, reversed(told)), told[-1] if told else "(nothing)")

    async def _reap(self, process: asyncio.subprocess.Process) -> int:
        """Waits for the process, then kills the rest of its group: granian's workers would hold the port."""
        code = await process.wait()
        kill_group(process.pid, signal.SIGKILL)
        deadline = time.monotonic() + 2.0
        while is_group_alive(process.pid) and time.monotonic() < deadline:
            await asyncio.sleep(0.01)
        self._guard.forget(process.pid)
        return code


def describe_end(code: int) -> str:
    """How a process ended, in words."""
    if code < 0:
        return f"was killed by {signal.Signals(-code).name}"
    return f"ended with exit code {code}"
