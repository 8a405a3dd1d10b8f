"""The ASGI front: whole bodies for the application, in time and of a size, whatever the client does."""

import asyncio
from typing import Any

import pytest

from ssvirt.front import BodyGuard, web_threads
from tests.contract.spec import assert_valid_xml


class Application:
    """Notes what it is given."""

    def __init__(self) -> None:
        self.scope: dict[str, Any] | None = None
        self.body = b""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.scope = scope
        self.body = (await receive())["body"]
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def request(
    *chunks: bytes | None, path: str = "/api/x", query: bytes = b"", stalls: bool = False, **headers: str
) -> Any:
    """(application, status, body of the answer). A chunk None is a hang-up."""
    application, sent = Application(), []

    async def run() -> None:
        waiting = list(chunks)

        async def receive() -> dict[str, Any]:
            if not waiting:
                await asyncio.sleep(60)
            chunk = waiting.pop(0)
            if chunk is None:
                return {"type": "http.disconnect"}
            return {"type": "http.request", "body": chunk, "more_body": stalls or bool(waiting)}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "path": path,
            "query_string": query,
            "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
        }
        await BodyGuard(application, max_bytes=100, timeout_s=0.2)(scope, receive, send)

    asyncio.run(run())
    status = sent[0]["status"] if sent else None
    return application, status, b"".join(message.get("body", b"") for message in sent)


def length_of(application: Application) -> int:
    assert application.scope is not None
    return int(dict(application.scope["headers"])[b"content-length"])


def test_body_when_in_pieces_then_whole(caplog: Any) -> None:
    application, status, _ = request(b"abc", b"de", content_length="5")
    assert (status, application.body, length_of(application)) == (204, b"abcde", 5)


def test_body_when_chunked_then_whole_with_its_length() -> None:
    application, _, _ = request(b"abc", b"de", transfer_encoding="chunked")
    assert (application.body, length_of(application)) == (b"abcde", 5)
    assert b"transfer-encoding" not in dict(application.scope["headers"])


def test_body_when_absent_then_empty_without_waiting() -> None:
    application, status, _ = request()
    assert (status, application.body, length_of(application)) == (204, b"", 0)


@pytest.mark.parametrize("headers", [{"content_length": "101"}, {"transfer_encoding": "chunked"}])
def test_body_when_too_large_then_not_kept_and_its_length_told(headers: dict[str, str]) -> None:
    application, _, _ = request(b"x" * 60, b"y" * 41, **headers)
    assert (application.body, length_of(application)) == (b"", 101)


@pytest.mark.parametrize(("path", "is_xml"), [("/api/x", True), ("/cloudapi/x", False), ("/admin/", True)])
def test_body_when_it_does_not_come_then_408_and_the_application_never_asked(path: str, is_xml: bool) -> None:
    application, status, answer = request(b"x", content_length="50", path=path, stalls=True)
    assert (application.scope, status) == (None, 408)
    assert b"REQUEST_TIMEOUT" in answer
    if is_xml:
        assert_valid_xml(answer)


@pytest.mark.parametrize("chunks", [(b"abc", None), (b"abc",)])
def test_body_when_cut_then_the_application_never_asked(chunks: tuple[bytes | None, ...]) -> None:
    application, status, _ = request(*chunks, content_length="10")
    assert (application.scope, status) == (None, None)


def test_healthz_when_asked_then_answered_without_the_application() -> None:
    application, status, answer = request(path="/healthz")
    assert (application.scope, status, answer) == (None, 200, b"ok\n")


def test_query_when_not_ascii_then_encoded() -> None:
    application, _, _ = request(query="name==é;a=%20b".encode())
    assert application.scope is not None
    assert application.scope["query_string"] == b"name==%C3%A9;a=%20b"


def test_header_when_named_with_an_underscore_then_dropped() -> None:
    application = Application()

    async def run() -> None:
        async def receive() -> dict[str, Any]:
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            return None

        scope = {
            "type": "http",
            "path": "/api/x",
            "query_string": b"",
            "headers": [(b"x_forwarded_proto", b"https"), (b"accept", b"*/*")],
        }
        await BodyGuard(application, max_bytes=100, timeout_s=0.2)(scope, receive, send)

    asyncio.run(run())
    assert application.scope is not None
    assert [name for name, _ in application.scope["headers"]] == [b"accept", b"content-length"]


@pytest.mark.parametrize(
    ("connections", "asked", "threads"), [(25, None, 16), (5, None, 5), (25, "40", 25), (25, "3", 3)]
)
def test_threads_when_configured_then_never_more_than_connections(
    monkeypatch: pytest.MonkeyPatch, settings: Any, connections: int, asked: str | None, threads: int
) -> None:
    settings.DATABASE_MAX_CONNECTIONS = connections
    monkeypatch.delenv("SSVIRT_WEB_THREADS", raising=False)
    if asked is not None:
        monkeypatch.setenv("SSVIRT_WEB_THREADS", asked)
    assert web_threads() == threads
