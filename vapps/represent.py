"""vApps as VCD shows them; their VMs are in `vapps.represent_vm`."""

from collections.abc import Sequence

from orgs.models import MetadataEntry
from orgs.rights import Rights
from ssvirt.api.hrefs import KINDS, Hrefs, entity_urn
from ssvirt.api.principal import Principal
from ssvirt.api.represent import entity_link, link, reference
from ssvirt.wire import types as w
from vapps.legality import Verdict, vapp_condition, vapp_verdict
from vapps.models import VApp, VAppNetwork, Vm
from vapps.represent_vm import vm_document
from vapps.states import VAppState, vapp_status
from vdcs.represent import ip_scopes

_SECTION = "application/vnd.vmware.vcloud.{}+xml"
_POWER = (("powerOn", "power:powerOn"), ("powerOff", "power:powerOff"))


def vapp_document(
    vapp: VApp, hrefs: Hrefs, principal: Principal, *, tasks: w.TasksInProgress | None = None
) -> w.VApp:
    """The vApp with all its parts loaded. Source: vApp.xsd VAppType; resolutions.md 1.9 and 4 (order)."""
    href = hrefs.of("vApp", vapp.pk)
    vms = list(vapp.vms.all())
    networks = list(vapp.networks.all())
    return w.VApp(
        href=href,
        id=entity_urn("vApp", vapp.pk),
        type=KINDS["vApp"].media,
        name=vapp.name,
        status=vapp_status(vapp.state, [vm.state for vm in vms]),
        deployed=vapp.state == VAppState.DEPLOYED,
        ovf_descriptor_uploaded=True,
        links=_links(vapp, vms, networks, href, hrefs, principal),
        description=vapp.description,
        tasks=tasks,
        sections=_sections(vapp, vms, networks, href, hrefs),
        date_created=vapp.created_at,
        owner=w.Owner(
            type=_SECTION.format("owner"), user=reference(hrefs, "user", vapp.owner_id, vapp.owner.username)
        ),
        auto_nature=False,
        in_maintenance_mode=False,
        children=w.VAppChildren(vms=[vm_document(vm, hrefs, principal, vapp=vapp) for vm in vms])
        if vms
        else None,
    )


def _links(
    vapp: VApp,
    vms: Sequence[Vm],
    networks: Sequence[VAppNetwork],
    href: str,
    hrefs: Hrefs,
    principal: Principal,
) -> list[w.Link]:
    """What may be done now, by the projected state, and where the parts are."""
    condition = vapp_condition(vapp.projected_state, [vm.projected_state for vm in vms])

    def offered(action: str) -> bool:
        return vapp_verdict(action, condition) is Verdict.OFFERED

    links: list[w.Link] = []
    if principal.may(Rights.VAPP_POWER):
        links += [link(rel, f"{href}/power/action/{action}") for action, rel in _POWER if offered(action)]
        links += [
            link(action, f"{href}/action/{action}", _SECTION.format(f"{action}VAppParams"))
            for action in ("deploy", "undeploy")
            if offered(action)
        ]
    links += [
        w.Link(
            rel="down",
            href=hrefs.of("vAppNetwork", network.pk),
            type=KINDS["vAppNetwork"].media,
            name=network.name,
        )
        for network in networks
    ]
    links.append(link("down", f"{href}/controlAccess/", _SECTION.format("controlAccess")))
    links.append(entity_link(hrefs, "up", "vdc", vapp.vdc_id))
    links.append(link("down", f"{href}/metadata", _SECTION.format("metadata")))
    if principal.may(Rights.VAPP_DELETE) and offered("remove"):
        links.append(link("remove", href))
    return links


def _sections(
    vapp: VApp, vms: Sequence[Vm], networks: Sequence[VAppNetwork], href: str, hrefs: Hrefs
) -> list[w.Section]:
    is_deployed = vapp.state == VAppState.DEPLOYED
    return [
        w.LeaseSettingsSection(
            required=False,
            info="Lease settings section",
            href=f"{href}/leaseSettingsSection/",
            type=_SECTION.format("leaseSettingsSection"),
            deployment_lease_in_seconds=vapp.deployment_lease_s,
            storage_lease_in_seconds=vapp.storage_lease_s,
        ),
        w.StartupSection(
            info="VApp startup section",
            href=f"{href}/startupSection/",
            type=_SECTION.format("startupSection"),
            items=[
                w.StartupItem(
                    id=vm.name,
                    order=0,
                    start_action="powerOn",
                    start_delay=0,
                    stop_action="powerOff",
                    stop_delay=0,
                )
                for vm in vms
            ],
        ),
        w.NetworkSection(
            info="The list of logical networks",
            href=f"{href}/networkSection/",
            type=_SECTION.format("networkSection"),
            networks=[w.OvfNetwork(name=n.name, description=n.description) for n in networks],
        ),
        w.NetworkConfigSection(
            required=False,
            info="The configuration parameters for logical networks",
            href=f"{href}/networkConfigSection/",
            type=_SECTION.format("networkConfigSection"),
            network_configs=[_network_config(network, hrefs, is_deployed) for network in networks],
        ),
        w.SnapshotSection(
            required=False,
            info="Snapshot information section",
            href=f"{href}/snapshotSection",
            type=_SECTION.format("snapshotSection"),
        ),
    ]


def _network_config(network: VAppNetwork, hrefs: Hrefs, is_deployed: bool) -> w.NetworkConfig:
    """A bridged network inherits its parent's scope; "none" has a placeholder. Source: live-VApp,
    resolutions.md 1.9.
    """
    parent = network.parent
    repair = link(
        "repair", hrefs.of("vAppNetwork", network.pk, "/action/reset").replace("/api/", "/api/admin/", 1)
    )
    if parent is None:
        configuration = w.NetworkConfiguration(
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
        )
    else:
        configuration = w.NetworkConfiguration(
            ip_scopes=ip_scopes(parent, list(parent.ranges.all()), inherited=True),
            parent_network=reference(hrefs, "network", parent.pk, parent.name),
            fence_mode="bridged",
            retain_net_info_across_deployments=False,
        )
    return w.NetworkConfig(
        network_name=network.name,
        links=[repair],
        description=network.description,
        configuration=configuration,
        is_deployed=is_deployed,
    )


_VALUE_TYPES: dict[str, type[w.MetadataTypedValue]] = {
    "MetadataStringValue": w.MetadataStringValue,
    "MetadataNumberValue": w.MetadataNumberValue,
    "MetadataBooleanValue": w.MetadataBooleanValue,
    "MetadataDateTimeValue": w.MetadataDateTimeValue,
}


def metadata_document(
    kind: str, entity_id: object, entries: Sequence[MetadataEntry], hrefs: Hrefs, *, plain: bool
) -> w.Metadata:
    """An entity's metadata. `plain` (API 1.5 and 5.5): the text value as well. Source: resolutions.md 2.7."""
    up = hrefs.of(kind, entity_id)  # type: ignore[arg-type]
    return w.Metadata(
        href=f"{up}/metadata",
        type=_SECTION.format("metadata"),
        links=[link("up", up, KINDS[kind].media)],
        metadata_entries=[
            w.MetadataEntry(
                href=f"{up}/metadata/{entry.key}",
                type=_SECTION.format("metadata.value"),
                domain=w.MetadataDomainTag(visibility=entry.visibility, value=entry.domain),
                key=entry.key,
                value=entry.value if plain else None,
                typed_value=_VALUE_TYPES[entry.value_type](value=entry.value),  # type: ignore[call-arg]
            )
            for entry in entries
        ],
    )
