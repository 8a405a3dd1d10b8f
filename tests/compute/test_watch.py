"""The watch loop against the emulated cluster: lists, streams, what is lost and made up for."""

import json
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from compute import manifests, names
from compute.cluster import ClusterClient, client_for
from compute.models import Cluster
from compute.observe import Observed
from compute.specs import NamespaceSpec, UdnSpec
from compute.watch import Absent, Handlers, Present, Watcher
from compute.watch import kind as kind_module
from compute.watch.kind import backoff_s
from ssvirt.core.clock import now
from ssvirt.core.errors import ClusterUnavailable
from ssvirt.core.tenancy import ALL, current_scope
from tests.compute.http_server import Answer, Request, Server, kubeconfig_file

if TYPE_CHECKING:
    from pathlib import Path

    from compute.emulator import Emulator

pytestmark = pytest.mark.django_db

NAMESPACE = "vdc-acme-a"
UDN = "UserDefinedNetwork"
UDN_PATH = "userdefinednetworks"


class Recorder:
    """Handlers that keep what they were told, per kind in order; `fails` makes them raise."""

    def __init__(self, *kinds: str) -> None:
        self.handlers = Handlers()
        self.batches: list[list[Observed]] = []
        self.gone: list[Absent] = []
        self.lists: list[Present] = []
        self.fails: Callable[[Sequence[Observed]], bool] = lambda _: False
        self._changed = threading.Condition()
        for kind in kinds:
            self.handlers.on_observed(kind, self._observed)
            self.handlers.on_absent(kind, self._absent)
            self.handlers.on_synced(kind, self._synced)

    def _observed(self, _: UUID, batch: Sequence[Any]) -> None:
        assert current_scope() is ALL
        if self.fails(batch):
            raise RuntimeError("a bad row")
        with self._changed:
            self.batches.append(list(batch))
            self._changed.notify_all()

    def _absent(self, _: UUID, batch: Sequence[Absent]) -> None:
        with self._changed:
            self.gone.extend(batch)
            self._changed.notify_all()

    def _synced(self, _: UUID, present: Present) -> None:
        with self._changed:
            self.lists.append(present)
            self._changed.notify_all()

    @property
    def seen(self) -> list[Observed]:
        return [observed for batch in self.batches for observed in batch]

    def names(self) -> list[str]:
        return [observed.name for observed in self.seen]

    def wait(self, condition: Callable[[], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(condition, timeout=10), (self.batches, self.gone, self.lists)


@pytest.fixture
def cluster(emulator: "Emulator") -> Cluster:
    return Cluster.objects.create(name="watched", kubeconfig_path=str(emulator.kubeconfig))


@pytest.fixture
def client(cluster: Cluster) -> ClusterClient:
    made = client_for(cluster)
    made.apply(manifests.namespace(NamespaceSpec(name=NAMESPACE, org_id=UUID(int=1), org_name="acme")))
    return made


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kind_module, "backoff_s", lambda _: 0.05)
    monkeypatch.setattr(kind_module, "NOT_SERVED_RETRY_S", 0.05)


def udn(client: ClusterClient, name: str, *, is_ours: bool = True) -> str:
    manifest = manifests.user_defined_network(
        UdnSpec(namespace=NAMESPACE, name=name, role="Secondary", cidr=None)
    )
    if not is_ours:
        manifest["metadata"]["labels"] = {}
    return str(client.apply(manifest)["metadata"]["uid"])


def touch(client: ClusterClient, name: str, text: str) -> None:
    client.patch_merge(UDN, name, NAMESPACE, {"metadata": {"annotations": {"note": text}}})


class Running:
    def __init__(self, watcher: Watcher) -> None:
        self.stop = threading.Event()
        self.thread = threading.Thread(target=watcher.run, args=(self.stop,), daemon=True)
        self.thread.start()

    def end(self) -> None:
        self.stop.set()
        self.thread.join(10)
        assert not self.thread.is_alive()


@pytest.fixture
def run(cluster: Cluster, client: ClusterClient) -> Iterator[Callable[[Recorder], Watcher]]:
    running: list[Running] = []

    def start(recorder: Recorder) -> Watcher:
        watcher = Watcher(cluster.pk, client, handlers=recorder.handlers)
        running.append(Running(watcher))
        recorder.wait(lambda: bool(recorder.lists))
        return watcher

    yield start
    for one in running:
        one.end()


def requests(emulator: "Emulator", part: str) -> list[str]:
    return [entry.path for entry in emulator.requests if entry.method == "GET" and part in entry.path]


def lists_of(emulator: "Emulator") -> list[str]:
    return [path for path in requests(emulator, UDN_PATH) if "watch=" not in path]


def watches_of(emulator: "Emulator") -> list[str]:
    return [path for path in requests(emulator, UDN_PATH) if "watch=" in path]


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


# --- One pass -----------------------------------------------------------------------------------------------


def test_sync_tells_what_is_ours_page_by_page(
    cluster: Cluster, client: ClusterClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kind_module, "PAGE_SIZE", 2)
    ids = {udn(client, f"n{number}") for number in range(5)}
    udn(client, "foreign", is_ours=False)
    recorder = Recorder(UDN)
    before = now()
    Watcher(cluster.pk, client, handlers=recorder.handlers).sync()
    assert [len(batch) for batch in recorder.batches] == [2, 2, 1]
    (present,) = recorder.lists
    assert present == ids
    assert before <= present.listed_at <= now()


def test_sync_again_tells_only_what_changed(
    cluster: Cluster, client: ClusterClient, emulator: "Emulator"
) -> None:
    recorder = Recorder(UDN)
    watcher = Watcher(cluster.pk, client, handlers=recorder.handlers)
    udn(client, "a")
    first = udn(client, "b")
    watcher.sync()
    watcher.sync()
    assert sorted(recorder.names()) == ["a", "b"]
    assert len(recorder.lists) == 2
    # A write of ours that shows in nothing observed is told all the same: a task waits for its version.
    touch(client, "a", "x")
    client.delete(UDN, "b", NAMESPACE)
    emulator.settle()
    watcher.sync()
    assert sorted(recorder.names()) == ["a", "a", "b"]
    assert first not in recorder.lists[-1]


def test_sync_of_kinds_nobody_else_writes_skips_what_shows_no_change(
    cluster: Cluster, client: ClusterClient
) -> None:
    instance = {
        "apiVersion": "kubevirt.io/v1",
        "kind": "VirtualMachineInstance",
        "metadata": {"name": "vm", "namespace": NAMESPACE, "labels": {names.LABEL_MANAGED: "true"}},
        "spec": {"domain": {"devices": {}, "resources": {"requests": {"memory": "64Mi"}}}},
    }
    client.apply(instance)
    recorder = Recorder("VirtualMachineInstance")
    watcher = Watcher(cluster.pk, client, handlers=recorder.handlers)
    watcher.sync()
    client.patch_merge("VirtualMachineInstance", "vm", NAMESPACE, {"metadata": {"annotations": {"a": "b"}}})
    watcher.sync()
    assert recorder.names() == ["vm"]
    client.patch_merge(
        "VirtualMachineInstance",
        "vm",
        NAMESPACE,
        {"metadata": {"labels": {names.LABEL_VM: str(UUID(int=3))}}},
    )
    watcher.sync()
    assert recorder.names() == ["vm", "vm"]


def test_sync_asks_for_kinds_with_a_handler_only(
    cluster: Cluster, client: ClusterClient, emulator: "Emulator"
) -> None:
    emulator.requests.clear()
    Watcher(cluster.pk, client, handlers=Recorder("Namespace").handlers).sync()
    assert lists_of(emulator) == []
    with pytest.raises(ValueError, match="not watched"):
        Handlers().on_observed("Pod", lambda *_: None)


def test_sync_notes_the_state_of_the_cluster(
    cluster: Cluster, client: ClusterClient, emulator: "Emulator"
) -> None:
    version = cluster.updated_at
    watcher = Watcher(cluster.pk, client, handlers=Recorder(UDN).handlers)
    watcher.sync()
    cluster.refresh_from_db()
    assert cluster.is_reachable is True
    assert cluster.version.startswith("v1.")
    assert cluster.last_sync_at is not None
    assert cluster.updated_at == version  # clients are kept: nobody changed how to reach it
    emulator.faults.add(path_regex=UDN_PATH, status=503, message="etcd is away")
    with pytest.raises(ClusterUnavailable):
        watcher.sync()
    cluster.refresh_from_db()
    assert cluster.is_reachable is False
    assert cluster.status_message == "etcd is away"


def test_sync_when_a_handler_fails_tells_the_others_and_raises(
    cluster: Cluster, client: ClusterClient
) -> None:
    for name in ("good", "bad", "fine"):
        udn(client, name)
    recorder = Recorder(UDN)
    recorder.fails = lambda batch: any(observed.name == "bad" for observed in batch)
    watcher = Watcher(cluster.pk, client, handlers=recorder.handlers)
    with pytest.raises(RuntimeError, match="a bad row"):
        watcher.sync()
    assert sorted(recorder.names()) == ["fine", "good"]
    recorder.fails = lambda _: False
    watcher.sync()
    assert sorted(recorder.names()) == ["bad", "fine", "good"]


# --- The loop -----------------------------------------------------------------------------------------------


def test_run_tells_of_what_comes_changes_and_goes(
    client: ClusterClient, run: Callable[[Recorder], Watcher], emulator: "Emulator"
) -> None:
    recorder = Recorder(UDN)
    watcher = run(recorder)
    uid = udn(client, "a")
    recorder.wait(lambda: recorder.names() == ["a"])
    touch(client, "a", "x")
    recorder.wait(lambda: recorder.names() == ["a", "a"])
    client.delete(UDN, "a", NAMESPACE, propagation="Background")
    emulator.settle()
    recorder.wait(lambda: bool(recorder.gone))
    assert recorder.gone == [(NAMESPACE, "a", uid)]
    until(lambda: watcher.lag_s == 0.0)


def test_run_resumes_a_dropped_stream_without_another_list(
    client: ClusterClient, run: Callable[[Recorder], Watcher], emulator: "Emulator"
) -> None:
    recorder = Recorder(UDN)
    run(recorder)
    udn(client, "a")
    recorder.wait(lambda: recorder.names() == ["a"])
    version = recorder.seen[-1].resource_version
    emulator.faults.add(path_regex=f"{UDN_PATH}.*watch=true", drop=True, times=2)
    emulator.drop_watches()
    udn(client, "b")  # nobody is looking
    recorder.wait(lambda: recorder.names() == ["a", "b"])
    assert len(lists_of(emulator)) == len(recorder.lists) == 1
    assert f"resourceVersion={version}" in watches_of(emulator)[-1]


def test_run_lists_again_when_the_cluster_has_forgotten(
    client: ClusterClient, run: Callable[[Recorder], Watcher], emulator: "Emulator"
) -> None:
    recorder = Recorder(UDN)
    run(recorder)
    lost, kept = udn(client, "lost"), udn(client, "kept")
    recorder.wait(lambda: len(recorder.seen) == 2)
    emulator.faults.add(path_regex=f"{UDN_PATH}.*watch=true", status=503, times=5)
    emulator.drop_watches()
    client.delete(UDN, "lost", NAMESPACE, propagation="Background")
    emulator.settle()
    fresh = udn(client, "fresh")
    emulator.expire_history()
    emulator.faults.clear()
    recorder.wait(lambda: len(recorder.lists) >= 2 and fresh in recorder.lists[-1])
    assert lost not in recorder.lists[-1]
    assert kept in recorder.lists[-1]
    assert recorder.gone == []  # no event told of it, the list does
    assert recorder.names().count("fresh") == 1


def test_run_gives_the_last_word_on_an_object_in_one_batch(
    client: ClusterClient, run: Callable[[Recorder], Watcher], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kind_module, "COALESCE_S", 0.5)
    recorder = Recorder(UDN)
    run(recorder)
    udn(client, "a")
    recorder.wait(lambda: bool(recorder.seen))
    for number in range(10):
        touch(client, "a", str(number))
    found = client.get(UDN, "a", NAMESPACE)
    assert found is not None
    last = int(found["metadata"]["resourceVersion"])
    recorder.wait(lambda: recorder.seen[-1].resource_version == last)
    assert len(recorder.seen) <= 4


def test_run_when_a_handler_fails_goes_on_and_tells_again(
    client: ClusterClient, run: Callable[[Recorder], Watcher]
) -> None:
    recorder = Recorder(UDN)
    recorder.fails = lambda batch: any(observed.name == "bad" for observed in batch)
    run(recorder)
    udn(client, "bad")
    udn(client, "good")
    recorder.wait(lambda: "good" in recorder.names())
    recorder.wait(lambda: len(recorder.lists) >= 3)  # tries again and again
    assert "bad" not in recorder.names()
    recorder.fails = lambda _: False
    recorder.wait(lambda: "bad" in recorder.names())
    count = len(recorder.seen)
    udn(client, "next")
    recorder.wait(lambda: "next" in recorder.names())
    assert len(recorder.seen) == count + 1


def test_run_without_the_cluster_waits_for_it(
    cluster: Cluster, client: ClusterClient, run: Callable[[Recorder], Watcher], emulator: "Emulator"
) -> None:
    recorder = Recorder(UDN)
    watcher = run(recorder)
    emulator.faults.add(status=503, message="etcd is away", times=None)
    emulator.drop_watches()
    until(lambda: watcher.lag_s > 0.2)
    emulator.faults.clear()
    udn(client, "a")
    recorder.wait(lambda: recorder.names() == ["a"])
    until(lambda: watcher.lag_s == 0.0)


def test_run_ends_soon_after_it_is_told(cluster: Cluster, client: ClusterClient) -> None:
    recorder = Recorder("Namespace", UDN, "VirtualMachine")
    running = Running(Watcher(cluster.pk, client, handlers=recorder.handlers))
    recorder.wait(lambda: len(recorder.lists) == 3)
    started = time.monotonic()
    running.end()
    assert time.monotonic() - started < 2


# --- What the emulator does not do --------------------------------------------------------------------------


@pytest.fixture
def scripted(tmp_path: "Path") -> Iterator[Callable[[Callable[[Request], Answer]], Watcher]]:
    servers: list[Server] = []

    def start(script: Callable[[Request], Answer], recorder: Recorder) -> Watcher:
        servers.append(Server(script))
        path = kubeconfig_file(tmp_path, servers[-1].url)
        row = Cluster(name="scripted", kubeconfig_path=str(path))
        return Watcher(row.pk, client_for(row), handlers=recorder.handlers)

    yield start  # type: ignore[misc]
    for server in servers:
        server.stop()


def test_kind_the_cluster_lacks_is_passed_over(scripted: Any) -> None:
    is_installed = threading.Event()

    def script(request: Request) -> Answer:
        if request.path == "/version":
            return Answer(200, {"gitVersion": "v1.37.0"})
        if "userdefined" in request.path and not is_installed.is_set():
            return Answer(404, b"404 page not found")
        if "watch" in request.query:
            return Answer(200, iter([]))
        return Answer(200, {"metadata": {"resourceVersion": "1"}, "items": []})

    recorder = Recorder(UDN, "Namespace")
    watcher = scripted(script, recorder)
    watcher.sync()
    assert len(recorder.lists) == 1
    running = Running(watcher)
    recorder.wait(lambda: len(recorder.lists) == 2)
    is_installed.set()
    recorder.wait(lambda: len(recorder.lists) == 3)
    running.end()


def test_run_waits_longer_the_longer_the_cluster_fails(
    scripted: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long each attempt takes: only a stream that was open counts as recovery."""
    monkeypatch.setattr(kind_module, "_SHORT_STREAM_S", 0.0)
    waits: list[int] = []
    monkeypatch.setattr(kind_module, "backoff_s", lambda failures: waits.append(failures) or 0.01)
    running = Running(scripted(lambda _: Answer(503), Recorder(UDN)))
    until(lambda: len(waits) >= 4)
    running.end()
    assert waits[:4] == [1, 2, 3, 4]


def test_backoff_grows_to_a_minute() -> None:
    waits = [backoff_s(failures) for failures in range(1, 30)]
    assert 0.5 <= waits[0] <= 1.0
    assert all(30 <= wait <= 60 for wait in waits[10:])


def test_object_of_an_unforeseen_shape_stops_nothing(scripted: Any) -> None:
    good = {"metadata": {"uid": "u", "name": "good", "namespace": "n", "resourceVersion": "2"}}

    def script(request: Request) -> Answer:
        if request.path == "/version":
            return Answer(200, {})
        return Answer(200, {"metadata": {"resourceVersion": "1"}, "items": ["odd", None, good]})

    recorder = Recorder(UDN)
    scripted(script, recorder).sync()
    assert recorder.names() == ["good"]


def test_sync_of_many_machines_keeps_no_parsed_object(scripted: Any) -> None:
    """Per machine a few hundred bytes stay, and at no time more than a page is in memory.

    10,000 machines as parsed objects are 850 MB. Source: contract kubernetes.md 2.3.
    """
    pages, size = 6, kind_module.PAGE_SIZE
    spec = {f"field-{number}": {"value": [number] * 4, "text": f"text of {number}"} for number in range(60)}
    bodies = []
    for page in range(pages):
        items = [
            {
                "metadata": {
                    "uid": f"uid-{i}",
                    "name": f"vm-{i}",
                    "namespace": "n",
                    "resourceVersion": str(i + 1),
                },
                "spec": spec,
            }
            for i in range(page * size, (page + 1) * size)
        ]
        meta = {"resourceVersion": "9", "continue": str(page + 1) if page + 1 < pages else ""}
        bodies.append(json.dumps({"metadata": meta, "items": items}).encode())

    def script(request: Request) -> Answer:
        if request.path == "/version":
            return Answer(200, {})
        return Answer(200, bodies[int(request.query.get("continue") or 0)])

    count = 0

    def counting(_: UUID, batch: Sequence[Any]) -> None:
        nonlocal count
        count += len(batch)

    recorder = Recorder()
    recorder.handlers.on_observed("VirtualMachine", counting)
    watcher = scripted(script, recorder)
    tracemalloc.start()
    try:
        parsed = json.loads(bodies[0])
        page_bytes = tracemalloc.get_traced_memory()[0]
        del parsed
        tracemalloc.reset_peak()
        watcher.sync()
        kept, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == pages * size
    assert kept < count * 1_500
    assert peak < 2.5 * page_bytes  # parsed, beside its text
