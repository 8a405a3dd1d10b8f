"""vApps that move to another VDC with all that is theirs, and copies that are judged again when they run."""

from typing import Any

import pytest

from compute.cluster.client import client_for
from orgs.models import AccessGrant, AccessLevel, MetadataEntry
from ssvirt.core.errors import ClusterRejected
from ssvirt.core.tenancy import ALL, acting_for
from tasks.models import Task
from tasks.registry import Run
from tests.fixtures import Api, World
from tests.vapps.bodies import COMPOSE, V15, compose, first_vm, running_vapp, task_of, tree
from tests.vapps.test_disks import new_disk, slot, succeeds
from tests.vapps.test_half_made import cancel, settle, status
from tests.vapps.test_media import medium
from tests.vapps.test_recompose import CLONE, empty_vapp, names_in, recompose, sourced
from tests.vapps.test_reconfigure import MEDIA, NS, done, put, reconfigure, row
from vapps.models import Disk, Nic, VApp, Vm
from vapps.operations.creating import MakeVms, RecomposeVApp
from vapps.states import VAppState, VmState
from vdcs.models import ComputePolicy, Network, Vdc, VdcComputePolicy, VdcStoragePolicy

pytestmark = pytest.mark.django_db
MOVE = MEDIA.format("moveVAppParams")


def move(api: Api, world: World, vapp: str, inner: str = "", vdc: Any = None) -> Any:
    body = f'<MoveVAppParams {NS}><Source href="{vapp}"/>{inner}</MoveVAppParams>'
    return api.post(f"/api/vdc/{(vdc or world.vdc2).pk}/action/moveVApp", body, MOVE)


def isolated(api: Api, world: World, vapp: str) -> None:
    """Gives the vApp a network of its own, with its VM on it by a manual address."""
    config = (
        f'<NetworkConfigSection {NS}><ovf:Info/><NetworkConfig networkName="acme-net"><Configuration>'
        f'<ParentNetwork href="http://h/api/network/{world.net.pk}"/><FenceMode>bridged</FenceMode></Configuration>'
        '</NetworkConfig><NetworkConfig networkName="inner"><Configuration><IpScopes><IpScope>'
        "<IsInherited>false</IsInherited><Gateway>192.168.5.1</Gateway><Netmask>255.255.255.0</Netmask><IpRanges>"
        "<IpRange><StartAddress>192.168.5.10</StartAddress><EndAddress>192.168.5.20</EndAddress></IpRange></IpRanges>"
        "</IpScope></IpScopes><FenceMode>isolated</FenceMode></Configuration></NetworkConfig></NetworkConfigSection>"
    )
    section = f"{vapp}/networkConfigSection/"
    assert done(api, world, put(api, section, config, "networkConfigSection")) == "success"
    cards = (
        f"<NetworkConnectionSection {NS}><ovf:Info/><PrimaryNetworkConnectionIndex>0</PrimaryNetworkConnectionIndex>"
        '<NetworkConnection network="inner"><NetworkConnectionIndex>0</NetworkConnectionIndex>'
        "<IpAddress>192.168.5.77</IpAddress><IsConnected>true</IsConnected>"
        "<IpAddressAllocationMode>MANUAL</IpAddressAllocationMode></NetworkConnection></NetworkConnectionSection>"
    )
    vm = first_vm(api.get(vapp)).get("href")
    answer = put(api, f"{vm}/networkConnectionSection/", cards, "networkConnectionSection")
    assert done(api, world, answer) == "success"


def udns(world: World) -> set[str]:
    """Names of the vApps' own networks that the cluster has."""
    pages = client_for(world.cluster).list_pages("UserDefinedNetwork")
    with acting_for(ALL):
        shared = set(Network.objects.filter(vapp_id=None).values_list("udn_name", flat=True))
    return {item["metadata"]["name"] for page, _ in pages for item in page} - shared - {"primary"}


def test_vapp_when_moved_then_all_that_was_its_own_has_come_along(world: World) -> None:
    alice, bob = world.api("alice"), world.api("bob")
    vapp = running_vapp(bob, world, power_on=False)
    isolated(bob, world, vapp)
    vm = first_vm(bob.get(vapp)).get("href")
    pair = (
        f'<Metadata {NS} xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><MetadataEntry><Key>role</Key>'
        '<TypedValue xsi:type="MetadataStringValue"><Value>web</Value></TypedValue></MetadataEntry></Metadata>'
    )
    for path in (vapp, vm):
        assert done(bob, world, bob.post(f"{path}/metadata", pair, MEDIA.format("metadata"))) == "success"
    with acting_for(ALL):
        before = VApp.objects.get()
        AccessGrant.objects.create(org_id=before.org_id, entity_id=before.pk, level=AccessLevel.CHANGE)
        Vm.objects.update(start_order=3, start_delay_s=20)
        VApp.objects.update(storage_lease_s=86400)

    answer = move(alice, world, vapp)
    assert done(alice, world, answer) == "success"

    assert bob.get(vapp).status_code == 403
    moved = task_of(answer).find(f"{V15}Owner").get("href")
    assert names_in(bob, moved) == ["web-vm"]
    with acting_for(ALL):
        after = VApp.objects.get()
        assert (after.name, after.description) == ("web", "made by a test")
        assert after.vdc_id == world.vdc2.pk
        assert after.owner_id == before.owner_id
        assert after.storage_lease_s == 86400
        assert after.state == VAppState.UNDEPLOYED
        machine = Vm.objects.get()
        assert (machine.start_order, machine.start_delay_s) == (3, 20)
        card = Nic.objects.get()
        assert (card.mode, card.address) == ("MANUAL", "192.168.5.77")
        holders = {after.pk, machine.pk}
        assert set(MetadataEntry.objects.values_list("entity_id", flat=True)) == holders
        assert AccessGrant.objects.filter(entity_id=after.pk).count() == 1
        assert not AccessGrant.objects.filter(entity_id=before.pk).exists()


def test_vapp_when_moved_to_its_own_vdc_then_refused(world: World) -> None:
    bob = world.api("bob")
    vapp = running_vapp(bob, world, power_on=False)
    answer = move(bob, world, vapp, vdc=world.vdc)
    assert answer.status_code == 400
    assert "is in that VDC already" in tree(answer).get("message")


def test_vapp_when_moved_while_it_runs_or_without_a_source_then_refused(world: World) -> None:
    bob = world.api("bob")
    vapp = running_vapp(bob, world)
    answer = move(bob, world, vapp)
    assert answer.status_code == 400
    assert '"web-vm" must be powered off' in tree(answer).get("message")
    body = f"<MoveVAppParams {NS}/>"
    answer = bob.post(f"/api/vdc/{world.vdc2.pk}/action/moveVApp", body, MOVE)
    assert answer.status_code == 400
    assert "Source" in tree(answer).get("message")
    with acting_for(ALL):
        assert VApp.objects.count() == 1


def test_card_when_its_vm_moves_to_a_vapp_on_the_same_network_then_it_keeps_its_manual_address(
    world: World,
) -> None:
    bob = world.api("bob")
    vapp = running_vapp(bob, world, power_on=False, mode="MANUAL", address="10.10.0.150")
    other = running_vapp(bob, world, name="other", power_on=False)
    vm = first_vm(bob.get(vapp)).get("href")
    assert done(bob, world, recompose(bob, other, sourced(vm, "web-vm", delete=True))) == "success"
    with acting_for(ALL):
        card = row(vm).nics.get()
        assert (card.mode, card.address) == ("MANUAL", "10.10.0.150")


def queued_behind_a_canceled_power_off(world: World, bob: Api, vm: str, ask: Any) -> tuple[str, str]:
    """What becomes of the request: asked while a power-off was queued that never ran."""
    off = bob.post(f"{vm}/power/action/powerOff")
    answer = ask()
    assert answer.status_code in (201, 202), answer.content
    assert bob.post(f"{task_of(off).get('href')}/action/cancel").status_code == 204
    world.drain()
    assert tree(bob.get(task_of(off).get("href"))).get("status") == "canceled"
    task = tree(bob.get(task_of(answer).get("href")))
    error = task.find(f"{V15}Error")
    return task.get("status"), "" if error is None else error.get("message")


def test_copy_when_the_power_off_before_it_is_canceled_then_the_running_disk_is_not_cloned(
    world: World,
) -> None:
    bob = world.api("bob")
    vapp = running_vapp(bob, world)
    vm = first_vm(bob.get(vapp)).get("href")
    body = f'<CloneVAppParams {NS} name="twin" powerOn="false"><Source href="{vapp}"/></CloneVAppParams>'
    status, message = queued_behind_a_canceled_power_off(
        world, bob, vm, lambda: bob.post(f"/api/vdc/{world.vdc.pk}/action/cloneVApp", body, CLONE)
    )
    assert (status, "must be powered off" in message) == ("error", True)
    with acting_for(ALL):
        assert row(vm).state == VmState.ON
        assert not [put for put in world.emulator.requests if "twin" in put.path]
        assert Task.objects.filter(status="running").count() == 0


def test_deletion_of_an_item_when_the_power_off_before_it_is_canceled_then_the_running_vm_lives(
    world: World,
) -> None:
    bob = world.api("bob")
    vapp = running_vapp(bob, world)
    vm = first_vm(bob.get(vapp)).get("href")
    status, message = queued_behind_a_canceled_power_off(
        world, bob, vm, lambda: recompose(bob, vapp, f'<DeleteItem href="{vm}"/>')
    )
    assert (status, "cannot be removed" in message) == ("error", True)
    assert names_in(bob, vapp) == ["web-vm"]
    assert row(vm).state == VmState.ON


def test_move_when_the_power_off_before_it_is_canceled_then_the_vm_stays_where_it_is(world: World) -> None:
    bob = world.api("bob")
    vapp, target = running_vapp(bob, world), empty_vapp(bob, world)
    vm = first_vm(bob.get(vapp)).get("href")
    status, message = queued_behind_a_canceled_power_off(
        world, bob, vm, lambda: recompose(bob, target, sourced(vm, "web-vm", delete=True))
    )
    assert (status, "must be powered off" in message) == ("error", True)
    assert names_in(bob, vapp) == ["web-vm"]
    assert names_in(bob, target) == []


def test_move_when_the_original_cannot_be_removed_then_the_copy_lives_and_the_original_can_be_deleted(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    bob = world.api("bob")
    vapp = running_vapp(bob, world, power_on=False)

    def refuse(self: MakeVms, run: Run) -> None:
        raise ClusterRejected("not allowed")

    monkeypatch.setattr(MakeVms, "remove_old", refuse)
    answer = move(bob, world, vapp)
    message = done(bob, world, answer)
    assert message.startswith("error The cluster refused the request: not allowed")
    assert message.endswith("may be left on the cluster.")

    moved = task_of(answer).find(f"{V15}Owner").get("href")
    vm = first_vm(bob.get(moved)).get("href")
    assert done(bob, world, bob.post(f"{vm}/power/action/powerOn")) == "success"
    assert first_vm(bob.get(vapp)).get("status") == "-1"
    assert done(bob, world, bob.delete(vapp)) == "success"
    assert bob.get(vapp).status_code == 403
    assert first_vm(bob.get(moved)).get("status") == "4"


def test_move_when_an_independent_disk_is_attached_then_refused(world: World) -> None:
    bob = world.api("bob")
    vapp = running_vapp(bob, world, power_on=False)
    vm, disk = first_vm(bob.get(vapp)).get("href"), new_disk(world)
    succeeds(world, slot(bob, vm, disk))
    for answer in (move(bob, world, vapp), recompose_elsewhere(bob, world, vm)):
        assert answer.status_code == 400
        assert "detach it before the VM is moved" in tree(answer).get("message")
    succeeds(world, slot(bob, vm, disk, "detach"))
    assert done(bob, world, move(bob, world, vapp)) == "success"


def recompose_elsewhere(bob: Api, world: World, vm: str) -> Any:
    """Asks for the VM to be moved into a vApp of the other VDC."""
    body = compose("other")
    target = tree(bob.post(f"/api/vdc/{world.vdc2.pk}/action/composeVApp", body, COMPOSE)).get("href")
    world.drain()
    return recompose(bob, target, sourced(vm, "web-vm", delete=True))


def test_move_when_the_detachment_before_it_is_canceled_then_the_vm_stays_with_its_disk(world: World) -> None:
    bob = world.api("bob")
    vapp = running_vapp(bob, world, power_on=False)
    vm, disk = first_vm(bob.get(vapp)).get("href"), new_disk(world)
    succeeds(world, slot(bob, vm, disk))
    detach = slot(bob, vm, disk, "detach")
    answer = move(bob, world, vapp)
    assert bob.post(f"{task_of(detach).get('href')}/action/cancel").status_code == 204
    assert "detach it before the VM is moved" in done(bob, world, answer)
    assert tree(bob.get(f"{disk}/attachedVms")).find(f"{V15}VmReference").get("href") == vm


def test_vapp_when_its_move_is_queued_then_it_counts_as_gone(world: World) -> None:
    bob = world.api("bob")
    vapp = running_vapp(bob, world, power_on=False)
    answer = move(bob, world, vapp)
    refused = bob.post(f"{vapp}/power/action/powerOn")
    assert refused.status_code == 400
    assert "in the state gone" in tree(refused).get("message")
    assert bob.post(f"{task_of(answer).get('href')}/action/cancel").status_code == 204
    world.drain()
    assert done(bob, world, bob.post(f"{vapp}/power/action/powerOn")) == "success"


def machines_of(world: World, bob: Api, *names: str) -> list[str]:
    """Hrefs of VMs of those names, each in a vApp of its own."""
    vapps = [running_vapp(bob, world, name=name, power_on=False) for name in names]
    return [str(first_vm(bob.get(vapp)).get("href")) for vapp in vapps]


@pytest.mark.parametrize("how", ["two moved", "moved and made", "moved twice"])
def test_vms_when_moved_under_one_name_then_refused_and_nothing_is_moved(world: World, how: str) -> None:
    bob = world.api("bob")
    first, second = machines_of(world, bob, "one", "two")
    target = empty_vapp(bob, world)
    inner = {
        "two moved": sourced(first, "same", delete=True) + sourced(second, "same", delete=True),
        "moved and made": sourced(first, "same", delete=True) + sourced(second, "same"),
        "moved twice": sourced(first, "a", delete=True) + sourced(first, "b", delete=True),
    }[how]
    answer = recompose(bob, target, inner)
    assert answer.status_code == 400
    expected = "BAD_REQUEST" if how == "moved twice" else "DUPLICATE_NAME"
    assert tree(answer).get("minorErrorCode") == expected
    world.drain()
    assert names_in(bob, target) == []
    assert (row(first).name, row(second).name) == ("one-vm", "two-vm")


def test_vms_when_the_name_of_one_is_taken_before_the_move_runs_then_none_is_moved(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    bob = world.api("bob")
    first, second = machines_of(world, bob, "one", "two")
    target = empty_vapp(bob, world)
    real = RecomposeVApp.move_rows

    def taken(self: RecomposeVApp, run: Run) -> Any:
        monkeypatch.undo()
        with acting_for(ALL):
            other = Vm.objects.get(pk=row(second).pk)
            other.pk, other.name, other.vapp_id = None, "b", target.rsplit("vapp-", 1)[1]
            other.save(force_insert=True)
        return real(self, run)

    monkeypatch.setattr(RecomposeVApp, "move_rows", taken)
    inner = sourced(first, "a", delete=True) + sourced(second, "b", delete=True)
    assert "b" in done(bob, world, recompose(bob, target, inner))
    assert (row(first).vapp.name, row(second).vapp.name) == ("one", "two")


def test_vms_when_they_trade_names_while_they_move_then_so_they_do(world: World) -> None:
    bob = world.api("bob")
    first, second = machines_of(world, bob, "one", "two")
    target = empty_vapp(bob, world)
    inner = sourced(first, "two-vm", delete=True) + sourced(second, "one-vm", delete=True)
    assert done(bob, world, recompose(bob, target, inner)) == "success"
    assert names_in(bob, target) == ["one-vm", "two-vm"]
    assert (row(first).name, row(second).name) == ("two-vm", "one-vm")


@pytest.mark.parametrize("how", ["moved", "cloned"])
@pytest.mark.parametrize("is_known", [True, False], ids=["known", "unknown"])
def test_vm_when_it_comes_to_another_vdc_then_its_policies_come_along_where_they_are_known(
    world: World, how: str, is_known: bool
) -> None:
    bob = world.api("bob")
    with acting_for(ALL):
        sizing = ComputePolicy.objects.create(name="small", memory_mb=384)
        for vdc in (world.vdc, *([world.vdc2] if is_known else [])):
            VdcComputePolicy.objects.create(org=world.acme, vdc=vdc, policy=sizing)
        if not is_known:
            VdcStoragePolicy.objects.filter(vdc=world.vdc2, policy__name="silver").delete()
        silver = VdcStoragePolicy.objects.get(vdc=world.vdc, policy__name="silver").pk
        gold = VdcStoragePolicy.objects.get(vdc=world.vdc, policy__name="gold").pk
    policies = (
        f'<StorageProfile href="http://h/api/vdcStorageProfile/{silver}"/><ComputePolicy><VmSizingPolicy '
        f'href="http://h/cloudapi/1.0.0/vdcComputePolicies/{sizing.pk}"/></ComputePolicy>'
    )
    vapp = running_vapp(bob, world, name="one", power_on=False, extra_item=policies)
    vm = first_vm(bob.get(vapp)).get("href")
    with acting_for(ALL):
        disk = Disk.objects.get(vm=row(vm))
    inner = (
        "<VmSpecSection Modified='true'><ovf:Info/><DiskSection>"
        f"<DiskSettings><DiskId>{disk.number}</DiskId><SizeMb>{disk.size_mb}</SizeMb><UnitNumber>{disk.unit_number}"
        f"</UnitNumber><BusNumber>{disk.bus_number}</BusNumber><AdapterType>{disk.adapter}</AdapterType></DiskSettings>"
        "<DiskSettings><SizeMb>1024</SizeMb><UnitNumber>5</UnitNumber><BusNumber>0</BusNumber><AdapterType>5"
        f'</AdapterType><StorageProfile href="http://h/api/vdcStorageProfile/{gold}"/><overrideVmDefault>true'
        "</overrideVmDefault></DiskSettings></DiskSection></VmSpecSection>"
    )
    assert done(bob, world, reconfigure(bob, vm, inner, 'name="one-vm"')) == "success"
    if how == "moved":
        answer = move(bob, world, vapp)
    else:
        twin = f'<CloneVAppParams {NS} name="twin" deploy="false" powerOn="false"><Source href="{vapp}"/>'
        body = f"{twin}</CloneVAppParams>"
        answer = bob.post(f"/api/vdc/{world.vdc2.pk}/action/cloneVApp", body, CLONE)
    world.drain()
    assert tree(bob.get(task_of(answer).get("href"))).get("status") == "success"
    with acting_for(ALL):
        copy = Vm.objects.get(vdc=world.vdc2)
        disks = list(copy.disks.order_by("position"))
        names = (copy.storage_policy.policy.name, *(each.storage_policy.policy.name for each in disks))
        assert {copy.storage_policy.vdc_id, *(each.storage_policy.vdc_id for each in disks)} == {
            world.vdc2.pk
        }
        if is_known:
            assert names == ("silver", "silver", "gold")
            assert [each.overrides_policy for each in disks] == [False, True]
            assert (copy.compute_policy.name, copy.memory_mb) == ("small", 384)
        else:
            assert names == ("gold", "gold", "gold")
            assert (copy.compute_policy.name, copy.memory_mb) == ("System Default", 384)


def test_vm_when_it_moves_with_a_medium_in_its_drive_then_it_has_it_there(world: World) -> None:
    bob, image = world.api("bob"), medium(world)
    vapp = running_vapp(bob, world, power_on=False)
    vm = first_vm(bob.get(vapp)).get("href")
    body = f'<MediaInsertOrEjectParams {NS}><Media href="http://h/api/media/{image.pk}"/></MediaInsertOrEjectParams>'
    inserted = bob.post(f"{vm}/media/action/insertMedia", body, MEDIA.format("mediaInsertOrEjectParams"))
    assert done(bob, world, inserted) == "success"
    assert done(bob, world, move(bob, world, vapp)) == "success"
    with acting_for(ALL):
        moved = Vm.objects.get()
        assert (moved.vdc_id, moved.media_id) == (world.vdc2.pk, image.pk)
    href = f"http://testserver/api/vApp/vm-{moved.pk}"
    assert done(bob, world, bob.post(f"{href}/power/action/powerOn")) == "success"


@pytest.mark.parametrize("ends", ["canceled", "refused"])
def test_vapp_when_it_cannot_be_moved_then_nothing_of_the_attempt_is_left(world: World, ends: str) -> None:
    bob = world.api("bob")
    vapp = running_vapp(bob, world, power_on=False)
    isolated(bob, world, vapp)
    before = udns(world)
    if ends == "refused":
        world.emulator.faults.add(method="PATCH", path_regex="virtualmachines", status=403, times=1)
    moved = move(bob, world, vapp)
    if ends == "canceled":
        cancel(bob, moved)
    assert settle(world) == []
    assert status(bob, moved) == ("canceled" if ends == "canceled" else "error")
    with acting_for(ALL):
        assert VApp.objects.get().vdc_id == world.vdc.pk
        assert Vdc.objects.get(pk=world.vdc2.pk).used_vms == 0
    assert udns(world) == before
    assert tree(bob.get(vapp)).get("status") == "8"


def test_vapp_when_what_its_move_has_made_cannot_be_removed_then_it_can_be_deleted(world: World) -> None:
    bob = world.api("bob")
    vapp = running_vapp(bob, world, power_on=False)
    world.emulator.faults.add(method="PATCH", path_regex="virtualmachines", status=403, times=1)
    world.emulator.faults.add(method="DELETE", path_regex="secrets", status=403, times=1)
    moved = move(bob, world, vapp)
    assert settle(world) == []
    assert status(bob, moved) == "error"
    with acting_for(ALL):
        left = VApp.objects.get(vdc=world.vdc2)
    assert left.state == VAppState.FAILED
    assert done(bob, world, bob.delete(f"/api/vApp/vapp-{left.pk}")) == "success"
    with acting_for(ALL):
        assert VApp.objects.get().vdc_id == world.vdc.pk
