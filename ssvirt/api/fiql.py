"""Filters of the query service and of /cloudapi lists: FIQL text -> a tree of comparisons.

`;` is AND and binds tighter than `,`, which is OR; parentheses group. Clients escape `( ) , ; \\` in values
with a backslash and percent-encode the whole once (or, below API 35, twice), so the raw text is split
first, then
decoded.
Source: vcd-api.md 3.4, python-clients.md 3.3, resolutions.md 3.10.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import unquote, unquote_plus

from ssvirt.core.errors import BadRequest

Operator = Literal["==", "!=", "=lt=", "=le=", "=gt=", "=ge="]
_COMPARISON: Final = re.compile(
    r"(?P<field>[^=!]+)(?P<operator>==|!=|=lt=|=le=|=gt=|=ge=)(?P<value>.*)", re.DOTALL
)
_MAX_DEPTH: Final = 20
_MAX_LENGTH: Final = 16_384


@dataclass(frozen=True, slots=True)
class Comparison:
    field: str
    operator: Operator
    value: str


@dataclass(frozen=True, slots=True)
class All:
    """Every part must hold."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Any:
    """One part must hold."""

    parts: tuple["Node", ...]


Node = Comparison | All | Any


def parse_filter(raw: str) -> Node | None:
    """The tree of a filter as it stands in the query string; None for an empty one. Raises BadRequest."""
    if len(raw) > _MAX_LENGTH:
        raise BadRequest("The filter is too long.")
    decode = unquote_plus
    if not re.search(r"==|!=|=(?:lt|le|gt|ge)=", raw):
        # A client that encoded the separators too: decode first. The values may have been encoded by themselves
        # before that; a plus in them is a plus by now.
        raw, decode = unquote_plus(raw), unquote
    if not raw.strip():
        return None
    parser = _Parser(raw, decode)
    node = parser.any_of(0)
    if parser.position < len(raw):
        raise BadRequest(f"The filter is malformed near '{raw[parser.position :][:40]}'.")
    return node


class _Parser:
    def __init__(self, text: str, decode: Callable[[str], str]) -> None:
        self.text = text
        self.decode = decode
        self.position = 0

    def _peek(self) -> str:
        return self.text[self.position : self.position + 1]

    def any_of(self, depth: int) -> Node:
        parts = [self.all_of(depth)]
        while self._peek() == ",":
            self.position += 1
            parts.append(self.all_of(depth))
        return parts[0] if len(parts) == 1 else Any(tuple(parts))

    def all_of(self, depth: int) -> Node:
        parts = [self._atom(depth)]
        while self._peek() == ";":
            self.position += 1
            parts.append(self._atom(depth))
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _atom(self, depth: int) -> Node:
        if depth > _MAX_DEPTH:
            raise BadRequest("The filter is nested too deeply.")
        if self._peek() == "(":
            self.position += 1
            node = self.any_of(depth + 1)
            if self._peek() != ")":
                raise BadRequest("The filter lacks a closing parenthesis.")
            self.position += 1
            return node
        return self._comparison()

    def _comparison(self) -> Comparison:
        start = self.position
        while self.position < len(self.text) and self._peek() not in ";,()":
            self.position += 2 if self._peek() == "\\" else 1
        raw = self.text[start : self.position]
        match = _COMPARISON.fullmatch(raw)
        if match is None:
            near = raw or self.text[max(0, start - 1) :]
            raise BadRequest(f"The filter is malformed near '{near[:40]}'.")
        return Comparison(
            field=self.decode(match["field"]).strip(),
            operator=match["operator"],  # type: ignore[arg-type]
            value=_unescape(self.decode(match["value"])),
        )


def _unescape(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value)
