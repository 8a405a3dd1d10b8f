"""Affinity rules as clients ask for them. Source: vmAffinityRule.xsd VmAffinityRuleType."""

import uuid
from dataclasses import dataclass

from ssvirt.core.errors import BadRequest
from ssvirt.core.urns import uuid_in
from ssvirt.wire import types as w
from vapps.requests.names import entity_name

_POLARITY = {"Affinity": True, "Anti-Affinity": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRequest:
    """None: not said, so left as it is."""

    name: str | None
    is_affinity: bool | None
    is_enabled: bool | None
    is_mandatory: bool | None
    vm_ids: list[uuid.UUID] | None


def rule_request(doc: w.VmAffinityRule) -> RuleRequest:
    """Raises BadRequest naming the offender."""
    return RuleRequest(
        name=entity_name(doc.name, "VM affinity rule") if doc.name is not None else None,
        is_affinity=_is_affinity(doc.polarity),
        is_enabled=doc.is_enabled,
        is_mandatory=doc.is_mandatory,
        vm_ids=_vm_ids(doc.vm_references) if doc.vm_references is not None else None,
    )


def _is_affinity(polarity: str | None) -> bool | None:
    if polarity is not None and polarity not in _POLARITY:
        raise BadRequest(f"The Polarity '{polarity}' is not one of Affinity and Anti-Affinity.")
    return _POLARITY[polarity] if polarity is not None else None


def _vm_ids(references: w.Vms) -> list[uuid.UUID]:
    found: list[uuid.UUID] = []
    for reference in references.vm_references:
        vm_id = uuid_in(reference.href) or uuid_in(reference.id)
        if vm_id is None:
            raise BadRequest(f"The VmReference '{reference.href or ''}' names no VM.")
        if vm_id in found:
            raise BadRequest(f"The VM {vm_id} is named twice in the VM affinity rule.")
        found.append(vm_id)
    if len(found) < 2:
        raise BadRequest(f"A VM affinity rule needs at least two VMs, not {len(found)}.")
    return found
