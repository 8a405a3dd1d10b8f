"""The registry of query types, and who may use which."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from django.db.models import QuerySet

from ssvirt.api.principal import Principal
from ssvirt.api.query.columns import Column, nothing
from ssvirt.api.query.filters import FieldKind
from ssvirt.core.errors import BadRequest, Forbidden
from ssvirt.wire import types as w

_IDENTITY = Column("pk", "reference")
_KINDS: Mapping[str, FieldKind] = {"int": "number", "float": "number", "bool": "flag", "datetime": "moment"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Rows of one model as records of a type.

    `rows` yields the rows of the scope; `kind` is the entity's, for its href. `right`: who lacks it sees no
    rows of this source.
    """

    kind: str
    rows: Callable[[], QuerySet[Any]]
    columns: Mapping[str, Column]
    right: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryType:
    """One type of the query service. Without sources it is known and always empty.

    `order` names the columns that rows are ordered by when the client wishes nothing. `up` names the reference
    that a record's link "up" follows; `has_metadata` adds the link to the metadata. `provider_only` types are
    shown to System users alone.
    """

    name: str
    record: type[w.QueryResultRecord]
    sources: tuple[Source, ...] = ()
    references: type[w.References] = w.References
    reference: type[w.QueryReference] = w.QueryReference
    order: tuple[str, ...] = ("name",)
    up: str = ""
    has_metadata: bool = False
    right: str | None = None
    provider_only: bool = False

    def attributes(self) -> dict[str, str]:
        """Attributes of the record: wire name -> Python name."""
        return {
            found.metadata["wire"].name: found.name
            for found in fields(self.record)
            if found.metadata["wire"].kind == "attr" and found.name not in ("href", "id", "type")
        }

    def columns(self, source: Source | None) -> dict[str, Column]:
        """All columns of a source. An attribute it knows nothing of is there and holds nothing: VCD's clients
        may filter by it.
        """
        made = {"id": _IDENTITY}
        for found in fields(self.record):
            member = found.metadata["wire"]
            if member.kind == "attr" and member.name not in ("href", "id", "type"):
                made[member.name] = nothing(_KINDS.get(str(found.type).partition(" ")[0], "text"))
        for each in self.sources:
            for name, column in each.columns.items():
                made[name] = nothing(column.kind)
        made |= source.columns if source is not None else {}
        return made | {"href": made["id"]}


_types: dict[str, QueryType] = {}


def register_query(query: QueryType) -> None:
    """Makes a query type known under its name."""
    _types[query.name] = query


def extend_query(*names: str, columns: Mapping[str, Column]) -> None:
    """Adds columns that an upper layer knows to the types of a lower one (the vApps of a VDC)."""
    for name in names:
        known = _types[name]
        sources = tuple(replace(each, columns={**each.columns, **columns}) for each in known.sources)
        _types[name] = replace(known, sources=sources)


def query_types(principal: Principal) -> list[QueryType]:
    """The types that the principal may use, by name."""
    return [_types[name] for name in sorted(_types) if _may_use(_types[name], principal)]


def _may_use(query: QueryType, principal: Principal) -> bool:
    if query.provider_only and not principal.is_provider:
        return False
    return query.right is None or principal.may(query.right)


def query_type(name: str, principal: Principal) -> QueryType:
    """The type of that name, with the sources that the principal may see. Raises BadRequest for an unknown
    one, Forbidden for one not to be used.
    """
    if name not in _types:
        raise BadRequest(f"The query type {name} is not supported.")
    found = _types[name]
    # What is always empty hides nothing.
    if found.sources and not _may_use(found, principal):
        raise Forbidden(f"You may not use the query type {name}.")
    allowed = tuple(each for each in found.sources if each.right is None or principal.may(each.right))
    return found if len(allowed) == len(found.sources) else replace(found, sources=allowed)
