"""Unfinished tasks of vApps and VMs: in their documents, and as `isBusy` in their records."""

from typing import Any

import pytest

from tests.api.asking import one
from tests.fixtures import Api, World
from tests.vapps.bodies import V15, first_vm, post_instantiate, running_vapp, task_of, tree
from tests.vapps.test_recompose import recompose
from tests.vapps.test_reconfigure import done, reconfigure

pytestmark = pytest.mark.django_db


def tasks_in(element: Any) -> list[str]:
    """Where the tasks are that the element itself has."""
    return [str(each.get("href")) for each in element.findall(f"{V15}Tasks/{V15}Task")]


def busy(api: Api) -> dict[str, str]:
    """`isBusy` of the one vApp and its one VM."""
    records = {"vApp": one(api, "vApp"), "vm": one(api, "vm", filter="isVAppTemplate==false")}
    return {kind: record.get("isBusy") for kind, record in records.items()}


def test_vapp_when_its_vm_has_a_task_then_shown_in_the_vm_as_by_itself(world: World) -> None:
    bob = world.api("bob")
    vapp = running_vapp(bob, world, power_on=False)
    vm = str(first_vm(bob.get(vapp)).get("href"))
    assert tasks_in(first_vm(bob.get(vapp))) == []
    changed = reconfigure(bob, vm, "<Description>another</Description>")
    renamed = recompose(bob, vapp, "<Description>another</Description>")
    answer = bob.get(vapp)
    assert tasks_in(first_vm(answer)) == tasks_in(tree(bob.get(vm))) == [task_of(changed).get("href")]
    assert tasks_in(tree(answer)) == [task_of(renamed).get("href")]
    world.drain()
    assert tasks_in(first_vm(bob.get(vapp))) == tasks_in(tree(bob.get(vapp))) == []


def test_vapp_when_its_vms_have_tasks_then_the_same_statements(
    world: World, django_assert_num_queries: Any
) -> None:
    bob = world.api("bob")
    vapp = running_vapp(bob, world, template=world.pair, power_on=False)
    bob.get(vapp)
    vms = [str(vm.get("href")) for vm in tree(bob.get(vapp)).iter(f"{V15}Vm")]
    for href in vms:
        with django_assert_num_queries(9):
            assert bob.get(vapp).status_code == 200
        assert reconfigure(bob, href, "<Description>x</Description>", "").status_code == 202
    with django_assert_num_queries(9):
        assert len(list(tree(bob.get(vapp)).iter(f"{V15}Task"))) == len(vms) == 2


def test_created_vapp_when_answered_then_its_task_is_its_own(world: World) -> None:
    answer = post_instantiate(world.api("bob"), world)
    assert len(tasks_in(tree(answer))) == 1
    assert tasks_in(first_vm(answer)) == []


def test_records_when_a_vm_is_reconfigured_then_the_vm_is_busy_until_it_ends(world: World) -> None:
    bob = world.api("bob")
    vm = first_vm(bob.get(running_vapp(bob, world, power_on=False))).get("href")
    assert busy(bob) == {"vApp": "false", "vm": "false"}
    response = reconfigure(bob, vm, "<Description>another</Description>")
    assert busy(bob) == {"vApp": "false", "vm": "true"}
    assert one(bob, "vm", filter="isBusy==true").get("name") == "web-vm"
    assert done(bob, world, response) == "success"
    assert busy(bob) == {"vApp": "false", "vm": "false"}


def test_records_when_a_vapp_is_recomposed_then_the_vapp_is_busy_until_it_ends(world: World) -> None:
    bob = world.api("bob")
    vapp = running_vapp(bob, world, power_on=False)
    response = recompose(bob, vapp, "<Description>another</Description>")
    assert busy(bob) == {"vApp": "true", "vm": "false"}
    assert done(bob, world, response) == "success"
    assert busy(bob) == {"vApp": "false", "vm": "false"}


def test_records_when_a_vapp_is_powered_on_then_both_are_busy(world: World) -> None:
    bob = world.api("bob")
    vapp = running_vapp(bob, world, power_on=False)
    response = bob.post(f"{vapp}/power/action/powerOn")
    assert busy(bob) == {"vApp": "true", "vm": "true"}
    assert done(bob, world, response) == "success"
    assert busy(bob) == {"vApp": "false", "vm": "false"}
