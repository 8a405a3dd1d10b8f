"""What owning and sharing allow on vApps, VMs and disks, beside the rights."""

import uuid

from orgs.models import AccessLevel
from orgs.services import EntityAccess, access_to, require_access
from ssvirt.api.principal import Principal
from ssvirt.core.errors import NotFound
from vapps.models import NamedDisk, VApp
from vapps.selectors import visible_disks, visible_vapps, visible_vms


def vapp_require(*, principal: Principal, vapp_id: uuid.UUID, level: AccessLevel, what: str) -> None:
    """Raises NotFound (not to be seen), Forbidden (less access than `level`), in one or two statements."""
    row = visible_vapps().filter(pk=vapp_id).values_list("owner_id", "org_id").first()
    if row is None:
        raise NotFound(f"The vApp {vapp_id} does not exist.")
    require_access(principal, owner_id=row[0], entity_id=vapp_id, org_id=row[1], level=level, what=what)


def vapp_access(principal: Principal, vapp: VApp) -> EntityAccess:
    """The principal's access to a vApp and its VMs, in one statement at most."""
    return access_to(principal, owner_id=vapp.owner_id, entity_id=vapp.pk, org_id=vapp.org_id)


def disk_access(principal: Principal, disk: NamedDisk) -> EntityAccess:
    """Likewise to an independent disk."""
    return access_to(principal, owner_id=disk.owner_id, entity_id=disk.pk, org_id=disk.org_id)


def vm_require(*, principal: Principal, vm_id: uuid.UUID, level: AccessLevel, what: str) -> None:
    """Likewise by the VM's vApp. Full control is needed to delete a vApp, so only of a VM that is one by itself."""
    row = (
        visible_vms()
        .filter(pk=vm_id)
        .values_list("vapp__owner_id", "org_id", "vapp_id", "vapp__is_auto")
        .first()
    )
    if row is None:
        raise NotFound(f"The VM {vm_id} does not exist.")
    owner_id, org_id, vapp_id, is_alone = row
    if level == AccessLevel.FULL_CONTROL and not is_alone:
        level = AccessLevel.CHANGE
    require_access(principal, owner_id=owner_id, entity_id=vapp_id, org_id=org_id, level=level, what=what)


def disk_require(*, principal: Principal, disk_id: uuid.UUID, level: AccessLevel, what: str) -> None:
    """Likewise for an independent disk, which its owner alone has access to."""
    row = visible_disks().filter(pk=disk_id).values_list("owner_id", "org_id").first()
    if row is None:
        raise NotFound(f"The disk {disk_id} does not exist.")
    require_access(principal, owner_id=row[0], entity_id=disk_id, org_id=row[1], level=level, what=what)
