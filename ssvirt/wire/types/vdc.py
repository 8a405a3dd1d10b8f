"""Organization VDCs.

Source: vdc.xsd.
"""

from __future__ import annotations

from ssvirt.wire import media
from ssvirt.wire.schema import WireType, attr, elem, elems, text, wire
from ssvirt.wire.types.entity import Entity, Reference, ResourceReference, VCloudExtensible


@wire("Capacity")
class Capacity(VCloudExtensible):
    units: str | None = elem("Units")
    allocated: int | None = elem("Allocated")
    limit: int | None = elem("Limit")


@wire("CapacityWithUsage")
class CapacityWithUsage(Capacity):
    reserved: int | None = elem("Reserved")
    used: int | None = elem("Used")
    reservation_used: int | None = elem("ReservationUsed")
    overhead: int | None = elem("Overhead")


@wire("ComputeCapacity")
class ComputeCapacity(VCloudExtensible):
    cpu: CapacityWithUsage | None = elem("Cpu")
    memory: CapacityWithUsage | None = elem("Memory")


@wire("ResourceEntities")
class ResourceEntities(VCloudExtensible):
    resource_entities: list[ResourceReference] = elems("ResourceEntity")


@wire("AvailableNetworks")
class AvailableNetworks(VCloudExtensible):
    networks: list[Reference] = elems("Network")


@wire("SupportedHardwareVersionBase", family="xsi", abstract=True)
class SupportedHardwareVersionBase(WireType):
    """Only there because JSON has `_type` on what derives from it."""


@wire("SupportedHardwareVersion")
class SupportedHardwareVersion(SupportedHardwareVersionBase):
    name: str | None = attr("name")
    href: str | None = attr("href")
    default: bool | None = attr("default")
    type: str | None = attr("type")
    value: str | None = text(json="content")


@wire("SupportedHardwareVersions")
class SupportedHardwareVersions(VCloudExtensible):
    supported_hardware_versions: list[SupportedHardwareVersion] = elems("SupportedHardwareVersion")


@wire("Capabilities")
class Capabilities(VCloudExtensible):
    supported_hardware_versions: SupportedHardwareVersions | None = elem("SupportedHardwareVersions")


@wire("VdcStorageProfiles")
class VdcStorageProfiles(VCloudExtensible):
    vdc_storage_profiles: list[Reference] = elems("VdcStorageProfile")


@wire("Vdc", media=media.VDC)
class Vdc(Entity):
    status: int | None = attr("status")
    is_legacy_type: bool | None = attr("isLegacyType")
    compute_provider_scope: str | None = elem("ComputeProviderScope")
    network_provider_scope: str | None = elem("NetworkProviderScope")
    allocation_model: str | None = elem("AllocationModel")
    storage_capacity: CapacityWithUsage | None = elem("StorageCapacity")
    compute_capacity: ComputeCapacity | None = elem("ComputeCapacity")
    resource_entities: ResourceEntities | None = elem("ResourceEntities")
    available_networks: AvailableNetworks | None = elem("AvailableNetworks")
    capabilities: Capabilities | None = elem("Capabilities")
    nic_quota: int | None = elem("NicQuota")
    network_quota: int | None = elem("NetworkQuota")
    used_network_count: int | None = elem("UsedNetworkCount")
    vm_quota: int | None = elem("VmQuota")
    is_enabled: bool | None = elem("IsEnabled")
    vdc_storage_profiles: VdcStorageProfiles | None = elem("VdcStorageProfiles")
    default_compute_policy: Reference | None = elem("DefaultComputePolicy")
    max_compute_policy: Reference | None = elem("MaxComputePolicy")
    vcpu_in_mhz2: int | None = elem("VCpuInMhz2")
