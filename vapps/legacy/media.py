"""The CD drive of VMs at /api, and the questions that a machine might ask about it."""

import uuid

from rest_framework.request import Request
from rest_framework.response import Response

from orgs.rights import Rights
from ssvirt.core.errors import Forbidden
from ssvirt.wire import types as w
from vapps.legacy.base import VAppBase
from vapps.requests.disks import medium_of
from vapps.selectors import vm_get
from vapps.services import media


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
