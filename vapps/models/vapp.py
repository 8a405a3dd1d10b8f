"""vApps and the networks they know."""

import uuid

from django.db import models

from ssvirt.core.tenancy import TenantModel
from vapps.states import VAppState


class VApp(TenantModel):
    """A container of VMs with a deploy state of its own. States: see `vapps.states`.

    `projected_state` is the state after all unfinished tasks of the vApp; legality and links go by it.
    `is_auto`: VCD's hidden vApp around a standalone VM; it goes with its VM.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    vdc = models.ForeignKey("vdcs.Vdc", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=128)
    description = models.CharField(max_length=256, blank=True)
    owner = models.ForeignKey("orgs.User", on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=16, choices=VAppState, default=VAppState.CREATING)
    projected_state = models.CharField(max_length=16, choices=VAppState, default=VAppState.CREATING)
    is_auto = models.BooleanField(default=False)
    deployment_lease_s = models.PositiveIntegerField(default=0, help_text="0 = never expires")
    storage_lease_s = models.PositiveIntegerField(default=0, help_text="0 = never expires")
    deployment_expires_at = models.DateTimeField(null=True, blank=True)
    storage_expires_at = models.DateTimeField(null=True, blank=True)
    is_expired = models.BooleanField(default=False, help_text="Its storage lease has run out")
    product_sections = models.JSONField(default=list, blank=True, help_text="In their JSON form on the wire")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "vApp"
        ordering = ("name",)
        indexes = (
            models.Index(
                fields=["deployment_expires_at"],
                name="vapps_deployment_expiry",
                condition=models.Q(deployment_expires_at__isnull=False),
            ),
            models.Index(
                fields=["storage_expires_at"],
                name="vapps_storage_expiry",
                condition=models.Q(storage_expires_at__isnull=False),
            ),
        )
        constraints = (models.UniqueConstraint("vdc", "name", name="vapps_vapp_name"),)

    def __str__(self) -> str:
        return self.name


class FenceMode(models.TextChoices):
    """Source: network.xsd FenceModeType."""

    BRIDGED = "bridged"
    ISOLATED = "isolated"


class VAppNetwork(TenantModel):
    """A network as a vApp knows it.

    `bridged`: `parent` is the org VDC network it is connected to. `isolated`: `parent` is the vApp's own
    network (`Network.vapp_id`), which goes with this row; without a parent it is VCD's entry "none".
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    vapp = models.ForeignKey(VApp, on_delete=models.CASCADE, related_name="networks")
    name = models.CharField(max_length=128)
    description = models.CharField(max_length=256, blank=True)
    fence_mode = models.CharField(max_length=16, choices=FenceMode, default=FenceMode.BRIDGED)
    parent = models.ForeignKey("vdcs.Network", null=True, on_delete=models.PROTECT, related_name="+")
    retains_net_info = models.BooleanField(default=False)

    class Meta:
        verbose_name = "vApp network"
        ordering = ("name",)
        constraints = (models.UniqueConstraint("vapp", "name", name="vapps_network_name"),)

    def __str__(self) -> str:
        return self.name
