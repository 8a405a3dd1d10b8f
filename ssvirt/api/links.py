"""What upper layers add to entities of lower ones: an organization's VDCs and catalogs, a VDC's content."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ssvirt.api.hrefs import Hrefs
from ssvirt.api.principal import Principal
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


Content = Literal["catalogs", "vdcs", "networks", "providerVdcs"]
References = Callable[[uuid.UUID | None, Hrefs, Principal], list[w.Reference]]
_references: dict[Content, References] = {}


def register_references(content: Content, provider: References) -> None:
    """Says who lists that content of an organization (of the whole cloud: without an id) in admin views."""
    _references[content] = provider


def references(
    content: Content, org_id: uuid.UUID | None, hrefs: Hrefs, principal: Principal
) -> list[w.Reference]:
    """Admin references to what the principal may see of it; nothing where no app provides it."""
    provider = _references.get(content)
    return provider(org_id, hrefs, principal) if provider is not None else []


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkViews:
    """How an upper app serves `/api/network/{id}` and what is below it for networks of its own.

    `knows(id)` says whether the id is one of its rows, whoever asks: it is called before sign-in, so without
    a scope. The request then goes to one of `views`, by what follows the id in the path (""): LegacyViews
    whose methods take `network_id`.
    """

    knows: Callable[[uuid.UUID], bool]
    views: Mapping[str, type[Any]]


_network_views: list[NetworkViews] = []


def register_network_views(views: NetworkViews) -> None:
    """Adds an app's views of networks; called once per app."""
    if views not in _network_views:
        _network_views.append(views)


def network_view(network_id: uuid.UUID, part: str) -> type[Any] | None:
    """The registered view that serves this part of the network; None for an org VDC network or an unknown id."""
    return next((each.views[part] for each in _network_views if each.knows(network_id)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressHolder:
    """The VM whose NIC has an address. `kind` is a word of KINDS; `is_visible`: to the one who asks."""

    kind: str
    id: uuid.UUID
    name: str
    is_deployed: bool
    is_visible: bool


AddressHolders = Callable[[Sequence[uuid.UUID]], dict[uuid.UUID, AddressHolder]]
_address_holders: list[AddressHolders] = []


def register_address_holders(provider: AddressHolders) -> None:
    """Adds a provider of holders by NIC id; called once per app."""
    if provider not in _address_holders:
        _address_holders.append(provider)


def address_holders(nic_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, AddressHolder]:
    """Who has the NICs, as the registered providers know it."""
    found: dict[uuid.UUID, AddressHolder] = {}
    for provider in _address_holders:
        found |= provider(nic_ids)
    return found
