"""What hangs on a VDC that is shared with others only is not there: networks, storage profiles, edge gateways."""

import re
from collections.abc import Callable

import pytest

from ssvirt.core.tenancy import ALL, acting_for
from tests.api.asking import query, records
from tests.api.tenants import CLOUD, FORBIDDEN, Tenants, error_of, xml
from tests.orgs.test_access import ACL, acl
from vapps.models import AffinityRule
from vdcs.models import EdgeGateway

LEGACY = (
    "/api/network/{network}",
    "/api/admin/network/{network}",
    "/api/network/{network}/allocatedAddresses",
    "/api/admin/network/{network}/allocatedAddresses",
    "/api/network/{network}/metadata",
    "/api/admin/network/{network}/metadata",
    "/api/vdcStorageProfile/{profile}",
    "/api/vdcStorageProfile/{profile}/metadata",
    "/api/admin/vdcStorageProfile/{profile}",
    "/api/admin/vdcStorageProfile/{profile}/metadata",
    "/api/edgeGateway/{edge}",
    "/api/admin/edgeGateway/{edge}",
    "/api/admin/edgeGateway/{edge}/metadata",
    "/api/vmAffinityRule/{rule}",
    "/api/vdc/{vdc}/vmAffinityRules/{rule}",
    "/api/vdc/{vdc}/vmAffinityRules",
    "/api/vdc/{vdc}/networks",
    "/api/admin/vdc/{vdc}/edgeGateways",
)
CLOUDAPI = (
    "/cloudapi/1.0.0/orgVdcNetworks/{network}",
    "/cloudapi/1.0.0/orgVdcNetworks/{network}/dhcp",
    "/cloudapi/1.0.0/orgVdcNetworks/{network}/allocatedIpAddresses",
    "/cloudapi/1.0.0/edgeGateways/{edge}",
    "/cloudapi/1.0.0/edgeGateways/{edge}/usedIpAddresses",
)
LISTS = ("orgVdcNetwork", "orgVdcStorageProfile", "edgeGateway", "orgVdc")
Path = Callable[[str], str]


@pytest.fixture
def path(tenants: Tenants) -> Path:
    """A path with acme's ids in it."""
    acme = tenants.acme
    with acting_for(ALL):
        ids = {
            "vdc": acme.vdc.pk,
            "network": acme.net.pk,
            "profile": acme.vdc.storage_policies.get().pk,
            "edge": EdgeGateway.objects.get(vdc=acme.vdc).pk,
            "rule": AffinityRule.objects.get(vdc=acme.vdc).pk,
        }
    return lambda template: template.format(**ids)


def close(tenants: Tenants) -> None:
    """The VDC is shared with nobody: only administrators have it."""
    where = f"/api/vdc/{tenants.acme.vdc.pk}/action/controlAccess"
    answer = tenants.api("alice").call("PUT", where, acl(shared=False), content_type=ACL)
    assert answer.status_code == 200, answer.content


@pytest.mark.parametrize("template", LEGACY)
def test_part_of_a_vdc_when_the_vdc_is_shared_with_others_only_then_403(
    tenants: Tenants, path: Path, template: str
) -> None:
    carol, alice = tenants.api("carol"), tenants.api("alice")
    assert carol.get(path(template)).status_code == 200
    close(tenants)
    error = error_of(carol.get(path(template)), 403, "xml")
    assert error["minor"] == FORBIDDEN
    assert "acme-" not in error["message"]
    assert alice.get(path(template)).status_code == 200


@pytest.mark.parametrize("template", CLOUDAPI)
def test_part_of_a_vdc_at_cloudapi_when_the_vdc_is_shared_with_others_only_then_403(
    tenants: Tenants, path: Path, template: str
) -> None:
    carol, alice = tenants.api("carol", CLOUD), tenants.api("alice", CLOUD)
    assert carol.get(path(template)).status_code == 200
    close(tenants)
    assert "acme-" not in error_of(carol.get(path(template)), 403, "cloud")["message"]
    assert alice.get(path(template)).status_code == 200


@pytest.mark.parametrize("where", ["/api/org/{org}", "/api/admin/org/{org}"])
def test_organization_when_a_vdc_is_shared_with_others_only_then_it_names_nothing_of_it(
    tenants: Tenants, path: Path, where: str
) -> None:
    org = where.format(org=tenants.acme.org.pk)
    parts = [path("{vdc}"), path("{network}")]
    before = tenants.api("carol").get(org).content.decode()
    assert all(part in before for part in parts)
    close(tenants)
    assert not [part for part in parts if part in tenants.api("carol").get(org).content.decode()]
    assert all(part in tenants.api("alice").get(org).content.decode() for part in parts)


def test_organization_when_a_vdc_is_shared_with_others_only_then_every_link_can_be_followed(
    tenants: Tenants, path: Path
) -> None:
    close(tenants)
    carol = tenants.api("carol")
    root = xml(carol.get(f"/api/org/{tenants.acme.org.pk}"))
    for link in root.findall("{*}Link"):
        if link.get("rel") == "down":
            assert carol.get(link.get("href")).status_code == 200, link.get("href")


@pytest.mark.parametrize("kind", LISTS)
def test_list_when_the_vdc_is_shared_with_others_only_then_empty(tenants: Tenants, kind: str) -> None:
    assert len(records(query(tenants.api("carol"), kind))) == 1
    close(tenants)
    assert records(query(tenants.api("carol"), kind)) == []
    assert len(records(query(tenants.api("alice"), kind))) == 1


def test_documents_when_the_vdc_is_shared_with_others_only_then_written_by_administrators_only(
    tenants: Tenants, path: Path
) -> None:
    close(tenants)
    body = '<Metadata xmlns="http://www.vmware.com/vcloud/v1.5"/>'
    for template in ("/api/network/{network}/metadata", "/api/vdcStorageProfile/{profile}/metadata"):
        error_of(tenants.api("carol").post(path(template), body), 403, "xml")
    network = tenants.api("alice").get(path("/api/network/{network}"))
    assert re.search(r'name="acme-net"', network.content.decode())
