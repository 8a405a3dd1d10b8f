"""Claims and volumes: what the volume binder, the resizer and the CSI snapshotter do.

Source: kubernetes pkg/controller/volume/persistentvolume; external-resizer; external-snapshotter.
"""

from compute.emulator.behaviour.engine import Context, Controller, Name, itself
from compute.emulator.behaviour.feed import Cache
from compute.emulator.behaviour.kinds import CLAIM, DATA_VOLUME, STORAGE_CLASS, VMI, VOLUME
from compute.emulator.quantities import parse_quantity
from compute.emulator.values import Json, annotations_of, dig, meta

BIND_IMMEDIATELY = "cdi.kubevirt.io/storage.bind.immediate.requested"


def controllers() -> list[Controller]:
    """The binder of claims, and the collector of released volumes."""
    wakes = {
        CLAIM.id: itself,
        VMI.id: _claims_of_vmi,
        DATA_VOLUME.id: itself,
        STORAGE_CLASS.id: _claims_of_class,
    }
    return [
        Controller("persistentvolume-binder", wakes, reconcile_claim),
        Controller(
            "persistentvolume-deleter", {VOLUME.id: itself, CLAIM.id: _volume_of_claim}, reconcile_volume
        ),
    ]


def _claims_of_vmi(vmi: Json, is_gone: bool, cache: Cache) -> list[Name]:
    if dig(vmi, "status", "phase", default="") not in {"", "Pending"}:
        return []
    return [(meta(vmi)["namespace"], name) for name in claims_of(vmi)]


def claims_of(vmi: Json) -> list[str]:
    """The names of the claims a VMI uses."""
    volumes = dig(vmi, "spec", "volumes", default=[])
    names = [dig(v, "dataVolume", "name") or dig(v, "persistentVolumeClaim", "claimName") for v in volumes]
    return [name for name in names if name]


def _claims_of_class(storage_class: Json, is_gone: bool, cache: Cache) -> list[Name]:
    name = meta(storage_class)["name"]
    waiting = [c for c in cache.list(CLAIM) if dig(c, "status", "phase") == "Pending"]
    return [
        (meta(c)["namespace"], meta(c)["name"]) for c in waiting if dig(c, "spec", "storageClassName") == name
    ]


def _volume_of_claim(claim: Json, is_gone: bool, cache: Cache) -> list[Name]:
    name = dig(claim, "spec", "volumeName")
    return [("", name)] if name and is_gone else []


def waits_for_consumer(cache: Cache, claim: Json) -> bool:
    """Whether the claim's class binds only for a consumer, and none has come yet."""
    storage_class = cache.get(STORAGE_CLASS, "", dig(claim, "spec", "storageClassName", default=""))
    if dig(storage_class, "volumeBindingMode") != "WaitForFirstConsumer":
        return False
    if annotations_of(claim).get(BIND_IMMEDIATELY, "").lower() == "true":
        return False
    namespace, name = meta(claim)["namespace"], meta(claim)["name"]
    # A consumer is a VMI that uses the claim: its name is the VM's, whose volumes name the claim.
    return not any(name in claims_of(vmi) for vmi in cache.list(VMI, namespace))


def reconcile_claim(ctx: Context, namespace: str, name: str) -> None:
    """Bind a pending claim, grow a bound one, and let a deleted one go when no VMI uses it."""
    claim = ctx.cache.get(CLAIM, namespace, name)
    if claim is None:
        return
    if dig(claim, "status", "phase") == "Bound":
        _grow(ctx, claim)
        return
    storage_class = ctx.cache.get(STORAGE_CLASS, "", dig(claim, "spec", "storageClassName", default=""))
    if storage_class is None or waits_for_consumer(ctx.cache, claim):
        return
    size = dig(claim, "spec", "resources", "requests", "storage", default="1Gi")
    volume_name = f"pvc-{meta(claim)['uid']}"
    volume = VOLUME.new(
        "",
        volume_name,
        metadata={"annotations": {"pv.kubernetes.io/provisioned-by": storage_class.get("provisioner", "")}},
        spec={
            "accessModes": dig(claim, "spec", "accessModes", default=[]),
            "capacity": {"storage": size},
            "claimRef": {
                "kind": "PersistentVolumeClaim",
                "namespace": namespace,
                "name": name,
                "uid": meta(claim)["uid"],
            },
            "csi": {"driver": storage_class.get("provisioner", ""), "volumeHandle": volume_name},
            "persistentVolumeReclaimPolicy": storage_class.get("reclaimPolicy", "Delete"),
            "storageClassName": meta(storage_class)["name"],
            "volumeMode": dig(claim, "spec", "volumeMode", default="Filesystem"),
        },
    )
    created = ctx.client.ensure(VOLUME, volume)
    if created is not None:
        ctx.client.merge(VOLUME, created, {"status": {"phase": "Bound"}}, "status")
    if dig(claim, "spec", "volumeName") != volume_name:
        claim = ctx.client.merge(CLAIM, claim, {"spec": {"volumeName": volume_name}})
    status = {
        "phase": "Bound",
        "accessModes": dig(claim, "spec", "accessModes", default=[]),
        "capacity": {"storage": size},
    }
    ctx.client.update_status(CLAIM, claim, status)


def _grow(ctx: Context, claim: Json) -> None:
    asked = dig(claim, "spec", "resources", "requests", "storage", default="0")
    current = dig(claim, "status", "capacity", "storage", default="0")
    if parse_quantity(asked) > parse_quantity(current):
        volume = ctx.cache.get(VOLUME, "", dig(claim, "spec", "volumeName", default=""))
        if volume is not None:
            ctx.client.merge(VOLUME, volume, {"spec": {"capacity": {"storage": asked}}})
        ctx.client.update_status(CLAIM, claim, {**claim["status"], "capacity": {"storage": asked}})


def reconcile_volume(ctx: Context, namespace: str, name: str) -> None:
    """Delete a volume whose claim is gone, unless its class keeps it."""
    volume = ctx.cache.get(VOLUME, "", name)
    reference = dig(volume, "spec", "claimRef")
    if volume is None or not reference:
        return
    claim = ctx.cache.get(CLAIM, reference["namespace"], reference["name"])
    if claim is not None and meta(claim)["uid"] == reference.get("uid"):
        return
    if dig(volume, "spec", "persistentVolumeReclaimPolicy") == "Retain":
        ctx.client.merge(VOLUME, volume, {"status": {"phase": "Released"}}, "status")
    else:
        ctx.client.delete(VOLUME, volume)
