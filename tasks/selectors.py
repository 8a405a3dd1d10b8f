"""Reading tasks."""

import uuid
from collections.abc import Iterable

from django.db.models import QuerySet

from ssvirt.core.errors import NotFound
from tasks.models import UNFINISHED, Task


def task_get(task_id: uuid.UUID) -> Task:
    """The task with its organization and user, in one statement. Raises NotFound."""
    task: Task | None = Task.objects.select_related("org", "user").filter(pk=task_id).first()
    if task is None:
        raise NotFound(f"The task {task_id} does not exist.")
    return task


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
    """All tasks of the scope, newest first."""
    queryset: QuerySet[Task] = Task.objects.select_related("org", "user").order_by("-number")
    return queryset
