"""Making VDCs."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import IntegrityError, transaction

from compute import names
from orgs.models import Org
from ssvirt.core.database import violated
from ssvirt.core.errors import BadRequest, DuplicateName
from tasks.models import Task
from tasks.services import EXCLUSIVE, Actor, Owner, task_submit
from vdcs.models import (
    SYSTEM_DEFAULT_POLICY,
    AllocationModel,
    ComputePolicy,
    EdgeGateway,
    ProviderVdc,
    Realization,
    StoragePolicy,
    Vdc,
    VdcComputePolicy,
    VdcStoragePolicy,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageLimit:
    """A storage policy that a VDC may use, up to `limit_mb` (0 = no limit)."""

    policy: StoragePolicy
    limit_mb: int = 0


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


def vdc_require_usable(vdc: Vdc) -> None:
    """Raises BadRequest when the VDC takes no new content."""
    if not vdc.is_enabled:
        raise BadRequest(f'The VDC "{vdc.name}" is disabled.', code="VDC_DISABLED")
    if vdc.realization == Realization.FAILED:
        raise BadRequest(f'The VDC "{vdc.name}" is not ready.')
