"""The hardware of VMs as VCD shows it: devices, sizes, cards, customization, snapshot."""

from collections.abc import Sequence
from typing import Any

from orgs.rights import Rights
from orgs.services import EntityAccess
from ssvirt.api.hrefs import Hrefs
from ssvirt.api.represent import link, reference
from ssvirt.wire import types as w
from vapps.guest_secrets import GuestSecrets
from vapps.models import Disk, Nic, Snapshot, Vm
from vapps.represent_actions import edit_links
from vapps.represent_devices import device_items, disk_settings, media_section
from vapps.requests import ALLOCATION_DEFAULTS, BOOT_DEFAULTS, CUSTOMIZATION_DEFAULTS, NO_NETWORK
from vapps.requests.changes import BIOS_UUID

_SECTION = "application/vnd.vmware.vcloud.{}+xml"
_UNMANAGED_TOOLS = "2147483647"


def _network_name(nic: Nic) -> str:
    return nic.vapp_network.name if nic.vapp_network is not None else NO_NETWORK


def _address(nic: Nic) -> str | None:
    """Ours where we gave one, else what the guest reports."""
    return nic.address or nic.observed_address


def hardware_section(
    vm: Vm, nics: Sequence[Nic], disks: Sequence[Disk], href: str, hrefs: Hrefs, access: EntityAccess
) -> w.VirtualHardwareSection:
    """Every NIC has an Item with its Connection: the only place where pyvcloud reads addresses
    (resolutions.md 2.1).
    """
    base = f"{href}/virtualHardwareSection/"
    return w.VirtualHardwareSection(
        info="Virtual hardware requirements",
        transport="",
        href=base,
        type=_SECTION.format("virtualHardwareSection"),
        system=w.VssdSystem(
            element_name="Virtual Hardware Family",
            instance_id="0",
            virtual_system_identifier=vm.name,
            virtual_system_type=vm.hardware_version,
        ),
        items=[
            *(_nic_item(nic) for nic in nics),
            *device_items(vm, disks, hrefs),
            w.RasdItem(
                href=f"{base}cpu",
                type=_SECTION.format("rasdItem"),
                allocation_units="hertz * 10^6",
                description="Number of Virtual CPUs",
                element_name=f"{vm.cpus} virtual CPU(s)",
                instance_id="4",
                reservation=0,
                resource_type=3,
                virtual_quantity=vm.cpus,
                virtual_quantity_units="count",
                weight=0,
                cores_per_socket=w.CoresPerSocket(required=False, value=vm.cores_per_socket),
                links=edit_links(access, Rights.VAPP_EDIT_CPU, f"{base}cpu", "rasdItem"),
            ),
            w.RasdItem(
                href=f"{base}memory",
                type=_SECTION.format("rasdItem"),
                allocation_units="byte * 2^20",
                description="Memory Size",
                element_name=f"{vm.memory_mb} MB of memory",
                instance_id="5",
                reservation=0,
                resource_type=4,
                virtual_quantity=vm.memory_mb,
                virtual_quantity_units="byte * 2^20",
                weight=0,
                links=edit_links(access, Rights.VAPP_EDIT_MEMORY, f"{base}memory", "rasdItem"),
            ),
        ],
        extra_configs=[
            w.ExtraConfig(key=key, value=value, required=False)
            # There is always one: pyvcloud puts new ones after it.
            for key, value in sorted({BIOS_UUID: str(vm.pk), **vm.extra_config}.items())
        ],
        links=_hardware_links(base, access),
    )


_PARTS = (
    ("cpu", "rasdItem", Rights.VAPP_EDIT_CPU),
    ("memory", "rasdItem", Rights.VAPP_EDIT_MEMORY),
    ("disks", "rasdItemsList", Rights.VAPP_EDIT_DISK),
    ("media", "rasdItemsList", Rights.VM_EDIT),
    ("networkCards", "rasdItemsList", Rights.VAPP_EDIT_NETWORK),
)


def _hardware_links(base: str, access: EntityAccess) -> list[w.Link]:
    """The section itself, and its parts at addresses of their own. Source: live-VApp, fixture-Vm."""
    links = edit_links(access, Rights.VM_EDIT, base, "virtualHardwareSection")
    for part, section, right in _PARTS:
        links.append(link("down", f"{base}{part}", _SECTION.format(section)))
        links += edit_links(access, right, f"{base}{part}", section)
    return links


def _nic_item(nic: Nic) -> w.RasdItem:
    return w.RasdItem(
        address=nic.mac,
        address_on_parent=str(nic.position),
        automatic_allocation=nic.is_connected,
        connections=[
            w.Connection(
                ip_addressing_mode=nic.mode,
                ip_address=_address(nic),
                primary_network_connection=nic.is_primary,
                value=_network_name(nic),
            )
        ],
        description=f'{nic.adapter} ethernet adapter on "{_network_name(nic)}"',
        element_name=f"Network adapter {nic.position}",
        instance_id=str(10 + nic.position),
        resource_sub_type=nic.adapter,
        resource_type=10,
    )


def connection_section(nics: Sequence[Nic], href: str, access: EntityAccess) -> w.NetworkConnectionSection:
    # Without cards there is no primary one: pyvcloud takes the element as a sign that there are cards.
    primary = next((nic.position for nic in nics if nic.is_primary), nics[0].position if nics else None)
    return w.NetworkConnectionSection(
        required=False,
        info="Specifies the available VM network connections",
        href=f"{href}/networkConnectionSection/",
        type=_SECTION.format("networkConnectionSection"),
        primary_network_connection_index=primary,
        network_connections=[
            w.NetworkConnection(
                network=_network_name(nic),
                needs_customization=False,
                network_connection_index=nic.position,
                ip_address=_address(nic),
                is_connected=nic.is_connected,
                mac_address=nic.mac,
                ip_address_allocation_mode=nic.mode,
                network_adapter_type=nic.adapter,
            )
            for nic in nics
        ],
        links=edit_links(
            access,
            Rights.VAPP_EDIT_NETWORK,
            f"{href}/networkConnectionSection/",
            "networkConnectionSection",
        ),
    )


def customization_section(vm: Vm, href: str, access: EntityAccess) -> w.GuestCustomizationSection:
    """The administrator's password is shown to whoever may set it, as clients compare it; no other one is.

    Source: vApp.xsd GuestCustomizationSectionType.
    """
    kept: dict[str, Any] = {**CUSTOMIZATION_DEFAULTS, **vm.customization}
    if kept["admin_password_enabled"] and access.may(Rights.VM_PASSWORD):
        kept["admin_password"] = GuestSecrets.of(vm).admin
    return w.GuestCustomizationSection(
        required=False,
        info="Specifies Guest OS Customization Settings",
        href=f"{href}/guestCustomizationSection/",
        type=_SECTION.format("guestCustomizationSection"),
        virtual_machine_id=str(vm.pk),
        computer_name=vm.computer_name,
        links=edit_links(
            access, Rights.VM_EDIT, f"{href}/guestCustomizationSection/", "guestCustomizationSection"
        ),
        **kept,
    )


def capabilities(vm: Vm, href: str, access: EntityAccess) -> w.VmCapabilities:
    path = f"{href}/vmCapabilities/"
    return w.VmCapabilities(
        href=path,
        type=_SECTION.format("vmCapabilitiesSection"),
        links=edit_links(access, Rights.VM_EDIT, path, "vmCapabilitiesSection"),
        memory_hot_add_enabled=vm.has_memory_hot_add,
        cpu_hot_add_enabled=vm.has_cpu_hot_add,
    )


def boot_options(vm: Vm, href: str) -> w.BootOptions:
    """Source: vApp.xsd BootOptionsType."""
    kept: dict[str, Any] = {**BOOT_DEFAULTS, **vm.boot_options}
    return w.BootOptions(
        href=f"{href}/action/bootOptions", type=_SECTION.format("bootOptionsSection"), **kept
    )


def compute_policy(vm: Vm, hrefs: Hrefs) -> w.ComputePolicy | None:
    policy = vm.compute_policy
    if policy is None:
        return None
    return w.ComputePolicy(vm_sizing_policy=reference(hrefs, "vdcComputePolicy", policy.pk, policy.name))


def snapshot_section(href: str, snapshots: Sequence[Snapshot]) -> w.SnapshotSection:
    """The current snapshot, if there is one; its size in bytes. Source: vApp.xsd SnapshotSectionType."""
    current = next((each for each in snapshots if each.is_current), None)
    return w.SnapshotSection(
        required=False,
        info="Snapshot information section",
        href=f"{href}/snapshotSection",
        type=_SECTION.format("snapshotSection"),
        snapshot=w.Snapshot(powered_on=current.was_on, created=current.created_at, size=current.size_mb << 20)
        if current is not None
        else None,
    )


def spec_section(vm: Vm, disks: Sequence[Disk], hrefs: Hrefs) -> w.VmSpecSection:
    """Source: vApp.xsd VmSpecSectionType; pyvcloud reads its members unchecked."""
    return w.VmSpecSection(
        required=False,
        modified=False,
        info="Virtual Machine specification (read only)",
        os_type=vm.os_type,
        num_cpus=vm.cpus,
        num_cores_per_socket=vm.cores_per_socket,
        firmware=vm.firmware,
        cpu_resource_mhz=_resource(vm, "cpu", vm.cpus * 1000, _SHARES_PER_CPU * vm.cpus),
        memory_resource_mb=_resource(vm, "memory", vm.memory_mb, _SHARES_PER_MB * vm.memory_mb),
        media_section=media_section(vm, hrefs),
        disk_section=w.DiskSection(disk_settings=disk_settings(vm, disks, hrefs)),
        hardware_version=w.HardwareVersion(value=vm.hardware_version),
        vm_tools_version=_UNMANAGED_TOOLS if vm.is_agent_connected else "0",
        virtual_cpu_type="VM64",
        time_sync_with_host=False,
    )


_SHARES_PER_CPU, _SHARES_PER_MB = 1000, 10
"""vSphere's NORMAL shares; LOW is half of it, HIGH twice."""
_LEVELS = {"LOW": 0.5, "NORMAL": 1.0, "HIGH": 2.0}


def _resource(vm: Vm, key: str, configured: int, normal: int) -> w.ComputeResource:
    """What was asked for is shown; the cluster knows no shares. Source: vApp.xsd ComputeResourceType."""
    kept = {**ALLOCATION_DEFAULTS, **vm.allocation.get(key, {})}
    level = kept["shares_level"]
    shares = kept.get("shares") if level == "CUSTOM" else int(normal * _LEVELS[level])
    return w.ComputeResource(
        configured=configured,
        reservation=kept["reservation"],
        limit=kept["limit"],
        shares_level=level,
        shares=shares,
    )
