"""Links and references to an organization's VDCs and networks, in Org and AdminOrg."""

import uuid

from orgs.rights import Rights
from ssvirt.api.hrefs import Hrefs
from ssvirt.api.principal import Principal
from ssvirt.api.represent import entity_link, reference
from ssvirt.wire import types as w
from vdcs.models import ProviderVdc
from vdcs.selectors import vdcs_of_scope, visible_networks

_ORG_NETWORK = "application/vnd.vmware.vcloud.orgNetwork+xml"


def org_links(org_id: uuid.UUID, hrefs: Hrefs) -> list[w.Link]:
    """One link per VDC and per network, with names. Source: python-clients.md 2.5 and 4."""
    vdcs = vdcs_of_scope().filter(org_id=org_id).order_by("name").values_list("pk", "name")
    networks = visible_networks().filter(org_id=org_id).order_by("name").values_list("pk", "name")
    return [entity_link(hrefs, "down", "vdc", pk, name=name) for pk, name in vdcs] + [
        w.Link(rel="down", href=hrefs.of("network", pk), type=_ORG_NETWORK, name=name)
        for pk, name in networks
    ]


def vdc_references(org_id: uuid.UUID | None, hrefs: Hrefs, principal: Principal) -> list[w.Reference]:
    """An organization's VDCs, at the admin path. Source: go-clients.md 2.1."""
    if not principal.may(Rights.VDC_VIEW):
        return []
    rows = vdcs_of_scope().filter(org_id=org_id).order_by("name").values_list("pk", "name")
    return [reference(hrefs, "adminVdc", pk, name) for pk, name in rows]


def network_references(org_id: uuid.UUID | None, hrefs: Hrefs, principal: Principal) -> list[w.Reference]:
    """An organization's networks, at the admin path."""
    if not principal.may(Rights.NETWORK_VIEW):
        return []
    rows = visible_networks().filter(org_id=org_id).order_by("name").values_list("pk", "name")
    return [reference(hrefs, "adminNetwork", pk, name) for pk, name in rows]


def provider_vdc_references(
    org_id: uuid.UUID | None, hrefs: Hrefs, principal: Principal
) -> list[w.Reference]:
    """All provider VDCs, for the provider's own users."""
    if not principal.is_provider:
        return []
    rows = ProviderVdc.objects.order_by("name").values_list("pk", "name")
    return [reference(hrefs, "providerVdc", pk, name) for pk, name in rows]
