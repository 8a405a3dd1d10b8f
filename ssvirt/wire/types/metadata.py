"""Metadata of entities.

Source: common.xsd, MetadataType and around it.
"""

from __future__ import annotations

from datetime import datetime

from ssvirt.wire import media
from ssvirt.wire.schema import WireType, attr, elem, elems, text, wire
from ssvirt.wire.types.entity import Resource


@wire("MetadataDomainTag")
class MetadataDomainTag(WireType):
    visibility: str | None = attr("visibility")
    value: str | None = text()


@wire("TypedValue", type="MetadataTypedValue", family="xsi", abstract=True)
class MetadataTypedValue(WireType):
    """One of the four values below; xsi:type (in JSON `_type`) says which."""


@wire("MetadataStringValue", type="MetadataStringValue")
class MetadataStringValue(MetadataTypedValue):
    value: str | None = elem("Value")


@wire("MetadataNumberValue", type="MetadataNumberValue")
class MetadataNumberValue(MetadataTypedValue):
    value: int | None = elem("Value")


@wire("MetadataBooleanValue", type="MetadataBooleanValue")
class MetadataBooleanValue(MetadataTypedValue):
    value: bool | None = elem("Value")


@wire("MetadataDateTimeValue", type="MetadataDateTimeValue")
class MetadataDateTimeValue(MetadataTypedValue):
    value: datetime | None = elem("Value")


@wire("MetadataEntry")
class MetadataEntry(Resource):
    domain: MetadataDomainTag | None = elem("Domain")
    key: str | None = elem("Key")
    # The form of API 1.5; the other clients want typed_value only.
    value: str | None = elem("Value")
    typed_value: MetadataTypedValue | None = elem("TypedValue")


@wire("Metadata", media=media.METADATA)
class Metadata(Resource):
    metadata_entries: list[MetadataEntry] = elems("MetadataEntry")


@wire("MetadataValue", media=media.METADATA_VALUE)
class MetadataValue(Resource):
    domain: MetadataDomainTag | None = elem("Domain")
    value: str | None = elem("Value")
    typed_value: MetadataTypedValue | None = elem("TypedValue")
