"""Query records of groups, roles, rights and of what was left behind.

Every field is an attribute. Source: queryRecordView.xsd.
"""

from __future__ import annotations

from datetime import datetime

from ssvirt.wire.schema import attr, wire
from ssvirt.wire.types.query import QueryResultRecord


@wire("GroupRecord", type="QueryResultGroupRecordType")
class GroupRecord(QueryResultRecord):
    name: str | None = attr("name")
    description: str | None = attr("description")
    role_name: str | None = attr("roleName")
    is_read_only: bool | None = attr("isReadOnly")
    identity_provider_type: str | None = attr("identityProviderType")


@wire("AdminGroupRecord", type="QueryResultAdminGroupRecordType")
class AdminGroupRecord(QueryResultRecord):
    name: str | None = attr("name")
    org: str | None = attr("org")
    role_name: str | None = attr("roleName")
    is_read_only: bool | None = attr("isReadOnly")
    identity_provider_type: str | None = attr("identityProviderType")


@wire("StrandedUserRecord", type="QueryResultStrandedUserRecordType")
class StrandedUserRecord(QueryResultRecord):
    name: str | None = attr("name")
    full_name: str | None = attr("fullName")
    is_in_sync: bool | None = attr("isInSync")
    number_of_deployed_vms: int | None = attr("numberOfDeployedVMs")
    number_of_stored_vms: int | None = attr("numberOfStoredVMs")
    org: str | None = attr("org")


@wire("StrandedItemRecord", type="QueryResultStrandedItemRecordType")
class StrandedItemRecord(QueryResultRecord):
    name: str | None = attr("name")
    description: str | None = attr("description")
    vim_object_type: str | None = attr("vimObjectType")
    parent_name: str | None = attr("parentName")
    deletion_date: datetime | None = attr("deletionDate")
    message: str | None = attr("message")
    parent: str | None = attr("parent")
    number_of_purge_attempts: int | None = attr("numberOfPurgeAttempts")


@wire("RoleRecord", type="QueryResultRoleRecordType")
class RoleRecord(QueryResultRecord):
    name: str | None = attr("name")
    description: str | None = attr("description")
    is_read_only: bool | None = attr("isReadOnly")


@wire("AdminRoleRecord", type="QueryResultAdminRoleRecordType")
class AdminRoleRecord(QueryResultRecord):
    name: str | None = attr("name")
    is_read_only: bool | None = attr("isReadOnly")
    org: str | None = attr("org")
    org_name: str | None = attr("orgName")


@wire("RightRecord", type="QueryResultRightRecordType")
class RightRecord(QueryResultRecord):
    name: str | None = attr("name")
    category: str | None = attr("category")


@wire("ConditionRecord", type="QueryResultConditionRecordType")
class ConditionRecord(QueryResultRecord):
    object: str | None = attr("object")
    object_type: str | None = attr("objectType")
    severity: str | None = attr("severity")
    summary: str | None = attr("summary")
    details: str | None = attr("details")
    occurence_date: datetime | None = attr("occurenceDate")
