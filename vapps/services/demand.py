"""What VMs commit of their VDC, and on whose behalf tasks run."""

import uuid
from collections import Counter
from collections.abc import Iterable

from ssvirt.api.principal import Principal
from tasks.services import Actor
from vapps.models import Vm
from vdcs.services import Demand


def actor_of(principal: Principal) -> Actor:
    return Actor(user_id=principal.user_id, user_name=principal.user_name, request_id=principal.request_id)


def demand_of(vms: Iterable[Vm]) -> Demand:
    """What the VMs, with their disks loaded, commit of their VDC."""
    listed = list(vms)
    storage: Counter[uuid.UUID] = Counter()
    for vm in listed:
        # Independent disks are charged by themselves.
        for disk in (disk for disk in vm.disks.all() if disk.named_id is None):
            storage[disk.storage_policy_id] += disk.size_mb
    return Demand(
        vms=len(listed),
        cpus=sum(vm.cpus for vm in listed),
        memory_mb=sum(vm.memory_mb for vm in listed),
        storage_mb=storage,
    )
