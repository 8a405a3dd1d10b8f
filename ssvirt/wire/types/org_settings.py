"""Settings of organizations.

Source: vCloudEntities.xsd, added-after-9.1.xsd.
"""

from __future__ import annotations

from ssvirt.wire import media
from ssvirt.wire.schema import elem, wire
from ssvirt.wire.types.entity import Resource


@wire("GeneralOrgSettings", type="OrgGeneralSettingsType", media=media.ORG_GENERAL_SETTINGS)
class OrgGeneralSettings(Resource):
    can_publish_catalogs: bool | None = elem("CanPublishCatalogs")
    can_publish_externally: bool | None = elem("CanPublishExternally")
    can_subscribe: bool | None = elem("CanSubscribe")
    deployed_vm_quota: int | None = elem("DeployedVMQuota")
    stored_vm_quota: int | None = elem("StoredVmQuota")
    use_server_boot_sequence: bool | None = elem("UseServerBootSequence")
    delay_after_power_on_seconds: int | None = elem("DelayAfterPowerOnSeconds")
    vdc_quota: int | None = elem("VdcQuota")
    vm_discovery_enabled: bool | None = elem("VmDiscoveryEnabled")
    can_publish_to_managed_orgs: bool | None = elem("CanPublishToManagedOrgs", since="38.0")


@wire("VAppLeaseSettings", type="OrgLeaseSettingsType", media=media.ORG_LEASE_SETTINGS)
class OrgLeaseSettings(Resource):
    delete_on_storage_lease_expiration: bool | None = elem("DeleteOnStorageLeaseExpiration")
    deployment_lease_seconds: int | None = elem("DeploymentLeaseSeconds")
    storage_lease_seconds: int | None = elem("StorageLeaseSeconds")
    power_off_on_runtime_lease_expiration: bool | None = elem("PowerOffOnRuntimeLeaseExpiration")


@wire("OrgVAppTemplateLeaseSettings", media=media.ORG_VAPP_TEMPLATE_LEASE_SETTINGS)
class OrgVAppTemplateLeaseSettings(Resource):
    delete_on_storage_lease_expiration: bool | None = elem("DeleteOnStorageLeaseExpiration")
    storage_lease_seconds: int | None = elem("StorageLeaseSeconds")


@wire("OrgPasswordPolicySettings", media=media.ORG_PASSWORD_POLICY_SETTINGS)
class OrgPasswordPolicySettings(Resource):
    account_lockout_enabled: bool | None = elem("AccountLockoutEnabled")
    invalid_logins_before_lockout: int | None = elem("InvalidLoginsBeforeLockout")
    account_lockout_interval_minutes: int | None = elem("AccountLockoutIntervalMinutes")


@wire("OrgGuestPersonalizationSettings", media=media.ORG_GUEST_PERSONALIZATION_SETTINGS)
class OrgGuestPersonalizationSettings(Resource):
    domain_username: str | None = elem("DomainUsername")
    domain_password: str | None = elem("DomainPassword")
    domain_name: str | None = elem("DomainName")
    allow_domain_settings: bool | None = elem("AllowDomainSettings")
    account_organizational_unit: str | None = elem("AccountOrganizationalUnit")


@wire("OrgOperationLimitsSettings", media=media.ORG_OPERATION_LIMITS_SETTINGS)
class OrgOperationLimitsSettings(Resource):
    consoles_per_vm_limit: int | None = elem("ConsolesPerVmLimit")
    operations_per_user: int | None = elem("OperationsPerUser")
    operations_per_org: int | None = elem("OperationsPerOrg")
    queued_operations_per_user: int | None = elem("QueuedOperationsPerUser")
    queued_operations_per_org: int | None = elem("QueuedOperationsPerOrg")
    snapshots_per_vm_limit: int | None = elem("SnapshotsPerVmLimit", since="38.0")
