"""The test client notices answers that are not valid, whatever the test looks at."""

from __future__ import annotations

import json
import re
import types
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse
from django.urls import path

from ssvirt.wire import types as w
from ssvirt.wire.codec import to_json, to_xml
from tests.contract.spec import PROJECT, assert_valid_body, spec_dir
from tests.fixtures import CheckedClient

ERROR = w.Error(message="m", major_error_code=400, minor_error_code="BAD_REQUEST")
XML = "application/vnd.vmware.vcloud.error+xml;version=37.0"
JSON = "application/vnd.vmware.vcloud.error+json;version=37.0"
# Their answers come from pages for people, or are looked at for their headers alone.
PLAIN_CLIENTS = {"tests/portal/test_pages.py", "tests/api/test_errors.py", "tests/vapps/test_exchanges.py"}


@pytest.fixture
def spec() -> Path:
    """The reference material; without it the test is skipped."""
    return spec_dir()


def answering(settings: Any, body: bytes, content_type: str) -> CheckedClient:
    """A client of a service that gives one answer to everything."""

    def view(request: Any, rest: str) -> HttpResponse:
        return HttpResponse(body, content_type=content_type, status=400)

    urls = types.ModuleType("urls")
    urls.urlpatterns = [path("<path:rest>", view)]  # type: ignore[attr-defined]
    settings.ROOT_URLCONF = urls
    return CheckedClient()


@pytest.mark.contract
@pytest.mark.usefixtures("spec")
@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (to_xml(ERROR), XML),
        (json.dumps(to_json(ERROR)).encode(), JSON),
        (b'{"message": "m"}', "text/html"),
        (b"", XML),
    ],
)
def test_client_when_the_body_is_valid_or_none_of_ours_returns_the_answer(
    settings: Any, body: bytes, kind: str
) -> None:
    assert answering(settings, body, kind).get("/api/x").content == body


@pytest.mark.contract
@pytest.mark.usefixtures("spec")
@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        (to_xml(w.Error(message="m")), XML, "not valid by the XSD"),
        (b'{"message": "m"}', JSON, "not valid as ErrorType"),
        (b"{}", "application/json", "JSON of no declared type"),
        (b"{}", "application/vnd.vmware.vcloud.nonsense+json", "JSON of no declared type"),
    ],
)
def test_client_when_the_body_is_not_valid_fails_the_test(
    settings: Any, body: bytes, kind: str, words: str
) -> None:
    with pytest.raises(pytest.fail.Exception, match=words):
        answering(settings, body, kind).get("/api/x")


@pytest.mark.contract
@pytest.mark.usefixtures("spec")
def test_json_when_several_types_share_its_media_type_is_checked_as_what_was_rendered() -> None:
    references = w.VAppReferences()
    kind = "application/vnd.vmware.vcloud.query.references+json"
    body = b'{"total": "many"}'
    with pytest.raises(pytest.fail.Exception, match=r"not valid as \w*ReferencesType"):
        assert_valid_body("/api/query", kind, body, made_from=references)


@pytest.mark.contract
@pytest.mark.usefixtures("spec")
def test_json_when_it_is_of_cloudapi_is_not_checked() -> None:
    assert_valid_body("/cloudapi/1.0.0/x", "application/json", b'{"a": 1}')


@pytest.mark.contract
@pytest.mark.usefixtures("spec")
def test_xml_when_its_type_has_no_element_in_the_xsds_is_checked_all_the_same() -> None:
    root = '<VdcComputePolicyReferences xmlns="http://www.vmware.com/vcloud/v1.5">{}</VdcComputePolicyReferences>'
    right = '<VdcComputePolicyReference href="https://h/1"/>'
    assert_valid_body("/api/x", XML, root.format(right).encode())
    with pytest.raises(pytest.fail.Exception, match="Wrong"):
        assert_valid_body("/api/x", XML, root.format("<Wrong/>").encode())


def test_client_when_there_is_no_reference_material_checks_nothing(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSVIRT_SPEC_DIR", str(tmp_path / "nowhere"))
    monkeypatch.delenv("CI", raising=False)
    assert answering(settings, b"<nonsense/>", XML).get("/api/x").content == b"<nonsense/>"


def test_tests_when_they_make_clients_make_checked_ones() -> None:
    plain = re.compile(r"^from django\.test import .*Client\b", re.MULTILINE)
    found = {
        str(source.relative_to(PROJECT))
        for source in (PROJECT / "tests").rglob("*.py")
        if plain.search(source.read_text())
    }
    assert found - PLAIN_CLIENTS == {"tests/fixtures.py"}
