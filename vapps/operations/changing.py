"""What operations on the devices of one machine share: its manifest written anew, and put back if they fail."""

from collections.abc import Collection

from compute import manifests
from compute.specs import VmSpec
from ssvirt.core.errors import NotFound
from tasks.models import Task
from tasks.registry import Outcome, Run, Wait
from vapps.models import Vm
from vapps.operations.machines import RUNS, VmOperation, ids_of, is_fresh, note_version
from vapps.selectors import vms_of
from vapps.specs import vm_spec
from vapps.states import VmState
from vdcs.selectors import vdc_client


class MachineChange(VmOperation):
    """An operation on the one VM of `args["vm_ids"]`.

    The rows are as wanted only once it has succeeded: the steps write the machine as it will be, and undoing
    writes it as its rows have it.
    """

    undo_steps = ("restore_machine",)

    def vm(self, run: Run) -> Vm:
        """The VM with all its parts. Raises NotFound."""
        found = vms_of(ids_of(run.args))
        if not found:
            raise NotFound(f"The VM {run.args['vm_ids'][0]} does not exist.")
        return found[0]

    def write(self, run: Run, vm: Vm, spec: VmSpec) -> None:
        """Writes the machine, and notes the version from which on observations count."""
        made = vdc_client(vm.vdc).apply(manifests.virtual_machine(spec, task_id=run.task.pk))
        note_version(run, vm, int(made["metadata"]["resourceVersion"]))

    def wait_volumes(
        self, run: Run, *, present: Collection[str] = (), absent: Collection[str] = ()
    ) -> Outcome:
        """The running machine has the volumes that are to be `present`, and lost the `absent` ones.

        A machine that does not run takes or leaves them when it starts.
        """
        vm = self.vm(run)
        if is_fresh(run, vm):
            attached = set(vm.observed_volumes)
            if vm.observed_status not in RUNS or (attached >= set(present) and not attached & set(absent)):
                return None
        run.notes["waiting_for"] = f"the volumes of {vm.name} ({vm.observed_status or 'not seen yet'})"
        return Wait()

    def restore_machine(self, run: Run) -> Outcome:
        """A VM whose creation failed has no machine to put back."""
        vm = self.vm(run)
        if vm.state not in (VmState.CREATING, VmState.FAILED):
            self.write(run, vm, vm_spec(vm))
        return None

    def failed(self, task: Task) -> None:
        self.settle(task)
