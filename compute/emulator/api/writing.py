"""create, update, patch and server-side apply: one pipeline that keeps metadata, generation and status honest.

Source: kubernetes apiserver pkg/registry/rest/{create,update}.go, registry/generic/registry/store.go;
apiextensions-apiserver pkg/registry/customresource/strategy.go.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

from compute.emulator.api import errors, schemas
from compute.emulator.api.admission import Admission, Attempt, check_name
from compute.emulator.api.errors import Cause
from compute.emulator.api.options import WriteOptions
from compute.emulator.api.ownership import APPLY, UPDATE, Manager, apply_configuration, record_update
from compute.emulator.api.quota import QUOTAS
from compute.emulator.registry import Resource
from compute.emulator.store import Key, Store, Stored, Transaction
from compute.emulator.values import Json, dig, meta, new_uid, planted, random_suffix, timestamp, without

# What a client may send and the server decides.
_SERVER_OWNED = (
    "uid",
    "creationTimestamp",
    "generation",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "managedFields",
    "name",
    "namespace",
    "resourceVersion",
    "generateName",
    "selfLink",
)


_OTHER_NAMESPACE = "the namespace of the provided object does not match the namespace sent on the request"


@dataclasses.dataclass(frozen=True, slots=True)
class Target:
    """Where a write goes. `version` is the one of the URL."""

    resource: Resource
    version: str
    key: Key
    subresource: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Outcome:
    """The state after a write; `warnings` go into Warning headers."""

    obj: Json
    is_created: bool = False
    warnings: tuple[str, ...] = ()


class Writer:
    """Every write goes through here, inside one transaction of the store."""

    def __init__(self, store: Store, admission: Admission) -> None:
        self._store = store
        self._admission = admission

    # ------------------------------------------------------------------ create

    def create(self, target: Target, body: Json, options: WriteOptions) -> Outcome:
        """Store a new object. Raises 400, 403, 404 (namespace), 409 and 422."""
        resource = target.resource
        _check_kind(target, body)
        if meta(body).get("resourceVersion"):
            # A storage error on a real server, and so a 500 without a reason.
            raise errors.ApiError(500, "", "resourceVersion should not be set on objects to be created")
        obj = self._newborn(target, body)
        manager = Manager(options.manager, UPDATE, resource.api_version(target.version))
        obj, warnings = self._conform(resource, obj, options)
        name = obj["metadata"]["name"]
        key = dataclasses.replace(target.key, name=name)
        with self._store.transaction() as txn:
            self._admit_new(txn, dataclasses.replace(target, key=key), obj, options)
            attempt = Attempt("CREATE", resource, "", None, obj, options.user, self._store)
            admitted = record_update({}, self._admission.admit(attempt), manager, resource)
            return Outcome(self._insert(txn, resource, key, admitted, options), True, warnings)

    def _newborn(self, target: Target, body: Json) -> Json:
        """The body with the metadata of a new object."""
        resource, sent = target.resource, meta(body)
        namespace = sent.get("namespace") or target.key.namespace
        if namespace != target.key.namespace and resource.namespaced:
            raise errors.bad_request(_OTHER_NAMESPACE)
        name = sent.get("name") or (
            f"{sent['generateName']}{random_suffix()}" if sent.get("generateName") else ""
        )
        if not name:
            cause = Cause(
                "FieldValueRequired", "Required value: name or generateName is required", "metadata.name"
            )
            raise errors.invalid(resource, "", cause)
        if target.key.name and name != target.key.name:
            raise errors.bad_request(
                f"the name of the object ({name}) does not match the name on the URL ({target.key.name})"
            )
        check_name(resource, name)
        metadata = without(sent, [*_SERVER_OWNED]) | {"name": name}
        if sent.get("generateName"):
            metadata["generateName"] = sent["generateName"]
        if resource.namespaced:
            metadata["namespace"] = target.key.namespace
        metadata |= {"uid": new_uid(), "creationTimestamp": timestamp()}
        if resource.has_generation:
            metadata["generation"] = 1
        obj = {"apiVersion": resource.api_version(), "kind": resource.kind, "metadata": _tidy(metadata)}
        obj |= {key: value for key, value in body.items() if key not in obj}
        if resource.has_status and not resource.keeps_status_on_create:
            obj = without(obj, ["status"])
        return obj

    def _admit_new(self, txn: Transaction, target: Target, obj: Json, options: WriteOptions) -> None:
        if target.resource.namespaced:
            self._admission.require_namespace(target.resource, target.key.namespace, target.key.name)
        if txn.get(target.key) is not None:
            raise errors.already_exists(target.resource, target.key.name)

    def _insert(
        self, txn: Transaction, resource: Resource, key: Key, obj: Json, options: WriteOptions
    ) -> Json:
        if resource.id == QUOTAS:
            obj = self._admission.counted(obj)
        if options.is_dry_run:
            return obj
        self._admission.account(txn, resource, None, obj, key.name)
        return txn.put(key, obj).obj

    # ------------------------------------------------------------------ update and patch

    def replace(self, target: Target, body: Json, options: WriteOptions) -> Outcome:
        """PUT: the body becomes the object. Raises 400, 404, 409 and 422."""
        _check_kind(target, body)
        name = meta(body).get("name")
        if name != target.key.name:
            raise errors.bad_request(
                f"the name of the object ({name}) does not match the name on the URL ({target.key.name})"
            )
        if (
            target.resource.namespaced
            and meta(body).get("namespace", target.key.namespace) != target.key.namespace
        ):
            raise errors.bad_request(_OTHER_NAMESPACE)
        if target.resource.custom and not meta(body).get("resourceVersion"):
            raise errors.version_required(target.resource, target.key.name)
        return self.change(target, lambda _: body, options)

    def change(self, target: Target, change: Callable[[Json], Json], options: WriteOptions) -> Outcome:
        """Store `change(current)`. The function gets the object in the version of the URL and must not alter it."""
        manager = Manager(
            options.manager, UPDATE, target.resource.api_version(target.version), target.subresource
        )
        with self._store.transaction() as txn:
            current = self._require(txn, target)
            proposed = change(current.obj)
            after, warnings = self._settled(target, current.obj, proposed, options)
            after = record_update(current.obj, after, manager, target.resource)
            return Outcome(self._save(txn, target, current, after, options), warnings=warnings)

    def apply(self, target: Target, applied: Json, options: WriteOptions) -> Outcome:
        """Server-side apply: create the object or lay the configuration over it. Raises 409 for conflicts."""
        resource = target.resource
        _check_kind(target, applied)
        if meta(applied).get("managedFields"):
            raise errors.bad_request("metadata.managedFields must be nil")
        name = meta(applied).get("name") or target.key.name
        if name != target.key.name:
            raise errors.bad_request(
                f"the name of the object ({name}) does not match the name on the URL ({target.key.name})"
            )
        configuration = _applicable(_without_nulls(applied), target)
        manager = Manager(options.manager, APPLY, resource.api_version(target.version), target.subresource)
        with self._store.transaction() as txn:
            current = txn.get(target.key)
            if current is None:
                return self._apply_new(txn, target, configuration, manager, options)
            # The precondition on resourceVersion is judged on the body, ownership on the rest of it.
            merged = apply_configuration(current.obj, configuration, manager, resource, force=options.force)
            owners = meta(merged).get("managedFields")
            proposed = planted(merged, ("metadata", "resourceVersion"), meta(applied).get("resourceVersion"))
            after, warnings = self._settled(target, current.obj, proposed, options)
            after = planted(after, ("metadata", "managedFields"), owners or [])
            return Outcome(self._save(txn, target, current, after, options), warnings=warnings)

    def _apply_new(
        self, txn: Transaction, target: Target, configuration: Json, manager: Manager, options: WriteOptions
    ) -> Outcome:
        resource = target.resource
        if target.subresource:
            raise errors.not_found(resource, target.key.name)
        if meta(configuration).get("uid"):
            uid = meta(configuration)["uid"]
            why = f"uid mismatch: the provided object specified uid {uid}, and no existing object was found"
            raise errors.conflict(resource, target.key.name, why)
        obj, warnings = self._conform(resource, self._newborn(target, configuration), options)
        self._admit_new(txn, target, obj, options)
        attempt = Attempt("CREATE", resource, "", None, obj, options.user, self._store)
        admitted = self._admission.admit(attempt)
        owned = apply_configuration({}, configuration, manager, resource, force=True)
        admitted = planted(admitted, ("metadata", "managedFields"), meta(owned).get("managedFields") or [])
        return Outcome(self._insert(txn, resource, target.key, admitted, options), True, warnings)

    def _require(self, txn: Transaction, target: Target) -> Stored:
        current = txn.get(target.key)
        if current is None:
            raise errors.not_found(target.resource, target.key.name)
        return current

    def _settled(
        self, target: Target, before: Json, proposed: Json, options: WriteOptions
    ) -> tuple[Json, tuple[str, ...]]:
        """The proposed object with everything the endpoint may not change put back, admitted and validated."""
        resource = target.resource
        _check_preconditions(target, before, proposed)
        after = _confined(target, before, proposed)
        after, warnings = self._conform(resource, after, options)
        attempt = Attempt("UPDATE", resource, target.subresource, before, after, options.user, self._store)
        after = self._admission.admit(attempt)
        if resource.has_generation and _counted(resource, before) != _counted(resource, after):
            after = planted(after, ("metadata", "generation"), (meta(before).get("generation") or 0) + 1)
        return after, warnings

    def _conform(self, resource: Resource, obj: Json, options: WriteOptions) -> tuple[Json, tuple[str, ...]]:
        """The object with the schema's defaults and without unknown fields; raises 422 (or 400 when Strict)."""
        if resource.schema is None:
            return obj, ()
        obj, unknown = schemas.pruned(obj, resource.schema)
        if unknown and options.field_validation == "Strict":
            listed = ", ".join(f'unknown field "{path}"' for path in unknown)
            handled = (
                f'{resource.kind} in version "{resource.versions[0]}" cannot be handled as a {resource.kind}'
            )
            raise errors.bad_request(f"{handled}: strict decoding error: {listed}")
        obj = schemas.with_defaults(obj, resource.schema)
        if found := schemas.violations(obj, resource.schema):
            raise errors.invalid(resource, meta(obj).get("name", ""), *found)
        warned = unknown if options.field_validation == "Warn" else []
        return obj, tuple(f'unknown field "{path}"' for path in warned)

    def _save(
        self, txn: Transaction, target: Target, current: Stored, after: Json, options: WriteOptions
    ) -> Json:
        """Commit what differs; an object on its way out goes when its last finalizer does."""
        resource = target.resource
        after = {**after, "metadata": _tidy(after["metadata"])}
        if after == current.obj:
            return current.obj
        if resource.id == QUOTAS and not target.subresource:
            after = self._admission.counted(after)
        if options.is_dry_run:
            return after
        if meta(after).get("deletionTimestamp") and not finalizers_of(resource, after):
            self.discard(txn, resource, current)
            return after
        self._admission.account(txn, resource, current.obj, after, target.key.name)
        return txn.put(target.key, after).obj

    def discard(self, txn: Transaction, resource: Resource, current: Stored) -> None:
        """Remove the object and give its quota back."""
        txn.remove(current.key)
        if resource.id != QUOTAS:
            self._admission.account(txn, resource, current.obj, None, current.key.name)


def finalizers_of(resource: Resource, obj: Json) -> list[str]:
    """What keeps a deleted object alive; a Namespace has finalizers in its spec as well."""
    held = list(meta(obj).get("finalizers") or [])
    if resource.id == "namespaces":
        held += dig(obj, "spec", "finalizers", default=[])
    return held


def _counted(resource: Resource, obj: Json) -> Json:
    """The part of an object whose change raises metadata.generation: status only where it has no endpoint."""
    return without(obj, ["metadata", "apiVersion", "kind", *(["status"] if resource.has_status else [])])


def _tidy(metadata: Json) -> Json:
    """Metadata without empty maps and lists, which a typed server does not write either."""
    return {
        key: value
        for key, value in metadata.items()
        if value is not None
        and not (
            value in ({}, [])
            and key in {"labels", "annotations", "finalizers", "ownerReferences", "managedFields"}
        )
    }


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(child) for key, child in value.items() if child is not None}
    return value


def _applicable(applied: Json, target: Target) -> Json:
    """The part of an applied configuration that the endpoint writes."""
    if target.subresource == "status":
        return {"status": applied["status"]} if "status" in applied else {}
    if target.resource.has_status:
        applied = without(applied, ["status"])
    return {**applied, "metadata": without(meta(applied), ["resourceVersion"])}


def _check_kind(target: Target, body: Json) -> None:
    """Raise 400 when the body is of another kind or version than the URL."""
    resource = target.resource
    expected = resource.api_version(target.version)
    api_version, kind = body.get("apiVersion"), body.get("kind")
    if resource.custom and not kind:
        raise errors.bad_request(
            f"the object provided is unrecognized (must be of type {resource.kind}): Object 'Kind' is missing"
        )
    if (api_version or resource.custom) and api_version != expected:
        raise errors.bad_request(
            f"the API version in the data ({api_version or ''}) does not match the expected API version ({expected})"
        )
    if kind and kind != resource.kind and resource.custom:
        cause = Cause("FieldValueInvalid", f'Invalid value: "{kind}": must be {resource.kind}', "kind")
        raise errors.invalid(dataclasses.replace(resource, kind=kind), meta(body).get("name", ""), cause)
    if kind and kind != resource.kind:
        raise errors.bad_request(
            f'{kind} in version "{target.version}" cannot be handled as a {resource.kind}: '
            f"converting ({kind}) to ({resource.kind}): unknown conversion"
        )


def _check_preconditions(target: Target, before: Json, proposed: Json) -> None:
    """Raise 409 when the write names another uid or resourceVersion than the object's."""
    sent, known = meta(proposed), meta(before)
    if sent.get("uid") and sent["uid"] != known["uid"]:
        why = f"Precondition failed: UID in precondition: {sent['uid']}, UID in object meta: {known['uid']}"
        raise errors.conflict(target.resource, target.key.name, why)
    if sent.get("resourceVersion") and sent["resourceVersion"] != known["resourceVersion"]:
        raise errors.conflict(target.resource, target.key.name)


def _confined(target: Target, before: Json, proposed: Json) -> Json:
    """The proposed object, with what this endpoint does not write taken from the object before."""
    resource = target.resource
    known = meta(before)
    match target.subresource:
        case "status":
            after = {**before, "status": proposed.get("status")}
            return after if proposed.get("status") is not None else without(after, ["status"])
        case "finalize":
            return {
                **before,
                "spec": {
                    **(before.get("spec") or {}),
                    "finalizers": dig(proposed, "spec", "finalizers") or [],
                },
            }
    metadata = without(meta(proposed), _SERVER_OWNED) | {
        key: known[key] for key in _SERVER_OWNED if key in known
    }
    after = {**proposed, "apiVersion": before["apiVersion"], "kind": before["kind"], "metadata": metadata}
    if known.get("deletionTimestamp"):
        added = set(metadata.get("finalizers") or []) - set(known.get("finalizers") or [])
        if added:
            why = (
                "Forbidden: no new finalizers can be added if the object is being deleted, "
                f"found new finalizers {sorted(added)}"
            )
            raise errors.invalid(
                resource, target.key.name, Cause("FieldValueForbidden", why, "metadata.finalizers")
            )
    if resource.has_status:
        after = without(after, ["status"])
        if "status" in before:
            after["status"] = before["status"]
    if resource.id == "namespaces":
        after["spec"] = before.get("spec") or {}
    return after
