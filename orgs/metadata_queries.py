"""Metadata as the query service looks for it and shows it.

A row that the client may see brings its metadata, whoever owns it (a published template); private entries are
the provider's alone. Source: common.xsd MetadataDomainTagType.
"""

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from django.db.models import Case, DateTimeField, DecimalField, Exists, OuterRef, Q, QuerySet, When
from django.db.models.functions import Cast, Lower

from orgs.metadata import PRIVATE
from orgs.models import MetadataEntry
from orgs.represent_metadata import typed_value
from ssvirt.api.principal import current_principal
from ssvirt.api.query import MetadataKey, MetadataTest, hanging
from ssvirt.api.query.filters import wildcard
from ssvirt.wire import types as w

_TYPES: Final = {
    "STRING": "MetadataStringValue",
    "NUMBER": "MetadataNumberValue",
    "BOOLEAN": "MetadataBooleanValue",
    "DATETIME": "MetadataDateTimeValue",
}
_NUMBER: Final = r"^-?[0-9]{1,19}$"
_MOMENT: Final = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(Z|[+-](0[0-9]|1[0-4]):[0-9]{2})?$"


def matching(test: MetadataTest) -> Q:
    """The rows that have an entry like that."""
    rows = _visible().filter(
        entity_id=OuterRef("pk"),
        domain=test.key.domain,
        key=test.key.key,
        value_type=_TYPES[test.kind],
    )
    match test.kind:
        case "NUMBER":
            rows = rows.alias(typed=_typed(_NUMBER, DecimalField(max_digits=19, decimal_places=0)))
        case "DATETIME":
            rows = rows.alias(typed=_typed(_MOMENT, DateTimeField()))
        case "BOOLEAN":
            return Q(Exists(rows.alias(typed=Lower("value")).filter(typed=str(test.value).lower())))
        case _:
            return Q(Exists(rows.filter(**{f"value__{test.operator}": _pattern(test)})))
    return Q(Exists(rows.filter(**{f"typed__{test.operator}": test.value})))


def _pattern(test: MetadataTest) -> str:
    return wildcard(test.value) if test.operator == "iregex" else test.value


def _typed(shape: str, field: Any) -> Case:
    """The value as another type. SQL may look at the cast before it looks at the entry's type, so what cannot
    be cast is left out by the CASE.
    """
    return Case(When(value__regex=shape, then=Cast("value", field)), output_field=field)


def _visible() -> QuerySet[Any]:
    principal = current_principal()
    rows = hanging(MetadataEntry)
    return rows if principal is None or principal.is_provider else rows.exclude(visibility=PRIVATE)


def reading(entity_ids: Collection[uuid.UUID], keys: Sequence[MetadataKey]) -> Mapping[uuid.UUID, w.Metadata]:
    """The entries of these keys, by entity."""
    wanted = Q()
    for key in keys:
        wanted |= Q(domain=key.domain, key=key.key)
    found: dict[uuid.UUID, w.Metadata] = defaultdict(w.Metadata)
    for entry in _visible().filter(wanted, entity_id__in=entity_ids).order_by("domain", "key"):
        found[entry.entity_id].metadata_entries.append(_element(entry))
    return found


def _element(entry: MetadataEntry) -> w.MetadataEntry:
    return w.MetadataEntry(
        domain=w.MetadataDomainTag(visibility=entry.visibility, value=entry.domain),
        key=entry.key,
        typed_value=typed_value(entry),
    )
