"""What the query service says of vApps, VMs, networks, disks, and of what holds them."""

import itertools
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest

from orgs.models import AccessGrant
from ssvirt.core import clock
from ssvirt.core.tenancy import ALL, acting_for
from tests.api.asking import names, one, query, records
from tests.api.tenants import Tenants, xml
from vapps.models import Disk, NamedDisk, Nic, Snapshot, VApp, VAppNetwork, Vm
from vapps.states import VAppState, VmState, status_word, vapp_status, vm_status
from vdcs.models import ComputePolicy, EdgeGateway, Network, VdcStoragePolicy


def attributes(record: Any, *wanted: str) -> dict[str, str]:
    return {name: record.get(name) for name in wanted}


def edge_of(tenants: Tenants) -> str:
    with acting_for(ALL):
        return str(EdgeGateway.objects.get(vdc=tenants.acme.vdc).name)


# -- VMs, and the VMs of templates


def test_vms_when_queried_then_those_of_templates_are_among_them(tenants: Tenants) -> None:
    alice = tenants.api("alice")
    assert names(query(alice, "vm")) == ["acme-secret-vm", "acme-vm", "db", "db", "web", "web"]
    assert names(query(alice, "vm", filter="isVAppTemplate==false")) == ["acme-vm"]
    assert names(query(tenants.api("dave"), "vm", filter="isVAppTemplate==false")) == ["globex-vm"]
    assert "acme-secret-vm" not in names(query(tenants.api("dave"), "vm"))


def test_vm_of_a_template_when_looked_up_as_terraform_does_then_found(tenants: Tenants) -> None:
    # Source: go-clients.md 4.3, vm_name_in_template.
    template = tenants.acme.template
    container = quote(f"https://h/api/vAppTemplate/vappTemplate-{template.pk}", safe="")
    text = f"container=={container};name==web;isVAppTemplate==true;status!=UNRESOLVED;status!=FAILED_CREATION"
    path = f"/api/query?&type=vm&filterEncoded=true&filter={text}&links=true;"
    (record,) = records(xml(tenants.api("dave").get(path)))
    with acting_for(ALL):
        vm = template.vms.get(name="web")
    assert record.get("href") == f"http://testserver/api/vAppTemplate/vm-{vm.pk}"
    assert attributes(record, "containerName", "catalogName", "isVAppTemplate", "status") == {
        "containerName": "acme-template",
        "catalogName": "acme-shared",
        "isVAppTemplate": "true",
        "status": "POWERED_OFF",
    }
    assert tenants.api("dave").get(record.get("href")).status_code == 200


@pytest.mark.parametrize(
    "order", ["sortAsc=name", "sortDesc=dateCreated", "sortAsc=isVAppTemplate,memoryMB", ""]
)
def test_pages_when_they_mix_vms_and_template_vms_then_each_comes_once(tenants: Tenants, order: str) -> None:
    alice = tenants.api("alice")
    whole = xml(alice.get(f"/api/query?type=vm&{order}"))
    expected = [record.get("href") for record in records(whole)]
    assert len(set(expected)) == len(expected) == int(whole.get("total")) == 6
    seen = []
    for page in range(1, 5):
        root = xml(alice.get(f"/api/query?type=vm&{order}&pageSize=2&page={page}"))
        assert root.get("total") == "6"
        seen += [record.get("href") for record in records(root)]
    assert seen == expected


def test_vm_when_shown_then_what_its_row_and_its_parts_say(tenants: Tenants) -> None:
    vm, gone_at = tenants.acme.vm, clock.now() + timedelta(days=3)
    with acting_for(ALL):
        policy = ComputePolicy.objects.create(name="large")
        Vm.objects.filter(pk=vm.pk).update(
            state=VmState.ON,
            projected_state=VmState.OFF,
            compute_policy=policy,
            is_agent_connected=True,
            observed_guest_os="Fedora Linux 42",
            cpus=3,
        )
        VApp.objects.filter(pk=vm.vapp_id).update(storage_expires_at=gone_at, is_auto=True, is_expired=True)
        snapshot = Snapshot.objects.get(vm=vm)
        Nic.objects.create(org=vm.org, vm=vm, position=1, mode="NONE", mac="00:50:56:00:99:99")
    record = one(tenants.api("alice"), "vm", filter=f"id=={vm.pk}")
    assert attributes(
        record,
        "status",
        "isDeployed",
        "isBusy",
        "gcStatus",
        "guestOs",
        "numberOfCpus",
        "memoryMB",
    ) == {
        "status": "POWERED_ON",
        "isDeployed": "true",
        "isBusy": "true",
        "gcStatus": "GC_COMPLETE",
        "guestOs": "Fedora Linux 42",
        "numberOfCpus": "3",
        "memoryMB": "1024",
    }
    assert attributes(record, "hardwareVersion", "storageProfileName", "networkName", "ipAddress") == {
        "hardwareVersion": "19",
        "storageProfileName": "gold",
        "networkName": "acme-net",
        "ipAddress": "10.10.0.100",
    }
    assert record.get("vmSizingPolicyId") == f"urn:vcloud:vdcComputePolicy:{policy.pk}"
    assert record.get("network").endswith(f"/api/network/{tenants.acme.net.pk}")
    assert record.get("totalStorageAllocatedMb") == "1024"
    assert attributes(record, "isAutoNature", "isExpired", "snapshot", "numOfSnapshots") == {
        "isAutoNature": "true",
        "isExpired": "true",
        "snapshot": "true",
        "numOfSnapshots": "1",
    }
    assert record.get("snapshotCreated")[:19] == snapshot.created_at.isoformat()[:19]
    assert record.get("autoDeleteDate")[:19] == gone_at.isoformat()[:19]
    assert record.get("autoUndeployDate") is None
    assert record.get("hostName") is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("status==POWERED_ON", True),
        ("status==powered_*", True),
        ("status==POWERED_OFF", False),
        ("status!=POWERED_ON", False),
        ("(status==POWERED_ON,status==SUSPENDED);numberOfCpus=ge=1", True),
        ("hardwareVersion=gt=18", True),
        ("hardwareVersion=lt=19", False),
        ("ipAddress==10.10.0.*", True),
        ("ipAddress==10.20.0.*", False),
        ("isDeployed==true;snapshot==true", True),
        ("networkName==acme-net;storageProfileName==gold", True),
        ("vmSizingPolicyId==urn:vcloud:vdcComputePolicy:00000000-0000-0000-0000-000000000000", False),
    ],
)
def test_vm_when_filtered_by_what_is_computed_then_found_or_not(
    tenants: Tenants, text: str, found: bool
) -> None:
    with acting_for(ALL):
        Vm.objects.filter(pk=tenants.acme.vm.pk).update(state=VmState.ON)
    root = query(tenants.api("alice"), "vm", filter=f"isVAppTemplate==false;{text}")
    assert names(root) == (["acme-vm"] if found else [])


@pytest.mark.parametrize("state", list(VmState))
def test_vm_when_in_a_state_then_the_status_of_its_document(tenants: Tenants, state: VmState) -> None:
    with acting_for(ALL):
        Vm.objects.filter(pk=tenants.acme.vm.pk).update(state=state)
    word = status_word(vm_status(state))
    assert one(tenants.api("alice"), "vm", filter="name==acme-vm").get("status") == word
    assert names(query(tenants.api("alice"), "vm", filter=f"name==acme-vm;status=={word}")) == ["acme-vm"]


def test_vapp_when_its_vms_are_in_any_states_then_the_status_of_its_document(tenants: Tenants) -> None:
    acme, alice = tenants.acme, tenants.users["alice"]
    several = [(), *((state,) for state in VmState), *itertools.combinations_with_replacement(VmState, 2)]
    expected, vms = {}, []
    with acting_for(ALL):
        profile = acme.vdc.storage_policies.get()
        for number, (state, states) in enumerate(itertools.product(VAppState, several)):
            vapp = VApp.objects.create(
                org=acme.org, vdc=acme.vdc, name=f"s-{number:03}", owner=alice, state=state
            )
            expected[vapp.name] = status_word(vapp_status(state, list(states)))
            vms += [
                Vm(
                    org=acme.org,
                    vapp=vapp,
                    vdc=acme.vdc,
                    name=f"{vapp.name}-{position}",
                    computer_name="x",
                    os_type="x",
                    cpus=1,
                    memory_mb=4,
                    storage_policy=profile,
                    state=each,
                )
                for position, each in enumerate(states)
            ]
        Vm.objects.bulk_create(vms)
    found: dict[str, str] = {}
    for page in (1, 2):
        root = query(tenants.api("alice"), "vApp", filter="name==s-*", pageSize=128, page=page)
        found |= {record.get("name"): record.get("status") for record in records(root)}
    assert found == expected
    for word in set(expected.values()):
        root = query(tenants.api("alice"), "vApp", filter=f"name==s-*;status=={word}", pageSize=1)
        assert int(root.get("total")) == list(expected.values()).count(word)


def test_vapp_when_shown_then_sums_over_its_vms(tenants: Tenants) -> None:
    acme = tenants.acme
    with acting_for(ALL):
        profile = acme.vdc.storage_policies.get()
        second = Vm.objects.create(
            org=acme.org,
            vapp=acme.vapp,
            vdc=acme.vdc,
            name="second",
            computer_name="s",
            os_type="x",
            cpus=4,
            memory_mb=2048,
            storage_policy=profile,
        )
        Disk.objects.create(org=acme.org, vm=second, position=0, size_mb=500, storage_policy=profile)
    record = one(tenants.api("alice"), "vApp", filter="name==acme-vapp")
    wanted = ("numberOfVMs", "numberOfCpus", "memoryAllocationMB", "totalStorageAllocatedMb", "snapshot")
    assert attributes(record, *wanted) == {
        "numberOfVMs": "2",
        "numberOfCpus": "5",
        "memoryAllocationMB": "3072",
        "totalStorageAllocatedMb": "1524",
        "snapshot": "true",
    }
    admin = one(tenants.api("administrator"), "adminVApp", filter="name==acme-vapp")
    assert admin.get("storageKB") == str(1524 * 1024)
    assert admin.get("org").endswith(str(acme.org.pk))


# -- disks, networks, storage, organizations


def test_disk_when_shown_then_its_size_its_bus_and_who_has_it(tenants: Tenants) -> None:
    acme = tenants.acme
    with acting_for(ALL):
        NamedDisk.objects.create(
            org=acme.org,
            vdc=acme.vdc,
            name="loose",
            owner=tenants.users["alice"],
            size_mb=4096,
            storage_policy=acme.vdc.storage_policies.get(),
            bus_type="20",
            bus_sub_type="ahci",
            sharing_type="DiskSharing",
            status=0,
        )
    alice = tenants.api("alice")
    text = f"vdc==urn:vcloud:vdc:{acme.vdc.pk}"
    taken, loose = records(query(alice, "disk", filter=text, sortAsc="name"))
    wanted = ("sizeB", "sizeMb", "isAttached", "attachedVmCount", "status", "busTypeDesc", "sharingType")
    assert list(attributes(taken, *wanted).values()) == [
        str(1024 << 20), "1024", "true", "1", "RESOLVED", "SCSI", "None",
    ]  # fmt: skip
    assert list(attributes(loose, *wanted).values()) == [
        str(4096 << 20), "4096", "false", "0", "UNRESOLVED", "SATA", "DiskSharing",
    ]  # fmt: skip
    assert loose.get("storageProfileName") == "gold"
    assert loose.get("ownerName") == "alice"
    assert names(query(alice, "disk", filter="isAttached==false")) == ["loose"]
    assert names(query(tenants.api("dave"), "disk")) == ["globex-disk"]


def test_vapp_networks_when_queried_then_linked_and_own_ones_apart(tenants: Tenants) -> None:
    acme = tenants.acme
    with acting_for(ALL):
        own = Network.objects.create(
            org=acme.org,
            vdc=acme.vdc,
            name="inner",
            kind="isolated",
            gateway="192.168.7.1",
            prefix_length=25,
            udn_name="inner",
            vapp_id=acme.vapp.pk,
        )
        VAppNetwork.objects.create(
            org=acme.org, vapp=acme.vapp, name="inner", fence_mode="isolated", parent=own
        )
        VAppNetwork.objects.create(org=acme.org, vapp=acme.vapp, name="none", fence_mode="isolated")
    alice = tenants.api("alice")
    vapp = f"vApp==https://h/api/vApp/vapp-{acme.vapp.pk}"
    linked = one(alice, "vAppNetwork", filter=f"{vapp};isLinked==true")
    assert attributes(linked, "name", "linkNetworkName", "gateway") == {
        "name": "acme-net",
        "linkNetworkName": "acme-net",
        "gateway": "10.10.0.1",
    }
    inner = one(alice, "vAppNetwork", filter=f"{vapp};isLinked==false")
    assert attributes(inner, "name", "linkNetworkName", "netmask", "vAppName") == {
        "name": "inner",
        "linkNetworkName": None,
        "netmask": "255.255.255.128",
        "vAppName": "acme-vapp",
    }
    assert "inner" not in names(query(alice, "orgVdcNetwork"))


def test_network_when_shown_then_its_pool_and_what_it_hangs_on(tenants: Tenants) -> None:
    record = one(tenants.api("alice"), "orgVdcNetwork", filter="netmask==255.255.255.0;linkType==1")
    wanted = ("name", "usedIpCount", "totalIpCount", "connectedTo", "vdcName")
    assert list(attributes(record, *wanted).values()) == ["acme-net", "1", "10", edge_of(tenants), "acme-vdc"]


def test_edge_gateway_when_shown_then_ready_and_not_busy(tenants: Tenants) -> None:
    record = one(tenants.api("alice"), "edgeGateway", filter="orgVdcName==acme-vdc")
    assert list(attributes(record, "name", "isBusy", "gatewayStatus", "numberOfOrgNetworks").values()) == [
        edge_of(tenants), "false", "READY", "1",
    ]  # fmt: skip


def test_vdc_when_shown_then_what_it_holds(tenants: Tenants) -> None:
    with acting_for(ALL):
        VdcStoragePolicy.objects.filter(vdc=tenants.acme.vdc).update(used_mb=77)
        Vm.objects.filter(pk=tenants.acme.vm.pk).update(state=VmState.ON)
    record = one(tenants.api("alice"), "orgVdc")
    wanted = (
        "status",
        "storageUsedMB",
        "storageLimitMB",
        "numberOfVApps",
        "numberOfRunningVMs",
        "numberOfDisks",
    )
    assert list(attributes(record, *wanted).values()) == ["NOT_READY", "77", str(1 << 20), "1", "1", "1"]
    assert record.get("providerVdc") is None


def test_organization_when_shown_then_counts_of_what_it_has(tenants: Tenants) -> None:
    record = one(tenants.api("administrator"), "organization", filter="name==acme")
    wanted = ("displayName", "numberOfVdcs", "numberOfCatalogs", "numberOfVApps", "numberOfDisks")
    assert list(attributes(record, *wanted).values()) == ["acme", "1", "2", "1", "1"]


def test_catalog_when_granted_to_someone_then_shared(tenants: Tenants) -> None:
    alice, private = tenants.api("alice"), tenants.acme.private
    with acting_for(ALL):
        AccessGrant.objects.filter(entity_id=private.pk).delete()
        AccessGrant.objects.create(org=private.org, entity_id=private.pk, user=None, level="Deny")
    assert one(alice, "catalog", filter="name==acme-private").get("isShared") == "false"
    with acting_for(ALL):
        AccessGrant.objects.create(org=tenants.acme.org, entity_id=private.pk, user=tenants.users["bob"])
    assert one(alice, "catalog", filter="isShared==true;isPublished==false").get("name") == "acme-private"


def test_items_when_they_hold_templates_and_media_then_each_says_which(tenants: Tenants) -> None:
    alice = tenants.api("alice")
    found = {record.get("name"): record for record in records(query(alice, "catalogItem"))}
    iso, template = found["acme-iso"], found["acme-secret"]
    assert (iso.get("entityType"), template.get("entityType")) == ("media", "vapptemplate")
    assert iso.get("entity").endswith(f"/api/media/{tenants.acme.media.pk}")
    assert template.get("entity").endswith(f"/api/vAppTemplate/vappTemplate-{tenants.acme.secret.pk}")
    root = query(alice, "catalogItem", filter=f"entity==urn:vcloud:media:{tenants.acme.media.pk}")
    assert names(root) == ["acme-iso"]


def test_tasks_when_filtered_by_several_states_then_any_of_them(tenants: Tenants) -> None:
    alice = tenants.api("alice")
    text = "status==running,status==preRunning,status==queued"
    root = query(alice, "task", format="idrecords", filter=text, sortDesc="startDate")
    assert records(root)
    assert {record.get("status") for record in records(root)} == {"queued"}
    one_object = query(alice, "task", filter=f"object==urn:vcloud:vdc:{tenants.acme.vdc.pk}")
    assert {record.get("objectName") for record in records(one_object)} == {"acme-vdc"}
