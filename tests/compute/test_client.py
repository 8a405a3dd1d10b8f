"""The client's requests, and what it makes of a cluster's answers."""

import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes.client import ApiClient, Configuration

from compute.cluster import KINDS, ClusterClient, ClusterGone, client_for
from compute.cluster import client as client_module
from compute.cluster.connection import check_stored_kubeconfig
from compute.cluster.kinds import object_path
from compute.models import Cluster
from ssvirt.core.errors import (
    ClusterConflict,
    ClusterError,
    ClusterNotFound,
    ClusterRejected,
    ClusterUnavailable,
)
from tests.compute.http_server import HANG_UP, Answer, Request, Server, kubeconfig, kubeconfig_file
from tests.contract.spec import spec_dir

VM = {
    "apiVersion": "kubevirt.io/v1",
    "kind": "VirtualMachine",
    "metadata": {"name": "vm-1", "namespace": "n"},
    "spec": {"runStrategy": "Manual"},
}
VM_PATH = "/apis/kubevirt.io/v1/namespaces/n/virtualmachines/vm-1"
SUBRESOURCE = "/apis/subresources.kubevirt.io/v1/namespaces/n"

Serve = Callable[[Callable[[Request], Answer]], tuple[ClusterClient, Server]]


def client_of(url: str, **options: Any) -> ClusterClient:
    configuration = Configuration(host=url)
    configuration.api_key["BearerToken"] = "Bearer secret-token"
    return ClusterClient(ApiClient(configuration), **options)


@pytest.fixture
def serve() -> Iterator[Serve]:
    servers: list[Server] = []

    def start(script: Callable[[Request], Answer]) -> tuple[ClusterClient, Server]:
        servers.append(Server(script))
        return client_of(servers[-1].url), servers[-1]

    yield start
    for server in servers:
        server.stop()


def status(code: int, reason: str = "", message: str = "no", **details: Any) -> Answer:
    body = {"kind": "Status", "apiVersion": "v1", "code": code, "reason": reason, "message": message}
    return Answer(code, body | ({"details": details} if details else {}))


# --- Requests -----------------------------------------------------------------------------------------------


def test_apply_is_a_server_side_apply_under_our_name(serve: Serve) -> None:
    client, server = serve(lambda _: Answer(201, VM))
    assert client.apply(VM) == VM
    (request,) = server.requests
    assert (request.method, request.path) == ("PATCH", VM_PATH)
    assert request.query == {"fieldManager": "ssvirt", "force": "true"}
    assert request.headers["content-type"] == "application/apply-patch+yaml"
    assert request.headers["authorization"] == "Bearer secret-token"
    assert request.headers["user-agent"].startswith("ssvirt/")
    assert request.json == VM
    client.apply(VM, force=False)
    assert server.requests[-1].query["force"] == "false"


def test_apply_of_another_version_than_ours_is_refused(serve: Serve) -> None:
    client, _ = serve(lambda _: Answer())
    with pytest.raises(ValueError, match="v1alpha3"):
        client.apply(VM | {"apiVersion": "kubevirt.io/v1alpha3"})


def test_get_of_a_missing_object_is_none(serve: Serve) -> None:
    client, _ = serve(lambda _: status(404, "NotFound", name="vm-1"))
    assert client.get("VirtualMachine", "vm-1", "n") is None
    assert client.delete("VirtualMachine", "vm-1", "n") is False


@pytest.mark.parametrize(
    "answer",
    [
        Answer(404, b"404 page not found\n"),
        status(404, "NotFound", "the server could not find the requested resource"),
    ],
)
def test_get_of_a_kind_the_cluster_lacks_is_an_error(serve: Serve, answer: Answer) -> None:
    """An unknown path says nothing about the object: to call it absent could lose a machine."""
    client, _ = serve(lambda _: answer)
    with pytest.raises(ClusterNotFound):
        client.get("VirtualMachine", "vm-1", "n")
    with pytest.raises(ClusterNotFound):
        client.delete("VirtualMachine", "vm-1", "n")
    assert client.has_api("kubevirt.io/v1") is False


def test_delete_sends_its_options(serve: Serve) -> None:
    client, server = serve(lambda _: Answer(200, {}))
    assert client.delete("VirtualMachine", "vm-1", "n", grace_period_s=0, uid="u") is True
    assert server.requests[0].json == {
        "propagationPolicy": "Foreground",
        "gracePeriodSeconds": 0,
        "preconditions": {"uid": "u"},
    }
    client.delete_collection("DataVolume", "n", "ssvirt.io/vm-id=x")
    assert server.requests[1].query == {"labelSelector": "ssvirt.io/vm-id=x"}
    with pytest.raises(ValueError, match="selector"):
        client.delete_collection("DataVolume", "n", "")


def test_patch_merge_says_so(serve: Serve) -> None:
    client, server = serve(lambda _: Answer(200, VM))
    client.patch_merge("VirtualMachine", "vm-1", "n", {"metadata": {"annotations": {"a": None}}})
    assert server.requests[0].headers["content-type"] == "application/merge-patch+json"


def test_actions_are_puts_on_the_subresource(serve: Serve) -> None:
    client, server = serve(lambda _: Answer(202))
    client.vm_action("n", "vm-1", "start")
    client.vm_action("n", "vm-1", "stop", {"gracePeriod": 0})
    client.vmi_action("n", "vm-1", "pause")
    assert [(r.method, r.path) for r in server.requests] == [
        ("PUT", f"{SUBRESOURCE}/virtualmachines/vm-1/start"),
        ("PUT", f"{SUBRESOURCE}/virtualmachines/vm-1/stop"),
        ("PUT", f"{SUBRESOURCE}/virtualmachineinstances/vm-1/pause"),
    ]
    assert server.requests[0].body == b""
    assert server.requests[1].json == {"gracePeriod": 0}


def test_actions_go_to_their_own_url_when_the_cluster_has_one(serve: Serve) -> None:
    _, elsewhere = serve(lambda _: Answer(202))
    client = client_of("http://127.0.0.1:1", subresource_url=elsewhere.url + "/")
    client.vm_action("n", "vm-1", "start")
    assert elsewhere.requests[0].path == f"{SUBRESOURCE}/virtualmachines/vm-1/start"


def test_names_are_quoted_into_the_path() -> None:
    assert object_path("Namespace", "a/../b") == "/api/v1/namespaces/a%2F..%2Fb"
    with pytest.raises(ValueError, match="namespace is missing"):
        object_path("Secret", "s")
    with pytest.raises(ValueError, match="no namespace"):
        object_path("Namespace", "n", "n")


@pytest.mark.contract
def test_kinds_agree_with_the_clusters_definitions() -> None:
    folder = spec_dir() / "crds"
    for name, kind in KINDS.items():
        group = kind.api_version.rpartition("/")[0]
        path = folder / f"{kind.plural}.{group}.yaml"
        if not path.exists():  # core kinds and aggregated APIs
            continue
        spec = yaml.load(path.read_text(), Loader=yaml.CSafeLoader)["spec"]
        assert spec["names"]["kind"] == name
        assert (spec["scope"] == "Namespaced") == kind.is_namespaced, name
        assert kind.api_version.rpartition("/")[2] in {item["name"] for item in spec["versions"]}


# --- Errors -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (status(400, "BadRequest"), ClusterRejected),
        (status(401, "Unauthorized"), ClusterUnavailable),
        (status(403, "Forbidden", "exceeded quota: vdc"), ClusterRejected),
        (status(403, "Forbidden", "status unknown for quota: vdc"), ClusterUnavailable),
        (status(404, "NotFound"), ClusterNotFound),
        (status(405, "MethodNotAllowed"), ClusterRejected),
        (status(409, "Conflict"), ClusterConflict),
        (status(409, "AlreadyExists"), ClusterConflict),
        (status(409, "Conflict", name="vdc", kind="resourcequotas"), ClusterUnavailable),
        (status(410, "Expired"), ClusterGone),
        (status(415, "UnsupportedMediaType"), ClusterRejected),
        (status(422, "Invalid"), ClusterRejected),
        (status(429, "TooManyRequests"), ClusterUnavailable),
        (status(500, "InternalError"), ClusterUnavailable),
        (status(503, "ServiceUnavailable"), ClusterUnavailable),
        (Answer(502, b"<html>bad gateway"), ClusterUnavailable),
        (Answer(302, b"", (("Location", "http://elsewhere"),)), ClusterUnavailable),
        (Answer(200, b"{"), ClusterUnavailable),
        (Answer(200, b"[]"), ClusterUnavailable),
    ],
)
def test_answer_becomes_the_error_that_says_whether_to_try_again(
    serve: Serve, answer: Answer, error: type[ClusterError]
) -> None:
    client, _ = serve(lambda _: answer)
    with pytest.raises(ClusterError) as caught:
        client.apply(VM)
    assert type(caught.value) is error
    if isinstance(answer.body, dict):
        body = answer.body
        assert (caught.value.message, caught.value.reason) == (body["message"], body["reason"])
        assert caught.value.status == answer.status


def test_action_answered_by_a_redirect_has_not_happened(serve: Serve) -> None:
    client, _ = serve(lambda _: Answer(302, b"", (("Location", "http://elsewhere"),)))
    with pytest.raises(ClusterUnavailable):
        client.vm_action("n", "vm-1", "start")


def test_request_to_nobody_is_unavailable() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        client = client_of(f"http://127.0.0.1:{unused.getsockname()[1]}")
        with pytest.raises(ClusterUnavailable) as caught:
            client.version()
    assert "0x" not in caught.value.message
    assert caught.value.status is None


def test_request_without_an_answer_ends_in_time(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "READ_TIMEOUT_S", 0.2)
    release = threading.Event()
    client, server = serve(lambda _: Answer(200, VM) if release.wait(10) else Answer(500))
    started = time.monotonic()
    with pytest.raises(ClusterUnavailable):
        client._request("PUT", server.url, body=None, content_type="", read_timeout_s=0.2)
    assert time.monotonic() - started < 5
    release.set()


def test_request_on_a_dead_connection_is_repeated_when_that_is_harmless(serve: Serve) -> None:
    answers = iter([HANG_UP, Answer(200, VM), HANG_UP])
    client, server = serve(lambda _: next(answers))
    assert client.apply(VM) == VM
    with pytest.raises(ClusterUnavailable):
        client.vm_action("n", "vm-1", "start")
    assert [request.method for request in server.requests] == ["PATCH", "PATCH", "PUT"]


def test_errors_and_logs_hold_no_secret(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    client, _ = serve(lambda _: Answer(200, {}, (("Warning", '299 - "unknown field"'),)))
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "s", "namespace": "n"},
        "data": {"k": "hush"},
    }
    client.apply(secret)
    assert "unknown field" in caplog.text
    assert "hush" not in caplog.text
    assert "secret-token" not in caplog.text


# --- Lists and watches --------------------------------------------------------------------------------------


def test_list_pages_follows_the_continuation(serve: Serve) -> None:
    def script(request: Request) -> Answer:
        first = "continue" not in request.query
        meta = {"resourceVersion": "7"} | ({"continue": "tok+/="} if first else {})
        return Answer(200, {"metadata": meta, "items": [{"page": 1 if first else 2}]})

    client, server = serve(script)
    pages = list(client.list_pages("VirtualMachine", label_selector="a=b", limit=1))
    assert pages == [([{"page": 1}], "7"), ([{"page": 2}], "7")]
    assert server.requests[1].query == {"limit": "1", "labelSelector": "a=b", "continue": "tok+/="}
    assert server.requests[0].path == "/apis/kubevirt.io/v1/virtualmachines"


def test_list_pages_that_took_too_long_says_gone(serve: Serve) -> None:
    client, _ = serve(lambda _: status(410, "Expired"))
    with pytest.raises(ClusterGone):
        list(client.list_pages("VirtualMachine"))


def events(*items: tuple[str, dict[str, Any]]) -> bytes:
    return b"".join(json.dumps({"type": kind, "object": obj}).encode() + b"\n" for kind, obj in items)


def test_watch_reads_events_however_they_are_cut(serve: Serve) -> None:
    data = events(("ADDED", {"n": 1}), ("MODIFIED", {"n": "é"}), ("BOOKMARK", {"n": 3}))
    client, server = serve(lambda _: Answer(200, (data[i : i + 7] for i in range(0, len(data), 7))))
    stream = client.watch("VirtualMachine", resource_version="5", label_selector="a=b", timeout_s=9)
    assert list(stream) == [("ADDED", {"n": 1}), ("MODIFIED", {"n": "é"}), ("BOOKMARK", {"n": 3})]
    assert server.requests[0].query == {
        "watch": "true",
        "resourceVersion": "5",
        "allowWatchBookmarks": "true",
        "timeoutSeconds": "9",
        "labelSelector": "a=b",
    }


def test_watch_delivers_an_event_as_soon_as_it_comes(serve: Serve) -> None:
    more = threading.Event()

    def body() -> Iterator[bytes]:
        yield events(("ADDED", {"n": 1}))
        more.wait(10)
        yield events(("ADDED", {"n": 2}))

    client, _ = serve(lambda _: Answer(200, body()))
    stream = client.watch("VirtualMachine", resource_version="5")
    assert next(stream)[1] == {"n": 1}
    more.set()
    assert next(stream)[1] == {"n": 2}


def test_watch_from_a_forgotten_version_says_gone(serve: Serve) -> None:
    gone = {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old resource version"}
    client, _ = serve(lambda _: Answer(200, iter([events(("ADDED", {}), ("ERROR", gone))])))
    stream = client.watch("VirtualMachine", resource_version="5")
    next(stream)
    with pytest.raises(ClusterGone, match="too old"):
        next(stream)
    client, _ = serve(lambda _: status(410, "Expired"))
    with pytest.raises(ClusterGone):
        client.watch("VirtualMachine", resource_version="5")


@pytest.mark.parametrize("body", [b'{"type":"ADDED","obj', b"no json\n", b'{"type":"ADDED"}\n'])
def test_watch_that_breaks_off_is_unavailable(serve: Serve, body: bytes) -> None:
    client, _ = serve(lambda _: Answer(200, iter([body]), cut=True))
    with pytest.raises(ClusterUnavailable):
        list(client.watch("VirtualMachine", resource_version="5"))


def test_watch_closed_from_another_thread_ends_quietly(serve: Serve) -> None:
    release = threading.Event()

    def body() -> Iterator[bytes]:
        yield events(("ADDED", {}))
        release.wait(20)

    client, _ = serve(lambda _: Answer(200, body()))
    stream = client.watch("VirtualMachine", resource_version="5")
    next(stream)
    timer = threading.Timer(0.1, stream.close)
    timer.start()
    started = time.monotonic()
    assert list(stream) == []
    assert time.monotonic() - started < 5
    release.set()


def test_watch_that_falls_silent_ends(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "WATCH_SILENCE_S", 0.2)
    release = threading.Event()

    def body() -> Iterator[bytes]:
        yield events(("ADDED", {}))
        release.wait(20)

    client, _ = serve(lambda _: Answer(200, body()))
    assert len(list(client.watch("VirtualMachine", resource_version="5"))) == 1
    release.set()


# --- Credentials --------------------------------------------------------------------------------------------


def test_client_for_a_row_is_kept_until_the_row_or_its_file_changes(tmp_path: Path, serve: Serve) -> None:
    _, server = serve(lambda _: Answer(200, {"gitVersion": "v1.37.0"}))
    path = kubeconfig_file(tmp_path, server.url, token="from-file")
    cluster = Cluster(name="c", kubeconfig_path=str(path))
    client = client_for(cluster)
    assert client.version()["gitVersion"] == "v1.37.0"
    assert server.requests[0].headers["authorization"] == "Bearer from-file"
    assert client_for(cluster) is client
    cluster.subresource_url = "http://other"
    assert client_for(cluster) is not client
    known = client_for(cluster)
    path.write_text(path.read_text() + "\n")
    assert client_for(cluster) is not known


def test_client_for_in_a_forked_process_is_another(tmp_path: Path) -> None:
    """A child that spoke on its parent's connections would read the parent's answers."""
    client_for(Cluster(name="c", kubeconfig_path=str(kubeconfig_file(tmp_path, "http://127.0.0.1:1"))))
    child = os.fork()
    if child == 0:
        os._exit(len(client_module._clients))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert client_module._clients


def test_client_for_a_stored_kubeconfig(serve: Serve) -> None:
    _, server = serve(lambda _: Answer(200, {}))
    cluster = Cluster(name="c")
    cluster.set_kubeconfig(yaml.safe_dump(kubeconfig(server.url, token="stored")).encode())
    assert b"stored" not in bytes(cluster.kubeconfig_encrypted or b"")
    client_for(cluster).version()
    assert server.requests[0].headers["authorization"] == "Bearer stored"


@pytest.mark.parametrize(
    ("cluster", "text"),
    [
        (Cluster(name="c", kubeconfig_path="/nowhere/kubeconfig"), "kubeconfig"),
        (Cluster(name="c", kubeconfig_encrypted=b"damaged"), "decrypted"),
    ],
)
def test_client_for_bad_credentials_is_unavailable(cluster: Cluster, text: str) -> None:
    with pytest.raises(ClusterUnavailable, match=text):
        client_for(cluster)


@pytest.mark.parametrize(
    "user", [{"exec": {"command": "sh"}}, {"tokenFile": "/etc/passwd"}, {"client-key": "/etc/ssl/key"}]
)
def test_stored_kubeconfig_must_not_reach_into_this_server(user: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="embed"):
        check_stored_kubeconfig(yaml.safe_dump(kubeconfig("https://x", **user)).encode())
    with pytest.raises(ValueError, match="kubeconfig"):
        check_stored_kubeconfig(b"[]")
    with pytest.raises(ValueError, match="YAML"):
        check_stored_kubeconfig(b"{")
