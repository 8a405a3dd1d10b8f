"""Every Accept form that a client of the contract sends."""

import pytest

from ssvirt.api.versions import SUPPORTED, UNLISTED, negotiate
from ssvirt.core.errors import NotAcceptable
from tests.api.tenants import Tenants, error_of, send, xml
from tests.fixtures import Api

V = "application/*+xml;version=37.0"


@pytest.mark.parametrize(
    ("accept", "default", "form", "requested", "effective"),
    [
        (None, "xml", "xml", "36.0", "36.0"),
        ("", "xml", "xml", "36.0", "36.0"),
        ("", "json", "json", "36.0", "36.0"),
        ("application/*+xml", "xml", "xml", "36.0", "36.0"),
        ("application/*+xml;version=36.0", "json", "xml", "36.0", "36.0"),
        ("application/*+json;version=36.2", "xml", "json", "36.2", "36.2"),
        ("application/*;version=37.0", "xml", "xml", "37.0", "37.0"),
        ("application/*;version=37.0", "json", "json", "37.0", "37.0"),
        ("application/json;version=35.2", "xml", "json", "35.2", "35.2"),
        ("application/xml;version=35.0", "json", "xml", "35.0", "35.0"),
        ("application/json", "xml", "json", "36.0", "36.0"),
        ("*/*", "xml", "xml", "36.0", "36.0"),
        ("*/*;version=37.0", "json", "json", "37.0", "37.0"),
        ("application/json;version=", "xml", "json", "36.0", "36.0"),
        ("application/*+xml; version=37.0", "xml", "xml", "37.0", "37.0"),
        ("Application/*+XML;Version=37.0", "json", "xml", "37.0", "37.0"),
        ("application/vnd.vmware.vcloud.session+xml;version=36.3", "json", "xml", "36.3", "36.3"),
        ("application/vnd.vmware.vcloud.session+json;version=36.3", "xml", "json", "36.3", "36.3"),
        ("application/json;version=37.0;multisite=global", "xml", "json", "37.0", "37.0"),
        (f"{V},vnd.vmware.vcloud.org+xml;version=37.0", "xml", "xml", "37.0", "37.0"),
        ("vnd.vmware.vcloud.org+xml;version=37.0", "json", "json", "37.0", "37.0"),
        (f"nonsense,;;,=,{V}", "json", "xml", "37.0", "37.0"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "json", "xml", "36.0", "36.0"),
        ("text/html", "json", "json", "36.0", "36.0"),
        ("application/*+xml;version=1.5", "xml", "xml", "1.5", "35.0"),
        ("application/*+xml;version=5.5", "xml", "xml", "5.5", "35.0"),
        (
            "application/*+xml;version=36.0;q=0.1, application/json;version=37.0;q=0.9",
            "xml",
            "json",
            "37.0",
            "37.0",
        ),
        ("application/xml;q=0.5, application/json;q=oops;version=36.1", "xml", "json", "36.1", "36.1"),
    ],
)
def test_accept_when_of_a_known_form_then_form_and_version(
    accept: str | None, default: str, form: str, requested: str, effective: str
) -> None:
    got = negotiate(accept, default)  # type: ignore[arg-type]
    assert (got.form, got.requested, got.effective) == (form, requested, effective)


@pytest.mark.parametrize("version", ["38.0", "34.0", "37", "37.0.0-alpha", "5.1", "0.9", "x"])
def test_accept_when_version_is_unknown_then_not_acceptable(version: str) -> None:
    with pytest.raises(NotAcceptable) as caught:
        negotiate(f"application/*+xml;version={version}", "xml")
    assert caught.value.message.startswith(
        "The request has invalid accept header: Invalid API version requested. "
        "Supported API versions are: [37.0, "
    )


@pytest.mark.parametrize("version", [*SUPPORTED, *UNLISTED])
def test_content_type_when_version_is_accepted_then_it_is_echoed(tenants: Tenants, version: str) -> None:
    response = tenants.api("bob").get("/api/session", accept=f"application/*+xml;version={version}")
    assert response.status_code == 200
    assert response["Content-Type"] == f"application/vnd.vmware.vcloud.session+xml;version={version}"
    assert xml(response).get("user") == "bob"


def test_body_when_version_is_1_5_then_the_same_as_35_0(tenants: Tenants) -> None:
    bob = tenants.api("bob")
    path = f"/api/vdc/{tenants.acme.vdc.pk}"
    old, listed = (bob.get(path, accept=f"application/*+xml;version={v}") for v in ("1.5", "35.0"))
    assert old.status_code == 200
    assert old.content == listed.content


@pytest.mark.parametrize(
    ("accept", "form"),
    [("application/*+xml;version=99.0", "xml"), ("application/*+json;version=99.0", "json")],
)
def test_request_when_version_is_unknown_then_406_in_the_form_asked_for(
    db: None, accept: str, form: str
) -> None:
    error = error_of(send("GET", "/api/versions", accept=accept), 406, form)
    assert error["minor"] == "NOT_ACCEPTABLE"
    assert error["message"].startswith(
        "The request has invalid accept header: Invalid API version requested."
    )


def test_cloudapi_when_version_is_unknown_then_406_and_nobody_signed_in(tenants: Tenants) -> None:
    response = send("POST", "/cloudapi/1.0.0/sessions", accept="application/json;version=99.0")
    assert error_of(response, 406, "cloud")["minor"] == "NOT_ACCEPTABLE"


def test_versions_when_asked_without_accept_then_all_ascending(db: None) -> None:
    response = send("GET", "/api/versions")
    assert response.status_code == 200
    versions = [element.text for element in xml(response).iter("{*}Version")]
    assert versions == ["35.0", "35.2", "36.0", "36.1", "36.2", "36.3", "37.0"]


def test_session_when_accept_has_two_lines_then_200(tenants: Tenants) -> None:
    # WSGI joins header lines with a comma.
    response = tenants.api("bob").get("/api/session", accept=f"{V},vnd.vmware.vcloud.org+xml;version=37.0")
    assert response.status_code == 200
    assert response["Content-Type"] == "application/vnd.vmware.vcloud.session+xml;version=37.0"


def test_session_when_json_is_wanted_then_json_with_its_media_type(tenants: Tenants) -> None:
    response = tenants.api("bob").get("/api/session", accept="application/*+json;version=36.0")
    assert response["Content-Type"] == "application/vnd.vmware.vcloud.session+json;version=36.0"
    assert response.json()["user"] == "bob"


def test_cloudapi_when_xml_is_wanted_then_still_json(tenants: Tenants) -> None:
    bob: Api = tenants.api("bob")
    response = bob.get("/cloudapi/1.0.0/sessions/current", accept=V)
    assert response.status_code == 200
    assert response.json()["user"]["name"] == "bob"
    assert "json" in response["Content-Type"]
