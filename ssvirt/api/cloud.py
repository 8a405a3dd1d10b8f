"""Lists and bodies of the JSON API at /cloudapi: paging, filters, sorting, Link headers, checked members.

Source: CloudAPI Page; vcd-api.md 2.5 and 3.5; resolutions.md 3.3.
"""

import re
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final
from urllib.parse import parse_qs, quote, unquote

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from ssvirt.api.fiql import All, Comparison, Node, parse_filter
from ssvirt.api.fiql import Any as AnyOf
from ssvirt.api.hrefs import Hrefs
from ssvirt.api.query import Field, field_named, raw_parameter, to_q
from ssvirt.core.errors import BadRequest
from ssvirt.core.urns import uuid_in

DEFAULT_PAGE_SIZE: Final = 25
MAX_PAGE_SIZE: Final = 128
_INT_32: Final = 2**31 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """How rows of one kind are listed: `model` is CloudAPI's name of the page's type.

    `values` translates what clients write of a filtered field into what the rows hold. `order` is the order
    without a wish, `tie` what makes any order total.
    """

    model: str
    fields: Mapping[str, Field]
    order: Sequence[str] = ("name",)
    tie: str = "pk"
    values: Mapping[str, Callable[[str], str]] = field(default_factory=dict)
    page_size: int = DEFAULT_PAGE_SIZE
    max_page_size: int = MAX_PAGE_SIZE


class LinkedResponse(Response):
    """A response with several Link headers: clients read one link per header. Source: resolutions.md 3.3."""

    def __init__(self, data: Any = None, *, links: Sequence[str] = (), **options: Any) -> None:
        super().__init__(data, **options)
        self.links = links

    def items(self) -> list[tuple[str, str]]:
        return [*super().items(), *(("Link", link) for link in self.links)]


def list_response(
    request: Request,
    hrefs: Hrefs,
    rows: QuerySet[Any],
    listing: Listing,
    render: Callable[[Any], dict[str, Any]],
) -> Response:
    """The page of `rows` that the request asks for, in two statements. Raises BadRequest naming the offender."""
    query = _readable(request.META.get("QUERY_STRING", ""))
    params = {key: values[-1] for key, values in parse_qs(query, keep_blank_values=True).items()}
    node = parse_filter(raw_parameter(query, "filter"))
    if node is not None:
        rows = rows.filter(to_q(_translated(node, listing.values), listing.fields))
    number = _count(params, "page", 1, least=1)
    size = min(_count(params, "pageSize", listing.page_size, least=0), listing.max_page_size)
    total = rows.count()
    start = (number - 1) * size
    found = rows.order_by(*(_order(params, listing.fields) or listing.order), listing.tie)
    last = -(-total // size) if size else 0
    page = _page(total, last, number, size, [render(row) for row in found[start : start + size]])
    base = hrefs.at(quote(request.path, safe="/:"))
    links = [_link(base, query, rel, to, size, listing.model) for rel, to in _neighbours(number, last)]
    return LinkedResponse(page, links=links)


def whole_list(values: Sequence[dict[str, Any]]) -> Response:
    """A list that has one page, whatever the client asks for; `values` is there even when it is empty."""
    return Response(_page(len(values), 1 if values else 0, 1, max(len(values), DEFAULT_PAGE_SIZE), values))


def accepted(task_id: uuid.UUID, hrefs: Hrefs) -> Response:
    """202 without a body; Location is the task at /api. Source: go-clients.md 6.3."""
    response = Response(None, status=202)
    response["Location"] = hrefs.of("task", task_id)
    return response


def _page(total: int, last: int, number: int, size: int, values: Sequence[Any]) -> dict[str, Any]:
    return {
        "resultTotal": total,
        "pageCount": last,
        "page": number,
        "pageSize": size,
        "associations": None,
        "values": list(values),
    }


def _readable(query_string: str) -> str:
    """The query string with its parameters as clients write them: those of our own links come encoded whole."""
    return "&".join(part if "=" in part else unquote(part) for part in query_string.split("&"))


def _count(params: Mapping[str, str], name: str, default: int, *, least: int) -> int:
    text = params.get(name) or str(default)
    if not re.fullmatch(r"[0-9]{1,9}", text) or int(text) < least:
        raise BadRequest(f"The parameter {name} must be a number from {least}, not '{text}'.")
    return int(text)


def _order(params: Mapping[str, str], fields: Mapping[str, Field]) -> list[str]:
    return [
        sign + field_named(name, fields).lookup
        for key, sign in (("sortAsc", ""), ("sortDesc", "-"))
        for name in params.get(key, "").split(",")
        if name
    ]


def _translated(node: Node, values: Mapping[str, Callable[[str], str]]) -> Node:
    match node:
        case Comparison() if node.field in values:
            return replace(node, value=values[node.field](node.value))
        case All(parts):
            return All(tuple(_translated(part, values) for part in parts))
        case AnyOf(parts):
            return AnyOf(tuple(_translated(part, values) for part in parts))
    return node


def _neighbours(number: int, last: int) -> Iterable[tuple[str, int]]:
    if number > 1 and last:
        yield from (("firstPage", 1), ("previousPage", min(number - 1, last)))
    if number < last:
        yield from (("nextPage", number + 1), ("lastPage", last))


def _link(base: str, query: str, rel: str, number: int, size: int, model: str) -> str:
    """A Link header's value. Clients split it at `;` and `=`, so each parameter is encoded whole."""
    kept = [part for part in query.split("&") if part and part.partition("=")[0] not in ("page", "pageSize")]
    parts = [quote(part, safe="") for part in (*kept, f"page={number}", f"pageSize={size}")]
    return f'<{base}?{"&".join(parts)}>;rel="{rel}";type="application/json";model="{model}"'


class Members:
    """The members of a JSON object, checked when they are read: BadRequest names one of a wrong type.

    Members that nobody reads are ignored: clients echo whole documents. A null counts as absent.
    """

    def __init__(self, data: Any, where: str = "") -> None:
        if not isinstance(data, dict):
            raise BadRequest(f"{where or 'The request body'} must be a JSON object.")
        self._data = data
        self._where = where

    def __contains__(self, name: str) -> bool:
        return self._data.get(name) is not None

    def path(self, name: str) -> str:
        """The member's name as messages give it: subnets.values[0].gateway."""
        return f"{self._where}.{name}" if self._where else name

    def text(self, name: str, default: str = "", *, max_length: int | None = None) -> str:
        value = self._typed(name, str, "a string")
        if value is None:
            return default
        if "\x00" in value:
            raise BadRequest(f"The member {self.path(name)} holds a character that is not allowed.")
        if max_length is not None and len(value) > max_length:
            raise BadRequest(f"The member {self.path(name)} is longer than {max_length} characters.")
        return str(value)

    def required_text(self, name: str, *, max_length: int | None = None) -> str:
        value = self.text(name, max_length=max_length)
        if not value.strip():
            raise BadRequest(f"The member {self.path(name)} is missing or empty.")
        return value

    def flag(self, name: str, default: bool) -> bool:
        value = self._typed(name, bool, "true or false")
        return default if value is None else bool(value)

    def number(self, name: str) -> int | None:
        value = self._typed(name, int, "a whole number")
        if value is not None and (isinstance(value, bool) or abs(value) > _INT_32):
            raise BadRequest(f"The member {self.path(name)} must be a whole number.")
        return value

    def object(self, name: str) -> "Members | None":
        value = self._typed(name, dict, "a JSON object")
        return None if value is None else Members(value, self.path(name))

    def objects(self, name: str) -> list["Members"]:
        values = self._typed(name, list, "an array") or []
        return [Members(value, f"{self.path(name)}[{number}]") for number, value in enumerate(values)]

    def required_texts(self, name: str) -> list[str]:
        """Likewise where an absent list must not be taken for an empty one."""
        if name not in self:
            raise BadRequest(f"The member {self.path(name)} is missing.")
        return self.texts(name)

    def texts(self, name: str) -> list[str]:
        values = self._typed(name, list, "an array") or []
        for number, value in enumerate(values):
            if not isinstance(value, str) or "\x00" in value:
                raise BadRequest(f"The member {self.path(name)}[{number}] must be a string.")
        return values

    def reference(self, name: str) -> uuid.UUID | None:
        """The UUID of an EntityReference `{"id": urn}`; None where there is none."""
        found = self.object(name)
        if found is None or "id" not in found:
            return None
        text = found.text("id")
        entity_id = uuid_in(text)
        if entity_id is None:
            raise BadRequest(f"The member {found.path('id')} is no id: '{text}'.")
        return entity_id

    def _typed(self, name: str, wanted: type, what: str) -> Any:
        value = self._data.get(name)
        if value is not None and not isinstance(value, wanted):
            raise BadRequest(f"The member {self.path(name)} must be {what}.")
        return value
