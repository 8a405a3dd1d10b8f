"""Migrations, snapshots, restores and clones."""

from typing import Any

import pytest

from compute.emulator import Emulator

from .conftest import Json, Kube, sub_path, vm_manifest, vm_path, vmi_path

SNAPSHOTS = "/apis/snapshot.kubevirt.io/v1beta1/namespaces/demo/virtualmachinesnapshots"
CONTENTS = "/apis/snapshot.kubevirt.io/v1beta1/namespaces/demo/virtualmachinesnapshotcontents"
RESTORES = "/apis/snapshot.kubevirt.io/v1beta1/namespaces/demo/virtualmachinerestores"
CLONES = "/apis/clone.kubevirt.io/v1beta1/namespaces/demo/virtualmachineclones"
VOLUME_SNAPSHOTS = "/apis/snapshot.storage.k8s.io/v1/namespaces/demo/volumesnapshots"
VOLUMES = "/apis/cdi.kubevirt.io/v1beta1/namespaces/demo/datavolumes"
CLAIMS = "/api/v1/namespaces/demo/persistentvolumeclaims"
MIGRATIONS = "/apis/kubevirt.io/v1/namespaces/demo/virtualmachineinstancemigrations"
API = "snapshot.kubevirt.io/v1beta1"


def names(kube: Kube, path: str) -> set[str]:
    return {item["metadata"]["name"] for item in kube.get(path).json["items"]}


def printable(kube: Kube, name: str = "vm1") -> str:
    return str(kube.get(vm_path(name)).json["status"]["printableStatus"])


@pytest.fixture
def machine(kube: Kube, emulator: Emulator, demo: str) -> str:
    """A running VM with one disk of its own and an attached claim `data`."""
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data"},
        "spec": {
            "accessModes": ["ReadWriteMany"],
            "storageClassName": "gold",
            "resources": {"requests": {"storage": "1Gi"}},
        },
    }
    assert kube.post(CLAIMS, claim).status == 201
    storage = {"resources": {"requests": {"storage": "2Gi"}}, "storageClassName": "gold"}
    template = {"metadata": {"name": "root"}, "spec": {"source": {"blank": {}}, "storage": storage}}
    body = vm_manifest(dataVolumeTemplates=[template])
    spec = body["spec"]["template"]["spec"]
    spec["volumes"] = [
        {"name": "root", "dataVolume": {"name": "root"}},
        {"name": "data", "persistentVolumeClaim": {"claimName": "data"}},
        {"name": "ci", "cloudInitNoCloud": {"userData": "#cloud-config"}},
    ]
    spec["domain"]["devices"]["disks"] = [
        {"name": v["name"], "disk": {"bus": "virtio"}} for v in spec["volumes"]
    ]
    assert kube.post(vm_path(), body).status == 201
    emulator.settle()
    kube.put(sub_path("vm1", "start"))
    emulator.settle()
    assert printable(kube) == "Running"
    return "vm1"


def snapshot(kube: Kube, emulator: Emulator, name: str = "s1", **spec: Any) -> Json:
    source = {"apiGroup": "kubevirt.io", "kind": "VirtualMachine", "name": "vm1"}
    body = {
        "apiVersion": API,
        "kind": "VirtualMachineSnapshot",
        "metadata": {"name": name},
        "spec": {"source": source, **spec},
    }
    assert kube.post(SNAPSHOTS, body).status == 201
    emulator.settle()
    return kube.get(f"{SNAPSHOTS}/{name}").json


def restore(kube: Kube, emulator: Emulator, name: str = "r1", target: str = "vm1", **spec: Any) -> Json:
    wanted = {
        "target": {"apiGroup": "kubevirt.io", "kind": "VirtualMachine", "name": target},
        "virtualMachineSnapshotName": "s1",
    }
    body = {
        "apiVersion": API,
        "kind": "VirtualMachineRestore",
        "metadata": {"name": name},
        "spec": {**wanted, **spec},
    }
    assert kube.post(RESTORES, body).status == 201
    emulator.settle()
    return kube.get(f"{RESTORES}/{name}").json


def stop(kube: Kube, emulator: Emulator) -> None:
    assert kube.put(sub_path("vm1", "stop"), {"gracePeriod": 0}).status == 202
    emulator.settle()


def test_snapshot_when_vm_runs_then_online_with_its_disks(
    kube: Kube, emulator: Emulator, machine: str
) -> None:
    emulator.hold("snapshot")
    snapshot(kube, emulator)
    running = kube.get(f"{SNAPSHOTS}/s1").json["status"]
    assert (running["phase"], running["readyToUse"]) == ("InProgress", False)
    assert kube.get(vm_path("vm1")).json["status"]["snapshotInProgress"] == "s1"
    emulator.release()
    emulator.settle()
    status = kube.get(f"{SNAPSHOTS}/s1").json["status"]
    assert (status["phase"], status["readyToUse"]) == ("Succeeded", True)
    assert status["indications"] == ["Online", "GuestAgent"]
    assert status["snapshotVolumes"] == {"includedVolumes": ["root", "data"], "excludedVolumes": ["ci"]}
    assert "snapshotInProgress" not in kube.get(vm_path("vm1")).json["status"]
    content = kube.get(f"{CONTENTS}/{status['virtualMachineSnapshotContentName']}").json
    assert len(content["spec"]["volumeBackups"]) == 2
    sizes = {s["status"]["restoreSize"] for s in kube.get(VOLUME_SNAPSHOTS).json["items"]}
    assert sizes == {"1Gi", "2Gi"}


def test_snapshot_when_deleted_then_its_content_goes(kube: Kube, emulator: Emulator, machine: str) -> None:
    snapshot(kube, emulator)
    kube.delete(f"{SNAPSHOTS}/s1")
    emulator.settle()
    for path in (
        SNAPSHOTS,
        CONTENTS,
        VOLUME_SNAPSHOTS,
        "/apis/snapshot.storage.k8s.io/v1/volumesnapshotcontents",
    ):
        assert names(kube, path) == set(), path


def test_snapshot_when_source_is_missing_then_not_ready(kube: Kube, emulator: Emulator, demo: str) -> None:
    status = snapshot(kube, emulator)["status"]
    assert (status["phase"], status["readyToUse"]) == ("InProgress", False)
    assert {c["reason"] for c in status["conditions"]} == {"Source does not exist"}


def test_restore_when_stopped_then_new_disks_replace_the_old(
    kube: Kube, emulator: Emulator, machine: str
) -> None:
    snapshot(kube, emulator)
    stop(kube, emulator)
    kube.patch(vm_path("vm1"), {"spec": {"template": {"spec": {"domain": {"memory": {"guest": "3Gi"}}}}}})
    done = restore(kube, emulator)["status"]
    assert done["complete"] is True
    assert done["deletedDataVolumes"] == ["root"]
    vm = kube.get(vm_path("vm1")).json
    assert vm["spec"]["template"]["spec"]["domain"]["memory"]["guest"] == "1Gi"
    restored = {r["volumeName"]: r["persistentVolumeClaim"] for r in done["restores"]}
    assert vm["spec"]["template"]["spec"]["volumes"][0]["dataVolume"]["name"] == restored["root"]
    assert vm["spec"]["dataVolumeTemplates"][0]["metadata"]["name"] == restored["root"]
    emulator.settle()
    assert names(kube, VOLUMES) == {restored["root"]}
    assert names(kube, CLAIMS) == {"data", *restored.values()}
    assert "restoreInProgress" not in vm["status"]
    kube.put(sub_path("vm1", "start"))
    emulator.settle()
    assert printable(kube) == "Running"
    kube.delete(vm_path("vm1"))
    emulator.settle()
    assert restored["root"] not in names(kube, CLAIMS)


def test_restore_in_place_keeps_the_names(kube: Kube, emulator: Emulator, machine: str) -> None:
    snapshot(kube, emulator)
    before = {i["metadata"]["name"]: i["metadata"]["uid"] for i in kube.get(CLAIMS).json["items"]}
    done = restore(kube, emulator, targetReadinessPolicy="StopTarget", volumeRestorePolicy="InPlace")[
        "status"
    ]
    assert done["complete"] is True
    emulator.settle()
    assert printable(kube) == "Stopped"
    after = {i["metadata"]["name"]: i["metadata"]["uid"] for i in kube.get(CLAIMS).json["items"]}
    assert set(after) == set(before) == {"root", "data"}
    assert not set(after.values()) & set(before.values())
    assert kube.get(f"{VOLUMES}/root").json["status"]["phase"] == "Succeeded"
    kube.put(sub_path("vm1", "start"))
    emulator.settle()
    assert printable(kube) == "Running"


@pytest.mark.parametrize(("policy", "failed"), [("FailImmediate", True), ("WaitEventually", False)])
def test_restore_when_vm_runs_then_fails_or_waits(
    kube: Kube, emulator: Emulator, machine: str, policy: str, failed: bool
) -> None:
    snapshot(kube, emulator)
    status = restore(kube, emulator, targetReadinessPolicy=policy)["status"]
    assert status["complete"] is False
    assert any(c["type"] == "Failure" for c in status["conditions"]) is failed
    stop(kube, emulator)
    assert kube.get(f"{RESTORES}/r1").json["status"]["complete"] is not failed


def test_restore_into_another_vm_makes_it(kube: Kube, emulator: Emulator, machine: str) -> None:
    snapshot(kube, emulator)
    assert restore(kube, emulator, target="copy")["status"]["complete"] is True
    emulator.settle()
    assert printable(kube, "copy") == "Stopped"
    assert printable(kube) == "Running"


def test_clone_makes_a_distinct_machine(kube: Kube, emulator: Emulator, machine: str) -> None:
    kube.patch(vm_path("vm1"), {"metadata": {"labels": {"a": "b"}}})
    body = {
        "apiVersion": "clone.kubevirt.io/v1beta1",
        "kind": "VirtualMachineClone",
        "metadata": {"name": "c1"},
        "spec": {
            "source": {"apiGroup": "kubevirt.io", "kind": "VirtualMachine", "name": "vm1"},
            "target": {"apiGroup": "kubevirt.io", "kind": "VirtualMachine", "name": "twin"},
            "newMacAddresses": {"nic0": "02:00:00:00:00:09"},
        },
    }
    assert kube.post(CLONES, body).status == 201
    emulator.settle()
    assert kube.get(f"{CLONES}/c1").json["status"]["phase"] == "Succeeded"
    twin = kube.get(vm_path("twin")).json
    assert twin["metadata"]["labels"] == {"a": "b"}
    assert (
        twin["spec"]["template"]["spec"]["domain"]["devices"]["interfaces"][0]["macAddress"]
        == "02:00:00:00:00:09"
    )
    assert twin["status"]["printableStatus"] == "Stopped"
    assert names(kube, SNAPSHOTS) == set()


# ---------------------------------------------------------------------- migration


def migrate(kube: Kube, emulator: Emulator) -> Json:
    assert kube.put(sub_path("vm1", "migrate"), {}).status == 202
    emulator.settle()
    return kube.get(MIGRATIONS).json["items"][0]


def test_migration_moves_the_guest_to_the_other_node(kube: Kube, emulator: Emulator, machine: str) -> None:
    before = kube.get(vmi_path("vm1")).json
    emulator.hold("migrate")
    migration = migrate(kube, emulator)
    assert migration["metadata"]["name"].startswith("kubevirt-migrate-vm-")
    assert migration["status"]["phase"] == "Running"
    assert printable(kube) == "Migrating"
    assert kube.put(sub_path("vm1", "pause", vmi=True)).status == 409
    emulator.release()
    emulator.settle()
    after = kube.get(vmi_path("vm1")).json
    assert kube.get(MIGRATIONS).json["items"][0]["status"]["phase"] == "Succeeded"
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    assert after["status"]["nodeName"] != before["status"]["nodeName"]
    assert after["status"]["interfaces"] == before["status"]["interfaces"]
    pods = kube.get("/api/v1/namespaces/demo/pods").json["items"]
    assert [pod["spec"]["nodeName"] for pod in pods] == [after["status"]["nodeName"]]
    assert printable(kube) == "Running"


def test_migration_when_no_other_node_is_free_then_fails(
    kube: Kube, emulator: Emulator, machine: str
) -> None:
    node = kube.get(vmi_path("vm1")).json["status"]["nodeName"]
    other = "node-1" if node == "node-2" else "node-2"
    kube.patch(f"/api/v1/nodes/{other}", {"spec": {"unschedulable": True}})
    assert migrate(kube, emulator)["status"]["phase"] == "Failed"
    assert kube.get(vmi_path("vm1")).json["status"]["nodeName"] == node
    assert printable(kube) == "Running"


def test_migration_when_guest_stops_meanwhile_then_fails(
    kube: Kube, emulator: Emulator, machine: str
) -> None:
    emulator.hold("migrate")
    migrate(kube, emulator)
    stop(kube, emulator)
    emulator.release()
    emulator.settle()
    assert kube.get(MIGRATIONS).json["items"][0]["status"]["phase"] == "Failed"
    assert printable(kube) == "Stopped"
    assert kube.get("/api/v1/namespaces/demo/pods").json["items"] == []
