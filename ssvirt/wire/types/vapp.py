"""vApps.

Source: vApp.xsd.
"""

from __future__ import annotations

from ssvirt.wire import media
from ssvirt.wire.schema import attr, elem, elems, wire
from ssvirt.wire.types.entity import Owner, VCloudExtensible
from ssvirt.wire.types.vm import AbstractVApp, Vm


@wire("VAppChildren")
class VAppChildren(VCloudExtensible):
    vapps: list[VApp] = elems("VApp")
    vms: list[Vm] = elems("Vm")


@wire("VApp", media=media.VAPP)
class VApp(AbstractVApp):
    ovf_descriptor_uploaded: bool | None = attr("ovfDescriptorUploaded")
    owner: Owner | None = elem("Owner")
    # Clients read this name as it stands, lower-case a included.
    auto_nature: bool | None = elem("autoNature")
    in_maintenance_mode: bool | None = elem("InMaintenanceMode")
    children: VAppChildren | None = elem("Children")
