"""Organizations as administrators see them, and the root of the admin view.

Source: vCloudEntities.xsd.
"""

from __future__ import annotations

from ssvirt.wire import media
from ssvirt.wire.schema import elem, elems, wire
from ssvirt.wire.types.entity import Entity, Reference, Resource, VCloudExtensible
from ssvirt.wire.types.org import Org
from ssvirt.wire.types.org_ldap import OrgEmailSettings, OrgLdapSettings
from ssvirt.wire.types.org_settings import (
    OrgGeneralSettings,
    OrgLeaseSettings,
    OrgOperationLimitsSettings,
    OrgPasswordPolicySettings,
    OrgVAppTemplateLeaseSettings,
)
from ssvirt.wire.types.org_sso import OrgFederationSettings, OrgOAuthSettings
from ssvirt.wire.types.user import GroupsList, OrgRights, OrgRoles, RightReferences, RoleReferences, UsersList
from ssvirt.wire.types.vdc_template import VdcTemplates


@wire("OrgSettings", media=media.ORG_SETTINGS)
class OrgSettings(Resource):
    org_general_settings: OrgGeneralSettings | None = elem("OrgGeneralSettings")
    vapp_lease_settings: OrgLeaseSettings | None = elem("VAppLeaseSettings")
    vapp_template_lease_settings: OrgVAppTemplateLeaseSettings | None = elem("VAppTemplateLeaseSettings")
    org_ldap_settings: OrgLdapSettings | None = elem("OrgLdapSettings")
    org_email_settings: OrgEmailSettings | None = elem("OrgEmailSettings")
    org_password_policy_settings: OrgPasswordPolicySettings | None = elem("OrgPasswordPolicySettings")
    org_operation_limits_settings: OrgOperationLimitsSettings | None = elem("OrgOperationLimitsSettings")
    org_federation_settings: OrgFederationSettings | None = elem("OrgFederationSettings")
    org_oauth_settings: OrgOAuthSettings | None = elem("OrgOAuthSettings")


@wire("CatalogsList")
class CatalogsList(VCloudExtensible):
    catalog_references: list[Reference] = elems("CatalogReference")


@wire("Vdcs")
class Vdcs(VCloudExtensible):
    vdcs: list[Reference] = elems("Vdc")


@wire("Networks")
class Networks(VCloudExtensible):
    networks: list[Reference] = elems("Network")


@wire("OrgAssociationMember", type="OrgAssociationType", media=media.ORG_ASSOCIATION_MEMBER)
class OrgAssociationMember(Resource):
    site_id: str | None = elem("SiteId")
    org_id: str | None = elem("OrgId")
    site_name: str | None = elem("SiteName")
    org_name: str | None = elem("OrgName")
    org_public_key: str | None = elem("OrgPublicKey")
    status: str | None = elem("Status")


@wire("OrgAssociations", media=media.ORG_ASSOCIATIONS)
class OrgAssociations(Resource):
    org_association_members: list[OrgAssociationMember] = elems("OrgAssociationMember")


@wire("AdminOrg", media=media.ADMIN_ORG)
class AdminOrg(Org):
    settings: OrgSettings | None = elem("Settings")
    users: UsersList | None = elem("Users")
    groups: GroupsList | None = elem("Groups")
    catalogs: CatalogsList | None = elem("Catalogs")
    vdcs: Vdcs | None = elem("Vdcs")
    vdc_templates: VdcTemplates | None = elem("VdcTemplates")
    networks: Networks | None = elem("Networks")
    org_associations: OrgAssociations | None = elem("OrgAssociations")
    right_references: OrgRights | None = elem("RightReferences")
    role_references: OrgRoles | None = elem("RoleReferences")
    role_template_references: RoleReferences | None = elem("RoleTemplateReferences")


@wire("OrganizationReference")
class OrganizationReference(Reference):
    pass


@wire("OrganizationReferences")
class OrganizationReferences(VCloudExtensible):
    organization_references: list[OrganizationReference] = elems("OrganizationReference")


@wire("ProviderVdcReferences")
class ProviderVdcReferences(VCloudExtensible):
    provider_vdc_references: list[Reference] = elems("ProviderVdcReference")


@wire("VCloud", media=media.ADMIN)
class VCloud(Entity):
    organization_references: OrganizationReferences | None = elem("OrganizationReferences")
    provider_vdc_references: ProviderVdcReferences | None = elem("ProviderVdcReferences")
    right_references: RightReferences | None = elem("RightReferences")
    role_references: RoleReferences | None = elem("RoleReferences")
    networks: Networks | None = elem("Networks")
