"""An organization's catalogs in Org and AdminOrg, their templates and media among a VDC's content."""

import uuid

from django.db.models import Subquery

from catalogs.selectors import catalogs_listed, visible_catalogs, visible_media, visible_templates
from orgs.rights import Rights
from ssvirt.api.hrefs import KINDS, Hrefs, entity_urn
from ssvirt.api.principal import Principal
from ssvirt.api.represent import entity_link, reference
from ssvirt.wire import types as w
from vdcs.models import Vdc


def org_links(org_id: uuid.UUID, hrefs: Hrefs) -> list[w.Link]:
    """One named link per readable catalog, the organization's own first. Source: resolutions.md 3.4."""
    rows = catalogs_listed().order_by("name").values_list("pk", "name", "org_id")
    own_first = sorted(rows, key=lambda row: (row[2] != org_id, row[1]))
    return [entity_link(hrefs, "down", "catalog", pk, name=name) for pk, name, _ in own_first]


def catalog_references(org_id: uuid.UUID | None, hrefs: Hrefs, principal: Principal) -> list[w.Reference]:
    """An organization's own catalogs, at the admin path. Source: go-clients.md 2.1."""
    if not principal.may(Rights.CATALOG_VIEW):
        return []
    rows = visible_catalogs().filter(org_id=org_id).order_by("name").values_list("pk", "name")
    return [reference(hrefs, "adminCatalog", pk, name) for pk, name in rows]


def vdc_entities(vdc_id: uuid.UUID, hrefs: Hrefs) -> list[w.ResourceReference]:
    """Templates and media of the VDC's organization; unpaged by contract, so only what is shown is read.

    They lie in no VDC: each of the organization's may use them.
    """
    org = Subquery(Vdc.objects.filter(pk=vdc_id).values("org_id"))
    return [
        w.ResourceReference(
            href=hrefs.of(kind, pk), id=entity_urn(kind, pk), type=KINDS[kind].media, name=name
        )
        for kind, rows in (("vAppTemplate", visible_templates()), ("media", visible_media()))
        for pk, name in rows.filter(org_id=org).order_by("name").values_list("pk", "name")
    ]
