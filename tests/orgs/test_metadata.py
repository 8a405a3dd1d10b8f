"""Metadata of every kind of entity: values, domains, visibility, merge, who may write it, what it costs."""

import uuid
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from lxml import etree

from orgs.models import AccessGrant, MetadataEntry, Org
from orgs.services import metadata_forget
from ssvirt.core.tenancy import ALL, acting_for
from ssvirt.core.urns import uuid_in
from tasks.engine import advance
from tasks.models import Claim, Task
from tasks.services import EXCLUSIVE, Owner, task_submit
from tests.api.tenants import ACCEPT_OF, FORBIDDEN, JSON, Tenants, error_of, xml
from tests.fixtures import ACTOR
from vapps.models import NamedDisk, VApp, Vm
from vdcs.models import EdgeGateway, StoragePolicy, VdcStoragePolicy

V15 = "http://www.vmware.com/vcloud/v1.5"
_NS = f'xmlns="{V15}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
METADATA = "application/vnd.vmware.vcloud.metadata+xml"
VALUE = "application/vnd.vmware.vcloud.metadata.value+xml"


def entry(
    key: str, value: str, kind: str = "String", *, domain: str = "GENERAL", visibility: str = "READWRITE"
) -> str:
    """An entry as pyvcloud writes it."""
    return (
        f'<MetadataEntry type="xs:string"><Domain visibility="{visibility}">{domain}</Domain><Key>{key}</Key>'
        f'<TypedValue xsi:type="Metadata{kind}Value"><Value>{value}</Value></TypedValue></MetadataEntry>'
    )


def metadata(*entries: str) -> str:
    return f"<Metadata {_NS}>{''.join(entries)}</Metadata>"


def value_body(value: str, kind: str = "String", *, domain: str = "", visibility: str = "READWRITE") -> str:
    """A value as go-vcloud-director writes it."""
    tag = f'<Domain visibility="{visibility}">{domain}</Domain>' if domain else ""
    return (
        f'<MetadataValue {_NS}>{tag}<TypedValue xsi:type="Metadata{kind}Value"><Value>{value}</Value>'
        "</TypedValue></MetadataValue>"
    )


def finish(response: Any, operation: str = "metadataUpdate") -> None:
    """The task of a 202 runs and succeeds."""
    assert response.status_code == 202, response.content
    task = xml(response)
    assert task.get("operationName") == operation
    assert response["Location"] == task.get("href")
    assert advance(uuid_in(task.get("href")))
    with acting_for(ALL):
        ended = Task.objects.get(pk=uuid_in(task.get("href")))
    assert (ended.status, ended.error) == ("success", None)


def entries_of(response: Any) -> dict[str, str]:
    """Key -> value of a Metadata document."""
    root = xml(response)
    return {
        each.findtext(f"{{{V15}}}Key"): each.findtext(f"{{{V15}}}TypedValue/{{{V15}}}Value")
        for each in root.iter(f"{{{V15}}}MetadataEntry")
    }


def links_of(root: etree._Element) -> dict[str, tuple[str, str | None]]:
    return {link.get("rel"): (link.get("href"), link.get("type")) for link in root.findall(f"{{{V15}}}Link")}


def count() -> int:
    with acting_for(ALL):
        return MetadataEntry.objects.count()


def tasks() -> int:
    with acting_for(ALL):
        return Task.objects.count()


def vapp_path(tenants: Tenants) -> str:
    return f"/api/vApp/vapp-{tenants.acme.vapp.pk}"


def paths_of(tenants: Tenants) -> dict[str, str]:
    """Where each kind's metadata can be read and written, by kind."""
    acme = tenants.acme
    with acting_for(ALL):
        disk = NamedDisk.objects.get(org=acme.org)
        edge = EdgeGateway.objects.get(org=acme.org)
        profile = VdcStoragePolicy.objects.get(vdc=acme.vdc)
        template_vm = acme.secret.vms.get()
    return {
        "vApp": f"/api/vApp/vapp-{acme.vapp.pk}",
        "vm": f"/api/vApp/vm-{acme.vm.pk}",
        "vm alias": f"/api/vm/{acme.vm.pk}",
        "vAppTemplate": f"/api/vAppTemplate/vappTemplate-{acme.secret.pk}",
        "templateVm": f"/api/vAppTemplate/vm-{template_vm.pk}",
        "media": f"/api/media/{acme.media.pk}",
        "catalog": f"/api/catalog/{acme.private.pk}",
        "admin catalog": f"/api/admin/catalog/{acme.private.pk}",
        "catalogItem": f"/api/catalogItem/{acme.media.item_id}",
        "admin catalogItem": f"/api/admin/catalogItem/{acme.media.item_id}",
        "org": f"/api/org/{acme.org.pk}",
        "admin org": f"/api/admin/org/{acme.org.pk}",
        "vdc": f"/api/vdc/{acme.vdc.pk}",
        "admin vdc": f"/api/admin/vdc/{acme.vdc.pk}",
        "network": f"/api/network/{acme.net.pk}",
        "admin network": f"/api/admin/network/{acme.net.pk}",
        "vAppNetwork": f"/api/network/{acme.vapp_network.pk}",
        "disk": f"/api/disk/{disk.pk}",
        "edgeGateway": f"/api/admin/edgeGateway/{edge.pk}",
        "storage profile": f"/api/vdcStorageProfile/{profile.pk}",
        "admin storage profile": f"/api/admin/vdcStorageProfile/{profile.pk}",
    }


KINDS = (
    *("vApp", "vm", "vm alias", "vAppTemplate", "templateVm", "media", "catalog", "admin catalog"),
    *("catalogItem", "admin catalogItem", "org", "admin org", "vdc", "admin vdc", "network", "admin network"),
    *("vAppNetwork", "disk", "edgeGateway", "storage profile", "admin storage profile"),
)


@pytest.mark.parametrize("kind", KINDS)
def test_metadata_when_of_any_kind_then_written_read_and_removed(tenants: Tenants, kind: str) -> None:
    alice, path = tenants.api("alice"), paths_of(tenants)[kind]
    finish(
        alice.post(f"{path}/metadata", metadata(entry("stage", "test"), entry("n", "7", "Number")), METADATA)
    )
    for slash in ("", "/"):
        response = alice.get(f"{path}/metadata{slash}")
        assert {"stage": "test", "n": "7"}.items() <= entries_of(response).items()
    shown = path.replace("/api/vm/", "/api/vApp/vm-").replace("admin/catalogItem", "catalogItem")
    assert xml(response).get("href") == f"http://testserver{shown}/metadata"
    found = xml(alice.get(f"{path}/metadata/stage"))
    assert etree.QName(found).localname == "MetadataValue"
    assert found.findtext(f"{{{V15}}}TypedValue/{{{V15}}}Value") == "test"
    finish(alice.delete(f"{path}/metadata/GENERAL/stage"), "metadataDelete")
    assert "stage" not in entries_of(alice.get(f"{path}/metadata"))
    error_of(alice.get(f"{path}/metadata/stage"), 403, "xml")


@pytest.mark.parametrize("kind", KINDS)
def test_metadata_when_anothers_then_403_and_nothing_written(tenants: Tenants, kind: str) -> None:
    dave, path = tenants.api("dave"), paths_of(tenants)[kind]
    before = (count(), tasks())
    for method, tail, body in (
        ("GET", "", None),
        ("POST", "", metadata(entry("k", "v"))),
        ("GET", "/k", None),
        ("PUT", "/k", value_body("x")),
        ("DELETE", "/k", None),
    ):
        response = dave.call(
            method, f"{path}/metadata{tail}", body, content_type="application/xml" if body else ""
        )
        assert error_of(response, 403, "xml")["minor"] == FORBIDDEN
        assert "acme" not in response.content.decode()
    assert (count(), tasks()) == before


@pytest.mark.parametrize("path", ["providervdc", "pvdcStorageProfile"])
def test_metadata_when_the_providers_then_for_system_only(tenants: Tenants, path: str) -> None:
    root, alice = tenants.api("administrator"), tenants.api("alice")
    with acting_for(ALL):
        entity = tenants.pvdc if path == "providervdc" else StoragePolicy.objects.get()
    href = f"/api/admin/{path}/{entity.pk}"
    finish(root.post(f"{href}/metadata", metadata(entry("rack", "7")), METADATA))
    assert entries_of(root.get(f"{href}/metadata")) == {"rack": "7"}
    with acting_for(ALL):
        assert MetadataEntry.objects.get(key="rack").org == Org.objects.get(is_provider=True)
    error_of(alice.get(f"{href}/metadata"), 403, "xml")
    error_of(alice.post(f"{href}/metadata", metadata(entry("a", "b")), METADATA), 403, "xml")


# -- values


@pytest.mark.parametrize(
    ("kind", "sent", "read"),
    [
        ("String", "  a b &lt;&amp;&gt; ü ", "  a b <&> ü "),
        ("String", "", ""),
        ("Number", " -0042 ", "-42"),
        ("Number", "9223372036854775807", "9223372036854775807"),
        ("Boolean", "TRUE", "true"),
        ("Boolean", "0", "false"),
        ("DateTime", "2024-02-29T10:00:00.000+02:00", "2024-02-29T10:00:00.000+02:00"),
    ],
)
def test_value_when_of_a_type_then_kept_with_it(tenants: Tenants, kind: str, sent: str, read: str) -> None:
    alice, path = tenants.api("alice"), vapp_path(tenants)
    finish(alice.call("PUT", f"{path}/metadata/key", value_body(sent, kind), content_type=VALUE))
    typed = xml(alice.get(f"{path}/metadata/key")).find(f"{{{V15}}}TypedValue")
    assert typed.get("{http://www.w3.org/2001/XMLSchema-instance}type") == f"Metadata{kind}Value"
    assert (typed.findtext(f"{{{V15}}}Value") or "") == read


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("Number", "seven"),
        ("Number", "1.5"),
        ("Number", ""),
        ("Number", "9223372036854775808"),
        ("Boolean", "yes"),
        ("DateTime", "yesterday"),
        ("DateTime", "2024-02-30T10:00:00Z"),
        ("String", "x" * 32769),
    ],
)
def test_value_when_it_does_not_fit_its_type_then_400_naming_the_key(
    tenants: Tenants, kind: str, value: str
) -> None:
    alice, path = tenants.api("alice"), vapp_path(tenants)
    before = (count(), tasks())
    for response in (
        alice.post(f"{path}/metadata", metadata(entry("fine", "x"), entry("odd", value, kind)), METADATA),
        alice.call("PUT", f"{path}/metadata/odd", value_body(value, kind), content_type=VALUE),
    ):
        error = error_of(response, 400, "xml")
        assert error["minor"] == "BAD_REQUEST"
        assert "'odd'" in error["message"]
    assert (count(), tasks()) == before


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (metadata(), ["no metadata entry"]),
        (metadata(entry("", "v")), ["key"]),
        (metadata(entry("k" * 257, "v")), ["256"]),
        (metadata(entry("ends/", "v")), ["ends/"]),
        (metadata(entry("tab&#9;bed", "v")), ["tab?bed"]),
        (metadata(entry("twice", "1"), entry("twice", "2")), ["'twice'", "more than once"]),
        (metadata(entry("k", "v", domain="MINE")), ["'k'", "MINE"]),
        (metadata(entry("k", "v", visibility="READONLY")), ["'k'", "READONLY", "GENERAL"]),
        (metadata(entry("k", "v", visibility="HIDDEN")), ["'k'", "HIDDEN"]),
        (metadata(entry("k", "v", "Colour")), ["MetadataColourValue"]),
        (metadata("<MetadataEntry><Key>k</Key></MetadataEntry>"), ["'k'", "no value"]),
        ("<MetadataValue/>", ["MetadataValue"]),
        ("<Metadata", ["well-formed"]),
        ("", ["no body"]),
    ],
)
def test_merge_when_the_body_is_bad_then_400_naming_the_offender(
    tenants: Tenants, body: str, words: list[str]
) -> None:
    before = (count(), tasks())
    response = tenants.api("alice").post(f"{vapp_path(tenants)}/metadata", body, METADATA)
    error = error_of(response, 400, "xml")
    for word in words:
        assert word in error["message"]
    assert (count(), tasks()) == before


def test_merge_when_entries_exist_then_the_named_are_replaced_and_others_stay(tenants: Tenants) -> None:
    alice, path = tenants.api("alice"), vapp_path(tenants)
    finish(alice.post(f"{path}/metadata", metadata(entry("a", "1"), entry("b", "2")), METADATA))
    finish(alice.post(f"{path}/metadata", metadata(entry("b", "3", "Number"), entry("c", "4")), METADATA))
    assert entries_of(alice.get(f"{path}/metadata")) == {"a": "1", "b": "3", "c": "4"}


def test_merge_when_the_whole_document_comes_back_then_taken(tenants: Tenants) -> None:
    alice, path = tenants.api("alice"), vapp_path(tenants)
    finish(alice.post(f"{path}/metadata", metadata(entry("a", "1")), METADATA))
    whole = alice.get(f"{path}/metadata").content.decode()
    finish(alice.post(f"{path}/metadata", whole.replace(">1<", ">2<"), METADATA))
    assert entries_of(alice.get(f"{path}/metadata")) == {"a": "2"}


def test_metadata_when_in_json_then_the_same(tenants: Tenants) -> None:
    alice, path = tenants.api("alice", JSON), vapp_path(tenants)
    number = {"_type": "MetadataNumberValue", "value": 7}
    body = {"metadataEntry": [{"key": "n", "typedValue": number}]}
    response = alice.post(f"{path}/metadata", body, "application/vnd.vmware.vcloud.metadata+json")
    assert response.status_code == 202, response.content
    assert advance(uuid_in(response.json()["href"]))
    found = alice.get(f"{path}/metadata").json()["metadataEntry"][0]
    assert (found["key"], found["typedValue"]) == ("n", number)
    assert found["domain"] == {"visibility": "READWRITE", "value": "GENERAL"}
    single = alice.get(f"{path}/metadata/n").json()
    assert single["typedValue"] == number


@pytest.mark.parametrize("version", ["1.5", "5.5"])
def test_metadata_when_asked_by_an_old_version_then_plain_values_both_ways(
    tenants: Tenants, version: str
) -> None:
    alice, path = tenants.api("alice", f"application/*+xml;version={version}"), vapp_path(tenants)
    plain = metadata("<MetadataEntry><Key>colour</Key><Value>red</Value></MetadataEntry>")
    finish(alice.post(f"{path}/metadata", plain, METADATA))
    found = xml(alice.get(f"{path}/metadata")).find(f"{{{V15}}}MetadataEntry")
    assert found.findtext(f"{{{V15}}}Value") == "red"
    assert xml(alice.get(f"{path}/metadata/colour")).findtext(f"{{{V15}}}Value") == "red"
    newer = xml(tenants.api("alice").get(f"{path}/metadata")).find(f"{{{V15}}}MetadataEntry")
    assert newer.find(f"{{{V15}}}Value") is None


@pytest.mark.parametrize("key", ["two words", "a/b/c", "50%", "ü", "a?b#c&d", "SYSTEM/like", "x" * 256])
def test_key_when_it_has_odd_characters_then_its_href_leads_to_it(tenants: Tenants, key: str) -> None:
    alice, path = tenants.api("alice"), vapp_path(tenants)
    domain = "GENERAL/" if key.startswith("SYSTEM") else ""
    href = f"{path}/metadata/{domain}{quote(key, safe='')}"
    finish(alice.call("PUT", href, value_body("v"), content_type=VALUE))
    listed = xml(alice.get(f"{path}/metadata")).find(f"{{{V15}}}MetadataEntry")
    assert listed.findtext(f"{{{V15}}}Key") == key
    assert listed.get("href") == f"http://testserver{href}"
    assert xml(alice.get(listed.get("href"))).get("href") == listed.get("href")
    finish(alice.delete(href), "metadataDelete")
    assert entries_of(alice.get(f"{path}/metadata")) == {}


def test_key_when_no_url_may_hold_it_then_400(tenants: Tenants) -> None:
    response = tenants.api("alice").get(f"{vapp_path(tenants)}/metadata/a%00b")
    assert "a?b" in error_of(response, 400, "xml")["message"]


# -- domains and visibility


def test_system_domain_when_written_by_a_tenant_then_403(tenants: Tenants) -> None:
    alice, path = tenants.api("alice"), vapp_path(tenants)
    before = (count(), tasks())
    body = metadata(entry("fine", "1"), entry("s", "x", domain="SYSTEM", visibility="READONLY"))
    for response in (
        alice.post(f"{path}/metadata", body, METADATA),
        alice.call("PUT", f"{path}/metadata/SYSTEM/s", value_body("x"), content_type=VALUE),
    ):
        assert response.status_code in (400, 403)
        assert "'s'" in response.content.decode()
    assert (count(), tasks()) == before


def test_system_domain_when_written_by_the_provider_then_read_by_its_visibility(tenants: Tenants) -> None:
    root, alice, path = tenants.api("administrator"), tenants.api("alice"), vapp_path(tenants)
    body = metadata(
        entry("shown", "1", domain="SYSTEM", visibility="READONLY"),
        entry("hidden", "2", domain="SYSTEM", visibility="PRIVATE"),
        entry("own", "3"),
    )
    finish(root.post(f"{path}/metadata", body, METADATA))
    assert entries_of(root.get(f"{path}/metadata")) == {"shown": "1", "hidden": "2", "own": "3"}
    assert entries_of(alice.get(f"{path}/metadata")) == {"shown": "1", "own": "3"}
    shown = xml(alice.get(f"{path}/metadata/SYSTEM/shown"))
    assert set(links_of(shown)) == {"up"}
    error_of(alice.get(f"{path}/metadata/SYSTEM/hidden"), 403, "xml")
    error_of(alice.get(f"{path}/metadata/shown"), 403, "xml")  # there is none in GENERAL
    error_of(alice.delete(f"{path}/metadata/SYSTEM/shown"), 403, "xml")
    assert xml(root.get(f"{path}/metadata/SYSTEM/hidden")) is not None
    finish(root.delete(f"{path}/metadata/SYSTEM/hidden"), "metadataDelete")
    assert set(entries_of(root.get(f"{path}/metadata"))) == {"shown", "own"}


def test_system_domain_when_no_visibility_is_given_then_readonly(tenants: Tenants) -> None:
    root, path = tenants.api("administrator"), vapp_path(tenants)
    finish(root.call("PUT", f"{path}/metadata/SYSTEM/s", value_body("x"), content_type=VALUE))
    domain = xml(root.get(f"{path}/metadata/SYSTEM/s")).find(f"{{{V15}}}Domain")
    assert (domain.get("visibility"), domain.text) == ("READONLY", "SYSTEM")


def test_domain_when_path_and_body_differ_then_400(tenants: Tenants) -> None:
    path = vapp_path(tenants)
    body = value_body("x", domain="SYSTEM", visibility="READONLY")
    response = tenants.api("administrator").call(
        "PUT", f"{path}/metadata/GENERAL/k", body, content_type=VALUE
    )
    assert "'k'" in error_of(response, 400, "xml")["message"]


def test_template_when_published_then_read_by_others_but_not_written(tenants: Tenants) -> None:
    path = f"/api/vAppTemplate/vappTemplate-{tenants.acme.template.pk}"
    finish(tenants.api("alice").post(f"{path}/metadata", metadata(entry("os", "linux")), METADATA))
    dave = tenants.api("dave")
    response = dave.get(f"{path}/metadata")
    assert entries_of(response) == {"os": "linux"}
    assert set(links_of(xml(response))) == {"up"}
    error_of(dave.post(f"{path}/metadata", metadata(entry("os", "x")), METADATA), 403, "xml")
    error_of(dave.delete(f"{path}/metadata/os"), 403, "xml")
    assert entries_of(dave.get(f"{path}/metadata")) == {"os": "linux"}


# -- links


def test_links_when_one_may_write_then_add_edit_and_remove(tenants: Tenants) -> None:
    alice, path = tenants.api("alice"), f"/api/admin/catalog/{tenants.acme.private.pk}"
    finish(alice.post(f"{path}/metadata", metadata(entry("a b", "1")), METADATA))
    base = f"http://testserver{path}"
    whole = xml(alice.get(f"{path}/metadata"))
    assert links_of(whole) == {
        "up": (base, "application/vnd.vmware.admin.catalog+xml"),
        "add": (f"{base}/metadata", METADATA),
    }
    value = {
        "up": (f"{base}/metadata", METADATA),
        "edit": (f"{base}/metadata/a%20b", VALUE),
        "remove": (f"{base}/metadata/a%20b", None),
    }
    assert links_of(whole.find(f"{{{V15}}}MetadataEntry")) == value
    assert links_of(xml(alice.get(f"{path}/metadata/a%20b"))) == value


def test_links_when_one_may_only_read_then_up_alone(tenants: Tenants) -> None:
    response = tenants.api("bob").get(f"/api/catalog/{tenants.acme.private.pk}/metadata")
    assert set(links_of(xml(response))) == {"up"}


DOCUMENTS = [kind for kind in KINDS if not kind.startswith(("vm alias", "admin catalogItem", "edge"))]


@pytest.mark.parametrize("kind", DOCUMENTS)
def test_document_when_read_then_it_links_to_its_metadata(tenants: Tenants, kind: str) -> None:
    path = paths_of(tenants)[kind]
    response = tenants.api("alice").get(path)
    assert response.status_code == 200, path
    found = [
        link.get("href")
        for link in xml(response).findall(f"{{{V15}}}Link")
        if (link.get("rel"), link.get("type")) == ("down", METADATA)
    ]
    assert len(found) == 1
    assert tenants.api("alice").get(found[0]).status_code == 200


# -- access


def test_write_when_the_vapp_is_shared_for_reading_only_then_403(tenants: Tenants) -> None:
    bob, path = tenants.api("bob"), vapp_path(tenants)
    error_of(bob.get(f"{path}/metadata"), 403, "xml")
    with acting_for(ALL):
        grant = AccessGrant.objects.create(
            org=tenants.acme.org, entity_id=tenants.acme.vapp.pk, user=tenants.users["bob"], level="ReadOnly"
        )
    assert bob.get(f"{path}/metadata").status_code == 200
    before = tasks()
    for response in (
        bob.post(f"{path}/metadata", metadata(entry("a", "1")), METADATA),
        bob.delete(f"{path}/metadata/a"),
    ):
        error_of(response, 403, "xml")
    assert tasks() == before
    with acting_for(ALL):
        AccessGrant.objects.filter(pk=grant.pk).update(level="Change")
    finish(bob.post(f"{path}/metadata", metadata(entry("a", "1")), METADATA))


def test_write_when_the_role_lacks_the_right_then_403_naming_it(tenants: Tenants) -> None:
    response = tenants.api("bob").post(
        f"/api/admin/org/{tenants.acme.org.pk}/metadata", metadata(entry("a", "1")), METADATA
    )
    assert "[Organization: Edit Properties]" in error_of(response, 403, "xml")["message"]


# -- tasks


def test_write_when_the_vm_is_busy_then_not_waited_for(tenants: Tenants) -> None:
    alice, vm = tenants.api("alice"), tenants.acme.vm
    with acting_for(ALL):
        from django.db import transaction

        with transaction.atomic():
            task_submit(
                name="vappPowerOff",
                args={"vapp_id": str(vm.vapp_id), "vm_ids": [str(vm.pk)]},
                owner=Owner(id=vm.pk, kind="vm", name=vm.name),
                claims={vm.vapp_id: EXCLUSIVE, vm.pk: EXCLUSIVE},
                org_id=vm.org_id,
                actor=ACTOR,
                description="long",
            )
    finish(alice.post(f"/api/vApp/vm-{vm.pk}/metadata", metadata(entry("a", "1")), METADATA))


def test_writes_when_queued_then_in_order(tenants: Tenants) -> None:
    alice, path = tenants.api("alice"), vapp_path(tenants)
    first, second = (
        uuid_in(xml(alice.post(f"{path}/metadata", metadata(entry("a", value)), METADATA)).get("href"))
        for value in ("1", "2")
    )
    assert not advance(second), "waits for the one before"
    assert advance(first)
    assert advance(second)
    assert entries_of(alice.get(f"{path}/metadata")) == {"a": "2"}
    with acting_for(ALL):
        assert not Claim.objects.filter(task_id__in=[first, second]).exists()


def test_write_when_the_entity_went_meanwhile_then_the_task_fails_and_nothing_is_left(
    tenants: Tenants,
) -> None:
    alice, path = tenants.api("alice"), vapp_path(tenants)
    task = uuid_in(xml(alice.post(f"{path}/metadata", metadata(entry("a", "1")), METADATA)).get("href"))
    with acting_for(ALL):
        Vm._base_manager.filter(vapp=tenants.acme.vapp).delete()
        VApp.objects.filter(pk=tenants.acme.vapp.pk).delete()
    assert advance(task)
    with acting_for(ALL):
        assert Task.objects.get(pk=task).status == "error"
        assert not MetadataEntry.objects.filter(entity_id=tenants.acme.vapp.pk).exists()


def test_forget_when_entities_go_then_their_metadata_too_and_no_others(tenants: Tenants) -> None:
    with acting_for(ALL):
        metadata_forget([tenants.acme.vm.pk, uuid.uuid4()])
        left = set(MetadataEntry.objects.values_list("entity_id", flat=True))
    assert left == {tenants.globex.vm.pk}


# -- cost


def test_sql_when_entries_grow_then_three_statements(tenants: Tenants) -> None:
    alice = tenants.api("alice")
    for path in paths_of(tenants).values():
        alice.get(f"{path}/metadata")
        with CaptureQueriesContext(connection) as few:
            alice.get(f"{path}/metadata/")
        entity_id = uuid_in(path)
        with acting_for(ALL):
            MetadataEntry.objects.bulk_create(
                MetadataEntry(org=tenants.acme.org, entity_id=entity_id, key=f"k{n}", value="v")
                for n in range(20)
            )
        with CaptureQueriesContext(connection) as many:
            assert alice.get(f"{path}/metadata/").status_code == 200
        with acting_for(ALL):
            MetadataEntry.objects.filter(entity_id=entity_id).delete()
        # The session, the entity, the entries; before them whose network it is where that has to be found out.
        assert len(many) == len(few) == 3 + ("network/" in path), path


def test_form_when_accept_is_json_then_errors_are_too(tenants: Tenants) -> None:
    response = tenants.api("dave").get(f"{vapp_path(tenants)}/metadata", accept=ACCEPT_OF["json"])
    error_of(response, 403, "json")
