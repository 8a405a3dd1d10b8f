"""VirtualMachineExport: links under which the disks of a VM, a snapshot or a claim can be downloaded.

    Pending -> Ready

A disk that was uploaded is served as it came; any other as a small raw image. The token is in the secret that the
status names, and goes into the header `x-kubevirt-export-token`.
Source: kubevirt pkg/storage/export; kubernetes.md 1.6.
"""

import datetime as dt
import gzip
import hmac
import secrets
from collections.abc import Iterator
from pathlib import Path

from compute.emulator.api.errors import ApiError, method_not_allowed, no_such_path
from compute.emulator.api.http import Request, Response
from compute.emulator.behaviour.addresses import decoded_secret
from compute.emulator.behaviour.conditions import with_condition
from compute.emulator.behaviour.engine import Context, Controller, Name, itself
from compute.emulator.behaviour.feed import Cache
from compute.emulator.behaviour.kinds import (
    CDI_CONFIG,
    CLAIM,
    SECRET,
    VM,
    VM_EXPORT,
    VM_SNAPSHOT,
    VM_SNAPSHOT_CONTENT,
    owner_reference,
)
from compute.emulator.behaviour.uploads import Uploads
from compute.emulator.values import Json, dig, meta, parse_timestamp, timestamp

_LIFE = dt.timedelta(hours=2)
_BLANK_DISK = b"\0" * 510 + b"\x55\xaa" + b"\0" * (1024 * 1024 - 512)
_PIECE = 1 << 20


class Exports:
    """Reconciles exports and serves their links. `authority` is the file with the CA's certificate."""

    def __init__(self, cache: Cache, uploads: Uploads, authority: Path) -> None:
        self._cache = cache
        self._uploads = uploads
        self._authority = authority

    def controller(self) -> Controller:
        wakes = {VM_EXPORT.id: itself, CLAIM.id: _unready, VM.id: _unready, VM_SNAPSHOT.id: _unready}
        return Controller("export-controller", wakes, self.reconcile)

    def reconcile(self, ctx: Context, namespace: str, name: str) -> None:
        """One step of one export."""
        export = ctx.cache.get(VM_EXPORT, namespace, name)
        if (
            export is None
            or meta(export).get("deletionTimestamp")
            or dig(export, "status", "phase") == "Ready"
        ):
            return
        token_name = dig(export, "spec", "tokenSecretRef") or f"export-token-{name}"
        if not dig(export, "spec", "tokenSecretRef"):
            _ensure_token(ctx, export, token_name)
        volumes, why = self._volumes(ctx.cache, export)
        created = parse_timestamp(meta(export)["creationTimestamp"])
        status: Json = {
            "phase": "Pending" if why else "Ready",
            "tokenSecretRef": token_name,
            "serviceName": f"virt-export-{name}",
            "ttlExpirationTime": timestamp(created + _LIFE),
        }
        conditions = dig(export, "status", "conditions", default=[])
        conditions = with_condition(conditions, "Ready", "False" if why else "True", why or "PodReady")
        status["conditions"] = with_condition(
            conditions, "PVCReady", "False" if why else "True", why or "Bound"
        )
        if not why:
            status["links"] = self._links(ctx.cache, namespace, name, volumes)
        ctx.client.update_status(VM_EXPORT, export, status)

    def _volumes(self, cache: Cache, export: Json) -> tuple[dict[str, str], str]:
        """(volume name -> claim name, why they cannot be exported yet)."""
        namespace, source = meta(export)["namespace"], dig(export, "spec", "source", default={})
        match source.get("kind"):
            case "PersistentVolumeClaim":
                volumes = {source["name"]: source["name"]}
            case "VirtualMachineSnapshot":
                snapshot = cache.get(VM_SNAPSHOT, namespace, source["name"])
                content_name = dig(snapshot, "status", "virtualMachineSnapshotContentName", default="")
                content = cache.get(VM_SNAPSHOT_CONTENT, namespace, content_name)
                if content is None:
                    return {}, "SnapshotNotReady"
                backups = dig(content, "spec", "volumeBackups", default=[])
                return {b["volumeName"]: b["persistentVolumeClaim"]["metadata"]["name"] for b in backups}, ""
            case _:
                vm = cache.get(VM, namespace, source.get("name", ""))
                listed = dig(vm, "spec", "template", "spec", "volumes", default=[])
                claims = {
                    v["name"]: dig(v, "dataVolume", "name") or dig(v, "persistentVolumeClaim", "claimName")
                    for v in listed
                }
                volumes = {name: claim for name, claim in claims.items() if claim}
        for claim_name in volumes.values():
            claim = cache.get(CLAIM, namespace, claim_name)
            if dig(claim, "status", "phase") != "Bound":
                return volumes, "PVCNotFound" if claim is None else "PVCPending"
        return volumes, "" if volumes else "NoVolumes"

    def _links(self, cache: Cache, namespace: str, name: str, volumes: dict[str, str]) -> Json:
        server = dig(cache.get(CDI_CONFIG, "", "config"), "status", "uploadProxyURL", default="")
        base = f"{server}/export/{namespace}/{name}"
        listed = [
            {
                "name": volume,
                "formats": [
                    {"format": "raw", "url": f"{base}/volumes/{volume}/disk.img"},
                    {"format": "gzip", "url": f"{base}/volumes/{volume}/disk.img.gz"},
                ],
            }
            for volume in volumes
        ]
        link = {"cert": self._authority.read_text() if self._authority.exists() else "", "volumes": listed}
        return {"internal": link, "external": link}

    # ------------------------------------------------------------------ downloads

    def serve(self, segments: list[str], request: Request) -> Response:
        """GET /export/{ns}/{name}/volumes/{volume}/disk.img[.gz]. Raises 401 and 404."""
        match segments:
            case ["export", namespace, name, "volumes", volume, "disk.img" | "disk.img.gz" as file]:
                pass
            case _:
                raise no_such_path()
        if request.method not in {"GET", "HEAD"}:
            raise method_not_allowed()
        export = self._cache.get(VM_EXPORT, namespace, name)
        if export is None or dig(export, "status", "phase") != "Ready":
            raise no_such_path()
        secret = self._cache.get(SECRET, namespace, dig(export, "status", "tokenSecretRef", default=""))
        token = decoded_secret(secret).get("token", "")
        if not token or not hmac.compare_digest(token, request.headers.get("x-kubevirt-export-token", "")):
            raise ApiError(401, "Unauthorized", "Unauthorized")
        volumes, _ = self._volumes(self._cache, export)
        if volume not in volumes:
            raise no_such_path()
        pieces = _pieces(self._uploads.spooled(namespace, volumes[volume]))
        body = _zipped(pieces) if file.endswith(".gz") else pieces
        return Response(stream=body, content_type="application/octet-stream")


def _pieces(file: Path) -> Iterator[bytes]:
    """The spooled bytes, or those of a blank disk."""
    if not file.exists():
        yield _BLANK_DISK
        return
    with file.open("rb") as opened:
        while piece := opened.read(_PIECE):
            yield piece


def _zipped(pieces: Iterator[bytes]) -> Iterator[bytes]:
    # Members of a gzip file may follow each other; readers see one stream.
    for piece in pieces:
        yield gzip.compress(piece, compresslevel=1)


def _ensure_token(ctx: Context, export: Json, name: str) -> None:
    namespace = meta(export)["namespace"]
    if ctx.cache.get(SECRET, namespace, name) is None:
        metadata = {"ownerReferences": [owner_reference(VM_EXPORT, export)]}
        data = {"token": secrets.token_urlsafe(20)}
        ctx.client.ensure(SECRET, SECRET.new(namespace, name, metadata=metadata, stringData=data))


def _unready(obj: Json, is_gone: bool, cache: Cache) -> list[Name]:
    found = cache.list(VM_EXPORT, meta(obj)["namespace"])
    return [(meta(e)["namespace"], meta(e)["name"]) for e in found if dig(e, "status", "phase") != "Ready"]
