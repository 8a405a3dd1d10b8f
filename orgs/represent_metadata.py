"""Metadata as VCD shows and reads it."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from urllib.parse import quote

from orgs.access import EntityAccess
from orgs.entities import Entity
from orgs.metadata import GENERAL, SYSTEM, EntryChange, entry_change, may_write
from orgs.models import MetadataEntry
from ssvirt.api.represent import link
from ssvirt.core.errors import BadRequest
from ssvirt.wire import types as w
from ssvirt.wire.media import METADATA, METADATA_VALUE
from ssvirt.wire.scalars import parse_moment
from ssvirt.wire.types.metadata_input import MetadataInput, MetadataValueInput, TypedValueInput

_STARTS_WITH_DOMAIN: Final = re.compile(rf"({GENERAL}|{SYSTEM})/")


def metadata_document(
    entity: Entity,
    entries: Sequence[MetadataEntry],
    access: EntityAccess,
    *,
    at: str,
    media: str,
    plain: bool,
) -> w.Metadata:
    """An entity's metadata. `at` and `media` are the entity's href and media type.

    `plain` (API 1.5 and 5.5): with the values as text too. Source: resolutions.md 2.7, fixture-Metadata.
    """
    href = f"{at}/metadata"
    links = [link("up", at, media)]
    if may_write(access, entity, GENERAL):
        links.append(link("add", href, METADATA))
    return w.Metadata(
        href=href,
        type=METADATA,
        links=links,
        metadata_entries=[
            w.MetadataEntry(
                href=entry_href(href, entry),
                type=METADATA_VALUE,
                links=[link("up", href, METADATA), *_change_links(entity, entry, access, href)],
                domain=_domain(entry),
                key=entry.key,
                value=entry.value if plain else None,
                typed_value=typed_value(entry),
            )
            for entry in entries
        ],
    )


def metadata_value_document(
    entity: Entity, entry: MetadataEntry, access: EntityAccess, *, at: str, plain: bool
) -> w.MetadataValue:
    """One entry. Its `remove` link has no type: pyvcloud looks for none. Source: python-clients.md 3."""
    href = f"{at}/metadata"
    return w.MetadataValue(
        href=entry_href(href, entry),
        type=METADATA_VALUE,
        links=[link("up", href, METADATA), *_change_links(entity, entry, access, href)],
        domain=_domain(entry),
        value=entry.value if plain else None,
        typed_value=typed_value(entry),
    )


def entry_href(metadata_href: str, entry: MetadataEntry) -> str:
    """Where the entry is; the domain is named where it is not GENERAL, or the key could be read as one."""
    named = entry.domain != GENERAL or _STARTS_WITH_DOMAIN.match(entry.key)
    domain = f"{entry.domain}/" if named else ""
    return f"{metadata_href}/{domain}{quote(entry.key, safe='')}"


def _change_links(
    entity: Entity, entry: MetadataEntry, access: EntityAccess, metadata_href: str
) -> list[w.Link]:
    if not may_write(access, entity, entry.domain):
        return []
    href = entry_href(metadata_href, entry)
    return [link("edit", href, METADATA_VALUE), link("remove", href)]


def _domain(entry: MetadataEntry) -> w.MetadataDomainTag:
    return w.MetadataDomainTag(visibility=entry.visibility, value=entry.domain)


def typed_value(entry: MetadataEntry) -> w.MetadataTypedValue:
    """The value in its type. Values were checked when they were written."""
    match entry.value_type:
        case "MetadataNumberValue":
            return w.MetadataNumberValue(value=int(entry.value))
        case "MetadataBooleanValue":
            return w.MetadataBooleanValue(value=entry.value == "true")
        case "MetadataDateTimeValue":
            moment: datetime = parse_moment(entry.value)
            return w.MetadataDateTimeValue(value=moment)
    return w.MetadataStringValue(value=entry.value)


def metadata_request(body: MetadataInput) -> list[EntryChange]:
    """The entries to write. Raises BadRequest naming the key."""
    return [
        _change(entry.key or "", entry.domain, entry.typed_value, entry.value)
        for entry in body.metadata_entries
    ]


def metadata_value_request(body: MetadataValueInput, *, domain: str | None, key: str) -> EntryChange:
    """The entry `key` to write. The path's domain holds where there is one. Raises BadRequest."""
    named = body.domain.value if body.domain is not None else None
    if domain and named and named != domain:
        raise BadRequest(f"The metadata entry '{key}' is to be written in the domains {domain} and {named}.")
    tag = w.MetadataDomainTag(
        visibility=body.domain.visibility if body.domain is not None else None, value=domain or named
    )
    return _change(key, tag, body.typed_value, body.value)


def _change(
    key: str, domain: w.MetadataDomainTag | None, typed: TypedValueInput | None, plain: str | None
) -> EntryChange:
    """A value without a type is a string, as in API 1.5 (Libcloud). Source: python-clients.md 4."""
    value = plain if typed is None else getattr(typed, "value", None)
    return entry_change(
        key=key,
        domain=domain.value if domain is not None else None,
        visibility=domain.visibility if domain is not None else None,
        value_type="MetadataStringValue" if typed is None else type(typed).__wire__.type_name,
        value=value,
    )
