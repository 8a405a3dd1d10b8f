"""Virtual hardware versions and guest systems as VCD shows them. Constant, so made once per process."""

from functools import cache
from typing import Final

from ssvirt.api.hrefs import Hrefs
from ssvirt.core.errors import BadRequest
from ssvirt.wire import media
from ssvirt.wire import types as w
from vdcs.guests import FAMILIES, GUESTS, WINDOWS, Guest

HARDWARE_VERSIONS = ("vmx-11", "vmx-13", "vmx-14", "vmx-17", "vmx-18", "vmx-19")
"""Ascending: clients take the last as the highest. Source: go-clients.md 2.4."""
DEFAULT_HARDWARE_VERSION = "vmx-19"

_MAX_CPUS, _MAX_CORES_PER_SOCKET, _MAX_MEMORY_MB, _MAX_NICS = 256, 64, 6128 << 10, 10
_MEMORY_SIZES_GB: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096)
_CORES: Final = (1, 2, 4, 8, 16, 32, 64)
_NICS: Final = (("VMXNET3", 7), ("E1000", 4), ("E1000E", 8))
# (id, legacy id, name, largest disk in GB, buses, units, reserved unit). Source: VCD's own list of adapters.
_ADAPTERS: Final = (
    ("1", 0, "IDE", 8192, 1, 1, None),
    ("3", 2, "LSI Logic Parallel (SCSI)", 63488, 3, 15, 7),
    ("4", 3, "LSI Logic SAS (SCSI)", 63488, 3, 15, 7),
    ("5", 4, "Paravirtual (SCSI)", 63488, 3, 15, 7),
    ("6", 5, "SATA", 63488, 3, 29, None),
    ("7", 6, "NVME", 63488, 3, 14, None),
)
_PARAVIRTUAL = "5"


@cache
def families() -> tuple[w.OperatingSystemFamilyInfo, ...]:
    """All guests by family. Source: vms.xsd SupportedOperatingSystemsInfoType."""
    return tuple(
        w.OperatingSystemFamilyInfo(
            name=name,
            operating_system_family_id=number,
            operating_systems=[
                _system(position, guest)
                for position, guest in enumerate(GUESTS, start=1)
                if guest.family == name
            ],
        )
        for name, number in FAMILIES
    )


def _system(position: int, guest: Guest) -> w.OperatingSystemInfo:
    adapters = [adapter for adapter in _ADAPTERS if guest.is_x64 or adapter[0] != "7"]
    return w.OperatingSystemInfo(
        operating_system_id=position,
        default_hard_disk_adapter_type=w.DefaultHardDiskAdapter(ref=_PARAVIRTUAL, value=int(_PARAVIRTUAL)),
        supported_hard_disk_adapters=[w.HardDiskAdapterReference(ref=adapter[0]) for adapter in adapters],
        minimum_hard_disk_size_gigabytes=32 if guest.family == WINDOWS else 8,
        minimum_memory_megabytes=guest.min_memory_mb,
        name=guest.name,
        internal_name=guest.id,
        supported=True,
        support_level="SUPPORTED",
        x64=guest.is_x64,
        maximum_cpu_count=_MAX_CPUS,
        maximum_cores_per_socket=_MAX_CORES_PER_SOCKET,
        maximum_socket_count=_MAX_CPUS,
        minimum_hardware_version=guest.min_hardware_version,
        personalization_enabled=True,
        personalization_auto=True,
        sysprep_packaging_supported=guest.family == WINDOWS,
        supports_mem_hot_add=True,
        cim_os_id=0,
        cim_version=0,
        supported_for_create=True,
        recommended_nic=w.Nic(name=_NICS[0][0], id=_NICS[0][1], value=_NICS[0][0]),
        supported_nic_types=[w.Nic(name=name, id=number, value=name) for name, number in _NICS],
        recommended_firmware="efi" if guest.is_efi else "bios",
        supported_firmwares=["bios", "efi"],
        supports_tpm=guest.is_efi and guest.family == WINDOWS,
    )


def systems_document(hrefs: Hrefs) -> w.SupportedOperatingSystemsInfo:
    """All guest systems there are."""
    return w.SupportedOperatingSystemsInfo(
        href=hrefs.at("/api/supportedSystemsInfo/"),
        type=media.SUPPORTED_SYSTEMS_INFO,
        operating_system_family_infos=list(families()),
    )


def hardware_version_known(name: str) -> str:
    """`name`, if it is a hardware version. Raises BadRequest."""
    if name not in HARDWARE_VERSIONS:
        raise BadRequest(
            f"The hardware version {name} is not supported; there are {', '.join(HARDWARE_VERSIONS)}."
        )
    return name


def hardware_version_document(name: str, href: str) -> w.VirtualHardwareVersion:
    """Source: vdc.xsd VirtualHardwareVersionType; resolutions.md 4."""
    return w.VirtualHardwareVersion(
        href=href,
        type=media.VIRTUAL_HARDWARE_VERSION,
        name=name,
        max_cores_per_socket=_MAX_CORES_PER_SOCKET,
        supported_operating_systems=w.SupportedOperatingSystemsInfo(
            operating_system_family_infos=list(families())
        ),
        max_memory_size_mb=_MAX_MEMORY_MB,
        max_cpus=_MAX_CPUS,
        max_nics=_MAX_NICS,
        supports_nested_hv=True,
        supports_hot_plug_pci=True,
        supports_hot_add=True,
        supported_memory_size_gbs=list(_MEMORY_SIZES_GB),
        supported_cores_per_sockets=list(_CORES),
        hard_disk_adapters=[_adapter(*adapter) for adapter in _ADAPTERS],
    )


def _adapter(
    adapter_id: str, legacy_id: int, name: str, max_gb: int, buses: int, units: int, reserved: int | None
) -> w.HardDiskAdapter:
    return w.HardDiskAdapter(
        id=adapter_id,
        legacy_id=legacy_id,
        name=name,
        maximum_disk_size_gb=max_gb,
        bus_number_ranges=w.Ranges(ranges=[w.Range(begin=0, end=buses)]),
        unit_number_ranges=w.Ranges(ranges=[w.Range(begin=0, end=units)]),
        reserved_bus_unit_number=w.BusUnitNumber(bus_number=0, unit_number=reserved)
        if reserved is not None
        else None,
    )
