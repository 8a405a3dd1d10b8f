"""Product sections (guest properties) as VCD shows them. They are stored in their JSON form on the wire."""

import uuid
from collections.abc import Sequence
from typing import Any

from ssvirt.api.hrefs import KINDS, Hrefs
from ssvirt.api.represent import link
from ssvirt.wire import types as w
from ssvirt.wire.codec import from_json
from ssvirt.wire.media import PRODUCT_SECTIONS


def product_sections(stored: Sequence[dict[str, Any]]) -> list[w.ProductSection]:
    """The sections as they were given."""
    return [from_json(section, w.ProductSection) for section in stored]


def product_list_document(
    kind: str, entity_id: uuid.UUID, stored: Sequence[dict[str, Any]], hrefs: Hrefs, *, may_edit: bool
) -> w.ProductSectionList:
    """Source: productSectionList.xsd; pyvcloud puts the list to its `edit` link."""
    entity = hrefs.of(kind, entity_id)
    href = f"{entity}/productSections/"
    links = [link("up", entity, KINDS[kind].media)]
    if may_edit:
        links.append(link("edit", href, PRODUCT_SECTIONS))
    return w.ProductSectionList(
        href=href, type=PRODUCT_SECTIONS, links=links, product_sections=product_sections(stored)
    )
