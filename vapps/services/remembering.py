"""A VM's rows as they were before a change, to be put back when it fails."""

import json
import uuid
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from ssvirt.core.errors import BadRequest
from vapps.models import Disk, Nic, Vm
from vdcs.services import address_allocate, addresses_release

COLUMNS = (
    "name",
    "description",
    "cpus",
    "cores_per_socket",
    "memory_mb",
    "allocation",
    "os_type",
    "firmware",
    "hardware_version",
    "instance_type",
    "has_cpu_hot_add",
    "has_memory_hot_add",
    "has_nested_hypervisor",
    "needs_customization",
    "boot_options",
    "extra_config",
    "customization",
    "computer_name",
    "compute_policy_id",
    "storage_policy_id",
)


def vm_remember(vm: Vm) -> dict[str, Any]:
    """The rows in JSON form. Needs the VM's parts loaded. Passwords are not among them."""
    rows = {
        "vm": {name: getattr(vm, name) for name in COLUMNS},
        "nics": [_row(nic) for nic in vm.nics.all()],
        "disks": [_row(disk) for disk in vm.disks.all() if disk.named_id is None],
    }
    remembered: dict[str, Any] = json.loads(json.dumps(rows, cls=DjangoJSONEncoder))
    return remembered


def _row(row: Nic | Disk) -> dict[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def vm_restore(vm: Vm, remembered: dict[str, Any]) -> None:
    """Puts the rows back, in the caller's transaction; twice does no harm. The quota follows."""
    Vm.objects.filter(pk=vm.pk).update(**remembered["vm"])
    disks = [Disk(**values) for values in remembered["disks"]]
    Disk.objects.filter(vm=vm, named=None).exclude(pk__in=[disk.pk for disk in disks]).delete()
    Disk.objects.bulk_create(
        disks,
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["size_mb", "iops", "storage_policy", "overrides_policy"],
    )
    addresses_release(nic_ids=list(Nic.objects.filter(vm=vm).values_list("pk", flat=True)))
    Nic.objects.filter(vm=vm).delete()
    for values in remembered["nics"]:
        nic = Nic(**values)
        nic.address = _taken_back(nic)
        nic.save(force_insert=True)


def _taken_back(nic: Nic) -> str | None:
    """The card's address; another one of the pool when somebody took it meanwhile."""
    network = nic.vapp_network.parent if nic.vapp_network is not None else None
    if nic.address is None or network is None:
        return None
    nic_id = uuid.UUID(str(nic.pk))
    try:
        return address_allocate(network=network, nic_id=nic_id, wanted=str(nic.address))
    except BadRequest:
        return address_allocate(network=network, nic_id=nic_id)
