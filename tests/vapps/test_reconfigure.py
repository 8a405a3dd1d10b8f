"""Changes of a VM: each section by itself, and reconfigureVm's partial documents."""

import base64
from datetime import timedelta
from typing import Any

import pytest
import yaml
from lxml import etree

from compute import names
from compute.cluster.client import client_for
from orgs.models import AccessGrant, AccessLevel
from ssvirt.core import clock
from ssvirt.core.tenancy import ALL, acting_for
from tasks.models import Task
from tests.fixtures import Api, World
from tests.vapps.bodies import V15, first_vm, running_vapp, task_of, tree, used_mb
from tests.vapps.test_crashes import make_due
from vapps.models import Disk, Nic, Vm
from vdcs.models import IpAllocation, Vdc

pytestmark = pytest.mark.django_db
NS = (
    'xmlns="http://www.vmware.com/vcloud/v1.5" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1" '
    'xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData" '
    'xmlns:vmw="http://www.vmware.com/schema/ovf"'
)
MEDIA = "application/vnd.vmware.vcloud.{}+xml"


def stopped_vm(bob: Api, world: World) -> str:
    """Href of a VM that is off."""
    vapp = running_vapp(bob, world, power_on=False)
    return str(first_vm(bob.get(vapp)).get("href"))


def done(api: Api, world: World, response: Any) -> str:
    """Lets the task of a 202 end; its status."""
    assert response.status_code == 202, response.content
    href = task_of(response).get("href")
    world.drain()
    task = tree(api.get(href))
    error = task.find(f"{V15}Error")
    return str(task.get("status")) + (f" {error.get('message')}" if error is not None else "")


def put(api: Api, path: str, body: str, media: str = "vm") -> Any:
    return api.call("PUT", path, body, content_type=MEDIA.format(media))


def reconfigure(api: Api, vm: str, inner: str, attributes: str = 'name="web-vm"') -> Any:
    return api.post(f"{vm}/action/reconfigureVm", f"<Vm {NS} {attributes}>{inner}</Vm>", MEDIA.format("vm"))


def machine(world: World, vm: Vm) -> dict[str, Any]:
    found = client_for(world.cluster).get("VirtualMachine", names.vm_name(vm.pk), world.vdc.namespace)
    assert found is not None
    return dict(found)


def row(href: str) -> Vm:
    with acting_for(ALL):
        return Vm.objects.get(pk=href.rsplit("vm-", 1)[1])


def test_cpu_and_memory_when_put_on_a_stopped_vm_then_rows_and_machine_follow(world: World) -> None:
    bob = world.api("bob")
    vm = stopped_vm(bob, world)
    item = bob.get(f"{vm}/virtualHardwareSection/cpu")
    assert item.status_code == 200
    body = (
        f"<Item {NS}><rasd:ElementName>4 virtual CPU(s)</rasd:ElementName><rasd:InstanceID>4</rasd:InstanceID>"
        "<rasd:ResourceType>3</rasd:ResourceType><rasd:VirtualQuantity>4</rasd:VirtualQuantity>"
        '<vmw:CoresPerSocket ovf:required="false">2</vmw:CoresPerSocket></Item>'
    )
    assert done(bob, world, put(bob, f"{vm}/virtualHardwareSection/cpu", body, "rasdItem")) == "success"
    body = body.replace(">4<", ">2048<").replace(
        '<vmw:CoresPerSocket ovf:required="false">2</vmw:CoresPerSocket>', ""
    )
    assert done(bob, world, put(bob, f"{vm}/virtualHardwareSection/memory", body, "rasdItem")) == "success"
    with acting_for(ALL):
        vdc = Vdc.objects.get(pk=world.vdc.pk)
    assert (row(vm).cpus, row(vm).cores_per_socket, row(vm).memory_mb) == (4, 2, 2048)
    assert (vdc.used_cpu_mhz, vdc.used_memory_mb) == (4000, 2048)
    domain = machine(world, row(vm))["spec"]["template"]["spec"]["domain"]
    assert domain["cpu"] == {"sockets": 2, "cores": 2, "threads": 1}
    assert domain["memory"]["guest"] == "2Gi"


def test_cpu_when_the_vm_runs_without_hot_add_then_refused_and_nothing_changes(world: World) -> None:
    bob = world.api("bob")
    vm = str(first_vm(bob.get(running_vapp(bob, world))).get("href"))
    spec = '<VmSpecSection Modified="true"><ovf:Info/><NumCpus>4</NumCpus></VmSpecSection>'
    response = reconfigure(bob, vm, spec)
    assert response.status_code == 400
    assert "hot-add" in tree(response).get("message")
    assert row(vm).cpus == 1


def test_cpu_when_hot_add_is_enabled_then_a_running_guest_gets_it(world: World) -> None:
    bob = world.api("bob")
    vm = stopped_vm(bob, world)
    capabilities = (
        f"<VmCapabilities {NS}><MemoryHotAddEnabled>true</MemoryHotAddEnabled>"
        "<CpuHotAddEnabled>true</CpuHotAddEnabled></VmCapabilities>"
    )
    response = put(bob, f"{vm}/vmCapabilities", capabilities, "vmCapabilitiesSection")
    assert done(bob, world, response) == "success"
    assert done(bob, world, bob.post(f"{vm}/power/action/powerOn")) == "success"
    spec = (
        '<VmSpecSection Modified="true"><ovf:Info/><NumCpus>2</NumCpus><MemoryResourceMb>'
        "<Configured>2048</Configured></MemoryResourceMb></VmSpecSection>"
    )
    assert done(bob, world, reconfigure(bob, vm, spec)) == "success"
    seen = row(vm)
    assert (seen.cpus, seen.memory_mb) == (2, 2048)
    assert seen.observed_restart_required or (seen.observed_cpus, seen.observed_memory_mb) == (2, 2048)


def test_disks_when_added_grown_and_removed_then_volumes_follow(world: World) -> None:
    bob = world.api("bob")
    vm = stopped_vm(bob, world)
    profile = tree(bob.get(vm)).find(f"{V15}StorageProfile").get("href")

    def disks(*settings: str) -> str:
        return (
            '<VmSpecSection Modified="true"><ovf:Info/><DiskSection>'
            + "".join(f"<DiskSettings>{each}</DiskSettings>" for each in settings)
            + "</DiskSection></VmSpecSection>"
        )

    first = "<DiskId>2000</DiskId><SizeMb>40960</SizeMb>"
    second = (
        "<SizeMb>2048</SizeMb><UnitNumber>1</UnitNumber><BusNumber>0</BusNumber><AdapterType>5</AdapterType>"
        f'<StorageProfile href="{profile}"/><overrideVmDefault>true</overrideVmDefault>'
    )
    assert done(bob, world, reconfigure(bob, vm, disks(first, second))) == "success"
    with acting_for(ALL):
        rows = list(Disk.objects.filter(vm_id=row(vm).pk).order_by("position"))
    assert [(d.size_mb, d.unit_number, d.observed_phase) for d in rows] == [
        (40960, 0, "Succeeded"),
        (2048, 1, "Succeeded"),
    ]
    numbers = [each.text for each in tree(bob.get(vm)).iter(f"{V15}DiskId")]
    assert numbers == ["2000", "2001"]
    volume = names.disk_volume_name(row(vm).pk, rows[1].pk)
    assert client_for(world.cluster).get("DataVolume", volume, world.vdc.namespace) is not None

    assert (
        done(bob, world, reconfigure(bob, vm, disks("<DiskId>2000</DiskId><SizeMb>40960</SizeMb>")))
        == "success"
    )
    with acting_for(ALL):
        assert Disk.objects.filter(vm_id=row(vm).pk).count() == 1
    assert client_for(world.cluster).get("DataVolume", volume, world.vdc.namespace) is None
    assert len(machine(world, row(vm))["spec"]["template"]["spec"]["volumes"]) == 2


@pytest.mark.parametrize("adapter", ["2", "3", "4", "5"])
def test_disk_when_put_on_the_unit_of_its_controller_then_400_and_nothing_changes(
    world: World, adapter: str
) -> None:
    bob = world.api("bob")
    vm = stopped_vm(bob, world)
    new = f"<SizeMb>1024</SizeMb><UnitNumber>7</UnitNumber><BusNumber>1</BusNumber><AdapterType>{adapter}</AdapterType>"
    body = (
        '<VmSpecSection Modified="true"><ovf:Info/><DiskSection><DiskSettings><DiskId>2000</DiskId>'
        f"<SizeMb>30720</SizeMb></DiskSettings><DiskSettings>{new}</DiskSettings></DiskSection></VmSpecSection>"
    )
    answer = reconfigure(bob, vm, body)
    assert answer.status_code == 400, answer.content
    assert "unit 7" in str(tree(answer).get("message"))
    with acting_for(ALL):
        assert Disk.objects.filter(vm_id=row(vm).pk).count() == 1


def test_disk_when_on_unit_7_of_a_bus_without_a_controller_there_then_taken(world: World) -> None:
    bob = world.api("bob")
    vm = stopped_vm(bob, world)
    body = (
        '<VmSpecSection Modified="true"><ovf:Info/><DiskSection><DiskSettings><DiskId>2000</DiskId>'
        "<SizeMb>30720</SizeMb></DiskSettings><DiskSettings><SizeMb>1024</SizeMb><UnitNumber>7</UnitNumber>"
        "<BusNumber>0</BusNumber><AdapterType>6</AdapterType></DiskSettings></DiskSection></VmSpecSection>"
    )
    assert done(bob, world, reconfigure(bob, vm, body)) == "success"


def test_disk_when_added_to_a_running_vm_then_the_guest_has_it(world: World) -> None:
    bob = world.api("bob")
    vm = str(first_vm(bob.get(running_vapp(bob, world))).get("href"))
    spec = (
        '<VmSpecSection Modified="true"><ovf:Info/><DiskSection><DiskSettings><DiskId>2000</DiskId>'
        "<SizeMb>30720</SizeMb></DiskSettings><DiskSettings><SizeMb>1024</SizeMb><UnitNumber>1</UnitNumber>"
        "<BusNumber>0</BusNumber><AdapterType>5</AdapterType></DiskSettings></DiskSection></VmSpecSection>"
    )
    assert done(bob, world, reconfigure(bob, vm, spec)) == "success"
    with acting_for(ALL):
        added = Disk.objects.get(vm_id=row(vm).pk, position=1)
    assert names.disk_volume_name(row(vm).pk, added.pk) in row(vm).observed_volumes
    response = reconfigure(
        bob, vm, spec.replace("<DiskId>2000</DiskId><SizeMb>30720</SizeMb>", "<SizeMb>5</SizeMb>")
    )
    assert response.status_code == 400
    assert "2000" in tree(response).get("message")


def test_nics_when_set_then_addresses_come_from_the_pool_and_go_back(world: World) -> None:
    bob = world.api("bob")
    vm = stopped_vm(bob, world)
    vapp = tree(bob.get(vm)).xpath("string(*[local-name()='Link'][@rel='up']/@href)")
    section = (
        f"<NetworkConfigSection {NS}><ovf:Info/>"
        f'<NetworkConfig networkName="acme-net"><Configuration><ParentNetwork href="http://x/api/network/{world.net.pk}"/>'
        "<FenceMode>bridged</FenceMode></Configuration></NetworkConfig>"
        f'<NetworkConfig networkName="iso"><Configuration><ParentNetwork href="http://x/api/network/{world.isolated.pk}"/>'
        "<FenceMode>bridged</FenceMode></Configuration></NetworkConfig></NetworkConfigSection>"
    )
    assert (
        done(bob, world, put(bob, f"{vapp}/networkConfigSection/", section, "networkConfigSection"))
        == "success"
    )

    def nics(*cards: tuple[int, str, str, str]) -> str:
        return (
            f"<NetworkConnectionSection {NS}><ovf:Info/>"
            "<PrimaryNetworkConnectionIndex>0</PrimaryNetworkConnectionIndex>"
            + "".join(
                f'<NetworkConnection network="{network}"><NetworkConnectionIndex>{index}</NetworkConnectionIndex>'
                f"{f'<IpAddress>{ip}</IpAddress>' if ip else ''}<IsConnected>true</IsConnected>"
                f"<IpAddressAllocationMode>{mode}</IpAddressAllocationMode></NetworkConnection>"
                for index, network, mode, ip in cards
            )
            + "</NetworkConnectionSection>"
        )

    path = f"{vm}/networkConnectionSection/"
    before = {nic.position: nic.mac for nic in nic_rows(vm)}
    body = nics((0, "acme-net", "POOL", ""), (1, "iso", "MANUAL", "192.168.50.15"))
    assert done(bob, world, put(bob, path, body, "networkConnectionSection")) == "success"
    assert [(n.mode, n.address) for n in nic_rows(vm)] == [
        ("POOL", "10.10.0.100"),
        ("MANUAL", "192.168.50.15"),
    ]
    assert nic_rows(vm)[0].mac == before[0], "a card keeps its MAC address"

    for bad, word in (
        (nics((0, "nowhere", "POOL", "")), "nowhere"),
        (nics((0, "iso", "MANUAL", "10.1.2.3")), "10.1.2.3"),
        (nics((0, "iso", "POOL", ""), (0, "iso", "POOL", "")), "index 0"),
        (nics((0, "iso", "SOMETIMES", "")), "SOMETIMES"),
    ):
        response = put(bob, path, bad, "networkConnectionSection")
        assert response.status_code == 400
        assert word in tree(response).get("message")

    assert done(bob, world, put(bob, path, nics(), "networkConnectionSection")) == "success"
    assert nic_rows(vm) == []
    with acting_for(ALL):
        assert not IpAllocation.objects.exists()


def nic_rows(vm: str) -> list[Nic]:
    with acting_for(ALL):
        return list(Nic.objects.filter(vm_id=row(vm).pk).order_by("position"))


def test_whole_document_when_sent_back_unchanged_then_nothing_is_written(world: World) -> None:
    bob = world.api("bob")
    vm = str(first_vm(bob.get(running_vapp(bob, world))).get("href"))
    version = machine(world, row(vm))["metadata"]["resourceVersion"]
    response = bob.post(f"{vm}/action/reconfigureVm", bob.get(vm).content, MEDIA.format("vm"))
    assert done(bob, world, response) == "success"
    assert machine(world, row(vm))["metadata"]["resourceVersion"] == version


def test_change_when_the_cluster_refuses_it_then_the_rows_are_as_before(world: World) -> None:
    bob = world.api("bob")
    vm = stopped_vm(bob, world)
    spec = '<VmSpecSection Modified="true"><ovf:Info/><NumCpus>3</NumCpus></VmSpecSection>'
    from vapps.operations.reconfiguring import UpdateVm

    def rejected(self: Any, run: Any) -> None:
        from ssvirt.core.errors import ClusterRejected

        if not run.task.is_undoing:
            raise ClusterRejected("the webhook says no")

    original = UpdateVm.ensure_machines
    UpdateVm.ensure_machines = rejected  # type: ignore[method-assign]
    try:
        status = done(bob, world, reconfigure(bob, vm, spec, 'name="other"'))
    finally:
        UpdateVm.ensure_machines = original  # type: ignore[method-assign]
    assert status.startswith("error")
    assert "the webhook says no" in status
    with acting_for(ALL):
        vdc = Vdc.objects.get(pk=world.vdc.pk)
    assert (row(vm).cpus, row(vm).name, vdc.used_cpu_mhz) == (1, "web-vm", 1000)


def test_name_and_description_when_put_then_changed_and_duplicates_refused(world: World) -> None:
    bob = world.api("bob")
    vapp = running_vapp(bob, world, power_on=False, template=world.pair)
    hrefs = [each.get("href") for each in tree(bob.get(vapp)).iter(f"{V15}Vm")]
    body = f'<Vm {NS} name="renamed"><Description>new words</Description></Vm>'
    assert done(bob, world, put(bob, hrefs[0], body)) == "success"
    assert (row(hrefs[0]).name, row(hrefs[0]).description) == ("renamed", "new words")
    response = put(bob, hrefs[1], body)
    assert response.status_code == 400
    assert tree(response).get("minorErrorCode") == "DUPLICATE_NAME"
    assert "renamed" in tree(response).get("message")


def test_section_when_read_by_itself_then_valid_in_both_slash_forms(world: World) -> None:
    bob = world.api("bob")
    vm = stopped_vm(bob, world)
    for part in (
        "networkConnectionSection", "guestCustomizationSection", "guestcustomizationstatus",
        "virtualHardwareSection", "virtualHardwareSection/cpu", "virtualHardwareSection/memory",
        "virtualHardwareSection/disks", "virtualHardwareSection/networkCards", "virtualHardwareSection/media",
        "virtualHardwareSection/serialPorts", "operatingSystemSection", "vmCapabilities", "bootOptions",
        "vmSpecSection", "snapshotSection", "runtimeInfoSection",
    ):  # fmt: skip
        assert bob.get(f"{vm}/{part}").status_code == 200, part
        assert bob.get(f"{vm}/{part}/").status_code == 200, part
        assert world.api("dave").get(f"{vm}/{part}").status_code == 403, part


def secret_of(world: World, vm: str) -> dict[str, str]:
    found = client_for(world.cluster).get(
        "Secret", names.cloud_init_secret_name(row(vm).pk), world.vdc.namespace
    )
    assert found is not None
    return {key: base64.b64decode(value).decode() for key, value in found["data"].items()}


def customization(inner: str) -> str:
    return f"<GuestCustomizationSection {NS}><ovf:Info/>{inner}</GuestCustomizationSection>"


def test_customization_when_a_linux_guest_then_its_secret_has_it_and_no_task_shows_the_password(
    world: World,
) -> None:
    bob = world.api("bob")
    vm = stopped_vm(bob, world)
    body = customization(
        "<Enabled>true</Enabled><AdminPasswordEnabled>true</AdminPasswordEnabled><AdminPasswordAuto>false"
        "</AdminPasswordAuto><AdminPassword>s3cret-word</AdminPassword><ResetPasswordRequired>true"
        "</ResetPasswordRequired><CustomizationScript>#!/bin/sh\necho hello</CustomizationScript>"
        "<ComputerName>newname</ComputerName>"
    )
    response = put(bob, f"{vm}/guestCustomizationSection/", body, "guestCustomizationSection")
    assert done(bob, world, response) == "success"
    data = yaml.safe_load(secret_of(world, vm)["userdata"])
    assert data["hostname"] == "newname"
    assert data["chpasswd"]["users"][0]["password"] == "s3cret-word"
    assert data["chpasswd"]["expire"] is True
    assert data["runcmd"][0][-1] == "precustomization"
    shown = bob.get(f"{vm}/guestCustomizationSection")
    assert tree(shown).findtext(f"{V15}AdminPassword") == "s3cret-word", "whoever may set it may see it"
    assert tree(shown).findtext(f"{V15}ComputerName") == "newname"
    assert b"s3cret-word" not in bob.get(task_of(response).get("href")).content
    with acting_for(ALL):
        assert "s3cret-word" not in str(Task.objects.values_list("args", "notes"))


def test_customization_when_the_password_is_to_be_made_up_then_shown_to_whoever_may_set_it(
    world: World,
) -> None:
    bob = world.api("bob")
    vm = stopped_vm(bob, world)
    body = customization(
        "<AdminPasswordEnabled>true</AdminPasswordEnabled><AdminPasswordAuto>true</AdminPasswordAuto>"
    )
    response = put(bob, f"{vm}/guestCustomizationSection", body, "guestCustomizationSection")
    assert done(bob, world, response) == "success"
    shown = tree(bob.get(f"{vm}/guestCustomizationSection")).findtext(f"{V15}AdminPassword")
    data = yaml.safe_load(secret_of(world, vm)["userdata"])
    assert shown == data["chpasswd"]["users"][0]["password"]


def test_customization_when_a_windows_guest_then_an_answer_file(world: World) -> None:
    bob = world.api("bob")
    vm = stopped_vm(bob, world)
    system = (
        f'<ovf:OperatingSystemSection {NS} ovf:id="1" vmw:osType="windows9Server64Guest"><ovf:Info/>'
        "</ovf:OperatingSystemSection>"
    )
    assert (
        done(bob, world, put(bob, f"{vm}/operatingSystemSection/", system, "operatingSystemSection"))
        == "success"
    )
    body = customization(
        "<Enabled>true</Enabled><JoinDomainEnabled>true</JoinDomainEnabled><DomainName>corp.example</DomainName>"
        "<DomainUserName>joiner</DomainUserName><DomainUserPassword>d0main-word</DomainUserPassword>"
        "<AdminPasswordEnabled>true</AdminPasswordEnabled><AdminPassword>adm1n-word</AdminPassword>"
        "<ComputerName>winhost</ComputerName>"
    )
    response = put(bob, f"{vm}/guestCustomizationSection/", body, "guestCustomizationSection")
    assert done(bob, world, response) == "success"
    answers = secret_of(world, vm)["unattend.xml"]
    assert all(text in answers for text in ("winhost", "corp.example", "joiner", "d0main-word", "adm1n-word"))
    volumes = machine(world, row(vm))["spec"]["template"]["spec"]["volumes"]
    assert {
        "name": "sysprep",
        "sysprep": {"secret": {"name": names.cloud_init_secret_name(row(vm).pk)}},
    } in volumes
    assert b"d0main-word" not in bob.get(vm).content


def test_customization_when_the_vm_is_started_then_its_status_moves_on(world: World) -> None:
    bob = world.api("bob")
    vm = stopped_vm(bob, world)
    status = f"{vm}/guestcustomizationstatus"
    assert tree(bob.get(status)).findtext(f"{V15}GuestCustStatus") == "GC_PENDING"
    assert done(bob, world, bob.post(f"{vm}/power/action/powerOn")) == "success"
    with acting_for(ALL):
        Vm.objects.update(customized_at=clock.now() - timedelta(minutes=5))
    assert tree(bob.get(status)).findtext(f"{V15}GuestCustStatus") == "GC_COMPLETE"
    assert done(bob, world, bob.post(f"{vm}/action/undeploy")) == "success"
    seed = row(vm).customization_seed
    body = f'<DeployVAppParams {NS} powerOn="true" forceCustomization="true"/>'
    response = bob.post(f"{vm}/action/deploy", body, MEDIA.format("deployVAppParams"))
    assert tree(bob.get(status)).findtext(f"{V15}GuestCustStatus") == "GC_COMPLETE"
    assert done(bob, world, response) == "success"
    assert row(vm).customization_seed != seed
    assert row(vm).customization_seed.hex in secret_of(world, vm)["userdata"]


def test_disk_when_its_volume_cannot_be_made_then_error_and_all_is_as_before(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vapps.operations.machines.TROUBLE_PATIENCE_S", 0)
    bob = world.api("bob")
    vm = stopped_vm(bob, world)
    before = used_mb(world)
    client_for(world.cluster).apply(
        {
            "apiVersion": "v1",
            "kind": "ResourceQuota",
            "metadata": {"name": "strict", "namespace": world.vdc.namespace},
            "spec": {"hard": {"requests.storage": "1Mi"}},
        }
    )
    world.emulator.settle()
    spec = (
        '<VmSpecSection Modified="true"><ovf:Info/><DiskSection><DiskSettings><DiskId>2000</DiskId>'
        "<SizeMb>30720</SizeMb></DiskSettings><DiskSettings><SizeMb>1024</SizeMb><UnitNumber>1</UnitNumber>"
        "<BusNumber>0</BusNumber><AdapterType>5</AdapterType></DiskSettings></DiskSection></VmSpecSection>"
    )
    response = reconfigure(bob, vm, spec)
    assert done(bob, world, response).startswith("running")
    make_due()
    status = done(bob, world, response)
    assert status.startswith("error")
    assert "exceeded quota" in status
    with acting_for(ALL):
        (kept,) = Disk.objects.filter(vm_id=row(vm).pk)
    assert used_mb(world) == before
    pages = client_for(world.cluster).list_pages("DataVolume", namespace=world.vdc.namespace)
    volumes = [each["metadata"]["name"] for page, _ in pages for each in page]
    assert volumes == [names.disk_volume_name(row(vm).pk, kept.pk)]


def test_cards_when_put_as_items_then_the_vm_has_these(world: World) -> None:
    bob = world.api("bob")
    vm = stopped_vm(bob, world)
    path = f"{vm}/virtualHardwareSection/networkCards"
    items = tree(bob.get(path))
    assert [link.get("rel") for link in items.findall(f"{V15}Link")] == ["edit"]
    connection = next(items.iter("{*}Connection"))
    connection.set(f"{V15}ipAddressingMode", "MANUAL")
    connection.set(f"{V15}ipAddress", "10.10.0.150")
    mac = next(items.iter("{*}Address")).text
    assert done(bob, world, put(bob, path, etree.tostring(items).decode(), "rasdItemsList")) == "success"
    with acting_for(ALL):
        card = row(vm).nics.get()
        assert (card.mode, card.address, card.mac, card.is_primary) == ("MANUAL", "10.10.0.150", mac, True)
    for item in list(items.iter(f"{V15}Item")):
        items.remove(item)
    assert done(bob, world, put(bob, path, etree.tostring(items).decode(), "rasdItemsList")) == "success"
    with acting_for(ALL):
        assert not row(vm).nics.exists()


def test_hardware_version_when_the_vdc_does_not_offer_it_then_refused(world: World) -> None:
    bob = world.api("bob")
    vm = stopped_vm(bob, world)
    spec = (
        '<VmSpecSection Modified="true"><ovf:Info/><HardwareVersion>vmx-1</HardwareVersion></VmSpecSection>'
    )
    answer = reconfigure(bob, vm, spec)
    assert answer.status_code == 400
    assert "vmx-1 " in tree(answer).get("message")
    assert row(vm).hardware_version == "vmx-19"


def shared_with_carol(world: World, vm: str) -> Api:
    """carol, a vApp User, who may change the properties of the VM, but not its CPUs, memory and disks."""
    vapp = row(vm).vapp
    with acting_for(ALL):
        AccessGrant.objects.create(
            org_id=vapp.org_id, entity_id=vapp.pk, user=world.users["carol"], level=AccessLevel.CHANGE
        )
    return world.api("carol")


@pytest.mark.parametrize(
    ("change", "right"),
    [
        ("NumCpus", "vApp: Edit VM CPU"),
        ("MemoryResourceMb/Configured", "vApp: Edit VM Memory"),
        ("DiskSection/DiskSettings/SizeMb", "vApp: Edit VM Hard Disk"),
    ],
)
def test_document_when_echoed_with_a_change_that_the_role_may_not_make_then_403_naming_the_right(
    world: World, change: str, right: str
) -> None:
    vm = stopped_vm(world.api("bob"), world)
    carol = shared_with_carol(world, vm)
    document = tree(carol.get(vm))
    path = f"{V15}VmSpecSection/" + "/".join(V15 + step for step in change.split("/"))
    number = document.find(path)
    number.text = str(int(number.text) * 2)
    document.find(f"{V15}VmSpecSection").set("Modified", "true")
    answer = carol.post(f"{vm}/action/reconfigureVm", etree.tostring(document).decode(), MEDIA.format("vm"))
    assert answer.status_code == 403, answer.content
    assert f"[{right}]" in tree(answer).get("message")


def test_document_when_echoed_with_another_description_then_the_rights_of_its_other_parts_do_not_matter(
    world: World,
) -> None:
    vm = stopped_vm(world.api("bob"), world)
    carol = shared_with_carol(world, vm)
    document = tree(carol.get(vm))
    document.find(f"{V15}Description").text = "by carol"
    document.find(f"{V15}VmSpecSection").set("Modified", "true")
    answer = carol.post(f"{vm}/action/reconfigureVm", etree.tostring(document).decode(), MEDIA.format("vm"))
    assert done(carol, world, answer) == "success"
    assert row(vm).description == "by carol"
