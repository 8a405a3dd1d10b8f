"""What a client asks for, as plain values: the wire's parameters read into dataclasses."""

from vapps.requests.changes import (
    ALLOCATION_DEFAULTS,
    BOOT_DEFAULTS,
    CUSTOMIZATION_DEFAULTS,
    Customization,
    DiskRequest,
    HardwareChange,
)
from vapps.requests.machines import VmRequest
from vapps.requests.names import description_of, entity_name, positive
from vapps.requests.networks import NO_NETWORK, NetworkRequest, NicRequest, Subnet
from vapps.requests.vapps import (
    RecomposeRequest,
    VAppRequest,
    clone_request,
    compose_request,
    instantiate_request,
    move_request,
    recompose_request,
    standalone_from_template,
    standalone_request,
)

__all__ = [
    "ALLOCATION_DEFAULTS",
    "BOOT_DEFAULTS",
    "CUSTOMIZATION_DEFAULTS",
    "NO_NETWORK",
    "Customization",
    "DiskRequest",
    "HardwareChange",
    "NetworkRequest",
    "NicRequest",
    "RecomposeRequest",
    "Subnet",
    "VAppRequest",
    "VmRequest",
    "clone_request",
    "compose_request",
    "description_of",
    "entity_name",
    "instantiate_request",
    "move_request",
    "positive",
    "recompose_request",
    "standalone_from_template",
    "standalone_request",
]
