"""Two tenants without a cluster: rows made by the services, whose tasks stay queued."""

import base64
import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.http import HttpResponse
from lxml import etree

from catalogs.models import Catalog, Media, VAppTemplate
from catalogs.services import (
    TemplateDiskSpec,
    TemplateVmSpec,
    catalog_create,
    media_create,
    template_create,
)
from compute.models import Cluster
from orgs.models import PROVIDER_ORG, SYSTEM_ADMINISTRATOR, AccessGrant, MetadataEntry, Org, User
from orgs.selectors import predefined_role
from orgs.services import org_create, user_create
from ssvirt.core import clock
from ssvirt.core.tenancy import ALL, acting_for
from tasks.models import Task
from tests.fixtures import ACTOR, JSON, PASSWORD, XML, Api, CheckedClient
from vapps.models import (
    AddressMode,
    AffinityRule,
    AffinityRuleVm,
    ConsoleTicket,
    Disk,
    NamedDisk,
    Nic,
    SecurityTag,
    Snapshot,
    VApp,
    VAppNetwork,
    Vm,
)
from vdcs.models import (
    ComputePolicy,
    EdgeGateway,
    IpAllocation,
    Network,
    NetworkKind,
    ProviderVdc,
    StoragePolicy,
    Vdc,
    VdcComputePolicy,
)
from vdcs.services import StorageLimit, network_create, vdc_create

CLOUD = "application/json;version=37.0"
FORBIDDEN = "ACCESS_TO_RESOURCE_IS_FORBIDDEN"


@dataclass
class Tenant:
    """What one organization owns: one row of every kind at least."""

    org: Org
    vdc: Vdc
    vdc_task: Task
    net: Network
    shared: Catalog
    private: Catalog
    template: VAppTemplate
    secret: VAppTemplate
    media: Media
    vapp: VApp
    vm: Vm
    disk: Disk
    nic: Nic
    vapp_network: VAppNetwork
    address: IpAllocation


@dataclass
class Tenants:
    """acme (alice, bob, carol) and globex (dave), and the provider's administrator."""

    acme: Tenant
    globex: Tenant
    users: dict[str, User]
    pvdc: ProviderVdc
    policy: StoragePolicy
    sessions: dict[str, Api] = field(default_factory=dict)

    def api(self, user: str, accept: str = XML) -> Api:
        """The API as that user, signed in."""
        key = f"{user} {accept}"
        if key not in self.sessions:
            self.sessions[key] = Api(self.users[user].login, accept)
        return self.sessions[key]


def make_template(catalog: Catalog, owner: User, name: str, *vms: str, networks: tuple[str, ...] = ("none",)):
    """A template with those VMs, one disk each."""
    return template_create(
        catalog=catalog,
        name=name,
        owner=owner,
        vms=[
            TemplateVmSpec(
                name=vm,
                os_type="fedora64Guest",
                disks=[TemplateDiskSpec(size_mb=1024, source=("images", "fedora"))],
                networks=networks,
            )
            for vm in vms
        ],
    )


def make_tenant(org: Org, owner: User, pvdc: ProviderVdc, policy: StoragePolicy, number: int) -> Tenant:
    """One row of every kind, all names starting with the organization's."""
    name = org.name
    vdc, task = vdc_create(
        org=org,
        name=f"{name}-vdc",
        provider_vdc=pvdc,
        storage=[StorageLimit(policy=policy, limit_mb=1 << 20)],
        actor=ACTOR,
        primary_cidr=f"10.{number}.0.0/24",
    )
    net, _ = network_create(
        vdc=vdc,
        name=f"{name}-net",
        kind=NetworkKind.ROUTED,
        gateway=f"10.{number}.0.1",
        prefix_length=24,
        ranges=[(f"10.{number}.0.100", f"10.{number}.0.109")],
        actor=ACTOR,
    )
    shared = catalog_create(org=org, name=f"{name}-shared", owner=owner, is_published=True)
    private = catalog_create(org=org, name=f"{name}-private", owner=owner)
    template = make_template(shared, owner, f"{name}-template", "web", "db")
    secret = make_template(private, owner, f"{name}-secret", f"{name}-secret-vm")
    media = media_create(catalog=private, name=f"{name}-iso", owner=owner, size_bytes=4096)
    profile = vdc.storage_policies.get()
    vapp = VApp.objects.create(org=org, vdc=vdc, name=f"{name}-vapp", owner=owner)
    vapp_network = VAppNetwork.objects.create(org=org, vapp=vapp, name=f"{name}-net", parent=net)
    vm = Vm.objects.create(
        org=org,
        vapp=vapp,
        vdc=vdc,
        name=f"{name}-vm",
        computer_name=f"{name}-vm",
        os_type="fedora64Guest",
        cpus=1,
        memory_mb=1024,
        storage_policy=profile,
    )
    disk = Disk.objects.create(org=org, vm=vm, position=0, size_mb=1024, storage_policy=profile)
    nic = Nic.objects.create(
        org=org,
        vm=vm,
        position=0,
        vapp_network=vapp_network,
        mode=AddressMode.POOL,
        address=f"10.{number}.0.100",
        mac=f"00:50:56:00:00:{number:02x}",
        is_primary=True,
    )
    address = IpAllocation.objects.create(org=org, network=net, address=nic.address, nic_id=nic.pk)
    _make_extras(owner, vdc, vapp, vm, media)
    return Tenant(
        org,
        vdc,
        task,
        net,
        shared,
        private,
        template,
        secret,
        media,
        vapp,
        vm,
        disk,
        nic,
        vapp_network,
        address,
    )


def _make_extras(owner: User, vdc: Vdc, vapp: VApp, vm: Vm, media: Media) -> None:
    """One row of each kind that hangs on others."""
    org = vdc.org
    profile = vdc.storage_policies.get()
    named = NamedDisk.objects.create(
        org=org, vdc=vdc, name=f"{org.name}-disk", owner=owner, size_mb=1024, storage_policy=profile, status=1
    )
    Disk.objects.create(
        org=org, vm=vm, position=1, unit_number=1, named=named, size_mb=1024, storage_policy=profile
    )
    vm.media = media
    vm.save(update_fields=["media"])
    Snapshot.objects.create(org=org, vm=vm, is_current=True)
    SecurityTag.objects.create(org=org, vm=vm, tag=f"{org.name}-tag")
    rule = AffinityRule.objects.create(org=org, vdc=vdc, name=f"{org.name}-rule")
    AffinityRuleVm.objects.create(org=org, rule=rule, vm=vm)
    ConsoleTicket.objects.create(org=org, vm=vm, digest=f"{org.name}", user_name="x", expires_at=clock.now())
    policy, _ = ComputePolicy.objects.get_or_create(name="small", defaults={"cpus": 1})
    VdcComputePolicy.objects.create(org=org, vdc=vdc, policy=policy)
    edge, _ = EdgeGateway.objects.get_or_create(vdc=vdc, defaults={"org": org, "name": f"{org.name}-edge"})
    Network.objects.filter(vdc=vdc).update(edge_gateway=edge)
    MetadataEntry.objects.create(org=org, entity_id=vm.pk, key="k", value="v")
    AccessGrant.objects.create(org=org, entity_id=vapp.pk, user=owner)


@pytest.fixture
def tenants(db: None) -> Tenants:
    with acting_for(ALL):
        cluster = Cluster.objects.create(name="never-called")
        pvdc = ProviderVdc.objects.create(name="pvdc", cluster=cluster)
        policy = StoragePolicy.objects.create(provider_vdc=pvdc, name="gold", storage_class="gold")
        acme, globex = org_create(name="acme"), org_create(name="globex")
        users = {
            name: user_create(org=org, username=name, password=PASSWORD, role=predefined_role(role))
            for org, name, role in (
                (Org.objects.get(name=PROVIDER_ORG), "administrator", SYSTEM_ADMINISTRATOR),
                (acme, "alice", "Organization Administrator"),
                (acme, "bob", "vApp Author"),
                (acme, "carol", "vApp User"),
                (globex, "dave", "Organization Administrator"),
            )
        }
        return Tenants(
            make_tenant(acme, users["alice"], pvdc, policy, 10),
            make_tenant(globex, users["dave"], pvdc, policy, 20),
            users,
            pvdc,
            policy,
        )


def basic(login: str, password: str = PASSWORD) -> str:
    """The value of a Basic Authorization header."""
    return "Basic " + base64.b64encode(f"{login}:{password}".encode()).decode()


def send(method: str, path: str, body: bytes | str = b"", *, content_type: str = "", **headers: str):
    """One request as it is, without a session; underscores in header names stand for hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return CheckedClient().generic(method, path, body, content_type=content_type, headers=named)


def xml(response: HttpResponse) -> etree._Element:
    """The body as a tree; the client has found it valid."""
    assert response["Content-Type"].partition(";")[0].endswith("xml"), response["Content-Type"]
    return etree.fromstring(response.content)


def error_of(response: HttpResponse, status: int, form: str) -> dict[str, Any]:
    """The VCD error of a response, after everything that holds for each error was checked.

    `form` is "xml" or "json" (the legacy API) or "cloud" (/cloudapi).
    """
    assert response.status_code == status, response.content[:500]
    request_id = response["X-VMWARE-VCLOUD-REQUEST-ID"]
    assert request_id
    assert "Traceback" not in response.content.decode()
    kind = response["Content-Type"].partition(";")[0]
    if form == "xml":
        assert kind == "application/vnd.vmware.vcloud.error+xml"
        root = xml(response)
        assert etree.QName(root).localname == "Error"
        major, minor, message = root.get("majorErrorCode"), root.get("minorErrorCode"), root.get("message")
    elif form == "json":
        assert kind == "application/vnd.vmware.vcloud.error+json"
        doc = json.loads(response.content)
        major, minor, message = doc["majorErrorCode"], doc["minorErrorCode"], doc["message"]
    else:
        assert kind == "application/json"
        doc = json.loads(response.content)
        assert set(doc) == {"minorErrorCode", "message", "stackTrace"}
        major, minor, message = status, doc["minorErrorCode"], doc["message"]
    assert int(major) == status
    assert minor
    assert message
    if status != 406:
        assert f"[ {request_id} ]" in message
    return {"minor": minor, "message": message}


ACCEPT_OF = {"xml": XML, "json": JSON, "cloud": CLOUD}
