"""docs/routes.md: every path of both APIs with the right that each method needs.

Written by `python -m tests.api.routes_doc`; a test fails when the file is not what this gives.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django
from django.urls import URLPattern, URLResolver, get_resolver

from tests.checks import ENVIRON

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "routes.md"
_HEAD = """# Paths and rights

Every path that SSVirt serves for VCD clients, with the right that each method needs. Written by `make routes-doc`.

"signed in": any user with a session. "public": no session. Ids are taken as UUID, with their prefix, or as URN; a path
may end with a slash. Paths of `/api/vApp/vm-{id}` are served at `/api/vm/{id}` too, those of
`/api/admin/` also with two slashes at its end; they are listed once. Beside the
right, a vApp must be the user's own or shared with him, see [access](api.md#who-sees-what). The rights of
`/api/network/{id}` are those for org VDC networks; a vApp's network is read by "Organization: View" and changed, with
its metadata, by "vApp: Edit Properties".

| path | method | right |
|---|---|---|
"""
_METHODS = ("GET", "POST", "PUT", "DELETE")


def document() -> str:
    """The whole document."""
    rows = {
        (_shown(path), method, right)
        for path, view in _views()
        if not path.startswith(("api/vm/", "api/admin//"))
        for method, right in _rights(view)
    }
    ordered = sorted(rows, key=lambda row: (row[0], _METHODS.index(row[1])))
    return _HEAD + "".join(f"| `{path}` | {method} | {right} |\n" for path, method, right in ordered)


def _views() -> Iterator[tuple[str, Any]]:
    for path, pattern in _patterns(get_resolver().url_patterns):
        view = getattr(pattern.callback, "view_class", None) or getattr(pattern.callback, "cls", None)
        if view is not None and path.startswith(("api/", "cloudapi/")) and not path.endswith("/"):
            yield path, view


def _patterns(patterns: list[Any], prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for each in patterns:
        path = prefix + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from _patterns(each.url_patterns, path)
        elif "(" not in path and "^" not in path:
            yield path, each


def _shown(path: str) -> str:
    path = path.replace("<vmid:vm_id>", "vm-{id}").replace("<id:vapp_id>", "vapp-{id}")
    return "/" + re.sub(r"<[^>]*:?(\w+)>", "{id}", path)


def _rights(view: Any) -> Iterator[tuple[str, str]]:
    for method in _METHODS:
        if hasattr(view, method.lower()):
            rights = view.rights if isinstance(view.rights, str) else view.rights.get(method, "signed in")
            yield method, rights


if __name__ == "__main__":
    for name, value in ENVIRON.items():
        os.environ.setdefault(name, value)
    django.setup()
    DOCUMENT.write_text(document())
