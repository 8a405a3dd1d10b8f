"""Product sections as clients give them."""

from typing import Any

from ssvirt.core.errors import BadRequest
from ssvirt.wire import types as w
from ssvirt.wire.codec import to_json

_TYPES = frozenset(
    {
        *("uint8", "sint8", "uint16", "sint16", "uint32", "sint32", "uint64", "sint64"),
        *("string", "boolean", "real32", "real64", "int", "ip", "password"),
    }
)
"""Source: dsp8023_1.1.0.xsd Property/@type, and what VMware's descriptors add."""


def product_request(body: w.ProductSectionList) -> list[dict[str, Any]]:
    """The wanted sections in their JSON form. Raises BadRequest naming the property."""
    sections = []
    seen: set[tuple[str, str, str]] = set()
    for section in body.product_sections:
        for each in section.properties:
            _check(each)
            identity = (section.class_ or "", section.instance or "", each.key or "")
            if identity in seen:
                raise BadRequest(f"The property {each.key} is given more than once.")
            seen.add(identity)
        section.info = section.info or ""
        section.links = []
        sections.append(to_json(section))
    return sections


def _check(each: w.ProductProperty) -> None:
    if not each.key:
        raise BadRequest("A Property of a ProductSection has no key.")
    # A qualified type ("string(1..)") is one of VMware's descriptors.
    each.type = each.type or "string"
    if each.type.partition("(")[0].partition(":")[0] not in _TYPES:
        raise BadRequest(f"The property {each.key} has the unknown type '{each.type}'.")
