"""The processes of `make run` die and stall for real, in the middle of an instantiation."""

import http.client
import json
import os
import shutil
import signal
import socket
import time
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from tests.clients.stack import Cluster
from tests.embedded.running import Stack, running, state_folder

pytestmark = [pytest.mark.real_processes, pytest.mark.xdist_group("faults")]

JSON = "application/*+json;version=37.0"
TASK_TIMEOUT_S = 90


class Tenant:
    """bob, by HTTP, in JSON."""

    def __init__(self, stack: Stack) -> None:
        self.base = stack.url
        basic = b64encode(f"bob@acme:{stack.password('bob')}".encode()).decode()
        headers = {"Accept": "application/json;version=37.0", "Authorization": f"Basic {basic}"}
        request = urllib.request.Request(
            f"{self.base}/cloudapi/1.0.0/sessions", method="POST", headers=headers
        )
        with urllib.request.urlopen(request, timeout=30) as response:
            self.token = response.headers["X-VMWARE-VCLOUD-ACCESS-TOKEN"]
        query = self.call("GET", "/api/query?type=vAppTemplate&filter=name==web-and-db")
        self.template = query["record"][0]["href"]
        self.vdc = self.call("GET", "/api/query?type=orgVdc&filter=name==acme-vdc")["record"][0]["href"]

    def call(self, method: str, url: str, body: Any = None) -> Any:
        request = urllib.request.Request(
            url if "://" in url else self.base + url,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Accept": JSON,
                "Authorization": f"Bearer {self.token}",
                "Content-Type": "application/vnd.vmware.vcloud.instantiateVAppTemplateParams+json",
            },
        )
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.load(response)

    def instantiate(self, name: str) -> tuple[str, str]:
        """(href of the vApp, href of its task)."""
        body = {"name": name, "source": {"href": self.template}, "deploy": True, "powerOn": True}
        vapp = self.call("POST", f"{self.vdc}/action/instantiateVAppTemplate", body)
        return vapp["href"], vapp["tasks"]["task"][0]["href"]

    def ended(self, task: str) -> str:
        """The status in which the task ends; waits for it."""
        deadline = time.monotonic() + TASK_TIMEOUT_S
        while (document := self.call("GET", task))["status"] in ("queued", "running"):
            assert time.monotonic() < deadline, document
            time.sleep(0.2)
        return str(document["status"])

    def delete(self, vapp: str) -> None:
        assert self.ended(self.call("DELETE", f"{vapp}?force=true")["href"]) == "success"


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """The service, with leases short enough to see a dead worker's task taken over."""
    home = state_folder()
    try:
        with running(home, SSVIRT_TASK_LEASE="5") as stack:
            yield stack
    finally:
        shutil.rmtree(home.parent, ignore_errors=True)


@pytest.fixture(scope="module")
def bob(stack: Stack) -> Tenant:
    return Tenant(stack)


def assert_runs_once(stack: Stack, bob: Tenant, vapp: str, task: str) -> None:
    """The task succeeds, with exactly one set of objects; afterwards everything goes."""
    assert bob.ended(task) == "success"
    cluster = Cluster(stack.kubeconfig)
    machines = cluster.machines(vapp.rpartition("vapp-")[2])
    assert len(machines) == 2
    running_once = {"vm": ["Running"] * 2, "vmi": ["Running"] * 2, "dv": ["Succeeded"] * 2}
    cluster.wait(machines, running_once)
    assert bob.call("GET", vapp)["status"] == 4
    bob.delete(vapp)
    cluster.wait(machines, {"vm": [], "vmi": [], "dv": []})


def kill(stack: Stack, child: str) -> None:
    """SIGKILL; the starter brings it back."""
    os.kill(stack.child(child), signal.SIGKILL)


MOMENTS_S = (0.0, 0.4, 1.2, 2.4, 3.6)
"""Import and boot take about two seconds each: these fall in every step of the operation."""


@pytest.mark.parametrize("child", ["worker", "watch"])
@pytest.mark.parametrize(
    "moment_s",
    [moment if moment == 0.4 else pytest.param(moment, marks=pytest.mark.slow) for moment in MOMENTS_S],
)
def test_instantiation_when_a_process_is_killed_then_succeeds_with_one_set_of_objects(
    stack: Stack, bob: Tenant, child: str, moment_s: float
) -> None:
    vapp, task = bob.instantiate(f"{child}-{moment_s}")
    time.sleep(moment_s)
    kill(stack, child)
    assert_runs_once(stack, bob, vapp, task)


def test_instantiation_when_everything_behind_the_api_is_killed_then_succeeds(
    stack: Stack, bob: Tenant
) -> None:
    vapp, task = bob.instantiate("all-of-it")
    time.sleep(0.5)
    for child in ("worker", "watch", "emulator"):
        kill(stack, child)
    assert_runs_once(stack, bob, vapp, task)


def test_broker_when_flushed_during_work_then_nothing_is_lost(stack: Stack, bob: Tenant) -> None:
    environ = Path(f"/proc/{stack.child('worker')}/environ").read_bytes().split(b"\0")
    url = next(entry for entry in environ if entry.startswith(b"REDIS_URL=")).partition(b"=")[2].decode()
    broker = redis.Redis.from_url(url)
    vapp, task = bob.instantiate("flushed")
    for _ in range(10):
        broker.flushall()
        time.sleep(0.2)
    assert_runs_once(stack, bob, vapp, task)


def test_broker_when_it_stalls_then_requests_answer_and_the_sweep_does_the_work(
    stack: Stack, bob: Tenant
) -> None:
    valkey = stack.child("valkey-server")
    os.kill(valkey, signal.SIGSTOP)
    try:
        started = time.monotonic()
        vapp, task = bob.instantiate("stalled")
        assert time.monotonic() - started < 1.0
        assert bob.ended(task) == "success"
    finally:
        os.kill(valkey, signal.SIGCONT)
    assert_runs_once(stack, bob, vapp, task)


def test_bodies_when_many_are_slow_then_everybody_else_is_served(stack: Stack, bob: Tenant) -> None:
    port = int(stack.url.rpartition(":")[2])
    slow = []
    try:
        for _ in range(60):
            connection = socket.create_connection(("127.0.0.1", port), timeout=5)
            connection.sendall(
                b"POST /cloudapi/1.0.0/sessions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n\r\nx"
            )
            slow.append(connection)
        for path in ("/healthz", "/readyz"):
            with urllib.request.urlopen(stack.url + path, timeout=5) as response:
                assert response.status == 200
        assert bob.call("GET", bob.vdc)["name"] == "acme-vdc"
    finally:
        for connection in slow:
            connection.close()


def test_body_when_chunked_then_read_like_any_other(stack: Stack, bob: Tenant) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", int(stack.url.rpartition(":")[2]), timeout=30)
    body = b'<ComposeVAppParams xmlns="http://www.vmware.com/vcloud/v1.5" name="chunky"/>'
    connection.request(
        "POST",
        bob.vdc.removeprefix(stack.url) + "/action/composeVApp",
        body=iter([body[:20], body[20:]]),
        headers={"Accept": JSON, "Authorization": f"Bearer {bob.token}", "Content-Type": "application/xml"},
        encode_chunked=True,
    )
    response = connection.getresponse()
    vapp = json.loads(response.read())
    assert (response.status, vapp["name"]) == (201, "chunky")
    bob.delete(vapp["href"].replace("127.0.0.1", "localhost"))
