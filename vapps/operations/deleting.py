"""Deletion of vApps and VMs."""

from tasks.models import Task
from tasks.registry import Outcome, Run, register
from vapps.models import Nic, VApp
from vapps.operations.machines import GONE_STEPS, VmOperation, ids_of
from vapps.selectors import vms_of
from vapps.services import demand_of
from vdcs.services import addresses_release, vdc_release


class DeleteMachines(VmOperation):
    """Cancelling ends where removing begins: a VM without its machine would be left."""

    steps = ("begin", *GONE_STEPS)

    def begin(self, run: Run) -> Outcome:
        """A checkpoint: from here on the task is not cancelled."""
        return None

    def may_cancel(self, task: Task) -> bool:
        return task.step == 0

    def _delete_vms(self, task: Task) -> None:
        """Removes the rows and gives back what they committed."""
        for vm in vms_of(ids_of(task.args)):
            vdc_release(vdc_id=vm.vdc_id, demand=demand_of([vm]))
            addresses_release(nic_ids=[nic.pk for nic in vm.nics.all()])
            Nic.objects.filter(vm=vm).delete()
            vm.delete()

    def failed(self, task: Task) -> None:
        self.settle(task)


@register
class DeleteVApp(DeleteMachines):
    """Everything of a vApp goes: machines, then rows."""

    name = "vdcDeleteVapp"

    def succeeded(self, task: Task) -> None:
        self._delete_vms(task)
        VApp.objects.filter(pk=task.owner_id).delete()


@register
class DeleteVm(DeleteMachines):
    """One VM goes; its vApp stays."""

    name = "vappDeleteVm"

    def succeeded(self, task: Task) -> None:
        self._delete_vms(task)
