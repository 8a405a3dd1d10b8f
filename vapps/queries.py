"""Query types of vApps, VMs, their networks and independent disks."""

from typing import Any, Final

from django.db.models import QuerySet

from catalogs.selectors import visible_template_vms
from orgs.rights import Rights
from ssvirt.api.query import QueryType, Source, extend_query, register_query
from ssvirt.wire import types as w
from vapps.models import Disk, FenceMode, VAppNetwork
from vapps.query_columns import (
    DISK,
    DISK_OF_VM,
    OF_ORG,
    OF_USER,
    OF_VDC,
    RELATION,
    TEMPLATE_VM,
    VAPP,
    VAPP_NETWORK,
    VM,
)
from vapps.selectors import visible_disks, visible_vapp_networks, visible_vapps, visible_vms


def _vapp_networks() -> QuerySet[VAppNetwork]:
    """Without VCD's entry "none", which is no network."""
    return visible_vapp_networks().filter(parent__isnull=False)


def _relations() -> QuerySet[VAppNetwork]:
    return visible_vapp_networks().filter(parent__isnull=False, fence_mode=FenceMode.BRIDGED)


def _attached() -> QuerySet[Disk]:
    queryset: QuerySet[Disk] = Disk.objects.filter(named__isnull=False, vm__in=visible_vms())
    return queryset


_VM_SOURCES: Final = (
    Source(kind="vm", rows=visible_vms, columns=VM),
    # As in VCD, the VMs of templates are VMs too. Source: go-clients.md 4.3.
    Source(kind="templateVm", rows=visible_template_vms, columns=TEMPLATE_VM, right=Rights.TEMPLATE_VIEW),
)
_VARIANTS: Final[tuple[tuple[tuple[str, Any], tuple[str, Any], dict[str, Any]], ...]] = (
    (
        ("vApp", w.VAppRecord),
        ("adminVApp", w.AdminVAppRecord),
        {
            "sources": (Source(kind="vApp", rows=visible_vapps, columns=VAPP),),
            "references": w.VAppReferences,
            "reference": w.VAppReference,
            "up": "vdc",
            "has_metadata": True,
            "right": Rights.ORGANIZATION_VIEW,
        },
    ),
    (
        ("vm", w.VMRecord),
        ("adminVM", w.AdminVMRecord),
        {
            "sources": _VM_SOURCES,
            "references": w.VMReferences,
            "reference": w.VMReference,
            "up": "container",
            "has_metadata": True,
            "right": Rights.ORGANIZATION_VIEW,
        },
    ),
    (
        ("vAppNetwork", w.VAppNetworkRecord),
        ("adminVAppNetwork", w.AdminVAppNetworkRecord),
        {
            "sources": (Source(kind="vAppNetwork", rows=_vapp_networks, columns=VAPP_NETWORK),),
            "references": w.VAppNetworkReferences,
            "reference": w.VAppNetworkReference,
            "up": "vApp",
            "right": Rights.ORGANIZATION_VIEW,
        },
    ),
    (
        ("disk", w.DiskRecord),
        ("adminDisk", w.AdminDiskRecord),
        {
            "sources": (Source(kind="disk", rows=visible_disks, columns=DISK),),
            "references": w.DiskReferences,
            "reference": w.DiskReference,
            "up": "vdc",
            "has_metadata": True,
            "right": Rights.DISK_VIEW,
        },
    ),
    (
        ("vmDiskRelation", w.VmDiskRelationRecord),
        ("adminVMDiskRelation", w.AdminVmDiskRelationRecord),
        {
            "sources": (Source(kind="disk", rows=_attached, columns=DISK_OF_VM),),
            "references": w.DiskReferences,
            "reference": w.DiskReference,
            "order": ("disk",),
            "right": Rights.DISK_VIEW,
        },
    ),
)
"""What a tenant asks for, what the provider asks for, and what both share."""


def register() -> None:
    """Makes the types known; called when the app is ready."""
    for tenants, providers, shared in _VARIANTS:
        for (name, record), provider_only in ((tenants, False), (providers, True)):
            register_query(QueryType(name=name, record=record, provider_only=provider_only, **shared))
    register_query(
        QueryType(
            name="vAppOrgVdcNetworkRelation",
            record=w.VAppOrgVdcNetworkRelationRecord,
            sources=(Source(kind="vApp", rows=_relations, columns=RELATION),),
            references=w.VAppOrgVdcNetworkRelationReferences,
            reference=w.VAppOrgVdcNetworkRelationReference,
            up="orgVdcNetwork",
            right=Rights.ORGANIZATION_VIEW,
        )
    )
    extend_query("organization", columns=OF_ORG)
    extend_query("orgVdc", "adminOrgVdc", columns=OF_VDC)
    extend_query("user", "adminUser", columns=OF_USER)
