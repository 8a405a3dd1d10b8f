"""Addresses of a VM's cards as they change: each is given once, and none is refused that is about to be free."""

import pytest

from ssvirt.core.tenancy import ALL, acting_for
from tests.fixtures import Api, World
from tests.vapps.bodies import first_vm, running_vapp, tree
from tests.vapps.test_network_tasks import bridged
from tests.vapps.test_reconfigure import NS, done, put
from tests.vapps.test_review import networks_put
from vapps.models import Nic, Vm
from vdcs.models import IpAllocation

pytestmark = pytest.mark.django_db
Card = tuple[str, str, str]
"""(network, mode, address or "")"""


def cards(*wanted: Card) -> str:
    """The section with these cards."""
    return (
        f"<NetworkConnectionSection {NS}><ovf:Info/><PrimaryNetworkConnectionIndex>0</PrimaryNetworkConnectionIndex>"
        + "".join(
            f'<NetworkConnection network="{network}"><NetworkConnectionIndex>{index}</NetworkConnectionIndex>'
            f"{f'<IpAddress>{address}</IpAddress>' if address else ''}<IsConnected>true</IsConnected>"
            f"<IpAddressAllocationMode>{mode}</IpAddressAllocationMode></NetworkConnection>"
            for index, (network, mode, address) in enumerate(wanted)
        )
        + "</NetworkConnectionSection>"
    )


def become(bob: Api, world: World, vm: str, *wanted: Card) -> list[Card]:
    """What the cards are after the change; the rows of addresses in use must say the same."""
    answer = put(bob, f"{vm}/networkConnectionSection/", cards(*wanted), "networkConnectionSection")
    assert done(bob, world, answer) == "success"
    with acting_for(ALL):
        rows = Nic.objects.select_related("vapp_network").order_by("position")
        found = [(nic.vapp_network.name, nic.mode, str(nic.address or "")) for nic in rows]
        held = set(IpAllocation.objects.values_list("network__name", "address"))
    assert {address for _, address in held} == {address for *_, address in found}
    return found


@pytest.fixture
def vm(world: World) -> str:
    """A VM with one card on acme-net, in a vApp that has acme-isolated too."""
    bob = world.api("bob")
    vapp = running_vapp(bob, world, power_on=False)
    networks = bridged(world) + bridged(world, "iso", world.isolated)
    assert done(bob, world, networks_put(bob, vapp, networks)) == "success"
    return str(first_vm(bob.get(vapp)).get("href"))


@pytest.mark.parametrize("mode", ["MANUAL", "POOL"])
def test_cards_when_they_trade_their_networks_then_their_addresses_too(
    world: World, vm: str, mode: str
) -> None:
    bob = world.api("bob")
    first, second = ("acme-net", "MANUAL", "10.10.0.150"), ("iso", mode, "192.168.50.10")
    assert become(bob, world, vm, first, second) == [first, second]
    assert become(bob, world, vm, second, first) == [second, first]


def test_card_when_it_chooses_what_the_pool_gave_the_other_then_it_has_it(world: World, vm: str) -> None:
    bob = world.api("bob")
    pooled, other = ("acme-net", "POOL", "10.10.0.100"), ("iso", "POOL", "192.168.50.10")
    assert become(bob, world, vm, pooled, other) == [pooled, other]
    chosen = ("acme-net", "MANUAL", "10.10.0.100")
    assert become(bob, world, vm, other, chosen) == [other, chosen]


def test_card_when_its_address_is_not_of_the_pool_then_the_pool_gives_another(world: World, vm: str) -> None:
    bob = world.api("bob")
    outside, inside = ("acme-net", "MANUAL", "10.10.0.150"), ("acme-net", "MANUAL", "10.10.0.105")
    pooled = ("acme-net", "POOL", "")
    assert become(bob, world, vm, outside) == [outside]
    assert become(bob, world, vm, pooled) == [("acme-net", "POOL", "10.10.0.100")]
    assert become(bob, world, vm, inside) == [inside]
    assert become(bob, world, vm, pooled) == [("acme-net", "POOL", "10.10.0.105")], "it may stay"


def held(world: World) -> list[str]:
    """Addresses that a machine still has though no card does."""
    with acting_for(ALL):
        return [str(each.address) for each in IpAllocation.objects.exclude(held_by=None).order_by("address")]


def running(world: World) -> tuple[str, str]:
    """A running VM at 10.10.0.100 and its vApp, which has acme-isolated too."""
    bob = world.api("bob")
    vapp = running_vapp(bob, world)
    networks = bridged(world) + bridged(world, "iso", world.isolated)
    assert done(bob, world, networks_put(bob, vapp, networks)) == "success"
    return vapp, str(first_vm(bob.get(vapp)).get("href"))


CHANGES = {
    "another network": (("iso", "POOL", ""),),
    "none": (("none", "NONE", ""),),
    "another address": (("acme-net", "MANUAL", "10.10.0.150"),),
    "no card": (),
}


@pytest.mark.parametrize("change", CHANGES)
def test_address_when_the_machine_runs_on_then_it_is_not_given_to_another(world: World, change: str) -> None:
    bob = world.api("bob")
    _, vm = running(world)
    answer = put(bob, f"{vm}/networkConnectionSection/", cards(*CHANGES[change]), "networkConnectionSection")
    assert done(bob, world, answer) == "success"
    assert held(world) == ["10.10.0.100"]
    other = running_vapp(bob, world, name="other")
    assert first_vm(bob.get(other)).findtext("{*}NetworkConnectionSection//{*}IpAddress") == "10.10.0.101"
    assert done(bob, world, bob.post(f"{vm}/power/action/powerOff")) == "success"
    assert held(world) == []
    third = running_vapp(bob, world, name="third")
    assert first_vm(bob.get(third)).findtext("{*}NetworkConnectionSection//{*}IpAddress") == "10.10.0.100"


def test_address_when_the_card_comes_back_to_the_running_machine_then_it_is_the_same(world: World) -> None:
    bob = world.api("bob")
    _, vm = running(world)
    for card in (("iso", "POOL", ""), ("acme-net", "POOL", "")):
        answer = put(bob, f"{vm}/networkConnectionSection/", cards(card), "networkConnectionSection")
        assert done(bob, world, answer) == "success"
    with acting_for(ALL):
        assert str(Nic.objects.get().address) == "10.10.0.100"
    assert held(world) == ["192.168.50.10"]


def test_address_when_the_machine_was_started_anew_while_nobody_watched_then_it_is_free(world: World) -> None:
    bob = world.api("bob")
    _, vm = running(world)
    answer = put(
        bob, f"{vm}/networkConnectionSection/", cards(("iso", "POOL", "")), "networkConnectionSection"
    )
    assert done(bob, world, answer) == "success"
    with acting_for(ALL):
        IpAllocation.objects.exclude(held_by=None).update(instance_uid="an instance before this one")
        Vm.objects.update(observed_instance_uid="an instance before this one")
    assert done(bob, world, bob.post(f"{vm}/power/action/reset")) == "success"
    assert held(world) == []


def test_network_when_a_running_machine_has_its_address_then_it_cannot_be_deleted(world: World) -> None:
    alice, bob = world.api("alice"), world.api("bob")
    vapp, vm = running(world)
    for card in (("iso", "POOL", ""), ("acme-net", "POOL", "")):
        answer = put(bob, f"{vm}/networkConnectionSection/", cards(card), "networkConnectionSection")
        assert done(bob, world, answer) == "success"
    assert done(bob, world, networks_put(bob, vapp, bridged(world))) == "success"
    refused = alice.delete(f"/api/admin/network/{world.isolated.pk}")
    assert refused.status_code == 400
    assert "1 of its addresses" in tree(refused).get("message")
    assert done(bob, world, bob.post(f"{vm}/power/action/powerOff")) == "success"
    assert done(alice, world, alice.delete(f"/api/admin/network/{world.isolated.pk}")) == "success"


def test_vms_address_when_the_vm_is_deleted_then_what_it_held_is_free(world: World) -> None:
    bob = world.api("bob")
    vapp, vm = running(world)
    answer = put(
        bob, f"{vm}/networkConnectionSection/", cards(("iso", "POOL", "")), "networkConnectionSection"
    )
    assert done(bob, world, answer) == "success"
    assert done(bob, world, bob.delete(f"{vapp}?force=true")) == "success"
    with acting_for(ALL):
        assert not IpAllocation.objects.exists()
