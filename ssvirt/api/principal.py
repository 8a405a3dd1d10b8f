"""Who is asking: made by the registered authenticator, handed to views and services."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from django.http import HttpRequest

from ssvirt.core.errors import Forbidden


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """A signed-in user. `rights` are names; the System Administrator's set holds every right there is."""

    user_id: uuid.UUID
    user_name: str
    org_id: uuid.UUID
    org_name: str
    org_full_name: str
    is_provider: bool
    role_id: uuid.UUID
    role_name: str
    rights: frozenset[str]
    has_all_rights: bool
    session_id: uuid.UUID
    request_id: str = ""

    def may(self, right: str) -> bool:
        return self.has_all_rights or right in self.rights

    def require(self, right: str, *, what: str, target: object = None) -> None:
        """Raises Forbidden in VCD's words when the right is missing. Source: vcd-api.md 3.3."""
        if not self.may(right):
            where = f" for {target}" if target else ""
            raise Forbidden(
                f"[ {self.request_id} ] Either you need some or all of the following rights [{right}] "
                f"to perform operations [{what}]{where} or the target entity is invalid."
            )


_principal: ContextVar[Principal | None] = ContextVar("ssvirt_principal", default=None)


def current_principal() -> Principal | None:
    """Whose request is being answered; None outside requests: in the worker, the watch and commands.

    The base view sets it together with the tenant scope, without which nothing of a tenant can be read.
    """
    return _principal.get()


@contextmanager
def acting_as(principal: Principal) -> Iterator[None]:
    """Everything inside is done for `principal`; the one before is put back at the end."""
    token = _principal.set(principal)
    try:
        yield
    finally:
        _principal.reset(token)


Authenticator = Callable[[HttpRequest], Principal | None]
_authenticator: Authenticator | None = None


def set_authenticator(authenticator: Authenticator) -> None:
    """Registers what turns a request into a Principal (called once, by the app that owns sessions)."""
    global _authenticator
    _authenticator = authenticator


def authenticate(request: HttpRequest) -> Principal | None:
    """The principal of the request's token; None without a valid one."""
    if _authenticator is None:
        raise RuntimeError("no authenticator is registered")
    return _authenticator(request)
