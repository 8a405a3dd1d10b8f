"""`manage.py seed_demo`: the demo's organizations, VDCs, networks and catalog."""

import os
import time
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from catalogs.models import Catalog, CatalogItem
from catalogs.services import (
    TemplateDiskSpec,
    TemplateVmSpec,
    catalog_create,
    media_create,
    template_create,
)
from compute.models import Cluster
from orgs.models import PROVIDER_ORG, SYSTEM_ADMINISTRATOR, Org, User
from orgs.selectors import predefined_role
from orgs.services import org_create, user_create, user_set_password
from ssvirt.core.tenancy import ALL, acting_for
from tasks.models import UNFINISHED, Task, TaskStatus
from tasks.services import Actor
from vdcs.models import Network, NetworkKind, ProviderVdc, StoragePolicy, Vdc
from vdcs.services import StorageLimit, network_create, vdc_create

USERS = (
    (PROVIDER_ORG, "administrator", SYSTEM_ADMINISTRATOR),
    ("acme", "alice", "Organization Administrator"),
    ("acme", "bob", "vApp Author"),
    ("acme", "carol", "vApp User"),
    ("globex", "dave", "Organization Administrator"),
)
ORGS = (("acme", "Acme Corporation"), ("globex", "Globex Corporation"))
# name, organization, subnet of the namespace's primary network
VDCS = (
    ("acme-vdc", "acme", "10.10.0.0/24"),
    ("acme-vdc-2", "acme", "10.20.0.0/24"),
    ("globex-vdc", "globex", "10.30.0.0/24"),
)
STORAGE = (("gold", "gold"), ("silver", "silver"))
BOOT_SOURCES = "openshift-virtualization-os-images"
_ACTOR = Actor(user_id=None, user_name="system")


def _vm(name: str, source: str, os_type: str, preference: str) -> TemplateVmSpec:
    return TemplateVmSpec(
        name=name,
        os_type=os_type,
        preference=preference,
        cpus=1,
        memory_mb=2048,
        disks=[TemplateDiskSpec(size_mb=30720, source=(BOOT_SOURCES, source))],
    )


TEMPLATES: Sequence[tuple[str, str, Sequence[TemplateVmSpec]]] = (
    ("fedora", "Fedora Linux", [_vm("fedora", "fedora", "fedora64Guest", "fedora")]),
    ("ubuntu", "Ubuntu Linux", [_vm("ubuntu", "ubuntu", "ubuntu64Guest", "ubuntu")]),
    (
        "centos-stream",
        "CentOS Stream 9",
        [_vm("centos-stream", "centos-stream9", "centos9_64Guest", "centos.stream9")],
    ),
    (
        "web-and-db",
        "A web server and its database",
        [
            _vm("web", "fedora", "fedora64Guest", "fedora"),
            _vm("db", "centos-stream9", "centos9_64Guest", "centos.stream9"),
        ],
    ),
)


class Command(BaseCommand):
    help = (
        "Creates the demo's organizations, users, VDCs, networks and catalog; what exists is left alone. "
        "SSVIRT_DEMO_PASSWORD is the password of every demo account."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--wait", type=float, default=0, metavar="SECONDS", help="wait so long for the tasks to end"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        password = os.environ.get("SSVIRT_DEMO_PASSWORD", "")
        if not settings.IS_DEMO:
            raise CommandError("This is no demo installation: set SSVIRT_DEMO=1 to seed one.")
        if not password:
            raise CommandError("SSVIRT_DEMO_PASSWORD is not set.")
        with acting_for(ALL):
            _organizations()
            _users(password)
            _vdcs()
            _networks()
            _catalog()
            self._wait(options["wait"])
        self.stdout.write("The demo data is there.")

    def _wait(self, seconds: float) -> None:
        """Until the tasks on VDCs and networks have ended. Raises CommandError when one failed or time is
        up.
        """
        deadline = time.monotonic() + seconds
        tasks = Task.objects.filter(owner_kind__in=("vdc", "network"), user_name=_ACTOR.user_name)
        while seconds and tasks.filter(status__in=UNFINISHED).exists():
            if time.monotonic() > deadline:
                waiting = tasks.filter(status__in=UNFINISHED).values_list("description", flat=True)
                raise CommandError(f"Not done after {seconds:g} seconds: {', '.join(waiting)}")
            time.sleep(0.1)
        failed = tasks.filter(status=TaskStatus.ERROR).first()
        if failed is not None:
            raise CommandError(f"{failed.description} failed: {failed.error['message']}")


def _organizations() -> None:
    for name, full_name in ORGS:
        if not Org.objects.filter(name=name).exists():
            org_create(name=name, full_name=full_name)


def _users(password: str) -> None:
    """Creates the accounts, or gives the existing ones this start's password."""
    for org_name, username, role in USERS:
        org = Org.objects.get(name=org_name)
        user = User.objects.filter(org=org, username=username).first()
        if user is None:
            user_create(
                org=org,
                username=username,
                password=password,
                role=predefined_role(role),
                full_name=username.capitalize(),
            )
        elif not user.check_password(password):
            user_set_password(user=user, password=password)


def _provider_vdc() -> tuple[ProviderVdc, list[StoragePolicy]]:
    cluster, _ = Cluster.objects.get_or_create(name="demo")
    provider_vdc, _ = ProviderVdc.objects.get_or_create(name="demo-pvdc", defaults={"cluster": cluster})
    policies = [
        StoragePolicy.objects.get_or_create(
            provider_vdc=provider_vdc, name=name, defaults={"storage_class": storage_class}
        )[0]
        for name, storage_class in STORAGE
    ]
    return provider_vdc, policies


def _vdcs() -> None:
    provider_vdc, policies = _provider_vdc()
    for name, org_name, cidr in VDCS:
        org = Org.objects.get(name=org_name)
        if not Vdc.objects.filter(org=org, name=name).exists():
            vdc_create(
                org=org,
                name=name,
                provider_vdc=provider_vdc,
                storage=[StorageLimit(policy=policy, limit_mb=2 << 20) for policy in policies],
                actor=_ACTOR,
                vm_quota=100,
                network_quota=20,
                cpu_limit_mhz=200_000,
                memory_limit_mb=400 << 10,
                primary_cidr=cidr,
            )


def _networks() -> None:
    vdc = Vdc.objects.get(org__name="acme", name="acme-vdc")
    if not Network.objects.filter(vdc=vdc, name="acme-net").exists():
        network_create(
            vdc=vdc,
            name="acme-net",
            kind=NetworkKind.ROUTED,
            gateway="10.10.0.1",
            prefix_length=24,
            ranges=[("10.10.0.100", "10.10.0.199")],
            dns=["10.10.0.1"],
            actor=_ACTOR,
            description="Routed, with a static pool",
        )
    if not Network.objects.filter(vdc=vdc, name="acme-isolated").exists():
        network_create(
            vdc=vdc,
            name="acme-isolated",
            kind=NetworkKind.ISOLATED,
            gateway="192.168.50.1",
            prefix_length=24,
            ranges=[("192.168.50.10", "192.168.50.99")],
            actor=_ACTOR,
            description="Isolated",
        )


def _catalog() -> None:
    org = Org.objects.get(name="acme")
    owner = User.objects.get(org=org, username="alice")
    catalog = Catalog.objects.filter(org=org, name="linux").first()
    if catalog is None:
        catalog = catalog_create(
            org=org, name="linux", owner=owner, description="Linux images of the cluster", is_published=True
        )
    present = set(CatalogItem.objects.filter(catalog=catalog).values_list("name", flat=True))
    for name, description, vms in TEMPLATES:
        if name not in present:
            template_create(catalog=catalog, name=name, owner=owner, vms=vms, description=description)
    if "tools.iso" not in present:
        media_create(
            catalog=catalog,
            name="tools.iso",
            owner=owner,
            size_bytes=64 << 20,
            source=(BOOT_SOURCES, "fedora"),
        )
