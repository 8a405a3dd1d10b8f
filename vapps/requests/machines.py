"""What a client asks of one VM that is to be made: from a template's VM, from another VM, or from nothing."""

import uuid
from dataclasses import dataclass, field

from ssvirt.core.errors import BadRequest
from ssvirt.core.urns import uuid_in
from ssvirt.wire import types as w
from ssvirt.wire.schema import Nil
from vapps.requests.changes import (
    MAX_CPUS,
    MAX_DISK_MB,
    MAX_MEMORY_MB,
    Customization,
    DiskRequest,
    HardwareChange,
    boot_change,
    customization_change,
    disk_requests,
    spec_change,
)
from vapps.requests.names import description_of, entity_name, positive
from vapps.requests.networks import NicRequest, nic_requests, section_of


@dataclass(frozen=True, slots=True, kw_only=True)
class VmRequest:
    """What is asked of a new VM; None means as its source has it. Sizes in MB.

    `source_id` is a template's VM or another VM; None: the VM is made from nothing, of `hardware` and `disks`.
    `is_move`: the source VM itself goes into the vApp.
    """

    source_id: uuid.UUID | None = None
    is_move: bool = False
    name: str | None = None
    description: str | None = None
    needs_customization: bool | None = None
    nics: tuple[NicRequest, ...] | None = None
    network_map: dict[str, str] = field(default_factory=dict)
    storage_policy_id: uuid.UUID | None = None
    compute_policy_id: uuid.UUID | None = None
    disk_sizes_mb: tuple[int, ...] = ()
    disks: tuple[DiskRequest, ...] | None = None
    hardware: HardwareChange = field(default_factory=HardwareChange)
    customization: Customization = field(default_factory=Customization)
    media_id: uuid.UUID | None = None


def sourced_vm(item: w.SourcedCompositionItemParam) -> VmRequest:
    """A VM from a template or another VM. Source: vApp.xsd SourcedCompositionItemParamType."""
    source = item.source
    source_id = uuid_in(source.href or source.id) if source is not None else None
    if source is None or source_id is None:
        raise BadRequest("A SourcedItem has no Source.")
    general = item.vm_general_params
    connections = section_of(item.instantiation_params, w.NetworkConnectionSection)
    customization = section_of(item.instantiation_params, w.GuestCustomizationSection)
    hardware = section_of(item.instantiation_params, w.VirtualHardwareSection)
    change, sizes = hardware_of(hardware) if isinstance(hardware, w.VirtualHardwareSection) else (None, ())
    # Go clients give the new name on Source, pyvcloud in VmGeneralParams.
    name = (general.name if general is not None else None) or source.name
    return VmRequest(
        source_id=source_id,
        is_move=bool(item.source_delete),
        name=entity_name(name, "VM") if name else None,
        description=description_of(general.description, "VM")
        if general is not None and general.description is not None
        else None,
        needs_customization=general.needs_customization if general is not None else None,
        nics=nic_requests(connections) if isinstance(connections, w.NetworkConnectionSection) else None,
        network_map={
            each.inner_network: each.container_network
            for each in item.network_assignments
            if each.inner_network and each.container_network
        },
        storage_policy_id=reference_id(item.storage_profile, "storage profile"),
        compute_policy_id=compute_policy_of(item.compute_policy, item.vdc_compute_policy),
        disk_sizes_mb=sizes,
        hardware=change or HardwareChange(),
        customization=customization_change(customization)
        if isinstance(customization, w.GuestCustomizationSection)
        else Customization(),
    )


def created_vm(vm: w.Vm, media: w.Reference | None = None) -> VmRequest:
    """A VM from nothing. Source: vApp.xsd RecomposeVAppParamsType/CreateItem, CreateVmParamsType."""
    sections = {type(section): section for section in vm.sections}
    connections = sections.get(w.NetworkConnectionSection)
    customization = sections.get(w.GuestCustomizationSection)
    spec = sections.get(w.VmSpecSection)
    hardware = spec_change(spec) if isinstance(spec, w.VmSpecSection) else HardwareChange()
    disk_section = spec.disk_section if isinstance(spec, w.VmSpecSection) else None
    image = vm.media or media
    return VmRequest(
        name=entity_name(vm.name, "VM"),
        description=description_of(vm.description, "VM"),
        nics=nic_requests(connections) if isinstance(connections, w.NetworkConnectionSection) else (),
        storage_policy_id=reference_id(vm.storage_profile, "storage profile"),
        compute_policy_id=compute_policy_of(vm.compute_policy, vm.vdc_compute_policy),
        disks=disk_requests(disk_section) if disk_section is not None else (),
        hardware=hardware.merged(boot_change(vm.boot_options)),
        customization=customization_change(customization)
        if isinstance(customization, w.GuestCustomizationSection)
        else Customization(),
        media_id=reference_id(image, "media"),
    )


def reference_id(reference: w.Reference | None, what: str) -> uuid.UUID | None:
    """The id of an optional reference. Raises BadRequest for one that names nothing."""
    if reference is None or not (reference.href or reference.id):
        return None
    found = uuid_in(reference.href or reference.id)
    if found is None:
        raise BadRequest(f"The {what} {reference.href or reference.id} is not a reference.")
    return found


def compute_policy_of(policy: w.ComputePolicy | None, plain: w.Reference | None) -> uuid.UUID | None:
    """The sizing policy of a VM, in either of its two forms."""
    sizing = policy.vm_sizing_policy if policy is not None else None
    return reference_id(sizing or plain, "compute policy")


def hardware_of(section: w.VirtualHardwareSection) -> tuple[HardwareChange, tuple[int, ...]]:
    """CPU (ResourceType 3), memory (4) and disk (17) sizes. Source: python-clients.md 3.2."""
    cpus = cores = memory = None
    disks: list[int] = []
    for item in section.items:
        quantity = None if isinstance(item.virtual_quantity, Nil) else item.virtual_quantity
        match item.resource_type:
            case 3 if quantity is not None:
                cpus = positive(quantity, "number of CPUs", MAX_CPUS)
                if item.cores_per_socket is not None and item.cores_per_socket.value:
                    cores = positive(item.cores_per_socket.value, "number of cores per socket", MAX_CPUS)
            case 4 if quantity is not None:
                memory = positive(quantity, "memory size (MB)", MAX_MEMORY_MB)
            case 17:
                capacity = item.host_resources[0].capacity if item.host_resources else None
                if capacity is not None:
                    disks.append(positive(capacity, "disk size (MB)", MAX_DISK_MB))
    return HardwareChange(cpus=cpus, cores_per_socket=cores, memory_mb=memory), tuple(disks)
