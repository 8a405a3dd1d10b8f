"""Metadata as clients write it: the types of `metadata`, with every value as it was spelled.

A value that its type does not allow can be refused by name only where its key is known, so these types leave
values unread. They are for reading alone.
"""

from __future__ import annotations

from ssvirt.wire import media
from ssvirt.wire.schema import WireType, elem, elems, wire
from ssvirt.wire.types.metadata import MetadataDomainTag


@wire("TypedValue", type="MetadataTypedValue", family="xsi", abstract=True)
class TypedValueInput(WireType):
    """One of the four below; xsi:type (in JSON `_type`) says which."""


@wire("MetadataStringValue", type="MetadataStringValue")
class StringInput(TypedValueInput):
    value: str | None = elem("Value")


@wire("MetadataNumberValue", type="MetadataNumberValue")
class NumberInput(TypedValueInput):
    value: str | None = elem("Value")


@wire("MetadataBooleanValue", type="MetadataBooleanValue")
class BooleanInput(TypedValueInput):
    value: str | None = elem("Value")


@wire("MetadataDateTimeValue", type="MetadataDateTimeValue")
class DateTimeInput(TypedValueInput):
    value: str | None = elem("Value")


@wire("MetadataEntry")
class MetadataEntryInput(WireType):
    domain: MetadataDomainTag | None = elem("Domain")
    key: str | None = elem("Key")
    value: str | None = elem("Value")
    typed_value: TypedValueInput | None = elem("TypedValue")


@wire("Metadata", media=media.METADATA)
class MetadataInput(WireType):
    metadata_entries: list[MetadataEntryInput] = elems("MetadataEntry")


@wire("MetadataValue", media=media.METADATA_VALUE)
class MetadataValueInput(WireType):
    domain: MetadataDomainTag | None = elem("Domain")
    value: str | None = elem("Value")
    typed_value: TypedValueInput | None = elem("TypedValue")
