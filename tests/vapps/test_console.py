"""Tickets, thumbnail, metrics and guest facts of a VM at /api."""

import hashlib
import struct
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from lxml import etree

from compute.names import vm_name
from orgs.models import AccessGrant
from orgs.selectors import predefined_role
from orgs.services import user_create
from ssvirt.core import clock
from ssvirt.core.errors import InvalidState, NotFound
from ssvirt.core.tenancy import ALL, acting_for
from tasks.retention import purge_all
from tests.compute.http_server import Answer, Request, kubeconfig_file, serving
from tests.fixtures import JSON, PASSWORD, Api, World
from tests.vapps.bodies import V15, first_vm, running_vapp, tree
from vapps.models import ConsoleTicket, Nic, VApp
from vapps.services import console_ticket_redeem

pytestmark = pytest.mark.django_db

MKS, TICKET = "screen/action/acquireMksTicket", "screen/action/acquireTicket"
ROUTES = (
    ("POST", TICKET),
    ("POST", MKS),
    ("GET", "screen"),
    ("GET", "metrics/current"),
    ("POST", "metrics/current"),
)
USAGE_SPEC = "application/vnd.vmware.vcloud.metrics.currentUsageSpec+xml"


@pytest.fixture
def vm(world: World) -> str:
    """Href of a VM that is on."""
    vapp = world.api("bob").get(running_vapp(world.api("bob"), world))
    return str(first_vm(vapp).get("href"))


def vm_id(href: str) -> uuid.UUID:
    return uuid.UUID(href.rpartition("vm-")[2])


def member(world: World, role: str) -> Api:
    """Another user of acme, with that role; he may read bob's vApps."""
    with acting_for(ALL):
        name = role.split()[0].lower()
        user = user_create(org=world.acme, username=name, password=PASSWORD, role=predefined_role(role))
        for vapp in VApp.objects.filter(org=world.acme):
            AccessGrant.objects.create(org=world.acme, entity_id=vapp.pk, user=user)
    return Api(user.login)


def switch_off(world: World, vm: str) -> None:
    world.api("bob").post(f"{vm}/power/action/powerOff")
    world.drain()


def mks_ticket(response: Any) -> dict[str, str]:
    assert response.status_code == 200, response.content
    return {str(etree.QName(each).localname): each.text for each in tree(response)}


def metrics_of(response: Any) -> dict[str, tuple[str, float]]:
    assert response.status_code == 200, response.content
    return {
        each.get("name"): (each.get("unit"), float(each.get("value")))
        for each in tree(response).findall(f"{V15}Metric")
    }


# -- tickets


def test_mks_ticket_when_on_then_host_port_and_a_ticket_that_opens_once(world: World, vm: str) -> None:
    response = world.api("bob").call(
        "POST", f"{vm}/{MKS}", content_type="application/vnd.vmware.vcloud.mksTicket+xml"
    )
    ticket = mks_ticket(response)
    assert response["Content-Type"] == "application/vnd.vmware.vcloud.mksTicket+xml;version=37.0"
    assert (ticket["Host"], ticket["Port"]) == ("testserver", "80")
    assert ticket["Ticket"].startswith("cst-")
    target = console_ticket_redeem(vm_id=vm_id(vm), text=ticket["Ticket"])
    assert (target.namespace, target.machine) == (world.vdc.namespace, vm_name(vm_id(vm)))
    assert (target.org_id, target.user_name) == (world.acme.pk, "bob@acme")
    with pytest.raises(NotFound):
        console_ticket_redeem(vm_id=vm_id(vm), text=ticket["Ticket"])


def test_screen_ticket_when_on_then_vcds_form(world: World, vm: str) -> None:
    response = world.api("bob").call(
        "POST", f"{vm}/{TICKET}", content_type="application/vnd.vmware.vcloud.screenTicket+xml"
    )
    assert response.status_code == 200, response.content
    text = tree(response).text
    assert text.startswith("mks://testserver%3A80/")
    parts = urlsplit(text)
    assert unquote(parts.path) == f"/vm-{vm_id(vm)}"
    ticket = parse_qs(parts.query)["ticket"][0]
    assert console_ticket_redeem(vm_id=vm_id(vm), text=ticket).vm_id == vm_id(vm)


def test_tickets_when_in_json_then_the_same(world: World, vm: str) -> None:
    bob = world.api("bob", JSON)
    ticket = bob.call("POST", f"{vm}/{MKS}").json()
    assert console_ticket_redeem(vm_id=vm_id(vm), text=ticket["ticket"])
    assert bob.call("POST", f"{vm}/{TICKET}").status_code == 200


def test_ticket_when_kept_then_as_its_hash_only(world: World, vm: str) -> None:
    text = mks_ticket(world.api("bob").post(f"{vm}/{MKS}"))["Ticket"]
    with acting_for(ALL):
        row = ConsoleTicket.objects.get()
    assert row.digest == hashlib.sha256(text.encode()).hexdigest()
    assert timedelta(seconds=28) < row.expires_at - clock.now() <= timedelta(seconds=30)
    assert text not in str(row.__dict__)


def test_ticket_when_expired_then_refused_and_swept(world: World, vm: str) -> None:
    text = mks_ticket(world.api("bob").post(f"{vm}/{MKS}"))["Ticket"]
    assert purge_all()["console_tickets"] == 0
    with clock.shifted(timedelta(seconds=31)):
        with pytest.raises(NotFound):
            console_ticket_redeem(vm_id=vm_id(vm), text=text)
        assert purge_all()["console_tickets"] == 1
    with acting_for(ALL):
        assert not ConsoleTicket.objects.exists()


def test_ticket_when_for_another_vm_then_refused_and_not_used_up(world: World, vm: str) -> None:
    text = mks_ticket(world.api("bob").post(f"{vm}/{MKS}"))["Ticket"]
    with pytest.raises(NotFound):
        console_ticket_redeem(vm_id=uuid.uuid4(), text=text)
    assert console_ticket_redeem(vm_id=vm_id(vm), text=text)


def test_ticket_when_vm_was_switched_off_since_then_not_running(world: World, vm: str) -> None:
    text = mks_ticket(world.api("bob").post(f"{vm}/{MKS}"))["Ticket"]
    switch_off(world, vm)
    with pytest.raises(InvalidState):
        console_ticket_redeem(vm_id=vm_id(vm), text=text)


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [("https://console.example.com", "console.example.com", "443"), ("http://[::1]:9000/", "::1", "9000")],
)
def test_ticket_when_the_console_has_an_address_of_its_own_then_that(
    world: World, vm: str, settings: Any, url: str, host: str, port: str
) -> None:
    settings.CONSOLE_PUBLIC_URL = url
    ticket = mks_ticket(world.api("bob").post(f"{vm}/{MKS}"))
    assert (ticket["Host"], ticket["Port"]) == (host, port)


# -- who may, and when


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_route_when_vm_is_off_then_400_naming_it(world: World, vm: str, method: str, path: str) -> None:
    switch_off(world, vm)
    response = world.api("bob").call(method, f"{vm}/{path}")
    assert (response.status_code, tree(response).get("minorErrorCode")) == (400, "BAD_REQUEST")
    assert '"web-vm"' in tree(response).get("message")
    with acting_for(ALL):
        assert not ConsoleTicket.objects.exists()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *ROUTES,
        ("GET", "metrics/historic"),
        ("POST", "metrics/historic"),
        ("GET", "runtimeInfoSection"),
        ("GET", "operatingSystemSection/"),
    ],
)
def test_route_when_vm_is_anothers_then_403(world: World, vm: str, method: str, path: str) -> None:
    response = world.api("dave").call(method, f"{vm}/{path}")
    assert response.status_code == 403
    assert "web-vm" not in response.content.decode()
    with acting_for(ALL):
        assert not ConsoleTicket.objects.exists()


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_route_when_role_is_console_access_only_then_may(
    world: World, vm: str, method: str, path: str
) -> None:
    assert member(world, "Console Access Only").call(method, f"{vm}/{path}").status_code == 200


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_route_when_role_lacks_the_right_then_403_naming_it(
    world: World, vm: str, method: str, path: str
) -> None:
    response = member(world, "Defer to Identity Provider").call(method, f"{vm}/{path}")
    assert response.status_code == 403
    right = "vApp: View VM metrics" if path.startswith("metrics") else "vApp: Use Console"
    assert f"[{right}]" in tree(response).get("message")


def test_links_when_on_then_for_those_who_may_and_gone_when_off(world: World, vm: str) -> None:
    def rels(api: Api) -> set[tuple[str, str]]:
        response = api.get(vm)
        assert response.status_code == 200
        links = tree(response).findall(f"{V15}Link")
        return {(each.get("rel"), each.get("href").removeprefix(vm)) for each in links}

    mine = {
        ("screen:thumbnail", "/screen"),
        ("screen:acquireTicket", f"/{TICKET}"),
        ("screen:acquireMksTicket", f"/{MKS}"),
        ("down", "/metrics/current"),
        ("metrics", "/metrics/current"),
    }
    assert mine <= rels(world.api("bob"))
    assert not mine & rels(member(world, "Defer to Identity Provider"))
    switch_off(world, vm)
    assert not mine & rels(world.api("bob"))


# -- the picture


@pytest.mark.parametrize(
    "accept", ["image/*", "*/*", "image/png;version=36.0", "application/*+xml;version=37.0"]
)
def test_screen_when_on_then_a_png(world: World, vm: str, accept: str) -> None:
    response = world.api("bob").get(f"{vm}/screen", accept=accept)
    assert (response.status_code, response["Content-Type"]) == (200, "image/png")
    assert response.content.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", response.content[16:24]) == (640, 400)


def test_screen_when_the_machine_has_just_gone_then_not_powered_on(world: World, vm: str) -> None:
    """Switched off behind our back, and not observed yet."""
    world.emulator.guest_shutdown(world.vdc.namespace, vm_name(vm_id(vm)))
    world.emulator.settle()
    response = world.api("bob").get(f"{vm}/screen")
    assert (response.status_code, tree(response).get("minorErrorCode")) == (400, "BAD_REQUEST")
    assert "not powered on" in tree(response).get("message")


def test_cluster_when_away_then_503_in_vcds_form(world: World, vm: str, tmp_path: Path) -> None:
    with serving(lambda request: Answer(503, {"kind": "Status", "message": "no leader"})) as cluster:
        point_at(world, kubeconfig_file(tmp_path, cluster.url))
        for path in ("screen", "metrics/current"):
            response = world.api("bob").get(f"{vm}/{path}")
            assert (response.status_code, tree(response).get("minorErrorCode")) == (
                503,
                "SERVICE_UNAVAILABLE",
            )
            assert "web-vm" in tree(response).get("message")


def point_at(world: World, kubeconfig: Path) -> None:
    world.cluster.kubeconfig_path = str(kubeconfig)
    world.cluster.save(update_fields=["kubeconfig_path", "updated_at"])


# -- metrics


def test_metrics_when_on_then_what_the_cluster_measures(world: World, vm: str) -> None:
    response = world.api("bob").get(f"{vm}/metrics/current")
    found = metrics_of(response)
    assert tree(response).find(f"{V15}Link").get("rel") == "up"
    assert found["disk.provisioned.latest"] == ("KILOBYTE", 30720 * 1024)
    assert found["cpu.usage.average"][0] == found["mem.usage.average"][0] == "PERCENT"
    assert 0 < found["cpu.usage.average"][1] <= 100
    assert 0 < found["mem.usage.average"][1] <= 100
    assert found["cpu.usagemhz.average"] == (
        "MEGAHERTZ",
        pytest.approx(10 * found["cpu.usage.average"][1], abs=0.1),
    )


@pytest.mark.parametrize(
    ("patterns", "names"),
    [
        (["disk.*"], {"disk.provisioned.latest"}),
        (["*.average"], {"cpu.usage.average", "cpu.usagemhz.average", "mem.usage.average"}),
        (["cpu.usage.average", "mem.*"], {"cpu.usage.average", "mem.usage.average"}),
        (["net.*"], set()),
        (["cpu.usage.averag?"], set()),
        (["[cm]*"], set()),
    ],
)
def test_metrics_when_patterns_are_given_then_those_only(
    world: World, vm: str, patterns: list[str], names: set[str]
) -> None:
    elements = "".join(f"<MetricPattern>{each}</MetricPattern>" for each in patterns)
    body = f'<CurrentUsageSpec xmlns="http://www.vmware.com/vcloud/v1.5">{elements}</CurrentUsageSpec>'
    assert set(metrics_of(world.api("bob").post(f"{vm}/metrics/current", body, USAGE_SPEC))) == names


def test_metrics_when_patterns_are_too_many_then_400(world: World, vm: str) -> None:
    elements = "<MetricPattern>cpu.*</MetricPattern>" * 101
    body = f'<CurrentUsageSpec xmlns="http://www.vmware.com/vcloud/v1.5">{elements}</CurrentUsageSpec>'
    response = world.api("bob").post(f"{vm}/metrics/current", body, USAGE_SPEC)
    assert (response.status_code, tree(response).get("minorErrorCode")) == (400, "BAD_REQUEST")


def test_metrics_when_in_json_then_the_same(world: World, vm: str) -> None:
    answer = world.api("bob", JSON).get(f"{vm}/metrics/current").json()
    assert {each["name"] for each in answer["metric"]} >= {"cpu.usage.average", "disk.provisioned.latest"}


def _no_metrics(request: Request) -> Answer:
    """As an API server without a metrics server answers."""
    return Answer(404, b"404 page not found\n", headers=(("Content-Type", "text/plain"),))


def test_metrics_when_the_cluster_measures_nothing_then_what_is_known(
    world: World, vm: str, tmp_path: Path
) -> None:
    with serving(_no_metrics) as cluster:
        point_at(world, kubeconfig_file(tmp_path, cluster.url))
        assert set(metrics_of(world.api("bob").get(f"{vm}/metrics/current"))) == {"disk.provisioned.latest"}


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_historic_metrics_when_asked_for_then_not_supported(world: World, vm: str, method: str) -> None:
    response = world.api("bob").call(method, f"{vm}/metrics/historic")
    assert (response.status_code, tree(response).get("minorErrorCode")) == (400, "UNSUPPORTED_OPERATION")


# -- the guest


def test_guest_when_observed_then_tools_system_and_address(world: World, vm: str) -> None:
    bob = world.api("bob")
    tools = tree(bob.get(f"{vm}/runtimeInfoSection"))
    assert etree.QName(tools).localname == "RuntimeInfoSection"
    assert tools.find(f"{V15}VMWareTools").get("version") == "2147483647"
    system = tree(bob.get(f"{vm}/operatingSystemSection/"))
    assert etree.QName(system).localname == "OperatingSystemSection"
    assert "Fedora" in "".join(system.itertext())
    with acting_for(ALL):
        observed = Nic.objects.get(vm_id=vm_id(vm)).observed_address
        # What we gave is shown first; without it the guest's own.
        Nic.objects.filter(vm_id=vm_id(vm)).update(address=None)
    assert observed
    connection = tree(bob.get(vm)).find(f".//{V15}NetworkConnection")
    assert connection.find(f"{V15}IpAddress").text == observed


def test_guest_when_off_then_no_tools(world: World, vm: str) -> None:
    switch_off(world, vm)
    answer = tree(world.api("bob").get(f"{vm}/runtimeInfoSection"))
    assert answer.find(f"{V15}VMWareTools") is None


def test_guest_when_in_json_then_the_same(world: World, vm: str) -> None:
    bob = world.api("bob", JSON)
    assert bob.get(f"{vm}/runtimeInfoSection").json()["vMWareTools"]["version"] == "2147483647"
    assert bob.get(f"{vm}/operatingSystemSection").status_code == 200
