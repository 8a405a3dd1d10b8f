"""Claims: who waits for whom, in any order of commits."""

import threading
import uuid
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now

from orgs.models import Org
from ssvirt.core.tenancy import ALL, acting_for
from tasks import engine
from tasks.models import Claim, Task, TaskStatus
from tasks.registry import Outcome, Run, Wait
from tasks.services import EXCLUSIVE, SHARED, Owner, lock_entities, sweep, task_submit
from tests.tasks.conftest import ACTOR, Script, change, reread, submit


@pytest.mark.django_db
def test_second_task_when_the_first_is_unfinished_then_waits_its_turn(org: Org, script: Script) -> None:
    entity = uuid.uuid4()
    script.behaviour["one"] = lambda run: Wait(seconds=600) if run.task.pk == first.pk else None
    first, second = submit(org, entity), submit(org, entity)
    assert not engine.advance(second.pk)
    engine.advance(first.pk)
    assert not engine.advance(second.pk)
    assert reread(second).status == TaskStatus.QUEUED
    script.behaviour.clear()
    change(first, due_at=Now())
    engine.advance(first.pk)
    assert sweep() == 1, "the end of the first wakes the second"
    assert reread(second).status == TaskStatus.SUCCESS


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("first", "second", "waits"),
    [
        (SHARED, SHARED, False),
        (SHARED, EXCLUSIVE, True),
        (EXCLUSIVE, SHARED, True),
        (EXCLUSIVE, EXCLUSIVE, True),
    ],
)
def test_claims_when_on_one_entity_then_conflict_unless_both_shared(
    org: Org, script: Script, first: bool, second: bool, waits: bool
) -> None:
    entity = uuid.uuid4()
    submit(org, entity, exclusive=first)
    later = submit(org, entity, exclusive=second)
    assert engine.advance(later.pk) is not waits


@pytest.mark.django_db
def test_claims_when_on_different_entities_then_both_run(org: Org, script: Script) -> None:
    submit(org, uuid.uuid4())
    assert engine.advance(submit(org, uuid.uuid4()).pk)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_submissions_when_racing_then_never_run_at_once(org: Org, script: Script) -> None:
    """The first takes its number, then dawdles before its commit; the second must not overtake it."""
    entity = uuid.uuid4()
    running: set[uuid.UUID] = set()
    overlaps: list[set[uuid.UUID]] = []
    order: list[uuid.UUID] = []

    def one(run: Run) -> Outcome:
        running.add(run.task.pk)
        if len(running) > 1:
            overlaps.append(set(running))
        order.append(run.task.pk)
        return None

    def three(run: Run) -> Outcome:
        running.discard(run.task.pk)
        return None

    script.behaviour |= {"one": one, "three": three}
    entered, made = threading.Event(), {}

    def submit_slowly() -> None:
        with acting_for(ALL), transaction.atomic():
            made["slow"] = _submit(org, entity)
            entered.set()
            threading.Event().wait(0.15)
        connection.close()

    def submit_quickly() -> None:
        entered.wait(5)
        with acting_for(ALL), transaction.atomic():
            made["quick"] = _submit(org, entity)
        connection.close()

    def work() -> None:
        for _ in range(40):
            sweep()
            threading.Event().wait(0.01)
        connection.close()

    threads = [threading.Thread(target=target) for target in (submit_slowly, submit_quickly, work, work)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert order == [made["slow"].pk, made["quick"].pk]
    assert not overlaps
    assert made["slow"].number < made["quick"].number


def _submit(org: Org, entity: uuid.UUID) -> Task:
    return task_submit(
        name="testScripted",
        args={},
        owner=Owner(id=entity, kind="vApp", name="thing"),
        claims={entity: EXCLUSIVE},
        org_id=org.pk,
        actor=ACTOR,
        description="racing",
    )


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_submission_when_rolled_back_then_blocks_nobody(org: Org, script: Script) -> None:
    entity = uuid.uuid4()
    with pytest.raises(RuntimeError), acting_for(ALL), transaction.atomic():
        _submit(org, entity)
        raise RuntimeError
    assert not Claim.objects.exists()
    assert engine.advance(submit(org, entity).pk)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_workers_when_many_take_one_task_then_one_gets_it(org: Org, script: Script) -> None:
    task = submit(org)
    threading_results: list[bool] = []
    start = threading.Barrier(6)

    def work() -> None:
        start.wait(5)
        threading_results.append(engine.advance(task.pk))
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(threading_results) == [False] * 5 + [True]
    assert script.trace.count("one") == 1


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_lock_entities_when_taken_in_opposite_orders_then_no_deadlock(org: Org) -> None:
    first, second = uuid.uuid4(), uuid.uuid4()
    done = []

    def work(entities: list[uuid.UUID]) -> None:
        for _ in range(20):
            with transaction.atomic():
                lock_entities(entities)
        done.append(True)
        connection.close()

    threads = [threading.Thread(target=work, args=(order,)) for order in ([first, second], [second, first])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(done) == 2


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_lock_entities_when_outside_a_transaction_then_refused() -> None:
    with pytest.raises(RuntimeError, match="transaction"):
        lock_entities([uuid.uuid4()])


@pytest.mark.django_db
def test_lease_when_live_then_the_sweep_leaves_the_task(org: Org, script: Script) -> None:
    task = submit(org)
    change(task, lease_by=uuid.uuid4(), lease_until=Now() + timedelta(seconds=60))
    assert sweep() == 0
