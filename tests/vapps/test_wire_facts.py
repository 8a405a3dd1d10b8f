"""What documents of vApps and VMs tell of others' machines, which links they have, and lists that are empty."""

from collections.abc import Callable
from typing import Any

import pytest

from orgs.models import AccessGrant, AccessLevel
from ssvirt.core.tenancy import ALL, acting_for
from tests.api.tenants import ACCEPT_OF, CLOUD, Tenants, xml
from tests.contract.swagger import assert_valid_cloud
from vapps.models import AffinityRule, AffinityRuleVm, Disk, VApp, Vm

Share = Callable[[AccessLevel], None]


@pytest.fixture
def share(tenants: Tenants) -> Share:
    """Gives bob access to acme's vApp, which is alice's and is undeployed."""
    vapp = tenants.acme.vapp
    with acting_for(ALL):
        VApp.objects.filter(pk=vapp.pk).update(state="undeployed", projected_state="undeployed")
        Vm.objects.filter(vapp=vapp).update(state="undeployed", projected_state="undeployed")

    def give(level: AccessLevel) -> None:
        with acting_for(ALL):
            AccessGrant.objects.create(
                org=vapp.org, entity_id=vapp.pk, user=tenants.users["bob"], level=level
            )

    return give


# -- names of VMs that may not be seen


def rule_paths(tenants: Tenants) -> tuple[str, str]:
    with acting_for(ALL):
        rule = AffinityRule.objects.get(vdc=tenants.acme.vdc)
    return f"/api/vmAffinityRule/{rule.pk}", f"/api/vdc/{tenants.acme.vdc.pk}/vmAffinityRules"


def vm_names(response: Any) -> list[str | None]:
    return [each.get("name") for each in xml(response).iter("{*}VmReference")]


def test_affinity_rule_when_its_vm_may_not_be_seen_then_without_its_name(
    tenants: Tenants, share: Share
) -> None:
    bob = tenants.api("bob")
    for path in rule_paths(tenants):
        assert vm_names(tenants.api("alice").get(path)) == ["acme-vm"]
        assert vm_names(bob.get(path)) == [None]
        assert "acme-vm" not in bob.get(path).content.decode()
    share(AccessLevel.READ_ONLY)
    for path in rule_paths(tenants):
        assert vm_names(bob.get(path)) == ["acme-vm"]


@pytest.mark.parametrize("position", [0, 1])
def test_affinity_rules_when_they_have_more_vms_then_the_same_statements(
    tenants: Tenants, django_assert_num_queries: Any, position: int
) -> None:
    bob, path = tenants.api("bob"), rule_paths(tenants)[position]
    acme = tenants.acme
    for number in range(3):
        with acting_for(ALL):
            vm = Vm.objects.create(
                org=acme.org,
                vapp=acme.vapp,
                vdc=acme.vdc,
                name=f"vm{number}",
                computer_name="x",
                os_type="x",
                cpus=1,
                memory_mb=1,
                storage_policy=acme.vm.storage_policy,
            )
            rule = AffinityRule.objects.get(vdc=acme.vdc)
            AffinityRuleVm.objects.create(org=acme.org, rule=rule, vm=vm)
        # The session, the rules, their VMs; before them the VDC where all of it are listed.
        with django_assert_num_queries(3 + position):
            assert bob.get(path).status_code == 200


def test_addresses_at_cloudapi_when_the_vm_may_not_be_seen_then_not_named_and_not_found_by_name(
    tenants: Tenants, share: Share
) -> None:
    bob = tenants.api("bob", CLOUD)
    path = f"/cloudapi/1.0.0/orgVdcNetworks/{tenants.acme.net.pk}/allocatedIpAddresses"
    answer = bob.get(path)
    assert "acme-vm" not in answer.content.decode()
    assert "acme-vapp" not in answer.content.decode()
    assert str(tenants.acme.vm.pk) not in answer.content.decode()
    (found,) = answer.json()["values"]
    assert (found["ipAddress"], found["entityId"], found["entityName"]) == ("10.10.0.100", None, None)
    tests = (
        "entityName==acme-vm",
        "entityName==acme*",
        "vAppName==acme-vapp",
        f"entityId=={tenants.acme.vm.pk}",
    )
    for test in tests:
        assert bob.get(f"{path}?filter={test}").json()["values"] == [], test
    share(AccessLevel.READ_ONLY)
    for test in tests:
        (found,) = bob.get(f"{path}?filter={test}").json()["values"]
        assert (found["entityName"], found["vAppName"]) == ("acme-vm", "acme-vapp")
        assert_valid_cloud(bob.get(path).json(), "AllocatedIpAddresses")


def test_addresses_when_the_vm_may_not_be_seen_then_not_named(tenants: Tenants, share: Share) -> None:
    bob, path = tenants.api("bob"), f"/api/network/{tenants.acme.net.pk}/allocatedAddresses"
    text = bob.get(path).content.decode()
    assert "10.10.0.100" in text
    assert "acme-vm" not in text
    assert str(tenants.acme.vm.pk) not in text
    share(AccessLevel.READ_ONLY)
    assert "acme-vm" in bob.get(path).content.decode()


# -- links of sections


SECTIONS = {
    "operatingSystemSection/": {"operatingSystemSection/"},
    "vmCapabilities/": {"vmCapabilities/"},
    "virtualHardwareSection/": {
        "virtualHardwareSection/",
        "virtualHardwareSection/cpu",
        "virtualHardwareSection/memory",
        "virtualHardwareSection/disks",
        "virtualHardwareSection/media",
        "virtualHardwareSection/networkCards",
    },
}


def edits(root: Any, base: str) -> set[str]:
    """What the document's links "edit" lead to, below the VM."""
    found = {link.get("href") for link in root.iter("{*}Link") if link.get("rel") == "edit"}
    return {href.removeprefix(base) for href in found}


@pytest.mark.parametrize("section", SECTIONS)
def test_section_when_the_vm_may_be_changed_then_it_has_links_to_do_so(
    tenants: Tenants, share: Share, section: str
) -> None:
    share(AccessLevel.CHANGE)
    bob, base = tenants.api("bob"), f"http://testserver/api/vApp/vm-{tenants.acme.vm.pk}/"
    assert edits(xml(bob.get(base + section)), base) == SECTIONS[section]
    assert edits(xml(bob.get(base.rstrip("/"))), base) >= SECTIONS[section]


@pytest.mark.parametrize("section", SECTIONS)
def test_section_when_the_vm_may_only_be_read_then_no_links_to_change_it(
    tenants: Tenants, share: Share, section: str
) -> None:
    share(AccessLevel.READ_ONLY)
    bob, base = tenants.api("bob"), f"http://testserver/api/vApp/vm-{tenants.acme.vm.pk}/"
    assert edits(xml(bob.get(base + section)), base) == set()


def test_hardware_section_when_read_then_its_parts_are_down_from_it(tenants: Tenants, share: Share) -> None:
    share(AccessLevel.READ_ONLY)
    bob, base = tenants.api("bob"), f"/api/vApp/vm-{tenants.acme.vm.pk}/virtualHardwareSection/"
    root = xml(bob.get(base))
    down = [link.get("href") for link in root.findall("{*}Link") if link.get("rel") == "down"]
    assert len(down) == 5
    for href in down:
        assert bob.get(href).status_code == 200, href


# -- lists that are empty


def test_affinity_rules_when_there_are_none_then_an_empty_list_in_json(tenants: Tenants) -> None:
    with acting_for(ALL):
        AffinityRule.objects.all().delete()
    path = f"/api/vdc/{tenants.acme.vdc.pk}/vmAffinityRules"
    assert tenants.api("bob", ACCEPT_OF["json"]).get(path).json()["vmAffinityRule"] == []


def test_disk_section_when_the_vm_has_no_disk_then_an_empty_list_in_json(tenants: Tenants) -> None:
    with acting_for(ALL):
        Disk.objects.filter(vm=tenants.acme.vm).delete()
    vm = tenants.api("alice", ACCEPT_OF["json"]).get(f"/api/vApp/vm-{tenants.acme.vm.pk}").json()
    (spec,) = [each for each in vm["section"] if each["_type"] == "VmSpecSectionType"]
    assert spec["diskSection"]["diskSettings"] == []
