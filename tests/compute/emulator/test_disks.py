"""DataVolumes, claims and data sources: phases, progress, sources, bindings, growth."""

from typing import Any

import pytest

from compute.emulator import Emulator

from .conftest import Json, Kube, sub_path, vm_manifest, vm_path

IMAGES = "openshift-virtualization-os-images"
VOLUMES = "/apis/cdi.kubevirt.io/v1beta1/namespaces/demo/datavolumes"
CLAIMS = "/api/v1/namespaces/demo/persistentvolumeclaims"


def volume(
    name: str = "d", *, size: str | None = "10Gi", storage_class: str | None = "gold", **spec: Any
) -> Json:
    storage: Json = {}
    if size:
        storage["resources"] = {"requests": {"storage": size}}
    if storage_class:
        storage["storageClassName"] = storage_class
    return {
        "apiVersion": "cdi.kubevirt.io/v1beta1",
        "kind": "DataVolume",
        "metadata": {"name": name},
        "spec": {"storage": storage, **spec},
    }


def phase(kube: Kube, name: str = "d") -> str:
    return str(kube.get(f"{VOLUMES}/{name}").json.get("status", {}).get("phase"))


def conditions(kube: Kube, name: str = "d") -> dict[str, Json]:
    return {c["type"]: c for c in kube.get(f"{VOLUMES}/{name}").json["status"]["conditions"]}


@pytest.mark.parametrize(
    ("spec", "verb"),
    [
        ({"source": {"blank": {}}}, "Import"),
        ({"source": {"http": {"url": "https://images.example/disk.qcow2"}}}, "Import"),
        ({"source": {"registry": {"url": "docker://quay.io/containerdisks/fedora"}}}, "Import"),
        ({"source": {"pvc": {"name": "fedora", "namespace": IMAGES}}}, "Clone"),
        ({"sourceRef": {"kind": "DataSource", "name": "fedora", "namespace": IMAGES}}, "Clone"),
    ],
)
def test_volume_when_made_then_filled_step_by_step(
    kube: Kube, emulator: Emulator, demo: str, spec: Json, verb: str
) -> None:
    emulator.hold("import")
    assert kube.post(VOLUMES, volume(**spec)).status == 201
    emulator.settle()
    running = kube.get(f"{VOLUMES}/d").json["status"]
    assert (running["phase"], running["progress"], running["claimName"]) == (
        f"{verb}InProgress",
        "0.00%",
        "d",
    )
    emulator.release()
    emulator.settle()
    done = kube.get(f"{VOLUMES}/d").json["status"]
    assert (done["phase"], done["progress"]) == ("Succeeded", "100.0%")
    assert {kind: c["status"] for kind, c in conditions(kube).items()} == {
        "Bound": "True",
        "Ready": "True",
        "Running": "False",
    }
    claim = kube.get(f"{CLAIMS}/d").json
    assert (claim["status"]["phase"], claim["status"]["capacity"]) == ("Bound", {"storage": "10Gi"})
    assert claim["spec"]["accessModes"] == ["ReadWriteMany"]
    assert (
        kube.get(f"/api/v1/persistentvolumes/{claim['spec']['volumeName']}").json["status"]["phase"]
        == "Bound"
    )


def test_volume_when_its_data_source_is_missing_then_pending_until_it_comes(
    kube: Kube, emulator: Emulator, demo: str
) -> None:
    kube.post(VOLUMES, volume(sourceRef={"kind": "DataSource", "name": "late"}))
    emulator.settle()
    assert phase(kube) == "Pending"
    assert "DataSource demo/late not found" in conditions(kube)["Bound"]["message"]
    source = {
        "apiVersion": "cdi.kubevirt.io/v1beta1",
        "kind": "DataSource",
        "metadata": {"name": "late"},
        "spec": {"source": {"pvc": {"name": "fedora", "namespace": IMAGES}}},
    }
    kube.post(VOLUMES.replace("datavolumes", "datasources"), source)
    emulator.settle()
    assert phase(kube) == "Succeeded"
    made = kube.get(VOLUMES.replace("datavolumes", "datasources") + "/late").json
    assert made["status"]["conditions"][0]["reason"] == "Ready"


def test_volume_when_size_is_left_out_then_the_source_decides(
    kube: Kube, emulator: Emulator, demo: str
) -> None:
    kube.post(
        VOLUMES,
        volume(size=None, storage_class=None, source={"pvc": {"name": "fedora", "namespace": IMAGES}}),
    )
    emulator.settle()
    claim = kube.get(f"{CLAIMS}/d").json
    assert (claim["spec"]["storageClassName"], claim["status"]["capacity"]["storage"]) == ("gold", "30Gi")


def test_import_when_host_never_resolves_then_error_condition(
    kube: Kube, emulator: Emulator, demo: str
) -> None:
    kube.post(VOLUMES, volume(source={"http": {"url": "https://nowhere.invalid/x"}}))
    emulator.settle()
    running = conditions(kube)["Running"]
    assert (running["status"], running["reason"], "no such host" in running["message"]) == (
        "False",
        "Error",
        True,
    )
    assert phase(kube) == "ImportInProgress"


def test_volume_when_quota_is_exceeded_then_pending_and_filled_later(
    kube: Kube, emulator: Emulator, demo: str
) -> None:
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "q"},
        "spec": {"hard": {"requests.storage": "5Gi"}},
    }
    kube.post("/api/v1/namespaces/demo/resourcequotas", quota)
    kube.post(VOLUMES, volume(source={"blank": {}}))
    emulator.settle()
    bound = conditions(kube)["Bound"]
    assert (phase(kube), bound["status"], bound["reason"]) == ("Pending", "Unknown", "ErrExceededQuota")
    assert "exceeded quota: q, requested: requests.storage=10Gi, used: requests.storage=0" in bound["message"]
    kube.patch("/api/v1/namespaces/demo/resourcequotas/q", {"spec": {"hard": {"requests.storage": "50Gi"}}})
    emulator.settle()
    assert phase(kube) == "Succeeded"


def test_volume_when_class_waits_for_consumer_then_start_binds_it(
    kube: Kube, emulator: Emulator, demo: str
) -> None:
    body = vm_manifest(dataVolumeTemplates=[volume(storage_class="bronze-wffc", source={"blank": {}})])
    template = body["spec"]["template"]["spec"]
    template["volumes"] = [{"name": "d", "dataVolume": {"name": "d"}}]
    template["domain"]["devices"]["disks"] = [{"name": "d", "disk": {"bus": "virtio"}}]
    assert kube.post(vm_path(), body).status == 201
    emulator.settle()
    assert phase(kube) == "WaitForFirstConsumer"
    assert kube.get(vm_path("vm1")).json["status"]["printableStatus"] == "Stopped"
    kube.put(sub_path("vm1", "start"))
    emulator.settle()
    assert phase(kube) == "Succeeded"
    assert kube.get(vm_path("vm1")).json["status"]["printableStatus"] == "Running"


def test_vm_with_templates_makes_them_at_once_and_takes_them_along(
    kube: Kube, emulator: Emulator, demo: str
) -> None:
    body = vm_manifest(dataVolumeTemplates=[volume(source={"blank": {}})])
    template = body["spec"]["template"]["spec"]
    template["volumes"] = [{"name": "d", "dataVolume": {"name": "d"}}]
    template["domain"]["devices"]["disks"] = [{"name": "d", "disk": {"bus": "virtio"}}]
    emulator.hold("import")
    kube.post(vm_path(), body)
    emulator.settle()
    assert kube.get(vm_path("vm1")).json["status"]["printableStatus"] == "Provisioning"
    kube.put(sub_path("vm1", "start"))
    emulator.settle()
    vm = kube.get(vm_path("vm1")).json
    assert vm["status"]["stateChangeRequests"] == [{"action": "Start"}]
    emulator.release()
    emulator.settle()
    vm = kube.get(vm_path("vm1")).json
    assert vm["status"]["printableStatus"] == "Running"
    snapshots = vm["status"]["volumeSnapshotStatuses"]
    assert snapshots == [{"name": "d", "enabled": True}]
    kube.delete(vm_path("vm1"))
    emulator.settle()
    for path in (VOLUMES, CLAIMS):
        assert kube.get(path).json["items"] == []
    volumes = kube.get("/api/v1/persistentvolumes").json["items"]
    assert [v for v in volumes if v["spec"]["claimRef"]["namespace"] == "demo"] == []


def test_claim_when_grown_then_capacity_follows(kube: Kube, emulator: Emulator, demo: str) -> None:
    kube.post(VOLUMES, volume(source={"blank": {}}))
    emulator.settle()
    for size, status in (("20Gi", 200), ("5Gi", 422)):
        patch = {"spec": {"resources": {"requests": {"storage": size}}}}
        assert kube.patch(f"{CLAIMS}/d", patch).status == status
    emulator.settle()
    assert kube.get(f"{CLAIMS}/d").json["status"]["capacity"]["storage"] == "20Gi"


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ({}, "either Source or SourceRef"),
        ({"source": {"blank": {}, "http": {"url": "x"}}}, "Multiple Data volume sources"),
        ({"source": {"blank": {}}, "pvc": {}}, "Either spec.pvc or spec.storage"),
    ],
)
def test_volume_when_spec_is_wrong_then_denied(kube: Kube, demo: str, spec: Json, text: str) -> None:
    answer = kube.post(VOLUMES, volume(**spec))
    assert (answer.status, text in answer.message) == (422, True)


def test_storage_profiles_follow_the_classes(kube: Kube, emulator: Emulator) -> None:
    path = "/apis/cdi.kubevirt.io/v1beta1/storageprofiles/gold"
    status = kube.get(path).json["status"]
    assert (status["storageClass"], status["snapshotClass"]) == ("gold", "snapshots")
    assert status["claimPropertySets"][0] == {"accessModes": ["ReadWriteMany"], "volumeMode": "Block"}
    new = {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": "iron"},
        "provisioner": "x",
    }
    kube.post("/apis/storage.k8s.io/v1/storageclasses", new)
    emulator.settle()
    assert kube.get(path.replace("gold", "iron")).json["status"]["provisioner"] == "x"
    kube.delete("/apis/storage.k8s.io/v1/storageclasses/iron")
    emulator.settle()
    assert kube.get(path.replace("gold", "iron")).status == 404
