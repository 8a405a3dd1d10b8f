"""New vApps: rows, quota, claims and the task, in one transaction."""

import uuid
from collections.abc import Sequence

from django.db import IntegrityError, connection, transaction

from catalogs.models import TemplateStatus, TemplateVm, VAppTemplate
from catalogs.selectors import template_get
from compute import names
from ssvirt.api.principal import Principal
from ssvirt.core.database import violated
from ssvirt.core.errors import (
    BadRequest,
    DuplicateName,
    InvalidReference,
    NotFound,
    QuotaExceeded,
)
from tasks.models import Task
from tasks.services import EXCLUSIVE, SHARED, Owner, task_submit
from vapps.models import AddressMode, Disk, Nic, VApp, VAppNetwork, Vm
from vapps.projection import reproject
from vapps.requests import (
    NO_NETWORK,
    ComposeRequest,
    InstantiateRequest,
    NetworkRequest,
    NicRequest,
    VmRequest,
)
from vapps.services.demand import actor_of, demand_of
from vdcs.models import Network, Vdc, VdcStoragePolicy
from vdcs.selectors import networks_of, storage_policies_of, vdc_get
from vdcs.services import address_allocate, vdc_charge, vdc_require_usable


def vapp_compose(*, principal: Principal, vdc_id: uuid.UUID, request: ComposeRequest) -> tuple[VApp, Task]:
    """An empty vApp. Raises NotFound, BadRequest, DuplicateName; then nothing is written."""
    vdc = vdc_get(vdc_id)
    vdc_require_usable(vdc)
    with _unique_name(request.name), transaction.atomic():
        vapp = _vapp_row(principal, vdc, request.name, request.description)
        _network_rows(vapp, request.networks, networks_of(vdc))
        task = task_submit(
            name="vdcComposeVapp",
            args={"deploy": request.deploy},
            owner=Owner(id=vapp.pk, kind="vApp", name=vapp.name),
            claims={vapp.pk: EXCLUSIVE, vdc.pk: SHARED},
            org_id=vdc.org_id,
            actor=actor_of(principal),
            description=f"Composing Virtual Application {vapp.name}({vapp.pk})",
        )
        reproject(vapp_ids=[vapp.pk])
    return vapp, task


def vapp_instantiate(
    *, principal: Principal, vdc_id: uuid.UUID, request: InstantiateRequest
) -> tuple[VApp, Task]:
    """A vApp with the template's VMs, and the task that makes them.

    Raises NotFound (VDC, template, network or storage profile unknown or foreign), BadRequest (disabled
    VDC, bad parameters), QuotaExceeded, DuplicateName; then nothing is written.
    """
    vdc = vdc_get(vdc_id)
    vdc_require_usable(vdc)
    template = template_get(request.template_id)
    if template.status != TemplateStatus.RESOLVED:
        raise BadRequest(f'The vApp template "{template.name}" is not ready.')
    sources = _sources(template, request.vms)
    policies = {policy.pk: policy for policy in storage_policies_of(vdc) if policy.is_enabled}
    with _unique_name(request.name), transaction.atomic():
        vapp = _vapp_row(principal, vdc, request.name, request.description)
        networks = _network_rows(vapp, _with_used(request, sources), networks_of(vdc))
        vms = [
            _vm_rows(vapp, vdc, position, source, asked, networks, policies)
            for position, (source, asked) in enumerate(sources)
        ]
        vdc_charge(vdc=vdc, demand=demand_of(vms))
        _check_nic_quota(vdc)
        task = task_submit(
            name="vdcInstantiateVapp",
            args={
                "vapp_id": str(vapp.pk),
                "vm_ids": [str(vm.pk) for vm in vms],
                "deploy": request.deploy,
                "power_on": request.power_on,
            },
            owner=Owner(id=vapp.pk, kind="vApp", name=vapp.name),
            claims={vapp.pk: EXCLUSIVE, vdc.pk: SHARED, **{vm.pk: EXCLUSIVE for vm in vms}},
            org_id=vdc.org_id,
            actor=actor_of(principal),
            description=f"Creating Virtual Application {vapp.name}({vapp.pk})",
        )
        reproject(vapp_ids=[vapp.pk], vm_ids=[vm.pk for vm in vms])
    return vapp, task


def _check_nic_quota(vdc: Vdc) -> None:
    """Raises QuotaExceeded. Charging has locked the VDC's row, so the count holds until the end."""
    if vdc.nic_quota and (used := Nic.objects.filter(vm__vdc=vdc).count()) > vdc.nic_quota:
        raise QuotaExceeded(
            f'The VDC "{vdc.name}" would exceed its limit of network cards: {used} with these, '
            f"{vdc.nic_quota} allowed."
        )


class _unique_name:
    """Turns the violation of a name's uniqueness into VCD's error."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if isinstance(error, IntegrityError) and violated(error) in ("vapps_vapp_name", "vapps_vm_name"):
            raise DuplicateName(self.name) from None


def _vapp_row(principal: Principal, vdc: Vdc, name: str, description: str) -> VApp:
    vapp: VApp = VApp.objects.create(
        org_id=vdc.org_id, vdc=vdc, name=name, description=description[:256], owner_id=principal.user_id
    )
    return vapp


def _sources(template: VAppTemplate, asked: Sequence[VmRequest]) -> list[tuple[TemplateVm, VmRequest]]:
    """Each VM of the template with what was asked of it. Raises InvalidReference for a foreign source."""
    by_source = {vm.source_id: vm for vm in asked}
    template_vms = list(template.vms.all())
    unknown = set(by_source) - {vm.pk for vm in template_vms}
    if unknown:
        raise InvalidReference(f'The VM {unknown.pop()} is not part of the vApp template "{template.name}".')
    return [(vm, by_source.get(vm.pk) or VmRequest(source_id=vm.pk)) for vm in template_vms]


def _with_used(
    request: InstantiateRequest, sources: Sequence[tuple[TemplateVm, VmRequest]]
) -> tuple[NetworkRequest, ...]:
    """The requested networks, and "none" where a NIC needs it: every NIC's network must have a
    NetworkConfig.
    """
    known = {network.name for network in request.networks}
    needs_none = any(
        (nic.network if nic.network in known else NO_NETWORK) == NO_NETWORK
        for source, asked in sources
        for nic in (asked.nics if asked.nics is not None else _template_nics(source, known))
    )
    if needs_none and NO_NETWORK not in known:
        return (*request.networks, NetworkRequest(name=NO_NETWORK))
    return request.networks


def _network_rows(
    vapp: VApp, asked: Sequence[NetworkRequest], available: Sequence[Network]
) -> dict[str, VAppNetwork]:
    parents = {network.pk: network for network in available}
    rows = []
    for network in asked:
        if network.parent_id is not None and network.parent_id not in parents:
            raise NotFound(f"The network {network.parent_id} does not exist in the VDC.")
        rows.append(
            VAppNetwork(
                org_id=vapp.org_id,
                vapp=vapp,
                name=network.name,
                description=network.description[:256],
                parent=parents[network.parent_id] if network.parent_id is not None else None,
            )
        )
    return {row.name: row for row in VAppNetwork.objects.bulk_create(rows)}


def _vm_rows(
    vapp: VApp,
    vdc: Vdc,
    position: int,
    source: TemplateVm,
    asked: VmRequest,
    networks: dict[str, VAppNetwork],
    policies: dict[uuid.UUID, VdcStoragePolicy],
) -> Vm:
    name = asked.name or source.name
    is_resized = asked.cpus is not None or asked.memory_mb is not None
    vm = Vm.objects.create(
        org_id=vapp.org_id,
        vapp=vapp,
        vdc=vdc,
        name=name,
        description=(asked.description if asked.description is not None else source.description)[:256],
        position=position,
        computer_name=names.host_name(asked.computer_name or name) or f"vm-{position}",
        needs_customization=asked.needs_customization,
        os_type=source.os_type,
        # A VM whose CPU or memory was chosen freely carries plain values.
        instance_type="" if is_resized else source.instance_type,
        preference=source.preference,
        cpus=asked.cpus or source.cpus,
        cores_per_socket=_cores(asked, source),
        memory_mb=asked.memory_mb or source.memory_mb,
        storage_policy=_policy(asked, policies),
    )
    _disk_rows(vm, source, asked)
    nics = asked.nics if asked.nics is not None else _template_nics(source, set(networks))
    _check_primary(vm, nics, networks)
    for nic in nics:
        _nic_row(vm, nic, networks)
    return vm


def _check_primary(vm: Vm, nics: Sequence[NicRequest], networks: dict[str, VAppNetwork]) -> None:
    """A machine has one card on its namespace's primary network. Source: KubeVirt, one interface on the pod network."""
    parents = [networks[nic.network].parent for nic in nics if nic.network in networks]
    primary = [parent.name for parent in parents if parent is not None and parent.is_primary]
    if len(primary) > 1:
        raise BadRequest(f'The VM "{vm.name}" can have only one network card on the network "{primary[0]}".')


def _cores(asked: VmRequest, source: TemplateVm) -> int:
    cpus = asked.cpus or source.cpus
    cores = asked.cores_per_socket or source.cores_per_socket
    if asked.cores_per_socket and cpus % cores:
        raise BadRequest(f"{cpus} CPUs cannot be divided into sockets of {cores} cores.")
    return cores if cpus % cores == 0 else 1


def _policy(asked: VmRequest, policies: dict[uuid.UUID, VdcStoragePolicy]) -> VdcStoragePolicy:
    if asked.storage_policy_id is None:
        if not policies:
            raise BadRequest("The VDC has no enabled storage profile.")
        return next(iter(policies.values()))
    if asked.storage_policy_id not in policies:
        raise NotFound(f"The storage profile {asked.storage_policy_id} does not exist in the VDC.")
    return policies[asked.storage_policy_id]


def _disk_rows(vm: Vm, source: TemplateVm, asked: VmRequest) -> None:
    rows = []
    for index, disk in enumerate(source.disks.all()):
        size_mb = disk.size_mb
        if index < len(asked.disk_sizes_mb):
            size_mb = asked.disk_sizes_mb[index]
            if size_mb < disk.size_mb:
                raise BadRequest(
                    f"The disk {index} cannot be smaller than in the template ({disk.size_mb} MB)."
                )
        rows.append(
            Disk(
                org_id=vm.org_id,
                vm=vm,
                position=disk.position,
                size_mb=size_mb,
                storage_policy=vm.storage_policy,
                source_namespace=disk.source_namespace,
                source_name=disk.source_name,
            )
        )
    Disk.objects.bulk_create(rows)


def _template_nics(source: TemplateVm, known: set[str]) -> tuple[NicRequest, ...]:
    """The template's NICs; those whose network the vApp does not have are unconnected."""
    return tuple(
        NicRequest(
            position=nic.position,
            network=nic.network_name if nic.network_name in known else NO_NETWORK,
            mode=nic.mode if nic.network_name in known else AddressMode.NONE,
            is_connected=nic.network_name in known,
            adapter=nic.adapter,
            is_primary=index == 0,
        )
        for index, nic in enumerate(source.nics.all())
    )


def _nic_row(vm: Vm, nic: NicRequest, networks: dict[str, VAppNetwork]) -> None:
    """The card, with an address of ours on a network that has a static pool.

    DHCP on such a network gets a pool address too: there is no other server. Source: resolutions.md 5.
    """
    if nic.network not in networks:
        raise BadRequest(f'The network "{nic.network}" of a NIC is not part of the vApp.')
    vapp_network = networks[nic.network]
    parent = vapp_network.parent
    row = Nic(
        id=uuid.uuid4(),
        org_id=vm.org_id,
        vm=vm,
        position=nic.position,
        vapp_network=vapp_network,
        mode=nic.mode if parent is not None else AddressMode.NONE,
        mac=_next_mac(),
        adapter=nic.adapter[:32],
        is_connected=nic.is_connected and parent is not None,
        is_primary=nic.is_primary,
    )
    if parent is not None and row.mode != AddressMode.NONE:
        if row.mode == AddressMode.MANUAL and not nic.address:
            raise BadRequest(f"The NIC {nic.position} has the mode MANUAL and no address.")
        wanted = nic.address if row.mode == AddressMode.MANUAL else None
        row.address = address_allocate(network=parent, nic_id=row.pk, wanted=wanted)
    row.save(force_insert=True)


def _next_mac() -> str:
    """The next address of the pool 00:50:56:00:00:00-3f:ff:ff. Source: VMware's range for assigned
    addresses.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('vapps_mac_seq')")
        number = cursor.fetchone()[0]
    return f"00:50:56:{number >> 16 & 0x3F:02x}:{number >> 8 & 0xFF:02x}:{number & 0xFF:02x}"
