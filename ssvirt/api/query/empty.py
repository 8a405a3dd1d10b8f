"""Query types of VCD that have no rows here: they answer an empty, valid list.

Hosts, datastores and port groups are vSphere's; sites, services and API filters are what this service has
none of. Source: legacy OpenAPI, schema query-parameter_type.
"""

from typing import Final

from ssvirt.api.query.types import QueryType, register_query
from ssvirt.wire import types as w

_FOR_EVERYONE: Final[dict[str, type[w.QueryResultRecord]]] = {
    "apiDefinition": w.ApiDefinitionRecord,
    "condition": w.ConditionRecord,
    "event": w.EventRecord,
    "externalLocalization": w.ExternalLocalizationRecord,
    "fileDescriptor": w.FileDescriptorRecord,
    "group": w.GroupRecord,
    "orgAssociation": w.OrgAssociationRecord,
    "orgNetwork": w.OrgNetworkRecord,
    "orgVdcTemplate": w.OrgVdcTemplateRecord,
    "service": w.ServiceRecord,
    "serviceLink": w.ServiceLinkRecord,
    "site": w.SiteRecord,
    "siteAssociation": w.SiteAssociationRecord,
    "siteOrgAssociation": w.SiteOrgAssociationRecord,
    "strandedUser": w.StrandedUserRecord,
}
_FOR_THE_PROVIDER: Final[dict[str, type[w.QueryResultRecord]]] = {
    "aclRule": w.AclRuleRecord,
    "adminApiDefinition": w.AdminApiDefinitionRecord,
    "adminEvent": w.AdminEventRecord,
    "adminEventCBM": w.AdminEventCBMRecord,
    "adminFileDescriptor": w.AdminFileDescriptorRecord,
    "adminGroup": w.AdminGroupRecord,
    "adminOrgVdcTemplate": w.AdminOrgVdcTemplateRecord,
    "adminService": w.AdminServiceRecord,
    "adminShadowVM": w.AdminShadowVMRecord,
    "apiFilter": w.ApiFilterRecord,
    "blockingTask": w.BlockingTaskRecord,
    "cell": w.CellRecord,
    "datastore": w.DatastoreRecord,
    "datastoreProviderVdcRelation": w.DatastoreProviderVdcRelationRecord,
    "dvSwitch": w.DvSwitchRecord,
    "externalNetwork": w.NetworkRecord,
    "gatewayUplinks": w.GatewayUplinksRecord,
    "host": w.HostRecord,
    "licensingManagedServer": w.LicensingManagedServerRecord,
    "licensingReport": w.LicensingReportRecord,
    "licensingReportSample": w.LicensingReportSampleRecord,
    "licensingVirtualMachine": w.LicensingVirtualMachineRecord,
    "networkPool": w.NetworkPoolRecord,
    "nsxTManager": w.NsxTManagerRecord,
    "orgVdcResourcePoolRelation": w.OrgVdcResourcePoolRelationRecord,
    "portgroup": w.PortgroupRecord,
    "providerVdcResourcePoolRelation": w.ProviderVdcResourcePoolRelationRecord,
    "resourceClass": w.ResourceClassRecord,
    "resourceClassAction": w.ResourceClassActionRecord,
    "resourcePool": w.ResourcePoolRecord,
    "resourcePoolVmList": w.ResourcePoolVMRecord,
    "serviceResource": w.ServiceResourceRecord,
    "storageProfile": w.StorageProfileRecord,
    "strandedItem": w.StrandedItemRecord,
    "virtualCenter": w.VirtualCenterRecord,
    "vmGroupVms": w.VmGroupVmsRecord,
    "vmGroups": w.VmGroupsRecord,
}


def register_empty() -> None:
    """Makes all of them known; an app that has rows of a type registers it over this."""
    for table, provider_only in ((_FOR_EVERYONE, False), (_FOR_THE_PROVIDER, True)):
        for name, record in table.items():
            register_query(QueryType(name=name, record=record, provider_only=provider_only))
