"""SQL statements per request: constant, whatever the size, and no call to the cluster."""

from typing import Any

import pytest

from tests.fixtures import World
from tests.vapps.bodies import post_instantiate, running_vapp, task_of

pytestmark = pytest.mark.django_db

# The session is one of them.
TASK = 2
VAPP = 9
VM = 6
VDC = 10
QUERY = 3


def test_task_get_when_asked_then_one_statement_and_no_cluster_call(
    world: World, django_assert_num_queries: Any
) -> None:
    bob = world.api("bob")
    task = task_of(post_instantiate(bob, world)).get("href")
    world.emulator.requests.clear()
    with django_assert_num_queries(TASK):
        assert bob.get(task).status_code == 200
    assert not list(world.emulator.requests)


def test_vapp_get_when_it_has_one_or_more_vms_then_the_same_statements(
    world: World, django_assert_num_queries: Any
) -> None:
    bob = world.api("bob")
    single = running_vapp(bob, world, name="single")
    double = running_vapp(bob, world, name="double", template=world.pair)
    world.emulator.requests.clear()
    for href in (single, double):
        with django_assert_num_queries(VAPP):
            assert bob.get(href).status_code == 200
    assert not list(world.emulator.requests)


def test_vm_get_when_asked_then_constant(world: World, django_assert_num_queries: Any) -> None:
    from tests.vapps.bodies import first_vm

    bob = world.api("bob")
    vm = first_vm(bob.get(running_vapp(bob, world))).get("href")
    with django_assert_num_queries(VM):
        assert bob.get(vm).status_code == 200


def test_vdc_and_query_when_there_are_more_vapps_then_the_same_statements(
    world: World, django_assert_num_queries: Any
) -> None:
    bob = world.api("bob")
    for round_number in range(2):
        for number in range(3):
            assert (
                post_instantiate(bob, world, name=f"v{round_number}-{number}", power_on=False).status_code
                == 201
            )
        world.drain()
        with django_assert_num_queries(VDC):
            assert bob.get(f"/api/vdc/{world.vdc.pk}").status_code == 200
        for kind in ("vApp", "vm", "catalog", "orgVdc", "task"):
            with django_assert_num_queries(
                QUERY + (kind == "vm")
            ):  # two sources: which rows, then what they hold
                assert bob.get(f"/api/query?type={kind}").status_code == 200
