"""Query types of organizations, users, roles and rights."""

import uuid

from django.db.models import F, Func, Q, QuerySet, TextField, Value
from django.db.models.functions import Coalesce, NullIf

from orgs.metadata_queries import matching, reading
from orgs.models import Org, Right, Role, User
from orgs.rights import ALL_RIGHTS, Rights
from ssvirt.api.query import Column, QueryType, Source, constant, register_metadata, register_query
from ssvirt.core.tenancy import current_scope
from ssvirt.wire import types as w

_ORG = {
    "name": Column("name"),
    "displayName": Column(Coalesce(NullIf("full_name", Value("")), "name")),
    "isEnabled": Column("is_enabled", "flag"),
    "isReadOnly": Column("is_provider", "flag"),
    "canPublishCatalogs": constant(True),
    "canPublishExternally": constant(False),
    "publishToManagedOrgsAllowed": constant(False),
    "deployedVMQuota": constant(0),
    "storedVMQuota": constant(0),
    "numberOfGroups": constant(0),
}
_USER = {
    "name": Column("username"),
    "fullName": Column("full_name"),
    "isEnabled": Column("is_enabled", "flag"),
    "org": Column("org_id", "reference", "org"),
    "roleNames": Column("role__name"),
    "identityProviderType": constant("INTEGRATED"),
    "isLdapUser": constant(False),
    "isExternal": constant(False),
    "isLocked": constant(False),
    "deployedVMQuota": constant(0),
    "storedVMQuota": constant(0),
}
_ROLE = {
    "name": Column("name"),
    "description": Column("description"),
    "isReadOnly": Column("is_read_only", "flag"),
    # A predefined role serves every organization.
    "org": Column("org_id", "reference", "org", is_everyones=True),
    "orgName": Column("org__name", is_everyones=True),
}
_RIGHT = {
    "name": Column("name"),
    "category": Column(
        Func(F("name"), Value(":"), Value(1), function="split_part", output_field=TextField()), "text"
    ),
}


def _orgs() -> QuerySet[Org]:
    queryset: QuerySet[Org] = Org.objects.all()
    return queryset


def _users() -> QuerySet[User]:
    queryset: QuerySet[User] = User.objects.all()
    return queryset


def _roles() -> QuerySet[Role]:
    """All roles for the provider; for a tenant its own and the predefined ones."""
    scope = current_scope()
    if not isinstance(scope, uuid.UUID):
        return Role.objects.all()
    return Role.objects.filter(Q(org__isnull=True) | Q(org_id=scope), is_provider_only=False)


def _rights() -> QuerySet[Right]:
    """All rights for the provider; for a tenant those that its roles may hold."""
    if not isinstance(current_scope(), uuid.UUID):
        return Right.objects.all()
    return Right.objects.filter(name__in=ALL_RIGHTS)


def register() -> None:
    """Makes the types known; called when the app is ready."""
    register_metadata(matching=matching, reading=reading)
    register_query(
        QueryType(
            name="organization",
            record=w.OrgRecord,
            sources=(Source(kind="org", rows=_orgs, columns=_ORG),),
            references=w.OrgReferences,
            reference=w.OrgReference,
            has_metadata=True,
            provider_only=True,
        )
    )
    for name, user, is_admin in (("user", w.UserRecord, False), ("adminUser", w.AdminUserRecord, True)):
        register_query(
            QueryType(
                name=name,
                record=user,
                sources=(Source(kind="user", rows=_users, columns=_USER),),
                references=w.UserReferences,
                reference=w.UserReference,
                up="org",
                right=Rights.ADMINISTRATOR_VIEW,
                provider_only=is_admin,
            )
        )
    for name, role, is_admin in (("role", w.RoleRecord, False), ("adminRole", w.AdminRoleRecord, True)):
        register_query(
            QueryType(
                name=name,
                record=role,
                sources=(Source(kind="role", rows=_roles, columns=_ROLE),),
                references=w.QueryRoleReferences,
                reference=w.RoleReference,
                right=Rights.ADMINISTRATOR_VIEW,
                provider_only=is_admin,
            )
        )
    register_query(
        QueryType(
            name="right",
            record=w.RightRecord,
            sources=(Source(kind="right", rows=_rights, columns=_RIGHT),),
            references=w.QueryRightReferences,
            reference=w.RightReference,
            right=Rights.ADMINISTRATOR_VIEW,
        )
    )
