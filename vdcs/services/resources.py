"""Committing resources and addresses of VDCs and their networks."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.contrib.postgres.functions import RandomUUID
from django.db.models import F, Q

from ssvirt.core.errors import BadRequest, QuotaExceeded
from vdcs import addresses
from vdcs.models import IpAllocation, IpRange, Network, Vdc, VdcStoragePolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What content commits of a VDC. `storage_mb` is by VdcStoragePolicy id."""

    vms: int = 0
    cpus: int = 0
    memory_mb: int = 0
    storage_mb: Mapping[uuid.UUID, int] = field(default_factory=dict)


def vdc_charge(*, vdc: Vdc, demand: Demand, is_forced: bool = False) -> None:
    """Commits resources by conditional UPDATEs: all of it, or QuotaExceeded naming the limit.

    Must run in the transaction that writes the content. A limit of 0 is no limit. `is_forced`: no limit holds,
    as for content that is there again because a change was taken back.
    """
    cpu_mhz = demand.cpus * vdc.vcpu_mhz
    fits = (
        Q(Q(vm_quota=0) | Q(vm_quota__gte=F("used_vms") + demand.vms))
        & Q(Q(cpu_limit_mhz=0) | Q(cpu_limit_mhz__gte=F("used_cpu_mhz") + cpu_mhz))
        & Q(Q(memory_limit_mb=0) | Q(memory_limit_mb__gte=F("used_memory_mb") + demand.memory_mb))
    )
    charged = Vdc.objects.filter(Q() if is_forced else fits, pk=vdc.pk).update(
        used_vms=F("used_vms") + demand.vms,
        used_cpu_mhz=F("used_cpu_mhz") + cpu_mhz,
        used_memory_mb=F("used_memory_mb") + demand.memory_mb,
    )
    if not charged:
        raise _exceeded(vdc, demand, cpu_mhz)
    for policy_id in sorted(demand.storage_mb):
        size_mb = demand.storage_mb[policy_id]
        has_room = Q() if is_forced else Q(Q(limit_mb=0) | Q(limit_mb__gte=F("used_mb") + size_mb))
        rows = VdcStoragePolicy.objects.filter(has_room, pk=policy_id, vdc=vdc)
        if not rows.update(used_mb=F("used_mb") + size_mb):
            policy = VdcStoragePolicy.objects.select_related("policy").get(pk=policy_id)
            raise QuotaExceeded(
                f'The VDC "{vdc.name}" would exceed its limit of storage policy "{policy.policy.name}": '
                f"{policy.used_mb} MB used, {size_mb} MB requested, {policy.limit_mb} MB allowed."
            )


def _exceeded(vdc: Vdc, demand: Demand, cpu_mhz: int) -> QuotaExceeded:
    row = Vdc.objects.get(pk=vdc.pk)
    for what, used, asked, limit in (
        ("virtual machines", row.used_vms, demand.vms, row.vm_quota),
        ("CPU (MHz)", row.used_cpu_mhz, cpu_mhz, row.cpu_limit_mhz),
        ("memory (MB)", row.used_memory_mb, demand.memory_mb, row.memory_limit_mb),
    ):
        if limit and used + asked > limit:
            return QuotaExceeded(
                f'The VDC "{vdc.name}" would exceed its limit of {what}: '
                f"{used} used, {asked} requested, {limit} allowed."
            )
    return QuotaExceeded(f'The VDC "{vdc.name}" would exceed its limits.')


def vdc_release(*, vdc_id: uuid.UUID, demand: Demand) -> None:
    """Gives committed resources back. Must run in the transaction that removes the content."""
    Vdc.objects.filter(pk=vdc_id).update(
        used_vms=F("used_vms") - demand.vms,
        used_cpu_mhz=F("used_cpu_mhz") - demand.cpus * F("vcpu_mhz"),
        used_memory_mb=F("used_memory_mb") - demand.memory_mb,
    )
    for policy_id in sorted(demand.storage_mb):
        VdcStoragePolicy.objects.filter(pk=policy_id).update(
            used_mb=F("used_mb") - demand.storage_mb[policy_id]
        )


def address_allocate(
    *, network: Network, nic_id: uuid.UUID, wanted: str | None = None, vm_id: uuid.UUID | None = None
) -> str:
    """An address for a NIC: `wanted`, or the lowest free one of the static pool. What the machine of `vm_id`
    holds still is free for that VM, and comes first.

    Must run in a transaction; takes the network's row lock, so that no address is given twice. Raises
    BadRequest (not in the network, in use, pool exhausted).
    """
    Network.objects.select_for_update().filter(pk=network.pk).values_list("pk", flat=True).first()
    rows = IpAllocation.objects.filter(network=network)
    held = rows.filter(held_by=vm_id) if vm_id is not None else rows.none()
    mine = set(held.values_list("address", flat=True))
    used = set(rows.values_list("address", flat=True)) - mine
    if wanted is not None:
        subnet = addresses.subnet_of(network.gateway, network.prefix_length)
        address: str | None = str(addresses.check_usable(wanted, subnet, network.gateway))
        if address in used:
            raise BadRequest(f'The address {address} is already in use on the network "{network.name}".')
    else:
        pool = IpRange.objects.filter(network=network).order_by("start").values_list("start", "end")
        address = next((each for each in sorted(mine) if addresses.in_ranges(each, pool)), None)
        address = address or addresses.first_free(pool, used)
        if address is None:
            raise BadRequest(f'The network "{network.name}" has no free address in its static pool.')
    if address in mine:
        held.filter(address=address).update(nic_id=nic_id, held_by=None, instance_uid="")
    else:
        IpAllocation.objects.create(org_id=network.org_id, network=network, address=address, nic_id=nic_id)
    return str(address)


def address_is_pooled(*, network: Network, address: str) -> bool:
    """Whether the network's static pool has the address, in use or not."""
    pool = IpRange.objects.filter(network=network).values_list("start", "end")
    return addresses.in_ranges(address, pool)


def addresses_release(*, nic_ids: Sequence[uuid.UUID]) -> None:
    """Frees the addresses of the NICs."""
    IpAllocation.objects.filter(nic_id__in=nic_ids).delete()


def addresses_hold(*, nic_ids: Sequence[uuid.UUID], vm_id: uuid.UUID, instance_uid: str) -> None:
    """Takes the addresses from the NICs, but keeps them in use for as long as the VM's running instance lives."""
    IpAllocation.objects.filter(nic_id__in=nic_ids).update(
        nic_id=RandomUUID(), held_by=vm_id, instance_uid=instance_uid
    )


def addresses_drop(*, vm_ids: Sequence[uuid.UUID], besides: str = "") -> None:
    """Frees what ended instances of the VMs held. `besides`: the instance that lives."""
    rows = IpAllocation.objects.filter(held_by__in=vm_ids)
    (rows.exclude(instance_uid__in=("", besides)) if besides else rows).delete()
