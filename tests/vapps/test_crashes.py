"""A worker or watch that dies at any step boundary: the task still succeeds, with exactly one set of objects."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now

from compute.cluster.client import client_for
from ssvirt.core.tenancy import ALL, acting_for
from tasks import engine
from tasks.models import Task, TaskStatus
from tasks.registry import Operation, Run, operation
from tasks.services import sweep
from tests.fixtures import World
from tests.vapps.bodies import post_instantiate, running_vapp, task_of, tree
from vapps.operations.creating import InstantiateVApp
from vapps.operations.deleting import DeleteVApp

pytestmark = pytest.mark.django_db


class ProcessKilled(BaseException):
    """Stands for SIGKILL: nothing may catch it."""


def kill(monkeypatch: pytest.MonkeyPatch, operation_name: str, step: str, *, after: bool) -> None:
    """The next run of the step dies, before its work or after it (and before the checkpoint)."""
    # The class, not the one instance: undoing would leave the method on that one, over later patches of the class.
    cls = type(operation(operation_name))
    real = getattr(cls, step)

    def dying(self: Operation, run: Run) -> Any:
        monkeypatch.setattr(cls, step, real)
        if after:
            real(self, run)
        raise ProcessKilled

    monkeypatch.setattr(cls, step, dying)


def expire_leases() -> None:
    with acting_for(ALL):
        Task.objects.filter(lease_by__isnull=False).update(lease_until=Now() - timedelta(seconds=1))


def make_due() -> None:
    """Lets time pass for tasks that wait without an event to come."""
    with acting_for(ALL):
        Task.objects.filter(lease_by__isnull=True).update(due_at=Now())


def drain_over_deaths(world: World) -> int:
    """Like `world.drain`, restarting the dead worker. Returns how often it died."""
    deaths = 0
    while True:
        try:
            world.drain()
        except ProcessKilled:
            deaths += 1
            expire_leases()
        else:
            return deaths


def names(world: World, kind: str) -> list[str]:
    client = client_for(world.cluster)
    return sorted(
        item["metadata"]["name"]
        for page, _ in client.list_pages(kind, namespace=world.vdc.namespace)
        for item in page
    )


def assert_one_set(world: World, vms: int) -> None:
    assert len(names(world, "VirtualMachine")) == vms
    assert len(names(world, "VirtualMachineInstance")) == vms
    assert len(names(world, "DataVolume")) == vms
    assert len(names(world, "Secret")) == vms


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", InstantiateVApp().plan({"vm_ids": ["one"], "power_on": True}))
def test_worker_when_killed_at_a_step_of_instantiating_then_one_set_of_objects(
    world: World, monkeypatch: pytest.MonkeyPatch, step: str, after: bool
) -> None:
    bob = world.api("bob")
    kill(monkeypatch, "vdcInstantiateVapp", step, after=after)
    response = post_instantiate(bob, world, template=world.pair)
    assert drain_over_deaths(world) == 1
    assert tree(bob.get(task_of(response).get("href"))).get("status") == "success"
    assert tree(bob.get(tree(response).get("href"))).get("status") == "4"
    assert_one_set(world, 2)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", DeleteVApp.steps)
def test_worker_when_killed_at_a_step_of_deleting_then_nothing_is_left(
    world: World, monkeypatch: pytest.MonkeyPatch, step: str, after: bool
) -> None:
    bob = world.api("bob")
    href = running_vapp(bob, world)
    kill(monkeypatch, "vdcDeleteVapp", step, after=after)
    response = bob.delete(f"{href}?force=true")
    assert drain_over_deaths(world) == 1
    assert tree(bob.get(task_of(response).get("href"))).get("status") == "success"
    assert_one_set(world, 0)


@pytest.mark.parametrize("action", ["powerOff", "powerOn"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("which", [0, 1])
def test_worker_when_killed_at_a_step_of_a_power_action_then_it_succeeds(
    world: World, monkeypatch: pytest.MonkeyPatch, action: str, after: bool, which: int
) -> None:
    bob = world.api("bob")
    href = running_vapp(bob, world, power_on=action == "powerOff")
    name = {"powerOff": "vappPowerOff", "powerOn": "vappDeploy"}[action]
    step = operation(name).plan({"power_on": True})[which]
    kill(monkeypatch, name, step, after=after)
    response = bob.post(f"{href}/power/action/{action}")
    assert drain_over_deaths(world) == 1
    assert tree(bob.get(task_of(response).get("href"))).get("status") == "success"
    assert tree(bob.get(href)).get("status") == {"powerOff": "8", "powerOn": "4"}[action]


def test_worker_when_killed_while_ending_then_the_end_happens_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    cls = type(operation("vdcInstantiateVapp"))
    real: Callable[[Operation, Task], None] = cls.succeeded

    def dying(self: Operation, task: Task) -> None:
        real(self, task)
        monkeypatch.setattr(cls, "succeeded", real)
        raise ProcessKilled

    monkeypatch.setattr(cls, "succeeded", dying)
    bob = world.api("bob")
    response = post_instantiate(bob, world)
    assert drain_over_deaths(world) == 1
    assert tree(bob.get(tree(response).get("href"))).get("status") == "4"
    with acting_for(ALL):
        assert Task.objects.filter(operation="vdcInstantiateVapp", status=TaskStatus.SUCCESS).count() == 1


def test_hints_when_doubled_and_late_then_harmless(world: World) -> None:
    bob = world.api("bob")
    response = post_instantiate(bob, world)
    with acting_for(ALL):
        task_id = Task.objects.get(operation="vdcInstantiateVapp").pk
    for _ in range(3):
        engine.advance(task_id)
        engine.advance(task_id)
    world.drain()
    for _ in range(3):
        assert not engine.advance(task_id)
    assert tree(bob.get(tree(response).get("href"))).get("status") == "4"
    assert_one_set(world, 1)


def test_watch_when_it_was_away_then_a_new_one_catches_up(world: World) -> None:
    """Everything happens on the cluster while no watch runs; a fresh one lists and the task goes on."""
    from compute.watch import Watcher

    bob = world.api("bob")
    response = post_instantiate(bob, world)
    for _ in range(3):
        sweep()
        world.emulator.settle()
    assert tree(bob.get(task_of(response).get("href"))).get("status") == "running"
    world.watcher = Watcher(world.cluster.pk, client_for(world.cluster))
    world.watcher.sync()
    world.drain()
    assert tree(bob.get(task_of(response).get("href"))).get("status") == "success"


@pytest.mark.parametrize("status", [429, 500, 503])
def test_cluster_when_it_fails_for_a_while_then_the_task_waits_and_succeeds(
    world: World, status: int
) -> None:
    bob = world.api("bob")
    world.emulator.faults.add(method="PATCH", path_regex="virtualmachines", status=status, times=2)
    response = post_instantiate(bob, world)
    sweep()
    task = bob.get(task_of(response).get("href"))
    assert tree(task).get("status") == "running"
    for _ in range(4):
        make_due()
        world.drain()
    assert tree(bob.get(tree(response).get("href"))).get("status") == "4"


def test_cluster_when_it_refuses_for_good_then_error_with_its_reason_and_nothing_left(world: World) -> None:
    client = client_for(world.cluster)
    client.apply(
        {
            "apiVersion": "v1",
            "kind": "ResourceQuota",
            "metadata": {"name": "strict", "namespace": world.vdc.namespace},
            "spec": {"hard": {"count/virtualmachines.kubevirt.io": "1"}},
        }
    )
    world.emulator.settle()
    bob = world.api("bob")
    response = post_instantiate(bob, world, template=world.pair)
    world.drain()
    make_due()  # the machine was gone before any watch saw it: no event wakes the task
    world.drain()
    task = tree(bob.get(task_of(response).get("href")))
    assert task.get("status") == "error"
    error = task.find("{http://www.vmware.com/vcloud/v1.5}Error")
    assert "exceeded quota" in error.get("message")
    assert tree(bob.get(tree(response).get("href"))).get("status") == "-1"
    assert_one_set(world, 0)
