"""Address arithmetic."""

import ipaddress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ssvirt.core.errors import BadRequest
from vdcs.addresses import (
    check_hosts,
    check_ranges,
    check_usable,
    first_free,
    netmask_of,
    pool_part,
    prefix_of_netmask,
    subnet_of,
)

NET = ipaddress.IPv4Network("10.0.0.0/24")


def test_subnet_when_gateway_is_inside_then_the_network() -> None:
    assert subnet_of("10.0.0.77", 24) == NET
    assert netmask_of(24) == "255.255.255.0"
    assert netmask_of(8) == "255.0.0.0"


@pytest.mark.parametrize("gateway", ["", "x", "10.0.0", "10.0.0.256", "::1", "10.0.0.1/24"])
def test_subnet_when_gateway_is_no_address_then_refused_naming_it(gateway: str) -> None:
    with pytest.raises(BadRequest) as caught:
        subnet_of(gateway, 24)
    assert f"{gateway}/24" in caught.value.message


@pytest.mark.parametrize("prefix", [-1, 33])
def test_subnet_when_prefix_is_impossible_then_refused(prefix: int) -> None:
    with pytest.raises(BadRequest):
        subnet_of("10.0.0.1", prefix)


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("10.0.0.0", "not within"),
        ("10.0.0.255", "not within"),
        ("10.0.1.5", "not within"),
        ("10.0.0.1", "gateway"),
        ("nonsense", "not a valid"),
        ("::1", "not a valid"),
        ("", "not a valid"),
    ],
)
def test_address_when_unusable_then_refused_naming_it(address: str, reason: str) -> None:
    with pytest.raises(BadRequest, match=reason) as caught:
        check_usable(address, NET, "10.0.0.1")
    assert address in caught.value.message


@pytest.mark.parametrize("address", ["10.0.0.2", "10.0.0.254"])
def test_address_when_usable_then_parsed(address: str) -> None:
    assert str(check_usable(address, NET, "10.0.0.1")) == address


@pytest.mark.parametrize(
    ("ranges", "reason"),
    [
        ([("10.0.0.20", "10.0.0.10")], "ends before it starts"),
        ([("10.0.0.10", "10.0.0.20"), ("10.0.0.20", "10.0.0.30")], "overlaps"),
        ([("10.0.0.10", "10.0.0.40"), ("10.0.0.20", "10.0.0.30")], "overlaps"),
        ([("10.0.0.20", "10.0.0.30"), ("10.0.0.10", "10.0.0.40")], "overlaps"),
        ([("10.0.0.40", "10.0.0.60")], "contains the gateway"),
        ([("10.0.0.10", "10.0.1.20")], "not within"),
    ],
)
def test_ranges_when_wrong_then_refused(ranges: list[tuple[str, str]], reason: str) -> None:
    with pytest.raises(BadRequest, match=reason):
        check_ranges(ranges, NET, "10.0.0.50")


def test_ranges_when_they_touch_but_share_nothing_then_accepted() -> None:
    check_ranges(
        [("10.0.0.10", "10.0.0.19"), ("10.0.0.20", "10.0.0.20"), ("10.0.0.2", "10.0.0.9")], NET, "10.0.0.1"
    )


def test_first_free_when_some_are_used_then_the_lowest_other() -> None:
    ranges = [("10.0.0.10", "10.0.0.11"), ("10.0.0.20", "10.0.0.20")]
    used: set[str] = set()
    given_out = []
    while (address := first_free(ranges, used)) is not None:
        given_out.append(address)
        used.add(address)
    assert given_out == ["10.0.0.10", "10.0.0.11", "10.0.0.20"]


def test_first_free_when_the_pool_is_huge_then_it_is_not_built() -> None:
    assert first_free([("10.0.0.1", "10.255.255.254")], {"10.0.0.1"}) == "10.0.0.2"


@settings(deadline=None)
@given(st.integers(8, 28), st.integers(0, 2**32 - 1))
def test_pool_part_when_subnet_is_large_enough_then_the_upper_three_quarters(prefix: int, seed: int) -> None:
    network = ipaddress.IPv4Network((seed, prefix), strict=False)
    parts = [ipaddress.IPv4Network(part) for part in pool_part(str(network))]
    covered = {address for part in parts for address in (part[0], part[-1])}
    assert sum(part.num_addresses for part in parts) == network.num_addresses * 3 // 4
    assert max(covered) == network[-1]
    assert min(covered) == network[network.num_addresses // 4]
    assert not parts[0].overlaps(parts[1])


def test_pool_part_when_subnet_is_tiny_then_nothing() -> None:
    assert pool_part("10.0.0.0/29") == ()


def test_netmask_when_contiguous_then_the_prefix_that_it_came_from() -> None:
    assert [prefix_of_netmask(netmask_of(length)) for length in range(33)] == list(range(33))


@pytest.mark.parametrize(
    "netmask", ["0.0.0.255", "255.0.255.0", "0.255.255.255", "24", "nonsense", "", "::1"]
)
def test_netmask_when_it_is_none_then_refused(netmask: str) -> None:
    with pytest.raises(BadRequest, match=f"netmask {netmask} is not valid"):
        prefix_of_netmask(netmask)


@pytest.mark.parametrize(
    ("gateway", "is_refused"),
    [
        *(("0.0.0.1", True), ("0.255.0.1", True), ("1.0.0.1", False), ("126.255.0.1", False)),
        *(("127.1.2.1", True), ("128.0.0.1", False), ("223.255.255.1", False), ("224.0.0.1", True)),
        *(("239.1.1.1", True), ("240.0.0.1", True), ("255.255.254.1", True)),
    ],
)
def test_subnet_when_no_host_can_be_in_it_then_refused(gateway: str, is_refused: bool) -> None:
    subnet = subnet_of(gateway, 24)
    if is_refused:
        with pytest.raises(BadRequest, match=str(subnet)):
            check_hosts(subnet)
    else:
        check_hosts(subnet)
