"""Passwords of guest customization: kept encrypted, given to the cluster's Secret, shown to nobody but as VCD
shows a generated one.
"""

import json
import secrets
from dataclasses import asdict, dataclass, field, replace
from typing import Self

from ssvirt.core import crypto
from vapps.models import Vm


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestSecrets:
    """The administrator's password, and that of the user who joins the guest to its domain."""

    admin: str | None = field(default=None, repr=False)
    domain: str | None = field(default=None, repr=False)

    @classmethod
    def of(cls, vm: Vm) -> Self:
        if vm.guest_secrets is None:
            return cls()
        return cls(**json.loads(crypto.decrypt(bytes(vm.guest_secrets))))

    def with_new(self, *, admin: str | None, domain: str | None) -> Self:
        """These, with what is given in place of what was."""
        return replace(self, admin=admin or self.admin, domain=domain or self.domain)

    def sealed(self) -> bytes | None:
        if self.admin is None and self.domain is None:
            return None
        return crypto.encrypt(json.dumps(asdict(self)).encode())


def generated_password() -> str:
    """For AdminPasswordAuto. Letters, digits, hyphen and underscore; some of each kind that guests ask for."""
    return f"{secrets.token_urlsafe(12)}aA1-"
