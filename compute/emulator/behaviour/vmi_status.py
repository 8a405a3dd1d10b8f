"""VirtualMachineInstance.status: what each stage of a guest's life adds to it.

Source: kubevirt api/core/v1 VirtualMachineInstanceStatus; virt-handler's conditions (Ready, LiveMigratable,
StorageLiveMigratable, AgentConnected, Paused).
"""

import json

from compute.emulator.behaviour import addresses, guests, launcher
from compute.emulator.behaviour.addresses import AddressBook, network_status
from compute.emulator.behaviour.conditions import with_condition, without_condition
from compute.emulator.behaviour.engine import Context
from compute.emulator.behaviour.feed import Cache
from compute.emulator.behaviour.kinds import CLAIM, DATA_VOLUME, POD
from compute.emulator.behaviour.liveupdate import is_hotpluggable
from compute.emulator.values import Json, annotations_of, dig, is_true, meta, planted

BOOTS = "emulator.ssvirt.io/boots"
_NOT_RUNNING = ("GuestNotRunning", "Guest VM is not reported as running")


def initial_conditions() -> list[Json]:
    """The conditions of a VMI that was just made."""
    return with_condition([], "Ready", "False", *_NOT_RUNNING)


def boots(vmi: Json) -> str:
    """How often the guest was reset or rebooted inside this VMI; each time its agent comes back."""
    return annotations_of(vmi).get(BOOTS, "0")


def booted(cache: Cache, vmi: Json) -> Json:
    """The VMI whose guest is running, its agent not answering yet."""
    conditions = dig(vmi, "status", "conditions", default=[])
    conditions = with_condition(conditions, "Ready", "True")
    is_movable, reason, message = _migratability(cache, vmi)
    conditions = with_condition(
        conditions, "LiveMigratable", "True" if is_movable else "False", reason, message
    )
    conditions = with_condition(conditions, "StorageLiveMigratable", "True")
    if dig(vmi, "spec", "startStrategy") == "Paused":
        conditions = with_condition(conditions, "Paused", "True", "PausedByUser", "VMI was paused by user")
    cpu = dig(vmi, "spec", "domain", "cpu", default={})
    memory = dig(vmi, "spec", "domain", "memory", "guest")
    status = {
        **vmi["status"],
        "conditions": conditions,
        "currentCPUTopology": {key: cpu.get(key, 1) for key in ("sockets", "cores", "threads")},
        "guestOSInfo": {},
        "machine": {"type": dig(vmi, "spec", "domain", "machine", "type", default="q35")},
        "memory": {"guestAtBoot": memory, "guestCurrent": memory, "guestRequested": memory},
        "migrationMethod": "BlockMigration" if not is_movable else "LiveMigration",
        "migrationTransport": "Unix",
        "qosClass": "Burstable",
        "runtimeUser": 107,
        "selinuxContext": "system_u:object_r:container_file_t:s0",
        "virtualMachineRevisionName": dig(vmi, "status", "virtualMachineRevisionName", default=""),
        "volumeStatus": _volume_statuses(cache, vmi),
    }
    vmi = {**vmi, "status": status}
    return planted(vmi, ("status", "interfaces"), _interfaces(cache, vmi))


def ended(vmi: Json) -> Json:
    """The VMI whose guest has stopped."""
    conditions = dig(vmi, "status", "conditions", default=[])
    conditions = with_condition(conditions, "Ready", "False", *_NOT_RUNNING)
    conditions = without_condition(conditions, "AgentConnected", "Paused", "HotVCPUChange", "HotMemoryChange")
    return planted(vmi, ("status", "conditions"), conditions)


def with_agent(cache: Cache, vmi: Json) -> Json:
    """The VMI whose guest agent answers."""
    conditions = with_condition(dig(vmi, "status", "conditions", default=[]), "AgentConnected", "True")
    vmi = planted(vmi, ("status", "conditions"), conditions)
    vmi = planted(vmi, ("status", "guestOSInfo"), guests.os_info(cache, vmi))
    return planted(vmi, ("status", "interfaces"), _interfaces(cache, vmi))


def rebooted(vmi: Json) -> Json:
    """The VMI right after its guest was reset: the agent is gone until the guest is up again."""
    conditions = without_condition(dig(vmi, "status", "conditions", default=[]), "AgentConnected")
    vmi = planted(vmi, ("status", "conditions"), conditions)
    vmi = planted(vmi, ("status", "guestOSInfo"), {})
    return planted(vmi, ("metadata", "annotations", BOOTS), str(int(boots(vmi)) + 1))


def _migratability(cache: Cache, vmi: Json) -> tuple[bool, str, str]:
    """(movable, reason, message): every disk shared, and an interface binding that can move."""
    namespace = meta(vmi)["namespace"]
    for volume in dig(vmi, "spec", "volumes", default=[]):
        name = dig(volume, "dataVolume", "name") or dig(volume, "persistentVolumeClaim", "claimName")
        claim = cache.get(CLAIM, namespace, name) if name else None
        if claim is not None and "ReadWriteMany" not in dig(claim, "spec", "accessModes", default=[]):
            why = (
                f"cannot migrate VMI: PVC {name} is not shared, live migration requires that all PVCs must be "
                "shared (using ReadWriteMany access mode)"
            )
            return False, "DisksNotLiveMigratable", why
    networks = {n["name"]: n for n in dig(vmi, "spec", "networks", default=[])}
    for interface in dig(vmi, "spec", "domain", "devices", "interfaces", default=[]):
        if "pod" in networks.get(interface["name"], {}) and "bridge" in interface:
            return (
                False,
                "InterfaceNotLiveMigratable",
                "cannot migrate VMI which does not use masquerade, bridge with "
                "kubevirt.io/allow-pod-bridge-network-live-migration VM annotation or a migratable plugin to "
                "connect to the pod network",
            )
    return True, "", ""


# ---------------------------------------------------------------------- interfaces


def _pod_entries(cache: Cache, vmi: Json) -> dict[str, Json]:
    pod = launcher.active_pod(cache, vmi)
    return {} if pod is None else {entry["interface"]: entry for entry in network_status(pod)}


def _interfaces(cache: Cache, vmi: Json) -> list[Json]:
    """status.interfaces: what multus knows, and what the agent adds to it."""
    entries, has_agent = _pod_entries(cache, vmi), is_true(vmi, "AgentConnected")
    inside = addresses.cloud_init_addresses(cache, vmi)
    found = []
    for index, interface in enumerate(dig(vmi, "spec", "domain", "devices", "interfaces", default=[])):
        name, entry = interface["name"], entries.get(interface["name"])
        if entry is None:
            continue
        mac = addresses.mac_address(vmi, interface)
        is_down = interface.get("state") == "down"
        assigned = [text.partition("/")[0] for text in entry["ips"]]
        configured = inside.get(mac, inside.get(name, inside.get(f"eth{index}", [])))
        static = [text.partition("/")[0] for text in configured]
        # The network's own address counts for the primary interface; elsewhere the guest knows best.
        guest_ips = assigned if entry.get("default") and assigned else static or ([] if is_down else assigned)
        ips = guest_ips if has_agent else assigned if entry.get("default") else []
        status: Json = {
            "name": name,
            "mac": mac,
            "queueCount": 1,
            "podInterfaceName": f"pod{index}",
            "linkState": "down" if is_down else "up",
        }
        status["infoSource"] = "domain, guest-agent, multus-status" if has_agent else "domain, multus-status"
        if has_agent:
            status["interfaceName"] = f"eth{index}"
        if ips:
            status |= {"ipAddress": ips[0], "ipAddresses": ips}
        found.append(status)
    return found


def with_live_interfaces(ctx: Context, book: AddressBook, vmi: Json) -> Json:
    """The VMI with interfaces that were added, set up or down, or marked absent while it runs."""
    pod = launcher.active_pod(ctx.cache, vmi)
    wanted = dig(vmi, "spec", "domain", "devices", "interfaces", default=[])
    known = {entry["interface"] for entry in network_status(pod)} if pod is not None else set()
    asked = {nic["name"] for nic in wanted if nic.get("state") != "absent"}
    if pod is not None and known != asked:
        _note_networks(ctx, book, vmi, pod)
    absent = {nic["name"] for nic in wanted if nic.get("state") == "absent"}
    if absent:
        left = [nic for nic in wanted if nic["name"] not in absent]
        networks = [n for n in dig(vmi, "spec", "networks", default=[]) if n["name"] not in absent]
        vmi = planted(
            planted(vmi, ("spec", "domain", "devices", "interfaces"), left), ("spec", "networks"), networks
        )
    return planted(vmi, ("status", "interfaces"), _interfaces(ctx.cache, vmi))


def _note_networks(ctx: Context, book: AddressBook, vmi: Json, pod: Json) -> None:
    """Attach and detach pod networks, as multus' dynamic controller does."""
    try:
        entries = launcher.network_entries(ctx, book, vmi)
    except (launcher.NotPossible, addresses.NoAddress):
        return
    ctx.client.merge(POD, pod, {"metadata": {"annotations": {addresses.NETWORK_STATUS: json.dumps(entries)}}})


# ---------------------------------------------------------------------- volumes


def _volume_statuses(cache: Cache, vmi: Json) -> list[Json]:
    return [_volume_status(cache, vmi, volume, index) for index, volume in enumerate(_disks(vmi))]


def _disks(vmi: Json) -> list[Json]:
    return list(dig(vmi, "spec", "volumes", default=[]))


def _volume_status(cache: Cache, vmi: Json, volume: Json, index: int) -> Json:
    """One entry of status.volumeStatus."""
    disks = {disk["name"]: disk for disk in dig(vmi, "spec", "domain", "devices", "disks", default=[])}
    disk = disks.get(volume["name"], {})
    bus = (
        next((dig(disk, kind, "bus") for kind in ("disk", "cdrom", "lun") if kind in disk), None) or "virtio"
    )
    target = ("vd" if bus == "virtio" else "sd") + chr(ord("a") + index % 26)
    status: Json = {"name": volume["name"], "target": target}
    name = dig(volume, "dataVolume", "name") or dig(volume, "persistentVolumeClaim", "claimName")
    claim = cache.get(CLAIM, meta(vmi)["namespace"], name) if name else None
    if claim is not None:
        status["persistentVolumeClaimInfo"] = {
            "claimName": name,
            "accessModes": dig(claim, "spec", "accessModes", default=[]),
            "capacity": dig(claim, "status", "capacity", default={}),
            "requests": dig(claim, "spec", "resources", "requests", default={}),
            "volumeMode": dig(claim, "spec", "volumeMode", default="Filesystem"),
        }
    if name and is_hotpluggable(volume):
        status |= _attachment(cache, vmi, name, claim)
    return status


def _attachment(cache: Cache, vmi: Json, claim_name: str, claim: Json | None) -> Json:
    """How far a hot-plugged volume has come: Pending until its claim is filled, then Ready."""
    filler = cache.get(DATA_VOLUME, meta(vmi)["namespace"], claim_name)
    is_filled = filler is None or dig(filler, "status", "phase") == "Succeeded"
    if claim is None or dig(claim, "status", "phase") != "Bound" or not is_filled:
        return {
            "hotplugVolume": {},
            "phase": "Pending",
            "reason": "PVCNotReady",
            "message": "PVC is in phase Pending",
        }
    pod = {"attachPodName": f"hp-volume-{claim_name}"[:253], "attachPodUID": meta(claim)["uid"]}
    message = f"Successfully attach hotplugged volume {claim_name} to VM"
    return {"hotplugVolume": pod, "phase": "Ready", "reason": "VolumeReady", "message": message}


def has_pending_hotplug(vmi: Json) -> bool:
    """Whether a hot-plugged volume is not attached yet."""
    return any(
        "hotplugVolume" in v and v.get("phase") != "Ready"
        for v in dig(vmi, "status", "volumeStatus", default=[])
    )


def with_hotplug(ctx: Context, vmi: Json) -> Json:
    """The VMI with volumeStatus for the volumes it has at present."""
    return planted(vmi, ("status", "volumeStatus"), _volume_statuses(ctx.cache, vmi))


def with_applied_resize(vmi: Json) -> Json:
    """The VMI after the automatic migration that brings more CPU or memory into the guest."""
    cpu = dig(vmi, "spec", "domain", "cpu", default={})
    guest = dig(vmi, "spec", "domain", "memory", "guest")
    vmi = planted(
        vmi,
        ("status", "currentCPUTopology"),
        {key: cpu.get(key, 1) for key in ("sockets", "cores", "threads")},
    )
    vmi = planted(vmi, ("status", "memory", "guestCurrent"), guest)
    vmi = planted(vmi, ("status", "memory", "guestRequested"), guest)
    conditions = without_condition(
        dig(vmi, "status", "conditions", default=[]), "HotVCPUChange", "HotMemoryChange"
    )
    return planted(vmi, ("status", "conditions"), conditions)
