"""Changes of a running VirtualMachine: what reaches the guest at once, and what waits for a restart.

Source: kubevirt pkg/virt-controller/watch/vm/vm.go: addRestartRequiredIfNeeded, handleCPUChangeRequest,
handleMemoryHotplugRequest; pkg/network/vmliveupdate; kubernetes.md 1.5.
"""

from typing import Any

from compute.emulator.behaviour import instancetypes
from compute.emulator.behaviour.conditions import with_condition
from compute.emulator.behaviour.engine import Context
from compute.emulator.behaviour.kinds import CONTROLLER_REVISION, VM, VMI, owner_reference
from compute.emulator.quantities import parse_quantity
from compute.emulator.values import Json, condition, dig, is_true, meta, planted, without

_NOT_LIVE = "a non-live-updatable field was changed in the template spec"


def keep_start_revision(ctx: Context, vm: Json) -> str:
    """Save the spec the VM starts with as a ControllerRevision, drop the ones of earlier starts; its name."""
    namespace = meta(vm)["namespace"]
    prefix = f"revision-start-vm-{meta(vm)['uid']}-"
    name = f"{prefix}{meta(vm).get('generation', 1)}"
    for revision in ctx.cache.dependents(vm, CONTROLLER_REVISION):
        if meta(revision)["name"].startswith(prefix) and meta(revision)["name"] != name:
            ctx.client.delete(CONTROLLER_REVISION, revision)
    manifest = CONTROLLER_REVISION.new(
        namespace,
        name,
        metadata={"ownerReferences": [owner_reference(VM, vm)]},
        data={"spec": vm["spec"]},
        revision=meta(vm).get("generation", 1),
    )
    ctx.client.ensure(CONTROLLER_REVISION, manifest)
    return name


def standing_restart(vm: Json, vmi: Json | None) -> str | None:
    """The message of a RestartRequired condition that still holds: it goes with the VMI it was set for."""
    known = condition(vm, "RestartRequired")
    if vmi is None or known is None or meta(vmi).get("deletionTimestamp"):
        return None
    return str(known.get("message", ""))


def sync(ctx: Context, vm: Json, vmi: Json) -> str | None:
    """Carry live changes over to the VMI; the reason why a restart is required, or None."""
    if meta(vmi).get("deletionTimestamp") or dig(vmi, "status", "phase") not in {
        "Scheduling",
        "Scheduled",
        "Running",
    }:
        return standing_restart(vm, vmi)
    revision = ctx.cache.get(
        CONTROLLER_REVISION,
        meta(vm)["namespace"],
        dig(vmi, "status", "virtualMachineRevisionName", default=""),
    )
    if revision is None:
        return standing_restart(vm, vmi)
    before: Json = dig(revision, "data", "spec", "template", "spec", default={})
    after: Json = dig(vm, "spec", "template", "spec", default={})
    changed = _with_volumes(vmi, after)
    changed = _with_interfaces(changed, after)
    restart = standing_restart(vm, vmi)
    if restart is None and _fixed_part(before) != _fixed_part(after):
        restart = _NOT_LIVE
    if restart is None:
        wanted = instancetypes.expanded(ctx.cache, vm)
        changed, restart = _with_cpu(changed, wanted)
        if restart is None:
            changed, restart = _with_memory(changed, wanted)
    if changed is not vmi and changed != vmi:
        ctx.client.update(VMI, changed)
    return restart


def _by_name(entries: Any) -> dict[str, Json]:
    return {entry["name"]: entry for entry in entries or []}


def is_hotpluggable(volume: Json | None) -> bool:
    """Whether a volume may come and go while the VM runs."""
    return bool(
        dig(volume, "dataVolume", "hotpluggable") or dig(volume, "persistentVolumeClaim", "hotpluggable")
    )


def _is_live_nic(interface: Json, networks: dict[str, Json]) -> bool:
    """Secondary interfaces with bridge or SR-IOV binding come and go live."""
    network = networks.get(interface["name"], {})
    return "multus" in network and (
        "bridge" in interface or "sriov" in interface or interface.get("state") == "absent"
    )


def _fixed_part(spec: Json) -> Json:
    """The template spec without everything that can be changed while the VM runs."""
    volumes, networks = _by_name(spec.get("volumes")), _by_name(spec.get("networks"))
    devices = dig(spec, "domain", "devices", default={})
    disks = [d for d in devices.get("disks") or [] if not is_hotpluggable(volumes.get(d["name"]))]
    # A CD-ROM tray stays when its disc is swapped; the disc itself is a hot-pluggable volume.
    trays = [d["name"] for d in devices.get("disks") or [] if "cdrom" in d]
    disks = [d for d in disks if d["name"] not in trays]
    interfaces = [
        without(nic, ["state"]) for nic in devices.get("interfaces") or [] if not _is_live_nic(nic, networks)
    ]
    fixed_names = {nic["name"] for nic in interfaces}
    fixed = without(spec, ["nodeSelector", "affinity", "tolerations", "volumes", "networks"])
    fixed = planted(fixed, ("domain",), without(fixed.get("domain") or {}, ["cpu", "memory", "devices"]))
    return {
        **fixed,
        "cpu": without(dig(spec, "domain", "cpu", default={}), ["sockets"]),
        "memory": without(dig(spec, "domain", "memory", default={}), ["guest"]),
        "devices": without(devices, ["disks", "interfaces"]) | {"disks": disks, "interfaces": interfaces},
        "volumes": [v for v in volumes.values() if not is_hotpluggable(v)],
        "networks": [n for n in networks.values() if n["name"] in fixed_names],
    }


def _with_volumes(vmi: Json, wanted: Json) -> Json:
    """The VMI with hot-pluggable volumes (and their disks) added, swapped and removed as the template says."""
    present, asked = _by_name(dig(vmi, "spec", "volumes")), _by_name(wanted.get("volumes"))
    kept = {n: v for n, v in present.items() if not is_hotpluggable(v)}
    kept |= {n: v for n, v in asked.items() if is_hotpluggable(v) and (n not in kept)}
    if kept == present:
        return vmi
    disks = _by_name(dig(vmi, "spec", "domain", "devices", "disks"))
    asked_disks = _by_name(dig(wanted, "domain", "devices", "disks"))
    left = {n: d for n, d in disks.items() if not is_hotpluggable(present.get(n)) or n in asked_disks}
    left |= {
        n: asked_disks.get(n, {"name": n, "disk": {"bus": "scsi"}})
        for n, v in kept.items()
        if n not in left and is_hotpluggable(v)
    }
    vmi = planted(vmi, ("spec", "volumes"), list(kept.values()))
    return planted(vmi, ("spec", "domain", "devices", "disks"), list(left.values()))


def _with_interfaces(vmi: Json, wanted: Json) -> Json:
    """The VMI with live interfaces added and marked absent, and every link state as the template says."""
    networks = _by_name(wanted.get("networks"))
    present = _by_name(dig(vmi, "spec", "domain", "devices", "interfaces"))
    asked = _by_name(dig(wanted, "domain", "devices", "interfaces"))
    merged: dict[str, Json] = {}
    for name, nic in present.items():
        desired = asked.get(name)
        state = (
            desired.get("state")
            if desired is not None
            else "absent"
            if _is_secondary(vmi, name)
            else nic.get("state")
        )
        merged[name] = without(nic, ["state"]) | ({"state": state} if state else {})
    for name, nic in asked.items():
        if name not in merged and _is_live_nic(nic, networks) and nic.get("state") != "absent":
            merged[name] = nic
    if merged == present:
        return vmi
    added = [networks[n] for n in merged if n in networks and n not in _by_name(dig(vmi, "spec", "networks"))]
    vmi = planted(vmi, ("spec", "domain", "devices", "interfaces"), list(merged.values()))
    return planted(vmi, ("spec", "networks"), [*dig(vmi, "spec", "networks", default=[]), *added])


def _is_secondary(vmi: Json, name: str) -> bool:
    return "multus" in _by_name(dig(vmi, "spec", "networks")).get(name, {})


def _with_cpu(vmi: Json, wanted: Json) -> tuple[Json, str | None]:
    """The VMI with as many sockets as wanted, or why that takes a restart."""
    now, asked = dig(vmi, "spec", "domain", "cpu", default={}), dig(wanted, "domain", "cpu", default={})
    if now.get("sockets") == asked.get("sockets") or condition(vmi, "HotVCPUChange"):
        return vmi, None
    if asked["sockets"] < now["sockets"]:
        return vmi, "Reduction of CPU socket count requires a restart"
    if asked["sockets"] > now.get("maxSockets", 0):
        return vmi, "CPU sockets updated in template spec to a value higher than what's available"
    if not is_true(vmi, "LiveMigratable"):
        return vmi, "CPU updated in template spec. CPU-hotplug is only available for migratable VMs"
    conditions = with_condition(dig(vmi, "status", "conditions", default=[]), "HotVCPUChange", "True")
    vmi = planted(vmi, ("spec", "domain", "cpu", "sockets"), asked["sockets"])
    return planted(vmi, ("status", "conditions"), conditions), None


def _with_memory(vmi: Json, wanted: Json) -> tuple[Json, str | None]:
    """The VMI with as much memory as wanted, or why that takes a restart."""
    now, asked = dig(vmi, "spec", "domain", "memory", default={}), dig(wanted, "domain", "memory", default={})
    if "guest" not in now or "guest" not in asked or condition(vmi, "HotMemoryChange"):
        return vmi, None
    size = parse_quantity(asked["guest"])
    if size == parse_quantity(now["guest"]):
        return vmi, None
    if not is_true(vmi, "LiveMigratable"):
        return vmi, "memory updated in template spec. Memory-hotplug is only available for migratable VMs"
    if size < parse_quantity(dig(vmi, "status", "memory", "guestAtBoot", default=now["guest"])):
        return vmi, "memory updated in template spec to a value lower than what the VM started with"
    if size > parse_quantity(now.get("maxGuest", "0")):
        return vmi, "memory updated in template spec to a value higher than what's available"
    conditions = with_condition(dig(vmi, "status", "conditions", default=[]), "HotMemoryChange", "True")
    vmi = planted(vmi, ("spec", "domain", "memory", "guest"), asked["guest"])
    vmi = planted(vmi, ("spec", "domain", "resources", "requests", "memory"), asked["guest"])
    return planted(vmi, ("status", "conditions"), conditions), None
