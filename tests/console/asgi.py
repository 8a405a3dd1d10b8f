"""An ASGI server in miniature: one WebSocket or request of the console's application, as a test wants it."""

import asyncio
import struct
from collections.abc import Mapping
from typing import Any

from ssvirt import asgi

Message = dict[str, Any]
HOST = "testserver"


def scope_of(kind: str, path: str, query: str = "", headers: Mapping[str, str] | None = None) -> Message:
    given = {"host": HOST, **(headers or {})}
    return {
        "type": kind,
        "method": "GET",
        "path": path,
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in given.items()],
        "subprotocols": ["binary"],
    }


def get(path: str, *, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of a plain request."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    given = {name.replace("_", "-"): value for name, value in headers.items()}
    scope = scope_of("http", path, headers=given) | {"method": method}
    asyncio.run(asgi.application(scope, receive, send))
    start, body = sent
    return start["status"], {k.decode(): v.decode() for k, v in start["headers"]}, body["body"]


class Browser:
    """The browser's side of one WebSocket: `async with Browser(scope) as browser`.

    `opened` says whether it was accepted; `code` is the code it was closed with. Data is taken by `read`; what is not
    taken holds the server's `send` up, as a slow connection does.
    """

    def __init__(self, path: str, query: str = "", headers: Mapping[str, str] | None = None) -> None:
        self._scope = scope_of("websocket", path, query, headers)
        self._to_server: asyncio.Queue[Message] = asyncio.Queue()
        self._from_server: asyncio.Queue[bytes] = asyncio.Queue(maxsize=1)
        self._buffer = b""
        self._answered = asyncio.Event()
        self.opened = False
        self.subprotocol: str | None = None
        self.code: int | None = None
        self.sent_bytes = 0

    async def __aenter__(self) -> "Browser":
        self._to_server.put_nowait({"type": "websocket.connect"})
        self._task = asyncio.ensure_future(asgi.application(self._scope, self._to_server.get, self._send))
        answered = asyncio.ensure_future(self._answered.wait())
        await asyncio.wait({self._task, answered}, return_when=asyncio.FIRST_COMPLETED, timeout=30)
        answered.cancel()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.hang_up()
        while not self._task.done():
            if not self._from_server.empty():
                self._from_server.get_nowait()
            await asyncio.sleep(0.01)
        await self._task

    async def _send(self, message: Any) -> None:
        match message["type"]:
            case "websocket.accept":
                self.opened, self.subprotocol = True, message["subprotocol"]
                self._answered.set()
            case "websocket.send":
                await self._from_server.put(message["bytes"])
                self.sent_bytes += len(message["bytes"])
            case "websocket.close":
                self.code = message["code"]

    def write(self, data: bytes) -> None:
        self._to_server.put_nowait({"type": "websocket.receive", "bytes": data})

    def hang_up(self) -> None:
        self._to_server.put_nowait({"type": "websocket.disconnect", "code": 1001})

    async def read(self, count: int) -> bytes:
        """Exactly so many bytes."""
        async with asyncio.timeout(20):
            while len(self._buffer) < count:
                self._buffer += await self._from_server.get()
        data, self._buffer = self._buffer[:count], self._buffer[count:]
        return data

    async def closed(self, timeout_s: float = 20) -> int | None:
        """Waits for the end; the code."""
        await asyncio.wait_for(asyncio.shield(self._task), timeout_s)
        return self.code

    async def handshake(self) -> tuple[int, int, str]:
        """RFB up to ServerInit: width, height and name. Source: RFC 6143 7.1 to 7.3."""
        assert await self.read(12) == b"RFB 003.008\n"
        self.write(b"RFB 003.008\n")
        assert await self.read(2) == b"\x01\x01"
        self.write(b"\x01")
        assert await self.read(4) == b"\0\0\0\0"
        self.write(b"\x01")
        width, height = struct.unpack(">HH", await self.read(4))
        await self.read(16)
        (length,) = struct.unpack(">I", await self.read(4))
        return width, height, (await self.read(length)).decode()

    async def picture(self, width: int, height: int) -> bytes:
        """The pixels of the whole screen, four bytes each."""
        self.ask_for_picture(width, height)
        assert await self.read(4) == b"\0\0\0\x01"
        assert struct.unpack(">HHHHi", await self.read(12)) == (0, 0, width, height, 0)
        return await self.read(width * height * 4)

    def ask_for_picture(self, width: int, height: int) -> None:
        self.write(struct.pack(">BBHHHH", 3, 0, 0, 0, width, height))
