"""Starts the parts in order, keeps them running, and ends them in reverse order."""

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from ssvirt.embedded.guard import Guard
from ssvirt.embedded.postgres import Postgres
from ssvirt.embedded.program import Command, Program, describe_end
from ssvirt.embedded.report import say
from ssvirt.embedded.state import Home, StartError

_FIRST_WAIT_S = 0.5
_LONGEST_WAIT_S = 30.0
_STABLE_AFTER_S = 60.0
_START_TRIES = 3


class Supervisor:
    """Children in tiers: a tier is stopped at once, tiers one after the other, the last started first."""

    def __init__(self, home: Home, guard: Guard) -> None:
        self._home = home
        self._guard = guard
        self._tiers: list[list[Program]] = []
        self._postgres: Postgres | None = None
        self._postgres_start: asyncio.Task[None] | None = None
        self._keepers: set[asyncio.Task[None]] = set()
        self._is_ready = False
        self._is_stopping = False
        self._failure: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def run(self, start: Callable[["Supervisor"], Awaitable[None]]) -> int:
        """Awaits `start`, then serves until SIGINT, SIGTERM or SIGHUP; ends everything; the exit code.

        Raises StartError, with everything ended, when `start` does or when a child doesn't come up.
        """
        asked_to_stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(sig, self._on_signal, asked_to_stop)
        starting = asyncio.ensure_future(start(self))
        events: list[asyncio.Future[Any]] = [self._failure, asyncio.ensure_future(asked_to_stop.wait())]
        try:
            await asyncio.wait([starting, *events], return_when=asyncio.FIRST_COMPLETED)
            if starting.done():
                starting.result()
                self._is_ready = True
                await asyncio.wait(events, return_when=asyncio.FIRST_COMPLETED)
            if self._failure.done():
                self._failure.result()
            return 0
        finally:
            self._is_stopping = True
            starting.cancel()
            await asyncio.wait([starting])
            await self._end()

    async def start_postgres(self, postgres: Postgres) -> None:
        """Starts or adopts the server and keeps it running."""
        self._postgres = postgres
        self._postgres_start = asyncio.create_task(asyncio.to_thread(postgres.start))
        await asyncio.shield(self._postgres_start)
        for note in postgres.notes:
            say(f"note: {note}")
        if postgres.is_adopted:
            say("adopted the running PostgreSQL of the last start")
        self._keep(self._keep_postgres(postgres))

    async def start_tier(self, *commands: Command) -> None:
        """Starts the commands and keeps them running."""
        programs = [Program(command, self._home.log(command.name), self._guard) for command in commands]
        self._tiers.append(programs)
        for program in programs:
            await program.start()
            self._keep(self._keep_program(program))

    async def run_once(self, command: Command) -> None:
        """Runs the command to its end; raises StartError unless it succeeds."""
        program = Program(command, self._home.log(command.name), self._guard)
        self._tiers.append([program])
        await program.start()
        code = await program.ended()
        if code != 0 and not self._is_stopping:
            raise StartError(
                f"{command.name} {describe_end(code)}: {program.log_end()} (its log: {program.log})"
            )

    def _keep(self, keeper: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(keeper)
        self._keepers.add(task)
        task.add_done_callback(self._on_kept)

    def _on_kept(self, task: asyncio.Task[None]) -> None:
        self._keepers.discard(task)
        if not task.cancelled() and (error := task.exception()) and not self._failure.done():
            self._failure.set_exception(error)

    async def _keep_program(self, program: Program) -> None:
        """Starts the program again whenever it ends, waiting longer each time it didn't last."""
        failures = 0
        while True:
            code = await program.ended()
            if program.is_stopping or self._is_stopping:
                return
            failures = 1 if time.monotonic() - program.started_at > _STABLE_AFTER_S else failures + 1
            if not self._is_ready and failures >= _START_TRIES:
                raise StartError(
                    f"{program.name} does not start: it {describe_end(code)} {failures} times, "
                    f"last with: {program.log_end()} (its log: {program.log})"
                )
            wait_s = back_off_s(failures)
            say(
                f"{program.name} (process {program.pid}) {describe_end(code)}; "
                f"starting it again in {wait_s:g} s (its log: {program.log})"
            )
            await asyncio.sleep(wait_s)
            await program.start()

    async def _keep_postgres(self, postgres: Postgres) -> None:
        failures = 0
        while not self._is_stopping:
            started_at = time.monotonic()
            while postgres.is_running():
                await asyncio.sleep(0.2)
                if self._is_stopping:
                    return
            failures = 1 if time.monotonic() - started_at > _STABLE_AFTER_S else failures + 1
            wait_s = back_off_s(failures)
            say(f"postgres ended; starting it again in {wait_s:g} s (its log: {postgres.log})")
            await asyncio.sleep(wait_s)
            try:
                await asyncio.to_thread(postgres.start)
            except (StartError, OSError) as error:
                if not self._is_ready:
                    raise
                say(str(error))

    async def _end(self) -> None:
        """Stops the tiers in reverse order, PostgreSQL last."""
        say("stopping ...")
        for tier in reversed(self._tiers):
            await asyncio.gather(*(program.stop() for program in tier))
        for keeper in list(self._keepers):
            keeper.cancel()
        if self._postgres is not None and self._postgres_start is not None:
            await asyncio.wait({self._postgres_start})  # a start under way would go on behind our back
            await asyncio.to_thread(self._postgres.stop)
        say("stopped")

    def _on_signal(self, asked_to_stop: asyncio.Event) -> None:
        if asked_to_stop.is_set():  # asked a second time: don't wait for anybody
            for tier in self._tiers:
                for program in tier:
                    program.kill()
        asked_to_stop.set()


def back_off_s(failures: int) -> float:
    """Seconds to wait before the next start: doubling, up to half a minute."""
    return min(_FIRST_WAIT_S * 2.0 ** (failures - 1), _LONGEST_WAIT_S)


async def until(probe: Callable[[], bool], *, what: str, timeout_s: float, interval_s: float = 0.1) -> None:
    """Returns when `probe` (run in a thread) is true; raises StartError after the time."""
    deadline = time.monotonic() + timeout_s
    while not await asyncio.to_thread(probe):
        if time.monotonic() > deadline:
            raise StartError(f"{what} is not ready after {timeout_s:.0f} s")
        await asyncio.sleep(interval_s)


async def together(*parts: Coroutine[Any, Any, None]) -> None:
    """Awaits all of them; when one fails, cancels the others and raises its error."""
    try:
        async with asyncio.TaskGroup() as group:
            for part in parts:
                group.create_task(part)
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None


async def nothing() -> None:
    """A part that isn't there."""
