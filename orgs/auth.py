"""Signing in, tokens, and the authenticator that turns a request into a Principal."""

import uuid
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import jwt
from django.conf import settings
from django.http import HttpRequest

from orgs.models import PROVIDER_ORG, SYSTEM_ADMINISTRATOR, Org, Role, Session, User
from ssvirt.api.principal import Principal
from ssvirt.core import clock
from ssvirt.core.errors import Unauthorized
from ssvirt.core.tenancy import ALL, acting_for

_ALGORITHM = "HS256"
_ISSUER = "ssvirt"


def split_login(text: str) -> tuple[str, str]:
    """(`user`, `org`) of `user@org`; the last @ separates. Without one the organization is empty.

    Source: resolutions.md 3.12.
    """
    user, at, org = text.rpartition("@")
    return (user, org) if at else (text, "")


def user_verified(*, login: str, password: str) -> User:
    """The enabled user of that name and password. Raises Unauthorized.

    An unknown user costs the same time as a known one: a hash is computed either way.
    """
    with acting_for(ALL):
        user = _find_user(login)
        if user is None:
            User().set_password(password)
            raise Unauthorized("The user name or password is not correct.")
        if not user.check_password(password) or not user.is_active:
            raise Unauthorized("The user name or password is not correct.")
        return user


def _find_user(login: str) -> User | None:
    users = User.objects.select_related("org", "role")
    found: User | None = users.filter(login=login.lower()).first()
    if found is None:
        # The dialect of the stock web UI signs in without an organization: a name that is unique will do.
        named = list(users.filter(username__iexact=login)[:2])
        found = named[0] if len(named) == 1 else None
    return found


def session_open(*, user: User, client_address: str, user_agent: str) -> tuple[Session, str]:
    """A new session and its token."""
    expires_at = clock.now() + timedelta(seconds=settings.JWT_TOKEN_EXPIRY_S)
    with acting_for(user.org_id):
        session = Session.objects.create(
            org_id=user.org_id,
            user=user,
            expires_at=expires_at,
            client_address=client_address[:64],
            user_agent=user_agent[:256],
        )
    claims = {
        "iss": _ISSUER,
        "sub": user.login,
        "jti": str(session.pk),
        "iat": int(clock.now().timestamp()),
        "exp": int(expires_at.timestamp()),
    }
    return session, jwt.encode(claims, settings.JWT_SECRET_KEY, algorithm=_ALGORITHM)


def token_of(request: HttpRequest) -> str:
    """The token a request carries: Authorization first, then the two VCD headers (the part before a comma).

    Source: resolutions.md 2.9, go-clients.md 1.3.
    """
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and value.strip():
        return str(value.split(",")[0].strip())
    for header in ("X-VMWARE-VCLOUD-ACCESS-TOKEN", "X-VCLOUD-AUTHORIZATION"):
        if given := request.headers.get(header):
            return str(given.split(",")[0].strip())
    return ""


def _session_id(token: str) -> uuid.UUID | None:
    """The session named by a token of ours that is signed, unexpired and complete; else None."""
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            settings.JWT_SECRET_KEY,
            algorithms=[_ALGORITHM],
            issuer=_ISSUER,
            options={"require": ["exp", "jti", "sub"], "verify_exp": False},
        )
        if datetime.fromtimestamp(claims["exp"], UTC) <= clock.now():
            return None
        return uuid.UUID(claims["jti"])
    except (jwt.InvalidTokenError, ValueError, TypeError, OverflowError, OSError):
        return None


def authenticate(request: HttpRequest) -> Principal | None:
    """The principal of the request's token, by one indexed query; None without a live session."""
    token = token_of(request)
    session_id = _session_id(token) if token else None
    if session_id is None:
        return None
    with acting_for(ALL):
        session = (
            Session.objects.select_related("user__role", "user__org")
            .filter(pk=session_id, revoked_at__isnull=True)
            .first()
        )
        if session is None or not session.user.is_active:
            return None
        return principal_of(session.user, session_id, request_id=getattr(request, "vcd_request_id", ""))


def principal_of(user: User, session_id: uuid.UUID, *, request_id: str = "") -> Principal:
    """The Principal of a user whose role and organization are loaded."""
    org: Org = user.org
    role: Role = user.role
    return Principal(
        user_id=user.pk,
        user_name=user.username,
        org_id=org.pk,
        org_name=org.name,
        org_full_name=org.full_name,
        is_provider=org.is_provider,
        role_id=role.pk,
        role_name=role.name,
        rights=_rights_of(role.pk, role.updated_at),
        has_all_rights=org.is_provider and role.name == SYSTEM_ADMINISTRATOR,
        session_id=session_id,
        request_id=request_id,
    )


@lru_cache(maxsize=1024)
def _rights_of(role_id: uuid.UUID, updated_at: datetime) -> frozenset[str]:
    """Names of a role's rights; a changed role has another `updated_at`, so the cache never serves old
    ones.
    """
    return frozenset(Role.objects.filter(pk=role_id).values_list("rights__name", flat=True)) - {None}


class AdminBackend:
    """Django's authentication backend for the admin portal: `user@org` (the provider's organization by
    default).
    """

    def authenticate(
        self, request: Any, username: str | None = None, password: str | None = None
    ) -> User | None:
        if not username or password is None:
            return None
        login = username if "@" in username else f"{username}@{PROVIDER_ORG}"
        try:
            return user_verified(login=login, password=password)
        except Unauthorized:
            return None

    def get_user(self, user_id: Any) -> User | None:
        with acting_for(ALL):
            user: User | None = User.objects.select_related("org", "role").filter(pk=user_id).first()
            return user if user is not None and user.is_active else None
