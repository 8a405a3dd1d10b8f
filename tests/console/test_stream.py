"""Streams: from the browser's WebSocket to the VNC of the emulated cluster."""

import asyncio
import struct
import uuid
from collections.abc import Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from compute.names import vm_name
from ssvirt import console
from ssvirt.core import clock
from ssvirt.core.tenancy import ALL, acting_for
from tests.compute.http_server import Answer, kubeconfig_file, serving
from tests.console.asgi import HOST, Browser
from tests.fixtures import World
from tests.vapps.bodies import first_vm, running_vapp
from vapps.models import ConsoleTicket

# Streams ask the database in threads of their own, which see committed rows only.
pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


class Machine:
    """A VM that is on, and its owner."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.api = world.api("bob")
        self.href = str(first_vm(self.api.get(running_vapp(self.api, world))).get("href"))
        self.id = self.href.rpartition("vm-")[2]
        self.name = vm_name(uuid.UUID(self.id))
        self.path = f"/console/vm-{self.id}"

    def query(self) -> str:
        answer = etree.fromstring(self.api.post(f"{self.href}/screen/action/acquireMksTicket").content)
        return f"ticket={answer.findtext('{*}Ticket')}"


@pytest.fixture
def machine(world: World) -> Machine:
    return Machine(world)


def run(test: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(test, 60))


def test_stream_when_ticket_is_good_then_the_machines_picture_and_keys(machine: Machine) -> None:
    query = machine.query()

    async def scenario() -> None:
        async with Browser(machine.path, query) as browser:
            assert (browser.opened, browser.subprotocol) == (True, "binary")
            width, height, name = await browser.handshake()
            assert (width, height, name) == (640, 400, machine.name)
            before = await browser.picture(width, height)
            assert len(set(struct.iter_unpack(">I", before))) == 2
            browser.write(struct.pack(">BBxxI", 4, 1, ord("a")))
            after = await browser.picture(width, height)
            assert after != before
            browser.hang_up()
            assert await browser.closed() == console.Close.ENDED

    run(scenario())


def test_ticket_when_used_twice_then_refused(machine: Machine) -> None:
    query = machine.query()

    async def scenario() -> None:
        async with Browser(machine.path, query) as first:
            assert first.opened
            async with Browser(machine.path, query) as second:
                assert not second.opened
        async with Browser(machine.path, query) as third:
            assert not third.opened

    run(scenario())


def test_ticket_when_used_at_once_by_many_then_by_one_only(machine: Machine) -> None:
    query = machine.query()

    async def attempt() -> bool:
        async with Browser(machine.path, query) as browser:
            return browser.opened

    async def scenario() -> None:
        assert sorted(await asyncio.gather(*(attempt() for _ in range(8)))) == [False] * 7 + [True]

    run(scenario())


@pytest.mark.parametrize("query", ["", "ticket=", "ticket=cst-guess", "ticket=%00%ff"])
def test_ticket_when_it_is_none_of_ours_then_refused(machine: Machine, query: str) -> None:
    async def scenario() -> None:
        async with Browser(machine.path, query) as browser:
            assert not browser.opened

    run(scenario())


def test_ticket_when_expired_then_refused(machine: Machine) -> None:
    query = machine.query()

    async def scenario() -> None:
        async with Browser(machine.path, query) as browser:
            assert not browser.opened

    with clock.shifted(timedelta(seconds=31)):
        run(scenario())


def test_ticket_when_for_another_vm_then_refused_and_still_good(machine: Machine) -> None:
    query = machine.query()

    async def scenario() -> None:
        async with Browser(f"/console/vm-{uuid.uuid4()}", query) as other:
            assert not other.opened
        async with Browser(machine.path, query) as browser:
            assert browser.opened

    run(scenario())


@pytest.mark.parametrize(
    ("origin", "is_opened"),
    [
        (f"https://{HOST}", True),
        (f"http://{HOST}", True),
        ("https://evil.example", False),
        (f"https://{HOST}.evil.example", False),
        ("null", False),
    ],
)
def test_origin_when_it_is_another_page_then_refused_and_the_ticket_still_good(
    machine: Machine, origin: str, is_opened: bool
) -> None:
    query = machine.query()

    async def scenario() -> None:
        async with Browser(machine.path, query, {"origin": origin}) as browser:
            assert browser.opened is is_opened

    run(scenario())
    with acting_for(ALL):
        assert ConsoleTicket.objects.filter(used_at__isnull=True).exists() is not is_opened


def test_path_when_unknown_then_refused(machine: Machine) -> None:
    async def scenario() -> None:
        async with Browser("/api/session", machine_query) as browser:
            assert not browser.opened

    machine_query = machine.query()
    run(scenario())


def test_stream_when_machine_is_switched_off_then_ends(machine: Machine) -> None:
    query = machine.query()

    def switch_off() -> None:
        machine.world.emulator.guest_shutdown(machine.world.vdc.namespace, machine.name)
        machine.world.emulator.settle()

    async def scenario() -> None:
        async with Browser(machine.path, query) as browser:
            await browser.handshake()
            switch_off()
            assert await browser.closed() == console.Close.ENDED

    run(scenario())


def test_stream_when_vm_has_gone_off_unseen_then_the_page_is_told(machine: Machine) -> None:
    query = machine.query()
    machine.world.emulator.guest_shutdown(machine.world.vdc.namespace, machine.name)
    machine.world.emulator.settle()

    async def scenario() -> None:
        async with Browser(machine.path, query) as browser:
            assert browser.opened
            assert await browser.closed() == console.Close.NOT_RUNNING

    run(scenario())


def test_stream_when_cluster_is_away_then_the_page_is_told(machine: Machine, tmp_path: Path) -> None:
    query = machine.query()

    async def scenario() -> None:
        async with Browser(machine.path, query) as browser:
            assert browser.opened
            assert await browser.closed() == console.Close.NO_CLUSTER

    with serving(lambda request: Answer(503, b"no")) as cluster:
        machine.world.cluster.kubeconfig_path = str(kubeconfig_file(tmp_path, cluster.url))
        machine.world.cluster.save(update_fields=["kubeconfig_path", "updated_at"])
        run(scenario())


@pytest.mark.parametrize(
    ("setting", "code"), [("CONSOLE_IDLE_S", console.Close.IDLE), ("CONSOLE_LIMIT_S", console.Close.LIMIT)]
)
def test_stream_when_a_limit_is_reached_then_closed(
    machine: Machine, settings: Any, setting: str, code: int
) -> None:
    setattr(settings, setting, 1)
    query = machine.query()

    async def scenario() -> None:
        async with Browser(machine.path, query) as browser:
            await browser.handshake()
            assert await browser.closed() == code

    run(scenario())


def test_stream_when_in_use_then_not_idle(machine: Machine, settings: Any) -> None:
    settings.CONSOLE_IDLE_S = 1
    query = machine.query()

    async def scenario() -> None:
        async with Browser(machine.path, query) as browser:
            width, height, _ = await browser.handshake()
            for _ in range(8):
                await asyncio.sleep(0.3)
                await browser.picture(width, height)
            assert browser.code is None

    run(scenario())


def test_stream_when_too_much_comes_at_once_then_closed(machine: Machine) -> None:
    query = machine.query()

    async def scenario() -> None:
        async with Browser(machine.path, query) as browser:
            await browser.handshake()
            browser.write(bytes(console.MAX_MESSAGE_BYTES + 1))
            assert await browser.closed() == console.Close.TOO_BIG

    run(scenario())


def test_stream_when_browser_does_not_read_then_nothing_piles_up(machine: Machine) -> None:
    """Forty pictures of 1 MB are asked for and not read: the machine's side waits, a few MB are on their way."""
    query = machine.query()

    async def scenario() -> None:
        async with Browser(machine.path, query) as browser:
            width, height, _ = await browser.handshake()
            before = console._BYTES.labels("out")._value.get()
            for _ in range(40):
                browser.ask_for_picture(width, height)
            await asyncio.sleep(3)
            assert console._BYTES.labels("out")._value.get() - before < 4 << 20
            for _ in range(40):
                await browser.read(16 + width * height * 4)
            assert browser.code is None

    run(scenario())


def test_sessions_when_too_many_then_try_again_with_the_same_ticket(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = machine.query()

    async def scenario() -> None:
        monkeypatch.setattr(console, "MAX_SESSIONS", 0)
        async with Browser(machine.path, query) as browser:
            assert await browser.closed() == console.Close.TRY_AGAIN
        monkeypatch.setattr(console, "MAX_SESSIONS", 1)
        async with Browser(machine.path, query) as browser:
            assert browser.code is None
            await browser.handshake()
        assert console._open_sessions == 0

    run(scenario())
