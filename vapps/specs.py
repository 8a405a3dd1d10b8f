"""A VM's rows as the cluster's specification: pure functions of what is wanted."""

from typing import Literal

from catalogs.models import Media
from compute import names
from compute.specs import (
    AffinitySpec,
    BootSource,
    CloudInitSpec,
    DataVolumeSpec,
    DiskSpec,
    DomainSpec,
    NicSpec,
    SysprepSpec,
    VmSpec,
)
from vapps.guest_secrets import GuestSecrets
from vapps.models import Disk, DiskBus, NamedDisk, Nic, Vm


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
        # The machine's own disks come first: it boots from the first one.
        disks=tuple(
            _disk_spec(vm, disk) if disk.named is None else named_disk_spec(disk.named)
            for disk in sorted(vm.disks.all(), key=lambda disk: disk.named_id is not None)
        ),
        nics=_nic_specs(vm),
        guest_os_preference=vm.preference or None,
        instancetype=vm.instance_type or None,
        computer_name=vm.computer_name,
        has_cloud_init=not is_windows(vm),
        has_sysprep=is_windows(vm) and vm.customization.get("enabled") is not False,
        is_efi=vm.firmware == "efi",
        has_secure_boot=bool(vm.boot_options.get("efi_secure_boot_enabled")),
        has_nested_hypervisor=vm.has_nested_hypervisor,
        cd_volume=names.cd_volume_name(vm.pk, vm.media_id) if vm.media_id else None,
        affinities=_affinity_specs(vm),
    )


def _affinity_specs(vm: Vm) -> tuple[AffinitySpec, ...]:
    """The enabled rules that bind the VM to another one; a rule with one member left binds nobody."""
    found = sorted((membership.rule for membership in vm.affinities.all()), key=lambda rule: str(rule.pk))
    members = {rule.pk: tuple(sorted(member.vm_id for member in rule.members.all())) for rule in found}
    return tuple(
        AffinitySpec(vm_ids=members[rule.pk], is_affinity=rule.is_affinity, is_mandatory=rule.is_mandatory)
        for rule in found
        if rule.is_enabled and len(members[rule.pk]) > 1
    )


def volume_specs(vm: Vm, *, missing_only: bool = False) -> list[DataVolumeSpec]:
    """The volumes that live and go beside the machine: disks added to it later, and its copy of a medium.

    `missing_only`: without disks that were seen on the cluster: a DataVolume's specification is final, disks
    grow by their claims. Source: CDI's webhook.
    """
    added = [
        DataVolumeSpec(
            namespace=vm.vdc.namespace,
            name=names.disk_volume_name(vm.pk, disk.pk),
            size_mib=disk.size_mb,
            storage_class=disk.storage_policy.policy.storage_class,
            source=_source(disk),
            org_id=vm.org_id,
            vm_id=vm.pk,
        )
        for disk in vm.disks.all()
        if disk.named_id is None and disk.is_hotpluggable and not (missing_only and disk.observed_phase)
    ]
    return added if vm.media is None else [*added, medium_spec(vm, vm.media)]


def volume_names(vm: Vm) -> set[str]:
    """Names of all volumes that are the VM's: its own disks, and its copy of a medium."""
    found = {names.disk_volume_name(vm.pk, disk.pk) for disk in vm.disks.all() if disk.named_id is None}
    return found | ({names.cd_volume_name(vm.pk, vm.media_id)} if vm.media_id else set())


def is_windows(vm: Vm) -> bool:
    """Whether the guest is customized by Sysprep. Source: VMware's guest ids."""
    return str(vm.os_type).lower().startswith("win")


def cloud_init_spec(vm: Vm) -> CloudInitSpec:
    """Host name, password, script and static addresses for a guest that reads cloud-init's data."""
    custom = vm.customization
    has_password = custom.get("admin_password_enabled")
    return CloudInitSpec(
        namespace=vm.vdc.namespace,
        vm_name=names.vm_name(vm.pk),
        vm_id=vm.pk,
        hostname=vm.computer_name,
        admin_password=GuestSecrets.of(vm).admin if has_password else None,
        must_change_password=bool(custom.get("reset_password_required")),
        script=custom.get("customization_script"),
        nics=_nic_specs(vm),
        seed=vm.customization_seed,
        is_enabled=custom.get("enabled") is not False,
    )


def sysprep_spec(vm: Vm) -> SysprepSpec:
    """Likewise for Windows; addresses come by DHCP."""
    custom, known = vm.customization, GuestSecrets.of(vm)
    domain = None
    if custom.get("join_domain_enabled") and custom.get("domain_name"):
        domain = DomainSpec(
            name=custom["domain_name"],
            user=custom.get("domain_user_name", ""),
            password=known.domain or "",
            organizational_unit=custom.get("machine_object_ou", ""),
        )
    return SysprepSpec(
        namespace=vm.vdc.namespace,
        vm_name=names.vm_name(vm.pk),
        vm_id=vm.pk,
        hostname=vm.computer_name,
        admin_password=known.admin if custom.get("admin_password_enabled") else None,
        script=custom.get("customization_script"),
        auto_logons=custom.get("admin_auto_logon_count", 0) if custom.get("admin_auto_logon_enabled") else 0,
        domain=domain,
    )


def _disk_spec(vm: Vm, disk: Disk) -> DiskSpec:
    return DiskSpec(
        name=f"disk{disk.position}",
        size_mib=disk.size_mb,
        storage_class=disk.storage_policy.policy.storage_class,
        source=_source(disk),
        bus=_BUSES.get(disk.adapter, "virtio"),
        volume_name=names.disk_volume_name(vm.pk, disk.pk),
        is_owned=not disk.is_hotpluggable,
    )


_BUSES = {DiskBus.SATA: "sata", DiskBus.IDE: "sata"}
"""KubeVirt's bus of an adapter where it is not virtio, which serves every paravirtual and SCSI adapter."""


def _source(disk: Disk) -> BootSource | None:
    if not disk.source_name:
        return None
    kind: Literal["DataSource", "PVC"] = "PVC" if disk.source_kind == "PVC" else "DataSource"
    return BootSource(name=disk.source_name, namespace=disk.source_namespace, kind=kind)


def named_disk_spec(disk: NamedDisk) -> DiskSpec:
    """An independent disk in a machine: on the bus that takes disks while the machine runs, whatever its adapter
    is in VCD. Source: kubernetes.md 1.5.
    """
    volume = names.named_disk_volume(disk.pk)
    return DiskSpec(name=volume, size_mib=disk.size_mb, bus="scsi", volume_name=volume, is_owned=False)


def medium_spec(vm: Vm, media: Media) -> DataVolumeSpec:
    """The VM's own copy of a medium, as large as the medium's volume."""
    return DataVolumeSpec(
        namespace=vm.vdc.namespace,
        name=names.cd_volume_name(vm.pk, media.pk),
        size_mib=None,
        storage_class=vm.storage_policy.policy.storage_class,
        source=BootSource(name=media.source_name, namespace=media.source_namespace),
        org_id=vm.org_id,
        vdc_id=vm.vdc_id,
        vm_id=vm.pk,
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
