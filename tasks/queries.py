"""Query types of tasks."""

from typing import Any

from django.db.models import QuerySet

from ssvirt.api.query import Field, QueryType, Ref, register_query
from ssvirt.wire import types as w
from tasks.models import Task

_FIELDS = {
    "id": Field("pk", "reference"),
    "name": Field("operation"),
    "status": Field("status"),
    "object": Field("owner_id", "reference"),
    "objectName": Field("owner_name"),
    "ownerName": Field("user_name"),
    "startDate": Field("created_at", "moment"),
    "endDate": Field("ended_at", "moment"),
    "org": Field("org_id", "reference"),
}


def _tasks() -> QuerySet[Task]:
    queryset: QuerySet[Task] = Task.objects.select_related("org")
    return queryset


def _values(task: Any, ref: Ref) -> dict[str, Any]:
    return {
        "name": task.operation,
        "status": task.status,
        "object": ref(task.owner_kind, task.owner_id),
        "object_name": task.owner_name,
        "object_type": task.owner_kind.lower(),
        "owner_name": task.user_name,
        "owner": ref("user", task.user_id) if task.user_id else None,
        "org_name": task.org.name,
        "org": ref("org", task.org_id),
        "start_date": task.created_at,
        "end_date": task.ended_at,
        "service_namespace": "com.vmware.vcloud",
        "progress": task.progress,
    }


def _record_of(cls: type[w.QueryResultRecord]) -> Any:
    known = frozenset(cls.__dataclass_fields__)

    def record(task: Any, ref: Ref) -> w.QueryResultRecord:
        return cls(**{key: value for key, value in _values(task, ref).items() if key in known})

    return record


def register() -> None:
    """Makes the types known; called when the app is ready."""
    for name, cls, provider_only in (("task", w.TaskRecord, False), ("adminTask", w.AdminTaskRecord, True)):
        register_query(
            QueryType(
                name=name,
                kind="task",
                rows=_tasks,
                record=_record_of(cls),
                fields=_FIELDS,
                references=w.TaskReferences,
                reference=w.TaskReference,
                provider_only=provider_only,
            )
        )
