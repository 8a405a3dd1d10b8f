"""How a wire type is declared. One declaration serves XML and JSON, in and out.

    @wire("Task", media=media.TASK)
    class Task(Entity):
        status: str | None = attr("status")
        owner: Reference | None = elem("Owner")
        steps: list[TaskStep] = elems("TaskStep")

`wire` makes the class a keyword-only, slotted dataclass in which everything may be left out. The members of
the base class come first, then the class's own; among the elements, declaration order is the order of the XSD
(a contract test compares the two). The annotation says what a member holds: str, int, float, bool, datetime,
another wire type, or a list of one of these; `| Nil` on top says that the XSD lets the element be nil.

`since` and `until` are API versions: a member newer than the client's version is not written. They are given
from 36.1 on only: what is older is known to every client we serve.
"""

from __future__ import annotations

import builtins
import enum
import inspect
from collections.abc import Callable
from dataclasses import dataclass, field, is_dataclass, replace
from typing import Any, ClassVar, Final, Literal, TypeVar, dataclass_transform

V15: Final = "http://www.vmware.com/vcloud/v1.5"
VMEXT: Final = "http://www.vmware.com/vcloud/extension/v1.5"
VERSIONS: Final = "http://www.vmware.com/vcloud/versions"
OVF: Final = "http://schemas.dmtf.org/ovf/envelope/1"
OVFENV: Final = "http://schemas.dmtf.org/ovf/environment/1"
VMW: Final = "http://www.vmware.com/schema/ovf"
VE: Final = "http://www.vmware.com/schema/ovfenv"
RASD: Final = "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData"
CIM: Final = "http://schemas.dmtf.org/wbem/wscim/1/common"
VSSD: Final = "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_VirtualSystemSettingData"
XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"


class Nil(enum.Enum):
    """Type of NIL, the value of an element that is present and marked xsi:nil."""

    NIL = "nil"


NIL: Final = Nil.NIL

Kind = Literal["attr", "elem", "text"]
Family = Literal["element", "xsi"]


@dataclass(frozen=True, slots=True)
class Member:
    """One attribute, element or text content of a wire type, as declared."""

    kind: Kind
    name: str
    ns: str
    json: str
    since: str | None = None
    until: str | None = None
    boxed: bool = False
    foreign: bool = False
    always: bool = False

    @property
    def qname(self) -> str:
        """The name as lxml spells it."""
        return f"{{{self.ns}}}{self.name}" if self.ns else self.name


@dataclass(frozen=True, slots=True)
class WireInfo:
    """What `@wire` said about a class."""

    element: str
    ns: str
    type_name: str
    media: str
    family: Family | None
    abstract: bool

    @property
    def json_type(self) -> str:
        """Value of `_type` in JSON. OVF's `Section_Type` is `SectionType` there.

        Source: discriminators in the legacy OpenAPI.
        """
        return self.type_name.replace("_Type", "Type")


class WireType:
    """Root of all wire types."""

    __slots__ = ()
    __wire__: ClassVar[WireInfo]
    # On the base class of a family only: the declared classes of the family.
    __members__: ClassVar[list[type[WireType]]]


W = TypeVar("W", bound=WireType)

_INHERIT: Final = "\0inherit"


def attr(
    name: str,
    *,
    ns: str = "",
    json: str | None = None,
    since: str | None = None,
    until: str | None = None,
    foreign: bool = False,
) -> Any:
    """An XML attribute. `foreign`: the XSD has it by anyAttribute only, JSON has it in `otherAttributes`."""
    member = Member("attr", name, ns, json or _lower_first(name), since, until, foreign=foreign)
    return field(default=None, metadata={"wire": member})


def elem(
    name: str,
    *,
    ns: str | None = None,
    json: str | None = None,
    since: str | None = None,
    until: str | None = None,
    boxed: bool = False,
) -> Any:
    """A child element that occurs once, by default in the namespace of the declaring class.

    `boxed`: its type has attributes in the XSD, so that JSON has {"value": ...}.
    """
    own = _INHERIT if ns is None else ns
    member = Member("elem", name, own, json or _lower_first(name), since, until, boxed=boxed)
    return field(default=None, metadata={"wire": member})


def elems(
    name: str,
    *,
    ns: str | None = None,
    json: str | None = None,
    since: str | None = None,
    until: str | None = None,
    boxed: bool = False,
    always: bool = False,
) -> Any:
    """A child element that may be repeated. A list of a family's base class holds any class of the family.

    `always`: in JSON the list is there when it is empty too (the OpenAPI requires it).
    """
    own = _INHERIT if ns is None else ns
    member = Member("elem", name, own, json or _lower_first(name), since, until, boxed=boxed, always=always)
    return field(default_factory=list, metadata={"wire": member})


def text(*, json: str = "value") -> Any:
    """The text content of an element that has attributes too. Empty text is None."""
    return field(default=None, metadata={"wire": Member("text", "", "", json)})


@dataclass_transform(kw_only_default=True)
def wire(
    element: str,
    *,
    ns: str = V15,
    content_ns: str | None = None,
    type: str | None = None,
    media: str = "",
    family: Family | None = None,
    abstract: bool = False,
) -> Callable[[type[W]], type[W]]:
    """Declares a wire type.

    element, ns: name of the root element; content_ns: namespace of the child elements where it differs.
    type: the XSD's name of the type where it isn't the element's name followed by "Type".
    media: media type of the XML form, `application/...+xml`.
    family: this class is the base of a polymorphic family. "element": the element's name tells the classes
    apart (an XSD substitution group); "xsi": xsi:type does, where the abstract base is what is declared. JSON
    has `_type` on every member of either kind.
    abstract: never written or read itself.
    """

    def declare(cls: builtins.type[W]) -> builtins.type[W]:
        _settle_namespaces(cls, ns if content_ns is None else content_ns)
        made = dataclass(kw_only=True, slots=True)(cls)
        made.__wire__ = WireInfo(element, ns, type or f"{element}Type", media, family, abstract)
        if family:
            made.__members__ = []
        base = family_of(made)
        if base is not None and not abstract:
            base.__members__.append(made)
        return made

    return declare


def family_of(cls: type[WireType]) -> type[WireType] | None:
    """The base class of the family that `cls` belongs to, or None."""
    for base in cls.__mro__:
        info: WireInfo | None = base.__dict__.get("__wire__")
        if info is not None and info.family:
            return base
    return None


def is_wire(cls: object) -> bool:
    """True for a class made by `@wire`."""
    return isinstance(cls, type) and issubclass(cls, WireType) and is_dataclass(cls)


def _settle_namespaces(cls: type[WireType], ns: str) -> None:
    """Gives the elements declared in this class its namespace; subclasses inherit them as they are."""
    for name in inspect.get_annotations(cls):
        declared: Any = cls.__dict__.get(name)
        member: Member | None = getattr(declared, "metadata", {}).get("wire")
        if member is None:
            raise TypeError(f"{cls.__name__}.{name} needs attr(), elem(), elems() or text()")
        if member.ns == _INHERIT:
            declared.metadata = {"wire": replace(member, ns=ns)}


def _lower_first(name: str) -> str:
    return name[:1].lower() + name[1:]
