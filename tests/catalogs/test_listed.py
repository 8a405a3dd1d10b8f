"""What is listed of catalogs, and where their documents lead, by rights and organization."""

from typing import Any

import pytest

from tests.api.asking import names, query
from tests.api.tenants import Tenants, error_of, xml


def ups(root: Any) -> list[str]:
    return [link.get("href") for link in root.findall("{*}Link") if link.get("rel") == "up"]


def test_catalogs_when_the_right_to_view_them_is_missing_then_the_query_is_empty(tenants: Tenants) -> None:
    # vcd-cli asks for catalogs first whatever it is to do. Source: python-clients.md 2.5.
    assert names(query(tenants.api("carol"), "catalog")) == []
    assert set(names(query(tenants.api("bob"), "catalog"))) >= {"acme-shared", "acme-private"}
    error_of(tenants.api("carol").get(f"/api/catalog/{tenants.acme.shared.pk}"), 403, "xml")


@pytest.mark.parametrize(("user", "count"), [("carol", 0), ("bob", 3)])
def test_organization_when_catalogs_may_not_be_viewed_then_it_links_to_none(
    tenants: Tenants, user: str, count: int
) -> None:
    root = xml(tenants.api(user).get(f"/api/org/{tenants.acme.org.pk}"))
    links = [link for link in root.findall("{*}Link") if "/api/catalog/" in link.get("href")]
    assert len(links) == count


def test_template_when_catalogs_may_not_be_viewed_then_no_link_to_its_catalog(tenants: Tenants) -> None:
    path = f"/api/vAppTemplate/vappTemplate-{tenants.acme.template.pk}"
    for user, found in (("bob", True), ("carol", False)):
        root = xml(tenants.api(user).get(path))
        rels = {link.get("rel") for link in root.findall("{*}Link")}
        assert ("catalogItem" in rels) == found
        assert any("/api/catalog/" in href for href in ups(root)) == found


@pytest.mark.parametrize(("user", "org"), [("dave", "globex"), ("bob", "acme"), ("administrator", "acme")])
def test_catalog_when_published_by_another_organization_then_its_up_link_can_be_followed(
    tenants: Tenants, user: str, org: str
) -> None:
    api = tenants.api(user)
    (up,) = ups(xml(api.get(f"/api/catalog/{tenants.acme.shared.pk}")))
    assert xml(api.get(up)).get("name") == org
