"""Validation of /cloudapi bodies against the CloudAPI Swagger."""

import functools
from typing import Any

import jsonschema_rs
import pytest
import yaml

from tests.contract.spec import spec_dir

_ANY_VALUE = {"Capability": ("value",)}
"""Members that the Swagger calls objects and VCD fills with plain values (contract/resolutions.md 4)."""


def assert_valid_cloud(doc: Any, name: str) -> None:
    """Fails unless the document is valid as that definition, and has no member that it does not know.

    A null counts as absent: the Swagger knows no null, VCD sends it for what is not set.
    """
    errors = [
        f"{'/'.join(map(str, error.instance_path))}: {error.message}"
        for error in _validator(name).iter_errors(_without_nulls(doc))
    ]
    if errors:
        pytest.fail(f"not valid as {name}:\n" + "\n".join(errors[:10]) + f"\n\n{doc}", pytrace=False)


@functools.cache
def _definitions() -> dict[str, Any]:
    text = (spec_dir() / "openapi" / "cloudapi-37.2.swagger.yaml").read_text()
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found: dict[str, Any] = yaml.load(text, Loader=loader)["definitions"]
    return {name: _flat(name, found) for name in found}


def _flat(name: str, found: dict[str, Any]) -> dict[str, Any]:
    """A definition without allOf, closed against unknown members; enumerations are strings."""
    schema = found.get(name, {})
    if "enum" in schema:
        return {"enum": schema["enum"]}
    properties: dict[str, Any] = {}
    required: list[str] = []
    for part in (schema, *schema.get("allOf", ())):
        if "$ref" in part:
            base = _flat(part["$ref"].rpartition("/")[2], found)
            properties |= base.get("properties", {})
            required += base.get("required", [])
        else:
            properties |= part.get("properties") or {}
            required += part.get("required") or []
    for member in _ANY_VALUE.get(name, ()):
        properties[member] = {}
    # The Swagger is of the draft in which these two are flags; none of them is set.
    for member in properties.values():
        for flag in ("exclusiveMinimum", "exclusiveMaximum"):
            member.pop(flag, None)
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


@functools.cache
def _validator(name: str) -> Any:
    needed = _reachable(name)
    root = {"definitions": needed, "$ref": f"#/definitions/{name}"}
    return jsonschema_rs.Draft202012Validator(root)


def _reachable(name: str) -> dict[str, Any]:
    """The definition and all it refers to; a reference into nothing is anything (contract/vcd-api.md 2.5)."""
    known, waiting = {}, [name]
    while waiting:
        each = waiting.pop()
        if each not in known:
            known[each] = _definitions().get(each, {})
            waiting += _references(known[each])
    return known


def _references(schema: Any) -> list[str]:
    if isinstance(schema, list):
        return [found for each in schema for found in _references(each)]
    if not isinstance(schema, dict):
        return []
    here = [schema["$ref"].rpartition("/")[2]] if isinstance(schema.get("$ref"), str) else []
    return here + [found for each in schema.values() for found in _references(each)]


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(each) for key, each in value.items() if each is not None}
    if isinstance(value, list):
        return [_without_nulls(each) for each in value if each is not None]
    return value
