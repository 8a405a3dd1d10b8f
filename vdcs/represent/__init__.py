"""VDCs, networks, edge gateways and provider VDCs as VCD shows them."""

from vdcs.represent.guests import (
    DEFAULT_HARDWARE_VERSION,
    HARDWARE_VERSIONS,
    hardware_version_document,
    hardware_version_known,
    systems_document,
)
from vdcs.represent.networks import (
    LINK_TYPE,
    allocated_addresses_document,
    edge_gateway_document,
    ip_scopes,
    network_document,
)
from vdcs.represent.providers import extension_provider_vdc_document, provider_vdc_document
from vdcs.represent.vdcs import (
    VdcParts,
    admin_vdc_document,
    compute_policies_document,
    hardware_version_href,
    storage_profile_document,
    vdc_document,
    vdc_status,
)

__all__ = [
    "DEFAULT_HARDWARE_VERSION",
    "HARDWARE_VERSIONS",
    "LINK_TYPE",
    "VdcParts",
    "admin_vdc_document",
    "allocated_addresses_document",
    "compute_policies_document",
    "edge_gateway_document",
    "extension_provider_vdc_document",
    "hardware_version_document",
    "hardware_version_href",
    "hardware_version_known",
    "ip_scopes",
    "network_document",
    "provider_vdc_document",
    "storage_profile_document",
    "systems_document",
    "vdc_document",
    "vdc_status",
]
