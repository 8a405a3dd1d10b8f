"""Submitting and cancelling tasks, and the sweep that picks up what hints missed."""

import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from ssvirt.core import clock, crypto
from ssvirt.core.errors import InvalidState
from ssvirt.core.tenancy import ALL, acting_for
from tasks import engine
from tasks.models import UNFINISHED, Claim, Heartbeat, Task, TaskSecret
from tasks.registry import operation

log = structlog.get_logger(__name__)

EXCLUSIVE = True
SHARED = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """The entity a task is about: its id, its kind (the word in its URN) and its name at this moment."""

    id: uuid.UUID
    kind: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """On whose behalf a task runs. `user_id` is None for the service itself."""

    user_id: uuid.UUID | None
    user_name: str
    request_id: str = ""


def lock_entities(entity_ids: Iterable[uuid.UUID]) -> None:
    """Waits for, and takes until the end of the transaction, the right to submit tasks about the entities.

    Sorted, so that two submissions never wait for each other. After it returns, every task that an earlier
    submission gave these entities is visible, so states may be judged. Needs a transaction.
    """
    keys = sorted({_lock_key(entity_id) for entity_id in entity_ids})
    if not connection.in_atomic_block:
        raise RuntimeError("lock_entities needs a transaction")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(k) FROM unnest(%s::bigint[]) AS k", [keys])


def _lock_key(entity_id: uuid.UUID) -> int:
    return int.from_bytes(entity_id.bytes[:8], "big", signed=True)


def task_submit(
    *,
    name: str,
    args: dict[str, Any],
    owner: Owner,
    claims: Mapping[uuid.UUID, bool],
    org_id: uuid.UUID,
    actor: Actor,
    description: str,
    secret: dict[str, Any] | None = None,
) -> Task:
    """A queued Task of the operation `name`, with its claims (entity id -> exclusive?), hinted at on commit.

    Must run in the transaction that writes the entities; takes the locks of the claimed entities (again). The
    number that orders tasks is drawn after that, so the order of conflicting tasks is the order of commits.
    """
    op = operation(name)
    lock_entities(claims)
    task: Task = Task.objects.create(
        org_id=org_id,
        operation=name,
        description=description[:512],
        args=args,
        owner_id=owner.id,
        owner_kind=owner.kind,
        owner_name=owner.name,
        user_id=actor.user_id,
        user_name=actor.user_name,
        steps=op.plan(args),
        deadline_at=clock.now() + op.deadline,
        request_id=actor.request_id,
    )
    Claim.objects.bulk_create(
        Claim(task=task, number=task.number, entity_id=entity_id, is_exclusive=exclusive)
        for entity_id, exclusive in claims.items()
    )
    if secret is not None:
        TaskSecret.objects.create(task=task, payload=crypto.encrypt(json.dumps(secret).encode()))
    engine.hint(task.pk)
    return task


def task_secret(task: Task) -> dict[str, Any]:
    """The secret given at submission, or nothing."""
    row = TaskSecret.objects.filter(task=task).first()
    if row is None:
        return {}
    payload: dict[str, Any] = json.loads(crypto.decrypt(bytes(row.payload)))
    return payload


def task_secret_add(task: Task, values: dict[str, Any]) -> None:
    """Something more that only the task's steps may read. Runs in the caller's transaction."""
    payload = crypto.encrypt(json.dumps({**task_secret(task), **values}).encode())
    TaskSecret.objects.update_or_create(task=task, defaults={"payload": payload})


def task_cancel(*, task_id: uuid.UUID) -> None:
    """Asks the task to stop at its next step boundary. Raises InvalidState when it has ended already."""
    with transaction.atomic():
        # The row lock keeps a worker from passing the point of no return meanwhile.
        task = (
            Task.objects.select_for_update()
            .filter(pk=task_id, status__in=UNFINISHED, is_undoing=False)
            .first()
        )
        if task is None or not operation(task.operation).may_cancel(task):
            raise InvalidState(f"The task {task_id} has ended or can no longer be canceled.")
        Task.objects.filter(pk=task_id).update(
            cancel_requested=True, due_at=Now(), wake_seq=F("wake_seq") + 1
        )
        engine.hint(task_id)


def sweep(*, overdue_s: float = 0.0, limit: int = 50) -> int:
    """Advances every task that is due (for `overdue_s` seconds at least). Returns how many it advanced."""
    with acting_for(ALL):
        due = list(
            engine.runnable()
            .filter(due_at__lte=Now() - timedelta(seconds=overdue_s))
            .order_by("due_at")
            .values_list("pk", flat=True)[:limit]
        )
    return sum(engine.advance(task_id) for task_id in due)


def heartbeat(*, name: str, kind: str) -> None:
    """Notes that the process `name` (of `kind` worker or watch) is alive."""
    Heartbeat.objects.update_or_create(name=name, defaults={"kind": kind, "beat_at": clock.now()})
