"""Apache Libcloud 3.9.1, its vCloud driver at 1.5 and 5.5. The jobs are in libcloud_jobs.py."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.clients.stack import MARKS, Programs
from tests.embedded.running import Stack

pytestmark = list(MARKS)

JOBS = Path(__file__).with_name("libcloud_jobs.py")
TIMEOUT_S = 400  # the driver asks for a task every 5 s

Jobs = Callable[..., dict[str, dict[str, Any]]]


@pytest.fixture
def at_both_versions(stack: Stack, clients: Path, tmp_path: Path) -> Jobs:
    """Runs a job twice at the same time, at 1.5 over HTTPS and at 5.5 over HTTP; what each saw."""

    def run(name: str) -> dict[str, dict[str, Any]]:
        processes: dict[str, subprocess.Popen[str]] = {}
        for version, url in (("1.5", stack.tls_url), ("5.5", stack.url)):
            process = Programs(tmp_path, clients).start(str(clients / "python"), str(JOBS), name)
            access = {"url": url, "org": "acme", "user": "alice", "password": stack.password("alice")}
            assert process.stdin is not None
            process.stdin.write(json.dumps(access | {"api_version": version, "name": f"node-{version}"}))
            process.stdin.close()
            process.stdin = None
            processes[version] = process
        seen = {}
        for version, process in processes.items():
            try:
                said, trouble = process.communicate(timeout=TIMEOUT_S)
            finally:
                process.kill()
            assert process.returncode == 0, trouble
            seen[version] = dict(json.loads(said))
        return seen

    return run


def test_lists_queries_metadata_and_access(at_both_versions: Jobs) -> None:
    for version, seen in at_both_versions("short").items():
        assert seen == {
            "version": f"application/*+xml;version={version}",
            "locations": ["localhost"],
            "sizes": 9,
            "images": ["centos-stream", "fedora", "ubuntu", "web-and-db"],
            "vdcs": ["acme-vdc", "acme-vdc-2"],
            "capacity": ["MHz", "MB", "AllocationVApp"],
            "networks": ["acme-isolated", "acme-net"],
            "missing": None,
            "state": "stopped",
            "extra": {"vdc": "acme-vdc", "description": "A & B"},
            "vms": [["db", "web"], ["stopped"] * 2, ["centos9_64Guest", "fedora64Guest"]],
            "listed": True,
            "listed_in_vdc": True,
            "found": True,
            "record": ["VAppRecord", f"node-{version}", "POWERED_OFF", "acme-vdc", "2"],
            "machines": ["web", "db"],
            "page": 1,
            "words": ["vApp Author"],
            "holders": True,
            "described": None,
            "metadata": {"role": "a & b"},
            "access": [None, []],
            "share": None,
            "shared": ["ReadOnly", [["user", "carol", "Change"]]],
            "unshare": None,
            "unshared": [None, []],
            "destroyed": True,
        }


@pytest.mark.slow
def test_node_from_creation_to_destruction(at_both_versions: Jobs) -> None:
    snapshots = {"snapshots": 1, "reverted": 1, "no_snapshots": []}
    for version, seen in at_both_versions("node").items():
        assert seen == {
            "made": ["running", ["first"], ["running"]],
            "addresses": ["10.10.0"],
            "hardware": [2, 1024, 1],
            "rebooted": True,
            "ticket": ["host", "port", "ticket", "vmx"] if version == "5.5" else None,
            "suspended": ["pending"],  # the driver's word for suspended
            "powered_on": "running",
            "powered_off": "stopped",
            "deployed": "running",
            "shut_down": "stopped",
            "undeployed": "stopped",
            "cpu": None,
            "memory": None,
            "disk": None,
            "new_hardware": [4, 2048, 2],
            **(snapshots if version == "5.5" else {}),
            "clone": ["stopped", ["first"], f"Clone of node-{version}"],
            "clone_address": 1,
            "clone_destroyed": True,
            "destroyed": True,
            "left": [],
        }


def test_wrong_password_is_refused(at_both_versions: Jobs) -> None:
    expected = {"exception": "InvalidCredsError"}

    assert at_both_versions("wrong_password") == {"1.5": expected, "5.5": expected}
