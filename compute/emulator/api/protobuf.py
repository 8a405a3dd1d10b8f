"""Bodies in Kubernetes' protobuf encoding, read into JSON.

kubectl's generators (`kubectl create namespace`, `configmap`, `secret`, `quota`, `serviceaccount`; `auth can-i`) send
nothing else. Only the messages they send are known; the answer is always JSON, which those clients accept.
Source: kubernetes api/{core,authorization,authentication}/v1 generated.proto, apimachinery runtime/generated.proto.
"""

import base64
import dataclasses
from typing import Any

from compute.emulator.values import Json

CONTENT_TYPE = "application/vnd.kubernetes.protobuf"
_MAGIC = b"k8s\x00"


class NotReadable(ValueError):
    """The body is malformed, or of a kind whose message is not known here."""


@dataclasses.dataclass(frozen=True, slots=True)
class _Field:
    """One field of a message. `kind` is str, bytes, int, bool, quantity, a message's name, or `map:KIND`."""

    name: str
    kind: str
    is_list: bool = False


_MESSAGES: dict[str, dict[int, _Field]] = {
    "Unknown": {1: _Field("typeMeta", "TypeMeta"), 2: _Field("raw", "raw")},
    "TypeMeta": {1: _Field("apiVersion", "str"), 2: _Field("kind", "str")},
    "ObjectMeta": {
        1: _Field("name", "str"),
        2: _Field("generateName", "str"),
        3: _Field("namespace", "str"),
        5: _Field("uid", "str"),
        6: _Field("resourceVersion", "str"),
        11: _Field("labels", "map:str"),
        12: _Field("annotations", "map:str"),
        14: _Field("finalizers", "str", is_list=True),
    },
    "Namespace": {1: _Field("metadata", "ObjectMeta"), 2: _Field("spec", "NamespaceSpec")},
    "NamespaceSpec": {1: _Field("finalizers", "str", is_list=True)},
    "ConfigMap": {
        1: _Field("metadata", "ObjectMeta"),
        2: _Field("data", "map:str"),
        3: _Field("binaryData", "map:bytes"),
        4: _Field("immutable", "bool"),
    },
    "Secret": {
        1: _Field("metadata", "ObjectMeta"),
        2: _Field("data", "map:bytes"),
        3: _Field("type", "str"),
        4: _Field("stringData", "map:str"),
        5: _Field("immutable", "bool"),
    },
    "ServiceAccount": {
        1: _Field("metadata", "ObjectMeta"),
        4: _Field("automountServiceAccountToken", "bool"),
    },
    "ResourceQuota": {1: _Field("metadata", "ObjectMeta"), 2: _Field("spec", "ResourceQuotaSpec")},
    "ResourceQuotaSpec": {1: _Field("hard", "map:quantity"), 2: _Field("scopes", "str", is_list=True)},
    "quantity": {1: _Field("string", "str")},
    "SelfSubjectAccessReview": {1: _Field("metadata", "ObjectMeta"), 2: _Field("spec", "AccessReviewSpec")},
    "AccessReviewSpec": {
        1: _Field("resourceAttributes", "ResourceAttributes"),
        2: _Field("nonResourceAttributes", "NonResourceAttributes"),
    },
    "ResourceAttributes": {
        1: _Field("namespace", "str"),
        2: _Field("verb", "str"),
        3: _Field("group", "str"),
        4: _Field("version", "str"),
        5: _Field("resource", "str"),
        6: _Field("subresource", "str"),
        7: _Field("name", "str"),
    },
    "NonResourceAttributes": {1: _Field("path", "str"), 2: _Field("verb", "str")},
    "SelfSubjectReview": {1: _Field("metadata", "ObjectMeta")},
}


def decoded(body: bytes) -> Json:
    """The object in a body. Raises NotReadable."""
    if not body.startswith(_MAGIC):
        raise NotReadable("the body does not start with the protobuf marker")
    envelope = _message("Unknown", body[len(_MAGIC) :])
    kind = envelope.get("typeMeta", {}).get("kind", "")
    if kind not in _MESSAGES or not kind[:1].isupper():
        raise NotReadable(f"protobuf bodies of kind {kind!r} are not supported")
    return {**envelope["typeMeta"], **_message(kind, envelope.get("raw", b""))}


def _message(name: str, data: bytes) -> Json:
    fields = _MESSAGES[name]
    found: Json = {}
    position = 0
    while position < len(data):
        tag, position = _varint(data, position)
        value, position = _value(data, position, tag & 7)
        field = fields.get(tag >> 3)
        if field is None:
            continue
        if field.kind.startswith("map:"):
            key, entry = _map_entry(field.kind.removeprefix("map:"), value)
            found.setdefault(field.name, {})[key] = entry
        elif field.is_list:
            found.setdefault(field.name, []).append(_converted(field.kind, value))
        else:
            found[field.name] = _converted(field.kind, value)
    # A Go client writes every string field; an empty one means "not set".
    return {key: value for key, value in found.items() if value != ""}


def _map_entry(kind: str, data: Any) -> tuple[str, Any]:
    key, entry = "", _converted(kind, b"")
    position = 0
    while position < len(data):
        tag, position = _varint(data, position)
        value, position = _value(data, position, tag & 7)
        if tag >> 3 == 1:
            key = value.decode()
        else:
            entry = _converted(kind, value)
    return key, entry


def _converted(kind: str, value: Any) -> Any:
    match kind:
        case "str":
            return value.decode()
        case "bytes":
            return base64.b64encode(value).decode()
        case "raw":
            return value
        case "bool":
            return bool(value)
        case "quantity":
            return _message(kind, value).get("string", "0")
    return _message(kind, value)


def _varint(data: bytes, position: int) -> tuple[int, int]:
    number = shift = 0
    while position < len(data) and shift < 64:
        byte = data[position]
        position += 1
        number |= (byte & 0x7F) << shift
        if not byte & 0x80:
            return number, position
        shift += 7
    raise NotReadable("a number is cut off")


def _value(data: bytes, position: int, wire_type: int) -> tuple[Any, int]:
    match wire_type:
        case 0:
            return _varint(data, position)
        case 1 | 5:
            length = 8 if wire_type == 1 else 4
        case 2:
            length, position = _varint(data, position)
        case _:
            raise NotReadable(f"unknown wire type {wire_type}")
    if position + length > len(data):
        raise NotReadable("a field is cut off")
    return data[position : position + length], position + length
