"""Advances tasks: claim, run steps, end. Safe against crashes, doubles and races.

Nothing here trusts a message: whoever calls `advance` may be the tenth to do so. Every write is a conditional
UPDATE on the lease, on the database's clock.
"""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, models, transaction
from django.db.models import Exists, ExpressionWrapper, F, OuterRef, Q
from django.db.models.functions import Coalesce, Now
from prometheus_client import Counter, Histogram

from ssvirt.core import clock
from ssvirt.core.errors import ClusterError, ClusterRejected, ClusterUnavailable, VcdError
from ssvirt.core.tenancy import ALL, acting_for
from tasks.models import UNFINISHED, Claim, Task, TaskSecret, TaskStatus
from tasks.registry import Operation, Run, Wait, operation
from tasks.runners import publish

log = structlog.get_logger(__name__)

STEPS = Counter("ssvirt_task_steps_total", "Steps run", ["operation", "outcome"])
ENDED = Counter("ssvirt_tasks_ended_total", "Tasks ended", ["operation", "status"])
DURATION = Histogram(
    "ssvirt_task_seconds",
    "From submission to the end",
    ["operation"],
    buckets=(1, 5, 15, 60, 300, 1800, 7200),
)

MAX_CRASHES = 5
"""Unexpected exceptions in one step before the task is given up."""
UNDO_PATIENCE = timedelta(hours=24)
"""How long undoing is tried; then the task ends all the same, and says that something may be left."""
_BACKOFF_S = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0)


class LeaseLost(Exception):
    """Another worker has taken the task over; whoever meets this stops at once."""


class _Lease:
    """The right to work on one task. Every write through it checks that it still holds."""

    def __init__(self, task_id: uuid.UUID, token: uuid.UUID) -> None:
        self.task_id = task_id
        self.token = token

    def rows(self) -> models.QuerySet[Task]:
        queryset: models.QuerySet[Task] = Task.objects.filter(pk=self.task_id, lease_by=self.token)
        return queryset

    def save(self, **values: Any) -> None:
        if self.rows().update(**values) != 1:
            raise LeaseLost

    def renew(self) -> None:
        self.save(lease_until=_lease_end())


def _lease_end() -> Any:
    return Now() + timedelta(seconds=settings.TASK_LEASE_S)


def _blocked() -> Exists:
    """Whether an earlier unfinished task holds a conflicting claim on an entity of the outer task."""
    earlier = (
        Claim.objects.filter(entity_id=OuterRef("entity_id"), number__lt=OuterRef("number"))
        .annotate(mine=ExpressionWrapper(OuterRef("is_exclusive"), output_field=models.BooleanField()))
        .filter(Q(is_exclusive=True) | Q(mine=True))
    )
    return Exists(Claim.objects.filter(Exists(earlier), task_id=OuterRef("pk")))


def runnable() -> models.QuerySet[Task]:
    """Unfinished tasks that are due, without a live lease and without an earlier conflicting claim."""
    queryset: models.QuerySet[Task] = Task.objects.filter(
        ~_blocked(),
        Q(lease_until__isnull=True) | Q(lease_until__lt=Now()),
        status__in=UNFINISHED,
        due_at__lte=Now(),
    )
    return queryset


def _claim(task_id: uuid.UUID) -> _Lease | None:
    token = uuid.uuid4()
    claimed = (
        runnable()
        .filter(pk=task_id)
        .update(
            lease_by=token,
            lease_until=_lease_end(),
            status=TaskStatus.RUNNING,
            started_at=Coalesce("started_at", Now()),
        )
    )
    return _Lease(task_id, token) if claimed else None


def advance(task_id: uuid.UUID) -> bool:
    """Runs the task's steps as far as they go now. False when it was not to be had (done, held, blocked,
    not due).

    Never raises for what a step does; database errors pass through, and the lease then runs out by itself.
    """
    with acting_for(ALL):
        lease = _claim(task_id)
        if lease is None:
            return False
        with structlog.contextvars.bound_contextvars(task_id=str(task_id)):
            try:
                while _advance_once(lease):
                    pass
            except LeaseLost:
                log.warning("task_lease_lost")
        return True


def _advance_once(lease: _Lease) -> bool:
    """One step, or the end. True when there is more to do at once."""
    task = Task.objects.select_related("org", "user").filter(pk=lease.task_id, lease_by=lease.token).first()
    if task is None:
        raise LeaseLost
    with structlog.contextvars.bound_contextvars(
        request_id=task.request_id, org=task.org.name, operation=task.operation
    ):
        try:
            op = operation(task.operation)
        except LookupError as error:
            # A newer release's task on an older worker: leave it to one that knows it.
            log.error("task_operation_unknown", error=str(error))
            lease.save(lease_by=None, lease_until=None, due_at=Now() + timedelta(seconds=60))
            return False
        if not task.is_undoing and (error_doc := _must_stop(task, op)):
            if op.is_final(task):
                _leave_out(lease, task, error_doc, until=len(task.steps))
            else:
                _start_undo(lease, task, op, error_doc)
            return True
        if task.is_undoing and _undone_long_enough(task):
            _give_up_undoing(lease, task)
            return True
        if task.step >= len(task.steps):
            return _end(lease, task, op)
        return _run_step(lease, task, op)


def _must_stop(task: Task, op: Operation) -> dict[str, Any] | None:
    if task.cancel_requested and op.may_cancel(task):
        return _error_doc(400, "TASK_CANCELED", "The task was canceled by a user.")
    if task.deadline_at < clock.now() and task.step < len(task.steps):
        return _error_doc(
            500, "INTERNAL_SERVER_ERROR", f"The operation did not end in time. {_reason(task)}".strip()
        )
    return None


def _reason(task: Task) -> str:
    return str(task.notes.get("waiting_for", ""))


def _error_doc(major: int, minor: str, message: str) -> dict[str, Any]:
    return {"major": major, "minor": minor, "message": message}


def _run_step(lease: _Lease, task: Task, op: Operation) -> bool:
    name = task.steps[task.step]
    run = Run(task=task, heartbeat=lease.renew, notes=dict(task.notes), save=lease.save)
    lease.renew()
    try:
        with acting_for(task.org_id):
            outcome = op.step(name)(run)
    except LeaseLost:
        raise
    except VcdError as error:
        return _fail(lease, task, op, _error_doc(error.status, error.code, error.message))
    except ClusterRejected as error:
        return _fail(
            lease,
            task,
            op,
            _error_doc(400, "BAD_REQUEST", f"The cluster refused the request: {error.message}"),
        )
    except (ClusterUnavailable, OperationalError, InterfaceError) as error:
        return _retry(lease, task, name, str(error), counts=False)
    except ClusterError as error:
        return _retry(lease, task, name, error.message, counts=True)
    except Exception as error:
        # The text may name rows and columns: it is for the log, not for the task's error.
        log.exception("task_step_crashed", step=name)
        return _retry(lease, task, name, type(error).__name__, counts=True)
    if isinstance(outcome, Wait):
        STEPS.labels(task.operation, "wait").inc()
        return _wait(lease, task, run, outcome)
    STEPS.labels(task.operation, "done").inc()
    run.notes.pop("waiting_for", None)
    lease.save(
        step=task.step + 1,
        attempts=0,
        notes=run.notes,
        progress=min(99, max(task.progress, round(100 * (task.step + 1) / max(1, len(task.steps))))),
        lease_until=_lease_end(),
    )
    log.info("task_step_done", step=name)
    return True


def _wait(lease: _Lease, task: Task, run: Run, outcome: Wait) -> bool:
    """Gives the task back until `outcome.seconds` from now; goes on at once when it was woken meanwhile."""
    progress = task.progress if outcome.progress is None else min(99, max(task.progress, outcome.progress))
    given_back = (
        lease.rows()
        .filter(wake_seq=task.wake_seq)
        .update(
            notes=run.notes,
            progress=progress,
            due_at=Now() + timedelta(seconds=outcome.seconds),
            lease_by=None,
            lease_until=None,
            attempts=0,
        )
    )
    if given_back:
        return False
    lease.save(notes=run.notes, progress=progress, lease_until=_lease_end())
    return True


def _retry(lease: _Lease, task: Task, name: str, reason: str, *, counts: bool) -> bool:
    """Puts the task off after a fault; gives up when the same step crashed too often (`counts`)."""
    STEPS.labels(task.operation, "retry").inc()
    if counts and task.attempts + 1 >= MAX_CRASHES:
        doc = _error_doc(500, "INTERNAL_SERVER_ERROR", f"Step {name} failed {MAX_CRASHES} times: {reason}")
        return _fail(lease, task, operation(task.operation), doc)
    _take_notes(task)
    delay = _BACKOFF_S[min(task.attempts, len(_BACKOFF_S) - 1)]
    log.warning("task_step_retried", step=name, reason=reason, delay_s=delay, attempts=task.attempts + 1)
    lease.save(
        attempts=F("attempts") + 1,
        notes={**task.notes, "waiting_for": reason},
        due_at=Now() + timedelta(seconds=delay),
        lease_by=None,
        lease_until=None,
    )
    return False


def _fail(lease: _Lease, task: Task, op: Operation, error: dict[str, Any]) -> bool:
    """After a failed step: undo; after a failed undo step: go on with the next one, nothing is left
    untried.
    """
    STEPS.labels(task.operation, "failed").inc()
    log.warning("task_step_failed", step=task.steps[task.step], error=error["message"])
    if task.is_undoing:
        lease.save(step=task.step + 1, attempts=0, lease_until=_lease_end())
    elif op.is_final(task):
        _leave_out(lease, task, error, until=task.step + 1)
    else:
        _start_undo(lease, task, op, error)
    return True


def _leave_out(lease: _Lease, task: Task, error: dict[str, Any], *, until: int) -> None:
    """Goes on with the step `until`: what a final step was to remove is no reason to take the rest back."""
    message = f"{error['message']} What was to be removed may be left on the cluster."
    lease.save(
        step=until, attempts=0, error=task.error or {**error, "message": message}, lease_until=_lease_end()
    )


def _take_notes(task: Task) -> None:
    """What the step that failed has noted of what it had done by then (`Run.save_notes`)."""
    task.refresh_from_db(fields=["notes"])


def _start_undo(lease: _Lease, task: Task, op: Operation, error: dict[str, Any]) -> None:
    _take_notes(task)
    lease.save(
        is_undoing=True,
        notes={**task.notes, "undoing_since": clock.now().isoformat()},
        error=error,
        steps=list(op.undo_steps),
        step=0,
        attempts=0,
        lease_until=_lease_end(),
    )


def _undone_long_enough(task: Task) -> bool:
    since = task.notes.get("undoing_since")
    if since is None or task.step >= len(task.steps):
        return False
    return clock.now() - datetime.fromisoformat(since) > UNDO_PATIENCE


def _give_up_undoing(lease: _Lease, task: Task) -> None:
    """No task may hang: clients wait without a limit of their own."""
    error = task.error or _error_doc(500, "INTERNAL_SERVER_ERROR", "")
    message = f"{error['message']} Undoing was given up, objects may be left on the cluster. {_reason(task)}"
    log.error("task_undo_given_up", step=task.steps[task.step], reason=_reason(task))
    lease.save(step=len(task.steps), error={**error, "message": message.strip()}, lease_until=_lease_end())


def _end(lease: _Lease, task: Task, op: Operation) -> bool:
    """Ends the task. When the operation cannot write its outcome, the task fails; it never hangs."""
    try:
        _write_end(lease, task, op.failed if task.is_undoing else op.succeeded)
    except (LeaseLost, OperationalError, InterfaceError):
        raise
    except VcdError as error:
        return _end_otherwise(lease, task, op, _error_doc(error.status, error.code, error.message))
    except Exception as error:
        log.exception("task_end_crashed")
        reason = type(error).__name__
        if task.attempts + 1 < MAX_CRASHES:
            return _retry(lease, task, "end", reason, counts=False)
        doc = _error_doc(500, "INTERNAL_SERVER_ERROR", f"The end failed {MAX_CRASHES} times: {reason}")
        return _end_otherwise(lease, task, op, doc)
    return False


def _end_otherwise(lease: _Lease, task: Task, op: Operation, error: dict[str, Any]) -> bool:
    """After an outcome that could not be written: undo; where there is no way back, the end without it."""
    if not task.is_undoing and not op.is_final(task):
        _start_undo(lease, task, op, error)
        return True
    if task.error is None:
        task.error = error
        lease.save(error=error)
    _write_end(lease, task, None)
    return False


def _write_end(lease: _Lease, task: Task, outcome: Callable[[Task], None] | None) -> None:
    """Writes the outcome and frees the claims in one transaction, then wakes who waited for them.

    A crash before the waking loses nothing: what is runnable and due is found by the sweep.
    """
    if not task.is_undoing:
        status = TaskStatus.SUCCESS if task.error is None else TaskStatus.ERROR
    elif task.cancel_requested:
        status = TaskStatus.CANCELED
    else:
        status = TaskStatus.ERROR
    with transaction.atomic():
        lease.save(
            status=status,
            progress=100 if status == TaskStatus.SUCCESS else task.progress,
            ended_at=Now(),
            lease_by=None,
            lease_until=None,
        )
        entities = list(Claim.objects.filter(task=task).values_list("entity_id", flat=True))
        Claim.objects.filter(task=task).delete()
        TaskSecret.objects.filter(task=task).delete()
        if outcome is not None:
            with acting_for(task.org_id):
                outcome(task)
        # Not in here: two tasks that end together would each wait for the row that the other holds.
        transaction.on_commit(lambda: wake(entities))
    ENDED.labels(task.operation, status.value).inc()
    ended = Task.objects.filter(pk=task.pk).values_list("ended_at", "created_at").get()
    DURATION.labels(task.operation).observe((ended[0] - ended[1]).total_seconds())
    log.info("task_ended", status=status.value, error=task.error["message"] if task.error else None)


def wake(entity_ids: list[uuid.UUID]) -> None:
    """Makes the unfinished tasks that claim one of the entities due now, and hints at them on commit.

    Called when something about the entity was observed, and when a task ends. A task whose step is running
    sees the risen `wake_seq` and looks again.
    """
    if not entity_ids:
        return
    task_ids = list(
        Claim.objects.filter(entity_id__in=entity_ids).values_list("task_id", flat=True).distinct().order_by()
    )
    if not task_ids:
        return
    with acting_for(ALL), transaction.atomic():
        waiting = Task.objects.filter(pk__in=task_ids, status__in=UNFINISHED)
        # In one order, so that two that wake the same tasks do not wait for each other.
        locked = list(waiting.order_by("pk").select_for_update().values_list("pk", flat=True))
        Task.objects.filter(pk__in=locked).update(due_at=Now(), wake_seq=F("wake_seq") + 1)
    for task_id in task_ids:
        hint(task_id)


def hint(task_id: uuid.UUID) -> None:
    """On commit, asks the workers to look at the task. Losing the message is harmless."""
    transaction.on_commit(lambda: publish(task_id))
