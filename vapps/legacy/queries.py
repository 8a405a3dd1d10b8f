"""The vApps of a VDC and the VMs of a vApp, as the query service answers."""

import uuid

from django.db.models import Q
from rest_framework.request import Request
from rest_framework.response import Response

from orgs.rights import Rights
from ssvirt.api.query import query_type, run_query
from ssvirt.api.views import LegacyView
from vapps.selectors import vapp_get
from vdcs.selectors import vdc_get


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
