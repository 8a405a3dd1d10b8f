"""What a client asks for, as plain values: the wire's parameters read into dataclasses."""

import uuid
from dataclasses import dataclass

from ssvirt.core.errors import BadRequest, NotSupported
from ssvirt.core.urns import uuid_in
from ssvirt.wire import types as w
from ssvirt.wire.schema import Nil

NO_NETWORK = "none"
"""VCD's word for a NIC without a network."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkRequest:
    """A network of the new vApp; `parent_id` is the org VDC network it is bridged to, None for "none"."""

    name: str
    description: str = ""
    parent_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NicRequest:
    position: int
    network: str
    mode: str
    address: str | None = None
    is_connected: bool = True
    adapter: str = "VMXNET3"
    is_primary: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class VmRequest:
    """What is asked of one VM of the template; None means as the template has it. Sizes in MB."""

    source_id: uuid.UUID
    name: str | None = None
    description: str | None = None
    computer_name: str | None = None
    needs_customization: bool = True
    nics: tuple[NicRequest, ...] | None = None
    storage_policy_id: uuid.UUID | None = None
    cpus: int | None = None
    cores_per_socket: int | None = None
    memory_mb: int | None = None
    disk_sizes_mb: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class InstantiateRequest:
    name: str
    description: str
    template_id: uuid.UUID
    deploy: bool
    power_on: bool
    networks: tuple[NetworkRequest, ...] = ()
    vms: tuple[VmRequest, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposeRequest:
    name: str
    description: str
    deploy: bool
    networks: tuple[NetworkRequest, ...] = ()


def entity_name(text: str | None, what: str) -> str:
    """A name of 1 to 128 characters without control characters. Raises BadRequest."""
    name = (text or "").strip(" \t\r\n")
    if not name:
        raise BadRequest(f"The {what} needs a name.")
    if len(name) > 128:
        raise BadRequest(f"The name of the {what} is longer than 128 characters.")
    if any(ord(character) < 32 for character in name):
        raise BadRequest(f"The name of the {what} has control characters.")
    return name


def instantiate_request(params: w.InstantiateVAppTemplateParams) -> InstantiateRequest:
    """Source: vApp.xsd InstantiateVAppTemplateParamsType; absent deploy and powerOn mean true
    (resolutions.md 2.4).
    """
    template_id = uuid_in(params.source.href or params.source.id) if params.source is not None else None
    if template_id is None:
        raise BadRequest("The Source of the vApp template is missing.")
    power_on = params.power_on is not False
    vms = tuple(_vm_request(item) for item in params.sourced_items)
    if len({vm.source_id for vm in vms}) != len(vms):
        raise BadRequest("A VM of the template is named by more than one SourcedItem.")
    return InstantiateRequest(
        name=entity_name(params.name, "vApp"),
        description=params.description or "",
        template_id=template_id,
        deploy=power_on or params.deploy is not False,
        power_on=power_on,
        networks=_networks(params.instantiation_params),
        vms=vms,
    )


def compose_request(params: w.ComposeVAppParams) -> ComposeRequest:
    """An empty vApp. Source: vApp.xsd ComposeVAppParamsType."""
    if params.sourced_items or params.create_items:
        raise NotSupported(
            "Composing a vApp from items is not supported: compose it empty, or use a template."
        )
    return ComposeRequest(
        name=entity_name(params.name, "vApp"),
        description=params.description or "",
        deploy=bool(params.deploy) or bool(params.power_on),
        networks=_networks(params.instantiation_params),
    )


def _section(params: w.InstantiationParams | None, cls: type[w.Section]) -> w.Section | None:
    sections = params.sections if params is not None else []
    return next((section for section in sections if isinstance(section, cls)), None)


def _networks(params: w.InstantiationParams | None) -> tuple[NetworkRequest, ...]:
    section = _section(params, w.NetworkConfigSection)
    if not isinstance(section, w.NetworkConfigSection):
        return ()
    networks = tuple(_network(config) for config in section.network_configs)
    if len({network.name for network in networks}) != len(networks):
        raise BadRequest("Two networks of the vApp have the same name.")
    return networks


def _network(config: w.NetworkConfig) -> NetworkRequest:
    name = entity_name(config.network_name, "vApp network")
    configuration = config.configuration or w.NetworkConfiguration()
    parent = configuration.parent_network
    parent_id = uuid_in(parent.href or parent.id) if parent is not None else None
    if name == NO_NETWORK:
        return NetworkRequest(name=name)
    if parent is not None and parent_id is None:
        raise BadRequest(f"The ParentNetwork of the network {name} has no reference.")
    if parent_id is None or (configuration.fence_mode or "bridged") != "bridged":
        raise NotSupported(
            f"The network {name} is not bridged to an organization VDC network; that is not supported."
        )
    return NetworkRequest(name=name, description=config.description or "", parent_id=parent_id)


def _vm_request(item: w.SourcedCompositionItemParam) -> VmRequest:
    source_id = uuid_in(item.source.href or item.source.id) if item.source is not None else None
    if source_id is None:
        raise BadRequest("A SourcedItem has no Source.")
    general = item.vm_general_params
    connections = _section(item.instantiation_params, w.NetworkConnectionSection)
    customization = _section(item.instantiation_params, w.GuestCustomizationSection)
    hardware = _section(item.instantiation_params, w.VirtualHardwareSection)
    sizes = _hardware(hardware) if isinstance(hardware, w.VirtualHardwareSection) else {}
    return VmRequest(
        source_id=source_id,
        name=entity_name(general.name, "VM") if general is not None and general.name else None,
        description=general.description if general is not None else None,
        needs_customization=general is None or general.needs_customization is not False,
        computer_name=customization.computer_name
        if isinstance(customization, w.GuestCustomizationSection)
        else None,
        nics=_nics(connections) if isinstance(connections, w.NetworkConnectionSection) else None,
        storage_policy_id=_storage_policy(item.storage_profile),
        **sizes,
    )


def _storage_policy(profile: w.Reference | None) -> uuid.UUID | None:
    if profile is None or not (profile.href or profile.id):
        return None
    found = uuid_in(profile.href or profile.id)
    if found is None:
        raise BadRequest(f"The storage profile {profile.href or profile.id} is not a reference.")
    return found


def _hardware(section: w.VirtualHardwareSection) -> dict[str, object]:
    """CPU (ResourceType 3), memory (4) and disk (17) sizes. Source: python-clients.md 3.2."""
    sizes: dict[str, object] = {}
    disks: list[int] = []
    for item in section.items:
        quantity = None if isinstance(item.virtual_quantity, Nil) else item.virtual_quantity
        match item.resource_type:
            case 3 if quantity is not None:
                sizes["cpus"] = _positive(quantity, "number of CPUs", 512)
                if item.cores_per_socket is not None and item.cores_per_socket.value:
                    sizes["cores_per_socket"] = _positive(
                        item.cores_per_socket.value, "cores per socket", 512
                    )
            case 4 if quantity is not None:
                sizes["memory_mb"] = _positive(quantity, "memory size (MB)", 16 << 20)
            case 17:
                capacity = item.host_resources[0].capacity if item.host_resources else None
                if capacity is not None:
                    disks.append(_positive(capacity, "disk size (MB)", 64 << 20))
    if disks:
        sizes["disk_sizes_mb"] = tuple(disks)
    return sizes


def _positive(value: int, what: str, limit: int) -> int:
    if not 0 < value <= limit:
        raise BadRequest(f"The {what} must be between 1 and {limit}, not {value}.")
    return value


def _nics(section: w.NetworkConnectionSection) -> tuple[NicRequest, ...]:
    primary = section.primary_network_connection_index
    nics = []
    for position, connection in enumerate(section.network_connections):
        index = (
            position if connection.network_connection_index is None else connection.network_connection_index
        )
        mode = (connection.ip_address_allocation_mode or "NONE").upper()
        if mode not in ("POOL", "DHCP", "MANUAL", "NONE"):
            raise BadRequest(f"The IP address allocation mode {mode} is not known.")
        if not 0 <= index < 10:
            raise BadRequest(f"The network connection index {index} is not between 0 and 9.")
        nics.append(
            NicRequest(
                position=index,
                network=connection.network or NO_NETWORK,
                mode=mode,
                address=connection.ip_address or None,
                is_connected=connection.is_connected is not False,
                adapter=connection.network_adapter_type or "VMXNET3",
                is_primary=index == primary if primary is not None else position == 0,
            )
        )
    if len({nic.position for nic in nics}) != len(nics):
        raise BadRequest("Two network connections have the same index.")
    return tuple(nics)
