"""Query references of extension services and their parts: elements that differ in name only.

Source: queryReferenceView.xsd.
"""

from __future__ import annotations

from ssvirt.wire import media
from ssvirt.wire.schema import wire
from ssvirt.wire.types.query import QueryReference, References


@wire("AclRuleReference", type="ReferenceType")
class AclRuleReference(QueryReference):
    pass


@wire("AclRuleReferences", type="ReferencesType", media=media.QUERY_REFERENCES)
class AclRuleReferences(References):
    pass


@wire("AdminApiDefinitionReference", type="ReferenceType")
class AdminApiDefinitionReference(QueryReference):
    pass


@wire("AdminApiDefinitionReferences", type="ReferencesType", media=media.QUERY_REFERENCES)
class AdminApiDefinitionReferences(References):
    pass


@wire("AdminFileDescriptorReference", type="ReferenceType")
class AdminFileDescriptorReference(QueryReference):
    pass


@wire("AdminFileDescriptorReferences", type="ReferencesType", media=media.QUERY_REFERENCES)
class AdminFileDescriptorReferences(References):
    pass


@wire("AdminServiceReference", type="ReferenceType")
class AdminServiceReference(QueryReference):
    pass


@wire("AdminServiceReferences", type="ReferencesType", media=media.QUERY_REFERENCES)
class AdminServiceReferences(References):
    pass


@wire("ApiDefinitionReference", type="ReferenceType")
class ApiDefinitionReference(QueryReference):
    pass


@wire("ApiDefinitionReferences", type="ReferencesType", media=media.QUERY_REFERENCES)
class ApiDefinitionReferences(References):
    pass


@wire("ApiFilterReference", type="ReferenceType")
class ApiFilterReference(QueryReference):
    pass


@wire("ApiFilterReferences", type="ReferencesType", media=media.QUERY_REFERENCES)
class ApiFilterReferences(References):
    pass


@wire("ResourceClassActionReference", type="ReferenceType")
class ResourceClassActionReference(QueryReference):
    pass


@wire("ResourceClassActionReferences", type="ReferencesType", media=media.QUERY_REFERENCES)
class ResourceClassActionReferences(References):
    pass


@wire("ResourceClassReference", type="ReferenceType")
class ResourceClassReference(QueryReference):
    pass


@wire("ResourceClassReferences", type="ReferencesType", media=media.QUERY_REFERENCES)
class ResourceClassReferences(References):
    pass


@wire("ServiceLinkReference", type="ReferenceType")
class ServiceLinkReference(QueryReference):
    pass


@wire("ServiceLinkReferences", type="ReferencesType", media=media.QUERY_REFERENCES)
class ServiceLinkReferences(References):
    pass


@wire("ServiceReference", type="ReferenceType")
class ServiceReference(QueryReference):
    pass


@wire("ServiceReferences", type="ReferencesType", media=media.QUERY_REFERENCES)
class ServiceReferences(References):
    pass


@wire("ServiceResourceResourceReference", type="ReferenceType")
class ServiceResourceResourceReference(QueryReference):
    pass


@wire("ServiceResourceResourceReferences", type="ReferencesType", media=media.QUERY_REFERENCES)
class ServiceResourceResourceReferences(References):
    pass
