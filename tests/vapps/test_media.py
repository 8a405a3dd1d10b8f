"""Media in the CD drive of VMs, through the API and the cluster."""

import uuid
from typing import Any

import pytest
from lxml import etree

from catalogs.models import Media
from catalogs.services import catalog_create, media_create
from compute import names
from compute.cluster.client import client_for
from ssvirt.core.tenancy import ALL, acting_for
from tasks.models import Task
from tests.fixtures import Api, World
from tests.vapps.bodies import V15, task_of, tree
from tests.vapps.test_crashes import ProcessKilled, drain_over_deaths, expire_leases, kill
from tests.vapps.test_disks import FORBIDDEN, RASD, a_vm, links, machine, refused, succeeds
from vapps.models import Vm
from vapps.operations.media import EjectMedium, InsertMedium

pytestmark = pytest.mark.django_db

PARAMS = "application/vnd.vmware.vcloud.mediaInsertOrEjectParams+xml"
SOURCE = ("openshift-virtualization-os-images", "fedora")
"""To the emulator any DataSource is as good as an image's."""


def medium(world: World, name: str = "tools.iso", source: tuple[str, str] | None = SOURCE) -> Media:
    with acting_for(ALL):
        return media_create(
            catalog=world.catalog, name=name, owner=world.users["alice"], size_bytes=5 << 20, source=source
        )


def change(api: Api, vm: str, action: str, media_id: object = None) -> Any:
    inner = f'<Media href="http://testserver/api/media/{media_id}"/>' if media_id else ""
    body = f'<MediaInsertOrEjectParams xmlns="http://www.vmware.com/vcloud/v1.5">{inner}</MediaInsertOrEjectParams>'
    return api.post(f"{vm}/media/action/{action}", body, PARAMS)


def vm_id(vm: str) -> uuid.UUID:
    return uuid.UUID(vm.rpartition("vm-")[2])


def copies(world: World) -> list[str]:
    pages = client_for(world.cluster).list_pages("DataVolume", namespace=world.vdc.namespace)
    return [v["metadata"]["name"] for page, _ in pages for v in page if "-cd-" in v["metadata"]["name"]]


def in_tray(world: World, vm: str, kind: str = "VirtualMachine") -> str | None:
    """The DataVolume in the machine's tray."""
    found = machine(world, vm, kind)
    spec = found["spec"]["template"]["spec"] if kind == "VirtualMachine" else found["spec"]
    return next((v["dataVolume"]["name"] for v in spec["volumes"] if v["name"] == "cd0"), None)


def drive(world: World, vm: str) -> tuple[str, str | None, str]:
    """(subtype of the hardware Item, medium in MediaSettings, MediaState)"""
    document = tree(world.api("bob").get(vm))
    items = [item for item in document.iter() if item.findtext(f"{RASD}ResourceType") == "15"]
    assert len(items) == 1
    settings = document.find(f".//{V15}MediaSettings")
    image = settings.find(f"{V15}MediaImage")
    return (
        items[0].findtext(f"{RASD}ResourceSubType"),
        image.get("name") if image is not None else None,
        settings.findtext(f"{V15}MediaState"),
    )


EMPTY = ("vmware.cdrom.remotepassthrough", None, "DISCONNECTED")
INSERTED = ("vmware.cdrom.iso", "tools.iso", "SERVER")


@pytest.mark.parametrize("power_on", [True, False], ids=["running", "stopped"])
def test_medium_when_inserted_and_ejected_then_the_machine_has_a_copy_and_gives_it_up(
    world: World, power_on: bool
) -> None:
    bob, vm, media = world.api("bob"), a_vm(world, power_on=power_on), medium(world)
    assert drive(world, vm) == EMPTY
    response = change(bob, vm, "insertMedia", media.pk)
    assert task_of(response).get("operationName") == "vappInsertCdFloppy"
    assert drive(world, vm) == EMPTY
    succeeds(world, response)
    name = names.cd_volume_name(vm_id(vm), media.pk)
    assert drive(world, vm) == INSERTED
    assert (copies(world), in_tray(world, vm)) == ([name], name)
    if power_on:
        assert in_tray(world, vm, "VirtualMachineInstance") == name
        conditions = machine(world, vm)["status"]["conditions"]
        assert not [c for c in conditions if c["type"] == "RestartRequired"]

    response = change(bob, vm, "ejectMedia", media.pk)
    assert task_of(response).get("operationName") == "vappEjectCdFloppy"
    succeeds(world, response)
    assert drive(world, vm) == EMPTY
    assert (copies(world), in_tray(world, vm)) == ([], None)
    if power_on:
        assert in_tray(world, vm, "VirtualMachineInstance") is None
    succeeds(world, change(bob, vm, "insertMedia", media.pk))
    assert drive(world, vm) == INSERTED


def test_medium_when_another_is_inserted_then_replaced(world: World) -> None:
    bob, vm, first, second = world.api("bob"), a_vm(world), medium(world), medium(world, "second.iso")
    change(bob, vm, "insertMedia", first.pk)
    succeeds(world, change(bob, vm, "insertMedia", second.pk))
    name = names.cd_volume_name(vm_id(vm), second.pk)
    assert drive(world, vm) == ("vmware.cdrom.iso", "second.iso", "SERVER")
    assert (copies(world), in_tray(world, vm, "VirtualMachineInstance")) == ([name], name)
    succeeds(world, change(bob, vm, "insertMedia", second.pk))
    assert copies(world) == [name]
    succeeds(world, change(bob, vm, "ejectMedia"))
    assert copies(world) == []


def test_medium_when_of_a_published_catalog_then_other_organizations_insert_it(world: World) -> None:
    from tests.vapps.bodies import INSTANTIATE, first_vm, instantiate

    dave, media = world.api("dave"), medium(world)
    body = instantiate(world, network="none", mode="NONE")
    response = dave.post(f"/api/vdc/{world.globex_vdc.pk}/action/instantiateVAppTemplate", body, INSTANTIATE)
    assert response.status_code == 201, response.content
    world.drain()
    vm = first_vm(dave.get(tree(response).get("href"))).get("href")
    response = change(dave, vm, "insertMedia", media.pk)
    world.drain()
    assert tree(dave.get(task_of(response).get("href"))).get("status") == "success"
    binding = client_for(world.cluster).get(
        "RoleBinding", f"ssvirt-clone-{world.globex_vdc.namespace}", SOURCE[0]
    )
    assert binding is not None


def test_vm_when_it_has_a_medium_then_it_restarts_with_it_and_takes_it_along_when_deleted(
    world: World,
) -> None:
    bob, vm, media = world.api("bob"), a_vm(world), medium(world)
    succeeds(world, change(bob, vm, "insertMedia", media.pk))
    succeeds(world, bob.post(f"{vm}/power/action/powerOff"))
    assert drive(world, vm) == INSERTED
    succeeds(world, bob.post(f"{vm}/power/action/powerOn"))
    assert in_tray(world, vm, "VirtualMachineInstance") == names.cd_volume_name(vm_id(vm), media.pk)
    succeeds(world, bob.post(f"{vm}/power/action/powerOff"))
    succeeds(world, bob.delete(vm))
    assert copies(world) == []
    with acting_for(ALL):
        assert Media.objects.filter(pk=media.pk).exists()


def test_eject_when_queued_behind_an_insertion_then_judged_by_it(world: World) -> None:
    bob, vm, media = world.api("bob"), a_vm(world), medium(world)
    change(bob, vm, "insertMedia", media.pk)
    ejecting = change(bob, vm, "ejectMedia", media.pk)
    refused(change(bob, vm, "ejectMedia", media.pk), 400, "BAD_REQUEST", "web-vm")
    succeeds(world, ejecting)
    assert drive(world, vm) == EMPTY
    assert copies(world) == []


def test_medium_when_not_to_be_had_then_refused_and_nothing_changes(world: World) -> None:
    bob, vm, media = world.api("bob"), a_vm(world), medium(world)
    with acting_for(ALL):
        hidden = catalog_create(org=world.globex, name="own", owner=world.users["dave"])
        foreign = media_create(
            catalog=hidden, name="foreign.iso", owner=world.users["dave"], size_bytes=1, source=SOURCE
        )
    empty = medium(world, "empty.iso", source=None)
    for action in ("insertMedia", "ejectMedia"):
        answer = change(bob, vm, action, foreign.pk)
        refused(answer, 403, FORBIDDEN)
        assert b"foreign" not in answer.content
        refused(change(bob, vm, action, uuid.uuid4()), 403, FORBIDDEN)
        refused(change(bob, vm, action, "nonsense"), 400, "BAD_REQUEST", "nonsense")
    refused(change(bob, vm, "insertMedia"), 400, "BAD_REQUEST", "Media")
    refused(change(bob, vm, "insertMedia", empty.pk), 400, "BAD_REQUEST", "empty.iso")
    refused(change(bob, vm, "ejectMedia"), 400, "BAD_REQUEST", "web-vm")
    refused(change(bob, vm, "ejectMedia", media.pk), 400, "BAD_REQUEST", "web-vm")
    refused(change(world.api("dave"), vm, "insertMedia", media.pk), 403, FORBIDDEN)
    with acting_for(ALL):
        assert not Task.objects.filter(operation__in=("vappInsertCdFloppy", "vappEjectCdFloppy")).exists()
        assert Vm.objects.get().media_id is None
    assert copies(world) == []


def test_medium_when_its_source_is_missing_then_it_waits_and_cancelling_leaves_nothing(world: World) -> None:
    bob, vm = world.api("bob"), a_vm(world)
    media = medium(world, source=("openshift-virtualization-os-images", "missing"))
    response = change(bob, vm, "insertMedia", media.pk)
    world.drain()
    task = tree(bob.get(task_of(response).get("href")))
    assert (task.get("status"), "missing" in task.findtext(f"{V15}Details")) == ("running", True)
    assert bob.post(f"{task.get('href')}/action/cancel").status_code == 204
    world.drain()
    assert tree(bob.get(task.get("href"))).get("status") == "canceled"
    assert copies(world) == []
    assert drive(world, vm) == EMPTY


def test_links_when_the_vm_is_on_or_off_then_always_there(world: World) -> None:
    bob, vm = world.api("bob"), a_vm(world)
    rels = {"media:insertMedia", "media:ejectMedia", "disk:attach", "disk:detach"}
    assert rels <= {rel for rel, _ in links(bob.get(vm))}
    succeeds(world, bob.post(f"{vm}/power/action/powerOff"))
    assert rels <= {rel for rel, _ in links(bob.get(vm))}


def test_question_when_asked_for_then_403(world: World) -> None:
    bob, vm = world.api("bob"), a_vm(world)
    answer = (
        '<VmQuestionAnswer xmlns="http://www.vmware.com/vcloud/v1.5">'
        "<ChoiceId>0</ChoiceId><QuestionId>1</QuestionId></VmQuestionAnswer>"
    )
    for response in (
        bob.get(f"{vm}/question"),
        bob.post(f"{vm}/question/action/answer", answer, "application/vnd.vmware.vcloud.vmPendingAnswer+xml"),
        world.api("dave").get(f"{vm}/question"),
    ):
        refused(response, 403, FORBIDDEN)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", InsertMedium.steps)
def test_worker_when_killed_at_a_step_of_inserting_then_one_copy(
    world: World, monkeypatch: pytest.MonkeyPatch, step: str, after: bool
) -> None:
    bob, vm, old, new = world.api("bob"), a_vm(world), medium(world, "old.iso"), medium(world)
    succeeds(world, change(bob, vm, "insertMedia", old.pk))
    kill(monkeypatch, "vappInsertCdFloppy", step, after=after)
    response = change(bob, vm, "insertMedia", new.pk)
    assert drain_over_deaths(world) == 1
    succeeds(world, response)
    assert drive(world, vm) == INSERTED
    assert copies(world) == [names.cd_volume_name(vm_id(vm), new.pk)]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", EjectMedium.steps)
def test_worker_when_killed_at_a_step_of_ejecting_then_empty(
    world: World, monkeypatch: pytest.MonkeyPatch, step: str, after: bool
) -> None:
    bob, vm, media = world.api("bob"), a_vm(world), medium(world)
    succeeds(world, change(bob, vm, "insertMedia", media.pk))
    kill(monkeypatch, "vappEjectCdFloppy", step, after=after)
    response = change(bob, vm, "ejectMedia", media.pk)
    assert drain_over_deaths(world) == 1
    succeeds(world, response)
    assert drive(world, vm) == EMPTY
    assert copies(world) == []


def test_insertion_when_cancelled_halfway_then_what_was_in_stays_in(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    bob, vm, old, new = world.api("bob"), a_vm(world), medium(world), medium(world, "new.iso")
    succeeds(world, change(bob, vm, "insertMedia", old.pk))
    kill(monkeypatch, "vappInsertCdFloppy", "medium_inserted", after=False)
    response = change(bob, vm, "insertMedia", new.pk)
    with pytest.raises(ProcessKilled):
        world.drain()
    assert bob.post(f"{task_of(response).get('href')}/action/cancel").status_code == 204
    expire_leases()
    world.drain()
    assert tree(bob.get(task_of(response).get("href"))).get("status") == "canceled"
    assert drive(world, vm) == INSERTED
    assert copies(world) == [names.cd_volume_name(vm_id(vm), old.pk)]
    assert in_tray(world, vm, "VirtualMachineInstance") == names.cd_volume_name(vm_id(vm), old.pk)


def drives_put(api: Api, vm: str, name: str) -> Any:
    """The list of drives sent back with another medium in the CD drive, as pyvcloud's update_vhs_media does."""
    path = f"{vm}/virtualHardwareSection/media"
    items = tree(api.get(path))
    (host,) = (
        item.find(f"{RASD}HostResource")
        for item in items.iter(f"{V15}Item")
        if item.findtext(f"{RASD}ElementName") == "CD/DVD Drive 1"
    )
    host.text = name
    body = etree.tostring(items).decode()
    return api.call("PUT", path, body, content_type="application/vnd.vmware.vcloud.rasdItemsList+xml")


def test_drives_when_put_with_a_name_then_that_medium_comes_and_without_one_it_goes(world: World) -> None:
    bob, vm, media = world.api("bob"), a_vm(world), medium(world)
    succeeds(world, drives_put(bob, vm, media.name))
    assert drive(world, vm) == INSERTED
    succeeds(world, drives_put(bob, vm, media.name))
    assert len(copies(world)) == 1
    succeeds(world, drives_put(bob, vm, ""))
    assert drive(world, vm) == EMPTY
    assert copies(world) == []


def test_drives_when_put_with_an_unknown_or_ambiguous_name_then_refused(world: World) -> None:
    bob, vm = world.api("bob"), a_vm(world)
    assert drives_put(bob, vm, "nothing.iso").status_code == 403
    medium(world)
    with acting_for(ALL):
        other = catalog_create(org=world.catalog.org, name="more", owner=world.users["bob"])
        media_create(catalog=other, name="tools.iso", owner=world.users["bob"], size_bytes=1, source=SOURCE)
    answer = drives_put(bob, vm, "tools.iso")
    assert answer.status_code == 400
    assert "several media" in tree(answer).get("message")
    assert drive(world, vm) == EMPTY
