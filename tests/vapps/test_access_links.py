"""Links say what the one who asks may do: by his access to the vApp, and by the state that it is in."""

import pytest
from django.db.models import Q
from lxml import etree

from orgs.models import AccessGrant, AccessLevel, Role
from ssvirt.core.tenancy import ALL, acting_for
from tests.fixtures import Api, World
from tests.vapps.bodies import V15, first_vm, post_instantiate, running_vapp, task_of, tree
from tests.vapps.test_moves import isolated
from tests.vapps.test_network_tasks import own
from tests.vapps.test_recompose import empty_vapp
from tests.vapps.test_reconfigure import NS, done, put, reconfigure
from tests.vapps.test_review import networks_put
from tests.vapps.test_vapp_networks import networks
from vapps.models import VApp, Vm
from vapps.states import VmState

pytestmark = pytest.mark.django_db
Links = set[tuple[str, str]]
"""(rel, href)"""

READS = {
    "down",
    "up",
    "storageProfile",
    "screen:thumbnail",
    "screen:acquireTicket",
    "screen:acquireMksTicket",
}
READS |= {"metrics", "repair"}  # pyvcloud POSTs what it reads; "repair" names a network (go-clients.md 2.9)


def colleague(world: World, vapp: str, level: AccessLevel) -> Api:
    """carol with bob's role, and that access to his vApp."""
    with acting_for(ALL):
        world.users["carol"].role = Role.objects.get(name="vApp Author", org=None)
        world.users["carol"].save()
        AccessGrant.objects.create(
            org=world.acme, entity_id=vapp.rsplit("vapp-", 1)[1], user=world.users["carol"], level=level
        )
    return world.api("carol")


def links(api: Api, *hrefs: str) -> Links:
    """All links in the documents."""
    found = set()
    for href in hrefs:
        response = api.get(href)
        assert response.status_code == 200, (href, response.content)
        found |= {(each.get("rel"), each.get("href")) for each in tree(response).iter(f"{V15}Link")}
    return found


def documents(api: Api, vapp: str) -> list[str]:
    """Everything of the vApp that has links to change it."""
    vm = first_vm(api.get(vapp)).get("href")
    sections = (
        "",
        "/leaseSettingsSection/",
        "/startupSection/",
        "/networkConfigSection/",
        "/productSections/",
    )
    parts = ("", "/virtualHardwareSection/", "/virtualHardwareSection/disks", "/virtualHardwareSection/cpu")
    parts += ("/networkConnectionSection/", "/guestCustomizationSection/", "/productSections/", "/metadata")
    parts += ("/virtualHardwareSection/networkCards", "/virtualHardwareSection/media")
    own = [f"/api/network/{network_id}" for network_id in networks(api, vapp).values()]
    return [vapp + each for each in (*sections, "/metadata")] + [vm + each for each in parts] + own


def shared_vapp(world: World) -> str:
    """A running vApp of bob's with an own network and a snapshot."""
    bob = world.api("bob")
    vapp = running_vapp(bob, world)
    isolated(bob, world, vapp)
    media = "application/vnd.vmware.vcloud.createSnapshotParams+xml"
    assert done(
        bob, world, bob.post(f"{vapp}/action/createSnapshot", f"<CreateSnapshotParams {NS}/>", media)
    ) == ("success")
    return vapp


def test_links_when_the_vapp_may_only_be_read_then_none_to_change_it(world: World) -> None:
    vapp = shared_vapp(world)
    carol = colleague(world, vapp, AccessLevel.READ_ONLY)
    found = links(carol, *documents(carol, vapp))
    assert {rel for rel, _ in found} == READS
    vm = first_vm(carol.get(vapp)).get("href")
    assert carol.post(f"{vm}/power/action/powerOff").status_code == 403
    assert carol.post(f"{vm}/screen/action/acquireTicket").status_code == 200


def test_links_when_the_vapp_may_be_changed_then_all_but_to_delete_and_share_it(world: World) -> None:
    vapp = shared_vapp(world)
    carol = colleague(world, vapp, AccessLevel.CHANGE)
    mine, hers = links(world.api("bob"), *documents(carol, vapp)), links(carol, *documents(carol, vapp))
    assert mine - hers == {("controlAccess", f"{vapp}/action/controlAccess")}
    assert hers <= mine
    bob = world.api("bob")
    assert done(bob, world, bob.post(f"{vapp}/action/undeploy")) == "success"
    vm = first_vm(bob.get(vapp)).get("href")
    mine, hers = links(bob, vapp, vm), links(carol, vapp, vm)
    assert mine - hers == {("controlAccess", f"{vapp}/action/controlAccess"), ("remove", vapp)}
    assert ("remove", vm) in hers
    assert carol.delete(vapp).status_code == 403
    assert done(carol, world, carol.delete(vm)) == "success"


def test_links_when_fully_controlled_then_the_owners(world: World) -> None:
    vapp = shared_vapp(world)
    carol = colleague(world, vapp, AccessLevel.FULL_CONTROL)
    assert links(carol, *documents(carol, vapp)) == links(world.api("bob"), *documents(carol, vapp))


def test_links_when_shared_twice_then_by_the_higher_level(world: World) -> None:
    vapp = shared_vapp(world)
    carol = colleague(world, vapp, AccessLevel.CHANGE)
    with acting_for(ALL):
        AccessGrant.objects.create(
            org=world.acme, entity_id=vapp.rsplit("vapp-", 1)[1], user=None, level=AccessLevel.READ_ONLY
        )
    assert ("edit", vapp) in links(carol, vapp)


def test_standalone_vm_when_it_may_be_changed_then_it_cannot_be_deleted(world: World) -> None:
    vapp = running_vapp(world.api("bob"), world, power_on=False)
    with acting_for(ALL):
        VApp.objects.update(is_auto=True)
    carol = colleague(world, vapp, AccessLevel.CHANGE)
    vm = first_vm(carol.get(vapp)).get("href")
    assert ("remove", vm) in links(world.api("bob"), vm)
    assert ("remove", vm) not in links(carol, vm)
    assert carol.delete(vm).status_code == 403


def test_password_when_the_vm_may_only_be_read_then_not_shown(world: World) -> None:
    bob = world.api("bob")
    vapp = running_vapp(bob, world, power_on=False)
    vm = first_vm(bob.get(vapp)).get("href")
    custom = (
        "<GuestCustomizationSection><ovf:Info/><Enabled>true</Enabled>"
        "<AdminPasswordEnabled>true</AdminPasswordEnabled><AdminPasswordAuto>false</AdminPasswordAuto>"
        "<AdminPassword>opensesame</AdminPassword></GuestCustomizationSection>"
    )
    assert done(bob, world, reconfigure(bob, vm, custom)) == "success"
    carol = colleague(world, vapp, AccessLevel.READ_ONLY)
    for href in (vm, vapp, f"{vm}/guestCustomizationSection/"):
        assert b"opensesame" in bob.get(href).content
        assert b"opensesame" not in carol.get(href).content


@pytest.mark.parametrize("who", ["bob", "alice", "carol"])
def test_cancel_link_when_the_task_is_anothers_then_for_administrators_only(world: World, who: str) -> None:
    response = post_instantiate(world.api("bob"), world)
    vapp, task = tree(response).get("href"), task_of(response).get("href")
    colleague(world, vapp, AccessLevel.CHANGE)
    asking = world.api(who)
    for href in (task, vapp, f"/api/tasksList/{world.acme.pk}"):
        assert (("task:cancel", f"{task}/action/cancel") in links(asking, href)) is (who != "carol")
    assert asking.post(f"{task}/action/cancel").status_code == (403 if who == "carol" else 204)


def test_cancel_link_when_there_is_no_way_back_then_none(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from vapps.operations.networks import UpdateNetworks

    bob = world.api("bob")
    vapp = empty_vapp(bob, world)
    assert done(bob, world, networks_put(bob, vapp, own())) == "success"
    seen: list[bool] = []
    real = UpdateNetworks.remove_networks

    def remove(self: UpdateNetworks, run: object) -> object:
        seen.append(("task:cancel", f"{task}/action/cancel") in links(bob, task))
        return real(self, run)

    monkeypatch.setattr(UpdateNetworks, "remove_networks", remove)
    body = f"<NetworkConfigSection {NS}><ovf:Info/></NetworkConfigSection>"
    removal = put(bob, f"{vapp}/networkConfigSection/", body, "networkConfigSection")
    task = task_of(removal).get("href")
    assert ("task:cancel", f"{task}/action/cancel") in links(bob, task)
    assert done(bob, world, removal) == "success"
    assert seen == [False]


def test_links_when_the_vm_has_failed_then_none_to_reconfigure_it(world: World) -> None:
    bob = world.api("bob")
    vapp = running_vapp(bob, world, power_on=False)
    vm = first_vm(bob.get(vapp)).get("href")
    with acting_for(ALL):
        Vm.objects.update(state=VmState.FAILED, projected_state=VmState.FAILED)
    found = links(bob, *(each for each in documents(bob, vapp) if each.startswith(vm)))
    edits = {href for rel, href in found if rel == "edit"}
    assert edits == {f"{vm}/productSections/"}
    assert (
        put(bob, f"{vm}/productSections/", f"<ProductSectionList {NS}/>", "productSections").status_code
        == 202
    )
    item = etree.tostring(tree(bob.get(f"{vm}/virtualHardwareSection/cpu"))).decode()
    assert put(bob, f"{vm}/virtualHardwareSection/cpu", item, "rasdItem").status_code == 400


def test_links_when_the_storage_lease_has_run_out_then_none_to_start(world: World) -> None:
    bob = world.api("bob")
    vapp = running_vapp(bob, world, power_on=False)
    vm = first_vm(bob.get(vapp)).get("href")
    starts = {
        (rel, f"{each}/{path}")
        for each in (vapp, vm)
        for rel, path in (("power:powerOn", "power/action/powerOn"), ("deploy", "action/deploy"))
    }
    assert starts <= links(bob, vapp)
    with acting_for(ALL):
        VApp.objects.update(is_expired=True)
    assert not starts & links(bob, vapp, vm)
    for _, href in starts:
        assert bob.post(href).status_code == 400


def test_snapshot_links_of_a_vapp_when_no_vm_has_one_then_only_to_create(world: World) -> None:
    bob = world.api("bob")
    vapp = running_vapp(bob, world, template=world.pair, power_on=False)
    of_vapp = {
        rel for rel, href in links(bob, vapp) if href.startswith(f"{vapp}/action/") and "snapshot" in rel
    }
    assert of_vapp == {"snapshot:create"}
    assert bob.post(f"{vapp}/action/revertToCurrentSnapshot").status_code == 400
    vm = first_vm(bob.get(vapp)).get("href")
    media = "application/vnd.vmware.vcloud.createSnapshotParams+xml"
    assert done(
        bob, world, bob.post(f"{vm}/action/createSnapshot", f"<CreateSnapshotParams {NS}/>", media)
    ) == ("success")
    of_vapp = {
        rel for rel, href in links(bob, vapp) if href.startswith(f"{vapp}/action/") and "snapshot" in rel
    }
    assert of_vapp == {"snapshot:create", "snapshot:revertToCurrent", "snapshot:removeAll"}


def test_vm_links_when_the_role_may_edit_the_vapp_but_not_its_vms_then_none_to_edit_the_vm(
    world: World,
) -> None:
    bob = world.api("bob")
    vapp = running_vapp(bob, world, power_on=False)
    vm = first_vm(bob.get(vapp)).get("href")
    with acting_for(ALL):
        role = Role.objects.create(org=world.acme, name="vApp editor")
        role.rights.set(
            Role.objects.get(name="vApp Author", org=None).rights.exclude(Q(name="vApp: Edit VM Properties"))
        )
        world.users["bob"].role = role
        world.users["bob"].save()
    found = links(bob, vapp, vm)
    assert ("edit", vapp) in found
    assert ("edit", vm) not in found
    assert ("reconfigureVm", f"{vm}/action/reconfigureVm") not in found
    assert reconfigure(bob, vm, "").status_code == 403


def test_addresses_when_held_by_vms_of_others_then_shown_without_them(world: World) -> None:
    alice, bob = world.api("alice"), world.api("bob")
    running_vapp(alice, world, power_on=False, name="hers")
    running_vapp(bob, world, power_on=False, name="mine")
    for who, names in ((alice, {"hers-vm", "mine-vm"}), (bob, {"mine-vm"})):
        answer = who.get(f"/api/network/{world.net.pk}/allocatedAddresses/")
        root = tree(answer)
        assert len([each for each in root.iter(f"{V15}IpAddress") if each.text and each.text.strip()]) == 2
        assert {each.get("name") for each in root.iter(f"{V15}Link") if each.get("rel") == "down"} == names
        assert (b"hers" in answer.content) is (who is alice)
