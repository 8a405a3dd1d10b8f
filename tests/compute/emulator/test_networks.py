"""User-defined networks: attachments, conditions, protection, and the addresses of interfaces."""

import base64
import json
from typing import Any

import pytest

from compute.emulator import Emulator

from .conftest import Json, Kube, sub_path, vm_manifest, vm_path, vmi_path

PRIMARY = {
    "topology": "Layer2",
    "layer2": {
        "role": "Primary",
        "subnets": ["10.0.0.0/24"],
        "ipam": {"mode": "Enabled", "lifecycle": "Persistent"},
    },
}
DHCP = {"topology": "Layer2", "layer2": {"role": "Secondary", "subnets": ["10.9.0.0/29"]}}
MANUAL = {"topology": "Layer2", "layer2": {"role": "Secondary", "ipam": {"mode": "Disabled"}}}


def udn_path(name: str = "", namespace: str = "vdc") -> str:
    return f"/apis/k8s.ovn.org/v1/namespaces/{namespace}/userdefinednetworks" + (f"/{name}" if name else "")


def nad_path(name: str, namespace: str = "vdc") -> str:
    return f"/apis/k8s.cni.cncf.io/v1/namespaces/{namespace}/network-attachment-definitions/{name}"


def make_network(kube: Kube, name: str, spec: Json, namespace: str = "vdc") -> Any:
    body = {
        "apiVersion": "k8s.ovn.org/v1",
        "kind": "UserDefinedNetwork",
        "metadata": {"name": name},
        "spec": spec,
    }
    return kube.post(udn_path(namespace=namespace), body)


def created(kube: Kube, name: str, namespace: str = "vdc") -> Json:
    return kube.get(udn_path(name, namespace)).json["status"]["conditions"][0]


def make_vm(
    kube: Kube, emulator: Emulator, name: str, *networks: str, addresses: Json | None = None, **more: Any
) -> Json:
    """A started VM with nic0 on the primary network and one bridge interface for each named network."""
    body = vm_manifest(name, "vdc")
    template = body["spec"]["template"]
    template["metadata"] = {"annotations": {"network.kubevirt.io/addresses": json.dumps(addresses or {})}}
    interfaces = [
        {"name": "nic0", "binding": {"name": "l2bridge"}, "macAddress": f"02:00:00:00:00:{len(name):02x}"}
    ]
    attached: list[Json] = [{"name": "nic0", "pod": {}}]
    for index, network in enumerate(networks, start=1):
        interfaces.append({"name": f"nic{index}", "bridge": {}, "macAddress": f"02:00:00:00:{index:02x}:01"})
        attached.append({"name": f"nic{index}", "multus": {"networkName": network}})
    template["spec"]["domain"]["devices"] = {"interfaces": interfaces, **more.pop("devices", {})}
    template["spec"] |= {"networks": attached, **more}
    assert kube.post(vm_path(namespace="vdc"), body).status == 201
    emulator.settle()
    assert kube.put(sub_path(name, "start", "vdc")).status == 202
    emulator.settle()
    return kube.get(vmi_path(name, "vdc")).json


def ips(vmi: Json) -> dict[str, str | None]:
    return {entry["name"]: entry.get("ipAddress") for entry in vmi["status"].get("interfaces", [])}


@pytest.fixture
def vdc(kube: Kube, emulator: Emulator) -> str:
    """A namespace with a primary network 10.0.0.0/24."""
    kube.namespace("vdc", primary=True)
    assert make_network(kube, "routed", PRIMARY).status == 201
    emulator.settle()
    return "vdc"


def test_network_when_created_then_attachment_and_condition(kube: Kube, vdc: str) -> None:
    condition = created(kube, "routed")
    assert (condition["type"], condition["status"], condition["reason"]) == (
        "NetworkCreated",
        "True",
        "NetworkAttachmentDefinitionCreated",
    )
    attachment = kube.get(nad_path("routed")).json
    config = json.loads(attachment["spec"]["config"])
    assert (config["role"], config["subnets"], config["netAttachDefName"]) == (
        "primary",
        "10.0.0.0/24",
        "vdc/routed",
    )
    assert attachment["metadata"]["ownerReferences"][0]["kind"] == "UserDefinedNetwork"


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ({"topology": "Layer2"}, "layer2 is required"),
        ({"topology": "Localnet", "layer2": {}}, "Unsupported value"),
        ({"topology": "Layer2", "layer2": {"role": "Secondary"}}, "Subnets is required"),
        (
            {"topology": "Layer2", "layer2": {"role": "Primary", "ipam": {"mode": "Disabled"}}},
            "only supported for Secondary",
        ),
        (
            {
                "topology": "Layer2",
                "layer2": {"role": "Secondary", "subnets": ["10.0.0.0/24"], "ipam": {"mode": "Disabled"}},
            },
            "Subnets must be unset",
        ),
    ],
)
def test_network_when_rules_are_broken_then_invalid(kube: Kube, spec: Json, text: str) -> None:
    kube.namespace("vdc")
    answer = make_network(kube, "n", spec)
    assert (answer.status, text in answer.message) == (422, True), answer.json


def test_network_when_changed_then_immutable(kube: Kube, vdc: str) -> None:
    answer = kube.patch(udn_path("routed"), {"spec": {"layer2": {"subnets": ["10.1.0.0/24"]}}})
    assert (answer.status, "immutable" in answer.message) == (422, True)


def test_primary_network_when_namespace_lacks_label_then_condition_false(
    kube: Kube, emulator: Emulator
) -> None:
    kube.namespace("vdc")
    make_network(kube, "routed", PRIMARY)
    emulator.settle()
    assert created(kube, "routed")["status"] == "False"
    assert kube.get(nad_path("routed")).status == 404
    late = kube.patch(
        "/api/v1/namespaces/vdc", {"metadata": {"labels": {"k8s.ovn.org/primary-user-defined-network": ""}}}
    )
    assert (late.status, "cannot be added/removed after the namespace was created" in late.message) == (
        422,
        True,
    )


def test_second_primary_network_is_refused(kube: Kube, emulator: Emulator, vdc: str) -> None:
    make_network(kube, "second", PRIMARY)
    emulator.settle()
    condition = created(kube, "second")
    assert (condition["status"], "primary network already exist" in condition["message"]) == ("False", True)


def test_vm_when_primary_network_is_missing_then_no_pod_until_it_comes(
    kube: Kube, emulator: Emulator
) -> None:
    kube.namespace("vdc", primary=True)
    vmi = make_vm(kube, emulator, "vm1")
    assert vmi["status"]["phase"] == "Pending"
    assert kube.get("/api/v1/namespaces/vdc/pods").json["items"] == []
    assert kube.get(vm_path("vm1", "vdc")).json["status"]["printableStatus"] == "Starting"
    make_network(kube, "routed", PRIMARY)
    emulator.settle()
    assert kube.get(vmi_path("vm1", "vdc")).json["status"]["phase"] == "Running"


def test_static_address_is_given_kept_and_reported(kube: Kube, emulator: Emulator, vdc: str) -> None:
    vmi = make_vm(kube, emulator, "vm1", addresses={"nic0": ["10.0.0.50/24"]})
    assert ips(vmi) == {"nic0": "10.0.0.50"}
    assert vmi["status"]["interfaces"][0]["mac"] == "02:00:00:00:00:03"
    claim = kube.get("/apis/k8s.cni.cncf.io/v1alpha1/namespaces/vdc/ipamclaims/vm1.nic0").json
    assert claim["status"]["ips"] == ["10.0.0.50/24"]
    kube.put(sub_path("vm1", "restart", "vdc"))
    emulator.settle()
    assert ips(kube.get(vmi_path("vm1", "vdc")).json) == {"nic0": "10.0.0.50"}


def test_free_addresses_are_handed_out_lowest_first(kube: Kube, emulator: Emulator, vdc: str) -> None:
    make_vm(kube, emulator, "fixed", addresses={"nic0": ["10.0.0.3/24"]})
    assert ips(make_vm(kube, emulator, "one")) == {"nic0": "10.0.0.4"}
    assert ips(make_vm(kube, emulator, "two")) == {"nic0": "10.0.0.5"}


def test_reserved_subnets_are_skipped(kube: Kube, emulator: Emulator) -> None:
    kube.namespace("vdc", primary=True)
    spec = {"topology": "Layer2", "layer2": {**PRIMARY["layer2"], "reservedSubnets": ["10.0.0.0/28"]}}
    make_network(kube, "routed", spec)
    emulator.settle()
    assert ips(make_vm(kube, emulator, "one")) == {"nic0": "10.0.0.16"}


@pytest.mark.parametrize("address", ["10.0.0.50/24", "192.168.0.1/24"])
def test_static_address_when_taken_or_outside_then_pod_waits(
    kube: Kube, emulator: Emulator, vdc: str, address: str
) -> None:
    make_vm(kube, emulator, "first", addresses={"nic0": ["10.0.0.50/24"]})
    vmi = make_vm(kube, emulator, "second", addresses={"nic0": [address]})
    assert vmi["status"]["phase"] == "Pending"
    assert "provided IP" in json.dumps(vmi["status"]["conditions"])


def test_secondary_addresses_come_from_cloud_init_or_the_subnet(
    kube: Kube, emulator: Emulator, vdc: str
) -> None:
    make_network(kube, "dhcp", DHCP)
    make_network(kube, "manual", MANUAL)
    lan = "{match: {macaddress: '02:00:00:00:02:01'}, addresses: [172.16.0.9/24]}"
    data = f"version: 2\nethernets:\n  lan: {lan}\n"
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "net"},
        "data": {"networkdata": base64.b64encode(data.encode()).decode()},
    }
    kube.post("/api/v1/namespaces/vdc/secrets", secret)
    vmi = make_vm(
        kube,
        emulator,
        "vm1",
        "dhcp",
        "manual",
        volumes=[{"name": "ci", "cloudInitNoCloud": {"networkDataSecretRef": {"name": "net"}}}],
        devices={"disks": [{"name": "ci", "disk": {"bus": "virtio"}}]},
    )
    assert ips(vmi) == {"nic0": "10.0.0.3", "nic1": "10.9.0.3", "nic2": "172.16.0.9"}


def test_pool_when_exhausted_then_the_next_waits(kube: Kube, emulator: Emulator, vdc: str) -> None:
    make_network(kube, "dhcp", DHCP)
    phases = [make_vm(kube, emulator, f"vm{number}", "dhcp")["status"]["phase"] for number in range(5)]
    assert phases == ["Running"] * 4 + ["Pending"]


def test_attachment_when_missing_then_the_pod_waits(kube: Kube, emulator: Emulator, vdc: str) -> None:
    vmi = make_vm(kube, emulator, "vm1", "later")
    assert vmi["status"]["phase"] == "Pending"
    make_network(kube, "later", MANUAL)
    emulator.settle()
    assert kube.get(vmi_path("vm1", "vdc")).json["status"]["phase"] == "Running"


def test_network_when_used_then_deletion_waits(kube: Kube, emulator: Emulator, vdc: str) -> None:
    make_network(kube, "extra", MANUAL)
    make_vm(kube, emulator, "vm1", "extra")
    kube.delete(udn_path("extra"))
    emulator.settle()
    condition = created(kube, "extra")
    assert (condition["status"], "network in use by the following pods" in condition["message"]) == (
        "False",
        True,
    )
    kube.put(sub_path("vm1", "stop", "vdc"))
    emulator.settle()
    assert kube.get(udn_path("extra")).status == 404
    assert kube.get(nad_path("extra")).status == 404


def test_cluster_network_follows_its_namespace_selector(kube: Kube, emulator: Emulator) -> None:
    for name, org in (("a", "acme"), ("b", "globex")):
        manifest = {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": name, "labels": {"org": org}},
        }
        kube.post("/api/v1/namespaces", manifest)
    path = "/apis/k8s.ovn.org/v1/clusteruserdefinednetworks"
    localnet = {"role": "Secondary", "physicalNetworkName": "p", "ipam": {"mode": "Disabled"}}
    body = {
        "apiVersion": "k8s.ovn.org/v1",
        "kind": "ClusterUserDefinedNetwork",
        "metadata": {"name": "direct"},
        "spec": {
            "namespaceSelector": {"matchLabels": {"org": "acme"}},
            "network": {"topology": "Localnet", "localnet": localnet},
        },
    }
    assert kube.post(path, body).status == 201
    emulator.settle()
    assert (kube.get(nad_path("direct", "a")).status, kube.get(nad_path("direct", "b")).status) == (200, 404)
    assert "[a]" in kube.get(f"{path}/direct").json["status"]["conditions"][0]["message"]
    kube.patch("/api/v1/namespaces/b", {"metadata": {"labels": {"org": "acme"}}})
    kube.patch("/api/v1/namespaces/a", {"metadata": {"labels": {"org": "none"}}})
    emulator.settle()
    assert (kube.get(nad_path("direct", "a")).status, kube.get(nad_path("direct", "b")).status) == (404, 200)
    kube.delete(f"{path}/direct")
    emulator.settle()
    assert kube.get(f"{path}/direct").status == 404
    assert kube.get(nad_path("direct", "b")).status == 404


def test_interface_when_added_and_removed_live_then_status_follows(
    kube: Kube, emulator: Emulator, vdc: str
) -> None:
    make_network(kube, "extra", DHCP)
    make_vm(kube, emulator, "vm1")
    template = kube.get(vm_path("vm1", "vdc")).json["spec"]["template"]["spec"]
    nics = [*template["domain"]["devices"]["interfaces"], {"name": "nic1", "bridge": {}}]
    networks = [*template["networks"], {"name": "nic1", "multus": {"networkName": "extra"}}]
    change = {"domain": {"devices": {"interfaces": nics}}, "networks": networks}
    kube.patch(vm_path("vm1", "vdc"), {"spec": {"template": {"spec": change}}})
    emulator.settle()
    assert ips(kube.get(vmi_path("vm1", "vdc")).json)["nic1"] == "10.9.0.3"
    nics[1]["state"] = "absent"
    kube.patch(vm_path("vm1", "vdc"), {"spec": {"template": {"spec": change}}})
    emulator.settle()
    assert "nic1" not in ips(kube.get(vmi_path("vm1", "vdc")).json)
    conditions = kube.get(vm_path("vm1", "vdc")).json["status"]["conditions"]
    assert "RestartRequired" not in {condition["type"] for condition in conditions}


def test_link_state_is_live(kube: Kube, emulator: Emulator, vdc: str) -> None:
    make_vm(kube, emulator, "vm1")
    nics = kube.get(vm_path("vm1", "vdc")).json["spec"]["template"]["spec"]["domain"]["devices"]["interfaces"]
    nics[0]["state"] = "down"
    kube.patch(
        vm_path("vm1", "vdc"), {"spec": {"template": {"spec": {"domain": {"devices": {"interfaces": nics}}}}}}
    )
    emulator.settle()
    assert kube.get(vmi_path("vm1", "vdc")).json["status"]["interfaces"][0]["linkState"] == "down"
