"""Which node a virt-launcher pod goes to: the one with most memory free that fits.

Source: kubernetes scheduler (requests against allocatable); KubeVirt's cpuAllocationRatio of 10 and its overhead.
"""

import dataclasses
from decimal import Decimal

from compute.emulator.behaviour.engine import Context, Controller, itself
from compute.emulator.behaviour.feed import Cache
from compute.emulator.behaviour.kinds import NODE, POD
from compute.emulator.quantities import format_quantity, parse_quantity
from compute.emulator.values import Json, dig, is_true, meta

_CPU_ALLOCATION_RATIO = 10
_OVERHEAD_BYTES = Decimal(230 * 1024**2)


@dataclasses.dataclass(frozen=True, slots=True)
class Demand:
    """What a pod asks of its node: cores and bytes."""

    cpu: Decimal
    memory: Decimal

    def as_requests(self) -> Json:
        """The container's resources.requests."""
        return {"cpu": format_quantity(self.cpu), "memory": format_quantity(self.memory, "Mi")}


def demand_of_guest(vmi: Json) -> Demand:
    """The virt-launcher pod's requests for a VMI."""
    cpu = dig(vmi, "spec", "domain", "cpu", default={})
    vcpus = cpu.get("sockets", 1) * cpu.get("cores", 1) * cpu.get("threads", 1)
    share = Decimal(vcpus) if cpu.get("dedicatedCpuPlacement") else Decimal(vcpus) / _CPU_ALLOCATION_RATIO
    requested = dig(vmi, "spec", "domain", "resources", "requests", "cpu")
    memory = parse_quantity(dig(vmi, "spec", "domain", "memory", "guest", default="1Gi"))
    return Demand(parse_quantity(requested) if requested else share, memory + _OVERHEAD_BYTES)


def _demand_of_pod(pod: Json) -> Demand:
    requests = [
        dig(c, "resources", "requests", default={}) for c in dig(pod, "spec", "containers", default=[])
    ]
    return Demand(
        sum((parse_quantity(r.get("cpu", "0")) for r in requests), Decimal(0)),
        sum((parse_quantity(r.get("memory", "0")) for r in requests), Decimal(0)),
    )


class Scheduler:
    """Keeps what the pods use of each node, so that placing one pod does not look at all the others."""

    def __init__(self) -> None:
        self._placed: dict[tuple[str, str], tuple[str, Demand]] = {}
        self._used: dict[str, Demand] = {}

    def controller(self) -> Controller:
        """Keeps count of the pods; place it before the controllers that ask for a node."""
        return Controller("kube-scheduler", {POD.id: itself}, self._count)

    def _count(self, ctx: Context, namespace: str, name: str) -> None:
        pod = ctx.cache.get(POD, namespace, name)
        node = dig(pod, "spec", "nodeName", default="")
        if pod is None or not node or dig(pod, "status", "phase") in {"Succeeded", "Failed"}:
            self._forget((namespace, name))
        else:
            self._note((namespace, name), node, _demand_of_pod(pod))

    def _note(self, key: tuple[str, str], node: str, demand: Demand) -> None:
        self._forget(key)
        self._placed[key] = (node, demand)
        used = self._used.get(node, Demand(Decimal(0), Decimal(0)))
        self._used[node] = Demand(used.cpu + demand.cpu, used.memory + demand.memory)

    def _forget(self, key: tuple[str, str]) -> None:
        if (placed := self._placed.pop(key, None)) is not None:
            node, demand = placed
            used = self._used[node]
            self._used[node] = Demand(used.cpu - demand.cpu, used.memory - demand.memory)

    def choose(self, cache: Cache, pod: Json, *, other_than: str = "") -> tuple[str, str]:
        """(node, "") or ("", why no node takes the pod). Notes the choice at once."""
        demand = _demand_of_pod(pod)
        selector = dig(pod, "spec", "nodeSelector", default={})
        fitting: list[tuple[Decimal, str]] = []
        reasons: dict[str, int] = {}
        nodes = cache.list(NODE)
        for node in nodes:
            why, free = self._verdict(node, demand, selector)
            if why:
                reasons[why] = reasons.get(why, 0) + 1
            elif meta(node)["name"] != other_than:
                fitting.append((free, meta(node)["name"]))
        if not fitting:
            listed = ", ".join(f"{count} {why}" for why, count in sorted(reasons.items()))
            return "", f"0/{len(nodes)} nodes are available: {listed or 'no other node'}."
        chosen = max(fitting)[1]
        self._note((meta(pod)["namespace"], meta(pod)["name"]), chosen, demand)
        return chosen, ""

    def _verdict(self, node: Json, demand: Demand, selector: Json) -> tuple[str, Decimal]:
        """(why the node cannot take it, memory left if it does)."""
        labels = meta(node).get("labels") or {}
        if dig(node, "spec", "unschedulable") or not is_true(node, "Ready"):
            return "node(s) were unschedulable", Decimal(0)
        if any(labels.get(key) != value for key, value in selector.items()):
            return "node(s) didn't match Pod's node affinity/selector", Decimal(0)
        used = self._used.get(meta(node)["name"], Demand(Decimal(0), Decimal(0)))
        allocatable = dig(node, "status", "allocatable", default={})
        free_cpu = parse_quantity(allocatable.get("cpu", "0")) - used.cpu - demand.cpu
        free_memory = parse_quantity(allocatable.get("memory", "0")) - used.memory - demand.memory
        if free_cpu < 0:
            return "Insufficient cpu", Decimal(0)
        return ("Insufficient memory", Decimal(0)) if free_memory < 0 else ("", free_memory)
