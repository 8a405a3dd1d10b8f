"""Sections of a VM.

Source: vApp.xsd, vms.xsd; sample live-VApp for the attributes of RuntimeInfoSection.
"""

from __future__ import annotations

from ssvirt.wire import media
from ssvirt.wire.schema import V15, WireType, attr, elem, elems, text, wire
from ssvirt.wire.types.entity import Link, Reference, VCloudExtensible
from ssvirt.wire.types.ovf import Section


@wire("NetworkConnection")
class NetworkConnection(VCloudExtensible):
    network: str | None = attr("network")
    needs_customization: bool | None = attr("needsCustomization")
    network_connection_index: int | None = elem("NetworkConnectionIndex")
    ip_address: str | None = elem("IpAddress")
    ip_type: str | None = elem("IpType")
    secondary_ip_address: str | None = elem("SecondaryIpAddress")
    secondary_ip_type: str | None = elem("SecondaryIpType")
    external_ip_address: str | None = elem("ExternalIpAddress")
    is_connected: bool | None = elem("IsConnected")
    mac_address: str | None = elem("MACAddress")
    ip_address_allocation_mode: str | None = elem("IpAddressAllocationMode")
    secondary_ip_address_allocation_mode: str | None = elem("SecondaryIpAddressAllocationMode")
    network_adapter_type: str | None = elem("NetworkAdapterType")


@wire("NetworkConnectionSection", media=media.NETWORK_CONNECTION_SECTION)
class NetworkConnectionSection(Section):
    href: str | None = attr("href")
    type: str | None = attr("type")
    primary_network_connection_index: int | None = elem("PrimaryNetworkConnectionIndex")
    network_connections: list[NetworkConnection] = elems("NetworkConnection")
    links: list[Link] = elems("Link")


@wire("GuestCustomizationSection", media=media.GUEST_CUSTOMIZATION_SECTION)
class GuestCustomizationSection(Section):
    href: str | None = attr("href")
    type: str | None = attr("type")
    enabled: bool | None = elem("Enabled")
    change_sid: bool | None = elem("ChangeSid")
    virtual_machine_id: str | None = elem("VirtualMachineId")
    join_domain_enabled: bool | None = elem("JoinDomainEnabled")
    use_org_settings: bool | None = elem("UseOrgSettings")
    domain_name: str | None = elem("DomainName")
    domain_user_name: str | None = elem("DomainUserName")
    domain_user_password: str | None = elem("DomainUserPassword")
    machine_object_ou: str | None = elem("MachineObjectOU")
    admin_password_enabled: bool | None = elem("AdminPasswordEnabled")
    admin_password_auto: bool | None = elem("AdminPasswordAuto")
    admin_password: str | None = elem("AdminPassword")
    admin_auto_logon_enabled: bool | None = elem("AdminAutoLogonEnabled")
    admin_auto_logon_count: int | None = elem("AdminAutoLogonCount")
    reset_password_required: bool | None = elem("ResetPasswordRequired")
    customization_script: str | None = elem("CustomizationScript")
    computer_name: str | None = elem("ComputerName")
    links: list[Link] = elems("Link")


@wire("GuestCustomizationStatusSection", media=media.GUEST_CUSTOMIZATION_STATUS)
class GuestCustomizationStatusSection(Section):
    href: str | None = attr("href")
    type: str | None = attr("type")
    guest_cust_status: str | None = elem("GuestCustStatus")


@wire("VMWareTools")
class VmwareTools(WireType):
    version: str | None = attr("version")


@wire("RuntimeInfoSection", media=media.RUNTIME_INFO_SECTION)
class RuntimeInfoSection(Section):
    # VCD qualifies these two although the section is a v1.5 element itself.
    href: str | None = attr("href", ns=V15, foreign=True)
    type: str | None = attr("type", ns=V15, foreign=True)
    vmware_tools: VmwareTools | None = elem("VMWareTools")


@wire("ComputeResource")
class ComputeResource(VCloudExtensible):
    configured: int | None = elem("Configured")
    reservation: int | None = elem("Reservation")
    limit: int | None = elem("Limit")
    shares_level: str | None = elem("SharesLevel")
    shares: int | None = elem("Shares")


@wire("MediaSettings")
class MediaSettings(VCloudExtensible):
    device_id: str | None = elem("DeviceId")
    media_image: Reference | None = elem("MediaImage")
    media_type: str | None = elem("MediaType")
    media_state: str | None = elem("MediaState")
    unit_number: int | None = elem("UnitNumber")
    bus_number: int | None = elem("BusNumber")
    adapter_type: str | None = elem("AdapterType")


@wire("MediaSection")
class MediaSection(VCloudExtensible):
    media_settings: list[MediaSettings] = elems("MediaSettings")


@wire("IopsResource")
class IopsResource(VCloudExtensible):
    reservation: int | None = elem("Reservation")
    limit: int | None = elem("Limit")
    shares_level: str | None = elem("SharesLevel")
    shares: int | None = elem("Shares")


@wire("DiskSettings")
class DiskSettings(VCloudExtensible):
    disk_id: str | None = elem("DiskId")
    size_mb: int | None = elem("SizeMb")
    unit_number: int | None = elem("UnitNumber")
    bus_number: int | None = elem("BusNumber")
    adapter_type: str | None = elem("AdapterType")
    thin_provisioned: bool | None = elem("ThinProvisioned")
    disk: Reference | None = elem("Disk")
    storage_profile: Reference | None = elem("StorageProfile")
    override_vm_default: bool | None = elem("overrideVmDefault")
    iops_allocation: IopsResource | None = elem("IopsAllocation", since="37.0")
    iops: int | None = elem("iops")
    virtual_quantity_unit: str | None = elem("VirtualQuantityUnit")
    virtual_quantity: int | None = elem("VirtualQuantity")
    resizable: bool | None = elem("Resizable")
    encrypted: bool | None = elem("Encrypted")
    shareable: bool | None = elem("Shareable")
    sharing_type: str | None = elem("SharingType")


@wire("DiskSection")
class DiskSection(VCloudExtensible):
    disk_settings: list[DiskSettings] = elems("DiskSettings", always=True)


@wire("HardwareVersionBase", family="xsi", abstract=True)
class HardwareVersionBase(WireType):
    """Only there because JSON has `_type` on what derives from it."""


@wire("HardwareVersion")
class HardwareVersion(HardwareVersionBase):
    href: str | None = attr("href")
    type: str | None = attr("type")
    value: str | None = text(json="content")


@wire("VmSpecSection", media=media.VM_SPEC_SECTION)
class VmSpecSection(Section):
    modified: bool | None = attr("Modified")
    os_type: str | None = elem("OsType")
    firmware: str | None = elem("Firmware", since="37.1")
    num_cpus: int | None = elem("NumCpus")
    num_cores_per_socket: int | None = elem("NumCoresPerSocket")
    cpu_resource_mhz: ComputeResource | None = elem("CpuResourceMhz")
    memory_resource_mb: ComputeResource | None = elem("MemoryResourceMb")
    media_section: MediaSection | None = elem("MediaSection")
    disk_section: DiskSection | None = elem("DiskSection")
    hardware_version: HardwareVersion | None = elem("HardwareVersion")
    vm_tools_version: str | None = elem("VmToolsVersion")
    tools_guest_os_id: str | None = elem("ToolsGuestOsId")
    virtual_cpu_type: str | None = elem("VirtualCpuType")
    time_sync_with_host: bool | None = elem("TimeSyncWithHost")
