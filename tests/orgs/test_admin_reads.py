"""What tenants' clients read below /api/admin, and whether the service is up."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from lxml import etree

from orgs.models import Org, Right, Role
from orgs.represent_admin import SETTINGS
from orgs.selectors import predefined_role
from orgs.services import user_create
from ssvirt.core.tenancy import ALL, acting_for
from ssvirt.wire import media
from tests.api.tenants import ACCEPT_OF, FORBIDDEN, Tenants, error_of, send, tenants, xml
from tests.fixtures import PASSWORD

__all__ = ["tenants"]

pytestmark = pytest.mark.django_db


def names(root: etree._Element, path: str) -> list[str | None]:
    return [each.get("name") for each in root.findall(path)]


def link_types(root: etree._Element) -> list[tuple[str | None, str | None]]:
    return [(each.get("rel"), each.get("type")) for each in root.findall("{*}Link")]


# -- the root


def test_cloud_when_read_then_a_version_clients_can_parse(tenants: Tenants) -> None:
    root = xml(tenants.api("alice").get("/api/admin"))
    assert etree.QName(root).localname == "VCloud"
    description = root.findtext("{*}Description")
    assert re.match(r"^\d+\.\d+\.\d+\.\d+ [A-Z][a-z]{2} [A-Z][a-z]{2} \d+ [\d:]+ UTC \d{4}$", description)
    assert (
        tenants.api("alice").get("/api/admin/", accept=ACCEPT_OF["json"]).json()["description"] == description
    )


def test_cloud_when_read_by_a_tenant_then_its_own_and_no_provider_vdcs(tenants: Tenants) -> None:
    root = xml(tenants.api("alice").get("/api/admin/"))
    assert names(root, "{*}OrganizationReferences/{*}OrganizationReference") == ["acme"]
    assert names(root, "{*}ProviderVdcReferences/{*}ProviderVdcReference") == []
    assert "System Administrator" not in names(root, "{*}RoleReferences/{*}RoleReference")
    assert "vApp Author" in names(root, "{*}RoleReferences/{*}RoleReference")
    assert names(root, "{*}RightReferences/{*}RightReference")
    carol = xml(tenants.api("carol").get("/api/admin/"))
    assert names(carol, "{*}RoleReferences/{*}RoleReference") == []


def test_cloud_when_read_by_the_provider_then_everything(tenants: Tenants) -> None:
    root = xml(tenants.api("administrator").get("/api/admin/"))
    assert set(names(root, "{*}OrganizationReferences/{*}OrganizationReference")) == {
        "System",
        "acme",
        "globex",
    }
    assert names(root, "{*}ProviderVdcReferences/{*}ProviderVdcReference") == ["pvdc"]
    assert "System Administrator" in names(root, "{*}RoleReferences/{*}RoleReference")


def test_session_when_read_then_it_leads_to_the_admin_view(tenants: Tenants) -> None:
    for user in ("carol", "administrator"):
        root = xml(tenants.api(user).get("/api/session"))
        found = link_types(root)
        assert found.count(("down", media.ADMIN)) == 1
        assert len(found) == len(set(found)), "clients raise when a relation and type come twice"


# -- organizations


def test_admin_org_when_read_then_every_member_clients_take_unchecked(tenants: Tenants) -> None:
    org = tenants.acme.org
    with acting_for(ALL):
        Org.objects.filter(pk=org.pk).update(
            deployment_lease_s=3600, storage_lease_s=7200, template_lease_s=10800, is_deleted_on_expiry=True
        )
    alice = tenants.api("alice")
    root = xml(alice.get(f"/api/admin/org/{org.pk}"))
    assert etree.QName(root).localname == "AdminOrg"
    assert root.get("href").endswith(f"/api/admin/org/{org.pk}")
    assert set(names(root, "{*}Users/{*}UserReference")) == {"alice", "bob", "carol"}
    assert root.find("{*}Groups") is not None
    assert set(names(root, "{*}Catalogs/{*}CatalogReference")) == {"acme-shared", "acme-private"}
    assert names(root, "{*}Vdcs/{*}Vdc") == ["acme-vdc"]
    assert names(root, "{*}Networks/{*}Network") == ["acme-net"]
    assert "vApp User" in names(root, "{*}RoleReferences/{*}RoleReference")
    assert len(names(root, "{*}RightReferences/{*}RightReference")) > 30
    settings = root.find("{*}Settings")
    assert settings.find("{*}OrgGeneralSettings/{*}DeployedVMQuota") is not None
    assert settings.find("{*}OrgPasswordPolicySettings") is not None
    lease = settings.find("{*}VAppLeaseSettings")
    assert [etree.QName(each).localname + "=" + each.text for each in lease] == [
        "DeleteOnStorageLeaseExpiration=true",
        "DeploymentLeaseSeconds=3600",
        "StorageLeaseSeconds=7200",
        "PowerOffOnRuntimeLeaseExpiration=true",
    ]
    assert settings.findtext("{*}VAppTemplateLeaseSettings/{*}StorageLeaseSeconds") == "10800"
    for path, piece in (
        ("{*}Catalogs/{*}CatalogReference", "/api/admin/catalog/"),
        ("{*}Vdcs/{*}Vdc", "/api/admin/vdc/"),
        ("{*}Networks/{*}Network", "/api/admin/network/"),
        ("{*}Users/{*}UserReference", "/api/admin/user/"),
        ("{*}RoleReferences/{*}RoleReference", "/api/admin/role/"),
    ):
        for each in root.findall(path):
            assert piece in each.get("href")
            assert alice.get(each.get("href")).status_code == 200, each.get("href")
    right = root.find("{*}RightReferences/{*}RightReference")
    assert alice.get(right.get("href")).status_code == 200
    for each in root.findall("{*}Link"):
        assert alice.get(each.get("href")).status_code == 200, each.get("href")
    for member in ("RightReferences", "RoleReferences"):  # lists without an address of their own
        assert "href" not in root.find(f"{{*}}{member}").attrib


def test_admin_org_when_read_by_a_user_then_leases_but_no_lists_beyond_his_rights(tenants: Tenants) -> None:
    root = xml(tenants.api("carol").get(f"/api/admin/org/{tenants.acme.org.pk}"))
    assert root.findtext("{*}Settings/{*}VAppLeaseSettings/{*}DeploymentLeaseSeconds") == "0"
    for member in ("Users", "Groups", "Catalogs", "RightReferences", "RoleReferences"):
        assert len([each for each in root.find(f"{{*}}{member}") if each.get("name")]) == 0
    assert names(root, "{*}Vdcs/{*}Vdc") == ["acme-vdc"]


def test_admin_org_when_the_path_has_two_slashes_then_the_same(tenants: Tenants) -> None:
    alice, pk = tenants.api("alice"), tenants.acme.org.pk
    assert alice.get(f"/api/admin//org/{pk}").content == alice.get(f"/api/admin/org/{pk}").content


def test_admin_org_when_another_tenants_then_403(tenants: Tenants) -> None:
    for suffix in ("", "/settings", *(f"/settings/{part}" for part in SETTINGS)):
        response = tenants.api("dave").get(f"/api/admin/org/{tenants.acme.org.pk}{suffix}")
        assert error_of(response, 403, "xml")["minor"] == FORBIDDEN
        assert "acme" not in response.content.decode()


@pytest.mark.parametrize("part", sorted(SETTINGS))
def test_settings_when_a_part_is_read_then_of_its_type(tenants: Tenants, part: str) -> None:
    cls, _ = SETTINGS[part]
    path = f"/api/admin/org/{tenants.acme.org.pk}/settings/{part}"
    response = tenants.api("bob").get(path)
    assert response["Content-Type"].startswith(cls.__wire__.media)
    assert xml(response).get("href").endswith(path)
    assert tenants.api("bob").get(path, accept=ACCEPT_OF["json"]).status_code == 200


def test_settings_when_read_then_links_to_the_parts(tenants: Tenants) -> None:
    bob = tenants.api("bob")
    root = xml(bob.get(f"/api/admin/org/{tenants.acme.org.pk}/settings"))
    hrefs = [each.get("href") for each in root.findall("{*}Link")]
    assert len(hrefs) == len(SETTINGS)
    for href in hrefs:
        assert bob.get(href).status_code == 200


def statements(api: Any, path: str) -> int:
    with CaptureQueriesContext(connection) as made:
        assert api.get(path).status_code == 200
    return len(made)


def test_admin_org_when_it_has_more_users_then_the_same_statements(tenants: Tenants) -> None:
    alice, path = tenants.api("alice"), f"/api/admin/org/{tenants.acme.org.pk}"
    statements(alice, path)  # what a process reads once
    few = statements(alice, path)
    with acting_for(ALL):
        for number in range(20):
            user_create(
                org=tenants.acme.org,
                username=f"u{number}",
                password=PASSWORD,
                role=predefined_role("vApp User"),
            )
    assert statements(alice, path) == few
    assert few <= ADMIN_ORG


ADMIN_ORG = 12


# -- users, roles, rights


def test_user_when_read_then_role_and_state(tenants: Tenants) -> None:
    bob = tenants.users["bob"]
    root = xml(tenants.api("alice").get(f"/api/admin/user/{bob.pk}"))
    assert (etree.QName(root).localname, root.get("name")) == ("User", "bob")
    assert root.find("{*}Role").get("name") == "vApp Author"
    assert (root.findtext("{*}IsEnabled"), root.findtext("{*}ProviderType")) == ("true", "INTEGRATED")
    assert "assword" not in etree.tostring(root).decode()


def test_user_when_read_without_the_right_then_oneself_only(tenants: Tenants) -> None:
    bob = tenants.api("bob")
    assert bob.get(f"/api/admin/user/{tenants.users['bob'].pk}").status_code == 200
    response = bob.get(f"/api/admin/user/{tenants.users['alice'].pk}")
    assert "User: View" in error_of(response, 403, "xml")["message"]
    for other in ("dave", "administrator"):
        path = f"/api/admin/user/{tenants.users[other].pk}"
        error_of(tenants.api("alice").get(path), 403, "xml")


def test_task_when_read_then_its_user_can_be_read_by_that_user(tenants: Tenants) -> None:
    bob = tenants.api("bob")
    session = xml(bob.get("/api/session"))
    assert bob.get("/api/admin/user/" + session.get("userId")).status_code == 200


def test_role_when_read_then_its_rights(tenants: Tenants) -> None:
    alice = tenants.api("alice")
    role = predefined_role("vApp User")
    root = xml(alice.get(f"/api/admin/role/{role.pk}"))
    assert root.get("name") == "vApp User"
    assert set(names(root, "{*}RightReferences/{*}RightReference")) == set(
        role.rights.values_list("name", flat=True)
    )
    administrator = predefined_role("System Administrator")
    everything = xml(tenants.api("administrator").get(f"/api/admin/role/{administrator.pk}"))
    assert len(names(everything, "{*}RightReferences/{*}RightReference")) == Right.objects.count()


def test_role_when_another_organizations_or_beyond_ones_rights_then_403(tenants: Tenants) -> None:
    theirs = Role.objects.create(org=tenants.globex.org, name="globex-role")
    error_of(tenants.api("alice").get(f"/api/admin/role/{theirs.pk}"), 403, "xml")
    assert tenants.api("dave").get(f"/api/admin/role/{theirs.pk}").status_code == 200
    author, user = predefined_role("vApp Author"), predefined_role("vApp User")
    bob = tenants.api("bob")
    assert bob.get(f"/api/admin/role/{author.pk}").status_code == 200
    error_of(bob.get(f"/api/admin/role/{user.pk}"), 403, "xml")


def test_right_when_read_then_named_with_its_category(tenants: Tenants) -> None:
    right = Right.objects.get(name="vApp: Power Operations")
    root = xml(tenants.api("alice").get(f"/api/admin/right/{right.pk}"))
    assert (root.get("name"), root.findtext("{*}Category")) == ("vApp: Power Operations", "vApp")
    error_of(tenants.api("bob").get(f"/api/admin/right/{right.pk}"), 403, "xml")


# -- catalogs


def test_admin_catalog_when_read_then_alternate_and_items(tenants: Tenants) -> None:
    alice, catalog = tenants.api("alice"), tenants.acme.private
    root = xml(alice.get(f"/api/admin/catalog/{catalog.pk}"))
    assert etree.QName(root).localname == "AdminCatalog"
    assert {("up", media.ADMIN_ORG), ("alternate", media.CATALOG), ("down", media.METADATA)} <= set(
        link_types(root)
    )
    assert set(names(root, "{*}CatalogItems/{*}CatalogItem")) == {"acme-secret", "acme-iso"}
    for each in root.findall("{*}Link"):
        assert alice.get(each.get("href")).status_code == 200
    for other in (catalog, tenants.acme.shared):  # a published one is read at /api/catalog
        error_of(tenants.api("dave").get(f"/api/admin/catalog/{other.pk}"), 403, "xml")


# -- status


@pytest.mark.parametrize("accept", ["", "*/*", "text/html", "application/*+xml;version=1.0"])
def test_server_status_when_asked_by_anyone_then_up(db: None, accept: str) -> None:
    response = send("GET", "/api/server_status", **({"accept": accept} if accept else {}))
    assert (response.status_code, response.content) == (200, b"Service is up.")
    assert response["Content-Type"] == "text/plain"
