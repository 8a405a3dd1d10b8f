"""vcd-cli 24.1.0, as a person types it."""

import re
from collections.abc import Callable, Iterator
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from tests.clients.stack import MARKS, Cluster, Programs
from tests.clients.vcd import Vcd, program
from tests.embedded.running import Stack

pytestmark = list(MARKS)

FIRST, LAST = IPv4Address("10.10.0.100"), IPv4Address("10.10.0.199")  # the pool of acme-net
RUNNING = {"vm": ["Running"], "vmi": ["Running"], "dv": ["Succeeded"]}
STOPPED = {"vm": ["Stopped"], "vmi": [], "dv": ["Succeeded"]}
GONE = {"vm": [], "vmi": [], "dv": []}


@pytest.fixture(scope="module")
def new_vcd(clients: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Vcd]:
    """Makes the command of somebody who isn't signed in."""
    return lambda: Vcd(program(Programs(tmp_path_factory.mktemp("vcd"), clients)))


@pytest.fixture(scope="module")
def bob(new_vcd: Callable[[], Vcd], stack: Stack) -> Iterator[Vcd]:
    """The command of bob, a vApp Author of acme, signed in."""
    vcd = new_vcd()
    said = vcd("login", stack.url, "acme", "bob", "-p", stack.password("bob"))
    assert said == "bob logged in, org: 'acme', vdc: 'acme-vdc'"
    yield vcd
    assert vcd("logout") == "bob logged out."
    assert "please login again" in vcd.fails("org", "list")


def test_org_list_and_info(bob: Vcd) -> None:
    orgs = bob.table("org", "list")
    info = bob.properties("org", "info", "acme")

    assert orgs == [{"in_use": "True", "logged_in": "True", "name": "acme"}]
    assert info["full_name"] == ["Acme Corporation"]
    assert sorted(info["vdcs"]) == ["acme-vdc", "acme-vdc-2"]
    assert sorted(info["org_networks"]) == ["acme-isolated", "acme-net"]
    assert info["catalogs"] == ["linux"]


def test_vdc_list_and_info(bob: Vcd) -> None:
    vdcs = bob.table("vdc", "list")
    info = bob.properties("vdc", "info", "acme-vdc")

    assert vdcs == [
        {"in_use": "True", "name": "acme-vdc", "org": "acme"},
        {"in_use": "False", "name": "acme-vdc-2", "org": "acme"},
    ]
    assert (info["name"], info["org"], info["is_enabled"]) == (["acme-vdc"], ["acme"], ["True"])
    assert sorted(info["networks"]) == ["acme-isolated", "acme-net"]
    assert len(info["storage_profiles"]) == 2


def test_catalog_list(bob: Vcd) -> None:
    (catalog,) = bob.table("catalog", "list")
    items = bob.table("catalog", "list", "linux")

    assert (catalog["name"], catalog["numberOfVAppTemplates"], catalog["numberOfMedia"]) == (
        "linux",
        "4",
        "1",
    )
    templates = {each["name"] for each in items if each["entityType"] == "vapptemplate"}
    assert templates == {"fedora", "ubuntu", "centos-stream", "web-and-db"}


def test_vapp_from_template_runs_stops_starts_and_goes(bob: Vcd, cluster: Cluster) -> None:
    with cluster.recording() as history:
        created = bob("vapp", "create", "web", "-c", "linux", "-t", "fedora", "-n", "acme-net", "-i", "pool")
    assert re.search(r"vdcInstantiateVapp: .*status: (queued|running), progress: \d+%", created)
    assert "result: success" in created

    info = bob.properties("vapp", "info", "web")
    vms = cluster.machines(info["id"][0])
    assert (info["status"], info["owner"]) == (["Powered on"], ["bob"])
    assert info["vm-1: name"] == ["fedora"]
    assert info["vapp-net-1"] == ["acme-net"]
    assert FIRST <= address_of(info) <= LAST
    assert len(vms) == 1
    assert cluster.states(vms) == RUNNING
    assert history["vm", vms[0]][-1] == history["vmi", vms[0]][-1] == "Running"
    assert len(history["vm", vms[0]]) > 1, "the VirtualMachine was there before it ran"

    bob.done("vapp", "power-off", "web", "-y")
    assert status_of(bob, "web") == "POWERED_OFF"
    assert cluster.states(vms) == STOPPED

    bob.done("vapp", "power-on", "web")
    again = bob.properties("vapp", "info", "web")
    assert again["status"] == ["Powered on"]
    assert address_of(again) == address_of(info)
    assert cluster.states(vms) == RUNNING

    bob.done("vapp", "delete", "web", "-y", "-f")
    assert bob.table("vapp", "list") == []
    assert "not found" in bob.fails("vapp", "info", "web")
    assert cluster.states(vms) == GONE


def test_vapp_on_a_pool_network_without_a_mode_gets_an_address(bob: Vcd, cluster: Cluster) -> None:
    """The command sends DHCP when it isn't told a mode."""
    bob.done("vapp", "create", "plain", "-c", "linux", "-t", "ubuntu", "-n", "acme-net")

    info = bob.properties("vapp", "info", "plain")
    vms = cluster.machines(info["id"][0])
    assert FIRST <= address_of(info) <= LAST
    assert cluster.states(vms) == RUNNING

    assert "vdcDeleteVapp" in bob("--no-wait", "vapp", "delete", "plain", "-y", "-f")
    cluster.wait(vms, GONE)


@pytest.mark.parametrize(
    ("org", "user", "said", "orgs"),
    [
        ("acme", "alice", "alice logged in, org: 'acme', vdc: 'acme-vdc'", {"acme"}),
        ("System", "administrator", "administrator logged in, org: 'System'", {"System", "acme", "globex"}),
    ],
)
def test_others_sign_in_and_see_their_orgs(
    new_vcd: Callable[[], Vcd], stack: Stack, org: str, user: str, said: str, orgs: set[str]
) -> None:
    vcd = new_vcd()

    assert said in vcd("login", stack.url, org, user, "-p", stack.password(user))
    assert orgs <= {each["name"] for each in vcd.table("org", "list")} <= orgs | {"System"}
    assert vcd("logout") == f"{user} logged out."


def test_wrong_password_is_refused(new_vcd: Callable[[], Vcd], stack: Stack) -> None:
    assert "logged in" not in new_vcd().fails("login", stack.url, "acme", "bob", "-p", "not the password")


def address_of(info: dict[str, list[str]]) -> IPv4Address:
    """Address of the first VM, which `vapp info` shows as `POOL: 10.10.0.100`."""
    return IPv4Address(info["vm-1: Network adapter 0"][0].rpartition(" ")[2])


def status_of(vcd: Vcd, vapp: str) -> str:
    """Status of a vApp in the list of vApps."""
    (row,) = [each for each in vcd.table("vapp", "list") if each["name"] == vapp]
    return row["status"]
