"""Who sees and changes vApps, catalogs and VDCs inside an organization: owners, grants, administrators."""

import re
import uuid
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalogs.models import Catalog
from catalogs.services import catalog_create
from orgs.models import AccessGrant, AccessLevel, Right, Role, User
from orgs.rights import Rights
from orgs.selectors import predefined_role
from orgs.services import access_forget, user_create
from ssvirt.core.tenancy import ALL, acting_for
from tasks.models import Task
from tests.api import test_routes
from tests.api.tenants import ACCEPT_OF, FORBIDDEN, JSON, Tenants, error_of, xml
from tests.fixtures import PASSWORD
from vapps.models import NamedDisk, VApp, Vm

V15 = "http://www.vmware.com/vcloud/v1.5"
ACL = "application/vnd.vmware.vcloud.controlAccess+xml"
OWNER = "application/vnd.vmware.vcloud.owner+xml"


def user_href(user: User) -> str:
    return f"http://testserver/api/admin/user/{user.pk}"


def setting(user: User | str, level: str = "ReadOnly") -> str:
    href = user if isinstance(user, str) else user_href(user)
    return (
        f'<AccessSetting><Subject href="{href}" name="x" type="application/vnd.vmware.admin.user+xml"/>'
        f"<AccessLevel>{level}</AccessLevel></AccessSetting>"
    )


def acl(*settings: str, everyone: str | None = None, shared: bool | None = None) -> str:
    """An access list as pyvcloud writes it."""
    is_shared = everyone is not None if shared is None else shared
    level = f"<EveryoneAccessLevel>{everyone}</EveryoneAccessLevel>" if everyone else ""
    listed = f"<AccessSettings>{''.join(settings)}</AccessSettings>" if settings else ""
    return (
        f'<ControlAccessParams xmlns="{V15}"><IsSharedToEveryone>{str(is_shared).lower()}'
        f"</IsSharedToEveryone>{level}{listed}</ControlAccessParams>"
    )


def summary(response: Any) -> tuple[str, str | None, dict[str, str]]:
    """(shared to everyone, their level, user name -> level) of a ControlAccessParams document."""
    assert response.status_code == 200, response.content
    root = xml(response)
    settings = {
        each.find(f"{{{V15}}}Subject").get("name"): each.findtext(f"{{{V15}}}AccessLevel")
        for each in root.iter(f"{{{V15}}}AccessSetting")
    }
    return (
        root.findtext(f"{{{V15}}}IsSharedToEveryone"),
        root.findtext(f"{{{V15}}}EveryoneAccessLevel"),
        settings,
    )


@pytest.fixture
def vapp(tenants: Tenants) -> VApp:
    """bob's vApp of one VM, in acme."""
    acme = tenants.acme
    with acting_for(ALL):
        made: VApp = VApp.objects.create(
            org=acme.org, vdc=acme.vdc, name="bobs", owner=tenants.users["bob"], state="undeployed"
        )
        VApp.objects.filter(pk=made.pk).update(projected_state="undeployed")
        Vm.objects.create(
            org=acme.org,
            vapp=made,
            vdc=acme.vdc,
            name="bobs-vm",
            computer_name="bobs-vm",
            os_type="fedora64Guest",
            cpus=1,
            memory_mb=1024,
            state="undeployed",
            projected_state="undeployed",
            storage_policy=acme.vdc.storage_policies.get(),
        )
    return made


def vm_of(vapp: VApp) -> Vm:
    with acting_for(ALL):
        return Vm.objects.get(vapp=vapp)


def share(tenants: Tenants, entity_id: uuid.UUID, user: str | None, level: str) -> None:
    with acting_for(ALL):
        AccessGrant.objects.update_or_create(
            entity_id=entity_id,
            user=tenants.users[user] if user else None,
            defaults={"org": tenants.acme.org, "level": level},
        )


def state() -> Any:
    with acting_for(ALL):
        return (
            list(AccessGrant.objects.order_by("pk").values_list("entity_id", "user_id", "level")),
            Task.objects.count(),
            list(VApp.objects.order_by("pk").values_list("pk", "owner_id", "projected_state")),
        )


def read_paths(vapp: VApp) -> list[str]:
    vm = vm_of(vapp)
    return [
        f"/api/vApp/vapp-{vapp.pk}",
        f"/api/vApp/vapp-{vapp.pk}/metadata",
        f"/api/vApp/vapp-{vapp.pk}/owner",
        f"/api/vApp/vapp-{vapp.pk}/productSections",
        f"/api/vApp/vapp-{vapp.pk}/controlAccess",
        f"/api/vApp/{vapp.pk}/vms/query",
        f"/api/vApp/vm-{vm.pk}",
        f"/api/vm/{vm.pk}/metadata",
        f"/api/vApp/vm-{vm.pk}/productSections/",
    ]


# -- what is seen


@pytest.mark.parametrize(
    ("user", "status"), [("bob", 200), ("alice", 200), ("administrator", 200), ("carol", 403)]
)
def test_vapp_when_not_shared_then_seen_by_its_owner_and_administrators(
    tenants: Tenants, vapp: VApp, user: str, status: int
) -> None:
    api = tenants.api(user)
    for path in read_paths(vapp):
        response = api.get(path)
        assert response.status_code == status, path
        if status == 403:
            assert error_of(response, 403, "xml")["minor"] == FORBIDDEN
            assert "bobs" not in response.content.decode()


@pytest.mark.parametrize("to", ["carol", None])
def test_vapp_when_shared_then_seen_with_its_vms(tenants: Tenants, vapp: VApp, to: str | None) -> None:
    share(tenants, vapp.pk, to, "ReadOnly")
    carol = tenants.api("carol")
    for path in read_paths(vapp):
        assert carol.get(path).status_code == 200, path


@pytest.mark.parametrize("query", ["vApp", "vm"])
def test_query_when_a_vapp_is_not_shared_then_no_record_of_it(
    tenants: Tenants, vapp: VApp, query: str
) -> None:
    def names(user: str) -> set[str]:
        records = xml(tenants.api(user).get(f"/api/query?type={query}"))
        return {record.get("name") for record in records} & {mine, theirs}

    mine = "bobs" if query == "vApp" else "bobs-vm"
    theirs = "acme-vapp" if query == "vApp" else "acme-vm"
    assert names("bob") == {mine}
    assert names("carol") == set()
    assert names("alice") == {mine, theirs}
    share(tenants, vapp.pk, "carol", "ReadOnly")
    assert names("carol") == {mine}


def test_vdc_when_read_then_it_lists_what_one_may_see(tenants: Tenants, vapp: VApp) -> None:
    def entities(user: str) -> set[str]:
        root = xml(tenants.api(user).get(f"/api/vdc/{tenants.acme.vdc.pk}"))
        kinds = ("vApp+xml", "disk+xml")
        return {
            each.get("name")
            for each in root.iter(f"{{{V15}}}ResourceEntity")
            if each.get("type").endswith(kinds)
        }

    assert entities("bob") == {"bobs"}
    assert entities("carol") == set()
    assert {"bobs", "acme-vapp", "acme-disk"} <= entities("alice")


def test_disk_when_anothers_then_not_seen(tenants: Tenants) -> None:
    with acting_for(ALL):
        disk = NamedDisk.objects.get(org=tenants.acme.org)
    assert tenants.api("alice").get(f"/api/disk/{disk.pk}/metadata").status_code == 200
    error_of(tenants.api("bob").get(f"/api/disk/{disk.pk}/metadata"), 403, "xml")


# -- nothing forgotten: every route and every query type


@pytest.fixture
def colleague(tenants: Tenants) -> User:
    """grace, who may do everything in acme but what makes an administrator."""
    administrators = {
        Rights.ADMINISTRATOR_CONTROL,
        Rights.ADMINISTRATOR_VIEW,
    }
    with acting_for(ALL):
        role = Role.objects.create(org=tenants.acme.org, name="everything else")
        role.rights.set(Right.objects.exclude(name__in=administrators))
        tenants.users["grace"] = user_create(
            org=tenants.acme.org, username="grace", password=PASSWORD, role=role
        )
        return tenants.users["grace"]


HIDDEN = sorted(
    (route, method)
    for route, method in test_routes.WITH_ID
    if re.search("<(vm)?id:(vapp_id|vm_id|disk_id)>", route) and not route.startswith("api/vAppTemplate/")
)


def test_walk_when_done_then_it_found_routes() -> None:
    assert len(HIDDEN) > 30


@pytest.mark.parametrize(("route", "method"), HIDDEN)
def test_route_when_the_entity_is_a_colleagues_then_403(
    tenants: Tenants, colleague: User, route: str, method: str
) -> None:
    path = test_routes.path_of(route, test_routes.ids_of_acme(tenants))
    form = test_routes.form_of(route)
    before = state()
    response = tenants.api("grace").call(method.upper(), path, accept=ACCEPT_OF[form])
    error = error_of(response, 403, form)
    assert "[Base]" in error["message"], "refused for another reason"
    assert "acme-" not in response.content.decode()
    assert state() == before


def test_queries_when_nothing_is_shared_then_no_record_tells_of_it(tenants: Tenants, colleague: User) -> None:
    grace = tenants.api("grace")
    types = {
        link.get("name")
        for link in xml(grace.get("/api/query")).iter(f"{{{V15}}}Link")
        if link.get("name") not in ("task", "adminTask")
    }
    assert {"vApp", "vm"} <= types
    told = {
        name: word
        for name in types
        for word in ("acme-vapp", "acme-vm", "acme-disk")
        if word in grace.get(f"/api/query?type={name}").content.decode()
    }
    assert not told


# -- what the levels allow

LEVELS = [None, "ReadOnly", "Change", "FullControl"]


@pytest.mark.parametrize("level", LEVELS)
def test_level_when_lower_than_the_action_needs_then_403_and_nothing_happens(
    tenants: Tenants, vapp: VApp, level: str | None
) -> None:
    if level is not None:
        share(tenants, vapp.pk, "carol", level)
    carol, href, vm = tenants.api("carol"), f"/api/vApp/vapp-{vapp.pk}", vm_of(vapp)
    rank = LEVELS.index(level)
    for method, path, body, needed in (
        ("POST", f"{href}/power/action/powerOn", None, "Change"),
        ("POST", f"/api/vApp/vm-{vm.pk}/power/action/powerOn", None, "Change"),
        ("POST", f"{href}/action/controlAccess", acl(), "FullControl"),
        ("DELETE", f"{href}?force=true", None, "FullControl"),
    ):
        before = state()
        response = carol.call(method, path, body, content_type=ACL if body else "")
        if rank < LEVELS.index(needed):
            assert error_of(response, 403, "xml")["minor"] == FORBIDDEN, path
            assert state() == before
        elif "controlAccess" in path:
            assert response.status_code == 200
            share(tenants, vapp.pk, "carol", "FullControl")  # she has just taken her own access away
        else:
            assert response.status_code == 202, (path, response.content)


def test_vm_when_its_vapp_is_shared_for_change_then_deleted_but_not_the_vapp(
    tenants: Tenants, vapp: VApp
) -> None:
    share(tenants, vapp.pk, "carol", "Change")
    carol = tenants.api("carol")
    error_of(carol.delete(f"/api/vApp/vapp-{vapp.pk}"), 403, "xml")
    assert carol.delete(f"/api/vApp/vm-{vm_of(vapp).pk}").status_code == 202


def test_standalone_vm_when_shared_for_change_then_not_deleted(tenants: Tenants, vapp: VApp) -> None:
    with acting_for(ALL):
        VApp.objects.filter(pk=vapp.pk).update(is_auto=True)
    share(tenants, vapp.pk, "carol", "Change")
    error_of(tenants.api("carol").delete(f"/api/vApp/vm-{vm_of(vapp).pk}"), 403, "xml")


# -- access lists of vApps


def test_access_list_when_set_then_read_back_and_in_force(tenants: Tenants, vapp: VApp) -> None:
    bob, href = tenants.api("bob"), f"/api/vApp/vapp-{vapp.pk}"
    assert summary(bob.get(f"{href}/controlAccess")) == ("false", None, {})
    users = tenants.users
    body = acl(setting(users["carol"], "Change"), setting(users["alice"]))
    wanted = ("false", None, {"carol": "Change", "alice": "ReadOnly"})
    assert summary(bob.post(f"{href}/action/controlAccess", body, ACL)) == wanted
    for slash in ("", "/"):
        assert summary(bob.get(f"{href}/controlAccess{slash}")) == wanted
    assert tenants.api("carol").get(href).status_code == 200
    assert summary(bob.post(f"{href}/action/controlAccess", acl(everyone="Change"), ACL)) == (
        "true",
        "Change",
        {},
    )
    assert tenants.api("carol").get(href).status_code == 200
    assert summary(bob.post(f"{href}/action/controlAccess", acl(), ACL)) == ("false", None, {})
    assert tenants.api("carol").get(href).status_code == 403


def test_access_list_when_the_answer_comes_back_whole_then_taken(tenants: Tenants, vapp: VApp) -> None:
    bob, href = tenants.api("bob"), f"/api/vApp/vapp-{vapp.pk}"
    body = acl(setting(tenants.users["carol"]), everyone="ReadOnly")
    first = bob.post(f"{href}/action/controlAccess", body, ACL)
    wanted = ("true", "ReadOnly", {"carol": "ReadOnly"})
    assert summary(first) == wanted
    assert summary(bob.post(f"{href}/action/controlAccess", first.content.decode(), ACL)) == wanted


def test_access_list_when_in_json_then_the_same(tenants: Tenants, vapp: VApp) -> None:
    bob, href = tenants.api("bob", JSON), f"/api/vApp/vapp-{vapp.pk}"
    subject = {"href": user_href(tenants.users["carol"])}
    body = {
        "isSharedToEveryone": False,
        "accessSettings": {"accessSetting": [{"subject": subject, "accessLevel": "Change"}]},
    }
    response = bob.post(
        f"{href}/action/controlAccess", body, "application/vnd.vmware.vcloud.controlAccess+json"
    )
    assert response.status_code == 200, response.content
    found = response.json()["accessSettings"]["accessSetting"]
    assert [each["accessLevel"] for each in found] == ["Change"]


GROUP = (
    '<AccessSetting><Subject href="http://h/api/admin/group/{0}" name="devs"/>'
    "<AccessLevel>Change</AccessLevel></AccessSetting>"
)
ORG = (
    '<AccessSetting><Subject href="http://h/api/admin/org/{0}" name="globex"/>'
    "<AccessLevel>ReadOnly</AccessLevel></AccessSetting>"
)
OUTSIDE = (
    "<AccessSetting><ExternalSubject><SubjectId>ext</SubjectId><IsUser>true</IsUser><IdpType>SAML</IdpType>"
    "</ExternalSubject><AccessLevel>Change</AccessLevel></AccessSetting>"
)
SOMEONE = "11111111-2222-4333-8444-555555555555"


@pytest.mark.parametrize(
    ("body", "minor", "words"),
    [
        (acl(shared=True), "BAD_REQUEST", ["EveryoneAccessLevel"]),
        (acl(everyone="Everything"), "BAD_REQUEST", ["Everything"]),
        (acl(setting("carol", "Deny")), "BAD_REQUEST", ["Deny"]),
        (acl(setting("carol", "")), "BAD_REQUEST", ["access level ''"]),
        (acl(setting("carol"), setting("carol", "Change")), "BAD_REQUEST", ["carol's id", "more than once"]),
        (acl(setting(f"http://h/api/admin/user/{SOMEONE}")), "INVALID_REFERENCE", [SOMEONE]),
        (acl(setting("dave")), "INVALID_REFERENCE", ["dave's id"]),
        (acl(setting("http://h/api/admin/user/me")), "INVALID_REFERENCE", ["user/me"]),
        (acl(GROUP.format(SOMEONE)), "UNSUPPORTED_OPERATION", ["devs"]),
        (acl(ORG.format(SOMEONE)), "UNSUPPORTED_OPERATION", ["globex"]),
        (acl(OUTSIDE), "UNSUPPORTED_OPERATION", ["ext"]),
        (acl("<AccessSetting><AccessLevel>Change</AccessLevel></AccessSetting>"), "BAD_REQUEST", ["Subject"]),
        (f'<ControlAccessParams xmlns="{V15}"/>', "BAD_REQUEST", ["IsSharedToEveryone"]),
        ("", "BAD_REQUEST", ["no body"]),
    ],
)
def test_access_list_when_bad_then_400_naming_the_offender_and_nothing_changes(
    tenants: Tenants, vapp: VApp, body: str, minor: str, words: list[str]
) -> None:
    ids = {name: str(user.pk) for name, user in tenants.users.items()}
    for name in ("carol", "dave"):
        body = body.replace(f'href="{name}"', f'href="{user_href(tenants.users[name])}"')
        words = [word.replace(f"{name}'s id", ids[name]) for word in words]
    share(tenants, vapp.pk, "alice", "Change")
    before = state()
    response = tenants.api("bob").post(f"/api/vApp/vapp-{vapp.pk}/action/controlAccess", body, ACL)
    error = error_of(response, 400, "xml")
    assert error["minor"] == minor
    for word in words:
        assert word in error["message"]
    assert state() == before


def test_access_list_when_anothers_then_403(tenants: Tenants, vapp: VApp) -> None:
    before = state()
    for user in ("carol", "dave"):
        api = tenants.api(user)
        error_of(api.get(f"/api/vApp/vapp-{vapp.pk}/controlAccess"), 403, "xml")
        error_of(
            api.post(f"/api/vApp/vapp-{vapp.pk}/action/controlAccess", acl(everyone="Change"), ACL),
            403,
            "xml",
        )
    assert state() == before


def test_access_list_when_vapp_is_read_then_links_by_right(tenants: Tenants, vapp: VApp) -> None:
    root = xml(tenants.api("bob").get(f"/api/vApp/vapp-{vapp.pk}"))
    links = {
        link.get("rel"): link.get("href")
        for link in root.findall(f"{{{V15}}}Link")
        if link.get("type") == ACL
    }
    base = f"http://testserver/api/vApp/vapp-{vapp.pk}"
    assert links == {"down": f"{base}/controlAccess/", "controlAccess": f"{base}/action/controlAccess"}


def test_forget_when_an_entity_goes_then_its_list_too(tenants: Tenants, vapp: VApp) -> None:
    share(tenants, vapp.pk, "carol", "Change")
    with acting_for(ALL):
        access_forget([vapp.pk])
        left = set(AccessGrant.objects.values_list("entity_id", flat=True))
    assert vapp.pk not in left
    assert tenants.acme.vapp.pk in left


# -- catalogs


@pytest.fixture
def author(tenants: Tenants) -> User:
    """eve, a catalog author of acme."""
    with acting_for(ALL):
        tenants.users["eve"] = user_create(
            org=tenants.acme.org, username="eve", password=PASSWORD, role=predefined_role("Catalog Author")
        )
        return tenants.users["eve"]


@pytest.fixture
def catalog(tenants: Tenants, author: User) -> Catalog:
    with acting_for(ALL):
        return catalog_create(org=tenants.acme.org, name="eves", owner=author)


def test_catalog_when_new_then_read_by_its_organization_until_unshared(
    tenants: Tenants, catalog: Catalog
) -> None:
    eve, bob, path = tenants.api("eve"), tenants.api("bob"), f"/api/catalog/{catalog.pk}"
    assert summary(eve.get(f"{path}/controlAccess/")) == ("true", "ReadOnly", {})
    assert bob.get(path).status_code == 200
    assert summary(eve.post(f"{path}/action/controlAccess", acl(), ACL)) == ("false", None, {})
    error_of(bob.get(path), 403, "xml")
    for user in ("eve", "alice", "administrator"):
        assert tenants.api(user).get(path).status_code == 200
    assert "eves" not in bob.get("/api/query?type=catalog").content.decode()
    assert "eves" not in bob.get(f"/api/org/{tenants.acme.org.pk}").content.decode()
    shared = acl(setting(tenants.users["bob"]))
    assert summary(eve.post(f"{path}/action/controlAccess", shared, ACL)) == (
        "false",
        None,
        {"bob": "ReadOnly"},
    )
    assert bob.get(path).status_code == 200


def test_catalog_content_when_its_catalog_is_hidden_then_hidden_too(tenants: Tenants) -> None:
    acme, bob = tenants.acme, tenants.api("bob")
    paths = [
        f"/api/vAppTemplate/vappTemplate-{acme.secret.pk}",
        f"/api/media/{acme.media.pk}",
        f"/api/catalogItem/{acme.media.item_id}",
        f"/api/media/{acme.media.pk}/metadata",
    ]
    for path in paths:
        assert bob.get(path).status_code == 200, path
    with acting_for(ALL):
        access_forget([acme.private.pk])
    for path in paths:
        error_of(bob.get(path), 403, "xml")
    for kind in ("vAppTemplate", "media", "catalogItem"):
        assert "secret" not in bob.get(f"/api/query?type={kind}").content.decode()


def test_catalog_when_published_then_read_by_another_org_though_its_own_members_are_kept_out(
    tenants: Tenants,
) -> None:
    with acting_for(ALL):
        access_forget([tenants.acme.shared.pk])
    assert tenants.api("dave").get(f"/api/catalog/{tenants.acme.shared.pk}").status_code == 200
    error_of(tenants.api("bob").get(f"/api/catalog/{tenants.acme.shared.pk}"), 403, "xml")


def test_catalog_when_shared_by_one_without_full_control_then_403(tenants: Tenants, catalog: Catalog) -> None:
    with acting_for(ALL):
        tenants.users["frank"] = user_create(
            org=tenants.acme.org, username="frank", password=PASSWORD, role=predefined_role("Catalog Author")
        )
    before = state()
    path = f"/api/catalog/{catalog.pk}/action/controlAccess"
    error_of(tenants.api("frank").post(path, acl(everyone="FullControl"), ACL), 403, "xml")
    assert "[Catalog: Sharing]" in error_of(tenants.api("bob").post(path, acl(), ACL), 403, "xml")["message"]
    error_of(tenants.api("dave").post(path, acl(), ACL), 403, "xml")
    assert state() == before


def test_catalog_when_asked_for_below_its_org_then_the_same_list(tenants: Tenants, catalog: Catalog) -> None:
    eve = tenants.api("eve")
    path = f"/api/org/{tenants.acme.org.pk}/catalog/{catalog.pk}"
    assert summary(eve.post(f"{path}/action/controlAccess", acl(everyone="Change"), ACL)) == (
        "true",
        "Change",
        {},
    )
    assert summary(eve.get(f"{path}/controlAccess")) == ("true", "Change", {})
    wrong = f"/api/org/{tenants.globex.org.pk}/catalog/{catalog.pk}"
    error_of(eve.get(f"{wrong}/controlAccess"), 403, "xml")
    error_of(eve.post(f"{wrong}/action/controlAccess", acl(), ACL), 403, "xml")


# -- VDCs


def test_vdc_when_restricted_then_only_the_named_and_administrators(tenants: Tenants) -> None:
    alice, bob, carol = (tenants.api(name) for name in ("alice", "bob", "carol"))
    path = f"/api/vdc/{tenants.acme.vdc.pk}"
    assert summary(alice.get(f"{path}/controlAccess")) == ("true", "ReadOnly", {})
    body = acl(setting(tenants.users["bob"]))
    response = alice.call("PUT", f"{path}/action/controlAccess", body, content_type=ACL)
    assert summary(response) == ("false", None, {"bob": "ReadOnly"})
    assert (bob.get(path).status_code, alice.get(path).status_code) == (200, 200)
    error_of(carol.get(path), 403, "xml")
    assert "acme-vdc" not in carol.get("/api/query?type=orgVdc").content.decode()
    assert "acme-vdc" not in carol.get(f"/api/org/{tenants.acme.org.pk}").content.decode()
    response = alice.call("PUT", f"{path}/action/controlAccess", acl(), content_type=ACL)
    assert summary(response) == ("false", None, {})
    error_of(bob.get(path), 403, "xml")
    response = alice.call("PUT", f"{path}/action/controlAccess", acl(everyone="ReadOnly"), content_type=ACL)
    assert summary(response) == ("true", "ReadOnly", {})
    assert carol.get(path).status_code == 200
    with acting_for(ALL):
        assert not AccessGrant.objects.filter(entity_id=tenants.acme.vdc.pk).exists()


@pytest.mark.parametrize("body", [acl(everyone="Change"), acl(setting("carol", "FullControl"))])
def test_vdc_when_shared_for_more_than_reading_then_400(tenants: Tenants, body: str) -> None:
    body = body.replace('href="carol"', f'href="{user_href(tenants.users["carol"])}"')
    before = state()
    path = f"/api/vdc/{tenants.acme.vdc.pk}/action/controlAccess"
    response = tenants.api("alice").call("PUT", path, body, content_type=ACL)
    assert "cannot be given on a VDC" in error_of(response, 400, "xml")["message"]
    assert state() == before


def test_vdc_when_shared_without_the_right_then_403(tenants: Tenants) -> None:
    path = f"/api/vdc/{tenants.acme.vdc.pk}/action/controlAccess"
    before = state()
    for user in ("bob", "dave"):
        error_of(tenants.api(user).call("PUT", path, acl(), content_type=ACL), 403, "xml")
    assert tenants.api("alice").post(path, acl(), ACL).status_code == 405
    assert state() == before


# -- owners


def owner(user: User | str) -> str:
    href = user if isinstance(user, str) else user_href(user)
    return f'<Owner xmlns="{V15}" type="{OWNER}"><User href="{href}" name="x"/></Owner>'


def owner_name(response: Any) -> str | None:
    return xml(response).find(f"{{{V15}}}User").get("name")


def test_owner_when_changed_then_the_new_one_sees_it_and_the_old_one_does_not(
    tenants: Tenants, vapp: VApp
) -> None:
    alice, path = tenants.api("alice"), f"/api/vApp/vapp-{vapp.pk}"
    assert owner_name(alice.get(f"{path}/owner")) == "bob"
    response = alice.call("PUT", f"{path}/owner/", owner(tenants.users["carol"]), content_type=OWNER)
    assert (response.status_code, response.content) == (204, b"")
    assert owner_name(alice.get(f"{path}/owner")) == "carol"
    assert tenants.api("carol").get(path).status_code == 200
    assert tenants.api("bob").get(path).status_code == 403


@pytest.mark.parametrize("where", ["api/catalog", "api/admin/catalog"])
def test_owner_when_of_a_catalog_then_changed_likewise(
    tenants: Tenants, catalog: Catalog, where: str
) -> None:
    alice, path = tenants.api("alice"), f"/{where}/{catalog.pk}/owner"
    assert owner_name(alice.get(path)) == "eve"
    assert alice.call("PUT", path, owner(tenants.users["bob"]), content_type=OWNER).status_code == 204
    assert owner_name(alice.get(path)) == "bob"


def test_owner_when_of_templates_and_media_then_read(tenants: Tenants) -> None:
    acme, bob = tenants.acme, tenants.api("bob")
    for path in (
        f"/api/vAppTemplate/vappTemplate-{acme.secret.pk}/owner",
        f"/api/media/{acme.media.pk}/owner",
    ):
        assert owner_name(bob.get(path)) == "alice"
    assert (
        bob.call("PUT", f"/api/media/{acme.media.pk}/owner", owner("x"), content_type=OWNER).status_code
        == 405
    )


def test_owner_when_the_provider_takes_over_then_one_of_his_own(tenants: Tenants, vapp: VApp) -> None:
    root, path = tenants.api("administrator"), f"/api/vApp/vapp-{vapp.pk}/owner"
    taken = root.call("PUT", path, owner(tenants.users["administrator"]), content_type=OWNER)
    assert taken.status_code == 204
    assert owner_name(root.get(path)) == "administrator"
    assert owner_name(tenants.api("alice").get(path)) == "administrator"


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (owner("dave"), "dave"),
        (owner("administrator"), "administrator"),
        (owner(f"http://h/api/admin/user/{SOMEONE}"), SOMEONE),
        (owner("nobody"), "nobody"),
        (f'<Owner xmlns="{V15}"/>', "User"),
        ("", "no body"),
    ],
)
def test_owner_when_bad_then_400_naming_it_and_nothing_changes(
    tenants: Tenants, vapp: VApp, body: str, word: str
) -> None:
    for name in ("dave", "administrator"):
        if f'href="{name}"' in body:
            body = body.replace(f'href="{name}"', f'href="{user_href(tenants.users[name])}"')
            word = str(tenants.users[name].pk)
    before = state()
    response = tenants.api("alice").call("PUT", f"/api/vApp/vapp-{vapp.pk}/owner", body, content_type=OWNER)
    assert word in error_of(response, 400, "xml")["message"]
    assert state() == before


def test_owner_when_changed_without_right_or_by_another_org_then_403(tenants: Tenants, vapp: VApp) -> None:
    before = state()
    for user in ("bob", "dave"):
        body = owner(tenants.users[user])
        response = tenants.api(user).call("PUT", f"/api/vApp/vapp-{vapp.pk}/owner", body, content_type=OWNER)
        error_of(response, 403, "xml")
    assert state() == before


# -- cost


def statements(tenants: Tenants, user: str, path: str) -> int:
    api = tenants.api(user)
    api.get(path)
    with CaptureQueriesContext(connection) as captured:
        assert api.get(path).status_code == 200
    return len(captured)


def test_sql_when_grants_grow_then_the_same_statements(tenants: Tenants, vapp: VApp) -> None:
    share(tenants, vapp.pk, "carol", "ReadOnly")
    paths = [f"/api/vApp/vapp-{vapp.pk}/controlAccess", f"/api/vApp/vapp-{vapp.pk}", "/api/query?type=vApp"]
    few = [statements(tenants, "carol", path) for path in paths]
    with acting_for(ALL):
        for number in range(8):
            user = user_create(
                org=tenants.acme.org, username=f"u{number}", password="x", role=predefined_role("vApp User")
            )
            AccessGrant.objects.create(
                org=tenants.acme.org, entity_id=vapp.pk, user=user, level=AccessLevel.CHANGE
            )
    assert [statements(tenants, "carol", path) for path in paths] == few
    assert few[0] == 3  # the session, the vApp, the list with its users
    own = [statements(tenants, "alice", path) for path in paths]
    assert few == [own[0], own[1] + 1, own[2]], (
        "the level, which decides on the links, is one statement on top"
    )
