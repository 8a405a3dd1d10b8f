"""Affinity rules come into force: the rule's rows first, then the machines of the VMs that it binds or binds no
more.
"""

from tasks.models import Task
from tasks.registry import Outcome, Run, register
from vapps.models import AffinityRule
from vapps.operations.machines import VmOperation
from vapps.selectors import affinity_rule_get
from vapps.services.affinity import (
    CREATE,
    DELETE,
    UPDATE,
    ids_in,
    require_members,
    rule_values,
    rule_write,
)
from vapps.states import VmState

_NO_MACHINE = (VmState.CREATING, VmState.FAILED)


class AffinityOperation(VmOperation):
    """`args["rule"]` is what the rule shall be, None that it goes; `args["vm_ids"]` all VMs it ever bound."""

    steps = ("remember_rule", "change_rule", "ensure_placement")
    undo_steps = ("restore_rule", "ensure_placement")

    def remember_rule(self, run: Run) -> Outcome:
        """Notes what the rule was, before anything is written, so that undoing can bring it back."""
        run.notes["before"] = rule_values(affinity_rule_get(run.task.owner_id))
        return None

    def change_rule(self, run: Run) -> Outcome:
        rule = affinity_rule_get(run.task.owner_id)
        wanted = run.args["rule"]
        if wanted is not None:
            require_members(rule.vdc, ids_in(wanted))
        rule_write(rule_id=rule.pk, values=wanted or {**rule_values(rule), "vm_ids": []})
        return None

    def ensure_placement(self, run: Run) -> Outcome:
        """The machines of all VMs; one that has none is given none."""
        for vm in self.vms(run):
            if vm.state not in _NO_MACHINE:
                self.apply_machine(run, vm)
        return None

    def restore_rule(self, run: Run) -> Outcome:
        if "before" in run.notes:
            rule_write(rule_id=run.task.owner_id, values=run.notes["before"])
        return None


@register
class CreateAffinityRule(AffinityOperation):
    """Until it succeeds the rule has no members; one that failed goes."""

    name = CREATE

    def failed(self, task: Task) -> None:
        AffinityRule.objects.filter(pk=task.owner_id).delete()


@register
class UpdateAffinityRule(AffinityOperation):
    name = UPDATE


@register
class DeleteAffinityRule(AffinityOperation):
    name = DELETE

    def succeeded(self, task: Task) -> None:
        AffinityRule.objects.filter(pk=task.owner_id).delete()
