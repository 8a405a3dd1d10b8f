"""Tasks believe what was observed after their own writes, and nothing older."""

import pytest

from compute.cluster.client import client_for
from compute.watch import Watcher
from orgs.models import AccessGrant
from ssvirt.core.tenancy import ALL, acting_for
from tasks.models import Task
from tasks.services import sweep
from tests.fixtures import World
from tests.vapps.bodies import V15, first_vm, instantiate, running_vapp, task_of, tree
from vapps.models import Nic, VApp, Vm
from vapps.observe import instances_absent

pytestmark = pytest.mark.django_db


def machine(world: World) -> dict:
    client = client_for(world.cluster)
    return next(
        item
        for page, _ in client.list_pages("VirtualMachine", namespace=world.vdc.namespace)
        for item in page
    )


def without_watch(world: World, rounds: int = 6) -> None:
    """Tasks and cluster go on, nobody watches."""
    for _ in range(rounds):
        sweep()
        world.emulator.settle()


def test_power_off_when_the_watch_is_behind_then_waits_for_news_and_the_machine_is_off(world: World) -> None:
    bob = world.api("bob")
    href = running_vapp(bob, world, power_on=False)
    on = task_of(bob.post(f"{href}/power/action/powerOn")).get("href")
    without_watch(world)
    assert bob.post(f"{on}/action/cancel").status_code == 204
    off = task_of(bob.post(f"{href}/power/action/powerOff")).get("href")
    without_watch(world)
    assert tree(bob.get(off)).get("status") in ("queued", "running"), "what is known is older than the start"
    world.drain()
    assert tree(bob.get(off)).get("status") == "success"
    assert tree(bob.get(href)).get("status") == "8"
    assert machine(world)["status"]["printableStatus"] == "Stopped"


def test_power_on_when_the_machine_was_stopped_outside_a_moment_ago_then_it_runs(world: World) -> None:
    bob = world.api("bob")
    href = running_vapp(bob, world)
    meta = machine(world)["metadata"]
    client_for(world.cluster).vm_action(meta["namespace"], meta["name"], "stop", {"gracePeriod": 0})
    world.emulator.settle()
    with acting_for(ALL):
        assert Vm.objects.get().state == "on", "nobody has seen it yet"
    response = bob.post(f"{href}/power/action/powerOn")
    world.drain()
    assert tree(bob.get(task_of(response).get("href"))).get("status") == "success"
    assert machine(world)["status"]["printableStatus"] == "Running"


def test_power_on_when_the_machine_is_gone_then_error_that_says_so(world: World) -> None:
    bob = world.api("bob")
    href = running_vapp(bob, world, power_on=False)
    meta = machine(world)["metadata"]
    client_for(world.cluster).delete("VirtualMachine", meta["name"], meta["namespace"])
    world.drain()
    response = bob.post(f"{href}/power/action/powerOn")
    world.drain()
    task = tree(bob.get(task_of(response).get("href")))
    assert task.get("status") == "error"
    assert "does not exist on the cluster" in task.find(f"{V15}Error").get("message")


def test_delete_when_removing_has_begun_then_cancel_is_refused_and_everything_goes(world: World) -> None:
    bob = world.api("bob")
    href = running_vapp(bob, world)
    task = task_of(bob.delete(f"{href}?force=true")).get("href")
    sweep()
    assert bob.post(f"{task}/action/cancel").status_code == 400
    world.drain()
    assert tree(bob.get(task)).get("status") == "success"
    with acting_for(ALL):
        assert not VApp.objects.exists()


def test_delete_when_canceled_before_it_began_then_nothing_has_happened(world: World) -> None:
    bob = world.api("bob")
    href = running_vapp(bob, world)
    task = task_of(bob.delete(f"{href}?force=true")).get("href")
    assert bob.post(f"{task}/action/cancel").status_code == 204
    world.drain()
    assert tree(bob.get(task)).get("status") == "canceled"
    assert first_vm(bob.get(href)).get("status") == "4"
    assert bob.post(f"{href}/power/action/powerOff").status_code == 202


def test_cancel_when_it_is_a_colleagues_task_then_refused_except_for_administrators(world: World) -> None:
    bob = world.api("bob")
    body = instantiate(world)
    path = f"/api/vdc/{world.vdc.pk}/action/instantiateVAppTemplate"
    task = task_of(bob.post(path, body)).get("href")
    carol = world.api("carol")
    assert carol.post(f"{task}/action/cancel").status_code == 403, "not even seen"
    with acting_for(ALL):
        vapp = VApp.objects.get()
        AccessGrant.objects.create(org_id=vapp.org_id, entity_id=vapp.pk, user=world.users["carol"])
    refused = carol.post(f"{task}/action/cancel")
    assert refused.status_code == 403
    assert "General: Administrator Control" in refused.content.decode()
    with acting_for(ALL):
        assert not Task.objects.get(operation="vdcInstantiateVapp").cancel_requested
    assert world.api("alice").post(f"{task}/action/cancel").status_code == 204


def test_instantiate_when_two_nics_are_on_the_primary_network_then_400_and_nothing_written(
    world: World,
) -> None:
    body = instantiate(world)
    start, end = body.index("<NetworkConnection network"), body.index("</NetworkConnectionSection>")
    nic = body[start:end]
    second = nic.replace("<NetworkConnectionIndex>0", "<NetworkConnectionIndex>1")
    response = world.api("bob").post(
        f"/api/vdc/{world.vdc.pk}/action/instantiateVAppTemplate", body.replace(nic, nic + second)
    )
    assert response.status_code == 400
    assert "only one network card" in tree(response).get("message")
    with acting_for(ALL):
        assert not VApp.objects.exists()


def test_instance_when_it_ended_while_no_watch_ran_then_nothing_of_the_guest_is_left(world: World) -> None:
    bob = world.api("bob")
    running_vapp(bob, world)
    with acting_for(ALL):
        before = Vm.objects.get()
        assert before.observed_instance_uid
        assert before.observed_node
        assert before.observed_cpus
        assert Nic.objects.get().observed_address
    meta = machine(world)["metadata"]
    client_for(world.cluster).vm_action(meta["namespace"], meta["name"], "stop", {"gracePeriod": 0})
    world.emulator.settle()
    world.watcher = Watcher(world.cluster.pk, client_for(world.cluster))
    world.watcher.sync()
    with acting_for(ALL):
        after = Vm.objects.get()
        assert after.state == "off"
        assert after.observed_instance_uid == after.observed_node == ""
        assert (after.observed_cpus, after.is_agent_connected) == (None, False)
        assert Nic.objects.get().observed_address is None


def test_instance_when_the_end_of_an_earlier_one_is_told_late_then_the_new_one_stays_known(
    world: World,
) -> None:
    bob = world.api("bob")
    running_vapp(bob, world)
    with acting_for(ALL):
        vm = Vm.objects.get()
        instances_absent(world.cluster.pk, [(world.vdc.namespace, f"vm-{vm.pk}", "of-an-earlier-one")])
        assert Vm.objects.get().observed_node == vm.observed_node != ""
