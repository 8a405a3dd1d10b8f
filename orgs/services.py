"""Writing organizations, users and sessions; what other apps register and write of access and metadata."""

import uuid
from datetime import timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import IntegrityError, transaction

from orgs.access import EntityAccess, access_forget, access_move, access_share, access_to, require_access
from orgs.entities import Acl, EntityKind, Owning, register_entity
from orgs.metadata import metadata_forget, metadata_move
from orgs.models import Org, Role, Session, User, org_name_validator, user_name_validator
from ssvirt.api.principal import Principal
from ssvirt.core import clock
from ssvirt.core.database import violated
from ssvirt.core.errors import BadRequest, DuplicateName
from ssvirt.core.tenancy import acting_for

__all__ = [
    "Acl",
    "EntityAccess",
    "EntityKind",
    "Owning",
    "access_forget",
    "access_move",
    "access_share",
    "access_to",
    "metadata_forget",
    "metadata_move",
    "org_create",
    "register_entity",
    "require_access",
    "session_end",
    "session_end_own",
    "sessions_purge",
    "user_create",
    "user_set_password",
    "user_update",
]


def _check(validator: RegexValidator, name: str) -> None:
    try:
        validator(name)
    except ValidationError as error:
        raise BadRequest(" ".join(error.messages)) from None


def org_create(*, name: str, full_name: str = "", description: str = "") -> Org:
    """A new, enabled organization. Raises BadRequest (name), DuplicateName."""
    _check(org_name_validator, name)
    try:
        with transaction.atomic():
            org: Org = Org.objects.create(name=name, full_name=full_name or name, description=description)
    except IntegrityError as error:
        if violated(error) in ("orgs_org_name_key", "orgs_org_name_ci"):
            raise DuplicateName(name) from None
        raise
    return org


def user_create(
    *,
    org: Org,
    username: str,
    password: str,
    role: Role,
    full_name: str = "",
    email: str = "",
    description: str = "",
    is_enabled: bool = True,
) -> User:
    """A new user. Raises BadRequest (name), DuplicateName."""
    _check(user_name_validator, username)
    user = User(
        org=org,
        username=username,
        login=f"{username}@{org.name}".lower(),
        role=role,
        full_name=full_name,
        email=email,
        description=description,
        is_enabled=is_enabled,
    )
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError as error:
        if violated(error) in ("orgs_user_login_key", "orgs_user_name"):
            raise DuplicateName(username) from None
        raise
    return user


def user_update(*, user: User, password: str = "") -> None:
    """Writes a changed user: the login follows organization and name; a new password or a block ends the sessions.

    Raises DuplicateName.
    """
    user.login = f"{user.username}@{user.org.name}".lower()
    if password:
        user.set_password(password)
    try:
        with transaction.atomic():
            user.save(force_update=True)
            if password or not user.is_enabled:
                Session.objects.filter(user=user, revoked_at__isnull=True).update(revoked_at=clock.now())
    except IntegrityError as error:
        if violated(error) in ("orgs_user_login_key", "orgs_user_name"):
            raise DuplicateName(user.username) from None
        raise


def user_set_password(*, user: User, password: str) -> None:
    """Changes the password and ends the user's sessions."""
    user.set_password(password)
    with transaction.atomic():
        user.save(update_fields=["password"])
        Session.objects.filter(user=user, revoked_at__isnull=True).update(revoked_at=clock.now())


def session_end(*, session_id: uuid.UUID) -> None:
    """Ends a session: its token is refused from now on, by every process."""
    Session.objects.filter(pk=session_id, revoked_at__isnull=True).update(revoked_at=clock.now())


def session_end_own(*, principal: Principal) -> None:
    """Signs the principal out; also a provider's user who acts in a tenant, where that session is out of sight."""
    with acting_for(principal.org_id):
        session_end(session_id=principal.session_id)


def sessions_purge() -> int:
    """Deletes sessions that expired before the retention setting's time."""
    horizon = clock.now() - timedelta(days=settings.SESSION_RETENTION_DAYS)
    gone, _ = Session.objects.filter(expires_at__lt=horizon).delete()
    return int(gone)
