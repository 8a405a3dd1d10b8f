"""The engine: steps, waiting, failing, undoing, cancelling, crashing."""

import uuid
from datetime import timedelta

import pytest
from django.db.models.functions import Now

from orgs.models import Org
from ssvirt.core.clock import shifted
from ssvirt.core.errors import BadRequest, ClusterRejected, ClusterUnavailable, InvalidState
from ssvirt.core.tenancy import ScopeError, acting_for, current_scope
from tasks import engine, registry
from tasks.models import Claim, TaskSecret, TaskStatus
from tasks.registry import Outcome, Run, Wait
from tasks.services import sweep, task_cancel, task_secret
from tests.tasks.conftest import Script, change, reread, submit

pytestmark = pytest.mark.django_db


class ProcessKilled(BaseException):
    """Stands for SIGKILL: nothing in the engine may catch it."""


def raising(error: BaseException):
    def act(run: Run) -> Outcome:
        raise error

    return act


def test_advance_when_all_steps_are_done_then_success_with_claims_and_secret_gone(
    org: Org, script: Script
) -> None:
    task = submit(org, secret={"password": "hush"})
    assert task_secret(task) == {"password": "hush"}
    assert engine.advance(task.pk)
    task = reread(task)
    assert script.trace == ["one", "two", "three", "succeeded"]
    assert (task.status, task.progress) == (TaskStatus.SUCCESS, 100)
    assert task.ended_at is not None
    assert task.lease_by is None
    assert not Claim.objects.filter(task=task).exists()
    assert not TaskSecret.objects.filter(task=task).exists()


def test_secret_when_stored_then_not_readable_in_the_row(org: Org, script: Script) -> None:
    task = submit(org, secret={"password": "hush-hush"})
    assert b"hush-hush" not in bytes(TaskSecret.objects.get(task=task).payload)


def test_advance_when_ended_then_nothing_runs_again(org: Org, script: Script) -> None:
    task = submit(org)
    engine.advance(task.pk)
    assert not engine.advance(task.pk)
    assert script.trace.count("one") == 1


def test_step_when_it_waits_then_resumes_there_after_a_wake(org: Org, script: Script) -> None:
    entity = uuid.uuid4()
    ready = []
    script.behaviour["two"] = lambda run: None if ready else Wait(seconds=600, progress=42)
    task = submit(org, entity)
    engine.advance(task.pk)
    assert script.trace == ["one", "two"]
    assert reread(task).progress == 42
    assert sweep() == 0, "it is not due yet"
    ready.append(True)
    engine.wake([entity])
    assert sweep() == 1
    assert script.trace == ["one", "two", "two", "three", "succeeded"]


def test_step_when_woken_while_it_reads_then_looks_again_at_once(org: Org, script: Script) -> None:
    entity = uuid.uuid4()
    calls = []

    def two(run: Run) -> Outcome:
        calls.append(1)
        if len(calls) == 1:
            engine.wake([entity])  # the event comes after the step has read and before it gives the task back
            return Wait(seconds=600)
        return None

    script.behaviour["two"] = two
    task = submit(org, entity)
    engine.advance(task.pk)
    assert reread(task).status == TaskStatus.SUCCESS


@pytest.mark.parametrize("step", ["one", "two", "three"])
def test_worker_when_killed_in_a_step_then_the_next_resumes_at_it(
    org: Org, script: Script, step: str
) -> None:
    script.behaviour[step] = raising(ProcessKilled())
    task = submit(org)
    with pytest.raises(ProcessKilled):
        engine.advance(task.pk)
    del script.behaviour[step]
    assert not engine.advance(task.pk), "the dead worker's lease still holds"
    change(task, lease_until=Now() - timedelta(seconds=1))
    assert sweep() == 1
    assert reread(task).status == TaskStatus.SUCCESS
    done = [name for name in script.trace if name != "succeeded"]
    assert done.count(step) == 2
    assert len(done) == 4, "only the step that was running is repeated"
    assert script.trace.count("succeeded") == 1


def test_worker_when_its_lease_was_taken_over_then_writes_nothing(org: Org, script: Script) -> None:
    def one(run: Run) -> Outcome:
        change(run.task, lease_by=uuid.uuid4())  # another worker holds the task by now
        return None

    script.behaviour["one"] = one
    task = submit(org)
    engine.advance(task.pk)
    task = reread(task)
    assert task.step == 0
    assert script.trace == ["one"]


def test_step_when_it_heartbeats_without_lease_then_stops(org: Org, script: Script) -> None:
    reached = []

    def one(run: Run) -> Outcome:
        change(run.task, lease_by=uuid.uuid4())
        run.heartbeat()
        reached.append(True)
        return None

    script.behaviour["one"] = one
    engine.advance(submit(org).pk)
    assert not reached


@pytest.mark.parametrize(
    ("error", "major", "minor"),
    [
        (BadRequest("no"), 400, "BAD_REQUEST"),
        (ClusterRejected("quota", status=403), 400, "BAD_REQUEST"),
    ],
)
def test_step_when_it_fails_for_good_then_undo_and_error(
    org: Org, script: Script, error: Exception, major: int, minor: str
) -> None:
    script.behaviour["two"] = raising(error)
    task = submit(org)
    engine.advance(task.pk)
    task = reread(task)
    assert script.trace == ["one", "two", "undo_one", "undo_two", "failed"]
    assert task.status == TaskStatus.ERROR
    assert (task.error["major"], task.error["minor"]) == (major, minor)


def test_undo_when_one_of_its_steps_fails_then_the_others_still_run(org: Org, script: Script) -> None:
    script.behaviour |= {"one": raising(BadRequest("no")), "undo_one": raising(BadRequest("neither"))}
    task = submit(org)
    engine.advance(task.pk)
    assert script.trace == ["one", "undo_one", "undo_two", "failed"]
    assert reread(task).error["message"] == "no"


def test_step_when_the_cluster_is_away_then_retried_without_end(org: Org, script: Script) -> None:
    script.behaviour["one"] = raising(ClusterUnavailable("connection refused"))
    task = submit(org)
    for _ in range(engine.MAX_CRASHES * 3):
        change(task, due_at=Now())
        assert engine.advance(task.pk)
    task = reread(task)
    assert task.status == TaskStatus.RUNNING
    assert "connection refused" in task.notes["waiting_for"]
    del script.behaviour["one"]
    change(task, due_at=Now())
    engine.advance(task.pk)
    assert reread(task).status == TaskStatus.SUCCESS


def test_step_when_it_crashes_again_and_again_then_given_up(org: Org, script: Script) -> None:
    script.behaviour["two"] = raising(RuntimeError("bug"))
    task = submit(org)
    for _ in range(engine.MAX_CRASHES):
        change(task, due_at=Now())
        engine.advance(task.pk)
    task = reread(task)
    assert task.status == TaskStatus.ERROR
    assert script.trace.count("two") == engine.MAX_CRASHES


def test_step_when_it_crashed_then_put_off(org: Org, script: Script) -> None:
    script.behaviour["one"] = raising(RuntimeError("bug"))
    task = submit(org)
    engine.advance(task.pk)
    assert not engine.advance(task.pk)
    assert sweep() == 0


@pytest.mark.parametrize("step", ["one", "two", "three"])
def test_cancel_when_between_steps_then_undone_and_canceled(org: Org, script: Script, step: str) -> None:
    def act(run: Run) -> Outcome:
        task_cancel_in_scope(run)
        return None

    def task_cancel_in_scope(run: Run) -> None:
        task_cancel(task_id=run.task.pk)

    script.behaviour[step] = act
    task = submit(org)
    engine.advance(task.pk)
    task = reread(task)
    assert task.status == TaskStatus.CANCELED
    assert script.trace[-3:] == ["undo_one", "undo_two", "failed"]


def test_cancel_when_ended_then_refused(org: Org, script: Script) -> None:
    task = submit(org)
    engine.advance(task.pk)

    with acting_for(org.pk), pytest.raises(InvalidState):
        task_cancel(task_id=task.pk)


def test_task_when_its_deadline_passed_then_error_and_undo(org: Org, script: Script) -> None:
    script.behaviour["two"] = lambda run: Wait(seconds=600)
    task = submit(org)
    engine.advance(task.pk)
    change(task, deadline_at=Now() - timedelta(seconds=1), due_at=Now())
    engine.advance(task.pk)
    task = reread(task)
    assert task.status == TaskStatus.ERROR
    assert script.trace[-3:] == ["undo_one", "undo_two", "failed"]


@pytest.fixture
def no_way_back(script: Script, monkeypatch: pytest.MonkeyPatch) -> Script:
    """The scripted operation, whose second step is final."""
    monkeypatch.setattr(type(registry.operation("testScripted")), "final_steps", ("two",))
    return script


def test_final_step_when_it_fails_then_left_out_and_the_task_ends_as_an_error(
    org: Org, no_way_back: Script
) -> None:
    def refuse(run: Run) -> None:
        raise BadRequest("not today")

    no_way_back.behaviour["two"] = refuse
    task = submit(org)
    engine.advance(task.pk)
    task = reread(task)
    assert task.status == TaskStatus.ERROR
    assert task.error["message"] == "not today What was to be removed may be left on the cluster."
    assert no_way_back.trace == ["one", "two", "three", "succeeded"]


def test_final_step_when_the_deadline_passed_then_the_task_ends_without_undo(
    org: Org, no_way_back: Script
) -> None:
    no_way_back.behaviour["two"] = lambda run: Wait(seconds=600)
    task = submit(org)
    engine.advance(task.pk)
    with acting_for(org.pk), pytest.raises(InvalidState):
        task_cancel(task_id=task.pk)
    change(task, deadline_at=Now() - timedelta(seconds=1), due_at=Now())
    engine.advance(task.pk)
    task = reread(task)
    assert task.status == TaskStatus.ERROR
    assert "did not end in time" in task.error["message"]
    assert no_way_back.trace == ["one", "two", "succeeded"]


def test_step_before_a_final_one_when_it_fails_then_undone(org: Org, no_way_back: Script) -> None:
    def refuse(run: Run) -> None:
        raise BadRequest("not today")

    no_way_back.behaviour["one"] = refuse
    task = submit(org)
    engine.advance(task.pk)
    assert no_way_back.trace == ["one", "undo_one", "undo_two", "failed"]


def test_task_when_all_steps_are_done_then_its_deadline_does_not_matter(org: Org, script: Script) -> None:
    task = submit(org)
    change(task, step=3, steps=["one", "two", "three"], deadline_at=Now() - timedelta(seconds=1))
    engine.advance(task.pk)
    assert reread(task).status == TaskStatus.SUCCESS
    assert script.trace == ["succeeded"]


def test_task_when_its_operation_is_unknown_then_left_for_a_newer_release(org: Org, script: Script) -> None:
    task = submit(org)
    change(task, operation="ofTheFuture")
    engine.advance(task.pk)
    task = reread(task)
    assert task.status == TaskStatus.RUNNING
    assert task.lease_by is None


def test_step_when_it_runs_then_in_its_tenants_scope_and_none_after(org: Org, script: Script) -> None:
    seen = []
    script.behaviour["one"] = lambda run: seen.append(current_scope())
    engine.advance(submit(org).pk)
    assert seen == [org.pk]
    with pytest.raises(ScopeError):
        current_scope()


def test_undo_when_the_cluster_never_comes_back_then_ended_and_said_so(org: Org, script: Script) -> None:
    script.behaviour |= {
        "two": raising(BadRequest("no")),
        "undo_one": raising(ClusterUnavailable("connection refused")),
    }
    task = submit(org)
    engine.advance(task.pk)
    assert reread(task).status == TaskStatus.RUNNING
    with shifted(engine.UNDO_PATIENCE + timedelta(minutes=1)):
        change(task, due_at=Now())
        engine.advance(task.pk)
    task = reread(task)
    assert task.status == TaskStatus.ERROR
    assert task.error["message"].startswith("no ")
    assert "objects may be left" in task.error["message"]
    assert "connection refused" in task.error["message"]
    assert script.trace[-1] == "failed"


@pytest.mark.parametrize(
    "error",
    [ClusterRejected("no"), ClusterUnavailable("away"), ValueError("a bug")],
    ids=["failed", "away", "crashed"],
)
def test_notes_when_a_step_saved_them_and_fails_then_the_next_step_has_them(
    org: Org, script: Script, error: Exception
) -> None:
    seen: list[object] = []

    def first(run: Run) -> Outcome:
        seen.append(run.notes.get("made"))
        run.notes["made"] = len(seen)
        run.save_notes()
        if len(seen) == 1:
            raise error
        return None

    def undo(run: Run) -> Outcome:
        seen.append(run.notes.get("made"))
        return None

    script.behaviour |= {"one": first, "undo_one": undo}
    task = submit(org)
    engine.advance(task.pk)
    change(task, due_at=Now())
    engine.advance(task.pk)
    assert seen == [None, 1]
