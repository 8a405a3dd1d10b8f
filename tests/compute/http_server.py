"""A small HTTP server whose every answer is scripted, for what the emulator never does: broken connections,
odd bodies, silence. Everything else is tested against the emulator.
"""

import json
import socketserver
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import yaml


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Answer:
    """`body`: an object (JSON), bytes, or an iterable of bytes, sent as chunks. `cut`: hang up at the end."""

    status: int = 200
    body: Any = b""
    headers: tuple[tuple[str, str], ...] = ()
    cut: bool = False


HANG_UP = Answer(status=0)


class Server:
    """Answers with `script(request)`; keeps the requests."""

    def __init__(self, script: Callable[[Request], Answer]) -> None:
        self.script = script
        self.requests: list[Request] = []
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: Any) -> None:
                pass

            def handle_any(self) -> None:
                parts = urlsplit(self.path)
                length = int(self.headers.get("Content-Length") or 0)
                request = Request(
                    self.command,
                    parts.path,
                    {
                        key: values[-1]
                        for key, values in parse_qs(parts.query, keep_blank_values=True).items()
                    },
                    {key.lower(): value for key, value in self.headers.items()},
                    self.rfile.read(length),
                )
                owner.requests.append(request)
                self.answer(owner.script(request))

            def answer(self, answer: Answer) -> None:
                if answer.status == 0:
                    self.close_connection = True
                    return
                self.send_response(answer.status)
                for name, value in answer.headers:
                    self.send_header(name, value)
                if isinstance(answer.body, Iterable) and not isinstance(answer.body, bytes | dict | list):
                    self.send_header("Transfer-Encoding", "chunked")
                    self.end_headers()
                    self.wfile.flush()
                    for chunk in answer.body:
                        self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
                        self.wfile.flush()
                    if not answer.cut:
                        self.wfile.write(b"0\r\n\r\n")
                else:
                    body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
                    self.send_header("Content-Length", str(len(body) + (100 if answer.cut else 0)))
                    self.end_headers()
                    self.wfile.write(body)
                if answer.cut:
                    self.close_connection = True

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any

        class Threaded(socketserver.ThreadingMixIn, socketserver.TCPServer):
            daemon_threads = True
            allow_reuse_address = True

            def handle_error(self, *_: Any) -> None:
                pass

        self._server = Threaded(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def kubeconfig(url: str, **user: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {"server": url}}],
        "users": [{"name": "u", "user": user}],
    }


def kubeconfig_file(folder: Path, url: str, **user: Any) -> Path:
    path = folder / "kubeconfig"
    path.write_text(yaml.safe_dump(kubeconfig(url, **user)))
    return path


@contextmanager
def serving(script: Callable[[Request], Answer]) -> Iterator[Server]:
    server = Server(script)
    try:
        yield server
    finally:
        server.stop()
