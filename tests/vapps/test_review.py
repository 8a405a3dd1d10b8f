"""What is queued behind other work, ends badly, or is asked for by someone who may not."""

from datetime import timedelta
from typing import Any

import pytest

from orgs.models import AccessGrant, AccessLevel, Org
from ssvirt.core import clock
from ssvirt.core.tenancy import ALL, acting_for
from tasks import engine
from tasks.chores import do_chores
from tasks.models import Task
from tests.fixtures import Api, World
from tests.vapps.bodies import (
    COMPOSE,
    V15,
    compose,
    first_vm,
    post_instantiate,
    running_vapp,
    task_of,
    tree,
)
from tests.vapps.test_recompose import (
    CLONE,
    CREATED,
    empty_vapp,
    names_in,
    recompose,
    sourced,
    template_vm,
)
from tests.vapps.test_reconfigure import MEDIA, NS, done, put, reconfigure, row, stopped_vm
from vapps.models import Disk, Snapshot, VApp, VAppNetwork, Vm
from vdcs.models import Vdc

pytestmark = pytest.mark.django_db


def ended(api: Api, response: Any) -> tuple[str, str]:
    """Status and error message of the task of a 202."""
    assert response.status_code in (201, 202), response.content
    task = tree(api.get(task_of(response).get("href")))
    error = task.find(f"{V15}Error")
    return str(task.get("status")), "" if error is None else str(error.get("message"))


def networks_put(api: Api, vapp: str, inner: str = "") -> Any:
    body = f"<NetworkConfigSection {NS}><ovf:Info/>{inner}</NetworkConfigSection>"
    return put(api, f"{vapp}/networkConfigSection/", body, "networkConfigSection")


def test_rename_when_the_name_is_taken_meanwhile_then_the_task_fails_and_nothing_hangs(world: World) -> None:
    bob = world.api("bob")
    vapp = empty_vapp(bob, world, "first")
    rename = recompose(bob, vapp, "", 'name="wanted"')
    taken = bob.post(f"/api/vdc/{world.vdc.pk}/action/composeVApp", compose("wanted"), COMPOSE)
    assert taken.status_code == 201
    world.drain()
    status, message = ended(bob, rename)
    assert status == "error"
    assert "wanted" in message
    assert tree(bob.get(vapp)).get("name") == "first"


def test_deletion_when_a_vm_is_moved_out_before_it_then_the_vm_lives(world: World) -> None:
    bob = world.api("bob")
    old = running_vapp(bob, world, power_on=False)
    source = first_vm(bob.get(old)).get("href")
    vapp = empty_vapp(bob, world)
    move = recompose(bob, vapp, sourced(source, "moved", delete=True))
    deletion = bob.delete(old)
    world.drain()
    assert ended(bob, move)[0] == "success"
    assert ended(bob, deletion)[0] == "success"
    assert names_in(bob, vapp) == ["moved"]
    assert bob.get(old).status_code == 403


def test_deletion_when_a_vm_is_moved_in_before_it_then_refused_and_nothing_hangs(world: World) -> None:
    bob = world.api("bob")
    old = running_vapp(bob, world, power_on=False)
    source = first_vm(bob.get(old)).get("href")
    vapp = empty_vapp(bob, world)
    move = recompose(bob, vapp, sourced(source, "moved", delete=True))
    deletion = bob.delete(vapp)
    world.drain()
    assert ended(bob, move)[0] == "success"
    status, message = ended(bob, deletion)
    assert status == "error"
    assert "moved" in message
    assert names_in(bob, vapp) == ["moved"]


def test_deletion_when_the_deletion_of_its_vm_is_canceled_then_nothing_hangs(world: World) -> None:
    bob = world.api("bob")
    vapp = running_vapp(bob, world, power_on=False)
    vm = first_vm(bob.get(vapp)).get("href")
    of_vm, of_vapp = bob.delete(vm), bob.delete(vapp)
    assert bob.post(f"{task_of(of_vm).get('href')}/action/cancel").status_code == 204
    world.drain()
    assert ended(bob, of_vm)[0] == "canceled"
    assert ended(bob, of_vapp)[0] == "error"
    assert names_in(bob, vapp) == ["web-vm"]


def test_deletion_when_the_power_off_before_it_is_canceled_then_the_running_vm_lives(world: World) -> None:
    bob = world.api("bob")
    vapp = running_vapp(bob, world)
    vm = first_vm(bob.get(vapp)).get("href")
    off, deletion = bob.post(f"{vapp}/power/action/powerOff"), bob.delete(vm)
    assert bob.post(f"{task_of(off).get('href')}/action/cancel").status_code == 204
    world.drain()
    assert ended(bob, deletion)[0] == "error"
    assert tree(bob.get(vm)).get("status") == "4"


def test_deletion_of_a_standalone_vm_when_its_vapp_has_another_one_then_the_other_stays(world: World) -> None:
    bob = world.api("bob")
    body = (
        f'<CreateVmParams {NS} name="alone" powerOn="false">'
        + CREATED.format(name="alone").replace("CreateItem", "CreateVm")
        + "</CreateVmParams>"
    )
    response = bob.post(f"/api/vdc/{world.vdc.pk}/action/createVm", body, MEDIA.format("CreateVmParams"))
    assert response.status_code == 202, response.content
    world.drain()
    with acting_for(ALL):
        vm = Vm.objects.get()
    hidden = f"http://testserver/api/vApp/vapp-{vm.vapp_id}"
    assert done(bob, world, recompose(bob, hidden, sourced(template_vm(world), "other"))) == "success"
    assert done(bob, world, bob.delete(f"/api/vApp/vm-{vm.pk}")) == "success"
    assert names_in(bob, hidden) == ["other"]


def test_networks_when_a_card_is_unconnected_then_its_entry_stays(world: World) -> None:
    bob = world.api("bob")
    vapp = empty_vapp(bob, world)
    nic = (
        "<NetworkConnectionSection><ovf:Info/><NetworkConnection network='none'>"
        "<NetworkConnectionIndex>0</NetworkConnectionIndex><IsConnected>false</IsConnected>"
        "<IpAddressAllocationMode>NONE</IpAddressAllocationMode></NetworkConnection></NetworkConnectionSection>"
    )
    assert done(bob, world, recompose(bob, vapp, sourced(template_vm(world), "vm", nics=nic))) == "success"
    assert done(bob, world, networks_put(bob, vapp)) == "success"
    assert done(bob, world, bob.delete(vapp)) == "success"


def test_network_when_a_card_is_put_on_it_before_it_goes_then_it_stays(world: World) -> None:
    bob = world.api("bob")
    vapp = running_vapp(bob, world, power_on=False)
    vm = first_vm(bob.get(vapp)).get("href")
    parent = f'<ParentNetwork href="http://x/api/network/{world.isolated.pk}"/><FenceMode>bridged</FenceMode>'
    first = f'<ParentNetwork href="http://x/api/network/{world.net.pk}"/><FenceMode>bridged</FenceMode>'
    kept = f'<NetworkConfig networkName="acme-net"><Configuration>{first}</Configuration></NetworkConfig>'
    extra = f'<NetworkConfig networkName="extra"><Configuration>{parent}</Configuration></NetworkConfig>'
    assert done(bob, world, networks_put(bob, vapp, kept + extra)) == "success"
    connections = (
        f"<NetworkConnectionSection {NS}><ovf:Info/><PrimaryNetworkConnectionIndex>0</PrimaryNetworkConnectionIndex>"
        '<NetworkConnection network="extra"><NetworkConnectionIndex>0</NetworkConnectionIndex>'
        "<IsConnected>true</IsConnected><IpAddressAllocationMode>POOL</IpAddressAllocationMode>"
        "</NetworkConnection></NetworkConnectionSection>"
    )
    change = put(bob, f"{vm}/networkConnectionSection/", connections, "networkConnectionSection")
    removal = networks_put(bob, vapp, kept)
    world.drain()
    assert ended(bob, change)[0] == "success"
    status, message = ended(bob, removal)
    assert status == "error"
    assert "extra" in message


def test_vapp_when_one_vm_runs_then_not_deleted_without_force(world: World) -> None:
    bob = world.api("bob")
    vapp = running_vapp(bob, world, template=world.pair)
    vm = first_vm(bob.get(vapp)).get("href")
    assert done(bob, world, bob.post(f"{vm}/power/action/powerOff")) == "success"
    response = bob.delete(vapp)
    assert (response.status_code, len(names_in(bob, vapp))) == (400, 2)
    assert done(bob, world, bob.delete(f"{vapp}?force=true")) == "success"


def test_vapp_when_deployed_and_empty_then_deleted_without_force(world: World) -> None:
    bob = world.api("bob")
    vapp = empty_vapp(bob, world)
    assert done(bob, world, bob.post(f"{vapp}/power/action/powerOn")) == "success"
    assert done(bob, world, bob.delete(vapp)) == "success"


def share(world: World, vapp: str, level: AccessLevel) -> None:
    with acting_for(ALL):
        AccessGrant.objects.create(
            org=world.acme, entity_id=vapp.rsplit("vapp-", 1)[1], user=world.users["bob"], level=level
        )


def test_move_when_the_source_may_only_be_read_then_refused(world: World) -> None:
    alice, bob = world.api("alice"), world.api("bob")
    source = running_vapp(alice, world, power_on=False)
    vm = first_vm(alice.get(source)).get("href")
    vapp = empty_vapp(bob, world)
    share(world, source, AccessLevel.READ_ONLY)
    assert bob.get(vm).status_code == 200
    assert recompose(bob, vapp, sourced(vm, "stolen", delete=True)).status_code == 403
    body = (
        f'<CloneVAppParams {NS} name="stolen" deploy="false" powerOn="false"><Source href="{source}"/>'
        "<IsSourceDelete>true</IsSourceDelete></CloneVAppParams>"
    )
    assert bob.post(f"/api/vdc/{world.vdc.pk}/action/cloneVApp", body, CLONE).status_code == 403
    assert done(bob, world, recompose(bob, vapp, sourced(vm, "copy"))) == "success"
    assert names_in(alice, source) == ["web-vm"]


def test_customization_when_started_then_its_status_moves_on_by_itself(world: World) -> None:
    bob = world.api("bob")
    vm = stopped_vm(bob, world)
    assert done(bob, world, bob.post(f"{vm}/power/action/powerOn")) == "success"
    with acting_for(ALL):
        Vm.objects.update(is_agent_connected=False)
        Vm.objects.update(customized_at=row(vm).customized_at - timedelta(minutes=5))
    status = f"{vm}/guestcustomizationstatus"
    assert tree(bob.get(status)).findtext(f"{V15}GuestCustStatus") == "GC_COMPLETE"
    record = tree(bob.get("/api/query?type=vm&filter=name==web-vm")).find(f"{V15}VMRecord")
    assert record.get("gcStatus") == "GC_COMPLETE"
    assert done(bob, world, bob.post(f"{vm}/action/undeploy")) == "success"
    body = f'<DeployVAppParams {NS} powerOn="true" forceCustomization="true"/>'
    assert (
        done(bob, world, bob.post(f"{vm}/action/deploy", body, MEDIA.format("deployVAppParams"))) == "success"
    )
    assert tree(bob.get(status)).findtext(f"{V15}GuestCustStatus") == "GC_PENDING"


def test_snapshot_when_replaced_before_the_revert_then_refused_rather_than_ignored(world: World) -> None:
    bob = world.api("bob")
    vm = stopped_vm(bob, world)
    body, media = f'<CreateSnapshotParams {NS} memory="false"/>', MEDIA.format("createSnapshotParams")
    assert done(bob, world, bob.post(f"{vm}/action/createSnapshot", body, media)) == "success"
    again = bob.post(f"{vm}/action/createSnapshot", body, media)
    revert = bob.post(f"{vm}/action/revertToCurrentSnapshot")
    removal = bob.post(f"{vm}/action/removeAllSnapshots")
    world.drain()
    assert ended(bob, again)[0] == "success"
    assert ended(bob, revert)[0] == "success"
    assert ended(bob, removal)[0] == "success"
    with acting_for(ALL):
        assert not Snapshot.objects.exists()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<BusNumber>0", "<BusNumber>-1"),
        ("<UnitNumber>0", "<UnitNumber>70000"),
        ("<ThinProvisioned>", "<iops>-5</iops><ThinProvisioned>"),
        ("<ThinProvisioned>", "<iops>99999999999</iops><ThinProvisioned>"),
    ],
)
def test_disk_when_a_number_is_out_of_bounds_then_400(world: World, old: str, new: str) -> None:
    bob = world.api("bob")
    vapp = empty_vapp(bob, world)
    response = recompose(bob, vapp, CREATED.format(name="x").replace(old, new))
    assert response.status_code == 400, response.content


def test_lease_when_huge_then_400(world: World) -> None:
    bob = world.api("bob")
    vapp = empty_vapp(bob, world)
    body = (
        f"<LeaseSettingsSection {NS}><ovf:Info/><DeploymentLeaseInSeconds>99999999999</DeploymentLeaseInSeconds>"
        "</LeaseSettingsSection>"
    )
    response = put(bob, f"{vapp}/leaseSettingsSection/", body, "leaseSettingsSection")
    assert response.status_code == 400, response.content


def cards(*macs: str) -> str:
    listed = "".join(
        f'<NetworkConnection network="none"><NetworkConnectionIndex>{index}</NetworkConnectionIndex>'
        f"<IsConnected>false</IsConnected><MACAddress>{mac}</MACAddress>"
        "<IpAddressAllocationMode>NONE</IpAddressAllocationMode></NetworkConnection>"
        for index, mac in enumerate(macs)
    )
    return f"<NetworkConnectionSection {NS}><ovf:Info/>{listed}</NetworkConnectionSection>"


def test_mac_when_another_card_has_it_then_400_and_cards_of_one_vm_may_swap(world: World) -> None:
    bob = world.api("bob")
    vapp = running_vapp(bob, world, template=world.pair, power_on=False)
    vms = [vm.get("href") for vm in tree(bob.get(vapp)).iter(f"{V15}Vm")]
    first, second = "02:00:00:00:00:01", "02:00:00:00:00:02"
    path = "{}/networkConnectionSection/"

    def write(vm: str, *macs: str) -> Any:
        return put(bob, path.format(vm), cards(*macs), "networkConnectionSection")

    assert done(bob, world, write(vms[0], first, second)) == "success"
    assert done(bob, world, write(vms[0], second, first)) == "success"
    response = write(vms[1], first)
    assert response.status_code == 400, response.content
    assert first in tree(response).get("message")


def test_power_off_when_the_creation_before_it_failed_then_the_vm_stays_failed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    bob = world.api("bob")
    response = post_instantiate(bob, world)
    vapp = tree(response).get("href")
    bob.post(f"{vapp}/power/action/powerOff")
    assert bob.post(f"{task_of(response).get('href')}/action/cancel").status_code == 204
    world.drain()
    document = tree(bob.get(vapp))
    assert (document.get("status"), first_vm(bob.get(vapp)).get("status")) == ("-1", "-1")


def test_power_on_when_one_vm_of_the_vapp_failed_then_the_others_start(world: World) -> None:
    bob = world.api("bob")
    vapp = running_vapp(bob, world, power_on=False)
    response = recompose(bob, vapp, sourced(template_vm(world), "broken"))
    assert bob.post(f"{task_of(response).get('href')}/action/cancel").status_code == 204
    world.drain()
    assert done(bob, world, bob.post(f"{vapp}/power/action/powerOn")) == "success"
    with acting_for(ALL):
        assert {vm.name: vm.state for vm in Vm.objects.all()} == {"web-vm": "on", "broken": "failed"}


def test_storage_lease_when_a_vm_was_started_by_itself_then_it_does_not_count(world: World) -> None:
    bob = world.api("bob")
    with acting_for(ALL):
        Org.objects.filter(pk=world.acme.pk).update(storage_lease_s=7200, is_deleted_on_expiry=True)
    vapp = running_vapp(bob, world, power_on=False)
    vm = first_vm(bob.get(vapp)).get("href")
    assert done(bob, world, bob.post(f"{vm}/power/action/powerOn")) == "success"
    with acting_for(ALL):
        VApp.objects.exclude(storage_expires_at=None).update(storage_expires_at=clock.now())
    do_chores()
    world.drain()
    assert tree(bob.get(vm)).get("status") == "4"
    assert tree(bob.get(vapp)).get("deployed") == "true"


def test_changes_when_the_second_takes_the_first_back_then_as_before(world: World) -> None:
    bob = world.api("bob")
    vm = stopped_vm(bob, world)
    before = row(vm).cpus
    for number in (before + 1, before):
        spec = f'<VmSpecSection Modified="true"><ovf:Info/><NumCpus>{number}</NumCpus></VmSpecSection>'
        assert reconfigure(bob, vm, spec).status_code == 202
    world.drain()
    assert row(vm).cpus == before
    with acting_for(ALL):
        assert Vdc.objects.get(pk=world.vdc.pk).used_cpu_mhz == before * 1000


def test_task_when_its_end_crashes_then_it_ends_as_an_error(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    bob = world.api("bob")
    vapp = empty_vapp(bob, world)

    def broken(self: object, task: Any) -> None:
        raise LookupError("not foreseen")

    monkeypatch.setattr(type(engine.operation("vappUpdateLeaseSettings")), "succeeded", broken)
    body = f"<LeaseSettingsSection {NS}><ovf:Info/></LeaseSettingsSection>"
    response = put(bob, f"{vapp}/leaseSettingsSection/", body, "leaseSettingsSection")
    for _ in range(engine.MAX_CRASHES):
        world.drain()
        with acting_for(ALL):
            Task.objects.update(due_at=clock.now())
    assert ended(bob, response)[0] == "error"
    assert done(bob, world, recompose(bob, vapp, "", 'name="free"')) == "success"


def test_move_when_the_name_is_taken_then_refused_at_once(world: World) -> None:
    bob = world.api("bob")
    source = first_vm(bob.get(running_vapp(bob, world, power_on=False))).get("href")
    vapp = empty_vapp(bob, world)
    assert done(bob, world, recompose(bob, vapp, sourced(template_vm(world), "taken"))) == "success"
    response = recompose(bob, vapp, sourced(source, "taken", delete=True))
    assert (response.status_code, tree(response).get("minorErrorCode")) == (400, "DUPLICATE_NAME")


def test_move_when_out_of_a_hidden_vapp_then_nothing_of_that_is_left(world: World) -> None:
    bob = world.api("bob")
    body = (
        f'<CreateVmParams {NS} name="alone" powerOn="false">'
        + CREATED.format(name="alone").replace("CreateItem", "CreateVm")
        + "</CreateVmParams>"
    )
    bob.post(f"/api/vdc/{world.vdc.pk}/action/createVm", body, MEDIA.format("CreateVmParams"))
    world.drain()
    with acting_for(ALL):
        vm = Vm.objects.get()
    vapp = empty_vapp(bob, world)
    source = f"http://testserver/api/vApp/vm-{vm.pk}"
    assert done(bob, world, recompose(bob, vapp, sourced(source, "moved", delete=True))) == "success"
    with acting_for(ALL):
        assert not VApp.objects.filter(is_auto=True).exists()
        assert Disk.objects.count() == 1
        assert VAppNetwork.objects.filter(vapp__is_auto=True).count() == 0
    assert names_in(bob, vapp) == ["moved"]


def test_composition_when_the_source_is_to_go_then_it_goes(world: World) -> None:
    bob = world.api("bob")
    old = running_vapp(bob, world, power_on=False)
    source = first_vm(bob.get(old)).get("href")
    body = (
        f'<ComposeVAppParams {NS} name="new" deploy="false" powerOn="false">{sourced(source, "moved", delete=True)}'
        "<AllEULAsAccepted>true</AllEULAsAccepted></ComposeVAppParams>"
    )
    response = bob.post(f"/api/vdc/{world.vdc.pk}/action/composeVApp", body, COMPOSE)
    assert response.status_code == 201
    world.drain()
    assert names_in(bob, old) == []
    assert names_in(bob, tree(response).get("href")) == ["moved"]
