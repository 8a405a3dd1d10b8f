"""The server around the API: TLS, tokens, health, faults, records, limits, restart, live controllers, the command."""

import contextlib
import json
import os
import signal
import socket
import ssl
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import urllib3
import yaml
from kubernetes import client

from compute.emulator import Emulator, Timings
from compute.emulator.values import Json

from .conftest import Kube, config_map, sub_path, vm_manifest, vm_path, vmi_path

MAPS = "/api/v1/namespaces/demo/configmaps"
ROOT = Path(__file__).parents[3]


def plain(emulator: Emulator) -> urllib3.PoolManager:
    return urllib3.PoolManager(ca_certs=str(emulator.ca_file), retries=False)


def until(check: object, timeout_s: float = 10.0) -> None:
    """Wait, without long sleeps, until the check holds."""
    deadline = time.monotonic() + timeout_s
    while not check():  # type: ignore[operator]
        assert time.monotonic() < deadline, "it did not happen"
        threading.Event().wait(0.02)


def test_health_version_and_metrics_need_no_token(emulator: Emulator) -> None:
    pool = plain(emulator)
    for path in ("/healthz", "/livez", "/readyz", "/readyz?verbose"):
        assert pool.request("GET", emulator.url + path).data == b"ok"
    assert json.loads(pool.request("GET", emulator.url + "/version/").data)["major"] == "1"
    text = pool.request("GET", emulator.url + "/metrics").data.decode()
    assert "ssvirt_emulator_objects " in text
    assert 'ssvirt_emulator_requests_total{method="GET",code="200"}' in text


@pytest.mark.parametrize("header", [None, "Bearer wrong", "Basic YTpi", "Bearer "])
def test_requests_without_the_token_get_401(emulator: Emulator, header: str | None) -> None:
    headers = {"Authorization": header} if header else {}
    answer = plain(emulator).request("GET", emulator.url + "/api/v1/namespaces", headers=headers)
    body = json.loads(answer.data)
    assert (answer.status, body["kind"], body["reason"], body["code"]) == (401, "Status", "Unauthorized", 401)


def test_certificate_is_checked_against_our_own_authority(emulator: Emulator) -> None:
    with pytest.raises(urllib3.exceptions.SSLError):
        urllib3.PoolManager(retries=False).request("GET", emulator.url + "/healthz")


def test_old_tls_is_refused(emulator: Emulator) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    host, port = emulator.url.removeprefix("https://").split(":")
    with (
        socket.create_connection((host, int(port)), timeout=5) as raw,
        pytest.raises(OSError, match=r"(?i)ssl|tls|reset"),
    ):
        context.wrap_socket(raw)


def test_kubeconfig_and_keys_are_private(emulator: Emulator) -> None:
    folder = emulator.kubeconfig.parent
    for name in ("kubeconfig", "token", "ca.key", "server.key"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600, name
    parsed = yaml.safe_load(emulator.kubeconfig.read_text())
    assert parsed["clusters"][0]["cluster"]["server"] == emulator.url
    assert parsed["users"][0]["user"]["token"] == emulator.token


def test_requests_are_recorded_but_not_the_emulators_own(kube: Kube, emulator: Emulator, demo: str) -> None:
    emulator.requests.clear()
    kube.post(vm_path(), vm_manifest())
    emulator.settle()
    recorded = list(emulator.requests)
    assert [(entry.method, entry.path, entry.user_agent) for entry in recorded] == [
        ("POST", vm_path(), "tester/1.0")
    ]


def test_faults_fail_as_often_as_asked(kube: Kube, emulator: Emulator, demo: str) -> None:
    emulator.faults.add(method="POST", path_regex="configmaps", status=500, times=2)
    assert [kube.post(MAPS, config_map()).status for _ in range(3)] == [500, 500, 201]
    emulator.faults.add(status=429, reason="TooManyRequests", times=None)
    assert kube.get(MAPS).json["reason"] == "TooManyRequests"
    emulator.faults.clear()
    assert kube.get(MAPS).status == 200


def test_fault_when_it_drops_then_no_answer_and_no_effect(kube: Kube, emulator: Emulator, demo: str) -> None:
    emulator.faults.add(method="POST", path_regex="configmaps", drop=True)
    pool = plain(emulator)
    headers = {"Authorization": f"Bearer {emulator.token}", "Content-Type": "application/json"}
    with pytest.raises(urllib3.exceptions.HTTPError):
        pool.request("POST", emulator.url + MAPS, headers=headers, body=json.dumps(config_map()))
    assert kube.get(f"{MAPS}/cm1").status == 404


def test_fault_when_it_delays_then_the_answer_comes_late(kube: Kube, emulator: Emulator, demo: str) -> None:
    emulator.faults.add(latency_s=0.15)
    before = time.monotonic()
    assert kube.get(MAPS).status == 200
    assert time.monotonic() - before >= 0.15


def test_body_when_too_large_or_malformed_then_refused(kube: Kube, emulator: Emulator, demo: str) -> None:
    pool = plain(emulator)
    headers = {"Authorization": f"Bearer {emulator.token}", "Content-Type": "application/json"}
    large = json.dumps(config_map(a="x" * (3 * 1024 * 1024)))
    assert pool.request("POST", emulator.url + MAPS, headers=headers, body=large).status == 413
    assert pool.request("POST", emulator.url + MAPS, headers=headers, body="{").status == 400
    assert pool.request("POST", emulator.url + MAPS, headers=headers, body="[]").status == 400
    wrong = {**headers, "Content-Type": "application/xml"}
    assert pool.request("POST", emulator.url + MAPS, headers=wrong, body="<a/>").status == 415


def test_body_when_chunked_or_yaml_then_read(kube: Kube, emulator: Emulator, demo: str) -> None:
    pool = plain(emulator)
    headers = {"Authorization": f"Bearer {emulator.token}", "Content-Type": "application/yaml"}
    text = yaml.safe_dump(config_map("yaml", a="1")).encode()
    parts = (text[i : i + 7] for i in range(0, len(text), 7))
    answer = pool.request("POST", emulator.url + MAPS, headers=headers, body=parts, chunked=True)
    assert answer.status == 201
    assert kube.get(f"{MAPS}/yaml").json["data"] == {"a": "1"}


def test_connection_is_kept_alive(emulator: Emulator) -> None:
    connection = urllib3.HTTPSConnectionPool(
        "127.0.0.1", int(emulator.url.rsplit(":", 1)[1]), ca_certs=str(emulator.ca_file), maxsize=1
    )
    for _ in range(5):
        assert connection.request("GET", "/healthz").status == 200
    assert connection.num_connections == 1


def test_handshake_when_client_is_silent_then_others_are_served(emulator: Emulator) -> None:
    host, port = emulator.url.removeprefix("https://").split(":")
    with socket.create_connection((host, int(port)), timeout=5):
        assert plain(emulator).request("GET", emulator.url + "/healthz", timeout=2).status == 200


def test_reviews_allow_everything(kube: Kube) -> None:
    review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": {}}
    answer = kube.post("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", review)
    assert (answer.status, answer.json["status"]["allowed"]) == (201, True)
    assert kube.get("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews").status == 405


def test_discovery_lists_groups_and_subresources(kube: Kube) -> None:
    groups = {group["name"]: group for group in kube.get("/apis").json["groups"]}
    assert groups["kubevirt.io"]["preferredVersion"]["version"] == "v1"
    assert {"subresources.kubevirt.io", "k8s.ovn.org", "cdi.kubevirt.io"} <= set(groups)
    names = {resource["name"] for resource in kube.get("/apis/kubevirt.io/v1").json["resources"]}
    assert "virtualmachines/status" in names
    assert "virtualmachineinstances/status" not in names
    calls = {resource["name"] for resource in kube.get("/apis/subresources.kubevirt.io/v1").json["resources"]}
    assert {"virtualmachines/start", "virtualmachineinstances/vnc"} <= calls
    assert kube.get("/apis/kubevirt.io").json["versions"][0]["version"] == "v1"
    document = kube.get("/openapi/v3/apis/kubevirt.io/v1").json
    assert document["paths"]["/apis/kubevirt.io/v1/namespaces/{namespace}/virtualmachines"]["post"]


def test_reset_brings_the_seed_back(kube: Kube, emulator: Emulator, demo: str) -> None:
    kube.delete("/apis/storage.k8s.io/v1/storageclasses/silver")
    kube.patch("/api/v1/nodes/node-1", {"spec": {"unschedulable": True}})
    emulator.settle()
    version = int(kube.get("/api/v1/nodes").json["metadata"]["resourceVersion"])
    emulator.reset()
    assert kube.get("/api/v1/namespaces/demo").status == 404
    assert kube.get("/apis/storage.k8s.io/v1/storageclasses/silver").status == 200
    assert "unschedulable" not in kube.get("/api/v1/nodes/node-1").json["spec"]
    assert int(kube.get("/api/v1/nodes").json["metadata"]["resourceVersion"]) > version
    assert emulator.settle() <= 5


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Emulator]:
    """An emulator whose controllers run in their own thread, over HTTPS."""
    made = Emulator(state_dir=tmp_path, timings=Timings().scaled(50))
    made.start()
    yield made
    made.stop()


def test_live_controllers_bring_a_vm_up_and_down(live: Emulator) -> None:
    kube = Kube(live)
    kube.namespace()
    names = [f"vm{number}" for number in range(5)]
    for name in names:
        assert kube.post(vm_path(), vm_manifest(name)).status == 201
        until(lambda name=name: "status" in kube.get(vm_path(name)).json)
        assert kube.put(sub_path(name, "start")).status == 202

    def printable() -> set[str]:
        return {item["status"]["printableStatus"] for item in kube.get(vm_path()).json["items"]}

    until(lambda: printable() == {"Running"})
    until(lambda: all(_has_agent(vmi) for vmi in kube.get(vmi_path()).json["items"]))
    for name in names:
        assert kube.put(sub_path(name, "stop"), {"gracePeriod": 0}).status == 202
    until(lambda: printable() == {"Stopped"})
    kube.delete("/api/v1/namespaces/demo")
    until(lambda: kube.get("/api/v1/namespaces/demo").status == 404)


def _has_agent(vmi: Json) -> bool:
    return any(c["type"] == "AgentConnected" for c in vmi["status"].get("conditions", []))


def test_stop_ends_open_watches(tmp_path: Path) -> None:
    made = Emulator(state_dir=tmp_path, timings=Timings.instant())
    made.start()
    kube = Kube(made)
    url = f"{made.url}/api/v1/namespaces?watch=true"
    response = kube.api.rest_client.pool_manager.request(
        "GET", url, headers={"Authorization": f"Bearer {made.token}"}, preload_content=False
    )
    assert response.status == 200
    made.stop()
    with contextlib.suppress(urllib3.exceptions.HTTPError):
        for _ in response.stream():
            pass


def test_certificates_and_token_survive_a_restart(tmp_path: Path) -> None:
    first = Emulator(state_dir=tmp_path, timings=Timings.instant())
    first.start(controllers=False)
    before = {
        p.name: p.read_bytes()
        for p in tmp_path.iterdir()
        if p.suffix in {".crt", ".key"} or p.name == "token"
    }
    first.stop()
    second = Emulator(state_dir=tmp_path, timings=Timings.instant())
    second.start(controllers=False)
    assert {name: (tmp_path / name).read_bytes() for name in before} == before
    second.stop()


def test_command_serves_until_it_is_told_to_stop(tmp_path: Path) -> None:
    environ = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "DJANGO_SETTINGS_MODULE": "tests.compute.emulator.bare_settings",
    }
    command = [
        sys.executable,
        "-m",
        "django",
        "emulator",
        "--state-dir",
        str(tmp_path),
        "--port",
        "0",
        "--speed",
        "0",
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ, cwd=ROOT)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("emulator ready at https://127.0.0.1:")
        url = line.split()[3].rstrip(",")
        pool = urllib3.PoolManager(ca_certs=str(tmp_path / "ca.crt"), retries=False)
        assert pool.request("GET", f"{url}/readyz").status == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
        assert process.stdout.read() == ""
    finally:
        process.kill()


def test_websocket_console_echoes(kube: Kube, emulator: Emulator, demo: str) -> None:
    kube.post(vm_path(), vm_manifest())
    emulator.settle()
    kube.put(sub_path("vm1", "start"))
    emulator.settle()
    context = ssl.create_default_context(cafile=str(emulator.ca_file))
    host, port = emulator.url.removeprefix("https://").split(":")
    with (
        socket.create_connection((host, int(port)), timeout=5) as raw,
        context.wrap_socket(raw, server_hostname=host) as tls,
    ):
        tls.sendall(
            f"GET {sub_path('vm1', 'console', vmi=True)} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\n"
            f"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            f"Sec-WebSocket-Protocol: plain.kubevirt.io\r\nAuthorization: Bearer {emulator.token}\r\n\r\n".encode()
        )
        data = b""
        while b"login: " not in data:
            data += tls.recv(4096)
        head, _, rest = data.partition(b"\r\n\r\n")
        assert b"101 " in head.splitlines()[0]
        assert b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in head
        assert rest[0] == 0x82


def test_official_client_reports_our_version(kube: Kube) -> None:
    assert client.VersionApi(kube.api).get_code().major == "1"
