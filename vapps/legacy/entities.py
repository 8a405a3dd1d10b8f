"""vApps and VMs at /api."""

import uuid

from rest_framework.request import Request
from rest_framework.response import Response

from orgs.rights import Rights
from ssvirt.wire import types as w
from tasks.represent import tasks_element
from tasks.selectors import tasks_unfinished_of
from vapps import services
from vapps.legacy.base import VAppBase, flag
from vapps.represent import vapp_document
from vapps.represent_vm import vm_document
from vapps.requests import description_of, entity_name
from vapps.requests.documents import properties_change
from vapps.selectors import vapp_get_whole, vm_get


class VAppView(VAppBase):
    """PUT changes name, description and leases; sections have addresses of their own."""

    rights = {"GET": Rights.ORGANIZATION_VIEW, "PUT": Rights.VAPP_EDIT, "DELETE": Rights.VAPP_DELETE}
    body_types = {"PUT": w.VApp}

    def get(self, request: Request, vapp_id: uuid.UUID) -> Response:
        vapp = vapp_get_whole(vapp_id)
        tasks = tasks_unfinished_of([vapp.pk, *(vm.pk for vm in vapp.vms.all())])
        return Response(vapp_document(vapp, self.hrefs, self.access_of(vapp), tasks=list(tasks)))

    def put(self, request: Request, vapp_id: uuid.UUID) -> Response:
        document = self.body(request)
        name = entity_name(document.name, "vApp") if document.name is not None else None
        description = document.description
        return self.accepted(
            services.vapp_update(
                principal=self.principal,
                vapp_id=vapp_id,
                name=name,
                description=description_of(description, "vApp") if description is not None else None,
            )
        )

    def delete(self, request: Request, vapp_id: uuid.UUID) -> Response:
        return self.accepted(
            services.vapp_delete(principal=self.principal, vapp_id=vapp_id, force=flag(request, "force"))
        )


class VmView(VAppBase):
    """PUT changes the VM's own properties; the rest goes by reconfigureVm. Source: go-clients.md 2.10."""

    rights = {"GET": Rights.ORGANIZATION_VIEW, "PUT": Rights.VM_EDIT, "DELETE": Rights.VAPP_DELETE}
    body_types = {"PUT": w.Vm}

    def get(self, request: Request, vm_id: uuid.UUID) -> Response:
        vm = vm_get(vm_id)
        tasks = tasks_element(list(tasks_unfinished_of([vm.pk])), self.hrefs)
        return Response(vm_document(vm, self.hrefs, self.access_of(vm.vapp), vapp=vm.vapp, tasks=tasks))

    def put(self, request: Request, vm_id: uuid.UUID) -> Response:
        change = properties_change(self.body(request))
        return self.accepted(services.vm_reconfigure(principal=self.principal, vm_id=vm_id, change=change))

    def delete(self, request: Request, vm_id: uuid.UUID) -> Response:
        return self.accepted(services.vm_delete(principal=self.principal, vm_id=vm_id))
