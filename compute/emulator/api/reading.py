"""get and list, in the form the client asked for: whole objects, tables, or metadata only."""

import base64
import binascii
import json
from typing import Any

from compute.emulator.api import errors, tables
from compute.emulator.api.http import Request, Response, json_response
from compute.emulator.api.options import int_option, revision_option
from compute.emulator.api.selectors import combined
from compute.emulator.registry import Resource
from compute.emulator.store import HistoryGone, Key, Store, Stored
from compute.emulator.values import Json

TABLE, PARTIAL, PLAIN = "Table", "PartialObjectMetadata", ""


def wanted_form(request: Request) -> str:
    """Which of the forms the Accept header puts first; the plain one when it asks for none we have."""
    for part in request.headers.get("accept", "").split(","):
        media, *parameters = [piece.strip() for piece in part.split(";")]
        named = dict(parameter.split("=", 1) for parameter in parameters if "=" in parameter)
        if media not in {"application/json", "*/*", "application/*"}:
            continue
        form = named.get("as", "")
        if form == TABLE and named.get("g") == "meta.k8s.io":
            return TABLE
        if form.startswith(PARTIAL) and named.get("g") == "meta.k8s.io":
            return PARTIAL
        if not form:
            return PLAIN
    return PLAIN


def in_version(stored: Stored, resource: Resource, version: str) -> str:
    """The object's JSON as served under a version."""
    if version == resource.versions[0]:
        return stored.text
    return json.dumps({**stored.obj, "apiVersion": resource.api_version(version)}, separators=(",", ":"))


def shaped(obj: Json, resource: Resource, version: str, request: Request) -> Json:
    """One object in the form the client asked for."""
    obj = {**obj, "apiVersion": resource.api_version(version)}
    match wanted_form(request):
        case "Table":
            return tables.table(resource, [obj], {}, include=request.query.get("includeObject", "Metadata"))
        case "PartialObjectMetadata":
            return tables.partial(obj)
    return obj


class Reader:
    """Answers from the store; never writes."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def one(self, resource: Resource, version: str, key: Key, request: Request) -> Response:
        """One object. Raises 404, and 504 for a resourceVersion that is not reached yet."""
        asked = revision_option(request)
        if asked is not None and asked > self._store.revision:
            raise errors.too_large_revision(asked, self._store.revision)
        stored = self._store.get(key)
        if stored is None:
            raise errors.not_found(resource, key.name)
        if wanted_form(request) == PLAIN:
            return Response(body=in_version(stored, resource, version).encode())
        return json_response(shaped(stored.obj, resource, version, request))

    def many(self, resource: Resource, version: str, namespace: str | None, request: Request) -> Response:
        """A page of objects, in the order of namespace and name. Raises 400, 410 and 504."""
        found, metadata = self.page(resource, namespace, request)
        match wanted_form(request):
            case "Table":
                include = request.query.get("includeObject", "Metadata")
                objects = [{**stored.obj, "apiVersion": resource.api_version(version)} for stored in found]
                return json_response(tables.table(resource, objects, metadata, include=include))
            case "PartialObjectMetadata":
                items = [tables.partial(stored.obj) for stored in found]
                kind = {"kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1"}
                return json_response({**kind, "metadata": metadata, "items": items})
        head = {
            "kind": f"{resource.kind}List",
            "apiVersion": resource.api_version(version),
            "metadata": metadata,
        }
        texts = ",".join(in_version(stored, resource, version) for stored in found)
        return Response(body=f'{json.dumps(head, separators=(",", ":"))[:-1]},"items":[{texts}]}}'.encode())

    def page(self, resource: Resource, namespace: str | None, request: Request) -> tuple[list[Stored], Json]:
        """The objects of one page and the list's metadata.

        A later page is read from the state of the first one, reconstructed from the history.
        """
        label_selector, field_selector = (
            request.query.get("labelSelector", ""),
            request.query.get("fieldSelector", ""),
        )
        predicate = combined(label_selector, field_selector, resource)
        limit = int_option(request, "limit") or 0
        token = request.query.get("continue", "")
        revision, start = _decoded(token) if token else (self._list_revision(request), None)
        with self._store.lock:
            current = self._store.revision
            at = current if revision is None else revision
            try:
                found = (
                    self._store.select(resource.id, namespace)
                    if at == current
                    else self._store.select_at(resource.id, namespace, at)
                )
            except HistoryGone as gone:
                raise _gone(at, gone.oldest, bool(token)) from gone
        if start is not None:
            found = [stored for stored in found if (stored.key.namespace, stored.key.name) > start]
        if predicate is not None:
            found = [stored for stored in found if predicate(stored.obj)]
        metadata: Json = {"resourceVersion": str(at)}
        if limit and len(found) > limit:
            last = found[limit - 1].key
            metadata["continue"] = _encoded(at, (last.namespace, last.name))
            if predicate is None:
                metadata["remainingItemCount"] = len(found) - limit
            found = found[:limit]
        return found, metadata

    def _list_revision(self, request: Request) -> int | None:
        """The exact revision a list has to show; None for the present one."""
        asked, rule = revision_option(request), request.query.get("resourceVersionMatch", "")
        if rule and asked is None:
            raise errors.bad_request("resourceVersionMatch is forbidden unless resourceVersion is provided")
        if rule not in {"", "Exact", "NotOlderThan"}:
            raise errors.bad_request(f'resourceVersionMatch: Unsupported value: "{rule}"')
        if asked is not None and asked > self._store.revision:
            raise errors.too_large_revision(asked, self._store.revision)
        return asked if rule == "Exact" and asked else None


def _encoded(revision: int, start: tuple[str, str]) -> str:
    return (
        base64.urlsafe_b64encode(json.dumps({"rv": revision, "start": start}).encode()).decode().rstrip("=")
    )


def _decoded(token: str) -> tuple[int, tuple[str, str]]:
    try:
        content: Any = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        namespace, name = content["start"]
        return int(content["rv"]), (str(namespace), str(name))
    except (ValueError, KeyError, TypeError, binascii.Error) as error:
        raise errors.bad_request("continue key is not valid") from error


def _gone(asked: int, oldest: int, is_continued: bool) -> errors.ApiError:
    if is_continued:
        return errors.expired(
            "The provided continue parameter is too old to display a consistent list result. You can start a new list "
            "without the continue parameter."
        )
    return errors.expired(f"too old resource version: {asked} ({oldest})")
