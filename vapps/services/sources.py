"""What copies and moves are made from: a task that finds it changed since it was asked for copies nothing."""

import hashlib
import json
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from ssvirt.core.errors import InvalidState
from vapps.models import Disk, Nic, VApp, Vm
from vapps.selectors import vapp_get_whole, vms_of
from vapps.services.network_changes import networks_remember
from vapps.services.remembering import COLUMNS

_FIRST_START = {"needs_customization", "customization_seed"}
"""What a start of the machine changes."""
_VM = sorted(
    {*COLUMNS, "start_order", "start_action", "start_delay_s", "stop_action", "stop_delay_s"} - _FIRST_START
)
_NIC = ("position", "vapp_network_id", "mode", "address", "adapter", "is_connected", "is_primary")
_DISK = ("pk", "size_mb", "iops", "storage_policy_id", "adapter", "bus_number", "unit_number")
_VAPP = ("name", "description", "owner_id", "deployment_lease_s", "storage_lease_s", "product_sections")


def _digest(parts: Any) -> str:
    text = json.dumps(parts, cls=DjangoJSONEncoder, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _values(row: Vm | Nic | Disk | VApp, columns: Iterable[str]) -> list[Any]:
    return [getattr(row, column) for column in columns]


def vm_print(vm: Vm) -> str:
    """A digest of what a copy of the VM takes over. Needs its parts loaded."""
    return _digest(
        [
            _values(vm, _VM),
            bytes(vm.guest_secrets).hex() if vm.guest_secrets is not None else None,
            vm.product_sections,
            [_values(nic, _NIC) for nic in vm.nics.all()],
            [_values(disk, _DISK) for disk in vm.disks.all() if disk.named_id is None],
        ]
    )


def vapp_print(vapp: VApp) -> str:
    """A digest of what a moved vApp keeps, and of which VMs it has. Needs the vApp read whole."""
    vms = sorted(str(vm.pk) for vm in vapp.vms.all())
    return _digest([_values(vapp, _VAPP), networks_remember(vapp), vms])


def prints_of(vms: Sequence[Vm], vapp: VApp | None = None) -> dict[str, str]:
    """The digests by id, as they go into a task's arguments."""
    prints = {str(vm.pk): vm_print(vm) for vm in vms}
    return prints | ({str(vapp.pk): vapp_print(vapp)} if vapp is not None else {})


def require_unchanged(prints: dict[str, str], vapp_id: uuid.UUID | None = None) -> None:
    """Raises InvalidState naming a source that has been changed, or is gone, since the task was asked for.

    `vapp_id`: which of the prints is a vApp's.
    """
    vms = vms_of([uuid.UUID(pk) for pk in prints if pk != str(vapp_id)])
    found = {str(vm.pk): (vm.name, vm_print(vm)) for vm in vms}
    if vapp_id is not None and str(vapp_id) in prints:
        vapp = vapp_get_whole(vapp_id)
        found[str(vapp_id)] = (vapp.name, vapp_print(vapp))
    for pk, before in prints.items():
        name, now = found.get(pk, (pk, ""))
        if now != before:
            raise InvalidState(
                f'"{name}" was changed or removed by an operation that was asked for before this one: '
                "copy or move it anew."
            )
