"""New vApps at /api."""

import uuid

from rest_framework.request import Request
from rest_framework.response import Response

from orgs.rights import Rights
from ssvirt.wire import types as w
from vapps import services
from vapps.legacy.base import VAppBase
from vapps.requests import compose_request, instantiate_request


class InstantiateView(VAppBase):
    rights = Rights.VAPP_CREATE
    body_types = {"POST": w.InstantiateVAppTemplateParams}

    def post(self, request: Request, vdc_id: uuid.UUID) -> Response:
        asked = instantiate_request(self.body(request))
        vapp, task = services.vapp_instantiate(principal=self.principal, vdc_id=vdc_id, request=asked)
        return self.created(vapp.pk, task)


class ComposeView(VAppBase):
    rights = Rights.VAPP_CREATE
    body_types = {"POST": w.ComposeVAppParams}

    def post(self, request: Request, vdc_id: uuid.UUID) -> Response:
        asked = compose_request(self.body(request))
        vapp, task = services.vapp_compose(principal=self.principal, vdc_id=vdc_id, request=asked)
        return self.created(vapp.pk, task)
