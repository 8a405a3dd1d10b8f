"""Work that was queued behind what did not come about, and undoing that meets resistance: nothing hangs, nothing
is left half made.
"""

from typing import Any

import pytest

from compute import names
from compute.cluster.client import client_for
from ssvirt.core import clock
from ssvirt.core.errors import VcdError
from ssvirt.core.tenancy import ALL, acting_for
from tasks.models import Task
from tasks.services import sweep
from tests.fixtures import Api, World
from tests.vapps.bodies import V15, first_vm, post_instantiate, running_vapp, task_of, tree, used_mb
from tests.vapps.test_disks import create, new_disk, slot
from tests.vapps.test_disks import put as disk_put
from tests.vapps.test_reconfigure import MEDIA, NS, done, reconfigure
from vapps.models import NamedDisk, VApp, Vm
from vapps.operations.creating import MakeVms
from vapps.operations.disks import CreateDisk
from vapps.states import VmState

pytestmark = pytest.mark.django_db

ADDED = (
    '<VmSpecSection Modified="true"><ovf:Info/><DiskSection>'
    "<DiskSettings><DiskId>2000</DiskId><SizeMb>30720</SizeMb><UnitNumber>0</UnitNumber>"
    "<BusNumber>0</BusNumber><AdapterType>5</AdapterType></DiskSettings>"
    "<DiskSettings><SizeMb>1024</SizeMb><UnitNumber>1</UnitNumber>"
    "<BusNumber>0</BusNumber><AdapterType>5</AdapterType></DiskSettings></DiskSection></VmSpecSection>"
)
"""A second disk."""


def cancel(api: Api, response: Any) -> None:
    assert api.post(f"{task_of(response).get('href')}/action/cancel").status_code == 204


def settle(world: World, rounds: int = 40) -> list[tuple[str, int]]:
    """Like drain, but tasks that were put off run as well; what has not ended by then."""
    for _ in range(rounds):
        with acting_for(ALL):
            Task.objects.filter(ended_at=None).update(due_at=clock.now())
        sweep()
        world.emulator.settle()
        world.watcher.sync()
    with acting_for(ALL):
        return list(Task.objects.filter(ended_at=None).values_list("operation", "step"))


def status(api: Api, response: Any) -> str:
    return str(tree(api.get(task_of(response).get("href"))).get("status"))


def machines(world: World) -> list[str]:
    pages = client_for(world.cluster).list_pages("VirtualMachine", namespace=world.vdc.namespace)
    return [item["metadata"]["name"] for page, _ in pages for item in page]


@pytest.mark.parametrize("size", ['sizeMb="2048"', ""], ids=["with its size", "without a size"])
def test_disk_when_renamed_behind_a_growth_that_is_canceled_then_its_size_and_charge_are_true(
    world: World, size: str
) -> None:
    bob, before = world.api("bob"), used_mb(world)
    disk = new_disk(world)
    grown = disk_put(bob, disk, 'name="data" sizeMb="2048"')
    renamed = disk_put(bob, disk, f'name="renamed" {size}')
    cancel(bob, grown)
    assert settle(world) == []
    assert (status(bob, grown), status(bob, renamed)) == ("canceled", "success")
    with acting_for(ALL):
        row = NamedDisk.objects.get()
        assert (row.name, row.size_mb) == ("renamed", 1024)
    assert used_mb(world) == before + 1024
    assert done(bob, world, bob.delete(disk)) == "success"
    assert used_mb(world) == before


@pytest.mark.parametrize("what", ["disk", "snapshot of the VM", "snapshot of the vApp"])
def test_change_when_the_creation_before_it_is_canceled_then_it_fails_and_makes_nothing(
    world: World, what: str
) -> None:
    bob = world.api("bob")
    disk = new_disk(world)
    made = post_instantiate(bob, world, power_on=False)
    vapp = tree(made).get("href")
    vm = first_vm(bob.get(vapp)).get("href")
    if what == "disk":
        queued = slot(bob, vm, disk)
    else:
        body = f'<CreateSnapshotParams {NS} memory="false"/>'
        path = vm if what.endswith("VM") else vapp
        queued = bob.post(f"{path}/action/createSnapshot", body, MEDIA.format("createSnapshotParams"))
    cancel(bob, made)
    assert settle(world) == []
    assert status(bob, queued) == "error"
    assert machines(world) == []
    assert done(bob, world, bob.delete(vapp)) == "success"
    assert done(bob, world, bob.delete(disk)) == "success"
    assert used_mb(world) == 0


@pytest.mark.parametrize("times", [1, 50], ids=["once", "always"])
def test_creation_when_the_cluster_refuses_to_undo_it_then_it_ends_all_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    bob = world.api("bob")

    def fail(self: MakeVms, run: object) -> None:
        raise VcdError("no disk")

    monkeypatch.setattr(MakeVms, "disks_ready", fail)
    world.emulator.faults.add(method="DELETE", path_regex="virtualmachines", status=403, times=times)
    made = post_instantiate(bob, world)
    assert settle(world) == []
    assert status(bob, made) == "error"
    assert len(machines(world)) == (0 if times == 1 else 1)


def test_disk_when_the_cluster_refuses_to_undo_its_creation_once_then_nothing_is_left(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    bob = world.api("bob")
    vapp = running_vapp(bob, world, power_on=False)

    def fail(self: CreateDisk, run: object) -> None:
        raise VcdError("no volume")

    monkeypatch.setattr(CreateDisk, "volume_ready", fail)
    world.emulator.faults.add(method="DELETE", path_regex="datavolumes", status=403, times=1)
    response = create(world)
    assert settle(world) == []
    assert status(bob, response) == "error"
    with acting_for(ALL):
        volume = names.named_disk_volume(NamedDisk.objects.get().pk)
        assert Vm.objects.get().state == VmState.UNDEPLOYED
        assert VApp.objects.count() == 1
    assert client_for(world.cluster).get("DataVolume", volume, world.vdc.namespace) is None
    assert tree(bob.get(vapp)).find(f"{V15}Children") is not None


@pytest.mark.parametrize("what", ["vApp", "VM"])
@pytest.mark.parametrize("refused", ["secrets", "persistentvolumeclaims"])
def test_deletion_when_the_cluster_refuses_the_rest_of_a_vm_then_it_has_failed_and_is_deleted_anew(
    world: World, what: str, refused: str
) -> None:
    bob = world.api("bob")
    vapp = running_vapp(bob, world, power_on=False)
    vm = first_vm(bob.get(vapp)).get("href")
    if refused == "persistentvolumeclaims":
        assert done(bob, world, reconfigure(bob, vm, ADDED)) == "success"
    world.emulator.faults.add(method="DELETE", path_regex=refused, status=403, times=1)
    href = vapp if what == "vApp" else vm
    deleted = bob.delete(href)
    assert settle(world, 10) == []
    assert status(bob, deleted) == "error"
    assert machines(world) == []
    with acting_for(ALL):
        row = Vm.objects.get()
        assert (row.state, row.projected_state) == (VmState.FAILED, VmState.FAILED)
    assert tree(bob.get(vm)).get("status") == "-1"
    assert bob.post(f"{vm}/power/action/powerOn").status_code == 400
    assert done(bob, world, bob.delete(href)) == "success"
    with acting_for(ALL):
        assert not Vm.objects.exists()


def test_deletion_when_the_cluster_refuses_it_for_the_machine_then_the_vm_is_as_before(world: World) -> None:
    bob = world.api("bob")
    vapp = running_vapp(bob, world, power_on=False)
    world.emulator.faults.add(method="DELETE", path_regex="virtualmachines", status=403, times=1)
    deleted = bob.delete(vapp)
    assert settle(world, 10) == []
    assert status(bob, deleted) == "error"
    with acting_for(ALL):
        assert Vm.objects.get().state == VmState.UNDEPLOYED
    assert done(bob, world, bob.post(f"{vapp}/power/action/powerOn")) == "success"
