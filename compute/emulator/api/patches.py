"""JSON Patch, JSON merge patch and strategic merge patch."""

from typing import Any, cast

import jsonpatch

from compute.emulator.api.errors import ApiError, Cause, bad_request, invalid
from compute.emulator.registry import Resource
from compute.emulator.values import Json

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"


def json_patched(obj: Json, operations: Any, resource: Resource, name: str) -> Json:
    """The object after RFC 6902 operations.

    Raises 422 when a `test` fails or a path is missing, 400 when the patch is malformed, as a real server does.
    """
    if not isinstance(operations, list):
        raise bad_request(
            "error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch"
        )
    if len(operations) > 10_000:
        raise ApiError(
            413, "RequestEntityTooLarge", "The allowed maximum operations in a JSON patch is 10000"
        )
    try:
        wanted = [operation for operation in operations if not _tests_for_absence(obj, operation)]
        return cast(Json, jsonpatch.apply_patch(obj, wanted))
    except (jsonpatch.InvalidJsonPatch, TypeError) as error:
        raise bad_request(f"error decoding patch: {error}") from error
    except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException) as error:
        raise ApiError(
            422, "Invalid", "the server rejected our request due to an error in our request"
        ) from error


def _tests_for_absence(obj: Json, operation: Any) -> bool:
    """Whether the operation tests that a missing field is null, which holds on a real server (evanphx/json-patch)."""
    if (
        not isinstance(operation, dict)
        or operation.get("op") != "test"
        or operation.get("value", 0) is not None
    ):
        return False
    try:
        return jsonpatch.JsonPointer(operation.get("path", "")).resolve(obj, None) is None
    except jsonpatch.JsonPointerException:
        return True


def merge_patched(value: Any, patch: Any) -> Any:
    """The value after an RFC 7386 merge patch; untouched parts are shared."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(value) if isinstance(value, dict) else {}
    for name, change in patch.items():
        if change is None:
            merged.pop(name, None)
        else:
            merged[name] = merge_patched(merged.get(name), change)
    return merged


def strategic_patched(obj: Json, patch: Json, resource: Resource) -> Json:
    """The object after a strategic merge patch: known lists are merged by key.

    Source: kubernetes apimachinery pkg/util/strategicpatch/patch.go. `$setElementOrder` only sorts, and is dropped.
    """
    merged = _strategic(obj, patch, "", resource)
    if not isinstance(merged, dict):
        raise invalid(resource, "", Cause("FieldValueInvalid", "the patch deletes the object", "$patch"))
    return merged


def _strategic(value: Any, patch: Any, dotted: str, resource: Resource) -> Any:
    if not isinstance(patch, dict):
        return patch
    directive = patch.get("$patch")
    if directive == "delete":
        return None
    current = dict(value) if isinstance(value, dict) and directive != "replace" else {}
    if (retained := patch.get("$retainKeys")) is not None:
        current = {name: child for name, child in current.items() if name in retained}
    for name, change in patch.items():
        if name.startswith("$deleteFromPrimitiveList/"):
            target = name.partition("/")[2]
            current[target] = [entry for entry in current.get(target) or [] if entry not in change]
            continue
        if name.startswith("$"):
            continue
        below = f"{dotted}.{name}" if dotted else name
        if change is None:
            current.pop(name, None)
        elif isinstance(change, list):
            current[name] = _strategic_list(current.get(name) or [], change, below, resource)
        else:
            merged = _strategic(current.get(name), change, below, resource)
            if merged is None:
                current.pop(name, None)
            else:
                current[name] = merged
    return current


def _strategic_list(current: list[Any], change: list[Any], dotted: str, resource: Resource) -> list[Any]:
    keys = resource.list_keys(dotted)
    if keys is None or any(isinstance(entry, dict) and entry.get("$patch") == "replace" for entry in change):
        return [entry for entry in change if not (isinstance(entry, dict) and "$patch" in entry)]
    if not keys:
        return current + [entry for entry in change if entry not in current]
    # Strategic merge knows one merge key, server-side apply may need several: the first one is both's.
    key = keys[0]
    merged = {entry.get(key): entry for entry in current}
    for entry in change:
        name = entry.get(key)
        if name is None:
            raise bad_request(f"map: {entry} does not contain declared merge key: {key}")
        result = _strategic(merged.get(name), entry, dotted, resource)
        if result is None:
            merged.pop(name, None)
        else:
            merged[name] = result
    return list(merged.values())
