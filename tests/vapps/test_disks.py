"""Independent disks through the API and the cluster: made, changed, attached, detached, deleted."""

import uuid
from typing import Any

import pytest

from compute import names
from compute.cluster.client import client_for
from ssvirt.core.tenancy import ALL, acting_for
from tasks.models import Claim, Task
from tests.fixtures import JSON, Api, World
from tests.vapps.bodies import V15, first_vm, running_vapp, task_of, tree, used_mb
from tests.vapps.test_crashes import drain_over_deaths, kill, make_due
from vapps.models import Disk, NamedDisk, Vm
from vapps.operations.disks import AttachDisk, CreateDisk, DeleteDisk, DetachDisk, UpdateDisk
from vdcs.models import VdcStoragePolicy

pytestmark = pytest.mark.django_db

NS = 'xmlns="http://www.vmware.com/vcloud/v1.5"'
CREATE = "application/vnd.vmware.vcloud.diskCreateParams+xml"
DISK = "application/vnd.vmware.vcloud.disk+xml"
SLOT = "application/vnd.vmware.vcloud.diskAttachOrDetachParams+xml"
OWNER = "application/vnd.vmware.vcloud.owner+xml"
RASD = "{http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData}"
FORBIDDEN = "ACCESS_TO_RESOURCE_IS_FORBIDDEN"


def disk_params(attributes: str = 'name="data" sizeMb="1024"', inner: str = "") -> str:
    return f"<DiskCreateParams {NS}><Disk {attributes}>{inner}</Disk></DiskCreateParams>"


def create(
    world: World, user: str = "bob", attributes: str = 'name="data" sizeMb="1024"', inner: str = ""
) -> Any:
    body = disk_params(attributes, inner)
    return world.api(user).post(f"/api/vdc/{world.vdc.pk}/disk", body, CREATE)


def new_disk(world: World, attributes: str = 'name="data" sizeMb="1024"', inner: str = "") -> str:
    """Href of a disk that is ready."""
    response = create(world, attributes=attributes, inner=inner)
    assert response.status_code == 201, response.content
    world.drain()
    return str(tree(response).get("href"))


def put(api: Api, href: str, attributes: str, inner: str = "") -> Any:
    return api.call("PUT", href, f"<Disk {NS} {attributes}>{inner}</Disk>", content_type=DISK)


def slot(api: Api, vm: str, disk: str, action: str = "attach", inner: str = "") -> Any:
    body = f'<DiskAttachOrDetachParams {NS}><Disk href="{disk}"/>{inner}</DiskAttachOrDetachParams>'
    return api.post(f"{vm}/disk/action/{action}", body, SLOT)


def give(api: Api, disk: str, user: object) -> Any:
    """Makes the user the disk's owner."""
    body = f'<Owner {NS}><User href="http://h/api/admin/user/{user}"/></Owner>'
    return api.call("PUT", f"{disk}/owner/", body, content_type=OWNER)


def ended(world: World, response: Any) -> tuple[str, str]:
    """(status, message of the error) of the accepted task, once all has come to rest."""
    assert response.status_code in (201, 202), response.content
    world.drain()
    task = tree(world.api("bob").get(task_of(response).get("href")))
    error = task.find(f"{V15}Error")
    return task.get("status"), error.get("message") if error is not None else ""


def succeeds(world: World, response: Any) -> None:
    assert ended(world, response) == ("success", "")


def a_vm(world: World, *, power_on: bool = True, name: str = "web") -> str:
    return str(
        first_vm(
            world.api("bob").get(running_vapp(world.api("bob"), world, name=name, power_on=power_on))
        ).get("href")
    )


def attached(world: World, *, power_on: bool = True) -> tuple[str, str]:
    """(VM, disk) of which the one has the other."""
    vm, disk = a_vm(world, power_on=power_on), new_disk(world)
    succeeds(world, slot(world.api("bob"), vm, disk))
    return vm, disk


def row(href: str) -> NamedDisk:
    with acting_for(ALL):
        return NamedDisk.objects.get(pk=href.rpartition("/")[2])


def volume(world: World, href: str, kind: str = "DataVolume") -> dict[str, Any] | None:
    name = names.named_disk_volume(row(href).pk)
    return client_for(world.cluster).get(kind, name, world.vdc.namespace)


def machine(world: World, vm: str, kind: str = "VirtualMachine") -> dict[str, Any]:
    found = client_for(world.cluster).get(
        kind, names.vm_name(uuid.UUID(vm.rpartition("vm-")[2])), world.vdc.namespace
    )
    assert found is not None
    return found


def volumes_of(world: World, vm: str, kind: str = "VirtualMachine") -> set[str]:
    found = machine(world, vm, kind)
    spec = found["spec"]["template"]["spec"] if kind == "VirtualMachine" else found["spec"]
    return {entry["dataVolume"]["name"] for entry in spec["volumes"] if "dataVolume" in entry}


def attached_vms(world: World, disk: str) -> list[str]:
    document = tree(world.api("bob").get(f"{disk}/attachedVms"))
    return [str(vm.get("href")) for vm in document.iter(f"{V15}VmReference")]


def links(response: Any) -> set[tuple[str, str | None]]:
    return {(link.get("rel"), link.get("type")) for link in tree(response).findall(f"{V15}Link")}


def refused(response: Any, status: int, minor: str, *words: str) -> None:
    assert response.status_code == status, response.content
    error = tree(response)
    assert error.get("minorErrorCode") == minor
    for word in words:
        assert word in error.get("message")


# -- the life of a disk


def test_disk_when_created_then_its_volume_is_there_and_storage_is_charged(world: World) -> None:
    bob = world.api("bob")
    response = create(
        world,
        attributes='name="data" sizeMb="2048" size="1" iops="500"',
        inner="<Description>d</Description>",
    )
    assert response.status_code == 201
    task = task_of(response)
    assert task.get("operationName") == "vdcCreateDisk"
    owner = task.find(f"{V15}Owner")
    assert (owner.get("href"), owner.get("type")) == (tree(response).get("href"), DISK)
    assert tree(response).get("status") == "0"
    assert used_mb(world) == 2048

    succeeds(world, response)
    href = tree(response).get("href")
    disk = tree(bob.get(href))
    shown = {
        key: disk.get(key) for key in ("name", "sizeMb", "size", "iops", "status", "busType", "busSubType")
    }
    assert shown == {
        "name": "data",
        "sizeMb": "2048",
        "size": str(2048 << 20),
        "iops": "500",
        "status": "1",
        "busType": "6",
        "busSubType": "VirtualSCSI",
    }
    assert disk.find(f"{V15}StorageProfile").get("name") == "gold"
    assert disk.find(f"{V15}Owner/{V15}User").get("name") == "bob"
    assert disk.findtext(f"{V15}Description") == "d"
    assert disk.find(f"{V15}Tasks") is None
    made = volume(world, href)
    assert made["status"]["phase"] == "Succeeded"
    assert made["spec"]["storage"]["resources"]["requests"]["storage"] == "2Gi"
    entities = tree(bob.get(f"/api/vdc/{world.vdc.pk}")).iter(f"{V15}ResourceEntity")
    assert [(e.get("name"), e.get("href")) for e in entities if e.get("type") == DISK] == [("data", href)]


def test_disk_when_in_json_then_the_same_document(world: World) -> None:
    bob = world.api("bob", JSON)
    body = {"_type": "DiskCreateParamsType", "disk": {"name": "json", "sizeMb": 512, "busType": "20"}}
    response = bob.post(f"/api/vdc/{world.vdc.pk}/disk", body, CREATE.replace("xml", "json"))
    assert response.status_code == 201, response.content
    world.drain()
    disk = bob.get(response.json()["href"]).json()
    assert (disk["sizeMb"], disk["busSubType"], disk["status"]) == (512, "vmware.sata.ahci", 1)
    assert "vmReference" not in bob.get(f"{disk['href']}/attachedVms").json()


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        ('busType="5" busSubType="IDE"', ("5", "IDE")),
        ('busType="5"', ("5", "")),
        ('busType="6" busSubType="lsilogicsas"', ("6", "lsilogicsas")),
        ('busType="6" busSubType="virtualscsi"', ("6", "VirtualSCSI")),
        ('busType="20" busSubType="vmware.nvme.controller"', ("20", "vmware.nvme.controller")),
    ],
)
def test_disk_when_bus_is_given_then_kept(world: World, asked: str, kept: tuple[str, str]) -> None:
    disk = row(new_disk(world, f'name="data" sizeMb="10" {asked}'))
    assert (disk.bus_type, disk.bus_sub_type) == kept


def test_disk_when_on_another_profile_then_charged_there(world: World) -> None:
    with acting_for(ALL):
        silver = VdcStoragePolicy.objects.get(vdc=world.vdc, policy__name="silver")
    profile = f'<StorageProfile href="http://h/api/vdcStorageProfile/{silver.pk}"/>'
    href = new_disk(world, 'name="d" size="1048577"', profile)
    assert row(href).size_mb == 2
    silver.refresh_from_db()
    assert silver.used_mb == 2
    assert volume(world, href)["spec"]["storage"]["storageClassName"] == "silver"


def test_disk_when_renamed_and_grown_then_claim_and_charge_grow(world: World) -> None:
    bob, href = world.api("bob"), new_disk(world)
    response = put(bob, href, 'name="more" sizeMb="2048" size="1"', "<Description>new</Description>")
    assert used_mb(world) == 2048
    assert row(href).size_mb == 1024
    succeeds(world, response)
    disk = tree(bob.get(href))
    assert (disk.get("name"), disk.get("sizeMb"), disk.findtext(f"{V15}Description")) == (
        "more",
        "2048",
        "new",
    )
    claim = volume(world, href, "PersistentVolumeClaim")
    assert claim["status"]["capacity"]["storage"] == "2Gi"
    assert (row(href).observed_capacity_mb, used_mb(world)) == (2048, 2048)


def test_disk_when_only_renamed_then_no_cluster_call_and_iops_kept(world: World) -> None:
    href = new_disk(world, 'name="data" sizeMb="1024" iops="700"')
    world.emulator.requests.clear()
    response = put(world.api("bob"), href, 'name="other" size="1073741824"')
    with acting_for(ALL):
        assert Task.objects.get(operation="vdcUpdateDisk").steps == []
    succeeds(world, response)
    assert (row(href).name, row(href).iops, used_mb(world)) == ("other", 700, 1024)
    assert not [r for r in world.emulator.requests if r.method in ("PATCH", "POST", "DELETE")]


def test_disk_when_deleted_then_nothing_is_left(world: World) -> None:
    bob, href = world.api("bob"), new_disk(world)
    response = bob.delete(href)
    assert ("remove", None) not in links(bob.get(href))
    assert ("edit", DISK) not in links(bob.get(href))
    refused(bob.delete(href), 400, "BAD_REQUEST", "data")
    name = names.named_disk_volume(row(href).pk)
    succeeds(world, response)
    refused(bob.get(href), 403, FORBIDDEN)
    assert client_for(world.cluster).get("DataVolume", name, world.vdc.namespace) is None
    assert used_mb(world) == 0
    with acting_for(ALL):
        assert not NamedDisk.objects.exists()


def test_disk_when_its_creation_is_cancelled_then_failed_with_nothing_charged_and_can_be_deleted(
    world: World,
) -> None:
    bob = world.api("bob")
    response = create(world)
    assert bob.post(f"{task_of(response).get('href')}/action/cancel").status_code == 204
    assert ended(world, response)[0] == "canceled"
    href = tree(response).get("href")
    assert tree(bob.get(href)).get("status") == "-1"
    assert volume(world, href) is None
    assert used_mb(world) == 0
    refused(put(bob, href, 'name="x"'), 400, "BAD_REQUEST", "data")
    succeeds(world, bob.delete(href))
    assert used_mb(world) == 0


def test_disk_when_its_volume_fails_then_error_with_the_reason_and_charge_given_back(world: World) -> None:
    client_for(world.cluster).apply(
        {
            "apiVersion": "v1",
            "kind": "ResourceQuota",
            "metadata": {"name": "strict", "namespace": world.vdc.namespace},
            "spec": {"hard": {"requests.storage": "1Mi"}},
        }
    )
    world.emulator.settle()
    response = create(world)
    status, message = ended(world, response)
    make_due()
    status, message = ended(world, response)
    assert (status, "exceeded quota" in message) == ("error", True)
    assert used_mb(world) == 0
    assert volume(world, tree(response).get("href")) is None


def test_growth_when_cancelled_in_the_queue_then_charge_given_back(world: World) -> None:
    bob, href = world.api("bob"), new_disk(world)
    response = put(bob, href, 'name="data" sizeMb="4096"')
    bob.post(f"{task_of(response).get('href')}/action/cancel")
    assert ended(world, response)[0] == "canceled"
    assert (row(href).size_mb, used_mb(world)) == (1024, 1024)


def test_growth_when_the_one_before_was_cancelled_then_refused_when_it_runs(world: World) -> None:
    bob, href = world.api("bob"), new_disk(world)
    first = put(bob, href, 'name="data" sizeMb="2048"')
    second = put(bob, href, 'name="data" sizeMb="3072"')
    assert used_mb(world) == 3072
    bob.post(f"{task_of(first).get('href')}/action/cancel")
    assert ended(world, second)[0] == "error"
    assert (row(href).size_mb, used_mb(world)) == (1024, 1024)


def test_owner_when_changed_then_shown_and_foreign_users_are_refused(world: World) -> None:
    alice, href = world.api("alice"), new_disk(world)
    carol, dave = world.users["carol"], world.users["dave"]

    refused(give(world.api("bob"), href, carol.pk), 403, FORBIDDEN)
    refused(give(alice, href, dave.pk), 403, FORBIDDEN)
    assert give(alice, href, carol.pk).status_code == 204
    assert tree(alice.get(f"{href}/owner/")).find(f"{V15}User").get("name") == "carol"
    refused(give(world.api("administrator"), href, dave.pk), 403, FORBIDDEN)


def test_links_when_the_right_is_missing_then_not_offered(world: World) -> None:
    href = new_disk(world)
    vms = ("down", "application/vnd.vmware.vcloud.vms+xml")
    assert {("remove", None), ("edit", DISK), vms} <= links(world.api("bob").get(href))
    refused(world.api("carol").get(href), 403, FORBIDDEN)
    assert give(world.api("alice"), href, world.users["carol"].pk).status_code == 204
    seen = links(world.api("carol").get(href))
    assert vms in seen
    assert not {("remove", None), ("edit", DISK)} & seen
    refused(world.api("carol").delete(href), 403, FORBIDDEN)


def test_disk_get_when_asked_then_constant_statements(world: World, django_assert_num_queries: Any) -> None:
    bob, (_, disk) = world.api("bob"), attached(world)
    world.emulator.requests.clear()
    for path, statements in (("", 3), ("/attachedVms", 2), ("/owner", 2)):
        with django_assert_num_queries(statements):
            assert bob.get(f"{disk}{path}").status_code == 200
    assert not list(world.emulator.requests)


# -- refusals that change nothing


@pytest.mark.parametrize(
    ("attributes", "word"),
    [
        ('name="" sizeMb="10"', "name"),
        (f'name="{"x" * 129}" sizeMb="10"', "128"),
        ('name="d"', "size"),
        ('name="d" sizeMb="0"', "size"),
        ('name="d" sizeMb="-5"', "-5"),
        ('name="d" size="0"', "size"),
        ('name="d" sizeMb="99999999999"', "99999999999"),
        ('name="d" sizeMb="10" iops="-1"', "-1"),
        ('name="d" sizeMb="10" busType="7"', '"7"'),
        ('name="d" sizeMb="10" busType="6" busSubType="vmware.sata.ahci"', "vmware.sata.ahci"),
        ('name="d" sizeMb="ten"', "ten"),
    ],
)
def test_create_when_parameters_are_wrong_then_400_and_nothing_changes(
    world: World, attributes: str, word: str
) -> None:
    response = create(world, attributes=attributes)
    refused(response, 400, "BAD_REQUEST", word)
    unchanged(world)


def unchanged(world: World) -> None:
    with acting_for(ALL):
        assert not NamedDisk.objects.exists()
        assert not Task.objects.filter(operation="vdcCreateDisk").exists()
    assert used_mb(world) == 0


def test_create_when_not_to_be_had_then_refused_and_nothing_changes(world: World) -> None:
    unknown = uuid.uuid4()
    profile = f'<StorageProfile href="http://h/api/vdcStorageProfile/{unknown}"/>'
    refused(create(world, inner=profile), 403, FORBIDDEN, str(unknown))
    with acting_for(ALL):
        foreign = VdcStoragePolicy.objects.filter(vdc=world.globex_vdc).first().pk
    profile = f'<StorageProfile href="http://h/api/vdcStorageProfile/{foreign}"/>'
    refused(create(world, inner=profile), 403, FORBIDDEN)
    shared = create(world, attributes='name="d" sizeMb="10" sharingType="DiskSharing"')
    refused(shared, 400, "UNSUPPORTED_OPERATION")
    too_much = create(world, attributes='name="d" sizeMb="2000000"')
    refused(too_much, 400, "RESOURCE_LIMIT_EXCEEDED", "gold", "2000000")
    refused(create(world, "dave"), 403, FORBIDDEN)
    refused(create(world, "carol"), 403, FORBIDDEN)
    refused(
        world.api("bob").post(f"/api/vdc/{world.vdc.pk}/disk", f"<DiskCreateParams {NS}/>", CREATE),
        400,
        "BAD_REQUEST",
    )
    unchanged(world)


def test_update_when_not_possible_then_refused_and_nothing_changes(world: World) -> None:
    bob, href = world.api("bob"), new_disk(world)
    with acting_for(ALL):
        silver = VdcStoragePolicy.objects.get(vdc=world.vdc, policy__name="silver").pk
    profile = '<StorageProfile href="http://h/api/vdcStorageProfile/{}"/>'
    refused(put(bob, href, 'name="data" sizeMb="512"'), 400, "BAD_REQUEST", "512", "1024")
    refused(put(bob, href, 'name="data" busType="20"'), 400, "BAD_REQUEST", "bus")
    refused(put(bob, href, 'name="data" busSubType="lsilogic"'), 400, "BAD_REQUEST", "bus")
    refused(put(bob, href, 'sizeMb="2048"'), 400, "BAD_REQUEST", "name")
    refused(put(bob, href, 'name="data"', profile.format(silver)), 400, "UNSUPPORTED_OPERATION")
    refused(put(bob, href, 'name="data"', profile.format(uuid.uuid4())), 403, FORBIDDEN)
    refused(put(bob, href, 'name="data" sizeMb="2000000"'), 400, "RESOURCE_LIMIT_EXCEEDED")
    refused(put(world.api("carol"), href, 'name="data"'), 403, FORBIDDEN)
    with acting_for(ALL):
        assert not Task.objects.filter(operation="vdcUpdateDisk").exists()
    assert (row(href).size_mb, used_mb(world)) == (1024, 1024)
    succeeds(
        world,
        put(bob, href, 'name="same" sizeMb="1024" size="7" busType="6" busSubType="VirtualSCSI" iops="9"'),
    )
    assert (row(href).name, row(href).iops) == ("same", 9)


def test_disk_when_anothers_then_403_without_its_name(world: World) -> None:
    vm, href = attached(world)
    dave = world.api("dave")
    answers = [dave.get(f"{href}{path}") for path in ("", "/attachedVms", "/owner")]
    answers += [dave.delete(href), put(dave, href, 'name="x"'), slot(dave, vm, href, "detach")]
    for answer in answers:
        refused(answer, 403, FORBIDDEN)
        assert b"data" not in answer.content
        assert b"web" not in answer.content


# -- in the slots of VMs


@pytest.mark.parametrize("power_on", [True, False], ids=["running", "stopped"])
def test_attach_and_detach_when_vm_runs_or_not_then_both_sides_show_it(world: World, power_on: bool) -> None:
    bob, vm, disk = world.api("bob"), a_vm(world, power_on=power_on), new_disk(world)
    before = used_mb(world)
    response = slot(bob, vm, disk)
    assert task_of(response).get("operationName") == "vappAttachDisk"
    assert task_of(response).find(f"{V15}Owner").get("href") == vm
    succeeds(world, response)
    assert attached_vms(world, disk) == [vm]
    assert ("remove", None) not in links(bob.get(disk))
    settings = [s for s in tree(bob.get(vm)).iter(f"{V15}DiskSettings") if s.find(f"{V15}Disk") is not None]
    assert [(s.find(f"{V15}Disk").get("href"), s.find(f"{V15}Disk").get("name")) for s in settings] == [
        (disk, "data")
    ]
    assert [settings[0].findtext(f"{V15}{tag}") for tag in ("DiskId", "SizeMb", "UnitNumber")] == [
        "2001",
        "1024",
        "1",
    ]
    items = [i for i in tree(bob.get(vm)).iter() if i.findtext(f"{RASD}InstanceID") == "2001"]
    assert items[0].find(f"{RASD}HostResource").get(f"{V15}disk") == disk
    name = names.named_disk_volume(row(disk).pk)
    assert name in volumes_of(world, vm)
    if power_on:
        assert name in volumes_of(world, vm, "VirtualMachineInstance")
        assert not [c for c in machine(world, vm)["status"]["conditions"] if c["type"] == "RestartRequired"]

    succeeds(world, slot(bob, vm, disk, "detach"))
    assert attached_vms(world, disk) == []
    assert name not in volumes_of(world, vm)
    if power_on:
        assert name not in volumes_of(world, vm, "VirtualMachineInstance")
    assert ("remove", None) in links(bob.get(disk))
    assert volume(world, disk)["status"]["phase"] == "Succeeded"
    assert used_mb(world) == before
    with acting_for(ALL):
        assert not Claim.objects.exists()


def test_vm_when_it_has_a_disk_then_it_starts_and_stops_with_it(world: World) -> None:
    bob, (vm, disk) = world.api("bob"), attached(world, power_on=False)
    succeeds(world, bob.post(f"{vm}/power/action/powerOn"))
    assert names.named_disk_volume(row(disk).pk) in volumes_of(world, vm, "VirtualMachineInstance")
    with acting_for(ALL):
        assert names.named_disk_volume(row(disk).pk) in Vm.objects.get().observed_volumes
    succeeds(world, bob.post(f"{vm}/power/action/powerOff"))
    with acting_for(ALL):
        assert Vm.objects.get().observed_volumes == []
    assert attached_vms(world, disk) == [vm]


def test_disk_when_attached_and_grown_then_the_vm_shows_the_size(world: World) -> None:
    bob, (vm, disk) = world.api("bob"), attached(world)
    succeeds(world, put(bob, disk, 'name="data" sizeMb="2048"'))
    sizes = [s.findtext(f"{V15}SizeMb") for s in tree(bob.get(vm)).iter(f"{V15}DiskSettings")]
    assert sizes[-1] == "2048"


def test_attach_when_place_is_given_then_there_and_a_taken_one_is_refused(world: World) -> None:
    bob, vm, first, second = world.api("bob"), a_vm(world), new_disk(world), new_disk(world)
    place = "<BusNumber>{}</BusNumber><UnitNumber>{}</UnitNumber>"
    refused(slot(bob, vm, first, inner=place.format(0, 0)), 400, "BAD_REQUEST", "Unit 0")
    refused(slot(bob, vm, first, inner=place.format(0, 7)), 400, "BAD_REQUEST", "Unit 7")
    refused(slot(bob, vm, first, inner=place.format(-1, 0)), 400, "BAD_REQUEST", "-1")
    succeeds(world, slot(bob, vm, first, inner=place.format(1, 3)))
    with acting_for(ALL):
        assert Disk.objects.values_list("bus_number", "unit_number").get(named_id=row(first).pk) == (1, 3)
    refused(slot(bob, vm, second, inner=place.format(1, 3)), 400, "BAD_REQUEST", "Unit 3")
    assert attached_vms(world, second) == []


def test_attach_when_not_possible_then_refused_and_nothing_changes(world: World) -> None:
    bob, (vm, disk) = world.api("bob"), attached(world)
    other = a_vm(world, name="other")
    refused(slot(bob, vm, disk), 400, "BAD_REQUEST", "data", "already")
    refused(slot(bob, other, disk), 400, "BAD_REQUEST", "data")
    refused(slot(bob, other, disk, "detach"), 400, "BAD_REQUEST", "data")
    refused(bob.delete(disk), 400, "BAD_REQUEST", "data", "attached")
    refused(slot(bob, vm, f"http://h/api/disk/{uuid.uuid4()}"), 403, FORBIDDEN)
    refused(slot(bob, vm, "nonsense"), 400, "BAD_REQUEST", "nonsense")
    response = world.api("bob").post(f"/api/vdc/{world.vdc2.pk}/disk", disk_params(), CREATE)
    elsewhere = tree(response).get("href")
    succeeds(world, response)
    refused(slot(bob, vm, elsewhere), 400, "BAD_REQUEST", "VDC")
    assert attached_vms(world, disk) == [vm]
    assert attached_vms(world, elsewhere) == []
    with acting_for(ALL):
        assert Task.objects.filter(operation="vappAttachDisk").count() == 1


def test_attach_when_two_race_for_a_disk_then_the_second_is_refused(world: World) -> None:
    bob, disk = world.api("bob"), new_disk(world)
    one, two = a_vm(world, name="one"), a_vm(world, name="two")
    first = slot(bob, one, disk)
    refused(slot(bob, two, disk), 400, "BAD_REQUEST", "data")
    succeeds(world, first)
    assert attached_vms(world, disk) == [one]


def test_attach_when_queued_behind_a_detachment_that_is_cancelled_then_judged_again(world: World) -> None:
    bob, (one, disk) = world.api("bob"), attached(world)
    two = a_vm(world, name="two")
    detaching = slot(bob, one, disk, "detach")
    attaching = slot(bob, two, disk)
    bob.post(f"{task_of(detaching).get('href')}/action/cancel")
    status, message = ended(world, attaching)
    assert (status, "data" in message) == ("error", True)
    assert attached_vms(world, disk) == [one]
    assert row(disk).projected_vm_id == uuid.UUID(one.rpartition("vm-")[2])
    assert names.named_disk_volume(row(disk).pk) in volumes_of(world, one, "VirtualMachineInstance")


def test_disk_when_moved_in_one_go_then_each_waits_its_turn(world: World) -> None:
    bob, (one, disk) = world.api("bob"), attached(world)
    two = a_vm(world, name="two")
    slot(bob, one, disk, "detach")
    attaching = slot(bob, two, disk)
    succeeds(world, attaching)
    assert attached_vms(world, disk) == [two]
    slot(bob, two, disk, "detach")
    succeeds(world, bob.delete(disk))


def test_attach_when_the_disk_could_not_be_made_then_error_and_the_vm_is_as_before(world: World) -> None:
    bob, vm = world.api("bob"), a_vm(world)
    creating = create(world)
    attaching = slot(bob, vm, tree(creating).get("href"))
    bob.post(f"{task_of(creating).get('href')}/action/cancel")
    assert ended(world, attaching)[0] == "error"
    assert len(volumes_of(world, vm)) == 1
    assert row(tree(creating).get("href")).projected_vm_id is None


def test_attach_when_cancelled_halfway_then_the_machine_is_as_its_rows(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    bob, vm, disk = world.api("bob"), a_vm(world), new_disk(world)
    kill(monkeypatch, "vappAttachDisk", "disk_attached", after=False)
    response = slot(bob, vm, disk)
    with acting_for(ALL):
        task = Task.objects.get(operation="vappAttachDisk")
    from tests.vapps.test_crashes import ProcessKilled, expire_leases

    with pytest.raises(ProcessKilled):
        world.drain()
    assert names.named_disk_volume(row(disk).pk) in volumes_of(world, vm)
    assert bob.post(f"/api/task/{task.pk}/action/cancel").status_code == 204
    expire_leases()
    assert ended(world, response)[0] == "canceled"
    assert names.named_disk_volume(row(disk).pk) not in volumes_of(world, vm)
    assert attached_vms(world, disk) == []
    succeeds(world, slot(bob, vm, disk))


def test_vm_when_deleted_then_its_independent_disk_stays_detached(world: World) -> None:
    bob, (vm, disk) = world.api("bob"), attached(world)
    vapp = tree(bob.get(vm)).find(f"{V15}Link[@rel='up']").get("href")
    succeeds(world, bob.delete(f"{vapp}?force=true"))
    assert attached_vms(world, disk) == []
    assert row(disk).projected_vm_id is None
    assert volume(world, disk)["status"]["phase"] == "Succeeded"
    assert used_mb(world) == 1024
    succeeds(world, slot(bob, a_vm(world, name="next"), disk))


# -- crashes


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", CreateDisk.steps)
def test_worker_when_killed_at_a_step_of_creating_then_one_volume(
    world: World, monkeypatch: pytest.MonkeyPatch, step: str, after: bool
) -> None:
    kill(monkeypatch, "vdcCreateDisk", step, after=after)
    response = create(world)
    assert drain_over_deaths(world) == 1
    succeeds(world, response)
    assert used_mb(world) == 1024


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", UpdateDisk.steps)
def test_worker_when_killed_at_a_step_of_growing_then_it_grows_once(
    world: World, monkeypatch: pytest.MonkeyPatch, step: str, after: bool
) -> None:
    href = new_disk(world)
    kill(monkeypatch, "vdcUpdateDisk", step, after=after)
    response = put(world.api("bob"), href, 'name="data" sizeMb="2048"')
    assert drain_over_deaths(world) == 1
    succeeds(world, response)
    assert (row(href).size_mb, used_mb(world)) == (2048, 2048)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", DeleteDisk.steps)
def test_worker_when_killed_at_a_step_of_deleting_then_nothing_is_left(
    world: World, monkeypatch: pytest.MonkeyPatch, step: str, after: bool
) -> None:
    href = new_disk(world)
    kill(monkeypatch, "vdcDeleteDisk", step, after=after)
    response = world.api("bob").delete(href)
    assert drain_over_deaths(world) == 1
    succeeds(world, response)
    assert used_mb(world) == 0


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", AttachDisk.steps)
@pytest.mark.parametrize("power_on", [True, False], ids=["running", "stopped"])
def test_worker_when_killed_at_a_step_of_attaching_then_one_slot(
    world: World, monkeypatch: pytest.MonkeyPatch, step: str, after: bool, power_on: bool
) -> None:
    vm, disk = a_vm(world, power_on=power_on), new_disk(world)
    kill(monkeypatch, "vappAttachDisk", step, after=after)
    response = slot(world.api("bob"), vm, disk)
    assert drain_over_deaths(world) == 1
    succeeds(world, response)
    assert attached_vms(world, disk) == [vm]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", DetachDisk.steps)
def test_worker_when_killed_at_a_step_of_detaching_then_the_disk_is_free(
    world: World, monkeypatch: pytest.MonkeyPatch, step: str, after: bool
) -> None:
    vm, disk = attached(world)
    kill(monkeypatch, "vappDetachDisk", step, after=after)
    response = slot(world.api("bob"), vm, disk, "detach")
    assert drain_over_deaths(world) == 1
    succeeds(world, response)
    assert attached_vms(world, disk) == []
    assert volume(world, disk) is not None


def test_watch_when_it_was_away_while_a_disk_went_then_a_new_one_notices(world: World) -> None:
    from compute.watch import Watcher

    href = new_disk(world)
    client = client_for(world.cluster)
    client.delete("DataVolume", names.named_disk_volume(row(href).pk), world.vdc.namespace)
    world.emulator.settle()
    world.watcher = Watcher(world.cluster.pk, client)
    world.watcher.sync()
    assert row(href).observed_uid == ""
