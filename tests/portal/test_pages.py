"""Every page of the admin portal opens, for System Administrators alone."""

import pytest
from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from orgs.models import User
from orgs.selectors import predefined_role
from orgs.services import org_create
from ssvirt.core.errors import BadRequest
from ssvirt.core.tenancy import ALL, acting_for
from ssvirt.portal import PortalSite
from tests.fixtures import PASSWORD, Api, World
from tests.vapps.bodies import running_vapp

pytestmark = pytest.mark.django_db
MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)


def signed_in(login: str) -> Client:
    client = Client(raise_request_exception=False)
    response = client.post("/admin/login/?next=/admin/", {"username": login, "password": PASSWORD})
    assert response.status_code in (200, 302)
    return client


def test_site_when_started_then_ours() -> None:
    assert isinstance(admin.site._wrapped if hasattr(admin.site, "_wrapped") else admin.site, PortalSite)


def test_models_when_concrete_then_registered() -> None:
    from django.apps import apps

    ours = {"compute", "tasks", "orgs", "vdcs", "catalogs", "vapps"}
    missing = [
        model._meta.label
        for model in apps.get_models()
        if model._meta.app_label in ours
        and not model._meta.auto_created
        and model not in admin.site._registry
    ]
    assert missing == []


def test_pages_when_opened_by_an_administrator_then_shown(world: World) -> None:
    running_vapp(world.api("bob"), world, template=world.pair)
    client = signed_in("administrator@System")
    assert b"SSVirt" in client.get("/admin/").content
    for model in MODELS:
        options = model._meta
        page = client.get(reverse(f"admin:{options.app_label}_{options.model_name}_changelist"))
        assert page.status_code == 200, options.label
        row = first_row(model)
        if row is not None:
            url = reverse(f"admin:{options.app_label}_{options.model_name}_change", args=[row.pk])
            assert client.get(url).status_code == 200, options.label
        add = client.get(reverse(f"admin:{options.app_label}_{options.model_name}_add"))
        assert add.status_code in (200, 403), options.label


def first_row(model: type[Model]) -> Model | None:
    with acting_for(ALL):
        return model._default_manager.first()


@pytest.mark.parametrize("login", ["alice@acme", "bob@acme", "nobody@System"])
def test_pages_when_asked_by_others_then_the_sign_in_page(world: World, login: str) -> None:
    client = signed_in(login)
    for path in ("/admin/", "/admin/vapps/vm/"):
        assert client.get(path).status_code == 302


def test_task_rows_when_an_administrator_tries_then_cannot_be_changed(world: World) -> None:
    client = signed_in("administrator@System")
    assert client.get("/admin/tasks/task/add/").status_code == 403
    assert client.get("/admin/vapps/vapp/add/").status_code == 403


def test_page_when_unknown_then_a_page_for_people(world: World) -> None:
    response = signed_in("administrator@System").get("/admin/nothing/here/")
    assert response.status_code == 404
    assert response["Content-Type"].startswith("text/html")


def test_secrets_when_rows_are_shown_then_not_on_the_page(world: World) -> None:
    client = signed_in("administrator@System")
    user = world.users["bob"]
    page = client.get(reverse("admin:orgs_user_change", args=[user.pk])).content
    assert user.password.encode() not in page


def test_user_when_added_and_changed_then_can_sign_in_and_is_cut_off_when_disabled(world: World) -> None:
    client = signed_in("administrator@System")
    role = predefined_role("vApp User")
    form = {
        "org": str(world.acme.pk),
        "username": "erin",
        "password": "a long enough one",
        "role": str(role.pk),
        "full_name": "Erin",
        "is_enabled": "on",
    }
    assert client.post("/admin/orgs/user/add/", form).status_code == 302
    with acting_for(ALL):
        erin = User.objects.get(login="erin@acme")
    api = Api("erin@acme", password="a long enough one")
    change = reverse("admin:orgs_user_change", args=[erin.pk])
    assert client.post(change, {**form, "password": "", "full_name": "Erin E."}).status_code == 302
    assert api.get("/api/session").status_code == 200, "an unchanged password ends no session"
    disabled = {key: value for key, value in form.items() if key != "is_enabled"} | {"password": ""}
    assert client.post(change, disabled).status_code == 302
    assert api.get("/api/session").status_code == 401


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"password": ""}, "needs a password"),
        ({"password": "short"}, "too short"),
        ({"username": "bob"}, "already"),
        ({"username": "a b"}, "no spaces"),
        ({"role": "System Administrator"}, "not for users of acme"),
    ],
)
def test_user_when_a_value_is_bad_then_said_and_nothing_written(
    world: World, changes: dict[str, str], said: str
) -> None:
    form = {
        "org": str(world.acme.pk),
        "username": "erin",
        "password": "a long enough one",
        "role": "vApp User",
        "is_enabled": "on",
    } | changes
    form["role"] = str(predefined_role(form["role"]).pk)
    page = signed_in("administrator@System").post("/admin/orgs/user/add/", form)
    assert page.status_code == 200
    assert said in page.content.decode()
    with acting_for(ALL):
        assert User.objects.count() == 5


@pytest.mark.parametrize("name", ["a@b", "a/b", "System2/..", " x", "", "a\n"])
def test_organization_when_its_name_is_bad_then_refused(world: World, name: str) -> None:
    leases = dict.fromkeys(("deployment_lease_s", "storage_lease_s", "template_lease_s"), "0")
    form = {"name": name, "is_enabled": "on", **leases}
    page = signed_in("administrator@System").post("/admin/orgs/org/add/", form)
    assert page.status_code == (302 if name.strip() and name.strip().isalnum() else 200)
    with acting_for(ALL), pytest.raises(BadRequest):
        org_create(name=name)
