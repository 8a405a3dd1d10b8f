"""Query records of events, blocking tasks, disk relations and shadow VMs.

Every field is an attribute. Source: queryRecordView.xsd.
"""

from __future__ import annotations

from datetime import datetime

from ssvirt.wire.schema import attr, wire
from ssvirt.wire.types.query import QueryResultRecord


@wire("EventRecord", type="QueryResultEventRecordType")
class EventRecord(QueryResultRecord):
    event_id: str | None = attr("eventId")
    event_type: str | None = attr("eventType")
    time_stamp: datetime | None = attr("timeStamp")
    event_status: int | None = attr("eventStatus")
    user_name: str | None = attr("userName")
    org_name: str | None = attr("orgName")
    entity_type: str | None = attr("entityType")
    entity_name: str | None = attr("entityName")
    description: str | None = attr("description")
    details: str | None = attr("details")
    service_namespace: str | None = attr("serviceNamespace")
    entity: str | None = attr("entity")


@wire("AdminEventRecord", type="QueryResultAdminEventRecordType")
class AdminEventRecord(QueryResultRecord):
    event_id: str | None = attr("eventId")
    event_type: str | None = attr("eventType")
    time_stamp: datetime | None = attr("timeStamp")
    event_status: int | None = attr("eventStatus")
    user_name: str | None = attr("userName")
    org_name: str | None = attr("orgName")
    entity_type: str | None = attr("entityType")
    entity_name: str | None = attr("entityName")
    description: str | None = attr("description")
    details: str | None = attr("details")
    service_namespace: str | None = attr("serviceNamespace")
    product_version: str | None = attr("productVersion")
    entity: str | None = attr("entity")
    org: str | None = attr("org")


@wire("AdminEventCBMRecord", type="QueryResultAdminEventCBMRecordType")
class AdminEventCBMRecord(QueryResultRecord):
    event_id: str | None = attr("eventId")
    event_type: str | None = attr("eventType")
    time_stamp: datetime | None = attr("timeStamp")
    event_status: int | None = attr("eventStatus")
    user_name: str | None = attr("userName")
    org_name: str | None = attr("orgName")
    entity_type: str | None = attr("entityType")
    entity_name: str | None = attr("entityName")
    details: str | None = attr("details")
    service_namespace: str | None = attr("serviceNamespace")
    product_version: str | None = attr("productVersion")
    entity: str | None = attr("entity")
    org: str | None = attr("org")


@wire("BlockingTaskRecord", type="QueryResultBlockingTaskRecordType")
class BlockingTaskRecord(QueryResultRecord):
    status: str | None = attr("status")
    operation_name: str | None = attr("operationName")
    owner: str | None = attr("owner")
    owner_name: str | None = attr("ownerName")
    originating_org_name: str | None = attr("originatingOrgName")
    originating_org: str | None = attr("originatingOrg")
    creation_date: datetime | None = attr("creationDate")
    expiration_time: datetime | None = attr("expirationTime")
    timeout_action: str | None = attr("timeoutAction")
    task: str | None = attr("task")
    description: str | None = attr("description")
    job_status: str | None = attr("jobStatus")
    has_owner: bool | None = attr("hasOwner")


@wire("VmDiskRelationRecord", type="QueryResultVmDiskRelationRecordType")
class VmDiskRelationRecord(QueryResultRecord):
    vdc: str | None = attr("vdc")
    disk: str | None = attr("disk")
    vm: str | None = attr("vm")


@wire("AdminVmDiskRelationRecord", type="QueryResultAdminVmDiskRelationRecordType")
class AdminVmDiskRelationRecord(QueryResultRecord):
    vdc: str | None = attr("vdc")
    disk: str | None = attr("disk")
    vm: str | None = attr("vm")


@wire("AdminShadowVMRecord", type="QueryResultAdminShadowVMRecordType")
class AdminShadowVMRecord(QueryResultRecord):
    is_published: bool | None = attr("isPublished")
    name: str | None = attr("name")
    primary_vm_name: str | None = attr("primaryVmName")
    shadow_vapp: str | None = attr("shadowVApp")
    primary_vapp_template: str | None = attr("primaryVAppTemplate")
    primary_vapp_name: str | None = attr("primaryVAppName")
    datastore_name: str | None = attr("datastoreName")
    vc_name: str | None = attr("vcName")
    is_deleted: bool | None = attr("isDeleted")
    status: str | None = attr("status")
    is_busy: bool | None = attr("isBusy")
    primary_vm_owner: str | None = attr("primaryVMOwner")
    primary_vm: str | None = attr("primaryVM")
    primary_vm_catalog: str | None = attr("primaryVMCatalog")
    org: str | None = attr("org")
