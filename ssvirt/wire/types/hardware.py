"""Virtual hardware.

In JSON the members of items and of the system are objects with a `value`; a nil element is null.

Source: CIM_ResourceAllocationSettingData.xsd, CIM_VirtualSystemSettingData.xsd, dsp8023_1.1.0.xsd,
ovf-vmware.xsd; samples live-VApp and live-RasdItemsList for the v1.5 attributes.
"""

from __future__ import annotations

from datetime import datetime

from ssvirt.wire import media
from ssvirt.wire.schema import CIM, OVF, RASD, V15, VMW, VSSD, Nil, WireType, attr, elem, elems, text, wire
from ssvirt.wire.types.entity import Link, Resource
from ssvirt.wire.types.ovf import Section


@wire("Connection", ns=RASD, type="cimString")
class Connection(WireType):
    """Network of a NIC. pyvcloud reads a NIC's address from here only (resolutions 2.1)."""

    ip_addressing_mode: str | None = attr("ipAddressingMode", ns=V15, foreign=True)
    ip_address: str | None = attr("ipAddress", ns=V15, foreign=True)
    primary_network_connection: bool | None = attr("primaryNetworkConnection", ns=V15, foreign=True)
    value: str | None = text()


@wire("HostResource", ns=RASD, type="cimString")
class HostResource(WireType):
    """Backing of a disk (`capacity` in MB) or a medium."""

    bus_type: str | None = attr("busType", ns=V15, foreign=True)
    bus_sub_type: str | None = attr("busSubType", ns=V15, foreign=True)
    capacity: int | None = attr("capacity", ns=V15, foreign=True)
    disk: str | None = attr("disk", ns=V15, foreign=True)
    storage_profile_href: str | None = attr("storageProfileHref", ns=V15, foreign=True)
    storage_profile_override_vm_default: bool | None = attr(
        "storageProfileOverrideVmDefault", ns=V15, foreign=True
    )
    iops: int | None = attr("iops", ns=V15, foreign=True)
    value: str | None = text()


@wire("CoresPerSocket", ns=VMW, type="CoresPerSocket_Type")
class CoresPerSocket(WireType):
    required: bool | None = attr("required", ns=OVF)
    value: int | None = text()


@wire("ExtraConfig", ns=VMW, type="ExtraConfig_Type")
class ExtraConfig(WireType):
    key: str | None = attr("key", ns=VMW)
    value: str | None = attr("value", ns=VMW)
    required: bool | None = attr("required", ns=OVF)


@wire("Item", content_ns=RASD, type="RASD_Type", media=media.RASD_ITEM)
class RasdItem(WireType):
    """An item of virtual hardware. Alone (cpu, memory) and in a RasdItemsList its element is v1.5's Item.

    resource_type: 3 CPU, 4 memory, 5 IDE, 6 SCSI controller, 10 NIC, 14 floppy, 15 CD/DVD, 17 disk, 20 SATA.
    """

    required: bool | None = attr("required", ns=OVF)
    configuration: str | None = attr("configuration", ns=OVF)
    bound: str | None = attr("bound", ns=OVF)
    href: str | None = attr("href", ns=V15, foreign=True)
    type: str | None = attr("type", ns=V15, foreign=True)
    address: str | Nil | None = elem("Address", boxed=True)
    address_on_parent: str | Nil | None = elem("AddressOnParent", boxed=True)
    allocation_units: str | Nil | None = elem("AllocationUnits", boxed=True)
    automatic_allocation: bool | Nil | None = elem("AutomaticAllocation", boxed=True)
    automatic_deallocation: bool | Nil | None = elem("AutomaticDeallocation", boxed=True)
    caption: str | Nil | None = elem("Caption", boxed=True)
    changeable_type: int | Nil | None = elem("ChangeableType", boxed=True)
    configuration_name: str | Nil | None = elem("ConfigurationName", boxed=True)
    connections: list[Connection] = elems("Connection")
    consumer_visibility: int | Nil | None = elem("ConsumerVisibility", boxed=True)
    description: str | Nil | None = elem("Description", boxed=True)
    element_name: str | None = elem("ElementName", boxed=True)
    generation: int | Nil | None = elem("Generation", boxed=True)
    host_resources: list[HostResource] = elems("HostResource")
    instance_id: str | None = elem("InstanceID", boxed=True)
    limit: int | Nil | None = elem("Limit", boxed=True)
    mapping_behavior: int | Nil | None = elem("MappingBehavior", boxed=True)
    other_resource_type: str | Nil | None = elem("OtherResourceType", boxed=True)
    parent: str | Nil | None = elem("Parent", boxed=True)
    pool_id: str | Nil | None = elem("PoolID", boxed=True)
    reservation: int | Nil | None = elem("Reservation", boxed=True)
    resource_sub_type: str | Nil | None = elem("ResourceSubType", boxed=True)
    resource_type: int | Nil | None = elem("ResourceType", boxed=True)
    virtual_quantity: int | Nil | None = elem("VirtualQuantity", boxed=True)
    virtual_quantity_units: str | Nil | None = elem("VirtualQuantityUnits", boxed=True)
    weight: int | Nil | None = elem("Weight", boxed=True)
    cores_per_socket: CoresPerSocket | None = elem("CoresPerSocket", ns=VMW)
    links: list[Link] = elems("Link", ns=V15)


@wire("DateTime", ns=CIM, type="cimDateTime")
class CimDateTime(WireType):
    """Exactly one of these is set."""

    cim_datetime: str | Nil | None = elem("CIM_DateTime", json="cimDateTime")
    interval: str | None = elem("Interval")
    date: str | None = elem("Date")
    time: str | None = elem("Time")
    moment: datetime | None = elem("Datetime")


@wire("System", ns=OVF, content_ns=VSSD, type="VSSD_Type")
class VssdSystem(WireType):
    automatic_recovery_action: int | Nil | None = elem("AutomaticRecoveryAction", boxed=True)
    automatic_shutdown_action: int | Nil | None = elem("AutomaticShutdownAction", boxed=True)
    automatic_startup_action: int | Nil | None = elem("AutomaticStartupAction", boxed=True)
    automatic_startup_action_delay: CimDateTime | Nil | None = elem("AutomaticStartupActionDelay")
    automatic_startup_action_sequence_number: int | Nil | None = elem(
        "AutomaticStartupActionSequenceNumber", boxed=True
    )
    caption: str | Nil | None = elem("Caption", boxed=True)
    changeable_type: int | Nil | None = elem("ChangeableType", boxed=True)
    configuration_data_root: str | Nil | None = elem("ConfigurationDataRoot", boxed=True)
    configuration_file: str | Nil | None = elem("ConfigurationFile", boxed=True)
    configuration_id: str | Nil | None = elem("ConfigurationID", boxed=True)
    configuration_name: str | Nil | None = elem("ConfigurationName", boxed=True)
    creation_time: CimDateTime | Nil | None = elem("CreationTime")
    description: str | Nil | None = elem("Description", boxed=True)
    element_name: str | None = elem("ElementName", boxed=True)
    generation: int | Nil | None = elem("Generation", boxed=True)
    instance_id: str | None = elem("InstanceID", boxed=True)
    log_data_root: str | Nil | None = elem("LogDataRoot", boxed=True)
    notes: list[str | Nil] = elems("Notes", boxed=True)
    recovery_file: str | Nil | None = elem("RecoveryFile", boxed=True)
    snapshot_data_root: str | Nil | None = elem("SnapshotDataRoot", boxed=True)
    suspend_data_root: str | Nil | None = elem("SuspendDataRoot", boxed=True)
    swap_file_data_root: str | Nil | None = elem("SwapFileDataRoot", boxed=True)
    virtual_system_identifier: str | Nil | None = elem("VirtualSystemIdentifier", boxed=True)
    virtual_system_type: str | Nil | None = elem("VirtualSystemType", boxed=True)


@wire(
    "VirtualHardwareSection", ns=OVF, type="VirtualHardwareSection_Type", media=media.VIRTUAL_HARDWARE_SECTION
)
class VirtualHardwareSection(Section):
    id: str | None = attr("id", ns=OVF)
    transport: str | None = attr("transport", ns=OVF)
    href: str | None = attr("href", ns=V15, foreign=True)
    type: str | None = attr("type", ns=V15, foreign=True)
    system: VssdSystem | None = elem("System")
    items: list[RasdItem] = elems("Item")
    extra_configs: list[ExtraConfig] = elems("ExtraConfig", ns=VMW)
    links: list[Link] = elems("Link", ns=V15)


@wire("RasdItemsList", media=media.RASD_ITEMS_LIST)
class RasdItemsList(Resource):
    items: list[RasdItem] = elems("Item")
