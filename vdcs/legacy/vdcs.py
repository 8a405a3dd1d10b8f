"""VDCs, their storage profiles and hardware versions at /api."""

import uuid

from rest_framework.request import Request
from rest_framework.response import Response

from orgs.rights import Rights
from orgs.selectors import org_get
from ssvirt.api.links import vdc_entities
from ssvirt.api.query_views import ContentQueryView
from ssvirt.api.views import SIGNED_IN
from tasks.represent import tasks_element
from tasks.selectors import tasks_unfinished_of
from vdcs.legacy.base import VdcBase
from vdcs.models import Vdc
from vdcs.represent import (
    VdcParts,
    admin_vdc_document,
    compute_policies_document,
    hardware_version_document,
    hardware_version_href,
    hardware_version_known,
    storage_profile_document,
    systems_document,
    vdc_document,
)
from vdcs.selectors import (
    compute_policies,
    default_compute_policy_of,
    networks_of,
    storage_policies_of,
    storage_policy_of_scope,
    vdc_get,
)


class VdcView(VdcBase):
    rights = Rights.VDC_VIEW

    def get(self, request: Request, vdc_id: uuid.UUID) -> Response:
        vdc = vdc_get(vdc_id)
        return Response(vdc_document(vdc, self.parts(vdc), self.hrefs, self.principal))

    def parts(self, vdc: Vdc) -> VdcParts:
        """Everything below the VDC, one statement per kind."""
        return VdcParts(
            entities=vdc_entities(vdc.pk, self.hrefs),
            networks=networks_of(vdc),
            storage_policies=storage_policies_of(vdc),
            compute_policy=default_compute_policy_of(vdc),
            tasks=tasks_element(list(tasks_unfinished_of([vdc.pk])), self.hrefs),
        )


class AdminVdcView(VdcView):
    def get(self, request: Request, vdc_id: uuid.UUID) -> Response:
        vdc = vdc_get(vdc_id)
        return Response(admin_vdc_document(vdc, self.parts(vdc), self.hrefs, self.principal))


class OrgVdcsQueryView(ContentQueryView):
    """The VDCs of an organization."""

    rights = Rights.VDC_VIEW
    query = "orgVdc"
    column = "org"
    find = staticmethod(org_get)


class ComputePoliciesView(VdcBase):
    rights = Rights.COMPUTE_POLICY_VIEW

    def get(self, request: Request, vdc_id: uuid.UUID) -> Response:
        vdc = vdc_get(vdc_id)
        return Response(compute_policies_document(vdc, compute_policies(vdc).order_by("name"), self.hrefs))


class HardwareVersionView(VdcBase):
    rights = Rights.VDC_VIEW

    def get(self, request: Request, vdc_id: uuid.UUID, hardware_version: str) -> Response:
        vdc = vdc_get(vdc_id)
        name = hardware_version_known(hardware_version)
        return Response(hardware_version_document(name, hardware_version_href(vdc, name, self.hrefs)))


class SupportedSystemsView(VdcBase):
    rights = SIGNED_IN

    def get(self, request: Request) -> Response:
        return Response(systems_document(self.hrefs))


class VdcStorageProfileView(VdcBase):
    rights = Rights.VDC_VIEW

    def get(self, request: Request, storage_profile_id: uuid.UUID) -> Response:
        row = storage_policy_of_scope(storage_profile_id)
        return Response(storage_profile_document(row, self.hrefs, is_admin=False))


class AdminVdcStorageProfileView(VdcBase):
    rights = Rights.VDC_VIEW

    def get(self, request: Request, storage_profile_id: uuid.UUID) -> Response:
        row = storage_policy_of_scope(storage_profile_id)
        return Response(storage_profile_document(row, self.hrefs, is_admin=True))
