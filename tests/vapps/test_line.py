"""The main line: from the template to the running machine and back, through the API and the cluster."""

import pytest

from compute.cluster.client import client_for
from ssvirt.core.tenancy import ALL, acting_for
from tasks.models import Claim, Task
from tests.contract.spec import assert_valid_json, assert_valid_xml
from tests.fixtures import JSON, World
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
from vapps.models import VApp, Vm
from vdcs.models import IpAllocation, Vdc, VdcStoragePolicy

pytestmark = pytest.mark.django_db
RASD = "{http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData}"


def objects(world: World, kind: str) -> list[dict]:
    client = client_for(world.cluster)
    return [item for page, _ in client.list_pages(kind, namespace=world.vdc.namespace) for item in page]


def test_instantiate_when_powered_on_then_machine_runs_with_its_address(world: World) -> None:
    bob = world.api("bob")
    response = post_instantiate(bob, world)
    assert response.status_code == 201
    assert_valid_xml(response.content)
    vapp = tree(response)
    assert (vapp.get("status"), vapp.get("deployed")) == ("0", "false")
    assert response["Location"] == vapp.get("href")
    task = task_of(response)
    assert (task.get("status"), task.get("operationName")) == ("queued", "vdcInstantiateVapp")

    world.drain()
    ended = bob.get(task.get("href"))
    assert_valid_xml(ended.content)
    assert tree(ended).get("status") == "success"
    response = bob.get(vapp.get("href"))
    assert_valid_xml(response.content)
    vapp, vm = tree(response), first_vm(response)
    assert (vapp.get("status"), vapp.get("deployed")) == ("4", "true")
    assert (vm.get("status"), vm.get("name")) == ("4", "web-vm")
    connection = vm.find(f".//{RASD}Connection")
    assert connection.get(f"{V15}ipAddress") == "10.10.0.100"
    assert vm.findtext(f".//{V15}NetworkConnection/{V15}IpAddress") == "10.10.0.100"

    machines = objects(world, "VirtualMachine")
    assert [machine["status"]["printableStatus"] for machine in machines] == ["Running"]
    instance = objects(world, "VirtualMachineInstance")[0]
    assert [nic["ipAddress"] for nic in instance["status"]["interfaces"]] == ["10.10.0.100"]
    assert [volume["status"]["phase"] for volume in objects(world, "DataVolume")] == ["Succeeded"]
    with acting_for(ALL):
        assert not Claim.objects.exists()


def test_power_when_off_and_on_then_status_follows_and_links_change(world: World) -> None:
    bob = world.api("bob")
    href = running_vapp(bob, world)
    assert "power:powerOff" in rels(bob.get(href))
    assert "power:powerOn" not in rels(bob.get(href))

    response = bob.post(f"{href}/power/action/powerOff")
    assert response.status_code == 202
    assert_valid_xml(response.content)
    assert "power:powerOn" in rels(bob.get(href)), "links show the state after the queued task"
    assert tree(bob.get(href)).get("status") == "4", "the status shows what is"
    world.drain()
    off = tree(bob.get(href))
    assert (off.get("status"), off.get("deployed")) == ("8", "true")
    assert objects(world, "VirtualMachineInstance") == []

    assert bob.post(f"{href}/power/action/powerOn").status_code == 202
    world.drain()
    assert tree(bob.get(href)).get("status") == "4"


def rels(response) -> set[str]:
    return {link.get("rel") for link in tree(response).findall(f"{V15}Link")}


def test_power_on_when_on_already_then_success_without_work(world: World) -> None:
    bob = world.api("bob")
    href = running_vapp(bob, world)
    response = bob.post(f"{href}/power/action/powerOn")
    world.drain()
    assert tree(bob.get(task_of(response).get("href"))).get("status") == "success"


def test_power_actions_when_queued_at_once_then_run_in_order(world: World) -> None:
    bob = world.api("bob")
    href = running_vapp(bob, world)
    hrefs = [
        task_of(bob.post(f"{href}/power/action/{action}")).get("href")
        for action in ("powerOff", "powerOn", "powerOff")
    ]
    world.drain()
    assert [tree(bob.get(task)).get("status") for task in hrefs] == ["success"] * 3
    assert tree(bob.get(href)).get("status") == "8"


def test_undeploy_when_running_then_off_and_undeployed_and_again_refused(world: World) -> None:
    bob = world.api("bob")
    href = running_vapp(bob, world)
    body = (
        '<UndeployVAppParams xmlns="http://www.vmware.com/vcloud/v1.5">'
        "<UndeployPowerAction>powerOff</UndeployPowerAction></UndeployVAppParams>"
    )
    assert bob.post(f"{href}/action/undeploy", body).status_code == 202
    world.drain()
    vapp = tree(bob.get(href))
    assert (vapp.get("status"), vapp.get("deployed")) == ("8", "false")
    assert first_vm(bob.get(href)).get("deployed") == "false"
    refused = bob.post(f"{href}/action/undeploy", body)
    assert refused.status_code == 400
    assert "could not be executed since vApp" in refused.content.decode()
    assert "is not running" in refused.content.decode()


def test_delete_when_running_then_refused_and_by_force_leaves_nothing(world: World) -> None:
    bob = world.api("bob")
    href = running_vapp(bob, world)
    assert bob.delete(f"{href}?force=False&recursive=False").status_code == 400
    response = bob.delete(f"{href}?force=True&recursive=False")
    assert response.status_code == 202
    world.drain()
    assert tree(bob.get(task_of(response).get("href"))).get("status") == "success"
    assert bob.get(href).status_code == 403
    for kind in ("VirtualMachine", "VirtualMachineInstance", "DataVolume", "Secret"):
        assert objects(world, kind) == [], kind
    with acting_for(ALL):
        assert not VApp.objects.exists()
        assert not IpAllocation.objects.exists()
        vdc = Vdc.objects.get(pk=world.vdc.pk)
        assert (vdc.used_vms, vdc.used_cpu_mhz, vdc.used_memory_mb) == (0, 0, 0)
        assert set(VdcStoragePolicy.objects.filter(vdc=vdc).values_list("used_mb", flat=True)) == {0}


def test_name_when_its_vapp_was_deleted_then_free_again(world: World) -> None:
    bob = world.api("bob")
    href = running_vapp(bob, world, name="again")
    assert post_instantiate(bob, world, name="again").status_code == 400
    bob.delete(f"{href}?force=true")
    world.drain()
    assert post_instantiate(bob, world, name="again").status_code == 201


def test_instantiate_when_not_powered_on_then_disks_are_made_and_machine_is_off(world: World) -> None:
    bob = world.api("bob")
    href = running_vapp(bob, world, power_on=False)
    vapp = tree(bob.get(href))
    assert (vapp.get("status"), vapp.get("deployed")) == ("8", "false")
    assert [volume["status"]["phase"] for volume in objects(world, "DataVolume")] == ["Succeeded"]
    assert objects(world, "VirtualMachineInstance") == []


def test_instantiate_when_two_vms_then_both_run_on_the_network(world: World) -> None:
    bob = world.api("bob")
    response = post_instantiate(bob, world, template=world.pair)
    assert response.status_code == 201, response.content
    world.drain()
    response = bob.get(tree(response).get("href"))
    assert_valid_xml(response.content)
    assert [vm.get("status") for vm in tree(response).iter(f"{V15}Vm")] == ["4", "4"]


def test_vm_actions_when_on_one_vm_then_the_vapp_is_mixed(world: World) -> None:
    bob = world.api("bob")
    href = running_vapp(bob, world, template=world.pair)
    vm = first_vm(bob.get(href)).get("href")
    assert bob.post(f"{vm}/power/action/powerOff").status_code == 202
    world.drain()
    assert_valid_xml(bob.get(vm).content)
    assert (tree(bob.get(vm)).get("status"), tree(bob.get(vm)).get("deployed")) == ("8", "true")
    assert tree(bob.get(href)).get("status") == "10"
    assert bob.delete(vm).status_code == 202
    world.drain()
    assert bob.get(vm).status_code == 403
    assert tree(bob.get(href)).get("status") == "4"


def test_compose_when_empty_then_resolved_and_can_be_powered_on(world: World) -> None:
    bob = world.api("bob")
    response = bob.post(f"/api/vdc/{world.vdc.pk}/action/composeVApp", compose(), COMPOSE)
    assert response.status_code == 201
    assert_valid_xml(response.content)
    href = tree(response).get("href")
    assert tree(response).get("status") == "0"
    world.drain()
    assert tree(bob.get(href)).get("status") == "1"
    assert bob.post(f"{href}/power/action/powerOn").status_code == 202
    world.drain()
    assert tree(bob.get(href)).get("status") == "4"


def test_line_when_in_json_then_the_same_documents(world: World) -> None:
    bob = world.api("bob", JSON)
    body = {
        "_type": "InstantiateVAppTemplateParamsType",
        "name": "json",
        "source": {"href": f"http://testserver/api/vAppTemplate/vappTemplate-{world.fedora.pk}"},
        "allEULAsAccepted": True,
    }
    response = bob.post(
        f"/api/vdc/{world.vdc.pk}/action/instantiateVAppTemplate",
        body,
        "application/vnd.vmware.vcloud.instantiateVAppTemplateParams+json",
    )
    assert response.status_code == 201, response.content
    assert_valid_json(response.json(), "VAppType")
    world.drain()
    vapp = bob.get(response.json()["href"]).json()
    assert_valid_json(vapp, "VAppType")
    assert vapp["status"] == 4
    task = bob.get(response.json()["tasks"]["task"][0]["href"]).json()
    assert_valid_json(task, "TaskType")
    assert task["status"] == "success"


def test_guest_when_it_shuts_down_by_itself_then_vm_is_off_and_deployed(world: World) -> None:
    bob = world.api("bob")
    href = running_vapp(bob, world)
    machine = objects(world, "VirtualMachine")[0]["metadata"]
    world.emulator.guest_shutdown(machine["namespace"], machine["name"])
    world.drain()
    vm = first_vm(bob.get(href))
    assert (vm.get("status"), vm.get("deployed")) == ("8", "true")
    with acting_for(ALL):
        assert Vm.objects.get().projected_state == "off"


def test_machine_when_deleted_behind_our_back_then_vm_is_off(world: World) -> None:
    bob = world.api("bob")
    href = running_vapp(bob, world)
    machine = objects(world, "VirtualMachine")[0]["metadata"]
    client_for(world.cluster).delete("VirtualMachine", machine["name"], machine["namespace"])
    world.drain()
    assert first_vm(bob.get(href)).get("status") == "8"
    response = bob.delete(f"{href}?force=true")
    world.drain()
    assert tree(bob.get(task_of(response).get("href"))).get("status") == "success"


def test_cancel_when_instantiating_then_nothing_is_left_on_the_cluster(world: World) -> None:
    bob = world.api("bob")
    response = post_instantiate(bob, world)
    task = task_of(response).get("href")
    assert bob.post(f"{task}/action/cancel").status_code == 204
    world.drain()
    assert tree(bob.get(task)).get("status") == "canceled"
    assert tree(bob.get(tree(response).get("href"))).get("status") == "-1"
    assert objects(world, "VirtualMachine") == []
    bob.delete(f"{tree(response).get('href')}")
    world.drain()
    with acting_for(ALL):
        assert not VApp.objects.exists()
        assert Vdc.objects.get(pk=world.vdc.pk).used_vms == 0
        assert Task.objects.filter(status="error").count() == 0


def test_boot_sources_when_instantiating_then_the_vdc_may_clone_from_their_namespace(world: World) -> None:
    running_vapp(world.api("bob"), world)
    client = client_for(world.cluster)
    binding = client.get(
        "RoleBinding", f"ssvirt-clone-{world.vdc.namespace}", "openshift-virtualization-os-images"
    )
    assert binding is not None
    assert binding["subjects"] == [
        {"kind": "ServiceAccount", "name": "default", "namespace": world.vdc.namespace}
    ]


@pytest.mark.parametrize(("asked", "before"), [("false", "false"), ("true", "true")])
def test_needs_customization_when_asked_then_kept_until_the_first_power_on(
    world: World, asked: str, before: str
) -> None:
    from tests.vapps.bodies import INSTANTIATE, instantiate

    bob = world.api("bob")
    body = instantiate(world, power_on=False).replace(
        "<NeedsCustomization>false", f"<NeedsCustomization>{asked}"
    )
    response = bob.post(f"/api/vdc/{world.vdc.pk}/action/instantiateVAppTemplate", body, INSTANTIATE)
    world.drain()
    href = tree(response).get("href")
    assert first_vm(bob.get(href)).get("needsCustomization") == before
    bob.post(f"{href}/power/action/powerOn")
    world.drain()
    assert first_vm(bob.get(href)).get("needsCustomization") == "false"
