"""A change that is taken back meets what others have done meanwhile: it ends, and takes nothing from them."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from ssvirt.core.errors import VcdError
from ssvirt.core.tenancy import ALL, acting_for
from tests.fixtures import World
from tests.vapps.bodies import first_vm, running_vapp, task_of
from tests.vapps.test_half_made import settle, status
from tests.vapps.test_network_tasks import card
from tests.vapps.test_recompose import recompose
from tests.vapps.test_reconfigure import NS, done, machine, put, reconfigure, row
from vapps.guest_secrets import GuestSecrets
from vapps.models import Nic, VApp, Vm
from vapps.operations.creating import RecomposeVApp
from vapps.operations.reconfiguring import UpdateVm
from vdcs.models import IpAllocation, Vdc

pytestmark = pytest.mark.django_db


def failing(patch: pytest.MonkeyPatch, meanwhile: Callable[[], Any], operation: type = UpdateVm) -> None:
    """The operation fails once its rows are written; before it is taken back, something else happens."""

    def fail(self: object, run: object) -> None:
        with acting_for(ALL):
            meanwhile()
        raise VcdError("the machine does not change")

    step = "change_ready" if operation is UpdateVm else "ensure_machines"
    patch.setattr(operation, step, fail)


def taken_back(world: World, response: Any) -> None:
    """The task ends, and as an error."""
    assert response.status_code == 202, response.content
    assert settle(world) == []
    assert status(world.api("bob"), response) == "error"


def two_vms(world: World) -> tuple[str, str]:
    """Two stopped VMs of one vApp, on one network."""
    bob = world.api("bob")
    vapp = running_vapp(bob, world, power_on=False)
    first = first_vm(bob.get(vapp)).get("href")
    copy = f'<SourcedItem><Source href="{first}" name="second"/></SourcedItem>'
    assert done(bob, world, recompose(bob, vapp, copy)) == "success"
    with acting_for(ALL):
        second = Vm.objects.exclude(pk=first.rsplit("vm-", 1)[1]).get()
    return first, f"{first.rsplit('vm-', 1)[0]}vm-{second.pk}"


def test_name_when_taken_meanwhile_then_the_vm_keeps_the_new_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = two_vms(world)
    failing(monkeypatch, lambda: Vm.objects.filter(pk=row(second).pk).update(name="web-vm"))
    inner = "<VmSpecSection Modified='true'><ovf:Info/><NumCpus>3</NumCpus></VmSpecSection>"
    taken_back(world, reconfigure(world.api("bob"), first, inner, 'name="renamed"'))
    assert (row(first).name, row(first).cpus, row(second).name) == ("renamed", 1, "web-vm")


def test_mac_when_taken_meanwhile_then_the_card_has_another(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = two_vms(world)
    with acting_for(ALL):
        old = Nic.objects.get(vm=row(first)).mac
    failing(monkeypatch, lambda: Nic.objects.filter(vm=row(second)).update(mac=old))
    bob = world.api("bob")
    body = (
        f"<NetworkConnectionSection {NS}><ovf:Info/><PrimaryNetworkConnectionIndex>0</PrimaryNetworkConnectionIndex>"
        '<NetworkConnection network="acme-net"><NetworkConnectionIndex>0</NetworkConnectionIndex><IsConnected>true'
        "</IsConnected><MACAddress>00:50:56:01:02:03</MACAddress><IpAddressAllocationMode>POOL"
        "</IpAddressAllocationMode></NetworkConnection></NetworkConnectionSection>"
    )
    taken_back(world, put(bob, f"{first}/networkConnectionSection/", body, "networkConnectionSection"))
    with acting_for(ALL):
        mine, other = Nic.objects.get(vm=row(first)).mac, Nic.objects.get(vm=row(second)).mac
    assert other == old
    assert mine not in (old, "00:50:56:01:02:03")
    interfaces = machine(world, row(first))["spec"]["template"]["spec"]["domain"]["devices"]["interfaces"]
    assert [each["macAddress"] for each in interfaces] == [mine]


@pytest.mark.parametrize("left", [1, 0], ids=["one left", "used up"])
def test_address_when_taken_meanwhile_then_another_of_the_pool_or_none(
    world: World, monkeypatch: pytest.MonkeyPatch, left: int
) -> None:
    bob = world.api("bob")
    first = first_vm(bob.get(running_vapp(bob, world, power_on=False))).get("href")
    with acting_for(ALL):
        assert Nic.objects.get(vm=row(first)).address == "10.10.0.100"
        pool = [f"10.10.0.{number}" for number in range(100, 110)]
        free = pool[1 : 1 + left]

    def meanwhile() -> None:
        IpAllocation.objects.bulk_create(
            IpAllocation(org=world.acme, network=world.net, address=address, nic_id=uuid.uuid4())
            for address in pool
            if address not in free
        )

    failing(monkeypatch, meanwhile)
    taken_back(world, card(bob, first, "none"))
    with acting_for(ALL):
        nic = Nic.objects.get(vm=row(first))
        assert ([nic.address] if nic.address else []) == free
        assert nic.vapp_network is not None
        held = IpAllocation.objects.filter(nic_id=nic.pk).values_list("address", flat=True)
        assert [str(each) for each in held] == free


def test_quota_when_taken_meanwhile_then_the_charge_is_still_true(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    bob = world.api("bob")
    first = first_vm(bob.get(running_vapp(bob, world, power_on=False))).get("href")
    with acting_for(ALL):
        used = Vdc.objects.get(pk=world.vdc.pk).used_memory_mb
    failing(monkeypatch, lambda: Vdc.objects.filter(pk=world.vdc.pk).update(memory_limit_mb=used - 1))
    inner = (
        "<VmSpecSection Modified='true'><ovf:Info/><MemoryResourceMb><Configured>256</Configured>"
        "</MemoryResourceMb></VmSpecSection>"
    )
    taken_back(world, reconfigure(bob, first, inner))
    with acting_for(ALL):
        assert Vdc.objects.get(pk=world.vdc.pk).used_memory_mb == used == row(first).memory_mb


def test_vapp_name_when_taken_meanwhile_then_the_vapp_keeps_the_new_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    bob = world.api("bob")
    vapp = running_vapp(bob, world, power_on=False)
    other = running_vapp(bob, world, power_on=False, name="other")
    vm = first_vm(bob.get(vapp)).get("href")
    failing(
        monkeypatch,
        lambda: VApp.objects.filter(pk=other.rsplit("vapp-", 1)[1]).update(name="web"),
        RecomposeVApp,
    )
    copy = f'<SourcedItem><Source href="{vm}" name="second"/></SourcedItem>'
    answer = recompose(bob, vapp, copy, 'name="renamed"')
    taken_back(world, answer)
    with acting_for(ALL):
        assert set(VApp.objects.values_list("name", flat=True)) == {"renamed", "web"}
        assert row(vm).vapp.vms.exclude(state="failed").count() == 1


def test_password_when_the_change_is_taken_back_then_the_one_before_holds(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    bob = world.api("bob")
    first = first_vm(bob.get(running_vapp(bob, world, power_on=False))).get("href")

    def custom(password: str) -> str:
        return (
            "<GuestCustomizationSection><ovf:Info/><Enabled>true</Enabled><AdminPasswordEnabled>true"
            "</AdminPasswordEnabled><AdminPasswordAuto>false</AdminPasswordAuto>"
            f"<AdminPassword>{password}</AdminPassword></GuestCustomizationSection>"
        )

    assert done(bob, world, reconfigure(bob, first, custom("before-1"))) == "success"
    seed = row(first).customization_seed
    failing(monkeypatch, lambda: None)
    answer = reconfigure(bob, first, custom("after-2"))
    taken_back(world, answer)
    assert GuestSecrets.of(row(first)).admin == "before-1"
    assert row(first).customization_seed == seed
    shown = bob.get(task_of(answer).get("href")).content
    assert b"before-1" not in shown
    assert b"after-2" not in shown
