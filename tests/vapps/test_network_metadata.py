"""Metadata of a vApp's network goes by the access to its vApp, though org VDC networks are at the same path."""

import uuid
from typing import Any

import pytest

from orgs.models import AccessGrant, AccessLevel, Right, Role
from orgs.rights import Rights
from ssvirt.core.tenancy import ALL, acting_for
from tests.api.tenants import FORBIDDEN, Tenants, error_of, xml
from tests.fixtures import Api
from tests.orgs.test_metadata import (
    METADATA,
    VALUE,
    entries_of,
    entry,
    finish,
    links_of,
    metadata,
    value_body,
)

VAPP_NETWORK = "application/vnd.vmware.vcloud.vAppNetwork+xml"
NETWORK = "application/vnd.vmware.vcloud.orgVdcNetwork+xml"


def path_of(tenants: Tenants) -> str:
    return f"/api/network/{tenants.acme.vapp_network.pk}/metadata"


def share(tenants: Tenants, level: AccessLevel) -> None:
    acme = tenants.acme
    with acting_for(ALL):
        AccessGrant.objects.create(
            org=acme.org, entity_id=acme.vapp.pk, user=tenants.users["carol"], level=level
        )


def become(tenants: Tenants, user: str, *rights: str) -> None:
    """The user's role has these rights alone."""
    with acting_for(ALL):
        role = Role.objects.create(org=tenants.acme.org, name=f"only for {user}")
        role.rights.set(Right.objects.filter(name__in=rights))
        tenants.users[user].role = role
        tenants.users[user].save()


def write(api: Api, path: str) -> Any:
    return api.post(path, metadata(entry("k", "v")), METADATA)


def test_metadata_of_a_vapps_network_when_the_vapp_may_be_changed_then_written_read_and_removed(
    tenants: Tenants,
) -> None:
    share(tenants, AccessLevel.CHANGE)
    carol, path = tenants.api("carol"), path_of(tenants)
    finish(write(carol, path))
    assert entries_of(carol.get(path)) == {"k": "v"}
    finish(carol.call("PUT", f"{path}/k", value_body("w"), content_type=VALUE))
    assert entries_of(carol.get(path)) == {"k": "w"}
    finish(carol.delete(f"{path}/k"), "metadataDelete")
    assert entries_of(carol.get(path)) == {}
    error_of(write(carol, f"/api/network/{tenants.acme.net.pk}/metadata"), 403, "xml")


def test_metadata_of_a_vapps_network_when_the_vapp_may_only_be_read_then_not_written(
    tenants: Tenants,
) -> None:
    share(tenants, AccessLevel.READ_ONLY)
    carol, path = tenants.api("carol"), path_of(tenants)
    assert set(links_of(xml(carol.get(path)))) == {"up"}
    error_of(write(carol, path), 403, "xml")


def test_metadata_of_a_vapps_network_when_the_vapp_is_not_shared_then_403(tenants: Tenants) -> None:
    for user in ("carol", "dave"):
        assert error_of(tenants.api(user).get(path_of(tenants)), 403, "xml")["minor"] == FORBIDDEN


@pytest.mark.parametrize(
    ("rights", "reads", "writes"),
    [
        ((Rights.ORGANIZATION_VIEW, Rights.VAPP_EDIT), 200, 202),
        ((Rights.ORGANIZATION_VIEW, Rights.NETWORK_VIEW, Rights.NETWORK_EDIT), 200, 403),
        ((Rights.NETWORK_VIEW, Rights.NETWORK_EDIT), 403, 403),
    ],
)
def test_metadata_of_a_vapps_network_when_asked_for_then_by_the_rights_on_vapps(
    tenants: Tenants, rights: tuple[str, ...], reads: int, writes: int
) -> None:
    share(tenants, AccessLevel.CHANGE)
    become(tenants, "carol", *rights)
    carol, path = tenants.api("carol"), path_of(tenants)
    assert carol.get(path).status_code == reads
    assert write(carol, path).status_code == writes
    other = write(carol, f"/api/network/{tenants.acme.net.pk}/metadata").status_code
    assert other == (202 if Rights.NETWORK_EDIT in rights else 403)


@pytest.mark.parametrize("where", ["api/network", "api/admin/network"])
def test_metadata_of_a_network_when_read_then_up_leads_to_it_by_its_media_type(
    tenants: Tenants, where: str
) -> None:
    alice, acme = tenants.api("alice"), tenants.acme
    up = links_of(xml(alice.get(f"/{where}/{acme.vapp_network.pk}/metadata")))["up"]
    assert up == (f"http://testserver/api/network/{acme.vapp_network.pk}", VAPP_NETWORK)
    up = links_of(xml(alice.get(f"/{where}/{acme.net.pk}/metadata")))["up"]
    media = NETWORK if where == "api/network" else NETWORK.replace("vcloud", "admin")
    assert up == (f"http://testserver/{where}/{acme.net.pk}", media)


def test_metadata_of_a_network_when_it_does_not_exist_then_403(tenants: Tenants) -> None:
    path = f"/api/network/{uuid.uuid4()}/metadata"
    assert error_of(tenants.api("alice").get(path), 403, "xml")["minor"] == FORBIDDEN
