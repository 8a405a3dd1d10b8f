"""What upper layers add to entities of lower ones: an organization's VDCs and catalogs, a VDC's content."""

import uuid
from collections.abc import Callable

from ssvirt.api.hrefs import Hrefs
from ssvirt.wire import types as w

OrgLinks = Callable[[uuid.UUID, Hrefs], list[w.Link]]
_org_links: list[OrgLinks] = []


def register_org_links(provider: OrgLinks) -> None:
    """Adds a provider of links in Org; called once per app, in dependency order."""
    if provider not in _org_links:
        _org_links.append(provider)


def org_links(org_id: uuid.UUID, hrefs: Hrefs) -> list[w.Link]:
    """All links that the registered providers have for the organization."""
    return [made for provider in _org_links for made in provider(org_id, hrefs)]


VdcEntities = Callable[[uuid.UUID, Hrefs], list[w.ResourceReference]]
_vdc_entities: list[VdcEntities] = []


def register_vdc_entities(provider: VdcEntities) -> None:
    """Adds a provider of a VDC's ResourceEntities; called once per app, in dependency order."""
    if provider not in _vdc_entities:
        _vdc_entities.append(provider)


def vdc_entities(vdc_id: uuid.UUID, hrefs: Hrefs) -> list[w.ResourceReference]:
    """The content of the VDC as the registered providers know it."""
    return [made for provider in _vdc_entities for made in provider(vdc_id, hrefs)]
