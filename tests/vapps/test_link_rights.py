"""A link is shown exactly to those whose rights let them follow it, whatever the document."""

from collections.abc import Iterable
from urllib.parse import urlsplit

import pytest
from django.urls import resolve

from orgs.models import Role
from orgs.rights import Rights
from ssvirt.api.links import network_view
from ssvirt.core.tenancy import ALL, acting_for
from tests.fixtures import Api, World
from tests.vapps.bodies import running_vapp, task_of
from tests.vapps.test_access_links import Links, documents, links, shared_vapp
from tests.vapps.test_disks import new_disk

pytestmark = pytest.mark.django_db
METHODS = {
    "edit": "PUT",
    "remove": "DELETE",
    "down": "GET",
    "up": "GET",
    "alternate": "GET",
    "storageProfile": "GET",
}
METHODS |= {
    "catalogItem": "GET",
    "screen:thumbnail": "GET",
    "org": "GET",
    "vdc": "GET",
    "entity": "GET",
    "orgVdcNetworks": "GET",
}
READING = {
    Rights.ORGANIZATION_VIEW,
    Rights.VDC_VIEW,
    Rights.CATALOG_VIEW,
    Rights.NETWORK_VIEW,
    Rights.DISK_VIEW,
}
READING |= {Rights.TEMPLATE_VIEW}  # without these the documents themselves are refused


def needed(rel: str, href: str) -> str:
    """The right that following the link takes."""
    match = resolve(urlsplit(href).path)
    view = getattr(match.func, "view_class", None) or match.func.cls
    if "network_id" in match.kwargs and hasattr(view, "part"):
        with acting_for(ALL):
            view = network_view(match.kwargs["network_id"], view.part) or view
    if hasattr(view, "serving"):
        with acting_for(ALL):
            view = view.serving(match.kwargs[view.parameter])
    # A VDC's access list is put, all other actions are posted.
    method = METHODS.get(rel) or next(each for each in ("POST", "PUT", "GET") if hasattr(view, each.lower()))
    return str(view.rights if isinstance(view.rights, str) else view.rights.get(method, ""))


def governed(api: Api, hrefs: Iterable[str]) -> Links:
    """The links in the documents, but for those that are there for all."""
    # "repair" names a network. Source: go-clients.md 2.9.
    return {(rel, href) for rel, href in links(api, *hrefs) if not (rel == "repair" and "/network/" in href)}


def test_links_when_a_right_is_missing_then_those_that_need_it_are_too(world: World) -> None:
    alice, bob = world.api("alice"), world.api("bob")
    running, stopped = shared_vapp(world), running_vapp(bob, world, name="off", power_on=False)
    hrefs = [*documents(alice, running), *documents(alice, stopped), new_disk(world)]
    hrefs += [f"/api/org/{world.acme.pk}", f"/api/vdc/{world.vdc.pk}", f"/api/network/{world.net.pk}"]
    hrefs += [f"/api/catalog/{world.catalog.pk}", f"/api/vAppTemplate/{world.fedora.pk}"]
    hrefs += [f"/api/vdc/{world.vdc.pk}/metadata", f"/api/catalog/{world.catalog.pk}/metadata"]
    task = task_of(bob.post(f"{stopped}/power/action/powerOn")).get("href")
    hrefs += [task, f"/api/tasksList/{world.acme.pk}"]
    everything = governed(alice, hrefs)
    assert len(everything) > 100
    with acting_for(ALL):
        administrator = Role.objects.get(name="Organization Administrator", org=None)
        role = Role.objects.create(org=world.acme, name="one right less")
        world.users["alice"].role = role
        world.users["alice"].save()
    wanted = {needed(rel, href) for rel, href in everything}
    rights = administrator.rights.filter(name__in=wanted - READING).exclude(name__startswith="General:")
    assert len(rights) > 12
    for right in rights:
        with acting_for(ALL):
            role.rights.set(each for each in administrator.rights.all() if each != right)
            role.save()
        missing = everything - governed(alice, hrefs)
        assert missing == {(rel, href) for rel, href in everything if needed(rel, href) == right.name}, (
            right.name
        )
