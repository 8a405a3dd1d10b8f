"""The tenant scope: no scope, no rows; and the database's own fence behind it."""

import contextvars
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from orgs.models import Org, User
from ssvirt.core.database import violated
from ssvirt.core.middleware import ScopeMiddleware
from ssvirt.core.tenancy import ALL, ScopedModel, ScopeError, TenantModel, _scope, acting_for, current_scope
from tests.api.tenants import Tenants
from vdcs.models import Vdc

OURS = ("compute", "tasks", "orgs", "vdcs", "catalogs", "vapps")
MODELS = [model for app in OURS for model in apps.get_app_config(app).get_models()]
SCOPED = [model for model in MODELS if issubclass(model, ScopedModel)]


# -- managers


@pytest.mark.parametrize("model", SCOPED, ids=lambda model: model._meta.label)
@pytest.mark.parametrize("manager", ["objects", "readable"])
def test_manager_when_outside_a_scope_then_raises(model: Any, manager: str) -> None:
    with pytest.raises(ScopeError):
        getattr(model, manager).all()


@pytest.mark.parametrize("model", SCOPED, ids=lambda model: model._meta.label)
def test_manager_when_in_a_scope_then_its_rows_and_no_others(tenants: Tenants, model: Any) -> None:
    path = model.TENANT_PATH
    with acting_for(ALL):
        owners = set(model.objects.values_list(path, flat=True))
    for tenant in (tenants.acme, tenants.globex):
        with acting_for(tenant.org.pk):
            assert set(model.objects.values_list(path, flat=True)) == owners & {tenant.org.pk}
    if model._meta.label not in ("orgs.Session",):
        assert {tenants.acme.org.pk, tenants.globex.org.pk} <= owners


def test_readable_when_published_then_foreign_rows_too_but_not_private_ones(tenants: Tenants) -> None:
    from catalogs.models import Catalog, VAppTemplate

    with acting_for(tenants.globex.org.pk):
        assert set(Catalog.readable.values_list("name", flat=True)) == {
            "globex-shared",
            "globex-private",
            "acme-shared",
        }
        assert not VAppTemplate.readable.filter(pk=tenants.acme.secret.pk).exists()
        assert not Catalog.objects.filter(pk=tenants.acme.shared.pk).exists()


def test_scope_when_nested_then_the_outer_one_comes_back() -> None:
    outer, inner = uuid.uuid4(), uuid.uuid4()
    with acting_for(outer):
        with pytest.raises(RuntimeError, match="boom"), acting_for(inner):
            assert current_scope() == inner
            raise RuntimeError("boom")
        assert current_scope() == outer
    with pytest.raises(ScopeError):
        current_scope()


def test_scope_when_another_thread_starts_then_it_has_none() -> None:
    seen: list[object] = []

    def look() -> None:
        try:
            seen.append(current_scope())
        except ScopeError:
            seen.append("none")

    with acting_for(ALL):
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
    assert seen == ["none"]


# -- a scope left behind


def _leaking(request: HttpRequest) -> HttpResponse:
    _scope.set(ALL)  # as a careless view would
    return HttpResponse("leaked")


def _looking(request: HttpRequest) -> HttpResponse:
    try:
        return HttpResponse(repr(current_scope()))
    except ScopeError:
        return HttpResponse("none")


def test_scope_when_left_behind_by_a_request_then_not_seen_by_the_next_on_the_thread() -> None:
    get = RequestFactory().get("/")
    with ThreadPoolExecutor(max_workers=1) as pool:
        assert pool.submit(ScopeMiddleware(_leaking), get).result().content == b"leaked"
        assert pool.submit(_looking, get).result().content == b"none"
        assert pool.submit(ScopeMiddleware(_looking), get).result().content == b"none"


def test_scope_when_left_behind_outside_any_request_then_cleared_by_the_middleware() -> None:
    get = RequestFactory().get("/")

    def serve() -> tuple[bytes, bytes]:
        _leaking(get)  # no middleware around it
        return _looking(get).content, ScopeMiddleware(_looking)(get).content

    assert contextvars.copy_context().run(serve) == (b"ALL", b"none")


def test_scope_when_left_behind_by_a_view_then_the_next_tenant_sees_only_its_own(
    tenants: Tenants, monkeypatch: pytest.MonkeyPatch
) -> None:
    from orgs.legacy import OrgListView

    alice, dave = tenants.api("alice"), tenants.api("dave")
    plain = OrgListView.get

    def leak(self: Any, request: Any) -> Any:
        made = plain(self, request)
        _scope.set(tenants.acme.org.pk)
        raise_away = self._scope.pop_all()  # the view's own clean-up is lost too
        assert raise_away is not None
        return made

    monkeypatch.setattr(OrgListView, "get", leak)
    assert b"acme" in alice.get("/api/org").content
    monkeypatch.setattr(OrgListView, "get", plain)
    with pytest.raises(ScopeError):
        current_scope()
    answer = dave.get("/api/org")
    assert b"globex" in answer.content
    assert b"acme" not in answer.content
    with pytest.raises(ScopeError):
        current_scope()


def test_scope_middleware_when_listed_then_it_is_the_outermost(settings: Any) -> None:
    assert settings.MIDDLEWARE[0] == "ssvirt.core.middleware.ScopeMiddleware"


# -- the models

GLOBAL = {
    "compute.Cluster": "belongs to the provider",
    "tasks.Claim": "ids only, read by the engine alone",
    "tasks.TaskSecret": "encrypted, read by its task's steps alone",
    "tasks.Heartbeat": "facts about the service itself",
    "orgs.Right": "the product's vocabulary",
    "orgs.Role": "without an organization it is predefined and serves every one",
    "vdcs.ProviderVdc": "a cluster as the provider offers it",
    "vdcs.StoragePolicy": "belongs to a provider VDC",
    "vdcs.ComputePolicy": "belongs to a provider VDC, or to all",
}


def test_models_when_not_scoped_then_listed_with_a_reason() -> None:
    assert {model._meta.label for model in MODELS if model not in SCOPED} == set(GLOBAL)


# -- composite foreign keys

UNFENCED = {
    "tasks.Task.user": "the provider's users start tasks in tenants",
    "catalogs.Catalog.owner": "the provider's users own content of tenants",
    "catalogs.VAppTemplate.owner": "likewise",
    "catalogs.Media.owner": "likewise",
    "vapps.VApp.owner": "likewise",
    "vapps.NamedDisk.owner": "likewise",
    "vapps.Vm.media": "media of published catalogs are inserted in VMs of every organization",
}
REFERENCES = [
    (model, field)
    for model in MODELS
    if issubclass(model, TenantModel)
    for field in model._meta.concrete_fields
    if isinstance(field, models.ForeignKey)
    and issubclass(field.related_model, ScopedModel)
    and field.related_model is not Org
]
FENCED = [pair for pair in REFERENCES if f"{pair[0]._meta.label}.{pair[1].name}" not in UNFENCED]


def test_references_when_unfenced_then_listed_with_a_reason() -> None:
    names = {f"{model._meta.label}.{field.name}" for model, field in REFERENCES}
    assert set(UNFENCED) <= names
    to_users = {
        f"{model._meta.label}.{field.name}" for model, field in REFERENCES if field.related_model is User
    }
    assert to_users - set(UNFENCED) == {"orgs.Session.user", "orgs.AccessGrant.user"}, (
        "sessions and grants are of the user's own organization"
    )


@pytest.mark.parametrize(
    ("model", "field"), FENCED, ids=lambda part: part._meta.label if hasattr(part, "_meta") else part.name
)
def test_reference_when_it_leads_to_another_tenant_then_integrity_error(
    tenants: Tenants, model: Any, field: Any
) -> None:
    # The row becomes globex's and still references acme's: each fence is looked at by itself.
    tenants.api("alice")  # a session
    row = model._base_manager.filter(org=tenants.acme.org).exclude(**{field.name: None}).first()
    assert row is not None
    table, constraint = model._meta.db_table, f"{model._meta.db_table}_{field.column}_same_org"
    with pytest.raises(IntegrityError) as caught, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute(f'UPDATE "{table}" SET org_id = %s WHERE id = %s', [tenants.globex.org.pk, row.pk])
        cursor.execute(f'SET CONSTRAINTS "{constraint}" IMMEDIATE')
    assert violated(caught.value) == constraint


def test_reference_when_it_is_changed_to_anothers_row_then_integrity_error(tenants: Tenants) -> None:
    with pytest.raises(IntegrityError) as caught, transaction.atomic(), connection.cursor() as cursor:
        tenants.acme.vapp.vdc = tenants.globex.vdc
        with acting_for(tenants.acme.org.pk):
            tenants.acme.vapp.save()
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert violated(caught.value) == "vapps_vapp_vdc_id_same_org"


def test_row_when_moved_to_another_tenant_then_integrity_error(tenants: Tenants) -> None:
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        Vdc._base_manager.filter(pk=tenants.acme.vdc.pk).update(org=tenants.globex.org)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
