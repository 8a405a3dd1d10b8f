"""Tasks at /api."""

import uuid

from rest_framework.request import Request
from rest_framework.response import Response

from ssvirt.api.views import SIGNED_IN, LegacyView
from tasks.represent import task_document
from tasks.selectors import ADMINISTRATOR_CONTROL, is_canceler, task_get
from tasks.services import task_cancel


class TaskView(LegacyView):
    rights = SIGNED_IN

    def get(self, request: Request, task_id: uuid.UUID) -> Response:
        return Response(task_document(task_get(task_id), self.hrefs))


class TaskCancelView(LegacyView):
    """For whoever started the task, and for administrators."""

    rights = SIGNED_IN

    def post(self, request: Request, task_id: uuid.UUID) -> Response:
        if not is_canceler(self.principal, task_get(task_id)):
            self.principal.require(ADMINISTRATOR_CONTROL, what="TASK_CANCEL", target=task_id)
        task_cancel(task_id=task_id)
        return Response(None, status=204)
