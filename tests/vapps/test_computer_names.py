"""Computer names of VMs: as they were asked for, or made from the VM's name."""

from typing import Any

import pytest

from ssvirt.core.tenancy import ALL, acting_for
from tests.fixtures import World, _template
from tests.vapps.bodies import V15, first_vm, running_vapp, tree
from tests.vapps.test_recompose import CLONE, CREATED, empty_vapp, recompose
from tests.vapps.test_reconfigure import NS, customization, done, put, reconfigure, row, stopped_vm
from vapps.requests.names import is_computer_name

pytestmark = pytest.mark.django_db
BAD = ["a_b", "-a", "a-", "a.b", "a b", "123", "ü", "x" * 64, "١٢٣"]


def named(name: str) -> str:
    return customization(f"<ComputerName>{name}</ComputerName>")


def shown(vm: Any) -> str | None:
    return tree(vm).findtext(f".//{V15}ComputerName")


@pytest.mark.parametrize("name", BAD)
def test_computer_name_when_it_can_be_none_then_400_naming_it_and_nothing_changes(
    world: World, name: str
) -> None:
    bob = world.api("bob")
    vm = stopped_vm(bob, world)
    for answer in (
        put(bob, f"{vm}/guestCustomizationSection/", named(name), "guestCustomizationSection"),
        reconfigure(bob, vm, named(name)),
    ):
        assert answer.status_code == 400, name
        assert f"computer name '{name}'" in str(tree(answer).get("message"))
    assert row(vm).computer_name == "web-vm"


@pytest.mark.parametrize("name", ["Web01", "a", "7up", "A-B-C", "x" * 63])
def test_computer_name_when_given_then_kept_and_shown_as_it_is(world: World, name: str) -> None:
    bob = world.api("bob")
    vm = stopped_vm(bob, world)
    body = named(name)
    response = put(bob, f"{vm}/guestCustomizationSection/", body, "guestCustomizationSection")
    assert done(bob, world, response) == "success"
    assert shown(bob.get(f"{vm}/guestCustomizationSection/")) == name
    assert shown(bob.get(vm)) == name


def test_computer_name_when_given_for_a_new_vm_then_kept_and_by_its_copy_too(world: World) -> None:
    bob = world.api("bob")
    vapp = empty_vapp(bob, world)
    item = CREATED.format(name="one").replace("<VmSpecSection", f"{named('DB-Main')}<VmSpecSection")
    assert done(bob, world, recompose(bob, vapp, item)) == "success"
    assert shown(bob.get(vapp)) == "DB-Main"
    clone = f'<CloneVAppParams {NS} name="copy"><Source href="{vapp}"/></CloneVAppParams>'
    answer = bob.post(f"/api/vdc/{world.vdc.pk}/action/cloneVApp", clone, CLONE)
    assert answer.status_code == 201, answer.content
    world.drain()
    assert shown(bob.get(tree(answer).get("href"))) == "DB-Main"


@pytest.mark.parametrize(
    ("name", "made"),
    [("Web VM", "web-vm-vm"), ("2026", "2026-vm"), ("ÄÖ_1", "ao-1-vm"), ("x" * 70, "x" * 63)],
)
def test_computer_name_when_made_from_the_vms_name_then_valid(world: World, name: str, made: str) -> None:
    bob = world.api("bob")
    vm = first_vm(bob.get(running_vapp(bob, world, name=name, power_on=False)))
    assert shown(bob.get(vm.get("href"))) == made


@pytest.mark.parametrize("name", ["2026", "?", "-1-"])
def test_computer_name_when_the_vms_name_alone_is_none_then_one_that_may_be_sent_back(
    world: World, name: str
) -> None:
    bob = world.api("bob")
    vapp = empty_vapp(bob, world)
    assert done(bob, world, recompose(bob, vapp, CREATED.format(name=name))) == "success"
    made = shown(bob.get(vapp))
    assert made is not None
    assert made.startswith("vm-")
    assert is_computer_name(made)


@pytest.mark.parametrize("name", ["", "a\n", "1", "a-", *BAD])
def test_name_when_it_is_no_computer_name_then_said_so(name: str) -> None:
    assert not is_computer_name(name)


@pytest.mark.parametrize("name", ["db_01", "42", "ü", "Web.Server"])
def test_computer_name_of_a_template_when_its_vm_cannot_lend_its_name_then_it_has_one_that_can_be_sent(
    world: World, name: str
) -> None:
    with acting_for(ALL):
        template = _template(world.catalog, world.users["alice"], "odd", name)
    response = world.api("bob").get(f"/api/vAppTemplate/vappTemplate-{template.pk}")
    assert is_computer_name(shown(response) or "")
