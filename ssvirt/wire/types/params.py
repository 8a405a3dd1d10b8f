"""Bodies of actions on vApps, VMs and templates.

Source: vApp.xsd, vAppTemplate.xsd, common.xsd.
"""

from __future__ import annotations

from ssvirt.wire import media
from ssvirt.wire.schema import OVF, WireType, attr, elem, elems, wire
from ssvirt.wire.types.entity import Params, Reference, VCloudExtensible
from ssvirt.wire.types.network import NetworkAssignment
from ssvirt.wire.types.ovf import Section
from ssvirt.wire.types.vm import ComputePolicy, Vm, VmCapabilities


@wire("InstantiationParams")
class InstantiationParams(VCloudExtensible):
    sections: list[Section] = elems("Section", ns=OVF)


@wire("LocalityParams")
class LocalityParams(VCloudExtensible):
    resource_entities: list[Reference] = elems("ResourceEntity")


@wire("Disk")
class HardwareCustomizationDisk(VCloudExtensible):
    instance_id: str | None = attr("instanceId")
    size: int | None = elem("Size")


@wire("InstantiateVmHardwareCustomizationParams")
class InstantiateVmHardwareCustomizationParams(VCloudExtensible):
    number_of_cpus: int | None = elem("NumberOfCpus")
    cores_per_socket: int | None = elem("CoresPerSocket")
    memory_size: int | None = elem("MemorySize")
    disks: list[HardwareCustomizationDisk] = elems("Disk")


@wire("VmGeneralParams")
class VmGeneralParams(VCloudExtensible):
    name: str | None = elem("Name")
    description: str | None = elem("Description")
    needs_customization: bool | None = elem("NeedsCustomization")
    regenerate_bios_uuid: bool | None = elem("RegenerateBiosUuid")


@wire("SourcedVmInstantiationParams")
class SourcedVmInstantiationParams(VCloudExtensible):
    source: Reference | None = elem("Source")
    storage_profile: Reference | None = elem("StorageProfile")
    locality_params: LocalityParams | None = elem("LocalityParams")
    hardware_customization: InstantiateVmHardwareCustomizationParams | None = elem("HardwareCustomization")


@wire("SourcedCompositionItemParam")
class SourcedCompositionItemParam(VCloudExtensible):
    source_delete: bool | None = attr("sourceDelete")
    source: Reference | None = elem("Source")
    vm_general_params: VmGeneralParams | None = elem("VmGeneralParams")
    vapp_scoped_local_id: str | None = elem("VAppScopedLocalId")
    instantiation_params: InstantiationParams | None = elem("InstantiationParams")
    network_assignments: list[NetworkAssignment] = elems("NetworkAssignment")
    storage_profile: Reference | None = elem("StorageProfile")
    vdc_compute_policy: Reference | None = elem("VdcComputePolicy")
    compute_policy: ComputePolicy | None = elem("ComputePolicy")
    locality_params: LocalityParams | None = elem("LocalityParams")
    vm_capabilities: VmCapabilities | None = elem("VmCapabilities")
    replace_tpm: bool | None = elem("ReplaceTpm", since="37.2")


@wire("VAppCreationParams")
class VAppCreationParams(Params):
    deploy: bool | None = attr("deploy")
    power_on: bool | None = attr("powerOn")
    vapp_parent: Reference | None = elem("VAppParent")
    instantiation_params: InstantiationParams | None = elem("InstantiationParams")


@wire("InstantiateVAppParams")
class InstantiateVAppParams(VAppCreationParams):
    linked_clone: bool | None = attr("linkedClone")
    source: Reference | None = elem("Source")
    is_source_delete: bool | None = elem("IsSourceDelete")
    sourced_vm_instantiation_params: list[SourcedVmInstantiationParams] = elems(
        "SourcedVmInstantiationParams"
    )
    sourced_items: list[SourcedCompositionItemParam] = elems("SourcedItem")


@wire("InstantiateVAppTemplateParams", media=media.INSTANTIATE_VAPP_TEMPLATE_PARAMS)
class InstantiateVAppTemplateParams(InstantiateVAppParams):
    all_eulas_accepted: bool | None = elem("AllEULAsAccepted")


@wire("CloneVAppParams", media=media.CLONE_VAPP_PARAMS)
class CloneVAppParams(InstantiateVAppParams):
    pass


@wire("MoveVAppParams", media=media.MOVE_VAPP_PARAMS)
class MoveVAppParams(Params):
    source: Reference | None = elem("Source")
    sections: list[Section] = elems("Section", ns=OVF)
    sourced_items: list[SourcedCompositionItemParam] = elems("SourcedItem")


@wire("ComposeVAppParams", media=media.COMPOSE_VAPP_PARAMS)
class ComposeVAppParams(VAppCreationParams):
    linked_clone: bool | None = attr("linkedClone")
    sourced_items: list[SourcedCompositionItemParam] = elems("SourcedItem")
    create_items: list[Vm] = elems("CreateItem")
    all_eulas_accepted: bool | None = elem("AllEULAsAccepted")


@wire("RecomposeVAppParams", media=media.RECOMPOSE_VAPP_PARAMS)
class RecomposeVAppParams(ComposeVAppParams):
    delete_items: list[Reference] = elems("DeleteItem")
    reconfigure_items: list[Vm] = elems("ReconfigureItem")


@wire("DeployVAppParams", media=media.DEPLOY_VAPP_PARAMS)
class DeployVAppParams(VCloudExtensible):
    power_on: bool | None = attr("powerOn")
    deployment_lease_seconds: int | None = attr("deploymentLeaseSeconds")
    force_customization: bool | None = attr("forceCustomization")


@wire("UndeployVAppParams", media=media.UNDEPLOY_VAPP_PARAMS)
class UndeployVAppParams(VCloudExtensible):
    undeploy_power_action: str | None = elem("UndeployPowerAction")


@wire("CreateSnapshotParams", media=media.CREATE_SNAPSHOT_PARAMS)
class CreateSnapshotParams(Params):
    memory: bool | None = attr("memory")
    quiesce: bool | None = attr("quiesce")


@wire("CaptureVmParams")
class CaptureVmParams(Params):
    source: Reference | None = elem("Source")
    vdc_compute_policy: Reference | None = elem("VdcComputePolicy")


@wire("CaptureVAppParams", media=media.CAPTURE_VAPP_PARAMS)
class CaptureVAppParams(Params):
    source: Reference | None = elem("Source")
    capture_vm_params: list[CaptureVmParams] = elems("CaptureVmParams")
    sections: list[Section] = elems("Section", ns=OVF)
    vdc_storage_profile: Reference | None = elem("VdcStorageProfile")
    target_catalog_item: Reference | None = elem("TargetCatalogItem")
    copy_tpm_on_instantiate: bool | None = elem("CopyTpmOnInstantiate", since="37.2")


@wire("RelocateParams", media=media.RELOCATE_VM_PARAMS)
class RelocateParams(WireType):
    datastore: Reference | None = elem("Datastore")


@wire("SourcedVmTemplateParams")
class SourcedVmTemplateParams(VCloudExtensible):
    source: Reference | None = elem("Source")
    vm_general_params: VmGeneralParams | None = elem("VmGeneralParams")
    vm_template_instantiation_params: InstantiationParams | None = elem("VmTemplateInstantiationParams")
    storage_profile: Reference | None = elem("StorageProfile")
    locality_params: LocalityParams | None = elem("LocalityParams")
    vm_capabilities: VmCapabilities | None = elem("VmCapabilities")


@wire("InstantiateVmTemplateParams", media=media.INSTANTIATE_VM_TEMPLATE_PARAMS)
class InstantiateVmTemplateParams(Params):
    power_on: bool | None = attr("powerOn")
    sourced_vm_template_item: SourcedVmTemplateParams | None = elem("SourcedVmTemplateItem")
    all_eulas_accepted: bool | None = elem("AllEULAsAccepted")
    compute_policy: ComputePolicy | None = elem("ComputePolicy")


@wire("CreateVmParams", media=media.CREATE_VM_PARAMS)
class CreateVmParams(Params):
    power_on: bool | None = attr("powerOn")
    create_vm: Vm | None = elem("CreateVm")
    media: Reference | None = elem("Media")
