"""A small Kubernetes client for the reconcilers: JSON in, JSON out, over HTTPS or straight into the API."""

import json
import urllib.parse
from pathlib import Path
from typing import Any, Protocol

import urllib3

from compute.emulator.api.app import Api
from compute.emulator.api.http import Request
from compute.emulator.behaviour.kinds import POD, Kind
from compute.emulator.values import Json, meta

_TIMEOUT_S = 30


class ApiFailure(Exception):
    """An answer other than success. `reason` is Kubernetes' own, such as Conflict or Forbidden."""

    def __init__(self, code: int, reason: str, message: str) -> None:
        super().__init__(f"{code} {reason}: {message}")
        self.code = code
        self.reason = reason
        self.message = message


class Transport(Protocol):
    """Carries one request and brings back status and body."""

    def send(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]: ...


class HttpsTransport:
    """Requests over the network, as any client makes them. Safe to share between threads."""

    def __init__(self, url: str, token: str, ca_file: Path) -> None:
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}"}
        self._pool = urllib3.PoolManager(ca_certs=str(ca_file), maxsize=8, retries=False)

    def send(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        """Raises urllib3's errors when the server cannot be reached."""
        answer = self._pool.request(
            method,
            f"{self._url}{path}",
            headers={**self._headers, **headers},
            body=body or None,
            timeout=urllib3.Timeout(connect=5, read=_TIMEOUT_S),
        )
        return answer.status, answer.data

    def close(self) -> None:
        """Close the connections."""
        self._pool.clear()


class LocalTransport:
    """Requests handed to the API without a socket; for tests and for the seed."""

    def __init__(self, api: Api, user: str) -> None:
        self._api = api
        self._user = user

    def send(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        parts = urllib.parse.urlsplit(path)
        query = dict(urllib.parse.parse_qsl(parts.query, keep_blank_values=True))
        small = {name.lower(): value for name, value in headers.items()}
        answer = self._api.handle_as(self._user, Request(method, parts.path, query, small, body))
        return answer.status, answer.body


class Client:
    """Verbs on kinds. `manager` becomes the field manager of every write."""

    def __init__(self, transport: Transport, manager: str) -> None:
        self._transport = transport
        self._manager = manager

    def managed_by(self, manager: str) -> "Client":
        """The same client under another field manager."""
        return Client(self._transport, manager)

    def create(self, kind: Kind, obj: Json) -> Json:
        """Create the object in its own namespace. Raises ApiFailure."""
        return self._send("POST", kind.path(meta(obj).get("namespace", "")), obj)

    def ensure(self, kind: Kind, obj: Json) -> Json | None:
        """Create the object unless one of its name exists; None when it does."""
        try:
            return self.create(kind, obj)
        except ApiFailure as failure:
            if failure.reason == "AlreadyExists":
                return None
            raise

    def update(self, kind: Kind, obj: Json, subresource: str = "") -> Json:
        """PUT with the object's resourceVersion. Raises ApiFailure with 409 when it changed meanwhile."""
        return self._send(
            "PUT", kind.path(meta(obj).get("namespace", ""), meta(obj)["name"], subresource), obj
        )

    def update_status(self, kind: Kind, obj: Json, status: Json) -> Json:
        """Replace the status; no request when it is the same."""
        if obj.get("status") == status:
            return obj
        return self.update(kind, {**obj, "status": status}, "status")

    def merge(self, kind: Kind, obj: Json, patch: Json, subresource: str = "") -> Json:
        """Merge patch, whatever the object's state is by now."""
        path = kind.path(meta(obj).get("namespace", ""), meta(obj)["name"], subresource)
        return self._send("PATCH", path, patch, "application/merge-patch+json")

    def json_patch(self, kind: Kind, obj: Json, operations: list[Json], subresource: str = "") -> Json:
        """RFC 6902 patch. Raises ApiFailure with 422 when a `test` fails."""
        path = kind.path(meta(obj).get("namespace", ""), meta(obj)["name"], subresource)
        return self._send("PATCH", path, operations, "application/json-patch+json")

    def bind(self, pod: Json, node: str) -> None:
        """Put a pod on a node, as a scheduler does. Raises ApiFailure with 409 when it is on one already."""
        target = {"apiVersion": "v1", "kind": "Node", "name": node}
        body = {
            "apiVersion": "v1",
            "kind": "Binding",
            "metadata": {"name": meta(pod)["name"]},
            "target": target,
        }
        self._send("POST", POD.path(meta(pod)["namespace"], meta(pod)["name"], "binding"), body)

    def delete(self, kind: Kind, obj: Json, *, policy: str = "Background") -> None:
        """Delete this very object (by uid); one that is gone already is no failure."""
        options = {"preconditions": {"uid": meta(obj)["uid"]}, "propagationPolicy": policy}
        path = kind.path(meta(obj).get("namespace", ""), meta(obj)["name"])
        try:
            self._send("DELETE", path, options)
        except ApiFailure as failure:
            if failure.code != 404:
                raise

    def _send(self, method: str, path: str, body: Any, content_type: str = "application/json") -> Json:
        if method != "DELETE":
            path = f"{path}?fieldManager={self._manager}"
        headers = {"Content-Type": content_type, "User-Agent": f"{self._manager}/emulator"}
        status, answer = self._transport.send(method, path, headers, json.dumps(body).encode())
        parsed: Any = json.loads(answer) if answer else {}
        if status >= 400:
            raise ApiFailure(status, parsed.get("reason", ""), parsed.get("message", ""))
        return dict(parsed)
