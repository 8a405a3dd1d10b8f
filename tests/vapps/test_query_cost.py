"""A query takes the same statements whatever the number of rows: one test for all types."""

import uuid
from collections.abc import Callable

from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalogs.models import TemplateVm
from catalogs.services import catalog_create, media_create
from orgs.models import Right, Role, User
from orgs.selectors import predefined_role
from orgs.services import org_create, user_create
from ssvirt.api.query.types import _types
from ssvirt.core import clock
from ssvirt.core.tenancy import ALL, acting_for
from tasks.models import Task
from tests.api.asking import query, records
from tests.api.tenants import PASSWORD, Tenants, make_template
from tests.fixtures import Api
from vapps.models import Disk, NamedDisk, VApp, VAppNetwork, Vm
from vdcs.models import EdgeGateway, Network, ProviderVdc, StoragePolicy, Vdc, VdcStoragePolicy

FILLED = sorted(name for name, query in _types.items() if query.sources)


def filled(number: int, text: str = "n") -> str:
    return f"{text}-{number}-{uuid.uuid4().hex[:6]}"


def _grow_tasks(tenants: Tenants, count: int) -> None:
    (task,) = Task.objects.filter(org=tenants.acme.org)[:1]
    for _ in range(count):
        Task.objects.create(
            org=task.org,
            operation="x",
            description="x",
            owner_id=task.owner_id,
            owner_kind=task.owner_kind,
            user_name="x",
            deadline_at=clock.now(),
        )


def _grow_vdcs(tenants: Tenants, count: int) -> None:
    for number in range(count):
        name = filled(number)
        vdc = Vdc.objects.create(
            org=tenants.acme.org,
            name=name,
            provider_vdc=tenants.pvdc,
            namespace=name,
            primary_cidr="10.9.0.0/24",
        )
        VdcStoragePolicy.objects.create(org=vdc.org, vdc=vdc, policy=tenants.policy, is_default=True)
        edge = EdgeGateway.objects.create(org=vdc.org, vdc=vdc, name=name)
        Network.objects.create(
            org=vdc.org,
            vdc=vdc,
            name=name,
            kind="natRouted",
            gateway="10.9.0.1",
            prefix_length=24,
            udn_name=name,
            edge_gateway=edge,
        )


def _grow_vapps(tenants: Tenants, count: int) -> None:
    acme = tenants.acme
    profile = acme.vdc.storage_policies.get()
    common = {"org": acme.org, "vdc": acme.vdc}
    for number in range(count):
        name = filled(number)
        vapp = VApp.objects.create(**common, name=name, owner=tenants.users["alice"])
        VAppNetwork.objects.create(org=acme.org, vapp=vapp, name=name, parent=acme.net)
        vm = Vm.objects.create(
            **common,
            vapp=vapp,
            name=name,
            computer_name="x",
            os_type="x",
            cpus=1,
            memory_mb=1,
            storage_policy=profile,
        )
        disk = NamedDisk.objects.create(
            **common, name=name, owner=tenants.users["alice"], size_mb=1, storage_policy=profile
        )
        Disk.objects.create(org=acme.org, vm=vm, position=0, named=disk, size_mb=1, storage_policy=profile)


def _grow_catalogs(tenants: Tenants, count: int) -> None:
    alice = tenants.users["alice"]
    for number in range(count):
        catalog = catalog_create(org=tenants.acme.org, name=filled(number), owner=alice)
        make_template(catalog, alice, filled(number), "vm")
        media_create(catalog=catalog, name=filled(number), owner=alice, size_bytes=1)


def _grow_orgs(tenants: Tenants, count: int) -> None:
    for number in range(count):
        name = filled(number)
        org = org_create(name=name)
        user_create(org=org, username=name, password=PASSWORD, role=predefined_role("vApp User"))
        Role.objects.create(org=org, name=name)
        Right.objects.create(name=name)


def _grow_providers(tenants: Tenants, count: int) -> None:
    for number in range(count):
        name = filled(number)
        pvdc = ProviderVdc.objects.create(name=name, cluster=tenants.pvdc.cluster)
        StoragePolicy.objects.create(provider_vdc=pvdc, name=name, storage_class="x")


_GROW: tuple[Callable[[Tenants, int], None], ...] = (
    _grow_tasks,
    _grow_vdcs,
    _grow_vapps,
    _grow_catalogs,
    _grow_orgs,
    _grow_providers,
)


def _statements(api: Api, kind: str) -> tuple[int, int]:
    with CaptureQueriesContext(connection) as captured:
        root = query(api, kind, pageSize=128, links="true", fields="", sortAsc="id")
    return len(captured), len(records(root))


def test_sql_when_rows_of_any_type_grow_then_the_same_statements(tenants: Tenants) -> None:
    admin = tenants.api("administrator")
    with acting_for(ALL):
        for grow in _GROW:
            grow(tenants, 2)
        _statements(admin, FILLED[0])  # the rights of a role are read once a while
        few = {kind: _statements(admin, kind) for kind in FILLED}
        for grow in _GROW:
            grow(tenants, 9)
        _statements(admin, FILLED[0])
        many = {kind: _statements(admin, kind) for kind in FILLED}
    assert {kind: rows for kind, (_, rows) in few.items() if many[kind][1] < rows + 9} == {}
    assert {kind: statements for kind, (statements, _) in many.items()} == {
        kind: statements for kind, (statements, _) in few.items()
    }
    # The session, the count and the rows; VMs have two sources: which rows, then what they hold.
    assert {kind: statements for kind, (statements, _) in few.items() if statements != 3} == {
        "vm": 4,
        "adminVM": 4,
    }
    assert TemplateVm._base_manager.count() >= 12
    assert User._base_manager.count() >= 12
