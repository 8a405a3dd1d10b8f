"""Requests that were queued behind others: each is judged again, and acts on what is when its turn comes."""

from collections.abc import Callable
from typing import Any

import pytest

from orgs.models import Org
from ssvirt.core.tenancy import ALL, acting_for
from tasks.chores import do_chores
from tests.fixtures import Api, World
from tests.vapps.bodies import COMPOSE, V15, compose, first_vm, post_instantiate, running_vapp, task_of, tree
from tests.vapps.test_half_made import cancel, settle, status
from tests.vapps.test_moves import move, udns
from tests.vapps.test_network_tasks import SECTION, bridged, card, own
from tests.vapps.test_power import expire, lease
from tests.vapps.test_recompose import (
    CLONE,
    CREATE_VM,
    FROM_TEMPLATE,
    empty_vapp,
    names_in,
    recompose,
    sourced,
    template_vm,
)
from tests.vapps.test_reconfigure import MEDIA, NS, done, put, reconfigure, row
from tests.vapps.test_review import networks_put
from tests.vapps.test_vapp_networks import networks
from tests.vdcs.bodies import network_body
from tests.vdcs.test_networks import post as network_post
from vapps.models import VApp, VAppNetwork, Vm
from vdcs.models import Network

pytestmark = pytest.mark.django_db


def vm_of(api: Api, vapp: str) -> str:
    return str(first_vm(api.get(vapp)).get("href"))


def renamed(api: Api, vapp: str, name: str, description: str = "") -> Any:
    body = f'<VApp {NS} name="{name}"><Description>{description}</Description></VApp>'
    return api.call("PUT", vapp, body, content_type=MEDIA.format("vApp"))


def vm_renamed(api: Api, vm: str, name: str) -> Any:
    return api.call("PUT", vm, f'<Vm {NS} name="{name}"/>', content_type=MEDIA.format("vm"))


def message(api: Api, response: Any) -> str:
    error = tree(api.get(task_of(response).get("href"))).find(f"{V15}Error")
    return str(error.get("message")) if error is not None else ""


def start_order(api: Api, vapp: str) -> Any:
    body = (
        f'<ovf:StartupSection {NS}><ovf:Info/><ovf:Item ovf:id="web-vm" ovf:order="5"/></ovf:StartupSection>'
    )
    return put(api, f"{vapp}/startupSection/", body, "startupSection")


CPUS = '<VmSpecSection Modified="true"><ovf:Info/><NumCpus>4</NumCpus></VmSpecSection>'
CHANGES: dict[str, Callable[[Api, World, str], Any]] = {
    "CPUs": lambda api, world, vapp: reconfigure(api, vm_of(api, vapp), CPUS),
    "name": lambda api, world, vapp: renamed(api, vapp, "other"),
    "VM's name": lambda api, world, vapp: vm_renamed(api, vm_of(api, vapp), "other"),
    "lease": lambda api, world, vapp: put(
        api, f"{vapp}/leaseSettingsSection/", lease(0, 7200), "leaseSettingsSection"
    ),
    "start order": lambda api, world, vapp: start_order(api, vapp),
    "networks": lambda api, world, vapp: networks_put(api, vapp, bridged(world) + own()),
    "card": lambda api, world, vapp: card(api, vm_of(api, vapp), "none"),
    "VM removed": lambda api, world, vapp: api.delete(vm_of(api, vapp)),
}


@pytest.mark.parametrize("change", CHANGES)
def test_move_when_what_it_moves_is_changed_before_it_then_it_says_so_and_all_stays(
    world: World, change: str
) -> None:
    bob = world.api("bob")
    vapp = running_vapp(bob, world, power_on=False)
    changed = CHANGES[change](bob, world, vapp)
    moved = move(bob, world, vapp)
    if change == "VM removed":
        assert moved.status_code == 400, "it counts as gone"
        return
    assert settle(world) == []
    assert (status(bob, changed), status(bob, moved)) == ("success", "error")
    assert "was changed or removed" in message(bob, moved)
    with acting_for(ALL):
        assert VApp.objects.get(vdc=world.vdc).vms.count() == 1
    assert done(bob, world, move(bob, world, vapp)) == "success"


def test_copy_when_its_source_only_ran_meanwhile_then_it_is_copied(world: World) -> None:
    bob = world.api("bob")
    vapp = running_vapp(bob, world, power_on=False)
    vm = vm_of(bob, vapp)
    for action in ("powerOn", "powerOff"):
        assert bob.post(f"{vm}/power/action/{action}").status_code == 202
    body = f'<CloneVAppParams {NS} name="twin" deploy="false" powerOn="false"><Source href="{vapp}"/></CloneVAppParams>'
    twin = bob.post(f"/api/vdc/{world.vdc.pk}/action/cloneVApp", body, CLONE)
    assert settle(world) == []
    assert status(bob, twin) == "success"


def test_vapp_when_renamed_there_and_back_then_back(world: World) -> None:
    bob = world.api("bob")
    vapp = running_vapp(bob, world, power_on=False)
    there, back = renamed(bob, vapp, "two", "second"), renamed(bob, vapp, "web", "made by a test")
    assert settle(world) == []
    assert [status(bob, each) for each in (there, back)] == ["success", "success"]
    with acting_for(ALL):
        assert VApp.objects.values_list("name", "description").get() == ("web", "made by a test")


def test_vm_when_renamed_and_moved_without_a_name_then_it_has_its_new_one(world: World) -> None:
    bob = world.api("bob")
    vm = vm_of(bob, running_vapp(bob, world, power_on=False))
    target = empty_vapp(bob, world)
    vm_renamed(bob, vm, "renamed")
    item = f'<SourcedItem sourceDelete="true"><Source href="{vm}"/></SourcedItem>'
    assert done(bob, world, recompose(bob, target, item)) == "success"
    assert names_in(bob, target) == ["renamed"]


def test_start_when_queued_behind_a_move_then_the_new_vapp_is_deployed(world: World) -> None:
    bob = world.api("bob")
    vapp = running_vapp(bob, world, power_on=False)
    vm, target = vm_of(bob, vapp), empty_vapp(bob, world)
    recompose(bob, target, sourced(vm, "web-vm", delete=True))
    assert done(bob, world, bob.post(f"{vm}/power/action/powerOn")) == "success"
    assert tree(bob.get(target)).get("deployed") == "true"
    assert tree(bob.get(vapp)).get("deployed") == "false"
    assert "power:powerOff" in {link.get("rel") for link in tree(bob.get(target)).findall(f"{V15}Link")}


def test_start_order_when_queued_behind_a_renaming_then_it_is_that_vms(world: World) -> None:
    bob = world.api("bob")
    vapp = running_vapp(bob, world, power_on=False)
    vm = vm_of(bob, vapp)
    vm_renamed(bob, vm, "renamed")
    assert done(bob, world, start_order(bob, vapp)) == "success"
    assert (row(vm).name, row(vm).start_order) == ("renamed", 5)


def test_recomposition_when_its_vapp_was_not_made_then_it_fails(world: World) -> None:
    bob = world.api("bob")
    made = bob.post(f"/api/vdc/{world.vdc.pk}/action/composeVApp", compose("empty"), COMPOSE)
    vapp = tree(made).get("href")
    added = recompose(bob, vapp, sourced(template_vm(world), "x"), 'powerOn="true"')
    cancel(bob, made)
    assert settle(world) == []
    assert (status(bob, made), status(bob, added)) == ("canceled", "error")
    assert done(bob, world, bob.delete(vapp)) == "success"
    with acting_for(ALL):
        assert not Vm.objects.exists()


@pytest.mark.parametrize("kind", ["own", "bridged"])
@pytest.mark.parametrize("ends", ["canceled", "refused"])
def test_networks_when_the_recomposition_that_adds_them_fails_then_they_go(
    world: World, kind: str, ends: str
) -> None:
    alice, bob = world.api("alice"), world.api("bob")
    vapp = running_vapp(bob, world, power_on=False)
    before = udns(world)
    config = own() if kind == "own" else bridged(world, "extra", world.isolated)
    inner = f"<InstantiationParams>{SECTION.format(config)}</InstantiationParams>"
    if ends == "refused":
        world.emulator.faults.add(method="PATCH", path_regex="virtualmachines", status=403, times=1)
    added = recompose(bob, vapp, inner + sourced(template_vm(world), "x"))
    if ends == "canceled":
        cancel(bob, added)
    assert settle(world) == []
    assert status(bob, added) == ("canceled" if ends == "canceled" else "error")
    assert set(networks(bob, vapp)) - {"none"} == {"acme-net"}
    assert udns(world) == before
    assert done(alice, world, alice.delete(f"/api/admin/network/{world.isolated.pk}")) == "success"


def test_vapp_when_its_network_is_not_made_then_its_creation_fails_too(world: World) -> None:
    alice, bob = world.api("alice"), world.api("bob")
    asked = network_post(world, network_body())
    network_id, name = tree(asked).get("id").rpartition(":")[2], tree(asked).get("name")
    made = post_instantiate(bob, world, network=name, network_id=network_id)
    assert made.status_code == 201, made.content
    cancel(alice, asked)
    assert settle(world) == []
    assert (status(alice, asked), status(bob, made)) == ("canceled", "error")
    assert f'The network "{name}" could not be made' in message(bob, made)
    refused = post_instantiate(bob, world, name="second", network=name, network_id=network_id)
    assert refused.status_code == 400
    assert name in tree(refused).get("message")


def test_vapp_when_its_network_is_still_being_made_then_it_waits_for_it(world: World) -> None:
    bob = world.api("bob")
    asked = network_post(world, network_body())
    network_id, name = tree(asked).get("id").rpartition(":")[2], tree(asked).get("name")
    made = post_instantiate(bob, world, network=name, network_id=network_id)
    assert settle(world) == []
    assert status(bob, made) == "success"


def alone(bob: Api, world: World, network: str) -> str:
    """Href of a standalone VM whose card is on the network."""
    cards = (
        "<NetworkConnectionSection><ovf:Info/><PrimaryNetworkConnectionIndex>0</PrimaryNetworkConnectionIndex>"
        f'<NetworkConnection network="{network}"><NetworkConnectionIndex>0</NetworkConnectionIndex><IsConnected>true'
        "</IsConnected><IpAddressAllocationMode>POOL</IpAddressAllocationMode></NetworkConnection>"
        "</NetworkConnectionSection>"
    )
    body = (
        f'<InstantiateVmTemplateParams {NS} name="alone" powerOn="false"><SourcedVmTemplateItem>'
        f'<Source href="{template_vm(world)}"/><VmTemplateInstantiationParams>{cards}</VmTemplateInstantiationParams>'
        "</SourcedVmTemplateItem><AllEULAsAccepted>true</AllEULAsAccepted></InstantiateVmTemplateParams>"
    )
    made = bob.post(f"/api/vdc/{world.vdc.pk}/action/instantiateVmFromTemplate", body, FROM_TEMPLATE)
    assert done(bob, world, made) == "success"
    return vm_of(bob, task_of(made).find(f"{V15}Owner").get("href"))


def test_network_when_a_standalone_vm_has_left_it_then_it_can_be_deleted(world: World) -> None:
    alice, bob = world.api("alice"), world.api("bob")
    vm, path = alone(bob, world, "acme-isolated"), f"/api/admin/network/{world.isolated.pk}"
    refused = alice.delete(path)
    assert refused.status_code == 400
    assert '"alone"' in tree(refused).get("message")
    assert done(bob, world, card(bob, vm, "acme-net")) == "success"
    assert done(alice, world, alice.delete(path)) == "success"


def test_network_when_a_standalone_vm_could_not_come_to_it_then_it_can_be_deleted(world: World) -> None:
    alice, bob = world.api("alice"), world.api("bob")
    vm = alone(bob, world, "acme-net")
    world.emulator.faults.add(method="PATCH", path_regex="virtualmachines", status=403, times=1)
    refused = card(bob, vm, "acme-isolated")
    assert settle(world) == []
    assert status(bob, refused) == "error"
    assert done(alice, world, alice.delete(f"/api/admin/network/{world.isolated.pk}")) == "success"
    with acting_for(ALL):
        assert list(VAppNetwork.objects.values_list("name", flat=True)) == ["acme-net"]


@pytest.mark.parametrize("queued", ["renewed", "started"])
def test_storage_lease_when_the_vapp_is_busy_as_it_runs_out_then_it_lives(world: World, queued: str) -> None:
    bob = world.api("bob")
    with acting_for(ALL):
        Org.objects.filter(pk=world.acme.pk).update(storage_lease_s=90000, is_deleted_on_expiry=True)
    vapp = running_vapp(bob, world, power_on=False)
    expire("storage_expires_at")
    if queued == "renewed":
        asked = put(bob, f"{vapp}/leaseSettingsSection/", lease(0, 86400), "leaseSettingsSection")
    else:
        asked = bob.post(f"{vapp}/power/action/powerOn")
    assert do_chores()["leases"] == 0
    assert done(bob, world, asked) == "success"
    assert do_chores()["leases"] == 0
    assert bob.get(vapp).status_code == 200


def test_deletion_by_force_when_a_move_out_of_the_vapp_fails_then_the_vm_lives(world: World) -> None:
    bob = world.api("bob")
    vapp = running_vapp(bob, world)
    vm, target = vm_of(bob, vapp), empty_vapp(bob, world)
    off = bob.post(f"{vm}/power/action/powerOff")
    moved = recompose(bob, target, sourced(vm, "web-vm", delete=True))
    deleted = bob.delete(f"{vapp}?force=true")
    cancel(bob, off)
    assert settle(world) == []
    assert (status(bob, moved), status(bob, deleted)) == ("error", "error")
    assert "delete it anew" in message(bob, deleted)
    assert tree(bob.get(vm)).get("status") == "4"


@pytest.mark.parametrize("section", ["lease", "start order", "networks"])
def test_section_when_the_vapp_is_being_deleted_then_refused(world: World, section: str) -> None:
    bob = world.api("bob")
    vapp = running_vapp(bob, world, power_on=False)
    assert bob.delete(vapp).status_code == 202
    answer = CHANGES[section](bob, world, vapp)
    assert answer.status_code == 400
    assert "is being deleted" in tree(answer).get("message")


def test_standalone_vm_when_made_with_a_medium_beside_it_then_it_is_in_the_drive(world: World) -> None:
    from tests.vapps.test_media import medium

    bob, image = world.api("bob"), medium(world)
    body = (
        f'<CreateVmParams {NS} powerOn="false"><CreateVm name="alone"><VmSpecSection Modified="true"><ovf:Info/>'
        "<OsType>debian10_64Guest</OsType><NumCpus>1</NumCpus></VmSpecSection></CreateVm>"
        '<Media href="http://h/api/media/{}"/></CreateVmParams>'
    )
    made = bob.post(f"/api/vdc/{world.vdc.pk}/action/createVm", body.format(image.pk), CREATE_VM)
    assert done(bob, world, made) == "success"
    with acting_for(ALL):
        assert Vm.objects.get().media_id == image.pk
    missing = bob.post(f"/api/vdc/{world.vdc.pk}/action/createVm", body.format(world.acme.pk), CREATE_VM)
    assert missing.status_code == 403
    with acting_for(ALL):
        assert Vm.objects.count() == 1
        assert not Network.objects.filter(vapp_id__isnull=False).exists()
