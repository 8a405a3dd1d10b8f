"""Changes of a VM: judged when they are asked for, and judged again and written when their task runs."""

import dataclasses
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self

from django.db import transaction

from orgs.rights import Rights
from ssvirt.api.principal import Principal
from ssvirt.core import clock
from ssvirt.core.database import rehearsal
from ssvirt.core.errors import BadRequest, DuplicateName, InvalidState, NotSupported
from tasks.models import Claim, Task
from tasks.services import EXCLUSIVE, SHARED, Owner, lock_entities, task_secret, task_submit
from vapps.legality import Verdict, vm_verdict
from vapps.models import Disk, Nic, Vm
from vapps.projection import reproject, snapshots_after
from vapps.requests import (
    ALLOCATION_DEFAULTS,
    BOOT_DEFAULTS,
    CUSTOMIZATION_DEFAULTS,
    NO_NETWORK,
    Customization,
    DiskRequest,
    HardwareChange,
    NetworkRequest,
    NicRequest,
)
from vapps.selectors import vapp_networks_of, vm_get
from vapps.services.demand import actor_of
from vapps.services.disk_changes import disks_change, disks_check, disks_differ, disks_reshape
from vapps.services.networking import networks_create
from vapps.services.recharging import recharge
from vapps.services.rows import Policies, check_nic_quota, guest_secrets_of, nics_set, unique_names
from vapps.services.snapshot_rules import require_no_snapshot
from vapps.states import VmState
from vdcs.selectors import networks_of

COLD_COLUMNS = frozenset(
    {
        "cores_per_socket",
        "firmware",
        "has_cpu_hot_add",
        "has_memory_hot_add",
        "has_nested_hypervisor",
        "hardware_version",
        "os_type",
    }
)
"""What VCD changes only while the VM is powered off."""
_LIVE = frozenset({VmState.ON, VmState.SUSPENDED})


@dataclass(frozen=True, slots=True, kw_only=True)
class VmChange:
    """Everything that one request changes of a VM; None and empty parts stay as they are.

    Kept in a task's arguments by `to_args`; the password goes to the task's secret.
    """

    hardware: HardwareChange = dataclasses.field(default_factory=HardwareChange)
    customization: Customization = dataclasses.field(default_factory=Customization)
    nics: tuple[NicRequest, ...] | None = None
    disks: tuple[DiskRequest, ...] | None = None
    storage_policy_id: uuid.UUID | None = None
    compute_policy_id: uuid.UUID | None = None

    def with_customization(self, customization: Customization) -> Self:
        return dataclasses.replace(self, customization=customization)

    def to_args(self) -> dict[str, Any]:
        """JSON form, without the password."""
        custom = self.customization
        return {
            "hardware": self.hardware.values(),
            "customization": {"values": custom.values, "computer_name": custom.computer_name},
            "nics": None if self.nics is None else [dataclasses.asdict(nic) for nic in self.nics],
            "disks": None if self.disks is None else [_disk_args(disk) for disk in self.disks],
            "storage_policy_id": str(self.storage_policy_id) if self.storage_policy_id else None,
            "compute_policy_id": str(self.compute_policy_id) if self.compute_policy_id else None,
        }

    @classmethod
    def from_args(cls, args: dict[str, Any], passwords: Mapping[str, str | None]) -> Self:
        nics, disks = args["nics"], args["disks"]
        return cls(
            hardware=HardwareChange(**args["hardware"]),
            customization=Customization(**args["customization"], **passwords),
            nics=None if nics is None else tuple(NicRequest(**nic) for nic in nics),
            disks=None if disks is None else tuple(_disk_of(disk) for disk in disks),
            storage_policy_id=_uuid(args["storage_policy_id"]),
            compute_policy_id=_uuid(args["compute_policy_id"]),
        )


def _disk_args(disk: DiskRequest) -> dict[str, Any]:
    values = dataclasses.asdict(disk)
    policy = values["storage_policy_id"]
    return values | {"storage_policy_id": str(policy) if policy else None}


def _disk_of(values: dict[str, Any]) -> DiskRequest:
    return DiskRequest(**values | {"storage_policy_id": _uuid(values["storage_policy_id"])})


def _uuid(text: str | None) -> uuid.UUID | None:
    return uuid.UUID(text) if text else None


def vm_reconfigure(*, principal: Principal, vm_id: uuid.UUID, change: VmChange) -> Task:
    """Submits the change: exclusive on the VM, shared on its vApp. What equals the VM is left out.

    Raises NotFound, BadRequest, InvalidState, NotSupported, DuplicateName, QuotaExceeded; then nothing is
    written.
    """
    with unique_names(), transaction.atomic():
        vm = vm_get(vm_id)
        lock_entities([vm.vapp_id, vm.pk])
        vm = vm_get(vm_id)
        asked, change = change, relevant(vm, change)
        for right in _rights(vm, change):
            principal.require(right, what="VM_RECONFIGURE", target=vm.pk)
        check_change(vm, change, state=vm.projected_state)
        if is_reshaping(vm, change):
            require_no_snapshot(vm, snapshots_after([vm.pk]))
        with rehearsal():
            change_write(vm, change)
        if Claim.objects.filter(entity_id=vm.pk).exists():
            # What equals the VM now may not equal it any more after the changes that are queued already.
            change = asked
        passwords = {key: getattr(change.customization, key) for key in _PASSWORDS}
        task = task_submit(
            name="vappUpdateVm",
            args={"vapp_id": str(vm.vapp_id), "vm_ids": [str(vm.pk)], "change": change.to_args()},
            owner=Owner(id=vm.pk, kind="vm", name=vm.name),
            claims={vm.vapp_id: SHARED, vm.pk: EXCLUSIVE},
            org_id=vm.org_id,
            actor=actor_of(principal),
            description=f"Updating Virtual Machine {vm.name}({vm.pk})",
            secret=passwords if any(passwords.values()) else None,
        )
        reproject(vm_ids=[vm.pk])
    return task


_PASSWORDS = ("password", "domain_password")
_RIGHTS = {
    Rights.VAPP_EDIT_CPU: {"cpus", "cores_per_socket", "has_cpu_hot_add"},
    Rights.VAPP_EDIT_MEMORY: {"memory_mb", "has_memory_hot_add"},
    Rights.VM_BOOT_OPTIONS: {"boot_options", "firmware"},
}
"""By right, the columns whose change needs it, whatever request brings it."""


def _rights(vm: Vm, change: VmChange) -> list[str]:
    """The rights that what really changes needs, beside the one of the request itself."""
    values = change.hardware.values()
    wanted = [right for right, columns in _RIGHTS.items() if columns & values.keys()]
    parts = values.get("allocation", {}).keys()
    wanted += [Rights.VAPP_EDIT_CPU] * ("cpu" in parts) + [Rights.VAPP_EDIT_MEMORY] * ("memory" in parts)
    if change.compute_policy_id is not None:
        wanted.append(Rights.VAPP_EDIT_COMPUTE_POLICY)
    if change.nics is not None:
        wanted.append(Rights.VAPP_EDIT_NETWORK)
    if change.disks is not None and disks_differ(vm, change.disks):
        wanted.append(Rights.VAPP_EDIT_DISK)
    return wanted


def change_of_task(task: Task) -> VmChange:
    """The change that a task carries."""
    secret = task_secret(task)
    return VmChange.from_args(task.args["change"], {key: secret.get(key) for key in _PASSWORDS})


def relevant(vm: Vm, change: VmChange) -> VmChange:
    """The change without what the VM has already: clients send back whole documents."""
    values = {
        key: value
        for key, value in change.hardware.values().items()
        if key in ("boot_options", "extra_config", "allocation") or getattr(vm, key) != value
    }
    for key in ("boot_options", "extra_config", "allocation"):
        if key in values and _shown(key, _merged(vm, key, values[key])) == _shown(key, getattr(vm, key)):
            del values[key]
    return dataclasses.replace(
        change,
        hardware=HardwareChange(**values),
        customization=_relevant_customization(vm, change.customization),
        nics=None if change.nics is None or _has_nics(vm, change.nics) else change.nics,
        storage_policy_id=None
        if change.storage_policy_id == vm.storage_policy_id
        else change.storage_policy_id,
        compute_policy_id=None
        if change.compute_policy_id == vm.compute_policy_id
        else change.compute_policy_id,
    )


def _relevant_customization(vm: Vm, custom: Customization) -> Customization:
    present = {**CUSTOMIZATION_DEFAULTS, **vm.customization}
    values = {key: value for key, value in (custom.values or {}).items() if present.get(key) != value}
    name = custom.computer_name if custom.computer_name != vm.computer_name else None
    return dataclasses.replace(custom, values=values or None, computer_name=name)


def _merged(vm: Vm, key: str, change: dict[str, Any]) -> dict[str, Any]:
    """A JSON column with the change in it; an extra configuration's empty value removes its key."""
    merged = {**getattr(vm, key), **change}
    return {name: value for name, value in merged.items() if key != "extra_config" or value != ""}


def _shown(key: str, value: dict[str, Any]) -> dict[str, Any]:
    """A JSON column as clients see it, defaults included."""
    if key == "boot_options":
        return {**BOOT_DEFAULTS, **value}
    if key == "allocation":
        return {part: {**ALLOCATION_DEFAULTS, **value.get(part, {})} for part in ("cpu", "memory")}
    return value


def _has_nics(vm: Vm, asked: Sequence[NicRequest]) -> bool:
    present = [
        (n.position, _network(n), n.mode, n.is_connected, n.adapter, n.is_primary) for n in vm.nics.all()
    ]
    wanted = [(n.position, n.network, n.mode, n.is_connected, n.adapter, n.is_primary) for n in asked]
    addresses = {nic.position: nic.address for nic in vm.nics.all()}
    is_same_address = all(nic.mode != "MANUAL" or nic.address == addresses.get(nic.position) for nic in asked)
    macs = {nic.position: nic.mac for nic in vm.nics.all()}
    is_same_mac = all(nic.mac in (None, macs.get(nic.position)) for nic in asked)
    return sorted(present) == sorted(wanted) and is_same_address and is_same_mac


def _network(nic: Nic) -> str:
    return nic.vapp_network.name if nic.vapp_network is not None else NO_NETWORK


def is_reshaping(vm: Vm, change: VmChange) -> bool:
    """Whether the change adds, removes or grows disks: what VCD refuses of a VM with a snapshot."""
    return change.disks is not None and disks_reshape(vm, change.disks)


def check_change(vm: Vm, change: VmChange, *, state: str) -> None:
    """Judges the change in the state. Raises InvalidState, BadRequest, NotSupported."""
    if state in (VmState.GONE, VmState.FAILED):
        raise InvalidState(f'The VM "{vm.name}" cannot be changed: it is {state}.')
    values = change.hardware.values()
    if state in _LIVE:
        _check_live(vm, values, state)
    cpus = values.get("cpus", vm.cpus)
    cores = values.get("cores_per_socket", vm.cores_per_socket)
    if cpus % cores and "cores_per_socket" in values:
        raise BadRequest(f"{cpus} CPUs cannot be divided into sockets of {cores} cores.")
    if change.disks is not None:
        disks_check(vm, change.disks, is_live=state in _LIVE)
    if change.storage_policy_id is not None and state in _LIVE:
        raise InvalidState(
            f'The storage profile of the VM "{vm.name}" can be changed only while it is powered off.'
        )


def _check_live(vm: Vm, values: dict[str, Any], state: str) -> None:
    if cold := sorted(COLD_COLUMNS & values.keys()):
        raise InvalidState(
            f'The VM "{vm.name}" is {state}: {_WORDS.get(cold[0], cold[0])} can be changed only while it is '
            "powered off."
        )
    for column, may_grow, what in (
        ("cpus", vm.has_cpu_hot_add, "number of CPUs"),
        ("memory_mb", vm.has_memory_hot_add, "memory size"),
    ):
        if column not in values:
            continue
        if state == VmState.SUSPENDED or not may_grow:
            raise InvalidState(
                f'The {what} of the VM "{vm.name}" cannot be changed while it is {state}: hot-add is not enabled.'
            )
        if values[column] < getattr(vm, column):
            raise InvalidState(f'The {what} of the running VM "{vm.name}" cannot be lowered.')


_WORDS = {
    "cores_per_socket": "the number of cores per socket",
    "has_cpu_hot_add": "CPU hot-add",
    "has_memory_hot_add": "memory hot-add",
    "has_nested_hypervisor": "the nested hypervisor",
    "hardware_version": "the hardware version",
    "os_type": "the operating system",
}


def change_write(vm: Vm, change: VmChange) -> None:
    """Writes the change to the VM's rows, in the caller's transaction, and commits what it adds of the VDC.

    Raises BadRequest, NotFound, QuotaExceeded, DuplicateName.
    """
    with recharge(vm.pk):
        _write(vm, change, Policies(vm.vdc))


def _write(vm: Vm, change: VmChange, policies: Policies) -> None:
    columns = _columns(vm, change, policies)
    if (
        columns.get("name")
        and Vm.objects.filter(vapp=vm.vapp, name=columns["name"]).exclude(pk=vm.pk).exists()
    ):
        raise DuplicateName(columns["name"])
    if columns:
        Vm.objects.filter(pk=vm.pk).update(**columns)
    if change.storage_policy_id is not None:
        _check_same_class(vm, policies.storage(change.storage_policy_id))
        Disk.objects.filter(vm=vm, named=None, overrides_policy=False).update(
            storage_policy=policies.storage(change.storage_policy_id)
        )
    if change.disks is not None:
        disks_change(vm, change.disks, policies)
    if change.nics is not None:
        networks = {network.name: network for network in vapp_networks_of(vm.vapp_id)}
        if vm.vapp.is_auto:
            # A standalone VM's cards name networks of the VDC; its hidden vApp takes them in.
            named = {nic.network for nic in change.nics} - networks.keys()
            wanted = [
                NetworkRequest(name=network.name, parent_id=network.pk)
                for network in networks_of(vm.vdc)
                if network.name in named
            ]
            networks = networks_create(vm.vapp, vm.vdc, wanted)
        nics_set(vm, change.nics, networks | _none_network(vm, change.nics, networks))
        check_nic_quota(vm.vdc)


def _check_same_class(vm: Vm, wanted: Any) -> None:
    """Disks keep their StorageClass: moving their content is not done."""
    present = {disk.storage_policy.policy.storage_class for disk in vm.disks.all() if disk.named_id is None}
    if present - {wanted.policy.storage_class}:
        raise NotSupported(
            f'The storage profile "{wanted.policy.name}" has another storage class: moving the disks of a VM is '
            "not supported."
        )


def _none_network(vm: Vm, nics: Sequence[NicRequest], networks: dict[str, Any]) -> dict[str, Any]:
    """The vApp's entry "none", made when a card needs it."""
    if NO_NETWORK in networks or not any(nic.network == NO_NETWORK for nic in nics):
        return {}
    row, _ = vm.vapp.networks.get_or_create(name=NO_NETWORK, defaults={"org_id": vm.org_id, "vapp": vm.vapp})
    return {NO_NETWORK: row}


def _columns(vm: Vm, change: VmChange, policies: Policies) -> dict[str, Any]:
    columns = dict(change.hardware.values())
    if columns.get("needs_customization"):
        # Another seed is what makes a guest customize itself anew.
        columns["customization_seed"] = uuid.uuid4()
    for key in ("boot_options", "extra_config", "allocation"):
        if key in columns:
            columns[key] = _merged(vm, key, columns[key])
    if change.compute_policy_id is not None:
        policy = policies.compute(change.compute_policy_id)
        columns["compute_policy"] = policy
        for key in ("cpus", "cores_per_socket", "memory_mb"):
            if policy is not None and getattr(policy, key):
                columns[key] = getattr(policy, key)
        columns["instance_type"] = policy.instance_type if policy is not None else ""
    elif {"cpus", "memory_mb", "cores_per_socket"} & columns.keys():
        # A VM whose CPU or memory was chosen freely carries plain values.
        columns["instance_type"] = ""
    if "cpus" in columns and columns["cpus"] % columns.get("cores_per_socket", vm.cores_per_socket):
        columns["cores_per_socket"] = 1
    if change.storage_policy_id is not None:
        columns["storage_policy"] = policies.storage(change.storage_policy_id)
    return columns | _customization_columns(vm, change.customization)


def _customization_columns(vm: Vm, custom: Customization) -> dict[str, Any]:
    if custom.is_empty:
        return {}
    columns: dict[str, Any] = {}
    if custom.values is not None:
        columns["customization"] = {**vm.customization, **custom.values}
    if custom.computer_name:
        columns["computer_name"] = custom.computer_name
    columns["guest_secrets"] = guest_secrets_of(vm, custom)
    return columns


def vm_customize_next(*, vm_id: uuid.UUID) -> None:
    """The guest is customized at its next start. Raises NotFound, InvalidState (a running VM)."""
    with transaction.atomic():
        vm = vm_get(vm_id)
        lock_entities([vm.pk])
        vm = vm_get(vm_id)
        if vm_verdict("customize", vm.projected_state) is Verdict.REFUSED:
            raise InvalidState(
                f'The VM "{vm.name}" is customized only while it is off; it is {vm.projected_state}.'
            )
        Vm.objects.filter(pk=vm.pk).update(needs_customization=True, customization_seed=uuid.uuid4())


CUSTOMIZATION_PATIENCE = timedelta(seconds=120)
"""After this long a guest without an agent counts as customized: nothing will say so."""
_CUSTOMIZATION_MIN = timedelta(seconds=10)
"""Clients that customize anew look for GC_PENDING first. Source: go-clients.md 6.6."""


def customization_status(vm: Vm) -> str:
    """Source: go-clients.md 2.10 and 6.6: GC_PENDING at once, and it moves on by itself."""
    if vm.customization.get("enabled") is False:
        return "GC_COMPLETE"
    if vm.needs_customization or vm.customized_at is None:
        return "GC_PENDING"
    age = clock.now() - vm.customized_at
    if age > CUSTOMIZATION_PATIENCE or (vm.is_agent_connected and age > _CUSTOMIZATION_MIN):
        return "GC_COMPLETE"
    return "GC_PENDING"
