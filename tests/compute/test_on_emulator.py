"""Client and manifests against the emulated cluster: the machine's whole life, applied twice throughout."""

import dataclasses
from collections.abc import Iterator
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
import yaml

from compute import manifests, names, observe
from compute.cluster import ClusterClient, client_for
from compute.models import Cluster
from compute.observe import Power
from compute.specs import (
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
from ssvirt.core.errors import ClusterConflict, ClusterNotFound, ClusterRejected, ClusterUnavailable

if TYPE_CHECKING:
    from compute.emulator import Emulator

ORG_ID, VDC_ID, VAPP_ID, VM_ID, NETWORK_ID = (UUID(int=number) for number in range(1, 6))
NAMESPACE = "vdc-acme-a"
SECONDARY = names.udn_name(NETWORK_ID)
FEDORA = BootSource(name="fedora", namespace="openshift-virtualization-os-images")

VM = VmSpec(
    namespace=NAMESPACE,
    name=names.vm_name(VM_ID),
    vm_id=VM_ID,
    vapp_id=VAPP_ID,
    org_id=ORG_ID,
    vdc_id=VDC_ID,
    display_name="Web 1",
    cpus=2,
    memory_mib=2048,
    disks=(
        DiskSpec(name="disk0", size_mib=30720, storage_class="gold", source=FEDORA),
        DiskSpec(name="disk1", size_mib=1024),
    ),
    nics=(
        NicSpec(name="nic0", mac="02:00:00:00:00:01", is_primary_udn=True, address_cidr="10.10.0.50/24"),
        NicSpec(name="nic1", mac="02:00:00:00:00:02", network=SECONDARY, address_cidr="192.168.1.5/24"),
    ),
    guest_os_preference="fedora",
    computer_name="web1",
    has_cloud_init=True,
)


@pytest.fixture
def client(emulator: "Emulator") -> Iterator[ClusterClient]:
    return client_for(Cluster(name="emulated", kubeconfig_path=str(emulator.kubeconfig)))


@pytest.fixture
def vdc(client: ClusterClient, emulator: "Emulator") -> ClusterClient:
    """The namespace of a VDC with everything in it but machines."""
    primary = UdnSpec(namespace=NAMESPACE, name="primary", role="Primary", cidr="10.10.0.0/24")
    secondary = UdnSpec(
        namespace=NAMESPACE, name=SECONDARY, role="Secondary", cidr=None, network_id=NETWORK_ID
    )
    quota = QuotaSpec(namespace=NAMESPACE, vm_count=1, storage_mib_by_class={"gold": 40960}, cpu_count=8)
    parts = [
        manifests.namespace(
            NamespaceSpec(name=NAMESPACE, org_id=ORG_ID, org_name="acme", vdc_id=VDC_ID, vdc_name="a")
        ),
        manifests.user_defined_network(primary),
        manifests.user_defined_network(secondary),
        manifests.resource_quota(quota),
        *manifests.default_deny_policies(NAMESPACE),
        *manifests.clone_access(source_namespace=FEDORA.namespace, target_namespace=NAMESPACE),
    ]
    if (aware := manifests.application_aware_quota(quota)) and client.has_api(aware["apiVersion"]):
        parts.append(aware)
    for part in parts:
        client.apply(part)
        emulator.settle()
        version = client.get(part["kind"], part["metadata"]["name"], part["metadata"].get("namespace"))
        assert client.apply(part) == version
    return client


def machine(client: ClusterClient) -> observe.VmObserved:
    found = client.get("VirtualMachine", VM.name, NAMESPACE)
    assert found is not None
    return observe.observe_vm(found)


def instance(client: ClusterClient) -> observe.VmiObserved | None:
    found = client.get("VirtualMachineInstance", VM.name, NAMESPACE)
    return observe.observe_vmi(found) if found is not None else None


def make(client: ClusterClient, emulator: "Emulator") -> None:
    secret = CloudInitSpec(
        namespace=NAMESPACE, vm_name=VM.name, vm_id=VM_ID, hostname="web1", admin_password="pw", nics=VM.nics
    )
    client.apply(manifests.cloud_init_secret(secret))
    client.apply(manifests.virtual_machine(VM, task_id=UUID(int=9)))
    emulator.settle()


def test_machine_from_creation_to_deletion(vdc: ClusterClient, emulator: "Emulator") -> None:
    emulator.hold("import")
    make(vdc, emulator)
    disk = vdc.get("DataVolume", names.disk_volume_name(VM_ID, 0), NAMESPACE)
    assert disk is not None
    volume = observe.observe_data_volume(disk)
    assert volume.vm_id == VM_ID
    assert not volume.is_ready
    emulator.release("import")
    emulator.settle()
    disk = vdc.get("DataVolume", volume.name, NAMESPACE)
    assert disk is not None
    assert observe.observe_data_volume(disk).is_ready
    assert machine(vdc).power == Power.OFF

    vdc.vm_action(NAMESPACE, VM.name, "start")
    emulator.settle()
    running, guest = machine(vdc), instance(vdc)
    assert running.power == Power.ON
    assert running.is_ready
    assert guest is not None
    assert guest.vm_id == VM_ID  # the template's labels are the instance's
    assert guest.addresses[0].ip == "10.10.0.50"
    assert [nic.mac for nic in guest.addresses] == [nic.mac for nic in VM.nics]
    assert (guest.cpus, guest.memory_mib) == (2, 2048)
    with pytest.raises(ClusterConflict):
        vdc.vm_action(NAMESPACE, VM.name, "start")

    vdc.vmi_action(NAMESPACE, VM.name, "pause")
    vdc.patch_merge(
        "VirtualMachine",
        VM.name,
        NAMESPACE,
        {"metadata": {"annotations": {names.ANNOTATION_SUSPENDED: "true"}}},
    )
    emulator.settle()
    assert machine(vdc).power == Power.SUSPENDED
    vdc.vmi_action(NAMESPACE, VM.name, "unpause")
    for action in ("softreboot", "reset"):
        vdc.vmi_action(NAMESPACE, VM.name, action)  # type: ignore[arg-type]
    emulator.settle()
    vdc.vm_action(NAMESPACE, VM.name, "stop", {"gracePeriod": 0})
    emulator.settle()
    assert machine(vdc).power == Power.OFF
    assert instance(vdc) is None
    with pytest.raises(ClusterConflict):
        vdc.vm_action(NAMESPACE, VM.name, "stop", {"gracePeriod": 0})
    with pytest.raises(ClusterNotFound):
        vdc.vmi_action(NAMESPACE, VM.name, "pause")

    assert vdc.delete("VirtualMachine", VM.name, NAMESPACE) is True
    emulator.settle()
    assert vdc.get("VirtualMachine", VM.name, NAMESPACE) is None
    assert vdc.get("DataVolume", volume.name, NAMESPACE) is None  # it was the machine's own
    assert vdc.delete("VirtualMachine", VM.name, NAMESPACE) is False


def test_apply_of_the_same_machine_changes_nothing(vdc: ClusterClient, emulator: "Emulator") -> None:
    make(vdc, emulator)
    before = machine(vdc)
    manifest = manifests.virtual_machine(VM, task_id=UUID(int=9))
    assert vdc.apply(manifest)["metadata"]["resourceVersion"] == str(before.resource_version)
    assert vdc.apply(manifest, force=False)["metadata"]["generation"] == before.generation


def test_apply_of_fewer_devices_removes_them(vdc: ClusterClient, emulator: "Emulator") -> None:
    make(vdc, emulator)
    smaller = dataclasses.replace(VM, disks=VM.disks[:1], nics=VM.nics[:1], has_cloud_init=False)
    stored = vdc.apply(manifests.virtual_machine(smaller))
    spec = stored["spec"]["template"]["spec"]
    assert [disk["name"] for disk in spec["domain"]["devices"]["disks"]] == ["disk0", "cd0"]
    assert [volume["name"] for volume in spec["volumes"]] == ["disk0"]
    assert len(spec["networks"]) == len(stored["spec"]["dataVolumeTemplates"]) == 1
    assert names.ANNOTATION_TASK not in stored["metadata"]["annotations"]


def test_apply_without_force_names_what_another_writer_holds(
    vdc: ClusterClient, emulator: "Emulator"
) -> None:
    make(vdc, emulator)
    path = f"/apis/kubevirt.io/v1/namespaces/{NAMESPACE}/virtualmachines/{VM.name}"
    vdc._json(
        "PATCH",
        "VirtualMachine",
        path,
        query={"fieldManager": "kubectl"},
        body={"spec": {"template": {"spec": {"domain": {"memory": {"guest": "4Gi"}}}}}},
        content_type="application/merge-patch+json",
    )
    with pytest.raises(ClusterConflict, match=r"memory\.guest"):
        vdc.apply(manifests.virtual_machine(VM), force=False)
    vdc.apply(manifests.virtual_machine(VM))
    vdc.apply(manifests.virtual_machine(VM), force=False)


def test_quota_refuses_the_second_machine_for_good(vdc: ClusterClient, emulator: "Emulator") -> None:
    make(vdc, emulator)
    other = UUID(int=77)
    with pytest.raises(ClusterRejected, match="exceeded quota"):
        vdc.apply(manifests.virtual_machine(dataclasses.replace(VM, name=names.vm_name(other), vm_id=other)))


def test_apply_into_a_missing_namespace_is_not_found(client: ClusterClient) -> None:
    with pytest.raises(ClusterNotFound, match="nowhere"):
        client.apply(manifests.virtual_machine(dataclasses.replace(VM, namespace="nowhere")))


def test_attached_volume_outlives_the_machine(vdc: ClusterClient, emulator: "Emulator") -> None:
    vdc.apply(manifests.data_volume(DataVolumeSpec(namespace=NAMESPACE, name="indep", size_mib=1024)))
    emulator.settle()
    disk = DiskSpec(name="disk0", size_mib=1024, volume_name="indep", is_owned=False)
    vdc.apply(manifests.virtual_machine(dataclasses.replace(VM, disks=(disk,), has_cloud_init=False)))
    emulator.settle()
    vdc.delete("VirtualMachine", VM.name, NAMESPACE)
    emulator.settle()
    assert vdc.get("DataVolume", "indep", NAMESPACE) is not None


def test_delete_of_another_object_of_that_name_is_a_conflict(
    vdc: ClusterClient, emulator: "Emulator"
) -> None:
    make(vdc, emulator)
    with pytest.raises(ClusterConflict):
        vdc.delete("VirtualMachine", VM.name, NAMESPACE, uid="another")
    assert vdc.delete("VirtualMachine", VM.name, NAMESPACE, uid=machine(vdc).uid)


def test_delete_collection_takes_what_the_selector_names(vdc: ClusterClient, emulator: "Emulator") -> None:
    for number, vm_id in enumerate((VM_ID, UUID(int=8))):
        vdc.apply(
            manifests.data_volume(
                DataVolumeSpec(namespace=NAMESPACE, name=f"v{number}", size_mib=1, vm_id=vm_id)
            )
        )
    vdc.delete_collection("DataVolume", NAMESPACE, f"{names.LABEL_VM}={VM_ID}")
    emulator.settle()
    assert vdc.get("DataVolume", "v0", NAMESPACE) is None
    assert vdc.get("DataVolume", "v1", NAMESPACE) is not None


def test_networks_are_observed_once_made(vdc: ClusterClient) -> None:
    found = vdc.get("UserDefinedNetwork", SECONDARY, NAMESPACE)
    assert found is not None
    network = observe.observe_udn(found)
    assert network.network_created
    assert network.network_id == NETWORK_ID
    namespace = vdc.get("Namespace", NAMESPACE)
    assert namespace is not None
    assert observe.observe_namespace(namespace).phase == "Active"


def test_create_lets_the_cluster_choose_a_name(vdc: ClusterClient) -> None:
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"generateName": "s-", "namespace": NAMESPACE},
    }
    assert vdc.create(secret)["metadata"]["name"] != vdc.create(secret)["metadata"]["name"]
    with pytest.raises(ClusterConflict):
        vdc.create(manifests.namespace(NamespaceSpec(name=NAMESPACE, org_id=ORG_ID, org_name="acme")))


def test_list_pages_over_all_namespaces(vdc: ClusterClient) -> None:
    pages = list(vdc.list_pages("Namespace", limit=2))
    found = [item["metadata"]["name"] for items, _ in pages for item in items]
    assert NAMESPACE in found
    assert len(pages) > 1
    assert len({version for _, version in pages}) == 1
    selected = [
        items for items, _ in vdc.list_pages("Namespace", label_selector=names.MANAGED_SELECTOR) if items
    ]
    assert [item["metadata"]["name"] for items in selected for item in items] == [NAMESPACE]


def test_cluster_tells_version_and_apis(client: ClusterClient) -> None:
    assert client.version()["gitVersion"].startswith("v1.")
    assert client.has_api("kubevirt.io/v1")
    assert not client.has_api("kubevirt.io/v99")


def test_cluster_with_another_certificate_is_unavailable(emulator: "Emulator") -> None:
    config = yaml.safe_load(emulator.kubeconfig.read_text())
    for entry in config["clusters"]:
        entry["cluster"].pop("certificate-authority-data", None)
        entry["cluster"].pop("certificate-authority", None)
    cluster = Cluster(name="c")
    cluster.set_kubeconfig(yaml.safe_dump(config).encode())
    with pytest.raises(ClusterUnavailable, match="certificate"):
        client_for(cluster).version()
