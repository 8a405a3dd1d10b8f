"""What a fresh emulated cluster holds: namespaces, nodes, storage, instance types, boot sources.

Source: the objects OpenShift Virtualization and common-instancetypes v1.7 install (names, sizes, labels).
"""

from compute.emulator.behaviour.kinds import (
    CDI_CONFIG,
    CLAIM,
    CLUSTER_INSTANCETYPE,
    CLUSTER_PREFERENCE,
    DATA_SOURCE,
    KUBEVIRT,
    MANAGED_CLUSTER,
    NAMESPACE,
    NODE,
    STORAGE_CLASS,
    VOLUME_SNAPSHOT_CLASS,
    Kind,
)
from compute.emulator.values import Json, timestamp

PROVISIONER = "emulator.ssvirt.io"
IMAGES = "openshift-virtualization-os-images"
NAMESPACES = ("default", "kube-system", "kubevirt", "vcd-system", IMAGES)
# name -> (vCPUs, memory). Source: common-instancetypes, U series.
SIZES = {
    "u1.nano": (1, "512Mi"),
    "u1.micro": (1, "1Gi"),
    "u1.small": (1, "2Gi"),
    "u1.medium": (1, "4Gi"),
    "u1.2xmedium": (2, "4Gi"),
    "u1.large": (2, "8Gi"),
    "u1.xlarge": (4, "16Gi"),
    "u1.2xlarge": (8, "32Gi"),
    "u1.4xlarge": (16, "64Gi"),
    "u1.8xlarge": (32, "128Gi"),
}
PREFERENCES = (
    "alpine",
    "centos.stream9",
    "centos.stream10",
    "cirros",
    "debian",
    "fedora",
    "linux",
    "opensuse.leap",
    "rhel.8",
    "rhel.9",
    "rhel.10",
    "sles",
    "ubuntu",
    "windows.10",
    "windows.11",
    "windows.2k19",
    "windows.2k22",
    "windows.2k25",
)
# boot source -> preference
BOOT_SOURCES = {
    "fedora": "fedora",
    "ubuntu": "ubuntu",
    "centos-stream9": "centos.stream9",
    "centos-stream10": "centos.stream10",
    "rhel9": "rhel.9",
}
_CLUSTER_META = {"labels": {"local-cluster": "true", "vendor": "OpenShift", "name": "local-cluster"}}
_NODES = ("node-1", "node-2")


def seed_objects() -> list[tuple[Kind, Json]]:
    """Every object, in the order in which it can be created."""
    return [
        *((NAMESPACE, NAMESPACE.new("", name)) for name in NAMESPACES),
        *((NODE, _node(name, index)) for index, name in enumerate(_NODES)),
        (VOLUME_SNAPSHOT_CLASS, _snapshot_class()),
        (STORAGE_CLASS, _storage_class("gold", is_default=True)),
        (STORAGE_CLASS, _storage_class("silver")),
        (STORAGE_CLASS, _storage_class("bronze-wffc", binding="WaitForFirstConsumer")),
        (KUBEVIRT, _kubevirt()),
        (
            MANAGED_CLUSTER,
            MANAGED_CLUSTER.new("", "local-cluster", metadata=_CLUSTER_META, spec={"hubAcceptsClient": True}),
        ),
        (CDI_CONFIG, CDI_CONFIG.new("", "config", spec={}, status={})),
        *((CLUSTER_INSTANCETYPE, _instancetype(name, *size)) for name, size in SIZES.items()),
        *((CLUSTER_PREFERENCE, _preference(name)) for name in PREFERENCES),
        *((CLAIM, _boot_claim(name)) for name in BOOT_SOURCES),
        *((DATA_SOURCE, _boot_source(name, preference)) for name, preference in BOOT_SOURCES.items()),
    ]


def _node(name: str, index: int) -> Json:
    capacity = {
        "cpu": "256",
        "memory": "4Ti",
        "pods": "20000",
        "ephemeral-storage": "10Ti",
        "devices.kubevirt.io/kvm": "1k",
    }
    at = timestamp()
    condition = {
        "type": "Ready",
        "status": "True",
        "reason": "KubeletReady",
        "message": "kubelet is posting ready status",
        "lastHeartbeatTime": at,
        "lastTransitionTime": at,
    }
    info = {
        "architecture": "amd64",
        "bootID": "",
        "containerRuntimeVersion": "emulated://1",
        "kernelVersion": "6.12.0",
        "kubeProxyVersion": "",
        "kubeletVersion": "v1.33.0",
        "machineID": "",
        "operatingSystem": "linux",
        "osImage": "SSVirt emulator",
        "systemUUID": "",
    }
    labels = {
        "kubernetes.io/hostname": name,
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/os": "linux",
        "node-role.kubernetes.io/worker": "",
        "kubevirt.io/schedulable": "true",
    }
    status = {
        "addresses": [
            {"type": "InternalIP", "address": f"192.0.2.{10 + index}"},
            {"type": "Hostname", "address": name},
        ],
        "allocatable": capacity,
        "capacity": capacity,
        "conditions": [condition],
        "nodeInfo": info,
    }
    return NODE.new("", name, metadata={"labels": labels}, spec={}, status=status)


def _storage_class(name: str, *, is_default: bool = False, binding: str = "Immediate") -> Json:
    annotations = {
        "storageclass.kubernetes.io/is-default-class": "true" if is_default else "false",
        "storageclass.kubevirt.io/is-default-virt-class": "true" if is_default else "false",
    }
    return STORAGE_CLASS.new(
        "",
        name,
        metadata={"annotations": annotations},
        provisioner=PROVISIONER,
        reclaimPolicy="Delete",
        volumeBindingMode=binding,
        allowVolumeExpansion=True,
    )


def _snapshot_class() -> Json:
    return VOLUME_SNAPSHOT_CLASS.new("", "snapshots", driver=PROVISIONER, deletionPolicy="Delete")


def _kubevirt() -> Json:
    spec = {
        "configuration": {
            "vmRolloutStrategy": "LiveUpdate",
            "developerConfiguration": {"featureGates": ["Template"]},
        },
        "workloadUpdateStrategy": {"workloadUpdateMethods": ["LiveMigrate"]},
    }
    return KUBEVIRT.new("kubevirt", "kubevirt", spec=spec)


def kubevirt_status() -> Json:
    """status of the KubeVirt object: deployed, in the version whose behaviour is emulated."""
    at = timestamp()
    conditions = [
        {
            "type": kind,
            "status": status,
            "reason": reason,
            "message": "",
            "lastProbeTime": at,
            "lastTransitionTime": at,
        }
        for kind, status, reason in (
            ("Available", "True", "AllComponentsReady"),
            ("Progressing", "False", "AllComponentsReady"),
            ("Degraded", "False", "AllComponentsReady"),
        )
    ]
    version = "v1.9.0"
    return {
        "phase": "Deployed",
        "conditions": conditions,
        "observedKubeVirtVersion": version,
        "operatorVersion": version,
        "targetKubeVirtVersion": version,
    }


def managed_cluster_status() -> Json:
    """status of the one managed cluster: this one, joined and available."""
    at = timestamp()
    conditions = [
        {"type": kind, "status": "True", "reason": reason, "message": message, "lastTransitionTime": at}
        for kind, reason, message in (
            ("HubAcceptedManagedCluster", "HubClusterAdminAccepted", "Accepted by hub cluster admin"),
            ("ManagedClusterJoined", "ManagedClusterJoined", "Managed cluster joined"),
            ("ManagedClusterConditionAvailable", "ManagedClusterAvailable", "Managed cluster is available"),
        )
    ]
    capacity = {
        "cpu": str(256 * len(_NODES)),
        "memory": f"{4 * len(_NODES)}Ti",
        "pods": str(20000 * len(_NODES)),
    }
    return {
        "allocatable": capacity,
        "capacity": capacity,
        "clusterClaims": [{"name": "id.k8s.io", "value": "local-cluster"}],
        "conditions": conditions,
        "version": {"kubernetes": "v1.33.0"},
    }


def _instancetype(name: str, vcpus: int, memory: str) -> Json:
    series, size = name.split(".")
    labels = {
        "instancetype.kubevirt.io/class": "general.purpose",
        "instancetype.kubevirt.io/cpu": str(vcpus),
        "instancetype.kubevirt.io/memory": memory,
        "instancetype.kubevirt.io/size": size,
        "instancetype.kubevirt.io/vendor": "kubevirt.io",
        "instancetype.kubevirt.io/version": series.removeprefix("u"),
    }
    annotations = {"instancetype.kubevirt.io/displayName": "General Purpose"}
    spec = {"cpu": {"guest": vcpus}, "memory": {"guest": memory}}
    return CLUSTER_INSTANCETYPE.new(
        "", name, metadata={"labels": labels, "annotations": annotations}, spec=spec
    )


def _preference(name: str) -> Json:
    is_windows = name.startswith("windows")
    labels = {
        "instancetype.kubevirt.io/os-type": "windows" if is_windows else "linux",
        "instancetype.kubevirt.io/vendor": "kubevirt.io",
    }
    annotations = {"openshift.io/display-name": name}
    devices = {
        "preferredDiskBus": "sata" if is_windows else "virtio",
        "preferredInterfaceModel": "e1000e" if is_windows else "virtio",
    }
    spec = {
        "devices": devices,
        "requirements": {"cpu": {"guest": 1}, "memory": {"guest": "2Gi" if is_windows else "512Mi"}},
    }
    return CLUSTER_PREFERENCE.new(
        "", name, metadata={"labels": labels, "annotations": annotations}, spec=spec
    )


def _boot_claim(name: str) -> Json:
    spec = {
        "accessModes": ["ReadWriteMany"],
        "volumeMode": "Block",
        "resources": {"requests": {"storage": "30Gi"}},
        "storageClassName": "gold",
    }
    return CLAIM.new(IMAGES, name, metadata={"labels": {"app": "containerized-data-importer"}}, spec=spec)


def _boot_source(name: str, preference: str) -> Json:
    labels = {
        "instancetype.kubevirt.io/default-instancetype": "u1.medium",
        "instancetype.kubevirt.io/default-preference": preference,
    }
    spec = {"source": {"pvc": {"namespace": IMAGES, "name": name}}}
    return DATA_SOURCE.new(IMAGES, name, metadata={"labels": labels}, spec=spec)
