"""Reading organizations, roles and sessions; who sees what inside an organization."""

import uuid

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from orgs.access import sees_everything, visible, visible_when_open
from orgs.models import SYSTEM_ADMINISTRATOR, Org, Right, Role, Session, User
from ssvirt.api.principal import Principal
from ssvirt.core.errors import NotFound
from ssvirt.core.tenancy import acting_for

__all__ = [
    "org_get",
    "org_list",
    "predefined_role",
    "right_get",
    "rights_of",
    "rights_there_are",
    "role_get",
    "roles_of",
    "sees_everything",
    "session_get",
    "session_get_own",
    "user_get",
    "users_of",
    "visible",
    "visible_when_open",
]


def org_get(org_id: uuid.UUID) -> Org:
    """The organization. Raises NotFound, also for a foreign one."""
    org: Org | None = Org.objects.filter(pk=org_id).first()
    if org is None:
        raise NotFound(f"The organization {org_id} does not exist.")
    return org


def org_list() -> QuerySet[Org]:
    """Organizations of the scope: all for the provider, one for a tenant."""
    queryset: QuerySet[Org] = Org.objects.order_by("name")
    return queryset


def orgs_with_counts() -> QuerySet[Org]:
    """Organizations of the scope; `user_count` is how many users each has."""
    users = User.objects.filter(org=OuterRef("pk")).order_by().values("org").annotate(number=Count("pk"))
    queryset: QuerySet[Org] = org_list().annotate(user_count=Coalesce(Subquery(users.values("number")), 0))
    return queryset


def org_with_counts(org_id: uuid.UUID) -> Org:
    """A row of `orgs_with_counts`. Raises NotFound."""
    found = orgs_with_counts().filter(pk=org_id).first()
    if found is None:
        raise NotFound(f"The organization {org_id} does not exist.")
    return found


def predefined_role(name: str) -> Role:
    """The predefined role of that name."""
    return Role.objects.get(org__isnull=True, name=name)


def user_get(user_id: uuid.UUID) -> User:
    """The user. Raises NotFound."""
    user: User | None = User.objects.select_related("org", "role").filter(pk=user_id).first()
    if user is None:
        raise NotFound(f"The user {user_id} does not exist.")
    return user


def users_of(org_id: uuid.UUID) -> list[User]:
    """The users of an organization, with what a reference to one shows."""
    return list(User.objects.filter(org_id=org_id).order_by("username").only("id", "username"))


def roles_of(org_id: uuid.UUID) -> list[Role]:
    """The roles that users of the organization may have: its own and the predefined ones."""
    roles = Role.objects.filter(Q(org__isnull=True) | Q(org_id=org_id))
    if not Org.objects.filter(pk=org_id, is_provider=True).exists():
        roles = roles.filter(is_provider_only=False)
    return list(roles.order_by("name"))


def role_get(role_id: uuid.UUID) -> Role:
    """A predefined role, or one of the scope's organizations. Raises NotFound."""
    in_sight = Q(org__isnull=True) | Q(org__in=Org.objects.all())
    role = Role.objects.filter(in_sight, pk=role_id).first()
    if role is None:
        raise NotFound(f"The role {role_id} does not exist.")
    return role


def rights_of(role: Role) -> list[Right]:
    """The rights of a role; the System Administrator's are all there are."""
    is_all = role.org_id is None and role.name == SYSTEM_ADMINISTRATOR
    return rights_there_are() if is_all else list(role.rights.order_by("name"))


def rights_there_are() -> list[Right]:
    return list(Right.objects.order_by("name"))


def right_get(right_id: uuid.UUID) -> Right:
    """Raises NotFound."""
    right = Right.objects.filter(pk=right_id).first()
    if right is None:
        raise NotFound(f"The right {right_id} does not exist.")
    return right


def session_get(session_id: uuid.UUID) -> Session:
    """A live session with its user, role and organization. Raises NotFound."""
    session: Session | None = (
        Session.objects.select_related("user__org", "user__role")
        .filter(pk=session_id, revoked_at__isnull=True)
        .first()
    )
    if session is None:
        raise NotFound(f"The session {session_id} does not exist.")
    return session


def session_get_own(principal: Principal) -> Session:
    """The principal's own session, whatever tenant it acts in."""
    with acting_for(principal.org_id):
        return session_get(principal.session_id)
