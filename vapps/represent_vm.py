"""VMs as VCD shows them, alone and inside their vApp."""

from orgs.models import AccessLevel
from orgs.rights import Rights
from orgs.services import EntityAccess
from ssvirt.api.hrefs import KINDS, Hrefs, entity_urn
from ssvirt.api.represent import entity_link, link, reference
from ssvirt.wire import types as w
from vapps.legality import Verdict, vm_verdict
from vapps.models import VApp, Vm
from vapps.represent_actions import action_links, edit_links
from vapps.represent_devices import device_links
from vapps.represent_hardware import (
    boot_options,
    capabilities,
    compute_policy,
    connection_section,
    customization_section,
    hardware_section,
    snapshot_section,
    spec_section,
)
from vapps.represent_products import product_sections
from vapps.states import VmState, vm_is_deployed, vm_status

_SECTION = "application/vnd.vmware.vcloud.{}+xml"
_UNMANAGED_TOOLS = "2147483647"


def vm_document(
    vm: Vm,
    hrefs: Hrefs,
    access: EntityAccess,
    *,
    vapp: VApp,
    tasks: w.TasksInProgress | None = None,
) -> w.Vm:
    """The VM with all its parts loaded. Source: vApp.xsd VmType; what clients read unchecked: python-
    clients.md 6.4.
    """
    href = hrefs.of("vm", vm.pk)
    nics, disks = list(vm.nics.all()), list(vm.disks.all())
    changing = changing_access(vm, access)
    return w.Vm(
        href=href,
        id=entity_urn("vm", vm.pk),
        type=KINDS["vm"].media,
        name=vm.name,
        status=vm_status(vm.state),
        deployed=vm_is_deployed(vm.state),
        needs_customization=vm.needs_customization,
        nested_hypervisor_enabled=vm.has_nested_hypervisor,
        links=_links(vm, vapp, href, hrefs, access),
        description=vm.description,
        tasks=tasks,
        sections=[
            hardware_section(vm, nics, disks, href, hrefs, changing),
            operating_system_section(vm, href, changing),
            connection_section(nics, href, changing),
            customization_section(vm, href, changing),
            runtime_info_section(vm, href),
            snapshot_section(href, list(vm.snapshots.all())),
            spec_section(vm, disks, hrefs),
            *product_sections(vm.product_sections),
        ],
        date_created=vm.created_at,
        vapp_scoped_local_id=str(vm.local_id),
        vm_capabilities=capabilities(vm, href, changing),
        storage_profile=reference(
            hrefs, "vdcStorageProfile", vm.storage_policy_id, vm.storage_policy.policy.name
        ),
        compute_policy=compute_policy(vm, hrefs),
        boot_options=boot_options(vm, href),
        media=reference(hrefs, "media", vm.media.pk, vm.media.name) if vm.media is not None else None,
    )


def changing_access(vm: Vm, access: EntityAccess) -> EntityAccess:
    """The access to what is changed by reconfiguring the VM: only read while that is refused."""
    is_offered = vm_verdict("reconfigure", vm.projected_state) is Verdict.OFFERED
    return access if is_offered else access.reading()


def _links(vm: Vm, vapp: VApp, href: str, hrefs: Hrefs, access: EntityAccess) -> list[w.Link]:
    def offered(action: str) -> bool:
        return vm_verdict(action, vm.projected_state) is Verdict.OFFERED

    has_snapshot = any(snapshot.is_current for snapshot in vm.snapshots.all())
    links = action_links(href, access, offered, has_snapshot=has_snapshot, is_expired=vapp.is_expired)
    # A VM that is a vApp by itself is deleted with it.
    deleting = AccessLevel.FULL_CONTROL if vapp.is_auto else AccessLevel.CHANGE
    if access.may(Rights.VAPP_DELETE, deleting) and offered("remove"):
        links.append(link("remove", href))
    if access.may(Rights.VM_EDIT) and offered("reconfigure"):
        links += [
            link("edit", href, KINDS["vm"].media),
            link("reconfigureVm", f"{href}/action/reconfigureVm", KINDS["vm"].media),
        ]
    if access.may(Rights.VM_EDIT) and offered("customize"):
        links.append(link("customizeAtNextPowerOn", f"{href}/action/customizeAtNextPowerOn"))
    links += device_links(href, access)
    links += _screen_links(vm, href, access)
    links.append(link("down", f"{href}/metadata", _SECTION.format("metadata")))
    links.append(link("down", f"{href}/productSections/", _SECTION.format("productSections")))
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


def _screen_links(vm: Vm, href: str, access: EntityAccess) -> list[w.Link]:
    """Console and metrics. pyvcloud GETs the metrics by `down` and POSTs to them by `metrics`."""
    links: list[w.Link] = []
    if (
        access.may(Rights.VAPP_CONSOLE, AccessLevel.READ_ONLY)
        and vm_verdict("screen", vm.state) is Verdict.OFFERED
    ):
        links += [
            link("screen:thumbnail", f"{href}/screen"),
            link("screen:acquireTicket", f"{href}/screen/action/acquireTicket"),
            link(
                "screen:acquireMksTicket",
                f"{href}/screen/action/acquireMksTicket",
                _SECTION.format("mksTicket"),
            ),
        ]
    if (
        access.may(Rights.VAPP_VIEW_METRICS, AccessLevel.READ_ONLY)
        and vm_verdict("metrics", vm.state) is Verdict.OFFERED
    ):
        media = _SECTION.format("metrics.currentUsageSpec")
        links += [link(rel, f"{href}/metrics/current", media) for rel in ("down", "metrics")]
    return links


def operating_system_section(vm: Vm, href: str, access: EntityAccess) -> w.OperatingSystemSection:
    """The system asked for, described as the guest names itself once it has."""
    path = f"{href}/operatingSystemSection/"
    return w.OperatingSystemSection(
        id=1,
        info="Specifies the operating system installed",
        href=path,
        type=_SECTION.format("operatingSystemSection"),
        links=edit_links(access, Rights.VM_EDIT, path, "operatingSystemSection"),
        os_type=vm.os_type,
        description=vm.observed_guest_os or vm.os_type,
    )


def runtime_info_section(vm: Vm, href: str) -> w.RuntimeInfoSection:
    """VMware Tools stand for the guest agent; their version is the one of tools that VCD does not manage.

    Source: vApp.xsd RuntimeInfoSectionType; the type as in live-VApp.
    """
    # The watch may miss the end of an instance; a machine that is off has no agent whatever was seen last.
    has_tools = vm.is_agent_connected and vm.state == VmState.ON
    return w.RuntimeInfoSection(
        info="Specifies Runtime info",
        href=f"{href}/runtimeInfoSection",
        type=_SECTION.format("virtualHardwareSection"),
        vmware_tools=w.VmwareTools(version=_UNMANAGED_TOOLS) if has_tools else None,
    )
