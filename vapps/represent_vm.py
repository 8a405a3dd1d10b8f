"""VMs as VCD shows them, alone and inside their vApp."""

from collections.abc import Sequence

from orgs.rights import Rights
from ssvirt.api.hrefs import KINDS, Hrefs, entity_urn
from ssvirt.api.principal import Principal
from ssvirt.api.represent import entity_link, link, reference
from ssvirt.wire import types as w
from vapps.legality import Verdict, vm_verdict
from vapps.models import Disk, Nic, VApp, Vm
from vapps.requests import NO_NETWORK
from vapps.states import vm_is_deployed, vm_status

_SECTION = "application/vnd.vmware.vcloud.{}+xml"
_POWER = (("powerOn", "power:powerOn"), ("powerOff", "power:powerOff"))
_SCSI_CONTROLLER_ID = "2"
DISK_ID_BASE = 2000
"""DiskId of disk N is 2000 + N, also its Item's InstanceID. Source: live-VApp, python-clients.md 6.4."""


def vm_document(
    vm: Vm,
    hrefs: Hrefs,
    principal: Principal,
    *,
    vapp: VApp,
    tasks: w.TasksInProgress | None = None,
) -> w.Vm:
    """The VM with all its parts loaded. Source: vApp.xsd VmType; what clients read unchecked: python-
    clients.md 6.4.
    """
    href = hrefs.of("vm", vm.pk)
    nics, disks = list(vm.nics.all()), list(vm.disks.all())
    return w.Vm(
        href=href,
        id=entity_urn("vm", vm.pk),
        type=KINDS["vm"].media,
        name=vm.name,
        status=vm_status(vm.state),
        deployed=vm_is_deployed(vm.state),
        needs_customization=vm.needs_customization,
        nested_hypervisor_enabled=False,
        links=_links(vm, vapp, href, hrefs, principal),
        description=vm.description,
        tasks=tasks,
        sections=[
            _hardware(vm, nics, disks, href),
            w.OperatingSystemSection(
                id=1,
                info="Specifies the operating system installed",
                href=f"{href}/operatingSystemSection/",
                type=_SECTION.format("operatingSystemSection"),
                os_type=vm.os_type,
                description=vm.observed_guest_os or vm.os_type,
            ),
            _connections(nics, href),
            _customization(vm, href),
            w.RuntimeInfoSection(
                info="Specifies Runtime info",
                href=f"{href}/runtimeInfoSection",
                type=_SECTION.format("virtualHardwareSection"),
                vmware_tools=w.VmwareTools(version="2147483647") if vm.is_agent_connected else None,
            ),
            w.SnapshotSection(
                required=False,
                info="Snapshot information section",
                href=f"{href}/snapshotSection",
                type=_SECTION.format("snapshotSection"),
            ),
            _spec(vm, disks, hrefs),
        ],
        date_created=vm.created_at,
        vapp_scoped_local_id=str(vm.local_id),
        vm_capabilities=w.VmCapabilities(
            href=f"{href}/vmCapabilities/",
            type=_SECTION.format("vmCapabilitiesSection"),
            memory_hot_add_enabled=False,
            cpu_hot_add_enabled=False,
        ),
        storage_profile=reference(
            hrefs, "vdcStorageProfile", vm.storage_policy_id, vm.storage_policy.policy.name
        ),
        boot_options=w.BootOptions(
            href=f"{href}/action/bootOptions",
            type=_SECTION.format("bootOptionsSection"),
            boot_delay=0,
            enter_bios_setup=False,
        ),
    )


def _links(vm: Vm, vapp: VApp, href: str, hrefs: Hrefs, principal: Principal) -> list[w.Link]:
    def offered(action: str) -> bool:
        return vm_verdict(action, vm.projected_state) is Verdict.OFFERED

    links: list[w.Link] = []
    if principal.may(Rights.VAPP_POWER):
        links += [link(rel, f"{href}/power/action/{action}") for action, rel in _POWER if offered(action)]
        links += [
            link(action, f"{href}/action/{action}", _SECTION.format(f"{action}VAppParams"))
            for action in ("deploy", "undeploy")
            if offered(action)
        ]
    if principal.may(Rights.VAPP_DELETE) and offered("remove"):
        links.append(link("remove", href))
    links.append(link("down", f"{href}/metadata", _SECTION.format("metadata")))
    links.append(entity_link(hrefs, "up", "vApp", vapp.pk))
    links.append(
        entity_link(
            hrefs,
            "storageProfile",
            "vdcStorageProfile",
            vm.storage_policy_id,
            name=vm.storage_policy.policy.name,
        )
    )
    return links


def _network_name(nic: Nic) -> str:
    return nic.vapp_network.name if nic.vapp_network is not None else NO_NETWORK


def _address(nic: Nic) -> str | None:
    """Ours where we gave one, else what the guest reports."""
    return nic.address or nic.observed_address


def _hardware(vm: Vm, nics: Sequence[Nic], disks: Sequence[Disk], href: str) -> w.VirtualHardwareSection:
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
            w.RasdItem(
                address="0",
                description="SCSI Controller",
                element_name="SCSI Controller 0",
                instance_id=_SCSI_CONTROLLER_ID,
                resource_sub_type="VirtualSCSI",
                resource_type=6,
            ),
            *(_disk_item(disk) for disk in disks),
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
            ),
        ],
    )


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


def _disk_item(disk: Disk) -> w.RasdItem:
    return w.RasdItem(
        address_on_parent=str(disk.position),
        description="Hard disk",
        element_name=f"Hard disk {disk.position + 1}",
        host_resources=[
            w.HostResource(bus_type="6", bus_sub_type="VirtualSCSI", capacity=disk.size_mb, value="")
        ],
        instance_id=str(DISK_ID_BASE + disk.position),
        parent=_SCSI_CONTROLLER_ID,
        resource_type=17,
        virtual_quantity=disk.size_mb << 20,
        virtual_quantity_units="byte",
    )


def _connections(nics: Sequence[Nic], href: str) -> w.NetworkConnectionSection:
    primary = next((nic.position for nic in nics if nic.is_primary), nics[0].position if nics else 0)
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
    )


def _customization(vm: Vm, href: str) -> w.GuestCustomizationSection:
    return w.GuestCustomizationSection(
        required=False,
        info="Specifies Guest OS Customization Settings",
        href=f"{href}/guestCustomizationSection/",
        type=_SECTION.format("guestCustomizationSection"),
        enabled=True,
        change_sid=False,
        virtual_machine_id=str(vm.pk),
        join_domain_enabled=False,
        use_org_settings=False,
        admin_password_enabled=False,
        admin_password_auto=False,
        reset_password_required=False,
        computer_name=vm.computer_name,
    )


def _spec(vm: Vm, disks: Sequence[Disk], hrefs: Hrefs) -> w.VmSpecSection:
    """Source: vApp.xsd VmSpecSectionType; pyvcloud reads its members unchecked."""
    profile = reference(hrefs, "vdcStorageProfile", vm.storage_policy_id, vm.storage_policy.policy.name)
    return w.VmSpecSection(
        required=False,
        modified=False,
        info="Virtual Machine specification (read only)",
        os_type=vm.os_type,
        num_cpus=vm.cpus,
        num_cores_per_socket=vm.cores_per_socket,
        cpu_resource_mhz=w.ComputeResource(
            configured=vm.cpus * 1000, reservation=0, limit=-1, shares_level="NORMAL", shares=1000 * vm.cpus
        ),
        memory_resource_mb=w.ComputeResource(
            configured=vm.memory_mb, reservation=0, limit=-1, shares_level="NORMAL", shares=10 * vm.memory_mb
        ),
        media_section=w.MediaSection(
            media_settings=[
                w.MediaSettings(
                    device_id="3000",
                    media_type="ISO",
                    media_state="DISCONNECTED",
                    unit_number=0,
                    bus_number=0,
                    adapter_type="4",
                )
            ]
        ),
        disk_section=w.DiskSection(
            disk_settings=[
                w.DiskSettings(
                    disk_id=str(DISK_ID_BASE + disk.position),
                    size_mb=disk.size_mb,
                    unit_number=disk.position,
                    bus_number=0,
                    adapter_type="5",
                    thin_provisioned=True,
                    storage_profile=profile,
                    override_vm_default=False,
                    virtual_quantity_unit="byte",
                    virtual_quantity=disk.size_mb << 20,
                    resizable=True,
                )
                for disk in disks
            ]
        ),
        hardware_version=w.HardwareVersion(value=vm.hardware_version),
        vm_tools_version="2147483647" if vm.is_agent_connected else "0",
        virtual_cpu_type="VM64",
        time_sync_with_host=False,
    )
