"""Addresses of a VM's cards as they change: each is given once, and none is refused that is about to be free."""

import pytest

from ssvirt.core.tenancy import ALL, acting_for
from tests.fixtures import Api, World
from tests.vapps.bodies import first_vm, running_vapp
from tests.vapps.test_network_tasks import bridged
from tests.vapps.test_reconfigure import NS, done, put
from tests.vapps.test_review import networks_put
from vapps.models import Nic
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
