"""Bodies that must be refused, cheaply and with a message that helps."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ssvirt.wire import types as w
from ssvirt.wire.codec import MAX_DEPTH, WireError, from_json, from_xml
from ssvirt.wire.schema import WireType

NS = 'xmlns="http://www.vmware.com/vcloud/v1.5"'
BOMB = "".join(
    [
        '<!ENTITY a0 "lol">',
        *(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12)),
    ]
)


def refused(data: bytes | str, cls: type[WireType] = w.VApp) -> WireError:
    with pytest.raises(WireError) as caught:
        from_xml(data.encode() if isinstance(data, str) else data, cls)
    return caught.value


@pytest.mark.parametrize(
    "doctype",
    [
        f"<!DOCTYPE VApp [{BOMB}]>",
        '<!DOCTYPE VApp [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE VApp [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x.dtd"> %p;]>',
        '<!DOCTYPE VApp SYSTEM "http://127.0.0.1:9/x.dtd">',
        '<!DOCTYPE VApp PUBLIC "-//X//Y" "file:///etc/passwd">',
        "<!DOCTYPE VApp>",
        "<!-- a comment --><?pi x?>\n<!DOCTYPE VApp [<!ATTLIST VApp name CDATA 'default'>]>",
    ],
)
def test_doctype_when_present_is_refused_with_its_line(doctype: str) -> None:
    error = refused(f'<?xml version="1.0"?>\n{doctype}\n<VApp {NS} name="&a11;">&x;</VApp>')
    assert "document type declaration" in error.message
    assert error.line in (2, 3)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "utf-7", "cp037"])
def test_doctype_when_hidden_by_an_encoding_is_refused(encoding: str) -> None:
    document = f'<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE VApp [{BOMB}]><VApp {NS} name="&a11;"/>'
    refused(document.encode(encoding))


def test_doctype_when_only_quoted_in_cdata_is_text() -> None:
    script = "<!DOCTYPE html><p>hello</p>"
    section = from_xml(
        f"<GuestCustomizationSection {NS}><CustomizationScript><![CDATA[{script}]]></CustomizationScript>"
        "</GuestCustomizationSection>".encode(),
        w.GuestCustomizationSection,
    )
    assert section.customization_script == script


@pytest.mark.parametrize(
    ("data", "line"),
    [
        ("", None),
        ("  \n ", None),
        ("just text", 1),
        ('{"name": "json"}', 1),
        (f"<VApp {NS}>\n<Description>", 2),
        (f"<VApp {NS}>\n<a></b></VApp>", 2),
        (f"<VApp {NS}>\n&undefined;</VApp>", 2),
        (f"<VApp {NS}>\n\x01</VApp>", 2),
        ("<VApp>\n<p:x/></VApp>", 2),
        (f"<VApp {NS}/>\n<VApp/>", 2),
        (b"<VApp>\n\xff\xfe</VApp>", 2),
    ],
)
def test_malformed_document_when_read_is_refused_with_the_line(data: str | bytes, line: int | None) -> None:
    error = refused(data)
    assert error.line == line
    assert error.message


def test_root_when_it_is_another_element_is_refused_naming_both() -> None:
    error = refused(f"\n<Vm {NS}/>")
    assert (error.element, error.line) == ("Vm", 2)
    assert "Vm" in error.message
    assert "VApp" in error.message


@pytest.mark.parametrize(
    ("cls", "inner", "element"),
    [
        (
            w.LeaseSettingsSection,
            "<DeploymentLeaseInSeconds>soon</DeploymentLeaseInSeconds>",
            "DeploymentLeaseInSeconds",
        ),
        (w.LeaseSettingsSection, "<StorageLeaseInSeconds></StorageLeaseInSeconds>", "StorageLeaseInSeconds"),
        (
            w.LeaseSettingsSection,
            "<StorageLeaseInSeconds>1_000</StorageLeaseInSeconds>",
            "StorageLeaseInSeconds",
        ),
        (
            w.LeaseSettingsSection,
            "<StorageLeaseInSeconds>1.5</StorageLeaseInSeconds>",
            "StorageLeaseInSeconds",
        ),
        (
            w.LeaseSettingsSection,
            f"<StorageLeaseInSeconds>{'9' * 5000}</StorageLeaseInSeconds>",
            "StorageLeaseInSeconds",
        ),
        (
            w.LeaseSettingsSection,
            "<StorageLeaseInSeconds>\u0663</StorageLeaseInSeconds>",
            "StorageLeaseInSeconds",
        ),
        (w.ControlAccessParams, "<IsSharedToEveryone>yes</IsSharedToEveryone>", "IsSharedToEveryone"),
        (w.VApp, "<DateCreated>yesterday</DateCreated>", "DateCreated"),
        (w.VApp, "<DateCreated>2024-13-01T00:00:00Z</DateCreated>", "DateCreated"),
        (w.VApp, "<DateCreated>2024-01-01</DateCreated>", "DateCreated"),
    ],
)
def test_value_when_of_the_wrong_type_is_refused_naming_element_and_line(
    cls: type[WireType], inner: str, element: str
) -> None:
    name = cls.__wire__.element
    error = refused(f"<{name} {NS}>\n\n{inner}</{name}>", cls)
    assert (error.element, error.line) == (element, 3)
    assert element in error.message
    assert len(error.message) < 200


def test_attribute_when_of_the_wrong_type_is_refused_naming_it() -> None:
    error = refused(f'<DeployVAppParams {NS}\n powerOn="maybe"/>', w.DeployVAppParams)
    assert error.element == "powerOn"
    assert "'maybe' is not true or false" in error.message


@pytest.mark.parametrize("xsi_type", ["", ' xsi:type="MetadataOddValue"', ' xsi:type=""'])
def test_typed_value_when_its_type_is_unknown_is_refused(xsi_type: str) -> None:
    error = refused(
        f'<MetadataValue {NS} xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<TypedValue{xsi_type}><Value>1</Value></TypedValue></MetadataValue>",
        w.MetadataValue,
    )
    assert error.element == "TypedValue"
    assert "MetadataStringValue" in error.message


def nested_vapps(levels: int) -> str:
    return f"<VApp {NS}>" + "<Children><VApp>" * levels + "</VApp></Children>" * levels + "</VApp>"


def test_nesting_when_deep_is_refused() -> None:
    assert "deeply" in refused(nested_vapps(MAX_DEPTH)).message
    assert refused(nested_vapps(5_000)).message
    assert refused(f"<VApp {NS}>" + "<x>" * 100_000).message


def test_nesting_when_within_the_limit_is_read() -> None:
    vapp = from_xml(nested_vapps(MAX_DEPTH // 2).encode(), w.VApp)
    assert vapp.children is not None


# -- JSON


def refused_json(data: bytes | dict[str, Any], cls: type[WireType] = w.VApp) -> WireError:
    with pytest.raises(WireError) as caught:
        from_json(data, cls)
    return caught.value


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"<VApp/>",
        b"[]",
        b'"name"',
        b"null",
        b'{"status": NaN}',
        b'{"status": Infinity}',
        b'{"name": "\xff"}',
        b'{"status": ' + b"9" * 6000 + b"}",
        b'{"a": ' + b"[" * 200_000,
    ],
    ids=lambda data: data[:20].decode("latin-1"),
)
def test_malformed_json_when_read_is_refused(data: bytes) -> None:
    assert "body" in refused_json(data).message


@pytest.mark.parametrize(
    ("doc", "element"),
    [
        ({"status": "four"}, "status"),
        ({"status": True}, "status"),
        ({"status": 1.5}, "status"),
        ({"status": {}}, "status"),
        ({"deployed": "yes"}, "deployed"),
        ({"deployed": []}, "deployed"),
        ({"name": {"a": 1}}, "name"),
        ({"name": "\x00"}, "name"),
        ({"name": "\ud800"}, "name"),
        ({"dateCreated": "yesterday"}, "dateCreated"),
        ({"dateCreated": 12}, "dateCreated"),
        ({"link": {}}, "link"),
        ({"link": ["x"]}, "link"),
        ({"children": []}, "children"),
        ({"section": [{"info": {"value": "x"}}]}, "section"),
    ],
)
def test_json_value_when_of_the_wrong_type_is_refused_naming_it(doc: dict[str, Any], element: str) -> None:
    error = refused_json(doc)
    assert error.element == element
    assert element in error.message
    assert refused_json(json.dumps(doc).encode()).element == element


def test_json_nesting_when_deep_is_refused() -> None:
    doc: dict[str, Any] = {}
    for _ in range(MAX_DEPTH):
        doc = {"children": {"vApp": [doc]}}
    assert "deeply" in refused_json(doc).message


def test_json_typed_value_when_its_type_is_unknown_is_refused() -> None:
    assert refused_json({"typedValue": {"value": 1}}, w.MetadataValue).element == "typedValue"
    assert refused_json({"typedValue": {"_type": "Odd"}}, w.MetadataValue).element == "typedValue"
