"""What a write must pass besides its own form: namespaces, defaults, quotas, and plugged-in webhooks."""

import base64
import dataclasses
from collections.abc import Callable
from typing import Literal

from compute.emulator.api import quota
from compute.emulator.api.errors import Cause, bad_request, forbidden, invalid, not_found
from compute.emulator.quantities import is_quantity, parse_quantity
from compute.emulator.registry import Registry, Resource
from compute.emulator.store import Key, Store, Transaction
from compute.emulator.values import Json, dig, is_dns_label, is_dns_subdomain, meta, planted, without

Operation = Literal["CREATE", "UPDATE", "DELETE"]


@dataclasses.dataclass(frozen=True, slots=True)
class Attempt:
    """A write on its way in. `old` is None for CREATE, `new` is None for DELETE."""

    operation: Operation
    resource: Resource
    subresource: str
    old: Json | None
    new: Json | None
    user: str
    store: Store


# A webhook returns the object to go on with (for DELETE the result is ignored) or raises an ApiError.
Webhook = Callable[[Attempt], Json | None]


class Admission:
    """The chain of checks. Webhooks are registered per resource id and run in the order of registration."""

    def __init__(self, store: Store, registry: Registry) -> None:
        self._store = store
        self._registry = registry
        self._webhooks: dict[str, list[Webhook]] = {}

    def plug(self, resource_id: str, webhook: Webhook) -> None:
        """Let a function judge, and change, every write of a resource."""
        self._webhooks.setdefault(resource_id, []).append(webhook)

    def admit(self, attempt: Attempt) -> Json:
        """The object to store. Raises what the first check that refuses raises."""
        if attempt.new is None:
            raise ValueError("nothing to admit")
        obj = attempt.new
        if not attempt.subresource:
            obj = _with_defaults(attempt.resource, obj, self._store)
        for webhook in self._webhooks.get(attempt.resource.id, []):
            obj = webhook(dataclasses.replace(attempt, new=obj)) or obj
        _validate_built_in(dataclasses.replace(attempt, new=obj))
        return obj

    def admit_delete(self, attempt: Attempt) -> None:
        """Raise when a webhook refuses the deletion."""
        for webhook in self._webhooks.get(attempt.resource.id, []):
            webhook(attempt)

    def require_namespace(self, resource: Resource, namespace: str, name: str) -> None:
        """Raise 404 when the namespace is missing, 403 when it is being deleted."""
        stored = self._store.get(Key("namespaces", "", namespace))
        if stored is None:
            namespaces = self._registry.by_id("namespaces")
            assert namespaces is not None
            raise not_found(namespaces, namespace)
        if meta(stored.obj).get("deletionTimestamp"):
            why = f"unable to create new content in namespace {namespace} because it is being terminated"
            cause = Cause(
                "NamespaceTerminating", f"namespace {namespace} is being terminated", "metadata.namespace"
            )
            raise forbidden(resource, name, why, (cause,))

    def account(
        self, txn: Transaction, resource: Resource, before: Json | None, after: Json | None, name: str
    ) -> None:
        """Charge the namespace's quotas with the change; raises 403 when one is exceeded."""
        quota.charge(self._store, txn, resource, before, after, name)

    def counted(self, obj: Json) -> Json:
        """A ResourceQuota with its status counted anew."""
        return {**obj, "status": quota.counted_status(self._store, self._registry.all(), obj)}


def check_name(resource: Resource, name: str) -> None:
    """Raise 422 unless the name has the form the resource asks for. RBAC names may be any path segment."""
    if resource.group == "rbac.authorization.k8s.io":
        if name in {".", ".."} or "/" in name or "%" in name:
            raise invalid(
                resource, name, Cause("FieldValueInvalid", f'Invalid value: "{name}"', "metadata.name")
            )
        return
    if resource.id in {"namespaces", "services"}:
        if is_dns_label(name):
            return
        form, letters, example = "label", "alphanumeric characters or '-'", "'my-name', or '123-abc'"
    else:
        if is_dns_subdomain(name):
            return
        form, letters, example = "subdomain", "alphanumeric characters, '-' or '.'", "'example.com'"
    why = (
        f'Invalid value: "{name}": a lowercase RFC 1123 {form} must consist of lower case {letters}, '
        f"and must start and end with an alphanumeric character (e.g. {example})"
    )
    raise invalid(resource, name, Cause("FieldValueInvalid", why, "metadata.name"))


def _with_defaults(resource: Resource, obj: Json, store: Store) -> Json:
    """The defaults a real server fills in for the core kinds."""
    match resource.id:
        case "namespaces":
            if not dig(obj, "metadata", "labels", "kubernetes.io/metadata.name"):
                obj = planted(
                    obj, ("metadata", "labels", "kubernetes.io/metadata.name"), obj["metadata"]["name"]
                )
            if not meta(obj).get("deletionTimestamp"):
                obj = planted(obj, ("spec", "finalizers"), dig(obj, "spec", "finalizers") or ["kubernetes"])
                obj = planted(obj, ("status", "phase"), dig(obj, "status", "phase") or "Active")
        case "persistentvolumeclaims":
            if dig(obj, "spec", "storageClassName") is None and (default := _default_class(store)):
                obj = planted(obj, ("spec", "storageClassName"), default)
            obj = planted(obj, ("spec", "volumeMode"), dig(obj, "spec", "volumeMode") or "Filesystem")
            obj = planted(obj, ("status", "phase"), dig(obj, "status", "phase") or "Pending")
        case "pods":
            obj = planted(obj, ("status", "phase"), dig(obj, "status", "phase") or "Pending")
        case "secrets":
            obj = _plain_secret({**obj, "type": obj.get("type") or "Opaque"})
    return obj


def _default_class(store: Store) -> str:
    for stored in store.select("storageclasses.storage.k8s.io"):
        annotations = meta(stored.obj).get("annotations") or {}
        if annotations.get("storageclass.kubernetes.io/is-default-class") == "true":
            return stored.key.name
    return ""


def _plain_secret(secret: Json) -> Json:
    """stringData is write-only: it goes into data, base64 encoded."""
    if not secret.get("stringData"):
        return secret
    encoded = {
        key: base64.b64encode(str(text).encode()).decode() for key, text in secret["stringData"].items()
    }
    return {k: v for k, v in secret.items() if k != "stringData"} | {
        "data": {**(secret.get("data") or {}), **encoded}
    }


def _validate_built_in(attempt: Attempt) -> None:
    """The few rules of the core kinds that SSVirt can run into."""
    resource, old, new = attempt.resource, attempt.old, attempt.new
    assert new is not None
    name = meta(new).get("name", "")
    if resource.id == "persistentvolumeclaims":
        _validate_claim(resource, name, old, new, attempt.store)
    elif resource.id == quota.QUOTAS:
        for item, amount in dig(new, "spec", "hard", default={}).items():
            if not is_quantity(amount):
                raise invalid(
                    resource,
                    name,
                    Cause("FieldValueInvalid", f'Invalid value: "{amount}"', f"spec.hard.{item}"),
                )
    elif _breaks_immutable(resource, old, new):
        why = "Forbidden: field is immutable when `immutable` is set"
        raise invalid(resource, name, Cause("FieldValueForbidden", why, "data"))


def _breaks_immutable(resource: Resource, old: Json | None, new: Json) -> bool:
    if resource.id not in {"secrets", "configmaps"} or old is None or not old.get("immutable"):
        return False
    return any(old.get(key) != new.get(key) for key in ("data", "binaryData", "immutable"))


def _validate_claim(resource: Resource, name: str, old: Json | None, new: Json, store: Store) -> None:
    size = dig(new, "spec", "resources", "requests", "storage")
    if size is None or not is_quantity(size):
        raise invalid(
            resource, name, Cause("FieldValueRequired", "Required value", "spec.resources[storage]")
        )
    if not dig(new, "spec", "accessModes"):
        raise invalid(
            resource,
            name,
            Cause(
                "FieldValueRequired", "Required value: at least 1 access mode is required", "spec.accessModes"
            ),
        )
    if old is None:
        return
    before = dig(old, "spec", "resources", "requests", "storage", default="0")
    grown = parse_quantity(size) - parse_quantity(before)
    if grown < 0:
        why = "Forbidden: field can not be less than status.capacity"
        raise invalid(resource, name, Cause("FieldValueForbidden", why, "spec.resources.requests.storage"))
    if grown > 0:
        storage_class = store.get(
            Key("storageclasses.storage.k8s.io", "", dig(new, "spec", "storageClassName", default=""))
        )
        if storage_class is None or not storage_class.obj.get("allowVolumeExpansion"):
            why = (
                "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc "
                "must support resize"
            )
            raise forbidden(resource, name, why)
    free = ["resources", "volumeName"]
    if without(dig(old, "spec", default={}), free) != without(dig(new, "spec", default={}), free):
        why = (
            "Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName "
            "for bound claims"
        )
        raise invalid(resource, name, Cause("FieldValueForbidden", why, "spec"))


def require_json_object(value: object) -> Json:
    """The parsed body as an object; raises 400 for anything else."""
    if not isinstance(value, dict):
        raise bad_request("couldn't get version/kind; json parse error: the body is not an object")
    return value
