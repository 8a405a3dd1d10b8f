"""Provider VDCs at /api/admin, for the provider's own users."""

import uuid

from rest_framework.request import Request
from rest_framework.response import Response

from orgs.rights import Rights
from ssvirt.api.represent import reference
from ssvirt.wire import types as w
from vdcs.legacy.base import VdcBase
from vdcs.models import ProviderVdc
from vdcs.represent import extension_provider_vdc_document, provider_vdc_document
from vdcs.selectors import provider_vdc_get, provider_vdc_use, vdc_list


class ProviderVdcView(VdcBase):
    rights = Rights.PROVIDER_VDC_VIEW

    def get(self, request: Request, provider_vdc_id: uuid.UUID) -> Response:
        found = provider_vdc_get(self.principal, provider_vdc_id)
        return Response(provider_vdc_document(found, provider_vdc_use(found), self.vdcs(found), self.hrefs))

    def vdcs(self, provider_vdc: ProviderVdc) -> list[w.Reference]:
        rows = vdc_list().filter(provider_vdc=provider_vdc).values_list("pk", "name")
        return [reference(self.hrefs, "adminVdc", pk, name) for pk, name in rows]


class ExtensionProviderVdcView(ProviderVdcView):
    def get(self, request: Request, provider_vdc_id: uuid.UUID) -> Response:
        found = provider_vdc_get(self.principal, provider_vdc_id)
        return Response(
            extension_provider_vdc_document(found, provider_vdc_use(found), self.vdcs(found), self.hrefs)
        )
