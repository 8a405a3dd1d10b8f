"""ResourceQuota: refuses what would exceed it, and keeps status.used exact inside the same transaction.

A real cluster adds to status.used at admission too and takes away later, when its controller counts again; here both
happen at once.
Source: kubernetes pkg/quota/v1, plugin resourcequota/controller.go checkRequest (the text of the refusal).
"""

from decimal import Decimal

from compute.emulator.api.errors import forbidden
from compute.emulator.quantities import format_quantity, parse_quantity
from compute.emulator.registry import Resource
from compute.emulator.store import Key, Store, Transaction
from compute.emulator.values import Json, dig

QUOTAS = "resourcequotas"
_CLAIMS = "persistentvolumeclaims"
_PODS = "pods"
_PER_CLASS = ".storageclass.storage.k8s.io/"
# Kinds with a plain name of their own besides count/NAME.
_PLAIN = {_CLAIMS, _PODS, "services", "secrets", "configmaps", QUOTAS}

Usage = dict[str, Decimal]


def usage_of(resource: Resource, obj: Json | None) -> Usage:
    """What one object counts for, by quota resource name; nothing for None."""
    if obj is None:
        return {}
    one = Decimal(1)
    used: Usage = {f"count/{resource.id}": one}
    if resource.id in _PLAIN and resource.id != _PODS:
        used[resource.id] = one
    if resource.id == _CLAIMS:
        used |= _claim_usage(obj)
    if resource.id == _PODS and dig(obj, "status", "phase") not in {"Succeeded", "Failed"}:
        used |= {_PODS: one, **_pod_usage(obj)}
    return used


def _claim_usage(claim: Json) -> Usage:
    size = parse_quantity(dig(claim, "spec", "resources", "requests", "storage", default="0"))
    used = {"requests.storage": size}
    if storage_class := dig(claim, "spec", "storageClassName"):
        used[f"{storage_class}{_PER_CLASS}requests.storage"] = size
        used[f"{storage_class}{_PER_CLASS}{_CLAIMS}"] = Decimal(1)
    return used


def _pod_usage(pod: Json) -> Usage:
    used: Usage = {}
    for container in dig(pod, "spec", "containers", default=[]):
        for kind in ("requests", "limits"):
            for name, amount in dig(container, "resources", kind, default={}).items():
                for quota_name in (f"{kind}.{name}", name) if kind == "requests" else (f"limits.{name}",):
                    used[quota_name] = used.get(quota_name, Decimal(0)) + parse_quantity(amount)
    return used


def charge(
    store: Store, txn: Transaction, resource: Resource, before: Json | None, after: Json | None, name: str
) -> None:
    """Account for an object's change in every quota of its namespace.

    Raises 403 when a quota would be exceeded by more than it was before. Call it inside the transaction that
    makes the change.
    """
    present = after if after is not None else before
    namespace = dig(present, "metadata", "namespace", default="")
    if not namespace or not store.count(QUOTAS, namespace):
        return
    old, new = usage_of(resource, before), usage_of(resource, after)
    delta = {key: new.get(key, Decimal(0)) - old.get(key, Decimal(0)) for key in {**old, **new}}
    delta = {key: amount for key, amount in delta.items() if amount}
    for stored in store.select(QUOTAS, namespace) if delta else []:
        current = txn.get(stored.key)
        if current is not None:
            _charge_one(txn, resource, current.key, current.obj, delta, name)


def _charge_one(txn: Transaction, resource: Resource, key: Key, quota: Json, delta: Usage, name: str) -> None:
    hard: Json = dig(quota, "spec", "hard", default={})
    used: Json = dig(quota, "status", "used", default={})
    touched = {item: amount for item, amount in delta.items() if item in hard}
    if not touched:
        return
    totals = {item: parse_quantity(used.get(item, "0")) + amount for item, amount in touched.items()}
    over = sorted(item for item in touched if touched[item] > 0 and totals[item] > parse_quantity(hard[item]))
    if over:
        requested = ",".join(f"{item}={format_quantity(touched[item], str(hard[item]))}" for item in over)
        in_use = ",".join(f"{item}={used.get(item, '0')}" for item in over)
        limited = ",".join(f"{item}={hard[item]}" for item in over)
        raise forbidden(
            resource,
            name,
            f"exceeded quota: {key.name}, requested: {requested}, used: {in_use}, limited: {limited}",
        )
    renewed = {
        item: format_quantity(max(total, Decimal(0)), str(hard[item])) for item, total in totals.items()
    }
    status = {**(quota.get("status") or {}), "hard": hard, "used": {**used, **renewed}}
    txn.put(key, {**quota, "status": status})


def counted_status(store: Store, resources: list[Resource], quota: Json) -> Json:
    """The status of a quota counted from what its namespace holds; for a quota that is new or was changed."""
    namespace = quota["metadata"]["namespace"]
    hard: Json = dig(quota, "spec", "hard", default={})
    totals = dict.fromkeys(hard, Decimal(0))
    for resource in resources:
        if not resource.namespaced or resource.id == QUOTAS:
            continue
        for stored in store.select(resource.id, namespace):
            for item, amount in usage_of(resource, stored.obj).items():
                if item in totals:
                    totals[item] += amount
    used = {item: format_quantity(total, str(hard[item])) for item, total in totals.items()}
    return {**(quota.get("status") or {}), "hard": hard, "used": used}
