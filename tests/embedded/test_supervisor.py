"""The supervisor with small stand-ins for the parts."""

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from ssvirt.embedded.guard import Guard
from ssvirt.embedded.program import Command, describe_end
from ssvirt.embedded.state import Home, StartError
from ssvirt.embedded.supervisor import Supervisor, back_off_s, together, until

PROJECT = Path(__file__).resolve().parents[2]
FOREVER = "import time; time.sleep(600)"


def python(name: str, code: str, **options: float) -> Command:
    return Command(name, (sys.executable, "-c", code), **options)


def supervise(
    tmp_path: Path,
    start: Callable[[Supervisor], Awaitable[None]],
    meanwhile: Callable[[], Awaitable[None]] | None = None,
) -> int:
    """Runs a supervisor until `meanwhile` is over, then asks it to stop."""
    home = Home(tmp_path / "home")
    home.prepare()
    guard = Guard()

    async def run() -> int:
        async def stop_later() -> None:
            try:
                if meanwhile is not None:
                    await meanwhile()
            finally:
                os.kill(os.getpid(), signal.SIGTERM)

        async def start_then_stop(supervisor: Supervisor) -> None:
            await start(supervisor)
            tasks.append(asyncio.create_task(stop_later()))

        tasks: list[asyncio.Task[None]] = []
        code = await Supervisor(home, guard).run(start_then_stop)
        for task in tasks:
            await task
        return code

    try:
        return asyncio.run(run())
    finally:
        guard.close()


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


async def file_with(path: Path, lines: int) -> list[str]:
    """The file's lines, once there are that many."""
    for _ in range(1500):
        if path.exists() and len(found := path.read_text().split()) >= lines:
            return found
        await asyncio.sleep(0.02)
    raise AssertionError(f"{path} has no {lines} lines")


def test_killed_child_is_started_again_and_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pids = tmp_path / "pids"
    code = f"import os; open({str(pids)!r}, 'a').write(f'{{os.getpid()}}\\n'); {FOREVER}"

    async def start(supervisor: Supervisor) -> None:
        await supervisor.start_tier(python("worker", code))

    async def kill_it() -> None:
        os.kill(int((await file_with(pids, 1))[0]), signal.SIGKILL)
        await file_with(pids, 2)

    assert supervise(tmp_path, start, kill_it) == 0

    first, second = map(int, pids.read_text().split())
    assert (
        f"worker (process {first}) was killed by SIGKILL; starting it again in 0.5 s"
        in capsys.readouterr().out
    )
    assert not is_alive(second)


def test_what_a_killed_child_left_running_is_killed(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    code = (
        "import os, subprocess, sys; "
        f"left = subprocess.Popen([sys.executable, '-c', {FOREVER!r}]); "
        f"open({str(pids)!r}, 'a').write(f'{{os.getpid()}}\\n{{left.pid}}\\n'); {FOREVER}"
    )
    left_alive: list[bool] = []

    async def start(supervisor: Supervisor) -> None:
        await supervisor.start_tier(python("web", code))

    async def kill_it() -> None:
        parent, left = map(int, await file_with(pids, 2))
        os.kill(parent, signal.SIGKILL)
        await file_with(pids, 4)
        left_alive.append(is_alive(left))

    supervise(tmp_path, start, kill_it)

    assert left_alive == [False]


def test_tiers_are_stopped_in_reverse_order(tmp_path: Path) -> None:
    order = tmp_path / "order"

    def recording(name: str) -> Command:
        return python(
            name,
            f"import signal, sys, time\n"
            f"def end(*_):\n    open({str(order)!r}, 'a').write({name!r} + '\\n'); sys.exit(0)\n"
            f"signal.signal(signal.SIGTERM, end)\n"
            f"open({str(tmp_path / name)!r}, 'w').write('up')\ntime.sleep(600)",
        )

    async def start(supervisor: Supervisor) -> None:
        for name in ("first", "second", "third"):
            await supervisor.start_tier(recording(name))
            await file_with(tmp_path / name, 1)

    assert supervise(tmp_path, start) == 0
    assert order.read_text().split() == ["third", "second", "first"]


def test_child_that_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    ignore = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)"
    code = f"{ignore}; open({str(tmp_path / 'up')!r}, 'w').write('up'); {FOREVER}"

    async def start(supervisor: Supervisor) -> None:
        await supervisor.start_tier(python("stubborn", code, stop_timeout_s=0.3))
        await file_with(tmp_path / "up", 1)

    started_at = time.monotonic()
    assert supervise(tmp_path, start) == 0
    assert time.monotonic() - started_at < 5


def test_start_when_a_child_keeps_crashing_then_fails_with_its_words(tmp_path: Path) -> None:
    async def start(supervisor: Supervisor) -> None:
        await supervisor.start_tier(python("watch", "raise ValueError('no cluster')"))
        await asyncio.sleep(60)

    with pytest.raises(
        StartError, match=r"watch does not start: .* 3 times, last with: ValueError: no cluster"
    ):
        supervise(tmp_path, start)


def test_start_when_a_step_fails_then_everything_started_is_stopped(tmp_path: Path) -> None:
    pids = tmp_path / "pids"

    async def start(supervisor: Supervisor) -> None:
        await supervisor.start_tier(
            python("worker", f"import os; open({str(pids)!r}, 'a').write(f'{{os.getpid()}}\\n'); {FOREVER}")
        )
        await file_with(pids, 1)
        await supervisor.run_once(python("migrate", "raise SystemExit('out of order')"))

    with pytest.raises(StartError, match="migrate ended with exit code 1: out of order"):
        supervise(tmp_path, start)
    assert not is_alive(int(pids.read_text()))


def test_start_when_the_program_does_not_exist_then_says_so(tmp_path: Path) -> None:
    async def start(supervisor: Supervisor) -> None:
        await supervisor.run_once(Command("seed", ("/nonexistent/program",)))

    with pytest.raises(StartError, match="cannot start seed"):
        supervise(tmp_path, start)


def test_nothing_outlives_a_killed_starter(tmp_path: Path) -> None:
    """Neither the child nor what the child started, though the child ignores signals."""
    code = textwrap.dedent(
        f"""
        import asyncio, os, signal, sys
        from pathlib import Path
        from ssvirt.embedded import guard as guards
        from ssvirt.embedded.guard import Guard
        from ssvirt.embedded.program import Command
        from ssvirt.embedded.state import Home
        from ssvirt.embedded.supervisor import Supervisor

        guards._GRACE_S = 0.3
        home = Home(Path(sys.argv[1])); home.prepare(); home.hold()
        child = '''
        import os, signal, subprocess, sys, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        left = subprocess.Popen([sys.executable, "-c", {FOREVER!r}])
        print(os.getpid(), left.pid, flush=True)
        time.sleep(600)
        '''.replace("\\n        ", "\\n")
        guard = Guard()

        async def start(supervisor):
            await supervisor.start_tier(Command("child", (sys.executable, "-c", child)))
            while len(home.log("child").read_text().split()) < 2:
                await asyncio.sleep(0.02)
            os.kill(os.getpid(), signal.SIGKILL)

        async def run():
            await Supervisor(home, guard).run(start)

        asyncio.run(run())
        """
    )
    home = Home(tmp_path / "home")
    subprocess.run([sys.executable, "-c", code, str(home.path)], cwd=PROJECT, check=False, timeout=30)
    pids = [int(pid) for pid in home.log("child").read_text().split()]

    home.hold()  # waits for the guard

    assert len(pids) == 2
    assert not any(is_alive(pid) for pid in pids)


def test_back_off_doubles_up_to_half_a_minute() -> None:
    assert [back_off_s(failures) for failures in (1, 2, 3, 7, 20)] == [0.5, 1.0, 2.0, 30.0, 30.0]


def test_describe_end_names_the_signal() -> None:
    assert describe_end(-9) == "was killed by SIGKILL"
    assert describe_end(3) == "ended with exit code 3"


def test_together_raises_the_plain_error_and_cancels_the_rest() -> None:
    cancelled: list[bool] = []

    async def fail() -> None:
        raise StartError("first")

    async def wait() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.append(True)
            raise

    with pytest.raises(StartError, match="first"):
        asyncio.run(together(wait(), fail()))
    assert cancelled == [True]


def test_until_when_never_true_then_fails() -> None:
    with pytest.raises(StartError, match="web is not ready after 0 s"):
        asyncio.run(until(lambda: False, what="web", timeout_s=0.05, interval_s=0.01))
