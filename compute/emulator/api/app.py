"""The API as a function from request to response: authentication, faults, routing to the verbs."""

import dataclasses
import hmac
import json
import time
from collections.abc import Callable, Mapping
from typing import Any

import yaml

from compute.emulator.api import errors, patches, protobuf
from compute.emulator.api.admission import Admission, require_json_object
from compute.emulator.api.definitions import DEFINITIONS, Definitions, established
from compute.emulator.api.deleting import Deleter, delete_options
from compute.emulator.api.discovery import VERSION, Discovery
from compute.emulator.api.errors import ApiError
from compute.emulator.api.http import DropConnection, Request, Response, json_response
from compute.emulator.api.openapi import OpenApi
from compute.emulator.api.options import write_options
from compute.emulator.api.paths import ResourcePath, parse_resource_path, split_path
from compute.emulator.api.reading import Reader, shaped
from compute.emulator.api.watching import WatchService
from compute.emulator.api.writing import Outcome, Target, Writer
from compute.emulator.observing import Counters, Faults, RequestLog
from compute.emulator.registry import Registry, Resource
from compute.emulator.store import Key, Store
from compute.emulator.values import Json, dig, meta, planted

# Requests of this user are the emulator's own: neither recorded nor met by faults.
CONTROLLER_USER = "system:serviceaccount:emulator:controller"
_YAML_TYPES = {"application/yaml", "application/x-yaml", "text/yaml", patches.APPLY_PATCH}
_JSON_TYPES = {"", "application/json", patches.JSON_PATCH, patches.MERGE_PATCH, patches.STRATEGIC_PATCH}

_BODY_TYPES = ("application/json", "application/yaml", protobuf.CONTENT_TYPE)

PathHandler = Callable[[list[str], Request], Response | None]


class Api:
    """Everything the server answers. `tokens` maps a bearer token to the user it stands for."""

    def __init__(
        self, store: Store, registry: Registry, tokens: Mapping[str, str], *, bookmark_s: float = 30.0
    ) -> None:
        self.store = store
        self.registry = registry
        self.requests = RequestLog()
        self.faults = Faults()
        self.counters = Counters()
        self.admission = Admission(store, registry)
        self.admission.plug(DEFINITIONS, established)
        self.definitions = Definitions(store, registry)
        self.definitions.sync()
        self._tokens = dict(tokens)
        self._reader = Reader(store)
        self._writer = Writer(store, self.admission)
        self._deleter = Deleter(store, self.admission, self._writer)
        self._watches = WatchService(store, bookmark_s=bookmark_s)
        self._discovery = Discovery(registry)
        self._openapi = OpenApi(registry)
        self._path_handlers: dict[str, PathHandler] = {}
        self._stream_handlers: dict[str, PathHandler] = {}

    def plug(self, first_segment: str, handler: PathHandler) -> None:
        """Serve paths below `/{first_segment}` by a handler of one's own, behind authentication."""
        self._path_handlers[first_segment] = handler

    def plug_stream(self, first_segment: str, handler: PathHandler) -> None:
        """Serve paths below `/{first_segment}` by a handler that reads the body itself and checks its own tokens."""
        self._stream_handlers[first_segment] = handler

    def takes_stream(self, path: str) -> bool:
        """Whether the body of a request to the path is to be handed over as a stream."""
        return (
            bool(self._stream_handlers)
            and split_path(path)[:1] != []
            and split_path(path)[0] in self._stream_handlers
        )

    # ------------------------------------------------------------------ entry

    def handle(self, request: Request) -> Response:
        """The answer to a request from outside. Raises DropConnection only."""
        response = _answered(lambda: self._open_answer(request) or self._guarded(request))
        self.counters.count(request.method, response.status)
        return response

    def handle_as(self, user: str, request: Request) -> Response:
        """The answer to a request of the emulator itself, which needs no token."""
        request.user = user
        return _answered(lambda: self.dispatch(request))

    def _open_answer(self, request: Request) -> Response | None:
        """What needs no token of ours."""
        segments = split_path(request.path)
        if segments and segments[0] in self._stream_handlers:
            return self._stream_handlers[segments[0]](segments, request)
        match segments:
            case ["healthz" | "livez" | "readyz", *_]:
                return Response(body=b"ok", content_type="text/plain; charset=utf-8")
            case ["version"]:
                return json_response(VERSION)
            case ["metrics"]:
                gauges = {
                    "objects": self.store.size(),
                    "watches": self.store.watcher_count(),
                    "resource_version": self.store.revision,
                }
                return Response(
                    body=self.counters.text(gauges).encode(), content_type="text/plain; version=0.0.4"
                )
        return None

    def _guarded(self, request: Request) -> Response:
        request.user = self._authenticate(request)
        segments = split_path(request.path)
        is_plugged = bool(segments) and segments[0] in self._path_handlers
        if request.user != CONTROLLER_USER and not is_plugged:
            query = "&".join(f"{key}={value}" for key, value in request.query.items())
            full_path = f"{request.path}?{query}" if query else request.path
            self.requests.add(request.method, full_path, request.user_agent)
            self._misbehave(request.method, full_path)
        return self.dispatch(request)

    def _authenticate(self, request: Request) -> str:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            for known, user in self._tokens.items():
                if hmac.compare_digest(known.encode(), token.strip().encode()):
                    return user
        raise errors.unauthorized()

    def _misbehave(self, method: str, path: str) -> None:
        fault = self.faults.take(method, path)
        if fault is None:
            return
        if fault.latency_s:
            time.sleep(fault.latency_s)
        if fault.drop:
            raise DropConnection
        if fault.status is not None:
            reasons = {
                409: "Conflict",
                410: "Expired",
                429: "TooManyRequests",
                500: "InternalError",
                503: "ServiceUnavailable",
            }
            reason = fault.reason or reasons.get(fault.status, "")
            raise ApiError(fault.status, reason, fault.message)

    # ------------------------------------------------------------------ routing

    def dispatch(self, request: Request) -> Response:
        """The answer to an authenticated request. Raises ApiError."""
        segments = split_path(request.path)
        if segments and segments[0] in self._path_handlers:
            found = self._path_handlers[segments[0]](segments, request)
            if found is not None:
                return found
        if request.method == "GET":
            found = self._discovery.answer(segments, request) or self._openapi.answer(segments)
            if found is not None:
                return found
        path = parse_resource_path(segments)
        if path is None:
            raise errors.PageNotFound
        virtual = self.registry.find_virtual(path.group, path.version, path.plural)
        if virtual is not None:
            return virtual.handler(request, path)
        resource = self.registry.find(path.group, path.version, path.plural)
        if resource is None or (path.namespace and not resource.namespaced):
            raise errors.PageNotFound
        return self._resource_answer(resource, path, request)

    def _resource_answer(self, resource: Resource, path: ResourcePath, request: Request) -> Response:
        if resource.namespaced and not path.namespace and path.name:
            raise errors.no_such_path()
        if path.name:
            if path.subresource:
                return self._subresource(resource, path, request)
            return self._one(resource, path, request)
        return self._collection(resource, path, request)

    def _collection(self, resource: Resource, path: ResourcePath, request: Request) -> Response:
        namespace = path.namespace if path.namespace else None
        match request.method:
            case "GET" if request.flag("watch"):
                return self._watches.watch(resource, path.version, namespace, request)
            case "GET":
                return self._reader.many(resource, path.version, namespace, request)
            case "POST" if namespace or not resource.namespaced:
                target = Target(resource, path.version, Key(resource.id, path.namespace, ""))
                body = require_json_object(parsed_body(request))
                return self._written(
                    resource, path, request, self._writer.create(target, body, write_options(request))
                )
            case "DELETE" if namespace or not resource.namespaced:
                return self._delete_collection(resource, path, request)
        raise errors.method_not_allowed()

    def _one(self, resource: Resource, path: ResourcePath, request: Request) -> Response:
        target = Target(resource, path.version, Key(resource.id, path.namespace, path.name))
        match request.method:
            case "GET" if request.flag("watch"):
                request.query["fieldSelector"] = f"metadata.name={path.name}"
                return self._watches.watch(resource, path.version, path.namespace or None, request)
            case "GET":
                return self._reader.one(resource, path.version, target.key, request)
            case "PUT" | "PATCH":
                return self._written(resource, path, request, self._change(target, request))
            case "DELETE":
                return self._delete(target, request)
        raise errors.method_not_allowed()

    def _subresource(self, resource: Resource, path: ResourcePath, request: Request) -> Response:
        offered = {*resource.subresources, *(["status"] if resource.has_status else [])}
        if path.subresource not in offered:
            raise errors.no_such_path()
        target = Target(resource, path.version, Key(resource.id, path.namespace, path.name), path.subresource)
        match request.method:
            case "GET":
                return self._reader.one(resource, path.version, target.key, request)
            case "POST" if path.subresource == "binding":
                return self._bind(target, request)
            case "PUT" | "PATCH":
                return self._written(resource, path, request, self._change(target, request))
        raise errors.method_not_allowed()

    # ------------------------------------------------------------------ verbs

    def _bind(self, target: Target, request: Request) -> Response:
        """Put a pod on a node. Raises 409 when it is on one already."""
        node = dig(require_json_object(parsed_body(request)), "target", "name")

        def bound(pod: Json) -> Json:
            if dig(pod, "spec", "nodeName"):
                why = f'pod {target.key.name} is already assigned to node "{pod["spec"]["nodeName"]}"'
                raise errors.conflict(target.resource, target.key.name, why)
            return planted(pod, ("spec", "nodeName"), node)

        self._writer.change(dataclasses.replace(target, subresource=""), bound, write_options(request))
        return json_response(
            {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}, 201
        )

    def _change(self, target: Target, request: Request) -> Outcome:
        options = write_options(request)
        resource, name = target.resource, target.key.name
        if request.method == "PUT":
            return self._writer.replace(target, require_json_object(parsed_body(request)), options)
        accepted = [patches.JSON_PATCH, patches.MERGE_PATCH, patches.APPLY_PATCH]
        if not resource.custom:
            accepted.append(patches.STRATEGIC_PATCH)
        if request.content_type not in accepted:
            raise errors.unsupported_media_type(tuple(accepted))
        body = parsed_body(request)
        match request.content_type:
            case patches.JSON_PATCH:
                return self._writer.change(
                    target, lambda obj: patches.json_patched(obj, body, resource, name), options
                )
            case patches.MERGE_PATCH:
                patch = require_json_object(body)
                return self._writer.change(
                    target, lambda obj: require_json_object(patches.merge_patched(obj, patch)), options
                )
            case patches.STRATEGIC_PATCH:
                patch = require_json_object(body)
                return self._writer.change(
                    target, lambda obj: patches.strategic_patched(obj, patch, resource), options
                )
        if not request.query.get("fieldManager"):
            raise ApiError(
                422,
                "Invalid",
                'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
                causes=(
                    errors.Cause(
                        "FieldValueRequired", "Required value: is required for apply patch", "fieldManager"
                    ),
                ),
            )
        return self._writer.apply(target, require_json_object(body), options)

    def _written(
        self, resource: Resource, path: ResourcePath, request: Request, outcome: Outcome
    ) -> Response:
        if resource.id == DEFINITIONS:
            self.definitions.sync()
        shown = shaped(outcome.obj, resource, path.version, request)
        response = json_response(shown, 201 if outcome.is_created else 200)
        for warning in outcome.warnings[:10]:
            text = warning.replace("\\", "\\\\").replace('"', '\\"')
            response.headers["Warning"] = f'299 - "{text}"'
        return response

    def _delete(self, target: Target, request: Request) -> Response:
        body = parsed_body(request) if request.body.strip() else None
        options = delete_options(request.query, body if isinstance(body, dict) else None, request.user)
        obj, is_gone = self._deleter.delete(target, options)
        resource = target.resource
        if not is_gone:
            return json_response(shaped(obj, resource, target.version, request))
        if resource.id == DEFINITIONS:
            self.definitions.sync()
        details: Json = {
            "name": target.key.name,
            "group": resource.group,
            "kind": resource.plural,
            "uid": meta(obj)["uid"],
        }
        if not resource.group:
            del details["group"]
        return json_response(
            {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}
        )

    def _delete_collection(self, resource: Resource, path: ResourcePath, request: Request) -> Response:
        body = parsed_body(request) if request.body.strip() else None
        options = delete_options(request.query, body if isinstance(body, dict) else None, request.user)
        found, metadata = self._reader.page(resource, path.namespace or None, request)
        deleted = []
        for stored in found:
            try:
                obj, _ = self._deleter.delete(Target(resource, path.version, stored.key), options)
            except ApiError as error:
                if error.code == 404:
                    continue
                raise
            deleted.append({**obj, "apiVersion": resource.api_version(path.version)})
        if resource.id == DEFINITIONS:
            self.definitions.sync()
        kind = {"kind": f"{resource.kind}List", "apiVersion": resource.api_version(path.version)}
        return json_response({**kind, "metadata": metadata, "items": deleted})


def _answered(answer: Callable[[], Response]) -> Response:
    """The response, a Status object where an ApiError was raised."""
    try:
        return answer()
    except errors.PageNotFound as error:
        return Response(404, f"{error.message}\n".encode(), "text/plain; charset=utf-8")
    except ApiError as error:
        response = json_response(error.status(), error.code)
        if error.code == 401:
            response.headers["WWW-Authenticate"] = "Bearer"
        return response


def parsed_body(request: Request) -> Any:
    """The body as JSON or, where the content type says so, YAML. Raises 400 and 415."""
    kind = request.content_type
    if kind == protobuf.CONTENT_TYPE:
        try:
            return protobuf.decoded(request.body)
        except (protobuf.NotReadable, UnicodeDecodeError) as error:
            raise errors.unsupported_media_type(_BODY_TYPES) from error
    if kind not in _JSON_TYPES | _YAML_TYPES:
        raise errors.unsupported_media_type(_BODY_TYPES)
    try:
        text = request.body.decode()
        # JSON is YAML too, and parsing it as JSON is far faster.
        if kind in _JSON_TYPES or text.lstrip().startswith("{"):
            return json.loads(text)
        return json.loads(json.dumps(yaml.safe_load(text), default=str))
    except (ValueError, yaml.YAMLError) as error:
        raise errors.bad_request(
            f"the object provided is unrecognized: couldn't parse the body: {error}"
        ) from error
