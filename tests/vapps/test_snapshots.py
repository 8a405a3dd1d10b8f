"""Snapshots beside disks and media: what keeps each other out, and what reverting leaves on the cluster."""

from typing import Any

import pytest

from compute import names
from compute.cluster.client import client_for
from ssvirt.core.errors import VcdError
from ssvirt.core.tenancy import ALL, acting_for
from tests.fixtures import Api, World
from tests.vapps.bodies import first_vm, running_vapp, tree
from tests.vapps.test_crashes import drain_over_deaths, kill
from tests.vapps.test_disks import attached, ended, new_disk, refused, slot, succeeds, volumes_of
from tests.vapps.test_half_made import cancel, settle, status
from tests.vapps.test_media import change, medium
from tests.vapps.test_moves import move
from tests.vapps.test_reconfigure import MEDIA, NS, reconfigure
from vapps.models import Disk, Snapshot, Vm
from vapps.operations.snapshots import RevertToSnapshot
from vapps.states import VmState

pytestmark = pytest.mark.django_db

NO_CHANGE = "cannot be modified while the virtual machine has snapshots"
ROOT = (2000, 30720, 0)
MORE = (None, 1024, 1)


def snapshot(api: Api, href: str) -> Any:
    body = f'<CreateSnapshotParams {NS} memory="false"/>'
    return api.post(f"{href}/action/createSnapshot", body, MEDIA.format("createSnapshotParams"))


def revert(api: Api, href: str) -> Any:
    return api.post(f"{href}/action/revertToCurrentSnapshot")


def remove_all(api: Api, href: str) -> Any:
    return api.post(f"{href}/action/removeAllSnapshots")


def a_vapp(world: World, name: str = "web") -> tuple[str, str]:
    """A vApp that does not run, and its VM."""
    bob = world.api("bob")
    vapp = running_vapp(bob, world, name=name, power_on=False)
    return vapp, str(first_vm(bob.get(vapp)).get("href"))


def disk_list(*disks: tuple[int | None, int, int]) -> str:
    """A DiskSection of (DiskId, MB, unit) each."""
    entries = "".join(
        f"<DiskSettings>{f'<DiskId>{number}</DiskId>' if number else ''}<SizeMb>{size_mb}</SizeMb>"
        f"<UnitNumber>{unit}</UnitNumber><BusNumber>0</BusNumber><AdapterType>5</AdapterType></DiskSettings>"
        for number, size_mb, unit in disks
    )
    return f'<VmSpecSection Modified="true"><ovf:Info/><DiskSection>{entries}</DiskSection></VmSpecSection>'


def refused_for_snapshots(response: Any) -> None:
    refused(response, 400, "BAD_REQUEST")
    assert tree(response).get("message").endswith(NO_CHANGE)


def failed_for_snapshots(world: World, response: Any) -> None:
    state, message = ended(world, response)
    assert state == "error"
    assert message.endswith(NO_CHANGE)


# -- independent disks


def test_snapshot_when_an_independent_disk_is_attached_then_refused_naming_the_vm(world: World) -> None:
    bob = world.api("bob")
    vm, disk = attached(world, power_on=False)
    vapp = next(link.get("href") for link in tree(bob.get(vm)) if link.get("rel") == "up")
    for href in (vm, vapp):
        refused(snapshot(bob, href), 400, "BAD_REQUEST", "web-vm", "data")
    with acting_for(ALL):
        assert not Snapshot.objects.exists()
    detached = slot(bob, vm, disk, "detach")
    taken = snapshot(bob, vapp)
    succeeds(world, taken)
    assert status(bob, detached) == "success"


def test_snapshot_when_a_disk_is_being_attached_then_refused(world: World) -> None:
    bob = world.api("bob")
    _, vm = a_vapp(world)
    queued = slot(bob, vm, new_disk(world))
    refused(snapshot(bob, vm), 400, "BAD_REQUEST", "web-vm")
    cancel(bob, queued)
    assert settle(world, 5) == []
    succeeds(world, snapshot(bob, vm))


def test_snapshot_when_the_detachment_before_it_is_canceled_then_it_fails(world: World) -> None:
    bob = world.api("bob")
    vm, disk = attached(world, power_on=False)
    detached = slot(bob, vm, disk, "detach")
    taken = snapshot(bob, vm)
    cancel(bob, detached)
    state, message = ended(world, taken)
    assert (state, "data" in message) == ("error", True)
    with acting_for(ALL):
        assert not Snapshot.objects.exists()


def test_disk_when_the_vm_has_a_snapshot_then_not_attached_until_it_is_removed(world: World) -> None:
    bob = world.api("bob")
    _, vm = a_vapp(world)
    disk = new_disk(world)
    taken = snapshot(bob, vm)
    refused_for_snapshots(slot(bob, vm, disk))
    succeeds(world, taken)
    refused_for_snapshots(slot(bob, vm, disk))
    removed = remove_all(bob, vm)
    succeeds(world, slot(bob, vm, disk))
    assert status(bob, removed) == "success"


@pytest.mark.parametrize("what", ["attach", "add"])
def test_disk_when_the_removal_of_snapshots_before_it_fails_then_it_fails(world: World, what: str) -> None:
    bob = world.api("bob")
    _, vm = a_vapp(world)
    disk = new_disk(world)
    succeeds(world, snapshot(bob, vm))
    world.emulator.faults.add(method="DELETE", path_regex="virtualmachinesnapshots", status=403, times=1)
    removed = remove_all(bob, vm)
    queued = slot(bob, vm, disk) if what == "attach" else reconfigure(bob, vm, disk_list(ROOT, MORE))
    failed_for_snapshots(world, queued)
    assert status(bob, removed) == "error"
    with acting_for(ALL):
        assert Disk.objects.count() == 1


def test_disk_when_attached_before_the_rule_then_detached_only_without_snapshots(world: World) -> None:
    bob = world.api("bob")
    vm, disk = attached(world, power_on=False)
    with acting_for(ALL):
        Snapshot.objects.create(org=world.acme, vm=Vm.objects.get(), is_current=True)
    refused_for_snapshots(slot(bob, vm, disk, "detach"))


# -- a VM's own disks


def test_disks_when_the_vm_has_a_snapshot_then_neither_added_removed_nor_grown(world: World) -> None:
    bob = world.api("bob")
    _, vm = a_vapp(world)
    succeeds(world, reconfigure(bob, vm, disk_list(ROOT, MORE)))
    present = [ROOT, (2001, 1024, 1)]
    changes = [
        [*present, (None, 2048, 2)],
        [ROOT],
        [(2000, 40960, 0), (2001, 1024, 1)],
    ]
    taken = snapshot(bob, vm)
    for wanted in changes:
        refused_for_snapshots(reconfigure(bob, vm, disk_list(*wanted)))
    succeeds(world, taken)
    for wanted in changes:
        refused_for_snapshots(reconfigure(bob, vm, disk_list(*wanted)))
    succeeds(world, reconfigure(bob, vm, disk_list(*present)))
    succeeds(world, remove_all(bob, vm))
    succeeds(world, reconfigure(bob, vm, disk_list(*changes[0])))


def test_document_when_echoed_by_a_vm_with_a_snapshot_then_its_other_changes_are_made(world: World) -> None:
    bob = world.api("bob")
    _, vm = a_vapp(world)
    succeeds(world, snapshot(bob, vm))
    items = bob.get(f"{vm}/virtualHardwareSection/disks")
    listed = bob.call(
        "PUT", f"{vm}/virtualHardwareSection/disks", items.content, content_type=MEDIA.format("rasdItemsList")
    )
    succeeds(world, listed)
    inner = disk_list(ROOT).replace("<DiskSection>", "<NumCpus>2</NumCpus><DiskSection>")
    succeeds(world, reconfigure(bob, vm, inner))
    with acting_for(ALL):
        assert Vm.objects.get().cpus == 2


# -- reverting


@pytest.mark.parametrize("power_on", [True, False], ids=["running", "stopped"])
def test_revert_when_queued_behind_the_snapshot_then_accepted_and_power_is_as_it_was(
    world: World, power_on: bool
) -> None:
    bob = world.api("bob")
    vapp = running_vapp(bob, world, power_on=power_on)
    vm = first_vm(bob.get(vapp)).get("href")
    refused(revert(bob, vm), 400, "BAD_REQUEST", "no snapshot")
    taken = snapshot(bob, vm)
    reverted = revert(bob, vapp)
    with acting_for(ALL):
        projected = Vm.objects.get().projected_state
    succeeds(world, reverted)
    assert status(bob, taken) == "success"
    with acting_for(ALL):
        assert Vm.objects.get().state == projected == (VmState.ON if power_on else VmState.UNDEPLOYED)


def test_revert_when_the_snapshot_before_it_is_canceled_then_it_fails(world: World) -> None:
    bob = world.api("bob")
    _, vm = a_vapp(world)
    taken = snapshot(bob, vm)
    reverted = revert(bob, vm)
    cancel(bob, taken)
    state, message = ended(world, reverted)
    assert (state, "no snapshot to revert to" in message) == ("error", True)


def test_revert_when_the_removal_of_snapshots_is_queued_then_refused(world: World) -> None:
    bob = world.api("bob")
    _, vm = a_vapp(world)
    succeeds(world, snapshot(bob, vm))
    removed = remove_all(bob, vm)
    refused(revert(bob, vm), 400, "BAD_REQUEST", "no snapshot")
    succeeds(world, removed)


def claims(world: World) -> set[str]:
    pages = client_for(world.cluster).list_pages("PersistentVolumeClaim", namespace=world.vdc.namespace)
    return {claim["metadata"]["name"] for page, _ in pages for claim in page}


def reverted_with_an_added_disk(world: World) -> tuple[str, str]:
    """(vApp, VM) after a revert; the VM has a second disk that was there when the snapshot was taken."""
    bob = world.api("bob")
    vapp, vm = a_vapp(world)
    succeeds(world, reconfigure(bob, vm, disk_list(ROOT, MORE)))
    before = claims(world)
    succeeds(world, snapshot(bob, vm))
    succeeds(world, revert(bob, vm))
    assert claims(world) == before
    assert len(before) == 2
    return vapp, vm


def test_added_disk_when_removed_after_a_revert_then_its_claim_goes(world: World) -> None:
    bob = world.api("bob")
    _, vm = reverted_with_an_added_disk(world)
    succeeds(world, remove_all(bob, vm))
    succeeds(world, reconfigure(bob, vm, disk_list(ROOT)))
    assert len(claims(world)) == 1


def test_machine_when_started_after_a_revert_then_it_has_its_added_disk(world: World) -> None:
    bob = world.api("bob")
    _, vm = reverted_with_an_added_disk(world)
    succeeds(world, bob.post(f"{vm}/power/action/powerOn"))
    assert len(volumes_of(world, vm, "VirtualMachineInstance")) == 2


@pytest.mark.parametrize("what", ["vApp", "VM", "vApp, moved"])
def test_claims_when_deleted_after_a_revert_then_none_is_left(world: World, what: str) -> None:
    bob = world.api("bob")
    vapp, vm = reverted_with_an_added_disk(world)
    response = move(bob, world, vapp) if what == "vApp, moved" else bob.delete(vm if what == "VM" else vapp)
    succeeds(world, response)
    assert claims(world) == set()


@pytest.mark.parametrize("since", ["ejected", "exchanged"])
def test_medium_when_out_of_the_drive_since_the_snapshot_then_a_revert_leaves_no_claim(
    world: World, since: str
) -> None:
    bob = world.api("bob")
    vapp, vm = a_vapp(world)
    succeeds(world, change(bob, vm, "insertMedia", medium(world).pk))
    succeeds(world, snapshot(bob, vm))
    if since == "ejected":
        succeeds(world, change(bob, vm, "ejectMedia"))
    else:
        succeeds(world, change(bob, vm, "insertMedia", medium(world, "other.iso").pk))
    before = claims(world)
    succeeds(world, revert(bob, vm))
    assert claims(world) == before
    succeeds(world, bob.post(f"{vm}/power/action/powerOn"))
    succeeds(world, bob.delete(f"{vapp}?force=true"))
    assert claims(world) == set()


def test_medium_when_in_the_drive_at_the_snapshot_then_ejected_after_a_revert_without_a_trace(
    world: World,
) -> None:
    bob = world.api("bob")
    _, vm = a_vapp(world)
    before = claims(world)
    succeeds(world, change(bob, vm, "insertMedia", medium(world).pk))
    succeeds(world, snapshot(bob, vm))
    succeeds(world, revert(bob, vm))
    succeeds(world, change(bob, vm, "ejectMedia"))
    assert claims(world) == before


def test_claims_when_the_revert_failed_after_the_restore_then_they_go_with_the_vm(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    bob = world.api("bob")
    vapp, vm = a_vapp(world)
    succeeds(world, change(bob, vm, "insertMedia", medium(world).pk))
    succeeds(world, snapshot(bob, vm))
    succeeds(world, change(bob, vm, "ejectMedia"))

    def fail(self: RevertToSnapshot, run: object) -> None:
        raise VcdError("no machine")

    monkeypatch.setattr(RevertToSnapshot, "ensure_machines", fail)
    assert ended(world, revert(bob, vm)) == ("error", "no machine")
    assert len(claims(world)) == 2
    succeeds(world, bob.delete(vapp))
    assert claims(world) == set()


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_revert_when_the_worker_dies_at_removing_strays_then_another_one_ends_it(
    world: World, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    bob = world.api("bob")
    _, vm = a_vapp(world)
    succeeds(world, change(bob, vm, "insertMedia", medium(world).pk))
    succeeds(world, snapshot(bob, vm))
    succeeds(world, change(bob, vm, "ejectMedia"))
    before = claims(world)
    kill(monkeypatch, "vappRevertToCurrentSnapshot", "remove_strays", after=after)
    response = revert(bob, vm)
    drain_over_deaths(world)
    assert status(bob, response) == "success"
    assert claims(world) == before


def test_bare_claims_when_of_another_vm_or_name_then_they_stay(world: World) -> None:
    bob = world.api("bob")
    _, vm = a_vapp(world)
    other, _ = a_vapp(world, "two")
    client = client_for(world.cluster)
    with acting_for(ALL):
        label = {names.LABEL_VM: str(Vm.objects.get(vapp__name="web").pk)}
    foreign = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "foreign", "namespace": world.vdc.namespace, "labels": label},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    }
    client.apply(foreign)
    succeeds(world, snapshot(bob, vm))
    before = claims(world)
    succeeds(world, revert(bob, vm))
    assert claims(world) == before
    succeeds(world, bob.delete(other))
    assert len(claims(world)) == 2


def test_disk_when_its_claim_is_smaller_than_its_row_then_asking_for_the_size_again_grows_it(
    world: World,
) -> None:
    bob = world.api("bob")
    _, vm = a_vapp(world)
    with acting_for(ALL):
        Disk.objects.update(size_mb=40960)
    succeeds(world, reconfigure(bob, vm, disk_list((2000, 40960, 0))))
    with acting_for(ALL):
        assert Disk.objects.get().observed_capacity_mb == 40960
    (claim,) = claims(world)
    found = client_for(world.cluster).get("PersistentVolumeClaim", claim, world.vdc.namespace)
    assert found is not None
    assert found["spec"]["resources"]["requests"]["storage"] == "40Gi"
