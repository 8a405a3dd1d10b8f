"""Links to an organization's VDCs and networks, in Org."""

import uuid

from ssvirt.api.hrefs import Hrefs
from ssvirt.api.represent import entity_link
from ssvirt.wire import types as w
from vdcs.models import Network, Vdc

_ORG_NETWORK = "application/vnd.vmware.vcloud.orgNetwork+xml"


def org_links(org_id: uuid.UUID, hrefs: Hrefs) -> list[w.Link]:
    """One link per VDC and per network, with names. Source: python-clients.md 2.5 and 4."""
    vdcs = Vdc.objects.filter(org_id=org_id).order_by("name").values_list("pk", "name")
    networks = (
        Network.objects.filter(org_id=org_id, vapp_id__isnull=True).order_by("name").values_list("pk", "name")
    )
    return [entity_link(hrefs, "down", "vdc", pk, name=name) for pk, name in vdcs] + [
        w.Link(rel="down", href=hrefs.of("network", pk), type=_ORG_NETWORK, name=name)
        for pk, name in networks
    ]
