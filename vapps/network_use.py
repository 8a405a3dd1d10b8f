"""Who uses the networks of VDCs: vApps that are connected to them, NICs that have their addresses."""

import uuid
from collections.abc import Sequence

from django.db.models import Case, When

from ssvirt.api.links import AddressHolder
from vapps.models import Nic, VAppNetwork
from vapps.selectors import with_visible_vm
from vapps.states import VmState


def network_users(network_ids: Sequence[uuid.UUID]) -> list[str]:
    """Names of the vApps that are connected to one of the networks; of a standalone VM its own name."""
    name = Case(When(vapp__is_auto=True, then="vapp__vms__name"), default="vapp__name")
    rows = VAppNetwork.objects.filter(parent_id__in=network_ids).annotate(shown=name)
    return sorted(set(rows.exclude(shown=None).values_list("shown", flat=True)))


def address_holders(nic_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, AddressHolder]:
    """The VM of each NIC, in one statement."""
    rows = with_visible_vm(Nic.objects.filter(pk__in=nic_ids)).values_list(
        "pk", "vm_id", "vm__name", "vm__state", "is_vm_visible"
    )
    return {
        pk: AddressHolder(
            kind="vm",
            id=vm_id,
            name=name,
            is_deployed=state not in (VmState.CREATING, VmState.UNDEPLOYED),
            is_visible=is_visible,
        )
        for pk, vm_id, name, state, is_visible in rows
    }


def is_vapp_network(network_id: uuid.UUID) -> bool:
    """Whether the id is a vApp's network, whoever's. Outside a scope: only the existence is told."""
    return VAppNetwork._base_manager.filter(pk=network_id).exists()
