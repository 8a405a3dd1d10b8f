"""OpenShift templates: processing (`oc process`) and TemplateInstances.

`${NAME}` is replaced inside strings, `${{NAME}}` stands for a raw value. A parameter with `generate: expression` is
made from its `from` pattern, such as `[a-z0-9]{8}`.
Source: openshift/library-go pkg/template, openshift/template-service-broker controllers; kubernetes.md 3.4.
"""

import json
import re
import secrets
import string
from typing import Any

from compute.emulator.api.admission import require_json_object
from compute.emulator.api.app import parsed_body
from compute.emulator.api.errors import ApiError, Cause, method_not_allowed
from compute.emulator.api.http import Request, Response, json_response
from compute.emulator.api.paths import ResourcePath
from compute.emulator.behaviour.addresses import decoded_secret
from compute.emulator.behaviour.client import ApiFailure
from compute.emulator.behaviour.conditions import with_condition
from compute.emulator.behaviour.engine import Context, Controller, itself
from compute.emulator.behaviour.kinds import SECRET, TEMPLATE_INSTANCE, Kind, owner_reference
from compute.emulator.registry import Registry, VirtualResource
from compute.emulator.values import Json, dig, meta, planted

_REFERENCE = re.compile(r"\$\{([A-Za-z0-9_]+)\}")
_RAW = re.compile(r"\$\{\{([A-Za-z0-9_]+)\}\}")
_RANGE = re.compile(r"(\[[^\]]+\])\{(\d+)\}")
_CLASSES = {
    r"\w": string.ascii_letters + string.digits + "_",
    r"\d": string.digits,
    r"\a": string.ascii_letters + string.digits,
}


class MissingValue(Exception):
    """A required parameter has no value."""


def generated(pattern: str) -> str:
    """A random text after a pattern; at most 255 letters per range, as upstream."""

    def fill(match: re.Match[str]) -> str:
        return "".join(secrets.choice(_alphabet(match[1][1:-1])) for _ in range(min(int(match[2]), 255)))

    return _RANGE.sub(fill, pattern)


def _alphabet(inside: str) -> str:
    letters = ""
    while inside:
        if inside[:2] in _CLASSES:
            letters, inside = letters + _CLASSES[inside[:2]], inside[2:]
        elif len(inside) >= 3 and inside[1] == "-":
            letters, inside = (
                letters + "".join(map(chr, range(ord(inside[0]), ord(inside[2]) + 1))),
                inside[3:],
            )
        else:
            letters, inside = letters + inside[0], inside[1:]
    return letters


def processed(template: Json, given: dict[str, str] | None = None) -> Json:
    """The template with every parameter's value filled in and substituted. Raises MissingValue."""
    parameters = []
    for parameter in template.get("parameters") or []:
        value = (given or {}).get(parameter["name"], parameter.get("value", ""))
        if not value and parameter.get("generate") == "expression":
            value = generated(parameter.get("from", ""))
        if not value and parameter.get("required"):
            raise MissingValue(parameter["name"])
        parameters.append({**parameter, "value": value})
    values = {parameter["name"]: str(parameter["value"]) for parameter in parameters}
    objects = [_substituted(obj, values) for obj in template.get("objects") or []]
    labels = _substituted(template.get("labels") or {}, values)
    if labels:
        objects = [
            planted(obj, ("metadata", "labels"), {**dig(obj, "metadata", "labels", default={}), **labels})
            for obj in objects
        ]
    message = _substituted(template.get("message", ""), values)
    return {
        **template,
        "parameters": parameters,
        "objects": objects,
        **({"message": message} if message else {}),
    }


def _substituted(value: Any, values: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {_text(key, values): _substituted(child, values) for key, child in value.items()}
    if isinstance(value, list):
        return [_substituted(child, values) for child in value]
    if not isinstance(value, str):
        return value
    raw = _RAW.fullmatch(value)
    if raw and raw[1] in values:
        try:
            return json.loads(values[raw[1]])
        except ValueError:
            return values[raw[1]]
    return _text(value, values)


def _text(text: str, values: dict[str, str]) -> str:
    return _REFERENCE.sub(lambda match: values.get(match[1], match[0]), text)


def register_processing(registry: Registry) -> None:
    """Serve `processedtemplates`, which is created and never stored."""
    resource = VirtualResource(
        "template.openshift.io", ("v1",), "processedtemplates", "Template", True, ("create",), _process
    )
    registry.register_virtual(resource)


def _process(request: Request, path: ResourcePath) -> Response:
    if request.method != "POST" or not path.namespace:
        raise method_not_allowed()
    template = require_json_object(parsed_body(request))
    try:
        return json_response(processed(template), 201)
    except MissingValue as missing:
        name = meta(template).get("name", "")
        why = f"Required value: template.parameters[{missing}]: parameter {missing} is required and must be specified"
        cause = Cause("FieldValueRequired", why, "template.parameters")
        message = f'Template.template.openshift.io "{name}" is invalid: {why}'
        raise ApiError(422, "Invalid", message, name=name, causes=(cause,)) from missing


class TemplateInstances:
    """Creates the objects of TemplateInstances, owned by them."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def controller(self) -> Controller:
        return Controller("template-instance-controller", {TEMPLATE_INSTANCE.id: itself}, self.reconcile)

    def reconcile(self, ctx: Context, namespace: str, name: str) -> None:
        """Instantiate once; the outcome is final."""
        instance = ctx.cache.get(TEMPLATE_INSTANCE, namespace, name)
        if instance is None or dig(instance, "status", "conditions"):
            return
        secret = ctx.cache.get(SECRET, namespace, dig(instance, "spec", "secret", "name", default=""))
        references: list[Json] = []
        try:
            template = processed(dig(instance, "spec", "template", default={}), decoded_secret(secret))
            for obj in template.get("objects") or []:
                references.append(self._create(ctx, instance, namespace, obj))
        except (MissingValue, ApiFailure, LookupError) as error:
            _report(ctx, instance, references, "InstantiateFailure", "Failed", str(error))
        else:
            _report(ctx, instance, references, "Ready", "Created", "")

    def _create(self, ctx: Context, instance: Json, namespace: str, obj: Json) -> Json:
        resource = self._registry.by_kind(obj.get("apiVersion", ""), obj.get("kind", ""))
        if resource is None:
            raise LookupError(f"no matches for kind {obj.get('kind')!r} in version {obj.get('apiVersion')!r}")
        kind = Kind(resource.group, resource.versions[0], resource.plural, resource.kind, resource.namespaced)
        metadata = {**meta(obj), "ownerReferences": [owner_reference(TEMPLATE_INSTANCE, instance)]}
        if kind.namespaced:
            metadata.setdefault("namespace", namespace)
        made = ctx.client.create(kind, {**obj, "apiVersion": kind.api_version, "metadata": metadata})
        reference = {
            "apiVersion": kind.api_version,
            "kind": kind.kind,
            "name": meta(made)["name"],
            "uid": meta(made)["uid"],
        }
        return {"ref": reference | ({"namespace": meta(made)["namespace"]} if kind.namespaced else {})}


def _report(
    ctx: Context, instance: Json, references: list[Json], kind: str, reason: str, message: str
) -> None:
    conditions = with_condition([], kind, "True", reason, message)
    conditions = [{"message": "", **condition} for condition in conditions]
    ctx.client.update_status(TEMPLATE_INSTANCE, instance, {"conditions": conditions, "objects": references})
