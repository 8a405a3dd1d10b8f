"""The reference material that contract tests compare with: schemas and real bodies.

It lives outside the project (other licences): in the folder named by SSVIRT_SPEC_DIR, or in ../shared/spec
beside the checkout. Without it contract tests are skipped; with CI set they fail.

    from tests.contract.spec import assert_valid_json, assert_valid_xml, sample
"""

from __future__ import annotations

import functools
import json
import os
from collections import defaultdict
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from lxml import etree

from ssvirt.wire import types as wire_types
from ssvirt.wire.media import media_type
from ssvirt.wire.schema import V15, VERSIONS, VMEXT, WireType

PROJECT = Path(__file__).resolve().parents[2]
XS = "http://www.w3.org/2001/XMLSchema"

# Required by the converted OpenAPI although real answers lack them (contract/resolutions.md 2.5).
_NOT_REALLY_REQUIRED = {"vcloud_OrgVdcNetworkType": {"providerInfo", "vimPortGroupRef"}}
# Documents whose type is in the XSDs without an element of its own (contract/resolutions.md 4).
_WITHOUT_ELEMENT = ("VdcComputePolicyReferences",)


def has_spec() -> bool:
    """Whether the reference material is there. True where CI is set: there its absence is an error."""
    return _folder().is_dir() or bool(os.environ.get("CI"))


def _folder() -> Path:
    named = os.environ.get("SSVIRT_SPEC_DIR")
    return Path(named) if named else PROJECT.parent / "shared" / "spec"


def spec_dir() -> Path:
    """The folder of the reference material. Skips the test (fails it where CI is set) if there is none."""
    folder = _folder()
    if folder.is_dir():
        return folder
    reason = f"no reference material: {folder} is not a folder (SSVIRT_SPEC_DIR names another one)"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def sample(name: str) -> bytes:
    """A real body, e.g. sample("live-VApp")."""
    return (spec_dir() / "samples" / f"{name}.xml").read_bytes()


def assert_valid_xml(data: bytes) -> None:
    """Fails unless the document is valid by the XSDs."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    root = etree.fromstring(data, parser)
    schema = _xml_schema("versions" if etree.QName(root).namespace == VERSIONS else "driver")
    if not schema.validate(root):
        errors = "\n".join(f"line {error.line}: {error.message}" for error in list(schema.error_log)[:10])
        text = etree.tostring(root, pretty_print=True).decode()
        pytest.fail(f"not valid by the XSD:\n{errors}\n\n{text[:4000]}", pytrace=False)


def assert_valid_json(doc: dict[str, Any], type_name: str) -> None:
    """Fails unless the document is valid as `type_name` ("VAppType") by the legacy OpenAPI.

    A null counts as absent: the OpenAPI knows no null, VCD sends it for nil elements.
    """
    errors = [
        f"{'/'.join(str(part) for part in error.instance_path)}: {error.message}"
        for error in _json_validator(type_name).iter_errors(_without_nulls(doc))
    ]
    if errors:
        text = json.dumps(doc, indent=2)
        pytest.fail(
            f"not valid as {type_name}:\n" + "\n".join(errors[:10]) + f"\n\n{text[:4000]}", pytrace=False
        )


def assert_valid_body(path: str, content_type: str, body: bytes, *, made_from: object = None) -> None:
    """Fails unless the body of an answer is valid: XML by the XSDs, the JSON of /api by the legacy OpenAPI.

    The Content-Type says which type a JSON body is of; where several share it, or it names none, `made_from`
    (the wire object that was rendered) does. Anything else passes, and so does everything where there is no
    reference material.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if not body or not has_spec():
        return
    if kind.endswith(("/xml", "+xml")):
        assert_valid_xml(body)
    elif kind.endswith(("/json", "+json")) and path.startswith("/api/"):
        doc = json.loads(body)
        type_name = _json_type(kind, made_from)
        if type_name is None:
            pytest.fail(f"{path} answers JSON of no declared type: {content_type}\n{body[:500]!r}")
        if openapi_name(type_name) is not None:
            assert_valid_json(doc, type_name)


def _json_type(kind: str, made_from: object) -> str | None:
    """Type of a JSON document by its media type; None when that and the rendered object tell nothing."""
    types = _types_by_media().get(kind, set())
    if len(types) == 1:
        return next(iter(types))
    return made_from.__wire__.type_name if isinstance(made_from, WireType) else None


@functools.cache
def _types_by_media() -> dict[str, set[str]]:
    """Names of the types that documents of a media type (JSON, lower case) may be of."""
    found: dict[str, set[str]] = defaultdict(set)
    for cls in vars(wire_types).values():
        if isinstance(cls, type) and issubclass(cls, WireType) and cls.__wire__.media:
            found[media_type(cls, "json").lower()].add(cls.__wire__.type_name)
    found.pop("application/json", None)
    return found


def xsd_entry(name: str) -> Path:
    """Path of an entry schema: "driver" for everything but SupportedVersions, which is in "versions"."""
    xsd = spec_dir() / "xsd"
    return {
        "driver": xsd / "1.5/schemas/master/driver.xsd",
        "versions": xsd / "schemas/versioning/versions.xsd",
    }[name]


@functools.cache
def _openapi() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((spec_dir() / "openapi" / "legacy-37.2.openapi.json").read_text())
    return found


def openapi_schemas() -> dict[str, Any]:
    """Schemas of the legacy API's JSON forms, as delivered: "vcloud_VAppType" -> schema."""
    schemas: dict[str, Any] = _openapi()["components"]["schemas"]
    return schemas


def openapi_operations() -> list[tuple[str, str]]:
    """Method and path template, without /api, of each operation of the legacy API: ("GET", "/vApp/{id}")."""
    return [
        (method.upper(), template)
        for template, item in _openapi()["paths"].items()
        for method in item
        if method in ("get", "post", "put", "delete")
    ]


def openapi_name(type_name: str) -> str | None:
    """Name of a type's schema in the OpenAPI, whichever its namespace."""
    names = openapi_schemas()
    candidates = (
        f"{prefix}_{type_name}" for prefix in ("vcloud", "ovf", "ovfenv", "rasd", "vssd", "vmw", "cim")
    )
    return next((name for name in candidates if name in names), None)


@functools.cache
def _xml_schema(name: str) -> etree.XMLSchema:
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    if name != "driver":
        return etree.XMLSchema(etree.parse(str(xsd_entry(name)), parser))
    schemas = xsd_entry(name).parents[1]
    elements = "".join(f'<xs:element name="{each}" type="{each}Type"/>' for each in _WITHOUT_ELEMENT)
    # driver.xsd in one more layer, since only a schema of the namespace can add elements to it.
    text = (
        f'<xs:schema xmlns:xs="{XS}" xmlns="{V15}" targetNamespace="{V15}" elementFormDefault="qualified">'
        f'<xs:import namespace="{VMEXT}" schemaLocation="{schemas}/extension/vmwextensions.xsd"/>'
        f'<xs:include schemaLocation="{schemas}/admin/admin.xsd"/>'
        f'<xs:include schemaLocation="{schemas}/vcloud/vcloud.xsd"/>{elements}</xs:schema>'
    )
    return etree.XMLSchema(etree.fromstring(text, parser, base_url=str(xsd_entry(name))))


@functools.cache
def _json_validator(type_name: str) -> Any:
    name = openapi_name(type_name)
    assert name is not None, f"no schema for {type_name}"
    root = {"components": {"schemas": _loosened()}, "$ref": f"#/components/schemas/{name}"}
    return jsonschema_rs.Draft202012Validator(root, validate_formats=True)


@functools.cache
def _loosened() -> dict[str, Any]:
    """The schemas fit for validation (contract/resolutions.md 2.5).

    Members that the converter lost are let pass, and where a polymorphic type is wanted `_type` chooses the
    schema. A type that extends a polymorphic one still refers to the plain one, else it would never end.
    """
    made: dict[str, Any] = {}
    for name, schema in openapi_schemas().items():
        made[name] = _loosen(schema, _NOT_REALLY_REQUIRED.get(name, set()))
        if "discriminator" in schema:
            mapping = schema["discriminator"]["mapping"]
            made[f"{name}.any"] = {
                "required": ["_type"],
                "properties": {"_type": {"enum": sorted(mapping)}},
                "allOf": [
                    {"if": {"properties": {"_type": {"const": each}}}, "then": {"$ref": target}}
                    for each, target in mapping.items()
                ],
            }
    return made


def _loosen(schema: Any, optional: set[str]) -> Any:
    if isinstance(schema, list):
        return [_loosen(each, optional) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        target = schema["$ref"].rsplit("/", 1)[1]
        polymorphic = "discriminator" in openapi_schemas()[target]
        return {"$ref": f"#/components/schemas/{target}{'.any' if polymorphic else ''}"}
    made: dict[str, Any] = {}
    for key, value in schema.items():
        if key in ("additionalProperties", "discriminator", "description", "title"):
            continue
        if key == "allOf":
            made[key] = [each if "$ref" in each else _loosen(each, optional) for each in value]
        elif key == "required":
            made[key] = [each for each in value if each not in optional]
        elif key == "properties":
            made[key] = {name: _loosen(each, optional) for name, each in value.items()}
        else:
            made[key] = _loosen(value, optional)
    return made


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(each) for key, each in value.items() if each is not None}
    if isinstance(value, list):
        return [_without_nulls(each) for each in value if each is not None]
    return value
