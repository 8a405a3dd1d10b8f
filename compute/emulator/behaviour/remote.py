"""The same reconcilers on a cluster somewhere else: list and watch over HTTPS, an informer's cache, a local index.

For runs against a real kube-apiserver with the CustomResourceDefinitions installed, where Kubernetes' own controllers
do garbage collection, namespaces and quotas. KubeVirt's subresources are served by a small server of ours, to which
the client's subresource URL (or an APIService) points.
"""

import builtins
import contextlib
import json
import logging
import queue
import threading
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import urllib3

from compute.emulator import pki
from compute.emulator.api.app import Api
from compute.emulator.behaviour.client import Client, HttpsTransport
from compute.emulator.behaviour.controllers import build_controllers
from compute.emulator.behaviour.engine import Engine, Timings
from compute.emulator.behaviour.exports import Exports
from compute.emulator.behaviour.feed import Change
from compute.emulator.behaviour.kinds import Kind
from compute.emulator.behaviour.subresources import Subresources
from compute.emulator.behaviour.uploads import Uploads
from compute.emulator.custom_resources import all_resources
from compute.emulator.registry import Registry
from compute.emulator.server import Server
from compute.emulator.store import Store
from compute.emulator.values import Json, meta

logger = logging.getLogger(__name__)

_PAGE = 500
_WATCH_S = 300
_RETRY_S = 1.0
# What Kubernetes' own controllers do on a cluster that has them.
_NATIVE = {"namespace-controller", "generic-garbage-collector"}


class RemoteCache:
    """Objects as last heard of, from watches and from the answers to our own writes."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._objects: dict[str, dict[tuple[str, str], Json]] = {}
        self._dependents: dict[str, set[tuple[str, str, str]]] = {}

    def get(self, kind: Kind, namespace: str, name: str) -> Json | None:
        """The object, or None."""
        return self._objects.get(kind.id, {}).get((namespace if kind.namespaced else "", name))

    def list(self, kind: Kind, namespace: str | None = None) -> list[Json]:
        """The objects of a kind, by namespace and name."""
        with self._lock:
            items = sorted(self._objects.get(kind.id, {}).items())
        return [obj for (space, _), obj in items if namespace is None or space == namespace]

    def dependents(self, owner: Json, kind: Kind) -> "builtins.list[Json]":
        """The objects of a kind that the owner owns."""
        with self._lock:
            keys = sorted(self._dependents.get(meta(owner)["uid"], ()))
            found = [
                self._objects.get(resource, {}).get((space, name))
                for resource, space, name in keys
                if resource == kind.id
            ]
        return [obj for obj in found if obj is not None]

    def put(self, resource: str, obj: Json) -> bool:
        """Take in a state; False when a newer one is known."""
        place = (meta(obj).get("namespace", ""), meta(obj)["name"])
        with self._lock:
            known = self._objects.get(resource, {}).get(place)
            if (
                known is not None
                and _version(known) >= _version(obj)
                and meta(known)["uid"] == meta(obj)["uid"]
            ):
                return False
            self._forget_owners(resource, known)
            self._objects.setdefault(resource, {})[place] = obj
            for reference in meta(obj).get("ownerReferences") or []:
                self._dependents.setdefault(reference["uid"], set()).add((resource, *place))
        return True

    def drop(self, resource: str, obj: Json) -> None:
        """Forget an object, unless another one has taken its name."""
        place = (meta(obj).get("namespace", ""), meta(obj)["name"])
        with self._lock:
            known = self._objects.get(resource, {}).get(place)
            if known is not None and meta(known)["uid"] == meta(obj)["uid"]:
                self._forget_owners(resource, known)
                del self._objects[resource][place]

    def all(self) -> Iterator[tuple[str, Json]]:
        """Every object with its resource id."""
        with self._lock:
            found = [(resource, obj) for resource, space in self._objects.items() for obj in space.values()]
        yield from found

    def absent(self, resource: str, uids: set[str]) -> "builtins.list[Json]":
        """The known objects of a resource that a fresh list no longer has."""
        with self._lock:
            return [obj for obj in self._objects.get(resource, {}).values() if meta(obj)["uid"] not in uids]

    def _forget_owners(self, resource: str, obj: Json | None) -> None:
        if obj is None:
            return
        for reference in meta(obj).get("ownerReferences") or []:
            self._dependents.get(reference["uid"], set()).discard(
                (resource, meta(obj).get("namespace", ""), meta(obj)["name"])
            )


def _version(obj: Json) -> int:
    text = meta(obj).get("resourceVersion", "0")
    return int(text) if str(text).isdecimal() else 0


class RemoteFeed:
    """List and watch of each resource, one thread each, into one queue."""

    def __init__(self, cache: RemoteCache, url: str, token: str, ca_file: Path, kinds: list[Kind]) -> None:
        self._cache = cache
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}", "User-Agent": "virt-controller/emulator"}
        self._pool = urllib3.PoolManager(ca_certs=str(ca_file), maxsize=len(kinds) + 2, retries=False)
        self._kinds = kinds
        self._queue: queue.SimpleQueue[Change | None] = queue.SimpleQueue()
        self._stopping = threading.Event()

    def start(self) -> None:
        """List everything once, then follow it in threads. Raises when the first list fails."""
        for kind in self._kinds:
            version = self._list(kind)
            threading.Thread(
                target=self._follow, args=(kind, version), name=f"watch-{kind.plural}", daemon=True
            ).start()

    def stop(self) -> None:
        """Let the threads end at their next line or time-out."""
        self._stopping.set()
        self._pool.clear()

    def next(self, timeout_s: float) -> Change | None:
        """The next change, or None."""
        try:
            return self._queue.get(block=timeout_s > 0, timeout=max(0.0, timeout_s))
        except queue.Empty:
            return None

    def has_lost_changes(self) -> bool:
        """Never: a watch that breaks is followed by a list."""
        return False

    def everything(self) -> Iterator[Change]:
        """Every object in the cache."""
        for resource, obj in self._cache.all():
            yield Change(resource, obj, is_gone=False)

    def wake(self) -> None:
        """End a wait in `next`."""
        self._queue.put(None)

    def _follow(self, kind: Kind, version: str) -> None:
        while not self._stopping.is_set():
            try:
                version = self._watch(kind, version) if version else self._list(kind)
            except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
                logger.warning("watching %s failed: %s", kind.id, error)
                self._stopping.wait(_RETRY_S)

    def _get(self, kind: Kind, query: dict[str, str], *, stream: bool) -> urllib3.BaseHTTPResponse:
        url = f"{self._url}{kind.path('')}?{urllib.parse.urlencode(query)}"
        timeout = urllib3.Timeout(connect=5, read=_WATCH_S + 30 if stream else 30)
        answer = self._pool.request(
            "GET", url, headers=self._headers, preload_content=not stream, timeout=timeout
        )
        if answer.status != 200:
            raise OSError(f"{answer.status} for {kind.id}")
        return answer

    def _list(self, kind: Kind) -> str:
        """Take in every object of a kind, page by page; the version to watch from."""
        token, uids, version = "", set(), ""
        while True:
            page: Any = json.loads(
                self._get(kind, {"limit": str(_PAGE), "continue": token}, stream=False).data
            )
            for item in page["items"]:
                uids.add(item["metadata"]["uid"])
                self._take(kind, {"apiVersion": kind.api_version, "kind": kind.kind, **item}, is_gone=False)
            version, token = page["metadata"]["resourceVersion"], page["metadata"].get("continue", "")
            if not token:
                break
        for obj in self._cache.absent(kind.id, uids):
            self._take(kind, obj, is_gone=True)
        return str(version)

    def _watch(self, kind: Kind, version: str) -> str:
        """Follow the changes of a kind; the version to go on from, "" to list again."""
        query = {
            "watch": "true",
            "resourceVersion": version,
            "allowWatchBookmarks": "true",
            "timeoutSeconds": str(_WATCH_S),
        }
        answer = self._get(kind, query, stream=True)
        try:
            for line in _lines(answer):
                event: Any = json.loads(line)
                if event["type"] == "ERROR":
                    return ""
                version = event["object"]["metadata"]["resourceVersion"]
                if event["type"] != "BOOKMARK":
                    self._take(kind, event["object"], is_gone=event["type"] == "DELETED")
                if self._stopping.is_set():
                    break
        finally:
            answer.close()
        return version

    def _take(self, kind: Kind, obj: Json, *, is_gone: bool) -> None:
        if is_gone:
            self._cache.drop(kind.id, obj)
        else:
            self._cache.put(kind.id, obj)
        self._queue.put(Change(kind.id, obj, is_gone))


def _lines(answer: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
    buffer = b""
    for chunk in answer.stream(amt=None):
        buffer += chunk
        while b"\n" in buffer:
            line, _, buffer = buffer.partition(b"\n")
            if line:
                yield line


class _Remembering:
    """A transport that shows the answers to our own writes to the cache, so that we read what we wrote."""

    def __init__(self, inner: HttpsTransport, cache: RemoteCache, registry: Registry) -> None:
        self._inner = inner
        self._cache = cache
        self._registry = registry

    def send(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        """One request; see `Transport`."""
        status, answer = self._inner.send(method, path, headers, body)
        if status < 300 and method in {"POST", "PUT", "PATCH"}:
            with contextlib.suppress(ValueError, KeyError):
                obj: Any = json.loads(answer)
                resource = self._registry.by_kind(obj["apiVersion"], obj["kind"])
                if resource is not None and "uid" in obj["metadata"]:
                    self._cache.put(resource.id, obj)
        return status, answer


class RemoteBehaviour:
    """KubeVirt's, CDI's and OVN's behaviour for an API server at a URL, plus the subresource API at `url`."""

    def __init__(
        self,
        *,
        state_dir: Path,
        server: str,
        token: str,
        ca_file: Path,
        timings: Timings | None = None,
        port: int = 0,
    ) -> None:
        registry = Registry(all_resources())
        self._cache = RemoteCache()
        transport = _Remembering(HttpsTransport(server, token, ca_file), self._cache, registry)
        client = Client(transport, "emulator")
        uploads = Uploads(self._cache, client.managed_by("cdi-uploadserver"), state_dir / "uploads")
        exports = Exports(self._cache, uploads, state_dir / "ca.crt")
        every = build_controllers(Store(), registry, uploads, exports)
        controllers = [controller for controller in every if controller.name not in _NATIVE]
        wanted = {resource for controller in controllers for resource in controller.wakes}
        kinds = [
            Kind(r.group, r.versions[0], r.plural, r.kind, r.namespaced)
            for r in registry.all()
            if r.id in wanted | _READ
        ]
        self._feed = RemoteFeed(self._cache, server, token, ca_file, kinds)
        self._engine_parts = (client, controllers, timings or Timings())
        self._engine: Engine | None = None
        self._api = Api(Store(), Registry([]), {token: "client"})
        Subresources(self._cache, client.managed_by("virt-api")).register(self._api.registry)
        uploads.plug(self._api)
        self._api.plug_stream("export", exports.serve)
        pki.ensure_certificates(state_dir, ["127.0.0.1", "::1", "localhost"])
        self._server = Server(
            ("127.0.0.1", port), self._api, state_dir / "server.crt", state_dir / "server.key"
        )
        self.ca_file = state_dir / "ca.crt"
        self.url = f"https://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> None:
        """List, follow, reconcile, listen."""
        self._feed.start()
        client, controllers, timings = self._engine_parts
        self._engine = Engine(self._cache, self._feed, client, controllers, timings)
        self._engine.start()
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True
        ).start()

    def stop(self) -> None:
        """Stop reconciling and listening."""
        if self._engine is not None:
            self._engine.stop()
        self._feed.stop()
        self._server.stop()


# Kinds that reconcilers read without being woken by them.
_READ = {
    "nodes",
    "configmaps",
    "virtualmachineclusterinstancetypes.instancetype.kubevirt.io",
    "virtualmachineinstancetypes.instancetype.kubevirt.io",
    "virtualmachineclusterpreferences.instancetype.kubevirt.io",
    "virtualmachinepreferences.instancetype.kubevirt.io",
    "volumesnapshotclasses.snapshot.storage.k8s.io",
    "controllerrevisions.apps",
    "ipamclaims.k8s.cni.cncf.io",
    "cdiconfigs.cdi.kubevirt.io",
}
