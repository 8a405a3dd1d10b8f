"""Fixtures of the Django tests: an emulated cluster, two tenants, `drain` (lets everything happen)."""

import base64
import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.http import HttpResponse
from django.test import Client

import ssvirt.celery  # noqa: F401 - as in the processes, hints go through this application
from catalogs.models import Catalog, VAppTemplate
from catalogs.services import TemplateDiskSpec, TemplateVmSpec, catalog_create, template_create
from compute.cluster.client import client_for
from compute.models import Cluster
from compute.watch import Watcher
from orgs.models import PROVIDER_ORG, SYSTEM_ADMINISTRATOR, Org, User
from orgs.selectors import predefined_role
from orgs.services import org_create, user_create
from ssvirt.core.tenancy import ALL, acting_for
from tasks.models import UNFINISHED, Task
from tasks.services import Actor, sweep
from tests.contract.spec import assert_valid_body
from vdcs.models import Network, NetworkKind, ProviderVdc, StoragePolicy, Vdc
from vdcs.services import StorageLimit, network_create, vdc_create

if TYPE_CHECKING:
    from compute.emulator import Emulator

PASSWORD = "correct horse battery"
ACTOR = Actor(user_id=None, user_name="system")
XML = "application/*+xml;version=37.0"
JSON = "application/*+json;version=37.0"


@pytest.fixture(scope="session")
def emulator_process(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Emulator]":
    """One emulated cluster per test process; tests take `emulator`, which is empty for each."""
    from compute.emulator import Emulator, Timings

    made = Emulator(state_dir=Path(tmp_path_factory.mktemp("emulator")), timings=Timings.instant())
    made.start(controllers=False)
    yield made
    made.stop()


@pytest.fixture
def emulator(emulator_process: "Emulator", settings: Any) -> "Emulator":
    """The cluster, back at its seed objects."""
    emulator_process.reset()
    settings.KUBECONFIG = str(emulator_process.kubeconfig)
    return emulator_process


@dataclass
class World:
    """Two tenants on one cluster: acme with two VDCs and networks, globex with one VDC."""

    acme: Org
    globex: Org
    users: dict[str, User]
    vdc: Vdc
    vdc2: Vdc
    globex_vdc: Vdc
    net: Network
    isolated: Network
    catalog: Catalog
    fedora: VAppTemplate
    pair: VAppTemplate
    private: VAppTemplate
    cluster: Cluster
    drain: Callable[[], None]
    emulator: "Emulator"
    watcher: Watcher
    sessions: dict[str, "Api"] = field(default_factory=dict)

    def api(self, user: str, accept: str = XML) -> "Api":
        """The API as that user (bob, alice, carol, dave, administrator), signed in."""
        key = f"{user} {accept}"
        if key not in self.sessions:
            self.sessions[key] = Api(self.users[user].login, accept)
        return self.sessions[key]


class CheckedClient(Client):
    """Django's test client. An answer whose body is not valid by the reference material fails the test."""

    def __init__(self) -> None:
        super().__init__(raise_request_exception=False)

    def request(self, **request: Any) -> Any:
        response = super().request(**request)
        if not response.streaming:
            assert_valid_body(
                request["PATH_INFO"],
                response.get("Content-Type", ""),
                response.content,
                made_from=getattr(response, "data", None),
            )
        return response


class Api:
    """A signed-in client over Django's test client; `host` shows in every href."""

    host = "testserver"

    def __init__(self, login: str, accept: str = XML, *, password: str = PASSWORD) -> None:
        self.client = CheckedClient()
        self.accept = accept
        basic = base64.b64encode(f"{login}:{password}".encode()).decode()
        response = self.client.post(
            "/cloudapi/1.0.0/sessions",
            headers={
                "accept": "application/json;version=37.0",
                "authorization": f"Basic {basic}",
                "host": self.host,
            },
        )
        assert response.status_code == 200, response.content
        self.token = response["X-VMWARE-VCLOUD-ACCESS-TOKEN"]

    def call(
        self, method: str, path: str, body: Any = None, *, content_type: str = "", **headers: str
    ) -> HttpResponse:
        """One request; `path` may be an href of ours."""
        path = path.removeprefix(f"http://{self.host}")
        sent = {"accept": self.accept, "authorization": f"Bearer {self.token}", "host": self.host, **headers}
        if isinstance(body, dict):
            body, content_type = json.dumps(body), content_type or "application/json"
        return self.client.generic(method, path, body or b"", content_type=content_type, headers=sent)

    def get(self, path: str, **headers: str) -> HttpResponse:
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any = None, content_type: str = "application/xml") -> HttpResponse:
        return self.call("POST", path, body, content_type=content_type if body else "")

    def delete(self, path: str) -> HttpResponse:
        return self.call("DELETE", path)


def _template(catalog: Catalog, owner: User, name: str, *vms: str) -> VAppTemplate:
    source = ("openshift-virtualization-os-images", "fedora")
    return template_create(
        catalog=catalog,
        name=name,
        owner=owner,
        vms=[
            TemplateVmSpec(
                name=vm,
                os_type="fedora64Guest",
                preference="fedora",
                memory_mb=1024,
                disks=[TemplateDiskSpec(size_mb=30720, source=source)],
            )
            for vm in vms
        ],
    )


@pytest.fixture
def world(db: None, emulator: "Emulator") -> World:
    """Everything there and ready: the tasks of VDCs and networks have ended."""
    with acting_for(ALL):
        cluster = Cluster.objects.create(name=f"emulated-{uuid.uuid4().hex[:8]}")
        pvdc = ProviderVdc.objects.create(name="pvdc", cluster=cluster)
        gold = StoragePolicy.objects.create(provider_vdc=pvdc, name="gold", storage_class="gold")
        silver = StoragePolicy.objects.create(provider_vdc=pvdc, name="silver", storage_class="silver")
        acme, globex = org_create(name="acme"), org_create(name="globex")
        system = Org.objects.get(name=PROVIDER_ORG)
        users = {
            name: user_create(org=org, username=name, password=PASSWORD, role=predefined_role(role))
            for org, name, role in (
                (system, "administrator", SYSTEM_ADMINISTRATOR),
                (acme, "alice", "Organization Administrator"),
                (acme, "bob", "vApp Author"),
                (acme, "carol", "vApp User"),
                (globex, "dave", "Organization Administrator"),
            )
        }
        limits = [StorageLimit(policy=gold, limit_mb=1 << 20), StorageLimit(policy=silver)]

        def vdc(org: Org, name: str, cidr: str) -> Vdc:
            return vdc_create(
                org=org,
                name=name,
                provider_vdc=pvdc,
                storage=limits,
                actor=ACTOR,
                vm_quota=10,
                primary_cidr=cidr,
            )[0]

        first = vdc(acme, "acme-vdc", "10.10.0.0/24")
        second, foreign = vdc(acme, "acme-vdc-2", "10.20.0.0/24"), vdc(globex, "globex-vdc", "10.30.0.0/24")
        net, _ = network_create(
            vdc=first,
            name="acme-net",
            kind=NetworkKind.ROUTED,
            gateway="10.10.0.1",
            prefix_length=24,
            ranges=[("10.10.0.100", "10.10.0.109")],
            dns=["10.10.0.1"],
            actor=ACTOR,
        )
        isolated, _ = network_create(
            vdc=first,
            name="acme-isolated",
            kind=NetworkKind.ISOLATED,
            gateway="192.168.50.1",
            prefix_length=24,
            ranges=[("192.168.50.10", "192.168.50.19")],
            actor=ACTOR,
        )
        shared = catalog_create(org=acme, name="linux", owner=users["alice"], is_published=True)
        hidden = catalog_create(org=acme, name="private", owner=users["alice"])
        templates = (
            _template(shared, users["alice"], "fedora", "fedora"),
            _template(shared, users["alice"], "web-and-db", "web", "db"),
            _template(hidden, users["alice"], "secret", "secret"),
        )
    watcher = Watcher(cluster.pk, client_for(cluster))

    def drain() -> None:
        """Advances tasks, cluster and watch until nothing moves. Fails when that does not come about."""
        for _ in range(60):
            moved = sweep() + emulator.settle()
            watcher.sync()
            if not moved and not sweep():
                return
        with acting_for(ALL):
            left = list(Task.objects.filter(status__in=UNFINISHED).values("operation", "step", "notes"))
        pytest.fail(f"nothing comes to rest; unfinished: {left}")

    drain()
    return World(
        acme,
        globex,
        users,
        first,
        second,
        foreign,
        net,
        isolated,
        shared,
        *templates,
        cluster,
        drain,
        emulator,
        watcher,
    )
