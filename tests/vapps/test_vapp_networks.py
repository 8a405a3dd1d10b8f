"""Networks of vApps by themselves: renamed, reset, their addresses."""

import pytest
from lxml import etree

from ssvirt.core.tenancy import ALL, acting_for
from ssvirt.wire import media
from tests.fixtures import Api, World
from tests.vapps.bodies import V15, running_vapp, tree
from tests.vapps.test_moves import isolated
from tests.vapps.test_reconfigure import done, put
from vapps.models import VAppNetwork
from vdcs.models import Network

pytestmark = pytest.mark.django_db


def networks(api: Api, vapp: str) -> dict[str, str]:
    """Ids by name, as clients find them: in the href of a link."""
    section = tree(api.get(f"{vapp}/networkConfigSection/"))
    return {
        config.get("networkName"): config.find(f"{V15}Link").get("href").split("/network/")[1][:36]
        for config in section.findall(f"{V15}NetworkConfig")
    }


def echoed(api: Api, world: World, vapp: str, names: dict[str, str]) -> str:
    """The section sent back as it was read, with other names."""
    section = tree(api.get(f"{vapp}/networkConfigSection/"))
    for config in section.findall(f"{V15}NetworkConfig"):
        config.set("networkName", names.get(config.get("networkName"), config.get("networkName")))
    answer = put(
        api, f"{vapp}/networkConfigSection/", etree.tostring(section).decode(), "networkConfigSection"
    )
    return done(api, world, answer)


def test_network_when_echoed_under_another_name_then_it_is_renamed_and_keeps_its_id(world: World) -> None:
    bob = world.api("bob")
    vapp = running_vapp(bob, world, power_on=False)
    isolated(bob, world, vapp)
    before = networks(bob, vapp)
    assert echoed(bob, world, vapp, {"inner": "core", "acme-net": "front"}) == "success"
    after = networks(bob, vapp)
    assert (after["core"], after["front"]) == (before["inner"], before["acme-net"])
    assert len(after) == 2
    with acting_for(ALL):
        assert Network.objects.filter(vapp_id__isnull=False).get().name == "core"
        assert Network.objects.get(pk=world.net.pk).name == "acme-net"


def test_networks_when_two_trade_their_names_then_nothing_is_lost(world: World) -> None:
    bob = world.api("bob")
    vapp = running_vapp(bob, world, power_on=False)
    isolated(bob, world, vapp)
    section = tree(bob.get(f"{vapp}/networkConfigSection/"))
    configs = section.findall(f"{V15}NetworkConfig")
    first, second = (config.get("networkName") for config in configs)
    configs[0].set("networkName", second)
    configs[1].set("networkName", first)
    body = etree.tostring(section).decode()
    answer = put(bob, f"{vapp}/networkConfigSection/", body, "networkConfigSection")
    assert answer.status_code == 400
    assert "cannot become" in tree(answer).get("message")
    assert set(networks(bob, vapp)) == {first, second}


def test_network_when_renamed_to_a_name_that_another_one_has_then_refused(world: World) -> None:
    bob = world.api("bob")
    vapp = running_vapp(bob, world, power_on=False)
    isolated(bob, world, vapp)
    document = tree(bob.get(f"/api/network/{networks(bob, vapp)['inner']}"))
    document.set("name", "acme-net")
    answer = put(bob, document.get("href"), etree.tostring(document).decode(), "vAppNetwork")
    assert answer.status_code == 400
    assert tree(answer).get("minorErrorCode") == "DUPLICATE_NAME"
    assert "inner" in networks(bob, vapp)


def test_network_when_reset_by_its_link_then_a_task_of_the_vapp_succeeds(world: World) -> None:
    bob = world.api("bob")
    vapp = running_vapp(bob, world, power_on=False)
    (network_id,) = networks(bob, vapp).values()
    document = tree(bob.get(f"/api/network/{network_id}"))
    (repair,) = (link.get("href") for link in document.findall(f"{V15}Link") if link.get("rel") == "repair")
    assert done(bob, world, bob.post(repair)) == "success"
    assert world.api("dave").post(repair).status_code == 403


@pytest.mark.parametrize("which", ["inner", "acme-net"])
def test_addresses_when_read_by_the_link_of_a_network_then_those_of_the_vapps_own_vms(
    world: World, which: str
) -> None:
    bob = world.api("bob")
    vapp = running_vapp(bob, world, power_on=False)
    other = running_vapp(bob, world, name="other", power_on=False)
    if which == "inner":
        isolated(bob, world, vapp)
    document = tree(bob.get(f"/api/network/{networks(bob, vapp)[which]}"))
    (href,) = (
        link.get("href")
        for link in document.findall(f"{V15}Link")
        if link.get("type") == media.ALLOCATED_NETWORK_ADDRESS
    )
    found = tree(bob.get(href)).findall(f"{V15}IpAddress")
    assert [each.findtext(f"{V15}IpAddress") for each in found] == [
        "192.168.5.77" if which == "inner" else "10.10.0.100"
    ]
    assert [each.find(f"{V15}Link").get("name") for each in found] == ["web-vm"]
    assert world.api("dave").get(href).status_code == 403
    assert networks(bob, other)
    with acting_for(ALL):
        assert VAppNetwork.objects.count() == (3 if which == "inner" else 2)
