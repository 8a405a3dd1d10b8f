"""Settings of vApps that the cluster knows nothing of: rows only."""

import uuid

from tasks.models import Task
from tasks.registry import register
from vapps.models import VApp
from vapps.operations.machines import VmOperation
from vapps.services.leasing import lease_start_running, lease_start_storage
from vapps.services.starting import startup_write
from vapps.states import VAppState


class RowsOnly(VmOperation):
    steps = ()

    def failed(self, task: Task) -> None:
        self.settle(task)


@register
class UpdateLease(RowsOnly):
    """The lease that counts now begins anew."""

    name = "vappUpdateLeaseSettings"

    def succeeded(self, task: Task) -> None:
        vapp_id = uuid.UUID(task.args["vapp_id"])
        values = {
            column: task.args[key]
            for key, column in (("deployment_s", "deployment_lease_s"), ("storage_s", "storage_lease_s"))
            if task.args[key] is not None
        }
        rows = VApp.objects.filter(pk=vapp_id)
        if values:
            rows.update(**values)
        is_running = rows.filter(state=VAppState.DEPLOYED).exists()
        (lease_start_running if is_running else lease_start_storage)([vapp_id])
        self.settle(task)


@register
class UpdateStartup(RowsOnly):
    name = "vdcUpdateVappStartupSection"

    def succeeded(self, task: Task) -> None:
        startup_write(uuid.UUID(task.args["vapp_id"]), task.args["items"])
        self.settle(task)
