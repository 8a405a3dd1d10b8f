"""Organization VDC networks at /cloudapi."""

import uuid
from typing import Final

from rest_framework.request import Request
from rest_framework.response import Response

from orgs.rights import Rights
from ssvirt.api.cloud import Listing, Members, accepted, list_response
from ssvirt.api.query import Field
from ssvirt.api.views import CloudApiView
from ssvirt.core.errors import NotSupported
from tasks.services import Actor
from vdcs.cloudapi.network_documents import KIND_OF, network_document, network_request, require_unmoved
from vdcs.selectors import org_network_shown, org_networks, vdc_get
from vdcs.services import network_create, network_delete, network_update

_LISTING: Final = Listing(
    model="VdcNetworks",
    fields={
        "id": Field("pk", "reference"),
        "name": Field("name"),
        "networkType": Field("kind"),
        "ownerRef.id": Field("vdc_id", "reference"),
        "ownerRef.name": Field("vdc__name"),
        "orgVdc.id": Field("vdc_id", "reference"),
        "orgVdc.name": Field("vdc__name"),
        "orgRef.id": Field("org_id", "reference"),
        "orgRef.name": Field("org__name"),
        "connection.routerRef.id": Field("edge_gateway_id", "reference"),
        "shared": Field("is_shared", "flag"),
        "_context": Field("context"),
        "vAppUplinkEligible": Field("is_uplink_eligible", "flag"),
    },
    values={"networkType": lambda written: str(KIND_OF.get(written.upper(), written))},
    page_size=16,
    max_page_size=32,
)
"""Source: the annotations of CloudAPI VdcNetwork; page sizes: CloudAPI orgVdcNetworks."""
_NO_DHCP: Final = {
    "enabled": False,
    "leaseTime": None,
    "dhcpPools": [],
    "mode": None,
    "ipAddress": None,
    "dnsServers": None,
}
"""Source: CloudAPI VdcNetworkDhcpConfig."""


class _NetworkBase(CloudApiView):
    def actor(self) -> Actor:
        principal = self.principal
        return Actor(
            user_id=principal.user_id, user_name=principal.user_name, request_id=principal.request_id
        )


class NetworksView(_NetworkBase):
    rights = {"GET": Rights.NETWORK_VIEW, "POST": Rights.NETWORK_EDIT}

    def get(self, request: Request) -> Response:
        return list_response(request, self.hrefs, org_networks(), _LISTING, network_document)

    def post(self, request: Request) -> Response:
        asked = network_request(Members(request.data))
        _, task = network_create(
            vdc=vdc_get(asked.require_vdc_id()),
            name=asked.name,
            kind=asked.require_kind(),
            gateway=asked.gateway,
            prefix_length=asked.prefix_length,
            ranges=asked.ranges,
            dns=asked.dns,
            dns_suffix=asked.dns_suffix or "",
            description=asked.description or "",
            is_shared=bool(asked.is_shared),
            edge_gateway_id=asked.edge_gateway_id,
            actor=self.actor(),
        )
        return accepted(task.pk, self.hrefs)


class NetworkView(_NetworkBase):
    """A filter on the item, which some clients send, tells nothing more: the id decides."""

    rights = {"GET": Rights.NETWORK_VIEW, "PUT": Rights.NETWORK_EDIT, "DELETE": Rights.NETWORK_EDIT}

    def get(self, request: Request, network_id: uuid.UUID) -> Response:
        return Response(network_document(org_network_shown(network_id)))

    def put(self, request: Request, network_id: uuid.UUID) -> Response:
        network = org_network_shown(network_id)
        asked = network_request(Members(request.data))
        require_unmoved(network, asked)
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
        return accepted(task.pk, self.hrefs)

    def delete(self, request: Request, network_id: uuid.UUID) -> Response:
        org_network_shown(network_id)
        return accepted(network_delete(network_id=network_id, actor=self.actor()).pk, self.hrefs)


class NetworkDhcpView(_NetworkBase):
    """No network has a DHCP service that a tenant could set up: addresses come from the static pool."""

    rights = {"GET": Rights.NETWORK_VIEW, "PUT": Rights.NETWORK_EDIT, "DELETE": Rights.NETWORK_EDIT}

    def get(self, request: Request, network_id: uuid.UUID) -> Response:
        org_network_shown(network_id)
        return Response(_NO_DHCP)

    def put(self, request: Request, network_id: uuid.UUID) -> Response:
        network = org_network_shown(network_id)
        body = Members(request.data)
        if body.flag("enabled", True) or body.objects("dhcpPools"):
            raise NotSupported(f'A DHCP service on the network "{network.name}" is not supported.')
        return Response(_NO_DHCP)

    def delete(self, request: Request, network_id: uuid.UUID) -> Response:
        org_network_shown(network_id)
        return Response(None, status=204)
