"""Reading organizations, roles and sessions."""

import uuid

from django.db.models import QuerySet

from orgs.models import Org, Role, Session, User
from ssvirt.api.principal import Principal
from ssvirt.core.errors import NotFound
from ssvirt.core.tenancy import acting_for


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


def predefined_role(name: str) -> Role:
    """The predefined role of that name."""
    return Role.objects.get(org__isnull=True, name=name)


def user_get(user_id: uuid.UUID) -> User:
    """The user. Raises NotFound."""
    user: User | None = User.objects.select_related("org", "role").filter(pk=user_id).first()
    if user is None:
        raise NotFound(f"The user {user_id} does not exist.")
    return user


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
