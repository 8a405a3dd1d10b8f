"""Affinity rules as VCD shows them. Source: vmAffinityRule.xsd; links: go-clients.md 2.4 and 2.10."""

import uuid
from collections.abc import Sequence

from orgs.rights import Rights
from ssvirt.api.hrefs import KINDS, Hrefs, entity_urn
from ssvirt.api.principal import Principal
from ssvirt.api.represent import entity_link, link, reference
from ssvirt.wire import media
from ssvirt.wire import types as w
from vapps.models import AffinityRule


def rules_document(
    vdc_id: uuid.UUID, rules: Sequence[AffinityRule], hrefs: Hrefs, principal: Principal
) -> w.VmAffinityRules:
    """All rules of a VDC, with their members loaded."""
    href = hrefs.of("vdc", vdc_id, "/vmAffinityRules/")
    links = [entity_link(hrefs, "up", "vdc", vdc_id)]
    if principal.may(Rights.AFFINITY_EDIT):
        links.append(link("add", href, media.VM_AFFINITY_RULE))
    return w.VmAffinityRules(
        href=href,
        type=media.VM_AFFINITY_RULES,
        links=links,
        vm_affinity_rules=[rule_document(rule, hrefs, principal) for rule in rules],
    )


def rule_document(rule: AffinityRule, hrefs: Hrefs, principal: Principal) -> w.VmAffinityRule:
    """The rule with its VMs. One that may not be seen has no name; clients send the rule back as they read it."""
    href = hrefs.of("affinityRule", rule.pk)
    links = [entity_link(hrefs, "up", "vdc", rule.vdc_id)]
    if principal.may(Rights.AFFINITY_EDIT):
        links += [link("edit", href, media.VM_AFFINITY_RULE), link("remove", href)]
    return w.VmAffinityRule(
        href=href,
        id=entity_urn("affinityRule", rule.pk),
        type=KINDS["affinityRule"].media,
        links=links,
        name=rule.name,
        is_enabled=rule.is_enabled,
        is_mandatory=rule.is_mandatory,
        polarity="Affinity" if rule.is_affinity else "Anti-Affinity",
        scope="Host",
        vm_references=w.Vms(
            vm_references=[
                reference(hrefs, "vm", member.vm_id, member.vm.name if member.is_vm_visible else None)
                for member in rule.members.all()
            ]
        ),
    )
