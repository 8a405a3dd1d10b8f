"""Whole documents that clients send back: only what may be changed through them is read."""

from ssvirt.core.errors import BadRequest
from ssvirt.wire import types as w
from ssvirt.wire.schema import Nil
from vapps.models import Vm
from vapps.requests.changes import (
    MAX_DISK_MB,
    DiskRequest,
    HardwareChange,
    boot_change,
    capabilities_change,
    customization_change,
    disk_requests,
    extra_config_change,
    spec_change,
)
from vapps.requests.machines import compute_policy_of, reference_id
from vapps.requests.names import description_of, entity_name, positive
from vapps.requests.networks import nic_requests
from vapps.services.reconfiguring import VmChange

_ADAPTERS = {
    "VirtualSCSI": "5",
    "lsilogicsas": "4",
    "lsilogic": "3",
    "buslogic": "2",
    "vmware.sata.ahci": "6",
    "ahci": "6",
    "vmware.nvme.controller": "7",
}
"""Adapter types by the ResourceSubType of hardware items. Source: live-RasdItemsList."""


def vm_change(vm: w.Vm) -> VmChange:
    """reconfigureVm's document. Source: vApp.xsd VmType; go-clients.md 2.10, python-clients.md 3.

    VmSpecSection counts unless it says Modified="false", which is how we write it. Of the hardware section only
    the extra configuration counts: its sizes are those of VmSpecSection.
    """
    sections = {type(section): section for section in vm.sections}
    spec = sections.get(w.VmSpecSection)
    connections = sections.get(w.NetworkConnectionSection)
    customization = sections.get(w.GuestCustomizationSection)
    hardware = sections.get(w.VirtualHardwareSection)
    system = sections.get(w.OperatingSystemSection)
    change = properties_change(vm).hardware
    disks = None
    if isinstance(system, w.OperatingSystemSection) and system.os_type:
        change = change.merged(HardwareChange(os_type=system.os_type[:64]))
    if isinstance(spec, w.VmSpecSection) and spec.modified is not False:
        change = change.merged(spec_change(spec))
        disks = disk_requests(spec.disk_section) if spec.disk_section is not None else None
    change = change.merged(boot_change(vm.boot_options)).merged(capabilities_change(vm.vm_capabilities))
    if isinstance(hardware, w.VirtualHardwareSection):
        change = change.merged(extra_config_change(hardware))
    made = VmChange(
        hardware=change,
        nics=nic_requests(connections) if isinstance(connections, w.NetworkConnectionSection) else None,
        disks=disks,
        storage_policy_id=reference_id(vm.storage_profile, "storage profile"),
        compute_policy_id=compute_policy_of(vm.compute_policy, vm.vdc_compute_policy),
    )
    if isinstance(customization, w.GuestCustomizationSection):
        return made.with_customization(customization_change(customization))
    return made


def properties_change(vm: w.Vm) -> VmChange:
    """What a PUT of a VM changes: name, description, storage profile, nested virtualization."""
    return VmChange(
        hardware=HardwareChange(
            name=entity_name(vm.name, "VM") if vm.name is not None else None,
            description=description_of(vm.description, "VM") if vm.description is not None else None,
            has_nested_hypervisor=vm.nested_hypervisor_enabled,
        ),
        storage_policy_id=reference_id(vm.storage_profile, "storage profile"),
    )


def disks_of_items(vm: Vm, items: w.RasdItemsList) -> tuple[DiskRequest, ...]:
    """The complete list of hard disks, as rasd items. New ones have no InstanceID that the VM knows.

    Source: python-clients.md 3 and 4 (Libcloud copies the last item and drops its address).
    """
    present = {disk.number: disk for disk in vm.disks.all()}
    controllers = {
        item.instance_id: _ADAPTERS.get(str(item.resource_sub_type), "5")
        for item in items.items
        if item.resource_type in (5, 6, 20)
    }
    seen: set[int] = set()
    requests = []
    for item in items.items:
        if item.resource_type != 17:
            continue
        number = _number(item)
        if number not in present or number in seen:
            requests.append(_new_disk(item, controllers))
            continue
        seen.add(number)
        disk = present[number]
        requests.append(
            DiskRequest(
                number=number,
                size_mb=_changed_size_mb(item, disk.size_mb),
                adapter=disk.adapter,
                is_named=disk.named_id is not None,
            )
        )
    return tuple(requests)


def _number(item: w.RasdItem) -> int:
    text = item.instance_id or ""
    return int(text) if text.isdecimal() and len(text) < 10 else -1


def _new_disk(item: w.RasdItem, controllers: dict[str | None, str]) -> DiskRequest:
    parent = item.parent if isinstance(item.parent, str) else None
    return DiskRequest(size_mb=_size_mb(item), adapter=controllers.get(parent, "5"))


def _changed_size_mb(item: w.RasdItem, present_mb: int) -> int:
    """Of capacity and VirtualQuantity the one that was changed: clients change either."""
    capacity = _size_mb(item)
    quantity = None if isinstance(item.virtual_quantity, Nil) else item.virtual_quantity
    if capacity == present_mb and quantity:
        return positive(quantity >> 20, "disk size (MB)", MAX_DISK_MB)
    return capacity


def _size_mb(item: w.RasdItem) -> int:
    capacity = item.host_resources[0].capacity if item.host_resources else None
    if capacity is None and not isinstance(item.virtual_quantity, Nil) and item.virtual_quantity:
        capacity = item.virtual_quantity >> 20
    if capacity is None:
        raise BadRequest("A hard disk has no capacity.")
    return positive(capacity, "disk size (MB)", MAX_DISK_MB)
