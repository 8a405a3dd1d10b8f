"""What a running machine uses, from the cluster's metrics API."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from compute.cluster.client import ClusterClient
from compute.observe import quantity_bytes
from ssvirt.core.errors import ClusterNotFound

# On the pod that a machine runs in, and hence on its metrics. Source: kubevirt services/template.go.
_LABEL_MACHINE: Final = "vm.kubevirt.io/name"
_CONTAINER: Final = "compute"
_CORES: Final = {"n": 1e-9, "u": 1e-6, "m": 1e-3, "": 1.0}


@dataclass(frozen=True, slots=True)
class MachineUsage:
    """As measured last, some seconds ago; `cpu_cores` 0.5 is half a core's time."""

    cpu_cores: float
    memory_bytes: int


def machine_usage(client: ClusterClient, namespace: str, name: str) -> MachineUsage | None:
    """The usage of a running machine; None where the cluster has no metrics API or has not measured it yet.

    While a machine migrates it has two pods: the busier one counts.
    Raises ClusterUnavailable, ClusterRejected.
    """
    try:
        pods = client.pod_usage(namespace, f"{_LABEL_MACHINE}={name}")
    except ClusterNotFound:
        return None
    containers = [each for pod in pods for each in pod.get("containers") or []]
    measured = [_usage(each.get("usage") or {}) for each in containers if each.get("name") == _CONTAINER]
    return max(filter(None, measured), key=lambda usage: usage.cpu_cores, default=None)


def _usage(usage: Mapping[str, Any]) -> MachineUsage | None:
    text = str(usage.get("cpu") or "")
    digits, memory = text.rstrip("num"), quantity_bytes(usage.get("memory"))
    try:
        cores = float(digits) * _CORES[text[len(digits) :]]
    except (ValueError, KeyError):
        return None
    return None if memory is None else MachineUsage(cpu_cores=cores, memory_bytes=memory)
