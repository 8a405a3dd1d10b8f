"""The CD drive of VMs at /api, and the questions that a machine might ask about it."""

import uuid

from rest_framework.request import Request
from rest_framework.response import Response

from catalogs.selectors import media_named
from orgs.rights import Rights
from ssvirt.core.errors import Forbidden, NotSupported
from ssvirt.wire import types as w
from vapps.legacy.base import VAppBase
from vapps.legacy.sections import ItemsView
from vapps.requests.disks import media_names, medium_of
from vapps.selectors import vm_get
from vapps.services import VmChange, media


class VmInsertMediaView(VAppBase):
    rights = Rights.VM_EDIT
    body_types = {"POST": w.MediaInsertOrEjectParams}

    def post(self, request: Request, vm_id: uuid.UUID) -> Response:
        media_id = medium_of(self.body(request))
        return self.accepted(media.media_insert(principal=self.principal, vm_id=vm_id, media_id=media_id))


class VmEjectMediaView(VAppBase):
    """The medium need not be named. Source: vApp.xsd MediaInsertOrEjectParamsType."""

    rights = Rights.VM_EDIT
    body_types = {"POST": w.MediaInsertOrEjectParams}

    def post(self, request: Request, vm_id: uuid.UUID) -> Response:
        media_id = medium_of(request.data)
        return self.accepted(media.media_eject(principal=self.principal, vm_id=vm_id, media_id=media_id))


class DrivesView(ItemsView):
    """The drives as items. PUT names the medium that is to be in one, or none: pyvcloud's `update_vhs_media`."""

    rights = {"GET": Rights.ORGANIZATION_VIEW, "PUT": Rights.VM_EDIT}
    body_types = {"PUT": w.RasdItemsList}
    path = "media"
    resource_types = frozenset({5, 6, 14, 15, 20})

    def put(self, request: Request, vm_id: uuid.UUID) -> Response:
        section = self.vm_section(vm_id, w.VirtualHardwareSection)
        present, wanted = media_names(section.items), media_names(self.body(request).items)
        if present.keys() != wanted.keys():
            raise NotSupported("Drives cannot be added or removed: a VM has one CD drive.")
        changed = [name for number, name in wanted.items() if name != present[number]]
        if not changed:
            return self.reconfigured(vm_id, VmChange())
        if not changed[0]:
            return self.accepted(media.media_eject(principal=self.principal, vm_id=vm_id, media_id=None))
        media_id = media_named(changed[0]).pk
        return self.accepted(media.media_insert(principal=self.principal, vm_id=vm_id, media_id=media_id))


class VmQuestionView(VAppBase):
    """A machine on KubeVirt asks nothing: 403, which clients read as "no question" (go-clients.md 2.10)."""

    rights = Rights.ORGANIZATION_VIEW

    def get(self, request: Request, vm_id: uuid.UUID) -> Response:
        raise _no_question(vm_get(vm_id).name)


class VmAnswerView(VAppBase):
    rights = Rights.VM_EDIT
    body_types = {"POST": w.VmQuestionAnswer}

    def post(self, request: Request, vm_id: uuid.UUID) -> Response:
        raise _no_question(vm_get(vm_id).name)


def _no_question(name: str) -> Forbidden:
    return Forbidden(f'The VM "{name}" has no pending question.')
