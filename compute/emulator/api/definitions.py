"""CustomResourceDefinitions: a stored one makes its kind served, a deleted one takes it and its objects away.

Source: apiextensions-apiserver pkg/controller/{status,establish,finalizer}.
"""

from typing import Any

from compute.emulator.api import errors
from compute.emulator.api.admission import Attempt
from compute.emulator.registry import Column, Registry, Resource, version_rank
from compute.emulator.store import Store, Stored
from compute.emulator.values import Json, dig, planted, timestamp

DEFINITIONS = "customresourcedefinitions.apiextensions.k8s.io"


def established(attempt: Attempt) -> Json | None:
    """Admission of a definition: check its form and set the status that the server's controllers would."""
    definition = attempt.new
    if definition is None or attempt.subresource:
        return definition
    spec, name = definition.get("spec") or {}, definition["metadata"]["name"]
    versions = spec.get("versions") or []
    names = spec.get("names") or {}
    wanted = f"{names.get('plural')}.{spec.get('group')}"
    if name != wanted:
        why = f'Invalid value: "{name}": must be spec.names.plural+"."+spec.group'
        raise errors.invalid(attempt.resource, name, errors.Cause("FieldValueInvalid", why, "metadata.name"))
    stored = [version["name"] for version in versions if version.get("storage")]
    if len(stored) != 1:
        why = "Invalid value: must have exactly one version marked as storage version"
        raise errors.invalid(attempt.resource, name, errors.Cause("FieldValueInvalid", why, "spec.versions"))
    at = dig(attempt.old, "metadata", "creationTimestamp") or timestamp()
    conditions = [
        {"type": kind, "status": "True", "reason": reason, "message": message, "lastTransitionTime": at}
        for kind, reason, message in (
            ("NamesAccepted", "NoConflicts", "no conflicts found"),
            ("Established", "InitialNamesAccepted", "the initial names have been accepted"),
        )
    ]
    accepted = {
        "listKind": f"{names.get('kind')}List",
        "singular": str(names.get("kind", "")).lower(),
        **names,
    }
    status = {"acceptedNames": accepted, "conditions": conditions, "storedVersions": stored}
    return planted(planted(definition, ("status",), status), ("spec", "names"), accepted)


def resource_of(definition: Json) -> Resource:
    """The resource that a definition describes."""
    spec = definition["spec"]
    served = [version for version in spec["versions"] if version.get("served")]
    storage = next((version for version in spec["versions"] if version.get("storage")), spec["versions"][0])
    chosen = storage if storage in served else served[0]
    others = sorted((v["name"] for v in served if v is not chosen), key=version_rank)
    names = spec["names"]
    schema = dig(chosen, "schema", "openAPIV3Schema")
    subresources = chosen.get("subresources") or {}
    return Resource(
        group=spec["group"],
        versions=(chosen["name"], *others),
        plural=names["plural"],
        kind=names["kind"],
        namespaced=spec.get("scope") == "Namespaced",
        singular_name=names.get("singular") or "",
        short_names=tuple(names.get("shortNames") or ()),
        categories=tuple(names.get("categories") or ()),
        has_status="status" in subresources,
        subresources=("scale",) if "scale" in subresources else (),
        columns=tuple(
            Column(c["name"], c["jsonPath"], c.get("type", "string"), c.get("priority", 0))
            for c in chosen.get("additionalPrinterColumns") or ()
        ),
        selectable=tuple(f["jsonPath"].lstrip(".") for f in chosen.get("selectableFields") or ()),
        lists=_list_keys(schema or {}, ""),
        schema=schema,
    )


def _list_keys(schema: Json, dotted: str) -> dict[str, tuple[str, ...]]:
    """The list-maps and sets of a schema, by dotted path."""
    found: dict[str, tuple[str, ...]] = {}
    kind: Any = schema.get("x-kubernetes-list-type")
    if kind == "map":
        found[dotted] = tuple(schema.get("x-kubernetes-list-map-keys") or ())
    elif kind == "set":
        found[dotted] = ()
    for name, child in (schema.get("properties") or {}).items():
        found |= _list_keys(child, f"{dotted}.{name}" if dotted else name)
    items = schema.get("items")
    if isinstance(items, dict):
        found |= _list_keys(items, dotted)
    return found


class Definitions:
    """Keeps the registry in step with the stored definitions."""

    def __init__(self, store: Store, registry: Registry) -> None:
        self._store = store
        self._registry = registry
        self._parsed: dict[str, tuple[int, Resource]] = {}

    def sync(self) -> None:
        """Serve exactly the built-in resources and those of the stored definitions.

        Objects of a kind whose definition is gone are removed with it.
        """
        with self._store.lock:
            stored = self._store.select(DEFINITIONS)
            self._parsed = {s.key.name: self._parse(s) for s in stored}
            defined = {(r.group, r.plural): r for _, r in self._parsed.values()}
            for resource in self._registry.all():
                place = (resource.group, resource.plural)
                if place in defined:
                    continue
                if not self._registry.is_built_in(*place):
                    self._remove_objects(resource)
                self._registry.unregister(*place)
            for place, resource in defined.items():
                if self._registry.find(place[0], resource.versions[0], place[1]) is not resource:
                    self._registry.register(resource)

    def _parse(self, stored: Stored) -> tuple[int, Resource]:
        known = self._parsed.get(stored.key.name)
        return known if known and known[0] == stored.revision else (stored.revision, resource_of(stored.obj))

    def _remove_objects(self, resource: Resource) -> None:
        with self._store.transaction() as txn:
            for stored in self._store.select(resource.id):
                txn.remove(stored.key)
