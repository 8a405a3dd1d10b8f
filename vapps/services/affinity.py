"""Affinity rules: judged, then submitted; the operation writes the rule and the machines it binds.

A rule's values in tasks and notes: `{"name", "is_affinity", "is_enabled", "is_mandatory", "vm_ids"}`.
"""

import uuid
from collections.abc import Iterable
from typing import Any, Final

from django.db import transaction
from django.db.models import Q

from ssvirt.api.principal import Principal
from ssvirt.core.errors import BadRequest, InvalidState, NotFound
from tasks.models import Task
from tasks.selectors import tasks_unfinished_on
from tasks.services import EXCLUSIVE, SHARED, Owner, lock_entities, task_submit
from vapps.models import AffinityRule, AffinityRuleVm, Vm
from vapps.requests.affinity import RuleRequest
from vapps.selectors import affinity_rule_get, visible_vms
from vapps.services.demand import actor_of
from vapps.states import VmState
from vdcs.models import Vdc
from vdcs.selectors import vdc_get
from vdcs.services import vdc_require_usable

CREATE: Final = "vdcCreateVmAffinityRule"
UPDATE: Final = "vdcUpdateVmAffinityRule"
DELETE: Final = "vdcDeleteVmAffinityRule"
_WORDS: Final = {CREATE: "Creating", UPDATE: "Updating", DELETE: "Deleting"}
_NO_MACHINE: Final = (VmState.FAILED, VmState.GONE)
RuleValues = dict[str, Any]


def rule_create(*, principal: Principal, vdc_id: uuid.UUID, request: RuleRequest) -> Task:
    """A new rule of the VDC and the task that brings it into force; until then it binds no VM.

    Raises NotFound, BadRequest, InvalidState.
    """
    vdc = vdc_get(vdc_id)
    vdc_require_usable(vdc)
    if request.name is None or request.is_affinity is None or request.vm_ids is None:
        missing = (
            "Name" if request.name is None else "Polarity" if request.is_affinity is None else "VmReferences"
        )
        raise BadRequest(f"The VM affinity rule lacks its {missing}.")
    wanted: RuleValues = {
        "name": request.name,
        "is_affinity": request.is_affinity,
        "is_enabled": True if request.is_enabled is None else request.is_enabled,
        "is_mandatory": bool(request.is_mandatory),
        "vm_ids": [str(vm_id) for vm_id in request.vm_ids],
    }
    with transaction.atomic():
        lock_entities(request.vm_ids)
        require_members(vdc, request.vm_ids)
        columns = {key: value for key, value in wanted.items() if key != "vm_ids"}
        rule = AffinityRule.objects.create(org_id=vdc.org_id, vdc=vdc, **columns)
        return _submit(CREATE, principal, rule, wanted, request.vm_ids)


def rule_update(*, principal: Principal, rule_id: uuid.UUID, request: RuleRequest) -> Task:
    """The task that changes the rule; what the request leaves out stays.

    Raises NotFound, BadRequest, InvalidState (being deleted).
    """
    affinity_rule_get(rule_id)
    with transaction.atomic():
        lock_entities([rule_id])
        rule, projected, touched = _projected(rule_id)
        asked = {
            "name": request.name,
            "is_affinity": request.is_affinity,
            "is_enabled": request.is_enabled,
            "is_mandatory": request.is_mandatory,
        }
        wanted = projected | {key: value for key, value in asked.items() if value is not None}
        if request.vm_ids is not None:
            lock_entities(request.vm_ids)
            require_members(rule.vdc, request.vm_ids, known=ids_in(projected))
            wanted["vm_ids"] = [str(vm_id) for vm_id in request.vm_ids]
        return _submit(UPDATE, principal, rule, wanted, touched | set(ids_in(wanted)))


def rule_delete(*, principal: Principal, rule_id: uuid.UUID) -> Task:
    """The task that frees the rule's VMs and removes it. Raises NotFound, InvalidState (being deleted)."""
    affinity_rule_get(rule_id)
    with transaction.atomic():
        lock_entities([rule_id])
        rule, _, touched = _projected(rule_id)
        return _submit(DELETE, principal, rule, None, touched)


def _projected(rule_id: uuid.UUID) -> tuple[AffinityRule, RuleValues, set[uuid.UUID]]:
    """The rule, its values after its unfinished tasks, and every VM that it binds until then."""
    rule = affinity_rule_get(rule_id)
    values = rule_values(rule)
    touched = set(ids_in(values))
    for task in tasks_unfinished_on(rule_id):
        if task.operation == DELETE:
            raise InvalidState(f'The VM affinity rule "{rule.name}" is being deleted.')
        values = dict(task.args["rule"])
        touched.update(ids_in(values))
    return rule, values, touched


def _submit(
    operation: str,
    principal: Principal,
    rule: AffinityRule,
    wanted: RuleValues | None,
    vm_ids: Iterable[uuid.UUID],
) -> Task:
    """Exclusive on the rule and on every VM whose machine is written, shared on their vApps."""
    vms = list(Vm.objects.filter(pk__in=set(vm_ids)).order_by("pk").values_list("pk", "vapp_id"))
    return task_submit(
        name=operation,
        args={"rule": wanted, "vm_ids": [str(vm_id) for vm_id, _ in vms]},
        owner=Owner(id=rule.pk, kind="affinityRule", name=rule.name),
        claims={
            **{vapp_id: SHARED for _, vapp_id in vms},
            **{vm_id: EXCLUSIVE for vm_id, _ in vms},
            rule.pk: EXCLUSIVE,
        },
        org_id=rule.org_id,
        actor=actor_of(principal),
        description=f"{_WORDS[operation]} VM affinity rule {rule.name}({rule.pk})",
    )


def require_members(vdc: Vdc, vm_ids: Iterable[uuid.UUID], *, known: Iterable[uuid.UUID] = ()) -> None:
    """Raises NotFound, BadRequest (a VM of another VDC), InvalidState (a VM without a machine).

    `known` VMs may be named by one who does not see them: clients send a rule back as they read it.
    """
    wanted = list(vm_ids)
    may_name = Q(pk__in=visible_vms().values("pk")) | Q(pk__in=list(known))
    found = {vm.pk: vm for vm in Vm.objects.filter(may_name, pk__in=wanted)}
    for vm_id in wanted:
        vm = found.get(vm_id)
        if vm is None:
            raise NotFound(f"The VM {vm_id} does not exist.")
        if vm.vdc_id != vdc.pk:
            raise BadRequest(
                f'The VM "{vm.name}" ({vm_id}) is not in the VDC "{vdc.name}" of the VM affinity rule.'
            )
        if vm.projected_state in _NO_MACHINE:
            raise InvalidState(
                f'The VM "{vm.name}" cannot be in a VM affinity rule in the state {vm.projected_state}.'
            )


def rule_values(rule: AffinityRule) -> RuleValues:
    """What the rule is, as tasks carry it. Needs its members loaded."""
    return {
        "name": rule.name,
        "is_affinity": rule.is_affinity,
        "is_enabled": rule.is_enabled,
        "is_mandatory": rule.is_mandatory,
        "vm_ids": [str(member.vm_id) for member in rule.members.all()],
    }


def rule_write(*, rule_id: uuid.UUID, values: RuleValues) -> None:
    """The rule has these values and members. Writing them again does no harm."""
    columns = {key: value for key, value in values.items() if key != "vm_ids"}
    members = ids_in(values)
    with transaction.atomic():
        AffinityRule.objects.filter(pk=rule_id).update(**columns)
        AffinityRuleVm.objects.filter(rule_id=rule_id).exclude(vm_id__in=members).delete()
        present = set(AffinityRuleVm.objects.filter(rule_id=rule_id).values_list("vm_id", flat=True))
        org_ids = dict(Vm.objects.filter(pk__in=members).values_list("pk", "org_id"))
        AffinityRuleVm.objects.bulk_create(
            AffinityRuleVm(org_id=org_ids[vm_id], rule_id=rule_id, vm_id=vm_id)
            for vm_id in members
            if vm_id in org_ids and vm_id not in present
        )


def ids_in(values: RuleValues) -> list[uuid.UUID]:
    return [uuid.UUID(text) for text in values["vm_ids"]]
