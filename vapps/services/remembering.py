"""A VM's rows as they were before a change, to be put back when it fails."""

import json
import uuid
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from ssvirt.core.errors import BadRequest
from vapps.models import Disk, Nic, Vm
from vapps.services.rows import macs_taken, next_mac
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
    "customization_seed",
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


def vm_restore(vm: Vm, remembered: dict[str, Any], secrets: Mapping[str, Any]) -> None:
    """Puts the rows back, in the caller's transaction, as far as they still can be; twice does no harm.

    What somebody has taken meanwhile stays with him: a name, a MAC or an IP address. `secrets`: columns that are
    not among the remembered ones. The quota is the caller's to charge.
    """
    columns = {**remembered["vm"], **secrets}
    if Vm.objects.filter(vapp=vm.vapp_id, name=columns["name"]).exclude(pk=vm.pk).exists():
        del columns["name"]
    Vm.objects.filter(pk=vm.pk).update(**columns)
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
    taken = macs_taken(values["mac"] for values in remembered["nics"])
    for values in remembered["nics"]:
        nic = Nic(**values)
        nic.mac = next_mac() if nic.mac in taken else nic.mac
        nic.address = _taken_back(nic)
        nic.save(force_insert=True)


def _taken_back(nic: Nic) -> str | None:
    """The card's address; another one of the pool when somebody took it meanwhile; none of a pool that is used up."""
    network = nic.vapp_network.parent if nic.vapp_network is not None else None
    if nic.address is None or network is None:
        return None
    nic_id = uuid.UUID(str(nic.pk))
    for wanted in (str(nic.address), None):
        with suppress(BadRequest):
            return address_allocate(network=network, nic_id=nic_id, wanted=wanted, vm_id=nic.vm_id)
    return None
