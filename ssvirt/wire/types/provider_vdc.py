"""Provider VDCs, their storage profiles, network pools.

Source: providerVdc.xsd.
"""

from __future__ import annotations

from ssvirt.wire import media
from ssvirt.wire.schema import attr, elem, elems, wire
from ssvirt.wire.types.admin_org import Vdcs
from ssvirt.wire.types.entity import Entity, Reference, ResourceEntity, VCloudExtensible
from ssvirt.wire.types.vdc import AvailableNetworks, Capabilities


@wire("ProviderVdcCapacity")
class ProviderVdcCapacity(VCloudExtensible):
    units: str | None = elem("Units")
    allocation: int | None = elem("Allocation")
    reserved: int | None = elem("Reserved")
    total: int | None = elem("Total")
    used: int | None = elem("Used")
    overhead: int | None = elem("Overhead")
    total_reservation: int | None = elem("TotalReservation", since="38.0")


@wire("RootComputeCapacity")
class RootComputeCapacity(VCloudExtensible):
    cpu: ProviderVdcCapacity | None = elem("Cpu")
    memory: ProviderVdcCapacity | None = elem("Memory")
    is_elastic: bool | None = elem("IsElastic")
    is_ha: bool | None = elem("IsHA")


@wire("ProviderVdcStorageProfiles")
class ProviderVdcStorageProfiles(VCloudExtensible):
    provider_vdc_storage_profiles: list[Reference] = elems("ProviderVdcStorageProfile")


@wire("NetworkPoolReferences")
class NetworkPoolReferences(VCloudExtensible):
    network_pool_references: list[Reference] = elems("NetworkPoolReference")


@wire("ProviderVdc", media=media.ADMIN_PROVIDER_VDC)
class ProviderVdc(Entity):
    status: int | None = attr("status")
    compute_capacity: RootComputeCapacity | None = elem("ComputeCapacity")
    storage_capacity: ProviderVdcCapacity | None = elem("StorageCapacity")
    available_networks: AvailableNetworks | None = elem("AvailableNetworks")
    storage_profiles: ProviderVdcStorageProfiles | None = elem("StorageProfiles")
    capabilities: Capabilities | None = elem("Capabilities")
    vdcs: Vdcs | None = elem("Vdcs")
    is_enabled: bool | None = elem("IsEnabled")
    network_pool_references: NetworkPoolReferences | None = elem("NetworkPoolReferences")


@wire("ProviderVdcStorageProfile", media=media.PROVIDER_VDC_STORAGE_PROFILE)
class ProviderVdcStorageProfile(Entity):
    enabled: bool | None = elem("Enabled")
    units: str | None = elem("Units")
    capacity_total: float | None = elem("CapacityTotal")
    capacity_used: float | None = elem("CapacityUsed")
    iops_capacity: int | None = elem("IopsCapacity")
    iops_allocated: int | None = elem("IopsAllocated")


@wire("NetworkPool")
class NetworkPool(ResourceEntity):
    pass
