"""Requests that must be refused, with nothing written."""

import uuid
from typing import Any

import pytest

from ssvirt.core.tenancy import ALL, acting_for
from tasks.models import Task
from tests.fixtures import World
from tests.vapps.bodies import COMPOSE, compose, post_instantiate, running_vapp, tree
from vapps.models import VApp
from vdcs.models import IpAllocation, Vdc

pytestmark = pytest.mark.django_db


def assert_refused(world: World, response: Any, status: int, minor: str, *words: str) -> None:
    assert response.status_code == status, response.content
    error = tree(response)
    assert error.get("minorErrorCode") == minor
    for word in words:
        assert word in error.get("message")
    with acting_for(ALL):
        assert not VApp.objects.exists()
        assert not IpAllocation.objects.exists()
        assert not Task.objects.filter(owner_kind="vApp").exists()
        assert Vdc.objects.get(pk=world.vdc.pk).used_vms == 0


FORBIDDEN = "ACCESS_TO_RESOURCE_IS_FORBIDDEN"


def test_instantiate_when_template_is_unknown_then_403(world: World) -> None:
    body_id = uuid.uuid4()
    response = world.api("bob").post(
        f"/api/vdc/{world.vdc.pk}/action/instantiateVAppTemplate",
        f'<InstantiateVAppTemplateParams xmlns="http://www.vmware.com/vcloud/v1.5" name="x">'
        f'<Source href="http://h/api/vAppTemplate/vappTemplate-{body_id}"/></InstantiateVAppTemplateParams>',
    )
    assert_refused(world, response, 403, FORBIDDEN, str(body_id))


def test_instantiate_when_vdc_is_foreign_then_403_without_its_name(world: World) -> None:
    response = world.api("dave").post(
        f"/api/vdc/{world.vdc.pk}/action/instantiateVAppTemplate", _body(world), ""
    )
    assert_refused(world, response, 403, FORBIDDEN)
    assert "acme" not in response.content.decode()


def _body(world: World, **options: Any) -> str:
    from tests.vapps.bodies import instantiate

    return instantiate(world, **options)


def test_instantiate_when_template_is_anothers_private_one_then_403(world: World) -> None:
    response = world.api("dave").post(
        f"/api/vdc/{world.globex_vdc.pk}/action/instantiateVAppTemplate", _body(world, template=world.private)
    )
    assert_refused(world, response, 403, FORBIDDEN)
    assert "secret" not in response.content.decode()


def test_instantiate_when_network_is_anothers_then_403(world: World) -> None:
    response = world.api("dave").post(
        f"/api/vdc/{world.globex_vdc.pk}/action/instantiateVAppTemplate", _body(world)
    )
    assert_refused(world, response, 403, FORBIDDEN, str(world.net.pk))


def test_instantiate_when_source_vm_is_of_another_template_then_refused(world: World) -> None:
    with acting_for(ALL):
        foreign = world.private.vms.first().pk
    response = post_instantiate(world.api("bob"), world, source_vm=foreign)
    assert_refused(world, response, 400, "INVALID_REFERENCE", str(foreign))


def test_instantiate_when_storage_profile_is_unknown_then_403(world: World) -> None:
    profile = uuid.uuid4()
    extra = f'<StorageProfile href="http://h/api/vdcStorageProfile/{profile}"/>'
    response = post_instantiate(world.api("bob"), world, extra_item=extra)
    assert_refused(world, response, 403, FORBIDDEN, str(profile))


def test_instantiate_when_storage_profile_is_anothers_then_403(world: World) -> None:
    with acting_for(ALL):
        profile = world.globex_vdc.storage_policies.first().pk
    extra = f'<StorageProfile href="http://h/api/vdcStorageProfile/{profile}"/>'
    response = post_instantiate(world.api("bob"), world, extra_item=extra)
    assert_refused(world, response, 403, FORBIDDEN, str(profile))


def test_instantiate_when_vdc_is_disabled_then_400(world: World) -> None:
    with acting_for(ALL):
        Vdc.objects.filter(pk=world.vdc.pk).update(is_enabled=False)
    assert_refused(world, post_instantiate(world.api("bob"), world), 400, "VDC_DISABLED", "disabled")


def test_instantiate_when_over_the_vm_quota_then_400(world: World) -> None:
    with acting_for(ALL):
        Vdc.objects.filter(pk=world.vdc.pk).update(vm_quota=1)
    response = post_instantiate(world.api("bob"), world, template=world.pair)
    assert_refused(
        world, response, 400, "RESOURCE_LIMIT_EXCEEDED", "virtual machines", "2 requested", "1 allowed"
    )


def test_instantiate_when_over_the_nic_quota_then_400(world: World) -> None:
    with acting_for(ALL):
        Vdc.objects.filter(pk=world.vdc.pk).update(nic_quota=1)
    response = post_instantiate(world.api("bob"), world, template=world.pair)
    assert_refused(world, response, 400, "RESOURCE_LIMIT_EXCEEDED", "network cards", "1 allowed")


def test_instantiate_when_over_the_memory_limit_then_400(world: World) -> None:
    with acting_for(ALL):
        Vdc.objects.filter(pk=world.vdc.pk).update(memory_limit_mb=512)
    assert_refused(world, post_instantiate(world.api("bob"), world), 400, "RESOURCE_LIMIT_EXCEEDED", "memory")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"mode": "MANUAL"}, ["no address"]),
        ({"mode": "MANUAL", "address": "10.99.0.1"}, ["10.99.0.1", "not within"]),
        ({"mode": "MANUAL", "address": "10.10.0.1"}, ["gateway"]),
        ({"mode": "MANUAL", "address": "nonsense"}, ["nonsense"]),
        ({"mode": "SOMETIMES"}, ["SOMETIMES"]),
        ({"name": ""}, ["name"]),
        ({"name": "x" * 129}, ["128"]),
    ],
)
def test_instantiate_when_a_value_is_bad_then_400_naming_it(
    world: World, options: dict[str, Any], words: list[str]
) -> None:
    assert_refused(world, post_instantiate(world.api("bob"), world, **options), 400, "BAD_REQUEST", *words)


def test_instantiate_when_role_lacks_the_right_then_403_naming_it(world: World) -> None:
    response = post_instantiate(world.api("carol"), world)
    assert_refused(world, response, 403, FORBIDDEN, "[vApp: Create / Reconfigure]")


def test_instantiate_when_name_is_taken_then_duplicate_name(world: World) -> None:
    bob = world.api("bob")
    running_vapp(bob, world, name="web")
    response = post_instantiate(bob, world, name="web")
    assert (response.status_code, tree(response).get("minorErrorCode")) == (400, "DUPLICATE_NAME")
    with acting_for(ALL):
        assert VApp.objects.count() == 1


def test_address_when_in_use_then_refused(world: World) -> None:
    bob = world.api("bob")
    running_vapp(bob, world, name="first", mode="MANUAL", address="10.10.0.50")
    response = post_instantiate(bob, world, name="second", mode="MANUAL", address="10.10.0.50")
    assert response.status_code == 400
    assert "already in use" in tree(response).get("message")


def test_pool_when_exhausted_then_refused(world: World) -> None:
    bob = world.api("bob")
    for number in range(10):
        assert post_instantiate(bob, world, name=f"vapp-{number}").status_code == 201
    with acting_for(ALL):
        Vdc.objects.filter(pk=world.vdc.pk).update(vm_quota=0)
    response = post_instantiate(bob, world, name="eleven")
    assert response.status_code == 400
    assert "no free address" in tree(response).get("message")


def test_action_when_vapp_is_anothers_then_403_and_nothing_happens(world: World) -> None:
    href = running_vapp(world.api("bob"), world)
    dave = world.api("dave")
    for method, path in (
        ("GET", ""),
        ("DELETE", "?force=true"),
        ("POST", "/power/action/powerOff"),
        ("POST", "/action/undeploy"),
        ("GET", "/metadata"),
        ("GET", "/controlAccess"),
    ):
        response = dave.call(method, href + path)
        assert response.status_code == 403, (method, path)
        assert "web" not in response.content.decode()
    assert tree(world.api("bob").get(href)).get("status") == "4"


def test_compose_when_an_item_has_no_source_then_refused(world: World) -> None:
    body = compose().replace(
        "<AllEULAsAccepted>", '<SourcedItem><Source href="x"/></SourcedItem><AllEULAsAccepted>'
    )
    response = world.api("bob").post(f"/api/vdc/{world.vdc.pk}/action/composeVApp", body, COMPOSE)
    assert_refused(world, response, 400, "BAD_REQUEST")
