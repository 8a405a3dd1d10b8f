"""Small values and functions on Kubernetes objects that every part of the emulator uses.

Objects are plain JSON dicts, and a stored one is never changed in place: whoever wants another state builds a new dict.
"""

import datetime as dt
import re
import secrets
import uuid
from collections.abc import Iterable
from typing import Any

Json = dict[str, Any]

# Source: kubernetes apimachinery pkg/util/validation, IsDNS1123Label and IsDNS1123Subdomain.
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
# Source: kubernetes apimachinery pkg/util/rand: no vowels, so that no word appears by chance.
_SUFFIX_LETTERS = "bcdfghjklmnpqrstvwxz2456789"


def now() -> dt.datetime:
    """The present moment, aware, in UTC."""
    return dt.datetime.now(dt.UTC)


def timestamp(moment: dt.datetime | None = None) -> str:
    """`2026-01-31T12:00:00Z`: the only form of time that metadata knows (whole seconds)."""
    return (moment or now()).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_timestamp(text: str) -> dt.datetime:
    """The moment that `timestamp` wrote."""
    return dt.datetime.fromisoformat(text)


def new_uid() -> str:
    """A fresh metadata.uid."""
    return str(uuid.uuid4())


def random_suffix(length: int = 5) -> str:
    """The letters the server appends to metadata.generateName."""
    return "".join(secrets.choice(_SUFFIX_LETTERS) for _ in range(length))


def is_dns_label(text: str) -> bool:
    """Whether the text may name a namespace: RFC 1123 label, at most 63 letters."""
    return len(text) <= 63 and _LABEL.fullmatch(text) is not None


def is_dns_subdomain(text: str) -> bool:
    """Whether the text may name most other objects: RFC 1123 subdomain, at most 253 letters."""
    return len(text) <= 253 and _SUBDOMAIN.fullmatch(text) is not None


def dig(obj: Any, *path: str, default: Any = None) -> Any:
    """The value below nested mappings, or the default where a step is missing, null, or no mapping."""
    for step in path:
        if not isinstance(obj, dict):
            return default
        obj = obj.get(step)
        if obj is None:
            return default
    return obj


def planted(obj: Json, path: tuple[str, ...], value: Any) -> Json:
    """A copy of the object with the value at the path; parts off the path are shared, not copied."""
    head, *rest = path
    if rest:
        value = planted(obj.get(head) or {}, tuple(rest), value)
    return {**obj, head: value}


def without(obj: Json, keys: Iterable[str]) -> Json:
    """A shallow copy that lacks the keys."""
    dropped = set(keys)
    return {key: value for key, value in obj.items() if key not in dropped}


def meta(obj: Json) -> Json:
    """The object's metadata (empty when absent)."""
    found: Json = obj.get("metadata") or {}
    return found


def labels_of(obj: Json) -> dict[str, str]:
    """The object's labels (empty when absent)."""
    return meta(obj).get("labels") or {}


def annotations_of(obj: Json) -> dict[str, str]:
    """The object's annotations (empty when absent)."""
    return meta(obj).get("annotations") or {}


def condition(obj: Json, kind: str) -> Json | None:
    """The status condition of that type, or None."""
    for entry in dig(obj, "status", "conditions", default=[]):
        if entry.get("type") == kind:
            return dict(entry)
    return None


def is_true(obj: Json, kind: str) -> bool:
    """Whether the condition of that type stands at "True"."""
    found = condition(obj, kind)
    return found is not None and found.get("status") == "True"
