"""Tasks as VCD shows them."""

from ssvirt.api.hrefs import KINDS, Hrefs, entity_urn
from ssvirt.api.principal import current_principal
from ssvirt.api.represent import link, reference
from ssvirt.wire import types as w
from tasks.models import Task
from tasks.registry import operation
from tasks.selectors import is_canceler


def task_document(task: Task, hrefs: Hrefs) -> w.Task:
    """The Task element. Needs `org` loaded; the user may be gone. Source: task.xsd TaskType, resolutions.md
    2.6.
    """
    href = hrefs.of("task", task.pk)
    doc = w.Task(
        href=href,
        id=entity_urn("task", task.pk),
        type=KINDS["task"].media,
        name="task",
        status=task.status,
        operation=task.description,
        operation_name=task.operation,
        service_namespace="com.vmware.vcloud",
        start_time=task.started_at or task.created_at,
        end_time=task.ended_at,
        expiry_time=task.deadline_at,
        cancel_requested=task.cancel_requested,
        owner=reference(hrefs, task.owner_kind, task.owner_id, task.owner_name),
        # The service itself has no user to refer to.
        user=reference(hrefs, "user", task.user_id, task.user_name) if task.user_id else None,
        organization=reference(hrefs, "org", task.org_id, task.org.name),
        progress=task.progress,
        details=_details(task),
    )
    if _may_cancel(task):
        doc.links.append(link("task:cancel", f"{href}/action/cancel"))
    if task.error and task.is_finished:
        doc.error = w.Error(
            message=task.error["message"],
            major_error_code=task.error["major"],
            minor_error_code=task.error["minor"],
            stack_trace="",
        )
    return doc


def _may_cancel(task: Task) -> bool:
    """Whether a cancel would be heeded, and the one who asks may send it."""
    principal = current_principal()
    if task.is_finished or task.is_undoing or (principal is not None and not is_canceler(principal, task)):
        return False
    try:
        return operation(task.operation).may_cancel(task)
    except LookupError:  # another release's, while both are running
        return False


def _details(task: Task) -> str:
    """What the task waits for, for people who ask why nothing happens."""
    if task.is_finished:
        return ""
    return str(task.notes.get("waiting_for", ""))


def tasks_element(tasks: list[Task], hrefs: Hrefs) -> w.TasksInProgress | None:
    """The Tasks element of an entity; nothing when it has no unfinished task."""
    if not tasks:
        return None
    return w.TasksInProgress(tasks=[task_document(task, hrefs) for task in tasks])
