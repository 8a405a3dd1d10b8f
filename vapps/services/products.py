"""Product sections of vApps and VMs: guest properties."""

import uuid
from typing import Any

from django.db import transaction

from ssvirt.api.principal import Principal
from ssvirt.core.errors import InvalidState
from tasks.models import Task
from tasks.services import EXCLUSIVE, Owner, task_submit
from vapps.models import VApp, Vm
from vapps.selectors import vapp_get, vm_get
from vapps.services.demand import actor_of
from vapps.services.standing import require_staying
from vapps.states import VmState


def vapp_set_products(*, principal: Principal, vapp_id: uuid.UUID, sections: list[dict[str, Any]]) -> Task:
    """A task that replaces the vApp's sections. Raises NotFound, InvalidState (being deleted)."""
    vapp = vapp_get(vapp_id)
    require_staying(vapp)
    return _submit(principal, vapp, "vApp", "Virtual Application", sections)


def vm_set_products(*, principal: Principal, vm_id: uuid.UUID, sections: list[dict[str, Any]]) -> Task:
    """Likewise for a VM. Raises NotFound, InvalidState (being deleted)."""
    vm = vm_get(vm_id)
    if vm.projected_state == VmState.GONE:
        raise InvalidState(f'The VM "{vm.name}" is being deleted.')
    return _submit(principal, vm, "vm", "Virtual Machine", sections)


def _submit(
    principal: Principal, entity: VApp | Vm, kind: str, word: str, sections: list[dict[str, Any]]
) -> Task:
    """The sections travel as the task's secret: properties may be passwords."""
    with transaction.atomic():
        return task_submit(
            name="vappUpdateProductSections",
            args={},
            owner=Owner(id=entity.pk, kind=kind, name=entity.name),
            # Ordered among themselves only: nothing of the machine changes.
            claims={uuid.uuid5(entity.pk, "productSections"): EXCLUSIVE},
            org_id=entity.org_id,
            actor=actor_of(principal),
            description=f"Updating product sections of {word} {entity.name}({entity.pk})",
            secret={"sections": sections},
        )
