"""Rows of VMs and of what hangs on them. Everything here runs inside the caller's transaction."""

import re
import uuid
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.db import IntegrityError, connection
from django.db.models import Max, Q

from catalogs.models import Media
from catalogs.selectors import media_get
from compute import names
from ssvirt.core.database import violated
from ssvirt.core.errors import BadRequest, DuplicateName, NotFound, QuotaExceeded
from vapps.blueprints import DiskBlueprint, VmBlueprint
from vapps.guest_secrets import GuestSecrets, generated_password
from vapps.models import AddressMode, Disk, Nic, VApp, VAppNetwork, Vm
from vapps.requests import NO_NETWORK, Customization, NicRequest, VmRequest
from vapps.requests.names import is_computer_name
from vapps.services.media import require_ready
from vapps.states import VmState
from vdcs.models import ComputePolicy, Network, StoragePolicy, Vdc, VdcComputePolicy, VdcStoragePolicy
from vdcs.selectors import storage_policies_of
from vdcs.services import address_allocate, address_is_pooled, addresses_hold, addresses_release

CONTROLLER_UNIT = 7
"""The unit number that a SCSI controller keeps for itself. Source: VMware virtual hardware."""
_SCSI = frozenset({"2", "3", "4", "5"})
_RUNNING = (VmState.ON, VmState.SUSPENDED)
_NAME_KEYS = ("vapps_vapp_name", "vapps_vm_name", "vapps_network_name")


class unique_names:
    """Turns the violation of a name's uniqueness into VCD's error, naming the name."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if isinstance(error, IntegrityError) and violated(error) in _NAME_KEYS:
            detail = str(getattr(getattr(error.__cause__, "diag", None), "message_detail", "") or "")
            found = re.search(r"=\([0-9a-f-]+, (.*)\) already exists", detail, re.DOTALL)
            raise DuplicateName(found[1] if found else "") from None


class Policies:
    """The storage and compute policies that VMs of a VDC may have, read once."""

    def __init__(self, vdc: Vdc) -> None:
        self._vdc = vdc
        self._storage = {policy.pk: policy for policy in storage_policies_of(vdc) if policy.is_enabled}

    def storage(self, policy_id: uuid.UUID | None) -> VdcStoragePolicy:
        """The storage policy of that id, or the VDC's default. Raises NotFound, BadRequest."""
        if policy_id is None:
            if not self._storage:
                raise BadRequest("The VDC has no enabled storage profile.")
            return next(iter(self._storage.values()))
        if policy_id not in self._storage:
            raise NotFound(f"The storage profile {policy_id} does not exist in the VDC.")
        return self._storage[policy_id]

    def storage_like(self, policy: StoragePolicy | None) -> VdcStoragePolicy | None:
        """The VDC's storage policy that is this one, if it has it."""
        if policy is None:
            return None
        return next((each for each in self._storage.values() if each.policy_id == policy.pk), None)

    def compute(
        self, policy_id: uuid.UUID | None, *, like: ComputePolicy | None = None
    ) -> ComputePolicy | None:
        """The compute policy of that id; else the one of `like`, where the VDC has it, or the VDC's default.

        Raises NotFound.
        """
        rows = VdcComputePolicy.objects.select_related("policy").filter(vdc=self._vdc)
        if policy_id is not None:
            row = rows.filter(policy_id=policy_id).first()
            if row is None:
                raise NotFound(f"The compute policy {policy_id} does not exist in the VDC.")
            return row.policy
        # One statement: the default comes last.
        found = list(rows.filter(Q(policy=like) | Q(is_default=True)).order_by("is_default"))
        row = next((each for each in found if each.policy_id == getattr(like, "pk", None)), None)
        row = row or next((each for each in found if each.is_default), None)
        return row.policy if row is not None else None


def vm_create(
    vapp: VApp,
    blueprint: VmBlueprint,
    asked: VmRequest,
    networks: dict[str, VAppNetwork],
    policies: Policies,
    *,
    position: int,
) -> Vm:
    """A VM with its disks and cards. Raises NotFound, BadRequest."""
    hardware = asked.hardware.values()
    policy = policies.compute(asked.compute_policy_id, like=blueprint.compute_policy)
    storage = policies.storage_like(blueprint.storage_policy) if asked.storage_policy_id is None else None
    sizes = _sizes(blueprint, hardware, policy)
    is_resized = sizes != (blueprint.cpus, blueprint.cores_per_socket, blueprint.memory_mb)
    name = asked.name or blueprint.name
    custom = asked.customization
    columns = {**blueprint.columns, **{key: value for key, value in hardware.items() if key not in _SIZES}}
    vm: Vm = Vm.objects.create(
        org_id=vapp.org_id,
        vapp=vapp,
        vdc_id=vapp.vdc_id,
        name=name,
        description=asked.description if asked.description is not None else blueprint.description,
        position=position,
        computer_name=_computer_name(blueprint, asked, position),
        needs_customization=asked.needs_customization is not False,
        # A VM whose CPU or memory was chosen freely carries plain values.
        instance_type=_instance_type(blueprint, policy, is_resized),
        preference=blueprint.preference,
        cpus=sizes[0],
        cores_per_socket=sizes[1],
        memory_mb=sizes[2],
        storage_policy=storage or policies.storage(asked.storage_policy_id),
        compute_policy=policy,
        media=_ready_medium(asked.media_id) if asked.media_id else None,
        customization={**blueprint.customization, **(custom.values or {})},
        guest_secrets=guest_secrets_of(None, custom),
        **{"os_type": blueprint.os_type, **columns},
    )
    disks_create(vm, _resized(blueprint, asked, policies))
    nics_set(vm, _nics_for(blueprint, asked, networks), networks)
    return vm


def _computer_name(blueprint: VmBlueprint, asked: VmRequest, position: int) -> str:
    """What was asked for, else made from the VM's new name, else the source's: as it is where it can be one."""
    if asked.customization.computer_name:
        return asked.customization.computer_name
    if not asked.name and is_computer_name(blueprint.computer_name):
        return blueprint.computer_name
    return names.computer_name(asked.name or blueprint.computer_name or blueprint.name, str(position))


def _ready_medium(media_id: uuid.UUID) -> Media:
    """Raises NotFound, BadRequest: a machine would wait for ever for a medium without content."""
    media = media_get(media_id)
    require_ready(media)
    return media


def guest_secrets_of(vm: Vm | None, custom: Customization) -> bytes | None:
    """The passwords that the guest has after the customization; one is made up where that is asked for."""
    kept = GuestSecrets.of(vm) if vm is not None else GuestSecrets()
    values = custom.values or {}
    admin = custom.password
    wanted = {**(vm.customization if vm is not None else {}), **values}
    is_auto = wanted.get("admin_password_auto") and wanted.get("admin_password_enabled")
    if is_auto and admin is None and {"admin_password_auto", "admin_password_enabled"} & values.keys():
        admin = generated_password()
    return kept.with_new(admin=admin, domain=custom.domain_password).sealed()


_SIZES = ("cpus", "cores_per_socket", "memory_mb", "name", "description", "needs_customization")


def _sizes(
    blueprint: VmBlueprint, hardware: dict[str, Any], policy: ComputePolicy | None
) -> tuple[int, int, int]:
    """CPUs, cores per socket, memory in MB: the policy's word, else what was asked, else the source's."""

    def settled(column: str) -> int:
        fixed = getattr(policy, column) if policy is not None else None
        return int(fixed or hardware.get(column) or getattr(blueprint, column))

    cpus, cores = settled("cpus"), settled("cores_per_socket")
    if cpus % cores:
        if hardware.get("cores_per_socket"):
            raise BadRequest(f"{cpus} CPUs cannot be divided into sockets of {cores} cores.")
        cores = 1
    return cpus, cores, settled("memory_mb")


def _instance_type(blueprint: VmBlueprint, policy: ComputePolicy | None, is_resized: bool) -> str:
    if policy is not None and policy.instance_type:
        return policy.instance_type
    return "" if is_resized else blueprint.instance_type


def _resized(blueprint: VmBlueprint, asked: VmRequest, policies: Policies) -> list[DiskBlueprint]:
    """The source's disks in the sizes that were asked for, by position; and the storage policies of new ones."""
    made = []
    asked_disks = asked.disks if asked.source_id is None and asked.disks else ()
    for index, disk in enumerate(blueprint.disks):
        values = {name: getattr(disk, name) for name in DiskBlueprint.__dataclass_fields__}
        if index < len(asked.disk_sizes_mb):
            values["size_mb"] = asked.disk_sizes_mb[index]
            if values["size_mb"] < disk.size_mb:
                raise BadRequest(
                    f"The disk {index} cannot be smaller than in the template ({disk.size_mb} MB)."
                )
        if disk.policy is not None:
            values["policy"] = policies.storage_like(disk.policy.policy)
        if asked_disks and asked_disks[index].storage_policy_id is not None:
            values["policy"] = policies.storage(asked_disks[index].storage_policy_id)
        made.append(DiskBlueprint(**values))
    return made


def disks_create(vm: Vm, disks: Iterable[DiskBlueprint], *, is_hotpluggable: bool = False) -> list[Disk]:
    """Disks after those that the VM has. Raises BadRequest when two would hang on one unit, or one on the unit of its
    controller.
    """
    taken = {(d.adapter, d.bus_number, d.unit_number) for d in Disk.objects.filter(vm=vm)}
    last = Disk.objects.filter(vm=vm).aggregate(last=Max("position"))["last"]
    rows = []
    for position, disk in enumerate(disks, start=0 if last is None else last + 1):
        unit = disk.unit_number if disk.unit_number is not None else _free_unit(disk, taken)
        place = (disk.adapter, disk.bus_number, unit)
        if unit in _reserved(disk):
            raise BadRequest(f"The unit {unit} of a SCSI bus is the controller's own.")
        if place in taken:
            raise BadRequest(f"Two disks have the unit {unit} of the bus {disk.bus_number}.")
        taken.add(place)
        rows.append(
            Disk(
                org_id=vm.org_id,
                vm=vm,
                position=position,
                size_mb=disk.size_mb,
                storage_policy=disk.policy or vm.storage_policy,
                overrides_policy=disk.policy is not None and disk.policy != vm.storage_policy,
                adapter=disk.adapter,
                bus_number=disk.bus_number,
                unit_number=unit,
                iops=disk.iops,
                source_kind=disk.source_kind,
                source_namespace=disk.source_namespace,
                source_name=disk.source_name,
                is_hotpluggable=is_hotpluggable,
            )
        )
    made: list[Disk] = Disk.objects.bulk_create(rows)
    return made


def _reserved(disk: DiskBlueprint) -> set[int]:
    return {CONTROLLER_UNIT} if disk.adapter in _SCSI else set()


def _free_unit(disk: DiskBlueprint, taken: set[tuple[str, int, int]]) -> int:
    unit = 0
    while unit in _reserved(disk) or (disk.adapter, disk.bus_number, unit) in taken:
        unit += 1
    return unit


def _nics_for(
    blueprint: VmBlueprint, asked: VmRequest, networks: dict[str, VAppNetwork]
) -> tuple[NicRequest, ...]:
    """The cards as asked for, else the source's; those whose network the vApp does not have are unconnected."""
    if asked.nics is not None:
        return asked.nics
    return tuple(known_nic(nic, asked.network_map, networks) for nic in blueprint.nics)


def known_nic(nic: NicRequest, mapped: dict[str, str], networks: Iterable[str]) -> NicRequest:
    """The card on the network that it is mapped to, or on none where the vApp knows no such network."""
    network = mapped.get(nic.network, nic.network)
    if network not in networks or network == NO_NETWORK:
        return NicRequest(
            position=nic.position,
            network=NO_NETWORK,
            mode=AddressMode.NONE,
            is_connected=False,
            adapter=nic.adapter,
            is_primary=nic.is_primary,
        )
    return NicRequest(
        position=nic.position,
        network=network,
        address=nic.address if nic.network == network else None,
        mode=nic.mode if nic.network == network else AddressMode.POOL,
        is_connected=nic.is_connected or nic.network != network,
        adapter=nic.adapter,
        is_primary=nic.is_primary,
    )


def nics_set(vm: Vm, nics: Sequence[NicRequest], networks: dict[str, VAppNetwork]) -> None:
    """Makes the VM's cards be these: cards are told apart by their index; addresses kept where they still fit.

    Raises BadRequest: network unknown to the vApp, address not in it or in use, two cards on the primary one.
    """
    _check_networks(vm, nics, networks)
    lock_networks(networks[nic.network] for nic in nics)
    present = {nic.position: nic for nic in Nic.objects.filter(vm=vm).select_related("vapp_network")}
    gone = [nic.pk for position, nic in present.items() if position not in {n.position for n in nics}]
    addresses_free(vm, gone)
    Nic.objects.filter(pk__in=gone).delete()
    Nic.objects.filter(vm=vm, is_primary=True).update(is_primary=False)
    _free_macs(vm, nics, present)
    _free_addresses(vm, nics, present, networks)
    # Addresses that are asked for come before those that the pool gives.
    for asked in sorted(nics, key=lambda nic: nic.mode != AddressMode.MANUAL):
        row = present.get(asked.position) or Nic(
            id=uuid.uuid4(), org_id=vm.org_id, vm=vm, position=asked.position, mac=asked.mac or next_mac()
        )
        _nic_write(row, asked, networks[asked.network])


def lock_networks(networks: Iterable[VAppNetwork]) -> None:
    """Takes the row locks of several networks in one order: addresses are allocated in the cards' order, and two
    requests would wait for each other.
    """
    parents = {network.parent_id for network in networks if network.parent_id is not None}
    if len(parents) > 1:
        list(Network.objects.select_for_update().filter(pk__in=parents).order_by("pk").values_list("pk"))


def _free_macs(vm: Vm, nics: Sequence[NicRequest], present: dict[int, Nic]) -> None:
    """Cards of the VM may trade MAC addresses. Raises BadRequest for one that another card has."""
    kept = {nic.position: nic for nic in present.values()}
    wanted = {nic.position: nic.mac for nic in nics if nic.mac}
    wanted = {place: mac for place, mac in wanted.items() if place not in kept or kept[place].mac != mac}
    if not wanted:
        return
    others = macs_taken(wanted.values(), besides=vm)
    asked = [nic.mac for nic in nics if nic.mac]
    taken = next((mac for mac in asked if mac in others or asked.count(mac) > 1), None)
    if taken is not None:
        raise BadRequest(f"The MAC address {taken} is in use by another network card.")
    for nic in kept.values():
        if nic.mac in wanted.values():
            nic.mac = next_mac()
            Nic.objects.filter(pk=nic.pk).update(mac=nic.mac)


def _check_networks(vm: Vm, nics: Sequence[NicRequest], networks: dict[str, VAppNetwork]) -> None:
    """A machine has one card on its namespace's primary network. Source: KubeVirt, one on the pod network."""
    for nic in nics:
        if nic.network not in networks:
            raise BadRequest(f'The network "{nic.network}" of a NIC is not part of the vApp.')
        if nic.mode == AddressMode.MANUAL and not nic.address and networks[nic.network].parent is not None:
            raise BadRequest(f"The NIC {nic.position} has the mode MANUAL and no address.")
    parents = [networks[nic.network].parent for nic in nics]
    primary = [parent.name for parent in parents if parent is not None and parent.is_primary]
    if len(primary) > 1:
        raise BadRequest(f'The VM "{vm.name}" can have only one network card on the network "{primary[0]}".')


def _nic_write(row: Nic, asked: NicRequest, vapp_network: VAppNetwork) -> None:
    """The card, with an address of ours on a network that has a static pool.

    DHCP on such a network gets a pool address too: there is no other server. Source: resolutions.md 5.
    """
    parent = vapp_network.parent
    row.vapp_network = vapp_network
    row.mode = asked.mode if parent is not None else AddressMode.NONE
    row.adapter = asked.adapter
    row.mac = asked.mac or row.mac
    row.is_connected = asked.is_connected and parent is not None
    row.is_primary = asked.is_primary
    if row.address is None and parent is not None and _has_address(row, parent):
        wanted = asked.address if row.mode == AddressMode.MANUAL else None
        row.address = address_allocate(network=parent, nic_id=row.pk, wanted=wanted, vm_id=row.vm_id)
    row.save(force_insert=row._state.adding)


def addresses_free(vm: Vm, nic_ids: Sequence[uuid.UUID]) -> None:
    """Frees the addresses of cards of the VM; a machine that runs has them until it is started anew."""
    if vm.observed_instance_uid or vm.observed_status not in ("", "Stopped") or vm.state in _RUNNING:
        addresses_hold(nic_ids=nic_ids, vm_id=vm.pk, instance_uid=vm.observed_instance_uid)
    else:
        addresses_release(nic_ids=nic_ids)


def _free_addresses(
    vm: Vm, nics: Sequence[NicRequest], present: dict[int, Nic], networks: dict[str, VAppNetwork]
) -> None:
    """Frees the addresses that do not stay, before any is given: cards of the VM may trade theirs."""
    chosen = {nic.address for nic in nics if nic.mode == AddressMode.MANUAL}
    freed = [
        row
        for asked in nics
        if (row := present.get(asked.position)) is not None
        and row.address is not None
        and not _keeps_address(row, asked, networks[asked.network], chosen)
    ]
    addresses_free(vm, [row.pk for row in freed])
    for row in freed:
        row.address = None


def _keeps_address(
    row: Nic, asked: NicRequest, vapp_network: VAppNetwork, chosen: Collection[str | None]
) -> bool:
    """Whether the card stays with its address; one that was chosen by hand only where the pool has it."""
    parent = vapp_network.parent
    before = row.vapp_network.parent_id if row.vapp_network is not None else None
    if parent is None or before != parent.pk or asked.mode == AddressMode.NONE:
        return False
    if asked.mode == AddressMode.MANUAL:
        return bool(asked.address == row.address)
    if row.address in chosen:
        return False
    is_chosen = row.mode == AddressMode.MANUAL
    return not is_chosen or address_is_pooled(network=parent, address=str(row.address))


def _has_address(row: Nic, parent: Network) -> bool:
    """Whether the card gets an address of ours. Without a static pool a DHCP card gets none."""
    if row.mode == AddressMode.DHCP:
        return parent.ranges.exists()
    return row.mode != AddressMode.NONE


def macs_taken(macs: Iterable[str], *, besides: Vm | None = None) -> set[str]:
    """Those of the addresses that a card has, of any organization's VM but the given one."""
    cards = Nic._base_manager.filter(mac__in=list(macs))
    return set((cards.exclude(vm=besides) if besides else cards).values_list("mac", flat=True))


def next_mac() -> str:
    """The next address of the pool 00:50:56:00:00:00-3f:ff:ff that no card has. Source: VMware's range for
    assigned addresses.
    """
    while True:
        with connection.cursor() as cursor:
            cursor.execute("SELECT nextval('vapps_mac_seq')")
            number = cursor.fetchone()[0]
        mac = f"00:50:56:{number >> 16 & 0x3F:02x}:{number >> 8 & 0xFF:02x}:{number & 0xFF:02x}"
        # A client may have chosen it for a card of its own.
        if not macs_taken([mac]):
            return mac


def check_nic_quota(vdc: Vdc) -> None:
    """Raises QuotaExceeded. Charging has locked the VDC's row, so the count holds until the end."""
    if vdc.nic_quota and (used := Nic.objects.filter(vm__vdc=vdc).count()) > vdc.nic_quota:
        raise QuotaExceeded(
            f'The VDC "{vdc.name}" would exceed its limit of network cards: {used} with these, '
            f"{vdc.nic_quota} allowed."
        )
