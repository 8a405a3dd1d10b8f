"""Whatever a wire type can hold survives XML and JSON."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from ssvirt.wire import types as w
from ssvirt.wire.codec import from_json, from_xml, to_json, to_xml
from ssvirt.wire.schema import WireType, is_wire
from tests.wire.strategies import wire_objects

# The newest version, so that every member is written.
VERSION = "39.1"
CLASSES: list[type[WireType]] = [
    each for each in (getattr(w, name) for name in w.__all__) if is_wire(each) and not each.__wire__.abstract
]
# References differ by element name only, which JSON doesn't have.
XML_ONLY = tuple(each for each in CLASSES if issubclass(each, w.References))
QUIET = settings(
    max_examples=5,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
@QUIET
@given(data=st.data())
def test_any_object_when_taken_through_xml_and_json_is_equal(
    cls: type[WireType], data: st.DataObject
) -> None:
    value = data.draw(wire_objects(cls))
    assert from_xml(to_xml(value, version=VERSION), cls) == value
    if cls not in XML_ONLY:
        text = json.dumps(to_json(value, version=VERSION)).encode()
        assert from_json(text, cls) == value


@settings(QUIET, max_examples=40)
@given(value=wire_objects(w.NetworkConfigSection, depth=3) | wire_objects(w.Task, depth=3))
def test_deeper_object_when_taken_through_both_is_equal(value: WireType) -> None:
    assert from_xml(to_xml(value, version=VERSION), type(value)) == value
    assert from_json(to_json(value, version=VERSION), type(value)) == value


@settings(QUIET, max_examples=200)
@given(value=st.text())
def test_any_string_when_written_is_well_formed(value: str) -> None:
    """Characters that XML can't carry, lone surrogates included, don't break the document."""
    root = etree.fromstring(to_xml(w.Org(name=value, description=value)))
    assert len(root.findtext("{*}Description", "")) == len(value)
    assert len(root.get("name", "")) == len(value)
