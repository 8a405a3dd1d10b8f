"""The `vcd` command, typed by tests: one command after the other, each with what it has to print.

vcd.play(
    done("vapp power-off web -y"),
    says("vapp info web", "status Powered off"),
    fails("vapp suspend web", "not supported"),
)
"""

import json
import re
import selectors
import shlex
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.clients.stack import COMMAND_TIMEOUT_S, Programs
from tests.embedded.running import Stack

SERVER = Path(__file__).with_name("vcd_server.py")
UNFINISHED = ("queued", "preRunning", "running")
TASK_TIMEOUT_S = 60
# Exit code and output of a command.
Run = Callable[[Sequence[str]], tuple[int, str]]


@dataclass(frozen=True)
class Step:
    """A command line and what its output has to hold; runs of spaces count as one."""

    line: str
    wanted: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()
    succeeds: bool = True
    has_tasks: bool = False


def says(line: str, *wanted: str, but: Sequence[str] = ()) -> Step:
    """A command that prints `wanted`, and nothing of `but`."""
    return Step(line, wanted, tuple(but))


def done(line: str, *wanted: str) -> Step:
    """A command that starts tasks, all of which end in success."""
    return Step(line, wanted, has_tasks=True)


def fails(line: str, *wanted: str) -> Step:
    """A command that is refused with a message that holds `wanted`."""
    return Step(line, wanted, succeeds=False)


def program(programs: Programs) -> Run:
    """Runs `vcd` as a program."""

    def run(arguments: Sequence[str]) -> tuple[int, str]:
        ended = programs.run("vcd", "--no-colorized", *arguments)
        return ended.returncode, ended.stdout + ended.stderr

    return run


class Server:
    """Runs `vcd` in a process that has it loaded."""

    def __init__(self, programs: Programs, clients: Path) -> None:
        self._process = programs.start(str(clients / "python"), str(SERVER))
        assert self._process.stdout is not None
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._process.stdout, selectors.EVENT_READ)

    def __call__(self, arguments: Sequence[str]) -> tuple[int, str]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(["--no-colorized", *arguments]) + "\n")
        self._process.stdin.flush()
        if not self._selector.select(COMMAND_TIMEOUT_S):
            raise subprocess.TimeoutExpired(["vcd", *arguments], COMMAND_TIMEOUT_S)
        answer = json.loads(self._process.stdout.readline())
        return answer["code"], answer["said"]

    def close(self) -> None:
        """Ends the process."""
        self._selector.close()
        self._process.kill()
        self._process.communicate()


class Vcd:
    """The `vcd` command, with a home of its own."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def __call__(self, *arguments: str) -> str:
        """What the command printed; it has to succeed."""
        code, said = self._run(arguments)
        assert code == 0, f"vcd {' '.join(arguments)}: {said}"
        return said.strip()  # it starts with a carriage return

    def fails(self, *arguments: str) -> str:
        """What the command printed; it has to fail."""
        code, said = self._run(arguments)
        assert code != 0, f"vcd {' '.join(arguments)}: {said}"
        return said

    def done(self, *arguments: str) -> str:
        """What the command printed about its tasks when they had ended, all of them in success.

        The command itself would ask for a task once, and then only every 5 s.
        """
        started = self("--no-wait", *arguments)
        tasks = dict.fromkeys(re.findall(r"urn:vcloud:task:(\S+)", started))
        assert tasks, f"vcd {' '.join(arguments)} named no task: {started}"
        said = started
        for task in tasks:
            deadline = time.monotonic() + TASK_TIMEOUT_S
            while self.properties("task", "info", task)["status"][0] in UNFINISHED:
                assert time.monotonic() < deadline, f"vcd {' '.join(arguments)}: task {task} does not end"
                time.sleep(0.1)
            ended = self("task", "wait", task)
            assert "result: success" in ended, f"vcd {' '.join(arguments)}: {ended}"
            said += ended
        return said

    def table(self, *arguments: str) -> list[dict[str, str]]:
        """The rows of the printed table, empty cells included."""
        lines = [line for line in self(*arguments).splitlines() if line]
        if not lines:
            return []
        head, ruler, *rows = lines
        columns = [mark.span() for mark in re.finditer("-+", ruler)]
        return [{head[start:end].strip(): row[start:end].strip() for start, end in columns} for row in rows]

    def properties(self, *arguments: str) -> dict[str, list[str]]:
        """The values of each printed property; one without a name belongs to the property above it."""
        found: dict[str, list[str]] = {}
        name = ""
        for row in self.table(*arguments):
            name = row["property"] or name
            found.setdefault(name, []).append(row["value"])
        return found

    def id_of(self, name: str, *arguments: str) -> str:
        """The id in the row of that name in the printed table."""
        (row,) = [each for each in self.table(*arguments) if each["name"] == name]
        return row.get("id") or row["Id"]

    def play(self, *steps: Step) -> None:
        """Types one command after the other, to the end; then all that went wrong is told."""
        wrong = [f"  vcd {step.line}\n    {problem}" for step in steps if (problem := self._problem(step))]
        assert not wrong, "\n".join([f"{len(wrong)} of {len(steps)} commands:", *wrong])

    def _problem(self, step: Step) -> str:
        arguments = shlex.split(step.line)
        try:
            if step.has_tasks:
                said = self.done(*arguments)
            else:
                said = self(*arguments) if step.succeeds else self.fails(*arguments)
        except AssertionError as error:
            return str(error)
        said = " ".join(said.split())
        missing = [each for each in step.wanted if each not in said]
        surplus = [each for each in step.unwanted if each in said]
        if missing or surplus:
            return f"misses {missing}, has {surplus}: {said}"
        return ""


SignIn = Callable[..., AbstractContextManager[Vcd]]


@pytest.fixture(scope="package")
def signed_in(stack: Stack, clients: Path, tmp_path_factory: pytest.TempPathFactory) -> SignIn:
    """Signs somebody in, for as long as the context lasts."""

    @contextmanager
    def sign_in(user: str, org: str = "acme", url: str = "", *options: str) -> Iterator[Vcd]:
        server = Server(Programs(tmp_path_factory.mktemp("vcd"), clients), clients)
        vcd = Vcd(server)
        try:
            vcd("login", url or stack.url, org, user, "-p", stack.password(user), *options)
            yield vcd
            assert vcd("logout") == f"{user} logged out."
        finally:
            server.close()

    return sign_in


@pytest.fixture(scope="package")
def alice(signed_in: SignIn) -> Iterator[Vcd]:
    """The command of alice, an administrator of acme."""
    with signed_in("alice") as vcd:
        yield vcd
