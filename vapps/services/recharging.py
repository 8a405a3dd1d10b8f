"""The quota that a VM holds of its VDC, kept equal to its rows while they change."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from vapps.selectors import vm_get
from vapps.services.demand import demand_of
from vdcs.services import Demand, vdc_charge, vdc_release


@contextmanager
def recharge(vm_id: uuid.UUID, *, is_forced: bool = False) -> Iterator[None]:
    """Commits what grew inside, and gives back what shrank. Runs in the caller's transaction.

    Raises QuotaExceeded, unless it `is_forced`.
    """
    before = demand_of([vm_get(vm_id)])
    yield
    vm = vm_get(vm_id)
    after = demand_of([vm])
    policies = before.storage_mb.keys() | after.storage_mb.keys()
    grown = {pk: after.storage_mb.get(pk, 0) - before.storage_mb.get(pk, 0) for pk in policies}
    more = Demand(
        cpus=max(0, after.cpus - before.cpus),
        memory_mb=max(0, after.memory_mb - before.memory_mb),
        storage_mb={pk: size for pk, size in grown.items() if size > 0},
    )
    less = Demand(
        cpus=max(0, before.cpus - after.cpus),
        memory_mb=max(0, before.memory_mb - after.memory_mb),
        storage_mb={pk: -size for pk, size in grown.items() if size < 0},
    )
    vdc_charge(vdc=vm.vdc, demand=more, is_forced=is_forced)
    vdc_release(vdc_id=vm.vdc_id, demand=less)
