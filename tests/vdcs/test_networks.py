"""Org VDC networks in XML: made, changed, removed on the cluster; what is refused changes nothing."""

from typing import Any

import pytest

from compute.cluster.client import client_for
from ssvirt.core.tenancy import ALL, acting_for
from tasks.models import Task
from tests.fixtures import JSON, World
from tests.vapps.bodies import post_instantiate, task_of, tree
from tests.vapps.test_crashes import drain_over_deaths, kill
from tests.vdcs.bodies import ORG_VDC_NETWORK, network_body
from vdcs.models import IpAllocation, IpRange, Network
from vdcs.operations.networks import CreateNetwork, DeleteNetwork, UpdateNetwork

pytestmark = pytest.mark.django_db


def post(world: World, body: str, *, user: str = "alice", vdc: Any = None, accept: str = "") -> Any:
    api = world.api(user, accept) if accept else world.api(user)
    return api.post(f"/api/vdc/{(vdc or world.vdc).pk}/networks", body, ORG_VDC_NETWORK)


def make(world: World, **values: Any) -> Any:
    """A new network whose task has ended well; its tree as it is read then."""
    response = post(world, network_body(**values))
    assert response.status_code == 201, response.content
    world.drain()
    found = tree(world.api("alice").get(response["Location"]))
    assert found.get("status") == "1"
    return found


def path_of(network: Any) -> str:
    return "/api/admin/network/" + network.get("id").rpartition(":")[2]


def udns(world: World) -> list[str]:
    client = client_for(world.cluster)
    pages = client.list_pages("UserDefinedNetwork", namespace=world.vdc.namespace)
    return sorted(item["metadata"]["name"] for page, _ in pages for item in page)


def rows() -> tuple[Any, ...]:
    with acting_for(ALL):
        return (
            list(Network.objects.order_by("pk").values()),
            list(IpRange.objects.order_by("network", "start").values_list("network", "start", "end")),
            Task.objects.count(),
        )


def status_of(world: World, response: Any) -> Any:
    return tree(world.api("alice").get(task_of(response).get("href")))


def links(root: Any) -> set[tuple[str, str | None]]:
    return {(each.get("rel"), each.get("type")) for each in root.findall("{*}Link")}


# -- making


def test_network_when_made_then_exactly_one_task_and_it_is_on_the_cluster(world: World) -> None:
    before = udns(world)
    response = post(world, network_body(dns=("192.168.77.2", "192.168.77.3")))
    assert response.status_code == 201
    root = tree(response)
    assert root.tag == "{http://www.vmware.com/vcloud/v1.5}OrgVdcNetwork"
    assert root.get("status") == "0"
    (task,) = root.findall("{*}Tasks/{*}Task")
    assert task.get("operationName") == "networkCreateOrgVdcNetwork"
    world.drain()
    root = tree(world.api("alice").get(response["Location"]))
    assert root.get("status") == "1"
    assert root.find("{*}Tasks") is None
    assert len(udns(world)) == len(before) + 1
    assert root.findtext("{*}Description") == "made by a test"
    assert root.findtext(".//{*}FenceMode") == "isolated"
    assert root.findtext(".//{*}Netmask") == "255.255.255.0"
    assert root.findtext(".//{*}SubnetPrefixLength") == "24"
    assert [root.findtext(f".//{{*}}Dns{n}") for n in (1, 2)] == ["192.168.77.2", "192.168.77.3"]
    assert root.findtext(".//{*}StartAddress") == "192.168.77.10"
    vdc = tree(world.api("bob").get(f"/api/vdc/{world.vdc.pk}"))
    assert "lan" in [each.get("name") for each in vdc.findall("{*}AvailableNetworks/{*}Network")]


def test_network_when_asked_for_json_then_the_same(world: World) -> None:
    response = post(world, network_body(), accept=JSON)
    assert response.status_code == 201
    assert response.json()["tasks"]["task"][0]["operationName"] == "networkCreateOrgVdcNetwork"
    world.drain()
    found = world.api("bob", JSON).get(response.json()["href"].replace("/admin/", "/")).json()
    assert found["name"] == "lan"
    assert found["configuration"]["fenceMode"] == "isolated"


def test_network_when_read_then_links_by_right_and_href_by_path(world: World) -> None:
    alice, bob, pk = world.api("alice"), world.api("bob"), world.net.pk
    changing = {("edit", ORG_VDC_NETWORK), ("remove", None), ("repair", None)}
    reading = {
        ("up", "application/vnd.vmware.vcloud.vdc+xml"),
        ("down", "application/vnd.vmware.vcloud.metadata+xml"),
        ("down", "application/vnd.vmware.vcloud.allocatedNetworkAddress+xml"),
    }
    assert links(tree(alice.get(f"/api/network/{pk}"))) == changing | reading
    assert links(tree(bob.get(f"/api/network/{pk}"))) == reading
    for path in ("network", "admin/network", "admin//network"):
        root = tree(bob.get(f"/api/{path}/{pk}"))
        assert root.get("href").endswith(f"/api/{path.replace('//', '/')}/{pk}")
        assert root.get("type") == ORG_VDC_NETWORK
        assert root.find("{*}EdgeGateway").get("name") == "acme-vdc-edge"
        for each in root.findall("{*}Link"):
            if each.get("rel") == "down" and "metadata" not in each.get("href"):
                assert bob.get(each.get("href")).status_code == 200


def test_network_when_the_role_may_not_change_it_then_403_and_nothing_happens(world: World) -> None:
    before = rows()
    bob = world.api("bob")
    assert post(world, network_body(), user="bob").status_code == 403
    for path in (f"/api/network/{world.net.pk}", f"/api/admin/network/{world.net.pk}"):
        assert bob.call("PUT", path, network_body(), content_type=ORG_VDC_NETWORK).status_code == 403
        assert bob.delete(path).status_code == 403
    assert bob.post(f"/api/network/{world.net.pk}/action/reset").status_code == 403
    assert rows() == before


def test_network_when_another_tenants_then_403_and_nothing_happens(world: World) -> None:
    before = rows()
    dave = world.api("dave")
    assert dave.post(f"/api/vdc/{world.vdc.pk}/networks", network_body(), ORG_VDC_NETWORK).status_code == 403
    for prefix in ("/api/network", "/api/admin/network"):
        path = f"{prefix}/{world.isolated.pk}"
        for response in (
            dave.get(path),
            dave.get(f"{path}/allocatedAddresses/"),
            dave.call("PUT", path, network_body(), content_type=ORG_VDC_NETWORK),
            dave.delete(path),
            dave.post(f"{path}/action/reset"),
        ):
            assert response.status_code == 403
            assert "acme" not in response.content.decode()
    assert rows() == before


BAD = [
    ({"gateway": "nonsense"}, "BAD_REQUEST", "nonsense"),
    ({"gateway": ""}, "BAD_REQUEST", "no Gateway"),
    ({"netmask": ""}, "BAD_REQUEST", "neither Netmask nor SubnetPrefixLength"),
    ({"netmask": "<Netmask>255.0.255.0</Netmask>"}, "BAD_REQUEST", "255.0.255.0"),
    ({"netmask": "<Netmask>nonsense</Netmask>"}, "BAD_REQUEST", "nonsense"),
    ({"netmask": "<Netmask>0.0.0.255</Netmask>"}, "BAD_REQUEST", "0.0.0.255"),
    ({"gateway": "127.0.0.1", "ranges": ()}, "BAD_REQUEST", "127.0.0.0/24"),
    ({"gateway": "224.0.0.1", "ranges": ()}, "BAD_REQUEST", "224.0.0.0/24"),
    ({"netmask": "<SubnetPrefixLength>33</SubnetPrefixLength>"}, "BAD_REQUEST", "/33"),
    (
        {"netmask": "<Netmask>255.255.255.0</Netmask><SubnetPrefixLength>25</SubnetPrefixLength>"},
        "BAD_REQUEST",
        "do not agree",
    ),
    ({"ranges": (("192.168.78.1", "192.168.78.2"),)}, "BAD_REQUEST", "192.168.78.1"),
    ({"ranges": (("192.168.77.20", "192.168.77.10"),)}, "BAD_REQUEST", "ends before it starts"),
    ({"ranges": (("192.168.77.1", "192.168.77.9"),)}, "BAD_REQUEST", "gateway"),
    (
        {"ranges": (("192.168.77.5", "192.168.77.9"), ("192.168.77.9", "192.168.77.12"))},
        "BAD_REQUEST",
        "overlaps",
    ),
    ({"ranges": (("192.168.77.5", ""),)}, "BAD_REQUEST", "EndAddress"),
    ({"ranges": (("x", "y"),)}, "BAD_REQUEST", "x"),
    ({"dns": ("nonsense",)}, "BAD_REQUEST", "nonsense"),
    ({"fence_mode": "sideways"}, "BAD_REQUEST", "sideways"),
    ({"fence_mode": ""}, "BAD_REQUEST", "FenceMode"),
    ({"name": ""}, "BAD_REQUEST", "needs a name"),
    ({"name": "x" * 129}, "BAD_REQUEST", "longer than 128"),
    ({"description": "x" * 257}, "BAD_REQUEST", "longer than 256"),
    ({"name": "acme-isolated"}, "DUPLICATE_NAME", "acme-isolated"),
    ({"fence_mode": "bridged"}, "UNSUPPORTED_OPERATION", "external network"),
    ({"fence_mode": "natRouted", "gateway": "10.10.0.1", "ranges": ()}, "UNSUPPORTED_OPERATION", "acme-net"),
    (
        {
            "services": "<ServiceConfig><DhcpService><IsEnabled>true</IsEnabled><IpRange><StartAddress>1.1.1.1"
            "</StartAddress><EndAddress>1.1.1.2</EndAddress></IpRange></DhcpService></ServiceConfig>"
        },
        "UNSUPPORTED_OPERATION",
        "DhcpService",
    ),
]


@pytest.mark.parametrize(("values", "code", "names"), BAD)
def test_network_when_a_value_is_bad_then_400_naming_it_and_nothing_written(
    world: World, values: dict[str, Any], code: str, names: str
) -> None:
    before = rows()
    response = post(world, network_body(**values))
    assert response.status_code == 400, response.content
    error = tree(response)
    assert error.get("minorErrorCode") == code
    assert names in error.get("message")
    assert rows() == before


@pytest.mark.parametrize("body", ["", "<OrgVdcNetwork", '<OrgVdcNetwork xmlns="x" name="y"/>'])
def test_network_when_the_body_is_no_network_then_400(world: World, body: str) -> None:
    before = rows()
    assert post(world, body).status_code == 400
    assert rows() == before


def test_network_when_the_vdcs_quota_is_used_up_then_refused(world: World) -> None:
    with acting_for(ALL):
        world.vdc.network_quota = 2
        world.vdc.save(update_fields=["network_quota"])
    before = rows()
    response = post(world, network_body())
    assert (response.status_code, tree(response).get("minorErrorCode")) == (400, "RESOURCE_LIMIT_EXCEEDED")
    assert rows() == before


def test_network_when_routed_in_a_vdc_without_one_then_on_its_edge_gateway(world: World) -> None:
    body = network_body(
        fence_mode="natRouted", gateway="10.20.0.1", ranges=(("10.20.0.100", "10.20.0.120"),), services=""
    )
    response = post(world, body, vdc=world.vdc2)
    assert response.status_code == 201, response.content
    world.drain()
    root = tree(world.api("alice").get(response["Location"]))
    assert (root.get("status"), root.find("{*}EdgeGateway").get("name")) == ("1", "acme-vdc-2-edge")
    edge = tree(world.api("bob").get(root.find("{*}EdgeGateway").get("href")))
    internal = [
        each for each in edge.iter("{*}GatewayInterface") if each.findtext("{*}InterfaceType") == "internal"
    ]
    assert [each.findtext("{*}Name") for each in internal] == ["lan"]


def test_network_when_its_edge_gateway_is_another_vdcs_then_refused(world: World) -> None:
    with acting_for(ALL):
        other = world.vdc.edge_gateway.pk
    before = rows()
    body = network_body(
        fence_mode="natRouted",
        gateway="10.20.0.1",
        ranges=(),
        extra=f'<EdgeGateway href="http://h/api/admin/edgeGateway/{other}"/>',
        services="",
    )
    assert post(world, body, vdc=world.vdc2).status_code == 403
    assert rows() == before


# -- changing


def put(world: World, network: Any, body: str, prefix: str = "/api/admin/network/") -> Any:
    path = prefix + network.get("id").rpartition(":")[2]
    return world.api("alice").call("PUT", path, body, content_type=ORG_VDC_NETWORK)


@pytest.mark.parametrize("prefix", ["/api/network/", "/api/admin/network/"])
def test_network_when_changed_then_every_value_comes_back(world: World, prefix: str) -> None:
    network = make(world)
    response = put(
        world,
        network,
        network_body(
            name="lan2",
            description="",
            gateway="172.16.0.1",
            netmask="<Netmask>255.255.0.0</Netmask>",
            dns=("172.16.0.2",),
            ranges=(("172.16.1.1", "172.16.1.9"), ("172.16.2.1", "172.16.2.9")),
        ),
        prefix,
    )
    assert response.status_code == 202, response.content
    assert tree(response).get("operationName") == "networkUpdateNetwork"
    assert tree(world.api("alice").get(path_of(network))).get("name") == "lan", "not before its turn"
    world.drain()
    assert status_of(world, response).get("status") == "success"
    root = tree(world.api("alice").get(path_of(network)))
    assert root.get("name") == "lan2"
    assert root.findtext("{*}Description") == ""
    assert [root.findtext(f".//{{*}}{n}") for n in ("Gateway", "Netmask", "Dns1", "Dns2")] == [
        "172.16.0.1",
        "255.255.0.0",
        "172.16.0.2",
        None,
    ]
    assert [e.text for e in root.iter("{*}StartAddress")] == ["172.16.1.1", "172.16.2.1"]


def test_network_when_the_document_is_echoed_with_a_change_then_accepted(world: World) -> None:
    network = make(world)
    body = world.api("alice").get(path_of(network)).content.decode()
    response = put(world, network, body.replace("made by a test", "changed"))
    assert response.status_code == 202, response.content
    world.drain()
    root = tree(world.api("alice").get(path_of(network)))
    assert root.findtext("{*}Description") == "changed"
    assert root.findtext(".//{*}StartAddress") == "192.168.77.10"


@pytest.mark.parametrize(
    ("values", "code", "names"),
    [
        *(case for case in BAD if case[1] == "BAD_REQUEST"),
        ({"name": "acme-net"}, "DUPLICATE_NAME", "acme-net"),
        ({"fence_mode": "natRouted"}, "BAD_REQUEST", "FenceMode"),
    ],
)
def test_network_when_changed_to_a_bad_value_then_400_and_nothing_written(
    world: World, values: dict[str, Any], code: str, names: str
) -> None:
    network = make(world)
    before = rows()
    response = put(world, network, network_body(**values))
    assert response.status_code == 400, response.content
    assert tree(response).get("minorErrorCode") == code
    assert names in tree(response).get("message")
    assert rows() == before


def test_network_when_addresses_are_in_use_then_subnet_and_their_ranges_stay(world: World) -> None:
    network = make(world)
    pk = network.get("id").rpartition(":")[2]
    with acting_for(ALL):
        row = Network.objects.get(pk=pk)
        IpAllocation.objects.create(org_id=row.org_id, network=row, address="192.168.77.12", nic_id=row.pk)
    before = rows()
    moved = put(world, network, network_body(gateway="192.168.77.2"))
    assert moved.status_code == 400
    assert "1 of its addresses are in use (192.168.77.12)" in tree(moved).get("message")
    narrowed = put(world, network, network_body(ranges=(("192.168.77.13", "192.168.77.19"),)))
    assert narrowed.status_code == 400
    assert "192.168.77.12" in tree(narrowed).get("message")
    assert rows() == before
    widened = put(world, network, network_body(ranges=(("192.168.77.5", "192.168.77.19"),)))
    assert widened.status_code == 202


def test_network_when_primary_then_its_subnet_stays(world: World) -> None:
    body = network_body(name="acme-net", fence_mode="natRouted", gateway="10.11.0.1", ranges=(), services="")
    response = world.api("alice").call(
        "PUT", f"/api/admin/network/{world.net.pk}", body, content_type=ORG_VDC_NETWORK
    )
    assert response.status_code == 400
    assert "fixed when its VDC was made" in tree(response).get("message")


def test_network_when_an_address_is_taken_before_its_turn_then_the_task_fails_and_it_stays(
    world: World,
) -> None:
    network = make(world)
    pk = network.get("id").rpartition(":")[2]
    response = put(world, network, network_body(gateway="192.168.77.2"))
    with acting_for(ALL):
        row = Network.objects.get(pk=pk)
        IpAllocation.objects.create(org_id=row.org_id, network=row, address="192.168.77.12", nic_id=row.pk)
    world.drain()
    task = status_of(world, response)
    assert task.get("status") == "error"
    assert task.find("{*}Error").get("minorErrorCode") == "BAD_REQUEST"
    assert tree(world.api("alice").get(path_of(network))).findtext(".//{*}Gateway") == "192.168.77.1"


# -- removing


@pytest.mark.parametrize("prefix", ["/api/network/", "/api/admin/network/"])
def test_network_when_deleted_then_gone_from_the_cluster_and_here(world: World, prefix: str) -> None:
    before = udns(world)
    network = make(world)
    pk = network.get("id").rpartition(":")[2]
    alice = world.api("alice")
    response = alice.delete(f"{prefix}{pk}?force=True")
    assert response.status_code == 202
    assert tree(response).get("operationName") == "networkDelete"
    assert alice.delete(f"{prefix}{pk}").status_code == 400, "being deleted"
    assert put(world, network, network_body()).status_code == 400
    world.drain()
    assert status_of(world, response).get("status") == "success"
    assert alice.get(f"/api/network/{pk}").status_code == 403
    assert udns(world) == before
    with acting_for(ALL):
        assert not Network.objects.filter(pk=pk).exists()
        assert not IpRange.objects.filter(network_id=pk).exists()


def test_network_when_a_vapp_uses_it_then_not_deleted(world: World) -> None:
    bob = world.api("bob")
    assert post_instantiate(bob, world, name="web", power_on=False).status_code == 201
    world.drain()
    before = rows()
    response = world.api("alice").delete(f"/api/network/{world.net.pk}")
    assert response.status_code == 400
    message = tree(response).get("message")
    assert 'The network "acme-net" cannot be deleted, because it is in use by the following' in message
    assert '"web"' in message
    assert rows() == before


def test_network_when_primary_and_deleted_then_its_object_stays_and_another_can_be_made(
    world: World,
) -> None:
    response = world.api("alice").delete(f"/api/network/{world.net.pk}")
    assert response.status_code == 202
    world.drain()
    assert status_of(world, response).get("status") == "success"
    assert "primary" in udns(world)
    body = network_body(name="again", fence_mode="natRouted", gateway="10.10.0.1", ranges=(), services="")
    made = post(world, body)
    assert made.status_code == 201, made.content
    world.drain()
    assert tree(world.api("alice").get(made["Location"])).get("status") == "1"


def test_network_when_reset_then_a_task_that_succeeds(world: World) -> None:
    for prefix in ("/api/network", "/api/admin/network"):
        response = world.api("alice").post(f"{prefix}/{world.isolated.pk}/action/reset")
        assert response.status_code == 202
        world.drain()
        assert status_of(world, response).get("status") == "success"


def test_network_when_its_deletion_is_undone_by_a_new_user_then_the_task_fails(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = make(world)
    pk = network.get("id").rpartition(":")[2]
    response = world.api("alice").delete(f"/api/network/{pk}")
    with acting_for(ALL):
        row = Network.objects.get(pk=pk)
        IpAllocation.objects.create(org_id=row.org_id, network=row, address="192.168.77.12", nic_id=row.pk)
    world.drain()
    assert status_of(world, response).get("status") == "error"
    assert world.api("alice").get(f"/api/network/{pk}").status_code == 200


# -- crashes

STEPS = [
    *(("networkCreateOrgVdcNetwork", step) for step in CreateNetwork.steps),
    *(("networkUpdateNetwork", step) for step in UpdateNetwork.steps),
    *(("networkDelete", step) for step in DeleteNetwork.steps),
]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(("operation", "step"), STEPS)
def test_worker_when_killed_at_a_step_then_the_task_still_succeeds(
    world: World, monkeypatch: pytest.MonkeyPatch, operation: str, step: str, after: bool
) -> None:
    alice, before = world.api("alice"), udns(world)
    if operation == "networkCreateOrgVdcNetwork":
        kill(monkeypatch, operation, step, after=after)
        response = post(world, network_body())
    else:
        network = make(world)
        kill(monkeypatch, operation, step, after=after)
        if operation == "networkDelete":
            response = alice.delete(path_of(network))
        else:
            response = put(world, network, network_body(ranges=(("192.168.77.30", "192.168.77.39"),)))
    assert drain_over_deaths(world) == 1
    assert status_of(world, response).get("status") == "success"
    assert len(udns(world)) == len(before) + (operation != "networkDelete")
    with acting_for(ALL):
        assert IpRange.objects.filter(network__name="lan").count() == (operation != "networkDelete")


def test_network_when_its_object_vanishes_unwatched_then_a_list_tells(world: World) -> None:
    network = make(world)
    pk = network.get("id").rpartition(":")[2]
    with acting_for(ALL):
        assert Network.objects.get(pk=pk).observed_uid
        name = Network.objects.get(pk=pk).udn_name
    client_for(world.cluster).delete("UserDefinedNetwork", name, world.vdc.namespace)
    world.drain()
    with acting_for(ALL):
        assert Network.objects.get(pk=pk).observed_uid == ""


# -- addresses


def test_addresses_when_a_nic_has_one_then_named_with_its_vm(
    world: World, django_assert_num_queries: Any
) -> None:
    bob = world.api("bob")
    path = f"/api/network/{world.net.pk}/allocatedAddresses/"
    assert tree(bob.get(path)).findall("{*}IpAddress") == []
    for name in ("one", "two", "three"):
        assert post_instantiate(bob, world, name=name, power_on=False).status_code == 201
        world.drain()
        with django_assert_num_queries(ADDRESSES):
            root = tree(bob.get(path))
    found = {
        each.findtext("{*}IpAddress"): each.find("{*}Link").get("name")
        for each in root.findall("{*}IpAddress")
    }
    assert found == {"10.10.0.100": "one-vm", "10.10.0.101": "two-vm", "10.10.0.102": "three-vm"}
    assert {each.get("allocationType") for each in root.findall("{*}IpAddress")} == {"vmAllocated"}
    vm = root.find("{*}IpAddress/{*}Link").get("href")
    assert bob.get(vm).status_code == 200
    assert bob.get(path.replace("/network/", "/admin/network/")).status_code == 200


ADDRESSES = 5
"""Session, whether it is a vApp's own, network, addresses, holders."""
NETWORK = 5
"""Session, whether it is a vApp's own, network, ranges, tasks."""


def test_network_when_it_has_more_ranges_then_the_same_statements_and_no_cluster_call(
    world: World, django_assert_num_queries: Any
) -> None:
    few, bob = make(world, name="few"), world.api("bob")
    many = make(
        world,
        name="many",
        gateway="192.168.78.1",
        ranges=tuple((f"192.168.78.{n}", f"192.168.78.{n + 1}") for n in range(10, 90, 2)),
    )
    world.emulator.requests.clear()
    for network in (few, many):
        with django_assert_num_queries(NETWORK):
            assert bob.get(path_of(network)).status_code == 200
    assert not list(world.emulator.requests)
