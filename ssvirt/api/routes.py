"""URL patterns of the APIs: with and without trailing slash, ids in every form that clients use."""

import uuid
from typing import Any

from django.urls import URLPattern, path, register_converter

from ssvirt.core.urns import uuid_in


class EntityId:
    """`{uuid}`, `vapp-{uuid}`, `urn:vcloud:vm:{uuid}` (raw or percent-encoded) -> UUID. Anything else is no
    URL.
    """

    regex = "[^/]*[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"

    def to_python(self, value: str) -> uuid.UUID:
        found = uuid_in(value)
        if found is None:
            raise ValueError(value)
        return found

    def to_url(self, value: uuid.UUID) -> str:
        return str(value)


class PrefixedId(EntityId):
    """An id that must carry a prefix, where one path serves several kinds (`/api/vApp/vm-{uuid}`)."""

    prefix = ""


class VmId(PrefixedId):
    regex = "vm-[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"


register_converter(EntityId, "id")
register_converter(VmId, "vmid")


def routes(route: str, view: Any, name: str | None = None) -> list[URLPattern]:
    """`route` with and without a trailing slash; never a redirect, which would turn a POST into a GET."""
    return [path(route, view.as_view(), name=name), path(route + "/", view.as_view())]


def admin_routes(route: str, view: Any, name: str | None = None) -> list[URLPattern]:
    """Routes below /api/admin, also with the double slash that pyvcloud makes of `/api/admin/extension/`.

    Source: python-clients.md 6.10.
    """
    return [*routes(f"api/admin/{route}", view, name), *routes(f"api/admin//{route}", view)]
