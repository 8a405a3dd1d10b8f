"""A VM's changes at /api: reconfigureVm, and each section by itself. Source: go-clients.md 2.10."""

import uuid
from collections.abc import Mapping
from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from orgs.rights import Rights
from orgs.services import EntityAccess
from ssvirt.core.errors import BadRequest
from ssvirt.wire import types as w
from ssvirt.wire.schema import Nil
from vapps import services
from vapps.legacy.base import VAppBase
from vapps.models import Vm
from vapps.represent_hardware import boot_options, capabilities
from vapps.represent_vm import changing_access, vm_document
from vapps.requests import HardwareChange, positive
from vapps.requests.changes import (
    MAX_CPUS,
    MAX_MEMORY_MB,
    boot_change,
    capabilities_change,
    customization_change,
    extra_config_change,
)
from vapps.requests.documents import disks_of_items, vm_change
from vapps.requests.networks import nic_requests, nics_of_items
from vapps.selectors import vm_get
from vapps.services import VmChange


class VmSectionBase(VAppBase):
    """A section that is read out of the VM's document, and whose writing is a reconfiguration."""

    def vm_section(self, vm_id: uuid.UUID, cls: type[w.Section]) -> Any:
        vm = vm_get(vm_id)
        return self.section_of(vm, self.access_of(vm.vapp), cls)

    def section_of(self, vm: Vm, access: EntityAccess, cls: type[w.Section]) -> Any:
        document = vm_document(vm, self.hrefs, access, vapp=vm.vapp)
        return next(section for section in document.sections if isinstance(section, cls))

    def reconfigured(self, vm_id: uuid.UUID, change: VmChange) -> Response:
        return self.accepted(services.vm_reconfigure(principal=self.principal, vm_id=vm_id, change=change))


class ReconfigureView(VmSectionBase):
    rights = Rights.VM_EDIT
    body_types = {"POST": w.Vm}

    def post(self, request: Request, vm_id: uuid.UUID) -> Response:
        change = vm_change(self.body(request))
        if change.customization.password:
            self.principal.require(Rights.VM_PASSWORD, what="VM_PASSWORD_EDIT", target=vm_id)
        return self.reconfigured(vm_id, change)


class ConnectionsView(VmSectionBase):
    rights = {"GET": Rights.ORGANIZATION_VIEW, "PUT": Rights.VAPP_EDIT_NETWORK}
    body_types = {"PUT": w.NetworkConnectionSection}

    def get(self, request: Request, vm_id: uuid.UUID) -> Response:
        return Response(self.vm_section(vm_id, w.NetworkConnectionSection))

    def put(self, request: Request, vm_id: uuid.UUID) -> Response:
        return self.reconfigured(vm_id, VmChange(nics=nic_requests(self.body(request))))


class CustomizationView(VmSectionBase):
    rights = {"GET": Rights.ORGANIZATION_VIEW, "PUT": Rights.VM_EDIT}
    body_types = {"PUT": w.GuestCustomizationSection}

    def get(self, request: Request, vm_id: uuid.UUID) -> Response:
        return Response(self.vm_section(vm_id, w.GuestCustomizationSection))

    def put(self, request: Request, vm_id: uuid.UUID) -> Response:
        custom = customization_change(self.body(request))
        if custom.password:
            self.principal.require(Rights.VM_PASSWORD, what="VM_PASSWORD_EDIT", target=vm_id)
        return self.reconfigured(vm_id, VmChange(customization=custom))


class CustomizationStatusView(VAppBase):
    rights = Rights.ORGANIZATION_VIEW

    def get(self, request: Request, vm_id: uuid.UUID) -> Response:
        vm = vm_get(vm_id)
        return Response(
            w.GuestCustomizationStatusSection(
                info="Guest customization status",
                href=f"{self.hrefs.of('vm', vm.pk)}/guestcustomizationstatus/",
                guest_cust_status=services.customization_status(vm),
            )
        )


class HardwareView(VmSectionBase):
    """PUT takes the extra configuration only; devices have addresses of their own. Source: go-clients.md 2.10."""

    rights = {"GET": Rights.ORGANIZATION_VIEW, "PUT": Rights.VM_EDIT}
    body_types = {"PUT": w.VirtualHardwareSection}

    def get(self, request: Request, vm_id: uuid.UUID) -> Response:
        return Response(self.vm_section(vm_id, w.VirtualHardwareSection))

    def put(self, request: Request, vm_id: uuid.UUID) -> Response:
        return self.reconfigured(vm_id, VmChange(hardware=extra_config_change(self.body(request))))


class CpuView(VmSectionBase):
    """The path says that it is the CPU: clients send wrong names. Source: resolutions.md 2.3."""

    rights = {"GET": Rights.ORGANIZATION_VIEW, "PUT": Rights.VAPP_EDIT_CPU}
    body_types = {"PUT": w.RasdItem}
    resource_type: ClassVar[int] = 3

    def get(self, request: Request, vm_id: uuid.UUID) -> Response:
        section = self.vm_section(vm_id, w.VirtualHardwareSection)
        return Response(next(item for item in section.items if item.resource_type == self.resource_type))

    def put(self, request: Request, vm_id: uuid.UUID) -> Response:
        item = self.body(request)
        change = HardwareChange(cpus=_quantity(item, "number of CPUs", MAX_CPUS))
        if item.cores_per_socket is not None and item.cores_per_socket.value is not None:
            cores = positive(item.cores_per_socket.value, "number of cores per socket", MAX_CPUS)
            change = change.merged(HardwareChange(cores_per_socket=cores))
        return self.reconfigured(vm_id, VmChange(hardware=change))


class MemoryView(CpuView):
    rights = {"GET": Rights.ORGANIZATION_VIEW, "PUT": Rights.VAPP_EDIT_MEMORY}
    resource_type = 4

    def put(self, request: Request, vm_id: uuid.UUID) -> Response:
        memory = _quantity(self.body(request), "memory size (MB)", MAX_MEMORY_MB)
        return self.reconfigured(vm_id, VmChange(hardware=HardwareChange(memory_mb=memory)))


def _quantity(item: w.RasdItem, what: str, limit: int) -> int:
    quantity = item.virtual_quantity
    if quantity is None or isinstance(quantity, Nil):
        raise BadRequest(f"The item has no VirtualQuantity: the {what} is missing.")
    return positive(quantity, what, limit)


class ItemsView(VmSectionBase):
    """The items of one kind as a RasdItemsList."""

    rights: ClassVar[str | Mapping[str, str]] = Rights.ORGANIZATION_VIEW
    path: ClassVar[str]
    resource_types: ClassVar[frozenset[int]]

    def get(self, request: Request, vm_id: uuid.UUID) -> Response:
        vm = vm_get(vm_id)
        access = self.access_of(vm.vapp)
        section = self.section_of(vm, access, w.VirtualHardwareSection)
        href = f"{self.hrefs.of('vm', vm_id)}/virtualHardwareSection/{self.path}"
        edit = self.rights.get("PUT") if isinstance(self.rights, Mapping) else None
        return Response(
            w.RasdItemsList(
                href=href,
                type="application/vnd.vmware.vcloud.rasdItemsList+xml",
                links=[w.Link(rel="edit", href=href, type="application/vnd.vmware.vcloud.rasdItemsList+xml")]
                if edit is not None and changing_access(vm, access).may(edit)
                else [],
                items=[item for item in section.items if item.resource_type in self.resource_types],
            )
        )


class DisksView(ItemsView):
    """PUT brings the complete list of hard disks. Source: python-clients.md 3, `VM disks`."""

    rights = {"GET": Rights.ORGANIZATION_VIEW, "PUT": Rights.VAPP_EDIT_DISK}
    body_types = {"PUT": w.RasdItemsList}
    path = "disks"
    resource_types = frozenset({5, 6, 17, 20})

    def put(self, request: Request, vm_id: uuid.UUID) -> Response:
        vm = vm_get(vm_id)
        return self.reconfigured(vm_id, VmChange(disks=disks_of_items(vm, self.body(request))))


class CardsView(ItemsView):
    """PUT brings the complete list of cards."""

    rights = {"GET": Rights.ORGANIZATION_VIEW, "PUT": Rights.VAPP_EDIT_NETWORK}
    body_types = {"PUT": w.RasdItemsList}
    path = "networkCards"
    resource_types = frozenset({10})

    def put(self, request: Request, vm_id: uuid.UUID) -> Response:
        return self.reconfigured(vm_id, VmChange(nics=nics_of_items(self.body(request).items)))


class SerialPortsView(ItemsView):
    path = "serialPorts"
    resource_types = frozenset({21})


class OperatingSystemView(VmSectionBase):
    rights = {"GET": Rights.ORGANIZATION_VIEW, "PUT": Rights.VM_EDIT}
    body_types = {"PUT": w.OperatingSystemSection}

    def get(self, request: Request, vm_id: uuid.UUID) -> Response:
        return Response(self.vm_section(vm_id, w.OperatingSystemSection))

    def put(self, request: Request, vm_id: uuid.UUID) -> Response:
        section = self.body(request)
        if section.os_type and len(section.os_type) > 64:
            raise BadRequest(f"The operating system {section.os_type[:80]} is not known.")
        return self.reconfigured(vm_id, VmChange(hardware=HardwareChange(os_type=section.os_type or None)))


class CapabilitiesView(VmSectionBase):
    rights = {"GET": Rights.ORGANIZATION_VIEW, "PUT": Rights.VM_EDIT}
    body_types = {"PUT": w.VmCapabilities}

    def get(self, request: Request, vm_id: uuid.UUID) -> Response:
        vm = vm_get(vm_id)
        access = changing_access(vm, self.access_of(vm.vapp))
        return Response(capabilities(vm, self.hrefs.of("vm", vm.pk), access))

    def put(self, request: Request, vm_id: uuid.UUID) -> Response:
        return self.reconfigured(vm_id, VmChange(hardware=capabilities_change(self.body(request))))


class BootOptionsView(VmSectionBase):
    rights = {"GET": Rights.ORGANIZATION_VIEW, "POST": Rights.VM_BOOT_OPTIONS}
    body_types = {"POST": w.BootOptions}

    def get(self, request: Request, vm_id: uuid.UUID) -> Response:
        vm = vm_get(vm_id)
        return Response(boot_options(vm, self.hrefs.of("vm", vm.pk)))

    def post(self, request: Request, vm_id: uuid.UUID) -> Response:
        return self.reconfigured(vm_id, VmChange(hardware=boot_change(self.body(request))))


class SpecView(VmSectionBase):
    rights = Rights.ORGANIZATION_VIEW

    def get(self, request: Request, vm_id: uuid.UUID) -> Response:
        return Response(self.vm_section(vm_id, w.VmSpecSection))


class SnapshotSectionView(VmSectionBase):
    rights = Rights.ORGANIZATION_VIEW

    def get(self, request: Request, vm_id: uuid.UUID) -> Response:
        return Response(self.vm_section(vm_id, w.SnapshotSection))


class ToggleView(VmSectionBase):
    """An action without a body that sets one property."""

    rights: ClassVar[str | Mapping[str, str]] = Rights.VM_EDIT
    change: ClassVar[HardwareChange]

    def post(self, request: Request, vm_id: uuid.UUID) -> Response:
        return self.reconfigured(vm_id, VmChange(hardware=self.change))


class EnableNestedView(ToggleView):
    change = HardwareChange(has_nested_hypervisor=True)


class DisableNestedView(ToggleView):
    change = HardwareChange(has_nested_hypervisor=False)


class CustomizeView(VAppBase):
    """Customizes the guest at its next start. Answers 204: VCD has no task for it."""

    rights = Rights.VM_EDIT

    def post(self, request: Request, vm_id: uuid.UUID) -> Response:
        services.vm_customize_next(vm_id=vm_id)
        return Response(None, status=204)


class UpgradeHardwareView(ToggleView):
    change = HardwareChange(hardware_version="vmx-19")


class ConsolidateView(ToggleView):
    """A success without work: there are no delta disks to consolidate. Source: go-clients.md 2.10."""

    change = HardwareChange()
