"""Media in the CD drives of VMs."""

import uuid

from django.db import transaction

from catalogs.models import Media
from catalogs.selectors import media_get
from ssvirt.api.principal import Principal
from ssvirt.core.errors import BadRequest, InvalidState
from tasks.models import Task
from tasks.services import EXCLUSIVE, SHARED, Owner, lock_entities, task_submit
from vapps.models import Vm
from vapps.projection import medium_after, reproject
from vapps.selectors import vm_get
from vapps.services.demand import actor_of
from vapps.services.disks import require_change


def media_insert(*, principal: Principal, vm_id: uuid.UUID, media_id: uuid.UUID | None) -> Task:
    """Puts a medium into the VM's drive, in the place of what is in it; running or not.

    The medium may be another organization's, when its catalog is published. Raises NotFound, InvalidState,
    BadRequest.
    """
    if media_id is None:
        raise BadRequest("The Media to insert is missing.")
    media = media_get(media_id)
    require_ready(media)
    return _submit(principal, vm_id, "vappInsertCdFloppy", media)


def media_eject(*, principal: Principal, vm_id: uuid.UUID, media_id: uuid.UUID | None) -> Task:
    """Empties the drive; a medium that is named must be the one in it. Raises NotFound, InvalidState."""
    media = media_get(media_id) if media_id is not None else None
    return _submit(principal, vm_id, "vappEjectCdFloppy", media)


def require_ready(media: Media) -> None:
    """Raises BadRequest for a medium without content."""
    if not media.is_ready:
        raise BadRequest(f'The media "{media.name}" is not ready.')


def require_inserted(vm: Vm, inserted_id: uuid.UUID | None, media_id: uuid.UUID | None) -> None:
    """Raises InvalidState unless the drive holds a medium, and the one that is named."""
    if inserted_id is None:
        raise InvalidState(f'No media is inserted in the VM "{vm.name}".')
    if media_id not in (None, inserted_id):
        raise InvalidState(f'The media {media_id} is not inserted in the VM "{vm.name}".')


def _submit(principal: Principal, vm_id: uuid.UUID, operation: str, media: Media | None) -> Task:
    vm = vm_get(vm_id)
    is_inserting = operation == "vappInsertCdFloppy"
    with transaction.atomic():
        lock_entities([vm.vapp_id, vm.pk])
        vm = vm_get(vm_id)
        require_change(vm, "insertMedia" if is_inserting else "ejectMedia", vm.projected_state)
        if not is_inserting:
            require_inserted(vm, medium_after(vm), media.pk if media is not None else None)
        what = f"{media.name}({media.pk})" if media is not None else "Media"
        task = task_submit(
            name=operation,
            args={
                "vapp_id": str(vm.vapp_id),
                "vm_ids": [str(vm.pk)],
                "media_id": str(media.pk) if media is not None else None,
            },
            owner=Owner(id=vm.pk, kind="vm", name=vm.name),
            claims={vm.vapp_id: SHARED, vm.pk: EXCLUSIVE},
            org_id=vm.org_id,
            actor=actor_of(principal),
            description=f"{'Inserting' if is_inserting else 'Ejecting'} {what} "
            f"{'into' if is_inserting else 'from'} Virtual Machine {vm.name}({vm.pk})",
        )
        reproject(vm_ids=[vm.pk])
    return task
