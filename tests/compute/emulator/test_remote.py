"""The behaviour as a client of an API server somewhere else: here of an emulator whose own controllers are off."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import urllib3

from compute.emulator import Emulator, Timings
from compute.emulator.behaviour.remote import RemoteBehaviour

from .conftest import Kube, sub_path, vm_manifest, vm_path


@pytest.fixture
def remote(tmp_path: Path) -> Iterator[tuple[Emulator, RemoteBehaviour]]:
    server = Emulator(state_dir=tmp_path / "server", timings=Timings.instant())
    server.start(controllers=False)
    (tmp_path / "behaviour").mkdir()
    behaviour = RemoteBehaviour(
        state_dir=tmp_path / "behaviour",
        server=server.url,
        token=server.token,
        ca_file=server.ca_file,
        timings=Timings.instant(),
    )
    behaviour.start()
    yield server, behaviour
    behaviour.stop()
    server.stop()


def until(check: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 15
    while not check():
        assert time.monotonic() < deadline, "it did not happen"
        threading.Event().wait(0.02)


def test_machine_lives_on_a_cluster_without_behaviour_of_its_own(
    remote: tuple[Emulator, RemoteBehaviour],
) -> None:
    server, behaviour = remote
    kube = Kube(server)
    kube.namespace()
    storage = {"resources": {"requests": {"storage": "1Gi"}}}
    template = {"metadata": {"name": "root"}, "spec": {"source": {"blank": {}}, "storage": storage}}
    body = vm_manifest(dataVolumeTemplates=[template])
    spec = body["spec"]["template"]["spec"]
    spec["volumes"] = [{"name": "root", "dataVolume": {"name": "root"}}]
    spec["domain"]["devices"]["disks"] = [{"name": "root", "disk": {"bus": "virtio"}}]
    assert kube.post(vm_path(), body).status == 201

    def printable() -> str:
        return str(kube.get(vm_path("vm1")).json.get("status", {}).get("printableStatus"))

    until(lambda: printable() == "Stopped")
    pool = urllib3.PoolManager(ca_certs=str(behaviour.ca_file), retries=False)
    headers = {"Authorization": f"Bearer {server.token}"}
    assert pool.request("PUT", behaviour.url + sub_path("vm1", "start"), headers=headers).status == 202
    until(lambda: printable() == "Running")
    # A broken watch is followed by a list; nothing is missed.
    server.expire_history()
    server.drop_watches()
    assert pool.request("PUT", behaviour.url + sub_path("vm1", "stop"), headers=headers).status == 202
    until(lambda: printable() == "Stopped")
