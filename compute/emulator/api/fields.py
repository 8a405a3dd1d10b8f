"""Sets of field paths: what managedFields records and server-side apply reasons with.

A path is a tuple of steps in the notation of FieldsV1: `f:name` a field, `k:{"name":"a"}` an entry of a list-map,
`v:"x"` a member of a set. A FieldSet is a frozenset of such paths.
Source: structured-merge-diff typed/tofieldset.go, typed/compare.go, typed/merge.go, typed/remove.go.
"""

import dataclasses
import json
from collections.abc import Iterable
from typing import Any

from compute.emulator.registry import Resource
from compute.emulator.values import Json

# List-maps whose entries are owned as a whole. Source: OwnerReference, +structType=atomic.
_ATOMIC_ENTRIES = {"metadata.ownerReferences"}

Path = tuple[str, ...]
FieldSet = frozenset[Path]

_NOTHING: Any = object()

# Never owned by anyone. Source: apimachinery managedfields/internal/stripmeta.go.
_UNOWNED = {
    "apiVersion",
    "kind",
    "metadata.name",
    "metadata.namespace",
    "metadata.creationTimestamp",
    "metadata.selfLink",
    "metadata.uid",
    "metadata.generation",
    "metadata.managedFields",
    "metadata.resourceVersion",
    "metadata.deletionTimestamp",
    "metadata.deletionGracePeriodSeconds",
    "metadata.generateName",
}


def field_set(obj: Json, resource: Resource) -> FieldSet:
    """Every field the object sets: leaves, atomic lists, empty maps, and the entries of list-maps and sets."""
    found: set[Path] = set()
    _collect(obj, (), "", resource, found)
    return frozenset(found)


def _collect(value: Any, path: Path, dotted: str, resource: Resource, found: set[Path]) -> None:
    if isinstance(value, dict) and value:
        for name, child in value.items():
            below = f"{dotted}.{name}" if dotted else name
            if below not in _UNOWNED:
                _collect(child, (*path, f"f:{name}"), below, resource, found)
        return
    keys = resource.list_keys(dotted) if isinstance(value, list) else None
    if keys is None:
        if path and dotted != "metadata":
            found.add(path)
        return
    for step, entry in _entries(value, keys):
        found.add((*path, step))
        if keys and dotted not in _ATOMIC_ENTRIES:
            _collect(entry, (*path, step), dotted, resource, found)


def _entries(values: list[Any], keys: tuple[str, ...]) -> list[tuple[str, Any]]:
    return [(_step(entry, keys), entry) for entry in values]


def _step(entry: Any, keys: tuple[str, ...]) -> str:
    if not keys:
        return "v:" + json.dumps(entry, separators=(",", ":"))
    named = {key: entry.get(key, "TCP" if key == "protocol" else None) for key in sorted(keys)}
    return "k:" + json.dumps(named, separators=(",", ":"))


@dataclasses.dataclass(frozen=True, slots=True)
class Difference:
    """Fields with another value than before (`changed`, additions included) and fields that are gone."""

    changed: FieldSet
    removed: FieldSet

    @property
    def is_empty(self) -> bool:
        return not self.changed and not self.removed


def compare(before: Json, after: Json, resource: Resource) -> Difference:
    """What differs between two states of an object."""
    changed: set[Path] = set()
    removed: set[Path] = set()
    _compare(before, after, (), "", resource, changed, removed)
    return Difference(frozenset(changed), frozenset(removed))


def _compare(
    before: Any,
    after: Any,
    path: Path,
    dotted: str,
    resource: Resource,
    changed: set[Path],
    removed: set[Path],
) -> None:
    if before is after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        if not after and before:
            changed.add(path)
        for name in {**before, **after}:
            below = f"{dotted}.{name}" if dotted else name
            if below not in _UNOWNED:
                old, new = before.get(name, _NOTHING), after.get(name, _NOTHING)
                _compare(old, new, (*path, f"f:{name}"), below, resource, changed, removed)
        return
    keys = resource.list_keys(dotted)
    if keys is not None and isinstance(before, list) and isinstance(after, list):
        old_entries, new_entries = dict(_entries(before, keys)), dict(_entries(after, keys))
        for step in {**old_entries, **new_entries}:
            old, new = old_entries.get(step, _NOTHING), new_entries.get(step, _NOTHING)
            if new is _NOTHING:
                removed.add((*path, step))
            elif old is _NOTHING or (dotted in _ATOMIC_ENTRIES and old != new):
                changed.add((*path, step))
            if keys and dotted not in _ATOMIC_ENTRIES:
                _compare(old, new, (*path, step), dotted, resource, changed, removed)
        return
    if after is _NOTHING:
        _collect(before, path, dotted, resource, removed)
        removed.add(path)
    elif before is _NOTHING or before != after:
        _collect(after, path, dotted, resource, changed)


def _collect_parents(value: Any, path: Path, dotted: str, found: set[Path]) -> None:
    """Add the maps that came with an addition: an update owns them, an apply does not."""
    if isinstance(value, dict) and dotted != "metadata":
        found.add(path)
    for name, child in value.items() if isinstance(value, dict) else ():
        if isinstance(child, dict):
            _collect_parents(child, (*path, f"f:{name}"), f"{dotted}.{name}" if dotted else name, found)


def merge_applied(live: Json, applied: Json, resource: Resource) -> Json:
    """The live object with the applied configuration laid over it. Neither argument is changed."""
    merged = _merge(live, applied, "", resource)
    return merged if isinstance(merged, dict) else {}


def _merge(live: Any, applied: Any, dotted: str, resource: Resource) -> Any:
    if isinstance(live, dict) and isinstance(applied, dict):
        if not applied:
            return live
        merged = dict(live)
        for name, child in applied.items():
            below = f"{dotted}.{name}" if dotted else name
            merged[name] = _merge(live.get(name), child, below, resource)
        return merged
    keys = resource.list_keys(dotted)
    if keys is None or not isinstance(live, list) or not isinstance(applied, list):
        return applied
    wanted = dict(_entries(applied, keys))
    present = dict(_entries(live, keys))
    kept = [
        _merge(entry, wanted[step], dotted, resource) if step in wanted else entry
        for step, entry in present.items()
    ]
    return kept + [entry for step, entry in wanted.items() if step not in present]


def remove_fields(obj: Json, paths: Iterable[Path], resource: Resource) -> Json:
    """The object without the fields. A map that becomes empty by it goes too."""
    tree: dict[str, Any] = {}
    for path in paths:
        node = tree
        for step in path:
            node = node.setdefault(step, {})
        node["."] = {}
    pruned = _prune(obj, tree, "", resource)
    return pruned if isinstance(pruned, dict) else {}


def _prune(value: Any, tree: dict[str, Any], dotted: str, resource: Resource) -> Any:
    """The value without what the tree names; _NOTHING when nothing is left."""
    if isinstance(value, dict):
        kept = {}
        for name, child in value.items():
            branch = tree.get(f"f:{name}")
            if branch is None:
                kept[name] = child
            elif not _is_leaf(branch):
                left = _prune(child, branch, f"{dotted}.{name}" if dotted else name, resource)
                if left is not _NOTHING:
                    kept[name] = left
        return kept if kept or not value else _NOTHING
    keys = resource.list_keys(dotted)
    if not isinstance(value, list) or keys is None:
        return value
    entries = []
    for step, entry in _entries(value, keys):
        branch = tree.get(step)
        if branch is None:
            entries.append(entry)
        elif "." not in branch:
            entries.append(_prune(entry, branch, dotted, resource))
    return entries or _NOTHING


def _is_leaf(branch: dict[str, Any]) -> bool:
    return set(branch) == {"."}


def below(paths: FieldSet, top: str) -> FieldSet:
    """The paths inside one top-level field, such as `status`."""
    return frozenset(path for path in paths if path[0] == f"f:{top}")


def to_fields_v1(paths: FieldSet) -> Json:
    """The nested form of managedFields[].fieldsV1."""
    root: Json = {}
    for path in sorted(paths):
        node = root
        for step in path:
            node = node.setdefault(step, {})
    # A path that is also a prefix of others is marked by "."; so is every entry of a list-map.
    for path in paths:
        node = root
        for step in path:
            node = node[step]
        if node:
            node["."] = {}
    return root


def from_fields_v1(tree: Json) -> FieldSet:
    """The paths of managedFields[].fieldsV1."""
    found: set[Path] = set()
    _unfold(tree, (), found)
    return frozenset(found)


def _unfold(tree: Json, path: Path, found: set[Path]) -> None:
    if path and (not tree or "." in tree):
        found.add(path)
    for step, branch in tree.items():
        if step != ".":
            _unfold(branch, (*path, step), found)


def describe(path: Path) -> str:
    """The path as conflict messages print it: `.spec.containers[name="a"].image`."""
    text = ""
    for step in path:
        mark, _, rest = step.partition(":")
        if mark == "f":
            text += f".{rest}"
        elif mark == "k":
            keys = json.loads(rest)
            text += "[" + ",".join(f"{key}={json.dumps(value)}" for key, value in keys.items()) + "]"
        else:
            text += f"[={rest}]"
    return text
