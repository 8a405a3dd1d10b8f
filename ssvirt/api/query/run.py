"""One query, from the query string to the page."""

import uuid
from collections.abc import Mapping, Sequence
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
    matching = [_matching(query, source, page, within or {}) for source in query.sources]
    total, rows = _rows(query, page, matching)
    common: dict[str, Any] = {
        "href": page_href(page, page.number),
        "type": MEDIA.format(page.form),
        "name": query.name,
        "page": page.number,
        "page_size": page.size,
        "total": total,
        "links": page_links(page, total),
    }
    if page.form == "references":
        container = query.references(**common)
        container.references = [_reference(query, source, row, hrefs) for source, row in rows]
        return container
    return w.QueryResultRecords(**common, records=_records(query, rows, hrefs, page))


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


def _matching(query: QueryType, source: Source, page: Page, within: Mapping[str, uuid.UUID]) -> QuerySet[Any]:
    """The source's rows that the client wants, in no order yet."""
    columns = query.columns(source)
    used = {name for name in (*names_in(page.filter), *within) if name in columns}
    rows = source.rows().alias(**_expressions(columns, used))
    narrowed = [to_q(Comparison(name, "==", str(value)), _fields(columns)) for name, value in within.items()]
    return rows.filter(*narrowed, _condition(page.filter, _fields(columns)))


def _expressions(columns: Mapping[str, Column], names: set[str]) -> dict[str, Combinable]:
    return {sql_name(name): columns[name].expression() for name in sorted(names)}


def _rows(
    query: QueryType, page: Page, matching: Sequence[QuerySet[Any]]
) -> tuple[int, list[tuple[Source, Row]]]:
    """How many rows there are, and those of the page."""
    if not matching:
        return 0, []
    wanted = _wanted(query, page)
    order = [(name.lstrip("-"), name.startswith("-")) for name in page.order or query.order]
    if len(matching) == 1:
        (source,), (rows,) = query.sources, matching
        made = _read(query, source, rows, wanted | {name for name, _ in order})
        found = made.order_by(*_order(order))[page.start : page.stop]
        return rows.count(), [(source, _named(wanted, row)) for row in found.values_list(*_names(wanted))]
    return _merged(query, page, matching, wanted, order)


def _merged(
    query: QueryType,
    page: Page,
    matching: Sequence[QuerySet[Any]],
    wanted: set[str],
    order: Sequence[tuple[str, bool]],
) -> tuple[int, list[tuple[Source, Row]]]:
    """The page of several sources: first which rows are on it, then what they hold.

    A UNION computes every column of every row, so the first statement has but ids and sort keys.
    """
    first, *others = [rows.order_by().values_list("pk") for rows in matching]
    total = first.union(*others, all=True).count()
    keys = {"id"} | {name for name, _ in order}
    first, *others = [
        _read(query, source, rows, keys).order_by().values_list(*_names(keys))
        for source, rows in zip(query.sources, matching, strict=True)
    ]
    united = first.union(*others, all=True).order_by(*_order(order))[page.start : page.stop]
    ids = [_named(keys, row)["id"] for row in united]
    first, *others = [
        _read(query, source, source.rows().filter(pk__in=ids), wanted)
        .annotate(**{_SOURCE: Value(number)})
        .order_by()
        .values_list(_SOURCE, *_names(wanted))
        for number, source in enumerate(query.sources)
    ]
    made = [(query.sources[number], _named(wanted, row)) for number, *row in first.union(*others, all=True)]
    by_id = {row["id"]: (source, row) for source, row in made}
    return total, [by_id[each] for each in ids if each in by_id]


def _wanted(query: QueryType, page: Page) -> set[str]:
    """The columns to read: what the records show, and what is needed to show it."""
    if page.form == "references":
        return {"id"} | {name for source in query.sources for name in source.columns if name == "name"}
    shown = {name for source in query.sources for name in source.columns}
    attributes = query.attributes().keys()
    hidden = {name for name in shown if name.startswith("_")}
    shown &= attributes
    if page.fields:
        shown &= page.fields | {"name"}
    needed = {query.up} if query.up and page.with_links else set()
    return shown | hidden | needed | {"id"}


def _read(query: QueryType, source: Source, rows: QuerySet[Any], names: set[str]) -> QuerySet[Any]:
    return rows.annotate(**_expressions(query.columns(source), names))


def _names(names: set[str]) -> list[str]:
    return [sql_name(name) for name in sorted(names)]


def _named(names: set[str], values: Sequence[Any]) -> Row:
    return dict(zip(sorted(names), values, strict=True))


def _order(order: Sequence[tuple[str, bool]]) -> list[str]:
    return [*(("-" if falls else "") + sql_name(name) for name, falls in order), sql_name("id")]


def _records(
    query: QueryType, rows: Sequence[tuple[Source, Row]], hrefs: Hrefs, page: Page
) -> list[w.QueryResultRecord]:
    ref: Ref = entity_urn if page.form == "idrecords" else hrefs.of
    attributes = query.attributes()
    columns = {id(source): query.columns(source) for source in query.sources}
    metadata = metadata_of([row["id"] for _, row in rows], page.metadata) if page.metadata else {}
    made = []
    for source, row in rows:
        known = columns[id(source)]
        values = {
            attributes[name]: known[name].shown(name, row, ref)
            for name in row
            if name in attributes and (not page.fields or name in page.fields or name == "name")
        }
        record = query.record(**values)
        if page.form == "idrecords":
            record.id = entity_urn(source.kind, row["id"])
        else:
            record.href = hrefs.of(source.kind, row["id"])
        record.metadata = metadata.get(row["id"])
        if page.with_links:
            record.links = _links(query, source, row, hrefs)
        made.append(record)
    return made


def _links(query: QueryType, source: Source, row: Row, hrefs: Hrefs) -> list[w.Link]:
    """Where to go from a record: up to what holds it, and to its metadata."""
    links = []
    if query.up and row[query.up] is not None:
        kind = query.columns(source)[query.up].kind_in(row)
        if kind is not None:
            links.append(link("up", hrefs.of(kind, row[query.up]), KINDS[kind].media))
    if query.has_metadata:
        links.append(link("down", hrefs.of(source.kind, row["id"], "/metadata"), _METADATA))
    return links


def _reference(query: QueryType, source: Source, row: Row, hrefs: Hrefs) -> w.QueryReference:
    return query.reference(
        href=hrefs.of(source.kind, row["id"]),
        id=entity_urn(source.kind, row["id"]),
        type=KINDS[source.kind].media,
        name=row.get("name"),
    )
