"""Requests on a vApp's networks: judged when they are asked for; their task judges them again and writes them."""

import dataclasses
import uuid
from collections.abc import Sequence

from django.db import transaction

from ssvirt.api.principal import Principal
from ssvirt.core.database import rehearsal
from tasks.models import Task
from tasks.services import EXCLUSIVE, SHARED, Owner, lock_entities, task_submit
from vapps.projection import reproject
from vapps.requests import NetworkRequest
from vapps.selectors import vapp_get, vapp_network_get
from vapps.services.demand import actor_of
from vapps.services.network_changes import NetworksChange, networks_write
from vapps.services.standing import require_staying


def vapp_networks_set(*, principal: Principal, vapp_id: uuid.UUID, request: Sequence[NetworkRequest]) -> Task:
    """Makes the vApp's networks be these.

    Raises NotFound, BadRequest (a network that is in use would go), NotSupported, DuplicateName; then nothing
    is written.
    """
    return _submit(principal, vapp_id, NetworksChange(networks=tuple(request), is_complete=True))


def vapp_network_set(*, principal: Principal, network_id: uuid.UUID, request: NetworkRequest) -> Task:
    """Changes one network of a vApp. Raises what `vapp_networks_set` does."""
    asked = dataclasses.replace(request, id=network_id)
    return _submit(principal, vapp_network_get(network_id).vapp_id, NetworksChange(networks=(asked,)))


def vapp_network_delete(*, principal: Principal, network_id: uuid.UUID) -> Task:
    """Removes a network of a vApp. Raises NotFound, BadRequest (in use)."""
    return _submit(principal, vapp_network_get(network_id).vapp_id, NetworksChange(removed=(network_id,)))


def vapp_network_reset(*, principal: Principal, network_id: uuid.UUID) -> Task:
    """Makes a network of a vApp anew on the cluster. Raises NotFound."""
    return _submit(principal, vapp_network_get(network_id).vapp_id, NetworksChange(reset_id=network_id))


def _submit(principal: Principal, vapp_id: uuid.UUID, change: NetworksChange) -> Task:
    vapp = vapp_get(vapp_id)
    with transaction.atomic():
        lock_entities([vapp.pk, vapp.vdc_id])
        vapp = vapp_get(vapp_id)
        require_staying(vapp)
        with rehearsal():
            networks_write(vapp, change)
        task = task_submit(
            name="vdcUpdateVappNetworkSection",
            args={"vapp_id": str(vapp.pk), "vm_ids": [], "change": change.to_args()},
            owner=Owner(id=vapp.pk, kind="vApp", name=vapp.name),
            claims={vapp.pk: EXCLUSIVE, vapp.vdc_id: SHARED},
            org_id=vapp.org_id,
            actor=actor_of(principal),
            description=f"Updating the networks of Virtual Application {vapp.name}({vapp.pk})",
        )
        reproject(vapp_ids=[vapp.pk])
    return task
