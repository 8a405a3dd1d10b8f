"""Access lists and metadata of vApps and VMs at /api."""

import uuid

from rest_framework.request import Request
from rest_framework.response import Response

from orgs.rights import Rights
from ssvirt.api.versions import UNLISTED
from ssvirt.api.views import LegacyView
from ssvirt.wire import types as w
from vapps.represent import metadata_document
from vapps.selectors import metadata_of, vapp_get, vm_get


class VAppControlAccessView(LegacyView):
    """vApps are shared with their whole organization's administrators only; access lists are not kept yet."""

    rights = Rights.VAPP_VIEW_ACL

    def get(self, request: Request, vapp_id: uuid.UUID) -> Response:
        vapp_get(vapp_id)
        return Response(w.ControlAccessParams(is_shared_to_everyone=False))


class VAppMetadataView(LegacyView):
    rights = Rights.ORGANIZATION_VIEW

    def get(self, request: Request, vapp_id: uuid.UUID) -> Response:
        vapp = vapp_get(vapp_id)
        plain = self.wire.requested in UNLISTED
        return Response(metadata_document("vApp", vapp.pk, metadata_of(vapp.pk), self.hrefs, plain=plain))


class VmMetadataView(LegacyView):
    rights = Rights.ORGANIZATION_VIEW

    def get(self, request: Request, vm_id: uuid.UUID) -> Response:
        vm = vm_get(vm_id)
        plain = self.wire.requested in UNLISTED
        return Response(metadata_document("vm", vm.pk, metadata_of(vm.pk), self.hrefs, plain=plain))
