"""What holds once all tasks have ended, whatever was asked for: rows, charges and the cluster tell the same."""

from collections.abc import Iterator

from compute import names
from compute.cluster.client import client_for
from ssvirt.core.tenancy import ALL, acting_for
from tasks.models import Task
from tests.fixtures import World
from vapps.models import Disk, NamedDisk, Nic, Snapshot, VApp, Vm
from vapps.states import VAppState, VmState
from vdcs.models import IpAllocation, Network, Vdc, VdcStoragePolicy


def violations(world: World) -> list[str]:
    """A sentence for each violation."""
    with acting_for(ALL):
        return [*_tasks(), *_charges(), *_addresses(), *_states(), *_cluster(world)]


def _tasks() -> Iterator[str]:
    for operation, notes in Task.objects.filter(ended_at=None).values_list("operation", "notes"):
        yield f"{operation} has not ended: {notes.get('waiting_for', '')}"


def _charges() -> Iterator[str]:
    for vdc in Vdc.objects.all():
        vms = list(Vm.objects.filter(vdc=vdc))
        held = (len(vms), sum(vm.cpus for vm in vms) * vdc.vcpu_mhz, sum(vm.memory_mb for vm in vms))
        charged = (vdc.used_vms, vdc.used_cpu_mhz, vdc.used_memory_mb)
        if held != charged:
            yield f"{vdc.name} holds {held}, charged are {charged}"
    for policy in VdcStoragePolicy.objects.all():
        own = Disk.objects.filter(storage_policy=policy, named=None).values_list("size_mb", flat=True)
        named = NamedDisk.objects.filter(storage_policy=policy).exclude(status=-1)
        size_mb = sum(own) + sum(named.values_list("size_mb", flat=True))
        if size_mb != policy.used_mb:
            yield f"the storage profile {policy.pk} holds {size_mb} MB, charged are {policy.used_mb}"


def _addresses() -> Iterator[str]:
    allocated = {row.nic_id: row for row in IpAllocation.objects.filter(held_by=None)}
    for nic in Nic.objects.select_related("vapp_network", "vm"):
        found = allocated.pop(nic.pk, None)
        if (nic.address or None) != (found.address if found is not None else None):
            yield f"a card of {nic.vm.name} has {nic.address}, allocated is {found}"
        if nic.vapp_network is not None and nic.vapp_network.vapp_id != nic.vm.vapp_id:
            yield f"a card of {nic.vm.name} is on another vApp's network"
    yield from (f"{row.address} is allocated to no card" for row in allocated.values())
    for row in IpAllocation.objects.exclude(held_by=None):
        if not Vm.objects.filter(pk=row.held_by).exclude(observed_instance_uid="").exists():
            yield f"{row.address} is held for a machine that does not run"


def _states() -> Iterator[str]:
    for row in (*Vm.objects.all(), *VApp.objects.all()):
        if row.state != row.projected_state or row.state == VmState.CREATING:
            yield f"{row.name} is {row.state}, projected is {row.projected_state}"
    for vapp in VApp.objects.all():
        if vapp.is_auto and not vapp.vms.exists():
            yield f"the hidden vApp {vapp.name} has no VM"
        if vapp.state == VAppState.UNDEPLOYED and vapp.vms.filter(state=VmState.ON).exists():
            yield f"the vApp {vapp.name} is undeployed, but a VM of it runs"
    for disk in NamedDisk.objects.select_related("slot"):
        if disk.holder_id != disk.projected_vm_id or disk.is_going or disk.status == 0:
            yield f"the disk {disk.name} is not at rest"
    if Snapshot.objects.filter(is_current=False).exists():
        yield "a snapshot is neither current nor gone"


def _cluster(world: World) -> Iterator[str]:
    alive = list(Vm.objects.exclude(state=VmState.FAILED).prefetch_related("disks"))
    disks = [
        *(
            names.disk_volume_name(disk.vm_id, disk.pk)
            for vm in alive
            for disk in vm.disks.all()
            if not disk.named_id
        ),
        *(names.named_disk_volume(disk.pk) for disk in NamedDisk.objects.exclude(status=-1)),
    ]
    media = [names.cd_volume_name(vm.pk, vm.media_id) for vm in alive if vm.media_id is not None]
    shared = {name for name in _names(world, "UserDefinedNetwork") if name == "primary"}
    wanted = {
        "VirtualMachine": {names.vm_name(vm.pk) for vm in alive},
        "PersistentVolumeClaim": {*disks, *media},
        "VirtualMachineSnapshot": {names.snapshot_name(row.pk) for row in Snapshot.objects.all()},
        "VirtualMachineRestore": set(),
        "Secret": {names.cloud_init_secret_name(vm.pk) for vm in alive},
        "UserDefinedNetwork": shared | {row.udn_name for row in Network.objects.exclude(is_primary=True)},
    }
    for kind, expected in wanted.items():
        found = _names(world, kind)
        if found != expected:
            yield f"{kind}: too many {sorted(found - expected)}, missing {sorted(expected - found)}"
    running = {
        machine["metadata"]["name"]
        for machine in _objects(world, "VirtualMachine")
        if machine["status"].get("printableStatus") == "Running"
    }
    believed = {names.vm_name(vm.pk) for vm in alive if vm.state == VmState.ON}
    if running != believed:
        yield f"running are {sorted(running)}, believed to are {sorted(believed)}"


def _objects(world: World, kind: str) -> Iterator[dict[str, object]]:
    for namespace in Vdc.objects.values_list("namespace", flat=True):
        for page, _ in client_for(world.cluster).list_pages(kind, namespace=namespace):
            yield from page


def _names(world: World, kind: str) -> set[str]:
    return {str(each["metadata"]["name"]) for each in _objects(world, kind)}
