"""Every XML body that the main line produces is valid by the XSD. Source: resolutions.md 1."""

import pytest
from django.test import Client

from tests.contract.spec import assert_valid_xml
from tests.fixtures import World
from tests.vapps.bodies import V15, post_instantiate, task_of, tree

pytestmark = pytest.mark.django_db


def links(root, rel: str, kind: str = "") -> list[str]:
    """Hrefs of the links with that rel, of that type if one is named."""
    found = root.findall(f"{V15}Link")
    return [each.get("href") for each in found if each.get("rel") == rel and kind in (each.get("type") or "")]


def test_line_when_followed_as_clients_do_then_every_body_is_valid(world: World) -> None:
    bob = world.api("bob")
    seen: list[str] = []

    def get(href: str):
        response = bob.get(href)
        assert response.status_code == 200, (href, response.content)
        assert_valid_xml(response.content)
        root = tree(response)
        seen.append(root.tag.rpartition("}")[2])
        return root

    versions = Client().get("/api/versions", headers={"accept": "application/*+xml"})
    assert_valid_xml(versions.content)
    session = get("/api/session")
    get(links(session, "down", "orgList+xml")[0])
    org = get(links(session, "down", "vcloud.org+xml")[0])
    for query in links(org, "down", "query.records+xml"):
        get(query)
    for kind in ("vcloud.vdc+xml", "vcloud.catalog+xml", "orgNetwork+xml", "tasksList+xml"):
        for href in links(org, "down", kind):
            get(href)
    queries = get(links(session, "down", "queryList+xml")[0])
    for href in links(queries, "down"):
        get(f"{href}&page=1")

    catalog = get(f"/api/catalog/{world.catalog.pk}")
    for item in catalog.find(f"{V15}CatalogItems"):
        entity = get(item.get("href")).find(f"{V15}Entity")
        template = get(entity.get("href"))
        for vm in template.find(f"{V15}Children"):
            get(vm.get("href"))
    get(f"/api/catalog/{world.catalog.pk}/controlAccess/")

    response = post_instantiate(bob, world, template=world.pair)
    assert_valid_xml(response.content)
    vapp, task = tree(response).get("href"), task_of(response).get("href")
    get(task)
    get(vapp)  # while it is being made
    world.drain()
    get(task)
    document = get(vapp)
    get(links(document, "down", "metadata+xml")[0])
    get(links(document, "down", "controlAccess+xml")[0])
    for vm in document.find(f"{V15}Children"):
        get(vm.get("href"))
        get(links(vm, "down", "metadata+xml")[0])
    get(f"/api/query?type=vApp&format=records&page=1&filter=vdc==http%3A//h/api/vdc/{world.vdc.pk};name==web")
    for rel in ("power:powerOff", "undeploy", "remove"):
        offered = links(get(vapp), rel)
        if offered:
            call = bob.delete if rel == "remove" else bob.post
            response = call(offered[0])
            assert response.status_code == 202, response.content
            assert_valid_xml(response.content)
            world.drain()
            get(task_of(response).get("href"))
    assert bob.get(vapp).status_code == 403
    assert {
        "Session",
        "OrgList",
        "Org",
        "Vdc",
        "QueryList",
        "QueryResultRecords",
        "Catalog",
        "CatalogItem",
    } <= set(seen)
    assert {"VAppTemplate", "VApp", "Vm", "Task", "Metadata", "ControlAccessParams", "TasksList"} <= set(seen)
    assert {"VAppReferences", "OrgVdcNetwork"} <= set(seen)
