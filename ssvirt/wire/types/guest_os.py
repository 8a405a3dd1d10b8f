"""Guest operating systems and virtual hardware versions.

Source: vms.xsd, vdc.xsd.
"""

from __future__ import annotations

from ssvirt.wire import media
from ssvirt.wire.schema import WireType, attr, elem, elems, text, wire
from ssvirt.wire.types.entity import IdentifiableResource, Resource, VCloudExtensible


@wire("DefaultHardDiskAdapterType")
class DefaultHardDiskAdapter(WireType):
    ref: str | None = attr("ref")
    value: int | None = text()


@wire("HardDiskAdapterReference")
class HardDiskAdapterReference(WireType):
    ref: str | None = attr("ref")


@wire("NICBase", abstract=True)
class NicBase(WireType):
    """Base without content; only there for the order of the bases."""


@wire("NIC")
class Nic(NicBase):
    name: str | None = attr("name")
    id: int | None = attr("id")
    value: str | None = text()


@wire("OperatingSystemInfo")
class OperatingSystemInfo(VCloudExtensible):
    operating_system_id: int | None = elem("OperatingSystemId")
    default_hard_disk_adapter_type: DefaultHardDiskAdapter | None = elem("DefaultHardDiskAdapterType")
    supported_hard_disk_adapters: list[HardDiskAdapterReference] = elems("SupportedHardDiskAdapter")
    minimum_hard_disk_size_gigabytes: int | None = elem("MinimumHardDiskSizeGigabytes")
    minimum_memory_megabytes: int | None = elem("MinimumMemoryMegabytes")
    name: str | None = elem("Name")
    internal_name: str | None = elem("InternalName")
    supported: bool | None = elem("Supported")
    support_level: str | None = elem("SupportLevel")
    x64: bool | None = elem("x64")
    maximum_cpu_count: int | None = elem("MaximumCpuCount")
    maximum_cores_per_socket: int | None = elem("MaximumCoresPerSocket")
    maximum_socket_count: int | None = elem("MaximumSocketCount")
    minimum_hardware_version: int | None = elem("MinimumHardwareVersion")
    personalization_enabled: bool | None = elem("PersonalizationEnabled")
    personalization_auto: bool | None = elem("PersonalizationAuto")
    sysprep_packaging_supported: bool | None = elem("SysprepPackagingSupported")
    supports_mem_hot_add: bool | None = elem("SupportsMemHotAdd")
    cim_os_id: int | None = elem("cimOsId")
    cim_version: int | None = elem("CimVersion")
    supported_for_create: bool | None = elem("SupportedForCreate")
    recommended_nic: Nic | None = elem("RecommendedNIC")
    supported_nic_types: list[Nic] = elems("SupportedNICType")
    recommended_firmware: str | None = elem("RecommendedFirmware", since="37.0")
    supported_firmwares: list[str] = elems("SupportedFirmware", since="37.0")
    supports_tpm: bool | None = elem("SupportsTPM", since="37.0")


@wire("OperatingSystemFamilyInfo")
class OperatingSystemFamilyInfo(VCloudExtensible):
    name: str | None = elem("Name")
    operating_system_family_id: int | None = elem("OperatingSystemFamilyId")
    operating_systems: list[OperatingSystemInfo] = elems("OperatingSystem")


@wire("SupportedOperatingSystemsInfo", media=media.SUPPORTED_SYSTEMS_INFO)
class SupportedOperatingSystemsInfo(Resource):
    operating_system_family_infos: list[OperatingSystemFamilyInfo] = elems("OperatingSystemFamilyInfo")


@wire("Range")
class Range(VCloudExtensible):
    begin: int | None = attr("begin")
    end: int | None = attr("end")


@wire("Ranges")
class Ranges(VCloudExtensible):
    ranges: list[Range] = elems("Range")


@wire("BusUnitNumber")
class BusUnitNumber(WireType):
    bus_number: int | None = elem("BusNumber")
    unit_number: int | None = elem("UnitNumber")


@wire("HardDiskAdapter")
class HardDiskAdapter(VCloudExtensible):
    id: str | None = attr("id")
    legacy_id: int | None = attr("legacyId")
    name: str | None = attr("name")
    maximum_disk_size_gb: int | None = attr("maximumDiskSizeGb")
    bus_number_ranges: Ranges | None = elem("BusNumberRanges")
    unit_number_ranges: Ranges | None = elem("UnitNumberRanges")
    reserved_bus_unit_number: BusUnitNumber | None = elem("ReservedBusUnitNumber")


@wire("VirtualHardwareVersion", media=media.VIRTUAL_HARDWARE_VERSION)
class VirtualHardwareVersion(IdentifiableResource):
    name: str | None = elem("name")
    max_cores_per_socket: int | None = elem("maxCoresPerSocket")
    supported_operating_systems: SupportedOperatingSystemsInfo | None = elem("supportedOperatingSystems")
    max_memory_size_mb: int | None = elem("maxMemorySizeMb")
    max_cpus: int | None = elem("maxCPUs")
    max_nics: int | None = elem("maxNICs")
    supports_nested_hv: bool | None = elem("supportsNestedHV")
    supports_hot_plug_pci: bool | None = elem("supportsHotPlugPCI")
    supports_hot_add: bool | None = elem("supportsHotAdd")
    supported_memory_size_gbs: list[int] = elems("supportedMemorySizeGb")
    supported_cores_per_sockets: list[int] = elems("supportedCoresPerSocket")
    hard_disk_adapters: list[HardDiskAdapter] = elems("HardDiskAdapter")
