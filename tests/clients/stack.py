"""What client tests need: the running service, its cluster as an operator sees it, programs apart from us."""

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

import pytest
from kubernetes import client, config

from tests.clients.environment import clients_bin
from tests.embedded.running import PROJECT, READY_TIMEOUT_S, STOP_TIMEOUT_S, Stack, running, state_folder

MARKS = (pytest.mark.clients, pytest.mark.real_processes, pytest.mark.xdist_group("stack"))
COMMAND_TIMEOUT_S = 90  # pyvcloud waits without end for a task that doesn't end
CLUSTER_SPEED = "5"  # machines of the emulated cluster start, stop and are copied so many times as fast

_KINDS = {  # plural, group, version, where its state is
    "vm": ("virtualmachines", "kubevirt.io", "v1", "printableStatus"),
    "vmi": ("virtualmachineinstances", "kubevirt.io", "v1", "phase"),
    "dv": ("datavolumes", "cdi.kubevirt.io", "v1beta1", "phase"),
}
_VAPP, _VM = "ssvirt.io/vapp-id", "ssvirt.io/vm-id"

States = dict[str, list[str]]


class Cluster:
    """The objects of virtual machines in the emulated cluster, through the official client."""

    def __init__(self, kubeconfig: str) -> None:
        self._api = client.CustomObjectsApi(config.new_client_from_config(kubeconfig))

    def machines(self, vapp: str) -> list[str]:
        """Ids of the VMs with a VirtualMachine, of the vApp with that UUID."""
        return [each["metadata"]["labels"][_VM] for each in self._list("vm", f"{_VAPP}={vapp}")]

    def states(self, vms: Sequence[str]) -> States:
        """States of the VirtualMachines, VirtualMachineInstances and DataVolumes of VMs: `{"vm": ["Running"], ...}`."""
        selector = f"{_VM} in ({','.join(vms)})"
        return {kind: sorted(_state(kind, each) for each in self._list(kind, selector)) for kind in _KINDS}

    def wait(self, vms: Sequence[str], wanted: States, timeout_s: float = 30) -> None:
        """Waits until the objects of the VMs have these states."""
        deadline = time.monotonic() + timeout_s
        while (states := self.states(vms)) != wanted:
            assert time.monotonic() < deadline, states
            time.sleep(0.2)

    @contextmanager
    def recording(self) -> "Iterator[dict[tuple[str, str], list[str]]]":
        """What each object went through meanwhile: `{("vm", "vm-..."): ["Starting", "Running"]}`."""
        history: dict[tuple[str, str], list[str]] = {}
        is_over = threading.Event()

        def record() -> None:
            while not is_over.wait(0.1):
                for kind in _KINDS:
                    for each in self._list(kind, _VM):
                        states = history.setdefault((kind, each["metadata"]["labels"][_VM]), [])
                        if states[-1:] != [state := _state(kind, each)]:
                            states.append(state)

        recorder = threading.Thread(target=record, daemon=True)
        recorder.start()
        try:
            yield history
        finally:
            is_over.set()
            recorder.join()

    def _list(self, kind: str, selector: str) -> list[dict[str, Any]]:
        plural, group, version, _ = _KINDS[kind]
        found = self._api.list_cluster_custom_object(group, version, plural, label_selector=selector)
        return list(found["items"])


def _state(kind: str, item: Mapping[str, Any]) -> str:
    return str(item.get("status", {}).get(_KINDS[kind][3], ""))


class Programs:
    """Runs programs with a home, a working folder and an environment of their own."""

    def __init__(self, folder: Path, path: Path | None = None) -> None:
        self.folder = folder
        self._environ = {
            "HOME": str(folder),
            "LANG": "C.UTF-8",
            "NO_PROXY": "localhost,127.0.0.1",
            "PATH": os.pathsep.join(filter(None, [str(path or ""), os.environ.get("PATH", "")])),
            "PYTHONWARNINGS": "ignore",
        }

    def run(self, *command: str, stdin: str = "") -> "subprocess.CompletedProcess[str]":
        """The ended program; raises TimeoutExpired when it hangs."""
        return subprocess.run(
            command,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            cwd=self.folder,
            env=self._environ,
            timeout=COMMAND_TIMEOUT_S,
        )

    def start(self, *command: str) -> "subprocess.Popen[str]":
        """The program, to be talked to through its standard input and output."""
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.folder,
            env=self._environ,
        )


def processes_of(home: Path) -> list[str]:
    """Command lines of the processes that were started for a state folder."""
    mine, found = f"SSVIRT_HOME={home}".encode(), []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal() or int(entry.name) == os.getpid():
            continue
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            environ = (entry / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if str(home) in command or mine in environ:
            found.append(command)
    return found


@contextmanager
def emulator(folder: Path) -> Iterator[str]:
    """A quick cluster emulator, whose state is in the folder; the path of its kubeconfig."""
    manage = (sys.executable, str(PROJECT / "manage.py"), "emulator")
    process = subprocess.Popen(
        [*manage, "--state-dir", str(folder), "--port", "0", "--speed", CLUSTER_SPEED],
        cwd=PROJECT,
        env=os.environ | {name: token_urlsafe(48) for name in ("SECRET_KEY", "JWT_SECRET_KEY")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    try:
        kubeconfig = folder / "kubeconfig"
        deadline = time.monotonic() + READY_TIMEOUT_S
        while not kubeconfig.exists():
            assert process.poll() is None, "the emulator ended"
            assert time.monotonic() < deadline, "the emulator never became ready"
            time.sleep(0.1)
        yield str(kubeconfig)
    finally:
        process.terminate()
        process.wait(STOP_TIMEOUT_S)


@pytest.fixture(scope="package")
def stack() -> Iterator[Stack]:
    """The whole service on a quick cluster, until the last test of this folder; leaves nothing running."""
    home = state_folder()
    try:
        with emulator(home.parent / "cluster") as kubeconfig, running(home, KUBECONFIG=kubeconfig) as stack:
            yield stack
        said = "".join(stack.lines)
        assert stack.process.returncode == 0, said
        assert "starting it again" not in said, f"a part of the service ended meanwhile:\n{said}"
        assert processes_of(home) == []
    finally:
        shutil.rmtree(home.parent, ignore_errors=True)


@pytest.fixture(scope="package")
def cluster(stack: Stack) -> Cluster:
    """The cluster that the service works on."""
    return Cluster(stack.kubeconfig)


@pytest.fixture(scope="package")
def clients() -> Path:
    """The folder of the clients' `python` and `vcd`."""
    return clients_bin()
