"""metrics.k8s.io: what pods use. Nothing runs here: the figures are made up, the same for a pod at all times.

Source: k8s.io/metrics v1beta1 PodMetrics; kubernetes-sigs/metrics-server (only running pods have any).
"""

import hashlib

from compute.emulator.api.errors import ApiError, method_not_allowed
from compute.emulator.api.http import Request, Response, json_response
from compute.emulator.api.paths import ResourcePath
from compute.emulator.api.selectors import label_predicate
from compute.emulator.behaviour.feed import Cache
from compute.emulator.behaviour.kinds import POD
from compute.emulator.quantities import parse_quantity
from compute.emulator.registry import Registry, VirtualResource
from compute.emulator.values import Json, dig, labels_of, meta, timestamp

GROUP, VERSION = "metrics.k8s.io", "v1beta1"
_WINDOW = "15s"


class PodUsage:
    """The aggregated API of a metrics server, for pods."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache

    def register(self, registry: Registry) -> None:
        """Serve the group."""
        registry.register_virtual(
            VirtualResource(GROUP, (VERSION,), "pods", "PodMetrics", True, ("get", "list"), self.handle)
        )

    def handle(self, request: Request, path: ResourcePath) -> Response:
        """One pod's metrics, or those of all that the label selector names. Raises ApiError."""
        if request.method != "GET":
            raise method_not_allowed()
        is_wanted = label_predicate(request.query.get("labelSelector", "")) or (lambda pod: True)
        found = [
            _metrics(pod)
            for pod in self._cache.list(POD, path.namespace or None)
            if dig(pod, "status", "phase") == "Running"
            and path.name in ("", meta(pod)["name"])
            and is_wanted(pod)
        ]
        if not path.name:
            kind = {"kind": "PodMetricsList", "apiVersion": f"{GROUP}/{VERSION}", "metadata": {}}
            return json_response({**kind, "items": found})
        if not found:
            message = f'podmetrics.{GROUP} "{path.namespace}/{path.name}" not found'
            raise ApiError(404, "NotFound", message, details={"name": path.name, "group": GROUP})
        return json_response(found[0])


def _metrics(pod: Json) -> Json:
    name, namespace = meta(pod)["name"], meta(pod)["namespace"]
    containers = dig(pod, "spec", "containers", default=[])
    return {
        "kind": "PodMetrics",
        "apiVersion": f"{GROUP}/{VERSION}",
        "metadata": {"name": name, "namespace": namespace, "labels": labels_of(pod)},
        "timestamp": timestamp(),
        "window": _WINDOW,
        "containers": [
            {"name": each["name"], "usage": _usage(meta(pod)["uid"], each)} for each in containers
        ],
    }


def _usage(uid: str, container: Json) -> Json:
    """Between a twentieth and a quarter of the processors, a third to two thirds of the memory."""
    digest = hashlib.sha256(f"{uid}{container['name']}".encode()).digest()
    requests = dig(container, "resources", "requests", default={})
    cores = parse_quantity(requests.get("cpu", "1"))
    memory = parse_quantity(requests.get("memory", "256Mi"))
    return {
        "cpu": f"{int(cores * 10**9) * (13 + digest[0] // 5) // 256}n",
        "memory": f"{int(memory) * (85 + digest[1] // 3) // 256 // 1024}Ki",
    }
