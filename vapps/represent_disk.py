"""Independent disks as VCD shows them."""

from orgs.models import AccessLevel
from orgs.rights import Rights
from orgs.services import EntityAccess
from ssvirt.api.hrefs import KINDS, Hrefs, entity_urn
from ssvirt.api.represent import entity_link, link, reference
from ssvirt.wire import types as w
from vapps.models import NamedDisk

_SECTION = "application/vnd.vmware.vcloud.{}+xml"
_FAILED = -1


def disk_document(
    disk: NamedDisk, hrefs: Hrefs, access: EntityAccess, *, tasks: w.TasksInProgress | None = None
) -> w.Disk:
    """The disk with its slot loaded. Source: disk.xsd DiskType; both sizes: resolutions.md 2.12."""
    return w.Disk(
        href=hrefs.of("disk", disk.pk),
        id=entity_urn("disk", disk.pk),
        type=KINDS["disk"].media,
        name=disk.name,
        status=disk.status,
        size=disk.size_mb << 20,
        size_mb=disk.size_mb,
        iops=disk.iops,
        encrypted=False,
        bus_type=disk.bus_type,
        bus_sub_type=disk.bus_sub_type,
        shareable=False,
        sharing_type=disk.sharing_type,
        uuid=str(disk.pk),
        links=_links(disk, hrefs, access),
        description=disk.description,
        tasks=tasks,
        storage_profile=reference(
            hrefs, "vdcStorageProfile", disk.storage_policy_id, disk.storage_policy.policy.name
        ),
        owner=owner_document(disk, hrefs),
    )


def _links(disk: NamedDisk, hrefs: Hrefs, access: EntityAccess) -> list[w.Link]:
    """Changes are offered by the projected state; the link to the attached VMs is always there
    (go-clients.md 2.11).
    """
    href = hrefs.of("disk", disk.pk)
    links = [entity_link(hrefs, "up", "vdc", disk.vdc_id)]
    if (
        access.may(Rights.DISK_DELETE, AccessLevel.FULL_CONTROL)
        and not disk.is_going
        and disk.projected_vm_id is None
    ):
        links.append(link("remove", href))
    if access.may(Rights.DISK_EDIT) and not disk.is_going and disk.status != _FAILED:
        links.append(link("edit", href, KINDS["disk"].media))
    links += [
        link("down", f"{href}/owner", _SECTION.format("owner")),
        link("down", f"{href}/attachedVms", _SECTION.format("vms")),
        link("down", f"{href}/metadata", _SECTION.format("metadata")),
    ]
    return links


def owner_document(disk: NamedDisk, hrefs: Hrefs) -> w.Owner:
    """Source: common.xsd OwnerType."""
    return w.Owner(
        type=_SECTION.format("owner"), user=reference(hrefs, "user", disk.owner_id, disk.owner.username)
    )


def attached_vms_document(disk: NamedDisk, hrefs: Hrefs) -> w.Vms:
    """The VM that has the disk, or none. Source: vms.xsd VmsType."""
    slot = getattr(disk, "slot", None)
    return w.Vms(
        href=f"{hrefs.of('disk', disk.pk)}/attachedVms",
        type=_SECTION.format("vms"),
        links=[entity_link(hrefs, "up", "disk", disk.pk)],
        vm_references=[reference(hrefs, "vm", slot.vm_id, slot.vm.name)] if slot is not None else [],
    )
