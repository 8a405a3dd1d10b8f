"""What the views of vApps and VMs share."""

import uuid
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from ssvirt.api.views import LegacyView
from ssvirt.core.errors import BadRequest
from tasks.models import Task
from tasks.represent import task_document, tasks_element
from tasks.selectors import task_get
from vapps.represent import vapp_document
from vapps.selectors import vapp_get_whole


def flag(request: Request, name: str) -> bool:
    """A boolean of the query string; pyvcloud writes `True`, `False` and `None`. Source: python-clients.md
    6.5.
    """
    return str(request.query_params.get(name, "")).lower() == "true"


class VAppBase(LegacyView):
    def accepted(self, task: Task) -> Response:
        """202 with the Task, and where it is."""
        document = task_document(task_get(task.pk), self.hrefs)
        response = Response(document, status=202)
        response["Location"] = document.href
        return response

    def created(self, vapp_id: uuid.UUID, task: Task) -> Response:
        """201 with the vApp, its Task inside."""
        vapp = vapp_get_whole(vapp_id)
        document = vapp_document(
            vapp, self.hrefs, self.principal, tasks=tasks_element([task_get(task.pk)], self.hrefs)
        )
        response = Response(document, status=201)
        response["Location"] = document.href
        return response

    def body(self, request: Request) -> Any:
        if request.data is None or request.data == {}:
            raise BadRequest("The request has no body.")
        return request.data
