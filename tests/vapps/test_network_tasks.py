"""Networks of vApps change when their task runs, in the order of the requests; what is taken back leaves nothing."""

from typing import Any

import pytest

from ssvirt.core.errors import VcdError
from ssvirt.core.tenancy import ALL, acting_for
from tests.fixtures import Api, World
from tests.vapps.bodies import V15, first_vm, running_vapp, task_of, tree
from tests.vapps.test_half_made import cancel, settle, status
from tests.vapps.test_moves import isolated, move, udns
from tests.vapps.test_recompose import CLONE, empty_vapp, recompose, sourced
from tests.vapps.test_reconfigure import MEDIA, NS, done, put
from tests.vapps.test_review import networks_put
from tests.vapps.test_vapp_networks import networks
from vapps.models import VAppNetwork
from vapps.operations.networks import UpdateNetworks
from vdcs.models import Network

pytestmark = pytest.mark.django_db
SECTION = "<NetworkConfigSection><ovf:Info/>{}</NetworkConfigSection>"


def bridged(world: World, name: str = "acme-net", parent: Network | None = None) -> str:
    return (
        f'<NetworkConfig networkName="{name}"><Configuration><ParentNetwork '
        f'href="http://h/api/network/{(parent or world.net).pk}"/><FenceMode>bridged</FenceMode></Configuration>'
        "</NetworkConfig>"
    )


def own(name: str = "inner", *, description: str = "", last: int = 20, link: str = "") -> str:
    return (
        f'<NetworkConfig networkName="{name}">{link}<Description>{description}</Description><Configuration><IpScopes>'
        "<IpScope><IsInherited>false</IsInherited><Gateway>192.168.5.1</Gateway><Netmask>255.255.255.0</Netmask>"
        "<IpRanges><IpRange><StartAddress>192.168.5.10</StartAddress>"
        f"<EndAddress>192.168.5.{last}</EndAddress></IpRange></IpRanges></IpScope></IpScopes>"
        "<FenceMode>isolated</FenceMode></Configuration></NetworkConfig>"
    )


def card(api: Api, vm: str, network: str) -> Any:
    """Puts the VM's only card on the network."""
    body = (
        f"<NetworkConnectionSection {NS}><ovf:Info/><PrimaryNetworkConnectionIndex>0</PrimaryNetworkConnectionIndex>"
        f'<NetworkConnection network="{network}"><NetworkConnectionIndex>0</NetworkConnectionIndex>'
        "<IsConnected>true</IsConnected><IpAddressAllocationMode>POOL</IpAddressAllocationMode></NetworkConnection>"
        "</NetworkConnectionSection>"
    )
    return put(api, f"{vm}/networkConnectionSection/", body, "networkConnectionSection")


def test_network_when_its_addition_is_canceled_then_nothing_of_it_is_left(world: World) -> None:
    bob = world.api("bob")
    vapp = running_vapp(bob, world, power_on=False)
    before = udns(world)
    added = networks_put(bob, vapp, bridged(world) + own())
    assert set(networks(bob, vapp)) == {"acme-net"}
    cancel(bob, added)
    assert settle(world) == []
    assert status(bob, added) == "canceled"
    assert set(networks(bob, vapp)) == {"acme-net"}
    refused = card(bob, first_vm(bob.get(vapp)).get("href"), "inner")
    assert refused.status_code == 400
    assert udns(world) == before
    with acting_for(ALL):
        assert not Network.objects.filter(vapp_id__isnull=False).exists()


def test_networks_when_the_cluster_refuses_the_new_one_then_all_are_as_before(world: World) -> None:
    bob = world.api("bob")
    vapp = running_vapp(bob, world, power_on=False)
    isolated(bob, world, vapp)
    before, (inner,) = networks(bob, vapp), udns(world)
    world.emulator.faults.add(method="PATCH", path_regex="userdefinednetworks", status=403, times=1)
    link = f'<Link rel="repair" href="http://h/api/network/{before["inner"]}/action/reset"/>'
    wanted = bridged(world) + own("core", description="new", last=90, link=link) + own("second")
    answer = networks_put(bob, vapp, wanted)
    assert settle(world) == []
    assert status(bob, answer) == "error"
    assert networks(bob, vapp) == before
    assert udns(world) == {inner}
    with acting_for(ALL):
        row = VAppNetwork.objects.select_related("parent").get(pk=before["inner"])
        assert (row.name, row.description, row.parent.name) == ("inner", "", "inner")
        assert [str(each.end) for each in row.parent.ranges.all()] == ["192.168.5.20"]


def test_network_when_used_by_a_request_before_it_is_removed_then_it_stays(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    bob = world.api("bob")
    vapp = running_vapp(bob, world, power_on=False)
    extra = bridged(world, "extra", world.isolated)
    assert done(bob, world, networks_put(bob, vapp, bridged(world) + extra)) == "success"
    vm = first_vm(bob.get(vapp)).get("href")
    nics = (
        "<NetworkConnectionSection><ovf:Info/><PrimaryNetworkConnectionIndex>0</PrimaryNetworkConnectionIndex>"
        '<NetworkConnection network="extra"><NetworkConnectionIndex>0</NetworkConnectionIndex><IsConnected>true'
        "</IsConnected><IpAddressAllocationMode>POOL</IpAddressAllocationMode></NetworkConnection>"
        "</NetworkConnectionSection>"
    )
    copies: list[Any] = []
    real = UpdateNetworks.networks_ready

    def ready(self: UpdateNetworks, run: Any) -> Any:
        copies.append(recompose(bob, vapp, sourced(vm, "copy", nics=nics)))
        return real(self, run)

    monkeypatch.setattr(UpdateNetworks, "networks_ready", ready)
    removal = networks_put(bob, vapp, bridged(world))
    assert settle(world) == []
    assert [status(bob, copy) for copy in copies] == ["success"]
    assert "in use" in done(bob, world, removal)
    assert set(networks(bob, vapp)) == {"acme-net", "extra"}


def test_network_when_removed_and_asked_for_again_then_it_is_there(world: World) -> None:
    bob = world.api("bob")
    vapp = running_vapp(bob, world, power_on=False)
    assert done(bob, world, networks_put(bob, vapp, bridged(world) + own())) == "success"
    (old,) = udns(world)
    removed = networks_put(bob, vapp, bridged(world))
    again = networks_put(bob, vapp, bridged(world) + own())
    assert settle(world) == []
    assert [status(bob, answer) for answer in (removed, again)] == ["success", "success"]
    assert set(networks(bob, vapp)) == {"acme-net", "inner"}
    assert len(udns(world) - {old}) == 1
    vm = first_vm(bob.get(vapp)).get("href")
    assert done(bob, world, card(bob, vm, "inner")) == "success"
    assert done(bob, world, bob.post(f"{vm}/power/action/powerOn")) == "success"


def test_network_when_renamed_behind_a_card_then_the_card_is_put_on_it_first(world: World) -> None:
    bob = world.api("bob")
    vapp = running_vapp(bob, world, power_on=False)
    assert done(bob, world, networks_put(bob, vapp, bridged(world) + own())) == "success"
    vm = first_vm(bob.get(vapp)).get("href")
    change = card(bob, vm, "inner")
    link = f'<Link rel="repair" href="http://h/api/network/{networks(bob, vapp)["inner"]}/action/reset"/>'
    rename = networks_put(bob, vapp, bridged(world) + own("core", link=link))
    assert settle(world) == []
    assert [status(bob, answer) for answer in (change, rename)] == ["success", "success"]
    assert 'network="core"' in bob.get(f"{vm}/networkConnectionSection/").content.decode()


def test_network_when_its_renaming_is_canceled_then_it_keeps_its_name(world: World) -> None:
    bob = world.api("bob")
    vapp = running_vapp(bob, world, power_on=False)
    assert done(bob, world, networks_put(bob, vapp, bridged(world) + own())) == "success"
    before = networks(bob, vapp)
    document = tree(bob.get(f"/api/network/{before['inner']}"))
    body = bob.get(document.get("href")).content.decode().replace('name="inner"', 'name="core"')
    rename = put(bob, document.get("href"), body, "vAppNetwork")
    cancel(bob, rename)
    assert settle(world) == []
    assert networks(bob, vapp) == before


def test_network_when_composed_without_a_vm_then_the_cluster_has_it(world: World) -> None:
    bob = world.api("bob")
    vapp = empty_vapp(bob, world)
    params = f"<InstantiationParams>{SECTION.format(own())}</InstantiationParams>"
    assert done(bob, world, recompose(bob, vapp, params)) == "success"
    assert len(udns(world)) == 1
    body = f'<ComposeVAppParams {NS} name="second">{params}</ComposeVAppParams>'
    made = bob.post(f"/api/vdc/{world.vdc.pk}/action/composeVApp", body, MEDIA.format("composeVAppParams"))
    assert settle(world) == []
    assert status(bob, made) == "success"
    assert len(udns(world)) == 2


def test_network_when_a_card_is_on_it_as_its_addition_is_canceled_then_it_stays(world: World) -> None:
    bob = world.api("bob")
    vapp = running_vapp(bob, world, power_on=False)
    vm = first_vm(bob.get(vapp)).get("href")
    params = f"<InstantiationParams>{SECTION.format(own())}</InstantiationParams>"
    added, change = recompose(bob, vapp, params), card(bob, vm, "inner")
    cancel(bob, added)
    assert settle(world) == []
    assert (status(bob, added), status(bob, change)) == ("canceled", "success")
    assert set(networks(bob, vapp)) == {"acme-net", "inner"}
    assert len(udns(world)) == 1
    assert done(bob, world, bob.post(f"{vm}/power/action/powerOn")) == "success"


@pytest.mark.parametrize("how", ["moved", "cloned and deleted"])
def test_vapp_when_it_moves_then_its_old_network_goes_from_the_cluster(world: World, how: str) -> None:
    bob = world.api("bob")
    vapp = running_vapp(bob, world, power_on=False)
    isolated(bob, world, vapp)
    (old,) = udns(world)
    if how == "moved":
        answer = move(bob, world, vapp)
    else:
        body = (
            f'<CloneVAppParams {NS} name="twin" deploy="false" powerOn="false"><Source href="{vapp}"/>'
            "<IsSourceDelete>true</IsSourceDelete></CloneVAppParams>"
        )
        answer = bob.post(f"/api/vdc/{world.vdc.pk}/action/cloneVApp", body, CLONE)
    assert settle(world) == []
    assert tree(bob.get(task_of(answer).get("href"))).get("status") == "success"
    assert len(udns(world)) == 1
    assert old not in udns(world)


@pytest.mark.parametrize("how", ["deleted", "moved"])
def test_standalone_vm_when_it_leaves_then_the_network_of_its_hidden_vapp_goes_too(
    world: World, how: str
) -> None:
    bob = world.api("bob")
    body = (
        f'<CreateVmParams {NS} powerOn="false"><CreateVm name="alone"><GuestCustomizationSection><ovf:Info/>'
        "</GuestCustomizationSection><VmSpecSection><ovf:Info/><OsType>debian10_64Guest</OsType><NumCpus>1</NumCpus>"
        "<MemoryResourceMb><Configured>512</Configured></MemoryResourceMb><MediaSection/><DiskSection><DiskSettings>"
        "<SizeMb>1024</SizeMb><UnitNumber>0</UnitNumber><BusNumber>0</BusNumber><AdapterType>5</AdapterType>"
        "</DiskSettings></DiskSection></VmSpecSection></CreateVm></CreateVmParams>"
    )
    made = bob.post(f"/api/vdc/{world.vdc.pk}/action/createVm", body, MEDIA.format("CreateVmParams"))
    assert done(bob, world, made) == "success"
    hidden = task_of(made).find(f"{V15}Owner").get("href")
    vm = first_vm(bob.get(hidden)).get("href")
    assert done(bob, world, networks_put(bob, hidden, own())) == "success"
    assert len(udns(world)) == 1
    if how == "deleted":
        assert done(bob, world, bob.delete(vm)) == "success"
    else:
        target = empty_vapp(bob, world)
        assert done(bob, world, recompose(bob, target, sourced(vm, "alone", delete=True))) == "success"
    assert udns(world) == set()
    with acting_for(ALL):
        assert not Network.objects.filter(vapp_id__isnull=False).exists()


def test_network_when_it_cannot_be_made_then_it_goes_from_the_cluster_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    bob = world.api("bob")
    vapp = empty_vapp(bob, world)
    queued = networks_put(bob, vapp, own())
    assert queued.status_code == 202

    def fail(self: UpdateNetworks, run: object) -> None:
        raise VcdError("no network")

    monkeypatch.setattr(UpdateNetworks, "networks_ready", fail)
    assert done(bob, world, queued) == "error no network"
    assert udns(world) == set()
    assert networks(bob, vapp) == {}


@pytest.mark.parametrize("how", ["removed", "taken back"])
def test_network_when_the_cluster_refuses_to_remove_it_then_it_stays_to_be_removed_anew(
    world: World, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bob = world.api("bob")
    vapp = running_vapp(bob, world, power_on=False)
    if how == "removed":
        assert done(bob, world, networks_put(bob, vapp, bridged(world) + own())) == "success"
        answer = networks_put(bob, vapp, bridged(world))
    else:

        def fail(self: UpdateNetworks, run: object) -> None:
            raise VcdError("no network")

        monkeypatch.setattr(UpdateNetworks, "networks_ready", fail)
        answer = networks_put(bob, vapp, bridged(world) + own())
    world.emulator.faults.add(method="DELETE", path_regex="userdefinednetworks", status=403, times=1)
    assert settle(world) == []
    monkeypatch.undo()
    assert status(bob, answer) == "error"
    assert set(networks(bob, vapp)) == {"acme-net", "inner"}
    assert len(udns(world)) == 1
    assert done(bob, world, networks_put(bob, vapp, bridged(world))) == "success"
    assert udns(world) == set()
    assert set(networks(bob, vapp)) == {"acme-net"}


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("255.255.255.0", "0.0.0.255", "0.0.0.255"),
        ("255.255.255.0", "255.0.255.0", "255.0.255.0"),
        ("192.168.5.", "0.0.5.", "0.0.5.0/24"),
        ("192.168.5.", "127.0.5.", "127.0.5.0/24"),
        ("192.168.5.", "224.1.5.", "224.1.5.0/24"),
        ("192.168.5.", "250.1.5.", "250.1.5.0/24"),
    ],
)
def test_network_when_no_host_can_have_its_addresses_then_400_and_nothing_changes(
    world: World, old: str, new: str, named: str
) -> None:
    bob = world.api("bob")
    vapp = empty_vapp(bob, world)
    answer = networks_put(bob, vapp, own().replace(old, new))
    assert answer.status_code == 400, answer.content
    assert named in str(tree(answer).get("message"))
    with acting_for(ALL):
        assert not VAppNetwork.objects.filter(name="inner").exists()
