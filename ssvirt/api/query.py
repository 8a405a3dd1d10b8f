"""The query service: a registry of query types, and one way to filter, sort, page and render them.

Source: vcd-api.md 3.4.
"""

import ipaddress
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from urllib.parse import parse_qs

from django.db.models import Q, QuerySet
from django.utils.dateparse import parse_datetime

from ssvirt.api.fiql import All, Comparison, Node, parse_filter
from ssvirt.api.fiql import Any as AnyOf
from ssvirt.api.hrefs import KINDS, Hrefs, entity_urn
from ssvirt.api.principal import Principal
from ssvirt.api.represent import link
from ssvirt.core.errors import BadRequest, Forbidden
from ssvirt.core.urns import uuid_in
from ssvirt.wire import types as w

MAX_PAGE_SIZE: Final = 128
DEFAULT_PAGE_SIZE: Final = 25
FORMATS: Final = ("records", "idrecords", "references")
_MEDIA: Final = "application/vnd.vmware.vcloud.query.{}+xml"

FieldKind = Literal["text", "number", "moment", "flag", "reference", "address"]
Ref = Callable[[str, uuid.UUID], str]
"""(kind, id) -> href in records, URN in idrecords."""


@dataclass(frozen=True, slots=True)
class Field:
    """A record attribute that may be filtered and sorted by: its lookup and the kind of its values."""

    lookup: str
    kind: FieldKind = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryType:
    """One type of the query service.

    `rows` yields the rows of the scope, with all that `record` reads; `record(row, ref)` makes the record
    without its own href, id and type, which the service sets. `provider_only` types are shown to System
    users alone.
    """

    name: str
    kind: str
    rows: Callable[[], QuerySet[Any]]
    record: Callable[[Any, Ref], w.QueryResultRecord]
    fields: Mapping[str, Field]
    references: type[w.References]
    reference: type[w.QueryReference]
    right: str | None = None
    provider_only: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """What a client asked for, checked."""

    number: int
    size: int
    form: str
    filter: Node | None
    order: tuple[str, ...]
    base: str
    params: tuple[tuple[str, str], ...] = ()
    """The other parameters, still encoded as they came: a decoded filter could not be told apart again."""


_types: dict[str, QueryType] = {}


def register_query(query: QueryType) -> None:
    """Makes a query type known under its name."""
    _types[query.name] = query


def query_types(principal: Principal) -> list[QueryType]:
    """The types that the principal may use, by name."""
    return [_types[name] for name in sorted(_types) if _may_use(_types[name], principal)]


def _may_use(query: QueryType, principal: Principal) -> bool:
    if query.provider_only and not principal.is_provider:
        return False
    return query.right is None or principal.may(query.right)


def query_type(name: str, principal: Principal) -> QueryType:
    """The type of that name. Raises BadRequest for an unknown one, Forbidden for one not to be used."""
    if name not in _types:
        raise BadRequest(f"The query type {name} is not supported.")
    if not _may_use(_types[name], principal):
        raise Forbidden(f"You may not use the query type {name}.")
    return _types[name]


def query_list(principal: Principal, hrefs: Hrefs) -> w.QueryList:
    """All queries of the principal, in all formats. Hrefs hold a `?`: clients append. Source: python-
    clients.md 3.3.
    """
    return w.QueryList(
        href=hrefs.at("/api/query"),
        type=_MEDIA.format("queryList"),
        links=[
            link(
                "down",
                hrefs.at(f"/api/query?type={query.name}&format={form}"),
                _MEDIA.format(form),
                query.name,
            )
            for query in query_types(principal)
            for form in FORMATS
        ],
    )


def run_query(
    query: QueryType, query_string: str, hrefs: Hrefs, path: str, *, only: Q | None = None
) -> w.QueryResultRecords | w.References:
    """The page that the query string asks for. `only` narrows the rows (packaged queries). Raises
    BadRequest.
    """
    page = _page(query, query_string, hrefs.at(path))
    rows = query.rows()
    if only is not None:
        rows = rows.filter(only)
    if page.filter is not None:
        rows = rows.filter(to_q(page.filter, query.fields))
    total = rows.count()
    start = (page.number - 1) * page.size
    order = page.order or tuple(rows.model._meta.ordering)
    found = list(rows.order_by(*order, "pk")[start : start + page.size])
    common: dict[str, Any] = {
        "href": _page_href(page, page.number),
        "type": _MEDIA.format(page.form),
        "name": query.name,
        "page": page.number,
        "page_size": page.size,
        "total": total,
        "links": _page_links(page, total),
    }
    if page.form == "references":
        container = query.references(**common)
        container.references = [_reference(query, row, hrefs) for row in found]
        return container
    return w.QueryResultRecords(**common, records=[_record(query, row, hrefs, page.form) for row in found])


def _record(query: QueryType, row: Any, hrefs: Hrefs, form: str) -> w.QueryResultRecord:
    ref: Ref = entity_urn if form == "idrecords" else hrefs.of
    record = query.record(row, ref)
    if form == "idrecords":
        record.id = entity_urn(query.kind, row.pk)
    else:
        record.href = hrefs.of(query.kind, row.pk)
    return record


def _reference(query: QueryType, row: Any, hrefs: Hrefs) -> w.QueryReference:
    return query.reference(
        href=hrefs.of(query.kind, row.pk),
        id=entity_urn(query.kind, row.pk),
        type=KINDS[query.kind].media,
        name=getattr(row, "name", None),
    )


def _page(query: QueryType, query_string: str, base: str) -> Page:
    params = {key: values[-1] for key, values in parse_qs(query_string, keep_blank_values=True).items()}
    form = params.get("format") or "records"
    if form not in FORMATS:
        raise BadRequest(f"The query format {form} is not supported.")
    number = _number(params, "page", 1)
    size = min(_number(params, "pageSize", DEFAULT_PAGE_SIZE), MAX_PAGE_SIZE)
    if offset := _number(params, "offset", 0, least=0):
        number = offset // size + 1
    order = []
    for key, sign in (("sortAsc", ""), ("sortDesc", "-")):
        for name in filter(None, params.get(key, "").split(",")):
            order.append(sign + field_named(name, query.fields).lookup)
    return Page(
        number=number,
        size=size,
        form=form,
        filter=parse_filter(raw_parameter(query_string, "filter")),
        order=tuple(order),
        base=base,
        params=tuple(_kept(query_string)),
    )


def raw_parameter(query_string: str, name: str) -> str:
    """A parameter as it stands in the query string, still encoded."""
    for part in query_string.split("&"):
        key, _, value = part.partition("=")
        if key == name:
            return value
    return ""


def _kept(query_string: str) -> Iterator[tuple[str, str]]:
    for part in query_string.split("&"):
        key, _, value = part.partition("=")
        if key and key not in ("page", "pageSize", "offset", "format"):
            yield key, value


def _number(params: Mapping[str, str], name: str, default: int, *, least: int = 1) -> int:
    text = params.get(name)
    if text in (None, ""):
        return default
    if not re.fullmatch(r"[0-9]{1,9}", text) or int(text) < least:
        raise BadRequest(f"The parameter {name} must be a number from {least}, not '{text}'.")
    return int(text)


def _page_href(page: Page, number: int, form: str | None = None) -> str:
    parts = [*page.params, ("format", form or page.form), ("page", str(number)), ("pageSize", str(page.size))]
    return page.base + "?" + "&".join(f"{key}={value}" for key, value in parts)


def _page_links(page: Page, total: int) -> list[w.Link]:
    last = max(1, -(-total // page.size))
    media = _MEDIA.format(page.form)
    wanted = []
    if page.number > 1:
        wanted += [("firstPage", 1), ("previousPage", page.number - 1)]
    if page.number < last:
        wanted += [("nextPage", page.number + 1), ("lastPage", last)]
    links = [link(rel, _page_href(page, number), media) for rel, number in wanted]
    for form in FORMATS:
        if form != page.form:
            links.append(link("alternate", _page_href(page, page.number, form), _MEDIA.format(form)))
    return links


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


def field_named(name: str, fields: Mapping[str, Field]) -> Field:
    found = fields.get(name)
    if found is None:
        raise BadRequest(f"Unknown property name: {name}")
    return found


_ORDERED: Final = {"=lt=": "lt", "=le=": "lte", "=gt=": "gt", "=ge=": "gte"}


def _comparison(node: Comparison, fields: Mapping[str, Field]) -> Q:
    declared = field_named(node.field, fields)
    if node.operator in _ORDERED:
        if declared.kind not in ("number", "moment"):
            raise BadRequest(f"The operator {node.operator} cannot be used on {node.field}.")
        return Q(**{f"{declared.lookup}__{_ORDERED[node.operator]}": _value(node, declared)})
    if declared.kind == "text" and "*" in node.value and node.operator == "==":
        pattern = ".*".join(re.escape(piece) for piece in node.value.replace("\x00", "").split("*"))
        return Q(**{f"{declared.lookup}__iregex": f"^{pattern}$"})
    condition = Q(**{declared.lookup: _value(node, declared)})
    return ~condition if node.operator == "!=" else condition


def _value(node: Comparison, declared: Field) -> Any:
    wrong = BadRequest(f"The value '{node.value}' does not fit the property {node.field}.")
    match declared.kind:
        case "number":
            if not re.fullmatch(r"-?\d{1,18}", node.value):
                raise wrong
            return int(node.value)
        case "flag":
            if node.value.lower() not in ("true", "false"):
                raise wrong
            return node.value.lower() == "true"
        case "moment":
            moment = _moment(node.value)
            if moment is None:
                raise wrong
            return moment
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


def _moment(text: str) -> datetime | None:
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None
