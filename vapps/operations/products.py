"""Product sections: rows only."""

from ssvirt.core.errors import NotFound
from tasks.registry import Operation, Outcome, Run, register
from tasks.services import task_secret
from vapps.models import VApp, Vm


@register
class UpdateProducts(Operation):
    """Replaces the product sections of a vApp or VM."""

    name = "vappUpdateProductSections"
    steps = ("write",)

    def write(self, run: Run) -> Outcome:
        task = run.task
        rows = VApp.objects if task.owner_kind == "vApp" else Vm.objects
        sections = task_secret(task)["sections"]
        if not rows.filter(pk=task.owner_id).update(product_sections=sections):
            raise NotFound(f"The {task.owner_kind} {task.owner_id} does not exist any more.")
        return None
