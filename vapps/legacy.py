"""vApps and VMs at /api."""

import uuid
from typing import Any

from django.db.models import Q
from rest_framework.request import Request
from rest_framework.response import Response

from orgs.rights import Rights
from ssvirt.api.query import query_type, run_query
from ssvirt.api.versions import UNLISTED
from ssvirt.api.views import LegacyView
from ssvirt.core.errors import BadRequest, NotSupported
from ssvirt.wire import types as w
from tasks.models import Task
from tasks.represent import task_document, tasks_element
from tasks.selectors import task_get, tasks_unfinished_of
from vapps import services
from vapps.represent import metadata_document, vapp_document
from vapps.represent_vm import vm_document
from vapps.requests import compose_request, instantiate_request
from vapps.selectors import metadata_of, vapp_get, vapp_get_whole, vm_get
from vdcs.selectors import vdc_get


def flag(request: Request, name: str) -> bool:
    """A boolean of the query string; pyvcloud writes `True`, `False` and `None`. Source: python-clients.md
    6.5.
    """
    return str(request.query_params.get(name, "")).lower() == "true"


class _VAppBase(LegacyView):
    def accepted(self, task: Task) -> Response:
        """202 with the Task, and where it is."""
        document = task_document(task_get(task.pk), self.hrefs)
        response = Response(document, status=202)
        response["Location"] = document.href
        return response

    def created(self, vapp_id: uuid.UUID, task: Task) -> Response:
        """201 with the vApp, its Task inside."""
        vapp = vapp_get_whole(vapp_id)
        document = vapp_document(
            vapp, self.hrefs, self.principal, tasks=tasks_element([task_get(task.pk)], self.hrefs)
        )
        response = Response(document, status=201)
        response["Location"] = document.href
        return response

    def body(self, request: Request) -> Any:
        if request.data is None or request.data == {}:
            raise BadRequest("The request has no body.")
        return request.data


class InstantiateView(_VAppBase):
    rights = Rights.VAPP_CREATE
    body_types = {"POST": w.InstantiateVAppTemplateParams}

    def post(self, request: Request, vdc_id: uuid.UUID) -> Response:
        asked = instantiate_request(self.body(request))
        vapp, task = services.vapp_instantiate(principal=self.principal, vdc_id=vdc_id, request=asked)
        return self.created(vapp.pk, task)


class ComposeView(_VAppBase):
    rights = Rights.VAPP_CREATE
    body_types = {"POST": w.ComposeVAppParams}

    def post(self, request: Request, vdc_id: uuid.UUID) -> Response:
        asked = compose_request(self.body(request))
        vapp, task = services.vapp_compose(principal=self.principal, vdc_id=vdc_id, request=asked)
        return self.created(vapp.pk, task)


class VAppView(_VAppBase):
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


class VmView(_VAppBase):
    rights = {"GET": Rights.ORGANIZATION_VIEW, "DELETE": Rights.VAPP_DELETE}

    def get(self, request: Request, vm_id: uuid.UUID) -> Response:
        vm = vm_get(vm_id)
        tasks = tasks_element(list(tasks_unfinished_of([vm.pk])), self.hrefs)
        return Response(vm_document(vm, self.hrefs, self.principal, vapp=vm.vapp, tasks=tasks))

    def delete(self, request: Request, vm_id: uuid.UUID) -> Response:
        return self.accepted(services.vm_delete(principal=self.principal, vm_id=vm_id))


class VAppPowerOnView(_VAppBase):
    rights = Rights.VAPP_POWER

    def post(self, request: Request, vapp_id: uuid.UUID) -> Response:
        return self.accepted(services.vapp_power_on(principal=self.principal, vapp_id=vapp_id))


class VAppPowerOffView(_VAppBase):
    rights = Rights.VAPP_POWER

    def post(self, request: Request, vapp_id: uuid.UUID) -> Response:
        return self.accepted(services.vapp_power_off(principal=self.principal, vapp_id=vapp_id))


class VmPowerOnView(_VAppBase):
    rights = Rights.VAPP_POWER

    def post(self, request: Request, vm_id: uuid.UUID) -> Response:
        return self.accepted(services.vm_power_on(principal=self.principal, vm_id=vm_id))


class VmPowerOffView(_VAppBase):
    rights = Rights.VAPP_POWER

    def post(self, request: Request, vm_id: uuid.UUID) -> Response:
        return self.accepted(services.vm_power_off(principal=self.principal, vm_id=vm_id))


def _powers_on(params: w.DeployVAppParams | None) -> bool:
    """Absent means true (XSD default). Source: resolutions.md 2.4."""
    return not isinstance(params, w.DeployVAppParams) or params.power_on is not False


def _check_undeploy(params: w.UndeployVAppParams | None) -> None:
    """Every action but suspending ends in a hard power-off; what cannot be done so is refused."""
    action = params.undeploy_power_action if isinstance(params, w.UndeployVAppParams) else None
    if (action or "default") not in ("default", "powerOff", "force", "shutdown"):
        raise NotSupported(f"Undeploying with the power action {action} is not supported.")


class VAppDeployView(_VAppBase):
    rights = Rights.VAPP_POWER
    body_types = {"POST": w.DeployVAppParams}

    def post(self, request: Request, vapp_id: uuid.UUID) -> Response:
        power_on = _powers_on(request.data)
        return self.accepted(
            services.vapp_deploy(principal=self.principal, vapp_id=vapp_id, power_on=power_on)
        )


class VAppUndeployView(_VAppBase):
    rights = Rights.VAPP_POWER
    body_types = {"POST": w.UndeployVAppParams}

    def post(self, request: Request, vapp_id: uuid.UUID) -> Response:
        _check_undeploy(request.data)
        return self.accepted(services.vapp_undeploy(principal=self.principal, vapp_id=vapp_id))


class VmDeployView(_VAppBase):
    rights = Rights.VAPP_POWER
    body_types = {"POST": w.DeployVAppParams}

    def post(self, request: Request, vm_id: uuid.UUID) -> Response:
        power_on = _powers_on(request.data)
        return self.accepted(services.vm_deploy(principal=self.principal, vm_id=vm_id, power_on=power_on))


class VmUndeployView(_VAppBase):
    rights = Rights.VAPP_POWER
    body_types = {"POST": w.UndeployVAppParams}

    def post(self, request: Request, vm_id: uuid.UUID) -> Response:
        _check_undeploy(request.data)
        return self.accepted(services.vm_undeploy(principal=self.principal, vm_id=vm_id))


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


class VdcVAppsQueryView(LegacyView):
    """The vApps of a VDC, as the query service answers."""

    rights = Rights.ORGANIZATION_VIEW

    def get(self, request: Request, vdc_id: uuid.UUID) -> Response:
        vdc = vdc_get(vdc_id)
        return Response(
            run_query(
                query_type("vApp", self.principal),
                request.META.get("QUERY_STRING", ""),
                self.hrefs,
                f"/api/vdc/{vdc.pk}/vApps/query",
                only=Q(vdc=vdc),
            )
        )


class VAppVmsQueryView(LegacyView):
    """The VMs of a vApp, as the query service answers."""

    rights = Rights.ORGANIZATION_VIEW

    def get(self, request: Request, vapp_id: uuid.UUID) -> Response:
        vapp = vapp_get(vapp_id)
        return Response(
            run_query(
                query_type("vm", self.principal),
                request.META.get("QUERY_STRING", ""),
                self.hrefs,
                f"/api/vApp/{vapp.pk}/vms/query",
                only=Q(vapp=vapp),
            )
        )
