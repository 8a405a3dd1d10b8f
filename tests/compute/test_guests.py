"""What a machine uses, as metrics servers write it."""

from typing import Any

import pytest

from compute.cluster.guests import MachineUsage, machine_usage
from ssvirt.core.errors import ClusterUnavailable
from tests.compute.http_server import Answer, Request
from tests.compute.test_client import Serve, serve, status

__all__ = ["serve"]

PATH = "/apis/metrics.k8s.io/v1beta1/namespaces/n/pods"


def pod(cpu: Any, memory: Any, container: str = "compute") -> dict[str, Any]:
    return {"containers": [{"name": container, "usage": {"cpu": cpu, "memory": memory}}]}


def answering(*pods: dict[str, Any]) -> Any:
    def script(request: Request) -> Answer:
        assert (request.path, request.query) == (PATH, {"labelSelector": "vm.kubevirt.io/name=vm-1"})
        return Answer(200, {"kind": "PodMetricsList", "items": list(pods)})

    return script


@pytest.mark.parametrize(
    ("cpu", "memory", "expected"),
    [
        ("250m", "512Mi", MachineUsage(0.25, 512 << 20)),
        ("1234567890n", "1048576Ki", MachineUsage(1.23456789, 1 << 30)),
        ("1500u", "1Gi", MachineUsage(0.0015, 1 << 30)),
        ("2", "1000000", MachineUsage(2.0, 1_000_000)),
        ("0", "0", MachineUsage(0.0, 0)),
        ("", "1Gi", None),
        ("many", "1Gi", None),
        ("1", None, None),
    ],
)
def test_usage_when_measured_then_in_cores_and_bytes(
    serve: Serve, cpu: Any, memory: Any, expected: MachineUsage | None
) -> None:
    client, _ = serve(answering(pod(cpu, memory)))
    found = machine_usage(client, "n", "vm-1")
    if expected is None:
        assert found is None
    else:
        assert found is not None
        assert (found.cpu_cores, found.memory_bytes) == (
            pytest.approx(expected.cpu_cores),
            expected.memory_bytes,
        )


def test_usage_when_migrating_then_of_the_busier_pod(serve: Serve) -> None:
    client, _ = serve(answering(pod("10m", "1Gi"), pod("90m", "2Gi"), pod("900m", "9Gi", "sidecar")))
    assert machine_usage(client, "n", "vm-1") == MachineUsage(0.09, 2 << 30)


def test_usage_when_nothing_is_measured_yet_then_none(serve: Serve) -> None:
    client, _ = serve(answering())
    assert machine_usage(client, "n", "vm-1") is None


def test_usage_when_the_metrics_api_is_broken_then_unavailable(serve: Serve) -> None:
    client, _ = serve(lambda request: status(503, "ServiceUnavailable"))
    with pytest.raises(ClusterUnavailable):
        machine_usage(client, "n", "vm-1")


def test_screenshot_when_asked_for_then_a_picture_is_accepted(serve: Serve) -> None:
    client, server = serve(lambda request: Answer(200, b"\x89PNG"))
    assert client.vmi_screenshot("n", "vm-1") == b"\x89PNG"
    (request,) = server.requests
    assert request.path.endswith("/namespaces/n/virtualmachineinstances/vm-1/vnc/screenshot")
    assert request.headers["accept"].startswith("image/png")


def test_vnc_endpoint_when_shown_then_without_its_credential(serve: Serve) -> None:
    client, server = serve(lambda request: status(404))
    endpoint = client.vnc_endpoint("n", "vm-1")
    assert endpoint.url.startswith(server.url.replace("http://", "ws://"))
    assert endpoint.url.endswith("/namespaces/n/virtualmachineinstances/vm-1/vnc")
    assert endpoint.headers["Authorization"] == "Bearer secret-token"
    assert "secret-token" not in repr(endpoint)
