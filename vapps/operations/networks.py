"""Networks of vApps on the cluster: their own ones are UserDefinedNetworks; bridged ones are the VDC's."""

import uuid
from collections.abc import Iterable
from typing import Any

from django.db import transaction

from compute import manifests
from compute.specs import UdnSpec
from tasks.models import Task
from tasks.registry import Outcome, Run, Wait, register
from tasks.services import lock_entities
from vapps.models import Nic, VAppNetwork
from vapps.operations.machines import VmOperation
from vapps.selectors import vapp_get, vapp_networks_of
from vapps.services.network_changes import (
    NetworksChange,
    networks_remember,
    networks_restore,
    networks_write,
    require_unused,
)
from vapps.services.networking import require_made
from vapps.services.removing import networks_remove
from vdcs.models import Network, Realization
from vdcs.selectors import vdc_client, vdc_get
from vdcs.services import private_networks_realized


class NetworkSteps(VmOperation):
    """Steps that make and remove vApps' own networks on the cluster."""

    def networks(self, run: Run) -> list[Network]:
        """Those of the vApp's own networks that the cluster is not known to have."""
        return [
            network
            for network in own_networks([uuid.UUID(run.args["vapp_id"])])
            if network.realization != Realization.READY or not network.observed_uid
        ]

    def ensure_networks(self, run: Run) -> Outcome:
        for network in self.networks(run):
            vdc = vdc_get(network.vdc_id)
            spec = UdnSpec(
                namespace=vdc.namespace,
                name=network.udn_name,
                role="Secondary",
                cidr=None,
                network_id=network.pk,
            )
            vdc_client(vdc).apply(manifests.user_defined_network(spec))
            run.heartbeat()
        return None

    def networks_ready(self, run: Run) -> Outcome:
        """The vApp's own networks, and those of the VDC that it is connected to. Raises InvalidState for one of
        these that could not be made.
        """
        parents = [row.parent for row in _rows(run) if row.parent is not None and row.parent.vapp_id is None]
        for parent in parents:
            require_made(parent)
        for parent in parents:
            if parent.realization == Realization.CREATING:
                run.notes["waiting_for"] = f"the network {parent.name}"
                return Wait()
        made = self.networks(run)
        waiting = [network for network in made if not network.observed_uid]
        if not waiting:
            private_networks_realized(network_ids=[network.pk for network in made])
            return None
        run.notes["waiting_for"] = f"the network {waiting[0].udn_name}"
        return Wait()

    def remove_own_networks(self, run: Run, vapp_ids: Iterable[uuid.UUID]) -> None:
        """The cluster removes them once nothing uses them; the rows need not wait for that."""
        for network in own_networks(vapp_ids):
            self.remove_network(run, network.vdc_id, network.udn_name)

    def remove_network(self, run: Run, vdc_id: uuid.UUID, udn_name: str) -> None:
        vdc = vdc_get(vdc_id)
        vdc_client(vdc).delete("UserDefinedNetwork", udn_name, vdc.namespace)
        run.heartbeat()


def own_networks(vapp_ids: Iterable[uuid.UUID]) -> list[Network]:
    """The isolated networks that belong to the vApps."""
    return list(Network.objects.filter(vapp_id__in=list(vapp_ids)).order_by("name"))


@register
class UpdateNetworks(NetworkSteps):
    """Networks added to a vApp, changed, removed, or made anew: rows first, then the cluster."""

    name = "vdcUpdateVappNetworkSection"
    steps = ("store_change", "ensure_networks", "networks_ready", "remove_networks")
    undo_steps = ("remove_added", "restore")
    final_steps = ("remove_networks",)

    def store_change(self, run: Run) -> Outcome:
        """Judged again on what is. Written once: what was before is noted in the same transaction."""
        if "before" in run.notes:
            return None
        with transaction.atomic():
            lock_entities([uuid.UUID(run.args["vapp_id"])])
            vapp = vapp_get(uuid.UUID(run.args["vapp_id"]))
            before = networks_remember(vapp)
            added, gone = networks_write(vapp, NetworksChange.from_args(run.args["change"]))
            run.notes["before"] = before
            run.notes["added"] = [_note(row) for row in added]
            run.notes["gone"] = [_note(row) for row in gone]
            run.save_notes()
        return None

    def networks(self, run: Run) -> list[Network]:
        """Also the one that is to be made anew."""
        found = {network.pk: network for network in super().networks(run)}
        reset = VAppNetwork.objects.filter(pk=run.args["change"]["reset_id"]).values("parent")
        found |= {
            network.pk: network for network in Network.objects.filter(pk__in=reset, vapp_id__isnull=False)
        }
        return list(found.values())

    def remove_networks(self, run: Run) -> Outcome:
        """Objects, then rows: what cannot be removed stays the vApp's, to be removed anew.

        Raises BadRequest for a network that a card of a VM has been put on meanwhile.
        """
        ids = [uuid.UUID(note["id"]) for note in run.notes["gone"]]
        require_unused([row for row in _rows(run) if row.pk in ids])
        for note in run.notes["gone"]:
            self._remove_object(run, note)
        with transaction.atomic():
            lock_entities([uuid.UUID(run.args["vapp_id"])])
            require_unused([row for row in _rows(run) if row.pk in ids])
            networks_remove(network_ids=ids)
        return None

    def remove_added(self, run: Run) -> Outcome:
        """Objects of the new networks, but for those that a card has been put on; noted one by one."""
        added = run.notes.get("added", ())
        cards = Nic.objects.filter(vapp_network__in=[note["id"] for note in added])
        used = {str(pk) for pk in cards.values_list("vapp_network_id", flat=True)}
        for note in added:
            if note["id"] not in used:
                self._remove_object(run, note)
                run.notes["removed"] = [*run.notes.get("removed", ()), note["id"]]
                run.save_notes()
        return None

    def restore(self, run: Run) -> Outcome:
        """The rows as they were. An added network whose object could not be removed stays, to be removed anew."""
        if "before" in run.notes:
            vapp_id = uuid.UUID(run.args["vapp_id"])
            removed = [uuid.UUID(text) for text in run.notes.get("removed", ())]
            with transaction.atomic():
                lock_entities([vapp_id])
                networks_restore(vapp_id, run.notes["before"], removed)
        return None

    def _remove_object(self, run: Run, note: dict[str, Any]) -> None:
        """Of a noted network, if it is the vApp's own."""
        if note["udn_name"]:
            self.remove_network(run, uuid.UUID(note["vdc_id"]), note["udn_name"])

    def succeeded(self, task: Task) -> None:
        self.settle(task)

    def failed(self, task: Task) -> None:
        self.settle(task)


def _rows(run: Run) -> list[VAppNetwork]:
    return vapp_networks_of(uuid.UUID(run.args["vapp_id"]))


def _note(row: VAppNetwork) -> dict[str, Any]:
    """What removing the network's object takes, once its row is gone."""
    parent = row.parent
    is_own = parent is not None and parent.vapp_id == row.vapp_id
    return {
        "id": str(row.pk),
        "udn_name": parent.udn_name if parent is not None and is_own else "",
        "vdc_id": str(parent.vdc_id) if parent is not None else "",
    }
