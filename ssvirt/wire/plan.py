"""Declarations worked out for speed: what the codec has to do for each member of a class, computed once."""

from __future__ import annotations

import re
import types
from collections.abc import Callable
from dataclasses import fields
from operator import attrgetter
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

from ssvirt.wire.scalars import SCALARS, Scalar
from ssvirt.wire.schema import (
    CIM,
    OVF,
    OVFENV,
    RASD,
    V15,
    VE,
    VERSIONS,
    VMEXT,
    VMW,
    VSSD,
    XSI,
    Member,
    Nil,
    WireInfo,
    WireType,
    family_of,
    is_wire,
)

# v1.5 and versions are default namespaces: their elements carry no prefix. `ns4` is bound for attributes of v1.5 on
# foreign elements (a default namespace doesn't apply to attributes): go-vcloud-director echoes hardware items as
# they came, in a document that declares ns2 to ns5 only (types.go, RequestVirtualHardwareSection).
PREFIXES: Final = {
    V15: "",
    VERSIONS: "",
    VMEXT: "vmext",
    OVF: "ovf",
    OVFENV: "ovfenv",
    VMW: "vmw",
    VE: "ve",
    CIM: "common",
    RASD: "rasd",
    VSSD: "vssd",
    XSI: "xsi",
}
_ATTRIBUTE_PREFIXES: Final = {**PREFIXES, V15: "ns4", "": ""}
NAMESPACES: Final = {prefix: uri for uri, prefix in _ATTRIBUTE_PREFIXES.items() if prefix}

Version = tuple[int, int]


def version_of(text: str) -> Version:
    """(37, 0) for "37.0", "37.0.0-alpha" or "37"."""
    found = re.match(r"(\d{1,4})(?:\.(\d{1,4}))?", text)
    if found is None:
        raise ValueError(f"not an API version: {text!r}")
    return int(found[1]), int(found[2] or 0)


class MemberPlan:
    """One member: how to write it and how to read it. Exactly one of `cls` and `scalar` is set."""

    __slots__ = (
        "before",
        "boxed",
        "close_tag",
        "cls",
        "encode",
        "json",
        "member",
        "name",
        "nil_tag",
        "nillable",
        "open_tag",
        "polymorphic",
        "prefixes",
        "repeated",
        "scalar",
        "tag",
    )

    def __init__(self, name: str, member: Member, hint: Any) -> None:
        leaf, self.repeated, self.nillable = _unwrap(hint)
        self.name, self.member, self.json, self.boxed = name, member, member.json, member.boxed
        self.cls: type[WireType] | None = leaf if is_wire(leaf) else None
        self.scalar: Scalar = SCALARS[str if self.cls else leaf]
        self.encode = self.scalar.encode_attr if member.kind == "attr" else self.scalar.encode
        self.polymorphic = _polymorphic(self.cls, member)

        prefix = (_ATTRIBUTE_PREFIXES if member.kind == "attr" else {**PREFIXES, "": ""})[member.ns]
        self.tag = f"{prefix}:{member.name}" if prefix else member.name
        self.before = f' {self.tag}="'
        self.open_tag, self.close_tag = f"<{self.tag}>", f"</{self.tag}>"
        self.nil_tag = f'<{self.tag} xsi:nil="true"/>'
        self.prefixes = {prefix} - {""}
        if self.nillable or self.polymorphic == "xsi":
            self.prefixes.add("xsi")


class OutPlan:
    """A class, as written for one API version."""

    __slots__ = ("attrs", "elems", "get_attrs", "get_elems", "info", "json_type", "prefixes", "tag", "text")

    def __init__(self, cls: type[WireType], version: Version) -> None:
        self.info: WireInfo = cls.__wire__
        members = [plan for plan in member_plans(cls) if _offered(plan.member, version)]
        self.attrs = [plan for plan in members if plan.member.kind == "attr"]
        self.elems = [plan for plan in members if plan.member.kind == "elem"]
        self.text = next((plan for plan in members if plan.member.kind == "text"), None)
        self.get_attrs = _getter([plan.name for plan in self.attrs])
        self.get_elems = _getter([plan.name for plan in self.elems])
        self.json_type = self.info.json_type if family_of(cls) else ""
        prefix = PREFIXES[self.info.ns]
        self.tag = f"{prefix}:{self.info.element}" if prefix else self.info.element
        self.prefixes = frozenset({prefix} - {""}).union(*(plan.prefixes for plan in members))


class InPlan:
    """A class, as read. Names are looked up whole first, then by local name."""

    __slots__ = ("attrs", "cls", "elems", "foreign", "json", "text")

    def __init__(self, cls: type[WireType]) -> None:
        self.cls = cls
        members = member_plans(cls)
        self.text = next((plan for plan in members if plan.member.kind == "text"), None)
        self.json = {plan.json: plan for plan in members if not plan.member.foreign}
        self.foreign = {plan.member.qname: plan for plan in members if plan.member.foreign}

        attrs = [plan for plan in members if plan.member.kind == "attr"]
        self.attrs = {plan.member.name: plan for plan in attrs} | {plan.member.qname: plan for plan in attrs}

        exact: dict[str, tuple[MemberPlan, type[WireType] | None]] = {}
        local: dict[str, tuple[MemberPlan, type[WireType] | None]] = {}
        for plan in members:
            if plan.member.kind != "elem":
                continue
            if plan.polymorphic == "element" and plan.cls is not None:
                for made in family_classes(plan.cls):
                    info = made.__wire__
                    exact.setdefault(f"{{{info.ns}}}{info.element}", (plan, made))
                    local.setdefault(info.element, (plan, made))
            else:
                exact.setdefault(plan.member.qname, (plan, plan.cls))
                local.setdefault(plan.member.name, (plan, plan.cls))
        self.elems = local | exact


_OUT: Final[dict[tuple[type[WireType], Version], OutPlan]] = {}
_IN: Final[dict[type[WireType], InPlan]] = {}
_BY_TYPE: Final[dict[type[WireType], dict[str, type[WireType]]]] = {}


def out_plan(cls: type[WireType], version: Version) -> OutPlan:
    """The plan for writing `cls`. Versions come from negotiation, so there are few of them."""
    plan = _OUT.get((cls, version))
    if plan is None:
        plan = _OUT[cls, version] = OutPlan(cls, version)
    return plan


def in_plan(cls: type[WireType]) -> InPlan:
    """The plan for reading `cls`."""
    plan = _IN.get(cls)
    if plan is None:
        plan = _IN[cls] = InPlan(cls)
    return plan


def member_plans(cls: type[WireType]) -> list[MemberPlan]:
    """All members of `cls`, those of its bases first."""
    hints = get_type_hints(cls)
    declared = fields(cls)  # type: ignore[arg-type]
    return [MemberPlan(each.name, each.metadata["wire"], hints[each.name]) for each in declared]


def family_classes(cls: type[WireType]) -> list[type[WireType]]:
    """The declared classes that may stand where a `cls` is wanted."""
    family = family_of(cls)
    return [made for made in family.__members__ if issubclass(made, cls)] if family else [cls]


def family_by_type(cls: type[WireType]) -> dict[str, type[WireType]]:
    """Name of the type in the XSD or in JSON -> class. Of classes that share a type, the first declared."""
    if cls in _BY_TYPE:
        return _BY_TYPE[cls]
    found = _BY_TYPE[cls] = {}
    for made in family_classes(cls):
        found.setdefault(made.__wire__.type_name, made)
        found.setdefault(made.__wire__.json_type, made)
    return found


def _polymorphic(cls: type[WireType] | None, member: Member) -> str:
    """The kind of family that the member holds, "" if it holds one class only.

    A class of a family may also be a plain member: under a name of its own, or declared as what it is.
    """
    family = family_of(cls) if cls else None
    if family is None or cls is None:
        return ""
    info = family.__wire__
    if info.family == "element":
        return "element" if member.name == info.element else ""
    return "xsi" if cls.__wire__.abstract else ""


def _offered(member: Member, version: Version) -> bool:
    if member.since and version < version_of(member.since):
        return False
    return not (member.until and version >= version_of(member.until))


def _getter(names: list[str]) -> Callable[[Any], tuple[Any, ...]]:
    """Like attrgetter, but always gives a tuple."""
    if not names:
        return lambda _: ()
    if len(names) == 1:
        get = attrgetter(names[0])
        return lambda obj: (get(obj),)
    return attrgetter(*names)


def _unwrap(hint: Any) -> tuple[Any, bool, bool]:
    """(leaf type, repeated, nillable) of an annotation."""
    nillable = repeated = False
    while True:
        origin = get_origin(hint)
        if origin is list:
            repeated = True
            (hint,) = get_args(hint)
        elif origin in (types.UnionType, Union):
            parts = set(get_args(hint))
            nillable = nillable or Nil in parts
            (hint,) = parts - {Nil, type(None)}
        else:
            return hint, repeated, nillable
