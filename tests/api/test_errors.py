"""Every error has VCD's form, whatever goes wrong."""

import io
import socket
import uuid
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from ssvirt.core.tenancy import ALL, acting_for
from tasks.models import Task
from tests.api.tenants import ACCEPT_OF, FORBIDDEN, Tenants, basic, error_of, send
from tests.fixtures import PASSWORD, Api
from vapps.models import VApp

FORMS = ("xml", "json", "cloud")
COMPOSE = "application/vnd.vmware.vcloud.composeVAppParams+xml"
NS = 'xmlns="http://www.vmware.com/vcloud/v1.5"'
URL = {"xml": "/api/session", "json": "/api/session", "cloud": "/cloudapi/1.0.0/sessions/current"}


def api_of(tenants: Tenants, form: str, user: str = "alice") -> Api:
    return tenants.api(user, ACCEPT_OF[form])


def compose_url(tenants: Tenants) -> str:
    return f"/api/vdc/{tenants.acme.vdc.pk}/action/composeVApp"


@pytest.fixture
def nothing_written(tenants: Tenants) -> Any:
    """Fails when the test left a vApp or a task behind."""
    with acting_for(ALL):
        before = (VApp.objects.count(), Task.objects.count())
    yield
    with acting_for(ALL):
        assert (VApp.objects.count(), Task.objects.count()) == before


# -- 400

MALFORMED_XML = [
    (f"<ComposeVAppParams {NS} name='x'>\n<Description>\n</ComposeVAppParams>", "line 3"),
    (f"<ComposeVAppParams {NS} name='x'>\n\n  <a></b>", "line 3"),
    ("<ComposeVAppParams", "line 1"),
    ("no xml at all", "line 1"),
]
DOCTYPES = [
    "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'>"
    + "".join(
        f"<!ENTITY {'abcdefghijk'[n]} '{('&' + 'abcdefghijk'[n - 1] + ';') * 10}'>" for n in range(1, 10)
    )
    + "]>",
    '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
    '<!DOCTYPE x [<!ENTITY a SYSTEM "http://127.0.0.1:9/x">]>',
    '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">',
    '<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x.dtd"> %p;]>',
]


@pytest.mark.usefixtures("nothing_written")
@pytest.mark.parametrize("form", ["xml", "json"])
@pytest.mark.parametrize(("body", "place"), MALFORMED_XML)
def test_body_when_xml_is_malformed_then_400_naming_the_line(
    tenants: Tenants, form: str, body: str, place: str
) -> None:
    response = api_of(tenants, form).post(compose_url(tenants), body, COMPOSE)
    error = error_of(response, 400, form)
    assert error["minor"] == "BAD_REQUEST"
    assert place in error["message"]


@pytest.mark.usefixtures("nothing_written")
@pytest.mark.parametrize("doctype", DOCTYPES)
def test_body_when_it_has_entities_then_400_unexpanded_and_without_network(
    tenants: Tenants, doctype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = api_of(tenants, "xml")
    opened: list[Any] = []
    monkeypatch.setattr(socket.socket, "connect", lambda self, address: opened.append(address))
    body = f"{doctype}\n<ComposeVAppParams {NS} name='&j;&a;'/>"
    error = error_of(alice.post(compose_url(tenants), body, COMPOSE), 400, "xml")
    assert "document type" in error["message"]
    assert "root:" not in error["message"]
    assert "aaaa" not in error["message"]
    assert opened == []


@pytest.mark.usefixtures("nothing_written")
@pytest.mark.parametrize("form", ["xml", "json"])
@pytest.mark.parametrize(
    "body", ["{", '{"name": }', "[]", "null", '"x"', '{"name": NaN', "[" * 5000, '{"name": ["x"]}', "\xff"]
)
def test_body_when_json_is_malformed_then_400(tenants: Tenants, form: str, body: str) -> None:
    response = api_of(tenants, form).post(
        compose_url(tenants), body.encode("latin-1"), "application/vnd.vmware.vcloud.composeVAppParams+json"
    )
    assert error_of(response, 400, form)["minor"] == "BAD_REQUEST"


@pytest.mark.usefixtures("nothing_written")
def test_body_when_json_is_malformed_then_the_line_is_named(tenants: Tenants) -> None:
    response = api_of(tenants, "json").post(compose_url(tenants), '{\n"name": "x",\n}', "application/json")
    assert "line 3" in error_of(response, 400, "json")["message"]


@pytest.mark.usefixtures("nothing_written")
@pytest.mark.parametrize("body", ["", " \n"])
def test_body_when_missing_then_400(tenants: Tenants, body: str) -> None:
    error_of(
        api_of(tenants, "xml").call("POST", compose_url(tenants), body, content_type=COMPOSE), 400, "xml"
    )


@pytest.mark.usefixtures("nothing_written")
@pytest.mark.parametrize("form", ["xml", "json"])
def test_body_when_cut_short_then_400_and_nothing_written(tenants: Tenants, form: str) -> None:
    # The part that came is a whole document: the announced length alone tells that the client hung up.
    api = api_of(tenants, form)
    body = f"<ComposeVAppParams {NS} name='half'/>".encode()
    response = api.client.generic(
        "POST",
        compose_url(tenants),
        b"x",
        content_type=COMPOSE,
        headers={"accept": api.accept, "authorization": f"Bearer {api.token}"},
        **{"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body) + 10)},
    )
    assert "ended before" in error_of(response, 400, form)["message"]


def test_body_when_whole_then_accepted(tenants: Tenants) -> None:
    # The counterpart of the refusals above: the same document, unharmed, is taken.
    body = f"<ComposeVAppParams {NS} name='whole'/>"
    assert api_of(tenants, "xml").post(compose_url(tenants), body, COMPOSE).status_code == 201


@pytest.mark.parametrize(("form", "path"), [("xml", "/api/session"), ("cloud", URL["cloud"])])
def test_request_when_host_is_not_allowed_then_400(db: None, settings: Any, form: str, path: str) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]
    error_of(send("GET", path, host="evil.example", accept=ACCEPT_OF[form]), 400, form)


# -- 401 and 403


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("header", ["", "Bearer nonsense", "Bearer", "Basic !!!", "Basic", "Digest x"])
def test_request_when_not_signed_in_then_401(db: None, form: str, header: str) -> None:
    response = send("GET", URL[form], accept=ACCEPT_OF[form], authorization=header)
    assert error_of(response, 401, form)["minor"] == "UNAUTHORIZED"
    assert response["WWW-Authenticate"].startswith("Basic ")


@pytest.mark.parametrize("form", ["xml", "json"])
@pytest.mark.parametrize("kind", ["vdc", "network", "catalog", "media", "vApp", "task", "org"])
def test_entity_when_foreign_or_missing_then_the_same_403(tenants: Tenants, form: str, kind: str) -> None:
    acme = tenants.acme
    foreign = {
        "vdc": acme.vdc,
        "network": acme.net,
        "catalog": acme.private,
        "media": acme.media,
        "vApp": acme.vapp,
        "task": acme.vdc_task,
        "org": acme.org,
    }[kind].pk
    missing = uuid.uuid4()
    dave, said = api_of(tenants, form, "dave"), []
    for entity_id in (foreign, missing):
        response = dave.get(f"/api/{kind}/{entity_id}")
        error = error_of(response, 403, form)
        assert error["minor"] == FORBIDDEN
        assert "acme" not in response.content.decode()
        text = error["message"].split(" ] ", 1)[1]
        said.append(text.replace(str(entity_id), "ID"))
    assert said[0] == said[1]


def test_session_when_missing_then_403(tenants: Tenants) -> None:
    response = api_of(tenants, "cloud").get(f"/cloudapi/1.0.0/sessions/{uuid.uuid4()}")
    assert error_of(response, 403, "cloud")["minor"] == FORBIDDEN


@pytest.mark.parametrize("form", ["xml", "json"])
def test_entity_when_right_is_missing_then_403_in_vcds_words(tenants: Tenants, form: str) -> None:
    catalog = tenants.acme.shared.pk
    error = error_of(api_of(tenants, form, "carol").get(f"/api/catalog/{catalog}"), 403, form)
    assert (
        error["message"]
        .split(" ] ", 1)[1]
        .startswith(
            "Either you need some or all of the following rights [Catalog: View Private and Shared Catalogs] "
            f"to perform operations [CATALOG_VIEW] for {catalog} or the target entity is invalid."
        )
    )


# -- 404, 405, 406, 413, 415


@pytest.mark.parametrize(
    ("form", "path"),
    [
        ("xml", "/api/nonsense"),
        ("json", "/api/nonsense"),
        ("xml", "/api"),
        ("xml", "/api/vdc/not-an-id"),
        ("xml", "/nonsense"),
        ("xml", "/api/%00"),
        ("xml", "/api/<script>"),
        ("cloud", "/cloudapi/nonsense"),
        ("cloud", "/cloudapi/1.0.0/sessions/not-an-id"),
        ("cloud", "/cloudapi"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_url_when_unknown_then_404(db: None, form: str, path: str, method: str) -> None:
    response = send(method, path, accept=ACCEPT_OF[form])
    assert error_of(response, 404, form)["minor"] == "NOT_FOUND"
    assert "<script>" not in response.content.decode()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("method", ["PUT", "PATCH", "POST", "FOO"])
def test_method_when_not_served_then_405_with_allow(tenants: Tenants, form: str, method: str) -> None:
    response = api_of(tenants, form).call(method, URL[form])
    assert error_of(response, 405, form)["minor"] == "METHOD_NOT_ALLOWED"
    allowed = {each.strip() for each in response["Allow"].split(",")}
    assert {"GET", "DELETE"} <= allowed
    assert method not in allowed


def test_allow_when_sent_then_it_names_no_method_that_is_refused(tenants: Tenants) -> None:
    alice = api_of(tenants, "xml")
    allowed = [each.strip() for each in alice.call("PUT", URL["xml"])["Allow"].split(",")]
    allowed.remove("DELETE")  # would end the session
    assert [each for each in allowed if alice.call(each, URL["xml"]).status_code == 405] == []


@pytest.mark.parametrize("form", FORMS)
def test_version_when_unknown_then_406_in_vcds_words(tenants: Tenants, form: str) -> None:
    accept = ACCEPT_OF[form].replace("37.0", "12.0")
    error = error_of(api_of(tenants, form).get(URL[form], accept=accept), 406, form)
    assert error["minor"] == "NOT_ACCEPTABLE"
    assert error["message"].startswith("The request has invalid accept header: ")


@pytest.mark.usefixtures("nothing_written")
@pytest.mark.parametrize("form", ["xml", "json"])
def test_body_when_too_large_then_413(tenants: Tenants, settings: Any, form: str) -> None:
    settings.MAX_BODY_BYTES = 100
    body = f"<ComposeVAppParams {NS} name='x'>{' ' * 100}</ComposeVAppParams>"
    error_of(api_of(tenants, form).post(compose_url(tenants), body, COMPOSE), 413, form)


def test_body_when_too_large_for_a_login_then_413(tenants: Tenants, settings: Any) -> None:
    settings.MAX_BODY_BYTES = 100
    for form, path in (("xml", "/api/sessions"), ("cloud", "/cloudapi/1.0.0/sessions")):
        login = basic("alice@acme")
        response = send("POST", path, b"x" * 101, accept=ACCEPT_OF[form], authorization=login)
        error_of(response, 413, form)


@pytest.mark.usefixtures("nothing_written")
@pytest.mark.parametrize("form", ["xml", "json"])
@pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data; boundary=x", "image/png", "nonsense"])
def test_body_when_media_type_is_unknown_then_415(tenants: Tenants, form: str, kind: str) -> None:
    body = f"<ComposeVAppParams {NS} name='x'/>"
    response = api_of(tenants, form).post(compose_url(tenants), body, kind)
    assert error_of(response, 415, form)["minor"] == "UNSUPPORTED_MEDIA_TYPE"


@pytest.mark.parametrize("kind", [COMPOSE.upper(), "application/xml", "text/xml; charset=utf-8", "*/*", ""])
def test_body_when_media_type_is_loosely_written_then_accepted(tenants: Tenants, kind: str) -> None:
    body = f"<ComposeVAppParams {NS} name='x'/>"
    response = api_of(tenants, "xml").call("POST", compose_url(tenants), body, content_type=kind)
    assert response.status_code == 201, response.content


# -- 500 and 503


def crash(*args: object, **kwargs: object) -> None:
    raise RuntimeError("a secret detail")


SELECTOR = {"xml": "orgs.legacy.session_document", "json": "orgs.legacy.session_document"}
SELECTOR["cloud"] = "orgs.cloudapi.session_get_own"


@pytest.mark.parametrize("form", FORMS)
def test_view_when_it_crashes_then_500_that_tells_nothing(
    tenants: Tenants, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = api_of(tenants, form)
    monkeypatch.setattr(SELECTOR[form], crash)
    response = api.get(URL[form])
    assert error_of(response, 500, form)["minor"] == "INTERNAL_SERVER_ERROR"
    assert "secret" not in response.content.decode()


@pytest.mark.parametrize("form", FORMS)
def test_renderer_when_it_crashes_then_500(
    tenants: Tenants, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = api_of(tenants, form)
    renderer = "VcdXMLRenderer" if form == "xml" else "VcdJSONRenderer"
    monkeypatch.setattr(f"ssvirt.api.rendering.{renderer}.render", crash)
    response = api.get(URL[form])
    error_of(response, 500, form)
    assert "secret" not in response.content.decode()


@pytest.mark.parametrize("form", FORMS)
def test_database_when_away_then_503(tenants: Tenants, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*args: object, **kwargs: object) -> None:
        raise OperationalError("connection to server at 10.0.0.1 failed")

    api = api_of(tenants, form)
    monkeypatch.setattr(SELECTOR[form], away)
    response = api.get(URL[form])
    assert error_of(response, 503, form)["minor"] == "SERVICE_UNAVAILABLE"
    assert "10.0.0.1" not in response.content.decode()


@pytest.mark.parametrize("form", FORMS)
def test_authenticator_when_it_crashes_then_500(
    tenants: Tenants, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = api_of(tenants, form)
    monkeypatch.setattr("ssvirt.api.views.authenticate", crash)
    error_of(api.get(URL[form]), 500, form)


# -- request ids


def request_id(given: str | None, path: str = "/api/versions") -> str:
    headers = {} if given is None else {"X-VMWARE-VCLOUD-CLIENT-REQUEST-ID": given}
    response = Client(raise_request_exception=False).get(path, headers=headers)
    return response["X-VMWARE-VCLOUD-REQUEST-ID"]


@pytest.mark.parametrize("given", ["abc", "1-2024-04-13-01-58-25-733-", "A" * 128])
def test_request_id_when_the_client_names_one_then_it_starts_ours(db: None, given: str) -> None:
    prefix, rest = request_id(given)[: len(given) + 1], request_id(given)[len(given) + 1 :]
    assert prefix == f"{given}-"
    assert str(uuid.UUID(rest)) == rest


def test_request_id_when_the_clients_is_long_then_its_first_128_characters(db: None) -> None:
    got = request_id("b" * 300)
    assert got.startswith("b" * 128 + "-")
    assert len(got) == 128 + 1 + 36


@pytest.mark.parametrize("given", [None, "", "a b", "a_b", "<x>", "é", "a\tb", "a" * 10 + "!"])
def test_request_id_when_the_clients_is_unfit_then_a_fresh_one(db: None, given: str | None) -> None:
    got = request_id(given)
    assert str(uuid.UUID(got)) == got
    assert request_id(given) != got


def test_request_id_when_url_is_unknown_then_still_there(db: None) -> None:
    assert request_id("mine", "/api/nonsense").startswith("mine-")


def test_password_when_login_fails_then_not_in_the_answer(tenants: Tenants) -> None:
    response = send(
        "POST", "/api/sessions", accept=ACCEPT_OF["xml"], authorization=basic("nobody@acme", PASSWORD)
    )
    error_of(response, 401, "xml")
    assert PASSWORD not in response.content.decode()
