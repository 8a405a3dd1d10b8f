"""Addresses of network interfaces: static ones, those the network hands out, and those cloud-init sets.

Source: kubernetes.md 3.1; OVN-Kubernetes' subnet allocator (lowest free address; .1 is the gateway, .2 the management
port); ipam-extensions (annotation network.kubevirt.io/addresses, IPAMClaim `{vm}.{network}`); netplan v2.
"""

import base64
import binascii
import contextlib
import dataclasses
import functools
import hashlib
import ipaddress
import json
from collections.abc import Callable
from typing import Any

import yaml

from compute.emulator.behaviour.engine import Context, Controller, Name
from compute.emulator.behaviour.feed import Cache
from compute.emulator.behaviour.kinds import IPAM_CLAIM, NAD, POD, SECRET, VM, VMI, owner_reference
from compute.emulator.values import Json, annotations_of, dig, meta

STATIC = "network.kubevirt.io/addresses"
NETWORK_STATUS = "k8s.v1.cni.cncf.io/network-status"
_POD_NETWORK = ipaddress.ip_network("10.128.0.0/14")


class NoAddress(Exception):
    """The interface cannot have its address: taken, out of range, or none left."""


@dataclasses.dataclass(frozen=True, slots=True)
class Network:
    """What an interface is attached to. `subnets` is empty where nobody hands out addresses."""

    name: str
    namespace: str
    attachment: str
    is_primary: bool
    subnets: tuple[str, ...] = ()
    reserved: tuple[str, ...] = ()
    persistent: bool = False


def network_of(attachment: Json) -> Network:
    """The network a NetworkAttachmentDefinition describes."""
    config: Json = json.loads(dig(attachment, "spec", "config", default="{}"))
    subnets = tuple(
        s.partition("/")[0] + "/" + s.split("/")[1]
        for s in str(config.get("subnets", "")).split(",")
        if "/" in s
    )
    reserved = ",".join(
        str(config.get(key, "")) for key in ("excludeSubnets", "reservedSubnets", "infrastructureSubnets")
    )
    return Network(
        name=str(config.get("name") or meta(attachment)["name"]),
        namespace=meta(attachment)["namespace"],
        attachment=meta(attachment)["name"],
        is_primary=config.get("role") == "primary",
        subnets=subnets,
        reserved=tuple(text for text in reserved.split(",") if text),
        persistent=bool(config.get("allowPersistentIPs")),
    )


def primary_network(cache: Cache, namespace: str) -> Network | None:
    """The primary user-defined network of a namespace, None when it has none."""
    for attachment in cache.list(NAD, namespace):
        if meta(attachment).get("deletionTimestamp"):
            continue
        network = network_of(attachment)
        if network.is_primary:
            return network
    return None


def mac_address(vmi: Json, interface: Json) -> str:
    """The interface's MAC address; a stable one of our making where the spec names none."""
    if interface.get("macAddress"):
        return str(interface["macAddress"]).lower()
    digest = hashlib.sha256(f"{meta(vmi)['uid']}/{interface['name']}".encode()).digest()
    return ":".join(["02", *(f"{byte:02x}" for byte in digest[:5])])


def static_addresses(vmi: Json) -> dict[str, list[str]]:
    """KubeVirt network name -> addresses (`10.0.0.5/24`) asked for by annotation."""
    with contextlib.suppress(ValueError, TypeError):
        parsed = json.loads(annotations_of(vmi).get(STATIC, "{}"))
        return {str(name): [str(text) for text in listed] for name, listed in parsed.items()}
    return {}


def network_status(pod: Json) -> list[Json]:
    """What the pod's annotation says about its networks."""
    return list(_parsed_status(annotations_of(pod).get(NETWORK_STATUS, "[]")))


@functools.lru_cache(maxsize=16_384)
def _parsed_status(text: str) -> tuple[Json, ...]:
    # Every allocation reads the status of all pods of the namespace: parse each text once.
    return tuple(json.loads(text))


def _bare(address: str) -> str:
    return address.partition("/")[0]


class AddressBook:
    """Who holds which address, kept in step with pods and IPAMClaims; hands addresses out.

    An address belongs to `namespace/vm.interface`: the claim of a VM and the pod that uses it are one holder.
    """

    def __init__(self) -> None:
        self._noted: dict[Name, list[tuple[str, str, str]]] = {}
        self._holders: dict[str, dict[str, list[str]]] = {}

    def controller(self) -> Controller:
        """Keeps the book; place it before the controllers that ask for addresses."""
        wakes = {POD.id: _pod_page, IPAM_CLAIM.id: _claim_page}
        return Controller("ovnkube-ipam", wakes, self._look)

    def _look(self, ctx: Context, namespace: str, page: str) -> None:
        kind, _, name = page.partition("|")
        if kind == "pod":
            self._note((namespace, page), _held_by_pod(ctx.cache.get(POD, namespace, name)))
        else:
            self._note((namespace, page), _held_by_claim(ctx.cache.get(IPAM_CLAIM, namespace, name)))

    def _note(self, page: Name, entries: list[tuple[str, str, str]]) -> None:
        """Replace what one pod or claim holds: (network, address, holder)."""
        for network, address, holder in self._noted.pop(page, []):
            holders = self._holders[network][address]
            holders.remove(holder)
            if not holders:
                del self._holders[network][address]
        for network, address, holder in entries:
            self._holders.setdefault(network, {}).setdefault(address, []).append(holder)
        if entries:
            self._noted[page] = entries

    def allocate(self, ctx: Context, vmi: Json, interface: str, network: Network) -> list[str]:
        """The addresses (with prefix length) of one interface; [] where nobody hands them out. Raises NoAddress."""
        wanted = static_addresses(vmi).get(interface, []) if network.is_primary else []
        if not network.subnets:
            return wanted
        claim_name = f"{meta(vmi)['name']}.{interface}"
        claim = ctx.cache.get(IPAM_CLAIM, meta(vmi)["namespace"], claim_name)
        kept: list[str] = dig(claim, "status", "ips", default=[])
        if kept and (not wanted or {_bare(a) for a in wanted} == {_bare(a) for a in kept}):
            return list(kept)
        mine = f"{meta(vmi)['namespace']}/{claim_name}"
        holders = self._holders.get(network.name, {})

        def is_taken(address: str) -> bool:
            return any(holder != mine for holder in holders.get(address, ()))

        if wanted:
            chosen = [_checked(text, network, is_taken) for text in wanted]
        else:
            chosen = [_lowest_free(subnet, network, is_taken) for subnet in network.subnets]
        if network.persistent:
            claim = _keep_claim(ctx, vmi, claim_name, network, interface, chosen, claim)
            self._note((meta(vmi)["namespace"], f"claim|{claim_name}"), _held_by_claim(claim))
        return chosen

    def note_pod(self, pod: Json) -> None:
        """Count a pod that was made in this very pass."""
        self._note((meta(pod)["namespace"], f"pod|{meta(pod)['name']}"), _held_by_pod(pod))


def _pod_page(pod: Json, is_gone: bool, cache: Cache) -> list[Name]:
    return [(meta(pod)["namespace"], f"pod|{meta(pod)['name']}")]


def _claim_page(claim: Json, is_gone: bool, cache: Cache) -> list[Name]:
    return [(meta(claim)["namespace"], f"claim|{meta(claim)['name']}")]


def _held_by_pod(pod: Json | None) -> list[tuple[str, str, str]]:
    if pod is None:
        return []
    owner = f"{meta(pod)['namespace']}/{annotations_of(pod).get('kubevirt.io/domain', '')}"
    return [
        (entry.get("network", ""), _bare(ip), f"{owner}.{entry.get('interface')}")
        for entry in network_status(pod)
        for ip in entry.get("ips", [])
    ]


def _held_by_claim(claim: Json | None) -> list[tuple[str, str, str]]:
    if claim is None:
        return []
    holder = f"{meta(claim)['namespace']}/{meta(claim)['name']}"
    return [
        (dig(claim, "spec", "network", default=""), _bare(ip), holder)
        for ip in dig(claim, "status", "ips", default=[])
    ]


def _checked(text: str, network: Network, is_taken: Callable[[str], bool]) -> str:
    try:
        address = ipaddress.ip_address(_bare(text))
    except ValueError as error:
        raise NoAddress(f"invalid IP address {text!r}") from error
    for subnet in map(_subnet, network.subnets):
        if address in subnet:
            if is_taken(str(address)):
                raise NoAddress(f"provided IP is already allocated: {address}")
            return f"{address}/{subnet.prefixlen}"
    raise NoAddress(f"provided IP {address} is not in the subnets of network {network.name}")


def _subnet(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    return ipaddress.ip_network(text, strict=False)


def _lowest_free(text: str, network: Network, is_taken: Callable[[str], bool]) -> str:
    """The first host after gateway and management port that is neither reserved nor taken."""
    subnet = _subnet(text)
    reserved = [_subnet(entry) for entry in network.reserved]
    last = int(subnet.broadcast_address) - (1 if subnet.version == 4 else 0)
    number = int(subnet.network_address) + 3
    while number <= last:
        address: Any = type(subnet.network_address)(number)
        blocked = next((r for r in reserved if r.version == subnet.version and address in r), None)
        if blocked is not None:
            number = int(blocked.broadcast_address) + 1
            continue
        if not is_taken(str(address)):
            return f"{address}/{subnet.prefixlen}"
        number += 1
    raise NoAddress(f"subnet address pool exhausted: {text}")


def _keep_claim(
    ctx: Context,
    vmi: Json,
    name: str,
    network: Network,
    interface: str,
    addresses: list[str],
    claim: Json | None,
) -> Json:
    """Note the addresses in the VM's IPAMClaim, so that they outlive this VMI."""
    if claim is None:
        vm = ctx.cache.get(VM, meta(vmi)["namespace"], meta(vmi)["name"])
        owner = owner_reference(VM, vm) if vm is not None else owner_reference(VMI, vmi)
        metadata = {"ownerReferences": [owner], "labels": {"kubevirt.io/vm": meta(vmi)["name"]}}
        spec = {"network": network.name, "interface": interface}
        claim = ctx.client.create(
            IPAM_CLAIM, IPAM_CLAIM.new(meta(vmi)["namespace"], name, metadata=metadata, spec=spec)
        )
    return ctx.client.update_status(
        IPAM_CLAIM, claim, {"ips": addresses, "ownerPod": {"name": f"virt-launcher-{meta(vmi)['name']}"}}
    )


def pod_network_address(vmi: Json) -> str:
    """An address on the cluster's default network, derived from the uid."""
    number = int(hashlib.sha256(meta(vmi)["uid"].encode()).hexdigest()[:8], 16) % (
        _POD_NETWORK.num_addresses - 2000
    )
    return str(_POD_NETWORK[1000 + number])


def cloud_init_addresses(cache: Cache, vmi: Json) -> dict[str, list[str]]:
    """MAC address (small letters) or device id -> static addresses that the VMI's cloud-init data sets."""
    found: dict[str, list[str]] = {}
    for text in _network_data(cache, vmi):
        try:
            parsed: Any = yaml.safe_load(text)
        except yaml.YAMLError:
            continue
        config: Any = parsed.get("network", parsed) if isinstance(parsed, dict) else {}
        ethernets = config.get("ethernets") if isinstance(config, dict) else None
        for ident, device in (ethernets or {}).items():
            addresses = [
                a if isinstance(a, str) else next(iter(a)) for a in (device or {}).get("addresses") or []
            ]
            mac = dig(device, "match", "macaddress")
            found[str(mac).lower() if mac else str(ident)] = addresses
    return found


def _network_data(cache: Cache, vmi: Json) -> list[str]:
    texts = []
    for source in cloud_init_sources(vmi):
        if source.get("networkData"):
            texts.append(str(source["networkData"]))
        elif source.get("networkDataBase64"):
            texts.append(_decoded(source["networkDataBase64"]))
        elif name := dig(source, "networkDataSecretRef", "name"):
            data = decoded_secret(cache.get(SECRET, meta(vmi)["namespace"], name))
            texts.append(data.get("networkdata") or data.get("networkData") or "")
    return texts


def cloud_init_sources(vmi: Json) -> list[Json]:
    """The cloud-init volumes of a VMI."""
    volumes = dig(vmi, "spec", "volumes", default=[])
    return [v[kind] for v in volumes for kind in ("cloudInitNoCloud", "cloudInitConfigDrive") if v.get(kind)]


def decoded_secret(secret: Json | None) -> dict[str, str]:
    """The data of a secret as texts; values that are no text are left out."""
    return {key: text for key, value in dig(secret, "data", default={}).items() if (text := _decoded(value))}


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
