"""`/api/query`: the list of queries, and all of them; the packaged queries, each a type under its own path."""

import uuid
from collections.abc import Callable
from typing import Any, ClassVar, Final
from urllib.parse import parse_qs

from django.urls import URLPattern
from rest_framework.request import Request
from rest_framework.response import Response

from ssvirt.api.query import query_list, query_type, run_query
from ssvirt.api.routes import admin_routes, routes
from ssvirt.api.views import SIGNED_IN, LegacyView

PACKAGED: Final = {
    "catalogs": "catalog",
    "disks": "disk",
    "mediaList": "media",
    "vAppTemplates": "vAppTemplate",
    "vApps": "vApp",
    "vms": "vm",
    "admin/groups": "group",
    "admin/orgs": "organization",
    "admin/roles": "role",
    "admin/users": "user",
    "admin/vdcs": "orgVdc",
    "admin/extension/datastores": "datastore",
    "admin/extension/externalNetworkReferences": "externalNetwork",
    "admin/extension/hostReferences": "host",
    "admin/extension/networkPoolReferences": "networkPool",
    "admin/extension/orgNetworks": "orgNetwork",
    "admin/extension/orgVdcs": "adminOrgVdc",
    "admin/extension/providerVdcReferences": "providerVdc",
    "admin/extension/service": "adminService",
    "admin/extension/strandedItems": "strandedItem",
    "admin/extension/vapps": "adminVApp",
    "admin/extension/vimServerReferences": "virtualCenter",
}
"""What precedes `/query` in the path -> the type. Source: legacy OpenAPI, paths that end in /query."""


class QueryView(LegacyView):
    rights = SIGNED_IN

    def get(self, request: Request) -> Response:
        query_string = request.META.get("QUERY_STRING", "")
        wanted = parse_qs(query_string).get("type")
        if not wanted:
            return Response(query_list(self.principal, self.hrefs))
        query = query_type(wanted[-1], self.principal)
        return Response(run_query(query, query_string, self.hrefs, "/api/query"))


class PackagedQueryView(LegacyView):
    """One type under a path of its own."""

    rights = SIGNED_IN
    query: ClassVar[str]

    def get(self, request: Request) -> Response:
        query = query_type(self.query, self.principal)
        return Response(run_query(query, request.META.get("QUERY_STRING", ""), self.hrefs, _path(request)))


class ContentQueryView(LegacyView):
    """The rows of one type that are in an entity named by the path. `find` raises NotFound for a foreign one;
    `column` is the column that holds the entity's id.
    """

    rights = SIGNED_IN
    query: ClassVar[str]
    column: ClassVar[str]
    find: ClassVar[Callable[[uuid.UUID], Any]]

    def get(self, request: Request, **ids: uuid.UUID) -> Response:
        (entity_id,) = ids.values()
        type(self).find(entity_id)
        query = query_type(self.query, self.principal)
        query_string = request.META.get("QUERY_STRING", "")
        return Response(
            run_query(query, query_string, self.hrefs, _path(request), within={self.column: entity_id})
        )


def _path(request: Request) -> str:
    return str(request.path).rstrip("/")


def _packaged(path: str, name: str) -> list[URLPattern]:
    view = type(f"{name[0].upper()}{name[1:]}QueryView", (PackagedQueryView,), {"query": name})
    if path.startswith("admin/"):
        return admin_routes(f"{path.removeprefix('admin/')}/query", view)
    return routes(f"api/{path}/query", view)


urlpatterns = [
    *routes("api/query", QueryView, "query"),
    *(pattern for path, name in PACKAGED.items() for pattern in _packaged(path, name)),
]
