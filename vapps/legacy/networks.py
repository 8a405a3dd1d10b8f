"""Networks of vApps at /api: the whole section, and each by itself."""

import uuid

from rest_framework.request import Request
from rest_framework.response import Response

from orgs.rights import Rights
from ssvirt.api.links import address_holders
from ssvirt.wire import types as w
from vapps import services
from vapps.legacy.base import VAppBase
from vapps.models import VAppNetwork
from vapps.represent_sections import vapp_network_document
from vapps.requests.names import description_of, entity_name
from vapps.requests.networks import configured_network, network_requests
from vapps.selectors import vapp_allocations_of, vapp_get_whole, vapp_network_get
from vapps.services.access import vapp_require
from vdcs.represent import allocated_addresses_document


class NetworkConfigView(VAppBase):
    rights = {"GET": Rights.ORGANIZATION_VIEW, "PUT": Rights.VAPP_EDIT}
    body_types = {"PUT": w.NetworkConfigSection}

    def get(self, request: Request, vapp_id: uuid.UUID) -> Response:
        return Response(self.section(vapp_get_whole(vapp_id), w.NetworkConfigSection))

    def put(self, request: Request, vapp_id: uuid.UUID) -> Response:
        asked = network_requests(self.body(request))
        return self.accepted(
            services.vapp_networks_set(principal=self.principal, vapp_id=vapp_id, request=asked)
        )


class VAppNetworkBase(VAppBase):
    def network(self, network_id: uuid.UUID) -> VAppNetwork:
        """The network; whoever changes it needs access to its vApp."""
        network = vapp_network_get(network_id)
        level = self.access.get(self.request.method or "")
        if level is not None:
            vapp_require(
                principal=self.principal, vapp_id=network.vapp_id, level=level, what=self.operation_name()
            )
        return network


class VAppNetworkView(VAppNetworkBase):
    """`/api/network/{id}` where the network is a vApp's. Source: go-clients.md 2.9."""

    rights = {"GET": Rights.ORGANIZATION_VIEW, "PUT": Rights.VAPP_EDIT, "DELETE": Rights.VAPP_EDIT}
    body_types = {"PUT": w.VAppNetwork}

    def get(self, request: Request, network_id: uuid.UUID) -> Response:
        network = self.network(network_id)
        return Response(vapp_network_document(network, self.hrefs, self.access_of(network.vapp)))

    def put(self, request: Request, network_id: uuid.UUID) -> Response:
        network = self.network(network_id)
        document = self.body(request)
        asked = configured_network(
            entity_name(document.name or network.name, "vApp network"),
            description_of(document.description, "vApp network"),
            document.configuration or w.NetworkConfiguration(),
        )
        return self.accepted(
            services.vapp_network_set(principal=self.principal, network_id=network_id, request=asked)
        )

    def delete(self, request: Request, network_id: uuid.UUID) -> Response:
        self.network(network_id)
        return self.accepted(services.vapp_network_delete(principal=self.principal, network_id=network_id))


class VAppNetworkResetView(VAppNetworkBase):
    rights = Rights.VAPP_EDIT

    def post(self, request: Request, network_id: uuid.UUID) -> Response:
        self.network(network_id)
        return self.accepted(services.vapp_network_reset(principal=self.principal, network_id=network_id))


class VAppNetworkAddressesView(VAppNetworkBase):
    """The addresses that the vApp's VMs have in the network."""

    rights = Rights.ORGANIZATION_VIEW

    def get(self, request: Request, network_id: uuid.UUID) -> Response:
        network = self.network(network_id)
        allocations = vapp_allocations_of(network)
        holders = address_holders([each.nic_id for each in allocations])
        href = self.hrefs.of("vAppNetwork", network.pk, "/allocatedAddresses/")
        return Response(allocated_addresses_document(allocations, holders, href, self.hrefs))


NETWORK_VIEWS = {
    "": VAppNetworkView,
    "action/reset": VAppNetworkResetView,
    "allocatedAddresses": VAppNetworkAddressesView,
}
