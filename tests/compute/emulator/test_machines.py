"""VirtualMachines: start, stop, restart, pause, refusals, addresses, guest events, live changes."""

import json
from typing import Any

import pytest

from compute.emulator import Emulator

from .conftest import Json, Kube, sub_path, vm_manifest, vm_path, vmi_path

UDN = "/apis/k8s.ovn.org/v1/namespaces/{}/userdefinednetworks"


def status_of(kube: Kube, name: str = "vm1", namespace: str = "demo") -> Json:
    return kube.get(vm_path(name, namespace)).json.get("status", {})


def printable(kube: Kube, name: str = "vm1", namespace: str = "demo") -> str:
    return str(status_of(kube, name, namespace).get("printableStatus", ""))


def make_vm(kube: Kube, emulator: Emulator, **spec: Any) -> Json:
    answer = kube.post(vm_path(), vm_manifest(**spec))
    assert answer.status == 201, answer.json
    emulator.settle()
    return answer.json


def start(kube: Kube, emulator: Emulator, name: str = "vm1") -> None:
    answer = kube.put(sub_path(name, "start"))
    assert (answer.status, answer.data) == (202, b"")
    emulator.settle()


def conditions(obj: Json) -> dict[str, str]:
    return {entry["type"]: entry["status"] for entry in obj["status"].get("conditions", [])}


def test_vm_when_created_manual_then_stopped(kube: Kube, emulator: Emulator, demo: str) -> None:
    make_vm(kube, emulator)
    status = status_of(kube)
    assert (status["printableStatus"], status["created"], status["ready"]) == ("Stopped", False, False)
    # KubeVirt notes the generation and the run strategy only once an instance was made.
    assert "observedGeneration" not in status
    assert "runStrategy" not in status


def test_vm_when_started_then_running_with_address_and_agent(
    kube: Kube, emulator: Emulator, demo: str
) -> None:
    make_vm(kube, emulator)
    start(kube, emulator)
    vm, vmi = kube.get(vm_path("vm1")).json, kube.get(vmi_path("vm1")).json
    assert vm["status"]["printableStatus"] == "Running"
    assert (vm["status"]["ready"], vm["status"]["created"]) == (True, True)
    assert vm["status"]["observedGeneration"] == vm["metadata"]["generation"] == 1
    assert "stateChangeRequests" not in vm["status"]
    assert vmi["status"]["phase"] == "Running"
    assert vmi["status"]["nodeName"] in {"node-1", "node-2"}
    assert (
        conditions(vmi).items()
        >= {"Ready": "True", "AgentConnected": "True", "LiveMigratable": "True"}.items()
    )
    interface = vmi["status"]["interfaces"][0]
    assert interface["ipAddress"].startswith("10.1")
    assert interface["mac"].startswith("02:")
    assert vmi["metadata"]["ownerReferences"][0]["uid"] == vm["metadata"]["uid"]
    pods = kube.get("/api/v1/namespaces/demo/pods", labelSelector="kubevirt.io=virt-launcher").json["items"]
    assert [pod["status"]["phase"] for pod in pods] == ["Running"]
    phases = [entry["phase"] for entry in vmi["status"]["phaseTransitionTimestamps"]]
    assert phases == ["Pending", "Scheduling", "Scheduled", "Running"]


def test_vm_when_stopped_then_instance_and_pod_are_gone(kube: Kube, emulator: Emulator, demo: str) -> None:
    make_vm(kube, emulator)
    start(kube, emulator)
    emulator.hold("stop")
    assert kube.put(sub_path("vm1", "stop"), {"gracePeriod": 120}).status == 202
    emulator.settle()
    assert printable(kube) == "Stopping"
    emulator.release()
    emulator.settle()
    assert printable(kube) == "Stopped"
    assert kube.get(vmi_path("vm1")).status == 404
    assert kube.get("/api/v1/namespaces/demo/pods").json["items"] == []


@pytest.mark.parametrize("phase", ["boot", "schedule"])
def test_vm_when_starting_then_stop_still_works(
    kube: Kube, emulator: Emulator, demo: str, phase: str
) -> None:
    make_vm(kube, emulator)
    emulator.hold(phase)
    start(kube, emulator)
    assert printable(kube) == "Starting"
    assert kube.put(sub_path("vm1", "stop"), {"gracePeriod": 0}).status == 202
    emulator.settle()
    assert printable(kube) == "Stopped"


def test_start_when_running_or_requested_then_refused(kube: Kube, emulator: Emulator, demo: str) -> None:
    make_vm(kube, emulator)
    assert kube.put(sub_path("vm1", "start")).status == 202
    again = kube.put(sub_path("vm1", "start"))
    # Source: kubevirt getChangeRequestJson: this is an internal error there, not a conflict.
    assert (again.status, "stop/start already underway" in again.message) == (500, True)
    emulator.settle()
    running = kube.put(sub_path("vm1", "start"))
    assert (running.status, running.json["reason"]) == (409, "Conflict")
    assert (
        running.message
        == 'Operation cannot be fulfilled on virtualmachine.kubevirt.io "vm1": VM is already running'
    )


@pytest.mark.parametrize(
    ("strategy", "call", "body", "status", "text"),
    [
        ("Manual", "stop", None, 409, "VM is not running"),
        ("Manual", "restart", None, 409, "VM is not running"),
        ("Halted", "restart", None, 409, "Halted does not support manual restart requests"),
        ("Halted", "stop", None, 409, "VM is not running"),
        ("Manual", "restart", {"gracePeriodSeconds": 5}, 400, "only gracePeriod=0 is supported"),
        ("Manual", "restart", {"gracePeriodSeconds": -1}, 400, "gracePeriod has to be greater or equal to 0"),
        ("Manual", "migrate", {}, 404, 'virtualmachineinstance.kubevirt.io "vm1" not found'),
        ("Always", "start", None, 409, "VM is already running"),
    ],
)
def test_calls_when_state_is_wrong_then_refused(
    kube: Kube, emulator: Emulator, demo: str, strategy: str, call: str, body: Any, status: int, text: str
) -> None:
    make_vm(kube, emulator, runStrategy=strategy)
    answer = kube.put(sub_path("vm1", call), body)
    assert (answer.status, text in answer.message) == (status, True), answer.json


def test_calls_when_vm_is_missing_then_not_found(kube: Kube, demo: str) -> None:
    answer = kube.put(sub_path("nope", "start"))
    assert (answer.status, answer.message) == (404, 'virtualmachine.kubevirt.io "nope" not found')
    assert kube.put(sub_path("nope", "pause", vmi=True)).status == 404
    assert kube.put(sub_path("nope", "dance")).status == 404


def test_instance_calls_when_not_running_then_refused(kube: Kube, emulator: Emulator, demo: str) -> None:
    make_vm(kube, emulator)
    start(kube, emulator)
    assert kube.put(sub_path("vm1", "unpause", vmi=True)).status == 409
    assert kube.put(sub_path("vm1", "pause", vmi=True)).status == 200
    again = kube.put(sub_path("vm1", "pause", vmi=True))
    assert (again.status, "VMI is already paused" in again.message) == (409, True)
    emulator.settle()
    assert printable(kube) == "Paused"
    assert kube.put(sub_path("vm1", "softreboot", vmi=True)).status == 409
    assert kube.put(sub_path("vm1", "unpause", vmi=True), {}).status == 200
    emulator.settle()
    assert printable(kube) == "Running"


def test_reset_and_soft_reboot_keep_the_instance(kube: Kube, emulator: Emulator, demo: str) -> None:
    make_vm(kube, emulator)
    start(kube, emulator)
    uid = kube.get(vmi_path("vm1")).json["metadata"]["uid"]
    for call in ("reset", "softreboot"):
        emulator.hold("agent")
        assert kube.put(sub_path("vm1", call, vmi=True)).status == 200
        emulator.settle()
        assert "AgentConnected" not in conditions(kube.get(vmi_path("vm1")).json)
        emulator.release()
        emulator.settle()
        vmi = kube.get(vmi_path("vm1")).json
        assert (vmi["metadata"]["uid"], conditions(vmi)["AgentConnected"]) == (uid, "True")


def test_restart_when_running_then_another_instance(kube: Kube, emulator: Emulator, demo: str) -> None:
    make_vm(kube, emulator)
    start(kube, emulator)
    uid = kube.get(vmi_path("vm1")).json["metadata"]["uid"]
    for body in (None, {"gracePeriodSeconds": 0}):
        assert kube.put(sub_path("vm1", "restart"), body).status == 202
        emulator.settle()
        vmi = kube.get(vmi_path("vm1")).json
        assert vmi["metadata"]["uid"] != uid
        assert vmi["status"]["phase"] == "Running"
        uid = vmi["metadata"]["uid"]


@pytest.mark.parametrize(
    ("strategy", "event", "expected"),
    [
        ("Manual", "guest_shutdown", "Stopped"),
        ("Manual", "guest_crash", "Stopped"),
        ("Always", "guest_shutdown", "Running"),
        ("Always", "guest_crash", "Running"),
        ("RerunOnFailure", "guest_shutdown", "Stopped"),
        ("RerunOnFailure", "guest_crash", "Running"),
        ("Once", "guest_crash", "Stopped"),
    ],
)
def test_guest_events_follow_the_run_strategy(
    kube: Kube, emulator: Emulator, demo: str, strategy: str, event: str, expected: str
) -> None:
    make_vm(kube, emulator, runStrategy=strategy)
    if strategy == "Manual":
        start(kube, emulator)
    uid = kube.get(vmi_path("vm1")).json["metadata"]["uid"]
    getattr(emulator, event)("demo", "vm1")
    emulator.settle()
    assert printable(kube) == expected
    if expected == "Running":
        assert kube.get(vmi_path("vm1")).json["metadata"]["uid"] != uid


def test_start_when_guest_shut_itself_down_then_runs_again(kube: Kube, emulator: Emulator, demo: str) -> None:
    make_vm(kube, emulator)
    start(kube, emulator)
    emulator.guest_shutdown("demo", "vm1")
    emulator.settle()
    start(kube, emulator)
    assert printable(kube) == "Running"


def test_halted_and_always_switch_by_start_and_stop(kube: Kube, emulator: Emulator, demo: str) -> None:
    make_vm(kube, emulator, runStrategy="Halted")
    assert printable(kube) == "Stopped"
    start(kube, emulator)
    vm = kube.get(vm_path("vm1")).json
    assert (vm["spec"]["runStrategy"], vm["status"]["printableStatus"]) == ("Always", "Running")
    assert kube.put(sub_path("vm1", "stop")).status == 202
    emulator.settle()
    vm = kube.get(vm_path("vm1")).json
    assert (vm["spec"]["runStrategy"], vm["status"]["printableStatus"]) == ("Halted", "Stopped")


def test_start_paused_then_paused(kube: Kube, emulator: Emulator, demo: str) -> None:
    make_vm(kube, emulator)
    assert kube.put(sub_path("vm1", "start"), {"paused": True}).status == 202
    emulator.settle()
    assert printable(kube) == "Paused"


def test_delete_when_running_then_everything_goes(kube: Kube, emulator: Emulator, demo: str) -> None:
    make_vm(kube, emulator)
    start(kube, emulator)
    emulator.hold("stop")
    kube.delete(vm_path("vm1"), {"propagationPolicy": "Foreground"})
    emulator.settle()
    assert printable(kube) == "Terminating"
    emulator.release()
    emulator.settle()
    for path in (
        vm_path(),
        vmi_path(),
        "/api/v1/namespaces/demo/pods",
        "/apis/apps/v1/namespaces/demo/controllerrevisions",
    ):
        assert kube.get(path).json["items"] == [], path


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"running": True}, "mutually exclusive"),
        ({"runStrategy": None}, "One of Running or RunStrategy must be specified"),
        ({"runStrategy": "Sometimes"}, "Invalid RunStrategy"),
        ({"template": None}, "missing virtual machine template"),
        ({"instancetype": {"name": "u1.small"}}, "conflicts with selected instance type"),
        ({"dataVolumeTemplates": [{"metadata": {"name": "d"}, "spec": {}}]}, "must be referenced"),
    ],
)
def test_webhook_when_spec_is_wrong_then_denied(kube: Kube, demo: str, change: Json, text: str) -> None:
    body = vm_manifest()
    body["spec"] = {key: value for key, value in {**body["spec"], **change}.items() if value is not None}
    answer = kube.post(vm_path(), body)
    assert (answer.status, answer.json["reason"]) == (422, "Invalid")
    assert answer.message.startswith(
        'admission webhook "virtualmachine-validator.kubevirt.io" denied the request: '
    )
    assert text in answer.message


def test_instancetype_is_expanded_and_pinned(kube: Kube, emulator: Emulator, demo: str) -> None:
    body = vm_manifest(instancetype={"name": "u1.large"}, preference={"name": "fedora"})
    del (
        body["spec"]["template"]["spec"]["domain"]["cpu"],
        body["spec"]["template"]["spec"]["domain"]["memory"],
    )
    assert kube.post(vm_path(), body).status == 201
    emulator.settle()
    start(kube, emulator)
    vm, vmi = kube.get(vm_path("vm1")).json, kube.get(vmi_path("vm1")).json
    assert vmi["spec"]["domain"]["cpu"]["sockets"] == 2
    assert vmi["spec"]["domain"]["memory"]["guest"] == "8Gi"
    assert vmi["status"]["guestOSInfo"]["id"] == "fedora"
    reference = vm["status"]["instancetypeRef"]
    assert (reference["name"], reference["kind"]) == ("u1.large", "VirtualMachineClusterInstancetype")
    revision = reference["controllerRevisionRef"]["name"]
    assert kube.get(f"/apis/apps/v1/namespaces/demo/controllerrevisions/{revision}").status == 200


def test_instancetype_when_missing_then_failure_condition(kube: Kube, emulator: Emulator, demo: str) -> None:
    body = vm_manifest(instancetype={"name": "u9.huge"})
    del (
        body["spec"]["template"]["spec"]["domain"]["cpu"],
        body["spec"]["template"]["spec"]["domain"]["memory"],
    )
    kube.post(vm_path(), body)
    emulator.settle()
    assert conditions(kube.get(vm_path("vm1")).json)["Failure"] == "True"


def test_unschedulable_when_guest_is_larger_than_any_node(kube: Kube, emulator: Emulator, demo: str) -> None:
    body = vm_manifest()
    body["spec"]["template"]["spec"]["domain"]["memory"]["guest"] = "100Ti"
    kube.post(vm_path(), body)
    emulator.settle()
    start(kube, emulator)
    assert printable(kube) == "ErrorUnschedulable"
    assert "Insufficient memory" in json.dumps(kube.get(vmi_path("vm1")).json["status"])


def test_claim_when_missing_then_error_until_it_appears(kube: Kube, emulator: Emulator, demo: str) -> None:
    body = vm_manifest()
    spec = body["spec"]["template"]["spec"]
    spec["volumes"] = [{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}]
    spec["domain"]["devices"]["disks"] = [{"name": "d", "disk": {"bus": "virtio"}}]
    kube.post(vm_path(), body)
    emulator.settle()
    start(kube, emulator)
    assert printable(kube) == "ErrorPvcNotFound"
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    }
    assert kube.post("/api/v1/namespaces/demo/persistentvolumeclaims", claim).status == 201
    emulator.settle()
    assert printable(kube) == "Running"
    assert conditions(kube.get(vmi_path("vm1")).json)["LiveMigratable"] == "False"


def test_secret_when_missing_then_the_pod_waits(kube: Kube, emulator: Emulator, demo: str) -> None:
    body = vm_manifest()
    spec = body["spec"]["template"]["spec"]
    spec["volumes"] = [{"name": "ci", "cloudInitNoCloud": {"secretRef": {"name": "user"}}}]
    spec["domain"]["devices"]["disks"] = [{"name": "ci", "disk": {"bus": "virtio"}}]
    kube.post(vm_path(), body)
    emulator.settle()
    start(kube, emulator)
    assert printable(kube) == "Starting"
    kube.post(
        "/api/v1/namespaces/demo/secrets",
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "user"}},
    )
    emulator.settle()
    assert printable(kube) == "Running"


# ---------------------------------------------------------------------- live changes


def running_vm(kube: Kube, emulator: Emulator) -> None:
    make_vm(kube, emulator)
    start(kube, emulator)


def patch_template(kube: Kube, emulator: Emulator, spec: Json) -> None:
    assert kube.patch(vm_path("vm1"), {"spec": {"template": {"spec": spec}}}).status == 200
    emulator.settle()


def test_more_sockets_and_memory_reach_the_guest_live(kube: Kube, emulator: Emulator, demo: str) -> None:
    running_vm(kube, emulator)
    emulator.hold("migrate")
    patch_template(kube, emulator, {"domain": {"cpu": {"sockets": 3}, "memory": {"guest": "2Gi"}}})
    assert conditions(kube.get(vmi_path("vm1")).json)["HotVCPUChange"] == "True"
    emulator.release()
    emulator.settle()
    vmi = kube.get(vmi_path("vm1")).json
    assert vmi["status"]["currentCPUTopology"]["sockets"] == 3
    assert vmi["status"]["memory"]["guestCurrent"] == "2Gi"
    assert not {"HotVCPUChange", "HotMemoryChange"} & set(conditions(vmi))
    assert "RestartRequired" not in conditions(kube.get(vm_path("vm1")).json)


@pytest.mark.parametrize(
    "change",
    [
        {"domain": {"cpu": {"sockets": 40}}},
        {"domain": {"cpu": {"cores": 2}}},
        {"domain": {"memory": {"guest": "512Mi"}}},
        {"domain": {"firmware": {"serial": "x"}}},
        {"domain": {"devices": {"interfaces": [{"name": "nic0", "masquerade": {}, "model": "e1000e"}]}}},
    ],
)
def test_cold_changes_require_a_restart(kube: Kube, emulator: Emulator, demo: str, change: Json) -> None:
    running_vm(kube, emulator)
    patch_template(kube, emulator, change)
    vm = kube.get(vm_path("vm1")).json
    assert conditions(vm)["RestartRequired"] == "True"
    assert (vm["status"]["observedGeneration"], vm["status"]["desiredGeneration"]) == (1, 2)
    assert kube.put(sub_path("vm1", "restart")).status == 202
    emulator.settle()
    vm = kube.get(vm_path("vm1")).json
    assert "RestartRequired" not in conditions(vm)
    assert vm["status"]["observedGeneration"] == 2


def test_hot_plugged_disk_becomes_ready_and_leaves(kube: Kube, emulator: Emulator, demo: str) -> None:
    running_vm(kube, emulator)
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data"},
        "spec": {"accessModes": ["ReadWriteMany"], "resources": {"requests": {"storage": "1Gi"}}},
    }
    disk = {"name": "extra", "disk": {"bus": "scsi"}}
    volume = {"name": "extra", "persistentVolumeClaim": {"claimName": "data", "hotpluggable": True}}
    patch_template(kube, emulator, {"domain": {"devices": {"disks": [disk]}}, "volumes": [volume]})
    assert kube.get(vmi_path("vm1")).json["status"]["volumeStatus"][0]["phase"] == "Pending"
    kube.post("/api/v1/namespaces/demo/persistentvolumeclaims", claim)
    emulator.settle()
    assert kube.get(vmi_path("vm1")).json["status"]["volumeStatus"][0]["phase"] == "Ready"
    patch_template(kube, emulator, {"domain": {"devices": {"disks": []}}, "volumes": []})
    assert kube.get(vmi_path("vm1")).json["status"]["volumeStatus"] == []
    assert "RestartRequired" not in conditions(kube.get(vm_path("vm1")).json)


def test_add_and_remove_volume_calls(kube: Kube, emulator: Emulator, demo: str) -> None:
    running_vm(kube, emulator)
    options = {
        "name": "extra",
        "disk": {"disk": {"bus": "scsi"}},
        "volumeSource": {"dataVolume": {"name": "d"}},
    }
    assert kube.put(sub_path("vm1", "addvolume"), options).status == 202
    assert kube.put(sub_path("vm1", "addvolume"), options).status == 409
    volumes = kube.get(vm_path("vm1")).json["spec"]["template"]["spec"]["volumes"]
    assert volumes == [{"name": "extra", "dataVolume": {"name": "d", "hotpluggable": True}}]
    assert kube.put(sub_path("vm1", "removevolume"), {"name": "extra"}).status == 202


def test_expand_spec_writes_types_out(kube: Kube, emulator: Emulator, demo: str) -> None:
    body = vm_manifest(instancetype={"name": "u1.small"})
    del (
        body["spec"]["template"]["spec"]["domain"]["cpu"],
        body["spec"]["template"]["spec"]["domain"]["memory"],
    )
    kube.post(vm_path(), body)
    expanded = kube.get(sub_path("vm1", "expand-spec")).json
    assert "instancetype" not in expanded["spec"]
    assert expanded["spec"]["template"]["spec"]["domain"]["memory"]["guest"] == "2Gi"


def test_guest_information_and_screenshot(kube: Kube, emulator: Emulator, demo: str) -> None:
    running_vm(kube, emulator)
    assert kube.get(sub_path("vm1", "guestosinfo", vmi=True)).json["hostname"] == "vm1"
    assert kube.get(sub_path("vm1", "vnc/screenshot", vmi=True)).data.startswith(b"\x89PNG")
    assert kube.get(sub_path("vm1", "vnc", vmi=True)).status == 400
