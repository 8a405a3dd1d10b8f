"""Power, suspension, snapshots, start order and leases of vApps and VMs."""

from datetime import timedelta
from typing import Any

import pytest

from compute import names
from compute.cluster.client import client_for
from orgs.models import Org
from ssvirt.core import clock
from ssvirt.core.tenancy import ALL, acting_for
from tasks.chores import do_chores
from tasks.services import sweep
from tests.fixtures import Api, World
from tests.vapps.bodies import V15, first_vm, running_vapp, task_of, tree
from tests.vapps.test_reconfigure import NS, done, put, row
from vapps.models import Snapshot, VApp, Vm

pytestmark = pytest.mark.django_db
OVF = "{http://schemas.dmtf.org/ovf/envelope/1}"


def rels(api: Api, href: str) -> set[str]:
    return {str(link.get("rel")) for link in tree(api.get(href)).findall(f"{V15}Link")}


def objects(world: World, kind: str) -> list[dict[str, Any]]:
    pages = client_for(world.cluster).list_pages(kind, namespace=world.vdc.namespace)
    return [item for page, _ in pages for item in page]


@pytest.mark.parametrize("of_vm", [True, False])
def test_suspend_when_running_then_resumed_by_power_on_or_discarded(world: World, of_vm: bool) -> None:
    bob = world.api("bob")
    vapp = running_vapp(bob, world)
    href = first_vm(bob.get(vapp)).get("href") if of_vm else vapp
    assert "power:suspend" in rels(bob, href)
    assert done(bob, world, bob.post(f"{href}/power/action/suspend")) == "success"
    assert tree(bob.get(href)).get("status") == "3"
    assert "power:suspend" not in rels(bob, href)
    assert {"power:powerOn", "discardState"} <= rels(bob, href)
    assert [vm["status"]["printableStatus"] for vm in objects(world, "VirtualMachine")] == ["Paused"]

    assert done(bob, world, bob.post(f"{href}/power/action/powerOn")) == "success"
    assert tree(bob.get(href)).get("status") == "4"
    assert done(bob, world, bob.post(f"{href}/power/action/suspend")) == "success"
    assert done(bob, world, bob.post(f"{href}/action/discardSuspendedState")) == "success"
    assert tree(bob.get(href)).get("status") == "8"
    assert bob.post(f"{href}/action/discardSuspendedState").status_code == 400


@pytest.mark.parametrize("action", ["reset", "reboot"])
def test_reset_and_reboot_when_running_then_the_machine_stays_on(world: World, action: str) -> None:
    bob = world.api("bob")
    vapp = running_vapp(bob, world)
    vm = first_vm(bob.get(vapp)).get("href")
    for href in (vapp, vm):
        response = bob.post(f"{href}/power/action/{action}")
        assert task_of(response).get("operationName") == f"vapp{action.capitalize()}"
        assert done(bob, world, response) == "success"
        assert tree(bob.get(href)).get("status") == "4"
    assert done(bob, world, bob.post(f"{vapp}/power/action/powerOff")) == "success"
    response = bob.post(f"{vm}/power/action/{action}")
    assert response.status_code == 400
    assert action in tree(response).get("message")


def test_shutdown_when_running_then_off_and_still_deployed(world: World) -> None:
    bob = world.api("bob")
    vapp = running_vapp(bob, world)
    vm = first_vm(bob.get(vapp)).get("href")
    assert done(bob, world, bob.post(f"{vm}/power/action/shutdown")) == "success"
    assert (tree(bob.get(vm)).get("status"), tree(bob.get(vm)).get("deployed")) == ("8", "true")


@pytest.mark.parametrize(
    ("power_action", "status", "deployed"),
    [
        ("powerOff", "8", "false"),
        ("default", "8", "false"),
        ("shutdown", "8", "false"),
        ("suspend", "3", "true"),
    ],
)
def test_undeploy_when_a_power_action_is_named_then_it_is_what_happens(
    world: World, power_action: str, status: str, deployed: str
) -> None:
    bob = world.api("bob")
    vapp = running_vapp(bob, world)
    body = f"<UndeployVAppParams {NS}><UndeployPowerAction>{power_action}</UndeployPowerAction></UndeployVAppParams>"
    media = "application/vnd.vmware.vcloud.undeployVAppParams+xml"
    assert done(bob, world, bob.post(f"{vapp}/action/undeploy", body, media)) == "success"
    vm = first_vm(bob.get(vapp))
    assert (vm.get("status"), vm.get("deployed")) == (status, deployed)
    response = bob.post(f"{vapp}/action/undeploy", body.replace(power_action, "sometimes"), media)
    assert response.status_code == 400


def test_snapshot_when_created_twice_then_one_is_left_and_revert_brings_power_back(world: World) -> None:
    bob = world.api("bob")
    vapp = running_vapp(bob, world)
    vm = first_vm(bob.get(vapp)).get("href")
    body, media = (
        f'<CreateSnapshotParams {NS} memory="true" quiesce="false"/>',
        "application/vnd.vmware.vcloud.createSnapshotParams+xml",
    )
    response = bob.post(f"{vm}/action/revertToCurrentSnapshot")
    assert response.status_code == 400
    assert "snapshot:revertToCurrent" not in rels(bob, vm)
    for _ in range(2):
        assert done(bob, world, bob.post(f"{vm}/action/createSnapshot", body, media)) == "success"
    snapshot = tree(bob.get(vm)).find(f".//{V15}Snapshot")
    assert snapshot.get("poweredOn") == "true"
    assert int(snapshot.get("size")) == 30720 << 20
    assert len(objects(world, "VirtualMachineSnapshot")) == 1
    with acting_for(ALL):
        assert Snapshot.objects.count() == 1

    assert done(bob, world, bob.post(f"{vm}/power/action/powerOff")) == "success"
    assert done(bob, world, bob.post(f"{vm}/action/revertToCurrentSnapshot")) == "success"
    assert tree(bob.get(vm)).get("status") == "4"
    assert objects(world, "VirtualMachineRestore") == []
    assert done(bob, world, bob.post(f"{vapp}/action/removeAllSnapshots")) == "success"
    assert objects(world, "VirtualMachineSnapshot") == []
    assert tree(bob.get(vm)).find(f".//{V15}Snapshot") is None


def test_startup_when_ordered_then_vms_start_one_after_another(world: World) -> None:
    bob = world.api("bob")
    vapp = running_vapp(bob, world, template=world.pair, power_on=False)
    items = "".join(
        f'<ovf:Item ovf:id="{name}" ovf:order="{order}" ovf:startAction="powerOn" ovf:startDelay="0" '
        f'ovf:stopAction="guestShutdown" ovf:stopDelay="0"/>'
        for name, order in (("web-vm", 2), ("db", 1))
    )
    body = f"<ovf:StartupSection {NS}><ovf:Info/>{items}</ovf:StartupSection>"
    assert done(bob, world, put(bob, f"{vapp}/startupSection/", body, "startupSection")) == "success"
    shown = {
        item.get(f"{OVF}id"): item.get(f"{OVF}order")
        for item in tree(bob.get(f"{vapp}/startupSection/")).findall(f"{OVF}Item")
    }
    assert shown == {"web-vm": "2", "db": "1"}
    world.emulator.requests.clear()
    assert done(bob, world, bob.post(f"{vapp}/power/action/powerOn")) == "success"
    with acting_for(ALL):
        shown_as = {names.vm_name(vm.pk): vm.name for vm in Vm.objects.all()}
    started = [
        shown_as[entry.path.split("/")[-2]]
        for entry in world.emulator.requests
        if entry.method == "PUT" and entry.path.endswith("/start")
    ]
    assert started == ["db", "web-vm"]
    assert len(objects(world, "VirtualMachineInstance")) == 2
    bad = body.replace('"web-vm"', '"nobody"')
    response = put(bob, f"{vapp}/startupSection/", bad, "startupSection")
    assert response.status_code == 400
    assert "nobody" in tree(response).get("message")


def test_startup_when_a_vm_does_not_start_with_its_vapp_then_it_stays_off(world: World) -> None:
    bob = world.api("bob")
    vapp = running_vapp(bob, world, template=world.pair, power_on=False)
    body = (
        f'<ovf:StartupSection {NS}><ovf:Info/><ovf:Item ovf:id="db" ovf:order="0" ovf:startAction="none"/>'
        "</ovf:StartupSection>"
    )
    assert done(bob, world, put(bob, f"{vapp}/startupSection", body, "startupSection")) == "success"
    assert done(bob, world, bob.post(f"{vapp}/power/action/powerOn")) == "success"
    states = {
        vm.get("name"): vm.get("status") for vm in tree(bob.get(vapp)).findall(f"{V15}Children/{V15}Vm")
    }
    assert states == {"web-vm": "4", "db": "8"}


def lease(deployment: int, storage: int) -> str:
    return (
        f"<LeaseSettingsSection {NS}><ovf:Info/><DeploymentLeaseInSeconds>{deployment}</DeploymentLeaseInSeconds>"
        f"<StorageLeaseInSeconds>{storage}</StorageLeaseInSeconds></LeaseSettingsSection>"
    )


def expire(column: str) -> None:
    with acting_for(ALL):
        VApp.objects.update(**{column: clock.now() - timedelta(seconds=1)})


def test_runtime_lease_when_it_runs_out_then_the_vapp_is_stopped_and_storage_lease_counts(
    world: World,
) -> None:
    bob = world.api("bob")
    vapp = running_vapp(bob, world)
    path = f"{vapp}/leaseSettingsSection/"
    assert done(bob, world, put(bob, path, lease(3600, 7200), "leaseSettingsSection")) == "success"
    section = tree(bob.get(path))
    assert section.findtext(f"{V15}DeploymentLeaseInSeconds") == "3600"
    assert section.findtext(f"{V15}DeploymentLeaseExpiration")
    assert do_chores()["leases"] == 0
    expire("deployment_expires_at")
    assert do_chores()["leases"] == 1
    world.drain()
    document = tree(bob.get(vapp))
    assert document.get("deployed") == "false"
    assert bob.get(path).content.count(b"StorageLeaseExpiration") == 2
    assert tree(put(bob, path, lease(-1, 0), "leaseSettingsSection")).get("majorErrorCode") == "400"


@pytest.mark.parametrize("deletes", [True, False])
def test_storage_lease_when_it_runs_out_then_marked_or_deleted(world: World, deletes: bool) -> None:
    bob = world.api("bob")
    with acting_for(ALL):
        Org.objects.filter(pk=world.acme.pk).update(storage_lease_s=7200, is_deleted_on_expiry=deletes)
    vapp = running_vapp(bob, world, power_on=False)
    expire("storage_expires_at")
    assert do_chores()["leases"] == 1
    world.drain()
    if deletes:
        assert bob.get(vapp).status_code == 403
    else:
        record = tree(bob.get("/api/query?type=vApp&filter=name==web"))
        assert record.find(f"{V15}VAppRecord").get("isExpired") == "true"
        assert bob.post(f"{vapp}/power/action/powerOn").status_code == 400
        response = put(bob, f"{vapp}/leaseSettingsSection/", lease(0, 7200), "leaseSettingsSection")
        assert done(bob, world, response) == "success"
        assert done(bob, world, bob.post(f"{vapp}/power/action/powerOn")) == "success"


def test_lease_when_longer_than_the_organization_allows_then_refused(world: World) -> None:
    bob = world.api("bob")
    with acting_for(ALL):
        Org.objects.filter(pk=world.acme.pk).update(deployment_lease_s=100)
    vapp = running_vapp(bob, world, power_on=False)
    with acting_for(ALL):
        assert VApp.objects.get().deployment_lease_s == 100
    for seconds in (200, 0):
        response = put(bob, f"{vapp}/leaseSettingsSection/", lease(seconds, 0), "leaseSettingsSection")
        assert response.status_code == 400
        assert "100" in tree(response).get("message")


def test_machine_when_suspended_then_marked_as_ours(world: World) -> None:
    bob = world.api("bob")
    vm = first_vm(bob.get(running_vapp(bob, world))).get("href")
    assert done(bob, world, bob.post(f"{vm}/power/action/suspend")) == "success"
    found = client_for(world.cluster).get("VirtualMachine", names.vm_name(row(vm).pk), world.vdc.namespace)
    assert found["metadata"]["annotations"]["ssvirt.io/suspended"] == "true"


def test_start_when_canceled_once_it_has_begun_then_the_states_are_the_machines(world: World) -> None:
    bob = world.api("bob")
    vapp = running_vapp(bob, world, power_on=False)
    vm = first_vm(bob.get(vapp)).get("href")
    started = bob.post(f"{vm}/power/action/powerOn")
    sweep(limit=1)
    assert bob.post(f"{task_of(started).get('href')}/action/cancel").status_code == 204
    world.drain()
    assert tree(bob.get(task_of(started).get("href"))).get("status") == "canceled"
    document = tree(bob.get(vapp))
    assert (document.get("deployed"), document.get("status")) == ("true", "4")
    assert first_vm(bob.get(vapp)).get("deployed") == "true"


def test_address_when_its_machine_starts_under_a_canceled_task_then_it_is_not_given_to_another(
    world: World,
) -> None:
    bob = world.api("bob")
    vapp = running_vapp(bob, world, power_on=False)
    vm = first_vm(bob.get(vapp)).get("href")
    started = bob.post(f"{vm}/power/action/powerOn")
    sweep(limit=1)
    bob.post(f"{task_of(started).get('href')}/action/cancel")
    section = (
        f"<NetworkConnectionSection {NS}><ovf:Info/><NetworkConnection network='none'><NetworkConnectionIndex>0"
        "</NetworkConnectionIndex><IsConnected>false</IsConnected><IpAddressAllocationMode>NONE"
        "</IpAddressAllocationMode></NetworkConnection></NetworkConnectionSection>"
    )
    changed = put(bob, f"{vm}/networkConnectionSection/", section, "networkConnectionSection")
    for _ in range(3):
        sweep()
    other = running_vapp(bob, world, name="other")
    assert done(bob, world, changed) == "success"
    assert first_vm(bob.get(other)).findtext("{*}NetworkConnectionSection//{*}IpAddress") == "10.10.0.101"
    assert tree(bob.get(other)).get("status") == "4"


def test_vapp_when_its_vm_is_started_behind_our_back_then_deployed_with_its_lease(world: World) -> None:
    bob = world.api("bob")
    with acting_for(ALL):
        Org.objects.filter(pk=world.acme.pk).update(deployment_lease_s=3600)
    vapp = running_vapp(bob, world, power_on=False)
    with acting_for(ALL):
        vm = Vm.objects.get()
    client_for(world.cluster).vm_action(world.vdc.namespace, names.vm_name(vm.pk), "start")
    world.drain()
    document = tree(bob.get(vapp))
    assert (document.get("deployed"), document.get("status")) == ("true", "4")
    with acting_for(ALL):
        assert VApp.objects.get().deployment_expires_at is not None
