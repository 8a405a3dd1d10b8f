"""A VM's disks and CD drive as VCD shows them: hardware Items, DiskSettings, MediaSettings, links."""

from collections.abc import Sequence

from orgs.rights import Rights
from orgs.services import EntityAccess
from ssvirt.api.hrefs import Hrefs
from ssvirt.api.represent import link, reference
from ssvirt.wire import types as w
from vapps.models import Disk, DiskBus, Vm
from vapps.requests.disks import BUSES

_CD_ID = "3000"
_IDE_CONTROLLER_ID = "3"
_SCSI_CONTROLLER_ID = "2"
_CONTROLLER_ID_BASE = 100
_INSERTED = "vmware.cdrom.iso"
"""Clients look for it until a medium is ejected. Source: go-clients.md 2.10."""
_EMPTY = "vmware.cdrom.remotepassthrough"
_ATTACH = "application/vnd.vmware.vcloud.diskAttachOrDetachParams+xml"
_MEDIA = "application/vnd.vmware.vcloud.mediaInsertOrEjectParams+xml"
_ADAPTER_BUSES = {adapter: bus for bus, adapter in BUSES.items()}
_CONTROLLERS = {"5": "IDE Controller", "6": "SCSI Controller", "20": "SATA Controller"}


def device_links(href: str, access: EntityAccess) -> list[w.Link]:
    """Always there, whatever the VM's state. Source: resolutions.md 3.1."""
    if not access.may(Rights.VM_EDIT):
        return []
    return [
        link("media:insertMedia", f"{href}/media/action/insertMedia", _MEDIA),
        link("media:ejectMedia", f"{href}/media/action/ejectMedia", _MEDIA),
        link("disk:attach", f"{href}/disk/action/attach", _ATTACH),
        link("disk:detach", f"{href}/disk/action/detach", _ATTACH),
    ]


def device_items(vm: Vm, disks: Sequence[Disk], hrefs: Hrefs) -> list[w.RasdItem]:
    """Controllers, disks and the CD drive. Source: live-VApp, fixture-Vm."""
    controllers = _controllers(disks)
    items = [_controller_item(place, number) for place, number in controllers.items()]
    items += [_disk_item(disk, controllers[disk.adapter, disk.bus_number], hrefs) for disk in disks]
    return [*items, _cd_item(vm)]


def _controllers(disks: Sequence[Disk]) -> dict[tuple[str, int], str]:
    """(adapter, bus number) -> InstanceID. One SCSI controller and the CD's IDE controller are always there."""
    first = disks[0].adapter if disks else DiskBus.PARAVIRTUAL.value
    is_scsi = _ADAPTER_BUSES[DiskBus(first)][0] == "6"
    found = {(first if is_scsi else DiskBus.PARAVIRTUAL.value, 0): _SCSI_CONTROLLER_ID}
    found[DiskBus.IDE.value, 0] = _IDE_CONTROLLER_ID
    for disk in disks:
        found.setdefault((disk.adapter, disk.bus_number), str(_CONTROLLER_ID_BASE + len(found)))
    return found


def _controller_item(place: tuple[str, int], number: str) -> w.RasdItem:
    adapter, bus = place
    kind, sub_type = _ADAPTER_BUSES[DiskBus(adapter)]
    title = "NVMe Controller" if adapter == DiskBus.NVME else _CONTROLLERS[kind]
    return w.RasdItem(
        address=str(bus),
        description=title,
        element_name=f"{title} {bus}",
        instance_id=number,
        resource_sub_type=sub_type if kind != "5" else None,
        resource_type=int(kind),
    )


def _disk_item(disk: Disk, controller: str, hrefs: Hrefs) -> w.RasdItem:
    kind, sub_type = _ADAPTER_BUSES[DiskBus(disk.adapter)]
    return w.RasdItem(
        address_on_parent=str(disk.unit_number),
        description="Hard disk",
        element_name=f"Hard disk {disk.position + 1}",
        host_resources=[
            w.HostResource(
                bus_type=kind,
                bus_sub_type=sub_type,
                capacity=disk.size_mb,
                disk=hrefs.of("disk", disk.named_id) if disk.named_id is not None else None,
                value="",
            )
        ],
        instance_id=str(disk.number),
        parent=controller,
        resource_type=17,
        virtual_quantity=disk.size_mb << 20,
        virtual_quantity_units="byte",
    )


def _cd_item(vm: Vm) -> w.RasdItem:
    return w.RasdItem(
        address_on_parent="0",
        automatic_allocation=vm.media is not None,
        description="CD/DVD Drive",
        element_name="CD/DVD Drive 1",
        host_resources=[w.HostResource(value=vm.media.name if vm.media is not None else "")],
        instance_id=_CD_ID,
        parent=_IDE_CONTROLLER_ID,
        resource_sub_type=_INSERTED if vm.media is not None else _EMPTY,
        resource_type=15,
    )


def disk_settings(vm: Vm, disks: Sequence[Disk], hrefs: Hrefs) -> list[w.DiskSettings]:
    """Source: vApp.xsd DiskSettingsType; `Disk` only for independent ones: go-clients.md 2.10."""
    return [_disk_setting(vm, disk, hrefs) for disk in disks]


def _disk_setting(vm: Vm, disk: Disk, hrefs: Hrefs) -> w.DiskSettings:
    named = disk.named
    return w.DiskSettings(
        disk_id=str(disk.number),
        size_mb=disk.size_mb,
        unit_number=disk.unit_number,
        bus_number=disk.bus_number,
        adapter_type=disk.adapter,
        thin_provisioned=True,
        disk=reference(hrefs, "disk", named.pk, named.name) if named is not None else None,
        storage_profile=reference(
            hrefs, "vdcStorageProfile", disk.storage_policy_id, disk.storage_policy.policy.name
        ),
        override_vm_default=disk.overrides_policy,
        # Terraform reads it unchecked. Source: go-clients.md 6.1.
        iops_allocation=w.IopsResource(
            reservation=disk.iops, limit=disk.iops or -1, shares_level="NORMAL", shares=1000
        ),
        iops=disk.iops or None,
        virtual_quantity_unit="byte",
        virtual_quantity=disk.size_mb << 20,
        resizable=True,
    )


def media_section(vm: Vm, hrefs: Hrefs) -> w.MediaSection:
    """The one CD drive. Source: vApp.xsd MediaSettingsType, MediaStateType."""
    media = vm.media
    return w.MediaSection(
        media_settings=[
            w.MediaSettings(
                device_id=_CD_ID,
                media_image=reference(hrefs, "media", media.pk, media.name) if media is not None else None,
                media_type="ISO",
                media_state="SERVER" if media is not None else "DISCONNECTED",
                unit_number=0,
                bus_number=0,
                adapter_type="4",
            )
        ]
    )
