"""The console of a VM: a page in the browser, and the WebSocket behind it. Plain ASGI.

    GET /console/vm-{id}?ticket=...        the page; nothing is checked, nothing is told
    WebSocket of the same URL              uses the ticket up, then carries the machine's VNC stream both ways

The `console` process serves it, and so does `web`, for where no router sends /console to `console`.

A stream is refused before it opens (HTTP 403) without a valid ticket or with a foreign page's Origin. One that was
opened ends with a code that the page explains: see `Close`. Data goes from one side to the other piece by piece, and
the next piece is read when the last one has left: a slow side slows the other down, and nothing piles up here.
"""

import asyncio
import hashlib
import json
import os
import re
import time
import uuid
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from enum import IntEnum
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import django
import structlog
from django.apps import apps
from django.conf import settings
from prometheus_client import Counter, Gauge

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ssvirt.settings")
if not apps.ready:
    django.setup()

from compute.cluster.vnc import StreamEndpoint, VncStream, open_vnc
from ssvirt.core.database import release_connections
from ssvirt.core.errors import (
    ClusterConflict,
    ClusterError,
    ClusterNotFound,
    InvalidState,
    NotFound,
)
from vapps.services import ConsoleTarget, console_ticket_redeem

log = structlog.get_logger(__name__)

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

PREFIX: Final = "/console"
MAX_SESSIONS: Final = 200
# What a browser sends at once: keys, mouse, a clipboard.
MAX_MESSAGE_BYTES: Final = 1 << 20
_UUID = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_VM_PATH = re.compile(rf"{PREFIX}/(?:vm-)?({_UUID})/?")
# Subprotocols under which noVNC and others carry the plain stream.
_PROTOCOLS: Final = ("binary", "plain.kubevirt.io")
_FOLDER = settings.BASE_DIR / "templates" / "console"
_TYPES: Final = {".js": "text/javascript", ".css": "text/css", ".txt": "text/plain; charset=utf-8"}
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)

_OPENED = Counter("ssvirt_console_sessions", "Consoles asked for.", ["outcome"])
_OPEN = Gauge("ssvirt_console_open", "Consoles open now.")
_BYTES = Counter("ssvirt_console_bytes", "Bytes carried.", ["direction"])


class Close(IntEnum):
    """Why an open stream ends. Source: RFC 6455 7.4; from 4000 on ours."""

    ENDED = 1000
    TOO_BIG = 1009
    INTERNAL_ERROR = 1011
    TRY_AGAIN = 1013
    NOT_RUNNING = 4404
    IDLE = 4408
    LIMIT = 4409
    NO_CLUSTER = 4500


class Ended(Exception):
    """The stream is over."""

    def __init__(self, code: Close) -> None:
        super().__init__(code.name)
        self.code = code


# --- The page -------------------------------------------------------------------------------------------


def _assets() -> dict[str, tuple[bytes, str]]:
    """Path -> (content, type) of the page's files, read once: there are few and they are small."""
    return {
        f"{PREFIX}/static/{path.name}": (path.read_bytes(), _TYPES[path.suffix])
        for path in sorted((_FOLDER / "static").iterdir())
        if path.suffix in _TYPES
    }


_ASSETS = _assets()
_PAGE = (_FOLDER / "console.html").read_bytes()
# The page's files change with the release only; one name for all of them, so that none is mixed with another's.
_ETAG = '"' + hashlib.sha256(b"".join(body for body, _ in _ASSETS.values())).hexdigest()[:16] + '"'


async def serve_http(scope: Message, send: Send) -> None:
    """The page and its files; 404 for everything else, 405 for what is no GET."""
    path = scope["path"]
    headers = {"x-content-type-options": "nosniff", "referrer-policy": "no-referrer"}
    if scope["method"] not in ("GET", "HEAD"):
        status, body, content_type = 405, _error("Only GET is served here."), "application/json"
        headers["allow"] = "GET, HEAD"
    elif _VM_PATH.fullmatch(path):
        status, body, content_type = 200, _PAGE, "text/html; charset=utf-8"
        headers |= {"content-security-policy": _POLICY, "cache-control": "no-store"}
    elif path in _ASSETS:
        status, (body, content_type) = 200, _ASSETS[path]
        headers |= {"cache-control": "no-cache", "etag": _ETAG}
        if _header(scope, b"if-none-match") == _ETAG:
            status, body = 304, b""
    else:
        status, body, content_type = 404, _error(f"No such resource: {path}"), "application/json"
    headers |= {"content-type": content_type, "content-length": str(len(body))}
    if status == 304:
        del headers["content-length"]
    pairs = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


def _error(message: str) -> bytes:
    return json.dumps({"message": message}).encode()


def _header(scope: Message, name: bytes) -> str:
    return next((bytes(value).decode("latin-1") for key, value in scope["headers"] if key == name), "")


# --- The stream -----------------------------------------------------------------------------------------

# The database is asked once for each console, in threads of its own: an event loop must not wait for it.
_threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="console")
_open_sessions = 0


async def serve_websocket(scope: Message, receive: Receive, send: Send) -> None:
    """Answers one WebSocket: refuses it, or carries the stream until a side ends it or a limit is reached."""
    global _open_sessions
    await receive()
    match = _VM_PATH.fullmatch(scope["path"])
    if match is None or not is_own_origin(scope):
        await _refuse(send, "origin" if match else "path")
        return
    if _open_sessions >= MAX_SESSIONS:
        # Before the ticket is looked at, so that it can be used a moment later.
        await _accept_and_close(scope, send, Close.TRY_AGAIN)
        return
    _open_sessions += 1
    _OPEN.inc()
    try:
        await _serve(scope, receive, send, uuid.UUID(match[1]))
    finally:
        _open_sessions -= 1
        _OPEN.dec()


async def _serve(scope: Message, receive: Receive, send: Send, vm_id: uuid.UUID) -> None:
    query = parse_qs(scope["query_string"].decode("latin-1"))
    ticket = query.get("ticket", [""])[0]
    try:
        target, endpoint = await asyncio.get_running_loop().run_in_executor(_threads, _redeem, vm_id, ticket)
    except NotFound:
        log.info("console_refused", vm=str(vm_id), reason="ticket")
        await _refuse(send, "ticket")
        return
    except (InvalidState, ClusterError) as error:
        log.warning("console_failed", vm=str(vm_id), error=str(error))
        code = Close.NOT_RUNNING if isinstance(error, InvalidState) else Close.NO_CLUSTER
        await _accept_and_close(scope, send, code)
        return
    except Exception:
        log.exception("console_crashed", vm=str(vm_id))
        await _accept_and_close(scope, send, Close.INTERNAL_ERROR)
        return
    with structlog.contextvars.bound_contextvars(
        vm=str(vm_id), org=str(target.org_id), user=target.user_name
    ):
        await _carry(scope, receive, send, endpoint)


def _redeem(vm_id: uuid.UUID, ticket: str) -> tuple[ConsoleTarget, StreamEndpoint]:
    try:
        target = console_ticket_redeem(vm_id=vm_id, text=ticket)
        return target, target.client.vnc_endpoint(target.namespace, target.machine)
    finally:
        release_connections()


async def _carry(scope: Message, receive: Receive, send: Send, endpoint: StreamEndpoint) -> None:
    started, code = time.monotonic(), Close.ENDED
    try:
        async with open_vnc(endpoint) as stream:
            await send({"type": "websocket.accept", "subprotocol": _protocol(scope)})
            _OPENED.labels("opened").inc()
            log.info("console_opened")
            try:
                await _pump(receive, send, stream)
            except Ended as ended:
                code = ended.code
            except (ClusterError, OSError):
                code = Close.ENDED
            except Exception:
                log.exception("console_crashed")
                code = Close.INTERNAL_ERROR
            await _close(send, code)
            log.info("console_closed", code=code.name, seconds=round(time.monotonic() - started, 1))
    except ClusterError as error:
        log.warning("console_failed", error=error.message)
        is_off = isinstance(error, (ClusterConflict, ClusterNotFound))
        await _accept_and_close(scope, send, Close.NOT_RUNNING if is_off else Close.NO_CLUSTER)


async def _pump(receive: Receive, send: Send, stream: VncStream) -> None:
    """Carries data until a side ends (Ended, ClusterUnavailable) or a limit is reached (Ended)."""
    used_at = time.monotonic()
    ends_at = used_at + settings.CONSOLE_LIMIT_S

    async def to_machine() -> None:
        nonlocal used_at
        while True:
            message = await receive()
            if message["type"] != "websocket.receive":
                raise Ended(Close.ENDED)
            data = message.get("bytes") or (message.get("text") or "").encode()
            if len(data) > MAX_MESSAGE_BYTES:
                raise Ended(Close.TOO_BIG)
            used_at = time.monotonic()
            _BYTES.labels("in").inc(len(data))
            await stream.send(data)

    async def to_browser() -> None:
        nonlocal used_at
        while (data := await stream.receive()) is not None:
            await send({"type": "websocket.send", "bytes": data})
            used_at = time.monotonic()
            _BYTES.labels("out").inc(len(data))
        raise Ended(Close.ENDED)

    async def within_limits() -> None:
        while True:
            now = time.monotonic()
            if now >= ends_at:
                raise Ended(Close.LIMIT)
            if now >= used_at + settings.CONSOLE_IDLE_S:
                raise Ended(Close.IDLE)
            await asyncio.sleep(min(ends_at, used_at + settings.CONSOLE_IDLE_S) - now)

    tasks = [asyncio.ensure_future(part()) for part in (to_machine, to_browser, within_limits)]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        next(iter(done)).result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def is_own_origin(scope: Message) -> bool:
    """Whether the page that opens the stream is ours; programs, which send no Origin, need the ticket only."""
    origin = _header(scope, b"origin")
    if not origin:
        return True
    if origin in settings.CORS_ALLOWED_ORIGINS:
        return True
    own = {urlsplit(url).netloc for url in (settings.PUBLIC_URL, settings.CONSOLE_PUBLIC_URL) if url}
    # A proxy that ends TLS changes the scheme, so hosts are compared, never schemes.
    own |= {_header(scope, b"host"), _header(scope, b"x-forwarded-host").partition(",")[0].strip()}
    return urlsplit(origin).netloc in own - {""}


def _protocol(scope: Message) -> str | None:
    return next((name for name in scope.get("subprotocols") or () if name in _PROTOCOLS), None)


async def _refuse(send: Send, why: str) -> None:
    """Closing what was not accepted is HTTP 403."""
    _OPENED.labels(f"refused_{why}").inc()
    await send({"type": "websocket.close", "code": 1008, "reason": why})


async def _accept_and_close(scope: Message, send: Send, code: Close) -> None:
    """An owner of a valid ticket is told why, which a refusal cannot."""
    _OPENED.labels(code.name.lower()).inc()
    await send({"type": "websocket.accept", "subprotocol": _protocol(scope)})
    await _close(send, code)


async def _close(send: Send, code: Close) -> None:
    """A browser that has gone needs no farewell."""
    try:
        await send({"type": "websocket.close", "code": int(code), "reason": code.name.lower()})
    except Exception as error:
        log.debug("console_close_failed", error=str(error))
