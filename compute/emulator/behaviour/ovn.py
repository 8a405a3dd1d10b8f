"""User-defined networks: their NetworkAttachmentDefinitions, their conditions, and their protection while in use.

Source: ovn-kubernetes go-controller/pkg/clustermanager/userdefinednetwork (controller.go, template/).
"""

import json

from compute.emulator.api.selectors import match_labels
from compute.emulator.behaviour.addresses import network_status
from compute.emulator.behaviour.conditions import with_condition
from compute.emulator.behaviour.engine import Context, Controller, Name, itself
from compute.emulator.behaviour.feed import Cache
from compute.emulator.behaviour.kinds import CLUSTER_UDN, NAD, NAMESPACE, POD, UDN, Kind, owner_reference
from compute.emulator.behaviour.launcher import PRIMARY_LABEL
from compute.emulator.values import Json, dig, labels_of, meta

FINALIZER = "k8s.ovn.org/user-defined-network-protection"
_CONDITION = "NetworkCreated"


def controllers() -> list[Controller]:
    """One for each of the two kinds."""
    own = {
        UDN.id: itself,
        NAD.id: _network_of_attachment,
        POD.id: _networks_of_namespace,
        NAMESPACE.id: _networks_of_namespace,
    }
    cluster = {
        CLUSTER_UDN.id: itself,
        NAD.id: _cluster_network_of_attachment,
        POD.id: _all_deleted,
        NAMESPACE.id: _all_cluster,
    }
    return [
        Controller("ovnkube-udn", own, reconcile_network),
        Controller("ovnkube-cudn", cluster, reconcile_cluster_network),
    ]


def _network_of_attachment(obj: Json, is_gone: bool, cache: Cache) -> list[Name]:
    return _owners(obj, UDN)


def _cluster_network_of_attachment(obj: Json, is_gone: bool, cache: Cache) -> list[Name]:
    return [("", name) for _, name in _owners(obj, CLUSTER_UDN)]


def _owners(obj: Json, kind: Kind) -> list[Name]:
    references = meta(obj).get("ownerReferences") or []
    return [(meta(obj).get("namespace", ""), r["name"]) for r in references if r.get("kind") == kind.kind]


def _networks_of_namespace(obj: Json, is_gone: bool, cache: Cache) -> list[Name]:
    """A pod that went may have been the last user; a namespace may have got its label."""
    if obj.get("kind") == "Pod" and not is_gone:
        return []
    namespace = meta(obj).get("namespace") or meta(obj)["name"]
    return [(namespace, meta(network)["name"]) for network in cache.list(UDN, namespace)]


def _all_cluster(obj: Json, is_gone: bool, cache: Cache) -> list[Name]:
    return [("", meta(network)["name"]) for network in cache.list(CLUSTER_UDN)]


def _all_deleted(obj: Json, is_gone: bool, cache: Cache) -> list[Name]:
    return [
        ("", meta(n)["name"]) for n in cache.list(CLUSTER_UDN) if is_gone and meta(n).get("deletionTimestamp")
    ]


def reconcile_network(ctx: Context, namespace: str, name: str) -> None:
    """A UserDefinedNetwork: one attachment of its name in its namespace."""
    network = ctx.cache.get(UDN, namespace, name)
    if network is None:
        return
    if meta(network).get("deletionTimestamp"):
        _release(ctx, UDN, network, [namespace])
        return
    if _is_unprotected(ctx, UDN, network):
        return
    spec = dig(network, "spec", default={})
    config = attachment_config(spec, namespace=namespace, name=name, network_name=f"{namespace}_{name}")
    if why := _objection(ctx.cache, network, namespace, config):
        _report(ctx, UDN, network, "False", "SyncError", why)
        return
    if why := _attach(ctx, UDN, network, namespace, config):
        _report(ctx, UDN, network, "False", "NetworkAttachmentDefinitionSyncError", why)
        return
    _report(
        ctx,
        UDN,
        network,
        "True",
        "NetworkAttachmentDefinitionCreated",
        "NetworkAttachmentDefinition has been created",
    )


def reconcile_cluster_network(ctx: Context, namespace: str, name: str) -> None:
    """A ClusterUserDefinedNetwork: one attachment in each namespace that its selector chooses."""
    network = ctx.cache.get(CLUSTER_UDN, "", name)
    if network is None:
        return
    present = {meta(a)["namespace"] for a in ctx.cache.dependents(network, NAD)}
    if meta(network).get("deletionTimestamp"):
        _release(ctx, CLUSTER_UDN, network, sorted(present))
        return
    if _is_unprotected(ctx, CLUSTER_UDN, network):
        return
    selector = dig(network, "spec", "namespaceSelector")
    chosen = {
        meta(space)["name"]
        for space in ctx.cache.list(NAMESPACE)
        if match_labels(selector, labels_of(space)) and not meta(space).get("deletionTimestamp")
    }
    problems = []
    for space in sorted(chosen):
        config = attachment_config(
            dig(network, "spec", "network", default={}),
            namespace=space,
            name=name,
            network_name=f"cluster_udn_{name}",
        )
        problem = _objection(ctx.cache, network, space, config) or _attach(
            ctx, CLUSTER_UDN, network, space, config
        )
        if problem:
            problems.append(problem)
    for space in sorted(present - chosen):
        _detach(ctx, network, space)
    if problems:
        _report(
            ctx, CLUSTER_UDN, network, "False", "NetworkAttachmentDefinitionSyncError", "; ".join(problems)
        )
        return
    listed = ", ".join(sorted(chosen))
    why = f"NetworkAttachmentDefinition has been created in following namespaces: [{listed}]"
    _report(ctx, CLUSTER_UDN, network, "True", "NetworkAttachmentDefinitionCreated", why)


def attachment_config(spec: Json, *, namespace: str, name: str, network_name: str) -> Json:
    """The CNI configuration in a NetworkAttachmentDefinition."""
    topology = spec.get("topology", "Layer2")
    detail: Json = (
        spec.get({"Layer2": "layer2", "Layer3": "layer3", "Localnet": "localnet"}.get(topology, "layer2"))
        or {}
    )
    config: Json = {
        "cniVersion": "1.0.0",
        "type": "ovn-k8s-cni-overlay",
        "name": network_name,
        "netAttachDefName": f"{namespace}/{name}",
        "topology": topology.lower(),
        "role": str(detail.get("role", "Secondary")).lower(),
    }
    subnets = detail.get("subnets") or []
    if topology == "Layer3":
        subnets = [f"{s['cidr']}/{s['hostSubnet']}" if s.get("hostSubnet") else s["cidr"] for s in subnets]
    if subnets:
        config["subnets"] = ",".join(subnets)
    for key, option in (
        ("excludeSubnets", "excludeSubnets"),
        ("reservedSubnets", "reservedSubnets"),
        ("infrastructureSubnets", "infrastructureSubnets"),
    ):
        if detail.get(key):
            config[option] = ",".join(detail[key])
    if detail.get("joinSubnets"):
        config["joinSubnet"] = ",".join(detail["joinSubnets"])
    if detail.get("defaultGatewayIPs"):
        config["defaultGatewayIPs"] = ",".join(detail["defaultGatewayIPs"])
    if detail.get("mtu"):
        config["mtu"] = detail["mtu"]
    if dig(detail, "ipam", "lifecycle") == "Persistent":
        config["allowPersistentIPs"] = True
    if topology == "Localnet":
        config["physicalNetworkName"] = detail.get("physicalNetworkName", "")
        if vlan := dig(detail, "vlan", "access", "id"):
            config["vlanID"] = vlan
    return config


def _objection(cache: Cache, network: Json, namespace: str, config: Json) -> str:
    """Why a primary network cannot be in this namespace, "" when it can."""
    if config["role"] != "primary":
        return ""
    if PRIMARY_LABEL not in labels_of(cache.get(NAMESPACE, "", namespace) or {}):
        state = f'invalid primary network state for namespace "{namespace}"'
        return f'{state}: the required namespace label "{PRIMARY_LABEL}" is missing'
    for other in cache.list(NAD, namespace):
        owners = {reference["uid"] for reference in meta(other).get("ownerReferences") or []}
        if meta(network)["uid"] in owners:
            continue
        if json.loads(dig(other, "spec", "config", default="{}")).get("role") == "primary":
            return f'primary network already exist in namespace "{namespace}": "{meta(other)["name"]}"'
    return ""


def _attach(ctx: Context, kind: Kind, network: Json, namespace: str, config: Json) -> str:
    """Make or update the attachment; why that failed, or ""."""
    name = meta(network)["name"]
    text = json.dumps(config, separators=(",", ":"))
    existing = ctx.cache.get(NAD, namespace, name)
    if existing is None:
        metadata = {
            "labels": {"k8s.ovn.org/user-defined-network": ""},
            "finalizers": [FINALIZER],
            "ownerReferences": [owner_reference(kind, network)],
        }
        ctx.client.create(NAD, NAD.new(namespace, name, metadata=metadata, spec={"config": text}))
        return ""
    owners = {reference["uid"] for reference in meta(existing).get("ownerReferences") or []}
    if meta(network)["uid"] not in owners:
        return f"foreign NetworkAttachmentDefinition with the desired name already exist [{namespace}/{name}]"
    if dig(existing, "spec", "config") != text:
        ctx.client.merge(NAD, existing, {"spec": {"config": text}})
    return ""


def _is_unprotected(ctx: Context, kind: Kind, network: Json) -> bool:
    """Put the finalizer on; True when that was still to do (the change wakes the controller again)."""
    finalizers = meta(network).get("finalizers") or []
    if FINALIZER in finalizers:
        return False
    ctx.client.merge(kind, network, {"metadata": {"finalizers": [*finalizers, FINALIZER]}})
    return True


def _users(cache: Cache, attachment: Json) -> list[str]:
    """The pods on the attachment's network."""
    name = json.loads(dig(attachment, "spec", "config", default="{}")).get("name")
    namespace = meta(attachment)["namespace"]
    pods = cache.list(POD, namespace)
    return [
        f"{namespace}/{meta(p)['name']}"
        for p in pods
        if any(e.get("network") == name for e in network_status(p))
    ]


def _detach(ctx: Context, network: Json, namespace: str) -> str:
    """Delete the attachment in a namespace; why that has to wait, or ""."""
    attachment = ctx.cache.get(NAD, namespace, meta(network)["name"])
    if attachment is None:
        return ""
    if users := _users(ctx.cache, attachment):
        name = f"{namespace}/{meta(attachment)['name']}"
        listed = ", ".join(users)
        return (
            f"failed to delete NetworkAttachmentDefinition [{name}]: "
            f"network in use by the following pods: [{listed}]"
        )
    if not meta(attachment).get("deletionTimestamp"):
        ctx.client.delete(NAD, attachment)
        attachment = ctx.cache.get(NAD, namespace, meta(network)["name"])
    if attachment is not None and FINALIZER in (meta(attachment).get("finalizers") or []):
        left = [f for f in meta(attachment)["finalizers"] if f != FINALIZER]
        ctx.client.merge(NAD, attachment, {"metadata": {"finalizers": left}})
    return ""


def _release(ctx: Context, kind: Kind, network: Json, namespaces: list[str]) -> None:
    """Let a deleted network go once no pod uses it."""
    problems = [problem for space in namespaces if (problem := _detach(ctx, network, space))]
    if problems:
        _report(ctx, kind, network, "False", "NetworkAttachmentDefinitionSyncError", "; ".join(problems))
        return
    finalizers = meta(network).get("finalizers") or []
    if FINALIZER in finalizers:
        ctx.client.merge(
            kind, network, {"metadata": {"finalizers": [f for f in finalizers if f != FINALIZER]}}
        )


def _report(ctx: Context, kind: Kind, network: Json, status: str, reason: str, message: str) -> None:
    conditions = with_condition(
        dig(network, "status", "conditions", default=[]), _CONDITION, status, reason, message
    )
    ctx.client.update_status(kind, network, {**(network.get("status") or {}), "conditions": conditions})
