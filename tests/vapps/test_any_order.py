"""Requests in any order, canceled at any moment, on a cluster that is seen late: what must hold in the end does."""

import random
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from ssvirt.core import clock
from ssvirt.core.tenancy import ALL, acting_for
from tasks.models import Task
from tasks.services import sweep
from tests.fixtures import World
from tests.vapps.bodies import COMPOSE, compose, post_instantiate, task_of
from tests.vapps.invariants import violations
from tests.vapps.test_disks import create, slot
from tests.vapps.test_disks import put as disk_put
from tests.vapps.test_half_made import settle
from tests.vapps.test_media import change as media_change
from tests.vapps.test_media import medium
from tests.vapps.test_moves import move
from tests.vapps.test_network_tasks import bridged, card, own
from tests.vapps.test_queued import renamed, vm_renamed
from tests.vapps.test_recompose import CLONE, CREATED, recompose, sourced, template_vm
from tests.vapps.test_reconfigure import MEDIA, NS, reconfigure
from tests.vapps.test_review import networks_put
from vapps.models import Disk, NamedDisk, VApp, Vm
from vdcs.models import Vdc

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
STEPS = 70


class Player:
    """Asks for something at random, time after time."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.random, self.bob = world, random.Random(seed), world.api("bob")
        self.media = [medium(world, f"{number}.iso").pk for number in range(2)]
        self.number = 0
        self.tasks: list[str] = []

    def name(self) -> str:
        self.number += 1
        return f"n{self.number}"

    def one(self, model: Any, **which: Any) -> str | None:
        """The href of some row."""
        with acting_for(ALL):
            ids = list(model.objects.filter(**which).order_by("name").values_list("pk", flat=True))
        path = {VApp: "vApp/vapp-", Vm: "vApp/vm-", NamedDisk: "disk/"}[model]
        return f"http://testserver/api/{path}{self.random.choice(ids)}" if ids else None

    def either(self) -> str | None:
        """A vApp or a VM."""
        return self.one(self.random.choice([VApp, Vm]))

    def play(self) -> None:
        asked = self.random.choice(PLAYS)(self)
        if asked is None:
            return
        assert asked.status_code < 500, asked.content
        if asked.status_code in (201, 202):
            self.tasks.append(task_of(asked).get("href"))
        if self.tasks and self.random.random() < 0.15:
            self.bob.post(f"{self.random.choice(self.tasks[-4:])}/action/cancel")
        if self.random.random() < 0.45:
            with acting_for(ALL):
                Task.objects.filter(ended_at=None).update(due_at=clock.now())
            sweep(limit=self.random.choice([1, 2, 50]))
            if self.random.random() < 0.6:
                self.world.emulator.settle()
            if self.random.random() < 0.6:
                self.world.watcher.sync()


def with_one(model: Any, ask: Callable[[Player, str], Any], **which: Any) -> Callable[[Player], Any]:
    """Asks of some row, if there is one."""

    def play(player: Player) -> Any:
        href = player.one(model, **which)
        return ask(player, href) if href is not None else None

    return play


def power(action: str) -> Callable[[Player], Any]:
    def play(player: Player) -> Any:
        href = player.either()
        return player.bob.post(f"{href}/{action}") if href is not None else None

    return play


def instantiate(player: Player) -> Any:
    return post_instantiate(
        player.bob, player.world, name=player.name(), power_on=player.random.random() < 0.5
    )


def composed(player: Player) -> Any:
    path = f"/api/vdc/{player.world.vdc.pk}/action/composeVApp"
    return player.bob.post(path, compose(player.name()), COMPOSE)


def cloned(player: Player, vapp: str) -> Any:
    vdc = player.random.choice([player.world.vdc, player.world.vdc2])
    gone = str(player.random.random() < 0.3).lower()
    body = (
        f'<CloneVAppParams {NS} name="{player.name()}" deploy="false" powerOn="false"><Source href="{vapp}"/>'
        f"<IsSourceDelete>{gone}</IsSourceDelete></CloneVAppParams>"
    )
    return player.bob.post(f"/api/vdc/{vdc.pk}/action/cloneVApp", body, CLONE)


def sourced_somewhere(player: Player, vm: str) -> Any:
    """A VM copied or moved into some vApp."""
    vapp, is_move = player.one(VApp), player.random.random() < 0.5
    return recompose(player.bob, str(vapp), sourced(vm, player.name(), delete=is_move))


def networks(player: Player, vapp: str) -> Any:
    wanted = bridged(player.world)
    wanted += own(last=player.random.choice([20, 30])) if player.random.random() < 0.5 else ""
    wanted += bridged(player.world, "extra", player.world.isolated) if player.random.random() < 0.5 else ""
    return networks_put(player.bob, vapp, wanted)


def disks(player: Player, vm: str) -> Any:
    """A disk more, or less, or larger."""
    with acting_for(ALL):
        present = list(Disk.objects.filter(vm=UUID(vm.rsplit("vm-", 1)[1]), named=None).order_by("position"))
    if len(present) > 1 and player.random.random() < 0.4:
        present.pop()
    listed = "".join(
        f"<DiskSettings><DiskId>{disk.number}</DiskId><SizeMb>{disk.size_mb + player.random.choice([0, 0, 1024])}"
        f"</SizeMb><UnitNumber>{disk.unit_number}</UnitNumber><BusNumber>{disk.bus_number}</BusNumber><AdapterType>"
        f"{disk.adapter}</AdapterType></DiskSettings>"
        for disk in present
    )
    if player.random.random() < 0.6:
        place = "<BusNumber>0</BusNumber><AdapterType>5</AdapterType>"
        listed += f"<DiskSettings><SizeMb>512</SizeMb>{place}</DiskSettings>"
    inner = f"<DiskSection>{listed}</DiskSection>"
    return reconfigure(
        player.bob, vm, f'<VmSpecSection Modified="true"><ovf:Info/>{inner}</VmSpecSection>', ""
    )


def sizes(player: Player, vm: str) -> Any:
    inner = (
        f"<NumCpus>{player.random.choice([1, 2, 4])}</NumCpus><MemoryResourceMb><Configured>"
        f"{player.random.choice([512, 1024])}</Configured></MemoryResourceMb>"
    )
    return reconfigure(
        player.bob, vm, f'<VmSpecSection Modified="true"><ovf:Info/>{inner}</VmSpecSection>', ""
    )


def slotted(action: str) -> Callable[[Player, str], Any]:
    def ask(player: Player, disk: str) -> Any:
        vm = player.one(Vm)
        return slot(player.bob, vm, disk, action) if vm is not None else None

    return ask


def snapshot(player: Player) -> Any:
    href, media = player.either(), MEDIA.format("createSnapshotParams")
    return (
        player.bob.post(f"{href}/action/createSnapshot", f"<CreateSnapshotParams {NS}/>", media)
        if href
        else None
    )


PLAYS: list[Callable[[Player], Any]] = [
    *[instantiate] * 3,
    composed,
    with_one(VApp, cloned),
    with_one(VApp, lambda p, vapp: move(p.bob, p.world, vapp)),
    *[with_one(Vm, sourced_somewhere)] * 3,
    with_one(
        VApp,
        lambda p, vapp: recompose(p.bob, vapp, sourced(template_vm(p.world), p.name()), 'powerOn="true"'),
    ),
    with_one(VApp, lambda p, vapp: recompose(p.bob, vapp, CREATED.format(name=p.name()))),
    with_one(VApp, lambda p, vapp: p.bob.delete(f"{vapp}?force={p.random.choice(['true', 'false'])}")),
    *[with_one(Vm, lambda p, vm: p.bob.delete(vm))] * 2,
    *[with_one(Vm, disks)] * 3,
    with_one(Vm, sizes),
    *[with_one(Vm, lambda p, vm: card(p.bob, vm, p.random.choice(["acme-net", "extra", "inner", "none"])))]
    * 3,
    *[with_one(VApp, networks)] * 2,
    *[power("power/action/powerOn")] * 3,
    *[power("power/action/powerOff")] * 2,
    power("power/action/suspend"),
    power("action/undeploy"),
    power("action/deploy"),
    *[snapshot] * 2,
    power("action/revertToCurrentSnapshot"),
    power("action/removeAllSnapshots"),
    lambda p: create(p.world, attributes=f'name="{p.name()}" sizeMb="1024"'),
    *[with_one(NamedDisk, slotted("attach"))] * 3,
    *[with_one(NamedDisk, slotted("detach"))] * 2,
    with_one(NamedDisk, lambda p, disk: disk_put(p.bob, disk, f'name="{p.name()}" sizeMb="2048"')),
    with_one(NamedDisk, lambda p, disk: p.bob.delete(disk)),
    with_one(Vm, lambda p, vm: media_change(p.bob, vm, "insertMedia", p.random.choice(p.media))),
    with_one(Vm, lambda p, vm: media_change(p.bob, vm, "ejectMedia")),
    with_one(Vm, lambda p, vm: vm_renamed(p.bob, vm, p.name())),
    with_one(VApp, lambda p, vapp: renamed(p.bob, vapp, p.name())),
]


@pytest.mark.parametrize("seed", range(16))
def test_rows_charges_and_cluster_when_anything_was_asked_in_any_order_then_tell_the_same(
    world: World, seed: int
) -> None:
    with acting_for(ALL):
        Vdc.objects.update(vm_quota=0)
    player = Player(world, seed)
    for _ in range(STEPS):
        player.play()
    for _ in range(5):
        if not settle(world):
            break
    assert violations(world) == []
