"""Lists: selectors, pages from one state, exact versions, tables."""

import pytest

from .conftest import Kube, config_map

MAPS = "/api/v1/namespaces/demo/configmaps"


@pytest.fixture
def five(kube: Kube, demo: str) -> str:
    """Config maps m0..m4 with labels."""
    for number in range(5):
        body = config_map(f"m{number}")
        body["metadata"]["labels"] = {"n": str(number), "parity": "even" if number % 2 == 0 else "odd"}
        if number == 4:
            body["metadata"]["labels"]["last"] = ""
        kube.post(MAPS, body)
    return demo


def names(kube: Kube, **query: str) -> list[str]:
    return [item["metadata"]["name"] for item in kube.get(MAPS, **query).json["items"]]


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("parity=even", "024"),
        ("parity==odd", "13"),
        ("parity!=odd", "024"),
        ("n in (1,2)", "12"),
        ("n notin (1,2)", "034"),
        ("last", "4"),
        ("!last", "0123"),
        ("parity=even,n!=0", "24"),
        ("missing!=x", "01234"),
        ("parity in (odd),n in (3,4)", "3"),
    ],
)
def test_label_selectors(kube: Kube, five: str, selector: str, expected: str) -> None:
    found = names(kube, labelSelector=selector.replace("=", "%3D").replace(" ", "+").replace("!", "%21"))
    assert found == [f"m{digit}" for digit in expected]


def test_selectors_when_unreadable_then_400(kube: Kube, five: str) -> None:
    assert kube.get(MAPS, labelSelector="a+b+c").status == 400
    answer = kube.get(MAPS, fieldSelector="spec.color%3Dred")
    assert (answer.status, answer.message) == (400, "field label not supported: spec.color")


def test_field_selectors(kube: Kube, five: str) -> None:
    assert names(kube, fieldSelector="metadata.name%3Dm3") == ["m3"]
    assert names(kube, fieldSelector="metadata.name%21%3Dm3") == ["m0", "m1", "m2", "m4"]
    everywhere = kube.get("/api/v1/configmaps", fieldSelector="metadata.namespace%3Ddemo").json["items"]
    assert len(everywhere) == 5


def test_pages_show_the_state_of_the_first_page(kube: Kube, five: str) -> None:
    first = kube.get(MAPS, limit=2).json
    assert [item["metadata"]["name"] for item in first["items"]] == ["m0", "m1"]
    assert first["metadata"]["remainingItemCount"] == 3
    kube.delete(f"{MAPS}/m2")
    kube.patch(f"{MAPS}/m3", {"data": {"new": "x"}})
    kube.post(MAPS, config_map("m9"))
    second = kube.get(MAPS, limit=9, **{"continue": first["metadata"]["continue"]}).json
    assert [item["metadata"]["name"] for item in second["items"]] == ["m2", "m3", "m4"]
    assert "data" not in second["items"][1] or second["items"][1]["data"] == {}
    assert second["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]
    assert "continue" not in second["metadata"]
    assert names(kube) == ["m0", "m1", "m3", "m4", "m9"]


def test_page_when_history_is_gone_then_expired(kube: Kube, five: str) -> None:
    token = kube.get(MAPS, limit=2).json["metadata"]["continue"]
    kube.post(MAPS, config_map("m9"))
    kube.emulator.expire_history()
    answer = kube.get(MAPS, limit=2, **{"continue": token})
    assert (answer.status, answer.json["reason"]) == (410, "Expired")
    assert kube.get(MAPS, **{"continue": "nonsense"}).status == 400


def test_exact_version_shows_the_past_and_the_future_is_refused(kube: Kube, five: str) -> None:
    version = int(kube.get(MAPS).json["metadata"]["resourceVersion"])
    kube.delete(f"{MAPS}/m0")
    exact = kube.get(MAPS, resourceVersion=version, resourceVersionMatch="Exact").json
    assert len(exact["items"]) == 5
    assert len(kube.get(MAPS, resourceVersion=version).json["items"]) == 4
    future = kube.get(MAPS, resourceVersion=version + 100)
    assert (future.status, "Too large resource version" in future.message) == (504, True)


def test_table_and_metadata_forms(kube: Kube, five: str) -> None:
    accept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
    headers = {"Accept": accept, "Authorization": f"Bearer {kube.emulator.token}"}
    table = kube.api.call_api("GET", f"{kube.emulator.url}{MAPS}", headers)
    import json

    body = json.loads(table.read())
    assert body["kind"] == "Table"
    assert [column["name"] for column in body["columnDefinitions"]] == ["Name", "Data", "Age"]
    assert body["rows"][0]["cells"][:2] == ["m0", 0]
    headers["Accept"] = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
    partial = json.loads(kube.api.call_api("GET", f"{kube.emulator.url}{MAPS}", headers).read())
    assert partial["kind"] == "PartialObjectMetadataList"
    assert set(partial["items"][0]) == {"kind", "apiVersion", "metadata"}
