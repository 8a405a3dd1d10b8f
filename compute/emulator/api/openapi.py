"""/openapi/v3: the minimal documents that let `kubectl create` and `kubectl apply` validate and go on.

kubectl looks for operations that carry the kind and the fieldValidation parameter; the schemas say only "any object",
or the CustomResourceDefinition's own schema where one is registered. Strategic merge patch is left out on purpose:
where a document offers it, `kubectl apply` wants the merge keys of every list from the schema, else it uses its own.
Source: kubernetes.md 2.4.
"""

import hashlib

from compute.emulator.api.http import Response, dump, json_response
from compute.emulator.registry import Registry, Resource
from compute.emulator.values import Json

_PARAMETERS = [
    {"name": name, "in": "query", "schema": {"type": "string", "uniqueItems": True}}
    for name in ("dryRun", "fieldManager", "fieldValidation", "force")
]
_PATCH_TYPES = (
    "application/apply-patch+yaml",
    "application/json-patch+json",
    "application/merge-patch+json",
)


class OpenApi:
    """Documents made from the registry on request."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def answer(self, segments: list[str]) -> Response | None:
        """The document at a path, None when there is none."""
        match segments:
            case ["openapi", "v3"]:
                return json_response({"paths": dict(self._index())})
            case ["openapi", "v3", "api", version]:
                return self._document("", version)
            case ["openapi", "v3", "apis", group, version]:
                return self._document(group, version)
        return None

    def _index(self) -> list[tuple[str, Json]]:
        entries = []
        for group, versions in self._registry.groups().items():
            for version in versions:
                path = f"apis/{group}/{version}" if group else f"api/{version}"
                document = self._document(group, version)
                body = document.body if document else b""
                digest = hashlib.sha256(body).hexdigest()[:32].upper()
                entries.append((path, {"serverRelativeURL": f"/openapi/v3/{path}?hash={digest}"}))
        return entries

    def _document(self, group: str, version: str) -> Response | None:
        resources = [r for r in self._registry.all() if r.group == group and version in r.versions]
        if not resources and version not in self._registry.groups().get(group, []):
            return None
        paths: Json = {}
        schemas: Json = {}
        for resource in resources:
            name = f"emulator.{resource.group or 'core'}.{version}.{resource.kind}"
            schemas[name] = _schema(resource, version)
            paths |= _paths(resource, version, name)
        body = {
            "openapi": "3.0.0",
            "info": {"title": "SSVirt emulator", "version": "v1"},
            "paths": paths,
            "components": {"schemas": schemas},
        }
        return Response(body=dump(body))


def _kind(resource: Resource, version: str) -> Json:
    return {"group": resource.group, "version": version, "kind": resource.kind}


def _schema(resource: Resource, version: str) -> Json:
    known = resource.schema or {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    return {**known, "x-kubernetes-group-version-kind": [_kind(resource, version)]}


def _paths(resource: Resource, version: str, schema: str) -> Json:
    base = f"/apis/{resource.group}/{version}" if resource.group else f"/api/{version}"
    collection = (
        f"{base}/namespaces/{{namespace}}/{resource.plural}"
        if resource.namespaced
        else f"{base}/{resource.plural}"
    )
    reference = {"schema": {"$ref": f"#/components/schemas/{schema}"}}
    answers = {"200": {"description": "OK", "content": {"application/json": reference}}}

    def operation(
        action: str, media: tuple[str, ...] = ("application/json",), *, has_body: bool = True
    ) -> Json:
        described: Json = {
            "responses": answers,
            "x-kubernetes-action": action,
            "x-kubernetes-group-version-kind": _kind(resource, version),
        }
        if has_body:
            described["parameters"] = _PARAMETERS
            described["requestBody"] = {"content": dict.fromkeys(media, reference)}
        return described

    return {
        collection: {"get": operation("list", has_body=False), "post": operation("post")},
        f"{collection}/{{name}}": {
            "get": operation("get", has_body=False),
            "put": operation("put"),
            "patch": operation("patch", _PATCH_TYPES),
            "delete": operation("delete", has_body=False),
        },
    }
