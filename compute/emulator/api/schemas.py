"""Structural schemas of CustomResourceDefinitions: defaults, pruning of unknown fields, validation.

Only resources registered with a schema are checked; CEL rules (x-kubernetes-validations) are not evaluated.
Source: apiextensions-apiserver pkg/apiserver/schema.
"""

import functools
import re
from typing import Any

from compute.emulator.api.errors import Cause
from compute.emulator.quantities import is_quantity
from compute.emulator.values import Json

_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
}
# The server itself keeps these right; a schema may only speak of metadata's name.
_ROOT = {"apiVersion", "kind", "metadata"}


def with_defaults(value: Any, schema: Json) -> Any:
    """The value with the schema's defaults filled in; untouched parts are shared."""
    if isinstance(value, dict):
        filled = dict(value)
        for name, child in (schema.get("properties") or {}).items():
            if name not in filled and "default" in child:
                filled[name] = child["default"]
            if name in filled:
                filled[name] = with_defaults(filled[name], child)
        extra = schema.get("additionalProperties")
        if isinstance(extra, dict):
            known = schema.get("properties") or {}
            filled = {n: v if n in known else with_defaults(v, extra) for n, v in filled.items()}
        return filled
    if isinstance(value, list) and isinstance(schema.get("items"), dict):
        return [with_defaults(entry, schema["items"]) for entry in value]
    return value


def pruned(obj: Json, schema: Json) -> tuple[Json, list[str]]:
    """The object without fields the schema does not know, and the paths of those fields."""
    unknown: list[str] = []
    checked = {
        **schema,
        "properties": {**(schema.get("properties") or {}), **dict.fromkeys(_ROOT, _ANYTHING)},
    }
    result = _pruned(obj, checked, "", unknown)
    return (result if isinstance(result, dict) else {}), unknown


_ANYTHING: Json = {"x-kubernetes-preserve-unknown-fields": True}


def _pruned(value: Any, schema: Json, path: str, unknown: list[str]) -> Any:
    if isinstance(value, list):
        items = schema.get("items")
        if not isinstance(items, dict):
            return value
        return [_pruned(entry, items, f"{path}[{i}]", unknown) for i, entry in enumerate(value)]
    if not isinstance(value, dict):
        return value
    known = schema.get("properties") or {}
    extra = schema.get("additionalProperties")
    keeps = bool(schema.get("x-kubernetes-preserve-unknown-fields") or extra is True)
    if schema.get("x-kubernetes-embedded-resource"):
        known = {**dict.fromkeys(_ROOT, _ANYTHING), **known}
    kept = {}
    for name, child in value.items():
        at = f"{path}.{name}" if path else name
        if name in known:
            kept[name] = _pruned(child, known[name], at, unknown)
        elif isinstance(extra, dict):
            kept[name] = _pruned(child, extra, at, unknown)
        elif keeps:
            kept[name] = child
        else:
            unknown.append(at)
    return kept


# A real server adds this to every list of violations.
_UNCHECKED = Cause(
    "FieldValueInvalid",
    "Invalid value: null: some validation rules were not checked because the object was invalid; "
    "correct the existing errors to complete validation",
    "<nil>",
)


def violations(obj: Json, schema: Json) -> list[Cause]:
    """Everything in the object that the schema forbids."""
    found: list[Cause] = []
    _validate(
        {k: v for k, v in obj.items() if k not in _ROOT}, {**schema, "required": _required(schema)}, "", found
    )
    if found:
        found.append(_UNCHECKED)
    return found


def _required(schema: Json) -> list[str]:
    return [name for name in schema.get("required") or [] if name not in _ROOT]


def _validate(value: Any, schema: Json, path: str, found: list[Cause]) -> None:
    if value is None:
        if not schema.get("nullable"):
            found.append(Cause("FieldValueInvalid", _must("null", schema.get("type", "object"), path), path))
        return
    if schema.get("x-kubernetes-int-or-string"):
        if isinstance(value, bool) or not isinstance(value, int | str):
            found.append(Cause("FieldValueInvalid", _must(_name(value), "integer,string", path), path))
        elif "pattern" in schema and not is_quantity(value):
            found.append(Cause("FieldValueInvalid", f'Invalid value: "{value}": not a quantity', path))
        return
    kind = schema.get("type")
    if kind and (not isinstance(value, _TYPES[kind]) or (isinstance(value, bool) and kind != "boolean")):
        found.append(Cause("FieldValueTypeInvalid", _must(_name(value), kind, path), path))
        return
    if (choices := schema.get("enum")) and value not in choices:
        listed = ", ".join(f'"{choice}"' for choice in choices)
        found.append(
            Cause("FieldValueNotSupported", f'Unsupported value: "{value}": supported values: {listed}', path)
        )
    _validate_limits(value, schema, path, found)
    if isinstance(value, dict):
        _validate_object(value, schema, path, found)
    elif isinstance(value, list):
        for index, entry in enumerate(value):
            _validate(entry, schema.get("items") or {}, f"{path}[{index}]", found)


def _validate_object(value: Json, schema: Json, path: str, found: list[Cause]) -> None:
    known, extra = schema.get("properties") or {}, schema.get("additionalProperties")
    for name in schema.get("required") or []:
        if name not in value:
            found.append(Cause("FieldValueRequired", "Required value", f"{path}.{name}" if path else name))
    for name, child in value.items():
        rule = known.get(name, extra if isinstance(extra, dict) else None)
        if rule is not None:
            _validate(child, rule, f"{path}.{name}" if path else name, found)


def _validate_limits(value: Any, schema: Json, path: str, found: list[Cause]) -> None:
    def complain(text: str) -> None:
        found.append(Cause("FieldValueInvalid", f"Invalid value: {_shown(value)}: {text}", path))

    if isinstance(value, int | float) and not isinstance(value, bool):
        if "minimum" in schema and value < schema["minimum"]:
            complain(f"should be greater than or equal to {schema['minimum']}")
        if "maximum" in schema and value > schema["maximum"]:
            complain(f"should be less than or equal to {schema['maximum']}")
    elif isinstance(value, str):
        if "pattern" in schema and not _pattern(schema["pattern"]).search(value):
            complain(f"should match '{schema['pattern']}'")
        if len(value) > schema.get("maxLength", len(value)) or len(value) < schema.get("minLength", 0):
            complain("has a length outside the limits")
    elif isinstance(value, list) and not (
        schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value))
    ):
        complain("has a number of items outside the limits")


@functools.lru_cache(maxsize=1024)
def _pattern(text: str) -> re.Pattern[str]:
    """The schema's expression; one in a form that only Go knows matches everything."""
    try:
        return re.compile(text)
    except re.error:
        return re.compile("")


def _must(got: str, wanted: str, path: str) -> str:
    return f'Invalid value: "{got}": {path} in body must be of type {wanted}: "{got}"'


def _name(value: Any) -> str:
    for name, types in _TYPES.items():
        if isinstance(value, types) and (name == "boolean") is isinstance(value, bool):
            return name
    return "null"


def _shown(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)
