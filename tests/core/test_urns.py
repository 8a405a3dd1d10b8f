"""Identifiers as clients write them."""

import uuid

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ssvirt.core.urns import urn, uuid_in

ID = uuid.UUID("0a1b2c3d-0000-4000-8000-00000000000f")
OTHER = "11111111-1111-4111-8111-111111111111"


@pytest.mark.parametrize(
    "text",
    [
        f"{ID}",
        f"{ID}".upper(),
        f"urn:vcloud:vapp:{ID}",
        f"vapp-{ID}",
        f"http://other:8443/api/vApp/vapp-{ID}",
        f"https://h/api/admin/org/{ID}/",
        f"http://h/api/org/{OTHER}/vdc/{ID}",
        f"urn%3Avcloud%3Avm%3A{ID}",
    ],
)
def test_uuid_in_when_written_in_any_form_then_found(text: str) -> None:
    assert uuid_in(text) == ID


@pytest.mark.parametrize(
    "text", [None, "", "acme", "urn:vcloud:vapp:1", f"{ID}"[:-1], f"{ID}".replace("-", "")]
)
def test_uuid_in_when_there_is_none_then_none(text: str | None) -> None:
    assert uuid_in(text) is None


@settings(deadline=None)
@given(st.uuids(), st.text(alphabet="abcdefgh", min_size=1))
def test_urn_when_read_back_then_the_same_id(entity_id: uuid.UUID, kind: str) -> None:
    assert urn(kind, entity_id) == f"urn:vcloud:{kind}:{entity_id}"
    assert uuid_in(urn(kind, entity_id)) == entity_id
