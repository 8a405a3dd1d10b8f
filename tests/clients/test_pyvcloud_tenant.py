"""pyvcloud 23.0.4: a tenant's work, with what each call has to give. The jobs are in pyvcloud_tenant_jobs.py."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.clients.stack import MARKS, Programs
from tests.embedded.running import Stack

pytestmark = list(MARKS)

JOBS = Path(__file__).with_name("pyvcloud_tenant_jobs.py")
DONE = "success"
MIXED, OFF, RESOLVED = 10, 8, 1
FIRST_RANGE = "10.66.0.10-10.66.0.19"

Job = Callable[..., dict[str, Any]]


class StartsWith:
    """Equal to every string that starts so."""

    def __init__(self, start: str) -> None:
        self.start = start

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and other.startswith(self.start)

    def __repr__(self) -> str:
        return f"{self.start}..."

    __hash__ = None  # type: ignore[assignment]


@pytest.fixture
def job(stack: Stack, clients: Path, tmp_path: Path) -> Job:
    """Runs a job by name; what its calls gave."""

    def run(name: str, user: str = "alice", org: str = "acme", url: str = "") -> dict[str, Any]:
        access = {"url": url or stack.url, "org": org, "user": user, "password": stack.password(user)}
        done = Programs(tmp_path, clients).run(
            str(clients / "python"), str(JOBS), name, stdin=json.dumps(access)
        )
        assert done.returncode == 0, done.stderr
        return dict(json.loads(done.stdout))

    return run


def test_client_and_org(job: Job) -> None:
    assert job("client_and_org") == {
        "versions": ["35.0", "35.2", "36.0", "36.1", "36.2", "36.3", "37.0"],
        "is_sysadmin": False,
        "orgs": ["acme"],
        "org": "acme",
        "no_org": StartsWith("EntityNotFoundException"),
        "user": "bob",
        "admin": "VCloud",
        "pages": 5,
        "page": [5, 1, None],
        "unique": "fedora",
        "not_unique": StartsWith("MultipleRecordsException"),
        "missing": StartsWith("MissingRecordException"),
        "sorted": ["web-and-db", "ubuntu", "tools.iso", "fedora", "centos-stream"],
        "fields": ["href", "name"],
        "name": "acme",
        "vdcs": ["acme-vdc", "acme-vdc-2"],
        "vdc": "acme-vdc-2",
        "no_vdc": None,
        "catalogs": ["linux"],
        "catalog": "linux",
        "admin_catalog": "linux",
        "items": ["centos-stream", "fedora", "tools.iso", "ubuntu", "web-and-db"],
        "item": "tools.iso",
        "template": "fedora",
        "users": ["alice", "bob", "carol"],
        "one_user": "carol",
        "roles": True,
        "role": "vApp Author",
        "rights": True,
        "catalog_access": {"everyone": "ReadOnly"},
        "set": DONE,
        "removed": DONE,
        "kept": {"b": "2"},
        "value": "2",
        "templates": ["centos-stream", "fedora", "ubuntu", "web-and-db"],
        "media": ["tools.iso"],
        "profiles": ["gold", "silver"],
        "profile": "silver",
        "default_profile": "gold",
        "gateways": 1,
        "policies": True,
        # The client's names of link types 2 and 1, an isolated and a routed network.
        "networks": {"acme-isolated": "DLR_UPLINK", "acme-net": "INDEPENDENT"},
        "vdc_access": {"everyone": "ReadOnly"},
        "unfinished": True,
    }


def test_networks_and_disks(job: Job) -> None:
    assert job("networks_and_disks") == {
        "network": DONE,
        "edited": DONE,
        "description": "second",
        "pool": DONE,
        "ranges": [FIRST_RANGE, "10.66.0.30-10.66.0.39"],
        "modified": DONE,
        "new_ranges": [FIRST_RANGE, "10.66.0.30-10.66.0.35"],
        "dns": "10.66.0.2",
        "less": DONE,
        "first_range": [FIRST_RANGE],
        "metadata": DONE,
        "value": "blue",
        "no_metadata": DONE,
        "entries": {},
        "is_routed": False,
        "deleted": DONE,
        "gone": StartsWith("EntityNotFoundException"),
        "disk": DONE,
        "found": "py-disk",
        "listed": ["py-disk"],
        "ids": [True],
        "updated": DONE,
        "updated_disk": ["2048", "6", "VirtualSCSI"],
        "disk_text": "second",
        "given": None,
        "owner": "bob",
        "disk_deleted": DONE,
        "no_disk": StartsWith("EntityNotFoundException"),
    }


@pytest.mark.slow
def test_vapp_and_vm(job: Job) -> None:
    assert job("vapp_and_vm") == {
        "created": DONE,
        "empty": [RESOLVED, 0],
        "added": DONE,
        "vms": ["a", "b"],
        "off": True,
        "deployed": DONE,
        "on": [True, True, True],
        "addresses": [StartsWith("10.10.0.1")] * 2,
        "password": "secret-1",
        "made_password": True,
        "network_names": ["acme-net", 1],
        "hardware": [{"num_cpus": 1, "num_cores_per_socket": 1}, 2048],
        "allocated": [["IP Address", "Is Deployed", "Type"]],
        "suspended": DONE,
        "mixed": [MIXED, True, True],
        "resumed": DONE,
        "rebooted": DONE,
        "reset": DONE,
        "shut_down": DONE,
        "undeployed": DONE,
        "cannot": StartsWith("OperationNotSupportedException: Can't power off vApp."),
        "renamed": DONE,
        "hostname": DONE,
        "new_hostname": "c-host",
        "cpu": DONE,
        "memory": DONE,
        "new_hardware": [{"num_cpus": 4, "num_cores_per_socket": 2}, 3072],
        "disk": DONE,
        "disks": [30 << 30, 1 << 30],
        "config": DONE,
        "new_config": "web",
        "connected": DONE,
        "nic": DONE,
        "nics": [[0, True, "acme-net"], [1, False, "acme-isolated"]],
        "no_nic": DONE,
        "nics_left": [[1, True]],
        "no_nics": DONE,
        "new_nic": DONE,
        "new_nics": [[0, True]],
        "set": DONE,
        "number": DONE,
        "not_number": StartsWith("BadRequestException"),
        "entries": {"text": "a & b <c>", "other": "é", "count": "7"},
        "removed": DONE,
        "entries_left": ["count", "text"],
        "lease": DONE,
        "new_lease": [3600, 7200],
        "shared": {"everyone": "ReadOnly"},
        "given": {"everyone": "ReadOnly", "bob": "Change"},
        "taken": {"everyone": "ReadOnly"},
        "unshared": {},
        "snapshot": DONE,
        "has_snapshot": "false",
        "reverted": DONE,
        "no_snapshot": DONE,
        "deleted_vm": DONE,
        "vms_left": ["c"],
        "edited": DONE,
        "text": "second",
        "deleted": DONE,
    }


def test_cloudapi(job: Job) -> None:
    assert job("cloudapi") == {
        "whose": ["alice", "acme", ["Organization Administrator"]],
        "status": 200,
        "networks": ["acme-isolated", "acme-net"],
        "capabilities": "Capabilities",
        "policies": 1,
        "tags": 0,
        "refused": StartsWith("AccessForbiddenException"),
        "task": ["vdcComposeVapp", "open"],
        "waited": None,
        "vapp": ["open", "in JSON", RESOLVED],
        "link": True,
        "found": [1, ["open"]],
        "deleted": "vdcDeleteVapp",
        "gone": None,
    }


def test_short_job_over_https(job: Job, stack: Stack) -> None:
    seen = job("short", "bob", url=stack.tls_url)

    assert seen == {"org": "acme", "created": DONE, "found": "short", "deleted": DONE}


@pytest.mark.slow
def test_administrator_of_the_provider(job: Job) -> None:
    assert job("provider", "administrator", "System") == {
        "is_sysadmin": True,
        "orgs": ["System", "acme", "globex"],
        "users": ["alice", "bob", "carol"],
        "roles": True,
        "vdcs": ["acme-vdc", "acme-vdc-2"],
        "href": True,
        "made": DONE,
        "vm": "fedora",
        "listed": ["ops"],
        "metadata": DONE,
        "value": "gold",
        "no_metadata": DONE,
        "deleted": DONE,
    }
