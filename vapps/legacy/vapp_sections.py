"""The sections of a vApp at /api: leases, start-up, networks, snapshot. And snapshots of vApps and VMs."""

import uuid
from typing import ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from orgs.rights import Rights
from ssvirt.core.errors import BadRequest
from ssvirt.wire import types as w
from vapps import services
from vapps.legacy.base import VAppBase
from vapps.selectors import vapp_get_whole
from vapps.services.starting import StartItem


class LeaseView(VAppBase):
    rights = {"GET": Rights.ORGANIZATION_VIEW, "PUT": Rights.VAPP_EDIT}
    body_types = {"PUT": w.LeaseSettingsSection}

    def get(self, request: Request, vapp_id: uuid.UUID) -> Response:
        return Response(self.section(vapp_get_whole(vapp_id), w.LeaseSettingsSection))

    def put(self, request: Request, vapp_id: uuid.UUID) -> Response:
        section = self.body(request)
        return self.accepted(
            services.lease_set(
                principal=self.principal,
                vapp_id=vapp_id,
                deployment_s=section.deployment_lease_in_seconds,
                storage_s=section.storage_lease_in_seconds,
            )
        )


class StartupView(VAppBase):
    rights = {"GET": Rights.ORGANIZATION_VIEW, "PUT": Rights.VAPP_EDIT}
    body_types = {"PUT": w.StartupSection}

    def get(self, request: Request, vapp_id: uuid.UUID) -> Response:
        return Response(self.section(vapp_get_whole(vapp_id), w.StartupSection))

    def put(self, request: Request, vapp_id: uuid.UUID) -> Response:
        items = [_start_item(item) for item in self.body(request).items]
        return self.accepted(services.startup_set(principal=self.principal, vapp_id=vapp_id, items=items))


def _start_item(item: w.StartupItem) -> StartItem:
    """Source: ovf StartupSection_Type; only what is given changes."""
    if not item.id:
        raise BadRequest("An Item of the StartupSection has no id: it names the VM.")
    for what, value in (
        ("order", item.order),
        ("startDelay", item.start_delay),
        ("stopDelay", item.stop_delay),
    ):
        if value is not None and not 0 <= value <= 32_000:
            raise BadRequest(f"The {what} of {item.id} must be between 0 and 32000, not {value}.")
    for what, action, allowed in (
        ("startAction", item.start_action, ("powerOn", "none")),
        ("stopAction", item.stop_action, ("powerOff", "guestShutdown", "suspend", "none")),
    ):
        if action and action not in allowed:
            raise BadRequest(f"The {what} {action} of {item.id} is not one of {', '.join(allowed)}.")
    return StartItem(
        vm_name=item.id,
        order=item.order,
        start_action=item.start_action or None,
        start_delay_s=item.start_delay,
        stop_action=item.stop_action or None,
        stop_delay_s=item.stop_delay,
    )


class NetworkSectionView(VAppBase):
    rights = Rights.ORGANIZATION_VIEW

    def get(self, request: Request, vapp_id: uuid.UUID) -> Response:
        return Response(self.section(vapp_get_whole(vapp_id), w.NetworkSection))


class VAppSnapshotSectionView(VAppBase):
    rights = Rights.ORGANIZATION_VIEW

    def get(self, request: Request, vapp_id: uuid.UUID) -> Response:
        return Response(self.section(vapp_get_whole(vapp_id), w.SnapshotSection))


class _SnapshotView(VAppBase):
    rights = Rights.VAPP_SNAPSHOT
    action: ClassVar[str]

    def memory(self, request: Request) -> bool:
        return isinstance(request.data, w.CreateSnapshotParams) and bool(request.data.memory)


class VAppSnapshotView(_SnapshotView):
    def post(self, request: Request, vapp_id: uuid.UUID) -> Response:
        return self.accepted(
            services.vapp_snapshot(
                principal=self.principal, vapp_id=vapp_id, action=self.action, memory=self.memory(request)
            )
        )


class VmSnapshotView(_SnapshotView):
    def post(self, request: Request, vm_id: uuid.UUID) -> Response:
        return self.accepted(
            services.vm_snapshot(
                principal=self.principal, vm_id=vm_id, action=self.action, memory=self.memory(request)
            )
        )


class VAppCreateSnapshotView(VAppSnapshotView):
    action = "createSnapshot"
    body_types = {"POST": w.CreateSnapshotParams}


class VAppRevertSnapshotView(VAppSnapshotView):
    action = "revertSnapshot"


class VAppRemoveSnapshotsView(VAppSnapshotView):
    action = "removeSnapshots"


class VmCreateSnapshotView(VmSnapshotView):
    action = "createSnapshot"
    body_types = {"POST": w.CreateSnapshotParams}


class VmRevertSnapshotView(VmSnapshotView):
    action = "revertSnapshot"


class VmRemoveSnapshotsView(VmSnapshotView):
    action = "removeSnapshots"
