"""Uploading a disk: the token, and the upload proxy that takes the bytes.

    POST /apis/upload.cdi.kubevirt.io/v1beta1/namespaces/{ns}/uploadtokenrequests   -> status.token, good for 5 minutes
    POST /v1beta1/upload | upload-async | upload-archive | upload-form[-async]      with that token as bearer

The bytes go to a spool folder, and its size is noted on the DataVolume. CDIConfig.status.uploadProxyURL says where.
Source: containerized-data-importer pkg/apiserver, pkg/uploadproxy; kubernetes.md 3.3.
"""

import secrets
import threading
import time
from pathlib import Path

from compute.emulator.api.admission import require_json_object
from compute.emulator.api.app import Api, parsed_body
from compute.emulator.api.errors import ApiError, bad_request, method_not_allowed, unauthorized
from compute.emulator.api.http import Request, Response, json_response
from compute.emulator.api.paths import ResourcePath
from compute.emulator.behaviour.cdi import UPLOADED
from compute.emulator.behaviour.client import Client
from compute.emulator.behaviour.engine import Context, Controller, Name, itself
from compute.emulator.behaviour.feed import Cache
from compute.emulator.behaviour.kinds import CLAIM, DATA_VOLUME
from compute.emulator.registry import VirtualResource
from compute.emulator.values import Json, dig, meta

_TOKEN_LIFE_S = 300
_MOST_TOKENS = 10_000
_CALLS = {
    "upload",
    "upload-async",
    "upload-archive",
    "upload-archive-async",
    "upload-form",
    "upload-form-async",
}


class Uploads:
    """Issues tokens and takes uploads. Spooled files go with their claims."""

    def __init__(self, cache: Cache, client: Client, spool: Path) -> None:
        self._cache = cache
        self._client = client
        self._spool = spool
        self._lock = threading.Lock()
        self._tokens: dict[str, tuple[Name, float]] = {}

    def plug(self, api: Api) -> None:
        """Serve the token requests and the proxy."""
        api.registry.register_virtual(
            VirtualResource(
                "upload.cdi.kubevirt.io",
                ("v1beta1",),
                "uploadtokenrequests",
                "UploadTokenRequest",
                True,
                ("create",),
                self._token_request,
            )
        )
        api.plug_stream("v1beta1", self._upload)

    def controller(self) -> Controller:
        """Removes what was spooled for a claim that is gone."""
        return Controller("upload-spool", {CLAIM.id: itself}, self._clean)

    def spooled(self, namespace: str, name: str) -> Path:
        """Where the bytes uploaded for a claim are, if any were."""
        return self._spool / namespace / name

    def _clean(self, ctx: Context, namespace: str, name: str) -> None:
        if ctx.cache.get(CLAIM, namespace, name) is None:
            self.spooled(namespace, name).unlink(missing_ok=True)

    # ------------------------------------------------------------------ tokens

    def _token_request(self, request: Request, path: ResourcePath) -> Response:
        if request.method != "POST" or not path.namespace:
            raise method_not_allowed()
        body = require_json_object(parsed_body(request))
        claim_name = dig(body, "spec", "pvcName")
        if not claim_name:
            raise bad_request("spec.pvcName must be set")
        if self._cache.get(CLAIM, path.namespace, claim_name) is None:
            raise ApiError(404, "NotFound", f'persistentvolumeclaims "{claim_name}" not found')
        token = secrets.token_urlsafe(32)
        with self._lock:
            now = time.monotonic()
            alive = {t: entry for t, entry in self._tokens.items() if entry[1] > now}
            self._tokens = dict(list(alive.items())[-_MOST_TOKENS:]) | {
                token: ((path.namespace, claim_name), now + _TOKEN_LIFE_S)
            }
        return json_response({**body, "status": {"token": token}}, 201)

    def _target(self, request: Request) -> Name:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        with self._lock:
            entry = self._tokens.get(token.strip())
        if scheme.lower() != "bearer" or entry is None or entry[1] <= time.monotonic():
            raise unauthorized()
        return entry[0]

    # ------------------------------------------------------------------ the proxy

    def _upload(self, segments: list[str], request: Request) -> Response:
        """Take the bytes. Raises 400, 401, 404 and, while the DataVolume is not ready, 503."""
        if len(segments) != 2 or segments[1] not in _CALLS:
            raise ApiError(404, "NotFound", "404 page not found")
        if request.method == "HEAD":
            return Response()
        if request.method not in {"POST", "PUT"}:
            raise method_not_allowed()
        namespace, name = self._target(request)
        volume = self._cache.get(DATA_VOLUME, namespace, name)
        if volume is None or "upload" not in dig(volume, "spec", "source", default={}):
            raise bad_request(f"PVC {namespace}/{name} is not an upload target")
        if dig(volume, "status", "phase") != "UploadReady":
            raise ApiError(503, "ServiceUnavailable", f"PVC {namespace}/{name} is not ready for upload")
        size = self._receive(request, namespace, name)
        self._client.merge(DATA_VOLUME, volume, _noted(volume, size))
        return Response(body=b"", content_type="text/plain; charset=utf-8")

    def _receive(self, request: Request, namespace: str, name: str) -> int:
        """Spool the body; how many bytes it has. A broken upload leaves nothing behind."""
        target = self.spooled(namespace, name)
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        partial = target.with_name(f".{name}.{secrets.token_hex(4)}")
        size = 0
        try:
            with partial.open("xb") as file:
                for piece in request.stream or iter(()):
                    size += len(piece)
                    file.write(piece)
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)
        return size


def _noted(volume: Json, size: int) -> Json:
    annotations = {**(meta(volume).get("annotations") or {}), UPLOADED: str(size)}
    return {"metadata": {"annotations": annotations}}
