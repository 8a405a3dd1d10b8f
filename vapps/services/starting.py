"""The start-up section: in which order, after which delay and how the VMs of a vApp start and stop."""

import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.db import transaction

from ssvirt.api.principal import Principal
from ssvirt.core.errors import BadRequest
from tasks.models import Task
from tasks.services import EXCLUSIVE, Owner, lock_entities, task_submit
from vapps.models import Vm
from vapps.projection import reproject
from vapps.selectors import vapp_get
from vapps.services.demand import actor_of
from vapps.services.standing import require_staying


@dataclass(frozen=True, slots=True, kw_only=True)
class StartItem:
    """What is asked of one VM; None leaves a value as it is."""

    vm_name: str
    order: int | None = None
    start_action: str | None = None
    start_delay_s: int | None = None
    stop_action: str | None = None
    stop_delay_s: int | None = None


def startup_set(*, principal: Principal, vapp_id: uuid.UUID, items: Sequence[StartItem]) -> Task:
    """Raises NotFound, InvalidState (being deleted), BadRequest (a VM that the vApp does not have)."""
    with transaction.atomic():
        vapp = vapp_get(vapp_id)
        lock_entities([vapp.pk])
        require_staying(vapp_get(vapp_id))
        ids = dict(Vm.objects.filter(vapp=vapp).values_list("name", "pk"))
        for item in items:
            if item.vm_name not in ids:
                raise BadRequest(f'The vApp "{vapp.name}" has no VM "{item.vm_name}".')
        task = task_submit(
            name="vdcUpdateVappStartupSection",
            args={
                "vapp_id": str(vapp.pk),
                "vm_ids": [],
                "items": [asdict(item) | {"vm_id": str(ids[item.vm_name])} for item in items],
            },
            owner=Owner(id=vapp.pk, kind="vApp", name=vapp.name),
            claims={vapp.pk: EXCLUSIVE},
            org_id=vapp.org_id,
            actor=actor_of(principal),
            description=f"Updating the start-up section of Virtual Application {vapp.name}({vapp.pk})",
        )
        reproject(vapp_ids=[vapp.pk])
    return task


_COLUMNS = {
    "order": "start_order",
    "start_action": "start_action",
    "start_delay_s": "start_delay_s",
    "stop_action": "stop_action",
    "stop_delay_s": "stop_delay_s",
}


def startup_write(vapp_id: uuid.UUID, items: Sequence[dict[str, Any]]) -> None:
    """Writes the values that are given, by the VMs' ids: their names may have changed meanwhile."""
    for item in items:
        values = {column: item[key] for key, column in _COLUMNS.items() if item[key] is not None}
        if values:
            Vm.objects.filter(vapp_id=vapp_id, pk=item["vm_id"]).update(**values)
