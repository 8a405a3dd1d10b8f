"""The cloud, organizations, users, roles and rights as administrators see them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from orgs.models import Org, Right, Role, User
from ssvirt.api.hrefs import KINDS, Hrefs, entity_urn
from ssvirt.api.represent import entity_link, link, reference
from ssvirt.wire import media, rels
from ssvirt.wire import types as w

PRODUCT: Final = "10.4.0.20079017 Thu Jul 28 08:32:37 UTC 2022"
"""Version and date of the VCD release whose API we serve; clients parse it. Source: go-clients.md 1.6."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrgContent:
    """What an organization's admin document lists, as far as the one who asks may see it."""

    users: Sequence[User]
    roles: Sequence[Role]
    rights: Sequence[Right]
    catalogs: list[w.Reference]
    vdcs: list[w.Reference]
    networks: list[w.Reference]


def cloud_document(
    orgs: Sequence[Org],
    roles: Sequence[Role],
    rights: Sequence[Right],
    provider_vdcs: list[w.Reference],
    hrefs: Hrefs,
) -> w.VCloud:
    """The root of the admin view. Source: vCloudEntities.xsd VCloudType."""
    return w.VCloud(
        href=hrefs.at("/api/admin/"),
        type=media.ADMIN,
        name="VMware Cloud Director",
        description=PRODUCT,
        organization_references=w.OrganizationReferences(
            organization_references=[
                w.OrganizationReference(
                    href=hrefs.of("adminOrg", org.pk),
                    id=entity_urn("adminOrg", org.pk),
                    type=KINDS["adminOrg"].media,
                    name=org.name,
                )
                for org in orgs
            ]
        ),
        provider_vdc_references=w.ProviderVdcReferences(provider_vdc_references=provider_vdcs),
        right_references=w.RightReferences(
            right_references=[reference(hrefs, "right", right.pk, right.name) for right in rights]
        ),
        role_references=w.RoleReferences(
            role_references=[reference(hrefs, "role", role.pk, role.name) for role in roles]
        ),
        networks=w.Networks(),
    )


def admin_org_document(org: Org, content: OrgContent, hrefs: Hrefs) -> w.AdminOrg:
    """All members that clients read unchecked are there, if only empty. Source: go-clients.md 2.1 and 6.1."""
    href = hrefs.of("adminOrg", org.pk)
    return w.AdminOrg(
        href=href,
        id=entity_urn("adminOrg", org.pk),
        type=KINDS["adminOrg"].media,
        name=org.name,
        links=[
            link(rels.DOWN, hrefs.at(f"/api/tasksList/{org.pk}"), media.TASKS_LIST),
            link(rels.DOWN, f"{href}/metadata", media.METADATA),
            entity_link(hrefs, rels.ALTERNATE, "org", org.pk),
        ],
        description=org.description,
        full_name=org.full_name or org.name,
        is_enabled=org.is_enabled,
        settings=org_settings(org, hrefs),
        users=w.UsersList(
            user_references=[reference(hrefs, "user", user.pk, user.username) for user in content.users]
        ),
        groups=w.GroupsList(),
        catalogs=w.CatalogsList(catalog_references=content.catalogs),
        vdcs=w.Vdcs(vdcs=content.vdcs),
        networks=w.Networks(networks=content.networks),
        right_references=w.OrgRights(
            type=media.ORG_RIGHTS,
            right_references=[reference(hrefs, "right", right.pk, right.name) for right in content.rights],
        ),
        role_references=w.OrgRoles(
            type="application/vnd.vmware.admin.org.roles+xml",
            role_references=[reference(hrefs, "role", role.pk, role.name) for role in content.roles],
        ),
    )


def org_settings(org: Org, hrefs: Hrefs) -> w.OrgSettings:
    """Source: vCloudEntities.xsd OrgSettingsType; fixture-AdminOrg."""
    href = hrefs.of("adminOrg", org.pk, "/settings")
    return w.OrgSettings(
        href=href,
        type=media.ORG_SETTINGS,
        links=[
            link(rels.DOWN, f"{href}/{path}", _media_of(path)) for path in sorted(SETTINGS) if _media_of(path)
        ],
        org_general_settings=_general(org, hrefs),
        vapp_lease_settings=_vapp_lease(org, hrefs),
        vapp_template_lease_settings=_template_lease(org, hrefs),
        org_ldap_settings=_ldap(org, hrefs),
        org_password_policy_settings=_password_policy(org, hrefs),
    )


def _place(org: Org, hrefs: Hrefs, path: str) -> dict[str, str]:
    return {"href": hrefs.of("adminOrg", org.pk, f"/settings/{path}"), "type": _media_of(path)}


def _general(org: Org, hrefs: Hrefs) -> w.OrgGeneralSettings:
    return w.OrgGeneralSettings(
        **_place(org, hrefs, "general"),
        can_publish_catalogs=True,
        can_publish_externally=False,
        can_subscribe=False,
        deployed_vm_quota=0,
        stored_vm_quota=0,
        use_server_boot_sequence=False,
        delay_after_power_on_seconds=0,
        vdc_quota=0,
        vm_discovery_enabled=False,
    )


def _vapp_lease(org: Org, hrefs: Hrefs) -> w.OrgLeaseSettings:
    return w.OrgLeaseSettings(
        **_place(org, hrefs, "vAppLeaseSettings"),
        delete_on_storage_lease_expiration=org.is_deleted_on_expiry,
        deployment_lease_seconds=org.deployment_lease_s,
        storage_lease_seconds=org.storage_lease_s,
        power_off_on_runtime_lease_expiration=True,
    )


def _template_lease(org: Org, hrefs: Hrefs) -> w.OrgVAppTemplateLeaseSettings:
    return w.OrgVAppTemplateLeaseSettings(
        **_place(org, hrefs, "vAppTemplateLeaseSettings"),
        delete_on_storage_lease_expiration=org.is_deleted_on_expiry,
        storage_lease_seconds=org.template_lease_s,
    )


def _password_policy(org: Org, hrefs: Hrefs) -> w.OrgPasswordPolicySettings:
    return w.OrgPasswordPolicySettings(
        **_place(org, hrefs, "passwordPolicy"),
        account_lockout_enabled=False,
        invalid_logins_before_lockout=0,
        account_lockout_interval_minutes=0,
    )


def _ldap(org: Org, hrefs: Hrefs) -> w.OrgLdapSettings:
    return w.OrgLdapSettings(**_place(org, hrefs, "ldap"), org_ldap_mode="NONE")


def _email(org: Org, hrefs: Hrefs) -> w.OrgEmailSettings:
    return w.OrgEmailSettings(
        **_place(org, hrefs, "email"),
        is_default_smtp_server=True,
        is_default_org_email=True,
        from_email_address="",
        default_subject_prefix="",
        is_alert_email_to_all_admins=True,
    )


def _personalization(org: Org, hrefs: Hrefs) -> w.OrgGuestPersonalizationSettings:
    return w.OrgGuestPersonalizationSettings(
        **_place(org, hrefs, "guestPersonalizationSettings"), allow_domain_settings=False
    )


def _operation_limits(org: Org, hrefs: Hrefs) -> w.OrgOperationLimitsSettings:
    """0 is no limit."""
    return w.OrgOperationLimitsSettings(
        **_place(org, hrefs, "operationLimitsSettings"),
        consoles_per_vm_limit=0,
        operations_per_user=0,
        operations_per_org=0,
        queued_operations_per_user=0,
        queued_operations_per_org=0,
    )


SETTINGS: Final[dict[str, tuple[type[w.Resource], Callable[[Org, Hrefs], w.Resource]]]] = {
    "general": (w.OrgGeneralSettings, _general),
    "vAppLeaseSettings": (w.OrgLeaseSettings, _vapp_lease),
    "vAppTemplateLeaseSettings": (w.OrgVAppTemplateLeaseSettings, _template_lease),
    "passwordPolicy": (w.OrgPasswordPolicySettings, _password_policy),
    "ldap": (w.OrgLdapSettings, _ldap),
    "email": (w.OrgEmailSettings, _email),
    "guestPersonalizationSettings": (w.OrgGuestPersonalizationSettings, _personalization),
    "operationLimitsSettings": (w.OrgOperationLimitsSettings, _operation_limits),
}
"""Path below an organization's settings -> its type and what makes it."""


def _media_of(path: str) -> str:
    return SETTINGS[path][0].__wire__.media


def user_document(user: User, hrefs: Hrefs) -> w.User:
    """Needs role and organization loaded. A quota of 0 is none. Source: user.xsd UserType."""
    return w.User(
        href=hrefs.of("user", user.pk),
        id=entity_urn("user", user.pk),
        type=KINDS["user"].media,
        name=user.username,
        links=[entity_link(hrefs, rels.UP, "adminOrg", user.org_id, name=user.org.name)],
        description=user.description,
        full_name=user.full_name,
        email_address=user.email,
        is_enabled=user.is_enabled,
        is_locked=False,
        is_external=False,
        provider_type="INTEGRATED",
        is_group_role=False,
        stored_vm_quota=0,
        deployed_vm_quota=0,
        role=reference(hrefs, "role", user.role_id, user.role.name),
        group_references=w.GroupsList(),
    )


def role_document(role: Role, rights: Sequence[Right], hrefs: Hrefs) -> w.Role:
    """Source: user.xsd RoleType."""
    return w.Role(
        href=hrefs.of("role", role.pk),
        id=entity_urn("role", role.pk),
        type=KINDS["role"].media,
        name=role.name,
        description=role.description,
        right_references=w.RightReferences(
            right_references=[reference(hrefs, "right", right.pk, right.name) for right in rights]
        ),
    )


def right_document(right: Right, hrefs: Hrefs) -> w.Right:
    """The category is the part of the name before the colon. Source: user.xsd RightType."""
    category, _, _ = right.name.partition(":")
    return w.Right(
        href=hrefs.of("right", right.pk),
        id=entity_urn("right", right.pk),
        type=KINDS["right"].media,
        name=right.name,
        category=category,
        service_namespace="com.vmware.vcloud",
    )
