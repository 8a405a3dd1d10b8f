"""`manage.py create_administrator`: the first account of an installation."""

import getpass
import os
import sys
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from orgs.models import PROVIDER_ORG, SYSTEM_ADMINISTRATOR, Org
from orgs.selectors import predefined_role
from orgs.services import user_create
from ssvirt.core.errors import DuplicateName
from ssvirt.core.tenancy import ALL, acting_for


class Command(BaseCommand):
    help = (
        "Creates a System Administrator in the provider's organization. The password is SSVIRT_ADMIN_PASSWORD, "
        "or asked for on a terminal."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--full-name", default="")
        parser.add_argument("--email", default="")

    def handle(self, *args: Any, **options: Any) -> None:
        password = os.environ.get("SSVIRT_ADMIN_PASSWORD") or _asked()
        try:
            validate_password(password)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        with acting_for(ALL):
            try:
                user = user_create(
                    org=Org.objects.get(name=PROVIDER_ORG),
                    username=options["username"],
                    password=password,
                    role=predefined_role(SYSTEM_ADMINISTRATOR),
                    full_name=options["full_name"],
                    email=options["email"],
                )
            except DuplicateName as error:
                raise CommandError(error.message) from None
        self.stdout.write(f"Created {user.login}.")


def _asked() -> str:
    if not sys.stdin.isatty():
        raise CommandError("Set SSVIRT_ADMIN_PASSWORD, or run this on a terminal.")
    password = getpass.getpass("Password: ")
    if password != getpass.getpass("Password (again): "):
        raise CommandError("The two passwords differ.")
    return password
