"""The console of a VM at /api: tickets, its picture, what it uses, what is known of its guest."""

import uuid
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from orgs.rights import Rights
from ssvirt.api.hrefs import KINDS, Hrefs
from ssvirt.api.represent import link
from ssvirt.api.views import LegacyView
from ssvirt.core.errors import NotSupported
from ssvirt.wire import types as w
from vapps import services
from vapps.represent_vm import runtime_info_section
from vapps.selectors import vm_get


def _console_address(hrefs: Hrefs) -> tuple[str, int]:
    """Host and port where browsers reach the console: the API's own unless it has an address of its own."""
    parts = urlsplit(settings.CONSOLE_PUBLIC_URL or hrefs.base)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


class VmAcquireTicketView(LegacyView):
    rights = Rights.VAPP_CONSOLE

    def post(self, request: Request, vm_id: uuid.UUID) -> Response:
        """`mks://HOST%3APORT/vm-ID?ticket=TICKET`. Source: VCD API reference, POST-AcquireTicket."""
        ticket = services.console_ticket_issue(principal=self.principal, vm_id=vm_id)
        host, port = _console_address(self.hrefs)
        where = quote(f"{host}:{port}", safe="")
        return Response(
            w.ScreenTicket(value=f"mks://{where}/vm-{ticket.vm_id}?ticket={quote(ticket.text, safe='')}")
        )


class VmAcquireMksTicketView(LegacyView):
    rights = Rights.VAPP_CONSOLE

    def post(self, request: Request, vm_id: uuid.UUID) -> Response:
        """Source: mksTicket.xsd. There is no VMX file: its name stands for the VM."""
        ticket = services.console_ticket_issue(principal=self.principal, vm_id=vm_id)
        host, port = _console_address(self.hrefs)
        return Response(w.MksTicket(host=host, vmx=f"vm-{ticket.vm_id}.vmx", ticket=ticket.text, port=port))


class VmScreenView(LegacyView):
    rights = Rights.VAPP_CONSOLE

    def get(self, request: Request, vm_id: uuid.UUID) -> HttpResponse:
        """Source: VCD API reference, GET-Thumbnail: the bytes of a PNG."""
        response = HttpResponse(services.vm_screenshot(vm_id), content_type="image/png")
        response["Cache-Control"] = "no-store, must-revalidate"
        return response


class VmCurrentUsageView(LegacyView):
    rights = Rights.VAPP_VIEW_METRICS
    body_types = {"POST": w.CurrentUsageSpec}

    def get(self, request: Request, vm_id: uuid.UUID) -> Response:
        return self._usage(vm_id, [])

    def post(self, request: Request, vm_id: uuid.UUID) -> Response:
        """Without a body the same as GET. Source: VCD API programming guide, "Retrieve a Subset of Metrics"."""
        spec = request.data if isinstance(request.data, w.CurrentUsageSpec) else None
        return self._usage(vm_id, spec.metric_patterns if spec is not None else [])

    def _usage(self, vm_id: uuid.UUID, patterns: list[str]) -> Response:
        metrics = services.vm_usage(vm_id, patterns)
        return Response(
            w.CurrentUsage(
                links=[link("up", self.hrefs.of("vm", vm_id), KINDS["vm"].media)],
                metrics=[
                    w.SimpleMetric(name=each.name, unit=each.unit, value=str(each.value)) for each in metrics
                ],
            )
        )


class VmHistoricUsageView(LegacyView):
    """Nothing is recorded here: that is a monitoring system's business."""

    rights = Rights.VAPP_VIEW_METRICS
    body_types = {"POST": w.HistoricUsageSpec}

    def get(self, request: Request, vm_id: uuid.UUID) -> Response:
        return self._refuse(vm_id)

    def post(self, request: Request, vm_id: uuid.UUID) -> Response:
        return self._refuse(vm_id)

    def _refuse(self, vm_id: uuid.UUID) -> Response:
        vm = vm_get(vm_id)
        raise NotSupported(f'There are no historic metrics of the VM "{vm.name}": they are not recorded.')


class VmRuntimeInfoView(LegacyView):
    rights = Rights.ORGANIZATION_VIEW

    def get(self, request: Request, vm_id: uuid.UUID) -> Response:
        vm = vm_get(vm_id)
        return Response(runtime_info_section(vm, self.hrefs.of("vm", vm.pk)))
