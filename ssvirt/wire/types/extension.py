"""The system administrator's view: the extension root, provider VDCs, networks, network pools.

Source: vmwextensions.xsd.
"""

from __future__ import annotations

from ssvirt.wire import media
from ssvirt.wire.schema import VMEXT, elem, elems, wire
from ssvirt.wire.types.admin_vdc import ExtensionVimObjectRef, VimObjectRefs
from ssvirt.wire.types.entity import Reference, Resource
from ssvirt.wire.types.network import Network
from ssvirt.wire.types.provider_vdc import NetworkPool, ProviderVdc


@wire("VMWExtension", ns=VMEXT, media=media.ADMIN_VMW_EXTENSION)
class VMWExtension(Resource):
    pass


@wire("VMWHostReferences", ns=VMEXT, media=media.VMW_HOST_REFERENCES)
class VMWHostReferences(Resource):
    host_references: list[Reference] = elems("HostReference")


@wire("VMWProviderVdc", ns=VMEXT, media=media.VMW_PROVIDER_VDC)
class VMWProviderVdc(ProviderVdc):
    data_store_refs: VimObjectRefs | None = elem("DataStoreRefs")
    resource_pool_refs: VimObjectRefs | None = elem("ResourcePoolRefs")
    vim_servers: list[Reference] = elems("VimServer")
    nsxt_manager_reference: Reference | None = elem("NsxTManagerReference")
    host_references: VMWHostReferences | None = elem("HostReferences")
    highest_supported_hardware_version: str | None = elem("HighestSupportedHardwareVersion")
    available_universal_network_pool: Reference | None = elem("AvailableUniversalNetworkPool")
    compute_provider_scope: str | None = elem("ComputeProviderScope")


@wire("VMWProviderVdcReferences", ns=VMEXT, media=media.EXTENSION_PROVIDER_VDC_REFERENCES)
class ExtensionProviderVdcReferences(Resource):
    provider_vdc_references: list[Reference] = elems("ProviderVdcReference")


@wire("VMWNetworkPool", ns=VMEXT, media=media.VMW_NETWORK_POOL)
class VMWNetworkPool(NetworkPool):
    pass


@wire("VMWNetworkPoolReferences", ns=VMEXT, media=media.VMW_NETWORK_POOL_REFERENCES)
class VMWNetworkPoolReferences(Resource):
    network_pool_references: list[Reference] = elems("NetworkPoolReference")


@wire("VMWExternalNetwork", ns=VMEXT, media=media.VMW_EXTERNAL_NETWORK)
class VMWExternalNetwork(Network):
    vim_port_group_ref: ExtensionVimObjectRef | None = elem("VimPortGroupRef")
    vim_port_group_refs: VimObjectRefs | None = elem("VimPortGroupRefs")


@wire("VMWExternalNetworkReferences", ns=VMEXT, media=media.VMW_EXTERNAL_NETWORK_REFERENCES)
class VMWExternalNetworkReferences(Resource):
    external_network_references: list[Reference] = elems("ExternalNetworkReference")
