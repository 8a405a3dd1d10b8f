"""Independent disks and media as clients ask for them, as plain values."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ssvirt.core.errors import BadRequest, NotSupported
from ssvirt.core.urns import uuid_in
from ssvirt.wire import types as w
from vapps.models import DiskBus
from vapps.requests.names import description_of, entity_name, positive

BUSES: Final = {
    ("5", ""): DiskBus.IDE,
    ("5", "IDE"): DiskBus.IDE,
    ("6", "buslogic"): DiskBus.BUS_LOGIC,
    ("6", "lsilogic"): DiskBus.LSI_LOGIC,
    ("6", "lsilogicsas"): DiskBus.LSI_LOGIC_SAS,
    ("6", "VirtualSCSI"): DiskBus.PARAVIRTUAL,
    ("20", "vmware.sata.ahci"): DiskBus.SATA,
    ("20", "vmware.nvme.controller"): DiskBus.NVME,
}
"""(busType, busSubType) -> the adapter in DiskSettings. Source: disk.xsd DiskType; what Terraform sends."""
_DEFAULT_SUB_TYPES: Final = {"5": "", "6": "VirtualSCSI", "20": "vmware.sata.ahci"}
MAX_SIZE_MB: Final = 64 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedDiskRequest:
    """A new independent disk; `storage_policy_id` None is the VDC's default."""

    name: str
    description: str
    size_mb: int
    bus_type: str
    bus_sub_type: str
    iops: int
    storage_policy_id: uuid.UUID | None = None
    near_vm_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedDiskChange:
    """A changed independent disk; None leaves what is."""

    name: str
    description: str
    size_mb: int | None = None
    iops: int | None = None
    bus_type: str | None = None
    bus_sub_type: str | None = None
    storage_policy_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotRequest:
    """A disk to attach or detach, and where: None lets the service choose."""

    disk_id: uuid.UUID
    bus_number: int | None = None
    unit_number: int | None = None


def disk_request(params: w.DiskCreateParams) -> NamedDiskRequest:
    """Raises BadRequest, NotSupported. Source: disk.xsd DiskCreateParamsType."""
    disk = params.disk
    if disk is None:
        raise BadRequest("The Disk of the parameters is missing.")
    size_mb = _size_mb(disk)
    if size_mb is None:
        raise BadRequest("The size of the disk is missing.")
    if disk.shareable or (disk.sharing_type or "None") != "None":
        raise NotSupported("Disks that several virtual machines share are not supported.")
    bus_type, bus_sub_type = _bus(disk.bus_type, disk.bus_sub_type)
    return NamedDiskRequest(
        name=entity_name(disk.name, "disk"),
        description=description_of(disk.description, "disk"),
        size_mb=size_mb,
        bus_type=bus_type,
        bus_sub_type=bus_sub_type,
        iops=_iops(disk.iops) or 0,
        storage_policy_id=_id_of(disk.storage_profile, "storage profile"),
        near_vm_id=_id_of(params.locality, "locality"),
    )


def disk_change(disk: w.Disk) -> NamedDiskChange:
    """Raises BadRequest. A description that is absent is emptied, as in every PUT. Source: disk.xsd DiskType."""
    return NamedDiskChange(
        name=entity_name(disk.name, "disk"),
        description=description_of(disk.description, "disk"),
        size_mb=_size_mb(disk),
        iops=_iops(disk.iops),
        bus_type=disk.bus_type,
        bus_sub_type=disk.bus_sub_type,
        storage_policy_id=_id_of(disk.storage_profile, "storage profile"),
    )


def slot_request(params: w.DiskAttachOrDetachParams) -> SlotRequest:
    """Raises BadRequest. Source: disk.xsd DiskAttachOrDetachParamsType: no unit without its bus."""
    disk_id = _id_of(params.disk, "disk")
    if disk_id is None:
        raise BadRequest("The Disk to attach or detach is missing.")
    for number, what in ((params.bus_number, "bus"), (params.unit_number, "unit")):
        if number is not None and not 0 <= number < 64:
            raise BadRequest(f"The {what} number {number} is not between 0 and 63.")
    has_bus = params.bus_number is not None
    return SlotRequest(
        disk_id=disk_id,
        bus_number=params.bus_number,
        unit_number=params.unit_number if has_bus else None,
    )


def medium_of(params: w.MediaInsertOrEjectParams | None) -> uuid.UUID | None:
    """The medium's id, None where none is named. Raises BadRequest for what is no reference."""
    return _id_of(params.media, "media") if isinstance(params, w.MediaInsertOrEjectParams) else None


def owner_of(owner: w.Owner) -> uuid.UUID:
    """The new owner's id. Raises BadRequest."""
    user_id = _id_of(owner.user, "user")
    if user_id is None:
        raise BadRequest("The User of the owner is missing.")
    return user_id


def _size_mb(disk: w.Disk) -> int | None:
    """`sizeMb` wins over `size` in bytes, which a client may echo. Source: resolutions.md 2.12."""
    if disk.size_mb is not None:
        return positive(disk.size_mb, "disk size (MB)", MAX_SIZE_MB)
    if disk.size is not None:
        return positive(-(-disk.size // (1 << 20)), "disk size (MB)", MAX_SIZE_MB)
    return None


def _iops(iops: int | None) -> int | None:
    if iops is not None and not 0 <= iops < 1 << 31:
        raise BadRequest(f"The IOPS {iops} of the disk are not valid.")
    return iops


def _bus(bus_type: str | None, bus_sub_type: str | None) -> tuple[str, str]:
    """The bus as VCD writes it; without one, paravirtual SCSI."""
    kind = bus_type or "6"
    if kind not in _DEFAULT_SUB_TYPES:
        raise BadRequest(f'The disk bus type "{kind}" is not one of 5 (IDE), 6 (SCSI) and 20 (SATA, NVMe).')
    asked = bus_sub_type or _DEFAULT_SUB_TYPES[kind]
    for known_kind, known in BUSES:
        if (known_kind, known.lower()) == (kind, asked.lower()):
            return known_kind, known
    raise BadRequest(f'The disk bus subtype "{asked}" does not belong to the bus type {kind}.')


def _id_of(reference: w.Reference | None, what: str) -> uuid.UUID | None:
    if reference is None or not (reference.href or reference.id):
        return None
    found = uuid_in(reference.href or reference.id)
    if found is None:
        raise BadRequest(f"The {what} {reference.href or reference.id} is not a reference.")
    return found


def media_names(items: Sequence[w.RasdItem]) -> dict[str, str]:
    """By the number of a drive (floppy, CD, DVD) among the items: the name of the medium in it, or ""."""
    drives = [item for item in items if item.resource_type in (14, 15, 16)]
    return {
        item.instance_id or "": next((host.value or "" for host in item.host_resources), "").strip()
        for item in drives
    }
