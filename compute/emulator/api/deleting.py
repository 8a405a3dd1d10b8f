"""delete and deletecollection: preconditions, finalizers, propagation.

Source: kubernetes apiserver pkg/registry/generic/registry/store.go Delete, deletionFinalizersForGarbageCollection.
"""

import dataclasses
from typing import Any

from compute.emulator.api import errors
from compute.emulator.api.admission import Admission, Attempt
from compute.emulator.api.writing import Target, Writer, finalizers_of
from compute.emulator.registry import Resource
from compute.emulator.store import Store, Stored
from compute.emulator.values import Json, meta, planted, timestamp

FOREGROUND, ORPHAN = "foregroundDeletion", "orphan"
_POLICIES = {"Background", "Foreground", "Orphan"}


@dataclasses.dataclass(frozen=True, slots=True)
class DeleteOptions:
    """`policy` is "" when the client leaves it to the server (Background)."""

    policy: str = ""
    uid: str = ""
    revision: str = ""
    is_dry_run: bool = False
    user: str = ""


def delete_options(query: dict[str, str], body: Json | None, user: str) -> DeleteOptions:
    """Options from the query and the body; the body wins. Raises 400 and 422."""
    sent: dict[str, Any] = {
        **query,
        **{key: value for key, value in (body or {}).items() if value is not None},
    }
    policy = sent.get("propagationPolicy") or ""
    if policy and policy not in _POLICIES:
        raise errors.ApiError(
            422,
            "Invalid",
            f'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Unsupported value: "{policy}": '
            'supported values: "Background", "Foreground", "Orphan", "nil"',
        )
    orphan = sent.get("orphanDependents")
    if orphan is not None and not policy:
        policy = "Orphan" if str(orphan).lower() == "true" else "Background"
    preconditions = sent.get("preconditions") or {}
    return DeleteOptions(
        policy=policy,
        uid=preconditions.get("uid") or "",
        revision=preconditions.get("resourceVersion") or "",
        is_dry_run=bool(sent.get("dryRun")),
        user=user,
    )


class Deleter:
    """Deletes objects, at once or by marking them when a finalizer holds them."""

    def __init__(self, store: Store, admission: Admission, writer: Writer) -> None:
        self._store = store
        self._admission = admission
        self._writer = writer

    def delete(self, target: Target, options: DeleteOptions) -> tuple[Json, bool]:
        """The object and whether it is gone already. Raises 404 and 409."""
        resource = target.resource
        with self._store.transaction() as txn:
            current = txn.get(target.key)
            if current is None:
                raise errors.not_found(resource, target.key.name)
            _check(resource, current, options)
            self._admission.admit_delete(
                Attempt("DELETE", resource, "", current.obj, None, options.user, self._store)
            )
            marked = _with_policy(current.obj, options.policy)
            if not finalizers_of(resource, marked):
                if not options.is_dry_run:
                    self._writer.discard(txn, resource, current)
                return current.obj, True
            marked = _marked(resource, marked)
            if marked == current.obj or options.is_dry_run:
                return marked, False
            return txn.put(target.key, marked).obj, False


def _check(resource: Resource, current: Stored, options: DeleteOptions) -> None:
    known = meta(current.obj)
    for label, asked, actual, since in (
        ("UID", options.uid, known["uid"], "deleted and then recreated"),
        ("ResourceVersion", options.revision, known["resourceVersion"], "modified"),
    ):
        if asked and asked != actual:
            why = (
                f"the {label} in the precondition ({asked}) does not match the {label} in record ({actual}). "
                f"The object might have been {since}"
            )
            name = current.key.name
            message = f'Operation cannot be fulfilled on {resource.kind} "{name}": {why}'
            details = {
                "kind": resource.kind,
                "name": name,
                **({"group": resource.group} if resource.group else {}),
            }
            raise errors.ApiError(409, "Conflict", message, details=details)


def _with_policy(obj: Json, policy: str) -> Json:
    """The object with the garbage collector's finalizer that the policy asks for, and no other of its finalizers."""
    held = meta(obj).get("finalizers") or []
    if not policy:
        return obj
    wanted = {"Foreground": [FOREGROUND], "Orphan": [ORPHAN]}.get(policy, [])
    finalizers = [name for name in held if name not in {FOREGROUND, ORPHAN} or name in wanted]
    finalizers += [name for name in wanted if name not in finalizers]
    if finalizers == held:
        return obj
    metadata = {key: value for key, value in meta(obj).items() if key != "finalizers"}
    return {**obj, "metadata": metadata | ({"finalizers": finalizers} if finalizers else {})}


def _marked(resource: Resource, obj: Json) -> Json:
    """The object as one that waits for its finalizers."""
    if meta(obj).get("deletionTimestamp"):
        return obj
    metadata = {**meta(obj), "deletionTimestamp": timestamp(), "deletionGracePeriodSeconds": 0}
    if metadata.get("generation"):
        metadata["generation"] += 1
    obj = {**obj, "metadata": metadata}
    if resource.id == "namespaces":
        obj = planted(obj, ("status", "phase"), "Terminating")
    return obj
