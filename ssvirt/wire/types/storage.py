"""Storage profiles of VDCs.

Source: vdcStorageProfile.xsd, vdc.xsd, added-after-9.1.xsd.
"""

from __future__ import annotations

from ssvirt.wire import media
from ssvirt.wire.schema import WireType, elem, elems, wire
from ssvirt.wire.types.entity import Entity, Params, Reference, VCloudExtensible


@wire("VdcStorageProfileIopsSettings")
class VdcStorageProfileIopsSettings(WireType):
    enabled: bool | None = elem("Enabled")
    disk_iops_max: int | None = elem("DiskIopsMax")
    disk_iops_default: int | None = elem("DiskIopsDefault")
    storage_profile_iops_limit: int | None = elem("StorageProfileIopsLimit")
    disk_iops_per_gb_max: int | None = elem("DiskIopsPerGbMax")
    ignore_iops_placement: bool | None = elem("IgnoreIopsPlacement")


@wire("VdcStorageProfile", media=media.VDC_STORAGE_PROFILE)
class VdcStorageProfile(Entity):
    enabled: bool | None = elem("Enabled")
    units: str | None = elem("Units")
    limit: int | None = elem("Limit")
    default: bool | None = elem("Default")
    iops_settings: VdcStorageProfileIopsSettings | None = elem("IopsSettings")
    inherit_pvdc_default_settings: bool | None = elem("InheritPvdcDefaultSettings")
    storage_used_mb: int | None = elem("StorageUsedMB")
    iops_allocated: int | None = elem("IopsAllocated")


@wire("AdminVdcStorageProfile", media=media.ADMIN_VDC_STORAGE_PROFILE)
class AdminVdcStorageProfile(VdcStorageProfile):
    provider_vdc_storage_profile: Reference | None = elem("ProviderVdcStorageProfile")


@wire("VdcStorageProfileParams", media=media.VDC_STORAGE_PROFILE_PARAMS)
class VdcStorageProfileParams(VCloudExtensible):
    enabled: bool | None = elem("Enabled")
    units: str | None = elem("Units")
    limit: int | None = elem("Limit")
    default: bool | None = elem("Default")
    iops_settings: VdcStorageProfileIopsSettings | None = elem("IopsSettings")
    inherit_pvdc_default_settings: bool | None = elem("InheritPvdcDefaultSettings")
    provider_vdc_storage_profile: Reference | None = elem("ProviderVdcStorageProfile")


@wire("UpdateVdcStorageProfiles", media=media.UPDATE_VDC_STORAGE_PROFILES)
class UpdateVdcStorageProfiles(Params):
    add_storage_profiles: list[VdcStorageProfileParams] = elems("AddStorageProfile")
    remove_storage_profiles: list[Reference] = elems("RemoveStorageProfile")
