"""The `console` process: consoles (`ssvirt.console`), `/healthz` and `/metrics`.

Everything else is answered 404; a WebSocket elsewhere is refused before it opens.
"""

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from ssvirt.console import Message, Receive, Send, serve_http, serve_websocket


async def application(scope: Message, receive: Receive, send: Send) -> None:
    """The ASGI entry point."""
    match scope["type"]:
        case "http" if scope["path"] in ("/healthz", "/metrics"):
            await _answer(scope, send)
        case "http":
            await serve_http(scope, send)
        case "websocket":
            await serve_websocket(scope, receive, send)
        case "lifespan":
            await _live(receive, send)


async def _answer(scope: Message, send: Send) -> None:
    body, content_type = b'{"status": "ok"}', "application/json"
    if scope["path"] == "/metrics":
        body, content_type = generate_latest(), CONTENT_TYPE_LATEST
    headers = [(b"content-type", content_type.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        kind = message["type"]
        await send({"type": f"{kind}.complete"})
        if kind == "lifespan.shutdown":
            return
