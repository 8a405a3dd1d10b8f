"""Validation of manifests against the schemas of the CustomResourceDefinitions in SSVIRT_SPEC_DIR.

Stricter than an API server, which drops what it does not know without a word: an unknown field is an error.
Rules in CEL are not evaluated.
"""

from functools import cache
from typing import Any

import jsonschema_rs
import yaml

from tests.contract.spec import spec_dir


def check(manifest: dict[str, Any]) -> None:
    """Fail unless the manifest of a custom resource fits its CRD's schema."""
    errors = [
        f"{'/'.join(map(str, error.instance_path))}: {error.message}"
        for error in _validator(manifest["apiVersion"], manifest["kind"]).iter_errors(manifest)
    ]
    assert not errors, f"{manifest['kind']}: {errors}"


@cache
def _validator(api_version: str, kind: str) -> Any:
    group, version = api_version.split("/")
    for path in (spec_dir() / "crds").glob(f"*.{group}.yaml"):
        spec = yaml.load(path.read_text(), Loader=yaml.CSafeLoader)["spec"]
        if spec["names"]["kind"] != kind:
            continue
        schema = next(item["schema"] for item in spec["versions"] if item["name"] == version)
        return jsonschema_rs.Draft7Validator(_strict(schema["openAPIV3Schema"], is_root=True))
    raise AssertionError(f"no CRD for {api_version} {kind}")


def _strict(schema: dict[str, Any], *, is_root: bool = False) -> dict[str, Any]:
    """JSON Schema of a structural schema, closed where it names its properties."""
    if schema.get("x-kubernetes-int-or-string"):
        return {"type": ["integer", "string"]}
    kept = ("type", "enum", "required", "minimum", "maximum", "minItems", "maxItems", "maxLength", "pattern")
    result: dict[str, Any] = {key: schema[key] for key in kept if key in schema}
    if schema.get("nullable") and isinstance(result.get("type"), str):
        result["type"] = [result["type"], "null"]
    properties = schema.get("properties")
    if properties:
        result["properties"] = {name: _strict(value) for name, value in properties.items()}
        if is_root:
            result["properties"]["metadata"] = {"type": "object"}
        if not schema.get("x-kubernetes-preserve-unknown-fields"):
            result["additionalProperties"] = False
    elif isinstance(schema.get("additionalProperties"), dict):
        result["additionalProperties"] = _strict(schema["additionalProperties"])
    if isinstance(schema.get("items"), dict):
        result["items"] = _strict(schema["items"])
    return result
