"""Making VDCs and networks: what is refused, and that nothing is left of it."""

from typing import Any

import pytest

from ssvirt.core import clock
from ssvirt.core.errors import BadRequest, DuplicateName, NotSupported
from ssvirt.core.tenancy import ALL, acting_for
from tasks.models import Task, TaskStatus
from tests.api.tenants import Tenants, xml
from tests.fixtures import ACTOR
from vdcs.models import IpRange, Network, NetworkKind, Vdc
from vdcs.services import StorageLimit, network_create, vdc_create


def make_vdc(tenants: Tenants, **changes: Any) -> Vdc:
    given = {
        "org": tenants.acme.org,
        "name": "another",
        "provider_vdc": tenants.pvdc,
        "storage": [StorageLimit(policy=tenants.policy)],
        "actor": ACTOR,
    } | changes
    return vdc_create(**given)[0]


def make_network(tenants: Tenants, **changes: Any) -> Network:
    given = {
        "vdc": tenants.acme.vdc,
        "name": "another",
        "kind": NetworkKind.ISOLATED,
        "gateway": "192.168.7.1",
        "prefix_length": 24,
        "actor": ACTOR,
    } | changes
    return network_create(**given)[0]


def counts() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (Vdc, Network, IpRange, Task))


@pytest.fixture(autouse=True)
def _everywhere(tenants: Tenants) -> Any:
    with acting_for(ALL):
        yield


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"storage": []}, "at least one storage policy"),
        ({"vm_quota": -1}, "negative"),
        ({"cpu_limit_mhz": -1}, "negative"),
        ({"memory_limit_mb": -1}, "negative"),
        ({"primary_cidr": "10.0.0.1/24"}, "10.0.0.1/24"),
        ({"primary_cidr": "nonsense"}, "nonsense"),
    ],
)
def test_vdc_when_a_value_is_bad_then_refused_and_nothing_written(
    tenants: Tenants, changes: dict[str, Any], reason: str
) -> None:
    before = counts()
    with pytest.raises(BadRequest, match=reason):
        make_vdc(tenants, **changes)
    assert counts() == before


def test_vdc_when_name_is_taken_in_the_org_then_duplicate_name(tenants: Tenants) -> None:
    before = counts()
    with pytest.raises(DuplicateName) as caught:
        make_vdc(tenants, name="acme-vdc")
    assert (caught.value.code, caught.value.message) == (
        "DUPLICATE_NAME",
        "The VCD entity acme-vdc already exists.",
    )
    assert counts() == before
    assert make_vdc(tenants, name="acme-vdc", org=tenants.globex.org).name == "acme-vdc"


def test_vdc_when_names_collide_as_dns_labels_then_namespaces_differ(tenants: Tenants) -> None:
    made = [make_vdc(tenants, name=name) for name in ("My VDC", "my-vdc", "MY_VDC", "ü" * 100, "x" * 128)]
    namespaces = {vdc.namespace for vdc in made}
    assert len(namespaces) == len(made)
    for namespace in namespaces:
        assert namespace.isascii()
        assert namespace == namespace.lower()
        assert len(namespace) <= 63


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"gateway": "nonsense"}, "nonsense"),
        ({"gateway": "10.0.0.300"}, "10.0.0.300"),
        ({"prefix_length": 33}, "/33"),
        ({"ranges": [("192.168.8.1", "192.168.8.2")]}, "not within"),
        ({"ranges": [("192.168.7.20", "192.168.7.10")]}, "ends before"),
        ({"ranges": [("192.168.7.1", "192.168.7.10")]}, "gateway"),
        ({"ranges": [("192.168.7.5", "192.168.7.9"), ("192.168.7.9", "192.168.7.10")]}, "overlaps"),
        ({"prefix_length": 31}, "31"),
        ({"prefix_length": 4}, "4"),
        ({"dns": ["nonsense"]}, "nonsense"),
        ({"gateway": "192.168.7.0"}, "192.168.7.0"),
    ],
)
def test_network_when_a_value_is_bad_then_refused_and_nothing_written(
    tenants: Tenants, changes: dict[str, Any], reason: str
) -> None:
    before = counts()
    with pytest.raises(BadRequest, match=reason):
        make_network(tenants, **changes)
    assert counts() == before


def test_network_when_name_is_taken_in_the_vdc_then_duplicate_name(tenants: Tenants) -> None:
    before = counts()
    with pytest.raises(DuplicateName, match="acme-net"):
        make_network(tenants, name="acme-net")
    assert counts() == before
    assert make_network(tenants, vdc=make_vdc(tenants), name="acme-net").name == "acme-net"


def test_network_when_first_routed_on_the_primary_subnet_then_primary(tenants: Tenants) -> None:
    assert tenants.acme.net.is_primary
    assert tenants.acme.net.udn_name == "primary"
    assert tenants.acme.net.edge_gateway is not None
    assert not make_network(tenants, name="elsewhere").is_primary


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, 'has a routed network already, "acme-net"'),
        ({"vdc": None}, r"routes the subnet 10\.10\.0\.0/24 only, not 192\.168\.7\.0/24"),
        ({"vdc": None, "gateway": "10.10.0.9"}, r"has its router at 10\.10\.0\.1, not at 10\.10\.0\.9"),
    ],
)
def test_network_when_routed_and_the_vdc_cannot_route_it_then_not_supported(
    tenants: Tenants, changes: dict[str, Any], reason: str
) -> None:
    if "vdc" in changes:
        changes = changes | {"vdc": make_vdc(tenants)}
    before = counts()
    with pytest.raises(NotSupported, match=reason):
        make_network(tenants, **({"kind": NetworkKind.ROUTED} | changes))
    assert counts() == before


def test_network_when_direct_then_not_supported(tenants: Tenants) -> None:
    before = counts()
    with pytest.raises(NotSupported, match="no external network"):
        make_network(tenants, kind=NetworkKind.DIRECT)
    assert counts() == before


def test_vdc_when_the_service_is_making_it_then_valid_with_its_task(tenants: Tenants) -> None:
    root = xml(tenants.api("bob").get(f"/api/vdc/{tenants.acme.vdc.pk}"))
    assert len(root.findall("{*}Tasks/{*}Task")) == 1


def test_vdc_when_read_then_valid_with_its_networks(tenants: Tenants) -> None:
    Task.objects.update(status=TaskStatus.SUCCESS, ended_at=clock.now())
    root = xml(tenants.api("bob").get(f"/api/vdc/{tenants.acme.vdc.pk}"))
    assert root.get("name") == "acme-vdc"
    networks = [each.get("name") for each in root.iter("{*}Network")]
    assert networks == ["acme-net"]
    root = xml(tenants.api("bob").get(f"/api/network/{tenants.acme.net.pk}"))
    assert root.findtext(".//{*}StartAddress") == "10.10.0.100"


def test_sql_when_networks_grow_then_vdc_takes_the_same_statements(
    tenants: Tenants, django_assert_max_num_queries: Any
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    bob, path = tenants.api("bob"), f"/api/vdc/{tenants.acme.vdc.pk}"
    bob.get(path)
    with CaptureQueriesContext(connection) as few:
        assert bob.get(path).status_code == 200
    for number in range(5):
        make_network(tenants, name=f"n{number}")
    with CaptureQueriesContext(connection) as many:
        assert bob.get(path).status_code == 200
    assert len(many) == len(few)
