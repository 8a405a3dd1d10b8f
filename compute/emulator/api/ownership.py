"""metadata.managedFields: who set which field, and the conflicts server-side apply finds.

Source: structured-merge-diff merge/update.go; apimachinery pkg/util/managedfields.
"""

import dataclasses

from compute.emulator.api.errors import ApiError, Cause
from compute.emulator.api.fields import (
    Difference,
    FieldSet,
    compare,
    describe,
    field_set,
    from_fields_v1,
    merge_applied,
    remove_fields,
    to_fields_v1,
)
from compute.emulator.registry import Resource
from compute.emulator.values import Json, meta, timestamp, without

APPLY, UPDATE = "Apply", "Update"
# Further "Update" managers of one object are folded into one, as a real server does.
_MOST_UPDATERS = 10
_FOLDED = "ancient-changes"


@dataclasses.dataclass(frozen=True, slots=True)
class Manager:
    """One line of managedFields. `subresource` is "" for the main endpoint."""

    name: str
    operation: str
    api_version: str
    subresource: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Owned:
    """The fields of one manager, and when they last changed."""

    fields: FieldSet
    time: str


Owners = dict[Manager, Owned]


def owners_of(obj: Json) -> Owners:
    """managedFields, parsed."""
    found: Owners = {}
    for entry in meta(obj).get("managedFields") or []:
        manager = Manager(
            entry.get("manager", ""),
            entry.get("operation", UPDATE),
            entry.get("apiVersion", ""),
            entry.get("subresource", ""),
        )
        found[manager] = Owned(from_fields_v1(entry.get("fieldsV1") or {}), entry.get("time", ""))
    return found


def with_owners(obj: Json, owners: Owners) -> Json:
    """The object with managedFields written from the owners; managers without fields are left out."""
    entries = []
    for manager, owned in sorted(
        owners.items(), key=lambda item: (item[0].operation, item[1].time, item[0].name)
    ):
        if not owned.fields:
            continue
        entry = {
            "manager": manager.name,
            "operation": manager.operation,
            "apiVersion": manager.api_version,
            "time": owned.time,
            "fieldsType": "FieldsV1",
            "fieldsV1": to_fields_v1(owned.fields),
        }
        if manager.subresource:
            entry["subresource"] = manager.subresource
        entries.append(entry)
    return _with_managed_fields(obj, entries)


def _with_managed_fields(obj: Json, entries: list[Json]) -> Json:
    metadata = without(meta(obj), ["managedFields"])
    if entries:
        metadata["managedFields"] = entries
    return {**obj, "metadata": metadata}


def record_update(before: Json, after: Json, manager: Manager, resource: Resource) -> Json:
    """`after` with the fields that differ from `before` owned by the manager."""
    difference = compare(before, after, resource)
    if difference.is_empty:
        return _with_managed_fields(after, meta(before).get("managedFields") or [])
    owners = _without_lost(owners_of(before), difference, manager)
    mine = owners.get(manager, Owned(frozenset(), ""))
    fields = (mine.fields - difference.removed) | difference.changed
    if fields != mine.fields:
        owners[manager] = Owned(fields, timestamp())
    return with_owners(after, _folded(owners))


def _without_lost(owners: Owners, difference: Difference, manager: Manager) -> Owners:
    """The owners after fields changed hands: what changed belongs to nobody but the manager."""
    lost = difference.changed | difference.removed
    return {
        other: owned if other == manager else Owned(owned.fields - lost, owned.time)
        for other, owned in owners.items()
    }


def _folded(owners: Owners) -> Owners:
    updaters = sorted((m for m in owners if m.operation == UPDATE), key=lambda m: owners[m].time)
    surplus = updaters[: max(0, len(updaters) - _MOST_UPDATERS)]
    if not surplus:
        return owners
    kept = {manager: owned for manager, owned in owners.items() if manager not in surplus}
    folded = Manager(_FOLDED, UPDATE, surplus[-1].api_version)
    fields = frozenset().union(
        *(owners[manager].fields for manager in surplus), kept.get(folded, Owned(frozenset(), "")).fields
    )
    kept[folded] = Owned(fields, owners[surplus[-1]].time)
    return kept


def apply_configuration(
    live: Json, applied: Json, manager: Manager, resource: Resource, *, force: bool
) -> Json:
    """The live object after a server-side apply of the configuration by the manager, ownership included.

    Fields the manager applied before and no longer does go, unless somebody else owns them. Raises 409 with a
    cause for each field another manager owns and the configuration would change, unless forced.
    """
    wanted = field_set(applied, resource)
    owners = owners_of(live)
    previous = owners.get(manager, Owned(frozenset(), ""))
    merged = merge_applied(live, applied, resource)
    difference = compare(live, merged, resource)
    others = {m: owned for m, owned in owners.items() if m != manager}
    conflicts = {m: owned.fields & difference.changed & wanted for m, owned in others.items()}
    conflicts = {m: fields for m, fields in conflicts.items() if fields}
    if conflicts and not force:
        raise _conflict(conflicts)
    lost = difference.changed | difference.removed
    others = {m: Owned(owned.fields - lost, owned.time) for m, owned in others.items()}
    held = wanted.union(*(owned.fields for owned in others.values()))
    abandoned = _abandoned(previous.fields - wanted, held)
    if abandoned:
        # An empty map that the configuration states must outlive the fields that were pruned from it.
        merged = merge_applied(remove_fields(merged, abandoned, resource), applied, resource)
    time = previous.time if previous.fields == wanted else timestamp()
    return with_owners(merged, {**others, manager: Owned(wanted, time)})


def _abandoned(fields: FieldSet, held: FieldSet) -> FieldSet:
    """The fields that nobody holds, neither themselves nor anything below them."""
    prefixes = {path[:length] for path in held for length in range(1, len(path) + 1)}
    return frozenset(path for path in fields if path not in prefixes)


def _conflict(conflicts: dict[Manager, FieldSet]) -> ApiError:
    """409 that names every field; several are grouped by manager. Source: managedfields/internal/conflict.go."""
    causes: list[Cause] = []
    groups: list[str] = []
    for manager, fields in sorted(conflicts.items(), key=lambda item: _described(item[0])):
        paths = [describe(path) for path in sorted(fields)]
        causes += [
            Cause("FieldManagerConflict", f"conflict with {_described(manager)}", path) for path in paths
        ]
        groups.append("\n".join([f"conflicts with {_described(manager)}:", *(f"- {path}" for path in paths)]))
    if len(causes) == 1:
        text = f"Apply failed with 1 conflict: {causes[0].message}: {causes[0].field}"
    else:
        text = f"Apply failed with {len(causes)} conflicts: " + "\n".join(groups)
    return ApiError(409, "Conflict", text, causes=tuple(causes))


def _described(manager: Manager) -> str:
    through = f' with subresource "{manager.subresource}"' if manager.subresource else ""
    version = f" using {manager.api_version}" if manager.operation == UPDATE else ""
    return f'"{manager.name}"{through}{version}'
