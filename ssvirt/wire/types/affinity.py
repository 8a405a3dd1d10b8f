"""Affinity rules of VMs.

Source: vmAffinityRule.xsd.
"""

from __future__ import annotations

from ssvirt.wire import media
from ssvirt.wire.schema import elem, elems, wire
from ssvirt.wire.types.entity import IdentifiableResource, Resource
from ssvirt.wire.types.vm import Vms


@wire("AffinityRule", media=media.AFFINITY_RULE, abstract=True)
class AffinityRule(IdentifiableResource):
    name: str | None = elem("Name")
    is_enabled: bool | None = elem("IsEnabled")
    is_mandatory: bool | None = elem("IsMandatory")
    polarity: str | None = elem("Polarity")


@wire("VmAffinityRule", media=media.VM_AFFINITY_RULE)
class VmAffinityRule(AffinityRule):
    scope: str | None = elem("Scope")
    vm_references: Vms | None = elem("VmReferences")


@wire("VmAffinityRules", media=media.VM_AFFINITY_RULES)
class VmAffinityRules(Resource):
    vm_affinity_rules: list[VmAffinityRule] = elems("VmAffinityRule", always=True)
