"""Asking the query service, and reading its answers."""

from typing import Any

from tests.api.tenants import xml
from tests.fixtures import Api


def query(api: Api, kind: str = "catalog", **parameters: Any) -> Any:
    """The root of the answer; parameters are put into the query string as they are."""
    parts = [f"type={kind}", *(f"{name}={value}" for name, value in parameters.items())]
    response = api.get("/api/query?" + "&".join(parts))
    assert response.status_code == 200, response.content
    return xml(response)


def records(root: Any) -> list[Any]:
    return [child for child in root if not child.tag.endswith("}Link")]


def names(root: Any) -> list[str]:
    return [record.get("name") for record in records(root)]


def links(root: Any) -> dict[str, str]:
    return {
        f"{link.get('rel')} {link.get('type')}": link.get("href")
        for link in root
        if link.tag.endswith("}Link")
    }


def rels(root: Any) -> set[str]:
    return {key.split()[0] for key in links(root)} - {"alternate"}


def one(api: Api, kind: str, **parameters: Any) -> Any:
    (record,) = records(query(api, kind, **parameters))
    return record


def attributes(record: Any, *wanted: str) -> dict[str, str]:
    return {name: record.get(name) for name in wanted}
