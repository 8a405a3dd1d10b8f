"""OVF sections, except the virtual hardware.

The XSD lets OVF elements carry foreign attributes and, at their end, foreign elements. VCD uses that for
href, type and Link of v1.5, and for vmw:osType.

Source: dsp8023_1.1.0.xsd, ovf-vmware.xsd; samples live-VApp and fixture-Vm for what VCD adds.
"""

from __future__ import annotations

from typing import TypeVar

from ssvirt.wire import media
from ssvirt.wire.schema import OVF, V15, VMW, WireType, attr, elem, elems, wire
from ssvirt.wire.types.entity import Link, Resource


@wire("Section", ns=OVF, type="Section_Type", family="element", abstract=True)
class Section(WireType):
    """Base of all sections of vApps, VMs and templates. A `sections` list keeps the order it was given."""

    required: bool | None = attr("required", ns=OVF)
    info: str | None = elem("Info", boxed=True)


S = TypeVar("S", bound=Section)


def first_section(sections: list[Section], cls: type[S]) -> S | None:
    """The first section of the given class, or None: `first_section(vm.sections, SnapshotSection)`."""
    return next((section for section in sections if isinstance(section, cls)), None)


@wire("Network", ns=OVF)
class OvfNetwork(WireType):
    name: str | None = attr("name", ns=OVF)
    description: str | None = elem("Description", boxed=True)


@wire("NetworkSection", ns=OVF, type="NetworkSection_Type", media=media.NETWORK_SECTION)
class NetworkSection(Section):
    href: str | None = attr("href", ns=V15, foreign=True)
    type: str | None = attr("type", ns=V15, foreign=True)
    networks: list[OvfNetwork] = elems("Network")
    links: list[Link] = elems("Link", ns=V15)


@wire("Item", ns=OVF)
class StartupItem(WireType):
    id: str | None = attr("id", ns=OVF)
    order: int | None = attr("order", ns=OVF)
    start_delay: int | None = attr("startDelay", ns=OVF)
    waiting_for_guest: bool | None = attr("waitingForGuest", ns=OVF)
    stop_delay: int | None = attr("stopDelay", ns=OVF)
    start_action: str | None = attr("startAction", ns=OVF)
    stop_action: str | None = attr("stopAction", ns=OVF)


@wire("StartupSection", ns=OVF, type="StartupSection_Type", media=media.STARTUP_SECTION)
class StartupSection(Section):
    href: str | None = attr("href", ns=V15, foreign=True)
    type: str | None = attr("type", ns=V15, foreign=True)
    items: list[StartupItem] = elems("Item")
    links: list[Link] = elems("Link", ns=V15)


@wire(
    "OperatingSystemSection", ns=OVF, type="OperatingSystemSection_Type", media=media.OPERATING_SYSTEM_SECTION
)
class OperatingSystemSection(Section):
    id: int | None = attr("id", ns=OVF)
    version: str | None = attr("version", ns=OVF)
    href: str | None = attr("href", ns=V15, foreign=True)
    type: str | None = attr("type", ns=V15, foreign=True)
    os_type: str | None = attr("osType", ns=VMW, foreign=True)
    description: str | None = elem("Description", boxed=True)
    links: list[Link] = elems("Link", ns=V15)


@wire("Value", ns=OVF, type="PropertyConfigurationValue_Type")
class PropertyConfigurationValue(WireType):
    value: str | None = attr("value", ns=OVF)
    configuration: str | None = attr("configuration", ns=OVF)


@wire("Property", ns=OVF)
class ProductProperty(WireType):
    key: str | None = attr("key", ns=OVF)
    type: str | None = attr("type", ns=OVF)
    qualifiers: str | None = attr("qualifiers", ns=OVF)
    user_configurable: bool | None = attr("userConfigurable", ns=OVF)
    # `default_value`, because the element Value further down is the value that was set.
    default_value: str | None = attr("value", ns=OVF)
    password: bool | None = attr("password", ns=OVF)
    label: str | None = elem("Label", boxed=True)
    description: str | None = elem("Description", boxed=True)
    values: list[PropertyConfigurationValue] = elems("Value", json="values")


@wire("Icon", ns=OVF)
class ProductIcon(WireType):
    height: int | None = attr("height", ns=OVF)
    width: int | None = attr("width", ns=OVF)
    mime_type: str | None = attr("mimeType", ns=OVF)
    file_ref: str | None = attr("fileRef", ns=OVF)


@wire("ProductSection", ns=OVF, type="ProductSection_Type", media=media.PRODUCT_SECTIONS)
class ProductSection(Section):
    """The XSD lets Category and Property alternate; here all categories come first."""

    class_: str | None = attr("class", ns=OVF)
    instance: str | None = attr("instance", ns=OVF)
    product: str | None = elem("Product", boxed=True)
    vendor: str | None = elem("Vendor", boxed=True)
    version: str | None = elem("Version", boxed=True)
    full_version: str | None = elem("FullVersion", boxed=True)
    product_url: str | None = elem("ProductUrl", boxed=True)
    vendor_url: str | None = elem("VendorUrl", boxed=True)
    app_url: str | None = elem("AppUrl", boxed=True)
    icons: list[ProductIcon] = elems("Icon")
    categories: list[str] = elems("Category", boxed=True)
    properties: list[ProductProperty] = elems("Property")
    links: list[Link] = elems("Link", ns=V15)


@wire("EulaSection", ns=OVF, type="EulaSection_Type")
class EulaSection(Section):
    license: str | None = elem("License", boxed=True)


@wire("AnnotationSection", ns=OVF, type="AnnotationSection_Type")
class AnnotationSection(Section):
    annotation: str | None = elem("Annotation", boxed=True)


@wire("Configuration", ns=OVF)
class DeploymentConfiguration(WireType):
    id: str | None = attr("id", ns=OVF)
    default: bool | None = attr("default", ns=OVF)
    label: str | None = elem("Label", boxed=True)
    description: str | None = elem("Description", boxed=True)


@wire("DeploymentOptionSection", ns=OVF, type="DeploymentOptionSection_Type")
class DeploymentOptionSection(Section):
    configurations: list[DeploymentConfiguration] = elems("Configuration")


@wire("InstallSection", ns=OVF, type="InstallSection_Type")
class InstallSection(Section):
    initial_boot_stop_delay: int | None = attr("initialBootStopDelay", ns=OVF)


@wire("BootOrderSection", ns=VMW, type="BootOrderSection_Type")
class BootOrderSection(Section):
    type: str | None = attr("type", ns=VMW)
    instance_id: int | None = attr("instanceId", ns=VMW)


@wire("ProductSectionList", media=media.PRODUCT_SECTIONS)
class ProductSectionList(Resource):
    product_sections: list[ProductSection] = elems("ProductSection", ns=OVF)
