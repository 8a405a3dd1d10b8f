"""Reading tasks."""

import uuid
from collections.abc import Callable, Iterable
from typing import Final

from django.db.models import Q, QuerySet

from ssvirt.api.principal import Principal, current_principal
from ssvirt.core.errors import NotFound
from tasks.models import UNFINISHED, Task

ADMINISTRATOR_CONTROL: Final = "General: Administrator Control"
"""The right by which administrators cancel others' tasks."""
TaskLimit = Callable[[], Q | None]
_limits: list[TaskLimit] = []


def register_task_limit(limit: TaskLimit) -> None:
    """Says which tasks of others the one who asks may see (None: all); called once per app."""
    if limit not in _limits:
        _limits.append(limit)


def visible_tasks() -> QuerySet[Task]:
    """The scope's tasks that the one who asks may see: his own, and those of entities that he sees."""
    rows: QuerySet[Task] = Task.objects.all()
    principal = current_principal()
    if principal is None:
        return rows
    for limit in _limits:
        seen = limit()
        if seen is not None:
            rows = rows.filter(Q(user_id=principal.user_id) | seen)
    return rows


def task_get(task_id: uuid.UUID) -> Task:
    """The task with its organization and user, in one statement. Raises NotFound."""
    task: Task | None = visible_tasks().select_related("org", "user").filter(pk=task_id).first()
    if task is None:
        raise NotFound(f"The task {task_id} does not exist.")
    return task


def is_canceler(principal: Principal, task: Task) -> bool:
    """Whether the user may cancel a task that he sees: whoever started it, and administrators."""
    return task.user_id == principal.user_id or principal.may(ADMINISTRATOR_CONTROL)


def tasks_unfinished_of(owner_ids: Iterable[uuid.UUID]) -> QuerySet[Task]:
    """Unfinished tasks whose owner is one of the entities, oldest first, for the Tasks element of an
    entity.
    """
    queryset: QuerySet[Task] = (
        Task.objects.select_related("org", "user")
        .filter(owner_id__in=list(owner_ids), status__in=UNFINISHED)
        .order_by("number")
    )
    return queryset


def tasks_unfinished_on(entity_id: uuid.UUID) -> QuerySet[Task]:
    """Unfinished tasks that claim the entity, in their order: what its projected state is made from."""
    queryset: QuerySet[Task] = Task.objects.filter(
        claims__entity_id=entity_id, status__in=UNFINISHED
    ).order_by("number")
    return queryset


def tasks_recent() -> QuerySet[Task]:
    """All tasks that may be seen, newest first."""
    queryset: QuerySet[Task] = visible_tasks().select_related("org", "user").order_by("-number")
    return queryset
