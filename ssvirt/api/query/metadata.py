"""Metadata in queries: `filter=metadata:key==STRING:value` and `fields=metadata@SYSTEM:key`.

Who keeps metadata registers how to look for it. Source: vcd-api.md 3.4, go-clients.md 3.1.
"""

import re
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Q

from ssvirt.api.fiql import Comparison
from ssvirt.api.query.filters import ORDERED, moment_in
from ssvirt.core.errors import BadRequest
from ssvirt.wire import types as w

_NAME: Final = re.compile(r"metadata(?:@(?P<domain>[^:]*))?:(?P<key>.+)", re.DOTALL)
_DOMAINS: Final = ("GENERAL", "SYSTEM")


@dataclass(frozen=True, slots=True)
class MetadataKey:
    domain: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataTest:
    """What an entry must be like. `kind` is STRING, NUMBER, BOOLEAN or DATETIME and `value` of that kind;
    `operator` is Django's: exact, iregex, lt, lte, gt, gte.
    """

    key: MetadataKey
    kind: str
    operator: str
    value: Any


Matching = Callable[[MetadataTest], Q]
Reading = Callable[[Collection[uuid.UUID], Sequence[MetadataKey]], Mapping[uuid.UUID, w.Metadata]]
_keepers: list[tuple[Matching, Reading]] = []


def register_metadata(*, matching: Matching, reading: Reading) -> None:
    """Registers who keeps metadata.

    `matching` makes a condition on rows by their id; `reading` gives the entries of the keys by entity, in
    one statement.
    """
    _keepers[:] = [(matching, reading)]


def metadata_key(name: str) -> MetadataKey | None:
    """The key that a field's name stands for; None for a plain field. Raises BadRequest for an unknown
    domain.
    """
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    domain = found["domain"] if found["domain"] is not None else "GENERAL"
    if domain not in _DOMAINS:
        raise BadRequest(f"Unknown metadata domain: {domain}")
    return MetadataKey(domain, found["key"].replace("\x00", ""))


def metadata_condition(key: MetadataKey, node: Comparison) -> Q:
    """The comparison as a condition on rows by their id. Raises BadRequest naming the offender."""
    kind, _, text = node.value.partition(":")
    if kind not in ("STRING", "NUMBER", "BOOLEAN", "DATETIME") or ":" not in node.value:
        raise BadRequest(
            f"The value '{node.value}' of {node.field} must start with STRING:, NUMBER:, BOOLEAN: or DATETIME:."
        )
    if node.operator in ORDERED and kind in ("STRING", "BOOLEAN"):
        raise BadRequest(f"The operator {node.operator} cannot be used on a {kind} ({node.field}).")
    value = _value(kind, text.replace("\x00", ""))
    if value is None:
        raise BadRequest(f"The value '{text}' of {node.field} is no {kind}.")
    operator = ORDERED.get(node.operator, "exact")
    if kind == "STRING" and node.operator == "==" and "*" in text:
        operator = "iregex"
    (matching, _), *_ = _keepers
    condition = matching(MetadataTest(key=key, kind=kind, operator=operator, value=value))
    return ~condition if node.operator == "!=" else condition


def _value(kind: str, text: str) -> Any:
    match kind:
        case "NUMBER":
            return int(text) if re.fullmatch(r"-?[0-9]{1,18}", text) else None
        case "BOOLEAN":
            return {"true": True, "false": False}.get(text.lower())
        case "DATETIME":
            return moment_in(text)
        case _:
            return text


def metadata_of(
    entity_ids: Collection[uuid.UUID], keys: Sequence[MetadataKey]
) -> Mapping[uuid.UUID, w.Metadata]:
    """The wanted entries of each entity."""
    (_, reading), *_ = _keepers
    return reading(entity_ids, keys)
