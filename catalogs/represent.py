"""Catalogs, items, templates and media as VCD shows them."""

import uuid
from collections.abc import Sequence
from typing import Any

from catalogs.models import Catalog, CatalogItem, Media, TemplateVm, VAppTemplate
from orgs.models import AccessLevel
from orgs.rights import Rights
from orgs.services import access_to
from ssvirt.api.hrefs import KINDS, Hrefs, entity_urn
from ssvirt.api.principal import Principal
from ssvirt.api.represent import entity_link, link, reference
from ssvirt.wire import types as w
from ssvirt.wire.media import CONTROL_ACCESS, METADATA, OWNER

_SECTION = "application/vnd.vmware.vcloud.{}+xml"
TEMPLATE_NETWORK_INFO = "The list of logical networks"


def catalog_document(
    catalog: Catalog, items: Sequence[CatalogItem], hrefs: Hrefs, principal: Principal
) -> w.Catalog:
    """Source: catalog.xsd CatalogType. Ids of items are URNs (resolutions.md 3.9)."""
    href = hrefs.of("catalog", catalog.pk)
    return w.Catalog(
        href=href,
        type=KINDS["catalog"].media,
        links=[
            # Clients follow it; another organization that publishes the catalog may not be read.
            entity_link(hrefs, "up", "org", catalog.org_id if principal.is_provider else principal.org_id),
            _metadata_link(href),
            *_access_links(catalog, href, principal),
        ],
        **_catalog_members(catalog, items, hrefs),
    )


def admin_catalog_document(catalog: Catalog, items: Sequence[CatalogItem], hrefs: Hrefs) -> w.AdminCatalog:
    """Source: vCloudEntities.xsd AdminCatalogType, go-clients.md 2.6."""
    href = hrefs.of("adminCatalog", catalog.pk)
    return w.AdminCatalog(
        href=href,
        type=KINDS["adminCatalog"].media,
        links=[
            entity_link(hrefs, "up", "adminOrg", catalog.org_id),
            entity_link(hrefs, "alternate", "catalog", catalog.pk),
            link("down", f"{href}/owner", OWNER),
            _metadata_link(href),
        ],
        **_catalog_members(catalog, items, hrefs),
        publish_external_catalog_params=w.PublishExternalCatalogParams(
            is_published_externally=False, is_cache_enabled=False, preserve_identity_info_flag=False
        ),
    )


def _access_links(catalog: Catalog, href: str, principal: Principal) -> list[w.Link]:
    """The access list, and its change by those who may. Source: live-Org."""
    links = [link("down", f"{href}/controlAccess/", CONTROL_ACCESS)]
    access = access_to(principal, owner_id=catalog.owner_id, entity_id=catalog.pk, org_id=catalog.org_id)
    if access.may(Rights.CATALOG_SHARING, AccessLevel.FULL_CONTROL):
        links.append(link("controlAccess", f"{href}/action/controlAccess", CONTROL_ACCESS))
    return links


def _metadata_link(href: str) -> w.Link:
    return link("down", f"{href}/metadata", METADATA)


def _catalog_members(catalog: Catalog, items: Sequence[CatalogItem], hrefs: Hrefs) -> dict[str, Any]:
    return {
        "id": entity_urn("catalog", catalog.pk),
        "name": catalog.name,
        "description": catalog.description,
        "owner": _owner(catalog.owner_id, catalog.owner.username, hrefs),
        "catalog_items": w.CatalogItems(
            catalog_items=[reference(hrefs, "catalogItem", item.pk, item.name) for item in items]
        ),
        "is_published": catalog.is_published,
        "date_created": catalog.created_at,
        "version_number": catalog.version,
    }


def item_document(item: CatalogItem, hrefs: Hrefs) -> w.CatalogItem:
    """Source: catalogItem.xsd CatalogItemType."""
    template, media = getattr(item, "template", None), getattr(item, "media", None)
    if template is not None:
        entity = reference(hrefs, "vAppTemplate", template.pk, template.name)
    elif media is not None:
        entity = reference(hrefs, "media", media.pk, media.name)
    else:
        entity = None
    href = hrefs.of("catalogItem", item.pk)
    return w.CatalogItem(
        href=href,
        id=entity_urn("catalogItem", item.pk),
        type=KINDS["catalogItem"].media,
        name=item.name,
        size=item.size_bytes,
        links=[entity_link(hrefs, "up", "catalog", item.catalog_id), _metadata_link(href)],
        description=item.description,
        entity=entity,
        date_created=item.created_at,
        version_number=1,
    )


def template_document(
    template: VAppTemplate, hrefs: Hrefs, principal: Principal, vdc_id: uuid.UUID | None = None
) -> w.VAppTemplate:
    """The template with its VMs. Source: vAppTemplate.xsd VAppTemplateType; resolutions.md 1.6.

    `vdc_id` is a VDC that lists the template among its entities; Libcloud looks for it (live-VAppTemplate).
    """
    href = hrefs.of("vAppTemplate", template.pk)
    vms = list(template.vms.all())
    networks = sorted({nic.network_name for vm in vms for nic in vm.nics.all()})
    return w.VAppTemplate(
        href=href,
        id=entity_urn("vAppTemplate", template.pk),
        type=KINDS["vAppTemplate"].media,
        name=template.name,
        status=template.status,
        ovf_descriptor_uploaded=True,
        gold_master=False,
        links=[
            *_catalog_links(template, hrefs, principal),
            *([entity_link(hrefs, "up", "vdc", vdc_id)] if vdc_id is not None else []),
            link("down", f"{href}/owner", OWNER),
            _metadata_link(href),
        ],
        description=template.description,
        owner=_owner(template.owner_id, template.owner.username, hrefs),
        children=w.VAppTemplateChildren(vms=[template_vm_document(vm, template, hrefs) for vm in vms]),
        sections=[
            w.NetworkSection(
                info=TEMPLATE_NETWORK_INFO,
                href=f"{href}/networkSection/",
                type=_SECTION.format("networkSection"),
                networks=[w.OvfNetwork(name=name, description="") for name in networks],
            ),
            w.NetworkConfigSection(
                info="The configuration parameters for logical networks",
                href=f"{href}/networkConfigSection/",
                type=_SECTION.format("networkConfigSection"),
                network_configs=[_template_network(name) for name in networks],
            ),
            w.LeaseSettingsSection(
                info="Lease settings section",
                href=f"{href}/leaseSettingsSection/",
                type=_SECTION.format("leaseSettingsSection"),
                storage_lease_in_seconds=0,
            ),
            w.CustomizationSection(
                info="VApp template customization section",
                gold_master=False,
                href=f"{href}/customizationSection/",
                type=_SECTION.format("customizationSection"),
                customize_on_instantiate=True,
            ),
        ],
        date_created=template.created_at,
    )


def _catalog_links(template: VAppTemplate, hrefs: Hrefs, principal: Principal) -> list[w.Link]:
    if not principal.may(Rights.CATALOG_VIEW):
        return []
    return [
        entity_link(hrefs, "catalogItem", "catalogItem", template.item_id),
        entity_link(hrefs, "up", "catalog", template.item.catalog_id),
    ]


def _template_network(name: str) -> w.NetworkConfig:
    """No ParentNetwork: pyvcloud would look for it in the VDC's networks. Source: python-clients.md 3.2."""
    return w.NetworkConfig(
        network_name=name,
        description="",
        configuration=w.NetworkConfiguration(
            ip_scopes=w.IpScopes(
                ip_scopes=[
                    w.IpScope(
                        is_inherited=False,
                        gateway="196.254.254.254",
                        netmask="255.255.0.0",
                        dns1="196.254.254.254",
                    )
                ]
            ),
            fence_mode="isolated",
        ),
        is_deployed=False,
    )


def template_vm_document(vm: TemplateVm, template: VAppTemplate, hrefs: Hrefs) -> w.VAppTemplate:
    """A VM inside a template: VCD gives it the template's own type. Source: vAppTemplate.xsd, live-
    VAppTemplate.
    """
    href = hrefs.of("templateVm", vm.pk)
    nics = list(vm.nics.all())
    return w.VAppTemplate(
        href=href,
        id=entity_urn("templateVm", vm.pk),
        type=KINDS["templateVm"].media,
        name=vm.name,
        status=template.status,
        gold_master=False,
        links=[entity_link(hrefs, "up", "vAppTemplate", template.pk), _metadata_link(href)],
        description=vm.description,
        sections=[
            w.NetworkConnectionSection(
                required=False,
                info="Specifies the available VM network connections",
                href=f"{href}/networkConnectionSection/",
                type=_SECTION.format("networkConnectionSection"),
                primary_network_connection_index=nics[0].position if nics else None,
                network_connections=[
                    w.NetworkConnection(
                        network=nic.network_name,
                        needs_customization=True,
                        network_connection_index=nic.position,
                        is_connected=nic.network_name != "none",
                        ip_address_allocation_mode=nic.mode if nic.network_name != "none" else "NONE",
                        network_adapter_type=nic.adapter,
                    )
                    for nic in nics
                ],
            ),
            w.GuestCustomizationSection(
                required=False,
                info="Specifies Guest OS Customization Settings",
                href=f"{href}/guestCustomizationSection/",
                type=_SECTION.format("guestCustomizationSection"),
                enabled=True,
                change_sid=False,
                virtual_machine_id=str(vm.pk),
                join_domain_enabled=False,
                use_org_settings=False,
                admin_password_enabled=False,
                admin_password_auto=False,
                reset_password_required=False,
                computer_name=vm.computer_name,
            ),
            _template_hardware(vm, href),
            w.OperatingSystemSection(
                id=1,
                info="Specifies the operating system installed",
                os_type=vm.os_type,
                description=vm.preference or vm.os_type,
            ),
        ],
        vapp_scoped_local_id=str(vm.local_id),
        date_created=template.created_at,
    )


def _template_hardware(vm: TemplateVm, href: str) -> w.VirtualHardwareSection:
    """CPU, memory and disks, as pyvcloud reads them. Source: python-clients.md 3.2."""
    return w.VirtualHardwareSection(
        info="Virtual hardware requirements",
        href=f"{href}/virtualHardwareSection/",
        type=_SECTION.format("virtualHardwareSection"),
        items=[
            w.RasdItem(
                allocation_units="hertz * 10^6",
                description="Number of Virtual CPUs",
                element_name=f"{vm.cpus} virtual CPU(s)",
                instance_id="1",
                resource_type=3,
                virtual_quantity=vm.cpus,
                cores_per_socket=w.CoresPerSocket(required=False, value=vm.cores_per_socket),
            ),
            w.RasdItem(
                allocation_units="byte * 2^20",
                description="Memory Size",
                element_name=f"{vm.memory_mb} MB of memory",
                instance_id="2",
                resource_type=4,
                virtual_quantity=vm.memory_mb,
            ),
            *(
                w.RasdItem(
                    address_on_parent=str(disk.position),
                    description="Hard disk",
                    element_name=f"Hard disk {disk.position + 1}",
                    host_resources=[
                        w.HostResource(bus_type="6", bus_sub_type="VirtualSCSI", capacity=disk.size_mb)
                    ],
                    instance_id=str(2000 + disk.position),
                    resource_type=17,
                    virtual_quantity=disk.size_mb << 20,
                    virtual_quantity_units="byte",
                )
                for disk in vm.disks.all()
            ),
        ],
    )


def media_document(media: Media, hrefs: Hrefs) -> w.Media:
    """Source: media.xsd MediaType."""
    href = hrefs.of("media", media.pk)
    return w.Media(
        href=href,
        id=entity_urn("media", media.pk),
        type=KINDS["media"].media,
        name=media.name,
        status=media.status,
        image_type=media.image_type,
        size=media.size_bytes,
        links=[
            entity_link(hrefs, "catalogItem", "catalogItem", media.item_id),
            link("down", f"{href}/owner", OWNER),
            _metadata_link(href),
        ],
        description=media.description,
        owner=_owner(media.owner_id, media.owner.username, hrefs),
    )


def _owner(user_id: object, name: str, hrefs: Hrefs) -> w.Owner:
    return w.Owner(
        type=OWNER,
        user=reference(hrefs, "user", user_id, name),  # type: ignore[arg-type]
    )
