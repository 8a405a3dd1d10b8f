"""Limits of VDCs: charged whole or not at all, and never twice."""

import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction

from compute.models import Cluster
from orgs.services import org_create
from ssvirt.core.errors import BadRequest, QuotaExceeded
from ssvirt.core.tenancy import ALL, acting_for
from tests.fixtures import ACTOR
from vdcs.models import IpAllocation, Network, NetworkKind, ProviderVdc, StoragePolicy, Vdc, VdcStoragePolicy
from vdcs.services import (
    Demand,
    StorageLimit,
    address_allocate,
    addresses_release,
    network_create,
    vdc_charge,
    vdc_create,
    vdc_release,
)


def make_vdc(**limits: Any) -> tuple[Vdc, VdcStoragePolicy]:
    """A VDC in an organization of its own; 1000 MB of its one storage policy."""
    mark = uuid.uuid4().hex[:8]
    cluster = Cluster.objects.create(name=f"cluster-{mark}")
    pvdc = ProviderVdc.objects.create(name=f"pvdc-{mark}", cluster=cluster)
    policy = StoragePolicy.objects.create(provider_vdc=pvdc, name="gold", storage_class="gold")
    vdc, _ = vdc_create(
        org=org_create(name=f"org-{mark}"),
        name="vdc",
        provider_vdc=pvdc,
        storage=[StorageLimit(policy=policy, limit_mb=1000)],
        actor=ACTOR,
        **limits,
    )
    return vdc, vdc.storage_policies.get()


def make_network(vdc: Vdc, count: int) -> Network:
    """A network with a pool of `count` addresses."""
    network, _ = network_create(
        vdc=vdc,
        name="net",
        kind=NetworkKind.ISOLATED,
        gateway="10.9.0.1",
        prefix_length=24,
        ranges=[("10.9.0.10", f"10.9.0.{9 + count}")],
        actor=ACTOR,
    )
    return network


def used(vdc: Vdc) -> tuple[int, int, int, int]:
    row = Vdc.objects.get(pk=vdc.pk)
    return (row.used_vms, row.used_cpu_mhz, row.used_memory_mb, row.storage_policies.get().used_mb)


@pytest.fixture
def everywhere() -> Any:
    with acting_for(ALL):
        yield


@pytest.mark.usefixtures("db", "everywhere")
class TestCharge:
    def test_charge_when_within_every_limit_then_counted_and_given_back(self) -> None:
        vdc, policy = make_vdc(vm_quota=2, cpu_limit_mhz=4000, memory_limit_mb=2048)
        demand = Demand(vms=2, cpus=4, memory_mb=2048, storage_mb={policy.pk: 1000})
        vdc_charge(vdc=vdc, demand=demand)  # exactly at the limits
        assert used(vdc) == (2, 4000, 2048, 1000)
        vdc_release(vdc_id=vdc.pk, demand=demand)
        assert used(vdc) == (0, 0, 0, 0)

    def test_charge_when_limit_is_zero_then_unlimited(self) -> None:
        vdc, policy = make_vdc()
        VdcStoragePolicy.objects.filter(pk=policy.pk).update(limit_mb=0)
        vdc_charge(
            vdc=vdc, demand=Demand(vms=999, cpus=999, memory_mb=1 << 30, storage_mb={policy.pk: 1 << 40})
        )
        assert used(vdc) == (999, 999_000, 1 << 30, 1 << 40)

    @pytest.mark.parametrize(
        ("demand", "named"),
        [
            ({"vms": 3}, "virtual machines: 0 used, 3 requested, 2 allowed"),
            ({"cpus": 5}, r"CPU \(MHz\): 0 used, 5000 requested, 4000 allowed"),
            ({"memory_mb": 2049}, r"memory \(MB\): 0 used, 2049 requested, 2048 allowed"),
            ({"storage": 1001}, 'storage policy "gold": 0 MB used, 1001 MB requested, 1000 MB allowed'),
        ],
    )
    def test_charge_when_over_one_limit_then_refused_naming_it_and_nothing_counted(
        self, demand: dict[str, int], named: str
    ) -> None:
        vdc, policy = make_vdc(vm_quota=2, cpu_limit_mhz=4000, memory_limit_mb=2048)
        whole = {"vms": 1, "cpus": 1, "memory_mb": 1} | demand
        storage = whole.pop("storage", 1)
        with pytest.raises(QuotaExceeded, match=named), transaction.atomic():
            vdc_charge(vdc=vdc, demand=Demand(**whole, storage_mb={policy.pk: storage}))
        assert used(vdc) == (0, 0, 0, 0)

    def test_charge_when_storage_policy_is_of_another_vdc_then_refused(self) -> None:
        vdc, _ = make_vdc()
        _, foreign = make_vdc()
        with pytest.raises(QuotaExceeded), transaction.atomic():
            vdc_charge(vdc=vdc, demand=Demand(vms=1, storage_mb={foreign.pk: 1}))
        assert used(vdc) == (0, 0, 0, 0)
        assert VdcStoragePolicy.objects.get(pk=foreign.pk).used_mb == 0

    def test_address_when_allocated_then_the_lowest_free_until_exhausted(self) -> None:
        vdc, _ = make_vdc()
        network = make_network(vdc, 3)
        nics = [uuid.uuid4() for _ in range(4)]
        got = [address_allocate(network=network, nic_id=nic) for nic in nics[:3]]
        assert got == ["10.9.0.10", "10.9.0.11", "10.9.0.12"]
        with pytest.raises(BadRequest, match="no free address"):
            address_allocate(network=network, nic_id=nics[3])
        addresses_release(nic_ids=[nics[1]])
        assert address_allocate(network=network, nic_id=nics[3]) == "10.9.0.11"

    @pytest.mark.parametrize(
        ("wanted", "reason"),
        [
            ("10.9.0.10", "already in use"),
            ("10.9.0.1", "gateway"),
            ("10.9.1.1", "not within"),
            ("x", "not a valid"),
        ],
    )
    def test_address_when_the_wanted_one_is_unfit_then_refused(self, wanted: str, reason: str) -> None:
        vdc, _ = make_vdc()
        network = make_network(vdc, 3)
        address_allocate(network=network, nic_id=uuid.uuid4())
        with pytest.raises(BadRequest, match=reason):
            address_allocate(network=network, nic_id=uuid.uuid4(), wanted=wanted)
        assert IpAllocation.objects.count() == 1

    def test_address_when_wanted_outside_the_pool_then_given_once(self) -> None:
        vdc, _ = make_vdc()
        network = make_network(vdc, 3)
        assert address_allocate(network=network, nic_id=uuid.uuid4(), wanted="10.9.0.200") == "10.9.0.200"
        with pytest.raises(BadRequest, match="already in use"):
            address_allocate(network=network, nic_id=uuid.uuid4(), wanted="10.9.0.200")


def at_once(count: int, act: Callable[[int], None]) -> list[BaseException]:
    """Runs `act(n)` in threads that start together, each in a transaction; what they raised."""
    barrier, errors = threading.Barrier(count), []

    def run(number: int) -> None:
        try:
            with acting_for(ALL):
                barrier.wait(timeout=10)
                with transaction.atomic():
                    act(number)
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert not any(thread.is_alive() for thread in threads)
    return errors


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.usefixtures("everywhere")
class TestConcurrently:
    @pytest.mark.parametrize("limit", ["vm_quota", "cpu_limit_mhz", "memory_limit_mb", "storage"])
    def test_charge_when_two_race_for_the_last_of_a_limit_then_one_wins(self, limit: str) -> None:
        limits = {"vm_quota": 1, "cpu_limit_mhz": 1000, "memory_limit_mb": 600}
        vdc, policy = make_vdc(**({limit: limits[limit]} if limit in limits else {}))
        demand = Demand(
            vms=1, cpus=1, memory_mb=600, storage_mb={policy.pk: 600 if limit == "storage" else 1}
        )
        errors = at_once(2, lambda _: vdc_charge(vdc=vdc, demand=demand))
        assert [type(error) for error in errors] == [QuotaExceeded]
        assert used(vdc)[:3] == (1, 1000, 600)

    def test_address_when_many_allocate_at_once_then_none_is_given_twice(self) -> None:
        vdc, _ = make_vdc()
        network = make_network(vdc, 5)
        errors = at_once(6, lambda _: address_allocate(network=network, nic_id=uuid.uuid4()) and None)
        assert [type(error) for error in errors] == [BadRequest]
        found = sorted(IpAllocation.objects.values_list("address", flat=True))
        assert found == [f"10.9.0.{10 + number}" for number in range(5)]

    def test_address_when_two_want_the_same_then_one_gets_it(self) -> None:
        vdc, _ = make_vdc()
        network = make_network(vdc, 5)
        errors = at_once(
            2, lambda _: address_allocate(network=network, nic_id=uuid.uuid4(), wanted="10.9.0.77") and None
        )
        assert [type(error) for error in errors] == [BadRequest]
        assert "already in use" in str(errors[0])
        assert IpAllocation.objects.count() == 1


@pytest.mark.django_db
def test_network_when_the_quota_is_used_up_then_refused() -> None:
    def create(vdc: Vdc, name: str, third: int) -> None:
        network_create(
            vdc=vdc,
            name=name,
            kind=NetworkKind.ISOLATED,
            gateway=f"192.168.{third}.1",
            prefix_length=24,
            actor=ACTOR,
        )

    with acting_for(ALL):
        vdc, _ = make_vdc(network_quota=1)
        create(vdc, "first", 1)
        with pytest.raises(QuotaExceeded, match="networks"):
            create(vdc, "second", 2)
        assert Network.objects.filter(vdc=vdc).count() == 1
