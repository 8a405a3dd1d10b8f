"""VDCs and networks at /api."""

import uuid

from django.db.models import Q
from rest_framework.request import Request
from rest_framework.response import Response

from orgs.rights import Rights
from orgs.selectors import org_get
from ssvirt.api.links import vdc_entities
from ssvirt.api.query import query_type, run_query
from ssvirt.api.views import LegacyView
from ssvirt.wire import types as w
from tasks.represent import tasks_element
from tasks.selectors import tasks_unfinished_of
from vdcs.models import IpRange
from vdcs.represent import network_document, vdc_document
from vdcs.selectors import network_get, networks_of, storage_policies_of, vdc_get


class VdcView(LegacyView):
    rights = Rights.VDC_VIEW

    def get(self, request: Request, vdc_id: uuid.UUID) -> Response:
        vdc = vdc_get(vdc_id)
        return Response(
            vdc_document(
                vdc,
                self.hrefs,
                self.principal,
                entities=vdc_entities(vdc.pk, self.hrefs),
                networks=networks_of(vdc),
                policies=storage_policies_of(vdc),
                tasks=tasks_element(list(tasks_unfinished_of([vdc.pk])), self.hrefs),
            )
        )


class OrgVdcsQueryView(LegacyView):
    """The VDCs of an organization, as the query service answers."""

    rights = Rights.VDC_VIEW

    def get(self, request: Request, org_id: uuid.UUID) -> Response:
        org = org_get(org_id)
        return Response(
            run_query(
                query_type("orgVdc", self.principal),
                request.META.get("QUERY_STRING", ""),
                self.hrefs,
                f"/api/org/{org.pk}/vdcs/query",
                only=Q(org=org),
            )
        )


class VdcControlAccessView(LegacyView):
    """VDCs are shared with their whole organization; per-user access lists are not kept."""

    rights = Rights.VDC_VIEW

    def get(self, request: Request, vdc_id: uuid.UUID) -> Response:
        vdc_get(vdc_id)
        return Response(w.ControlAccessParams(is_shared_to_everyone=True, everyone_access_level="ReadOnly"))


class NetworkView(LegacyView):
    rights = Rights.NETWORK_VIEW

    def get(self, request: Request, network_id: uuid.UUID) -> Response:
        network = network_get(network_id)
        ranges = list(IpRange.objects.filter(network=network))
        return Response(network_document(network, ranges, self.hrefs))
