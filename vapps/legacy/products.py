"""Product sections of vApps and VMs at /api."""

import uuid
from typing import ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from orgs.rights import Rights
from ssvirt.wire import types as w
from vapps.legacy.base import VAppBase
from vapps.represent_products import product_list_document
from vapps.requests.products import product_request
from vapps.selectors import vapp_get, vm_with_vapp
from vapps.services.products import vapp_set_products, vm_set_products


class VAppProductSectionsView(VAppBase):
    rights: ClassVar = {"GET": Rights.ORGANIZATION_VIEW, "PUT": Rights.VAPP_EDIT}
    body_types: ClassVar = {"PUT": w.ProductSectionList}

    def get(self, request: Request, vapp_id: uuid.UUID) -> Response:
        vapp = vapp_get(vapp_id)
        may_edit = self.access_of(vapp).may(Rights.VAPP_EDIT)
        return Response(
            product_list_document("vApp", vapp_id, vapp.product_sections, self.hrefs, may_edit=may_edit)
        )

    def put(self, request: Request, vapp_id: uuid.UUID) -> Response:
        asked = product_request(self.body(request))
        return self.accepted(vapp_set_products(principal=self.principal, vapp_id=vapp_id, sections=asked))


class VmProductSectionsView(VAppBase):
    rights: ClassVar = {"GET": Rights.ORGANIZATION_VIEW, "PUT": Rights.VM_EDIT}
    body_types: ClassVar = {"PUT": w.ProductSectionList}

    def get(self, request: Request, vm_id: uuid.UUID) -> Response:
        vm = vm_with_vapp(vm_id)
        may_edit = self.access_of(vm.vapp).may(Rights.VM_EDIT)
        return Response(
            product_list_document("vm", vm_id, vm.product_sections, self.hrefs, may_edit=may_edit)
        )

    def put(self, request: Request, vm_id: uuid.UUID) -> Response:
        asked = product_request(self.body(request))
        return self.accepted(vm_set_products(principal=self.principal, vm_id=vm_id, sections=asked))
