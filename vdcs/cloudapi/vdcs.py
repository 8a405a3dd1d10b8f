"""VDCs at /cloudapi, and what clients ask of them."""

import uuid
from typing import Any, Final

from rest_framework.request import Request
from rest_framework.response import Response

from orgs.rights import Rights
from ssvirt.api.cloud import whole_list
from ssvirt.api.hrefs import entity_urn
from ssvirt.api.views import CloudApiView
from vdcs.models import AllocationModel
from vdcs.selectors import vdc_get

_ALLOCATION_TYPES: Final = {
    AllocationModel.PAY_AS_YOU_GO: "ALLOCATION_VAPP",
    AllocationModel.ALLOCATION_POOL: "ALLOCATION_POOL",
    AllocationModel.RESERVATION_POOL: "RESERVATION_POOL",
    AllocationModel.FLEX: "FLEX",
}
_CAPABILITIES: Final[list[dict[str, Any]]] = [
    {
        "name": "networkProvider",
        "description": "Network provider",
        # A string: clients read it unchecked, and treat all but NSX_T as a network model we do not have.
        "value": "NSX_T",
        "type": "String",
        "category": "EdgeGateway",
    },
    {
        "name": "crossVdc",
        "description": "Networks across VDCs",
        "value": False,
        "type": "Boolean",
        "category": "OrgVdcNetwork",
    },
]
"""Source: CloudAPI Capability; go-clients.md 2.4."""
_NETWORK_PROFILE: Final = {
    "primaryEdgeCluster": None,
    "secondaryEdgeCluster": None,
    "servicesEdgeCluster": None,
    "vdcNetworkSegmentProfileTemplateRef": None,
    "vappNetworkSegmentProfileTemplateRef": None,
}
"""There are no edge clusters to choose from. Source: CloudAPI VdcNetworkProfile."""


class VdcView(CloudApiView):
    rights = Rights.VDC_VIEW

    def get(self, request: Request, vdc_id: uuid.UUID) -> Response:
        """Source: CloudAPI OrgVdc."""
        vdc = vdc_get(vdc_id)
        return Response(
            {
                "id": entity_urn("vdc", vdc.pk),
                "name": vdc.name,
                "description": vdc.description,
                "allocationType": _ALLOCATION_TYPES[AllocationModel(vdc.allocation_model)],
                "org": {"name": vdc.org.name, "id": entity_urn("org", vdc.org_id)},
            }
        )


class VdcCapabilitiesView(CloudApiView):
    rights = Rights.VDC_VIEW

    def get(self, request: Request, vdc_id: uuid.UUID) -> Response:
        vdc_get(vdc_id)
        return whole_list(_CAPABILITIES)


class VdcNetworkProfileView(CloudApiView):
    rights = Rights.VDC_VIEW

    def get(self, request: Request, vdc_id: uuid.UUID) -> Response:
        vdc_get(vdc_id)
        return Response(_NETWORK_PROFILE)
