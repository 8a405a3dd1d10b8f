"""A request and a response, apart from any socket: the server and the in-process transport both use them."""

import dataclasses
import json
from collections.abc import Callable, Iterator, Mapping
from io import BufferedIOBase
from typing import Any

JSON = "application/json"


@dataclasses.dataclass(slots=True)
class Request:
    """One request. Header names are in small letters; `query` holds the last value of each parameter.

    A path plugged in as a stream gets its body in `stream`, piece by piece, instead of in `body`.
    """

    method: str
    path: str
    query: dict[str, str] = dataclasses.field(default_factory=dict)
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    body: bytes = b""
    user: str = ""
    stream: Iterator[bytes] | None = None

    @property
    def content_type(self) -> str:
        """The media type of the body without parameters; "" when none is named."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def user_agent(self) -> str:
        return self.headers.get("user-agent", "")

    def flag(self, name: str) -> bool:
        """A boolean query parameter, as Go's strconv.ParseBool reads it."""
        return self.query.get(name, "").lower() in {"1", "t", "true"}


@dataclasses.dataclass(slots=True)
class Response:
    """A whole answer, or a stream of chunks when `stream` is set, or a socket handed over when `takeover` is.

    `takeover` gets the reading and the writing side after the header lines were sent, and owns the connection.
    """

    status: int = 200
    body: bytes = b""
    content_type: str = JSON
    headers: dict[str, str] = dataclasses.field(default_factory=dict)
    stream: Iterator[bytes] | None = None
    takeover: Callable[[BufferedIOBase, BufferedIOBase], None] | None = None


class DropConnection(Exception):
    """Raised by fault injection: close the connection without an answer."""


def dump(value: Any) -> bytes:
    """Compact JSON."""
    return json.dumps(value, separators=(",", ":")).encode()


def json_response(value: Any, status: int = 200) -> Response:
    """An answer that carries a value as JSON."""
    return Response(status, dump(value))
