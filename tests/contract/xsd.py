"""The XSDs as flat lists of members: what a complex type holds, its bases, groups and choices resolved."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from lxml import etree

from tests.contract.spec import xsd_entry

XS = "{http://www.w3.org/2001/XMLSchema}"
META = "{http://www.vmware.com/vcloud/meta}"
_XS_URI = XS[1:-1]

QName = tuple[str, str]

_SIMPLE = {
    **dict.fromkeys(("string", "anyURI", "normalizedString", "token", "anySimpleType", "anyType"), str),
    **dict.fromkeys(("int", "long", "short", "byte", "integer"), int),
    **dict.fromkeys(("unsignedInt", "unsignedShort", "unsignedLong", "unsignedByte"), int),
    **dict.fromkeys(("float", "double", "decimal"), float),
    **dict.fromkeys(("duration", "date", "time"), str),
    "boolean": bool,
    "dateTime": datetime,
}


@dataclass
class Complex:
    """A complex type: its attributes, its elements in order, and what else it lets in."""

    name: QName | None
    attributes: dict[str, Value] = field(default_factory=dict)
    elements: list[Element] = field(default_factory=list)
    text: type | None = None
    any_attribute: bool = False
    any_element: bool = False
    content_type: str = ""


@dataclass
class Value:
    """The type of an attribute or element: a Python type, or a complex type. Text with attributes is both."""

    scalar: type | None
    complex: Complex | None


@dataclass
class Element:
    name: str
    value: Value
    repeated: bool
    nillable: bool


class Schemas:
    """All schemas reachable from the entry points."""

    def __init__(self, *entries: Path) -> None:
        self._seen: set[tuple[Path, str]] = set()
        self._named: dict[tuple[str, QName], tuple[Any, str]] = {}
        self._complex: dict[QName, Complex] = {}
        for entry in entries:
            self._load(entry, "")

    def type_named(self, name: QName) -> Complex | None:
        """The complex type of that name, or None."""
        if name in self._complex:
            return self._complex[name]
        found = self._named.get(("complexType", name))
        if found is None:
            return None
        made = self._complex[name] = Complex(name)
        self._fill(made, *found, repeated=False)
        made.content_type = found[0].findtext(f"{XS}annotation/{XS}appinfo/{META}content-type", "").strip()
        return made

    def _load(self, path: Path, including: str) -> None:
        path = path.resolve()
        root = etree.parse(str(path), etree.XMLParser(remove_comments=True, no_network=True)).getroot()
        target = root.get("targetNamespace") or including
        if (path, target) in self._seen:
            return
        self._seen.add((path, target))
        for node in root:
            location = node.get("schemaLocation")
            if location and node.tag in (f"{XS}include", f"{XS}import"):
                self._load(path.parent / location, target if node.tag == f"{XS}include" else "")
            elif node.get("name"):
                self._named.setdefault((node.tag[len(XS) :], (target, node.get("name"))), (node, target))

    def _find(self, kind: str, node: Any, attribute: str) -> tuple[QName, Any, str]:
        name = _qname(node, attribute)
        found, target = self._named[kind, name]
        return name, found, target

    def _fill(self, made: Complex, node: Any, target: str, *, repeated: bool) -> None:
        for child in node:
            kind = child.tag[len(XS) :] if isinstance(child.tag, str) else ""
            many = repeated or child.get("maxOccurs", "1") != "1"
            match kind:
                case "complexContent" | "simpleContent":
                    self._fill_derived(made, child, target)
                case "sequence" | "choice" | "all":
                    self._fill(made, child, target, repeated=many)
                case "group":
                    _, found, owner = self._find("group", child, "ref")
                    self._fill(made, found, owner, repeated=many)
                case "attributeGroup":
                    _, found, owner = self._find("attributeGroup", child, "ref")
                    self._fill(made, found, owner, repeated=False)
                case "element":
                    made.elements.append(self._element(child, target, many))
                case "any":
                    made.any_element = True
                case "attribute":
                    name, value = self._attribute(child)
                    made.attributes[name] = value
                case "anyAttribute":
                    made.any_attribute = True

    def _fill_derived(self, made: Complex, content: Any, target: str) -> None:
        (derived,) = (node for node in content if node.tag in (f"{XS}extension", f"{XS}restriction"))
        base = _qname(derived, "base")
        found = self._named.get(("complexType", base))
        if found is not None:
            self._fill(made, *found, repeated=False)
        elif content.tag == f"{XS}simpleContent":
            made.text = self._scalar(base)
        if content.get("mixed") == "true":
            made.text = str
        if derived.tag == f"{XS}extension":
            self._fill(made, derived, target, repeated=False)

    def _element(self, node: Any, target: str, repeated: bool) -> Element:
        if node.get("ref"):
            name, declared, owner = self._find("element", node, "ref")
            return Element(
                _clark(name), self._value(declared, owner), repeated, declared.get("nillable") == "true"
            )
        name = (target, node.get("name"))
        return Element(_clark(name), self._value(node, target), repeated, node.get("nillable") == "true")

    def _attribute(self, node: Any) -> tuple[str, Value]:
        if not node.get("ref"):
            qualified = node.getroottree().getroot().get("attributeFormDefault") == "qualified"
            space = node.getroottree().getroot().get("targetNamespace") if qualified else ""
            return _clark((space, node.get("name"))), self._value(node, "")
        name, declared, owner = self._find("attribute", node, "ref")
        return _clark(name), self._value(declared, owner)

    def _value(self, node: Any, target: str) -> Value:
        if node.get("type"):
            name = _qname(node, "type")
            complex_type = self.type_named(name)
            if complex_type is None:
                return Value(self._scalar(name), None)
            return Value(complex_type.text, complex_type)
        inline = node.find(f"{XS}complexType")
        if inline is not None:
            made = Complex(None)
            self._fill(made, inline, target, repeated=False)
            restricted = inline.find(f"{XS}simpleContent/{XS}restriction")
            if restricted is not None:
                made.text = self._inline_scalar(restricted) or made.text
            return Value(made.text, made)
        simple = node.find(f"{XS}simpleType/{XS}restriction")
        return Value(self._scalar(_qname(simple, "base")) if simple is not None else str, None)

    def _inline_scalar(self, restricted: Any) -> type | None:
        """The scalar of a union of restrictions, as the CIM schemas have it; None if there is none inside."""
        bases = {
            self._scalar(_qname(node, "base"))
            for node in restricted.iter(f"{XS}restriction")
            if node is not restricted
        }
        return bases.pop() if len(bases) == 1 else None

    def _scalar(self, name: QName) -> type:
        if name[0] == _XS_URI:
            return _SIMPLE[name[1]]
        node, _ = self._named["simpleType", name]
        restriction = node.find(f"{XS}restriction")
        return self._scalar(_qname(restriction, "base")) if restriction is not None else str


@functools.cache
def schemas() -> Schemas:
    return Schemas(xsd_entry("driver"), xsd_entry("versions"))


def _qname(node: Any, attribute: str) -> QName:
    prefix, _, local = node.get(attribute).rpartition(":")
    return node.nsmap.get(prefix or None, ""), local


def _clark(name: QName) -> str:
    return f"{{{name[0]}}}{name[1]}" if name[0] else name[1]
