"""Leases that run out: running vApps are stopped; stopped ones are marked, or deleted where the organization
says so.
"""

from collections.abc import Callable

import structlog
from django.db import transaction

from ssvirt.core import clock
from ssvirt.core.errors import VcdError
from tasks.selectors import tasks_unfinished_on
from tasks.services import Actor, lock_entities
from vapps.models import VApp, Vm
from vapps.services.acting import ACTIONS, Action, vapp_submit

log = structlog.get_logger(__name__)
_SERVICE = Actor(user_id=None, user_name="system")
_AT_ONCE = 200


def leases_expire() -> int:
    """Acts on every lease that has run out; returns how many. In the scope of all tenants.

    Several processes may do this at once.
    """
    now = clock.now()
    running = VApp.objects.filter(deployment_expires_at__lte=now).order_by("deployment_expires_at")
    stored = (
        VApp.objects.filter(storage_expires_at__lte=now).select_related("org").order_by("storage_expires_at")
    )
    return sum(_once(vapp, "deployment_expires_at", _stop) for vapp in running[:_AT_ONCE]) + sum(
        _once(vapp, "storage_expires_at", _put_away) for vapp in stored[:_AT_ONCE]
    )


def _once(vapp: VApp, column: str, act: Callable[[VApp], None]) -> int:
    """Takes the expiration away and acts, in one transaction, if nobody else has. What cannot be done now
    (the vApp is being deleted, or stopped already) is not tried again; while the vApp has unfinished tasks, which
    may renew its lease or start it, nothing is done yet.
    """
    with transaction.atomic():
        # As any submission: the locks come before the row.
        lock_entities([vapp.pk, *Vm.objects.filter(vapp=vapp).values_list("pk", flat=True)])
        if tasks_unfinished_on(vapp.pk).exists():
            return 0
        mine = VApp.objects.filter(pk=vapp.pk, **{column: getattr(vapp, column)}).update(**{column: None})
        if not mine:
            return 0
        try:
            with transaction.atomic():
                act(vapp)
        except VcdError as error:
            log.info("lease_expired_without_effect", vapp=str(vapp.pk), reason=error.message)
    return 1


def _stop(vapp: VApp) -> None:
    vapp_submit(
        actor=_SERVICE,
        vapp_id=vapp.pk,
        action="undeploy",
        submitted=ACTIONS["undeploy"],
        args={"power_action": "default"},
    )


def _put_away(vapp: VApp) -> None:
    if not vapp.org.is_deleted_on_expiry:
        VApp.objects.filter(pk=vapp.pk).update(is_expired=True)
        return
    vapp_submit(
        actor=_SERVICE,
        vapp_id=vapp.pk,
        action="remove",
        submitted=Action(operation="vdcDeleteVapp", word="Deleting", args={"force": True}),
        is_exclusive=True,
        force=True,
    )
