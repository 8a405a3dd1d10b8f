"""docs/coverage.md: every operation of the legacy API's OpenAPI and what this service answers to it.

python -m tests.contract.coverage      # writes the document (make coverage-doc)
"""

from __future__ import annotations

import os
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import django
from django.urls import Resolver404, resolve

from tests.checks import ENVIRON
from tests.contract.spec import PROJECT, openapi_operations

DOCUMENT = PROJECT / "docs" / "coverage.md"
ANSWERS = SERVED, UNSUPPORTED, ABSENT = "served", "not supported", "absent"
_ID = str(UUID(int=1))
# One path of VCD stands for entities of several kinds; an operation is served when one of them has it.
_PREFIXES = {"vApp": ("vapp-", "vm-"), "vAppTemplate": ("vappTemplate-", "vm-")}
# Parameters that are no ids of entities.
_WORDS = {
    "hwVersionId": "vmx-19",
    "domain": "GENERAL",
    "vimObjType": "VIRTUAL_MACHINE",
    "vimObjMoref": "vm-1",
    "schemaFileName": "master.xsd",
}
_HEAD = """# Coverage of the legacy API

What the service answers to each operation of `/api` in VCD's OpenAPI, version 37.2 (JSON and XML are the same
operations). `make coverage-doc` writes this page from that OpenAPI and the URLs of the service.

| answer | operations | meaning |
|---|---|---|
| served | {} | carried out |
| not supported | {} | 400 `UNSUPPORTED_OPERATION`, to signed-in users; the reason is in the message |
| absent | {} | 404 `NOT_FOUND`, or 405 `METHOD_NOT_ALLOWED` where other methods of the path are served |
| all | {} | |

Paths that VCD's OpenAPI does not have (`/api/vm/{{id}}`, `/api/vdc/{{id}}/vApps/query` and others) are in
[routes.md](routes.md). What an operation does on the cluster: [mapping.md](mapping.md).
"""


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation, the answer to it, and what is not supported."""

    method: str
    template: str
    answer: str
    what: str = ""

    @property
    def resource(self) -> str:
        """The heading that it stands under: "/api/vApp", "/api/admin/org"."""
        first, _, rest = self.template.removeprefix("/").partition("/")
        second = rest.partition("/")[0]
        return f"/api/{first}/{second}" if first == "admin" and second else f"/api/{first}"


def operations() -> list[Operation]:
    """All operations, by path and method, with the answers of this service."""
    order = ("GET", "POST", "PUT", "DELETE")
    found = sorted(openapi_operations(), key=lambda each: (each[1].lower(), order.index(each[0])))
    return [judged(method, template) for method, template in found]


def judged(method: str, template: str) -> Operation:
    """The best answer of those that the kinds of entities behind the path give."""
    answers = [_answer(method, path) for path in paths_of(template)]
    answer, what = min(answers, key=lambda each: ANSWERS.index(each[0]))
    return Operation(method, template, answer, what)


def paths_of(template: str) -> list[str]:
    """The paths that a template stands for, one for each kind of entity."""
    filled = re.sub(r"\{(\w+)\}", lambda found: _value(found[1]), template)
    resource, _, rest = filled.removeprefix("/").partition("/")
    return [f"/api/{resource}/{prefix}{rest}" if rest else f"/api/{resource}" for prefix in _kinds(resource)]


def _kinds(resource: str) -> tuple[str, ...]:
    return _PREFIXES.get(resource, ("",))


def _value(parameter: str) -> str:
    is_id = parameter.lower().endswith("id")
    return _WORDS.get(parameter, _ID if is_id else parameter)


def _answer(method: str, path: str) -> tuple[str, str]:
    try:
        view: Any = resolve(path).func
    except Resolver404:
        return ABSENT, ""
    allowed = view.initkwargs.get("http_method_names", view.cls.http_method_names)
    if method.lower() not in allowed or not hasattr(view.cls, method.lower()):
        return ABSENT, ""
    what = view.initkwargs.get("what")
    return (UNSUPPORTED, what) if what else (SERVED, "")


def document() -> str:
    """The text of docs/coverage.md."""
    groups: dict[str, list[Operation]] = defaultdict(list)
    for each in operations():
        groups[each.resource].append(each)
    total = Counter(each.answer for group in groups.values() for each in group)
    lines = [_HEAD.format(*(total[answer] for answer in ANSWERS), total.total())]
    lines += ["| resource | served | not supported | absent |", "|---|---|---|---|"]
    for resource, group in groups.items():
        count = Counter(each.answer for each in group)
        lines.append(f"| `{resource}` | " + " | ".join(str(count[answer] or "") for answer in ANSWERS) + " |")
    for resource, group in groups.items():
        lines += ["", f"## {resource}", "", "| method | path | answer |", "|---|---|---|"]
        lines += [_row(each) for each in group]
    return "\n".join(lines) + "\n"


def _row(each: Operation) -> str:
    answer = f"{each.answer}: {each.what[0].lower()}{each.what[1:]}" if each.what else each.answer
    return f"| {each.method} | `/api{each.template}` | {answer} |"


def main() -> None:
    for name, value in ENVIRON.items():
        os.environ.setdefault(name, value)
    django.setup()
    DOCUMENT.write_text(document())


if __name__ == "__main__":
    main()
