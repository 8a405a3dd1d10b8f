"""Writing VDCs and networks; committing resources and addresses."""

import ipaddress
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.db import IntegrityError, transaction
from django.db.models import F, Q

from compute import names
from orgs.models import Org
from ssvirt.core.database import violated
from ssvirt.core.errors import BadRequest, DuplicateName, QuotaExceeded
from tasks.models import Task
from tasks.services import EXCLUSIVE, SHARED, Actor, Owner, task_submit
from vdcs import addresses
from vdcs.models import (
    SYSTEM_DEFAULT_POLICY,
    AllocationModel,
    ComputePolicy,
    EdgeGateway,
    IpAllocation,
    IpRange,
    Network,
    NetworkKind,
    ProviderVdc,
    Realization,
    StoragePolicy,
    Vdc,
    VdcComputePolicy,
    VdcStoragePolicy,
)

PRIMARY_UDN = "primary"
"""Name of the primary network in every VDC's namespace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageLimit:
    """A storage policy that a VDC may use, up to `limit_mb` (0 = no limit)."""

    policy: StoragePolicy
    limit_mb: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What content commits of a VDC. `storage_mb` is by VdcStoragePolicy id."""

    vms: int = 0
    cpus: int = 0
    memory_mb: int = 0
    storage_mb: Mapping[uuid.UUID, int] = field(default_factory=dict)


def vdc_create(
    *,
    org: Org,
    name: str,
    provider_vdc: ProviderVdc,
    storage: Sequence[StorageLimit],
    actor: Actor,
    description: str = "",
    allocation_model: str = AllocationModel.PAY_AS_YOU_GO,
    cpu_limit_mhz: int = 0,
    memory_limit_mb: int = 0,
    vm_quota: int = 0,
    network_quota: int = 0,
    primary_cidr: str = "10.10.0.0/24",
) -> tuple[Vdc, Task]:
    """A new VDC and the task that makes its namespace; the first storage policy is the default one.

    Raises DuplicateName, BadRequest.
    """
    if not storage:
        raise BadRequest("A VDC needs at least one storage policy.")
    if min(cpu_limit_mhz, memory_limit_mb, vm_quota, network_quota) < 0:
        raise BadRequest("The limits of a VDC must not be negative.")
    try:
        ipaddress.IPv4Network(primary_cidr)
    except ValueError as error:
        raise BadRequest(f"The subnet {primary_cidr} is not valid: {error}") from None
    try:
        with transaction.atomic():
            vdc = Vdc.objects.create(
                org=org,
                name=name,
                description=description,
                provider_vdc=provider_vdc,
                allocation_model=allocation_model,
                namespace=_free_namespace(org.name, name, provider_vdc),
                primary_cidr=primary_cidr,
                cpu_limit_mhz=cpu_limit_mhz,
                memory_limit_mb=memory_limit_mb,
                vm_quota=vm_quota,
                network_quota=network_quota,
            )
            VdcStoragePolicy.objects.bulk_create(
                VdcStoragePolicy(
                    org=org, vdc=vdc, policy=limit.policy, limit_mb=limit.limit_mb, is_default=position == 0
                )
                for position, limit in enumerate(storage)
            )
            EdgeGateway.objects.create(org=org, vdc=vdc, name=f"{name}-edge"[:128])
            VdcComputePolicy.objects.create(
                org=org,
                vdc=vdc,
                policy=ComputePolicy.objects.get(name=SYSTEM_DEFAULT_POLICY, provider_vdc=None),
                is_default=True,
            )
            task = task_submit(
                name="vdcCreateVdc",
                args={},
                owner=Owner(id=vdc.pk, kind="vdc", name=vdc.name),
                claims={vdc.pk: EXCLUSIVE},
                org_id=org.pk,
                actor=actor,
                description=f"Creating Virtual Datacenter {name}({vdc.pk})",
            )
    except IntegrityError as error:
        if violated(error) == "vdcs_vdc_name":
            raise DuplicateName(name) from None
        raise
    return vdc, task


def _free_namespace(org_name: str, vdc_name: str, provider_vdc: ProviderVdc) -> str:
    def taken(candidate: str) -> bool:
        # All organizations' VDCs count: the namespace is the cluster's, not the tenant's.
        return Vdc._base_manager.filter(
            provider_vdc__cluster_id=provider_vdc.cluster_id, namespace=candidate
        ).exists()

    return names.namespace_name(org_name, vdc_name, taken=taken)


def network_create(
    *,
    vdc: Vdc,
    name: str,
    kind: NetworkKind,
    gateway: str,
    prefix_length: int,
    actor: Actor,
    ranges: Sequence[tuple[str, str]] = (),
    dns: Sequence[str] = (),
    dns_suffix: str = "",
    description: str = "",
    is_shared: bool = False,
) -> tuple[Network, Task]:
    """A new network of the VDC and the task that makes it on the cluster.

    The first routed network is the namespace's primary network, whose subnet was fixed with the VDC.
    Raises DuplicateName, BadRequest.
    """
    subnet = addresses.subnet_of(gateway, prefix_length)
    addresses.check_ranges(ranges, subnet, gateway)
    for server in dns:
        addresses.check_address(server)
    network_id = uuid.uuid4()
    try:
        with transaction.atomic():
            _check_network_quota(vdc)
            is_primary = (
                kind == NetworkKind.ROUTED
                and str(subnet) == vdc.primary_cidr
                and not Network.objects.filter(vdc=vdc, is_primary=True).exists()
            )
            network = Network.objects.create(
                id=network_id,
                org_id=vdc.org_id,
                vdc=vdc,
                name=name,
                description=description,
                kind=kind,
                gateway=gateway,
                prefix_length=prefix_length,
                dns1=dns[0] if dns else None,
                dns2=dns[1] if len(dns) > 1 else None,
                dns_suffix=dns_suffix,
                is_shared=is_shared,
                is_primary=is_primary,
                edge_gateway=EdgeGateway.objects.filter(vdc=vdc).first()
                if kind == NetworkKind.ROUTED
                else None,
                udn_name=PRIMARY_UDN if is_primary else names.udn_name(network_id),
            )
            IpRange.objects.bulk_create(
                IpRange(org_id=vdc.org_id, network=network, start=start, end=end) for start, end in ranges
            )
            task = task_submit(
                name="networkCreateOrgVdcNetwork",
                args={},
                owner=Owner(id=network.pk, kind="network", name=name),
                claims={network.pk: EXCLUSIVE, vdc.pk: SHARED},
                org_id=vdc.org_id,
                actor=actor,
                description=f"Creating Network {name}({network.pk})",
            )
    except IntegrityError as error:
        if violated(error) == "vdcs_network_name":
            raise DuplicateName(name) from None
        raise
    return network, task


def _check_network_quota(vdc: Vdc) -> None:
    """Raises QuotaExceeded. The VDC's row lock makes the count hold until the end of the transaction."""
    quota = Vdc.objects.select_for_update().values_list("network_quota", flat=True).get(pk=vdc.pk)
    used = Network.objects.filter(vdc=vdc, vapp_id__isnull=True).count()
    if quota and used >= quota:
        raise QuotaExceeded(
            f'The VDC "{vdc.name}" would exceed its limit of networks: {used} used, 1 requested, {quota} allowed.'
        )


def vdc_require_usable(vdc: Vdc) -> None:
    """Raises BadRequest when the VDC takes no new content."""
    if not vdc.is_enabled:
        raise BadRequest(f'The VDC "{vdc.name}" is disabled.', code="VDC_DISABLED")
    if vdc.realization == Realization.FAILED:
        raise BadRequest(f'The VDC "{vdc.name}" is not ready.')


def vdc_charge(*, vdc: Vdc, demand: Demand) -> None:
    """Commits resources by conditional UPDATEs: all of it, or QuotaExceeded naming the limit.

    Must run in the transaction that writes the content. A limit of 0 is no limit.
    """
    cpu_mhz = demand.cpus * vdc.vcpu_mhz
    charged = (
        Vdc.objects.filter(pk=vdc.pk)
        .filter(Q(vm_quota=0) | Q(vm_quota__gte=F("used_vms") + demand.vms))
        .filter(Q(cpu_limit_mhz=0) | Q(cpu_limit_mhz__gte=F("used_cpu_mhz") + cpu_mhz))
        .filter(Q(memory_limit_mb=0) | Q(memory_limit_mb__gte=F("used_memory_mb") + demand.memory_mb))
        .update(
            used_vms=F("used_vms") + demand.vms,
            used_cpu_mhz=F("used_cpu_mhz") + cpu_mhz,
            used_memory_mb=F("used_memory_mb") + demand.memory_mb,
        )
    )
    if not charged:
        raise _exceeded(vdc, demand, cpu_mhz)
    for policy_id in sorted(demand.storage_mb):
        size_mb = demand.storage_mb[policy_id]
        if (
            not VdcStoragePolicy.objects.filter(pk=policy_id, vdc=vdc)
            .filter(Q(limit_mb=0) | Q(limit_mb__gte=F("used_mb") + size_mb))
            .update(used_mb=F("used_mb") + size_mb)
        ):
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


def address_allocate(*, network: Network, nic_id: uuid.UUID, wanted: str | None = None) -> str:
    """An address for a NIC: `wanted`, or the lowest free one of the static pool.

    Must run in a transaction; takes the network's row lock, so that no address is given twice. Raises
    BadRequest (not in the network, in use, pool exhausted).
    """
    Network.objects.select_for_update().filter(pk=network.pk).values_list("pk", flat=True).first()
    used = set(IpAllocation.objects.filter(network=network).values_list("address", flat=True))
    if wanted is not None:
        subnet = addresses.subnet_of(network.gateway, network.prefix_length)
        address: str | None = str(addresses.check_usable(wanted, subnet, network.gateway))
        if address in used:
            raise BadRequest(f'The address {address} is already in use on the network "{network.name}".')
    else:
        pool = IpRange.objects.filter(network=network).order_by("start").values_list("start", "end")
        address = addresses.first_free(pool, used)
        if address is None:
            raise BadRequest(f'The network "{network.name}" has no free address in its static pool.')
    IpAllocation.objects.create(org_id=network.org_id, network=network, address=address, nic_id=nic_id)
    return str(address)


def addresses_release(*, nic_ids: Sequence[uuid.UUID]) -> None:
    """Frees the addresses of the NICs."""
    IpAllocation.objects.filter(nic_id__in=nic_ids).delete()
