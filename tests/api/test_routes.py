"""Every route of the APIs, found by walking the URL resolver."""

import re
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from orgs.models import MetadataEntry, Org, Right, Role
from ssvirt.api.views import PUBLIC, BaseView, CloudApiView, LegacyView
from ssvirt.core.tenancy import ALL, acting_for
from tasks.models import Task
from tests.api.tenants import ACCEPT_OF, FORBIDDEN, Tenant, Tenants, error_of, send
from vapps.models import AffinityRule, NamedDisk, VApp
from vdcs.models import ComputePolicy, EdgeGateway, VdcComputePolicy, VdcStoragePolicy

METHODS = ("get", "post", "put", "patch", "delete")
PREFIXES = ("api/", "cloudapi/")


def _walk(patterns: list[Any], prefix: str = "") -> Iterator[tuple[str, type]]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern) and route.startswith(PREFIXES):
            yield (
                route,
                getattr(pattern.callback, "view_class", None) or getattr(pattern.callback, "cls", None),
            )


ROUTES: dict[str, Any] = dict(_walk(get_resolver().url_patterns))
PLAIN = {route: view for route, view in ROUTES.items() if not route.endswith("/")}


def methods_of(view: Any) -> list[str]:
    return [method for method in METHODS if hasattr(view, method)]


def right_of(view: Any, method: str) -> str:
    return view.rights if isinstance(view.rights, str) else view.rights[method.upper()]


def form_of(route: str) -> str:
    return "cloud" if route.startswith("cloudapi/") else "xml"


def path_of(route: str, ids: dict[str, object]) -> str:
    """The route with ids by parameter name; `vm_id` of templates is another one than of vApps."""

    def fill(match: re.Match[str]) -> str:
        converter, name = match[1], match[2]
        if name == "vm_id" and route.startswith("api/vAppTemplate/"):
            name = "template_vm_id"
        return f"vm-{ids[name]}" if converter == "vmid" else str(ids[name])

    return "/" + re.sub(r"<(\w+):(\w+)>", fill, route)


class _Anything(dict[str, object]):
    """A fresh id for every parameter."""

    def __missing__(self, key: str) -> object:
        return uuid.uuid4()


def ids_of_acme(tenants: Tenants) -> dict[str, object]:
    acme = tenants.acme
    with acting_for(ALL):
        return {
            "org_id": acme.org.pk,
            "session_id": session_id(tenants, "alice"),
            "vdc_id": acme.vdc.pk,
            "network_id": acme.net.pk,
            "catalog_id": acme.private.pk,
            "item_id": acme.secret.item_id,
            "template_id": acme.secret.pk,
            "template_vm_id": acme.secret.vms.get().pk,
            "media_id": acme.media.pk,
            "vapp_id": acme.vapp.pk,
            "vm_id": acme.vm.pk,
            "task_id": acme.vdc_task.pk,
            "rule_id": AffinityRule.objects.get(vdc=acme.vdc).pk,
            "gateway_id": EdgeGateway.objects.get(vdc=acme.vdc).pk,
            "edge_gateway_id": EdgeGateway.objects.get(vdc=acme.vdc).pk,
            "hardware_version": "vmx-18",
            "user_id": tenants.users["bob"].pk,
            "role_id": Role.objects.get_or_create(org=acme.org, name="acme-role")[0].pk,
            "right_id": Right.objects.earliest("name").pk,
            "policy_id": policy_of(acme),
            "disk_id": NamedDisk.objects.get(vdc=acme.vdc).pk,
            "storage_profile_id": VdcStoragePolicy.objects.get(vdc=acme.vdc).pk,
            "provider_vdc_id": tenants.pvdc.pk,
            "provider_storage_profile_id": tenants.policy.pk,
            "key": "k",
            "domain": "GENERAL",
        }


def with_metadata(ids: dict[str, object], org: Org) -> dict[str, object]:
    """The ids, after each entity was given the metadata entry that `key` names."""
    with acting_for(ALL):
        MetadataEntry.objects.bulk_create(
            [
                MetadataEntry(
                    org=provider_org() if name.startswith("provider_") else org,
                    entity_id=pk,
                    key="k",
                    value="v",
                )
                for name, pk in ids.items()
                if isinstance(pk, uuid.UUID)
            ],
            ignore_conflicts=True,
        )
    return ids


def provider_org() -> Org:
    return Org.objects.get(is_provider=True)


def reader_of(route: str) -> str:
    """Who may read the provider's own entities, and who everything else of acme."""
    return "administrator" if right_of(PLAIN[route], "get").startswith("Provider vDC") else "alice"


def policy_of(tenant: Tenant) -> uuid.UUID:
    """A compute policy that no other organization's VDC has."""
    policy, _ = ComputePolicy.objects.get_or_create(name=f"{tenant.org.name}-policy")
    VdcComputePolicy.objects.get_or_create(org=tenant.org, vdc=tenant.vdc, policy=policy)
    return policy.pk


def session_id(tenants: Tenants, user: str) -> str:
    current = tenants.api(user, ACCEPT_OF["cloud"]).get("/cloudapi/1.0.0/sessions/current")
    return str(current.json()["id"]).rpartition(":")[2]


def test_walk_when_done_then_it_found_the_routes() -> None:
    # Guards the tests below: an empty walk would let all of them pass.
    assert len(PLAIN) > 30
    assert "api/vdc/<id:vdc_id>" in PLAIN
    assert "cloudapi/1.0.0/sessions" in PLAIN


@pytest.mark.parametrize("route", sorted(ROUTES))
def test_view_when_routed_then_derives_from_a_base_view_and_declares_rights(route: str) -> None:
    view = ROUTES[route]
    assert view is not None, "not a class-based view"
    assert issubclass(view, CloudApiView if route.startswith("cloudapi/") else LegacyView)
    assert "rights" in {
        name for cls in view.__mro__ if cls.__module__ != BaseView.__module__ for name in vars(cls)
    }
    if not isinstance(view.rights, str):
        assert set(view.rights) == {method.upper() for method in methods_of(view)}
    assert methods_of(view)


@pytest.mark.parametrize("route", sorted(PLAIN))
def test_route_when_it_ends_in_a_slash_then_the_same_view(route: str) -> None:
    assert ROUTES.get(route + "/") is PLAIN[route]


PROTECTED = sorted(
    (route, method)
    for route, view in PLAIN.items()
    for method in methods_of(view)
    if right_of(view, method) != PUBLIC
)


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize(("route", "method"), PROTECTED)
def test_route_when_no_token_then_401(db: None, route: str, method: str, slash: str) -> None:
    form = form_of(route)
    response = send(method.upper(), path_of(route, _Anything()) + slash, accept=ACCEPT_OF[form])
    assert error_of(response, 401, form)["minor"] == "UNAUTHORIZED"


PUBLIC_ROUTES = {
    ("api/versions", "get"),
    ("api/server_status", "get"),
    ("api/sessions", "post"),
    ("cloudapi/1.0.0/sessions", "post"),
    ("cloudapi/1.0.0/sessions/provider", "post"),
}


def test_routes_when_public_then_the_ones_we_mean() -> None:
    found = {
        (route, method)
        for route, view in PLAIN.items()
        for method in methods_of(view)
        if right_of(view, method) == PUBLIC
    }
    assert found == PUBLIC_ROUTES


WITH_ID = sorted(
    (route, method) for route, view in PLAIN.items() if "<" in route for method in methods_of(view)
)
READ_WITH_ID = [route for route, method in WITH_ID if method == "get"]
SAME_FOR_ALL = [route for route in READ_WITH_ID if route.endswith("right/<id:right_id>")]
"""Rights are the product's vocabulary: nobody's own."""
ASK_A_MACHINE = ("/screen", "/metrics/current", "/metrics/historic")
"""Endings of routes that say more than 400 of a running VM only, or never; see tests/vapps/test_console.py."""

NEVER_ANSWERS = ("/question",)
"""Machines ask nothing; see tests/vapps/test_media.py."""


@pytest.mark.parametrize("route", sorted(set(READ_WITH_ID) - set(SAME_FOR_ALL)))
def test_get_when_ids_are_anothers_then_403_without_its_names(tenants: Tenants, route: str) -> None:
    form = form_of(route)
    path = path_of(route, ids_of_acme(tenants))
    for accept in (ACCEPT_OF[form], ACCEPT_OF["json"] if form == "xml" else ACCEPT_OF["cloud"]):
        response = tenants.api("dave").get(path, accept=accept)
        assert response.status_code == 403, response.content
        assert "acme" not in response.content.decode()
        assert FORBIDDEN in response.content.decode()


@pytest.mark.parametrize("route", READ_WITH_ID)
def test_get_when_ids_are_ones_own_then_200(tenants: Tenants, route: str) -> None:
    # The counterpart: without it a route that refuses everybody would pass the test above.
    path = path_of(route, with_metadata(ids_of_acme(tenants), tenants.acme.org))
    api = tenants.api(reader_of(route))
    expected = 400 if route.endswith(ASK_A_MACHINE) else 403 if route.endswith(NEVER_ANSWERS) else 200
    assert api.get(path, accept=ACCEPT_OF[form_of(route)]).status_code == expected
    assert api.get(path + "/", accept=ACCEPT_OF[form_of(route)]).status_code == expected


@pytest.mark.parametrize("route", READ_WITH_ID)
def test_get_when_id_is_missing_then_403(tenants: Tenants, route: str) -> None:
    form = form_of(route)
    response = tenants.api("administrator", ACCEPT_OF[form]).get(path_of(route, _Anything()))
    assert error_of(response, 403, form)["minor"] == FORBIDDEN


@pytest.mark.parametrize(("route", "method"), [pair for pair in WITH_ID if pair[1] != "get"])
def test_write_when_ids_are_anothers_then_refused_and_nothing_happens(
    tenants: Tenants, route: str, method: str
) -> None:
    form = form_of(route)
    body = '<ComposeVAppParams xmlns="http://www.vmware.com/vcloud/v1.5" name="x"/>'
    if route.endswith("instantiateVAppTemplate"):
        source = f'<Source href="http://h/api/vAppTemplate/vappTemplate-{tenants.globex.secret.pk}"/>'
        body = body.replace("Compose", "InstantiateVAppTemplate").replace("VAppTemplateVApp", "VAppTemplate")
        body = body.replace("/>", f">{source}</InstantiateVAppTemplateParams>")
    needs_body = method == "post" and route.endswith(("composeVApp", "instantiateVAppTemplate"))
    with acting_for(ALL):
        before = (VApp.objects.count(), list(Task.objects.order_by("pk").values()))
    response = tenants.api("dave").call(
        method.upper(),
        path_of(route, ids_of_acme(tenants)),
        body if needs_body else None,
        content_type="application/xml" if needs_body else "",
        accept=ACCEPT_OF[form],
    )
    assert error_of(response, 403, form)["minor"] == FORBIDDEN
    assert "acme" not in response.content.decode()
    with acting_for(ALL):
        assert (VApp.objects.count(), list(Task.objects.order_by("pk").values())) == before
    assert tenants.api("alice").get("/api/session").status_code == 200


@pytest.mark.parametrize("written", ["{}", "urn:vcloud:vdc:{}", "urn%3Avcloud%3Avdc%3A{}"])
def test_id_when_written_as_uuid_or_urn_then_the_same_entity(tenants: Tenants, written: str) -> None:
    response = tenants.api("bob").get("/api/vdc/" + written.format(tenants.acme.vdc.pk))
    assert response.status_code == 200
    assert b'name="acme-vdc"' in response.content
