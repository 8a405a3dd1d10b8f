"""Real bodies: parsed and written back they are the same, and so is their JSON form."""

from __future__ import annotations

from typing import Any

import pytest
from lxml import etree

from ssvirt.wire import types as w
from ssvirt.wire.codec import NIL, from_json, from_xml, to_json, to_xml
from ssvirt.wire.schema import XSI, WireType
from tests.contract.spec import assert_valid_json, assert_valid_xml, sample

pytestmark = pytest.mark.contract

SAMPLES: dict[str, type[WireType]] = {
    "live-Session": w.Session,
    "live-Org": w.Org,
    "live-OrgList": w.OrgList,
    "live-Vdc": w.Vdc,
    "live-Catalog": w.Catalog,
    "live-CatalogItem": w.CatalogItem,
    "live-VAppTemplate": w.VAppTemplate,
    "live-VApp": w.VApp,
    "live-GuestCustomizationSection": w.GuestCustomizationSection,
    "live-NetworkConnectionSection": w.NetworkConnectionSection,
    "live-SnapshotSection": w.SnapshotSection,
    "live-RasdItemsList": w.RasdItemsList,
    "live-OrgVdcNetwork": w.OrgVdcNetwork,
    "fixture-Task-1": w.Task,
    "fixture-Task-2": w.Task,
    "fixture-TasksList": w.TasksList,
    "fixture-Error-1": w.Error,
    "fixture-Error-2": w.Error,
    "fixture-InstantiateVAppTemplateParams": w.InstantiateVAppTemplateParams,
    "fixture-QueryList": w.QueryList,
    "fixture-QueryResultRecords": w.QueryResultRecords,
    "fixture-Metadata": w.Metadata,
    "fixture-Vm": w.Vm,
    "fixture-Media": w.Media,
}
EACH_SAMPLE = pytest.mark.parametrize(("name", "cls"), SAMPLES.items(), ids=SAMPLES)


def canonical(element: Any) -> tuple[str, dict[str, str], str, list[Any]]:
    """An element without prefixes, schema locations and insignificant white space."""
    attributes = {key: value for key, value in element.items() if key != f"{{{XSI}}}schemaLocation"}
    children = [canonical(child) for child in element]
    return element.tag, attributes, "" if children else element.text or "", children


@EACH_SAMPLE
def test_sample_when_parsed_and_written_back_is_equal(name: str, cls: type[WireType]) -> None:
    data = sample(name)
    written = to_xml(from_xml(data, cls))
    assert canonical(etree.fromstring(written)) == canonical(etree.fromstring(data))


@EACH_SAMPLE
def test_sample_when_taken_through_json_is_equal(name: str, cls: type[WireType]) -> None:
    parsed = from_xml(sample(name), cls)
    again = from_json(to_json(parsed), cls)
    assert again == parsed
    assert to_xml(again) == to_xml(parsed)


@EACH_SAMPLE
def test_sample_when_written_back_is_valid(name: str, cls: type[WireType]) -> None:
    parsed = from_xml(sample(name), cls)
    if isinstance(parsed, w.Session):
        parsed.authorized_locations = w.AuthorizedLocations()  # the recorded one is older than this element
    assert_valid_xml(to_xml(parsed))


@EACH_SAMPLE
def test_sample_when_written_as_json_is_valid(name: str, cls: type[WireType]) -> None:
    parsed = from_xml(sample(name), cls)
    _bring_up_to_date(parsed)
    assert_valid_json(to_json(parsed), cls.__wire__.type_name)


def _bring_up_to_date(parsed: WireType) -> None:
    """Adds what 37.2 requires and older bodies lack."""
    match parsed:
        case w.Session():
            parsed.authorized_locations = w.AuthorizedLocations()
        case w.Task():
            parsed.service_namespace = "com.vmware.vcloud"
        case w.TasksList():
            for task in parsed.task_list:
                task.service_namespace = "com.vmware.vcloud"
        case w.Vdc():
            parsed.is_legacy_type = False
            assert parsed.capabilities is not None
            assert parsed.capabilities.supported_hardware_versions is not None
            for version in parsed.capabilities.supported_hardware_versions.supported_hardware_versions:
                version.name = version.value
        case w.Metadata():
            for entry in parsed.metadata_entries:
                entry.domain = w.MetadataDomainTag(visibility="READWRITE", value="GENERAL")
                entry.typed_value, entry.value = w.MetadataStringValue(value=entry.value), None


def test_live_vapp_when_parsed_gives_typed_members() -> None:
    vapp = from_xml(sample("live-VApp"), w.VApp)
    assert (vapp.name, vapp.status, vapp.deployed) == ("spec1-vapp", 4, True)
    lease = w.first_section(vapp.sections, w.LeaseSettingsSection)
    assert lease is not None
    assert lease.deployment_lease_expiration is not None
    assert lease.deployment_lease_expiration.isoformat() == "2018-04-12T11:18:05.418000+02:00"
    assert vapp.children is not None
    (vm,) = vapp.children.vms
    hardware = w.first_section(vm.sections, w.VirtualHardwareSection)
    assert hardware is not None
    (nic,) = [item for item in hardware.items if item.resource_type == 10]
    assert nic.connections == [
        w.Connection(
            ip_addressing_mode="POOL",
            ip_address="192.168.2.100",
            primary_network_connection=True,
            value="spec1-network",
        )
    ]
    assert nic.weight is NIL
    assert nic.connections[0].value == "spec1-network"


@pytest.mark.parametrize("change", ["text", "attribute", "order", "missing", "nil"])
def test_comparison_when_something_differs_notices(change: str) -> None:
    root = etree.fromstring(sample("live-RasdItemsList"))
    before = canonical(root)
    item = root[1]
    match change:
        case "text":
            item[0].text = "1"
        case "attribute":
            root.set("href", "elsewhere")
        case "order":
            item.append(item[0])
        case "missing":
            item.remove(item[0])
        case "nil":
            del item[1].attrib[f"{{{XSI}}}nil"]
    assert canonical(root) != before
