"""Objects of a cluster as observations: the documented states, and any garbage."""

from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compute import observe
from compute.observe import Power

VM_ID = UUID("5d307ca9-b3ef-428c-8861-06e72d69f223")
META = {
    "uid": "u1",
    "namespace": "n",
    "name": "vm-1",
    "resourceVersion": "41",
    "generation": 3,
    "labels": {"ssvirt.io/vm-id": str(VM_ID)},
}


def machine(status: dict[str, Any], **meta: Any) -> observe.VmObserved:
    return observe.observe_vm({"metadata": META | meta, "status": status})


@pytest.mark.parametrize(
    ("status", "power"),
    [
        ("Running", Power.ON),
        ("Migrating", Power.ON),
        ("Stopping", Power.ON),
        ("Paused", Power.SUSPENDED),
        ("Stopped", Power.OFF),
        ("ErrorUnschedulable", Power.OFF),
        ("CrashLoopBackOff", Power.OFF),
        ("Starting", None),
        ("Provisioning", None),
        ("WaitingForVolumeBinding", None),
        ("Terminating", None),
        ("Unknown", None),
        ("", None),
    ],
)
def test_power_of_each_status(status: str, power: Power | None) -> None:
    assert observe.power_of(status) == power


def test_power_of_a_machine_paused_past_us_is_on() -> None:
    assert machine({"printableStatus": "Paused"}).power == Power.ON
    marked = machine({"printableStatus": "Paused"}, annotations={"ssvirt.io/suspended": "true"})
    assert marked.power == Power.SUSPENDED


def test_observe_vm_reads_what_tasks_wait_for() -> None:
    observed = machine(
        {
            "created": True,
            "ready": True,
            "printableStatus": "Running",
            "observedGeneration": 2,
            "conditions": [{"type": "RestartRequired", "status": "True"}],
            "stateChangeRequests": [{"action": "Stop", "uid": "x"}],
        },
        annotations={"ssvirt.io/task-id": "t"},
    )
    assert (observed.uid, observed.namespace, observed.name) == ("u1", "n", "vm-1")
    assert (observed.vm_id, observed.resource_version, observed.task_id) == (VM_ID, 41, "t")
    assert observed.is_created
    assert observed.is_ready
    assert observed.restart_required
    assert not observed.is_current
    assert observed.pending_actions == ("Stop",)
    assert observed.failure is None


def test_observe_vm_that_cannot_be_scheduled_says_why() -> None:
    condition = {"type": "PodScheduled", "status": "False", "message": "0/3 nodes are available"}
    observed = machine({"printableStatus": "ErrorUnschedulable", "conditions": [condition]})
    assert observed.failure == "ErrorUnschedulable: 0/3 nodes are available"


def test_observe_vm_with_the_failure_condition_says_why() -> None:
    condition = {"type": "Failure", "status": "True", "message": "exceeded quota: vdc"}
    assert machine({"printableStatus": "Stopped", "conditions": [condition]}).failure == "exceeded quota: vdc"


def test_observe_vmi_reads_addresses_and_guest() -> None:
    observed = observe.observe_vmi(
        {
            "metadata": META,
            "status": {
                "phase": "Running",
                "nodeName": "node-1",
                "conditions": [
                    {"type": "AgentConnected", "status": "True"},
                    {"type": "Ready", "status": "True"},
                ],
                "interfaces": [
                    {
                        "name": "nic0",
                        "mac": "02:00:00:00:00:0A",
                        "ipAddress": "10.0.0.5",
                        "ipAddresses": ["10.0.0.5"],
                    },
                    {"interfaceName": "lo"},
                ],
                "guestOSInfo": {
                    "id": "fedora",
                    "name": "Fedora Linux",
                    "prettyName": "Fedora 43",
                    "versionId": "43",
                },
                "currentCPUTopology": {"sockets": 2, "cores": 2, "threads": 1},
                "memory": {"guestCurrent": "2Gi"},
                "volumeStatus": [
                    {"name": "disk0"},
                    {"name": "cd0", "phase": "Ready", "persistentVolumeClaimInfo": {"claimName": "medium"}},
                    {"name": "disk1", "phase": "Ready"},
                    {"name": "disk2", "phase": "Bound"},
                ],
            },
        }
    )
    assert observed.addresses == (
        ("nic0", "02:00:00:00:00:0a", "10.0.0.5", ("10.0.0.5",)),
        ("", "", "", ()),
    )
    assert observed.ip == "10.0.0.5"
    assert (observed.cpus, observed.memory_mib) == (4, 2048)
    assert (observed.guest_os_id, observed.guest_os_name, observed.guest_os_version) == (
        "fedora",
        "Fedora 43",
        "43",
    )
    assert observed.volumes_ready == ("cd0", "disk0", "disk1")
    assert observed.claims_ready == ("medium",)
    assert observed.agent_connected
    assert observed.is_ready
    assert not observed.is_paused


@pytest.mark.parametrize(
    ("phase", "progress", "percent"),
    [
        ("ImportInProgress", "42.9%", 42),
        ("ImportInProgress", "N/A", None),
        ("Succeeded", "N/A", 100),
        ("", None, None),
    ],
)
def test_observe_data_volume_progress(phase: str, progress: str | None, percent: int | None) -> None:
    status = {"phase": phase, "progress": progress}
    assert observe.observe_data_volume({"metadata": META, "status": status}).progress_percent == percent


def test_observe_data_volume_that_fails_says_why() -> None:
    observed = observe.observe_data_volume(
        {
            "metadata": META,
            "spec": {"storage": {"storageClassName": "gold", "resources": {"requests": {"storage": "10Gi"}}}},
            "status": {
                "phase": "Failed",
                "conditions": [{"type": "Running", "status": "False", "message": "no such image"}],
            },
        }
    )
    assert observed.is_failed
    assert observed.message == "no such image"
    assert (observed.storage_class, observed.size_bytes) == ("gold", 10 * 2**30)


@pytest.mark.parametrize(
    ("condition", "capacity", "failure"),
    [
        (None, 1 << 30, ""),
        ({"type": "FileSystemResizePending", "status": "True"}, 2 << 30, ""),
        ({"type": "ControllerResizeError", "status": "True", "message": "no room"}, 1 << 30, "no room"),
    ],
    ids=["on its way", "grown but for the file system", "failed"],
)
def test_observe_claim_that_is_to_grow(condition: object, capacity: int, failure: str) -> None:
    observed = observe.observe_claim(
        {
            "metadata": {**META, "labels": {"ssvirt.io/disk-id": str(UUID(int=7))}},
            "spec": {"resources": {"requests": {"storage": "2Gi"}}},
            "status": {
                "phase": "Bound",
                "capacity": {"storage": "1Gi"},
                "conditions": [condition] if condition else [],
            },
        }
    )
    assert (observed.disk_id, observed.vm_id, observed.phase) == (UUID(int=7), None, "Bound")
    assert (observed.capacity_bytes, observed.failure) == (capacity, failure)


def test_observe_udn_until_it_is_created() -> None:
    def udn(status: str) -> observe.UdnObserved:
        condition = {"type": "NetworkCreated", "status": status, "message": "overlaps"}
        return observe.observe_udn({"metadata": META, "status": {"conditions": [condition]}})

    assert not udn("False").network_created
    assert udn("False").message == "overlaps"
    assert udn("True").network_created
    assert udn("True").message == ""


def test_observe_namespace() -> None:
    labels = {"ssvirt.io/vdc-id": str(VM_ID), "k8s.ovn.org/primary-user-defined-network": ""}
    meta = {"uid": "u", "name": "n", "resourceVersion": "1", "labels": labels}
    observed = observe.observe_namespace({"metadata": meta, "status": {"phase": "Terminating"}})
    assert (observed.namespace, observed.vdc_id, observed.phase) == ("", VM_ID, "Terminating")
    assert observed.has_primary_udn_label


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1Gi", 2**30),
        ("1500M", 1_500_000_000),
        (1024, 1024),
        ("1.5Ki", 1536),
        ("", None),
        ("x", None),
        (None, None),
    ],
)
def test_quantity_bytes(text: object, value: int | None) -> None:
    assert observe.quantity_bytes(text) == value


FIELDS = [
    *["metadata", "status", "spec", "labels", "annotations", "conditions", "type", "uid", "resourceVersion"],
    *["interfaces", "ipAddresses", "guestOSInfo", "currentCPUTopology", "sockets", "memory", "guestCurrent"],
    *["storage", "resources", "requests", "progress", "volumeStatus", "generation", "ssvirt.io/vm-id"],
]
leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
garbage = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=5),
    max_leaves=30,
)


@given(st.dictionaries(st.sampled_from(FIELDS), garbage, max_size=5))
def test_observation_of_any_shape_is_a_hashable_value(obj: dict[str, Any]) -> None:
    for function in (
        observe.observe_vm,
        observe.observe_vmi,
        observe.observe_data_volume,
        observe.observe_claim,
        observe.observe_namespace,
        observe.observe_udn,
    ):
        hash(function(obj))
