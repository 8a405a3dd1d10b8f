"""From a filter's tree to SQL, through declared fields only.

Source: vcd-api.md 3.4.
"""

import ipaddress
import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from django.db.models import Q
from django.utils.dateparse import parse_datetime

from ssvirt.api.fiql import All, Comparison, Node
from ssvirt.api.fiql import Any as AnyOf
from ssvirt.core.errors import BadRequest
from ssvirt.core.urns import uuid_in

FieldKind = Literal["text", "number", "moment", "flag", "reference", "address", "word"]


@dataclass(frozen=True, slots=True)
class Field:
    """What may be filtered and sorted by: its lookup and the kind of its values.

    `is_everyones`: a row without a value belongs to every value (a role of no organization serves them all).
    """

    lookup: str
    kind: FieldKind = "text"
    is_everyones: bool = False


def to_q(node: Node, fields: Mapping[str, Field]) -> Q:
    """The filter as a Q, through the declared fields only. Raises BadRequest naming the offender."""
    match node:
        case Comparison():
            return _comparison(node, fields)
        case All(parts):
            condition = Q()
            for part in parts:
                condition &= to_q(part, fields)
            return condition
        case AnyOf(parts):
            condition = to_q(parts[0], fields)
            for part in parts[1:]:
                condition |= to_q(part, fields)
            return condition


def names_in(node: Node | None) -> Iterator[str]:
    """The names that a filter compares."""
    match node:
        case Comparison():
            yield node.field
        case All(parts) | AnyOf(parts):
            for part in parts:
                yield from names_in(part)


def field_named(name: str, fields: Mapping[str, Field]) -> Field:
    """The declared field. Raises BadRequest naming an unknown one."""
    found = fields.get(name)
    if found is None:
        raise BadRequest(f"Unknown property name: {name}")
    return found


ORDERED: Final = {"=lt=": "lt", "=le=": "lte", "=gt=": "gt", "=ge=": "gte"}
"""Operator -> Django's name of it."""


def _comparison(node: Comparison, fields: Mapping[str, Field]) -> Q:
    declared = field_named(node.field, fields)
    lookup = declared.lookup
    if node.operator in ORDERED:
        if declared.kind not in ("number", "moment"):
            raise BadRequest(f"The operator {node.operator} cannot be used on {node.field}.")
        return Q(**{f"{lookup}__{ORDERED[node.operator]}": _value(node, declared)})
    if node.operator == "==" and node.value == "*":
        return Q(**{f"{lookup}__isnull": False})
    if declared.kind in ("text", "word") and "*" in node.value and node.operator == "==":
        return Q(**{f"{lookup}__iregex": wildcard(node.value)})
    condition = Q(**{lookup: _value(node, declared)})
    if declared.is_everyones:
        condition |= Q(**{f"{lookup}__isnull": True})
    if node.operator == "!=":
        # A row without a value is unequal to any: SQL alone would leave it out.
        return ~condition if declared.is_everyones else ~condition | Q(**{f"{lookup}__isnull": True})
    return condition


def wildcard(value: str) -> str:
    """The regular expression of a value with `*` in it, which matches whatever the case."""
    pieces = value.replace("\x00", "").split("*")
    return "^" + ".*".join(re.escape(piece) for piece in pieces) + "$"


def _value(node: Comparison, declared: Field) -> Any:
    wrong = BadRequest(f"The value '{node.value}' does not fit the property {node.field}.")
    match declared.kind:
        case "number":
            if not re.fullmatch(r"-?[0-9]{1,18}", node.value):
                raise wrong
            return int(node.value)
        case "flag":
            if node.value.lower() not in ("true", "false"):
                raise wrong
            return node.value.lower() == "true"
        case "moment":
            moment = moment_in(node.value)
            if moment is None:
                raise wrong
            return moment
        case "word":
            # One of a few lower-case words; vcd-cli writes them in capitals.
            return node.value.lower().replace("\x00", "")
        case "reference":
            # A reference that is no id matches nothing, as in VCD.
            return uuid_in(node.value) or uuid.UUID(int=0)
        case "address":
            # Likewise for what is no address.
            return node.value if _is_address(node.value) else "0.0.0.0"  # noqa: S104 - no server listens here
        case _:
            return node.value.replace("\x00", "")


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def moment_in(text: str) -> datetime | None:
    """The moment that the text names; None for anything else. A + of the zone may have become a space."""
    try:
        moment = parse_datetime(re.sub(r" (\d\d:?\d\d)$", r"+\1", text))
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None
