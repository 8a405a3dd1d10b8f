"""The one way to a cluster: dicts in and out, errors of `ssvirt.core.errors`, bounded in time.

Every call ends within the time-outs below, which are shorter than a task's lease. Nothing is retried here but
an idempotent request whose kept-alive connection turned out dead; retrying is the task engine's business.
"""

import json
import os
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal
from urllib.parse import quote, urlencode
from uuid import UUID

import structlog
import urllib3
from prometheus_client import Counter, Histogram

from compute.cluster.connection import connect, kubeconfig_file
from compute.cluster.errors import API_NOT_SERVED, ClusterGone, error_of
from compute.cluster.kinds import KINDS, SUBRESOURCES, object_path
from compute.cluster.stream import WatchStream
from compute.cluster.vnc import StreamEndpoint
from compute.models import Cluster
from compute.names import FIELD_MANAGER
from ssvirt import __version__
from ssvirt.core.errors import ClusterError, ClusterNotFound, ClusterUnavailable

log = structlog.get_logger(__name__)

Object = dict[str, Any]
Propagation = Literal["Foreground", "Background", "Orphan"]
VmAction = Literal["start", "stop", "restart"]
VmiAction = Literal["pause", "unpause", "softreboot", "reset"]

CONNECT_TIMEOUT_S: Final = 3.0
READ_TIMEOUT_S: Final = 20.0
# Somebody waits for the answer of an API request meanwhile.
INTERACTIVE_TIMEOUT_S: Final = 5.0
# A watch with bookmarks hears something each minute; a longer silence is a dead connection.
# Source: apiserver, defaultBookmarkFrequency.
WATCH_SILENCE_S: Final = 90.0
_JSON: Final = "application/json"
_APPLY: Final = "application/apply-patch+yaml"  # JSON is YAML
_MERGE: Final = "application/merge-patch+json"

_SECONDS = Histogram(
    "ssvirt_cluster_request_seconds",
    "Duration of requests to a cluster.",
    ["verb", "kind"],
    buckets=(0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30),
)
_ERRORS = Counter("ssvirt_cluster_errors", "Requests to a cluster that failed.", ["verb", "kind", "error"])


class ClusterClient:
    """A cluster's API. Safe to use from several threads; not across a fork (`client_for` sees to that).

    Errors of every method: ClusterUnavailable (try again later), ClusterConflict, ClusterRejected (never will
    succeed), ClusterNotFound.
    """

    def __init__(self, api_client: Any, *, subresource_url: str = "") -> None:
        self._configuration = api_client.configuration
        self._pool: urllib3.PoolManager = api_client.rest_client.pool_manager
        self._host = str(self._configuration.host).rstrip("/")
        self._subresource_host = subresource_url.rstrip("/") or self._host
        self._user_agent = f"ssvirt/{__version__}"

    # --- Objects ----------------------------------------------------------------------------------------

    def apply(self, manifest: Mapping[str, Any], *, force: bool = True) -> Object:
        """Server-side apply of the whole object we own; the object as stored. Idempotent.

        `force` False ends in ClusterConflict, naming the fields, where another manager owns what we change.
        """
        kind, meta = manifest["kind"], manifest["metadata"]
        if KINDS[kind].api_version != manifest["apiVersion"]:
            raise ValueError(f"{kind} is used as {KINDS[kind].api_version}, not {manifest['apiVersion']}")
        return self._json(
            "PATCH",
            kind,
            object_path(kind, meta["name"], meta.get("namespace")),
            query={"fieldManager": FIELD_MANAGER, "force": "true" if force else "false"},
            body=manifest,
            content_type=_APPLY,
            is_idempotent=True,
        )

    def create(self, manifest: Mapping[str, Any]) -> Object:
        """Create (POST): for what cannot be applied, a generated name or a request such as an upload token.

        Not idempotent; ClusterConflict when the name is taken.
        """
        kind, meta = manifest["kind"], manifest["metadata"]
        path = object_path(kind, None, meta.get("namespace"))
        return self._json("POST", kind, path, query={"fieldManager": FIELD_MANAGER}, body=manifest)

    def get(self, kind: str, name: str, namespace: str | None = None) -> Object | None:
        """The object, or None when it does not exist. ClusterNotFound when the cluster lacks the kind."""
        try:
            return self._json("GET", kind, object_path(kind, name, namespace), is_idempotent=True)
        except ClusterNotFound as error:
            if error.reason == API_NOT_SERVED:
                raise
            return None

    def delete(
        self,
        kind: str,
        name: str,
        namespace: str | None = None,
        *,
        propagation: Propagation = "Foreground",
        grace_period_s: int | None = None,
        uid: str | None = None,
    ) -> bool:
        """Ask for deletion; False when the object is absent already. It is gone when finalizers have run.

        With `uid`, ClusterConflict when the object of that name is another one.
        """
        options: Object = {"propagationPolicy": propagation}
        if grace_period_s is not None:
            options["gracePeriodSeconds"] = grace_period_s
        if uid is not None:
            options["preconditions"] = {"uid": uid}
        try:
            self._send("DELETE", kind, object_path(kind, name, namespace), body=options, is_idempotent=True)
        except ClusterNotFound as error:
            if error.reason == API_NOT_SERVED:
                raise
            return False
        return True

    def delete_collection(self, kind: str, namespace: str, label_selector: str) -> None:
        """Ask for deletion of every object of `kind` in `namespace` that the selector matches."""
        if not namespace or not label_selector:
            raise ValueError("deleting a collection needs a namespace and a selector")
        self._send(
            "DELETE",
            kind,
            object_path(kind, None, namespace),
            query={"labelSelector": label_selector},
            body={"propagationPolicy": "Foreground"},
            is_idempotent=True,
        )

    def patch_merge(self, kind: str, name: str, namespace: str | None, body: Mapping[str, Any]) -> Object:
        """JSON merge patch: None removes a key, lists are replaced whole."""
        return self._json(
            "PATCH",
            kind,
            object_path(kind, name, namespace),
            query={"fieldManager": FIELD_MANAGER},
            body=body,
            content_type=_MERGE,
        )

    # --- Subresources -----------------------------------------------------------------------------------

    def vm_action(
        self, namespace: str, name: str, action: VmAction, body: Mapping[str, Any] | None = None
    ) -> None:
        """Start, stop or restart a VirtualMachine; ClusterConflict when its state does not allow it.

        `body`: stop {gracePeriod}, restart {gracePeriodSeconds: 0}, start {paused}; seconds.
        Source: kubevirt virt-api; contract kubernetes.md 1.4.
        """
        self._subresource("virtualmachines", namespace, name, action, body)

    def vmi_action(
        self, namespace: str, name: str, action: VmiAction, body: Mapping[str, Any] | None = None
    ) -> None:
        """Pause, unpause, soft reboot or reset a running machine; ClusterConflict when its state does not
        allow it, ClusterNotFound when it does not run. Source: as `vm_action`.
        """
        self._subresource("virtualmachineinstances", namespace, name, action, body)

    def vmi_screenshot(self, namespace: str, name: str) -> bytes:
        """A PNG of what a running machine shows; ClusterConflict when it does not run. Source: as `vm_action`."""
        return self._send(
            "GET",
            "virtualmachineinstances/vnc/screenshot",
            _subresource_path("virtualmachineinstances", namespace, name, "vnc/screenshot"),
            host=self._subresource_host,
            accept="image/png, */*",
            read_timeout_s=INTERACTIVE_TIMEOUT_S,
            is_idempotent=True,
        )

    def vnc_endpoint(self, namespace: str, name: str) -> StreamEndpoint:
        """Where, and with which credentials, the VNC stream of a running machine opens. May renew a token."""
        path = _subresource_path("virtualmachineinstances", namespace, name, "vnc")
        return StreamEndpoint(
            url="ws" + self._subresource_host.removeprefix("http") + path,
            headers=self._headers(None),
            ssl_context=self._pool.connection_pool_kw.get("ssl_context"),
            proxy=str(self._configuration.proxy or ""),
        )

    def pod_usage(self, namespace: str, label_selector: str) -> list[Object]:
        """What the pods of a selector use, as the metrics API has measured it last: PodMetrics.

        ClusterNotFound where no metrics API is served. Source: metrics.k8s.io v1beta1 PodMetricsList.
        """
        path = f"/apis/metrics.k8s.io/v1beta1/namespaces/{quote(namespace, safe='')}/pods"
        answer = self._json(
            "GET",
            "PodMetrics",
            path,
            query={"labelSelector": label_selector},
            read_timeout_s=INTERACTIVE_TIMEOUT_S,
            is_idempotent=True,
        )
        return answer.get("items") or []

    def _subresource(
        self, plural: str, namespace: str, name: str, action: str, body: Mapping[str, Any] | None
    ) -> None:
        path = _subresource_path(plural, namespace, name, action)
        self._send("PUT", f"{plural}/{action}", path, body=body, host=self._subresource_host)

    # --- Lists and watches ------------------------------------------------------------------------------

    def list_pages(
        self, kind: str, *, namespace: str | None = None, label_selector: str | None = None, limit: int = 500
    ) -> Iterator[tuple[list[Object], str]]:
        """The collection page by page: (items, resource version of the list, the same for all pages).

        Drop each page before the next: parsed machines cost ~85 KB each. ClusterGone when paging took longer
        than the server keeps the snapshot: start over.
        """
        query = {"limit": str(limit)}
        if label_selector:
            query["labelSelector"] = label_selector
        path = object_path(kind, None, namespace)
        while True:
            page = self._json("GET", kind, path, query=query, verb="LIST", is_idempotent=True)
            meta = page.get("metadata") or {}
            items = page.pop("items", None) or []
            del page
            yield items, str(meta.get("resourceVersion") or "")
            del items
            if not meta.get("continue"):
                return
            query["continue"] = meta["continue"]

    def watch(
        self,
        kind: str,
        *,
        resource_version: str,
        namespace: str | None = None,
        label_selector: str | None = None,
        timeout_s: int = 300,
    ) -> WatchStream:
        """Events after `resource_version`: (ADDED | MODIFIED | DELETED | BOOKMARK, object); see WatchStream.

        Raises ClusterGone here or while iterating when the resource version is too old.
        """
        query = {
            "watch": "true",
            "resourceVersion": resource_version,
            "allowWatchBookmarks": "true",
            "timeoutSeconds": str(timeout_s),
        }
        if label_selector:
            query["labelSelector"] = label_selector
        response = self._request(
            "GET",
            self._host + object_path(kind, None, namespace) + "?" + urlencode(query),
            body=None,
            content_type=_JSON,
            read_timeout_s=min(WATCH_SILENCE_S, timeout_s + READ_TIMEOUT_S),
            preload=False,
        )
        if response.status >= 300:
            raise error_of(response.status, response.data)
        return WatchStream(response)

    # --- The cluster itself -----------------------------------------------------------------------------

    def version(self) -> Object:
        """Kubernetes' version: {gitVersion, ...}. The cheapest proof that the cluster answers."""
        return self._json("GET", "version", "/version", is_idempotent=True)

    def has_api(self, group_version: str) -> bool:
        """True when the cluster serves `group_version` ("aaq.kubevirt.io/v1alpha1")."""
        try:
            self._send("GET", "apis", f"/apis/{group_version}", is_idempotent=True)
        except ClusterNotFound:
            return False
        return True

    # --- Requests ---------------------------------------------------------------------------------------

    def _json(self, method: str, kind: str, path: str, **options: Any) -> Object:
        data = self._send(method, kind, path, **options)
        try:
            answer = json.loads(data)
        except ValueError as error:
            raise ClusterUnavailable("the cluster sent what is no JSON", reason="BadAnswer") from error
        if not isinstance(answer, dict):
            raise ClusterUnavailable("the cluster sent no object", reason="BadAnswer")
        return answer

    def _send(
        self,
        method: str,
        kind: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        content_type: str = _JSON,
        host: str = "",
        verb: str = "",
        accept: str = _JSON,
        read_timeout_s: float = READ_TIMEOUT_S,
        is_idempotent: bool = False,
    ) -> bytes:
        """The body of the answer. Raises the mapped error; counts and times the call."""
        url = (host or self._host) + path + (f"?{urlencode(query)}" if query else "")
        data = None if body is None else json.dumps(body).encode()
        verb, started = verb or method, time.monotonic()
        try:
            response = self._request(
                method,
                url,
                body=data,
                content_type=content_type,
                accept=accept,
                read_timeout_s=read_timeout_s,
                is_idempotent=is_idempotent,
            )
            if response.status >= 300:
                raise error_of(response.status, response.data)
        except ClusterError as error:
            _ERRORS.labels(verb, kind, type(error).__name__).inc()
            raise
        finally:
            _SECONDS.labels(verb, kind).observe(time.monotonic() - started)
        if warning := response.headers.get("Warning"):
            # An unknown field was dropped, or an API is deprecated: the cluster is another than we think.
            log.warning("cluster_warning", verb=verb, kind=kind, warning=warning[:500])
        return response.data

    def _request(
        self,
        method: str,
        url: str,
        *,
        body: bytes | None,
        content_type: str,
        accept: str = _JSON,
        read_timeout_s: float = READ_TIMEOUT_S,
        preload: bool = True,
        is_idempotent: bool = False,
    ) -> urllib3.BaseHTTPResponse:
        for is_last in (not is_idempotent, True):
            try:
                return self._pool.request(
                    method,
                    url,
                    body=body,
                    headers=self._headers(content_type if body is not None else None, accept),
                    timeout=urllib3.Timeout(connect=CONNECT_TIMEOUT_S, read=read_timeout_s),
                    retries=False,
                    redirect=False,
                    preload_content=preload,
                )
            except urllib3.exceptions.ProtocolError as error:
                # The server closed a kept-alive connection just as we used it.
                if is_last:
                    raise ClusterUnavailable(_text(error), reason="ConnectionBroken") from error
            except (urllib3.exceptions.HTTPError, OSError) as error:
                raise ClusterUnavailable(_text(error), reason=type(error).__name__) from error
        raise AssertionError("unreachable")

    def _headers(self, content_type: str | None, accept: str = _JSON) -> dict[str, str]:
        headers = {"Accept": accept, "User-Agent": self._user_agent}
        if content_type is not None:
            headers["Content-Type"] = content_type
        try:
            # Renews an expiring token, too. Source: kubernetes Configuration.refresh_api_key_hook.
            token = self._configuration.get_api_key_with_prefix("BearerToken", alias="authorization")
        except Exception as error:
            raise ClusterUnavailable("the credential cannot be renewed", reason="BadCredentials") from error
        if token:
            headers["Authorization"] = token
        return headers


def _subresource_path(plural: str, namespace: str, name: str, action: str) -> str:
    return f"{SUBRESOURCES}/namespaces/{quote(namespace, safe='')}/{plural}/{quote(name, safe='')}/{action}"


def _text(error: BaseException) -> str:
    """What happened, without urllib3's object addresses."""
    cause = error.__cause__ or error.__context__ or error
    return f"{type(error).__name__}: {cause}"[:500]


_lock = threading.Lock()
_clients: dict[UUID, tuple[tuple[object, ...], ClusterClient]] = {}


def client_for(cluster: Cluster) -> ClusterClient:
    """The process's client of `cluster`: made anew when the row or its kubeconfig file changed.

    Raises ClusterUnavailable when the credentials cannot be read.
    """
    version = (cluster.updated_at, cluster.kubeconfig_path, cluster.subresource_url, _modified_at(cluster))
    with _lock:
        known = _clients.get(cluster.pk)
        if known is not None and known[0] == version:
            return known[1]
        client = ClusterClient(connect(cluster), subresource_url=cluster.subresource_url)
        _clients[cluster.pk] = (version, client)
        return client


def _modified_at(cluster: Cluster) -> int | None:
    path = kubeconfig_file(cluster)
    try:
        return path.stat().st_mtime_ns if path is not None else None
    except OSError:
        return None


def _forget_clients() -> None:
    """A child process must not speak on its parent's connections."""
    global _lock
    _lock = threading.Lock()
    _clients.clear()


os.register_at_fork(after_in_child=_forget_clients)

__all__ = ["ClusterClient", "ClusterGone", "client_for"]
