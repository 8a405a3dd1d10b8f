"""What is written: order, namespaces, forms of values, versions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from lxml import etree

from ssvirt.wire import types as w
from ssvirt.wire.codec import NIL, from_json, from_xml, to_json, to_xml
from ssvirt.wire.media import VAPP, media_type
from ssvirt.wire.scalars import Moment
from ssvirt.wire.schema import WireType, attr, elem, wire

V15 = "http://www.vmware.com/vcloud/v1.5"
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'


def xml(obj: WireType, version: str = "37.0") -> str:
    return to_xml(obj, version=version).decode().removeprefix(HEAD)


def test_document_when_written_is_in_schema_order_with_v15_as_default_namespace() -> None:
    catalog = w.Catalog(
        is_published=False,
        name="c1",
        description="",
        catalog_items=w.CatalogItems(),
        links=[w.Link(rel="up", href="https://h/api/org/1", type="t")],
    )
    assert to_xml(catalog).decode() == (
        f'{HEAD}<Catalog xmlns="{V15}" name="c1">'
        '<Link href="https://h/api/org/1" type="t" rel="up"/>'
        "<Description></Description><CatalogItems/><IsPublished>false</IsPublished></Catalog>"
    )


def test_namespaces_when_used_are_declared_on_the_root() -> None:
    section = w.NetworkSection(
        href="https://h", info="i", networks=[w.OvfNetwork(name="n")], links=[w.Link(rel="edit")]
    )
    assert xml(section) == (
        f'<ovf:NetworkSection xmlns="{V15}" xmlns:ns4="{V15}"'
        ' xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1" ns4:href="https://h"><ovf:Info>i</ovf:Info>'
        '<ovf:Network ovf:name="n"/><Link rel="edit"/></ovf:NetworkSection>'
    )


def test_prefixes_when_not_needed_are_absent() -> None:
    assert "xmlns:" not in xml(w.Session(user="u", authorized_locations=w.AuthorizedLocations()))
    assert "xmlns:ns4" not in xml(w.LeaseSettingsSection(href="https://h"))


def test_supported_versions_when_written_have_their_own_namespace() -> None:
    versions = w.SupportedVersions(
        version_infos=[w.VersionInfo(deprecated=False, version="37.0", login_url="u")]
    )
    assert xml(versions) == (
        '<SupportedVersions xmlns="http://www.vmware.com/vcloud/versions"><VersionInfo deprecated="false">'
        "<Version>37.0</Version><LoginUrl>u</LoginUrl></VersionInfo></SupportedVersions>"
    )


def test_item_when_a_root_is_in_v15_and_in_hardware_in_ovf() -> None:
    item = w.RasdItem(element_name="cpu", instance_id="1", weight=NIL)
    assert etree.fromstring(to_xml(item)).tag == f"{{{V15}}}Item"
    hardware = etree.fromstring(to_xml(w.VirtualHardwareSection(items=[item])))
    assert hardware[0].tag == "{http://schemas.dmtf.org/ovf/envelope/1}Item"


def test_link_when_given_as_a_reference_is_written_as_one() -> None:
    task = w.Task(owner=w.Link(href="h", rel="down"))
    assert '<Owner href="h"/>' in xml(task)
    assert to_json(task)["owner"] == {"href": "h"}


def test_values_when_they_need_escaping_are_escaped() -> None:
    nasty = '<a href="x">&\'\r\n\t</a>'
    org = w.Org(name=nasty, description=nasty)
    assert from_xml(to_xml(org), w.Org) == org


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2006, 1, 2, 15, 4, 5, 123456, tzinfo=UTC), "2006-01-02T15:04:05.123Z"),
        (datetime(2006, 1, 2, 15, 4, 5, tzinfo=UTC), "2006-01-02T15:04:05.000Z"),
        (datetime(2006, 1, 2, 17, 4, 5, tzinfo=timezone(timedelta(hours=2))), "2006-01-02T15:04:05.000Z"),
    ],
)
def test_moment_when_written_is_utc_with_milliseconds(moment: datetime, text: str) -> None:
    assert to_json(w.Task(start_time=moment)) == {"startTime": text}
    assert f'startTime="{text}"' in xml(w.Task(start_time=moment))


@pytest.mark.parametrize(
    "text", ["2018-03-02T13:21:51.753+01:00", "2018-03-02T13:21:51Z", "2018-03-02T13:21:51.1234567-05:00"]
)
def test_moment_when_parsed_is_aware_and_written_back_as_spelled(text: str) -> None:
    task = from_json({"startTime": text}, w.Task)
    assert task.start_time is not None
    assert task.start_time.utcoffset() is not None
    assert to_json(task) == {"startTime": text}
    later = task.start_time + timedelta(seconds=1)
    assert to_json(w.Task(start_time=later)) != to_json(task)


def test_moment_when_it_has_no_zone_is_utc_on_the_way_in_and_an_error_on_the_way_out() -> None:
    task = from_json({"startTime": "2018-03-02T13:21:51"}, w.Task)
    assert task.start_time == datetime(2018, 3, 2, 13, 21, 51, tzinfo=UTC)
    assert isinstance(task.start_time, Moment)
    with pytest.raises(ValueError, match="aware"):
        to_xml(w.Task(start_time=datetime(2018, 3, 2)))  # noqa: DTZ001


def test_member_when_newer_than_the_version_is_not_written() -> None:
    section = w.VmSpecSection(firmware="efi", os_type="x")
    assert "Firmware" not in xml(section, "37.0")
    assert "Firmware" not in xml(section, "36.0")
    assert "<Firmware>efi</Firmware>" in xml(section, "37.1")
    assert "<Firmware>efi</Firmware>" in xml(section, "38.0.0-alpha")
    assert "firmware" not in to_json(section, version="37.0")
    assert to_json(section, version="37.1")["firmware"] == "efi"


@wire("Sample")
class Sample(WireType):
    gone: str | None = attr("gone", until="36.0")
    fresh: int | None = elem("Fresh", since="36.0")


def test_member_when_withdrawn_is_written_to_older_versions_only() -> None:
    sample = Sample(gone="a", fresh=1)
    assert xml(sample, "35.2") == f'<Sample xmlns="{V15}" gone="a"/>'
    assert xml(sample, "36.0") == f'<Sample xmlns="{V15}"><Fresh>1</Fresh></Sample>'


def test_json_when_written_has_real_booleans_numbers_and_types() -> None:
    vapp = w.VApp(
        status=8,
        deployed=True,
        tasks=w.TasksInProgress(tasks=[w.Task(name="task")]),
        children=w.VAppChildren(vms=[w.Vm(name="vm1")]),
        sections=[w.NetworkConfigSection(info="i", required=False), w.NetworkSection(href="https://h")],
    )
    assert to_json(vapp) == {
        "status": 8,
        "deployed": True,
        "tasks": {"task": [{"name": "task"}]},
        "section": [
            {"_type": "NetworkConfigSectionType", "required": False, "info": {"value": "i"}},
            {"_type": "NetworkSectionType", "otherAttributes": {f"{{{V15}}}href": "https://h"}},
        ],
        "children": {"vm": [{"name": "vm1"}]},
    }


def test_json_when_it_holds_records_and_typed_values_has_their_types() -> None:
    records = w.QueryResultRecords(total=1, records=[w.VAppRecord(name="a", number_of_vms=2)])
    assert to_json(records) == {
        "total": 1,
        "record": [{"_type": "QueryResultVAppRecordType", "name": "a", "numberOfVMs": 2}],
    }
    value = w.MetadataValue(typed_value=w.MetadataBooleanValue(value=True))
    assert to_json(value) == {"typedValue": {"_type": "MetadataBooleanValue", "value": True}}
    assert '<TypedValue xsi:type="MetadataBooleanValue"><Value>true</Value></TypedValue>' in xml(value)


def test_records_when_written_have_the_elements_of_their_kind() -> None:
    records = w.QueryResultRecords(records=[w.OrgVdcRecord(name="v"), w.AdminVdcRecord(name="a")])
    assert xml(records) == (
        f'<QueryResultRecords xmlns="{V15}">'
        '<OrgVdcRecord name="v"/><AdminVdcRecord name="a"/></QueryResultRecords>'
    )
    references = w.VAppReferences(references=[w.VAppReference(href="h", name="n")])
    assert '<VAppReference href="h" name="n"/>' in xml(references)


def test_nil_when_written_as_json_is_null() -> None:
    assert to_json(w.RasdItem(limit=NIL, weight=3)) == {"limit": None, "weight": {"value": 3}}


def test_media_type_when_asked_for_a_form_has_its_suffix() -> None:
    assert media_type(w.VApp) == VAPP == "application/vnd.vmware.vcloud.vApp+xml"
    assert media_type(w.VApp, "json") == "application/vnd.vmware.vcloud.vApp+json"
    assert media_type(w.IpScopes, "json") == "application/json"
    assert media_type(w.IpScopes) == "application/xml"
    assert media_type(w.SupportedVersions) == "text/xml"
    assert media_type(w.SupportedVersions, "json") == "application/json"


def test_declaration_when_a_field_is_no_member_is_refused() -> None:
    with pytest.raises(TypeError, match="stray"):

        @wire("Broken")
        class Broken(WireType):
            stray: str | None = None


def test_constructor_when_given_an_unknown_field_is_refused() -> None:
    with pytest.raises(TypeError):
        w.VApp(nmae="typo")  # type: ignore[call-arg]
    with pytest.raises(AttributeError):
        w.VApp().nmae = "typo"  # type: ignore[attr-defined]
