"""The emulated cluster as one object: store, API, HTTPS server, controllers."""

import logging
import threading
from pathlib import Path

from compute.emulator import pki
from compute.emulator.admin import FIRST_SEGMENT, Admin
from compute.emulator.api.app import CONTROLLER_USER, Api
from compute.emulator.api.reviews import register_reviews
from compute.emulator.behaviour.client import Client, HttpsTransport, LocalTransport, Transport
from compute.emulator.behaviour.controllers import build_controllers
from compute.emulator.behaviour.engine import Engine, Timings
from compute.emulator.behaviour.exports import Exports
from compute.emulator.behaviour.feed import StoreCache, StoreFeed
from compute.emulator.behaviour.kinds import CDI_CONFIG, CONFIG_MAP, KUBEVIRT, MANAGED_CLUSTER, VMI
from compute.emulator.behaviour.subresources import Subresources
from compute.emulator.behaviour.templates import register_processing
from compute.emulator.behaviour.uploads import Uploads
from compute.emulator.behaviour.usage import PodUsage
from compute.emulator.behaviour.webhooks import plug_webhooks
from compute.emulator.custom_resources import all_resources
from compute.emulator.observing import Faults, RequestLog
from compute.emulator.persistence import PostgresPersistence
from compute.emulator.registry import Registry
from compute.emulator.seed import kubevirt_status, managed_cluster_status, seed_objects
from compute.emulator.server import Server
from compute.emulator.store import Key, Store, Stored
from compute.emulator.values import Json, timestamp

logger = logging.getLogger(__name__)

_ADMIN = "emulator-admin"
_MARKER = ("kube-system", "emulator-seed")


class Emulator:
    """An embedded Kubernetes cluster with KubeVirt, CDI and OVN-Kubernetes.

    `state_dir` keeps certificates, token and kubeconfig. With a `dsn` the objects live in a schema of that PostgreSQL
    database and survive restarts; without one they live as long as this object.
    """

    def __init__(
        self,
        *,
        state_dir: Path,
        dsn: str | None = None,
        schema: str = "emulator",
        host: str = "127.0.0.1",
        port: int = 0,
        timings: Timings | None = None,
        bookmark_s: float = 30.0,
    ) -> None:
        self._folder = Path(state_dir)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._host, self._port = host, port
        self.token = pki.ensure_token(self._folder / "token")
        self._controller_token = pki.ensure_token(self._folder / "controller-token")
        self.ca_file = self._folder / "ca.crt"
        self.kubeconfig = self._folder / "kubeconfig"
        persistence = PostgresPersistence(dsn, schema) if dsn else None
        self._store = Store(persistence)
        self._registry = Registry(all_resources())
        register_reviews(self._registry)
        tokens = {self.token: _ADMIN, self._controller_token: CONTROLLER_USER}
        self._api = Api(self._store, self._registry, tokens, bookmark_s=bookmark_s)
        plug_webhooks(self._api.admission)
        self._local = Client(LocalTransport(self._api, CONTROLLER_USER), "emulator")
        cache = StoreCache(self._store)
        Subresources(cache, self._local.managed_by("virt-api")).register(self._registry)
        PodUsage(cache).register(self._registry)
        self._cache = cache
        self._uploads = Uploads(cache, self._local.managed_by("cdi-uploadserver"), self._folder / "uploads")
        self._uploads.plug(self._api)
        exports = Exports(cache, self._uploads, self.ca_file)
        self._api.plug_stream("export", exports.serve)
        register_processing(self._registry)
        self._api.plug(FIRST_SEGMENT, Admin(self).handle)
        self._timings = timings or Timings()
        self._server: Server | None = None
        self._thread: threading.Thread | None = None
        self._https: HttpsTransport | None = None
        self._transport = _Switch(LocalTransport(self._api, CONTROLLER_USER))
        controllers = build_controllers(self._store, self._registry, self._uploads, exports)
        self._engine = Engine(
            cache, StoreFeed(self._store), Client(self._transport, "emulator"), controllers, self._timings
        )
        self._has_threads = False
        if self._cache.get(CONFIG_MAP, *_MARKER) is None:
            self._plant()
        self._seed = self._remember_seed()

    # ------------------------------------------------------------------ life

    def start(self, *, controllers: bool = True) -> None:
        """Listen; with `controllers` also run them in a thread, else they work in `settle()` only."""
        hosts = list(dict.fromkeys(["127.0.0.1", "::1", "localhost", self._host]))
        pki.ensure_certificates(self._folder, hosts)
        self._server = Server(
            (self._host, self._port), self._api, self._folder / "server.crt", self._folder / "server.key"
        )
        self._port = int(self._server.server_address[1])
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True
        )
        self._thread.start()
        pki.write_kubeconfig(
            self.kubeconfig, url=self.url, authority=self.ca_file.read_bytes(), token=self.token
        )
        self._announce()
        if controllers:
            self._https = HttpsTransport(self.url, self._controller_token, self.ca_file)
            self._transport.target = self._https
            self._has_threads = True
            self._engine.start()

    def stop(self) -> None:
        """Stop the controllers and the server, and give the database free."""
        if self._has_threads:
            self._engine.stop()
            self._has_threads = False
        self._store.cut_watchers()
        if self._server is not None:
            self._server.stop()
            self._server = None
        if self._thread is not None:
            self._thread.join(timeout=5)
        if self._https is not None:
            self._https.close()
        self._store.close()

    @property
    def url(self) -> str:
        """Where it listens, once started."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"https://{host}:{self._port}"

    # ------------------------------------------------------------------ for tests and demonstrations

    @property
    def requests(self) -> RequestLog:
        """The requests of clients, the emulator's own excluded."""
        return self._api.requests

    @property
    def faults(self) -> Faults:
        """Injected faults; see `Faults.add`."""
        return self._api.faults

    def settle(self) -> int:
        """Run every controller in this thread until nothing changes any more; the number of writes.

        All delays count as over except those of held steps. Nothing sleeps.
        """
        before = self._store.revision
        self._engine.settle()
        return self._store.revision - before

    def hold(self, *steps: str) -> None:
        """Stop time for steps, to see a state in between.

        Steps are `import`, `schedule`, `boot`, `agent`, `stop`, `migrate` and `snapshot`.
        """
        self._engine.hold(*steps)

    def release(self, *steps: str) -> None:
        """Let held steps go on; all of them when none is named."""
        self._engine.release(*steps)

    def drop_watches(self) -> None:
        """End every client's watch, as a restarting API server does."""
        self._store.cut_watchers()

    def expire_history(self) -> None:
        """Forget all changes so far: a watch resumed from before gets 410 Expired."""
        self._store.forget_history()

    def guest_shutdown(self, namespace: str, name: str) -> None:
        """The guest powers itself off."""
        self._end_guest(namespace, name, "Succeeded")

    def guest_crash(self, namespace: str, name: str) -> None:
        """The guest's process dies."""
        self._end_guest(namespace, name, "Failed")

    def reset(self) -> None:
        """Back to the seed: everything else goes, changed seed objects are restored, faults and records are cleared."""
        with self._store.transaction() as txn:
            kept = {stored.key: stored for stored in self._seed}
            for resource in self._store.resources():
                for stored in self._store.select(resource):
                    if stored.key not in kept:
                        txn.remove(stored.key)
            for key, stored in kept.items():
                current = self._store.get(key)
                if current is None or current.revision != stored.revision:
                    txn.put(key, stored.obj)
        self._seed = [self._store.get(stored.key) or stored for stored in self._seed]
        self._registry.restore()
        self._api.definitions.sync()
        self.faults.clear()
        self.requests.clear()
        self._engine.forget()

    # ------------------------------------------------------------------ inside

    def _announce(self) -> None:
        """Tell clients where uploads go: CDIConfig.status.uploadProxyURL, as CDI does."""
        found = self._cache.get(CDI_CONFIG, "", "config")
        if found is not None:
            status = {**(found.get("status") or {}), "uploadProxyURL": self.url}
            self._local.managed_by("cdi-operator").update(CDI_CONFIG, {**found, "status": status})
            self._seed = [
                (self._store.get(s.key) or s) if s.key.resource == CDI_CONFIG.id else s for s in self._seed
            ]

    def _plant(self) -> None:
        """Create the seed objects and let the controllers bring them up."""
        for kind, obj in seed_objects():
            self._local.ensure(kind, obj)
        installed = self._cache.get(KUBEVIRT, "kubevirt", "kubevirt")
        if installed is not None:
            self._local.update_status(KUBEVIRT, installed, kubevirt_status())
        joined = self._cache.get(MANAGED_CLUSTER, "", "local-cluster")
        if joined is not None:
            self._local.update_status(MANAGED_CLUSTER, joined, managed_cluster_status())
        self._engine.settle()
        # Written last: a start that was cut short plants again.
        self._local.ensure(CONFIG_MAP, CONFIG_MAP.new(*_MARKER))
        self._store.forget_history()

    def _remember_seed(self) -> list[Stored]:
        """The stored seed objects and what the controllers made of them."""
        planted = {(CONFIG_MAP.id, *_MARKER)} | {
            (kind.id, obj["metadata"].get("namespace", ""), obj["metadata"]["name"])
            for kind, obj in seed_objects()
        }
        seeded = []
        for resource in self._store.resources():
            for stored in self._store.select(resource):
                key = stored.key
                belongs = resource in {"persistentvolumes", "storageprofiles.cdi.kubevirt.io"}
                if (key.resource, key.namespace, key.name) in planted or (
                    belongs and _is_of_seed(stored.obj)
                ):
                    seeded.append(stored)
        return seeded

    def _end_guest(self, namespace: str, name: str, phase: str) -> None:
        stored = self._store.get(Key(VMI.id, namespace, name))
        if stored is None or stored.obj.get("status", {}).get("phase") != "Running":
            raise ValueError(f"no running guest {namespace}/{name}")
        ready = {
            "type": "Ready",
            "status": "False",
            "reason": "GuestNotRunning",
            "message": "Guest VM is not reported as running",
            "lastTransitionTime": timestamp(),
        }
        gone = {"Ready", "AgentConnected", "Paused"}
        conditions = [c for c in stored.obj["status"].get("conditions", []) if c["type"] not in gone]
        patch = {"status": {"phase": phase, "conditions": [*conditions, ready]}}
        self._local.managed_by("virt-handler").merge(VMI, stored.obj, patch)


def _is_of_seed(obj: Json) -> bool:
    """Whether a volume or a StorageProfile belongs to the seed rather than to a tenant."""
    claim = obj.get("spec", {}).get("claimRef")
    if claim is not None:
        return bool(claim.get("namespace") == "openshift-virtualization-os-images")
    return obj["metadata"]["name"] in {"gold", "silver", "bronze-wffc"}


class _Switch:
    """The controllers' transport: straight into the API until the server listens, HTTPS from then on."""

    def __init__(self, target: Transport) -> None:
        self.target = target

    def send(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        return self.target.send(method, path, headers, body)
