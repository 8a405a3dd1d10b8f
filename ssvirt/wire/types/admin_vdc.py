"""VDCs as administrators see them.

Source: providerVdc.xsd, vendorServices.xsd.
"""

from __future__ import annotations

from ssvirt.wire import media
from ssvirt.wire.schema import VMEXT, WireType, elem, elems, wire
from ssvirt.wire.types.entity import Params, Reference, Resource, VCloudExtensible
from ssvirt.wire.types.storage import VdcStorageProfileParams
from ssvirt.wire.types.vdc import ComputeCapacity, Vdc


@wire("VendorTemplateAttributes")
class VendorTemplateAttributes(VCloudExtensible):
    name: str | None = elem("Name")
    key: str | None = elem("Key")
    value: str | None = elem("Value")


@wire("VendorTemplate")
class VendorTemplate(VCloudExtensible):
    name: str | None = elem("Name")
    id: str | None = elem("Id")
    vendor_template_attributes: list[VendorTemplateAttributes] = elems("VendorTemplateAttributes")


@wire("NetworkServiceInsertion")
class NetworkServiceInsertion(VCloudExtensible):
    name: str | None = elem("Name")
    id: str | None = elem("Id")
    category: str | None = elem("Category")
    category_type: str | None = elem("CategoryType")
    vendor_templates: list[VendorTemplate] = elems("VendorTemplates")


@wire("VendorServices", media=media.VENDOR_SERVICES)
class VendorServices(WireType):
    network_services: list[NetworkServiceInsertion] = elems("NetworkServices")
    edge_gateway_services: list[NetworkServiceInsertion] = elems("EdgeGatewayServices")


@wire("VimObjectRef", ns=VMEXT, media=media.ADMIN_VIM_OBJECT_REF)
class ExtensionVimObjectRef(WireType):
    vim_server_ref: Reference | None = elem("VimServerRef")
    mo_ref: str | None = elem("MoRef")
    vim_object_type: str | None = elem("VimObjectType")


@wire("VimObjectRefs", ns=VMEXT, media=media.VIM_OBJECT_REFS)
class VimObjectRefs(WireType):
    vim_object_refs: list[ExtensionVimObjectRef] = elems("VimObjectRef")


@wire("AdminVdc", media=media.ADMIN_VDC)
class AdminVdc(Vdc):
    resource_guaranteed_memory: float | None = elem("ResourceGuaranteedMemory")
    resource_guaranteed_cpu: float | None = elem("ResourceGuaranteedCpu")
    vcpu_in_mhz: int | None = elem("VCpuInMhz")
    is_thin_provision: bool | None = elem("IsThinProvision")
    network_pool_reference: Reference | None = elem("NetworkPoolReference")
    vendor_services: VendorServices | None = elem("VendorServices")
    provider_vdc_reference: Reference | None = elem("ProviderVdcReference")
    resource_pool_refs: VimObjectRefs | None = elem("ResourcePoolRefs")
    uses_fast_provisioning: bool | None = elem("UsesFastProvisioning")
    over_commit_allowed: bool | None = elem("OverCommitAllowed")
    vm_discovery_enabled: bool | None = elem("VmDiscoveryEnabled")
    universal_network_pool_reference: Reference | None = elem("UniversalNetworkPoolReference")
    is_elastic: bool | None = elem("IsElastic")
    include_memory_overhead: bool | None = elem("IncludeMemoryOverhead")
    vapp_network_standby_enabled: bool | None = elem("VappNetworkStandbyEnabled", since="38.0")
    vapp_nat_type_reflexive_enabled: bool | None = elem("VappNatTypeReflexiveEnabled", since="38.0")
    networking_tenancy_enabled: bool | None = elem("NetworkingTenancyEnabled", since="38.0")


@wire("CreateVdcParams", media=media.ADMIN_CREATE_VDC_PARAMS)
class CreateVdcParams(Params):
    allocation_model: str | None = elem("AllocationModel")
    compute_capacity: ComputeCapacity | None = elem("ComputeCapacity")
    nic_quota: int | None = elem("NicQuota")
    network_quota: int | None = elem("NetworkQuota")
    vm_quota: int | None = elem("VmQuota")
    is_enabled: bool | None = elem("IsEnabled")
    vdc_storage_profiles: list[VdcStorageProfileParams] = elems("VdcStorageProfile")
    resource_guaranteed_memory: float | None = elem("ResourceGuaranteedMemory")
    resource_guaranteed_cpu: float | None = elem("ResourceGuaranteedCpu")
    vcpu_in_mhz: int | None = elem("VCpuInMhz")
    is_thin_provision: bool | None = elem("IsThinProvision")
    network_pool_reference: Reference | None = elem("NetworkPoolReference")
    provider_vdc_reference: Reference | None = elem("ProviderVdcReference")
    resource_pool_refs: VimObjectRefs | None = elem("ResourcePoolRefs")
    uses_fast_provisioning: bool | None = elem("UsesFastProvisioning")
    over_commit_allowed: bool | None = elem("OverCommitAllowed")
    vm_discovery_enabled: bool | None = elem("VmDiscoveryEnabled")
    default_compute_policy: Reference | None = elem("DefaultComputePolicy")
    max_compute_policy: Reference | None = elem("MaxComputePolicy")
    is_elastic: bool | None = elem("IsElastic")
    include_memory_overhead: bool | None = elem("IncludeMemoryOverhead")
    vapp_network_standby_enabled: bool | None = elem("VappNetworkStandbyEnabled", since="38.0")
    vapp_nat_type_reflexive_enabled: bool | None = elem("VappNatTypeReflexiveEnabled", since="38.0")
    networking_tenancy_enabled: bool | None = elem("NetworkingTenancyEnabled", since="38.0")


@wire("VdcReferences", media=media.VDC_REFERENCES)
class VdcReferences(Resource):
    vdc_references: list[Reference] = elems("VdcReference")
