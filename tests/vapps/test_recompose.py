"""VMs that come into a vApp, move between vApps and leave; copies; standalone VMs."""

from typing import Any

import pytest

from compute import names
from compute.cluster.client import client_for
from ssvirt.core.tenancy import ALL, acting_for
from tests.fixtures import Api, World
from tests.vapps.bodies import COMPOSE, V15, compose, first_vm, running_vapp, task_of, tree
from tests.vapps.test_reconfigure import NS, done, row
from vapps.models import NamedDisk, VApp, VAppNetwork, Vm
from vdcs.models import IpAllocation, Network, Vdc

pytestmark = pytest.mark.django_db
RECOMPOSE = "application/vnd.vmware.vcloud.recomposeVAppParams+xml"
CLONE = "application/vnd.vmware.vcloud.cloneVAppParams+xml"
CREATE_VM = "application/vnd.vmware.vcloud.CreateVmParams+xml"
FROM_TEMPLATE = "application/vnd.vmware.vcloud.instantiateVmTemplateParams+xml"


def empty_vapp(bob: Api, world: World, name: str = "empty") -> str:
    response = bob.post(f"/api/vdc/{world.vdc.pk}/action/composeVApp", compose(name), COMPOSE)
    assert response.status_code == 201, response.content
    world.drain()
    return str(tree(response).get("href"))


def recompose(bob: Api, vapp: str, inner: str, attributes: str = "") -> Any:
    eulas = "<AllEULAsAccepted>true</AllEULAsAccepted>"
    body = f"<RecomposeVAppParams {NS} {attributes}>{inner}{eulas}</RecomposeVAppParams>"
    return bob.post(f"{vapp}/action/recomposeVApp", body, RECOMPOSE)


def sourced(href: str, name: str, *, delete: bool = False, nics: str = "") -> str:
    return (
        f'<SourcedItem sourceDelete="{str(delete).lower()}"><Source href="{href}" name="{name}"/>'
        f"<InstantiationParams>{nics}</InstantiationParams></SourcedItem>"
    )


def template_vm(world: World, template: Any = None) -> str:
    with acting_for(ALL):
        return f"http://testserver/api/vAppTemplate/vm-{(template or world.fedora).vms.first().pk}"


CREATED = (
    '<CreateItem name="{name}"><Description/><VmSpecSection Modified="true"><ovf:Info/><OsType>sles10_64Guest</OsType>'
    "<NumCpus>2</NumCpus><NumCoresPerSocket>1</NumCoresPerSocket><CpuResourceMhz><Configured>0</Configured></CpuResourceMhz>"
    "<MemoryResourceMb><Configured>512</Configured></MemoryResourceMb><MediaSection/><DiskSection><DiskSettings>"
    "<SizeMb>1024</SizeMb><UnitNumber>0</UnitNumber><BusNumber>0</BusNumber><AdapterType>5</AdapterType>"
    "<ThinProvisioned>true</ThinProvisioned></DiskSettings></DiskSection>"
    '<HardwareVersion href="x">vmx-14</HardwareVersion>'
    "</VmSpecSection></CreateItem>"
)


def names_in(bob: Api, vapp: str) -> list[str]:
    return sorted(str(vm.get("name")) for vm in tree(bob.get(vapp)).findall(f"{V15}Children/{V15}Vm"))


def test_recompose_when_a_template_vm_is_added_then_it_is_off_and_the_vapp_follows(world: World) -> None:
    bob = world.api("bob")
    vapp = empty_vapp(bob, world)
    assert tree(bob.get(vapp)).get("status") == "1"
    response = recompose(bob, vapp, sourced(template_vm(world), "added"))
    assert task_of(response).get("operationName") == "vdcRecomposeVapp"
    assert done(bob, world, response) == "success"
    vm = first_vm(bob.get(vapp))
    assert (vm.get("name"), vm.get("status"), vm.get("deployed")) == ("added", "8", "false")
    assert vm.get("needsCustomization") == "true"
    assert tree(bob.get(vapp)).get("status") == "8"
    response = recompose(bob, vapp, sourced(template_vm(world), "added"))
    assert response.status_code == 400
    assert tree(response).get("minorErrorCode") == "DUPLICATE_NAME"
    assert "added" in tree(response).get("message")


def test_recompose_when_a_vm_is_made_from_nothing_then_its_hardware_is_as_asked(world: World) -> None:
    bob = world.api("bob")
    vapp = empty_vapp(bob, world)
    response = recompose(bob, vapp, CREATED.format(name="blank"), 'powerOn="true"')
    assert done(bob, world, response) == "success"
    vm = first_vm(bob.get(vapp))
    made = row(vm.get("href"))
    assert (made.cpus, made.memory_mb, made.os_type, made.hardware_version) == (
        2,
        512,
        "sles10_64Guest",
        "vmx-14",
    )
    assert vm.get("status") == "4"
    assert vm.findtext(f".//{V15}DiskSettings/{V15}SizeMb") == "1024"
    assert tree(bob.get(vapp)).get("status") == "4"


def test_recompose_when_vms_are_deleted_then_they_are_gone_and_quota_is_given_back(world: World) -> None:
    bob = world.api("bob")
    vapp = running_vapp(bob, world, template=world.pair, power_on=False)
    hrefs = {vm.get("name"): vm.get("href") for vm in tree(bob.get(vapp)).iter(f"{V15}Vm")}
    gone = hrefs["db"]
    assert done(bob, world, recompose(bob, vapp, f'<DeleteItem href="{gone}"/>')) == "success"
    assert names_in(bob, vapp) == ["web-vm"]
    with acting_for(ALL):
        assert Vdc.objects.get(pk=world.vdc.pk).used_vms == 1
    response = recompose(bob, vapp, f'<DeleteItem href="{gone}"/>')
    assert (response.status_code, tree(response).get("minorErrorCode")) == (400, "INVALID_REFERENCE")


def test_recompose_when_name_and_description_are_given_then_changed(world: World) -> None:
    bob = world.api("bob")
    vapp = empty_vapp(bob, world)
    response = recompose(bob, vapp, "<Description>words</Description>", 'name="other"')
    assert done(bob, world, response) == "success"
    document = tree(bob.get(vapp))
    assert (document.get("name"), document.findtext(f"{V15}Description")) == ("other", "words")
    empty_vapp(bob, world, "second")
    assert tree(recompose(bob, vapp, "", 'name="second"')).get("minorErrorCode") == "DUPLICATE_NAME"


def test_copy_of_a_vm_when_it_is_off_then_its_disks_are_cloned(world: World) -> None:
    bob = world.api("bob")
    source = first_vm(bob.get(running_vapp(bob, world, power_on=False))).get("href")
    vapp = empty_vapp(bob, world)
    assert done(bob, world, recompose(bob, vapp, sourced(source, "copy"))) == "success"
    copy = row(first_vm(bob.get(vapp)).get("href"))
    with acting_for(ALL):
        disk = copy.disks.get()
    volume = client_for(world.cluster).get(
        "DataVolume", names.disk_volume_name(copy.pk, disk.pk), world.vdc.namespace
    )
    assert volume["spec"]["source"]["pvc"]["namespace"] == world.vdc.namespace
    assert bob.get(source).status_code == 200, "the original stays"
    assert done(bob, world, bob.post(f"{source}/power/action/powerOn")) == "success"
    response = recompose(bob, vapp, sourced(source, "again"))
    assert response.status_code == 400
    assert "powered off" in tree(response).get("message")


def test_move_of_a_vm_when_within_the_vdc_then_it_keeps_its_id_and_disks(world: World) -> None:
    bob = world.api("bob")
    old = running_vapp(bob, world, power_on=False)
    source = first_vm(bob.get(old)).get("href")
    vapp = empty_vapp(bob, world)
    assert done(bob, world, recompose(bob, vapp, sourced(source, "moved", delete=True))) == "success"
    assert names_in(bob, vapp) == ["moved"]
    assert names_in(bob, old) == []
    assert first_vm(bob.get(vapp)).get("href") == source
    found = client_for(world.cluster).get(
        "VirtualMachine", names.vm_name(row(source).pk), world.vdc.namespace
    )
    assert found["metadata"]["labels"]["ssvirt.io/vapp-id"] == vapp.rsplit("vapp-", 1)[1]


def test_clone_when_asked_then_a_second_vapp_with_the_same_networks(world: World) -> None:
    bob = world.api("bob")
    source = running_vapp(bob, world, power_on=False)
    body = (
        f'<CloneVAppParams {NS} name="twin" deploy="true" powerOn="true"><Description>copy</Description>'
        f'<Source href="{source}"/><IsSourceDelete>false</IsSourceDelete></CloneVAppParams>'
    )
    response = bob.post(f"/api/vdc/{world.vdc.pk}/action/cloneVApp", body, CLONE)
    assert response.status_code == 201
    world.drain()
    twin = tree(response).get("href")
    vm = first_vm(bob.get(twin))
    assert tree(bob.get(twin)).get("status") == "4"
    assert vm.findtext(f".//{V15}NetworkConnection/{V15}IpAddress") == "10.10.0.101"
    assert names_in(bob, source) == ["web-vm"]


def test_clone_when_the_source_is_deleted_then_it_has_moved_to_the_other_vdc(world: World) -> None:
    bob = world.api("bob")
    source = running_vapp(bob, world, power_on=False)
    body = (
        f'<CloneVAppParams {NS} name="web" deploy="false" powerOn="false">'
        f'<Source href="{source}"/><IsSourceDelete>true</IsSourceDelete></CloneVAppParams>'
    )
    response = bob.post(f"/api/vdc/{world.vdc2.pk}/action/cloneVApp", body, CLONE)
    assert response.status_code == 201, response.content
    world.drain()
    assert tree(bob.get(task_of(response).get("href"))).get("status") == "success"
    assert bob.get(source).status_code == 403
    assert names_in(bob, tree(response).get("href")) == ["web-vm"]
    with acting_for(ALL):
        assert Vdc.objects.get(pk=world.vdc.pk).used_vms == 0
        assert not IpAllocation.objects.filter(network__vdc=world.vdc).exists()


def test_standalone_vm_when_made_and_deleted_then_its_hidden_vapp_comes_and_goes(world: World) -> None:
    bob = world.api("bob")
    created = CREATED.format(name="alone").replace("CreateItem", "CreateVm")
    body = f'<CreateVmParams {NS} powerOn="false">{created}</CreateVmParams>'
    response = bob.post(f"/api/vdc/{world.vdc.pk}/action/createVm", body, CREATE_VM)
    assert done(bob, world, response) == "success"
    owner = task_of(response).find(f"{V15}Owner").get("href")
    vapp = tree(bob.get(owner))
    assert vapp.findtext(f"{V15}autoNature") == "true"
    vm = first_vm(bob.get(owner))
    assert vm.get("name") == "alone"
    assert done(bob, world, bob.post(f"{vm.get('href')}/power/action/powerOn")) == "success"
    assert tree(bob.get(owner)).get("status") == "4"
    assert done(bob, world, bob.post(f"{vm.get('href')}/action/undeploy")) == "success"
    assert done(bob, world, bob.delete(vm.get("href"))) == "success"
    with acting_for(ALL):
        assert not VApp.objects.exists()
        assert not Vm.objects.exists()


def test_standalone_vm_when_from_a_template_then_on_the_vdcs_network(world: World) -> None:
    bob = world.api("bob")
    nics = (
        "<NetworkConnectionSection><ovf:Info/><PrimaryNetworkConnectionIndex>0</PrimaryNetworkConnectionIndex>"
        '<NetworkConnection network="acme-net"><NetworkConnectionIndex>0</NetworkConnectionIndex><IsConnected>true'
        "</IsConnected><IpAddressAllocationMode>POOL</IpAddressAllocationMode></NetworkConnection></NetworkConnectionSection>"
    )
    body = (
        f'<InstantiateVmTemplateParams {NS} name="single" powerOn="true"><SourcedVmTemplateItem>'
        f'<Source href="{template_vm(world)}"/><VmTemplateInstantiationParams>{nics}</VmTemplateInstantiationParams>'
        "</SourcedVmTemplateItem><AllEULAsAccepted>true</AllEULAsAccepted></InstantiateVmTemplateParams>"
    )
    response = bob.post(f"/api/vdc/{world.vdc.pk}/action/instantiateVmFromTemplate", body, FROM_TEMPLATE)
    assert done(bob, world, response) == "success"
    vm = first_vm(bob.get(task_of(response).find(f"{V15}Owner").get("href")))
    assert (vm.get("name"), vm.get("status")) == ("single", "4")
    assert vm.findtext(f".//{V15}NetworkConnection/{V15}IpAddress") == "10.10.0.100"


def test_isolated_network_when_made_for_a_vapp_then_it_comes_and_goes_with_it(world: World) -> None:
    bob = world.api("bob")
    vapp = empty_vapp(bob, world)
    section = (
        f'<NetworkConfigSection {NS}><ovf:Info/><NetworkConfig networkName="inner"><Description>own</Description>'
        "<Configuration><IpScopes><IpScope><IsInherited>false</IsInherited><Gateway>192.168.7.1</Gateway>"
        "<Netmask>255.255.255.0</Netmask><Dns1>192.168.7.1</Dns1><IpRanges><IpRange><StartAddress>192.168.7.10"
        "</StartAddress><EndAddress>192.168.7.20</EndAddress></IpRange></IpRanges></IpScope></IpScopes>"
        "<FenceMode>isolated</FenceMode></Configuration></NetworkConfig></NetworkConfigSection>"
    )
    path, media = f"{vapp}/networkConfigSection/", "application/vnd.vmware.vcloud.networkConfigSection+xml"
    assert done(bob, world, bob.call("PUT", path, section, content_type=media)) == "success"
    config = tree(bob.get(path)).find(f"{V15}NetworkConfig")
    assert config.findtext(f".//{V15}FenceMode") == "isolated"
    assert config.findtext(f".//{V15}IsInherited") == "false"
    assert config.findtext(f".//{V15}StartAddress") == "192.168.7.10"
    network = config.find(f"{V15}Link").get("href").split("/network/")[1].split("/")[0]
    assert bob.get(f"/api/network/{network}").status_code == 200
    assert world.api("dave").get(f"/api/network/{network}").status_code == 403
    assert bob.get("/api/query?type=orgVdcNetwork").content.count(b"inner") == 0

    nics = (
        '<NetworkConnectionSection><ovf:Info/><NetworkConnection network="inner"><NetworkConnectionIndex>0'
        "</NetworkConnectionIndex><IsConnected>true</IsConnected><IpAddressAllocationMode>POOL"
        "</IpAddressAllocationMode></NetworkConnection></NetworkConnectionSection>"
    )
    response = recompose(bob, vapp, sourced(template_vm(world), "inside", nics=nics), 'powerOn="true"')
    assert done(bob, world, response) == "success"
    assert first_vm(bob.get(vapp)).findtext(f".//{V15}NetworkConnection/{V15}IpAddress") == "192.168.7.10"
    response = bob.delete(f"/api/network/{network}")
    assert response.status_code == 400
    assert "inside" in tree(response).get("message")
    response = bob.call(
        "PUT", path, f"<NetworkConfigSection {NS}><ovf:Info/></NetworkConfigSection>", content_type=media
    )
    assert response.status_code == 400

    assert done(bob, world, bob.delete(f"{vapp}?force=true")) == "success"
    with acting_for(ALL):
        assert not VAppNetwork.objects.exists()
        assert not Network.objects.filter(vapp_id__isnull=False).exists()
        assert not NamedDisk.objects.exists()
    udns = [
        udn
        for page, _ in client_for(world.cluster).list_pages(
            "UserDefinedNetwork", namespace=world.vdc.namespace
        )
        for udn in page
    ]
    assert sorted(udn["metadata"]["name"] for udn in udns) == sorted(["primary", world.isolated.udn_name])


def test_vms_when_added_by_parallel_requests_then_none_waits_for_another(world: World) -> None:
    bob = world.api("bob")
    vapp = empty_vapp(bob, world)
    tasks = [
        task_of(recompose(bob, vapp, sourced(template_vm(world), f"vm{number}"))).get("href")
        for number in range(4)
    ]
    from tasks.services import sweep

    assert sweep() == 4, "all four are runnable at once"
    world.drain()
    assert {tree(bob.get(task)).get("status") for task in tasks} == {"success"}
    assert names_in(bob, vapp) == ["vm0", "vm1", "vm2", "vm3"]


@pytest.mark.parametrize(
    ("inner", "word"),
    [
        (
            '<SourcedItem><Source href="http://x/api/vApp/vm-00000000-0000-4000-8000-000000000000"/></SourcedItem>',
            "00000000",
        ),
        (CREATED.format(name=""), "name"),
        (CREATED.format(name="x").replace(">512<", ">-5<"), "-5"),
        (CREATED.format(name="x").replace(">1024<", ">0<"), "0"),
        (CREATED.format(name="x").replace("<AdapterType>5", "<AdapterType>9"), "9"),
        (CREATED.format(name="x").replace("<NumCpus>2", "<NumCpus>-2"), "-2"),
    ],
)
def test_recompose_when_something_is_wrong_then_refused_and_nothing_written(
    world: World, inner: str, word: str
) -> None:
    bob = world.api("bob")
    vapp = empty_vapp(bob, world)
    response = recompose(bob, vapp, inner)
    assert response.status_code in (400, 403)
    assert word in tree(response).get("message")
    with acting_for(ALL):
        assert not Vm.objects.exists()
        assert Vdc.objects.get(pk=world.vdc.pk).used_vms == 0
