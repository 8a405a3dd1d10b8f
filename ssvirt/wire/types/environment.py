"""The OVF environment of a VM.

Source: dsp8027_1.1.0.xsd; sample fixture-Vm for what VCD adds.
"""

from __future__ import annotations

from ssvirt.wire.schema import OVFENV, VE, WireType, attr, elem, elems, wire


@wire("Section", ns=OVFENV, type="Section_Type", family="element", abstract=True)
class EnvironmentSection(WireType):
    """Base of the sections of an environment."""


@wire("Property", ns=OVFENV)
class EnvironmentProperty(WireType):
    key: str | None = attr("key", ns=OVFENV)
    value: str | None = attr("value", ns=OVFENV)


@wire("PropertySection", ns=OVFENV, type="PropertySection_Type")
class PropertySection(EnvironmentSection):
    properties: list[EnvironmentProperty] = elems("Property")


@wire("PlatformSection", ns=OVFENV, type="PlatformSection_Type")
class PlatformSection(EnvironmentSection):
    kind: str | None = elem("Kind", boxed=True)
    version: str | None = elem("Version", boxed=True)
    vendor: str | None = elem("Vendor", boxed=True)
    locale: str | None = elem("Locale", boxed=True)
    timezone: int | None = elem("Timezone")


@wire("Entity", ns=OVFENV, type="Entity_Type")
class EnvironmentEntity(WireType):
    id: str | None = attr("id", ns=OVFENV)
    sections: list[EnvironmentSection] = elems("Section")


@wire("Adapter", ns=VE)
class EthernetAdapter(WireType):
    mac: str | None = attr("mac", ns=VE)
    network: str | None = attr("network", ns=VE)
    unit_number: int | None = attr("unitNumber", ns=VE)


@wire("EthernetAdapterSection", ns=VE)
class EthernetAdapterSection(WireType):
    adapters: list[EthernetAdapter] = elems("Adapter")


@wire("Environment", ns=OVFENV, type="Environment_Type")
class Environment(WireType):
    id: str | None = attr("id", ns=OVFENV)
    vcenter_id: str | None = attr("vCenterId", ns=VE, foreign=True)
    sections: list[EnvironmentSection] = elems("Section")
    entities: list[EnvironmentEntity] = elems("Entity")
    ethernet_adapter_section: EthernetAdapterSection | None = elem("EthernetAdapterSection", ns=VE)
