"""Signing in, tokens, signing out."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from django.conf import settings as django_settings
from django.contrib.auth.hashers import MD5PasswordHasher

from orgs.auth import split_login
from orgs.models import Org, Session, User
from orgs.selectors import predefined_role
from orgs.services import org_create, sessions_purge, user_create, user_set_password
from ssvirt.core import clock
from ssvirt.core.tenancy import ALL, acting_for
from tests.api.tenants import ACCEPT_OF, FORBIDDEN, Tenants, basic, error_of, send, xml
from tests.fixtures import PASSWORD, XML

LOGINS = [
    ("xml", "/api/sessions"),
    ("xml", "/api/sessions/"),
    ("cloud", "/cloudapi/1.0.0/sessions"),
    ("cloud", "/cloudapi/1.0.0/sessions/"),
]


def log_in(path: str, login: str, password: str = PASSWORD, **headers: str) -> Any:
    form = "cloud" if path.startswith("/cloudapi") else "xml"
    return send("POST", path, accept=ACCEPT_OF[form], authorization=basic(login, password), **headers)


def session_status(**headers: str) -> int:
    """Status of GET /api/session with those headers."""
    return int(send("GET", "/api/session", accept=XML, **headers).status_code)


def token_of(login: str) -> str:
    response = log_in("/cloudapi/1.0.0/sessions", login)
    assert response.status_code == 200, response.content
    return str(response["X-VMWARE-VCLOUD-ACCESS-TOKEN"])


# -- signing in


@pytest.mark.parametrize(("form", "path"), LOGINS)
def test_login_when_password_is_right_then_200_and_token_in_every_header(
    tenants: Tenants, form: str, path: str
) -> None:
    response = log_in(path, "bob@acme")
    assert response.status_code == 200
    token = response["X-VMWARE-VCLOUD-ACCESS-TOKEN"]
    assert len(token) > 32  # Source: go-clients.md 1.3
    assert response["X-VMWARE-VCLOUD-TOKEN-TYPE"] == "Bearer"
    assert response["X-VCLOUD-AUTHORIZATION"] == token
    assert response["Authorization"] == f"Bearer {token}"
    if form == "xml":
        root = xml(response)
        assert (root.get("user"), root.get("org")) == ("bob", "acme")
    else:
        document = json.loads(response.content)
        assert document["user"]["name"] == "bob"
        assert document["org"] == {"name": "acme", "id": f"urn:vcloud:org:{tenants.acme.org.pk}"}
        assert document["roles"] == ["vApp Author"]
        assert document["id"].startswith("urn:vcloud:session:")
    assert session_status(authorization=f"Bearer {token}") == 200


def test_login_when_provider_uses_its_url_then_200(tenants: Tenants) -> None:
    path = "/cloudapi/1.0.0/sessions/provider"
    assert log_in(path, "administrator@System").status_code == 200
    assert log_in(path, "administrator").status_code == 200
    error_of(log_in(path, "alice@acme"), 401, "cloud")
    with acting_for(ALL):
        assert not Session.objects.filter(user=tenants.users["alice"]).exists()


@pytest.mark.parametrize("login", ["bob@acme", "BOB@ACME", "Bob@Acme", "bob"])
def test_login_when_name_is_written_differently_then_the_same_user(tenants: Tenants, login: str) -> None:
    response = log_in("/cloudapi/1.0.0/sessions", login)
    assert response.status_code == 200
    assert json.loads(response.content)["user"]["name"] == "bob"


def test_login_when_name_without_org_is_not_unique_then_401(tenants: Tenants) -> None:
    with acting_for(ALL):
        role = predefined_role("vApp User")
        user_create(org=tenants.globex.org, username="bob", password=PASSWORD, role=role)
    error_of(log_in("/api/sessions", "bob"), 401, "xml")
    assert log_in("/api/sessions", "bob@acme").status_code == 200


@pytest.mark.parametrize(
    ("username", "login"), [("ann@example.com", "ann@example.com@acme"), ("a@b@c", "a@b@c@acme")]
)
def test_login_when_name_has_several_ats_then_the_last_separates(
    tenants: Tenants, username: str, login: str
) -> None:
    with acting_for(ALL):
        role = predefined_role("vApp User")
        user_create(org=tenants.acme.org, username=username, password=PASSWORD, role=role)
    for written in (login, username):
        response = log_in("/cloudapi/1.0.0/sessions", written)
        assert response.status_code == 200, written
        assert json.loads(response.content)["user"]["name"] == username
    assert split_login(login) == (username, "acme")


@pytest.mark.parametrize("password", ["with:colons::", ":", "ünï✓", "  spaces  ", "a@b"])
def test_login_when_password_is_unusual_then_accepted(tenants: Tenants, password: str) -> None:
    with acting_for(ALL):
        user_set_password(user=tenants.users["bob"], password=password)
    assert log_in("/api/sessions", "bob@acme", password).status_code == 200
    error_of(log_in("/api/sessions", "bob@acme", password + "x"), 401, "xml")


@pytest.mark.parametrize(("form", "path"), LOGINS)
@pytest.mark.parametrize(
    ("login", "password"),
    [
        ("bob@acme", "wrong"),
        ("bob@acme", ""),
        ("bob@globex", PASSWORD),
        ("nobody@acme", PASSWORD),
        ("bob@nowhere", PASSWORD),
        ("@acme", PASSWORD),
        ("", PASSWORD),
        ("bob@acme\x00", PASSWORD),
        ("bob@acme", PASSWORD + "\x00"),
        ("x" * 5000 + "@acme", PASSWORD),
    ],
)
def test_login_when_credentials_are_wrong_then_401_without_token(
    tenants: Tenants, form: str, path: str, login: str, password: str
) -> None:
    response = log_in(path, login, password)
    error_of(response, 401, form)
    assert "X-VMWARE-VCLOUD-ACCESS-TOKEN" not in response
    assert "X-VCLOUD-AUTHORIZATION" not in response
    with acting_for(ALL):
        assert not Session.objects.exists()


@pytest.mark.parametrize(("form", "path"), LOGINS)
@pytest.mark.parametrize(
    "header", ["", "Basic", "Basic %%%", "Basic Ym9i", "Basic /w==", "Bearer x", "SIGN token=x,org=y"]
)
def test_login_when_header_is_malformed_then_401(db: None, form: str, path: str, header: str) -> None:
    error_of(send("POST", path, accept=ACCEPT_OF[form], authorization=header), 401, form)


def test_login_when_user_is_unknown_then_says_the_same_as_for_a_wrong_password(tenants: Tenants) -> None:
    messages = {
        error_of(log_in("/api/sessions", login, "wrong"), 401, "xml")["message"].partition(" ] ")[2]
        for login in ("nobody@acme", "bob@acme", "nobody")
    }
    assert len(messages) == 1


@pytest.mark.parametrize("login", ["bob@acme", "nobody@acme", "nobody", "bob@nowhere"])
def test_login_when_user_is_unknown_then_as_many_hashes_as_for_a_known_one(
    tenants: Tenants, login: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []
    plain = MD5PasswordHasher.encode

    def encode(self: Any, password: str, salt: str) -> str:
        hashed.append(password)
        return str(plain(self, password, salt))

    monkeypatch.setattr(MD5PasswordHasher, "encode", encode)
    error_of(log_in("/api/sessions", login, "wrong"), 401, "xml")
    assert hashed == ["wrong"]


def test_login_when_token_is_sent_along_then_ignored(tenants: Tenants) -> None:
    dave = token_of("dave@globex")
    for path in ("/api/sessions", "/cloudapi/1.0.0/sessions"):
        for sent in (dave, "nonsense"):
            response = log_in(
                path, "bob@acme", x_vcloud_authorization=sent, x_vmware_vcloud_access_token=sent
            )
            assert response.status_code == 200
            named = send("GET", "/api/session", accept=XML, authorization=response["Authorization"])
            assert xml(named).get("user") == "bob"
    assert session_status(authorization=f"Bearer {dave}") == 200


@pytest.mark.parametrize("what", ["user", "org"])
def test_login_when_disabled_then_401_and_tokens_die(tenants: Tenants, what: str) -> None:
    token = token_of("bob@acme")
    with acting_for(ALL):
        if what == "user":
            User.objects.filter(username="bob").update(is_enabled=False)
        else:
            Org.objects.filter(name="acme").update(is_enabled=False)
    assert session_status(authorization=f"Bearer {token}") == 401
    error_of(log_in("/api/sessions", "bob@acme"), 401, "xml")
    assert log_in("/api/sessions", "dave@globex").status_code == 200


# -- tokens


@pytest.mark.parametrize(
    ("header", "form"),
    [
        ("authorization", "Bearer {}"),
        ("authorization", "bearer {}"),
        ("authorization", "BEARER  {}"),
        ("authorization", "Bearer {},{}"),
        ("x_vmware_vcloud_access_token", "{}"),
        ("x_vmware_vcloud_access_token", "{},{}"),
        ("x_vmware_vcloud_access_token", "{}, {}"),
        ("x_vcloud_authorization", "{}"),
        ("x_vcloud_authorization", "{},{}"),
    ],
)
def test_token_when_in_any_header_then_accepted(tenants: Tenants, header: str, form: str) -> None:
    token = token_of("bob@acme")
    assert session_status(**{header: form.format(token, token)}) == 200
    assert session_status(**{header: form.format(token + "x", token + "x")}) == 401


def test_token_when_session_is_read_then_echoed_for_old_clients(tenants: Tenants) -> None:
    token = token_of("bob@acme")
    response = send("GET", "/api/session", accept=XML, authorization=f"Bearer {token}")
    assert response["X-VCLOUD-AUTHORIZATION"] == token


def forged(token: str, key: str = "", algorithm: str = "HS256", **changes: Any) -> str:
    claims = jwt.decode(token, options={"verify_signature": False}) | changes
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(claims, key or django_settings.JWT_SECRET_KEY, algorithm=algorithm)


def test_token_when_forged_with_the_right_key_then_accepted(tenants: Tenants) -> None:
    # The counterpart of the refusals below: `forged` itself makes tokens that work.
    assert session_status(authorization=f"Bearer {forged(token_of('bob@acme'))}") == 200


@pytest.mark.parametrize(
    "make",
    [
        lambda token: jwt.encode(
            jwt.decode(token, options={"verify_signature": False}), None, algorithm="none"
        ),
        lambda token: forged(token, key="another key, long enough for the algorithm " * 2),
        lambda token: forged(token, key=django_settings.JWT_SECRET_KEY, algorithm="HS384"),
        lambda token: forged(token, iss="elsewhere"),
        lambda token: forged(token, iss=None),
        lambda token: forged(token, exp=None),
        lambda token: forged(token, jti=None),
        lambda token: forged(token, jti=str(uuid.uuid4())),
        lambda token: forged(token, jti="nonsense"),
        lambda token: forged(token, exp=10**18),
        lambda token: forged(token, exp=int(datetime(2001, 1, 1, tzinfo=UTC).timestamp())),
        lambda token: token[:-4] + ("AAAA" if token[-4:] != "AAAA" else "BBBB"),
        lambda token: token.rpartition(".")[0] + ".",
        lambda token: token.rpartition(".")[0],
        lambda token: "",
        lambda token: "a.b.c",
        lambda token: "x" * 10_000,
        lambda token: "é",
    ],
)
def test_token_when_forged_or_damaged_then_401(tenants: Tenants, make: Any) -> None:
    token = make(token_of("bob@acme"))
    error_of(send("GET", "/api/session", accept=XML, authorization=f"Bearer {token}"), 401, "xml")
    assert session_status(x_vcloud_authorization=token) == 401


def test_token_when_expired_then_401(tenants: Tenants, settings: Any) -> None:
    settings.JWT_TOKEN_EXPIRY_S = 3600
    token = token_of("bob@acme")
    with clock.shifted(timedelta(seconds=3590)):
        assert session_status(authorization=f"Bearer {token}") == 200
    with clock.shifted(timedelta(seconds=3601)):
        assert session_status(authorization=f"Bearer {token}") == 401


# -- signing out


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "/api/session"),
        ("DELETE", "/api/sessions"),
        ("DELETE", "/api/sessions/"),
        ("DELETE", "/cloudapi/1.0.0/sessions"),
        ("DELETE", "/cloudapi/1.0.0/sessions/provider"),
        ("DELETE", "/cloudapi/1.0.0/sessions/current"),
        ("DELETE", "/cloudapi/1.0.0/sessions/{}"),
    ],
)
def test_logout_when_done_then_the_token_is_dead_at_once_and_others_live(
    tenants: Tenants, method: str, path: str
) -> None:
    token, other = token_of("bob@acme"), token_of("bob@acme")
    assert session_status(authorization=f"Bearer {token}") == 200
    jti = jwt.decode(token, options={"verify_signature": False})["jti"]
    accept = ACCEPT_OF["cloud" if "cloudapi" in path else "xml"]
    response = send(
        method, path.format(f"urn:vcloud:session:{jti}"), accept=accept, authorization=f"Bearer {token}"
    )
    assert (response.status_code, response.content) == (204, b"")
    assert session_status(authorization=f"Bearer {token}") == 401
    assert session_status(authorization=f"Bearer {other}") == 200
    assert send(method, path.format(jti), accept=accept, authorization=f"Bearer {token}").status_code == 401


@pytest.mark.parametrize("path", ["/api/session", "/cloudapi/1.0.0/sessions/current"])
def test_logout_when_provider_acts_in_a_tenant_then_the_token_is_dead_all_the_same(
    tenants: Tenants, path: str
) -> None:
    token = token_of("administrator@System")
    response = send(
        "DELETE",
        path,
        accept=ACCEPT_OF["cloud" if "cloudapi" in path else "xml"],
        authorization=f"Bearer {token}",
        x_vmware_vcloud_tenant_context=str(tenants.acme.org.pk),
    )
    assert response.status_code == 204
    assert session_status(authorization=f"Bearer {token}") == 401


def test_session_when_provider_acts_in_a_tenant_then_still_its_own(tenants: Tenants) -> None:
    response = tenants.api("administrator", ACCEPT_OF["cloud"]).get(
        "/cloudapi/1.0.0/sessions/current",
        **{"x-vmware-vcloud-tenant-context": f"urn:vcloud:org:{tenants.acme.org.pk}"},
    )
    assert response.status_code == 200
    assert response.json()["user"]["name"] == "administrator"


def test_password_when_changed_then_sessions_end(tenants: Tenants) -> None:
    token, other = token_of("bob@acme"), token_of("alice@acme")
    with acting_for(ALL):
        user_set_password(user=tenants.users["bob"], password="something new")
    assert session_status(authorization=f"Bearer {token}") == 401
    assert session_status(authorization=f"Bearer {other}") == 200


def test_sessions_when_long_expired_then_purged(tenants: Tenants, settings: Any) -> None:
    token_of("bob@acme")
    later = timedelta(seconds=settings.JWT_TOKEN_EXPIRY_S, days=settings.SESSION_RETENTION_DAYS)
    with acting_for(ALL):
        with clock.shifted(later - timedelta(minutes=1)):
            assert sessions_purge() == 0
        with clock.shifted(later + timedelta(minutes=1)):
            assert sessions_purge() == 1


# -- whose session


def session_path(token: str) -> str:
    return "/cloudapi/1.0.0/sessions/" + jwt.decode(token, options={"verify_signature": False})["jti"]


@pytest.mark.parametrize(
    ("reader", "status"),
    [("bob", 200), ("carol", 403), ("dave", 403), ("alice", 200), ("administrator", 200)],
)
def test_session_when_read_by_id_then_ones_own_or_as_administrator(
    tenants: Tenants, reader: str, status: int
) -> None:
    bob = tenants.api("bob", ACCEPT_OF["cloud"])
    api = tenants.api(reader, ACCEPT_OF["cloud"])
    response = api.get(session_path(bob.token))
    assert response.status_code == status
    if status == 403:
        assert error_of(response, 403, "cloud")["minor"] == FORBIDDEN
        assert "bob" not in response.content.decode()
        assert api.delete(session_path(bob.token)).status_code == 403
        assert bob.get("/cloudapi/1.0.0/sessions/current").status_code == 200


def test_catalog_when_read_by_a_vapp_user_then_403_naming_the_right(tenants: Tenants) -> None:
    path = f"/api/catalog/{tenants.acme.shared.pk}"
    error = error_of(tenants.api("carol").get(path), 403, "xml")
    assert "[Catalog: View Private and Shared Catalogs]" in error["message"]
    assert tenants.api("bob").get(path).status_code == 200


def test_rights_when_the_role_changes_then_at_once(tenants: Tenants) -> None:
    from orgs.models import Right, Role

    bob = tenants.api("bob")
    path = f"/api/catalog/{tenants.acme.shared.pk}"
    with acting_for(ALL):
        role = Role.objects.create(org=tenants.acme.org, name="narrow")
        User.objects.filter(pk=tenants.users["bob"].pk).update(role=role)
    assert bob.get(path).status_code == 403
    with acting_for(ALL):
        role.rights.add(Right.objects.get(name="Catalog: View Private and Shared Catalogs"))
        role.save()
    assert bob.get(path).status_code == 200


def test_provider_when_it_names_a_tenant_then_acts_in_it_alone(tenants: Tenants) -> None:
    admin = tenants.api("administrator")
    both = admin.get("/api/org").content
    assert b"acme" in both
    assert b"globex" in both
    one = admin.get("/api/org", **{"x-vmware-vcloud-tenant-context": str(tenants.acme.org.pk)}).content
    assert b"acme" in one
    assert b"globex" not in one


def test_tenant_when_it_names_another_tenant_then_the_header_is_ignored(tenants: Tenants) -> None:
    dave = tenants.api("dave")
    response = dave.get("/api/org", **{"x-vmware-vcloud-tenant-context": str(tenants.acme.org.pk)})
    assert b"globex" in response.content
    assert b"acme" not in response.content


# -- cost


@pytest.mark.parametrize("path", ["/api/session", "/api/query"])
def test_request_when_authenticated_then_one_statement_and_no_hash(
    tenants: Tenants, path: str, django_assert_num_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    bob = tenants.api("bob")
    bob.get(path)  # the role's rights are cached from here on
    for _ in range(30):
        token_of("bob@acme")

    def refuse(*args: object) -> None:
        raise AssertionError("a password was hashed")

    monkeypatch.setattr(MD5PasswordHasher, "encode", refuse)
    with django_assert_num_queries(1):
        assert bob.get(path).status_code == 200


def test_request_when_token_is_unsigned_then_no_statement(
    tenants: Tenants, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(0):
        assert session_status(authorization="Bearer a.b.c") == 401


# -- organizations and users


def test_org_when_name_differs_in_case_only_then_duplicate(db: None) -> None:
    from ssvirt.core.errors import DuplicateName

    with acting_for(ALL):
        org_create(name="acme")
        for name in ("acme", "ACME"):
            with pytest.raises(DuplicateName, match=name):
                org_create(name=name)


def test_user_when_name_is_taken_in_the_org_then_duplicate(tenants: Tenants) -> None:
    from ssvirt.core.errors import DuplicateName

    with acting_for(ALL):
        role = predefined_role("vApp User")
        for name in ("bob", "BOB"):
            with pytest.raises(DuplicateName):
                user_create(org=tenants.acme.org, username=name, password=PASSWORD, role=role)
        user_create(org=tenants.globex.org, username="bob", password=PASSWORD, role=role)
