"""Tasks at /api."""

import uuid

from rest_framework.request import Request
from rest_framework.response import Response

from ssvirt.api.views import SIGNED_IN, LegacyView
from ssvirt.wire import types as w
from tasks.represent import task_document
from tasks.selectors import task_get, tasks_recent
from tasks.services import task_cancel

TASKS_LIST_LIMIT = 100
"""How many tasks, newest first, a TasksList holds."""


class TaskView(LegacyView):
    rights = SIGNED_IN

    def get(self, request: Request, task_id: uuid.UUID) -> Response:
        return Response(task_document(task_get(task_id), self.hrefs))


class TaskCancelView(LegacyView):
    rights = SIGNED_IN

    def post(self, request: Request, task_id: uuid.UUID) -> Response:
        task_get(task_id)
        task_cancel(task_id=task_id)
        return Response(None, status=204)


class TasksListView(LegacyView):
    """The newest tasks of an organization. Source: tasksList.xsd TasksListType."""

    rights = SIGNED_IN

    def get(self, request: Request, org_id: uuid.UUID) -> Response:
        tasks = tasks_recent().filter(org_id=org_id)[:TASKS_LIST_LIMIT]
        href = self.hrefs.at(f"/api/tasksList/{org_id}")
        return Response(
            w.TasksList(
                href=href,
                name="Tasks Lists",
                type="application/vnd.vmware.vcloud.tasksList+xml",
                task_list=[task_document(task, self.hrefs) for task in tasks],
            )
        )
