"""Query records of extension services and their parts.

Every field is an attribute. Source: queryRecordView.xsd.
"""

from __future__ import annotations

from ssvirt.wire.schema import attr, wire
from ssvirt.wire.types.query import QueryResultRecord


@wire("ServiceRecord", type="QueryResultServiceRecordType")
class ServiceRecord(QueryResultRecord):
    name: str | None = attr("name")
    vendor: str | None = attr("vendor")
    namespace: str | None = attr("namespace")


@wire("AdminServiceRecord", type="QueryResultAdminServiceRecordType")
class AdminServiceRecord(QueryResultRecord):
    name: str | None = attr("name")
    enabled: bool | None = attr("enabled")
    exchange: str | None = attr("exchange")
    priority: int | None = attr("priority")
    routing_key: str | None = attr("routingKey")
    vendor: str | None = attr("vendor")
    namespace: str | None = attr("namespace")
    is_authorization_enabled: bool | None = attr("isAuthorizationEnabled")


@wire("ServiceLinkRecord", type="QueryResultServiceLinkRecordType")
class ServiceLinkRecord(QueryResultRecord):
    rel: str | None = attr("rel")
    link_href: str | None = attr("linkHref")
    mime_type: str | None = attr("mimeType")
    resource_type: str | None = attr("resourceType")
    service: str | None = attr("service")
    resource_id: str | None = attr("resourceId")


@wire("ServiceResourceRecord", type="QueryResultServiceResourceRecordType")
class ServiceResourceRecord(QueryResultRecord):
    name: str | None = attr("name")
    org: str | None = attr("org")
    resource_class: str | None = attr("resourceClass")
    external_object_id: str | None = attr("externalObjectId")


@wire("ResourceClassRecord", type="QueryResultResourceClassRecordType")
class ResourceClassRecord(QueryResultRecord):
    name: str | None = attr("name")
    service: str | None = attr("service")
    mime_type: str | None = attr("mimeType")
    url_template: str | None = attr("urlTemplate")
    nid: str | None = attr("nid")
    urn_pattern: str | None = attr("urnPattern")


@wire("ResourceClassActionRecord", type="QueryResultResourceClassActionRecordType")
class ResourceClassActionRecord(QueryResultRecord):
    name: str | None = attr("name")
    http_method: str | None = attr("httpMethod")
    url_pattern: str | None = attr("urlPattern")
    resource_class: str | None = attr("resourceClass")


@wire("AclRuleRecord", type="QueryResultAclRuleRecordType")
class AclRuleRecord(QueryResultRecord):
    org: str | None = attr("org")
    principal: str | None = attr("principal")
    name: str | None = attr("name")
    service_resource: str | None = attr("serviceResource")
    principal_type: str | None = attr("principalType")
    resource_class_action: str | None = attr("resourceClassAction")
    org_access: str | None = attr("orgAccess")
    service_resource_access: str | None = attr("serviceResourceAccess")
    principal_access: str | None = attr("principalAccess")


@wire("ApiFilterRecord", type="QueryResultApiFilterRecordType")
class ApiFilterRecord(QueryResultRecord):
    url_pattern: str | None = attr("urlPattern")
    service: str | None = attr("service")


@wire("ApiDefinitionRecord", type="QueryResultApiDefinitionRecordType")
class ApiDefinitionRecord(QueryResultRecord):
    name: str | None = attr("name")
    entry_point: str | None = attr("entryPoint")
    service: str | None = attr("service")
    namespace: str | None = attr("namespace")
    api_vendor: str | None = attr("apiVendor")
    service_name: str | None = attr("serviceName")
    service_namespace: str | None = attr("serviceNamespace")
    service_vendor: str | None = attr("serviceVendor")


@wire("AdminApiDefinitionRecord", type="QueryResultAdminApiDefinitionRecordType")
class AdminApiDefinitionRecord(QueryResultRecord):
    name: str | None = attr("name")
    entry_point: str | None = attr("entryPoint")
    service: str | None = attr("service")
    namespace: str | None = attr("namespace")
    api_vendor: str | None = attr("apiVendor")
    service_name: str | None = attr("serviceName")
    service_namespace: str | None = attr("serviceNamespace")
    service_vendor: str | None = attr("serviceVendor")


@wire("FileDescriptorRecord", type="QueryResultFileDescriptorRecordType")
class FileDescriptorRecord(QueryResultRecord):
    file_url: str | None = attr("fileUrl")
    api_definition: str | None = attr("apiDefinition")
    file_mime_type: str | None = attr("fileMimeType")
    name: str | None = attr("name")
    api_name: str | None = attr("apiName")
    api_namespace: str | None = attr("apiNamespace")
    api_vendor: str | None = attr("apiVendor")
    service_name: str | None = attr("serviceName")
    service_namespace: str | None = attr("serviceNamespace")
    service_vendor: str | None = attr("serviceVendor")
    service: str | None = attr("service")


@wire("AdminFileDescriptorRecord", type="QueryResultAdminFileDescriptorRecordType")
class AdminFileDescriptorRecord(QueryResultRecord):
    file_url: str | None = attr("fileUrl")
    api_definition: str | None = attr("apiDefinition")
    file_mime_type: str | None = attr("fileMimeType")
    name: str | None = attr("name")
    api_name: str | None = attr("apiName")
    api_namespace: str | None = attr("apiNamespace")
    api_vendor: str | None = attr("apiVendor")
    service_name: str | None = attr("serviceName")
    service_namespace: str | None = attr("serviceNamespace")
    service_vendor: str | None = attr("serviceVendor")
    service: str | None = attr("service")


@wire("ExternalLocalizationRecord", type="QueryResultExternalLocalizationRecordType")
class ExternalLocalizationRecord(QueryResultRecord):
    service_namespace: str | None = attr("serviceNamespace")
    locale: str | None = attr("locale")
    key: str | None = attr("key")
    value: str | None = attr("value")
