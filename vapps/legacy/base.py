"""What the views of vApps and VMs share."""

import uuid
from collections.abc import Mapping
from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from orgs.models import AccessLevel
from orgs.services import EntityAccess
from ssvirt.api.views import LegacyView
from ssvirt.core.errors import BadRequest
from ssvirt.wire import types as w
from tasks.models import Task
from tasks.represent import task_document
from tasks.selectors import task_get
from vapps.models import VApp
from vapps.represent import vapp_document
from vapps.represent_sections import vapp_sections
from vapps.selectors import vapp_get_whole
from vapps.services.access import disk_require, vapp_access, vapp_require, vm_require


def flag(request: Request, name: str) -> bool:
    """A boolean of the query string; pyvcloud writes `True`, `False` and `None`. Source: python-clients.md
    6.5.
    """
    return str(request.query_params.get(name, "")).lower() == "true"


class VAppBase(LegacyView):
    """Views of vApps, VMs and disks. Beside the right, a method needs access to the one in the URL.

    `access` gives the level of each method that writes; reading needs no more than that it can be seen.
    """

    access: ClassVar[Mapping[str, AccessLevel]] = {
        "POST": AccessLevel.CHANGE,
        "PUT": AccessLevel.CHANGE,
        "DELETE": AccessLevel.FULL_CONTROL,
    }

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        level = self.access.get(request.method or "")
        if level is None:
            return
        who, what = self.principal, self.operation_name()
        if "vm_id" in kwargs:
            vm_require(principal=who, vm_id=kwargs["vm_id"], level=level, what=what)
        elif "vapp_id" in kwargs:
            vapp_require(principal=who, vapp_id=kwargs["vapp_id"], level=level, what=what)
        elif "disk_id" in kwargs:
            disk_require(principal=who, disk_id=kwargs["disk_id"], level=level, what=what)

    def accepted(self, task: Task) -> Response:
        """202 with the Task, and where it is."""
        document = task_document(task_get(task.pk), self.hrefs)
        response = Response(document, status=202)
        response["Location"] = document.href
        return response

    def created(self, vapp_id: uuid.UUID, task: Task) -> Response:
        """201 with the vApp, its Task inside."""
        vapp = vapp_get_whole(vapp_id)
        document = vapp_document(vapp, self.hrefs, self.access_of(vapp), tasks=[task_get(task.pk)])
        response = Response(document, status=201)
        response["Location"] = document.href
        return response

    def access_of(self, vapp: VApp) -> EntityAccess:
        """What the one who asks may do with the vApp and its VMs."""
        return vapp_access(self.principal, vapp)

    def sections(self, vapp: VApp) -> list[w.Section]:
        """The sections of a vApp that was read whole."""
        return vapp_sections(vapp, self.hrefs, self.access_of(vapp))

    def section(self, vapp: VApp, cls: type[w.Section]) -> w.Section:
        """The section of that type."""
        return next(section for section in self.sections(vapp) if isinstance(section, cls))

    def body(self, request: Request) -> Any:
        if request.data is None or request.data == {}:
            raise BadRequest("The request has no body.")
        return request.data
