"""DataVolume: makes its claim and fills it, phase by phase. DataSource and StorageProfile status.

    Pending -> ImportScheduled -> ImportInProgress -> Succeeded                 blank, http, registry, s3, gcs ...
    Pending -> CloneScheduled -> CloneInProgress -> Succeeded                   pvc, snapshot, sourceRef
    Pending -> UploadScheduled -> UploadReady -> Succeeded                      upload
    WaitForFirstConsumer before any of them where the class asks for it

A source that does not exist keeps its DataVolume Pending with a condition. A URL under `.invalid`, a name that never
resolves, keeps its import failing as CDI's importer does.
Source: containerized-data-importer pkg/controller/datavolume.
"""

import urllib.parse

from compute.emulator.behaviour.client import ApiFailure
from compute.emulator.behaviour.conditions import with_condition
from compute.emulator.behaviour.engine import Context, Controller, Name, itself
from compute.emulator.behaviour.feed import Cache
from compute.emulator.behaviour.kinds import (
    CLAIM,
    DATA_SOURCE,
    DATA_VOLUME,
    RESOURCE_QUOTA,
    STORAGE_CLASS,
    STORAGE_PROFILE,
    VOLUME_SNAPSHOT,
    VOLUME_SNAPSHOT_CLASS,
    owner_reference,
)
from compute.emulator.behaviour.storage import waits_for_consumer
from compute.emulator.values import Json, annotations_of, dig, is_true, meta

_CLONES = ("pvc", "snapshot")
# A claim that a restore has filled; its DataVolume only takes note. Source: CDI AnnPrePopulated.
PREPOPULATED = "cdi.kubevirt.io/storage.prePopulated"
UPLOADED = "emulator.ssvirt.io/uploaded-bytes"
_STEPS = ("0.00%", "45.20%", "91.70%")


class _NoSource(Exception):
    """The source of a DataVolume is missing; the message says which."""


class DataVolumeController:
    """Reconciles DataVolumes; remembers which of them wait for a source."""

    def __init__(self) -> None:
        self._unfilled: set[Name] = set()

    def controllers(self) -> list[Controller]:
        """The controllers of CDI."""
        wakes = {
            DATA_VOLUME.id: self._itself,
            CLAIM.id: self._same_name,
            DATA_SOURCE.id: self._every_unfilled,
            VOLUME_SNAPSHOT.id: self._every_unfilled,
            RESOURCE_QUOTA.id: self._every_unfilled,
        }
        return [
            Controller("cdi-controller", wakes, self.reconcile),
            Controller(
                "cdi-datasource", {DATA_SOURCE.id: itself, CLAIM.id: _sources_of_claim}, reconcile_source
            ),
            Controller(
                "cdi-storageprofile",
                {STORAGE_CLASS.id: itself, STORAGE_PROFILE.id: itself},
                reconcile_profile,
            ),
        ]

    def _itself(self, obj: Json, is_gone: bool, cache: Cache) -> list[Name]:
        name = (meta(obj)["namespace"], meta(obj)["name"])
        if is_gone or dig(obj, "status", "phase") == "Succeeded":
            self._unfilled.discard(name)
        else:
            self._unfilled.add(name)
        return [name]

    def _same_name(self, claim: Json, is_gone: bool, cache: Cache) -> list[Name]:
        """The claim's own DataVolume, and those that may wait for it as a source."""
        waiting = [n for n in self._every_unfilled(claim, is_gone, cache) if _names_claim(cache, n, claim)]
        return [(meta(claim)["namespace"], meta(claim)["name"]), *waiting]

    def _every_unfilled(self, obj: Json, is_gone: bool, cache: Cache) -> list[Name]:
        return sorted(self._unfilled)

    def reconcile(self, ctx: Context, namespace: str, name: str) -> None:
        """One step of one DataVolume."""
        volume = ctx.cache.get(DATA_VOLUME, namespace, name)
        if (
            volume is None
            or meta(volume).get("deletionTimestamp")
            or dig(volume, "status", "phase") == "Succeeded"
        ):
            return
        try:
            source_kind, source = _resolved_source(ctx.cache, volume)
            claim = ctx.cache.get(CLAIM, namespace, name) or _make_claim(ctx, volume, source_kind, source)
            if annotations_of(claim).get(PREPOPULATED) == name and dig(claim, "status", "phase") == "Bound":
                _adopt(ctx, volume, claim)
                source_kind, source = PREPOPULATED, {}
        except _NoSource as missing:
            _save(
                ctx,
                volume,
                "Pending",
                "N/A",
                bound=("False", "NoSource", str(missing)),
                running=("False", "NoSource", str(missing)),
            )
            return
        except ApiFailure as failure:
            if failure.code != 403 or "exceeded quota" not in failure.message:
                raise
            # CDI reports this with status Unknown, not False. Source: kubevirt HasDataVolumeExceededQuotaError.
            _save(ctx, volume, "Pending", "N/A", bound=("Unknown", "ErrExceededQuota", failure.message))
            return
        if dig(claim, "status", "phase") != "Bound":
            waits = waits_for_consumer(ctx.cache, claim)
            phase = "WaitForFirstConsumer" if waits else "Pending"
            _save(ctx, volume, phase, "N/A", bound=("False", "Pending", f"PVC {name} Pending"))
            return
        _fill(ctx, volume, source_kind, source, claim)


def _adopt(ctx: Context, volume: Json, claim: Json) -> None:
    """Make a claim that came filled go with its DataVolume."""
    if not meta(claim).get("ownerReferences"):
        references = [owner_reference(DATA_VOLUME, volume)]
        ctx.client.merge(CLAIM, claim, {"metadata": {"ownerReferences": references}})


def _names_claim(cache: Cache, name: Name, claim: Json) -> bool:
    """Whether a DataVolume's source may be the claim: named as one, or through a DataSource."""
    volume = cache.get(DATA_VOLUME, *name)
    source = dig(volume, "spec", "source", "pvc")
    return dig(volume, "spec", "sourceRef") is not None or (
        source is not None and source.get("name") == meta(claim)["name"]
    )


def _sources_of_claim(claim: Json, is_gone: bool, cache: Cache) -> list[Name]:
    """DataSources live beside the claim they speak of, and mostly share its name."""
    if is_gone or dig(claim, "status", "phase") == "Bound":
        return [
            (meta(s)["namespace"], meta(s)["name"]) for s in cache.list(DATA_SOURCE, meta(claim)["namespace"])
        ]
    return []


def _resolved_source(cache: Cache, volume: Json) -> tuple[str, Json]:
    """(kind of source, its description) with a DataSource followed to what it names. Raises _NoSource."""
    namespace = meta(volume)["namespace"]
    reference = dig(volume, "spec", "sourceRef")
    source: Json = dig(volume, "spec", "source", default={})
    for _ in range(5):
        if reference is None:
            break
        space = reference.get("namespace") or namespace
        found = cache.get(DATA_SOURCE, space, reference["name"])
        if found is None:
            raise _NoSource(f"DataSource {space}/{reference['name']} not found")
        source = dig(found, "spec", "source", default={})
        reference, namespace = source.get("dataSource"), space
    kind = next(iter(source), "")
    if not kind:
        # A DataVolume without source is filled by whoever made its claim (dataSourceRef, cloned snapshots).
        return "blank", {}
    description = source[kind] or {}
    if kind in _CLONES:
        space = description.get("namespace") or namespace
        resource = CLAIM if kind == "pvc" else VOLUME_SNAPSHOT
        found = cache.get(resource, space, description["name"])
        if found is None:
            label = "PVC" if kind == "pvc" else "VolumeSnapshot"
            raise _NoSource(
                f"The source {label.lower() if label == 'PVC' else label} {space}/{description['name']} doesn't exist"
            )
        return kind, {**description, "namespace": space, "found": found}
    return kind, description


def _make_claim(ctx: Context, volume: Json, source_kind: str, source: Json) -> Json:
    """Create the claim of a DataVolume; a `storage` block is completed from the StorageProfile."""
    spec = dict(dig(volume, "spec", "pvc") or dig(volume, "spec", "storage") or {})
    storage_class = spec.get("storageClassName") or _default_class(ctx.cache)
    spec["storageClassName"] = storage_class
    if "storage" in volume["spec"]:
        profile = ctx.cache.get(STORAGE_PROFILE, "", storage_class)
        preferred: Json = next(iter(dig(profile, "status", "claimPropertySets", default=[])), {})
        spec.setdefault("accessModes", preferred.get("accessModes") or ["ReadWriteOnce"])
        spec.setdefault("volumeMode", preferred.get("volumeMode") or "Filesystem")
    if not dig(spec, "resources", "requests", "storage"):
        size = dig(source.get("found"), "spec", "resources", "requests", "storage") or dig(
            source.get("found"), "status", "restoreSize"
        )
        if not size:
            raise _NoSource("PVC spec is not valid: no storage size is given and the source has none")
        spec["resources"] = {"requests": {"storage": size}}
    sent = meta(volume)
    metadata = {
        "labels": {**(sent.get("labels") or {}), "app": "containerized-data-importer"},
        "annotations": {
            **(sent.get("annotations") or {}),
            "cdi.kubevirt.io/storage.contentType": dig(volume, "spec", "contentType", default="kubevirt"),
            "cdi.kubevirt.io/storage.usePopulator": "true",
        },
        "ownerReferences": [owner_reference(DATA_VOLUME, volume)],
    }
    return ctx.client.create(CLAIM, CLAIM.new(sent["namespace"], sent["name"], metadata=metadata, spec=spec))


def _default_class(cache: Cache) -> str:
    classes = cache.list(STORAGE_CLASS)
    for key in (
        "storageclass.kubevirt.io/is-default-virt-class",
        "storageclass.kubernetes.io/is-default-class",
    ):
        for storage_class in classes:
            if annotations_of(storage_class).get(key) == "true":
                return str(meta(storage_class)["name"])
    return ""


def _fill(ctx: Context, volume: Json, kind: str, source: Json, claim: Json) -> None:
    """Move a DataVolume whose claim is bound one phase on."""
    bound = ("True", "Bound", f"PVC {meta(claim)['name']} Bound")
    if kind == PREPOPULATED:
        _save(ctx, volume, "Succeeded", "N/A", bound=bound, running=("False", "Completed", ""), ready=True)
        return
    if kind == "upload":
        _await_upload(ctx, volume, bound)
        return
    verb = "Clone" if kind in _CLONES else "Import"
    phase, progress = (
        dig(volume, "status", "phase", default=""),
        dig(volume, "status", "progress", default="N/A"),
    )
    if kind in _CLONES and dig(source["found"], "status", "phase") != "Bound" and kind == "pvc":
        _save(
            ctx,
            volume,
            f"{verb}Scheduled",
            "N/A",
            bound=bound,
            running=("False", "Pending", "source is not bound"),
        )
        return
    if phase not in {f"{verb}Scheduled", f"{verb}InProgress"}:
        _save(ctx, volume, f"{verb}Scheduled", "N/A", bound=bound, running=("False", "ContainerCreating", ""))
    elif phase == f"{verb}Scheduled":
        _save(
            ctx, volume, f"{verb}InProgress", _STEPS[0], bound=bound, running=("True", "Pod is running", "")
        )
    elif not ctx.is_due(volume, f"import:{progress}", ctx.timings.import_s / len(_STEPS)):
        return
    elif why := _unreachable(source):
        restarts = max(1, dig(volume, "status", "restartCount", default=0))
        _save(
            ctx,
            volume,
            f"{verb}InProgress",
            "N/A",
            bound=bound,
            running=("False", "Error", why),
            restarts=restarts,
        )
    elif progress in _STEPS[:-1]:
        following = _STEPS[_STEPS.index(progress) + 1]
        _save(
            ctx, volume, f"{verb}InProgress", following, bound=bound, running=("True", "Pod is running", "")
        )
    else:
        done = f"{verb} Complete" if verb == "Import" else "Clone Complete"
        _save(
            ctx, volume, "Succeeded", "100.0%", bound=bound, running=("False", "Completed", done), ready=True
        )


def _unreachable(source: Json) -> str:
    """Why the importer cannot reach its source, "" when it can."""
    url = str(source.get("url", ""))
    host = urllib.parse.urlsplit(url).hostname or ""
    if host.endswith(".invalid"):
        return f"Unable to connect to {url.partition(':')[0]} data source: lookup {host}: no such host"
    return ""


def _await_upload(ctx: Context, volume: Json, bound: tuple[str, str, str]) -> None:
    """UploadScheduled, UploadReady, and Succeeded once the upload endpoint has noted the bytes."""
    if annotations_of(volume).get(UPLOADED):
        _save(
            ctx,
            volume,
            "Succeeded",
            "100.0%",
            bound=bound,
            running=("False", "Completed", "Upload Complete"),
            ready=True,
        )
    elif dig(volume, "status", "phase") not in {"UploadScheduled", "UploadReady"}:
        _save(ctx, volume, "UploadScheduled", "N/A", bound=bound, running=("False", "ContainerCreating", ""))
    else:
        _save(ctx, volume, "UploadReady", "N/A", bound=bound, running=("True", "Pod is running", ""))


def _save(
    ctx: Context,
    volume: Json,
    phase: str,
    progress: str,
    *,
    bound: tuple[str, str, str],
    running: tuple[str, str, str] = ("False", "", ""),
    ready: bool = False,
    restarts: int = 0,
) -> None:
    """Write the status; each condition is (status, reason, message)."""
    conditions = with_condition(dig(volume, "status", "conditions", default=[]), "Bound", *bound)
    conditions = with_condition(conditions, "Ready", "True" if ready else "False")
    conditions = with_condition(conditions, "Running", *running)
    status = {
        "phase": phase,
        "progress": progress,
        "claimName": meta(volume)["name"],
        "conditions": conditions,
    }
    if restarts:
        status["restartCount"] = restarts
    ctx.client.update_status(DATA_VOLUME, volume, status)


def reconcile_source(ctx: Context, namespace: str, name: str) -> None:
    """A DataSource is Ready when what it names is there. It has no status subresource."""
    found = ctx.cache.get(DATA_SOURCE, namespace, name)
    if found is None or meta(found).get("deletionTimestamp"):
        return
    source: Json = dig(found, "spec", "source", default={})
    claim, snapshot = source.get("pvc"), source.get("snapshot")
    if claim is not None:
        target = ctx.cache.get(CLAIM, claim.get("namespace") or namespace, claim["name"])
        is_ready, what = dig(target, "status", "phase") == "Bound", "PVC"
    elif snapshot is not None:
        target = ctx.cache.get(VOLUME_SNAPSHOT, snapshot.get("namespace") or namespace, snapshot["name"])
        is_ready, what = bool(dig(target, "status", "readyToUse")), "Snapshot"
    else:
        reference = source.get("dataSource") or {}
        target = ctx.cache.get(
            DATA_SOURCE, reference.get("namespace") or namespace, reference.get("name", "")
        )
        is_ready, what = target is not None and is_true(target, "Ready"), "DataSource"
    if target is None:
        verdict = ("False", "NotFound", f"{what} not found")
    elif is_ready:
        verdict = ("True", "Ready", "DataSource is ready to be consumed")
    else:
        verdict = ("False", "NotReady", f"{what} is not ready")
    conditions = with_condition(dig(found, "status", "conditions", default=[]), "Ready", *verdict)
    status = {"conditions": conditions, "source": source}
    if found.get("status") != status:
        ctx.client.update(DATA_SOURCE, {**found, "status": status})


def reconcile_profile(ctx: Context, namespace: str, name: str) -> None:
    """One StorageProfile per StorageClass; its spec overrides what is known of the provisioner."""
    storage_class, profile = ctx.cache.get(STORAGE_CLASS, "", name), ctx.cache.get(STORAGE_PROFILE, "", name)
    if storage_class is None:
        if profile is not None:
            ctx.client.delete(STORAGE_PROFILE, profile)
        return
    if profile is None:
        profile = ctx.client.create(STORAGE_PROFILE, STORAGE_PROFILE.new("", name, spec={}))
    known = [
        {"accessModes": ["ReadWriteMany"], "volumeMode": "Block"},
        {"accessModes": ["ReadWriteOnce"], "volumeMode": "Block"},
        {"accessModes": ["ReadWriteOnce"], "volumeMode": "Filesystem"},
    ]
    provisioner = storage_class.get("provisioner", "")
    status = {
        "claimPropertySets": dig(profile, "spec", "claimPropertySets") or known,
        "cloneStrategy": dig(profile, "spec", "cloneStrategy") or "snapshot",
        "dataImportCronSourceFormat": "pvc",
        "provisioner": provisioner,
        "storageClass": name,
    }
    for snapshot_class in ctx.cache.list(VOLUME_SNAPSHOT_CLASS):
        if snapshot_class.get("driver") == provisioner:
            status["snapshotClass"] = meta(snapshot_class)["name"]
            break
    ctx.client.update_status(STORAGE_PROFILE, profile, status)
