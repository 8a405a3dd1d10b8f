"""vApps, VMs, their networks and independent disks among the kinds of entities that carry metadata."""

from orgs.rights import Rights
from orgs.services import Acl, EntityKind, Owning, register_entity
from vapps.network_use import is_vapp_network
from vapps.selectors import visible_disks, visible_vapp_networks, visible_vapps, visible_vms

_VAPP = ("api/vApp/<id:vapp_id>", "vApp")


def register() -> None:
    """Makes the kinds known; called when the app is ready."""
    for kind in (
        EntityKind(
            kind="vm",
            word="VM",
            paths=(("api/vApp/<vmid:vm_id>", "vm"), ("api/vm/<id:vm_id>", "vm")),
            rows=visible_vms,
            read=Rights.ORGANIZATION_VIEW,
            write=Rights.VAPP_EDIT,
            owner="vapp__owner_id",
            container="vapp_id",
        ),
        EntityKind(
            kind="vApp",
            word="vApp",
            paths=(_VAPP,),
            rows=visible_vapps,
            read=Rights.ORGANIZATION_VIEW,
            write=Rights.VAPP_EDIT,
            owner="owner_id",
            container="pk",
            acl=Acl(paths=(_VAPP,), view=Rights.VAPP_VIEW_ACL, edit=Rights.VAPP_SHARING),
            owning=Owning(paths=(_VAPP,), view=Rights.ORGANIZATION_VIEW, change=Rights.VAPP_CHANGE_OWNER),
        ),
        EntityKind(
            kind="vAppNetwork",
            word="network",
            # Where org VDC networks are too.
            paths=(
                ("api/network/<id:network_id>", "vAppNetwork"),
                ("api/admin/network/<id:network_id>", "vAppNetwork"),
            ),
            rows=visible_vapp_networks,
            read=Rights.ORGANIZATION_VIEW,
            write=Rights.VAPP_EDIT,
            owner="vapp__owner_id",
            container="vapp_id",
            knows=is_vapp_network,
        ),
        EntityKind(
            kind="disk",
            word="disk",
            paths=(("api/disk/<id:disk_id>", "disk"),),
            rows=visible_disks,
            read=Rights.DISK_VIEW,
            write=Rights.DISK_EDIT,
            owner="owner_id",
            container="pk",
        ),
    ):
        register_entity(kind)
