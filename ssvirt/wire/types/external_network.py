"""External networks.

Source: vCloudEntities.xsd.
"""

from __future__ import annotations

from ssvirt.wire.schema import elem, wire
from ssvirt.wire.types.network import Network


@wire("ExternalNetwork")
class ExternalNetwork(Network):
    provider_info: str | None = elem("ProviderInfo")
    network_backing_info: str | None = elem("NetworkBackingInfo")
