"""The HTTPS listener: one thread for each connection, keep-alive, chunked streams, sockets handed over on request."""

import contextlib
import logging
import select
import socket
import ssl
import threading
import urllib.parse
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from compute.emulator.api import errors
from compute.emulator.api.app import Api
from compute.emulator.api.http import DropConnection, Request, Response, json_response

logger = logging.getLogger(__name__)

# Source: kubernetes apiserver: MaxRequestBodyBytes.
MAX_BODY_BYTES = 3 * 1024 * 1024
_IDLE_TIMEOUT_S = 300
_HANDSHAKE_TIMEOUT_S = 10
_MAX_CONNECTIONS = 2000


class Server(ThreadingHTTPServer):
    """Serves an `Api` over TLS."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], api: Api, certificate: Path, key: Path) -> None:
        self.api = api
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.minimum_version = ssl.TLSVersion.TLSv1_2
        self._context.load_cert_chain(certificate, key)
        self._slots = threading.BoundedSemaphore(_MAX_CONNECTIONS)
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        self.is_stopping = False
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        super().__init__(address, Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        if not self._slots.acquire(blocking=False):
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except BaseException:
            self._slots.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Runs in the connection's own thread, so that a slow handshake keeps nobody waiting."""
        try:
            request.settimeout(_HANDSHAKE_TIMEOUT_S)
            request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                secured = self._context.wrap_socket(request, server_side=True)
            except OSError:
                self.shutdown_request(request)
                return
            secured.settimeout(_IDLE_TIMEOUT_S)
            with self._open_lock:
                self._open.add(secured)
            try:
                super().process_request_thread(secured, client_address)
            finally:
                with self._open_lock:
                    self._open.discard(secured)
        finally:
            self._slots.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that go away are no error; anything else was logged where it happened."""

    def stop(self) -> None:
        """Stop listening and end every connection."""
        self.is_stopping = True
        self.shutdown()
        self.server_close()
        with self._open_lock:
            connections = list(self._open)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class Handler(BaseHTTPRequestHandler):
    """Turns HTTP into `Request` and `Response` into HTTP."""

    protocol_version = "HTTP/1.1"
    server_version = "ssvirt-emulator"
    sys_version = ""
    wbufsize = 64 * 1024
    server: Server

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are counted, not logged."""

    def do_GET(self) -> None:
        """Answer one request, whatever its method."""
        try:
            request = self._request()
            response = self._answer(request)
            if response.takeover is not None:
                self._hand_over(response)
            elif response.stream is not None:
                self._send_stream(response)
            else:
                self._send(response)
        except (DropConnection, OSError):
            self.close_connection = True

    do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = do_GET

    def _request(self) -> Request:
        parts = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(parts.query, keep_blank_values=True))
        headers = {name.lower(): value for name, value in self.headers.items()}
        return Request(self.command, parts.path, query, headers)

    def _answer(self, request: Request) -> Response:
        try:
            if self.server.api.takes_stream(request.path):
                request.stream = self._body_stream()
                # What the handler leaves unread would be taken for the next request.
                self.close_connection = True
            else:
                request.body = self._body()
            return self.server.api.handle(request)
        except errors.ApiError as error:
            self.close_connection = True
            return json_response(error.status(), error.code)
        except DropConnection:
            raise
        except Exception as error:
            logger.exception("request failed: %s %s", request.method, request.path)
            return json_response(errors.internal(str(error)).status(), 500)

    def _body(self) -> bytes:
        if self.headers.get("transfer-encoding", "").lower() == "chunked":
            return self._chunked_body()
        text = self.headers.get("content-length") or "0"
        if not text.isdecimal():
            raise errors.bad_request("invalid Content-Length")
        if int(text) > MAX_BODY_BYTES:
            self._skip(int(text))
            raise errors.too_large_body(MAX_BODY_BYTES)
        return self._exactly(int(text))

    def _body_stream(self) -> Iterator[bytes]:
        """The body in pieces, of any length. Raises DropConnection when it ends too early."""
        if self.headers.get("transfer-encoding", "").lower() == "chunked":
            while size := self._chunk_size():
                yield self._exactly(size)
                self.rfile.readline(16)
            return
        text = self.headers.get("content-length") or "0"
        left = int(text) if text.isdecimal() else 0
        while left > 0:
            piece = self._exactly(min(left, 1 << 20))
            left -= len(piece)
            yield piece

    def _exactly(self, count: int) -> bytes:
        data = self.rfile.read(count)
        if len(data) != count:
            raise DropConnection
        return data

    def _chunk_size(self) -> int:
        line = self.rfile.readline(1024).partition(b";")[0].strip()
        try:
            return int(line, 16)
        except ValueError:
            raise errors.bad_request("invalid chunk") from None

    def _skip(self, length: int) -> None:
        """Read a refused body away (up to a limit): a client that is still sending would not see the answer."""
        left = min(length, 16 * MAX_BODY_BYTES)
        while left > 0 and (data := self.rfile.read(min(left, 65536))):
            left -= len(data)

    def _chunked_body(self) -> bytes:
        body = b""
        while True:
            size = self._chunk_size()
            if len(body) + size > MAX_BODY_BYTES:
                raise errors.too_large_body(MAX_BODY_BYTES)
            body += self.rfile.read(size)
            while size == 0:
                if self.rfile.readline(1024) in (b"\r\n", b"\n", b""):
                    return body
            self.rfile.readline(16)

    def _head(self, response: Response) -> None:
        self.send_response(response.status)
        self.send_header("Content-Type", response.content_type)
        for name, value in response.headers.items():
            self.send_header(name, value)

    def _send(self, response: Response) -> None:
        self._head(response)
        self.send_header("Content-Length", str(len(response.body)))
        if self.server.is_stopping or self.close_connection:
            self.close_connection = True
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)
        self.wfile.flush()

    def _send_stream(self, response: Response) -> None:
        """Send chunks as they come. An empty one is the moment to see whether the client still listens."""
        self._head(response)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.flush()
        stream = response.stream
        assert stream is not None
        try:
            for chunk in stream:
                if chunk:
                    self.wfile.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))
                    self.wfile.flush()
                elif self.server.is_stopping or self._is_client_gone():
                    self.close_connection = True
                    return
            self.wfile.write(b"0\r\n\r\n")
            self.wfile.flush()
        finally:
            if hasattr(stream, "close"):
                stream.close()

    def _is_client_gone(self) -> bool:
        """A client that waits for a stream sends nothing: whatever can be read is its farewell."""
        readable, _, _ = select.select([self.connection], [], [], 0)
        return bool(readable)

    def _hand_over(self, response: Response) -> None:
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.flush()
        self.close_connection = True
        assert response.takeover is not None
        response.takeover(self.rfile, self.wfile)
