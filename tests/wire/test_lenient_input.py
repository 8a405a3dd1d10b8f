"""Bodies that real clients send and a strict parser would refuse.

Source: contract/python-clients.md 6, contract/go-clients.md 2.0.
"""

from __future__ import annotations

import pytest

from ssvirt.wire import types as w
from ssvirt.wire.codec import NIL, WireError, from_json, from_xml, to_xml
from ssvirt.wire.schema import OVF as OVF_NS
from ssvirt.wire.schema import WireType, elem, wire

NS = 'xmlns="http://www.vmware.com/vcloud/v1.5"'
OVF = 'xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1"'
RASD = "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData"
XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'


def test_members_when_out_of_order_and_unknown_are_read() -> None:
    """Libcloud puts InstantiationParams before Description."""
    params = from_xml(
        f"""<InstantiateVAppTemplateParams {NS} name="web" deploy="True" powerOn="0" invented="x">
              <AllEULAsAccepted>FALSE</AllEULAsAccepted>
              <Source href="https://h/api/vAppTemplate/1"/>
              <InstantiationParams/>
              <NotInAnySchema><Source href="wrong"/></NotInAnySchema>
              <Description>text</Description>
            </InstantiateVAppTemplateParams>""".encode(),
        w.InstantiateVAppTemplateParams,
    )
    assert params == w.InstantiateVAppTemplateParams(
        name="web",
        deploy=True,
        power_on=False,
        description="text",
        instantiation_params=w.InstantiationParams(),
        source=w.Reference(href="https://h/api/vAppTemplate/1"),
        all_eulas_accepted=False,
    )


@pytest.mark.parametrize(
    ("declaration", "prefix"),
    [(NS, ""), (NS.replace("xmlns", "xmlns:p"), "p:"), ('xmlns="urn:other"', ""), ("", "")],
)
def test_namespace_when_prefixed_foreign_or_absent_is_read(declaration: str, prefix: str) -> None:
    params = from_xml(
        f"<{prefix}UndeployVAppParams {declaration}><{prefix}UndeployPowerAction>powerOff"
        f"</{prefix}UndeployPowerAction></{prefix}UndeployVAppParams>".encode(),
        w.UndeployVAppParams,
    )
    assert params.undeploy_power_action == "powerOff"


@pytest.mark.parametrize(
    "root_ns", ["http://www.vmware.com/vcloud/v1.5", "http://schemas.dmtf.org/ovf/envelope/1"]
)
def test_item_when_its_root_is_in_another_namespace_is_read(root_ns: str) -> None:
    """pyvcloud sends the CPU item back as ovf:Item, with objectify's py:pytype."""
    item = from_xml(
        f"""<Item xmlns="{root_ns}" xmlns:rasd="{RASD}" xmlns:vmw="http://www.vmware.com/schema/ovf"
                  xmlns:py="http://codespeak.net/lxml/objectify/pytype">
              <rasd:ElementName>2 virtual CPU(s)</rasd:ElementName>
              <rasd:VirtualQuantity py:pytype="int"> 2 </rasd:VirtualQuantity>
              <vmw:CoresPerSocket py:pytype="int">1</vmw:CoresPerSocket>
            </Item>""".encode(),
        w.RasdItem,
    )
    assert item == w.RasdItem(
        element_name="2 virtual CPU(s)", virtual_quantity=2, cores_per_socket=w.CoresPerSocket(value=1)
    )


def test_root_when_named_in_accept_is_read() -> None:
    body = f'<ReconfigureItem {NS} name="a"/>'.encode()
    assert from_xml(body, w.Vm, accept=("CreateItem", "ReconfigureItem")).name == "a"
    with pytest.raises(WireError, match="Vm or CreateItem"):
        from_xml(body, w.Vm, accept=("CreateItem",))


def test_nil_when_the_xsd_allows_it_is_kept_else_dropped() -> None:
    item = from_xml(
        f"""<Item {NS} xmlns:rasd="{RASD}" {XSI}>
              <rasd:Limit xsi:nil="true"/><rasd:Parent xsi:nil="false"/>
            </Item>""".encode(),
        w.RasdItem,
    )
    assert item == w.RasdItem(limit=NIL, parent="")
    assert b'<rasd:Limit xsi:nil="true"/>' in to_xml(item)
    params = from_xml(f'<DeployVAppParams {NS} {XSI} xsi:nil="true"/>'.encode(), w.DeployVAppParams)
    assert params == w.DeployVAppParams()
    lease = from_xml(
        f"""<LeaseSettingsSection {NS} {XSI}>
              <StorageLeaseInSeconds xsi:nil="true"/>
            </LeaseSettingsSection>""".encode(),
        w.LeaseSettingsSection,
    )
    assert lease.storage_lease_in_seconds is None


def test_attribute_when_two_namespaces_share_its_name_takes_the_declared_one() -> None:
    """xsi:type is never mistaken for type; a foreign one fills in only where the declared one is missing."""
    link = from_xml(
        f'<Link {NS} {XSI} xmlns:x="urn:x" xsi:type="LinkType" x:type="b" type="a" x:rel="up"/>'.encode(),
        w.Link,
    )
    assert link == w.Link(type="a", rel="up")


def test_typed_value_when_its_xsi_type_is_prefixed_is_read() -> None:
    value = from_xml(
        f'<MetadataValue {NS} {XSI} xmlns:ns0="http://www.vmware.com/vcloud/v1.5">'
        '<TypedValue xsi:type="ns0:MetadataNumberValue"><Value>7</Value></TypedValue>'
        "</MetadataValue>".encode(),
        w.MetadataValue,
    )
    assert value.typed_value == w.MetadataNumberValue(value=7)


def test_sections_when_mixed_and_unknown_keep_the_order_of_the_known() -> None:
    params = from_xml(
        f"""<InstantiationParams {NS} {OVF}>
              <NetworkConnectionSection><ovf:Info>x</ovf:Info></NetworkConnectionSection>
              <ovf:InventedSection/>
              <ovf:VirtualHardwareSection/>
              <GuestCustomizationSection/>
            </InstantiationParams>""".encode(),
        w.InstantiationParams,
    )
    assert params.sections == [
        w.NetworkConnectionSection(info="x"),
        w.VirtualHardwareSection(),
        w.GuestCustomizationSection(),
    ]


def test_comments_and_processing_instructions_when_inside_are_skipped() -> None:
    org = from_xml(
        f"<?a b?><!-- c --><Org {NS}><Description>one<!-- two --> three</Description></Org>".encode(),
        w.Org,
    )
    assert org.description == "one three"


def test_byte_order_mark_when_present_is_skipped() -> None:
    assert from_xml(b"\xef\xbb\xbf" + f'<Org {NS} name="\u00e9"/>'.encode(), w.Org).name == "\u00e9"


@pytest.mark.parametrize("word", ["true", "TRUE", "True", "1", " true "])
def test_bool_when_spelled_otherwise_is_true(word: str) -> None:
    assert (
        from_xml(f'<DeployVAppParams {NS} powerOn="{word}"/>'.encode(), w.DeployVAppParams).power_on is True
    )
    assert from_json({"powerOn": word}, w.DeployVAppParams).power_on is True


def test_json_when_it_has_nulls_unknown_members_and_numbers_as_text_is_read() -> None:
    vapp = from_json(
        {
            "_type": "VAppType",
            "name": "web",
            "description": None,
            "status": "4",
            "invented": [1],
            "link": [None],
            "section": [
                {"_type": "InventedSectionType"},
                {"_type": "SnapshotSectionType", "info": "bare", "required": None},
            ],
            "vCloudExtension": [],
            "otherAttributes": {},
        },
        w.VApp,
    )
    assert vapp == w.VApp(name="web", status=4, sections=[w.SnapshotSection(info="bare")])


def test_encoding_when_declared_otherwise_is_utf8_all_the_same() -> None:
    document = '<?xml version="1.0" encoding="ISO-8859-1"?><Org name="\u00e9"/>'
    assert from_xml(document.encode(), w.Org).name == "\u00e9"
    with pytest.raises(WireError, match="well-formed"):
        from_xml(document.encode("iso-8859-1"), w.Org)


@wire("Pair")
class Pair(WireType):
    plain: str | None = elem("Name")
    foreign: str | None = elem("Name", ns=OVF_NS)


def test_elements_when_two_namespaces_share_a_name_are_told_apart() -> None:
    pair = from_xml(f"<Pair {NS} {OVF}><ovf:Name>b</ovf:Name><Name>a</Name></Pair>".encode(), Pair)
    assert pair == Pair(plain="a", foreign="b")
