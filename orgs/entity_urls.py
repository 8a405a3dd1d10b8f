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


def _view(base: type[views.EntityView], kinds: tuple[EntityKind, ...], path: Path, rights: Any) -> Any:
    """The view of one route: VCD's word for the entity in its name, for refusals."""
    route, shown = path
    word = shown[0].upper() + shown[1:]
    values = {
        "kinds": kinds,
        "parameter": _PARAMETER.findall(route)[-1],
        "shown": shown,
        "rights": rights,
        "__module__": __name__,
        "__doc__": base.__doc__,
    }
    return type(f"{word}{base.__name__}", (base,), values)


def _metadata(kinds: tuple[EntityKind, ...], path: Path) -> Iterator[URLPattern]:
    read, write = kinds[0].read, kinds[0].write
    whole = _view(views.MetadataView, kinds, path, {"GET": read, "POST": write})
    value = _view(views.MetadataValueView, kinds, path, {"GET": read, "PUT": write, "DELETE": write})
    yield from routes(f"{path[0]}/metadata", whole)
    yield from routes(f"{path[0]}/metadata/<domain:domain>/<metakey:key>", value)
    yield from routes(f"{path[0]}/metadata/<metakey:key>", value)


def _access(kind: EntityKind) -> Iterator[URLPattern]:
    acl = kind.acl
    for path in acl.paths if acl is not None else ():
        change = views.AccessPutView if acl.method == "PUT" else views.AccessPostView
        yield from routes(
            f"{path[0]}/controlAccess", _view(views.AccessView, (kind,), path, {"GET": acl.view})
        )
        yield from routes(
            f"{path[0]}/action/controlAccess", _view(change, (kind,), path, {acl.method: acl.edit})
        )


def _owner(kind: EntityKind) -> Iterator[URLPattern]:
    owning = kind.owning
    for path in owning.paths if owning is not None else ():
        if owning.change is None:
            view = _view(views.OwnerView, (kind,), path, {"GET": owning.view})
        else:
            rights = {"GET": owning.view, "PUT": owning.change}
            view = _view(views.OwnerChangeView, (kind,), path, rights)
        yield from routes(f"{path[0]}/owner", view)


def _patterns() -> Iterator[URLPattern]:
    by_path: dict[Path, list[EntityKind]] = defaultdict(list)
    for kind in entity_kinds():
        for path in kind.paths:
            by_path[path].append(kind)
    for path in sorted(by_path, key=lambda path: "<vmid:" not in path[0]):
        yield from _metadata(tuple(by_path[path]), path)
    for kind in entity_kinds():
        yield from _access(kind)
        yield from _owner(kind)


urlpatterns = list(_patterns())
