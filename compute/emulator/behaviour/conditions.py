"""Status conditions as KubeVirt, CDI and OVN-Kubernetes write them."""

from compute.emulator.values import Json, timestamp


def with_condition(
    conditions: list[Json], kind: str, status: str, reason: str = "", message: str = ""
) -> list[Json]:
    """The list with one condition set; its lastTransitionTime stays while the status does."""
    entry: Json = {"type": kind, "status": status}
    if reason:
        entry["reason"] = reason
    if message:
        entry["message"] = message
    known = next((c for c in conditions if c["type"] == kind), None)
    if known is not None and known["status"] == status:
        entry["lastTransitionTime"] = known.get("lastTransitionTime") or timestamp()
        return [entry if c["type"] == kind else c for c in conditions]
    entry["lastTransitionTime"] = timestamp()
    return [*(c for c in conditions if c["type"] != kind), entry]


def without_condition(conditions: list[Json], *kinds: str) -> list[Json]:
    """The list without the conditions of these types."""
    return [c for c in conditions if c["type"] not in kinds]
