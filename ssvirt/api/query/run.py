"""One query, from the query string to the page."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet, Value
from django.db.models.expressions import Combinable

from ssvirt.api.fiql import All, Comparison, Node
from ssvirt.api.fiql import Any as AnyOf
from ssvirt.api.hrefs import KINDS, Hrefs, entity_urn
from ssvirt.api.query.columns import Column, Ref, Row, sql_name
from ssvirt.api.query.filters import Field, names_in, to_q
from ssvirt.api.query.metadata import metadata_condition, metadata_key, metadata_of
from ssvirt.api.query.pages import MEDIA, Page, page_href, page_links, page_of
from ssvirt.api.query.types import QueryType, Source
from ssvirt.api.represent import link
from ssvirt.wire import types as w

_SOURCE = sql_name("_source")
_METADATA = "application/vnd.vmware.vcloud.metadata+xml"


@dataclass(frozen=True, slots=True)
class _Part:
    """A source with all its columns, and its rows that the client wants, in no order."""

    source: Source
    columns: Mapping[str, Column]
    rows: QuerySet[Any]

    def reading(self, names: set[str], *, ids: Sequence[uuid.UUID] | None = None) -> QuerySet[Any]:
        """The rows, or those of the given ids, with the columns of these names."""
        rows = self.rows if ids is None else self.source.rows().filter(pk__in=ids)
        made: QuerySet[Any] = rows.annotate(**_expressions(self.columns, names)).order_by()
        return made


_Found = list[tuple[_Part, Row]]


def run_query(
    query: QueryType,
    query_string: str,
    hrefs: Hrefs,
    path: str,
    *,
    within: Mapping[str, uuid.UUID] | None = None,
) -> w.QueryResultRecords | w.References:
    """The page that the query string asks for. `within` narrows it (packaged queries): column -> id.

    Two statements whatever the rows are, three where a type has several sources, one more for metadata.
    Raises BadRequest naming the offender.
    """
    known = _fields(query.columns(None))
    page = page_of(query_string, hrefs.at(path), known)
    _condition(page.filter, known)  # judged even where no source is asked
    total, rows = _page(query, page, [_part(query, source, page, within or {}) for source in query.sources])
    common: dict[str, Any] = {
        "href": page_href(page, page.start),
        "type": MEDIA.format(page.form),
        "name": query.name,
        "page": page.number,
        "page_size": page.size,
        "total": total,
        "links": page_links(page, total),
    }
    if page.form == "references":
        container = query.references(**common)
        container.references = [_reference(query, part, row, hrefs) for part, row in rows]
        return container
    return w.QueryResultRecords(**common, records=_records(query, rows, hrefs, page))


# -- which rows


def _fields(columns: Mapping[str, Column]) -> dict[str, Field]:
    return {name: column.field(name) for name, column in columns.items() if not name.startswith("_")}


def _condition(node: Node | None, fields: Mapping[str, Field]) -> Q:
    """The filter with its metadata parts. Raises BadRequest."""
    match node:
        case None:
            return Q()
        case Comparison():
            key = metadata_key(node.field)
            return to_q(node, fields) if key is None else metadata_condition(key, node)
        case All(parts):
            condition = Q()
            for part in parts:
                condition &= _condition(part, fields)
            return condition
        case AnyOf(parts):
            condition = _condition(parts[0], fields)
            for part in parts[1:]:
                condition |= _condition(part, fields)
            return condition


def _part(query: QueryType, source: Source, page: Page, within: Mapping[str, uuid.UUID]) -> _Part:
    columns = query.columns(source)
    fields = _fields(columns)
    used = {name for name in (*names_in(page.filter), *within) if name in columns}
    narrowed = [to_q(Comparison(name, "==", str(value)), fields) for name, value in within.items()]
    rows = source.rows().alias(**_expressions(columns, used))
    return _Part(source, columns, rows.filter(*narrowed, _condition(page.filter, fields)))


def _expressions(columns: Mapping[str, Column], names: set[str]) -> dict[str, Combinable]:
    return {sql_name(name): columns[name].expression() for name in sorted(names)}


def _page(query: QueryType, page: Page, parts: Sequence[_Part]) -> tuple[int, _Found]:
    """How many rows there are, and those of the page."""
    if not parts:
        return 0, []
    wanted = _wanted(query, page)
    keys = [(name.lstrip("-"), name.startswith("-")) for name in page.order or query.order]
    order = [*(("-" if falls else "") + sql_name(name) for name, falls in keys), sql_name("id")]
    key_names = {"id", *(name for name, _ in keys)}
    if len(parts) == 1:
        (part,) = parts
        rows = part.reading(wanted | key_names).order_by(*order)[page.start : page.stop]
        return part.rows.count(), [(part, _named(wanted, row)) for row in rows.values_list(*_names(wanted))]
    return _merged(parts, page, wanted, key_names, order)


def _merged(
    parts: Sequence[_Part], page: Page, wanted: set[str], keys: set[str], order: Sequence[str]
) -> tuple[int, _Found]:
    """The page of several sources: first which rows are on it, then what they hold.

    A UNION computes every column of every row, so that the first statement has but ids and sort keys.
    """
    total = _union([part.rows.order_by().values_list("pk") for part in parts]).count()
    united = _union([part.reading(keys).values_list(*_names(keys)) for part in parts])
    ids = [_named(keys, row)["id"] for row in united.order_by(*order)[page.start : page.stop]]
    made = _union(
        [
            part.reading(wanted, ids=ids)
            .annotate(**{_SOURCE: Value(number)})
            .values_list(_SOURCE, *_names(wanted))
            for number, part in enumerate(parts)
        ]
    )
    by_id = {}
    for number, *values in made:
        row = _named(wanted, values)
        by_id[row["id"]] = (parts[number], row)
    return total, [by_id[each] for each in ids if each in by_id]


def _union(sources: Sequence[QuerySet[Any, Any]]) -> QuerySet[Any, Any]:
    first, *others = sources
    return first.union(*others, all=True)


def _wanted(query: QueryType, page: Page) -> set[str]:
    """The columns to read: what the records show, and what is needed to show it."""
    names = {name for source in query.sources for name in source.columns}
    if page.form == "references":
        return {"id"} | (names & {"name"})
    hidden = {name for name in names if name.startswith("_")}
    shown = names & query.attributes().keys()
    if page.fields:
        shown &= page.fields | {"name"}
    needed = {query.up} if query.up and page.with_links else set()
    return shown | hidden | needed | {"id"}


def _names(names: set[str]) -> list[str]:
    return [sql_name(name) for name in sorted(names)]


def _named(names: set[str], values: Sequence[Any]) -> Row:
    return dict(zip(sorted(names), values, strict=True))


# -- how they are shown


def _records(query: QueryType, rows: _Found, hrefs: Hrefs, page: Page) -> list[w.QueryResultRecord]:
    ref: Ref = entity_urn if page.form == "idrecords" else hrefs.of
    attributes = query.attributes()
    if page.fields:
        attributes = {name: known for name, known in attributes.items() if name in page.fields | {"name"}}
    metadata = metadata_of([row["id"] for _, row in rows], page.metadata) if page.metadata else {}
    made = []
    for part, row in rows:
        record = query.record(
            **{
                attributes[name]: part.columns[name].shown(name, row, ref)
                for name in row
                if name in attributes
            }
        )
        if page.form == "idrecords":
            record.id = entity_urn(part.source.kind, row["id"])
        else:
            record.href = hrefs.of(part.source.kind, row["id"])
        record.metadata = metadata.get(row["id"])
        if page.with_links:
            record.links = _links(query, part, row, hrefs)
        made.append(record)
    return made


def _links(query: QueryType, part: _Part, row: Row, hrefs: Hrefs) -> list[w.Link]:
    """Where to go from a record: up to what holds it, and to its metadata."""
    links = []
    if query.up and row[query.up] is not None:
        kind = part.columns[query.up].kind_in(row)
        if kind is not None:
            links.append(link("up", hrefs.of(kind, row[query.up]), KINDS[kind].media))
    if query.has_metadata:
        links.append(link("down", hrefs.of(part.source.kind, row["id"], "/metadata"), _METADATA))
    return links


def _reference(query: QueryType, part: _Part, row: Row, hrefs: Hrefs) -> w.QueryReference:
    return query.reference(
        href=hrefs.of(part.source.kind, row["id"]),
        id=entity_urn(part.source.kind, row["id"]),
        type=KINDS[part.source.kind].media,
        name=row.get("name"),
    )
