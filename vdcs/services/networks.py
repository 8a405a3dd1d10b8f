"""Making, changing and removing the networks of VDCs.

Values are judged before anything is written; what is judged on the network's state is judged again by the
operation, when its turn comes.
"""

import uuid
from collections.abc import Callable, Sequence
from typing import Any

from django.db import IntegrityError, transaction

from compute import names
from ssvirt.core.database import violated
from ssvirt.core.errors import BadRequest, DuplicateName, InvalidState, NotFound, NotSupported, QuotaExceeded
from tasks.models import UNFINISHED, Task
from tasks.services import EXCLUSIVE, SHARED, Actor, Owner, lock_entities, task_submit
from vdcs import addresses
from vdcs.models import EdgeGateway, IpAllocation, IpRange, Network, NetworkKind, Realization, Vdc
from vdcs.selectors import org_network_get
from vdcs.services.vdcs import vdc_require_usable

PRIMARY_UDN = "primary"
"""Name of the primary network in every VDC's namespace."""
MAX_NAME, MAX_DESCRIPTION = 128, 256

NetworkUsers = Callable[[Sequence[uuid.UUID]], Sequence[str]]
_users: list[NetworkUsers] = []


def register_network_users(provider: NetworkUsers) -> None:
    """Adds a provider of the names of what is connected to networks; called once per app."""
    if provider not in _users:
        _users.append(provider)


def network_create(
    *,
    vdc: Vdc,
    name: str,
    kind: NetworkKind,
    gateway: str,
    prefix_length: int,
    actor: Actor,
    ranges: Sequence[tuple[str, str]] = (),
    dns: Sequence[str] = (),
    dns_suffix: str = "",
    description: str = "",
    is_shared: bool = False,
    edge_gateway_id: uuid.UUID | None = None,
) -> tuple[Network, Task]:
    """A new network of the VDC and the task that makes it on the cluster.

    A routed network is the namespace's primary network, whose subnet was fixed with the VDC. Raises
    BadRequest, NotSupported (direct, or a routed one that the VDC cannot have), NotFound (edge gateway),
    QuotaExceeded, DuplicateName.
    """
    _check_texts(name, description, dns_suffix)
    check_plan(gateway, prefix_length, ranges, dns)
    if kind == NetworkKind.DIRECT:
        raise NotSupported("Direct networks are not supported: the cluster offers no external network.")
    vdc_require_usable(vdc)
    network_id = uuid.uuid4()
    try:
        with transaction.atomic():
            _check_network_quota(vdc)
            is_routed = kind == NetworkKind.ROUTED
            if is_routed:
                _require_routable(vdc, gateway, prefix_length)
            network = Network.objects.create(
                id=network_id,
                org_id=vdc.org_id,
                vdc=vdc,
                name=name,
                description=description,
                kind=kind,
                gateway=gateway,
                prefix_length=prefix_length,
                is_shared=is_shared,
                is_primary=is_routed,
                edge_gateway=_edge_gateway(vdc, edge_gateway_id) if is_routed else None,
                udn_name=PRIMARY_UDN if is_routed else names.udn_name(network_id),
                dns_suffix=dns_suffix,
                **dns_columns(dns),
            )
            write_ranges(network, ranges)
            task = _submit(network, "networkCreateOrgVdcNetwork", "Creating", actor, claims={vdc.pk: SHARED})
    except IntegrityError as error:
        raise _conflict(error, network_name=name) from None
    return network, task


def _conflict(error: IntegrityError, *, network_name: str) -> Exception:
    match violated(error):
        case "vdcs_network_name":
            return DuplicateName(network_name)
        case "vdcs_network_one_primary":
            return _not_routable("has a routed network already")
        case _:
            return error


def _submit(
    network: Network,
    operation: str,
    word: str,
    actor: Actor,
    *,
    args: dict[str, Any] | None = None,
    claims: dict[uuid.UUID, bool] | None = None,
) -> Task:
    return task_submit(
        name=operation,
        args=args or {},
        owner=Owner(id=network.pk, kind="network", name=network.name),
        claims={network.pk: EXCLUSIVE, **(claims or {})},
        org_id=network.org_id,
        actor=actor,
        description=f"{word} Network {network.name}({network.pk})",
    )


def _check_texts(name: str, description: str, dns_suffix: str) -> None:
    if not name.strip():
        raise BadRequest("The network needs a name.")
    if len(name) > MAX_NAME:
        raise BadRequest(f"The name of the network is longer than {MAX_NAME} characters.")
    if any(ord(character) < 32 for text in (name, dns_suffix) for character in text):
        raise BadRequest("The name or DNS suffix of the network has control characters.")
    if len(description) > MAX_DESCRIPTION:
        raise BadRequest(f"The description of the network is longer than {MAX_DESCRIPTION} characters.")
    if len(dns_suffix) > 253:
        raise BadRequest(f"The DNS suffix {dns_suffix[:32]}... is longer than 253 characters.")
    if "\x00" in description:
        raise BadRequest("The description of the network has control characters.")


def check_plan(
    gateway: str, prefix_length: int, ranges: Sequence[tuple[str, str]], dns: Sequence[str]
) -> None:
    subnet = addresses.subnet_of(gateway, prefix_length)
    addresses.check_hosts(subnet)
    addresses.check_ranges(ranges, subnet, gateway)
    if len(dns) > 2:
        raise BadRequest("A network has at most two DNS servers.")
    for server in dns:
        addresses.check_address(server)


def dns_columns(dns: Sequence[str]) -> dict[str, str | None]:
    return {"dns1": dns[0] if dns else None, "dns2": dns[1] if len(dns) > 1 else None}


def write_ranges(network: Network, ranges: Sequence[tuple[str, str]]) -> None:
    IpRange.objects.bulk_create(
        IpRange(org_id=network.org_id, network=network, start=start, end=end) for start, end in ranges
    )


def _not_routable(why: str) -> NotSupported:
    return NotSupported(f"The routed network is not supported: the VDC {why}.")


def _require_routable(vdc: Vdc, gateway: str, prefix_length: int) -> None:
    """Raises NotSupported. The cluster routes a namespace's primary network only, and that one's subnet is
    fixed when the namespace is made; its router has the first address. Source: kubernetes.md 3.1.
    """
    taken = Network.objects.filter(vdc=vdc, is_primary=True).values_list("name", flat=True).first()
    if taken is not None:
        raise _not_routable(f'"{vdc.name}" has a routed network already, "{taken}"')
    subnet = addresses.subnet_of(gateway, prefix_length)
    if str(subnet) != vdc.primary_cidr:
        raise _not_routable(f'"{vdc.name}" routes the subnet {vdc.primary_cidr} only, not {subnet}')
    if gateway != str(subnet.network_address + 1):
        raise _not_routable(f'"{vdc.name}" has its router at {subnet.network_address + 1}, not at {gateway}')


def _edge_gateway(vdc: Vdc, wanted: uuid.UUID | None) -> EdgeGateway | None:
    """The VDC's edge gateway. Raises NotFound when another one is wanted."""
    edge: EdgeGateway | None = EdgeGateway.objects.filter(vdc=vdc).first()
    if wanted is not None and (edge is None or edge.pk != wanted):
        raise NotFound(f'The edge gateway {wanted} does not exist in the VDC "{vdc.name}".')
    return edge


def _check_network_quota(vdc: Vdc) -> None:
    """Raises QuotaExceeded. The VDC's row lock makes the count hold until the end of the transaction."""
    quota = Vdc.objects.select_for_update().values_list("network_quota", flat=True).get(pk=vdc.pk)
    used = Network.objects.filter(vdc=vdc, vapp_id__isnull=True).count()
    if quota and used >= quota:
        raise QuotaExceeded(
            f'The VDC "{vdc.name}" would exceed its limit of networks: {used} used, 1 requested, {quota} allowed.'
        )


def network_update(
    *,
    network_id: uuid.UUID,
    actor: Actor,
    name: str | None = None,
    description: str | None = None,
    gateway: str | None = None,
    prefix_length: int | None = None,
    ranges: Sequence[tuple[str, str]] | None = None,
    dns: Sequence[str] | None = None,
    dns_suffix: str | None = None,
    is_shared: bool | None = None,
) -> tuple[Network, Task]:
    """The network as it is, and the task that changes it; None leaves a value alone.

    Raises NotFound, BadRequest (bad value, addresses in use), InvalidState (being deleted, never made),
    DuplicateName.
    """
    org_network_get(network_id)
    change = {
        "name": name,
        "description": description,
        "gateway": gateway,
        "prefix_length": prefix_length,
        "ranges": [list(pair) for pair in ranges] if ranges is not None else None,
        "dns": list(dns) if dns is not None else None,
        "dns_suffix": dns_suffix,
        "is_shared": is_shared,
    }
    change = {key: value for key, value in change.items() if value is not None}
    with transaction.atomic():
        lock_entities([network_id])
        network = org_network_get(network_id)
        _require_kept(network)
        check_change(network, change)
        task = _submit(network, "networkUpdateNetwork", "Updating", actor, args={"change": change})
    return network, task


def check_change(network: Network, change: dict[str, Any]) -> None:
    """Raises what `network_update` raises; the change is as it stands in the task's arguments."""
    if network.realization == Realization.FAILED:
        raise InvalidState(f'The network "{network.name}" could not be made: it can only be deleted.')
    name = change.get("name", network.name)
    _check_texts(
        name,
        change.get("description", network.description),
        change.get("dns_suffix", network.dns_suffix),
    )
    gateway = change.get("gateway", network.gateway)
    prefix_length = change.get("prefix_length", network.prefix_length)
    stored = list(IpRange.objects.filter(network=network).values_list("start", "end"))
    ranges = [(start, end) for start, end in change.get("ranges", stored)]
    check_plan(gateway, prefix_length, ranges, change.get("dns", ()))
    used = list(IpAllocation.objects.filter(network=network).values_list("address", flat=True))
    if (gateway, prefix_length) != (network.gateway, network.prefix_length):
        _require_movable(network, used)
    orphan = next((a for a in used if _is_in(a, stored) and not _is_in(a, ranges)), None)
    if orphan is not None:
        raise BadRequest(
            f'The address {orphan} cannot leave the static pool of the network "{network.name}": it is in use.'
        )
    if Network.objects.filter(vdc_id=network.vdc_id, name=name, vapp_id=None).exclude(pk=network.pk).exists():
        raise DuplicateName(name)


def _require_movable(network: Network, used: Sequence[str]) -> None:
    """Raises BadRequest when gateway and prefix length must stay."""
    if network.is_primary:
        raise BadRequest(
            f'The gateway and prefix length of the network "{network.name}" cannot be changed: '
            "they were fixed when its VDC was made."
        )
    if used:
        raise BadRequest(
            f'The gateway and prefix length of the network "{network.name}" cannot be changed: '
            f"{len(used)} of its addresses are in use ({used[0]})."
        )


def _is_in(address: str, ranges: Sequence[tuple[str, str]]) -> bool:
    wanted = addresses.IPv4(address)
    return any(addresses.IPv4(start) <= wanted <= addresses.IPv4(end) for start, end in ranges)


def network_change(*, network_id: uuid.UUID, change: dict[str, Any]) -> None:
    """Writes a change that a task brings. Writing it again does no harm. Raises what `network_update` does."""
    columns = {key: value for key, value in change.items() if key not in ("ranges", "dns")}
    try:
        with transaction.atomic():
            # An address that is being allocated waits for this lock, or is seen by the check.
            network = Network.objects.select_for_update().get(pk=network_id)
            check_change(network, change)
            if "dns" in change:
                columns |= dns_columns(change["dns"])
            if columns:
                Network.objects.filter(pk=network_id).update(**columns)
            if "ranges" in change:
                IpRange.objects.filter(network=network).delete()
                write_ranges(network, [(start, end) for start, end in change["ranges"]])
    except IntegrityError as error:
        raise _conflict(error, network_name=str(change.get("name"))) from None


def network_delete(*, network_id: uuid.UUID, actor: Actor) -> Task:
    """The task that removes the network; the namespace's primary network stays, only the row goes.

    Raises NotFound, BadRequest (in use), InvalidState (being deleted already).
    """
    network = org_network_get(network_id)
    with transaction.atomic():
        lock_entities([network_id, network.vdc_id])
        # Whoever connects to the network meanwhile holds its row: see `networks_require_kept`.
        Network.objects.select_for_update().filter(pk=network_id).values_list("pk", flat=True).first()
        network = org_network_get(network_id)
        _require_kept(network)
        network_require_unused(network)
        return _submit(
            network,
            "networkDelete",
            "Deleting",
            actor,
            args={"is_primary": network.is_primary},
            claims={network.vdc_id: SHARED},
        )


def network_require_unused(network: Network) -> None:
    """Raises BadRequest naming what uses the network."""
    users = [name for provider in _users for name in provider([network.pk])]
    if users:
        listed = ", ".join(f'"{name}"' for name in users[:5])
        raise BadRequest(
            f'The network "{network.name}" cannot be deleted, because it is in use by the following '
            f"vApps: {listed}{' and others' if len(users) > 5 else ''}."
        )
    if (count := IpAllocation.objects.filter(network=network).count()) > 0:
        raise BadRequest(
            f'The network "{network.name}" cannot be deleted, because {count} of its addresses are in use.'
        )


def _require_kept(network: Network) -> None:
    if _is_going([network.pk]):
        raise InvalidState(f'The network "{network.name}" is being deleted.')


def _is_going(network_ids: Sequence[uuid.UUID]) -> list[uuid.UUID]:
    return list(
        Task.objects.filter(
            owner_id__in=network_ids, operation="networkDelete", status__in=UNFINISHED
        ).values_list("owner_id", flat=True)
    )


def networks_require_kept(network_ids: Sequence[uuid.UUID]) -> None:
    """Raises InvalidState when one of the networks is being deleted.

    To be called in the transaction that inserts rows which refer to the networks: it holds the networks' rows,
    as a deletion does, so a deletion is either seen here or sees those rows.
    """
    list(Network.objects.select_for_update().filter(pk__in=network_ids).order_by("pk").values_list("pk"))
    if going := _is_going(network_ids):
        name = Network.objects.filter(pk=going[0]).values_list("name", flat=True).first()
        raise InvalidState(f'The network "{name}" is being deleted.')


def network_reset(*, network_id: uuid.UUID, actor: Actor) -> Task:
    """A task without work: the cluster's networks keep no state that a reset would clear. Raises NotFound,
    InvalidState.
    """
    org_network_get(network_id)
    with transaction.atomic():
        lock_entities([network_id])
        network = org_network_get(network_id)
        _require_kept(network)
        return _submit(network, "networkResetNetwork", "Resetting", actor)
