"""Leases: how long a vApp may run, and how long it is kept once it is stopped."""

import uuid
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction

from orgs.selectors import org_get
from ssvirt.api.principal import Principal
from ssvirt.core import clock
from ssvirt.core.errors import BadRequest
from tasks.models import Task
from tasks.services import EXCLUSIVE, Owner, lock_entities, task_submit
from vapps.models import VApp
from vapps.projection import reproject
from vapps.selectors import vapp_get
from vapps.services.demand import actor_of
from vapps.services.standing import require_staying

MAX_LEASE_S = (1 << 31) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Leases:
    """Seconds; 0 is for ever."""

    deployment_s: int
    storage_s: int


def lease_defaults(org_id: uuid.UUID) -> Leases:
    """What new vApps of the organization get: the longest that it allows. Source: VAppLeaseSettingsType."""
    org = org_get(org_id)
    return Leases(deployment_s=org.deployment_lease_s, storage_s=org.storage_lease_s)


def lease_set(
    *, principal: Principal, vapp_id: uuid.UUID, deployment_s: int | None, storage_s: int | None
) -> Task:
    """New leases for a vApp, counted from the moment of the change; None leaves one alone.

    Raises NotFound, InvalidState (being deleted), BadRequest (negative, or longer than the organization allows).
    """
    vapp = vapp_get(vapp_id)
    limits = lease_defaults(vapp.org_id)
    for what, value, limit in (
        ("runtime", deployment_s, limits.deployment_s),
        ("storage", storage_s, limits.storage_s),
    ):
        if value is None:
            continue
        if value < 0:
            raise BadRequest(f"The {what} lease must not be negative: {value}.")
        if value > MAX_LEASE_S:
            raise BadRequest(f"The {what} lease of {value} seconds is longer than {MAX_LEASE_S}.")
        if limit and not 0 < value <= limit:
            raise BadRequest(
                f"The {what} lease of {value or 'unlimited'} seconds exceeds the organization's limit of {limit}."
            )
    with transaction.atomic():
        lock_entities([vapp.pk])
        require_staying(vapp_get(vapp_id))
        task = task_submit(
            name="vappUpdateLeaseSettings",
            args={
                "vapp_id": str(vapp.pk),
                "vm_ids": [],
                "deployment_s": deployment_s,
                "storage_s": storage_s,
            },
            owner=Owner(id=vapp.pk, kind="vApp", name=vapp.name),
            claims={vapp.pk: EXCLUSIVE},
            org_id=vapp.org_id,
            actor=actor_of(principal),
            description=f"Updating the leases of Virtual Application {vapp.name}({vapp.pk})",
        )
        reproject(vapp_ids=[vapp.pk])
    return task


def lease_start_running(vapp_ids: list[uuid.UUID]) -> None:
    """The vApps run from this moment: their runtime lease counts, their storage lease does not."""
    for vapp in VApp.objects.filter(pk__in=vapp_ids).only("id", "deployment_lease_s"):
        VApp.objects.filter(pk=vapp.pk).update(
            deployment_expires_at=_end(vapp.deployment_lease_s), storage_expires_at=None, is_expired=False
        )


def lease_start_storage(vapp_ids: list[uuid.UUID]) -> None:
    """The vApps are stopped from this moment: their storage lease counts."""
    for vapp in VApp.objects.filter(pk__in=vapp_ids).only("id", "storage_lease_s"):
        VApp.objects.filter(pk=vapp.pk).update(
            deployment_expires_at=None, storage_expires_at=_end(vapp.storage_lease_s), is_expired=False
        )


def _end(seconds: int) -> object:
    return clock.now() + timedelta(seconds=seconds) if seconds else None
