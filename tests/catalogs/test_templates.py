"""vApp templates and their VMs: each section by itself, as the document has it."""

from typing import Any

import pytest
from lxml import etree

from ssvirt.core.tenancy import ALL, acting_for
from ssvirt.wire import media
from tests.api.tenants import ACCEPT_OF, Tenants, xml

pytestmark = pytest.mark.django_db
SECTIONS = ("leaseSettingsSection", "networkSection", "networkConfigSection", "customizationSection")
VM_SECTIONS = ("networkConnectionSection", "guestCustomizationSection", "virtualHardwareSection")


def template_path(tenants: Tenants) -> str:
    return f"/api/vAppTemplate/vappTemplate-{tenants.acme.template.pk}"


def vm_path(tenants: Tenants) -> str:
    with acting_for(ALL):
        return f"/api/vAppTemplate/vm-{tenants.acme.template.vms.first().pk}"


def without_noise(section: etree._Element) -> list[Any]:
    return [
        (each.tag, (each.text or "").strip(), sorted(each.attrib.items()))
        for each in section.iter(etree.Element)
    ]


@pytest.mark.parametrize(
    ("of", "name"),
    [(template_path, name) for name in SECTIONS] + [(vm_path, name) for name in VM_SECTIONS],
)
def test_section_when_read_alone_then_as_in_the_document(tenants: Tenants, of: Any, name: str) -> None:
    bob, path = tenants.api("bob"), of(tenants)
    document = xml(bob.get(path))
    (href,) = (
        value
        for each in document
        for key, value in each.attrib.items()
        if etree.QName(key).localname == "href" and value.rstrip("/").endswith(f"{path}/{name}")
    )
    (inside,) = (each for each in document if href in each.attrib.values())
    alone = xml(bob.get(href))
    assert without_noise(alone) == without_noise(inside)
    assert tenants.api("bob", ACCEPT_OF["json"]).get(href).status_code == 200


def test_template_when_read_then_it_names_a_vdc_that_lists_it(tenants: Tenants) -> None:
    bob = tenants.api("bob")
    document = xml(bob.get(template_path(tenants)))
    (vdc,) = (
        link.get("href")
        for link in document.findall("{*}Link")
        if (link.get("rel"), link.get("type")) == ("up", media.VDC)
    )
    listed = {each.get("href") for each in xml(bob.get(vdc)).iter("{*}ResourceEntity")}
    assert document.get("href") in listed


def test_template_when_published_by_another_organization_then_it_names_no_vdc(tenants: Tenants) -> None:
    document = xml(tenants.api("dave").get(template_path(tenants)))
    assert not [link for link in document.findall("{*}Link") if link.get("type") == media.VDC]
