"""Deletion of vApps and VMs."""

import uuid

from django.db.models import Exists

from compute import names
from ssvirt.core.errors import InvalidState
from tasks.models import Task
from tasks.registry import Outcome, Run, register
from vapps.models import VApp, Vm
from vapps.operations.machines import GONE_STEPS, ids_of
from vapps.operations.networks import NetworkSteps
from vapps.services.removing import vapps_forget, vms_forget
from vapps.states import VmState
from vdcs.selectors import vdc_client


class DeleteMachines(NetworkSteps):
    """Cancelling ends where removing begins: a VM without its machine would be left."""

    steps = ("begin", *GONE_STEPS)
    undo_steps = ("note_gone",)

    def begin(self, run: Run) -> Outcome:
        """A checkpoint: from here on the task is not cancelled.

        Judged again: a power-off that this deletion counted on may have failed.
        """
        running = next((vm for vm in self.vms(run) if vm.state in (VmState.ON, VmState.SUSPENDED)), None)
        if running is not None and not run.args.get("force"):
            raise InvalidState(f'The VM "{running.name}" is {running.state}. Stop it before it is deleted.')
        run.notes["has_begun"] = True
        return None

    def note_gone(self, run: Run) -> Outcome:
        """Nothing is brought back; the VMs whose machines have gone are noted."""
        if run.notes.get("has_begun"):
            run.notes["gone"] = [str(vm.pk) for vm in self.vms(run) if _is_gone(vm)]
        return None

    def may_cancel(self, task: Task) -> bool:
        return task.step == 0

    def failed(self, task: Task) -> None:
        """A VM whose machine has gone, while something else of it was refused, can only be deleted."""
        Vm.objects.filter(pk__in=task.notes.get("gone", ())).update(state=VmState.FAILED)
        self.settle(task)


def _is_gone(vm: Vm) -> bool:
    """Whether the cluster has no machine of the VM any more, or is removing it."""
    found = vdc_client(vm.vdc).get("VirtualMachine", names.vm_name(vm.pk), vm.vdc.namespace)
    return found is None or found["metadata"].get("deletionTimestamp") is not None


@register
class DeleteVApp(DeleteMachines):
    """Everything of a vApp goes: machines, its own networks, then rows."""

    name = "vdcDeleteVapp"
    steps = (*DeleteMachines.steps, "remove_networks")

    def vms(self, run: Run) -> list[Vm]:
        """A VM that has been moved into another vApp meanwhile is none of this one."""
        return [vm for vm in super().vms(run) if str(vm.vapp_id) == run.args["vapp_id"]]

    def begin(self, run: Run) -> Outcome:
        """Raises InvalidState also for a VM that has come into the vApp, or stayed in it, meanwhile."""
        others = Vm.objects.filter(vapp_id=run.args["vapp_id"]).exclude(pk__in=ids_of(run.args))
        if (name := others.values_list("name", flat=True).first()) is not None:
            raise InvalidState(f'The vApp has the VM "{name}" now: delete it anew.')
        return super().begin(run)

    def remove_networks(self, run: Run) -> Outcome:
        self.remove_own_networks(run, [uuid.UUID(run.args["vapp_id"])])
        return None

    def succeeded(self, task: Task) -> None:
        vms = Vm.objects.filter(pk__in=ids_of(task.args), vapp_id=task.owner_id)
        vms_forget(vm_ids=list(vms.values_list("pk", flat=True)))
        vapps_forget(vapp_ids=[task.owner_id])
        self.settle(task)


@register
class DeleteVm(DeleteMachines):
    """One VM goes. Its vApp stays, unless it is VCD's hidden one around a standalone VM."""

    name = "vappDeleteVm"
    steps = (*DeleteMachines.steps, "remove_networks")

    def remove_networks(self, run: Run) -> Outcome:
        """Those of a hidden vApp, which goes with its last VM."""
        others = Vm.objects.filter(vapp_id=run.args["vapp_id"]).exclude(pk__in=ids_of(run.args))
        hidden = VApp.objects.filter(~Exists(others), pk=run.args["vapp_id"], is_auto=True)
        self.remove_own_networks(run, hidden.values_list("pk", flat=True))
        return None

    def succeeded(self, task: Task) -> None:
        vms_forget(vm_ids=ids_of(task.args))
        vapp_id = uuid.UUID(task.args["vapp_id"])
        if VApp.objects.filter(pk=vapp_id, is_auto=True).exists():
            vapps_forget(vapp_ids=[vapp_id])
        self.settle(task)
