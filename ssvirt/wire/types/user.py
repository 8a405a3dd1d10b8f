"""Users, groups, roles, rights.

Source: user.xsd, vCloudEntities.xsd.
"""

from __future__ import annotations

from ssvirt.wire import media
from ssvirt.wire.schema import elem, elems, wire
from ssvirt.wire.types.entity import Entity, Reference, Resource, VCloudExtensible


@wire("GroupsList")
class GroupsList(VCloudExtensible):
    group_references: list[Reference] = elems("GroupReference")


@wire("User", media=media.ADMIN_USER)
class User(Entity):
    full_name: str | None = elem("FullName")
    email_address: str | None = elem("EmailAddress")
    telephone: str | None = elem("Telephone")
    is_enabled: bool | None = elem("IsEnabled")
    is_locked: bool | None = elem("IsLocked")
    im: str | None = elem("IM")
    name_in_source: str | None = elem("NameInSource")
    is_alert_enabled: bool | None = elem("IsAlertEnabled")
    alert_email_prefix: str | None = elem("AlertEmailPrefix")
    alert_email: str | None = elem("AlertEmail")
    is_external: bool | None = elem("IsExternal")
    provider_type: str | None = elem("ProviderType")
    is_default_cached: bool | None = elem("IsDefaultCached")
    is_group_role: bool | None = elem("IsGroupRole")
    stored_vm_quota: int | None = elem("StoredVmQuota")
    deployed_vm_quota: int | None = elem("DeployedVmQuota")
    role: Reference | None = elem("Role")
    password: str | None = elem("Password")
    group_references: GroupsList | None = elem("GroupReferences")


@wire("UsersList")
class UsersList(VCloudExtensible):
    user_references: list[Reference] = elems("UserReference")


@wire("Group", media=media.ADMIN_GROUP)
class Group(Entity):
    name_in_source: str | None = elem("NameInSource")
    users_list: UsersList | None = elem("UsersList")
    provider_type: str | None = elem("ProviderType")
    role: Reference | None = elem("Role")


@wire("RightReferences")
class RightReferences(VCloudExtensible):
    right_references: list[Reference] = elems("RightReference")


@wire("Role", media=media.ADMIN_ROLE)
class Role(Entity):
    right_references: RightReferences | None = elem("RightReferences")


@wire("Right", media=media.RIGHT)
class Right(Entity):
    right_type: str | None = elem("RightType")
    category: str | None = elem("Category")
    bundle_key: str | None = elem("BundleKey")
    service_namespace: str | None = elem("ServiceNamespace")


@wire("RoleReferences")
class RoleReferences(VCloudExtensible):
    role_references: list[Reference] = elems("RoleReference")


@wire("OrgRights", type="OrganizationRightsType", media=media.ORG_RIGHTS)
class OrgRights(Resource):
    right_references: list[Reference] = elems("RightReference")


@wire("OrgRoles", type="OrganizationRolesType", media=media.ORG_RIGHTS)
class OrgRoles(Resource):
    role_references: list[Reference] = elems("RoleReference")
