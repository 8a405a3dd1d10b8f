"""Answers of the query service: the list of queries, records, references.

Source: queryRecordView.xsd, queryReferenceView.xsd, common.xsd ContainerType.
The records are in records_*.py.
"""

from __future__ import annotations

from ssvirt.wire import media
from ssvirt.wire.schema import WireType, attr, elem, elems, wire
from ssvirt.wire.types.entity import Container, Link, Reference
from ssvirt.wire.types.metadata import Metadata


@wire("QueryList", media=media.QUERY_LIST)
class QueryList(Container):
    """Links, one for each query and format."""


@wire("Record", type="QueryResultRecordType", family="element", abstract=True)
class QueryResultRecord(WireType):
    """Base of all records. In the idrecords format `id` is set and `href` is not."""

    href: str | None = attr("href")
    id: str | None = attr("id")
    type: str | None = attr("type")
    links: list[Link] = elems("Link")
    metadata: Metadata | None = elem("Metadata")


@wire("QueryResultRecords", media=media.QUERY_RECORDS)
class QueryResultRecords(Container):
    records: list[QueryResultRecord] = elems("Record")


@wire("Reference", family="element")
class QueryReference(Reference):
    """A reference whose element says what it refers to. In JSON they all look alike."""


@wire("References", media=media.QUERY_REFERENCES)
class References(Container):
    """Root of the references format; the subclasses only differ in name."""

    references: list[QueryReference] = elems("Reference")


@wire("OrgReference", type="ReferenceType")
class OrgReference(QueryReference):
    pass


@wire("OrgReferences", type="ReferencesType", media=media.QUERY_REFERENCES)
class OrgReferences(References):
    pass


@wire("OrgVdcReference", type="ReferenceType")
class OrgVdcReference(QueryReference):
    pass


@wire("OrgVdcReferences", type="ReferencesType", media=media.QUERY_REFERENCES)
class OrgVdcReferences(References):
    pass


@wire("AdminVdcReference", type="ReferenceType")
class AdminVdcReference(QueryReference):
    pass


@wire("AdminVdcReferences", type="ReferencesType", media=media.QUERY_REFERENCES)
class AdminVdcReferences(References):
    pass


@wire("CatalogReference", type="ReferenceType")
class CatalogReference(QueryReference):
    pass


@wire("CatalogReferences", type="ReferencesType", media=media.QUERY_REFERENCES)
class CatalogReferences(References):
    pass


@wire("CatalogItemReference", type="ReferenceType")
class CatalogItemReference(QueryReference):
    pass


@wire("CatalogItemReferences", type="ReferencesType", media=media.QUERY_REFERENCES)
class CatalogItemReferences(References):
    pass


@wire("VAppTemplateReference", type="ReferenceType")
class VAppTemplateReference(QueryReference):
    pass


@wire(
    "VAppTemplateReferences",
    type="ReferencesType",
    media=media.QUERY_REFERENCES,
)
class VAppTemplateReferences(References):
    pass


@wire("VAppReference", type="ReferenceType")
class VAppReference(QueryReference):
    pass


@wire("VAppReferences", type="ReferencesType", media=media.QUERY_REFERENCES)
class VAppReferences(References):
    pass


@wire("VMReference", type="ReferenceType")
class VMReference(QueryReference):
    pass


@wire("VMReferences", type="ReferencesType", media=media.QUERY_REFERENCES)
class VMReferences(References):
    pass


@wire("MediaReference", type="ReferenceType")
class MediaReference(QueryReference):
    pass


@wire("MediaReferences", type="ReferencesType", media=media.QUERY_REFERENCES)
class MediaReferences(References):
    pass


@wire("TaskReference", type="ReferenceType")
class TaskReference(QueryReference):
    pass


@wire("TaskReferences", type="ReferencesType", media=media.QUERY_REFERENCES)
class TaskReferences(References):
    pass


@wire("OrgVdcNetworkReference", type="ReferenceType")
class OrgVdcNetworkReference(QueryReference):
    pass


@wire(
    "OrgVdcNetworkReferences",
    type="ReferencesType",
    media=media.QUERY_REFERENCES,
)
class OrgVdcNetworkReferences(References):
    pass


@wire("VAppNetworkReference", type="ReferenceType")
class VAppNetworkReference(QueryReference):
    pass


@wire("VAppNetworkReferences", type="ReferencesType", media=media.QUERY_REFERENCES)
class VAppNetworkReferences(References):
    pass


@wire("DiskReference", type="ReferenceType")
class DiskReference(QueryReference):
    pass


@wire("DiskReferences", type="ReferencesType", media=media.QUERY_REFERENCES)
class DiskReferences(References):
    pass


@wire("OrgVdcStorageProfileReference", type="ReferenceType")
class OrgVdcStorageProfileReference(QueryReference):
    pass


@wire(
    "OrgVdcStorageProfileReferences",
    type="ReferencesType",
    media=media.QUERY_REFERENCES,
)
class OrgVdcStorageProfileReferences(References):
    pass


@wire("UserReference", type="ReferenceType")
class UserReference(QueryReference):
    pass


@wire("UserReferences", type="ReferencesType", media=media.QUERY_REFERENCES)
class UserReferences(References):
    pass


@wire("EdgeGatewayReference", type="ReferenceType")
class EdgeGatewayReference(QueryReference):
    pass


@wire("EdgeGatewayReferences", type="ReferencesType", media=media.QUERY_REFERENCES)
class EdgeGatewayReferences(References):
    pass
