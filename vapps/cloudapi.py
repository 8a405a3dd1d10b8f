"""Security tags, and the VMs that hold a network's addresses, at /cloudapi."""

import uuid
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from orgs.rights import Rights
from ssvirt.api.cloud import Listing, Members, list_response
from ssvirt.api.hrefs import entity_urn
from ssvirt.api.query import Field
from ssvirt.api.views import CloudApiView
from ssvirt.core.errors import BadRequest
from ssvirt.core.urns import uuid_in
from vapps.models import Nic, Vm
from vapps.selectors import nics_on, security_tags_of, tag_values, tagged_vms, vm_get
from vapps.services.tags import tag_assign, vm_tags_set
from vapps.states import vm_is_deployed
from vdcs.selectors import org_network_shown

_VALUES = Listing(
    model="SecurityTagValues",
    fields={"tag": Field("tag")},
    order=("tag",),
    tie="tag",
    values={"tag": str.lower},
)
_ENTITIES = Listing(
    model="SecurityTaggedEntities",
    fields={
        "id": Field("pk", "reference"),
        "name": Field("name"),
        "tag": Field("security_tags__tag"),
        "entityType": Field("entity_type"),
        "parentRef.id": Field("vapp_id", "reference"),
        "ownerRef.id": Field("vdc_id", "reference"),
    },
    values={"tag": str.lower},
)
_ADDRESSES = Listing(
    model="AllocatedIpAddresses",
    fields={
        "ipAddress": Field("address", "address"),
        "entityId": Field("shown_vm_id", "reference"),
        "entityName": Field("shown_vm"),
        "vAppName": Field("shown_vapp"),
    },
    order=("address",),
)


class VmTagsView(CloudApiView):
    """The tags of one VM; Terraform reads them with every VM. Source: CloudAPI EntitySecurityTags."""

    rights = {"GET": Rights.ORGANIZATION_VIEW, "PUT": Rights.VM_EDIT}

    def get(self, request: Request, vm_id: uuid.UUID) -> Response:
        vm_get(vm_id)
        return Response({"tags": security_tags_of(vm_id)})

    def put(self, request: Request, vm_id: uuid.UUID) -> Response:
        vm_get(vm_id)
        tags = Members(request.data).required_texts("tags")
        return Response({"tags": vm_tags_set(principal=self.principal, vm_id=vm_id, tags=tags)})


class TagValuesView(CloudApiView):
    rights = Rights.ORGANIZATION_VIEW

    def get(self, request: Request) -> Response:
        return list_response(request, self.hrefs, tag_values(), _VALUES, dict)


class TaggedEntitiesView(CloudApiView):
    rights = Rights.ORGANIZATION_VIEW

    def get(self, request: Request) -> Response:
        return list_response(request, self.hrefs, tagged_vms(), _ENTITIES, _tagged)


class TagView(CloudApiView):
    """Sets which entities carry a tag; all others lose it. Source: CloudAPI SecurityTag."""

    rights = Rights.VM_EDIT

    def put(self, request: Request) -> Response:
        body = Members(request.data)
        tag = body.required_text("tag")
        vm_ids = [_vm_id(text) for text in body.required_texts("entities")]
        tag_assign(principal=self.principal, tag=tag, vm_ids=vm_ids)
        return Response(None, status=204)


class NetworkAddressesView(CloudApiView):
    """Which VM holds which address of a network. Source: CloudAPI AllocatedIpAddress."""

    rights = Rights.NETWORK_VIEW

    def get(self, request: Request, network_id: uuid.UUID) -> Response:
        network = org_network_shown(network_id)
        reference = {"name": network.name, "id": entity_urn("network", network.pk)}

        def render(nic: Nic) -> dict[str, Any]:
            return _allocated(nic) | {"networkRef": reference}

        return list_response(request, self.hrefs, nics_on(network), _ADDRESSES, render)


def _vm_id(text: str) -> uuid.UUID:
    vm_id = uuid_in(text)
    if vm_id is None or (text.startswith("urn:") and not text.startswith("urn:vcloud:vm:")):
        raise BadRequest(f"The entity '{text}' is no VM: security tags are for VMs only.")
    return vm_id


def _tagged(vm: Vm) -> dict[str, Any]:
    return {
        "entityType": "vm",
        "id": entity_urn("vm", vm.pk),
        "name": vm.name,
        "parentRef": {"name": vm.vapp.name, "id": entity_urn("vApp", vm.vapp_id)},
        "ownerRef": {"name": vm.vdc.name, "id": entity_urn("vdc", vm.vdc_id)},
    }


def _allocated(nic: Nic) -> dict[str, Any]:
    vm = nic.vm
    shown_id: uuid.UUID | None = nic.shown_vm_id  # type: ignore[attr-defined]
    return {
        "id": str(nic.pk),
        "entityId": entity_urn("vm", shown_id) if shown_id is not None else None,
        "entityName": nic.shown_vm,  # type: ignore[attr-defined]
        "vAppName": nic.shown_vapp,  # type: ignore[attr-defined]
        "ipAddress": nic.address,
        "deployed": vm_is_deployed(vm.state),
        "allocationType": "VM_ALLOCATED",
        "orgRef": {"name": vm.org.name, "id": entity_urn("org", vm.org_id)},
    }
