"""Address arithmetic of networks: pure functions."""

import ipaddress
from collections.abc import Iterable, Iterator

from ssvirt.core.errors import BadRequest

IPv4 = ipaddress.IPv4Address
MIN_PREFIX, MAX_PREFIX = 8, 30
_NO_HOSTS = tuple(ipaddress.IPv4Network(cidr) for cidr in ("0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/3"))
"""This network, loopback, multicast and what is above. Source: RFC 6890, RFC 5771."""


def subnet_of(gateway: str, prefix_length: int) -> ipaddress.IPv4Network:
    """The subnet that a gateway address and a prefix length describe. Raises BadRequest."""
    if not MIN_PREFIX <= prefix_length <= MAX_PREFIX:
        raise BadRequest(f"The prefix length /{prefix_length} is not between {MIN_PREFIX} and {MAX_PREFIX}.")
    try:
        subnet = ipaddress.IPv4Network(f"{gateway}/{prefix_length}", strict=False)
    except ValueError as error:
        raise BadRequest(f"The gateway {gateway}/{prefix_length} is not a valid address: {error}") from None
    if IPv4(gateway) in (subnet.network_address, subnet.broadcast_address):
        raise BadRequest(f"The gateway {gateway} is not a host address of {subnet}.")
    return subnet


def check_hosts(subnet: ipaddress.IPv4Network) -> None:
    """Raises BadRequest for a subnet whose addresses no host can have."""
    if any(subnet.subnet_of(block) for block in _NO_HOSTS):
        raise BadRequest(f"The addresses of {subnet} cannot be given to hosts.")


def prefix_of_netmask(netmask: str) -> int:
    """The length of the prefix that the netmask has. Raises BadRequest for what is none (0.0.0.255, 255.0.255.0)."""
    try:
        bits = f"{int(IPv4(netmask)):032b}"
    except ValueError:
        bits = ""
    ones = bits.rstrip("0")
    if not bits or "0" in ones:
        raise BadRequest(f"The netmask {netmask} is not valid.")
    return len(ones)


def netmask_of(prefix_length: int) -> str:
    return str(ipaddress.IPv4Network(f"0.0.0.0/{prefix_length}").netmask)


def check_address(address: str) -> None:
    """Raises BadRequest for what is no IPv4 address."""
    try:
        IPv4(address)
    except ValueError:
        raise BadRequest(f"The address {address} is not a valid IPv4 address.") from None


def check_usable(address: str, subnet: ipaddress.IPv4Network, gateway: str) -> IPv4:
    """`address` as a host address of the subnet other than the gateway. Raises BadRequest naming it."""
    try:
        parsed = IPv4(address)
    except ValueError:
        raise BadRequest(f"The address {address} is not a valid IPv4 address.") from None
    if parsed not in subnet or parsed in (subnet.network_address, subnet.broadcast_address):
        raise BadRequest(f"The address {address} is not within the network {subnet}.")
    if parsed == IPv4(gateway):
        raise BadRequest(f"The address {address} is the gateway of the network.")
    return parsed


def check_ranges(ranges: Iterable[tuple[str, str]], subnet: ipaddress.IPv4Network, gateway: str) -> None:
    """Every range lies in the subnet, starts before it ends, and overlaps no other. Raises BadRequest."""
    seen: list[tuple[IPv4, IPv4]] = []
    for start_text, end_text in ranges:
        start, end = check_usable(start_text, subnet, gateway), check_usable(end_text, subnet, gateway)
        if start > end:
            raise BadRequest(f"The range {start_text}-{end_text} ends before it starts.")
        if start <= IPv4(gateway) <= end:
            raise BadRequest(f"The range {start_text}-{end_text} contains the gateway.")
        if any(start <= other_end and other_start <= end for other_start, other_end in seen):
            raise BadRequest(f"The range {start_text}-{end_text} overlaps another range.")
        seen.append((start, end))


def first_free(ranges: Iterable[tuple[str, str]], used: set[str]) -> str | None:
    """The lowest address of the ranges that is not in use; None when the pool is exhausted."""
    return next((address for address in _all_of(ranges) if address not in used), None)


def in_ranges(address: str, ranges: Iterable[tuple[str, str]]) -> bool:
    """Whether one of the ranges has the address."""
    return any(IPv4(start) <= IPv4(address) <= IPv4(end) for start, end in ranges)


def _all_of(ranges: Iterable[tuple[str, str]]) -> Iterator[str]:
    for start, end in ranges:
        for number in range(int(IPv4(start)), int(IPv4(end)) + 1):
            yield str(IPv4(number))


def pool_part(cidr: str) -> tuple[str, ...]:
    """The upper three quarters of a subnet as CIDRs: kept from the cluster's own address assignment.

    A primary network's layout is fixed when its namespace is made, before any static pool is known.
    """
    network = ipaddress.IPv4Network(cidr)
    if network.prefixlen > 28:
        return ()
    quarter = list(network.subnets(prefixlen_diff=2))[1]
    half = list(network.subnets(prefixlen_diff=1))[1]
    return (str(quarter), str(half))
