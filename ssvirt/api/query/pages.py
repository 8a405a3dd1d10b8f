"""What a client asks for beside the filter: format, page, order, fields; and the links to other pages."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs, quote

from ssvirt.api.fiql import Node, parse_filter
from ssvirt.api.query.filters import Field, field_named
from ssvirt.api.query.metadata import MetadataKey, metadata_key
from ssvirt.api.represent import link
from ssvirt.core.errors import BadRequest
from ssvirt.wire import types as w

MAX_PAGE_SIZE: Final = 128
DEFAULT_PAGE_SIZE: Final = 25
FORMATS: Final = ("records", "idrecords", "references")
MEDIA: Final = "application/vnd.vmware.vcloud.query.{}+xml"
_NOT_IN_URIS: Final = re.compile(r"%(?![0-9A-Fa-f]{2})|[^\w%!$&'()*+,./:;=?@~-]", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a client asked for, checked.

    `start` is the first row's place among all. `order` holds the names of columns, with a minus for descending.
    `fields` are the attributes to show, all of them when there is none.
    """

    start: int
    size: int
    form: str
    filter: Node | None
    order: tuple[str, ...]
    fields: frozenset[str]
    metadata: tuple[MetadataKey, ...]
    with_links: bool
    base: str
    params: tuple[tuple[str, str], ...]
    """The other parameters, still encoded as they came: a decoded filter could not be told apart again."""

    @property
    def stop(self) -> int:
        return self.start + self.size

    @property
    def number(self) -> int:
        """The page that has the first row."""
        return self.start // self.size + 1


def page_of(query_string: str, base: str, known: Mapping[str, Field]) -> Page:
    """The page that a query string asks for. Raises BadRequest naming the offender."""
    params = {key: values[-1] for key, values in parse_qs(query_string, keep_blank_values=True).items()}
    form = params.get("format") or "records"
    if form not in FORMATS:
        raise BadRequest(f"The query format {form} is not supported.")
    size = min(_number(params, "pageSize", DEFAULT_PAGE_SIZE), MAX_PAGE_SIZE)
    start = (_number(params, "page", 1) - 1) * size
    order = []
    for key, sign in (("sortAsc", ""), ("sortDesc", "-")):
        for name in filter(None, params.get(key, "").split(",")):
            field_named(name, known)
            order.append(sign + name)
    shown, metadata = _fields(params.get("fields", ""), known)
    return Page(
        # Rows are counted from 0; any may be the first. Source: vcd-api.md 3.4.
        start=_number(params, "offset", 0, least=0) or start,
        size=size,
        form=form,
        filter=parse_filter(raw_parameter(query_string, "filter")),
        order=tuple(order),
        fields=shown,
        metadata=metadata,
        # A client writes `links=true;`. Source: go-clients.md 3.1.
        with_links=params.get("links", "").rstrip(";").lower() == "true",
        base=base,
        params=tuple(_kept(query_string)),
    )


def _fields(text: str, known: Mapping[str, Field]) -> tuple[frozenset[str], tuple[MetadataKey, ...]]:
    names, keys = set(), []
    for name in filter(None, (part.strip() for part in text.split(","))):
        key = metadata_key(name)
        if key is not None:
            keys.append(key)
        else:
            field_named(name, known)
            names.add(name)
    return frozenset(names), tuple(keys)


def raw_parameter(query_string: str, name: str) -> str:
    """A parameter as it stands in the query string, still encoded."""
    for part in query_string.split("&"):
        key, _, value = part.partition("=")
        if key == name:
            return value
    return ""


def _kept(query_string: str) -> Iterator[tuple[str, str]]:
    """The parameters that all pages share, as they came but for what no URI may hold."""
    query_string = _NOT_IN_URIS.sub(lambda found: quote(found[0], "", "latin-1", "replace"), query_string)
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


def page_href(page: Page, start: int, form: str | None = None) -> str:
    """Where the page of these rows, or another format of it, is: by number where pages from the first row have it."""
    number, between = divmod(start, page.size)
    place = ("offset", str(start)) if between else ("page", str(number + 1))
    parts = [*page.params, ("format", form or page.form), place, ("pageSize", str(page.size))]
    return page.base + "?" + "&".join(f"{key}={value}" for key, value in parts)


def page_links(page: Page, total: int) -> list[w.Link]:
    """Links to the pages around, and to the other formats."""
    media = MEDIA.format(page.form)
    wanted = []
    if page.start > 0:
        wanted += [("firstPage", 0), ("previousPage", max(0, page.start - page.size))]
    if page.stop < total:
        left = total - 1 - page.start
        wanted += [("nextPage", page.stop), ("lastPage", page.start + left - left % page.size)]
    links = [link(rel, page_href(page, start), media) for rel, start in wanted]
    for form in FORMATS:
        if form != page.form:
            links.append(link("alternate", page_href(page, page.start, form), MEDIA.format(form)))
    return links
