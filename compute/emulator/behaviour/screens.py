"""What a guest shows: a picture, a VNC session (RFB 3.8) and a serial console, over WebSocket.

Source: RFC 6455; RFC 6143; KubeVirt's subprotocol `plain.kubevirt.io` (raw bytes in binary frames).
"""

import base64
import contextlib
import hashlib
import struct
import threading
from collections.abc import Callable
from io import BufferedIOBase

from compute.emulator.api.errors import bad_request
from compute.emulator.api.http import Request, Response
from compute.emulator.behaviour import display
from compute.emulator.behaviour.display import FOREGROUND, HEIGHT, WIDTH
from compute.emulator.values import Json, dig, meta

_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_PROTOCOL = "plain.kubevirt.io"
_MAX_FRAME = 1 << 20
_GUEST_CHECK_S = 0.5


def _color(vmi: Json) -> tuple[int, int, int]:
    """Each guest has a background of its own, so that screens can be told apart."""
    digest = hashlib.sha256(meta(vmi)["uid"].encode()).digest()
    return digest[0] // 3, digest[1] // 3, 64 + digest[2] // 3


def _login_screen(vmi: Json, typed: str = "") -> list[str]:
    """What a guest shows: who it is, and its login prompt."""
    host = dig(vmi, "spec", "hostname") or meta(vmi)["name"]
    system = dig(vmi, "status", "guestOSInfo", "prettyName", default="Linux")
    return [system, "", meta(vmi)["name"], "", f"{host} login: {typed}_"]


def screenshot(vmi: Json) -> bytes:
    """A PNG picture of the screen."""
    return display.png(display.pixel_rows(_login_screen(vmi)), _color(vmi))


def websocket(request: Request, vmi: Json, subresource: str, is_running: Callable[[], bool]) -> Response:
    """Upgrade the connection and serve the session on it, until the client closes it or the guest has ended.

    Raises 400 for a request that is no upgrade.
    """
    key = request.headers.get("sec-websocket-key", "")
    if request.headers.get("upgrade", "").lower() != "websocket" or not key:
        raise bad_request("websocket: the client is not using the websocket protocol")
    accept = base64.b64encode(hashlib.sha1((key + _GUID).encode(), usedforsecurity=False).digest()).decode()
    headers = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Accept": accept}
    offered = [name.strip() for name in request.headers.get("sec-websocket-protocol", "").split(",")]
    if _PROTOCOL in offered:
        headers["Sec-WebSocket-Protocol"] = _PROTOCOL
    serve: Callable[[Frames], None] = (
        (lambda f: _serve_vnc(f, vmi)) if subresource == "vnc" else (lambda f: _serve_console(f, vmi))
    )

    def session(reading: BufferedIOBase, writing: BufferedIOBase) -> None:
        frames, is_over = Frames(reading, writing), threading.Event()
        threading.Thread(target=_end_with_guest, args=(frames, is_running, is_over), daemon=True).start()
        try:
            with contextlib.suppress(EOFError, OSError):
                serve(frames)
        finally:
            is_over.set()

    return Response(101, headers=headers, takeover=session)


def _end_with_guest(frames: "Frames", is_running: Callable[[], bool], is_over: threading.Event) -> None:
    """Close the session once the guest is gone; the client's answer wakes the thread that reads."""
    while not is_over.wait(_GUEST_CHECK_S):
        if not is_running():
            with contextlib.suppress(OSError, ValueError):
                frames.close()
            return


class Frames:
    """The byte stream inside WebSocket frames, server side."""

    def __init__(self, reading: BufferedIOBase, writing: BufferedIOBase) -> None:
        self._reading = reading
        self._writing = writing
        self._writing_lock = threading.Lock()
        self._buffer = b""

    def send(self, data: bytes) -> None:
        """One binary frame."""
        length = len(data)
        if length < 126:
            head = struct.pack(">BB", 0x82, length)
        elif length < 1 << 16:
            head = struct.pack(">BBH", 0x82, 126, length)
        else:
            head = struct.pack(">BBQ", 0x82, 127, length)
        self._write(head + data)

    def close(self) -> None:
        """Say that the session ends. Source: RFC 6455 5.5.1, code 1000."""
        self._write(struct.pack(">BBH", 0x88, 2, 1000))

    def _write(self, data: bytes) -> None:
        with self._writing_lock:
            self._writing.write(data)
            self._writing.flush()

    def receive(self, count: int) -> bytes:
        """Exactly so many bytes of the stream. Raises EOFError when the client closes."""
        while len(self._buffer) < count:
            self._buffer += self._frame()
        data, self._buffer = self._buffer[:count], self._buffer[count:]
        return data

    def receive_some(self) -> bytes:
        """Whatever the next frame brings."""
        data, self._buffer = self._buffer or self._frame(), b""
        return data

    def _exactly(self, count: int) -> bytes:
        data = self._reading.read(count)
        if len(data) != count:
            raise EOFError
        return data

    def _frame(self) -> bytes:
        first, second = self._exactly(2)
        length = second & 0x7F
        if length == 126:
            (length,) = struct.unpack(">H", self._exactly(2))
        elif length == 127:
            (length,) = struct.unpack(">Q", self._exactly(8))
        if length > _MAX_FRAME:
            raise EOFError
        mask = self._exactly(4) if second & 0x80 else b"\0\0\0\0"
        payload = bytes(byte ^ mask[i % 4] for i, byte in enumerate(self._exactly(length)))
        match first & 0x0F:
            case 8:
                self._write(struct.pack(">BB", 0x88, 0))
                raise EOFError
            case 9:
                self._write(struct.pack(">BB", 0x8A, len(payload)) + payload)
                return b""
            case 10:
                return b""
        return payload


def _serve_console(frames: Frames, vmi: Json) -> None:
    """A login prompt that echoes."""
    name = meta(vmi)["name"]
    frames.send(f"\r\n{name} login: ".encode())
    while True:
        typed = frames.receive_some()
        frames.send(typed.replace(b"\r", f"\r\n{name} login: ".encode()))


def _serve_vnc(frames: Frames, vmi: Json) -> None:
    """RFB 3.8 without authentication."""
    frames.send(b"RFB 003.008\n")
    frames.receive(12)
    frames.send(b"\x01\x01")
    frames.receive(1)
    frames.send(struct.pack(">I", 0))
    frames.receive(1)
    pixel_format = struct.pack(">BBBBHHHBBB3x", 32, 24, 0, 1, 255, 255, 255, 16, 8, 0)
    name = meta(vmi)["name"].encode()
    frames.send(struct.pack(">HH", WIDTH, HEIGHT) + pixel_format + struct.pack(">I", len(name)) + name)
    VncSession(frames, vmi).serve()


class VncSession:
    """The messages of a session: the login screen in raw encoding, and what is typed on it."""

    def __init__(self, frames: Frames, vmi: Json) -> None:
        self._frames = frames
        self._vmi = vmi
        self._typed = ""
        self._bytes_per_pixel, self._shifts = 4, (16, 8, 0)
        # An incremental request is answered once there is something new to show.
        self._is_changed = False
        self._waiting: tuple[int, int, int, int] | None = None

    def serve(self) -> None:
        """Answer until the client sends what is no message. Raises EOFError when it closes."""
        receive = self._frames.receive
        while True:
            match receive(1)[0]:
                case 0:
                    bits, _, _, _, _, _, _, *shifts = struct.unpack(">BBBBHHHBBB3x", receive(19)[3:])
                    self._bytes_per_pixel = max(1, bits // 8)
                    self._shifts = (shifts[0], shifts[1], shifts[2])
                case 2:
                    (count,) = struct.unpack(">xH", receive(3))
                    receive(4 * count)
                case 3:
                    is_incremental, *area = struct.unpack(">BHHHH", receive(9))
                    self._waiting = (area[0], area[1], area[2], area[3])
                    self._is_changed |= not is_incremental
                    self._show()
                case 4:
                    is_down, key = struct.unpack(">BxxI", receive(7))
                    if is_down:
                        self._press(key)
                        self._show()
                case 5:
                    receive(5)
                case 6:
                    (length,) = struct.unpack(">3xI", receive(7))
                    receive(min(length, _MAX_FRAME))
                case _:
                    return

    def _press(self, key: int) -> None:
        match key:
            case 0xFF08:
                self._typed = self._typed[:-1]
            case 0xFF0D:
                self._typed = ""
            case _ if 0x20 <= key < 0x7F:
                self._typed += chr(key)
            case _:
                return
        self._is_changed = True

    def _show(self) -> None:
        """Send the area that is waited for, if it may have changed."""
        if self._waiting is None or not self._is_changed:
            return
        x, y, width, height = self._waiting
        width, height = min(width, WIDTH - min(x, WIDTH)), min(height, HEIGHT - min(y, HEIGHT))
        ink, ground = self._pixel(FOREGROUND), self._pixel(_color(self._vmi))
        rows = display.pixel_rows(_login_screen(self._vmi, self._typed))[y : y + height]
        picture = b"".join(display.painted(row[x : x + width], ink, ground) for row in rows)
        self._frames.send(struct.pack(">BxHHHHHi", 0, 1, x, y, width, height, 0) + picture)
        self._waiting, self._is_changed = None, False

    def _pixel(self, color: display.Color) -> bytes:
        value = 0
        for part, shift in zip(color, self._shifts, strict=True):
            value |= part << shift
        return (value & ((1 << 8 * self._bytes_per_pixel) - 1)).to_bytes(self._bytes_per_pixel, "little")
