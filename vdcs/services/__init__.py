"""Writing VDCs and networks; committing resources and addresses."""

from vdcs.addresses import prefix_of_netmask
from vdcs.services.networks import (
    PRIMARY_UDN,
    check_change,
    network_change,
    network_create,
    network_delete,
    network_require_unused,
    network_reset,
    network_update,
    networks_require_kept,
    register_network_users,
)
from vdcs.services.private_networks import (
    private_network_create,
    private_network_update,
    private_networks_delete,
    private_networks_realized,
)
from vdcs.services.resources import (
    Demand,
    address_allocate,
    address_is_pooled,
    addresses_drop,
    addresses_hold,
    addresses_release,
    vdc_charge,
    vdc_release,
)
from vdcs.services.vdcs import StorageLimit, vdc_create, vdc_require_usable

__all__ = [
    "PRIMARY_UDN",
    "Demand",
    "StorageLimit",
    "address_allocate",
    "address_is_pooled",
    "addresses_drop",
    "addresses_hold",
    "addresses_release",
    "check_change",
    "network_change",
    "network_create",
    "network_delete",
    "network_require_unused",
    "network_reset",
    "network_update",
    "networks_require_kept",
    "prefix_of_netmask",
    "private_network_create",
    "private_network_update",
    "private_networks_delete",
    "private_networks_realized",
    "register_network_users",
    "vdc_charge",
    "vdc_create",
    "vdc_release",
    "vdc_require_usable",
]
