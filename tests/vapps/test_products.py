"""Product sections (guest properties) of vApps and VMs."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from lxml import etree

from ssvirt.core.tenancy import ALL, acting_for
from ssvirt.core.urns import uuid_in
from tasks.engine import advance
from tasks.models import Task, TaskSecret
from tests.api.tenants import JSON, Tenants, error_of, xml
from tests.api.tenants import tenants as tenants  # a fixture
from vapps.models import VApp, Vm

V15 = "http://www.vmware.com/vcloud/v1.5"
OVF = "http://schemas.dmtf.org/ovf/envelope/1"
PRODUCTS = "application/vnd.vmware.vcloud.productSections+xml"
# As terraform-provider-vcd writes guest_properties.
TERRAFORM = (
    f'<ProductSectionList xmlns="{V15}" xmlns:ovf="{OVF}"><ovf:ProductSection>'
    "<ovf:Info>Custom properties</ovf:Info>"
    '<ovf:Property ovf:key="guest.hostname" ovf:type="string" ovf:userConfigurable="true">'
    '<ovf:Label>Host name</ovf:Label><ovf:Value ovf:value="web &amp; more"/></ovf:Property>'
    '<ovf:Property ovf:key="secret" ovf:type="string" ovf:password="true" ovf:value="hunter2"/>'
    "</ovf:ProductSection></ProductSectionList>"
)


def products(*properties: str, attributes: str = "") -> str:
    return (
        f'<ProductSectionList xmlns="{V15}" xmlns:ovf="{OVF}"><ovf:ProductSection {attributes}><ovf:Info/>'
        f"{''.join(properties)}</ovf:ProductSection></ProductSectionList>"
    )


def path_of(tenants: Tenants, kind: str) -> str:
    acme = tenants.acme
    return {
        "vApp": f"/api/vApp/vapp-{acme.vapp.pk}",
        "vm": f"/api/vApp/vm-{acme.vm.pk}",
        "vm alias": f"/api/vm/{acme.vm.pk}",
    }[kind]


def put(tenants: Tenants, user: str, path: str, body: Any, content_type: str = PRODUCTS) -> Any:
    return tenants.api(user).call("PUT", f"{path}/productSections", body, content_type=content_type)


def finish(response: Any) -> None:
    assert response.status_code == 202, response.content
    task = xml(response)
    assert task.get("operationName") == "vappUpdateProductSections"
    assert advance(uuid_in(task.get("href")))
    with acting_for(ALL):
        assert Task.objects.get(pk=uuid_in(task.get("href"))).status == "success"
        assert not TaskSecret.objects.exists()


def shape(section: etree._Element) -> Any:
    """An element without its prefixes and white space, to compare."""
    return (
        etree.QName(section).text,
        dict(section.attrib),
        (section.text or "").strip(),
        [shape(child) for child in section if etree.QName(child).namespace == OVF],
    )


@pytest.mark.parametrize("kind", ["vApp", "vm", "vm alias"])
def test_sections_when_put_then_come_back_unchanged(tenants: Tenants, kind: str) -> None:
    path, alice = path_of(tenants, kind), tenants.api("alice")
    assert xml(alice.get(f"{path}/productSections")).findall(f"{{{OVF}}}ProductSection") == []
    finish(put(tenants, "alice", path, TERRAFORM))
    sent = etree.fromstring(TERRAFORM)[0]
    for slash in ("", "/"):
        root = xml(alice.get(f"{path}/productSections{slash}"))
        assert etree.QName(root).localname == "ProductSectionList"
        assert [shape(each) for each in root.findall(f"{{{OVF}}}ProductSection")] == [shape(sent)]
    document = xml(alice.get(path))
    assert [shape(each) for each in document.findall(f"{{{OVF}}}ProductSection")] == [shape(sent)]


def test_sections_when_the_answer_comes_back_with_one_more_then_both_are_there(tenants: Tenants) -> None:
    # As pyvcloud changes a property: it puts what it got, at the edit link.
    path, alice = path_of(tenants, "vApp"), tenants.api("alice")
    finish(put(tenants, "alice", path, TERRAFORM))
    root = xml(alice.get(f"{path}/productSections"))
    links = {link.get("rel"): (link.get("href"), link.get("type")) for link in root.findall(f"{{{V15}}}Link")}
    assert links["edit"] == (f"http://testserver{path}/productSections/", PRODUCTS)
    section = etree.SubElement(root, f"{{{OVF}}}ProductSection", {f"{{{OVF}}}class": "c"})
    etree.SubElement(section, f"{{{OVF}}}Info")
    etree.SubElement(section, f"{{{OVF}}}Property", {f"{{{OVF}}}key": "k", f"{{{OVF}}}value": "v"})
    finish(alice.call("PUT", links["edit"][0], etree.tostring(root), content_type=PRODUCTS))
    root = xml(alice.get(f"{path}/productSections"))
    assert [each.get(f"{{{OVF}}}key") for each in root.iter(f"{{{OVF}}}Property")] == [
        "guest.hostname",
        "secret",
        "k",
    ]


def test_sections_when_put_empty_then_gone(tenants: Tenants) -> None:
    path, alice = path_of(tenants, "vm"), tenants.api("alice")
    finish(put(tenants, "alice", path, TERRAFORM))
    finish(put(tenants, "alice", path, f'<ProductSectionList xmlns="{V15}"/>'))
    assert xml(alice.get(f"{path}/productSections")).findall(f"{{{OVF}}}ProductSection") == []


def test_sections_when_in_json_then_the_same(tenants: Tenants) -> None:
    path, alice = path_of(tenants, "vApp"), tenants.api("alice", JSON)
    body = {
        "productSection": [
            {"info": {"value": "i"}, "property": [{"key": "k", "type": "string", "value": "v"}]}
        ]
    }
    response = alice.call(
        "PUT",
        f"{path}/productSections",
        body,
        content_type="application/vnd.vmware.vcloud.productSections+json",
    )
    assert response.status_code == 202, response.content
    assert advance(uuid_in(response.json()["href"]))
    found = alice.get(f"{path}/productSections").json()["productSection"][0]["property"][0]
    assert (found["key"], found["value"]) == ("k", "v")


def test_sections_when_submitted_then_no_value_in_the_tasks_arguments(tenants: Tenants) -> None:
    response = put(tenants, "alice", path_of(tenants, "vm"), TERRAFORM)
    with acting_for(ALL):
        task = Task.objects.get(pk=uuid_in(xml(response).get("href")))
    assert "hunter2" not in f"{task.args} {task.notes} {task.description}"


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (products('<ovf:Property ovf:type="string"/>'), "no key"),
        (products('<ovf:Property ovf:key="odd" ovf:type="colour"/>'), "odd"),
        (products('<ovf:Property ovf:key="twice"/><ovf:Property ovf:key="twice"/>'), "twice"),
        (products('<ovf:Property ovf:key="k" ovf:userConfigurable="perhaps"/>'), "perhaps"),
        ("<Other/>", "Other"),
        ("", "no body"),
    ],
)
@pytest.mark.parametrize("kind", ["vApp", "vm"])
def test_sections_when_bad_then_400_naming_it_and_nothing_changes(
    tenants: Tenants, kind: str, body: str, word: str
) -> None:
    with acting_for(ALL):
        before = Task.objects.count()
    response = put(tenants, "alice", path_of(tenants, kind), body)
    assert word in error_of(response, 400, "xml")["message"]
    with acting_for(ALL):
        assert Task.objects.count() == before


@pytest.mark.parametrize("kind", ["vApp", "vm"])
@pytest.mark.parametrize("user", ["dave", "bob"])
def test_sections_when_anothers_then_403(tenants: Tenants, kind: str, user: str) -> None:
    path = path_of(tenants, kind)
    with acting_for(ALL):
        before = Task.objects.count()
    error_of(tenants.api(user).get(f"{path}/productSections"), 403, "xml")
    error_of(put(tenants, user, path, TERRAFORM), 403, "xml")
    with acting_for(ALL):
        assert Task.objects.count() == before


def test_sections_when_the_entity_is_being_deleted_then_400(tenants: Tenants) -> None:
    with acting_for(ALL):
        VApp.objects.filter(pk=tenants.acme.vapp.pk).update(projected_state="gone")
        Vm.objects.filter(pk=tenants.acme.vm.pk).update(projected_state="gone")
    for kind in ("vApp", "vm"):
        response = put(tenants, "alice", path_of(tenants, kind), TERRAFORM)
        assert "being deleted" in error_of(response, 400, "xml")["message"]


def test_sections_when_the_entity_went_meanwhile_then_the_task_fails(tenants: Tenants) -> None:
    response = put(tenants, "alice", path_of(tenants, "vm"), TERRAFORM)
    task = uuid_in(xml(response).get("href"))
    with acting_for(ALL):
        Vm.objects.filter(pk=tenants.acme.vm.pk).delete()
    assert advance(task)
    with acting_for(ALL):
        assert Task.objects.get(pk=task).status == "error"


def test_sql_when_there_are_more_properties_then_two_statements(tenants: Tenants) -> None:
    path, alice = path_of(tenants, "vm"), tenants.api("alice")
    finish(put(tenants, "alice", path, TERRAFORM))
    counted = []
    for number in (1, 40):
        body = products(*(f'<ovf:Property ovf:key="k{n}"/>' for n in range(number)))
        finish(put(tenants, "alice", path, body))
        with CaptureQueriesContext(connection) as captured:
            assert alice.get(f"{path}/productSections/").status_code == 200
        counted.append(len(captured))
    assert counted == [2, 2]  # the session, the VM
