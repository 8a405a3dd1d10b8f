"""Instance types and preferences: what a VirtualMachine refers to, written out into its spec.

Source: kubevirt pkg/instancetype/{apply,find,revision}.
"""

import hashlib

from compute.emulator.behaviour.engine import Context
from compute.emulator.behaviour.feed import Cache
from compute.emulator.behaviour.kinds import (
    CLUSTER_INSTANCETYPE,
    CLUSTER_PREFERENCE,
    CONTROLLER_REVISION,
    INSTANCETYPE,
    PREFERENCE,
    VM,
    Kind,
    owner_reference,
)
from compute.emulator.quantities import format_quantity, parse_quantity
from compute.emulator.values import Json, dig, meta, planted

# Source: KubeVirt.spec.configuration.liveUpdateConfiguration.maxHotplugRatio.
MAX_HOTPLUG_RATIO = 4
_KINDS = {
    "instancetype": (CLUSTER_INSTANCETYPE, INSTANCETYPE),
    "preference": (CLUSTER_PREFERENCE, PREFERENCE),
}


class MissingReference(Exception):
    """A VirtualMachine names an instance type or preference that is not there."""


def referenced_kind(field: str, matcher: Json) -> Kind:
    """The kind a matcher means; the cluster-wide one when it names none."""
    cluster, namespaced = _KINDS[field]
    return namespaced if str(matcher.get("kind", "")).lower() == namespaced.kind.lower() else cluster


def find(cache: Cache, vm: Json, field: str) -> Json | None:
    """The object that `spec.instancetype` or `spec.preference` names, None when the VM names none.

    A VM keeps to the ControllerRevision noted in its status, so later edits of the type don't reach it.
    Raises MissingReference.
    """
    matcher = dig(vm, "spec", field)
    if not matcher or not matcher.get("name"):
        return None
    namespace = meta(vm)["namespace"]
    noted = dig(vm, "status", f"{field}Ref", default={})
    if noted.get("name") == matcher["name"] and (revision := dig(noted, "controllerRevisionRef", "name")):
        kept = cache.get(CONTROLLER_REVISION, namespace, revision)
        if kept is not None:
            data: Json = kept["data"]
            return data
    kind = referenced_kind(field, matcher)
    found = cache.get(kind, namespace, matcher["name"])
    if found is None:
        raise MissingReference(f'{kind.plural}.{kind.group} "{matcher["name"]}" not found')
    return found


def remember(ctx: Context, vm: Json, status: Json) -> Json:
    """The status with instancetypeRef and preferenceRef, a ControllerRevision kept for each."""
    for field in _KINDS:
        matcher = dig(vm, "spec", field)
        name = f"{field}Ref"
        if not matcher or not matcher.get("name"):
            status = {key: value for key, value in status.items() if key != name}
            continue
        kind = referenced_kind(field, matcher)
        noted = status.get(name) or {}
        if noted.get("name") == matcher["name"] and noted.get("kind") == kind.kind:
            continue
        found = find(ctx.cache, vm, field)
        if found is None:
            continue
        revision = _keep_revision(ctx, vm, found)
        status = {
            **status,
            name: {"name": matcher["name"], "kind": kind.kind, "controllerRevisionRef": {"name": revision}},
        }
    return status


def _keep_revision(ctx: Context, vm: Json, found: Json) -> str:
    uid, generation = meta(found)["uid"], meta(found).get("generation", 1)
    digest = hashlib.sha256(uid.encode()).hexdigest()[:8]
    name = f"{meta(vm)['name']}-{meta(found)['name']}-{digest}-{generation}"[:253]
    data = {key: found[key] for key in ("apiVersion", "kind", "metadata", "spec") if key in found}
    data["metadata"] = {key: meta(found)[key] for key in ("name", "uid", "generation") if key in meta(found)}
    manifest = CONTROLLER_REVISION.new(
        meta(vm)["namespace"],
        name,
        metadata={"ownerReferences": [owner_reference(VM, vm)]},
        data=data,
        revision=0,
    )
    ctx.client.ensure(CONTROLLER_REVISION, manifest)
    return name


def expanded(cache: Cache, vm: Json) -> Json:
    """The VM's `template.spec` with instance type, preference and KubeVirt's defaults written out.

    Raises MissingReference.
    """
    spec: Json = dig(vm, "spec", "template", "spec", default={})
    instancetype, preference = find(cache, vm, "instancetype"), find(cache, vm, "preference")
    if instancetype is not None:
        guest = int(dig(instancetype, "spec", "cpu", "guest", default=1))
        cpu = _topology(guest, dig(preference, "spec", "cpu", "preferredCPUTopology", default=""))
        if maximum := dig(instancetype, "spec", "cpu", "maxSockets"):
            cpu["maxSockets"] = maximum
        memory = {
            k: v
            for k, v in dig(instancetype, "spec", "memory", default={}).items()
            if k in {"guest", "maxGuest", "hugepages"}
        }
        spec = planted(planted(spec, ("domain", "cpu"), cpu), ("domain", "memory"), memory)
    spec = _with_preferred_devices(spec, preference)
    return _with_defaults(spec, vm)


def _topology(guest: int, preferred: str) -> Json:
    """vCPUs laid out as the preference likes; KubeVirt's default is sockets."""
    match preferred.lower():
        case "prefercores" | "cores":
            return {"sockets": 1, "cores": guest, "threads": 1}
        case "preferthreads" | "threads":
            return {"sockets": 1, "cores": 1, "threads": guest}
        case "preferspread" | "spread" if guest % 2 == 0:
            return {"sockets": guest // 2, "cores": 2, "threads": 1}
    return {"sockets": guest, "cores": 1, "threads": 1}


def _with_preferred_devices(spec: Json, preference: Json | None) -> Json:
    devices = dig(preference, "spec", "devices", default={})
    disk_bus, model = devices.get("preferredDiskBus"), devices.get("preferredInterfaceModel")
    if disk_bus:
        disks = [
            planted(disk, ("disk", "bus"), disk_bus)
            if "disk" in disk and not dig(disk, "disk", "bus")
            else disk
            for disk in dig(spec, "domain", "devices", "disks", default=[])
        ]
        spec = planted(spec, ("domain", "devices", "disks"), disks)
    if model:
        interfaces = [
            {"model": model, **nic} for nic in dig(spec, "domain", "devices", "interfaces", default=[])
        ]
        spec = planted(spec, ("domain", "devices", "interfaces"), interfaces)
    return spec


def _with_defaults(spec: Json, vm: Json) -> Json:
    """What KubeVirt's webhooks fill in on a VirtualMachineInstance."""
    cpu = {"sockets": 1, "cores": 1, "threads": 1, **dig(spec, "domain", "cpu", default={})}
    cpu.setdefault("maxSockets", cpu["sockets"] * MAX_HOTPLUG_RATIO)
    requested = dig(spec, "domain", "resources", "requests", "memory")
    memory = {"guest": requested or "1Gi", **dig(spec, "domain", "memory", default={})}
    memory.setdefault(
        "maxGuest", format_quantity(parse_quantity(memory["guest"]) * MAX_HOTPLUG_RATIO, str(memory["guest"]))
    )
    spec = planted(planted(spec, ("domain", "cpu"), cpu), ("domain", "memory"), memory)
    spec = planted(spec, ("domain", "resources", "requests", "memory"), requested or memory["guest"])
    spec = planted(spec, ("domain", "machine", "type"), dig(spec, "domain", "machine", "type") or "q35")
    if not dig(spec, "domain", "firmware", "uuid"):
        spec = planted(spec, ("domain", "firmware", "uuid"), meta(vm)["uid"])
    if dig(spec, "domain", "devices") is None:
        spec = planted(spec, ("domain", "devices"), {})
    if (
        dig(spec, "networks") is None
        and dig(spec, "domain", "devices", "autoattachPodInterface") is not False
    ):
        spec = planted(spec, ("domain", "devices", "interfaces"), [{"name": "default", "masquerade": {}}])
        spec = {**spec, "networks": [{"name": "default", "pod": {}}]}
    return {"architecture": "amd64", "terminationGracePeriodSeconds": 30, **spec}
