"""Power and deployment at /api: the same actions on vApps and VMs."""

import uuid
from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from orgs.rights import Rights
from ssvirt.core.errors import BadRequest
from ssvirt.wire import types as w
from vapps import services
from vapps.legacy.base import VAppBase

POWER_ACTIONS = ("powerOn", "powerOff", "reset", "reboot", "shutdown", "suspend")
"""Paths below power/action/. Source: go-clients.md 2.9, python-clients.md 3."""


class ActionView(VAppBase):
    """An action without a body. The operation's name in refusals is the action's."""

    rights = Rights.VAPP_POWER
    action: ClassVar[str] = ""

    def operation_name(self) -> str:
        return f"VAPP_{self.action.upper()}"


class VAppActionView(ActionView):
    def post(self, request: Request, vapp_id: uuid.UUID) -> Response:
        return self.accepted(services.vapp_act(principal=self.principal, vapp_id=vapp_id, action=self.action))


class VmActionView(ActionView):
    def post(self, request: Request, vm_id: uuid.UUID) -> Response:
        return self.accepted(services.vm_act(principal=self.principal, vm_id=vm_id, action=self.action))


def action_view(base: type[ActionView], action: str) -> Any:
    """The view of one action."""
    return type(
        f"{base.__name__.removesuffix('ActionView')}{action[0].upper()}{action[1:]}View",
        (base,),
        {"action": action},
    )


def _powers_on(params: w.DeployVAppParams | None) -> bool:
    """Absent means true (XSD default). Source: resolutions.md 2.4."""
    return not isinstance(params, w.DeployVAppParams) or params.power_on is not False


def _power_action(params: w.UndeployVAppParams | None) -> str:
    action = params.undeploy_power_action if isinstance(params, w.UndeployVAppParams) else None
    if (action or "default") not in services.UNDEPLOY_ACTIONS:
        raise BadRequest(
            f"The UndeployPowerAction {action} is not one of {', '.join(services.UNDEPLOY_ACTIONS)}."
        )
    return action or "default"


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
        action = _power_action(request.data)
        return self.accepted(
            services.vapp_undeploy(principal=self.principal, vapp_id=vapp_id, power_action=action)
        )


class VmDeployView(VAppBase):
    rights = Rights.VAPP_POWER
    body_types = {"POST": w.DeployVAppParams}

    def post(self, request: Request, vm_id: uuid.UUID) -> Response:
        params = request.data
        return self.accepted(
            services.vm_deploy(
                principal=self.principal,
                vm_id=vm_id,
                power_on=_powers_on(params),
                customize=isinstance(params, w.DeployVAppParams) and bool(params.force_customization),
            )
        )


class VmUndeployView(VAppBase):
    rights = Rights.VAPP_POWER
    body_types = {"POST": w.UndeployVAppParams}

    def post(self, request: Request, vm_id: uuid.UUID) -> Response:
        action = _power_action(request.data)
        return self.accepted(services.vm_undeploy(principal=self.principal, vm_id=vm_id, power_action=action))
