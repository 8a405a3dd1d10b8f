"""The page and its files."""

import re

import pytest

from tests.console.asgi import get

VM = "5d4472aa-6d61-4de2-96bb-1189549f23f3"
PAGE = f"/console/vm-{VM}"


@pytest.mark.parametrize("path", [PAGE, f"/console/{VM}", f"{PAGE}/"])
def test_page_when_asked_for_then_html_that_runs_our_files_only(path: str) -> None:
    status, headers, body = get(path)
    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert (headers["cache-control"], headers["referrer-policy"]) == ("no-store", "no-referrer")
    assert "script-src 'self';" in headers["content-security-policy"]
    assert "default-src 'none'" in headers["content-security-policy"]
    assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|style=", body.decode())


def test_page_when_its_files_are_asked_for_then_they_are_there() -> None:
    named = re.findall(r"(?:href|src)=\"(/console/[^\"]+)\"", get(PAGE)[2].decode())
    script = get("/console/static/console.js")[2].decode()
    named += [f"/console/static/{name}" for name in re.findall(r"from \"\./([^\"]+)\"", script)]
    assert {name.rpartition(".")[2] for name in named} == {"css", "js"}
    assert len(named) == 3
    for path in named:
        status, headers, body = get(path)
        assert (status, headers["content-length"]) == (200, str(len(body)))
        assert body
        status, headers, body = get(path, if_none_match=headers["etag"])
        assert (status, body) == (304, b"")


def test_page_when_head_then_no_body() -> None:
    status, headers, body = get(PAGE, method="HEAD")
    assert (status, body) == (200, b"")
    assert int(headers["content-length"]) > 100


@pytest.mark.parametrize(
    "path",
    [
        "/console",
        "/console/",
        "/console/vm-1",
        "/console/static/",
        "/console/static/../console.html",
        "/console/README.md",
    ],
)
def test_page_when_there_is_none_then_404(path: str) -> None:
    assert get(path)[0] == 404


def test_page_when_posted_to_then_405() -> None:
    assert get(PAGE, method="POST")[0] == 405


def test_novnc_when_shipped_then_with_its_licence() -> None:
    assert b"noVNC" in get("/console/static/novnc.min.js")[2][:200]
    assert b"Mozilla Public License" in get("/console/static/novnc.LICENSE.txt")[2][:200]
