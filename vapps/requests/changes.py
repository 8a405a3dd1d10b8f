"""What a client asks to change of a VM: typed, partial, and storable as a task's arguments.

Only what the document names is part of a change; what equals the VM is dropped later, against its rows.
"""

import dataclasses
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from ssvirt.core.errors import BadRequest
from ssvirt.core.urns import uuid_in
from ssvirt.wire import types as w
from vapps.requests.names import computer_name, positive
from vdcs.represent import hardware_version_known

MAX_CPUS = 512
MAX_MEMORY_MB = 16 << 20
MAX_DISK_MB = 64 << 20
MAX_DISK_PLACE = 63
MAX_IOPS = (1 << 31) - 1
MAX_BOOT_DELAY_MS = 10_000
SHARES = ("LOW", "NORMAL", "HIGH", "CUSTOM")
BIOS_UUID = "uuid.bios"
"""The extra configuration that every VM shows and none can change."""
FIRMWARES = ("bios", "efi")


@dataclass(frozen=True, slots=True, kw_only=True)
class HardwareChange:
    """Scalar properties of a VM; None leaves one as it is. Field names are the columns of `Vm`."""

    name: str | None = None
    description: str | None = None
    cpus: int | None = None
    cores_per_socket: int | None = None
    memory_mb: int | None = None
    allocation: dict[str, Any] | None = None
    os_type: str | None = None
    firmware: str | None = None
    hardware_version: str | None = None
    has_cpu_hot_add: bool | None = None
    has_memory_hot_add: bool | None = None
    has_nested_hypervisor: bool | None = None
    needs_customization: bool | None = None
    boot_options: dict[str, Any] | None = None
    extra_config: dict[str, str] | None = None

    def merged(self, other: Self) -> Self:
        """Both changes; where both say something, the other one's word."""
        return dataclasses.replace(self, **other.values())

    def values(self) -> dict[str, Any]:
        """Column -> value of all that is to change."""
        return {
            field.name: value
            for field in dataclasses.fields(self)
            if (value := getattr(self, field.name)) is not None
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Customization:
    """Guest customization: what is kept as it is, and the passwords, which go to a task's secret."""

    values: dict[str, Any] | None = None
    computer_name: str | None = None
    password: str | None = dataclasses.field(default=None, repr=False)
    domain_password: str | None = dataclasses.field(default=None, repr=False)

    @property
    def is_empty(self) -> bool:
        return not (self.values or self.computer_name or self.password or self.domain_password)


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskRequest:
    """A disk of a complete list. `number` is VCD's DiskId of a disk that is there, None for another one."""

    number: int | None = None
    size_mb: int
    adapter: str = "5"
    bus_number: int | None = None
    unit_number: int | None = None
    storage_policy_id: uuid.UUID | None = None
    iops: int = 0
    is_named: bool = False


def spec_change(spec: w.VmSpecSection) -> HardwareChange:
    """Source: vApp.xsd VmSpecSectionType. Disks are read by `disk_requests`. Raises BadRequest."""
    memory = spec.memory_resource_mb
    allocation = {
        key: read
        for key, resource in (("cpu", spec.cpu_resource_mhz), ("memory", memory))
        if (read := _allocation(key, resource))
    }
    return HardwareChange(
        cpus=_optional(spec.num_cpus, "number of CPUs", MAX_CPUS),
        cores_per_socket=_optional(spec.num_cores_per_socket, "number of cores per socket", MAX_CPUS),
        memory_mb=_optional(memory.configured if memory else None, "memory size (MB)", MAX_MEMORY_MB),
        allocation=allocation or None,
        os_type=_text(spec.os_type, "OsType", 64),
        firmware=_one_of(spec.firmware, "firmware", FIRMWARES),
        hardware_version=_hardware_version(spec.hardware_version),
    )


def boot_change(options: w.BootOptions | None) -> HardwareChange:
    """Source: vApp.xsd BootOptionsType."""
    if options is None:
        return HardwareChange()
    delay = options.boot_delay
    if delay is not None and not 0 <= delay <= MAX_BOOT_DELAY_MS:
        raise BadRequest(f"The BootDelay must be between 0 and {MAX_BOOT_DELAY_MS} ms, not {delay}.")
    if options.boot_retry_delay is not None and options.boot_retry_delay < 0:
        raise BadRequest(f"The BootRetryDelay must not be negative: {options.boot_retry_delay}.")
    given = {
        "boot_delay": delay,
        "enter_bios_setup": options.enter_bios_setup,
        "boot_retry_enabled": options.boot_retry_enabled,
        "boot_retry_delay": options.boot_retry_delay,
        "efi_secure_boot_enabled": options.efi_secure_boot_enabled,
        "network_boot_protocol": options.network_boot_protocol,
    }
    return HardwareChange(boot_options={key: value for key, value in given.items() if value is not None})


def capabilities_change(capabilities: w.VmCapabilities | None) -> HardwareChange:
    """Source: vApp.xsd VmCapabilitiesType."""
    if capabilities is None:
        return HardwareChange()
    return HardwareChange(
        has_cpu_hot_add=capabilities.cpu_hot_add_enabled,
        has_memory_hot_add=capabilities.memory_hot_add_enabled,
    )


def extra_config_change(section: w.VirtualHardwareSection | None) -> HardwareChange:
    """The ExtraConfig elements of the hardware section; an empty value removes a key."""
    if section is None or not section.extra_configs:
        return HardwareChange()
    return HardwareChange(
        extra_config={
            each.key: each.value or "" for each in section.extra_configs if each.key and each.key != BIOS_UUID
        }
    )


def customization_change(section: w.GuestCustomizationSection) -> Customization:
    """Source: vApp.xsd GuestCustomizationSectionType. Raises BadRequest."""
    name = computer_name(section.computer_name)
    if section.admin_password is not None and section.admin_password_enabled is False:
        raise BadRequest("An AdminPassword is given although AdminPasswordEnabled is false.")
    if section.admin_auto_logon_count is not None and not 0 <= section.admin_auto_logon_count <= 100:
        raise BadRequest(
            f"The AdminAutoLogonCount must be between 0 and 100, not {section.admin_auto_logon_count}."
        )
    script = section.customization_script
    if script is not None and len(script) > 49_000:
        raise BadRequest("The customization script is longer than 49000 characters.")
    values = {key: value for key in CUSTOMIZATION_KEYS if (value := getattr(section, key)) is not None}
    return Customization(
        values=values,
        computer_name=name,
        password=section.admin_password or None,
        domain_password=section.domain_user_password or None,
    )


CUSTOMIZATION_DEFAULTS: dict[str, Any] = {
    "enabled": True,
    "change_sid": False,
    "join_domain_enabled": False,
    "use_org_settings": False,
    "admin_password_enabled": False,
    "admin_password_auto": False,
    "admin_auto_logon_enabled": False,
    "admin_auto_logon_count": 0,
    "reset_password_required": False,
}
"""What VCD shows of a customization that nobody has set."""
BOOT_DEFAULTS: dict[str, Any] = {
    "boot_delay": 0,
    "enter_bios_setup": False,
    "boot_retry_enabled": False,
    "boot_retry_delay": 0,
    "efi_secure_boot_enabled": False,
}
"""What VCD shows of boot options that nobody has set."""
ALLOCATION_DEFAULTS: dict[str, Any] = {"reservation": 0, "limit": -1, "shares_level": "NORMAL"}
"""Likewise of the allocation of CPU and memory."""
CUSTOMIZATION_KEYS = (
    "enabled",
    "change_sid",
    "join_domain_enabled",
    "use_org_settings",
    "domain_name",
    "domain_user_name",
    "machine_object_ou",
    "admin_password_enabled",
    "admin_password_auto",
    "admin_auto_logon_enabled",
    "admin_auto_logon_count",
    "reset_password_required",
    "customization_script",
)


def disk_requests(section: w.DiskSection) -> tuple[DiskRequest, ...]:
    """The complete list of a VM's disks. Source: vApp.xsd DiskSectionType; go-clients.md 2.10."""
    return tuple(_disk(settings) for settings in section.disk_settings)


def _disk(settings: w.DiskSettings) -> DiskRequest:
    number = None
    if settings.disk_id:
        if not settings.disk_id.isdecimal() or len(settings.disk_id) > 9:
            raise BadRequest(f"The DiskId {settings.disk_id} is not known.")
        number = int(settings.disk_id)
    for what, value, limit in (
        ("bus number", settings.bus_number, MAX_DISK_PLACE),
        ("unit number", settings.unit_number, MAX_DISK_PLACE),
        ("IOPS", settings.iops, MAX_IOPS),
    ):
        if value is not None and not 0 <= value <= limit:
            raise BadRequest(f"The {what} of a disk must be between 0 and {limit}, not {value}.")
    size = settings.size_mb
    if size is None and settings.virtual_quantity:
        size = settings.virtual_quantity >> 20
    profile = settings.storage_profile
    policy = uuid_in(profile.href or profile.id) if profile is not None else None
    return DiskRequest(
        number=number,
        size_mb=positive(size if size is not None else 0, "disk size (MB)", MAX_DISK_MB),
        adapter=_one_of(settings.adapter_type, "disk adapter type", ("1", "2", "3", "4", "5", "6", "7"))
        or "5",
        bus_number=settings.bus_number,
        unit_number=settings.unit_number,
        storage_policy_id=policy if settings.override_vm_default or number is None else None,
        iops=settings.iops or 0,
        is_named=settings.disk is not None,
    )


def _optional(value: int | None, what: str, limit: int) -> int | None:
    return None if value is None else positive(value, what, limit)


def _text(value: str | None, what: str, limit: int) -> str | None:
    if value is not None and len(value) > limit:
        raise BadRequest(f"The {what} is longer than {limit} characters.")
    return value or None


def _one_of(value: str | None, what: str, allowed: Sequence[str]) -> str | None:
    if value and value not in allowed:
        raise BadRequest(f"The {what} {value} is not one of {', '.join(allowed)}.")
    return value or None


def _hardware_version(version: w.HardwareVersion | None) -> str | None:
    """Raises BadRequest for one that the VDC's capabilities do not name."""
    value = version.value if version is not None else None
    return hardware_version_known(value) if value else None


def _allocation(key: str, resource: w.ComputeResource | None) -> dict[str, Any]:
    if resource is None:
        return {}
    for what, value in (("reservation", resource.reservation), ("shares", resource.shares)):
        if value is not None and value < 0:
            raise BadRequest(f"The {what} of {key} must not be negative: {value}.")
    given: Mapping[str, Any] = {
        "reservation": resource.reservation,
        "limit": resource.limit,
        "shares_level": _one_of(resource.shares_level, f"shares level of {key}", SHARES),
        "shares": resource.shares if resource.shares_level == "CUSTOM" else None,
    }
    return {name: value for name, value in given.items() if value is not None}
