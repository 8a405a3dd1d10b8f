"""Manifests fit the clusters' schemas and say what the contract says."""

import base64
import dataclasses
import json
from typing import Any
from uuid import UUID

import pytest
import yaml

from compute import manifests, names
from compute.specs import (
    AffinitySpec,
    BootSource,
    CloudInitSpec,
    DataVolumeSpec,
    DiskSpec,
    NamespaceSpec,
    NicSpec,
    QuotaSpec,
    UdnSpec,
    VmSpec,
)
from tests.compute import crd
from tests.contract.spec import spec_dir

VM_ID = UUID("5d307ca9-b3ef-428c-8861-06e72d69f223")
ORG_ID, VDC_ID, VAPP_ID, NETWORK_ID = (UUID(int=number) for number in range(1, 5))

DISK = DiskSpec(
    name="disk0", size_mib=10240, storage_class="gold", source=BootSource(name="fedora", namespace="cat")
)
BLANK = DiskSpec(name="disk1", size_mib=1536)
PRIMARY = NicSpec(
    name="nic0",
    mac="02:00:00:00:00:01",
    is_primary_udn=True,
    address_cidr="10.10.0.5/24",
    gateway="10.10.0.1",
)
SECONDARY = NicSpec(
    name="nic1",
    mac="02:00:00:00:00:02",
    network="isolated",
    address_cidr="192.168.1.5/24",
    gateway="192.168.1.1",
    dns=("192.168.1.1",),
    is_connected=False,
)
SPEC = VmSpec(
    namespace="vdc-acme-a",
    name=names.vm_name(VM_ID),
    vm_id=VM_ID,
    vapp_id=VAPP_ID,
    org_id=ORG_ID,
    vdc_id=VDC_ID,
    display_name="Web server № 1",
    cpus=4,
    cores_per_socket=2,
    memory_mib=2048,
    disks=(DISK, BLANK),
    nics=(PRIMARY, SECONDARY),
    computer_name="Web01",
    has_cloud_init=True,
)


def template(manifest: dict[str, Any]) -> dict[str, Any]:
    spec: dict[str, Any] = manifest["spec"]["template"]["spec"]
    return spec


@pytest.mark.contract
@pytest.mark.parametrize(
    "spec",
    [
        SPEC,
        dataclasses.replace(SPEC, disks=(), nics=(), has_cloud_init=False, has_cd_tray=False),
        dataclasses.replace(SPEC, instancetype="u1.medium", guest_os_preference="fedora"),
        dataclasses.replace(
            SPEC,
            affinities=tuple(
                AffinitySpec(vm_ids=(VM_ID, UUID(int=5)), is_affinity=together, is_mandatory=must)
                for together in (True, False)
                for must in (True, False)
            ),
        ),
        dataclasses.replace(
            SPEC,
            cd_volume="iso",
            disks=(dataclasses.replace(BLANK, is_owned=False, volume_name="independent"),),
        ),
    ],
)
def test_virtual_machine_fits_the_schema(spec: VmSpec) -> None:
    machine = manifests.virtual_machine(spec, task_id=UUID(int=9))
    crd.check(machine)
    for volume in machine["spec"].get("dataVolumeTemplates", []):
        crd.check({"apiVersion": "cdi.kubevirt.io/v1beta1", "kind": "DataVolume", **volume})


@pytest.mark.contract
@pytest.mark.parametrize(
    "manifest",
    [
        manifests.user_defined_network(
            UdnSpec(
                namespace="n",
                name="p",
                role="Primary",
                cidr="10.0.0.0/24",
                reserved_cidrs=("10.0.0.0/28",),
                network_id=NETWORK_ID,
            )
        ),
        manifests.user_defined_network(UdnSpec(namespace="n", name="s", role="Secondary", cidr=None)),
        manifests.user_defined_network(
            UdnSpec(namespace="n", name="s", role="Secondary", cidr="10.0.0.0/24")
        ),
        manifests.application_aware_quota(QuotaSpec(namespace="n", cpu_count=8, memory_mib=1024)),
        manifests.data_volume(DataVolumeSpec(namespace="n", name="v", size_mib=1, is_upload=True)),
        manifests.data_volume(DataVolumeSpec(namespace="n", name="v", size_mib=1, source=DISK.source)),
        manifests.data_volume(DataVolumeSpec(namespace="n", name="v", size_mib=None, source=DISK.source)),
        manifests.data_source(name="s", namespace="n", claim_name="c"),
    ],
    ids=lambda manifest: manifest["kind"],
)
def test_manifest_fits_the_schema(manifest: dict[str, Any]) -> None:
    crd.check(manifest)


@pytest.mark.contract
def test_accepted_examples_fit_the_schema() -> None:
    """The helper itself: what a real API server accepted passes it, and a typing error does not."""
    examples = yaml.safe_load_all((spec_dir() / "manifests" / "accepted.yaml").read_text())
    custom = [example for example in examples if "/" in example["apiVersion"]]
    for example in custom:
        crd.check(example)
    with pytest.raises(AssertionError, match="runStrateggy"):
        crd.check({**custom[-2], "spec": {**custom[-2]["spec"], "runStrateggy": "Manual"}})


def test_virtual_machine_is_the_documented_one() -> None:
    """The whole object once, so that a change of it is a change of this test."""
    own = {
        "ssvirt.io/managed": "true",
        "ssvirt.io/org-id": str(ORG_ID),
        "ssvirt.io/vdc-id": str(VDC_ID),
        "ssvirt.io/vapp-id": str(VAPP_ID),
        "ssvirt.io/vm-id": str(VM_ID),
    }
    vm = f"vm-{VM_ID.hex}"
    now = {"cdi.kubevirt.io/storage.bind.immediate.requested": "true"}
    assert manifests.virtual_machine(SPEC, task_id=UUID(int=9)) == {
        "apiVersion": "kubevirt.io/v1",
        "kind": "VirtualMachine",
        "metadata": {
            "name": vm,
            "namespace": "vdc-acme-a",
            "labels": own,
            "annotations": {
                "ssvirt.io/display-name": "Web server № 1",
                "ssvirt.io/task-id": str(UUID(int=9)),
            },
        },
        "spec": {
            "runStrategy": "Manual",
            "dataVolumeTemplates": [
                {
                    "metadata": {"name": f"{vm}-disk0", "labels": own, "annotations": now},
                    "spec": {
                        "sourceRef": {"kind": "DataSource", "name": "fedora", "namespace": "cat"},
                        "storage": {
                            "resources": {"requests": {"storage": "10Gi"}},
                            "storageClassName": "gold",
                        },
                    },
                },
                {
                    "metadata": {"name": f"{vm}-disk1", "labels": own, "annotations": now},
                    "spec": {
                        "source": {"blank": {}},
                        "storage": {"resources": {"requests": {"storage": "1536Mi"}}},
                    },
                },
            ],
            "template": {
                "metadata": {
                    "labels": own,
                    "annotations": {"network.kubevirt.io/addresses": '{"nic0": ["10.10.0.5/24"]}'},
                },
                "spec": {
                    "terminationGracePeriodSeconds": 180,
                    "hostname": "web01",
                    "domain": {
                        "cpu": {"sockets": 2, "cores": 2, "threads": 1},
                        "memory": {"guest": "2Gi"},
                        "firmware": {"uuid": str(VM_ID)},
                        "devices": {
                            "disks": [
                                {"name": "disk0", "disk": {"bus": "virtio"}, "bootOrder": 1},
                                {"name": "disk1", "disk": {"bus": "virtio"}},
                                {"name": "cd0", "cdrom": {"bus": "sata"}, "bootOrder": 2},
                                {"name": "cloudinit", "disk": {"bus": "virtio"}},
                            ],
                            "interfaces": [
                                {
                                    "name": "nic0",
                                    "macAddress": "02:00:00:00:00:01",
                                    "model": "virtio",
                                    "binding": {"name": "l2bridge"},
                                },
                                {
                                    "name": "nic1",
                                    "macAddress": "02:00:00:00:00:02",
                                    "model": "virtio",
                                    "bridge": {},
                                    "state": "down",
                                },
                            ],
                        },
                    },
                    "networks": [
                        {"name": "nic0", "pod": {}},
                        {"name": "nic1", "multus": {"networkName": "isolated"}},
                    ],
                    "volumes": [
                        {"name": "disk0", "dataVolume": {"name": f"{vm}-disk0"}},
                        {"name": "disk1", "dataVolume": {"name": f"{vm}-disk1"}},
                        {
                            "name": "cloudinit",
                            "cloudInitNoCloud": {
                                "secretRef": {"name": f"{vm}-init"},
                                "networkDataSecretRef": {"name": f"{vm}-init"},
                            },
                        },
                    ],
                },
            },
        },
    }


def test_virtual_machine_twice_is_the_same() -> None:
    assert manifests.virtual_machine(SPEC) == manifests.virtual_machine(SPEC)


def test_virtual_machine_without_networks_gets_no_interface_of_its_own() -> None:
    none = NicSpec(name="nic0", mac="02:00:00:00:00:01", is_connected=False)
    body = template(manifests.virtual_machine(dataclasses.replace(SPEC, nics=(none,))))
    assert body["domain"]["devices"]["autoattachPodInterface"] is False
    assert "networks" not in body
    assert "interfaces" not in body["domain"]["devices"]


def test_virtual_machine_with_an_instance_type_leaves_sizes_to_it() -> None:
    machine = manifests.virtual_machine(
        dataclasses.replace(SPEC, instancetype="u1.small", guest_os_preference="fedora")
    )
    assert machine["spec"]["instancetype"]["name"] == "u1.small"
    assert machine["spec"]["preference"]["name"] == "fedora"
    assert {"cpu", "memory"}.isdisjoint(template(machine)["domain"])


def test_virtual_machine_with_a_medium_fills_the_tray() -> None:
    body = template(manifests.virtual_machine(dataclasses.replace(SPEC, cd_volume="iso")))
    assert {"name": "cd0", "dataVolume": {"name": "iso", "hotpluggable": True}} in body["volumes"]


def test_virtual_machine_with_an_attached_disk_does_not_own_it() -> None:
    attached = DiskSpec(name="disk0", size_mib=1, volume_name="indep", is_owned=False, bus="scsi")
    machine = manifests.virtual_machine(dataclasses.replace(SPEC, disks=(attached,)))
    assert "dataVolumeTemplates" not in machine["spec"]
    assert template(machine)["volumes"][0]["dataVolume"] == {"name": "indep", "hotpluggable": True}


@pytest.mark.parametrize(
    "change",
    [
        {"cpus": 3, "cores_per_socket": 2},
        {"cpus": 0},
        {"memory_mib": 0},
        {"nics": (PRIMARY, dataclasses.replace(PRIMARY, name="nic1"))},
        {"disks": (DISK, DISK)},
    ],
)
def test_vm_spec_that_no_cluster_takes_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        dataclasses.replace(SPEC, **change)


def test_namespace_of_a_vdc_can_have_a_primary_network() -> None:
    spec = NamespaceSpec(name="n", org_id=ORG_ID, org_name="Acme & Söhne", vdc_id=VDC_ID, vdc_name="prod a")
    metadata = manifests.namespace(spec)["metadata"]
    assert metadata["labels"][names.LABEL_PRIMARY_UDN] == ""
    assert metadata["labels"][names.LABEL_VDC] == str(VDC_ID)
    # Free text only fits in annotations.
    assert metadata["annotations"] == {
        "ssvirt.io/org-name": "Acme & Söhne",
        "ssvirt.io/display-name": "prod a",
    }


def test_namespace_of_a_catalog_keeps_the_default_network() -> None:
    spec = NamespaceSpec(name="n", org_id=ORG_ID, org_name="acme", is_catalog=True, catalog_id=VDC_ID)
    labels = manifests.namespace(spec)["metadata"]["labels"]
    assert names.LABEL_PRIMARY_UDN not in labels
    assert labels[names.LABEL_CATALOG] == str(VDC_ID)


def test_resource_quota_limits_machines_and_each_storage_class() -> None:
    spec = QuotaSpec(
        namespace="n", vm_count=2, storage_mib_by_class={"gold": 1024, "silver": 1500}, cpu_count=4
    )
    assert manifests.resource_quota(spec)["spec"]["hard"] == {
        "count/virtualmachines.kubevirt.io": "2",
        "gold.storageclass.storage.k8s.io/requests.storage": "1Gi",
        "silver.storageclass.storage.k8s.io/requests.storage": "1500Mi",
    }
    assert manifests.application_aware_quota(QuotaSpec(namespace="n", vm_count=1)) is None


def test_default_deny_policies_name_every_way_in() -> None:
    deny, inside, cdi = manifests.default_deny_policies("n")
    assert deny["spec"] == {"podSelector": {}, "policyTypes": ["Ingress"]}
    assert inside["spec"]["ingress"] == [{"from": [{"podSelector": {}}]}]
    assert cdi["spec"]["podSelector"]["matchLabels"] == {"cdi.kubevirt.io": "cdi-upload-server"}
    assert {policy["metadata"]["namespace"] for policy in (deny, inside, cdi)} == {"n"}


def test_clone_access_is_for_the_machines_own_service_account() -> None:
    role, binding = manifests.clone_access(source_namespace="cat", target_namespace="vdc")
    assert role["rules"][0]["resources"] == ["datavolumes/source"]
    assert binding["metadata"]["namespace"] == role["metadata"]["namespace"] == "cat"
    assert binding["subjects"] == [{"kind": "ServiceAccount", "name": "default", "namespace": "vdc"}]


def secret_texts(spec: CloudInitSpec, **options: Any) -> tuple[str, dict[str, Any]]:
    data = manifests.cloud_init_secret(spec, **options)["data"]
    user_data = base64.b64decode(data["userdata"]).decode()
    return user_data, yaml.safe_load(base64.b64decode(data["networkdata"]))


def test_cloud_init_secret_customizes_the_guest() -> None:
    password, script = "p: 'ä\"#{}", "#!/bin/bash\r\necho $1\r\n"
    spec = CloudInitSpec(
        namespace="n",
        vm_name="vm",
        vm_id=VM_ID,
        hostname="web01",
        admin_password=password,
        script=script,
        nics=(PRIMARY, SECONDARY, NicSpec(name="nic2", mac="02:00:00:00:00:03")),
    )
    text, network = secret_texts(spec)
    assert text.startswith("#cloud-config\n")
    config = yaml.safe_load(text)
    assert config["hostname"] == "web01"
    assert config["chpasswd"]["users"] == [{"name": "root", "password": password, "type": "text"}]
    assert base64.b64decode(config["write_files"][0]["content"]) == b"#!/bin/bash\necho $1\n"
    assert [command[-1] for command in config["runcmd"]] == ["precustomization", "postcustomization"]
    assert network == {
        "version": 2,
        "ethernets": {
            "nic0": {"match": {"macaddress": "02:00:00:00:00:01"}, "dhcp4": True},
            "nic1": {
                "match": {"macaddress": "02:00:00:00:00:02"},
                "optional": True,
                "dhcp4": False,
                "addresses": ["192.168.1.5/24"],
                "routes": [{"to": "0.0.0.0/0", "via": "192.168.1.1", "metric": 101}],
                "nameservers": {"addresses": ["192.168.1.1"]},
            },
        },
    }


def test_cloud_init_secret_without_a_password_sets_none() -> None:
    spec = CloudInitSpec(namespace="n", vm_name="vm", vm_id=VM_ID, hostname="", script="echo hi")
    text, _ = secret_texts(spec)
    config = yaml.safe_load(text)
    assert {"chpasswd", "disable_root", "hostname"}.isdisjoint(config)
    assert config["runcmd"][0][0] == "/bin/sh"


def test_cloud_init_secret_with_an_owner_goes_with_the_machine() -> None:
    spec = CloudInitSpec(namespace="n", vm_name="vm", vm_id=VM_ID, hostname="h")
    owner = manifests.cloud_init_secret(spec, owner_uid="u")["metadata"]["ownerReferences"][0]
    assert owner == {"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachine", "name": "vm", "uid": "u"}


def test_cloud_init_spec_shows_no_secret() -> None:
    spec = CloudInitSpec(
        namespace="n", vm_name="vm", vm_id=VM_ID, hostname="h", admin_password="hush", script="hush"
    )
    assert "hush" not in repr(spec)


def test_manifests_are_json() -> None:
    json.dumps(manifests.virtual_machine(SPEC, task_id=UUID(int=9)))
