"""The `console` process: WebSocket consoles (to come), `/healthz` and `/metrics`. Plain ASGI, no Django.

Everything else is answered 404; a WebSocket is refused before it opens.
"""

import json
import logging.config
import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from ssvirt.logging import configure_logging, logging_config

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

configure_logging()
logging.config.dictConfig(
    logging_config(os.environ.get("LOG_LEVEL", "INFO").upper(), os.environ.get("LOG_FORMAT", "json").lower())
)


async def application(scope: Message, receive: Receive, send: Send) -> None:
    """The ASGI entry point."""
    match scope["type"]:
        case "http":
            await _answer(scope, send)
        case "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1000, "reason": "no such console"})
        case "lifespan":
            await _live(receive, send)


async def _answer(scope: Message, send: Send) -> None:
    status, content_type = 200, "application/json"
    match scope["path"]:
        case "/healthz":
            body = b'{"status": "ok"}'
        case "/metrics":
            body, content_type = generate_latest(), CONTENT_TYPE_LATEST
        case path:
            status, body = 404, json.dumps({"message": f"No such resource: {path}"}).encode()
    headers = [(b"content-type", content_type.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        kind = message["type"]
        await send({"type": f"{kind}.complete"})
        if kind == "lifespan.shutdown":
            return
