"""Every declared wire type against its XSD type: names, order, namespaces, kinds. And against the OpenAPI."""

from __future__ import annotations

from typing import Any

import pytest

from ssvirt.wire import types as w
from ssvirt.wire.plan import MemberPlan, member_plans
from ssvirt.wire.scalars import SCALARS
from ssvirt.wire.schema import (
    OVF,
    OVFENV,
    V15,
    VE,
    VERSIONS,
    VMW,
    WireType,
    attr,
    elem,
    elems,
    is_wire,
    wire,
)
from tests.contract.spec import openapi_name, openapi_schemas
from tests.contract.xsd import Complex, schemas

pytestmark = pytest.mark.contract

CIM = "http://schemas.dmtf.org/wbem/wscim/1/common"
# Types without a name in the XSD: they are compared where they are used.
NAMELESS = {
    w.OvfNetwork,
    w.StartupItem,
    w.ProductProperty,
    w.ProductIcon,
    w.DeploymentConfiguration,
    w.EnvironmentProperty,
    w.VmwareTools,
    w.FirewallRuleProtocols,
    w.HardwareCustomizationDisk,
}
# VMware's own additions to the OVF environment (VE) have no schema.
DECLARED: list[type[WireType]] = [
    each
    for each in (getattr(w, name) for name in w.__all__)
    if is_wire(each) and each.__wire__.ns != VE and each not in NAMELESS
]
# Numbers that JSON spells as text (legacy-37.2.openapi.json).
TEXT_IN_JSON = {w.SimpleMetric: {"value"}, w.Sample: {"value"}}
# Attributes of records that clients read; the XSD has them by anyAttribute only (contract/go-clients.md 3.2).
NOT_IN_XSD = {
    w.OrgVdcRecord: {"org", "allocationModel"},
    w.AdminCatalogRecord: {"version", "status", "publishSubscriptionType", "numberOfVAppTemplates"},
    w.VAppTemplateRecord: {"catalogItem", "task", "taskStatus"},
    w.AdminVAppTemplateRecord: {"task", "taskStatus"},
    w.MediaRecord: {"isIso"},
    w.AdminMediaRecord: {"isIso"},
    w.VAppRecord: {"numberOfVMs"},
    w.VMRecord: {"isReplicationTrackingVm"},
    w.AdminVMRecord: {"network", "isReplicationTrackingVm"},
    w.VAppNetworkRecord: {"linkNetworkName", "isLinked"},
    w.AdminVAppNetworkRecord: {"linkNetworkName", "isLinked"},
}


# added-after-9.1.xsd comes from the OpenAPI, which knows no references to heads of substitution groups.
_HEADS = {f"{{{V15}}}Section": f"{{{OVF}}}Section"}


def xsd_type(cls: type[WireType]) -> Complex | None:
    """The XSD type that `cls` says it declares."""
    name = cls.__wire__.type_name
    spaces = (cls.__wire__.ns, V15, OVF, OVFENV, VMW, VERSIONS, CIM)
    return next((found for ns in spaces if (found := schemas().type_named((ns, name)))), None)


def differences(cls: type[WireType], wanted: Complex) -> list[str]:
    """What is wrong with the declaration, in words; empty if nothing is."""
    members = member_plans(cls)
    return [
        *_attribute_differences(cls, [each for each in members if each.member.kind == "attr"], wanted),
        *_element_differences([each for each in members if each.member.kind == "elem"], wanted),
        *_text_differences([each for each in members if each.member.kind == "text"], wanted),
    ]


def _attribute_differences(cls: type[WireType], attrs: list[MemberPlan], wanted: Complex) -> list[str]:
    found: list[str] = []
    extra = NOT_IN_XSD.get(cls, set())
    for plan in attrs:
        name = plan.member.qname
        value = wanted.attributes.get(name)
        if plan.member.foreign or name in extra:
            if value is not None or not wanted.any_attribute:
                found.append(f"attribute {name} is not one that the XSD lets in from elsewhere")
        elif value is None:
            found.append(f"attribute {name} is not in the XSD")
        elif name in TEXT_IN_JSON.get(cls, set()):
            if plan.scalar is not SCALARS[str]:
                found.append(f"attribute {name} is text in JSON")
        elif plan.scalar is not SCALARS[value.scalar]:
            found.append(f"attribute {name} is a {value.scalar} in the XSD")
    declared = {plan.member.qname for plan in attrs}
    found += [f"attribute {name} is missing" for name in wanted.attributes if name not in declared]
    return found


def _element_differences(members: list[MemberPlan], wanted: Complex) -> list[str]:
    known = {element.name for element in wanted.elements}
    own = list(members)
    # xs:any at the end lets foreign elements in.
    while wanted.any_element and own and own[-1].member.qname not in known:
        own.pop()
    names = [plan.member.qname for plan in own]
    if names != [_HEADS.get(element.name, element.name) for element in wanted.elements]:
        return [f"elements are\n    {names}\n  in the XSD\n    {[each.name for each in wanted.elements]}"]
    found: list[str] = []
    for plan, element in zip(own, wanted.elements, strict=True):
        name = plan.member.name
        if plan.repeated != element.repeated:
            found.append(f"element {name} is {'' if element.repeated else 'not '}repeated in the XSD")
        if plan.cls is None:
            if element.value.scalar is None or plan.scalar is not SCALARS[element.value.scalar]:
                found.append(f"element {name} is a {element.value.scalar} in the XSD")
            if plan.nillable != element.nillable:
                found.append(f"element {name} is {'' if element.nillable else 'not '}nillable in the XSD")
            if plan.boxed != (element.value.complex is not None):
                found.append(f"element {name}: boxed is for simple content with attributes, and only for it")
        elif element.value.complex is None:
            found.append(f"element {name} is a plain value in the XSD")
        elif element.value.complex.name is None:
            found += [f"{name}/{each}" for each in differences(plan.cls, element.value.complex)]
        elif element.value.complex.name[1] != plan.cls.__wire__.type_name:
            found.append(f"element {name} is a {element.value.complex.name[1]} in the XSD")
    return found


def _text_differences(texts: list[MemberPlan], wanted: Complex) -> list[str]:
    if bool(texts) != (wanted.text is not None):
        return [f"text content is {wanted.text} in the XSD"]
    if texts and texts[0].scalar is not SCALARS[wanted.text]:
        return [f"text content is a {wanted.text} in the XSD"]
    return []


@pytest.mark.parametrize("cls", DECLARED, ids=lambda cls: cls.__name__)
def test_declaration_when_compared_with_the_xsd_is_the_same(cls: type[WireType]) -> None:
    wanted = xsd_type(cls)
    assert wanted is not None, f"{cls.__wire__.type_name} is not in the XSDs"
    assert differences(cls, wanted) == []


def test_nameless_types_when_looked_for_are_all_used_somewhere() -> None:
    used = {plan.cls for cls in DECLARED for plan in member_plans(cls)}
    assert used >= NAMELESS


@wire("Wrong", type="TaskType")
class SwappedElements(w.Entity):
    status: str | None = attr("status")
    operation: str | None = attr("operation")
    operation_name: str | None = attr("operationName")
    service_namespace: str | None = attr("serviceNamespace")
    error: w.Error | None = elem("Error")
    owner: w.Reference | None = elem("Owner")


@wire("Wrong", type="TasksInProgressType")
class WrongNamespace(w.VCloudExtensible):
    tasks: list[w.Task] = elems("Task", ns=OVF)


@wire("Wrong", type="TasksInProgressType")
class NotRepeated(w.VCloudExtensible):
    task: w.Task | None = elem("Task")


@wire("Wrong", type="TasksInProgressType")
class WrongClass(w.VCloudExtensible):
    tasks: list[w.Link] = elems("Task")


@wire("Wrong", type="CapacityType")
class WrongScalar(w.VCloudExtensible):
    units: str | None = elem("Units")
    allocated: str | None = elem("Allocated")
    limit: int | None = elem("Limit")


@wire("Wrong", type="ExternalSubjectType")
class AttributeForElement(w.VCloudExtensible):
    subject_id: str | None = attr("SubjectId")
    is_user: bool | None = elem("IsUser")
    idp_type: str | None = elem("IdpType")


@wire("Wrong", type="LinkType")
class UnknownAttribute(w.Reference):
    rel: str | None = attr("rel")
    mode: str | None = attr("mode")


@pytest.mark.parametrize(
    ("cls", "words"),
    [
        (SwappedElements, "elements are"),
        (WrongNamespace, "elements are"),
        (NotRepeated, "Task is repeated in the XSD"),
        (WrongClass, "Task is a TaskType in the XSD"),
        (WrongScalar, "Allocated is a <class 'int'> in the XSD"),
        (AttributeForElement, "attribute SubjectId is not in the XSD"),
        (UnknownAttribute, "attribute model is missing"),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else "",
)
def test_comparison_when_a_declaration_is_wrong_says_so(cls: type[WireType], words: str) -> None:
    wanted = xsd_type(cls)
    assert wanted is not None
    assert words in "\n".join(differences(cls, wanted))


@pytest.mark.parametrize("cls", DECLARED, ids=lambda cls: cls.__name__)
def test_media_type_when_the_xsd_names_one_is_that(cls: type[WireType]) -> None:
    wanted = xsd_type(cls)
    if wanted is not None and wanted.content_type and cls.__wire__.media:
        assert cls.__wire__.media == f"{wanted.content_type}+xml"


# -- JSON names


def openapi_properties(name: str) -> dict[str, Any]:
    """Properties of a schema, those of its bases included."""
    schema = openapi_schemas()[name]
    found: dict[str, Any] = {}
    for part in schema.get("allOf", [schema]):
        found |= (
            openapi_properties(part["$ref"].rsplit("/", 1)[1])
            if "$ref" in part
            else part.get("properties", {})
        )
    return found


@pytest.mark.parametrize("cls", DECLARED, ids=lambda cls: cls.__name__)
def test_json_names_when_compared_with_the_openapi_are_the_same(cls: type[WireType]) -> None:
    name = openapi_name(cls.__wire__.type_name)
    if name is None or cls.__wire__.ns == OVFENV or cls.__wire__.abstract:
        return
    properties = openapi_properties(name)
    properties.pop("_type", None)
    plans = {plan.json: plan for plan in member_plans(cls) if not plan.member.foreign}
    assert set(properties) - set(plans) == set()
    for json_name, schema in properties.items():
        plan = plans[json_name]
        assert plan.repeated == (schema.get("type") == "array"), json_name
