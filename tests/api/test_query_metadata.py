"""Metadata in queries: in the filter, and among the fields."""

import pytest

from orgs.models import MetadataEntry
from ssvirt.core.tenancy import ALL, acting_for
from tests.api.asking import names, one, query
from tests.api.tenants import Tenants, error_of


@pytest.fixture
def described(tenants: Tenants) -> Tenants:
    """acme's VM has an entry of each type, one in the other domain, and one for the provider's eyes only."""
    vm = tenants.acme.vm
    entries = (
        ("GENERAL", "READWRITE", "role", "MetadataStringValue", "Web, front;end"),
        ("GENERAL", "READWRITE", "count", "MetadataNumberValue", "42"),
        ("GENERAL", "READWRITE", "backup", "MetadataBooleanValue", "true"),
        ("GENERAL", "READWRITE", "until", "MetadataDateTimeValue", "2030-05-01T12:00:00.000Z"),
        ("SYSTEM", "READONLY", "role", "MetadataStringValue", "system"),
        ("SYSTEM", "PRIVATE", "secret", "MetadataStringValue", "hidden"),
    )
    with acting_for(ALL):
        for domain, visibility, key, value_type, value in entries:
            MetadataEntry.objects.create(
                org=tenants.acme.org,
                entity_id=vm.pk,
                domain=domain,
                visibility=visibility,
                key=key,
                value_type=value_type,
                value=value,
            )
    return tenants


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("metadata:role==STRING:Web%5C%2C front%5C%3Bend", True),
        ("metadata:role==STRING:web*", True),
        ("metadata:role==STRING:web", False),
        ("metadata:role!=STRING:other", True),
        ("metadata:role==STRING:system", False),
        ("metadata@SYSTEM:role==STRING:system", True),
        ("metadata@GENERAL:count==NUMBER:42", True),
        ("metadata:count=gt=NUMBER:41", True),
        ("metadata:count=lt=NUMBER:42", False),
        ("metadata:count==STRING:42", False),
        ("metadata:role=ge=NUMBER:1", False),
        ("metadata:backup==BOOLEAN:true", True),
        ("metadata:backup!=BOOLEAN:true", False),
        ("metadata:until=gt=DATETIME:2030-01-01T00:00:00.000Z", True),
        ("metadata:until==DATETIME:2030-05-01T14:00:00%2B02:00", True),
        ("metadata:until=le=DATETIME:2030-01-01T00:00:00.000Z", False),
        ("metadata:nothing==STRING:x", False),
        ("(name==acme-vm;metadata:role==STRING:Web*),name==nothing", True),
        ("metadata@SYSTEM:secret==STRING:hidden", False),
    ],
)
def test_metadata_when_filtered_by_then_found_or_not(described: Tenants, text: str, found: bool) -> None:
    root = query(described.api("alice"), "vm", filter=f"isVAppTemplate==false;{text}")
    assert names(root) == (["acme-vm"] if found else [])


def test_metadata_when_private_then_for_the_provider_alone(described: Tenants) -> None:
    text, fields = "metadata@SYSTEM:secret==STRING:hidden", "name,metadata@SYSTEM:secret"
    record = one(described.api("administrator"), "adminVM", filter=text, fields=fields)
    assert "hidden" in record.itertext()
    own = one(described.api("alice"), "vm", filter="name==acme-vm", fields=fields)
    assert len(own) == 0


def test_metadata_when_among_the_fields_then_in_the_record(described: Tenants) -> None:
    fields = "name,metadata:count,metadata@SYSTEM:role,metadata:backup,metadata:until,metadata:nothing"
    record = one(described.api("alice"), "vm", filter="name==acme-vm", fields=fields)
    assert set(record.attrib) == {"name", "href"}
    (metadata,) = record
    found = {
        (entry.findtext("{*}Domain"), entry.findtext("{*}Key")): entry.findtext("{*}TypedValue/{*}Value")
        for entry in metadata
    }
    assert found == {
        ("GENERAL", "count"): "42",
        ("GENERAL", "backup"): "true",
        ("GENERAL", "until"): "2030-05-01T12:00:00.000Z",
        ("SYSTEM", "role"): "system",
    }


def test_metadata_when_it_is_all_that_the_fields_name_then_attributes_stay(described: Tenants) -> None:
    record = one(described.api("alice"), "vm", filter="name==acme-vm", fields="metadata:count")
    assert record.get("status") is not None
    assert len(record) == 1


def test_metadata_when_on_anothers_published_template_then_its_readers_find_it(tenants: Tenants) -> None:
    with acting_for(ALL):
        MetadataEntry.objects.create(
            org=tenants.acme.org, entity_id=tenants.acme.template.pk, key="os", value="fedora"
        )
    text = "metadata:os==STRING:fedora"
    assert names(query(tenants.api("dave"), "vAppTemplate", filter=text)) == ["acme-template"]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("metadata:k==x", "x"),
        ("metadata:k==TEXT:x", "TEXT:x"),
        ("metadata:k==NUMBER:x", "NUMBER"),
        ("metadata:k==BOOLEAN:maybe", "maybe"),
        ("metadata:k==DATETIME:tomorrow", "tomorrow"),
        ("metadata:k=gt=STRING:x", "=gt="),
        ("metadata@HIDDEN:k==STRING:x", "HIDDEN"),
    ],
)
def test_metadata_when_the_test_is_bad_then_400_naming_it(tenants: Tenants, text: str, named: str) -> None:
    response = tenants.api("alice").get(f"/api/query?type=vm&filter={text}")
    assert named in error_of(response, 400, "xml")["message"]
