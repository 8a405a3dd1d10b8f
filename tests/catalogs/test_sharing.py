"""Who reads catalogs and templates, and what it costs."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalogs.models import Catalog, CatalogItem, VAppTemplate
from catalogs.services import catalog_create, media_create
from ssvirt.core.errors import DuplicateName
from ssvirt.core.tenancy import ALL, acting_for
from tests.api.tenants import FORBIDDEN, Tenants, error_of, make_template, xml
from tests.contract.spec import assert_valid_json


def paths_of(catalog: Catalog, template: VAppTemplate) -> list[str]:
    """Every URL that leads to the catalog or a part of it."""
    with acting_for(ALL):
        item = CatalogItem.objects.get(template=template)
        vm = template.vms.first()
    assert vm is not None
    return [
        f"/api/catalog/{catalog.pk}",
        f"/api/catalog/{catalog.pk}/controlAccess",
        f"/api/catalog/{catalog.pk}/catalogItems/query",
        f"/api/catalogItem/{item.pk}",
        f"/api/vAppTemplate/vappTemplate-{template.pk}",
        f"/api/vAppTemplate/vm-{vm.pk}",
    ]


def test_catalog_when_published_then_read_by_another_org(tenants: Tenants) -> None:
    for path in paths_of(tenants.acme.shared, tenants.acme.template):
        response = tenants.api("dave").get(path)
        assert response.status_code == 200, path
        xml(response)
    root = xml(tenants.api("dave").get(f"/api/vAppTemplate/vappTemplate-{tenants.acme.template.pk}"))
    assert [vm.get("name") for vm in root.findall("{*}Children/{*}Vm")] == ["web", "db"]


def test_catalog_when_private_then_403_for_another_org(tenants: Tenants) -> None:
    for path in [
        *paths_of(tenants.acme.private, tenants.acme.secret),
        f"/api/media/{tenants.acme.media.pk}",
        f"/api/catalogItem/{tenants.acme.media.item_id}",
    ]:
        assert tenants.api("bob").get(path).status_code == 200, path
        response = tenants.api("dave").get(path)
        assert error_of(response, 403, "xml")["minor"] == FORBIDDEN
        assert "secret" not in response.content.decode()


def test_catalog_when_no_longer_published_then_403_at_once(tenants: Tenants) -> None:
    with acting_for(ALL):
        Catalog.objects.filter(pk=tenants.acme.shared.pk).update(is_published=False)
    for path in paths_of(tenants.acme.shared, tenants.acme.template):
        assert tenants.api("dave").get(path).status_code == 403, path


def test_template_when_read_as_json_then_valid(tenants: Tenants) -> None:
    path = f"/api/vAppTemplate/vappTemplate-{tenants.acme.template.pk}"
    response = tenants.api("bob").get(path, accept="application/*+json;version=37.0")
    assert_valid_json(response.json(), "VAppTemplateType")


def test_catalog_when_name_is_taken_in_the_org_then_duplicate(tenants: Tenants) -> None:
    with acting_for(ALL):
        with pytest.raises(DuplicateName, match="acme-shared"):
            catalog_create(org=tenants.acme.org, name="acme-shared", owner=tenants.users["alice"])
        made = catalog_create(org=tenants.globex.org, name="acme-shared", owner=tenants.users["dave"])
        assert made.name == "acme-shared"


def test_item_when_name_is_taken_in_the_catalog_then_duplicate_and_nothing_written(tenants: Tenants) -> None:
    alice = tenants.users["alice"]
    with acting_for(ALL):
        before = (CatalogItem.objects.count(), VAppTemplate.objects.count())
        with pytest.raises(DuplicateName, match="acme-template"):
            make_template(tenants.acme.shared, alice, "acme-template", "vm")
        with pytest.raises(DuplicateName, match="acme-template"):
            media_create(catalog=tenants.acme.shared, name="acme-template", owner=alice, size_bytes=1)
        assert (CatalogItem.objects.count(), VAppTemplate.objects.count()) == before
        make_template(tenants.acme.private, alice, "acme-template", "vm")


# -- cost


def statements(tenants: Tenants, path: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert tenants.api("bob").get(path).status_code == 200
    return len(captured)


@pytest.mark.parametrize("user", ["bob"])
def test_sql_when_catalogs_grow_then_the_same_statements(tenants: Tenants, user: str) -> None:
    catalog, alice = tenants.acme.shared, tenants.users["alice"]
    paths = [
        f"/api/catalog/{catalog.pk}",
        f"/api/catalog/{catalog.pk}/catalogItems/query",
        "/api/query?type=vAppTemplate",
        "/api/query?type=media",
        "/api/query?type=catalog",
    ]
    tenants.api(user).get("/api/session")
    few = [statements(tenants, path) for path in paths]
    with acting_for(ALL):
        for number in range(8):
            make_template(catalog, alice, f"t{number}", "a", "b")
            media_create(catalog=catalog, name=f"m{number}", owner=alice, size_bytes=1)
            catalog_create(org=tenants.acme.org, name=f"c{number}", owner=alice)
    assert [statements(tenants, path) for path in paths] == few
    assert max(few) <= 5


def test_sql_when_template_grows_then_the_same_statements(tenants: Tenants) -> None:
    with acting_for(ALL):
        small = make_template(tenants.acme.shared, tenants.users["alice"], "small", "only")
        large = make_template(
            tenants.acme.shared,
            tenants.users["alice"],
            "large",
            *(f"vm{number}" for number in range(12)),
            networks=("none", "none", "none"),
        )
    tenants.api("bob").get("/api/session")
    counted: list[Any] = [
        statements(tenants, f"/api/vAppTemplate/vappTemplate-{template.pk}") for template in (small, large)
    ]
    assert counted[0] == counted[1]
    assert counted[0] <= 6  # session, template, VMs, disks, NICs, VDC
