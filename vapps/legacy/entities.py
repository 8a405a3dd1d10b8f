"""vApps and VMs at /api."""

import uuid

from rest_framework.request import Request
from rest_framework.response import Response

from orgs.rights import Rights
from tasks.represent import tasks_element
from tasks.selectors import tasks_unfinished_of
from vapps import services
from vapps.legacy.base import VAppBase, flag
from vapps.represent import vapp_document
from vapps.represent_vm import vm_document
from vapps.selectors import vapp_get_whole, vm_get


class VAppView(VAppBase):
    rights = {"GET": Rights.ORGANIZATION_VIEW, "DELETE": Rights.VAPP_DELETE}

    def get(self, request: Request, vapp_id: uuid.UUID) -> Response:
        vapp = vapp_get_whole(vapp_id)
        tasks = list(tasks_unfinished_of([vapp.pk]))
        return Response(
            vapp_document(vapp, self.hrefs, self.principal, tasks=tasks_element(tasks, self.hrefs))
        )

    def delete(self, request: Request, vapp_id: uuid.UUID) -> Response:
        return self.accepted(
            services.vapp_delete(principal=self.principal, vapp_id=vapp_id, force=flag(request, "force"))
        )


class VmView(VAppBase):
    rights = {"GET": Rights.ORGANIZATION_VIEW, "DELETE": Rights.VAPP_DELETE}

    def get(self, request: Request, vm_id: uuid.UUID) -> Response:
        vm = vm_get(vm_id)
        tasks = tasks_element(list(tasks_unfinished_of([vm.pk])), self.hrefs)
        return Response(vm_document(vm, self.hrefs, self.principal, vapp=vm.vapp, tasks=tasks))

    def delete(self, request: Request, vm_id: uuid.UUID) -> Response:
        return self.accepted(services.vm_delete(principal=self.principal, vm_id=vm_id))
