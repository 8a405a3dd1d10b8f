"""`make run` for real: what it prints, survives and leaves behind."""

import http.client
import json
import os
import shutil
import signal
import ssl
import stat
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from tests.embedded.running import READY_TIMEOUT_S, Stack, is_within, running, start, state_folder

pytestmark = [pytest.mark.real_processes, pytest.mark.xdist_group("make run")]

CHILDREN = ("valkey-server", "emulator", "web", "web-tls", "worker", "watch", "console")


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    home = state_folder()
    yield home
    shutil.rmtree(home.parent, ignore_errors=True)


@pytest.fixture(scope="module")
def stack(home: Path) -> Iterator[Stack]:
    with running(home) as stack:
        yield stack


def status_of(url: str, path: str, certificate: Path | None = None) -> int:
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 0
    if parts.scheme == "https":
        context = ssl.create_default_context(cafile=str(certificate))
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            host, port, timeout=10, context=context
        )
    else:
        connection = http.client.HTTPConnection(host, port, timeout=10)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


def processes_of(home: Path) -> list[str]:
    """Command lines that name the state folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and int(entry.name) != os.getpid():
            try:
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                environ = (entry / "environ").read_bytes().split(b"\0")
            except OSError:
                continue
            if str(home) in command or f"SSVIRT_HOME={home}".encode() in environ:
                found.append(command)
    return found


def wait_until_up(stack: Stack, timeout_s: float = 30) -> None:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        try:
            if status_of(stack.url, "/readyz") == 200:
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise AssertionError(stack.logs())


def test_first_start_is_ready_within_a_minute(stack: Stack) -> None:
    assert is_within(stack.ready_after_s, 60)


def test_page_tells_addresses_accounts_and_commands(stack: Stack) -> None:
    page = "".join(stack.lines)

    for wanted in (stack.url, stack.tls_url, stack.kubeconfig, "vcd login", "curl", "kubectl"):
        assert wanted in page
    for user in ("administrator", "alice", "bob", "carol", "dave"):
        assert f"{user} " in page
        assert stack.password(user) in page


def test_credentials_are_private_and_complete(stack: Stack) -> None:
    content = stack.credentials

    assert stat.S_IMODE((stack.home / "credentials.json").stat().st_mode) == 0o600
    assert {(each["org"], each["user"]) for each in content["accounts"]} == {
        ("System", "administrator"),
        ("acme", "alice"),
        ("acme", "bob"),
        ("acme", "carol"),
        ("globex", "dave"),
    }
    assert {"accounts", "url", "tls_url", "kubeconfig"} == set(content)


def test_each_part_is_a_process_of_its_own(stack: Stack) -> None:
    pids = [stack.child(name) if name != "valkey-server" else 0 for name in CHILDREN]

    assert len(set(pids)) == len(CHILDREN)


def test_both_ports_answer_and_the_certificate_is_good(stack: Stack) -> None:
    certificate = stack.home / "tls" / "cert.pem"

    assert status_of(stack.url, "/readyz") == 200
    assert status_of(stack.tls_url, "/readyz", certificate) == 200
    assert status_of(stack.tls_url, "/api/versions", certificate) == 200


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_https_speaks_tls(stack: Stack, version: ssl.TLSVersion) -> None:
    context = ssl.create_default_context(cafile=str(stack.home / "tls" / "cert.pem"))
    context.minimum_version = context.maximum_version = version
    parts = urlsplit(stack.tls_url)
    connection = http.client.HTTPSConnection(parts.hostname or "", parts.port, timeout=10, context=context)

    connection.request("GET", "/healthz")

    assert connection.getresponse().status == 200
    connection.close()


def test_kubectl_works_with_the_kubeconfig(stack: Stack) -> None:
    if shutil.which("kubectl") is None:
        assert yaml.safe_load(Path(stack.kubeconfig).read_text())["clusters"]
        pytest.skip("note: kubectl is not here")
    done = subprocess.run(
        ["kubectl", "--kubeconfig", stack.kubeconfig, "get", "ns,vm,vmi,dv", "-A", "-o", "name"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=os.environ | {"HOME": str(stack.home)},
    )

    assert done.returncode == 0, done.stderr
    for vdc in ("vdc-acme-acme-vdc", "vdc-acme-acme-vdc-2", "vdc-globex-globex-vdc"):
        assert f"namespace/{vdc}" in done.stdout.splitlines()


def test_second_start_on_the_folder_is_refused_with_one_line(stack: Stack, home: Path) -> None:
    second = start(home)

    assert second.process.wait(30) == 1
    assert len(second.lines) == 1
    assert "is used by another `make run`" in second.lines[0]


@pytest.mark.parametrize("name", ["worker", "watch", "web", "web-tls", "console", "emulator"])
def test_killed_child_is_started_again_and_reported(stack: Stack, name: str) -> None:
    pid = stack.child(name)

    os.kill(pid, signal.SIGKILL)

    stack.said(f"{name} (process {pid}) was killed by SIGKILL")
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            if stack.child(name) != pid:
                break
        except LookupError:
            pass
        time.sleep(0.05)
    assert stack.child(name) != pid
    wait_until_up(stack)


def test_killed_postgres_is_started_again_and_reported(stack: Stack) -> None:
    pid = int((stack.home / "postgres" / "data" / "postmaster.pid").read_text().split()[0])

    os.kill(pid, signal.SIGKILL)

    stack.said("postgres ended; starting it again")
    wait_until_up(stack)


def test_state_survives_restart_and_kill(home: Path, stack: Stack) -> None:
    """A clean stop leaves nothing running; a kill leaves PostgreSQL only, which the next start adopts."""
    password = stack.password("alice")
    before = namespaces(stack)
    assert stack.stop() == 0
    assert processes_of(home) == []

    again = start(home)
    again.said("kubectl --kubeconfig", READY_TIMEOUT_S)
    ready_after_s = time.monotonic() - again.started_at
    again.process.kill()
    again.process.wait()

    with running(home) as third:
        assert any("adopted the running PostgreSQL" in line for line in third.lines)
        assert third.password("alice") == password
        assert namespaces(third) == before
    assert third.process.returncode == 0
    assert processes_of(home) == []
    assert is_within(ready_after_s, 15)


def namespaces(stack: Stack, timeout_s: float = 60) -> dict[str, str]:
    """Name and uid of the namespaces in the emulator: an object made anew would have another uid."""
    config = yaml.safe_load(Path(stack.kubeconfig).read_text())
    context = ssl._create_unverified_context()
    parts = urlsplit(config["clusters"][0]["cluster"]["server"])
    headers = {"Authorization": f"Bearer {config['users'][0]['user'].get('token', '')}"}
    deadline = time.monotonic() + timeout_s
    while True:
        connection = http.client.HTTPSConnection(
            parts.hostname or "", parts.port, timeout=10, context=context
        )
        try:
            connection.request("GET", "/api/v1/namespaces", headers=headers)
            items = json.loads(connection.getresponse().read())["items"]
            return {each["metadata"]["name"]: each["metadata"]["uid"] for each in items}
        except OSError:  # it was killed by an earlier test and starts again
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        finally:
            connection.close()
