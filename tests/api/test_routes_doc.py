"""docs/routes.md is what the routes are."""

from tests.api.routes_doc import DOCUMENT, document


def test_routes_document_when_compared_then_up_to_date() -> None:
    assert DOCUMENT.read_text() == document(), "run `make routes-doc`"
