"""The screen of a running machine as a stream of bytes (RFB), over a WebSocket of the subresource API.

Source: kubevirt virt-api, subresource vnc; contract kubernetes.md 1.4.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

import aiohttp

from compute.cluster.errors import error_of
from ssvirt.core.errors import ClusterUnavailable

_PROTOCOL: Final = "plain.kubevirt.io"  # raw bytes in binary frames
_CONNECT_TIMEOUT_S: Final = 10.0
# A stream that can't even carry a ping and its answer for so long (a stalled reader included) is cut off.
_HEARTBEAT_S: Final = 60.0
_MAX_MESSAGE_BYTES: Final = 8 << 20  # a whole screen in one message is 8 MB at 1920 x 1080


@dataclass(frozen=True, slots=True)
class StreamEndpoint:
    """Where a stream opens, and with what. `headers` hold a credential: never log them."""

    url: str
    headers: Mapping[str, str] = field(repr=False)
    ssl_context: ssl.SSLContext | None = field(repr=False)
    proxy: str = ""


class VncStream:
    """The open stream. One task reads, another may write; both wait while the other side does."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket

    async def send(self, data: bytes) -> None:
        """Returns when the data is on its way. Raises ClusterUnavailable when the stream has ended."""
        try:
            await self._socket.send_bytes(data)
        except (aiohttp.ClientError, OSError) as error:
            raise ClusterUnavailable("the screen's stream has ended", reason="StreamEnded") from error

    async def receive(self) -> bytes | None:
        """The next piece, None when the machine's side has ended. aiohttp stops reading while nobody asks."""
        while True:
            message = await self._socket.receive()
            match message.type:
                case aiohttp.WSMsgType.BINARY:
                    return bytes(message.data)
                case aiohttp.WSMsgType.TEXT:
                    return str(message.data).encode()
                case (
                    aiohttp.WSMsgType.CLOSE
                    | aiohttp.WSMsgType.CLOSING
                    | aiohttp.WSMsgType.CLOSED
                    | aiohttp.WSMsgType.ERROR
                ):
                    return None


@asynccontextmanager
async def open_vnc(endpoint: StreamEndpoint) -> AsyncIterator[VncStream]:
    """The stream of the endpoint, closed at the end.

    Raises the mapped error of a refusal (ClusterConflict: the machine does not run), or ClusterUnavailable.
    """
    async with aiohttp.ClientSession() as session:
        try:
            async with asyncio.timeout(_CONNECT_TIMEOUT_S):
                socket = await session.ws_connect(
                    endpoint.url,
                    protocols=(_PROTOCOL,),
                    headers=endpoint.headers,
                    ssl=endpoint.ssl_context or True,
                    proxy=endpoint.proxy or None,
                    heartbeat=_HEARTBEAT_S,
                    max_msg_size=_MAX_MESSAGE_BYTES,
                )
        except aiohttp.WSServerHandshakeError as error:
            raise error_of(error.status, error.message.encode()) from error
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise ClusterUnavailable(
                f"{type(error).__name__}: {error}"[:500], reason=type(error).__name__
            ) from error
        try:
            yield VncStream(socket)
        finally:
            await socket.close()
