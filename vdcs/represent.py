"""VDCs and their networks as VCD shows them."""

from collections.abc import Sequence

from orgs.rights import Rights
from ssvirt.api.hrefs import KINDS, Hrefs, entity_urn
from ssvirt.api.principal import Principal
from ssvirt.api.represent import entity_link, link, reference
from ssvirt.wire import types as w
from vdcs.addresses import netmask_of
from vdcs.models import AllocationModel, IpRange, Network, NetworkKind, Realization, Vdc, VdcStoragePolicy

HARDWARE_VERSIONS = ("vmx-11", "vmx-13", "vmx-14", "vmx-17", "vmx-18", "vmx-19")
DEFAULT_HARDWARE_VERSION = "vmx-19"
_INSTANTIATE = "application/vnd.vmware.vcloud.instantiateVAppTemplateParams+xml"
_COMPOSE = "application/vnd.vmware.vcloud.composeVAppParams+xml"
_STATUS = {Realization.CREATING: 0, Realization.READY: 1, Realization.FAILED: -1}
LINK_TYPE = {NetworkKind.DIRECT: 0, NetworkKind.ROUTED: 1, NetworkKind.ISOLATED: 2}
"""Source: resolutions.md 2.2."""


def vdc_status(vdc: Vdc) -> int:
    """Source: vcd-api.md 3.6, VDC status."""
    return _STATUS[Realization(vdc.realization)]


def vdc_document(
    vdc: Vdc,
    hrefs: Hrefs,
    principal: Principal,
    *,
    entities: list[w.ResourceReference],
    networks: Sequence[Network],
    policies: Sequence[VdcStoragePolicy],
    tasks: w.TasksInProgress | None = None,
) -> w.Vdc:
    """Source: vdc.xsd VdcType; members that clients dereference: resolutions.md 1.5."""
    href = hrefs.of("vdc", vdc.pk)
    links = [entity_link(hrefs, "up", "org", vdc.org_id, name=vdc.org.name)]
    if principal.may(Rights.VAPP_CREATE):
        links += [
            link("add", f"{href}/action/instantiateVAppTemplate", _INSTANTIATE),
            link("add", f"{href}/action/composeVApp", _COMPOSE),
        ]
    return w.Vdc(
        href=href,
        id=entity_urn("vdc", vdc.pk),
        type=KINDS["vdc"].media,
        name=vdc.name,
        links=links,
        description=vdc.description,
        tasks=tasks,
        status=vdc_status(vdc),
        is_legacy_type=False,
        allocation_model=vdc.allocation_model,
        compute_capacity=w.ComputeCapacity(
            cpu=_capacity(vdc, "MHz", vdc.cpu_limit_mhz, vdc.used_cpu_mhz),
            memory=_capacity(vdc, "MB", vdc.memory_limit_mb, vdc.used_memory_mb),
        ),
        resource_entities=w.ResourceEntities(resource_entities=entities),
        available_networks=w.AvailableNetworks(
            networks=[reference(hrefs, "network", network.pk, network.name) for network in networks]
        ),
        capabilities=w.Capabilities(
            supported_hardware_versions=w.SupportedHardwareVersions(
                supported_hardware_versions=[
                    w.SupportedHardwareVersion(
                        name=version, default=version == DEFAULT_HARDWARE_VERSION, value=version
                    )
                    for version in HARDWARE_VERSIONS
                ]
            )
        ),
        nic_quota=vdc.nic_quota,
        network_quota=vdc.network_quota,
        used_network_count=len(networks),
        vm_quota=vdc.vm_quota,
        is_enabled=vdc.is_enabled,
        vdc_storage_profiles=w.VdcStorageProfiles(
            vdc_storage_profiles=[
                reference(hrefs, "vdcStorageProfile", policy.pk, policy.policy.name) for policy in policies
            ]
        ),
        vcpu_in_mhz2=vdc.vcpu_mhz,
    )


def _capacity(vdc: Vdc, units: str, limit: int, used: int) -> w.CapacityWithUsage:
    is_committed = vdc.allocation_model in (AllocationModel.ALLOCATION_POOL, AllocationModel.RESERVATION_POOL)
    return w.CapacityWithUsage(
        units=units,
        allocated=limit if is_committed else 0,
        limit=limit,
        reserved=limit if vdc.allocation_model == AllocationModel.RESERVATION_POOL else 0,
        used=used,
        overhead=0,
    )


def ip_scopes(network: Network, ranges: Sequence[IpRange], *, inherited: bool) -> w.IpScopes:
    """The network's subnet, name servers and static pool."""
    return w.IpScopes(
        ip_scopes=[
            w.IpScope(
                is_inherited=inherited,
                gateway=network.gateway,
                netmask=netmask_of(network.prefix_length),
                subnet_prefix_length=network.prefix_length,
                dns1=network.dns1,
                dns2=network.dns2,
                dns_suffix=network.dns_suffix or None,
                is_enabled=True,
                ip_ranges=w.IpRanges(
                    ip_ranges=[w.IpRange(start_address=r.start, end_address=r.end) for r in ranges]
                )
                if ranges
                else None,
            )
        ]
    )


def network_document(network: Network, ranges: Sequence[IpRange], hrefs: Hrefs) -> w.OrgVdcNetwork:
    """Source: network.xsd OrgVdcNetworkType."""
    return w.OrgVdcNetwork(
        href=hrefs.of("network", network.pk),
        id=entity_urn("network", network.pk),
        type=KINDS["network"].media,
        name=network.name,
        links=[entity_link(hrefs, "up", "vdc", network.vdc_id)],
        description=network.description,
        configuration=w.NetworkConfiguration(
            backward_compatibility_mode=False,
            ip_scopes=ip_scopes(network, ranges, inherited=False),
            fence_mode=network.kind,
            retain_net_info_across_deployments=False,
        ),
        status=_STATUS[Realization(network.realization)],
        is_shared=network.is_shared,
    )
