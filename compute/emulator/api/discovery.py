"""What the server offers: /api, /apis, the resource lists, and their aggregated form.

Source: kubernetes apimachinery APIGroupList, APIResourceList; apidiscovery.k8s.io/v2 APIGroupDiscoveryList.
"""

from compute.emulator.api.http import Request, Response, json_response
from compute.emulator.registry import ALL_VERBS, Registry, Resource
from compute.emulator.values import Json

VERSION: Json = {
    "major": "1",
    "minor": "33",
    "gitVersion": "v1.33.0+ssvirt-emulator",
    "gitCommit": "",
    "gitTreeState": "clean",
    "buildDate": "2026-01-01T00:00:00Z",
    "goVersion": "none",
    "compiler": "none",
    "platform": "linux/amd64",
}
_AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


class Discovery:
    """Answers from the registry."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def answer(self, segments: list[str], request: Request) -> Response | None:
        """The discovery document at a path, None when there is none."""
        match segments:
            case ["api"]:
                if _wants_aggregated(request):
                    return self._aggregated([""])
                return json_response({"kind": "APIVersions", "apiVersion": "v1", "versions": ["v1"]})
            case ["apis"]:
                groups = [group for group in self._registry.groups() if group]
                if _wants_aggregated(request):
                    return self._aggregated(groups)
                listed = [self._group(group) for group in groups]
                return json_response({"kind": "APIGroupList", "apiVersion": "v1", "groups": listed})
            case ["apis", group] if group in self._registry.groups():
                return json_response({"kind": "APIGroup", "apiVersion": "v1", **self._group(group)})
            case ["api", version]:
                return self._resource_list("", version)
            case ["apis", group, version]:
                return self._resource_list(group, version)
        return None

    def _group(self, group: str) -> Json:
        versions = [{"groupVersion": f"{group}/{v}", "version": v} for v in self._registry.groups()[group]]
        return {"name": group, "versions": versions, "preferredVersion": versions[0]}

    def _resource_list(self, group: str, version: str) -> Response | None:
        listed: list[Json] = []
        for resource in self._registry.all():
            if resource.group == group and version in resource.versions:
                listed += _entries(resource)
        for virtual in self._registry.all_virtual():
            if virtual.group == group and version in virtual.versions and virtual.verbs:
                listed.append(
                    {
                        "name": virtual.plural,
                        "singularName": "",
                        "namespaced": virtual.namespaced,
                        "kind": virtual.kind,
                        "verbs": list(virtual.verbs),
                    }
                )
        if not listed:
            return None
        group_version = f"{group}/{version}" if group else version
        kind = {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version}
        return json_response({**kind, "resources": listed})

    def _aggregated(self, groups: list[str]) -> Response:
        items = []
        for group in groups:
            versions = [
                {
                    "version": version,
                    "resources": self._aggregated_resources(group, version),
                    "freshness": "Current",
                }
                for version in self._registry.groups().get(group, [])
            ]
            metadata: Json = {"creationTimestamp": None}
            items.append({"metadata": metadata | ({"name": group} if group else {}), "versions": versions})
        body = {
            "kind": "APIGroupDiscoveryList",
            "apiVersion": "apidiscovery.k8s.io/v2",
            "metadata": {},
            "items": items,
        }
        response = json_response(body)
        response.content_type = _AGGREGATED
        return response

    def _aggregated_resources(self, group: str, version: str) -> list[Json]:
        def kind(name: str) -> Json:
            return {"group": group, "version": version, "kind": name}

        listed: list[Json] = []
        for resource in self._registry.all():
            if resource.group != group or version not in resource.versions:
                continue
            entry: Json = {
                "resource": resource.plural,
                "responseKind": kind(resource.kind),
                "scope": "Namespaced" if resource.namespaced else "Cluster",
                "singularResource": resource.singular,
                "verbs": list(ALL_VERBS),
                "shortNames": list(resource.short_names),
                "categories": list(resource.categories),
            }
            if names := _subresources(resource):
                entry["subresources"] = [
                    {
                        "subresource": name,
                        "responseKind": kind(resource.kind),
                        "verbs": _verbs(name),
                    }
                    for name in names
                ]
            listed.append(entry)
        for virtual in self._registry.all_virtual():
            if (
                virtual.group == group
                and version in virtual.versions
                and "/" not in virtual.plural
                and virtual.verbs
            ):
                listed.append(
                    {
                        "resource": virtual.plural,
                        "responseKind": kind(virtual.kind),
                        "scope": "Namespaced" if virtual.namespaced else "Cluster",
                        "singularResource": "",
                        "verbs": list(virtual.verbs),
                    }
                )
        return listed


def _wants_aggregated(request: Request) -> bool:
    accept = request.headers.get("accept", "").replace(" ", "")
    return "as=APIGroupDiscoveryList" in accept and "v=v2;" in accept.replace(",", ";,") + ";"


def _subresources(resource: Resource) -> list[str]:
    return [*(["status"] if resource.has_status else []), *resource.subresources]


def _verbs(subresource: str) -> list[str]:
    return ["create"] if subresource == "binding" else ["get", "patch", "update"]


def _entries(resource: Resource) -> list[Json]:
    base: Json = {"namespaced": resource.namespaced, "kind": resource.kind}
    entry = base | {
        "name": resource.plural,
        "singularName": resource.singular,
        "verbs": list(ALL_VERBS),
        "storageVersionHash": "",
    }
    if resource.short_names:
        entry["shortNames"] = list(resource.short_names)
    if resource.categories:
        entry["categories"] = list(resource.categories)
    further = [
        base | {"name": f"{resource.plural}/{name}", "singularName": "", "verbs": _verbs(name)}
        for name in _subresources(resource)
    ]
    return [entry, *further]
