"""Query records of what a provider has: provider VDCs, storage, hosts.

Every field is an attribute. Source: queryRecordView.xsd, added-after-9.1.xsd.
"""

from __future__ import annotations

from datetime import datetime

from ssvirt.wire.schema import attr, wire
from ssvirt.wire.types.query import QueryResultRecord


@wire("VMWProviderVdcRecord", type="QueryResultVMWProviderVdcRecordType")
class VMWProviderVdcRecord(QueryResultRecord):
    name: str | None = attr("name")
    is_enabled: bool | None = attr("isEnabled")
    is_deleted: bool | None = attr("isDeleted")
    vcpu_rating_mhz: int | None = attr("vcpuRatingMhz")
    cpu_used_mhz: int | None = attr("cpuUsedMhz")
    cpu_limit_mhz: int | None = attr("cpuLimitMhz")
    cpu_allocation_mhz: int | None = attr("cpuAllocationMhz")
    memory_used_mb: int | None = attr("memoryUsedMB")
    memory_limit_mb: int | None = attr("memoryLimitMB")
    memory_allocation_mb: int | None = attr("memoryAllocationMB")
    storage_used_mb: int | None = attr("storageUsedMB")
    storage_limit_mb: int | None = attr("storageLimitMB")
    storage_allocation_mb: int | None = attr("storageAllocationMB")
    number_of_datastores: int | None = attr("numberOfDatastores")
    number_of_vdcs: int | None = attr("numberOfVdcs")
    vc_name: str | None = attr("vcName")
    is_busy: bool | None = attr("isBusy")
    status: str | None = attr("status")
    number_of_resource_pools: int | None = attr("numberOfResourcePools")
    number_of_storage_profiles: int | None = attr("numberOfStorageProfiles")
    compute_provider_scope: str | None = attr("computeProviderScope")
    is_kubernetes_enabled: bool | None = attr("isKubernetesEnabled")
    network_provider_type: str | None = attr("networkProviderType")
    is_gpu_enabled: bool | None = attr("isGpuEnabled", since="37.0")


@wire("ProviderVdcStorageProfileRecord", type="QueryResultProviderVdcStorageProfileRecordType")
class ProviderVdcStorageProfileRecord(QueryResultRecord):
    is_enabled: bool | None = attr("isEnabled")
    name: str | None = attr("name")
    storage_total_mb: int | None = attr("storageTotalMB")
    storage_used_mb: int | None = attr("storageUsedMB")
    storage_requested_mb: int | None = attr("storageRequestedMB")
    storage_provisioned_mb: int | None = attr("storageProvisionedMB")
    number_of_conditions: int | None = attr("numberOfConditions")
    provider_vdc: str | None = attr("providerVdc")
    vc: str | None = attr("vc")
    storage_profile_moref: str | None = attr("storageProfileMoref")
    iops_capacity: int | None = attr("iopsCapacity")
    iops_allocated: int | None = attr("iopsAllocated")
    number_of_capabilities: int | None = attr("numberOfCapabilities")
    iops_limiting_enabled: bool | None = attr("iopsLimitingEnabled")
    storage_allocated_mb: int | None = attr("storageAllocatedMB", since="38.0")


@wire("StorageProfileRecord", type="QueryResultStorageProfileRecordType")
class StorageProfileRecord(QueryResultRecord):
    name: str | None = attr("name")
    number_of_provider_vdcs: int | None = attr("numberOfProviderVdcs")
    number_of_org_vdcs: int | None = attr("numberOfOrgVdcs")
    number_of_datastores: int | None = attr("numberOfDatastores")
    requested_mb: int | None = attr("requestedMb")
    total_mb: int | None = attr("totalMb")
    used_mb: int | None = attr("usedMb")
    provisioned_mb: int | None = attr("provisionedMb")
    capabilities: str | None = attr("capabilities")
    number_of_capabilities: int | None = attr("numberOfCapabilities")


@wire("ResourcePoolRecord", type="QueryResultResourcePoolRecordType")
class ResourcePoolRecord(QueryResultRecord):
    name: str | None = attr("name")
    moref: str | None = attr("moref")
    is_deleted: bool | None = attr("isDeleted")
    vc: str | None = attr("vc")
    vc_name: str | None = attr("vcName")
    provider_vdc: str | None = attr("providerVdc")
    provider_name: str | None = attr("providerName")
    is_enabled: bool | None = attr("isEnabled")
    is_primary: bool | None = attr("isPrimary")
    cluster_moref: str | None = attr("clusterMoref")
    cluster_name: str | None = attr("clusterName", since="37.0")
    is_kubernetes_enabled: bool | None = attr("isKubernetesEnabled")
    is_gpu_enabled: bool | None = attr("isGpuEnabled", since="37.0")


@wire("ResourcePoolVMRecord", type="QueryResultResourcePoolVMRecordType")
class ResourcePoolVMRecord(QueryResultRecord):
    name: str | None = attr("name")
    status: str | None = attr("status")
    container_name: str | None = attr("containerName")
    guest_os: str | None = attr("guestOs")
    is_deployed: bool | None = attr("isDeployed")
    is_busy: bool | None = attr("isBusy")
    hardware_version: int | None = attr("hardwareVersion")
    is_migratable_to_another_rp: bool | None = attr("isMigratableToAnotherRp", since="37.0")


@wire("DatastoreRecord", type="QueryResultDatastoreRecordType")
class DatastoreRecord(QueryResultRecord):
    name: str | None = attr("name")
    datastore_type: str | None = attr("datastoreType")
    is_enabled: bool | None = attr("isEnabled")
    is_deleted: bool | None = attr("isDeleted")
    storage_used_mb: int | None = attr("storageUsedMB")
    storage_mb: int | None = attr("storageMB")
    provisioned_storage_mb: int | None = attr("provisionedStorageMB")
    requested_storage_mb: int | None = attr("requestedStorageMB")
    is_distributed: bool | None = attr("isDistributed", since="38.0")
    distribution_health: str | None = attr("distributionHealth", since="38.0")
    vc: str | None = attr("vc")
    vc_name: str | None = attr("vcName")
    moref: str | None = attr("moref")
    number_of_provider_vdcs: int | None = attr("numberOfProviderVdcs")
    datastore_cluster: bool | None = attr("datastoreCluster")
    iops_capacity: int | None = attr("iopsCapacity")
    iops_allocated: int | None = attr("iopsAllocated")


@wire("HostRecord", type="QueryResultHostRecordType")
class HostRecord(QueryResultRecord):
    name: str | None = attr("name")
    is_enabled: bool | None = attr("isEnabled")
    is_deleted: bool | None = attr("isDeleted")
    is_busy: bool | None = attr("isBusy")
    is_prepared: bool | None = attr("isPrepared")
    is_supported: bool | None = attr("isSupported")
    is_hung: bool | None = attr("isHung")
    is_pending_upgrade: bool | None = attr("isPendingUpgrade")
    state: int | None = attr("state")
    os_version: str | None = attr("osVersion")
    is_cross_host_enabled: bool | None = attr("isCrossHostEnabled")
    number_of_vms: int | None = attr("numberOfVMs")
    is_in_maintenance_mode: bool | None = attr("isInMaintenanceMode")
    connection_state: str | None = attr("connectionState")
    vc: str | None = attr("vc")
    vc_name: str | None = attr("vcName")


@wire("VirtualCenterRecord", type="QueryResultVirtualCenterRecordType")
class VirtualCenterRecord(QueryResultRecord):
    name: str | None = attr("name")
    url: str | None = attr("url")
    user_name: str | None = attr("userName")
    is_enabled: bool | None = attr("isEnabled")
    vc_version: str | None = attr("vcVersion")
    status: str | None = attr("status")
    vsm_ip: str | None = attr("vsmIP")
    vcproxy: str | None = attr("vcproxy")
    is_busy: bool | None = attr("isBusy")
    listener_state: str | None = attr("listenerState")
    uuid: str | None = attr("uuid")
    is_supported: bool | None = attr("isSupported")
    is_tenant_scoped: bool | None = attr("isTenantScoped")
    is_provider_scoped: bool | None = attr("isProviderScoped")
    cluster_health_status: str | None = attr("clusterHealthStatus")
    clusters_count: int | None = attr("clustersCount")
    total_vm_count: int | None = attr("totalVmCount")
    powered_on_vm_count: int | None = attr("poweredOnVmCount")
    total_mem_mb: int | None = attr("totalMemMb")
    reserved_mem_mb: int | None = attr("reservedMemMb")
    demanded_mem_mb: int | None = attr("demandedMemMb")
    total_cpu_mhz: int | None = attr("totalCpuMhz")
    reserved_cpu_mhz: int | None = attr("reservedCpuMhz")
    demanded_cpu_mhz: int | None = attr("demandedCpuMhz")
    disk_size_bytes: int | None = attr("diskSizeBytes")
    disk_free_bytes: int | None = attr("diskFreeBytes")
    disk_uncommitted_bytes: int | None = attr("diskUncommittedBytes")
    disk_size_mb: int | None = attr("diskSizeMb")
    disk_free_mb: int | None = attr("diskFreeMb")
    disk_uncommitted_mb: int | None = attr("diskUncommittedMb")
    vsm_version: str | None = attr("vsmVersion")
    has_proxy: bool | None = attr("hasProxy")


@wire("CellRecord", type="QueryResultCellRecordType")
class CellRecord(QueryResultRecord):
    primary_ip: str | None = attr("primaryIp")
    name: str | None = attr("name")
    is_active: int | None = attr("isActive")
    is_v_mware_vc: int | None = attr("isVMwareVc")
    build_date: datetime | None = attr("buildDate")
    version: str | None = attr("version")


@wire("VmGroupsRecord", type="QueryResultVmGroupsRecordType")
class VmGroupsRecord(QueryResultRecord):
    vm_group_id: str | None = attr("vmGroupId")
    vm_group_name: str | None = attr("vmGroupName")
    cluster_moref: str | None = attr("clusterMoref")
    cluster_name: str | None = attr("clusterName")
    vc_id: str | None = attr("vcId")
    named_vm_group_id: str | None = attr("namedVmGroupId")


@wire("VmGroupVmsRecord", type="QueryResultVmGroupVmsRecordType")
class VmGroupVmsRecord(QueryResultRecord):
    vm_group_name: str | None = attr("vmGroupName")
    vm_name: str | None = attr("vmName")
    vm_moref: str | None = attr("vmMoref")
    vapp_name: str | None = attr("vappName")
    vapp_id: str | None = attr("vappId")
    org_vdc_name: str | None = attr("orgVdcName")
    org_vdc_id: str | None = attr("orgVdcId")
    cluster_moref: str | None = attr("clusterMoref")
    vc_id: str | None = attr("vcId")
    vm_group_id: str | None = attr("vmGroupId")
    is_vapp_template: bool | None = attr("isVappTemplate")


@wire("OrgVdcResourcePoolRelationRecord", type="QueryResultOrgVdcResourcePoolRelationRecordType")
class OrgVdcResourcePoolRelationRecord(QueryResultRecord):
    vdc: str | None = attr("vdc")
    vc: str | None = attr("vc")
    resource_pool_moref: str | None = attr("resourcePoolMoref")
    vc_name: str | None = attr("vcName")
    resource_pool_name: str | None = attr("resourcePoolName")


@wire("ProviderVdcResourcePoolRelationRecord", type="QueryResultProviderVdcResourcePoolRelationRecordType")
class ProviderVdcResourcePoolRelationRecord(QueryResultRecord):
    name: str | None = attr("name")
    resource_pool_moref: str | None = attr("resourcePoolMoref")
    cpu_reservation_limit_mhz: int | None = attr("cpuReservationLimitMhz")
    cpu_reservation_allocation_mhz: int | None = attr("cpuReservationAllocationMhz")
    is_enabled: bool | None = attr("isEnabled")
    memory_reservation_limit_mb: int | None = attr("memoryReservationLimitMB")
    memory_reservation_allocation_mb: int | None = attr("memoryReservationAllocationMB")
    is_primary: bool | None = attr("isPrimary")
    provider_vdc: str | None = attr("providerVdc")
    vc: str | None = attr("vc")
    vc_name: str | None = attr("vcName")
    number_of_vms: int | None = attr("numberOfVMs")


@wire("DatastoreProviderVdcRelationRecord", type="QueryResultDatastoreProviderVdcRelationRecordType")
class DatastoreProviderVdcRelationRecord(QueryResultRecord):
    name: str | None = attr("name")
    datastore_type: str | None = attr("datastoreType")
    is_enabled: bool | None = attr("isEnabled")
    is_deleted: bool | None = attr("isDeleted")
    is_distributed: bool | None = attr("isDistributed", since="38.0")
    distribution_health: str | None = attr("distributionHealth", since="38.0")
    storage_used_mb: float | None = attr("storageUsedMB")
    storage_mb: float | None = attr("storageMB")
    provisioned_storage_mb: float | None = attr("provisionedStorageMB")
    requested_storage_mb: float | None = attr("requestedStorageMB")
    vc: str | None = attr("vc")
    vc_name: str | None = attr("vcName")
    moref: str | None = attr("moref")
    provider_vdc: str | None = attr("providerVdc")
    datastore: str | None = attr("datastore")
    datastore_cluster: bool | None = attr("datastoreCluster")
