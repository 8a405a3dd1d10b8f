"""Virtual machines.

Source: vApp.xsd, vms.xsd.
"""

from __future__ import annotations

from datetime import datetime

from ssvirt.wire import media
from ssvirt.wire.schema import OVF, OVFENV, WireType, attr, elem, elems, wire
from ssvirt.wire.types.entity import Reference, Resource, ResourceEntity, VCloudExtensible
from ssvirt.wire.types.environment import Environment
from ssvirt.wire.types.ovf import Section


@wire("ComputePolicy")
class ComputePolicy(Resource):
    vm_placement_policy: Reference | None = elem("VmPlacementPolicy")
    vm_placement_policy_final: bool | None = elem("VmPlacementPolicyFinal")
    vm_sizing_policy: Reference | None = elem("VmSizingPolicy")
    vm_sizing_policy_final: bool | None = elem("VmSizingPolicyFinal")


@wire("ComputePolicyCompliance")
class ComputePolicyCompliance(Resource):
    last_compliance_check_time: datetime | None = elem("LastComplianceCheckTime")
    policy_name: str | None = elem("PolicyName")
    non_compliance_messages: list[str] = elems("NonComplianceMessage")


@wire("BootOptions", media=media.BOOT_OPTIONS_SECTION)
class BootOptions(Resource):
    boot_delay: int | None = elem("BootDelay")
    enter_bios_setup: bool | None = elem("EnterBIOSSetup")
    boot_retry_enabled: bool | None = elem("BootRetryEnabled", since="37.1")
    boot_retry_delay: int | None = elem("BootRetryDelay", since="37.1")
    efi_secure_boot_enabled: bool | None = elem("EfiSecureBootEnabled", since="37.1")
    network_boot_protocol: str | None = elem("NetworkBootProtocol", since="37.1")


@wire("Tpm")
class Tpm(Resource):
    tpm_present: bool | None = elem("TpmPresent")


@wire("VmCapabilities", media=media.VM_CAPABILITIES_SECTION)
class VmCapabilities(Resource):
    memory_hot_add_enabled: bool | None = elem("MemoryHotAddEnabled")
    cpu_hot_add_enabled: bool | None = elem("CpuHotAddEnabled")


@wire("ReplicationTrackingDiskSettings")
class ReplicationTrackingDiskSettings(VCloudExtensible):
    disk_uuid: str | None = elem("DiskUuid")
    storage_provisioned_kb: int | None = elem("StorageProvisionedKb")
    storage_overhead_kb: int | None = elem("StorageOverheadKb")
    storage_policy: Reference | None = elem("StoragePolicy")
    placement_recommendation: str | None = elem("PlacementRecommendation")


@wire("ReplicationTrackingDiskSection")
class ReplicationTrackingDiskSection(VCloudExtensible):
    replication_tracking_disk_settings: list[ReplicationTrackingDiskSettings] = elems(
        "ReplicationTrackingDiskSettings"
    )


@wire("ReplicationTrackingSettings")
class ReplicationTrackingSettings(Resource):
    replication_tracking_vm_state: str | None = elem("ReplicationTrackingVmState")


@wire("AbstractVApp", abstract=True)
class AbstractVApp(ResourceEntity):
    deployed: bool | None = attr("deployed")
    vapp_parent: Reference | None = elem("VAppParent")
    sections: list[Section] = elems("Section", ns=OVF)
    date_created: datetime | None = elem("DateCreated")


@wire("Vm", media=media.VM)
class Vm(AbstractVApp):
    encrypted: bool | None = attr("encrypted")
    needs_customization: bool | None = attr("needsCustomization")
    nested_hypervisor_enabled: bool | None = attr("nestedHypervisorEnabled")
    vapp_scoped_local_id: str | None = elem("VAppScopedLocalId")
    environment: Environment | None = elem("Environment", ns=OVFENV)
    vm_capabilities: VmCapabilities | None = elem("VmCapabilities")
    storage_profile: Reference | None = elem("StorageProfile")
    vdc_compute_policy: Reference | None = elem("VdcComputePolicy")
    compute_policy: ComputePolicy | None = elem("ComputePolicy")
    compute_policy_compliances: list[ComputePolicyCompliance] = elems("ComputePolicyCompliance")
    is_compute_policy_compliant: bool | None = elem("IsComputePolicyCompliant")
    boot_options: BootOptions | None = elem("BootOptions")
    media: Reference | None = elem("Media")
    replication_tracking_disk_section: ReplicationTrackingDiskSection | None = elem(
        "ReplicationTrackingDiskSection", since="37.0"
    )
    replication_tracking_settings: ReplicationTrackingSettings | None = elem(
        "ReplicationTrackingSettings", since="37.0"
    )
    trusted_platform_module: Tpm | None = elem("TrustedPlatformModule", since="37.1")
    is_vapp_config_removed: bool | None = elem("IsVAppConfigRemoved", since="37.0")


@wire("VmQuestionAnswerChoice")
class VmQuestionAnswerChoice(WireType):
    id: int | None = elem("Id")
    text: str | None = elem("Text")


@wire("VmPendingQuestion", media=media.VM_PENDING_QUESTION)
class VmPendingQuestion(Resource):
    question: str | None = elem("Question")
    question_id: str | None = elem("QuestionId")
    choices: list[VmQuestionAnswerChoice] = elems("Choices")


@wire("VmQuestionAnswer", media=media.VM_PENDING_ANSWER)
class VmQuestionAnswer(WireType):
    choice_id: int | None = elem("ChoiceId")
    question_id: str | None = elem("QuestionId")


@wire("Vms", media=media.VMS)
class Vms(Resource):
    vm_references: list[Reference] = elems("VmReference")
