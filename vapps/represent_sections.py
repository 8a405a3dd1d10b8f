"""The sections of a vApp as VCD shows them: leases, start-up, networks, snapshot."""

from orgs.rights import Rights
from orgs.services import EntityAccess
from ssvirt.api.hrefs import KINDS, Hrefs, entity_urn
from ssvirt.api.represent import link, reference
from ssvirt.wire import types as w
from ssvirt.wire.media import ALLOCATED_NETWORK_ADDRESS
from vapps.models import FenceMode, VApp, VAppNetwork
from vapps.represent_actions import edit_links
from vapps.represent_hardware import snapshot_section
from vapps.represent_products import product_sections
from vapps.states import VAppState
from vdcs.represent import ip_scopes

_SECTION = "application/vnd.vmware.vcloud.{}+xml"
_NO_SCOPE = w.IpScopes(
    ip_scopes=[
        w.IpScope(
            is_inherited=False, gateway="196.254.254.254", netmask="255.255.0.0", dns1="196.254.254.254"
        )
    ]
)
"""What VCD puts where a network has no addresses. Source: live-VApp."""


def vapp_sections(vapp: VApp, hrefs: Hrefs, access: EntityAccess) -> list[w.Section]:
    """Needs networks with parents and ranges, and VMs with snapshots."""
    href = hrefs.of("vApp", vapp.pk)
    networks = list(vapp.networks.all())
    access = _changing(vapp, access)
    snapshots = [snapshot for vm in vapp.vms.all() for snapshot in vm.snapshots.all()]
    return [
        lease_section(vapp, href, access),
        startup_section(vapp, href, access),
        w.NetworkSection(
            info="The list of logical networks",
            href=f"{href}/networkSection/",
            type=_SECTION.format("networkSection"),
            networks=[w.OvfNetwork(name=n.name, description=n.description) for n in networks],
        ),
        network_config_section(vapp, networks, hrefs, access),
        snapshot_section(href, snapshots),
        *product_sections(vapp.product_sections),
    ]


def _changing(vapp: VApp, access: EntityAccess) -> EntityAccess:
    return access.reading() if vapp.projected_state == VAppState.GONE else access


def lease_section(vapp: VApp, href: str, access: EntityAccess) -> w.LeaseSettingsSection:
    """Source: vApp.xsd LeaseSettingsSectionType. An expiration is shown only while it counts."""
    path = f"{href}/leaseSettingsSection/"
    return w.LeaseSettingsSection(
        required=False,
        info="Lease settings section",
        href=path,
        type=_SECTION.format("leaseSettingsSection"),
        links=edit_links(access, Rights.VAPP_EDIT, path, "leaseSettingsSection"),
        deployment_lease_in_seconds=vapp.deployment_lease_s,
        storage_lease_in_seconds=vapp.storage_lease_s,
        deployment_lease_expiration=vapp.deployment_expires_at,
        storage_lease_expiration=vapp.storage_expires_at,
    )


def startup_section(vapp: VApp, href: str, access: EntityAccess) -> w.StartupSection:
    """Order, delays and actions of the VMs' start and stop. Source: ovf StartupSection_Type."""
    path = f"{href}/startupSection/"
    return w.StartupSection(
        info="VApp startup section",
        href=path,
        type=_SECTION.format("startupSection"),
        items=[
            w.StartupItem(
                id=vm.name,
                order=vm.start_order,
                start_action=vm.start_action,
                start_delay=vm.start_delay_s,
                stop_action=vm.stop_action,
                stop_delay=vm.stop_delay_s,
            )
            for vm in vapp.vms.all()
        ],
        links=edit_links(access, Rights.VAPP_EDIT, path, "startupSection"),
    )


def network_config_section(
    vapp: VApp, networks: list[VAppNetwork], hrefs: Hrefs, access: EntityAccess
) -> w.NetworkConfigSection:
    path = f"{hrefs.of('vApp', vapp.pk)}/networkConfigSection/"
    is_deployed = vapp.state == VAppState.DEPLOYED
    return w.NetworkConfigSection(
        required=False,
        info="The configuration parameters for logical networks",
        href=path,
        type=_SECTION.format("networkConfigSection"),
        links=edit_links(access, Rights.VAPP_EDIT, path, "networkConfigSection"),
        network_configs=[_network_config(network, hrefs, is_deployed) for network in networks],
    )


def _network_config(network: VAppNetwork, hrefs: Hrefs, is_deployed: bool) -> w.NetworkConfig:
    """A network of a vApp; the repair link always, its UUID is what clients know the network by.

    Source: go-clients.md 2.9, resolutions.md 3.8.
    """
    repair = hrefs.of("vAppNetwork", network.pk, "/action/reset")
    return w.NetworkConfig(
        network_name=network.name,
        links=[link("repair", repair)],
        description=network.description,
        configuration=network_configuration(network, hrefs),
        is_deployed=is_deployed,
    )


def network_configuration(network: VAppNetwork, hrefs: Hrefs) -> w.NetworkConfiguration:
    """A bridged network inherits its parent's scope; "none" has a placeholder. Source: live-VApp,
    resolutions.md 1.9.
    """
    parent = network.parent
    if parent is None:
        return w.NetworkConfiguration(ip_scopes=_NO_SCOPE, fence_mode="isolated", guest_vlan_allowed=False)
    ranges = list(parent.ranges.all())
    if network.fence_mode == FenceMode.ISOLATED:
        return w.NetworkConfiguration(
            ip_scopes=ip_scopes(parent, ranges, inherited=False),
            fence_mode="isolated",
            retain_net_info_across_deployments=network.retains_net_info,
            guest_vlan_allowed=False,
        )
    return w.NetworkConfiguration(
        ip_scopes=ip_scopes(parent, ranges, inherited=True),
        parent_network=reference(hrefs, "network", parent.pk, parent.name),
        fence_mode="bridged",
        retain_net_info_across_deployments=network.retains_net_info,
        guest_vlan_allowed=False,
    )


def vapp_network_document(network: VAppNetwork, hrefs: Hrefs, access: EntityAccess) -> w.VAppNetwork:
    """A vApp's network by itself. Needs vApp and parent loaded. Source: network.xsd VAppNetworkType."""
    href = hrefs.of("vAppNetwork", network.pk)
    links = [link("up", hrefs.of("vApp", network.vapp_id), KINDS["vApp"].media)]
    if _changing(network.vapp, access).may(Rights.VAPP_EDIT):
        links += [
            link("edit", href, KINDS["vAppNetwork"].media),
            link("remove", href),
            link("repair", f"{href}/action/reset"),
        ]
    links += [
        link("down", f"{href}/metadata", _SECTION.format("metadata")),
        link("down", f"{href}/allocatedAddresses/", ALLOCATED_NETWORK_ADDRESS),
    ]
    return w.VAppNetwork(
        href=href,
        id=entity_urn("vAppNetwork", network.pk),
        type=KINDS["vAppNetwork"].media,
        name=network.name,
        deployed=network.vapp.state == VAppState.DEPLOYED,
        links=links,
        description=network.description,
        configuration=network_configuration(network, hrefs),
    )
