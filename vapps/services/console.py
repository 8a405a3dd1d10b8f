"""The console of a VM: tickets for it, and a picture of it."""

import hashlib
import secrets
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from compute import names
from compute.cluster.client import ClusterClient
from ssvirt.api.principal import Principal
from ssvirt.core import clock
from ssvirt.core.errors import (
    ClusterConflict,
    ClusterError,
    ClusterNotFound,
    InvalidState,
    NotFound,
    ServiceUnavailable,
)
from ssvirt.core.tenancy import ALL, acting_for
from vapps.legality import Verdict, vm_verdict
from vapps.models import ConsoleTicket, Vm
from vapps.selectors import visible_vms
from vdcs.selectors import vdc_client

TICKET_LIFETIME_S: Final = 30
# VCD's tickets start like this. Source: VCD API reference, POST-AcquireTicket.
_PREFIX: Final = "cst-"


@dataclass(frozen=True, slots=True)
class IssuedTicket:
    """A ticket as its owner gets it. Nothing keeps the text: the row holds its hash."""

    vm_id: uuid.UUID
    text: str


@dataclass(frozen=True, slots=True)
class ConsoleTarget:
    """The machine whose screen a redeemed ticket opens, and for whom."""

    vm_id: uuid.UUID
    org_id: uuid.UUID
    user_name: str
    client: ClusterClient
    namespace: str
    machine: str


def console_ticket_issue(*, principal: Principal, vm_id: uuid.UUID) -> IssuedTicket:
    """A ticket that opens the VM's console once, within 30 s. Raises NotFound, InvalidState (not on)."""
    vm = running_vm_get(vm_id, "screen")
    text = _PREFIX + secrets.token_urlsafe(32)
    ConsoleTicket.objects.create(
        org_id=vm.org_id,
        vm=vm,
        digest=_digest(text),
        user_name=f"{principal.user_name}@{principal.org_name}",
        expires_at=clock.now() + timedelta(seconds=TICKET_LIFETIME_S),
    )
    return IssuedTicket(vm_id=vm.pk, text=text)


def console_ticket_redeem(*, vm_id: uuid.UUID, text: str) -> ConsoleTarget:
    """What the ticket opens; it is used up by that.

    A ticket for another VM is left as it is: its owner's attempt must not fail for somebody else's.
    Raises NotFound (unknown, used, expired, another VM's: never said which), InvalidState (not on any more),
    ClusterUnavailable.
    """
    with acting_for(ALL):
        moment = clock.now()
        redeemed = ConsoleTicket.objects.filter(
            digest=_digest(text), vm_id=vm_id, used_at__isnull=True, expires_at__gt=moment
        ).update(used_at=moment)
        if redeemed != 1:
            raise NotFound("The ticket is not valid: it opens one console, once, within 30 seconds.")
        ticket = ConsoleTicket.objects.select_related("vm__vdc__provider_vdc__cluster").get(
            digest=_digest(text)
        )
        vm: Vm = ticket.vm
        _require(vm, "screen")
        return ConsoleTarget(
            vm_id=vm.pk,
            org_id=vm.org_id,
            user_name=ticket.user_name,
            client=vdc_client(vm.vdc),
            namespace=vm.vdc.namespace,
            machine=names.vm_name(vm.pk),
        )


def console_tickets_purge() -> int:
    """Removes tickets that can't be redeemed any more; how many."""
    gone, _ = ConsoleTicket.objects.filter(expires_at__lt=clock.now()).delete()
    return int(gone)


def vm_screenshot(vm_id: uuid.UUID) -> bytes:
    """A PNG of what the VM shows at this moment: a call to its cluster, bounded in time.

    Raises NotFound, InvalidState (not on), ServiceUnavailable (the cluster does not answer).
    """
    vm = running_vm_get(vm_id, "screen")
    try:
        return vdc_client(vm.vdc).vmi_screenshot(vm.vdc.namespace, names.vm_name(vm.pk))
    except (ClusterConflict, ClusterNotFound) as error:
        raise not_running(vm, "screen") from error
    except ClusterError as error:
        raise ServiceUnavailable(
            f'The screen of the VM "{vm.name}" cannot be had: its cluster does not answer. Try again later.'
        ) from error


def running_vm_get(vm_id: uuid.UUID, action: str) -> Vm:
    """The VM with its disks and cluster, if `action` is possible in its state. Raises NotFound, InvalidState."""
    vm: Vm | None = (
        visible_vms()
        .select_related("vdc__provider_vdc__cluster")
        .prefetch_related("disks")
        .filter(pk=vm_id)
        .first()
    )
    if vm is None:
        raise NotFound(f"The VM {vm_id} does not exist.")
    _require(vm, action)
    return vm


def not_running(vm: Vm, action: str) -> InvalidState:
    return InvalidState(
        f'The operation {action} is not possible on the VM "{vm.name}": it is not powered on.'
    )


def _require(vm: Vm, action: str) -> None:
    if vm_verdict(action, vm.state) is Verdict.REFUSED:
        raise not_running(vm, action)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
