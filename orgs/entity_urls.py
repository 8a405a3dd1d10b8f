"""URLs of metadata, access lists and owners, made from the registered kinds.

Included after all apps are ready. Routes with a fixed prefix in the id come first: others would match them too.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, register_converter

from orgs import entity_views as views
from orgs.entities import EntityKind, Path, entity_kinds
from orgs.metadata import DOMAINS
from ssvirt.api.routes import routes


class MetadataKey:
    """A key of metadata: anything that does not end in a slash, slashes (percent-encoded) included."""

    regex = r"[\s\S]*[^/]"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class MetadataDomain(MetadataKey):
    regex = "|".join(DOMAINS)


register_converter(MetadataKey, "metakey")
register_converter(MetadataDomain, "domain")
_PARAMETER = re.compile(r"<\w+:(\w+)>")


Placed = tuple[EntityKind, Path]
"""A kind, and one of its paths."""


def _view(base: type[views.EntityView], placed: Placed, rights: Any, others: tuple[Any, ...] = ()) -> Any:
    """The view of one route: VCD's word for the entity in its name, for refusals."""
    kind, (route, shown) = placed
    word = shown[0].upper() + shown[1:]
    values = {
        "kind": kind,
        "others": others,
        "parameter": _PARAMETER.findall(route)[-1],
        "shown": shown,
        "rights": rights,
        "__module__": __name__,
        "__doc__": base.__doc__,
    }
    return type(f"{word}{base.__name__}", (base,), values)


def _metadata_view(
    base: type[views.EntityView], methods: tuple[str, ...], first: Placed, *more: Placed
) -> Any:
    """The view of the first kind, which hands on what is of the others; each asks for the rights of its own."""
    kind, _ = first
    rights = {"GET": kind.read} | dict.fromkeys(methods, kind.write)
    return _view(base, first, rights, tuple(_metadata_view(base, methods, each) for each in more))


def _metadata(placed: list[Placed]) -> Iterator[URLPattern]:
    """`placed` are the kinds at one route."""
    route = placed[0][1][0]
    whole = _metadata_view(views.MetadataView, ("POST",), *placed)
    value = _metadata_view(views.MetadataValueView, ("PUT", "DELETE"), *placed)
    yield from routes(f"{route}/metadata", whole)
    yield from routes(f"{route}/metadata/<domain:domain>/<metakey:key>", value)
    yield from routes(f"{route}/metadata/<metakey:key>", value)


def _access(kind: EntityKind) -> Iterator[URLPattern]:
    acl = kind.acl
    for path in acl.paths if acl is not None else ():
        change = views.AccessPutView if acl.method == "PUT" else views.AccessPostView
        yield from routes(
            f"{path[0]}/controlAccess", _view(views.AccessView, (kind, path), {"GET": acl.view})
        )
        yield from routes(
            f"{path[0]}/action/controlAccess", _view(change, (kind, path), {acl.method: acl.edit})
        )


def _owner(kind: EntityKind) -> Iterator[URLPattern]:
    owning = kind.owning
    for path in owning.paths if owning is not None else ():
        if owning.change is None:
            view = _view(views.OwnerView, (kind, path), {"GET": owning.view})
        else:
            rights = {"GET": owning.view, "PUT": owning.change}
            view = _view(views.OwnerChangeView, (kind, path), rights)
        yield from routes(f"{path[0]}/owner", view)


def _patterns() -> Iterator[URLPattern]:
    by_route: dict[str, list[Placed]] = defaultdict(list)
    for kind in entity_kinds():
        for path in kind.paths:
            by_route[path[0]].append((kind, path))
    for route in sorted(by_route, key=lambda route: "<vmid:" not in route):
        yield from _metadata(by_route[route])
    for kind in entity_kinds():
        yield from _access(kind)
        yield from _owner(kind)


urlpatterns = list(_patterns())
