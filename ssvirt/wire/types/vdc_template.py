"""Templates of VDCs.

Source: vCloudEntities.xsd.
"""

from __future__ import annotations

from ssvirt.wire import media
from ssvirt.wire.schema import WireType, elem, elems, wire
from ssvirt.wire.types.edge import EdgeGateway
from ssvirt.wire.types.entity import Entity, Resource, VCloudExtensible
from ssvirt.wire.types.network import OrgVdcNetwork
from ssvirt.wire.types.storage import VdcStorageProfile


@wire("VdcTemplateSpecificationGatewayConfiguration")
class VdcTemplateSpecificationGatewayConfiguration(VCloudExtensible):
    gateway: EdgeGateway | None = elem("Gateway")
    network: OrgVdcNetwork | None = elem("Network")


@wire("VdcTemplateSpecification", abstract=True)
class VdcTemplateSpecification(WireType):
    nic_quota: int | None = elem("NicQuota")
    vm_quota: int | None = elem("VmQuota")
    provisioned_network_quota: int | None = elem("ProvisionedNetworkQuota")
    gateway_configuration: VdcTemplateSpecificationGatewayConfiguration | None = elem("GatewayConfiguration")
    storage_profiles: list[VdcStorageProfile] = elems("StorageProfile")


@wire("VdcTemplate", media=media.VDC_TEMPLATE)
class VdcTemplate(Entity):
    vdc_template_specification: VdcTemplateSpecification | None = elem("VdcTemplateSpecification")


@wire("VdcTemplates", media=media.VDC_TEMPLATES)
class VdcTemplates(Resource):
    vdc_templates: list[VdcTemplate] = elems("VdcTemplate")
