"""Networks and edge gateways at /api."""

import uuid
from typing import Any, ClassVar

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework.request import Request
from rest_framework.response import Response

from orgs.rights import Rights
from ssvirt.api.links import address_holders, network_view
from ssvirt.api.query_views import ContentQueryView
from ssvirt.wire import types as w
from tasks.represent import tasks_element
from tasks.selectors import task_get, tasks_unfinished_of
from vdcs.legacy.base import VdcBase
from vdcs.models import Network, NetworkKind
from vdcs.represent import allocated_addresses_document, edge_gateway_document, network_document
from vdcs.requests import network_request
from vdcs.selectors import allocations_of, edge_gateway_get, org_network_get, ranges_of, vdc_get
from vdcs.services import network_create, network_delete, network_reset, network_update


class SharedPath(VdcBase):
    """A path that org VDC networks share with networks of other apps (vApps'): theirs go to their own view."""

    part: ClassVar[str]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        other = network_view(kwargs["network_id"], self.part)
        if other is not None:
            answer: HttpResponseBase = other.as_view()(request, *args, **kwargs)
            return answer
        return super().dispatch(request, *args, **kwargs)


class NetworkBase(VdcBase):
    kind: ClassVar[str] = "network"
    """Whose href the answers carry."""

    def document(self, network: Network, tasks: w.TasksInProgress | None) -> w.OrgVdcNetwork:
        return network_document(
            network, ranges_of(network), self.hrefs, self.principal, kind=self.kind, tasks=tasks
        )


class NetworkView(SharedPath, NetworkBase):
    """An org VDC network."""

    part = ""
    rights = {
        "GET": Rights.NETWORK_VIEW,
        "PUT": Rights.NETWORK_EDIT,
        "DELETE": Rights.NETWORK_EDIT,
    }
    body_types = {"PUT": w.OrgVdcNetwork}

    def get(self, request: Request, network_id: uuid.UUID) -> Response:
        network = org_network_get(network_id)
        tasks = tasks_element(list(tasks_unfinished_of([network.pk])), self.hrefs)
        return Response(self.document(network, tasks))

    def put(self, request: Request, network_id: uuid.UUID) -> Response:
        network = org_network_get(network_id)
        asked = network_request(self.body(request), unchanged_kind=NetworkKind(network.kind))
        _, task = network_update(
            network_id=network_id,
            actor=self.actor(),
            name=asked.name,
            description=asked.description,
            gateway=asked.gateway,
            prefix_length=asked.prefix_length,
            ranges=asked.ranges,
            dns=asked.dns,
            dns_suffix=asked.dns_suffix,
            is_shared=asked.is_shared,
        )
        return self.accepted(task)

    def delete(self, request: Request, network_id: uuid.UUID) -> Response:
        return self.accepted(network_delete(network_id=network_id, actor=self.actor()))


class AdminNetworkView(NetworkView):
    kind = "adminNetwork"


class NetworkResetView(SharedPath):
    part = "action/reset"
    rights = Rights.NETWORK_EDIT

    def post(self, request: Request, network_id: uuid.UUID) -> Response:
        return self.accepted(network_reset(network_id=network_id, actor=self.actor()))


class NetworkAddressesView(SharedPath):
    """The addresses in use, with who has them."""

    part = "allocatedAddresses"
    rights = Rights.NETWORK_VIEW
    kind: ClassVar[str] = "network"

    def get(self, request: Request, network_id: uuid.UUID) -> Response:
        network = org_network_get(network_id)
        allocations = allocations_of(network)
        holders = address_holders([each.nic_id for each in allocations])
        href = self.hrefs.of(self.kind, network.pk, "/allocatedAddresses/")
        return Response(allocated_addresses_document(allocations, holders, href, self.hrefs))


class AdminNetworkAddressesView(NetworkAddressesView):
    kind = "adminNetwork"


class VdcNetworksView(ContentQueryView, NetworkBase):
    """Making networks; the list is the query service's. Source: go-clients.md 2.12: exactly one Task."""

    rights = {"GET": Rights.NETWORK_VIEW, "POST": Rights.NETWORK_EDIT}
    body_types = {"POST": w.OrgVdcNetwork}
    kind = "adminNetwork"
    query = "orgVdcNetwork"
    column = "vdc"
    find = staticmethod(vdc_get)

    def post(self, request: Request, vdc_id: uuid.UUID) -> Response:
        vdc = vdc_get(vdc_id)
        asked = network_request(self.body(request))
        network, task = network_create(
            vdc=vdc,
            name=asked.name,
            kind=asked.kind,
            gateway=asked.gateway,
            prefix_length=asked.prefix_length,
            actor=self.actor(),
            ranges=asked.ranges,
            dns=asked.dns,
            dns_suffix=asked.dns_suffix,
            description=asked.description,
            is_shared=asked.is_shared,
            edge_gateway_id=asked.edge_gateway_id,
        )
        tasks = tasks_element([task_get(task.pk)], self.hrefs)
        document = self.document(org_network_get(network.pk), tasks)
        response = Response(document, status=201)
        response["Location"] = document.href
        return response


class EdgeGatewayView(VdcBase):
    rights = Rights.NETWORK_VIEW

    def get(self, request: Request, edge_gateway_id: uuid.UUID) -> Response:
        return Response(edge_gateway_document(edge_gateway_get(edge_gateway_id), self.hrefs))


class VdcEdgeGatewaysView(ContentQueryView):
    """The edge gateways of a VDC."""

    rights = Rights.NETWORK_VIEW
    query = "edgeGateway"
    column = "vdc"
    find = staticmethod(vdc_get)
