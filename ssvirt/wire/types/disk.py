"""Independent disks.

Source: disk.xsd, added-after-9.1.xsd.
"""

from __future__ import annotations

from ssvirt.wire import media
from ssvirt.wire.schema import attr, elem, wire
from ssvirt.wire.types.entity import Owner, Reference, ResourceEntity, VCloudExtensible
from ssvirt.wire.types.vm_sections import IopsResource


@wire("Disk", media=media.DISK)
class Disk(ResourceEntity):
    size: int | None = attr("size")
    size_mb: int | None = attr("sizeMb")
    iops: int | None = attr("iops")
    encrypted: bool | None = attr("encrypted")
    bus_type: str | None = attr("busType")
    bus_sub_type: str | None = attr("busSubType")
    shareable: bool | None = attr("shareable")
    sharing_type: str | None = attr("sharingType")
    uuid: str | None = attr("uuid")
    storage_profile: Reference | None = elem("StorageProfile")
    owner: Owner | None = elem("Owner")
    iops_allocation: IopsResource | None = elem("IopsAllocation", since="37.0")


@wire("DiskCreateParams", media=media.DISK_CREATE_PARAMS)
class DiskCreateParams(VCloudExtensible):
    disk: Disk | None = elem("Disk")
    locality: Reference | None = elem("Locality")


@wire("DiskAttachOrDetachParams", media=media.DISK_ATTACH_OR_DETACH_PARAMS)
class DiskAttachOrDetachParams(VCloudExtensible):
    disk: Reference | None = elem("Disk")
    bus_number: int | None = elem("BusNumber")
    unit_number: int | None = elem("UnitNumber")


@wire("DiskMoveParams")
class DiskMoveParams(VCloudExtensible):
    vdc: Reference | None = elem("Vdc")
    storage_policy: Reference | None = elem("StoragePolicy")
    iops: int | None = elem("Iops")
