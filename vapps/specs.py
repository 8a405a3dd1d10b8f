"""A VM's rows as the cluster's specification: pure functions of what is wanted."""

from compute import names
from compute.specs import BootSource, CloudInitSpec, DiskSpec, NicSpec, VmSpec
from vapps.models import Disk, Nic, Vm


def vm_spec(vm: Vm) -> VmSpec:
    """The VirtualMachine of a VM with all its parts loaded."""
    return VmSpec(
        namespace=vm.vdc.namespace,
        name=names.vm_name(vm.pk),
        vm_id=vm.pk,
        vapp_id=vm.vapp_id,
        org_id=vm.org_id,
        vdc_id=vm.vdc_id,
        display_name=vm.name,
        cpus=vm.cpus,
        cores_per_socket=vm.cores_per_socket,
        memory_mib=vm.memory_mb,
        disks=tuple(_disk_spec(vm, disk) for disk in vm.disks.all()),
        nics=_nic_specs(vm),
        guest_os_preference=vm.preference or None,
        instancetype=vm.instance_type or None,
        computer_name=vm.computer_name,
        has_cloud_init=True,
    )


def cloud_init_spec(vm: Vm) -> CloudInitSpec:
    """Host name and static addresses for the guest."""
    return CloudInitSpec(
        namespace=vm.vdc.namespace,
        vm_name=names.vm_name(vm.pk),
        vm_id=vm.pk,
        hostname=vm.computer_name,
        nics=_nic_specs(vm),
    )


def _disk_spec(vm: Vm, disk: Disk) -> DiskSpec:
    source = None
    if disk.source_name:
        source = BootSource(name=disk.source_name, namespace=disk.source_namespace)
    return DiskSpec(
        name=f"disk{disk.position}",
        size_mib=disk.size_mb,
        storage_class=disk.storage_policy.policy.storage_class,
        source=source,
        volume_name=names.disk_volume_name(vm.pk, disk.pk),
    )


def _nic_specs(vm: Vm) -> tuple[NicSpec, ...]:
    """The default route is on the primary NIC only."""
    return tuple(_nic_spec(nic) for nic in vm.nics.all())


def _nic_spec(nic: Nic) -> NicSpec:
    parent = nic.vapp_network.parent if nic.vapp_network is not None else None
    if parent is None:
        return NicSpec(name=f"nic{nic.position}", mac=nic.mac, is_connected=False)
    return NicSpec(
        name=f"nic{nic.position}",
        mac=nic.mac,
        network=None if parent.is_primary else parent.udn_name,
        is_primary_udn=parent.is_primary,
        address_cidr=f"{nic.address}/{parent.prefix_length}" if nic.address else None,
        gateway=parent.gateway if nic.is_primary else None,
        dns=tuple(filter(None, (parent.dns1, parent.dns2))),
        is_connected=nic.is_connected,
    )
