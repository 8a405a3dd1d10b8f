"""The codec: wire types to XML and JSON and back.

Output is exact: members in XSD order, v1.5 as the default namespace, the usual prefixes for the rest. Input
is read leniently: members in any order, unknown elements and attributes ignored, names matched on the local
name, so that clients may send back whole documents they got from us (links, hrefs, py:pytype and all).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final, NoReturn
from xml.parsers import expat

from lxml import etree

from ssvirt.wire.plan import (
    NAMESPACES,
    InPlan,
    MemberPlan,
    OutPlan,
    Version,
    family_by_type,
    in_plan,
    out_plan,
    version_of,
)
from ssvirt.wire.scalars import TEXT
from ssvirt.wire.schema import NIL, V15, VERSIONS, XSI, Nil, W, WireType

__all__ = ["NIL", "Nil", "WireError", "from_json", "from_xml", "to_json", "to_xml"]

# Deepest nesting that is read. The deepest real document, a vApp with its VMs, has 10 levels.
MAX_DEPTH: Final = 50

_XSI_PREFIX: Final = f"{{{XSI}}}"
_XSI_NIL: Final = f"{_XSI_PREFIX}nil"
_XSI_TYPE: Final = f"{_XSI_PREFIX}type"
_OTHERS: Final = "otherAttributes"


class WireError(ValueError):
    """A body that can't be read. The text is fit for the client; `line` and `element` say where, if known."""

    def __init__(self, message: str, *, line: int | None = None, element: str | None = None) -> None:
        super().__init__(message)
        self.message, self.line, self.element = message, line, element


# -- writing XML


def to_xml(obj: WireType, *, version: str = "37.0") -> bytes:
    """The XML document of `obj`, for a client of the given API version."""
    wanted = version_of(version)
    plan = out_plan(type(obj), wanted)
    out: list[str] = []
    used: set[OutPlan] = set()
    _write(obj, plan, plan.tag, "", wanted, out, used)
    prefixes = set().union(*(each.prefixes for each in used))
    default = VERSIONS if plan.info.ns == VERSIONS else V15
    spaces = "".join(f' xmlns:{prefix}="{NAMESPACES[prefix]}"' for prefix in sorted(prefixes))
    # The root's start tag comes first; its namespaces are known only now.
    start = out[0].removeprefix(f"<{plan.tag}")
    out[0] = f'<?xml version="1.0" encoding="UTF-8"?>\n<{plan.tag} xmlns="{default}"{spaces}{start}'
    return "".join(out).encode()


def _write(
    obj: Any, plan: OutPlan, tag: str, extra: str, version: Version, out: list[str], used: set[OutPlan]
) -> None:
    """Appends an element to `out`: first its start tag, last its end tag."""
    used.add(plan)
    start = f"<{tag}{extra}"
    for attr, value in zip(plan.attrs, plan.get_attrs(obj), strict=True):
        if value is not None:
            start += f'{attr.before}{attr.encode(value)}"'
    if plan.text is not None:
        value = getattr(obj, plan.text.name)
        out.append(f"{start}/>" if value is None else f"{start}>{plan.text.encode(value)}</{tag}>")
        return
    place = len(out)
    out.append(start)
    for member, value in zip(plan.elems, plan.get_elems(obj), strict=True):
        if value is None:
            continue
        if member.repeated:
            for each in value:
                _write_member(member, each, version, out, used)
        else:
            _write_member(member, value, version, out, used)
    if len(out) == place + 1:
        out[place] = f"{start}/>"
    else:
        out[place] = f"{start}>"
        out.append(f"</{tag}>")


def _write_member(
    member: MemberPlan, value: Any, version: Version, out: list[str], used: set[OutPlan]
) -> None:
    if value is NIL:
        out.append(member.nil_tag)
    elif member.cls is None:
        out.append(f"{member.open_tag}{member.encode(value)}{member.close_tag}")
    elif not member.polymorphic:
        # By the declared class, not by the value's: a Link given as a Reference is written as a Reference.
        _write(value, out_plan(member.cls, version), member.tag, "", version, out, used)
    else:
        plan = out_plan(type(value), version)
        if member.polymorphic == "element":
            _write(value, plan, plan.tag, "", version, out, used)
        else:
            used.add(out_plan(member.cls, version))
            _write(value, plan, member.tag, f' xsi:type="{plan.info.type_name}"', version, out, used)


# -- reading XML


def from_xml(data: bytes, cls: type[W], accept: Iterable[str] = ()) -> W:
    """Reads an XML document whose root is the element of `cls`, or one named in `accept`, in any namespace.

    Raises WireError for anything unreadable. A document type declaration is refused before any of it is
    processed, so neither entities nor external files ever come into play.
    """
    root = _parse(data)
    wanted = (cls.__wire__.element, *accept)
    name = _local(root.tag)
    if name not in wanted:
        raise WireError(
            f"The root element is {name}, wanted is {' or '.join(wanted)}",
            line=root.sourceline,
            element=name,
        )
    found: W = _read(root, in_plan(cls), 0)
    return found


def _parse(data: bytes) -> Any:
    _refuse_doctype(data)
    # The encoding is fixed, whatever the document declares: no conversions, and one reading for both parsers.
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as exc:
        raise WireError(f"The body is not well-formed XML: {exc.msg}", line=exc.lineno) from None
    except (ValueError, LookupError) as exc:
        raise WireError(f"The body is not well-formed XML: {exc}") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise WireError("A document type declaration is not allowed", line=1)
    return root


class _PrologOverError(Exception):
    """Raised at the first element: a DOCTYPE can't come any more."""


def _refuse_doctype(data: bytes) -> None:
    """Raises WireError at a <!DOCTYPE, before any parser has looked at what is inside."""
    parser = expat.ParserCreate("utf-8")

    def doctype(*_: object) -> NoReturn:
        raise WireError("A document type declaration is not allowed", line=parser.CurrentLineNumber)

    def element(*_: object) -> NoReturn:
        raise _PrologOverError

    parser.StartDoctypeDeclHandler = doctype
    parser.StartElementHandler = element
    try:
        parser.Parse(data, True)
    except _PrologOverError:
        return
    except expat.ExpatError as exc:
        if not data.strip():
            raise WireError("The body is empty") from None
        reason = expat.ErrorString(exc.code)
        raise WireError(f"The body is not well-formed XML: {reason}", line=exc.lineno) from None


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _read(element: Any, plan: InPlan, depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise WireError("The body is nested too deeply", line=element.sourceline, element=_local(element.tag))
    values = _read_attributes(element, plan)
    if plan.text is not None:
        if element.text:
            values[plan.text.name] = _read_text(plan.text, element.text, element)
        return plan.cls(**values)
    for child in element:
        tag = child.tag
        found = plan.elems.get(tag) or plan.elems.get(tag.rpartition("}")[2])
        if found is None:
            continue
        member, cls = found
        value = _read_element(child, member, cls, depth)
        if value is None:
            continue
        if member.repeated:
            values.setdefault(member.name, []).append(value)
        else:
            # The first one counts: pyvcloud leaves an empty IpRanges behind the one that it has filled.
            values.setdefault(member.name, value)
    return plan.cls(**values)


def _read_attributes(element: Any, plan: InPlan) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in element.items():
        member = plan.attrs.get(name)
        if member is None and name[0] == "{" and not name.startswith(_XSI_PREFIX):
            member = plan.attrs.get(_local(name))
            if member is not None and element.get(member.member.qname) is not None:
                continue
        if member is not None:
            values[member.name] = _read_text(member, value, element)
    return values


def _read_element(child: Any, member: MemberPlan, cls: type[WireType] | None, depth: int) -> Any:
    if child.attrib and child.get(_XSI_NIL, "").strip() in ("true", "1"):
        return NIL if member.nillable else None
    if cls is None:
        return _read_text(member, child.text or "", child)
    if member.polymorphic == "xsi":
        cls = _by_xsi_type(child, cls)
    return _read(child, in_plan(cls), depth + 1)


def _by_xsi_type(child: Any, cls: type[WireType]) -> type[WireType]:
    classes = family_by_type(cls)
    name = child.get(_XSI_TYPE, "").strip().rpartition(":")[2]
    if name not in classes:
        element = _local(child.tag)
        raise WireError(
            f"{element} has the xsi:type {_shown(name)}, wanted is one of {', '.join(sorted(classes))}",
            line=child.sourceline,
            element=element,
        )
    return classes[name]


def _read_text(member: MemberPlan, value: str, element: Any) -> Any:
    try:
        return member.scalar.from_text(value)
    except ValueError as exc:
        name = member.member.name or _local(element.tag)
        raise WireError(f"{name}: {_shown(value)} is {exc}", line=element.sourceline, element=name) from None


def _shown(value: object) -> str:
    text = str(value)
    return repr(text if len(text) <= 60 else f"{text[:60]}...")


# -- writing JSON


def to_json(obj: WireType, *, version: str = "37.0") -> dict[str, Any]:
    """The JSON form of `obj` for a client of the given API version, as a dict ready for json.dumps."""
    wanted = version_of(version)
    return _to_json(obj, out_plan(type(obj), wanted), wanted)


def _to_json(obj: Any, plan: OutPlan, version: Version) -> dict[str, Any]:
    doc: dict[str, Any] = {"_type": plan.json_type} if plan.json_type else {}
    others: dict[str, str] = {}
    for member, value in zip(plan.attrs, plan.get_attrs(obj), strict=True):
        if value is None:
            continue
        if member.member.foreign:
            others[member.member.qname] = member.scalar.to_text(value)
        else:
            doc[member.json] = member.scalar.to_json(value)
    if others:
        doc[_OTHERS] = others
    if plan.text is not None:
        value = getattr(obj, plan.text.name)
        if value is not None:
            doc[plan.text.json] = plan.text.scalar.to_json(value)
        elif plan.text.scalar is TEXT:
            doc[plan.text.json] = ""
    for member, value in zip(plan.elems, plan.get_elems(obj), strict=True):
        if value is None:
            continue
        if not member.repeated:
            doc[member.json] = _member_to_json(member, value, version)
        elif value or member.member.always:
            doc[member.json] = [_member_to_json(member, each, version) for each in value]
    return doc


def _member_to_json(member: MemberPlan, value: Any, version: Version) -> Any:
    if value is NIL:
        return None
    if member.cls is not None:
        cls = type(value) if member.polymorphic else member.cls
        return _to_json(value, out_plan(cls, version), version)
    scalar = member.scalar.to_json(value)
    return {"value": scalar} if member.boxed else scalar


# -- reading JSON


def from_json(data: bytes | dict[str, Any], cls: type[W]) -> W:
    """Reads the JSON form, from text or already decoded. Raises WireError naming what can't be read."""
    if not isinstance(data, dict):
        data = _decode(data)
    found: W = _from_json(data, in_plan(cls), cls.__wire__.element, 0)
    return found


def _decode(data: bytes) -> dict[str, Any]:
    try:
        doc = json.loads(data, parse_constant=_refuse_constant)
    except json.JSONDecodeError as exc:
        raise WireError(f"The body is not well-formed JSON: {exc.msg}", line=exc.lineno) from None
    except RecursionError:
        raise WireError("The body is nested too deeply") from None
    except ValueError as exc:
        raise WireError(f"The body is not well-formed JSON: {exc}") from None
    if not isinstance(doc, dict):
        raise WireError("The body is not a JSON object")
    return doc


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON value")


def _from_json(doc: dict[str, Any], plan: InPlan, path: str, depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise WireError("The body is nested too deeply", element=path)
    values: dict[str, Any] = {}
    for key, value in doc.items():
        member = plan.json.get(key)
        if member is None:
            if key == _OTHERS and isinstance(value, dict):
                _read_others(value, plan, values)
            continue
        if not member.repeated:
            read = _member_from_json(member, value, key, depth)
            if read is not None and not (read == "" and member is plan.text):
                values[member.name] = read
        elif value is not None:
            if not isinstance(value, list):
                raise WireError(f"{key} is not a list", element=key)
            items = [_member_from_json(member, each, key, depth) for each in value]
            values[member.name] = [each for each in items if each is not None]
    return plan.cls(**values)


def _read_others(others: dict[str, Any], plan: InPlan, values: dict[str, Any]) -> None:
    for key, value in others.items():
        member = plan.foreign.get(key)
        if member is not None and value is not None:
            values[member.name] = _scalar_from_json(member, value, key)


def _member_from_json(member: MemberPlan, value: Any, key: str, depth: int) -> Any:
    if value is None:
        return NIL if member.nillable else None
    if member.cls is None:
        if member.boxed and isinstance(value, dict):
            value = value.get("value")
        return None if value is None else _scalar_from_json(member, value, key)
    if not isinstance(value, dict):
        raise WireError(f"{key} is not an object", element=key)
    cls: type[WireType] = member.cls
    if member.polymorphic:
        classes = family_by_type(cls)
        name = value.get("_type")
        if not isinstance(name, str) or name not in classes:
            if member.repeated and isinstance(name, str):
                return None  # one we don't know, like an unknown element
            wanted = ", ".join(sorted(classes))
            raise WireError(f"{key} has the _type {_shown(name)}, wanted is one of {wanted}", element=key)
        cls = classes[name]
    return _from_json(value, in_plan(cls), key, depth + 1)


def _scalar_from_json(member: MemberPlan, value: Any, key: str) -> Any:
    try:
        return member.scalar.from_json(value)
    except ValueError as exc:
        raise WireError(f"{key}: {_shown(value)} is {exc}", element=key) from None
