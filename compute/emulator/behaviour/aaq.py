"""Application Aware Quota: VM-aware quotas that hold a pod back instead of refusing it.

Keys as in the default calculator (DedicatedVirtualResources): `requests.instances/vmi`, `requests.cpu/vmi`,
`requests.memory/vmi`, each also without `requests.`. A quota of the cluster adds up the namespaces it selects.
Source: kubevirt/application-aware-quota pkg/aaq-controller; kubernetes.md 3.2.
"""

from decimal import Decimal

from compute.emulator.api.selectors import match_labels
from compute.emulator.behaviour.engine import Context, Controller, Name, itself
from compute.emulator.behaviour.feed import Cache
from compute.emulator.behaviour.kinds import CLUSTER_QUOTA, NAMESPACE, POD, VMI, VMI_QUOTA
from compute.emulator.quantities import format_quantity, parse_quantity
from compute.emulator.values import Json, annotations_of, dig, labels_of, meta

_PREFIX = "requests."
Usage = dict[str, Decimal]


def controllers() -> list[Controller]:
    """Status of both kinds of quota."""
    own = {VMI_QUOTA.id: itself, POD.id: _quotas_of_namespace}
    cluster = {CLUSTER_QUOTA.id: itself, POD.id: _all_cluster, NAMESPACE.id: _all_cluster}
    return [
        Controller("aaq-controller", own, reconcile_quota),
        Controller("aaq-cluster-controller", cluster, reconcile_cluster_quota),
    ]


def _quotas_of_namespace(pod: Json, is_gone: bool, cache: Cache) -> list[Name]:
    namespace = meta(pod)["namespace"]
    return [(namespace, meta(quota)["name"]) for quota in cache.list(VMI_QUOTA, namespace)]


def _all_cluster(obj: Json, is_gone: bool, cache: Cache) -> list[Name]:
    return [("", meta(quota)["name"]) for quota in cache.list(CLUSTER_QUOTA)]


def usage_of(vmi: Json) -> Usage:
    """What one guest counts for."""
    cpu = dig(vmi, "spec", "domain", "cpu", default={})
    vcpus = cpu.get("sockets", 1) * cpu.get("cores", 1) * cpu.get("threads", 1)
    memory = parse_quantity(dig(vmi, "spec", "domain", "memory", "guest", default="0"))
    plain = {"instances/vmi": Decimal(1), "cpu/vmi": Decimal(vcpus), "memory/vmi": memory}
    return plain | {f"{_PREFIX}{key}": amount for key, amount in plain.items()}


def _used(cache: Cache, namespace: str) -> Usage:
    """What the placed guests of a namespace count for; a migration's second pod counts as no second guest."""
    total: Usage = {}
    seen = set()
    for pod in cache.list(POD, namespace):
        name = annotations_of(pod).get("kubevirt.io/domain")
        if not name or name in seen or not dig(pod, "spec", "nodeName"):
            continue
        seen.add(name)
        vmi = cache.get(VMI, namespace, name)
        for key, amount in usage_of(vmi).items() if vmi is not None else ():
            total[key] = total.get(key, Decimal(0)) + amount
    return total


def _selects(quota: Json, namespace: Json) -> bool:
    selector = dig(quota, "spec", "selector", default={})
    labels, wanted = selector.get("labels"), selector.get("annotations") or {}
    if labels is None and not wanted:
        return False
    present = annotations_of(namespace)
    return (
        labels is None or match_labels(labels, labels_of(namespace))
    ) and wanted.items() <= present.items()


def holding_quota(cache: Cache, vmi: Json) -> str:
    """Why the guest has to wait for room in a quota, "" when it has not."""
    namespace = meta(vmi)["namespace"]
    asked = usage_of(vmi)
    own = cache.list(VMI_QUOTA, namespace)
    if own:
        used = _used(cache, namespace)
        for quota in own:
            if _is_exceeded(dig(quota, "spec", "hard", default={}), used, asked):
                return f"quota {meta(quota)['name']} exceeded"
    space = cache.get(NAMESPACE, "", namespace) or {}
    for quota in cache.list(CLUSTER_QUOTA):
        if _selects(quota, space):
            total = _sum([_used(cache, name) for name in _selected(cache, quota)])
            if _is_exceeded(dig(quota, "spec", "quota", "hard", default={}), total, asked):
                return f"cluster quota {meta(quota)['name']} exceeded"
    return ""


def _is_exceeded(hard: Json, used: Usage, asked: Usage) -> bool:
    none = Decimal(0)
    return any(
        key in asked and used.get(key, none) + asked[key] > parse_quantity(limit)
        for key, limit in hard.items()
    )


def _selected(cache: Cache, quota: Json) -> list[str]:
    return [meta(space)["name"] for space in cache.list(NAMESPACE) if _selects(quota, space)]


def _sum(usages: list[Usage]) -> Usage:
    total: Usage = {}
    for usage in usages:
        for key, amount in usage.items():
            total[key] = total.get(key, Decimal(0)) + amount
    return total


def _status(hard: Json, used: Usage) -> Json:
    counted = {key: format_quantity(used.get(key, Decimal(0)), str(limit)) for key, limit in hard.items()}
    return {"hard": hard, "used": counted}


def reconcile_quota(ctx: Context, namespace: str, name: str) -> None:
    """status.hard and status.used of one ApplicationAwareResourceQuota."""
    quota = ctx.cache.get(VMI_QUOTA, namespace, name)
    if quota is not None:
        hard = dig(quota, "spec", "hard", default={})
        ctx.client.update_status(VMI_QUOTA, quota, _status(hard, _used(ctx.cache, namespace)))


def reconcile_cluster_quota(ctx: Context, namespace: str, name: str) -> None:
    """status of one ApplicationAwareClusterResourceQuota, by namespace and in total."""
    quota = ctx.cache.get(CLUSTER_QUOTA, "", name)
    if quota is None:
        return
    hard = dig(quota, "spec", "quota", "hard", default={})
    usages = {space: _used(ctx.cache, space) for space in _selected(ctx.cache, quota)}
    listed = [{"namespace": space, "status": _status(hard, used)} for space, used in sorted(usages.items())]
    status = {"namespaces": listed, "total": _status(hard, _sum(list(usages.values())))}
    ctx.client.update_status(CLUSTER_QUOTA, quota, status)
