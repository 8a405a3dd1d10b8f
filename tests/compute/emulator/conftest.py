"""An emulator that listens on a free port, driven with the official client."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client, config

from compute.emulator import Emulator, Timings

Json = dict[str, Any]
MERGE, JSON_PATCH, APPLY = (
    "application/merge-patch+json",
    "application/json-patch+json",
    "application/apply-patch+yaml",
)
STRATEGIC = "application/strategic-merge-patch+json"


class Answer:
    """Status, headers and parsed body of one answer."""

    def __init__(self, status: int, headers: Any, data: bytes) -> None:
        self.status = status
        self.headers = headers
        self.data = data

    @property
    def json(self) -> Json:
        return json.loads(self.data) if self.data else {}

    @property
    def message(self) -> str:
        return str(self.json.get("message", ""))


class Kube:
    """The official ApiClient with paths and dicts."""

    def __init__(self, emulator: Emulator, user_agent: str = "tester/1.0") -> None:
        self.emulator = emulator
        self.api = config.new_client_from_config(str(emulator.kubeconfig))
        self.api.user_agent = user_agent

    def call(self, method: str, path: str, body: Any = None, content_type: str = "", **query: Any) -> Answer:
        pairs = "&".join(f"{key}={value}" for key, value in query.items() if value is not None)
        headers = {"Accept": "application/json", "User-Agent": self.api.user_agent}
        if body is not None:
            headers["Content-Type"] = content_type or "application/json"
        url = f"{self.emulator.url}{path}{'?' + pairs if pairs else ''}"
        headers["Authorization"] = f"Bearer {self.emulator.token}"
        try:
            response = self.api.call_api(method, url, headers, body, _request_timeout=10)
        except client.ApiException as error:
            return Answer(error.status, error.headers, (error.body or "").encode())
        return Answer(response.status, response.headers, response.read())

    def get(self, path: str, **query: Any) -> Answer:
        return self.call("GET", path, **query)

    def post(self, path: str, body: Any, **query: Any) -> Answer:
        return self.call("POST", path, body, **query)

    def put(self, path: str, body: Any = None, **query: Any) -> Answer:
        return self.call("PUT", path, body, **query)

    def patch(self, path: str, body: Any, content_type: str = MERGE, **query: Any) -> Answer:
        return self.call("PATCH", path, body, content_type, **query)

    def apply(self, path: str, body: Any, manager: str = "ssvirt", **query: Any) -> Answer:
        return self.call("PATCH", path, body, APPLY, fieldManager=manager, **query)

    def delete(self, path: str, body: Any = None, **query: Any) -> Answer:
        return self.call("DELETE", path, body, **query)

    def namespace(self, name: str = "demo", *, primary: bool = False) -> str:
        """Create a namespace; with the label of a primary network when asked."""
        labels = {"k8s.ovn.org/primary-user-defined-network": ""} if primary else {}
        manifest = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
        assert self.post("/api/v1/namespaces", manifest).status == 201
        return name


def vm_path(name: str = "", namespace: str = "demo") -> str:
    base = f"/apis/kubevirt.io/v1/namespaces/{namespace}/virtualmachines"
    return f"{base}/{name}" if name else base


def vmi_path(name: str = "", namespace: str = "demo") -> str:
    return vm_path(name, namespace).replace("/virtualmachines", "/virtualmachineinstances")


def sub_path(name: str, call: str, namespace: str = "demo", *, vmi: bool = False) -> str:
    plural = "virtualmachineinstances" if vmi else "virtualmachines"
    return f"/apis/subresources.kubevirt.io/v1/namespaces/{namespace}/{plural}/{name}/{call}"


def vm_manifest(name: str = "vm1", namespace: str = "demo", **spec: Any) -> Json:
    """A small VM without disks on the pod network."""
    template = {
        "spec": {
            "domain": {
                "cpu": {"sockets": 1, "cores": 1, "threads": 1},
                "memory": {"guest": "1Gi"},
                "devices": {"interfaces": [{"name": "nic0", "masquerade": {}}]},
            },
            "networks": [{"name": "nic0", "pod": {}}],
        }
    }
    return {
        "apiVersion": "kubevirt.io/v1",
        "kind": "VirtualMachine",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"runStrategy": "Manual", "template": template, **spec},
    }


def config_map(name: str = "cm1", namespace: str = "demo", **data: str) -> Json:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": namespace},
        "data": data,
    }


@pytest.fixture(scope="session")
def shared_emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    emulator = Emulator(
        state_dir=Path(tmp_path_factory.mktemp("emulator")), timings=Timings.instant(), bookmark_s=0.1
    )
    emulator.start(controllers=False)
    yield emulator
    emulator.stop()


@pytest.fixture
def emulator(shared_emulator: Emulator) -> Iterator[Emulator]:
    yield shared_emulator
    shared_emulator.reset()


@pytest.fixture
def kube(emulator: Emulator) -> Kube:
    return Kube(emulator)


@pytest.fixture
def demo(kube: Kube) -> str:
    """The namespace `demo`."""
    return kube.namespace()
