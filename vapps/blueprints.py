"""What a new VM is made of, whatever it comes from: a template's VM, another VM, or nothing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from catalogs.models import TemplateVm
from compute import names
from vapps.models import AddressMode, Disk, Nic, Vm
from vapps.requests import NO_NETWORK, DiskRequest, NicRequest, VmRequest
from vdcs.models import ComputePolicy, StoragePolicy, VdcStoragePolicy

DEFAULT_MEMORY_MB = 1024
DEFAULT_OS_TYPE = "otherGuest64"
KEPT_COLUMNS = (
    "allocation",
    "boot_options",
    "extra_config",
    "firmware",
    "has_cpu_hot_add",
    "has_memory_hot_add",
    "has_nested_hypervisor",
    "hardware_version",
    "product_sections",
    "start_action",
    "start_delay_s",
    "start_order",
    "stop_action",
    "stop_delay_s",
)
"""Columns that a copy of a VM takes over as they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskBlueprint:
    """A disk to be made: blank, or cloned from a DataSource or from another volume (`source_kind`)."""

    size_mb: int
    source_kind: str = "DataSource"
    source_namespace: str = ""
    source_name: str = ""
    policy: VdcStoragePolicy | None = None
    adapter: str = "5"
    bus_number: int = 0
    unit_number: int | None = None
    iops: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class VmBlueprint:
    """A VM to be made. `nics` name networks of the vApp it comes from; policies are those of its source."""

    name: str
    description: str = ""
    computer_name: str = ""
    os_type: str = DEFAULT_OS_TYPE
    instance_type: str = ""
    preference: str = ""
    cpus: int = 1
    cores_per_socket: int = 1
    memory_mb: int = DEFAULT_MEMORY_MB
    disks: tuple[DiskBlueprint, ...] = ()
    nics: tuple[NicRequest, ...] = ()
    columns: Mapping[str, Any] = field(default_factory=dict)
    customization: Mapping[str, Any] = field(default_factory=dict)
    storage_policy: StoragePolicy | None = None
    compute_policy: ComputePolicy | None = None


def of_template_vm(vm: TemplateVm) -> VmBlueprint:
    """As the template has it. Needs disks and NICs loaded."""
    return VmBlueprint(
        name=vm.name,
        description=vm.description,
        computer_name=vm.computer_name,
        os_type=vm.os_type,
        instance_type=vm.instance_type,
        preference=vm.preference,
        cpus=vm.cpus,
        cores_per_socket=vm.cores_per_socket,
        memory_mb=vm.memory_mb,
        disks=tuple(
            DiskBlueprint(
                size_mb=disk.size_mb,
                source_namespace=disk.source_namespace,
                source_name=disk.source_name,
                unit_number=disk.position,
            )
            for disk in vm.disks.all()
        ),
        nics=tuple(
            NicRequest(
                position=nic.position,
                network=nic.network_name,
                mode=nic.mode,
                is_connected=nic.network_name != NO_NETWORK,
                adapter=nic.adapter,
                is_primary=index == 0,
            )
            for index, nic in enumerate(vm.nics.all())
        ),
    )


def of_vm(vm: Vm, *, keeps_address: Callable[[Nic], bool] = lambda nic: False) -> VmBlueprint:
    """A copy of another VM. Independent disks stay with the original; addresses are drawn anew, but for the
    manual ones of cards that `keeps_address` names.

    Needs the VM's parts and VDC loaded.
    """
    return VmBlueprint(
        name=vm.name,
        description=vm.description,
        computer_name=vm.computer_name,
        os_type=vm.os_type,
        instance_type=vm.instance_type,
        preference=vm.preference,
        cpus=vm.cpus,
        cores_per_socket=vm.cores_per_socket,
        memory_mb=vm.memory_mb,
        disks=tuple(_copied(vm, disk) for disk in vm.disks.all() if disk.named_id is None),
        nics=tuple(
            _copied_card(nic, is_kept=nic.mode == AddressMode.MANUAL and keeps_address(nic))
            for nic in vm.nics.all()
        ),
        columns={name: getattr(vm, name) for name in KEPT_COLUMNS},
        customization=vm.customization,
        storage_policy=vm.storage_policy.policy,
        compute_policy=vm.compute_policy,
    )


def _copied_card(nic: Nic, *, is_kept: bool) -> NicRequest:
    return NicRequest(
        position=nic.position,
        network=nic.vapp_network.name if nic.vapp_network is not None else NO_NETWORK,
        address=nic.address if is_kept else None,
        mode=AddressMode.POOL if nic.mode == AddressMode.MANUAL and not is_kept else nic.mode,
        is_connected=nic.is_connected,
        adapter=nic.adapter,
        is_primary=nic.is_primary,
    )


def _copied(vm: Vm, disk: Disk) -> DiskBlueprint:
    return DiskBlueprint(
        size_mb=disk.size_mb,
        source_kind="PVC",
        source_namespace=vm.vdc.namespace,
        source_name=names.disk_volume_name(vm.pk, disk.pk),
        policy=disk.storage_policy if disk.overrides_policy else None,
        adapter=disk.adapter,
        bus_number=disk.bus_number,
        unit_number=disk.unit_number,
        iops=disk.iops,
    )


def of_nothing(asked: VmRequest) -> VmBlueprint:
    """A VM that consists of what was asked only."""
    return VmBlueprint(
        name=asked.name or "",
        disks=tuple(blank_disk(disk) for disk in asked.disks or ()),
        nics=asked.nics or (),
    )


def blank_disk(disk: DiskRequest, policy: VdcStoragePolicy | None = None) -> DiskBlueprint:
    """A new, empty disk."""
    return DiskBlueprint(
        size_mb=disk.size_mb,
        policy=policy,
        adapter=disk.adapter,
        bus_number=disk.bus_number or 0,
        unit_number=disk.unit_number,
        iops=disk.iops,
    )
