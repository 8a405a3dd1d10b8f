"""`manage.py create_administrator`."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from orgs.models import User
from ssvirt.core.tenancy import ALL, acting_for

pytestmark = pytest.mark.django_db


def test_command_when_run_then_a_system_administrator_who_may_enter_the_portal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSVIRT_ADMIN_PASSWORD", "a long enough one")
    said = StringIO()
    call_command("create_administrator", "root", stdout=said)
    assert "root@system" in said.getvalue()
    with acting_for(ALL):
        user = User.objects.select_related("org", "role").get(login="root@system")
    assert user.is_staff
    assert user.check_password("a long enough one")


@pytest.mark.parametrize(("password", "reason"), [("short", "too short"), ("", "SSVIRT_ADMIN_PASSWORD")])
def test_command_when_the_password_is_weak_or_missing_then_refused(
    monkeypatch: pytest.MonkeyPatch, password: str, reason: str
) -> None:
    monkeypatch.setenv("SSVIRT_ADMIN_PASSWORD", password)
    with pytest.raises(CommandError, match=reason):
        call_command("create_administrator", "root")
    with acting_for(ALL):
        assert not User.objects.filter(username="root").exists()


def test_command_when_the_name_is_taken_then_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSVIRT_ADMIN_PASSWORD", "a long enough one")
    call_command("create_administrator", "root", stdout=StringIO())
    with pytest.raises(CommandError, match="already exists"):
        call_command("create_administrator", "root")
