"""New vApps, new VMs in vApps, and VMs that move."""

import uuid
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from orgs.services import access_move, metadata_move
from ssvirt.core.errors import DuplicateName
from tasks.models import Task
from tasks.registry import Outcome, Run, register
from tasks.services import lock_entities
from vapps.blueprints import of_vm
from vapps.models import NamedDisk, Nic, VApp, VAppNetwork, Vm
from vapps.operations.machines import GONE_STEPS, customized, ids_of
from vapps.operations.networks import NetworkSteps
from vapps.projection import reproject
from vapps.requests import NO_NETWORK, NicRequest
from vapps.selectors import vapp_get, vapp_networks_of, vms_of
from vapps.services.creating import require_copyable, require_no_disk
from vapps.services.leasing import lease_start_running, lease_start_storage
from vapps.services.recomposing import require_removable
from vapps.services.removing import networks_remove, vapps_forget, vms_forget
from vapps.services.rows import known_nic, nics_set, unique_names
from vapps.services.sources import require_unchanged
from vapps.services.standing import require_changeable
from vapps.states import VAppState, VmState
from vdcs.models import Network


class MakeVms(NetworkSteps):
    """Objects and disks of the VMs in `args["vm_ids"]`, and power as the client asked.

    The VMs in `args["delete_ids"]` go once the new ones are there.
    """

    steps = (
        "judge",
        "ensure_networks",
        "networks_ready",
        "ensure_sources",
        "ensure_machines",
        "disks_ready",
        "ensure_started",
        "machines_running",
        "move_rows",
        "move_machines",
        "remove_old",
        "old_gone",
        "remove_old_networks",
    )
    undo_steps = GONE_STEPS
    final_steps = ("move_machines", "remove_old", "old_gone", "remove_old_networks")

    def plan(self, args: dict[str, Any]) -> list[str]:
        moves, deletes = args.get("moves"), args.get("delete_ids")
        judged = ("judge",) if args.get("copied") or moves or deletes else ()
        networks = MakeVms.steps[1:3] if args["vm_ids"] or moves or args.get("has_networks") else ()
        made = MakeVms.steps[3:6] if args["vm_ids"] else ()
        started = MakeVms.steps[6:8] if args["vm_ids"] and args["power_on"] else ()
        moved = MakeVms.steps[8:10] if moves else ()
        removed = MakeVms.steps[10:12] if deletes else ()
        left = MakeVms.steps[12:] if deletes or moves or args.get("delete_vapp_id") else ()
        return [*judged, *networks, *made, *started, *moved, *removed, *left]

    def may_cancel(self, task: Task) -> bool:
        """What is being removed or moved is not brought back."""
        return super().may_cancel(task) and not task.args.get("moves")

    def judge(self, run: Run) -> Outcome:
        """On what is, not on what was to be: an operation before this one may have failed, or changed a source."""
        vapp = vapp_get(uuid.UUID(run.args["vapp_id"]))
        require_changeable(vapp, vapp.state)
        moved_vapp = run.args.get("delete_vapp_id")
        require_unchanged(run.args.get("prints", {}), uuid.UUID(moved_vapp) if moved_vapp else None)
        copied = {uuid.UUID(source) for source in run.args.get("copied", {}).values()}
        moved = {uuid.UUID(move["vm_id"]) for move in run.args.get("moves", ())}
        for vm in vms_of(sorted(copied | moved)):
            require_copyable(vm, vm.state)
        for vm in vms_of(sorted(copied & {*_old(run.args)})):
            require_no_disk(vm, NamedDisk.objects.filter(slot__vm=vm.pk).first())
        for vm in vms_of(sorted(set(_old(run.args)) - copied)):
            require_removable(vm, vm.state)
        return None

    def move_rows(self, run: Run) -> Outcome:
        """The VMs are the vApp's from here on: all of them, or none. Raises DuplicateName."""
        with transaction.atomic():
            for move in run.args["moves"]:
                _move_rows(uuid.UUID(run.args["vapp_id"]), uuid.UUID(move["vm_id"]), move["name"])
        return None

    def move_machines(self, run: Run) -> Outcome:
        """Their machines get its label."""
        for vm in vms_of([uuid.UUID(move["vm_id"]) for move in run.args["moves"]]):
            self.apply_machine(run, vm)
        return None

    def remove_old(self, run: Run) -> Outcome:
        return self.remove(run, vms_of(_old(run.args)))

    def old_gone(self, run: Run) -> Outcome:
        """What could not be removed is not waited for."""
        return self.gone(run, vms_of(_old(run.args))) if run.task.error is None else None

    def remove_old_networks(self, run: Run) -> Outcome:
        """Own networks of the vApps that go with their last VMs."""
        if run.task.error is None:
            self.remove_own_networks(run, _left(run.args))
        return None

    def succeeded(self, task: Task) -> None:
        state = VmState.OFF if task.args["deploy"] else VmState.UNDEPLOYED
        for vm in Vm.objects.filter(pk__in=ids_of(task.args)):
            is_on = vm.observed_status in ("Running", "Migrating")
            Vm.objects.filter(pk=vm.pk).update(state=VmState.ON if is_on else state)
        customized(task)
        left = _left(task.args)
        for made, source in task.args.get("copied", {}).items():
            if source in task.args["delete_ids"]:
                metadata_move(from_id=uuid.UUID(source), to_id=uuid.UUID(made))
        if task.error is None:
            vms_forget(vm_ids=_old(task.args))
        else:
            # Something of them may be left: their rows stay, to be deleted.
            Vm.objects.filter(pk__in=_old(task.args)).update(state=VmState.FAILED)
        vapps_forget(vapp_ids=left)
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


def _origins(args: dict[str, Any]) -> list[uuid.UUID]:
    """The vApps that the moved VMs come from."""
    return [uuid.UUID(move["from_id"]) for move in args.get("moves", ())]


def _unused(args: dict[str, Any]) -> list[uuid.UUID]:
    """The networks that a recomposition added, and that no card is on."""
    cards = Nic.objects.filter(vapp_network=OuterRef("pk"))
    rows = VAppNetwork.objects.filter(~Exists(cards), pk__in=args.get("network_ids", ()))
    return list(rows.values_list("pk", flat=True))


def _left(args: dict[str, Any]) -> list[uuid.UUID]:
    """The vApps that the task leaves without VMs: a moved one, and hidden ones around VMs that it moves."""
    holders = Vm.objects.filter(pk__in=_old(args)).values("vapp_id")
    others = Vm.objects.filter(vapp=OuterRef("pk")).exclude(pk__in=_old(args))
    hidden = Q(pk__in=_origins(args)) | Q(pk__in=holders)
    left = VApp.objects.filter(Q(hidden, is_auto=True) | Q(pk=args.get("delete_vapp_id"))).exclude(
        pk=args["vapp_id"]
    )
    return list(left.filter(~Exists(others)).values_list("pk", flat=True))


def _move_rows(vapp_id: uuid.UUID, vm_id: uuid.UUID, name: str | None) -> None:
    """Without a name the VM keeps its own. Writing it again does no harm. Raises DuplicateName."""
    vm = Vm.objects.select_for_update().filter(pk=vm_id).first()
    if vm is None or vm.vapp_id == vapp_id:
        return
    name = name or vm.name
    if Vm.objects.filter(vapp_id=vapp_id, name=name).exists():
        raise DuplicateName(name)
    networks = {network.name: network for network in vapp_networks_of(vapp_id)}
    nics = [known_nic(nic, {}, networks) for nic in _cards(vm, networks)]
    if any(nic.network == NO_NETWORK for nic in nics) and NO_NETWORK not in networks:
        networks[NO_NETWORK] = VAppNetwork.objects.create(org_id=vm.org_id, vapp_id=vapp_id, name=NO_NETWORK)
    Vm.objects.filter(pk=vm_id).update(vapp_id=vapp_id, name=name)
    nics_set(vm, nics, networks)


def _cards(vm: Vm, networks: dict[str, VAppNetwork]) -> list[NicRequest]:
    """The VM's cards; one with a manual address keeps it where it stays on the same network."""

    def stays(nic: Nic) -> bool:
        before = nic.vapp_network
        after = networks.get(before.name) if before is not None else None
        return before is not None and after is not None and after.parent_id == before.parent_id

    return list(of_vm(vms_of([vm.pk])[0], keeps_address=stays).nics)


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
    undo_steps = (*GONE_STEPS, "remove_made_networks")

    def remove_machines(self, run: Run) -> Outcome:
        outcome = super().remove_machines(run)
        run.notes["is_removed"] = True
        return outcome

    def machines_gone(self, run: Run) -> Outcome:
        outcome = super().machines_gone(run)
        run.notes["is_gone"] = outcome is None
        return outcome

    def remove_made_networks(self, run: Run) -> Outcome:
        self.remove_own_networks(run, [uuid.UUID(run.args["vapp_id"])])
        return None

    def failed(self, task: Task) -> None:
        """A vApp that could not be moved is where it was: unless something is left of it, nothing tells of the
        attempt.
        """
        super().failed(task)
        if task.args["delete_vapp_id"] and task.notes.get("is_removed") and task.notes.get("is_gone"):
            vms_forget(vm_ids=ids_of(task.args))
            vapps_forget(vapp_ids=[uuid.UUID(task.args["vapp_id"])])

    def succeeded(self, task: Task) -> None:
        if task.args["delete_vapp_id"]:
            source, made = uuid.UUID(task.args["delete_vapp_id"]), uuid.UUID(task.args["vapp_id"])
            metadata_move(from_id=source, to_id=made)
            access_move(from_id=source, to_id=made)
        super().succeeded(task)

    def settle(self, task: Task) -> None:
        super().settle(task)
        if task.args["delete_vapp_id"]:
            reproject(vapp_ids=[uuid.UUID(task.args["delete_vapp_id"])])


@register
class RecomposeVApp(MakeVms):
    """VMs added to a vApp, moved into it or removed from it; its name and description."""

    name = "vdcRecomposeVapp"
    steps = ("judge", "change_vapp", *MakeVms.steps[1:])
    undo_steps = (*GONE_STEPS, "restore_vapp", "remove_added_networks")

    def plan(self, args: dict[str, Any]) -> list[str]:
        made = [step for step in super().plan(args) if step != "judge"]
        return ["judge", *(("change_vapp",) if args["change"] else ()), *made]

    def remove_added_networks(self, run: Run) -> Outcome:
        """Objects of the vApp's own networks that this recomposition added and no card is on."""
        added = VAppNetwork.objects.filter(pk__in=_unused(run.args)).values("parent")
        for network in Network.objects.filter(pk__in=added, vapp_id=run.args["vapp_id"]):
            self.remove_network(run, network.vdc_id, network.udn_name)
        return None

    def change_vapp(self, run: Run) -> Outcome:
        """Name and description. Raises DuplicateName: the name may have been taken meanwhile."""
        if "before" in run.notes:
            return None
        change = run.args["change"]
        with unique_names(), transaction.atomic():
            rows = VApp.objects.filter(pk=run.args["vapp_id"])
            run.notes["before"] = rows.values(*change).get()
            rows.update(**change)
            run.save_notes()
        return None

    def restore_vapp(self, run: Run) -> Outcome:
        """A name that another vApp has taken meanwhile stays with that one."""
        before = dict(run.notes.get("before", {}))
        vapp = VApp.objects.filter(pk=run.args["vapp_id"]).first()
        if vapp is None or not before:
            return None
        with transaction.atomic():
            lock_entities([vapp.vdc_id])
            others = VApp.objects.filter(vdc_id=vapp.vdc_id, name=before.get("name")).exclude(pk=vapp.pk)
            if others.exists():
                del before["name"]
            VApp.objects.filter(pk=vapp.pk).update(**before)
        return None

    def settle_vapp(self, task: Task) -> None:
        """A vApp that was not deployed is so once a VM of it runs."""
        rows = VApp.objects.filter(pk=task.args["vapp_id"])
        is_deployed = task.args["deploy"] and bool(task.args["vm_ids"])
        if is_deployed and rows.filter(state=VAppState.UNDEPLOYED).update(state=VAppState.DEPLOYED):
            lease_start_running([uuid.UUID(task.args["vapp_id"])])

    def failed(self, task: Task) -> None:
        """Only the new VMs have failed; the vApp is as it was. VMs that have been moved already stay so."""
        Vm.objects.filter(pk__in=ids_of(task.args)).update(state=VmState.FAILED)
        networks_remove(network_ids=_unused(task.args))
        hidden = VApp.objects.filter(pk__in=_origins(task.args), is_auto=True)
        vapps_forget(vapp_ids=list(hidden.values_list("pk", flat=True)))
        self.settle(task)
