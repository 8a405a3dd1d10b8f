"""New vApps and new VMs at /api."""

import uuid
from collections.abc import Callable
from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from orgs.rights import Rights
from ssvirt.wire import types as w
from tasks.models import Task
from vapps import services
from vapps.legacy.base import VAppBase
from vapps.models import VApp
from vapps.requests import (
    VAppRequest,
    clone_request,
    compose_request,
    instantiate_request,
    move_request,
    recompose_request,
    standalone_from_template,
    standalone_request,
)
from vdcs.selectors import vdc_get


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


class CloneView(VAppBase):
    rights = Rights.VAPP_COPY
    body_types = {"POST": w.CloneVAppParams}

    def post(self, request: Request, vdc_id: uuid.UUID) -> Response:
        vdc_get(vdc_id)  # another tenant's is refused whatever the body says
        asked = clone_request(self.body(request))
        vapp, task = services.vapp_clone(principal=self.principal, vdc_id=vdc_id, request=asked)
        return self.created(vapp.pk, task)


class MoveView(VAppBase):
    """202 with the Task. The vApp gets new ids: it is copied, then its original goes."""

    rights = Rights.VAPP_COPY
    body_types = {"POST": w.MoveVAppParams}

    def post(self, request: Request, vdc_id: uuid.UUID) -> Response:
        vdc_get(vdc_id)
        asked = move_request(self.body(request))
        return self.accepted(services.vapp_move(principal=self.principal, vdc_id=vdc_id, request=asked))


class _StandaloneView(VAppBase):
    """202 with the Task, whose owner is the hidden vApp. Source: go-clients.md 2.10 c and d."""

    rights = Rights.VAPP_CREATE
    read: ClassVar[Callable[[Any], VAppRequest]]

    def post(self, request: Request, vdc_id: uuid.UUID) -> Response:
        vdc_get(vdc_id)
        asked = type(self).read(self.body(request))
        made: tuple[VApp, Task] = services.vm_create_alone(
            principal=self.principal, vdc_id=vdc_id, request=asked
        )
        return self.accepted(made[1])


class CreateVmView(_StandaloneView):
    body_types = {"POST": w.CreateVmParams}
    read = staticmethod(standalone_request)


class InstantiateVmView(_StandaloneView):
    body_types = {"POST": w.InstantiateVmTemplateParams}
    read = staticmethod(standalone_from_template)


class RecomposeView(VAppBase):
    """Also the founding plan's `POST /api/vApp/{id}/vms`, with the same body."""

    rights = Rights.VAPP_EDIT
    body_types = {"POST": w.RecomposeVAppParams}

    def post(self, request: Request, vapp_id: uuid.UUID) -> Response:
        asked = recompose_request(self.body(request))
        return self.accepted(
            services.vapp_recompose(principal=self.principal, vapp_id=vapp_id, request=asked)
        )
