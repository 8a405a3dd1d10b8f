"""pyvcloud 23.0.4, as a script uses it. The jobs are in pyvcloud_jobs.py, run by the clients' own Python."""

import json
from collections.abc import Callable
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest

from tests.clients.stack import MARKS, Programs
from tests.embedded.running import Stack

pytestmark = list(MARKS)

JOBS = Path(__file__).with_name("pyvcloud_jobs.py")
OFF, ON = 8, 4


@pytest.fixture
def job(stack: Stack, clients: Path, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Runs a job by name; what it saw."""

    def run(name: str, **changes: str) -> dict[str, Any]:
        access = {"url": stack.url, "org": "acme", "user": "bob", "password": stack.password("bob")}
        done = Programs(tmp_path, clients).run(
            str(clients / "python"), str(JOBS), name, stdin=json.dumps(access | changes)
        )
        assert done.returncode == 0, done.stderr
        return dict(json.loads(done.stdout))

    return run


def test_vapp_runs_stops_starts_and_goes(job: Callable[..., dict[str, Any]]) -> None:
    seen = job("line")

    assert seen["version"] == "36.0"
    assert "one" not in seen["before"]
    assert "one" in seen["during"]
    assert IPv4Address("10.10.0.100") <= IPv4Address(seen["address"]) <= IPv4Address("10.10.0.199")
    assert seen["states"] == [ON, OFF, ON, OFF]
    assert seen["tasks"] == ["success"] * 5
    assert "one" not in seen["after"]
    assert seen["is_gone"]


def test_template_with_two_vms(job: Callable[..., dict[str, Any]]) -> None:
    seen = job("pair")

    assert seen["created"] == seen["deleted"] == "success"
    assert seen["state"] == ON
    assert seen["vms"] == {"web": ON, "db": ON}


def test_token_is_worthless_after_logout(job: Callable[..., dict[str, Any]]) -> None:
    seen = job("used_token")

    assert seen["org"] == "acme"
    assert {"again", "taken_up"} <= seen.keys()


@pytest.mark.parametrize("changes", [{"password": "wrong"}, {"user": "nobody"}, {"org": "nowhere"}])
def test_wrong_credentials_are_refused(job: Callable[..., dict[str, Any]], changes: dict[str, str]) -> None:
    seen = job("wrong_password", **changes)

    assert seen["exception"] == "UnauthorizedException"
    assert seen["message"]
