"""Security tags of VMs, and the addresses that VMs hold, at /cloudapi."""

import uuid
from typing import Any

import pytest

from orgs.models import AccessGrant, AccessLevel
from ssvirt.core.tenancy import ALL, acting_for
from tests.api.tenants import CLOUD, Tenants, error_of
from tests.contract.swagger import assert_valid_cloud
from vapps.models import SecurityTag, Vm

TAGS = "/cloudapi/1.0.0/securityTags"


def vm_urn(vm: Vm) -> str:
    return f"urn:vcloud:vm:{vm.pk}"


def tags_in_rows() -> set[tuple[str, str]]:
    with acting_for(ALL):
        return set(SecurityTag.objects.values_list("vm__name", "tag"))


def another_vm(tenants: Tenants, name: str) -> Vm:
    acme = tenants.acme
    with acting_for(ALL):
        return Vm.objects.create(
            org=acme.org,
            vapp=acme.vapp,
            vdc=acme.vdc,
            name=name,
            computer_name=name,
            os_type="fedora64Guest",
            cpus=1,
            memory_mb=1024,
            storage_policy=acme.vm.storage_policy,
        )


BOTH = {("acme-vm", "acme-tag"), ("globex-vm", "globex-tag")}


def test_tags_when_put_then_lower_case_each_once_and_read_back(tenants: Tenants) -> None:
    alice = tenants.api("alice", CLOUD)
    path = f"{TAGS}/vm/{vm_urn(tenants.acme.vm)}"
    assert alice.get(path).json() == {"tags": ["acme-tag"]}
    answer = alice.call("PUT", path, {"tags": ["Web", "db", "web"], "unknown": 1})
    assert (answer.status_code, answer.json()) == (200, {"tags": ["db", "web"]})
    assert_valid_cloud(answer.json(), "EntitySecurityTags")
    assert alice.get(path).json() == {"tags": ["db", "web"]}
    assert alice.call("PUT", path, {"tags": ["db", "web"]}).json() == {"tags": ["db", "web"]}
    assert alice.call("PUT", path, {"tags": []}).json() == {"tags": []}
    assert tags_in_rows() == {("globex-vm", "globex-tag")}


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({"tags": "web"}, "tags"),
        ({"tags": ["web", 1]}, "tags[1]"),
        ({"tags": [" "]}, "1 to 128"),
        ({"tags": ["x" * 129]}, "1 to 128"),
        (None, "tags"),
        ({"tags": None}, "tags"),
        ("[]", "JSON object"),
    ],
)
def test_tags_when_the_body_is_bad_then_400_and_nothing_changes(
    tenants: Tenants, body: Any, word: str
) -> None:
    path = f"{TAGS}/vm/{vm_urn(tenants.acme.vm)}"
    answer = tenants.api("alice", CLOUD).call("PUT", path, body, content_type="application/json")
    assert word in error_of(answer, 400, "cloud")["message"]
    assert tags_in_rows() == BOTH


def test_tags_when_the_vm_is_anothers_then_403_and_nothing_changes(tenants: Tenants) -> None:
    path = f"{TAGS}/vm/{vm_urn(tenants.acme.vm)}"
    dave = tenants.api("dave", CLOUD)
    for answer in (dave.get(path), dave.call("PUT", path, {"tags": ["x"]})):
        error_of(answer, 403, "cloud")
    assert tags_in_rows() == BOTH


def test_tag_when_put_then_exactly_those_vms_have_it(tenants: Tenants) -> None:
    alice = tenants.api("alice", CLOUD)
    second = another_vm(tenants, "second")
    both = [vm_urn(tenants.acme.vm), vm_urn(second)]
    assert alice.call("PUT", f"{TAGS}/tag", {"tag": "Web", "entities": both}).status_code == 204
    assert tags_in_rows() == BOTH | {("acme-vm", "web"), ("second", "web")}
    assert alice.call("PUT", f"{TAGS}/tag", {"tag": "web", "entities": both[1:]}).status_code == 204
    assert tags_in_rows() == BOTH | {("second", "web")}
    assert alice.call("PUT", f"{TAGS}/tag", {"tag": "web", "entities": []}).status_code == 204
    assert tags_in_rows() == BOTH


def test_tags_when_the_vm_is_a_colleagues_then_his_sharing_decides(tenants: Tenants) -> None:
    bob, acme = tenants.api("bob", CLOUD), tenants.acme
    path, body = f"{TAGS}/vm/{vm_urn(acme.vm)}", {"tag": "acme-tag", "entities": []}
    error_of(bob.get(path), 403, "cloud")
    error_of(bob.call("PUT", path, {"tags": []}), 403, "cloud")
    assert bob.call("PUT", f"{TAGS}/tag", body).status_code == 204
    assert tags_in_rows() == BOTH
    with acting_for(ALL):
        grant = AccessGrant.objects.create(
            org=acme.org, entity_id=acme.vapp.pk, user=tenants.users["bob"], level=AccessLevel.READ_ONLY
        )
    assert bob.get(path).json() == {"tags": ["acme-tag"]}
    error_of(bob.call("PUT", path, {"tags": []}), 403, "cloud")
    error_of(bob.call("PUT", f"{TAGS}/tag", {"tag": "x", "entities": [vm_urn(acme.vm)]}), 403, "cloud")
    error_of(bob.call("PUT", f"{TAGS}/tag", body), 403, "cloud")
    assert tags_in_rows() == BOTH
    with acting_for(ALL):
        AccessGrant.objects.filter(pk=grant.pk).update(level=AccessLevel.CHANGE)
    assert bob.call("PUT", path, {"tags": ["x"]}).json() == {"tags": ["x"]}


def test_tag_when_put_then_other_organizations_keep_theirs(tenants: Tenants) -> None:
    answer = tenants.api("alice", CLOUD).call("PUT", f"{TAGS}/tag", {"tag": "globex-tag", "entities": []})
    assert answer.status_code == 204
    assert tags_in_rows() == BOTH


def test_tag_when_an_entity_is_foreign_or_no_vm_then_refused(tenants: Tenants) -> None:
    alice = tenants.api("alice", CLOUD)
    mine, foreign = vm_urn(tenants.acme.vm), vm_urn(tenants.globex.vm)
    for entity, status in (
        (foreign, 403),
        (vm_urn(Vm(pk=uuid.uuid4())), 403),
        ("nonsense", 400),
        (f"urn:vcloud:vapp:{tenants.acme.vapp.pk}", 400),
    ):
        answer = alice.call("PUT", f"{TAGS}/tag", {"tag": "x", "entities": [mine, entity]})
        assert "globex" not in error_of(answer, status, "cloud")["message"]
    assert "tag" in error_of(alice.call("PUT", f"{TAGS}/tag", {"entities": [mine]}), 400, "cloud")["message"]
    assert tags_in_rows() == BOTH


def test_tag_when_the_provider_acts_in_no_organization_then_400(tenants: Tenants) -> None:
    administrator = tenants.api("administrator", CLOUD)
    body = {"tag": "acme-tag", "entities": []}
    error_of(administrator.call("PUT", f"{TAGS}/tag", body), 400, "cloud")
    assert tags_in_rows() == BOTH
    context = {"X-VMWARE-VCLOUD-TENANT-CONTEXT": str(tenants.acme.org.pk)}
    assert administrator.call("PUT", f"{TAGS}/tag", body, **context).status_code == 204
    assert tags_in_rows() == {("globex-vm", "globex-tag")}


def test_values_and_entities_when_listed_then_ones_own(tenants: Tenants) -> None:
    alice = tenants.api("alice", CLOUD)
    second = another_vm(tenants, "second")
    with acting_for(ALL):
        for tag in ("acme-tag", "web"):
            SecurityTag.objects.create(org=tenants.acme.org, vm=second, tag=tag)
    values = alice.get(f"{TAGS}/values").json()
    assert_valid_cloud(values, "SecurityTagValues")
    assert values["values"] == [{"tag": "acme-tag"}, {"tag": "web"}]
    assert values["resultTotal"] == 2
    entities = alice.get(f"{TAGS}/entities").json()
    assert_valid_cloud(entities, "SecurityTaggedEntities")
    assert [each["name"] for each in entities["values"]] == ["acme-vm", "second"]
    assert entities["values"][0]["parentRef"]["name"] == "acme-vapp"
    for written, names in (
        ("tag==WEB", ["second"]),
        ("(tag==acme*;entityType==vm)", ["acme-vm", "second"]),
        ("tag!=web", ["acme-vm"]),
        ("entityType==vapp", []),
    ):
        found = alice.get(f"{TAGS}/entities?filter={written}").json()
        assert ([each["name"] for each in found["values"]], found["resultTotal"]) == (names, len(names))


def test_entities_when_filtered_by_an_unknown_field_then_400(tenants: Tenants) -> None:
    answer = tenants.api("alice", CLOUD).get(f"{TAGS}/entities?filter=colour==red")
    assert "colour" in error_of(answer, 400, "cloud")["message"]


def test_addresses_when_listed_then_the_vms_that_hold_them(tenants: Tenants) -> None:
    net = tenants.acme.net
    path = f"/cloudapi/1.0.0/orgVdcNetworks/urn:vcloud:network:{net.pk}/allocatedIpAddresses"
    answer = tenants.api("alice", CLOUD).get(path).json()
    assert_valid_cloud(answer, "AllocatedIpAddresses")
    (found,) = answer["values"]
    assert (found["ipAddress"], found["entityName"], found["vAppName"]) == (
        "10.10.0.100",
        "acme-vm",
        "acme-vapp",
    )
    assert tenants.api("alice", CLOUD).get(f"{path}?filter=ipAddress==10.10.0.101").json()["values"] == []


@pytest.mark.parametrize("path", [f"{TAGS}/entities", f"{TAGS}/values", "addresses"])
def test_list_when_there_are_more_vms_then_the_same_statements(
    tenants: Tenants, django_assert_max_num_queries: Any, path: str
) -> None:
    if path == "addresses":
        path = f"/cloudapi/1.0.0/orgVdcNetworks/{tenants.acme.net.pk}/allocatedIpAddresses"
    alice = tenants.api("alice", CLOUD)
    for number in range(3):
        vm = another_vm(tenants, f"vm{number}")
        with acting_for(ALL):
            SecurityTag.objects.create(org=tenants.acme.org, vm=vm, tag=f"tag{number}")
        # The session, the count, the rows; and the network with its ranges where the list is of one.
        with django_assert_max_num_queries(5):
            assert alice.get(path).status_code == 200
