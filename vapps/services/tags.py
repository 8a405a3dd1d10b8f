"""Security tags of VMs. Source: CloudAPI securityTags."""

import uuid
from collections.abc import Iterable, Sequence

from django.db import transaction

from orgs.models import AccessLevel
from orgs.services import require_access
from ssvirt.api.principal import Principal
from ssvirt.core.errors import BadRequest, NotFound
from ssvirt.core.tenancy import current_scope
from vapps.models import SecurityTag, Vm
from vapps.selectors import visible_vms, vm_get
from vapps.services.access import vm_require

MAX_TAG_LENGTH = 128
_WHAT = "SECURITY_TAG_EDIT"


def vm_tags_set(*, principal: Principal, vm_id: uuid.UUID, tags: Sequence[str]) -> list[str]:
    """The VM's tags are these from now on, lower-cased; returns them in order.

    Raises NotFound, Forbidden (may not change the VM), BadRequest.
    """
    vm = vm_get(vm_id)
    vm_require(principal=principal, vm_id=vm_id, level=AccessLevel.CHANGE, what=_WHAT)
    wanted = sorted({_checked(tag) for tag in tags})
    with transaction.atomic():
        # The row lock makes two lists sent at once follow each other.
        Vm.objects.select_for_update(of=("self",)).filter(pk=vm.pk).values_list("pk", flat=True).first()
        SecurityTag.objects.filter(vm=vm).exclude(tag__in=wanted).delete()
        SecurityTag.objects.bulk_create(
            (SecurityTag(org_id=vm.org_id, vm=vm, tag=tag) for tag in wanted), ignore_conflicts=True
        )
    return wanted


def tag_assign(*, principal: Principal, tag: str, vm_ids: Iterable[uuid.UUID]) -> None:
    """The VMs, and no others that the principal sees, carry the tag from now on.

    Raises NotFound, Forbidden (may not change a VM), BadRequest.
    """
    if not isinstance(current_scope(), uuid.UUID):
        raise BadRequest("Security tags are assigned within one organization: name it in the tenant context.")
    name = _checked(tag)
    wanted = set(vm_ids)
    found = list(visible_vms().select_related("vapp").filter(pk__in=wanted))
    if missing := wanted - {vm.pk for vm in found}:
        raise NotFound(f"The VM {min(missing)} does not exist.")
    losing = list(visible_vms().select_related("vapp").filter(security_tags__tag=name).exclude(pk__in=wanted))
    for vm in (*found, *losing):
        # Asks the database only where the VM is another's.
        require_access(
            principal,
            owner_id=vm.vapp.owner_id,
            entity_id=vm.vapp_id,
            org_id=vm.org_id,
            level=AccessLevel.CHANGE,
            what=_WHAT,
        )
    with transaction.atomic():
        SecurityTag.objects.filter(tag=name, vm__in=losing).delete()
        SecurityTag.objects.bulk_create(
            (SecurityTag(org_id=vm.org_id, vm=vm, tag=name) for vm in found), ignore_conflicts=True
        )


def _checked(tag: str) -> str:
    """The tag as it is kept: VCD's tags are lower case."""
    name = tag.strip().lower()
    if not name or len(name) > MAX_TAG_LENGTH:
        raise BadRequest(
            f"The security tag '{tag[:MAX_TAG_LENGTH]}' must have 1 to {MAX_TAG_LENGTH} characters."
        )
    return name
