"""An operation whose steps the tests steer."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from orgs.models import Org
from orgs.services import org_create
from ssvirt.core.tenancy import ALL, acting_for
from tasks import registry
from tasks.models import Task
from tasks.registry import Operation, Outcome, Run
from tasks.services import EXCLUSIVE, Actor, Owner, task_submit

ACTOR = Actor(user_id=None, user_name="tester")


@dataclass
class Script:
    """What the steps do: `behaviour[name]` is called with the run; `trace` is what was called, in order."""

    behaviour: dict[str, Callable[[Run], Outcome]] = field(default_factory=dict)
    trace: list[str] = field(default_factory=list)

    def step(self, name: str, run: Run) -> Outcome:
        self.trace.append(name)
        act = self.behaviour.get(name)
        return act(run) if act is not None else None


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Script:
    made = Script()

    class Scripted(Operation):
        name = "testScripted"
        steps = ("one", "two", "three")
        undo_steps = ("undo_one", "undo_two")

        def step(self, name: str) -> Callable[[Run], Outcome]:
            if name not in (*self.steps, *self.undo_steps):
                raise LookupError(name)
            return lambda run: made.step(name, run)

        def succeeded(self, task: Task) -> None:
            made.trace.append("succeeded")

        def failed(self, task: Task) -> None:
            made.trace.append("failed")

    monkeypatch.setitem(registry._operations, Scripted.name, Scripted())
    return made


@pytest.fixture
def org(db: None) -> Org:
    with acting_for(ALL):
        return org_create(name=f"org-{uuid.uuid4().hex[:8]}")


def submit(org: Org, *entities: uuid.UUID, exclusive: bool = EXCLUSIVE, **more: Any) -> Task:
    """A task of the scripted operation on the entities (a fresh one without any)."""
    listed = entities or (uuid.uuid4(),)
    with acting_for(ALL):
        from django.db import transaction

        with transaction.atomic():
            return task_submit(
                name="testScripted",
                args={},
                owner=Owner(id=listed[0], kind="vApp", name="thing"),
                claims=dict.fromkeys(listed, exclusive),
                org_id=org.pk,
                actor=ACTOR,
                description="testing",
                **more,
            )


def reread(task: Task) -> Task:
    with acting_for(ALL):
        return Task.objects.get(pk=task.pk)


def change(task: Task, **values: Any) -> None:
    with acting_for(ALL):
        Task.objects.filter(pk=task.pk).update(**values)
