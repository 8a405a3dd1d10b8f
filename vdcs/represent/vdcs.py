"""VDCs and their storage profiles as VCD shows them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from orgs.rights import Rights
from ssvirt.api.hrefs import KINDS, Hrefs, entity_urn
from ssvirt.api.principal import Principal
from ssvirt.api.represent import entity_link, link, reference
from ssvirt.wire import media, rels
from ssvirt.wire import types as w
from vdcs.models import AllocationModel, ComputePolicy, Network, Realization, Vdc, VdcStoragePolicy
from vdcs.represent.guests import DEFAULT_HARDWARE_VERSION, HARDWARE_VERSIONS
from vdcs.represent.networks import STATUS


def vdc_status(vdc: Vdc) -> int:
    """Source: vcd-api.md 3.6, VDC status."""
    return STATUS[Realization(vdc.realization)]


@dataclass(frozen=True, slots=True, kw_only=True)
class VdcParts:
    """What a VDC's document shows beside its own row."""

    entities: list[w.ResourceReference]
    networks: Sequence[Network]
    storage_policies: Sequence[VdcStoragePolicy]
    compute_policy: ComputePolicy | None
    tasks: w.TasksInProgress | None = None


def vdc_document(vdc: Vdc, parts: VdcParts, hrefs: Hrefs, principal: Principal) -> w.Vdc:
    """Source: vdc.xsd VdcType; members that clients dereference: resolutions.md 1.5, go-clients.md 2.4."""
    return w.Vdc(
        href=hrefs.of("vdc", vdc.pk),
        type=KINDS["vdc"].media,
        links=_vdc_links(vdc, hrefs, principal),
        **_vdc_members(vdc, parts, hrefs),
    )


def admin_vdc_document(vdc: Vdc, parts: VdcParts, hrefs: Hrefs, principal: Principal) -> w.AdminVdc:
    """The same with what administrators see. Source: providerVdc.xsd AdminVdcType, go-clients.md 2.5."""
    href = hrefs.of("adminVdc", vdc.pk)
    provider = vdc.provider_vdc
    return w.AdminVdc(
        href=href,
        type=KINDS["adminVdc"].media,
        links=[
            entity_link(hrefs, rels.UP, "adminOrg", vdc.org_id, name=vdc.org.name),
            entity_link(hrefs, rels.ALTERNATE, "vdc", vdc.pk),
            link(rels.DOWN, f"{href}/metadata", media.METADATA),
            *_network_links(href, principal),
        ],
        **_vdc_members(vdc, parts, hrefs),
        resource_guaranteed_memory=1.0 if vdc.allocation_model == AllocationModel.RESERVATION_POOL else 0.0,
        resource_guaranteed_cpu=1.0 if vdc.allocation_model == AllocationModel.RESERVATION_POOL else 0.0,
        vcpu_in_mhz=vdc.vcpu_mhz,
        is_thin_provision=True,
        provider_vdc_reference=reference(hrefs, "providerVdc", provider.pk, provider.name)
        if principal.is_provider
        else None,
        uses_fast_provisioning=False,
        over_commit_allowed=False,
        vm_discovery_enabled=False,
        is_elastic=vdc.allocation_model == AllocationModel.FLEX,
        include_memory_overhead=False,
    )


def _vdc_links(vdc: Vdc, hrefs: Hrefs, principal: Principal) -> list[w.Link]:
    """At most one link per relation and type. Source: go-clients.md 2.4, python-clients.md 3, live-Vdc."""
    href = hrefs.of("vdc", vdc.pk)
    links = [
        entity_link(hrefs, rels.UP, "org", vdc.org_id, name=vdc.org.name),
        link(rels.DOWN, f"{href}/metadata", media.METADATA),
    ]
    if principal.may(Rights.COMPUTE_POLICY_VIEW):
        links.append(link(rels.DOWN, f"{href}/computePolicies", media.VDC_COMPUTE_POLICY_REFERENCES))
    if principal.may(Rights.VAPP_CREATE):
        links += [
            link(rels.ADD, f"{href}/action/instantiateVAppTemplate", media.INSTANTIATE_VAPP_TEMPLATE_PARAMS),
            link(rels.ADD, f"{href}/action/composeVApp", media.COMPOSE_VAPP_PARAMS),
            link(rels.ADD, f"{href}/action/createVm", media.CREATE_VM_PARAMS),
            link(rels.ADD, f"{href}/action/instantiateVmFromTemplate", media.INSTANTIATE_VM_TEMPLATE_PARAMS),
        ]
    if principal.may(Rights.VAPP_COPY):
        links.append(link(rels.ADD, f"{href}/action/cloneVApp", media.CLONE_VAPP_PARAMS))
        links.append(link(rels.ADD, f"{href}/action/moveVApp", media.MOVE_VAPP_PARAMS))
    if principal.may(Rights.DISK_CREATE):
        links.append(link(rels.ADD, f"{href}/disk", media.DISK_CREATE_PARAMS))
    links.append(link(rels.DOWN, f"{href}/vmAffinityRules", media.VM_AFFINITY_RULES))
    if principal.may(Rights.AFFINITY_EDIT):
        links.append(link(rels.ADD, f"{href}/vmAffinityRules", media.VM_AFFINITY_RULE))
    if principal.may(Rights.VDC_VIEW_ACL):
        links.append(link(rels.DOWN, f"{href}/controlAccess/", media.CONTROL_ACCESS))
    if principal.may(Rights.VDC_EDIT_ACL):
        links.append(link(rels.CONTROL_ACCESS, f"{href}/action/controlAccess", media.CONTROL_ACCESS))
    return links + _network_links(hrefs.of("adminVdc", vdc.pk), principal)


def _network_links(admin_href: str, principal: Principal) -> list[w.Link]:
    if not principal.may(Rights.NETWORK_VIEW):
        return []
    links = [link(rels.EDGE_GATEWAYS, f"{admin_href}/edgeGateways", media.QUERY_RECORDS)]
    if principal.may(Rights.NETWORK_EDIT):
        links.append(link(rels.ADD, f"{admin_href}/networks", media.ORG_VDC_NETWORK))
    return [*links, link(rels.ORG_VDC_NETWORKS, f"{admin_href}/networks", media.QUERY_RECORDS)]


def _vdc_members(vdc: Vdc, parts: VdcParts, hrefs: Hrefs) -> dict[str, Any]:
    policy = parts.compute_policy
    return {
        "id": entity_urn("vdc", vdc.pk),
        "name": vdc.name,
        "description": vdc.description,
        "tasks": parts.tasks,
        "status": vdc_status(vdc),
        "is_legacy_type": False,
        "allocation_model": vdc.allocation_model,
        "compute_capacity": w.ComputeCapacity(
            cpu=_capacity(vdc, "MHz", vdc.cpu_limit_mhz, vdc.used_cpu_mhz),
            memory=_capacity(vdc, "MB", vdc.memory_limit_mb, vdc.used_memory_mb),
        ),
        "resource_entities": w.ResourceEntities(resource_entities=parts.entities),
        "available_networks": w.AvailableNetworks(
            networks=[reference(hrefs, "network", network.pk, network.name) for network in parts.networks]
        ),
        "capabilities": _capabilities(vdc, hrefs),
        "nic_quota": vdc.nic_quota,
        "network_quota": vdc.network_quota,
        "used_network_count": len(parts.networks),
        "vm_quota": vdc.vm_quota,
        "is_enabled": vdc.is_enabled,
        "vdc_storage_profiles": w.VdcStorageProfiles(
            vdc_storage_profiles=[
                reference(hrefs, "vdcStorageProfile", row.pk, row.policy.name)
                for row in parts.storage_policies
            ]
        ),
        "default_compute_policy": reference(hrefs, "vdcComputePolicy", policy.pk, policy.name)
        if policy is not None
        else None,
        "vcpu_in_mhz2": vdc.vcpu_mhz,
    }


def compute_policies_document(
    vdc: Vdc, policies: Iterable[ComputePolicy], hrefs: Hrefs
) -> w.VdcComputePolicyReferences:
    """The policies that VMs of the VDC may have. Source: added-after-9.1.xsd VdcComputePolicyReferencesType."""
    return w.VdcComputePolicyReferences(
        href=f"{hrefs.of('vdc', vdc.pk)}/computePolicies",
        type=media.VDC_COMPUTE_POLICY_REFERENCES,
        vdc_compute_policy_references=[
            reference(hrefs, "vdcComputePolicy", policy.pk, policy.name) for policy in policies
        ],
    )


def hardware_version_href(vdc: Vdc, name: str, hrefs: Hrefs) -> str:
    return hrefs.of("vdc", vdc.pk, f"/hwv/{name}")


def _capabilities(vdc: Vdc, hrefs: Hrefs) -> w.Capabilities:
    versions = [
        w.SupportedHardwareVersion(
            name=name,
            href=hardware_version_href(vdc, name, hrefs),
            default=name == DEFAULT_HARDWARE_VERSION,
            type=media.VIRTUAL_HARDWARE_VERSION,
            value=name,
        )
        for name in HARDWARE_VERSIONS
    ]
    return w.Capabilities(
        supported_hardware_versions=w.SupportedHardwareVersions(supported_hardware_versions=versions)
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


def storage_profile_document(row: VdcStoragePolicy, hrefs: Hrefs, *, is_admin: bool) -> w.VdcStorageProfile:
    """Needs policy and VDC loaded. Clients read IopsSettings unchecked. Source: vdcStorageProfile.xsd."""
    kind = "adminVdcStorageProfile" if is_admin else "vdcStorageProfile"
    href = hrefs.of(kind, row.pk)
    up = "adminVdc" if is_admin else "vdc"
    members: dict[str, Any] = {
        "href": href,
        "id": entity_urn("vdcStorageProfile", row.pk),
        "type": KINDS[kind].media,
        "name": row.policy.name,
        "links": [
            entity_link(hrefs, rels.UP, up, row.vdc_id, name=row.vdc.name),
            link(rels.DOWN, f"{href}/metadata", media.METADATA),
        ],
        "description": "",
        "enabled": row.is_enabled,
        "units": "MB",
        "limit": row.limit_mb,
        "default": row.is_default,
        "iops_settings": w.VdcStorageProfileIopsSettings(
            enabled=False,
            disk_iops_max=0,
            disk_iops_default=0,
            storage_profile_iops_limit=0,
            disk_iops_per_gb_max=0,
        ),
        "inherit_pvdc_default_settings": True,
        "storage_used_mb": row.used_mb,
        "iops_allocated": 0,
    }
    if not is_admin:
        return w.VdcStorageProfile(**members)
    return w.AdminVdcStorageProfile(
        **members,
        provider_vdc_storage_profile=reference(
            hrefs, "providerVdcStorageProfile", row.policy_id, row.policy.name
        ),
    )
