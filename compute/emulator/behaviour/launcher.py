"""The virt-launcher pod of a VMI: its manifest, and the networks noted on it.

Source: kubevirt pkg/virt-controller/services/template.go; multus' network-status annotation.
"""

import hashlib
import json

from compute.emulator.behaviour import addresses
from compute.emulator.behaviour.addresses import AddressBook, Network, network_of
from compute.emulator.behaviour.engine import Context
from compute.emulator.behaviour.feed import Cache
from compute.emulator.behaviour.kinds import NAD, NAMESPACE, POD, RESOURCE_QUOTA, VMI, owner_reference
from compute.emulator.behaviour.scheduling import demand_of_guest
from compute.emulator.values import Json, dig, labels_of, meta

PRIMARY_LABEL = "k8s.ovn.org/primary-user-defined-network"
CREATED_BY = "kubevirt.io/created-by"


class NotPossible(Exception):
    """The pod cannot be made yet. `reason` goes into the VMI's Synchronized condition."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


def pods_of(cache: Cache, vmi: Json) -> list[Json]:
    """The VMI's virt-launcher pods: one, or two during a migration."""
    return cache.dependents(vmi, POD)


def active_pod(cache: Cache, vmi: Json) -> Json | None:
    """The pod the guest runs in; None when it is gone. A migration's target becomes it at the end."""
    pods = pods_of(cache, vmi)
    active = dig(vmi, "status", "activePods", default={})
    if not active:
        return pods[0] if pods else None
    return next((pod for pod in pods if meta(pod)["uid"] in active), None)


def attached_networks(cache: Cache, vmi: Json) -> dict[str, Network | None]:
    """KubeVirt network name -> the network; None stands for the cluster's default network.

    Raises NotPossible when the namespace waits for its primary network, or an attachment is missing.
    """
    namespace = meta(vmi)["namespace"]
    found: dict[str, Network | None] = {}
    primary = addresses.primary_network(cache, namespace)
    labels = labels_of(cache.get(NAMESPACE, "", namespace) or {})
    if PRIMARY_LABEL in labels and primary is None:
        why = (
            f"failed to create pod network sandbox: namespace {namespace} requires a primary user defined network "
            "but has none"
        )
        raise NotPossible("FailedCreatePodSandBox", why)
    for network in dig(vmi, "spec", "networks", default=[]):
        multus = dig(network, "multus", "networkName")
        if multus is None:
            found[network["name"]] = primary
            continue
        space, _, name = multus.rpartition("/")
        attachment = cache.get(NAD, space or namespace, name)
        if attachment is None:
            raise NotPossible(
                "FailedCreate", f"failed to locate network attachment definition {space or namespace}/{name}"
            )
        found[network["name"]] = network_of(attachment)
    return found


def network_entries(ctx: Context, book: AddressBook, vmi: Json) -> list[Json]:
    """The network-status entries of the pod, one per interface, addresses allocated.

    Raises NotPossible and NoAddress.
    """
    networks = attached_networks(ctx.cache, vmi)
    entries = []
    for index, interface in enumerate(dig(vmi, "spec", "domain", "devices", "interfaces", default=[])):
        if interface["name"] not in networks or interface.get("state") == "absent":
            continue
        network = networks[interface["name"]]
        ips = _ips(ctx, book, vmi, interface["name"], network)
        entry = {
            "name": "ovn-kubernetes" if network is None else f"{network.namespace}/{network.attachment}",
            "network": "default" if network is None else network.name,
            "interface": interface["name"],
            "mac": addresses.mac_address(vmi, interface),
            "ips": ips,
            "dns": {},
        }
        if index == 0:
            entry["default"] = True
        entries.append(entry)
    return entries


def _ips(ctx: Context, book: AddressBook, vmi: Json, interface: str, network: Network | None) -> list[str]:
    if network is None:
        return [addresses.pod_network_address(vmi)]
    return book.allocate(ctx, vmi, interface, network)


def manifest(vmi: Json, entries: list[Json], *, with_limits: bool, made_for: str = "") -> Json:
    """The pod, not yet placed on a node. `made_for` is the uid of the migration whose target it is.

    The name is derived, not random: a pod that a quota refuses must be refused in the same words every time, or its
    VMI's condition would never come to rest.
    """
    suffix = hashlib.sha256(f"{meta(vmi)['uid']}{made_for}".encode()).hexdigest()[:5]
    requests = demand_of_guest(vmi).as_requests()
    resources: Json = {"requests": requests, **({"limits": requests} if with_limits else {})}
    name = meta(vmi)["name"]
    metadata = {
        "labels": {
            "kubevirt.io": "virt-launcher",
            CREATED_BY: meta(vmi)["uid"],
            "vm.kubevirt.io/name": name,
            "kubevirt.io/vm": name,
        },
        "annotations": {"kubevirt.io/domain": name, addresses.NETWORK_STATUS: json.dumps(entries)},
        "ownerReferences": [owner_reference(VMI, vmi)],
    }
    spec = {
        "containers": [{"name": "compute", "image": "virt-launcher", "resources": resources}],
        "restartPolicy": "Never",
        "terminationGracePeriodSeconds": dig(vmi, "spec", "terminationGracePeriodSeconds", default=30) + 30,
        "nodeSelector": {"kubevirt.io/schedulable": "true", **dig(vmi, "spec", "nodeSelector", default={})},
    }
    return POD.new(
        meta(vmi)["namespace"], f"virt-launcher-{name[:200]}-{suffix}", metadata=metadata, spec=spec
    )


def limits_are_asked(ctx: Context, namespace: str) -> bool:
    """Whether a quota of the namespace counts limits, so that pods must state some (AutoResourceLimits)."""
    for quota in ctx.cache.list(RESOURCE_QUOTA, namespace):
        if any(key.startswith("limits.") for key in dig(quota, "spec", "hard", default={})):
            return True
    return False
