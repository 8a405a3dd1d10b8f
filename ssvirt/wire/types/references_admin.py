"""Query references of what providers manage: elements that differ in name only.

Source: queryReferenceView.xsd.
"""

from __future__ import annotations

from ssvirt.wire import media
from ssvirt.wire.schema import wire
from ssvirt.wire.types.query import QueryReference, References


@wire("AdminDiskReference", type="ReferenceType")
class AdminDiskReference(QueryReference):
    pass


@wire("AdminDiskReferences", type="ReferencesType", media=media.QUERY_REFERENCES)
class AdminDiskReferences(References):
    pass


@wire("AdminEventReference", type="ReferenceType")
class AdminEventReference(QueryReference):
    pass


@wire("AdminEventReferences", type="ReferencesType", media=media.QUERY_REFERENCES)
class AdminEventReferences(References):
    pass


@wire("AdminOrgVdcStorageProfileReference", type="ReferenceType")
class AdminOrgVdcStorageProfileReference(QueryReference):
    pass


@wire("AdminOrgVdcStorageProfileReferences", type="ReferencesType", media=media.QUERY_REFERENCES)
class AdminOrgVdcStorageProfileReferences(References):
    pass


@wire("BlockingTaskReference", type="ReferenceType")
class BlockingTaskReference(QueryReference):
    pass


@wire("BlockingTaskReferences", type="ReferencesType", media=media.QUERY_REFERENCES)
class BlockingTaskReferences(References):
    pass


@wire("DatastoreReference", type="ReferenceType")
class DatastoreReference(QueryReference):
    pass


@wire("DatastoreReferences", type="ReferencesType", media=media.QUERY_REFERENCES)
class DatastoreReferences(References):
    pass


@wire("GroupReference", type="ReferenceType")
class GroupReference(QueryReference):
    pass


@wire("GroupReferences", type="ReferencesType", media=media.QUERY_REFERENCES)
class GroupReferences(References):
    pass


@wire("HostReference", type="ReferenceType")
class HostReference(QueryReference):
    pass


@wire("HostReferences", type="ReferencesType", media=media.QUERY_REFERENCES)
class HostReferences(References):
    pass


@wire("NetworkPoolReference", type="ReferenceType")
class NetworkPoolReference(QueryReference):
    pass


@wire("NetworkPoolReferences", type="ReferencesType", media=media.QUERY_REFERENCES)
class QueryNetworkPoolReferences(References):
    pass


@wire("NetworkReference", type="ReferenceType")
class NetworkReference(QueryReference):
    pass


@wire("NetworkReferences", type="ReferencesType", media=media.QUERY_REFERENCES)
class NetworkReferences(References):
    pass


@wire("OrgNetworkReference", type="ReferenceType")
class OrgNetworkReference(QueryReference):
    pass


@wire("OrgNetworkReferences", type="ReferencesType", media=media.QUERY_REFERENCES)
class OrgNetworkReferences(References):
    pass


@wire("ProviderVdcStorageProfileReference", type="ReferenceType")
class ProviderVdcStorageProfileReference(QueryReference):
    pass


@wire("ProviderVdcStorageProfileReferences", type="ReferencesType", media=media.QUERY_REFERENCES)
class ProviderVdcStorageProfileReferences(References):
    pass


@wire("RightReference", type="ReferenceType")
class RightReference(QueryReference):
    pass


@wire("RightReferences", type="ReferencesType", media=media.QUERY_REFERENCES)
class QueryRightReferences(References):
    pass


@wire("RoleReference", type="ReferenceType")
class RoleReference(QueryReference):
    pass


@wire("RoleReferences", type="ReferencesType", media=media.QUERY_REFERENCES)
class QueryRoleReferences(References):
    pass


@wire("ShadowVMReferences", type="ReferencesType", media=media.QUERY_REFERENCES)
class ShadowVMReferences(References):
    pass


@wire("StrandedItemReference", type="ReferenceType")
class StrandedItemReference(QueryReference):
    pass


@wire("StrandedItemReferences", type="ReferencesType", media=media.QUERY_REFERENCES)
class StrandedItemReferences(References):
    pass


@wire("VAppOrgNetworkRelationReference", type="ReferenceType")
class VAppOrgNetworkRelationReference(QueryReference):
    pass


@wire("VAppOrgNetworkRelationReferences", type="ReferencesType", media=media.QUERY_REFERENCES)
class VAppOrgNetworkRelationReferences(References):
    pass


@wire("VAppOrgVdcNetworkRelationReference", type="ReferenceType")
class VAppOrgVdcNetworkRelationReference(QueryReference):
    pass


@wire("VAppOrgVdcNetworkRelationReferences", type="ReferencesType", media=media.QUERY_REFERENCES)
class VAppOrgVdcNetworkRelationReferences(References):
    pass


@wire("VMWProviderVdcReference", type="ReferenceType")
class VMWProviderVdcReference(QueryReference):
    pass


@wire("VMWProviderVdcReferences", type="ReferencesType", media=media.QUERY_REFERENCES)
class VMWProviderVdcReferences(References):
    pass


@wire("VirtualCenterReference", type="ReferenceType")
class VirtualCenterReference(QueryReference):
    pass


@wire("VirtualCenterReferences", type="ReferencesType", media=media.QUERY_REFERENCES)
class VirtualCenterReferences(References):
    pass


@wire("VmGroupVmsReference", type="ReferenceType")
class VmGroupVmsReference(QueryReference):
    pass


@wire("VmGroupVmsReferences", type="ReferencesType", media=media.QUERY_REFERENCES)
class VmGroupVmsReferences(References):
    pass


@wire("VmGroupsReference", type="ReferenceType")
class VmGroupsReference(QueryReference):
    pass


@wire("VmGroupsReferences", type="ReferencesType", media=media.QUERY_REFERENCES)
class VmGroupsReferences(References):
    pass
