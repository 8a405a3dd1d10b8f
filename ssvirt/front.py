"""ASGI entry point of the `web` process: takes whole request bodies before a thread works on them.

A thread that waits for a slow client's body is lost to everybody else, and a body without Content-Length (chunked)
does not exist for a WSGI application. So bodies are read here, up to a size and within a time, and handed to the
WSGI application complete and with their length. `/healthz` is answered here too: no thread is needed to be alive; so
are consoles (`ssvirt.console`), for where no router sends them to a process of their own.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from typing import Any
from urllib.parse import quote_from_bytes

import environ
from a2wsgi import WSGIMiddleware
from django.conf import settings

from ssvirt import console
from ssvirt.wire import types as w
from ssvirt.wire.codec import to_xml
from ssvirt.wsgi import application as wsgi_application

Scope = dict[str, Any]
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

env = environ.FileAwareEnv()


class ClientGone(Exception):
    """The client hung up before its body was complete: nobody waits for an answer."""


class BodyGuard:
    """Buffers bodies of at most `max_bytes`, for at most `timeout_s` seconds each."""

    def __init__(self, app: Any, *, max_bytes: int, timeout_s: float) -> None:
        self.app = app
        self.max_bytes = max_bytes
        self.timeout_s = timeout_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await console.serve_websocket(scope, receive, send)
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if scope["path"] == "/healthz":
            await _answer(send, 200, "text/plain", b"ok\n")
            return
        if scope["path"].startswith(f"{console.PREFIX}/"):
            await console.serve_http(scope, send)
            return
        try:
            async with asyncio.timeout(self.timeout_s):
                body, length = await self._body(scope, receive)
        except TimeoutError:
            await _timed_out(scope, send)
        except ClientGone:
            return
        else:
            await self.app(_with_length(scope, length), _replay(body), send)

    async def _body(self, scope: Scope, receive: Receive) -> tuple[bytes, int]:
        """(body, its length); a body that is too large is not kept, its length tells the application."""
        announced = _header(scope, b"content-length")
        if announced.isdigit() and int(announced) > self.max_bytes:
            return b"", int(announced)
        if not announced and not _header(scope, b"transfer-encoding"):
            return b"", 0
        parts, length = [], 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientGone
            length += len(message.get("body", b""))
            if length > self.max_bytes:
                return b"", length
            parts.append(message.get("body", b""))
            if not message.get("more_body", False):
                if announced.isdigit() and length < int(announced):
                    raise ClientGone
                return b"".join(parts), length


def _header(scope: Scope, name: bytes) -> bytes:
    return next((bytes(value) for key, value in scope["headers"] if key == name), b"")


def _with_length(scope: Scope, length: int) -> Scope:
    """The scope with the body's true length, and a query string of ASCII, as WSGI wants it."""
    headers = [
        (name, value)
        for name, value in scope["headers"]
        # A name with an underscore would look like the one with a hyphen: never let it through.
        if name not in (b"content-length", b"transfer-encoding") and b"_" not in name
    ]
    query = quote_from_bytes(scope["query_string"], safe=_ASCII)
    return scope | {
        "headers": [*headers, (b"content-length", str(length).encode())],
        "query_string": query.encode(),
    }


_ASCII = bytes(range(0x21, 0x7F)).decode()


def _replay(body: bytes) -> Receive:
    """Gives the body once; afterwards nothing more comes."""
    messages: Iterator[Message] = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> Message:
        return next(messages, {"type": "http.disconnect"})

    return receive


async def _timed_out(scope: Scope, send: Send) -> None:
    message = "The request body did not arrive in time."
    if scope["path"].startswith("/cloudapi"):
        text = json.dumps({"minorErrorCode": "REQUEST_TIMEOUT", "message": message, "stackTrace": None})
        await _answer(send, 408, "application/json", text.encode())
    else:
        error = w.Error(
            message=message, major_error_code=408, minor_error_code="REQUEST_TIMEOUT", stack_trace=""
        )
        await _answer(send, 408, "application/vnd.vmware.vcloud.error+xml", to_xml(error))


async def _answer(send: Send, status: int, content_type: str, body: bytes) -> None:
    headers = [(b"content-type", content_type.encode()), (b"content-length", str(len(body)).encode())]
    if status == 408:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def web_threads() -> int:
    """Requests worked on at once: each holds at most one connection of the pool."""
    asked = int(env.int("SSVIRT_WEB_THREADS", default=16))
    return max(1, min(asked, int(settings.DATABASE_MAX_CONNECTIONS)))


application = BodyGuard(
    WSGIMiddleware(wsgi_application, workers=web_threads()),  # type: ignore[arg-type]
    max_bytes=settings.MAX_BODY_BYTES,
    timeout_s=env.float("SSVIRT_BODY_TIMEOUT", default=20.0),
)
