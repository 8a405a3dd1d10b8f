"""What is said about VMs: tags, affinity rules, console tickets."""

import uuid

from django.db import models

from ssvirt.core.tenancy import TenantModel
from vapps.models.vm import Vm


class SecurityTag(TenantModel):
    """A security tag on a VM. Source: CloudAPI securityTags."""

    id = models.BigAutoField(primary_key=True)
    vm = models.ForeignKey(Vm, on_delete=models.CASCADE, related_name="security_tags")
    tag = models.CharField(max_length=128)

    class Meta:
        ordering = ("tag",)
        constraints = (models.UniqueConstraint("vm", "tag", name="vapps_security_tag_once"),)

    def __str__(self) -> str:
        return self.tag


class AffinityRule(TenantModel):
    """VMs that run on one host, or never on one. Two rules may have the same name.

    Source: vmAffinityRule.xsd VmAffinityRuleType.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    vdc = models.ForeignKey("vdcs.Vdc", on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=128)
    is_affinity = models.BooleanField(default=True, help_text="False: the VMs are kept apart")
    is_enabled = models.BooleanField(default=True)
    is_mandatory = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class AffinityRuleVm(TenantModel):
    """A VM of an affinity rule."""

    id = models.BigAutoField(primary_key=True)
    rule = models.ForeignKey(AffinityRule, on_delete=models.CASCADE, related_name="members")
    vm = models.ForeignKey(Vm, on_delete=models.CASCADE, related_name="affinities")

    class Meta:
        ordering = ("id",)
        constraints = (models.UniqueConstraint("rule", "vm", name="vapps_affinity_member_once"),)

    def __str__(self) -> str:
        return f"{self.vm_id}"


class ConsoleTicket(TenantModel):
    """A one-time right to open a VM's console within a short time. Only the ticket's hash is kept."""

    id = models.BigAutoField(primary_key=True)
    vm = models.ForeignKey(Vm, on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64, unique=True)
    user_name = models.CharField(max_length=257)
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"console of {self.vm_id}"
