"""What the views of VDCs and networks share."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from ssvirt.api.views import LegacyView
from ssvirt.core.errors import BadRequest
from tasks.models import Task
from tasks.represent import task_document
from tasks.selectors import task_get
from tasks.services import Actor


class VdcBase(LegacyView):
    def actor(self) -> Actor:
        """On whose behalf tasks of this request run."""
        principal = self.principal
        return Actor(
            user_id=principal.user_id, user_name=principal.user_name, request_id=principal.request_id
        )

    def accepted(self, task: Task) -> Response:
        """202 with the Task, and where it is."""
        document = task_document(task_get(task.pk), self.hrefs)
        response = Response(document, status=202)
        response["Location"] = document.href
        return response

    def body(self, request: Request) -> Any:
        if request.data is None or request.data == {}:
            raise BadRequest("The request has no body.")
        return request.data
