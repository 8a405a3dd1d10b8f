"""Who sees which tasks: one's own, and those of what one sees."""

import pytest

from orgs.models import AccessGrant, AccessLevel
from ssvirt.core.tenancy import ALL, acting_for
from tests.fixtures import Api, World
from tests.vapps.bodies import V15, post_instantiate, task_of, tree
from vapps.models import VApp

pytestmark = pytest.mark.django_db


def listed(api: Api, world: World) -> set[str]:
    """Ids in the organization's list of tasks and among the query's records, which must be the same."""
    root = tree(api.get(f"/api/tasksList/{world.acme.pk}"))
    in_list = {task.get("href").rpartition("/")[2] for task in root.findall(f"{V15}Task")}
    records = tree(api.get("/api/query?type=task&pageSize=128")).findall(f"{V15}TaskRecord")
    assert {record.get("href").rpartition("/")[2] for record in records} == in_list
    return in_list


def test_tasks_of_a_vapp_when_it_is_not_shared_then_neither_are_they(world: World) -> None:
    bob, carol = world.api("bob"), world.api("carol")
    task = task_of(post_instantiate(bob, world)).get("href")
    task_id = task.rpartition("/")[2]
    world.drain()

    assert carol.get(task).status_code == 403
    assert task_id not in listed(carol, world)
    for seer in (bob, world.api("alice")):
        assert seer.get(task).status_code == 200
        assert task_id in listed(seer, world)

    with acting_for(ALL):
        vapp = VApp.objects.get()
        AccessGrant.objects.create(
            org_id=vapp.org_id, entity_id=vapp.pk, user=world.users["carol"], level=AccessLevel.READ_ONLY
        )
    assert carol.get(task).status_code == 200
    assert task_id in listed(carol, world)


def test_tasks_of_ones_own_vapp_when_an_administrator_started_them_then_seen(world: World) -> None:
    alice, bob = world.api("alice"), world.api("bob")
    vapp = tree(post_instantiate(bob, world)).get("href")
    world.drain()
    task = task_of(alice.post(f"{vapp}/power/action/powerOff")).get("href")
    world.drain()
    assert bob.get(task).status_code == 200
    assert world.api("carol").get(task).status_code == 403


def test_ones_own_task_when_its_entity_is_gone_then_still_seen(world: World) -> None:
    bob = world.api("bob")
    vapp = tree(post_instantiate(bob, world, power_on=False)).get("href")
    world.drain()
    task = task_of(bob.delete(vapp)).get("href")
    world.drain()
    assert bob.get(vapp).status_code == 403
    assert tree(bob.get(task)).get("status") == "success"
