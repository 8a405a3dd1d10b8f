"""New vApps, new VMs in vApps, and VMs that move."""

import uuid
from typing import Any

from django.db import transaction

from compute import manifests
from compute.specs import UdnSpec
from ssvirt.core.errors import DuplicateName
from tasks.models import Task
from tasks.registry import Outcome, Run, Wait, register
from vapps.blueprints import of_vm
from vapps.models import VApp, VAppNetwork, Vm
from vapps.operations.machines import GONE_STEPS, VmOperation, customized, ids_of
from vapps.projection import reproject
from vapps.requests import NO_NETWORK, NicRequest
from vapps.selectors import vapp_networks_of, vms_of
from vapps.services.leasing import lease_start_running, lease_start_storage
from vapps.services.removing import networks_remove, vapps_forget, vms_forget
from vapps.services.rows import known_nic, nics_set
from vapps.states import VAppState, VmState
from vdcs.models import Network
from vdcs.selectors import vdc_client, vdc_get
from vdcs.services import private_networks_realized


class NetworkSteps(VmOperation):
    """Steps that make a vApp's own networks. Bridged ones are there already."""

    def ensure_networks(self, run: Run) -> Outcome:
        own = _own_networks(run)
        if own:
            vdc = vdc_get(own[0].vdc_id)
            for network in own:
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
        own = _own_networks(run)
        waiting = [network for network in own if not network.observed_uid]
        if not waiting:
            private_networks_realized(network_ids=[network.pk for network in own])
            return None
        run.notes["waiting_for"] = f"the network {waiting[0].udn_name}"
        return Wait()


def _own_networks(run: Run) -> list[Network]:
    vapp_id = uuid.UUID(run.args["vapp_id"])
    return [
        row.parent
        for row in vapp_networks_of(vapp_id)
        if row.parent is not None and row.parent.vapp_id == vapp_id
    ]


class MakeVms(NetworkSteps):
    """Objects and disks of the VMs in `args["vm_ids"]`, and power as the client asked.

    The VMs in `args["delete_ids"]` go once the new ones are there.
    """

    steps = (
        "ensure_networks",
        "networks_ready",
        "ensure_sources",
        "ensure_machines",
        "disks_ready",
        "ensure_started",
        "machines_running",
        "move_machines",
        "remove_old",
        "old_gone",
    )
    undo_steps = GONE_STEPS

    def plan(self, args: dict[str, Any]) -> list[str]:
        made = self.steps[:5] if args["vm_ids"] else ()
        started = self.steps[5:7] if args["vm_ids"] and args["power_on"] else ()
        moved = ("move_machines",) if args.get("moves") else ()
        removed = ("remove_old", "old_gone") if args.get("delete_ids") else ()
        return [*made, *started, *moved, *removed]

    def may_cancel(self, task: Task) -> bool:
        """What is being removed or moved is not brought back."""
        return "remove_old" not in task.steps[: task.step + 1] and not task.args.get("moves")

    def move_machines(self, run: Run) -> Outcome:
        """The VMs are the vApp's from here on; their machines get its label."""
        for move in run.args["moves"]:
            with transaction.atomic():
                _move_rows(uuid.UUID(run.args["vapp_id"]), uuid.UUID(move["vm_id"]), move["name"])
        for vm in vms_of([uuid.UUID(move["vm_id"]) for move in run.args["moves"]]):
            self.apply_machine(run, vm)
        return None

    def remove_old(self, run: Run) -> Outcome:
        return self.remove(run, vms_of(_old(run.args)))

    def old_gone(self, run: Run) -> Outcome:
        return self.gone(run, vms_of(_old(run.args)))

    def succeeded(self, task: Task) -> None:
        state = VmState.OFF if task.args["deploy"] else VmState.UNDEPLOYED
        for vm in Vm.objects.filter(pk__in=ids_of(task.args)):
            is_on = vm.observed_status in ("Running", "Migrating")
            Vm.objects.filter(pk=vm.pk).update(state=VmState.ON if is_on else state)
        customized(task)
        vms_forget(vm_ids=_old(task.args))
        self.settle_vapp(task)
        self.settle(task)

    def settle_vapp(self, task: Task) -> None:
        """The new vApp's own state, and its lease."""
        is_deployed = task.args["deploy"]
        VApp.objects.filter(pk=task.args["vapp_id"]).update(
            state=VAppState.DEPLOYED if is_deployed else VAppState.UNDEPLOYED
        )
        (lease_start_running if is_deployed else lease_start_storage)([uuid.UUID(task.args["vapp_id"])])

    def failed(self, task: Task) -> None:
        """What was made on the cluster is gone; the rows stay, as VCD shows a failed creation, to be
        deleted.
        """
        Vm.objects.filter(pk__in=ids_of(task.args)).update(state=VmState.FAILED)
        VApp.objects.filter(pk=task.args["vapp_id"]).update(state=VAppState.FAILED)
        self.settle(task)

    def settle(self, task: Task) -> None:
        super().settle(task)
        reproject(vm_ids=_old(task.args))


def _old(args: dict[str, Any]) -> list[uuid.UUID]:
    return [uuid.UUID(text) for text in args.get("delete_ids", ())]


def _move_rows(vapp_id: uuid.UUID, vm_id: uuid.UUID, name: str) -> None:
    """Writing it again does no harm. Raises DuplicateName."""
    vm = Vm.objects.select_for_update().filter(pk=vm_id).first()
    if vm is None or vm.vapp_id == vapp_id:
        return
    if Vm.objects.filter(vapp_id=vapp_id, name=name).exists():
        raise DuplicateName(name)
    networks = {network.name: network for network in vapp_networks_of(vapp_id)}
    nics = [known_nic(nic, {}, networks) for nic in _cards(vm)]
    if any(nic.network == NO_NETWORK for nic in nics) and NO_NETWORK not in networks:
        networks[NO_NETWORK] = VAppNetwork.objects.create(org_id=vm.org_id, vapp_id=vapp_id, name=NO_NETWORK)
    Vm.objects.filter(pk=vm_id).update(vapp_id=vapp_id, name=name)
    nics_set(vm, nics, networks)


def _cards(vm: Vm) -> list[NicRequest]:
    return list(of_vm(vms_of([vm.pk])[0]).nics)


@register
class InstantiateVApp(MakeVms):
    """A vApp from a template."""

    name = "vdcInstantiateVapp"


@register
class ComposeVApp(MakeVms):
    """A vApp of VMs named one by one; or an empty one, which is rows only."""

    name = "vdcComposeVapp"


@register
class CopyVApp(MakeVms):
    """A copy of a vApp; its original goes when it is moved."""

    name = "vdcCopyVapp"

    def succeeded(self, task: Task) -> None:
        super().succeeded(task)
        if task.args["delete_vapp_id"]:
            vapps_forget(vapp_ids=[uuid.UUID(task.args["delete_vapp_id"])])

    def settle(self, task: Task) -> None:
        super().settle(task)
        if task.args["delete_vapp_id"]:
            reproject(vapp_ids=[uuid.UUID(task.args["delete_vapp_id"])])


@register
class RecomposeVApp(MakeVms):
    """VMs added to a vApp, moved into it or removed from it; its name and description."""

    name = "vdcRecomposeVapp"

    def settle_vapp(self, task: Task) -> None:
        """A vApp that was not deployed is so once a VM of it runs."""
        rows = VApp.objects.filter(pk=task.args["vapp_id"])
        is_deployed = task.args["deploy"] and bool(task.args["vm_ids"])
        if is_deployed and rows.filter(state=VAppState.UNDEPLOYED).update(state=VAppState.DEPLOYED):
            lease_start_running([uuid.UUID(task.args["vapp_id"])])
        if task.args["change"]:
            rows.update(**task.args["change"])

    def failed(self, task: Task) -> None:
        """Only the new VMs have failed; the vApp is as it was."""
        Vm.objects.filter(pk__in=ids_of(task.args)).update(state=VmState.FAILED)
        self.settle(task)


@register
class UpdateNetworks(NetworkSteps):
    """Networks added to a vApp, changed, or removed (`args["network_ids"]`)."""

    name = "vdcUpdateVappNetworkSection"
    steps = ("ensure_networks", "networks_ready", "remove_networks")

    def remove_networks(self, run: Run) -> Outcome:
        """The cluster removes them once nothing uses them; the rows need not wait for that."""
        for row in _gone(run.args):
            if row.parent is not None and row.parent.vapp_id == row.vapp_id:
                vdc = vdc_get(row.parent.vdc_id)
                vdc_client(vdc).delete("UserDefinedNetwork", row.parent.udn_name, vdc.namespace)
                run.heartbeat()
        return None

    def succeeded(self, task: Task) -> None:
        networks_remove(network_ids=[row.pk for row in _gone(task.args)])
        self.settle(task)

    def failed(self, task: Task) -> None:
        self.settle(task)


def _gone(args: dict[str, Any]) -> list[VAppNetwork]:
    wanted = {uuid.UUID(text) for text in args["network_ids"]}
    return [row for row in vapp_networks_of(uuid.UUID(args["vapp_id"])) if row.pk in wanted]
