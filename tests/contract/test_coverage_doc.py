"""docs/coverage.md is what the generator makes of the OpenAPI and the URLs, and the generator judges right."""

from __future__ import annotations

import re

import pytest

from ssvirt.api.unsupported import FAMILIES
from tests.contract.coverage import (
    ABSENT,
    DOCUMENT,
    SERVED,
    UNSUPPORTED,
    document,
    judged,
    operations,
    paths_of,
)

ID = "00000000-0000-0000-0000-000000000001"


@pytest.mark.contract
def test_document_when_generated_is_the_committed_one() -> None:
    assert DOCUMENT.read_text() == document(), "docs/coverage.md is out of date: make coverage-doc"


@pytest.mark.contract
def test_operations_when_listed_are_all_of_the_openapi_once() -> None:
    found = [(each.method, each.template) for each in operations()]
    assert len(found) == len(set(found)) > 600


@pytest.mark.contract
@pytest.mark.parametrize(
    ("methods", "path", "what"),
    [(methods, path, family.what) for family in FAMILIES for methods, path in family.paths.items()],
)
def test_family_when_it_is_listed_as_unsupported_catches_something(
    methods: str, path: str, what: str
) -> None:
    assert any(
        each.answer == UNSUPPORTED and each.what == what and each.method in methods.split()
        for each in operations()
        if any(re.fullmatch(path, found.removeprefix("/api/")) for found in paths_of(each.template))
    ), "every operation of this family is served: remove it from ssvirt/api/unsupported.py"


@pytest.mark.parametrize(
    ("template", "paths"),
    [
        ("/org", ["/api/org"]),
        ("/admin/", ["/api/admin"]),
        ("/vdc/{id}", [f"/api/vdc/{ID}"]),
        ("/vApp/{id}/action/deploy", [f"/api/vApp/{p}-{ID}/action/deploy" for p in ("vapp", "vm")]),
        ("/vdc/{vdcId}/hwv/{hwVersionId}", [f"/api/vdc/{ID}/hwv/vmx-19"]),
        ("/disk/{id}/metadata/{key}", [f"/api/disk/{ID}/metadata/key"]),
    ],
)
def test_template_when_filled_gives_a_path_for_each_kind_of_entity(template: str, paths: list[str]) -> None:
    assert paths_of(template) == paths


@pytest.mark.parametrize(
    ("method", "template", "answer"),
    [
        ("GET", "/vApp/{id}", SERVED),
        ("GET", "/org/{id}", SERVED),
        ("DELETE", "/org/{id}", ABSENT),
        ("GET", "/nonsense", ABSENT),
        ("POST", "/vApp/{id}/action/relocate", UNSUPPORTED),
        ("GET", "/vApp/{id}/action/relocate", ABSENT),
    ],
)
def test_operation_when_judged_has_the_answer_of_its_url(method: str, template: str, answer: str) -> None:
    assert judged(method, template).answer == answer
