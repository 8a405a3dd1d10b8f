"""Independent disks at /api: a VDC's, and in the slots of VMs."""

import uuid

from rest_framework.request import Request
from rest_framework.response import Response

from orgs.rights import Rights
from ssvirt.wire import types as w
from tasks.represent import tasks_element
from tasks.selectors import task_get, tasks_unfinished_of
from vapps.legacy.base import VAppBase
from vapps.represent_disk import attached_vms_document, disk_document, owner_document
from vapps.requests.disks import disk_change, disk_request, owner_of, slot_request
from vapps.selectors import named_disk_get
from vapps.services import disks
from vapps.services.access import disk_access
from vdcs.selectors import vdc_get


class DiskCreateView(VAppBase):
    rights = Rights.DISK_CREATE
    body_types = {"POST": w.DiskCreateParams}

    def post(self, request: Request, vdc_id: uuid.UUID) -> Response:
        vdc_get(vdc_id)  # another tenant's is refused whatever the body says
        asked = disk_request(self.body(request))
        made, task = disks.disk_create(principal=self.principal, vdc_id=vdc_id, request=asked)
        document = disk_document(
            named_disk_get(made.pk),
            self.hrefs,
            disk_access(self.principal, made),
            tasks=tasks_element([task_get(task.pk)], self.hrefs),
        )
        response = Response(document, status=201)
        response["Location"] = document.href
        return response


class DiskView(VAppBase):
    rights = {"GET": Rights.DISK_VIEW, "PUT": Rights.DISK_EDIT, "DELETE": Rights.DISK_DELETE}
    body_types = {"PUT": w.Disk}

    def get(self, request: Request, disk_id: uuid.UUID) -> Response:
        disk = named_disk_get(disk_id)
        tasks = tasks_element(list(tasks_unfinished_of([disk.pk])), self.hrefs)
        return Response(disk_document(disk, self.hrefs, disk_access(self.principal, disk), tasks=tasks))

    def put(self, request: Request, disk_id: uuid.UUID) -> Response:
        change = disk_change(self.body(request))
        return self.accepted(disks.disk_update(principal=self.principal, disk_id=disk_id, change=change))

    def delete(self, request: Request, disk_id: uuid.UUID) -> Response:
        return self.accepted(disks.disk_delete(principal=self.principal, disk_id=disk_id))


class DiskAttachedVmsView(VAppBase):
    rights = Rights.DISK_VIEW

    def get(self, request: Request, disk_id: uuid.UUID) -> Response:
        return Response(attached_vms_document(named_disk_get(disk_id), self.hrefs))


class DiskOwnerView(VAppBase):
    rights = {"GET": Rights.DISK_VIEW, "PUT": Rights.DISK_CHANGE_OWNER}
    body_types = {"PUT": w.Owner}

    def get(self, request: Request, disk_id: uuid.UUID) -> Response:
        return Response(owner_document(named_disk_get(disk_id), self.hrefs))

    def put(self, request: Request, disk_id: uuid.UUID) -> Response:
        disks.disk_change_owner(disk_id=disk_id, user_id=owner_of(self.body(request)))
        return Response(status=204)


class VmDiskAttachView(VAppBase):
    rights = Rights.VM_EDIT
    body_types = {"POST": w.DiskAttachOrDetachParams}

    def post(self, request: Request, vm_id: uuid.UUID) -> Response:
        asked = slot_request(self.body(request))
        return self.accepted(disks.disk_attach(principal=self.principal, vm_id=vm_id, request=asked))


class VmDiskDetachView(VAppBase):
    rights = Rights.VM_EDIT
    body_types = {"POST": w.DiskAttachOrDetachParams}

    def post(self, request: Request, vm_id: uuid.UUID) -> Response:
        asked = slot_request(self.body(request))
        return self.accepted(disks.disk_detach(principal=self.principal, vm_id=vm_id, request=asked))
