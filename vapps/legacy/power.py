"""Power and deployment at /api."""

import uuid

from rest_framework.request import Request
from rest_framework.response import Response

from orgs.rights import Rights
from ssvirt.core.errors import NotSupported
from ssvirt.wire import types as w
from vapps import services
from vapps.legacy.base import VAppBase


class VAppPowerOnView(VAppBase):
    rights = Rights.VAPP_POWER

    def post(self, request: Request, vapp_id: uuid.UUID) -> Response:
        return self.accepted(services.vapp_power_on(principal=self.principal, vapp_id=vapp_id))


class VAppPowerOffView(VAppBase):
    rights = Rights.VAPP_POWER

    def post(self, request: Request, vapp_id: uuid.UUID) -> Response:
        return self.accepted(services.vapp_power_off(principal=self.principal, vapp_id=vapp_id))


class VmPowerOnView(VAppBase):
    rights = Rights.VAPP_POWER

    def post(self, request: Request, vm_id: uuid.UUID) -> Response:
        return self.accepted(services.vm_power_on(principal=self.principal, vm_id=vm_id))


class VmPowerOffView(VAppBase):
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


class VAppDeployView(VAppBase):
    rights = Rights.VAPP_POWER
    body_types = {"POST": w.DeployVAppParams}

    def post(self, request: Request, vapp_id: uuid.UUID) -> Response:
        power_on = _powers_on(request.data)
        return self.accepted(
            services.vapp_deploy(principal=self.principal, vapp_id=vapp_id, power_on=power_on)
        )


class VAppUndeployView(VAppBase):
    rights = Rights.VAPP_POWER
    body_types = {"POST": w.UndeployVAppParams}

    def post(self, request: Request, vapp_id: uuid.UUID) -> Response:
        _check_undeploy(request.data)
        return self.accepted(services.vapp_undeploy(principal=self.principal, vapp_id=vapp_id))


class VmDeployView(VAppBase):
    rights = Rights.VAPP_POWER
    body_types = {"POST": w.DeployVAppParams}

    def post(self, request: Request, vm_id: uuid.UUID) -> Response:
        power_on = _powers_on(request.data)
        return self.accepted(services.vm_deploy(principal=self.principal, vm_id=vm_id, power_on=power_on))


class VmUndeployView(VAppBase):
    rights = Rights.VAPP_POWER
    body_types = {"POST": w.UndeployVAppParams}

    def post(self, request: Request, vm_id: uuid.UUID) -> Response:
        _check_undeploy(request.data)
        return self.accepted(services.vm_undeploy(principal=self.principal, vm_id=vm_id))
