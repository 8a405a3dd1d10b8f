"""Query records of sites, associations and templates of VDCs.

Every field is an attribute. Source: queryRecordView.xsd, added-after-9.1.xsd.
"""

from __future__ import annotations

from ssvirt.wire.schema import attr, wire
from ssvirt.wire.types.query import QueryResultRecord


@wire("SiteRecord", type="QueryResultSiteRecordType")
class SiteRecord(QueryResultRecord):
    name: str | None = attr("name")
    rest_api_endpoint: str | None = attr("restApiEndpoint")
    ui_endpoint: str | None = attr("uiEndpoint")


@wire("SiteAssociationRecord", type="QueryResultSiteAssociationRecordType")
class SiteAssociationRecord(QueryResultRecord):
    associated_site_name: str | None = attr("associatedSiteName")
    associated_site_id: str | None = attr("associatedSiteId")
    rest_endpoint: str | None = attr("restEndpoint")
    base_ui_endpoint: str | None = attr("baseUiEndpoint")
    status: str | None = attr("status")


@wire("OrgAssociationRecord", type="QueryResultOrgAssociationRecordType")
class OrgAssociationRecord(QueryResultRecord):
    site_id: str | None = attr("siteId")
    local_org_id: str | None = attr("localOrgId")
    org_id: str | None = attr("orgId")
    site_name: str | None = attr("siteName")
    org_name: str | None = attr("orgName")
    status: str | None = attr("status")


@wire("SiteOrgAssociationRecord", type="QueryResultSiteOrgAssociationRecordType")
class SiteOrgAssociationRecord(QueryResultRecord):
    associate_site_id: str | None = attr("associateSiteId")
    associate_site_name: str | None = attr("associateSiteName")
    associate_org_id: str | None = attr("associateOrgId")
    associate_org_name: str | None = attr("associateOrgName")
    association_status: str | None = attr("associationStatus")
    local_org_id: str | None = attr("localOrgId")


@wire("OrgVdcTemplateRecord", type="QueryResultOrgVdcTemplateRecordType")
class OrgVdcTemplateRecord(QueryResultRecord):
    name: str | None = attr("name")
    description: str | None = attr("description")
    org: str | None = attr("org")


@wire("AdminOrgVdcTemplateRecord", type="QueryResultAdminOrgVdcTemplateRecordType")
class AdminOrgVdcTemplateRecord(QueryResultRecord):
    name: str | None = attr("name")
    description: str | None = attr("description")
    tenant_visible_name: str | None = attr("tenantVisibleName")
    tenant_visible_description: str | None = attr("tenantVisibleDescription")
    network_backing_type: str | None = attr("networkBackingType")
