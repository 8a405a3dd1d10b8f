"""`kubectl get` output made by the server: the Table form, and the JSONPath subset its columns use.

Source: kubernetes apiextensions-apiserver pkg/registry/customresource/tableconvertor.
"""

import datetime as dt
import re
from typing import Any

from compute.emulator.registry import Column, Resource
from compute.emulator.values import Json, meta, now, parse_timestamp


def lookup(obj: Any, path: str) -> list[Any]:
    """Every value at a JSONPath such as `.status.conditions[?(@.type=="Ready")].status`."""
    found = [obj]
    for name, index, field, wanted in _steps(path):
        if name:
            found = [v[name] for v in found if isinstance(v, dict) and name in v]
        elif field:
            entries = [e for v in found if isinstance(v, list) for e in v if isinstance(e, dict)]
            found = [e for e in entries if str(e.get(field)) == wanted]
        elif index == "*":
            found = [
                e
                for v in found
                for e in (v.values() if isinstance(v, dict) else v if isinstance(v, list) else [])
            ]
        else:
            found = [v[int(index)] for v in found if isinstance(v, list) and int(index) < len(v)]
    return found


def _steps(path: str) -> list[tuple[str, str, str, str]]:
    steps: list[tuple[str, str, str, str]] = []
    for match in re.finditer(
        r"""\.((?:\\.|[^.\[\]])+)|\[(\d+|\*)\]|\[\?\(@\.(\w+)==["']([^"']*)["']\)\]""", path
    ):
        name, index, field, wanted = match.groups()
        steps.append(((name or "").replace("\\.", "."), index or "", field or "", wanted or ""))
    return steps


def partial(obj: Json) -> Json:
    """The metadata-only form of an object."""
    return {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": meta(obj)}


def table(
    resource: Resource, objects: list[Json], metadata: Json, *, include: str, with_columns: bool = True
) -> Json:
    """The Table of the objects; `include` is Metadata, Object or None."""
    definitions = [
        {
            "name": "Name",
            "type": "string",
            "format": "name",
            "description": "Name must be unique within a namespace.",
            "priority": 0,
        }
    ]
    columns = resource.columns or (Column("Age", ".metadata.creationTimestamp", "date"),)
    definitions += [
        {"name": c.name, "type": c.type, "format": "", "description": c.path, "priority": c.priority}
        for c in columns
    ]
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": metadata,
        "columnDefinitions": definitions if with_columns else [],
        "rows": [_row(obj, columns, include) for obj in objects],
    }


def _row(obj: Json, columns: tuple[Column, ...], include: str) -> Json:
    row: Json = {"cells": [meta(obj).get("name", ""), *(_cell(obj, column) for column in columns)]}
    if include == "Object":
        row["object"] = obj
    elif include != "None":
        row["object"] = partial(obj)
    return row


def _cell(obj: Json, column: Column) -> Any:
    if column.path.startswith("len:"):
        found = lookup(obj, column.path.removeprefix("len:"))
        return len(found[0]) if found and isinstance(found[0], dict | list) else 0
    found = lookup(obj, column.path)
    if not found:
        return None
    value = found[0]
    if column.type == "date":
        return _age(value)
    if column.type in {"integer", "number", "boolean"} and not isinstance(value, str):
        return value
    if len(found) > 1:
        return ",".join(_text(entry) for entry in found)
    return _text(value)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return ",".join(f"{key}={_text(entry)}" for key, entry in value.items())
    if isinstance(value, list):
        return ",".join(_text(entry) for entry in value)
    return str(value)


def _age(value: Any) -> str:
    """How long ago, in kubectl's short form: `5d3h`, `12m`, `42s`."""
    try:
        age = now() - parse_timestamp(str(value))
    except (ValueError, TypeError):
        return "<unknown>"
    return short_duration(age)


def short_duration(span: dt.timedelta) -> str:
    """Source: apimachinery pkg/util/duration HumanDuration, rounded as it does."""
    seconds = int(span.total_seconds())
    if seconds < 0:
        return "0s" if seconds >= -1 else "<invalid>"
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if seconds < 120:
        return f"{seconds}s"
    if minutes < 10:
        return f"{minutes}m{seconds % 60}s" if seconds % 60 else f"{minutes}m"
    if hours < 3:
        return f"{minutes}m"
    if hours < 8:
        return f"{hours}h{minutes % 60}m" if minutes % 60 else f"{hours}h"
    if hours < 48:
        return f"{hours}h"
    if days < 8:
        return f"{days}d{hours % 24}h" if hours % 24 else f"{days}d"
    if days < 365 * 2:
        return f"{days}d"
    return f"{days // 365}y"
