"""vApps, virtual machines, their disks and network cards, and metadata."""

import uuid

from django.db import models

from ssvirt.core.tenancy import TenantModel
from vapps.states import VAppState, VmState


class VApp(TenantModel):
    """A container of VMs with a deploy state of its own. States: see `vapps.states`.

    `projected_state` is the state after all unfinished tasks of the vApp; legality and links go by it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    vdc = models.ForeignKey("vdcs.Vdc", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=128)
    description = models.CharField(max_length=256, blank=True)
    owner = models.ForeignKey("orgs.User", on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=16, choices=VAppState, default=VAppState.CREATING)
    projected_state = models.CharField(max_length=16, choices=VAppState, default=VAppState.CREATING)
    deployment_lease_s = models.PositiveIntegerField(default=0, help_text="0 = never expires")
    storage_lease_s = models.PositiveIntegerField(default=0, help_text="0 = never expires")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "vApp"
        ordering = ("name",)
        constraints = (models.UniqueConstraint("vdc", "name", name="vapps_vapp_name"),)

    def __str__(self) -> str:
        return self.name


class FenceMode(models.TextChoices):
    """Source: network.xsd FenceModeType."""

    BRIDGED = "bridged"
    ISOLATED = "isolated"


class VAppNetwork(TenantModel):
    """A network as a vApp knows it: bridged to an org VDC network, or an entry without one ("none")."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    vapp = models.ForeignKey(VApp, on_delete=models.CASCADE, related_name="networks")
    name = models.CharField(max_length=128)
    description = models.CharField(max_length=256, blank=True)
    fence_mode = models.CharField(max_length=16, choices=FenceMode, default=FenceMode.BRIDGED)
    parent = models.ForeignKey("vdcs.Network", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = "vApp network"
        ordering = ("name",)
        constraints = (models.UniqueConstraint("vapp", "name", name="vapps_network_name"),)

    def __str__(self) -> str:
        return self.name


class Vm(TenantModel):
    """A virtual machine: what is wanted, what was observed on the cluster, and the state made of both.

    `observed_*` columns are written by the watch handlers only. Sizes are in MB.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    vapp = models.ForeignKey(VApp, on_delete=models.PROTECT, related_name="vms")
    vdc = models.ForeignKey("vdcs.Vdc", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=128)
    description = models.CharField(max_length=256, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    state = models.CharField(max_length=16, choices=VmState, default=VmState.CREATING)
    projected_state = models.CharField(max_length=16, choices=VmState, default=VmState.CREATING)
    local_id = models.UUIDField(default=uuid.uuid4, editable=False)
    computer_name = models.CharField(max_length=63)
    os_type = models.CharField(max_length=64)
    instance_type = models.CharField(max_length=253, blank=True)
    preference = models.CharField(max_length=253, blank=True)
    hardware_version = models.CharField(max_length=16, default="vmx-19")
    cpus = models.PositiveSmallIntegerField()
    cores_per_socket = models.PositiveSmallIntegerField(default=1)
    memory_mb = models.PositiveIntegerField()
    storage_policy = models.ForeignKey("vdcs.VdcStoragePolicy", on_delete=models.PROTECT, related_name="+")
    needs_customization = models.BooleanField(default=True)
    observed_uid = models.CharField(max_length=64, blank=True)
    observed_status = models.CharField(max_length=32, blank=True, help_text="VirtualMachine printableStatus")
    observed_version = models.BigIntegerField(default=0, help_text="VirtualMachine resourceVersion")
    observed_failure = models.TextField(blank=True)
    observed_node = models.CharField(max_length=253, blank=True)
    observed_guest_os = models.CharField(max_length=128, blank=True)
    is_agent_connected = models.BooleanField(default=False)
    observed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "VM"
        ordering = ("position", "name")
        indexes = (models.Index(fields=["vdc", "name"], name="vapps_vm_vdc_name"),)
        constraints = (models.UniqueConstraint("vapp", "name", name="vapps_vm_name"),)

    def __str__(self) -> str:
        return self.name


class Disk(TenantModel):
    """A disk of a VM: a DataVolume named after its id, cloned from a DataSource or blank."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    vm = models.ForeignKey(Vm, on_delete=models.CASCADE, related_name="disks")
    position = models.PositiveSmallIntegerField()
    size_mb = models.PositiveIntegerField()
    storage_policy = models.ForeignKey("vdcs.VdcStoragePolicy", on_delete=models.PROTECT, related_name="+")
    source_namespace = models.CharField(max_length=63, blank=True)
    source_name = models.CharField(max_length=253, blank=True)
    observed_phase = models.CharField(max_length=64, blank=True, help_text="DataVolume phase")
    observed_progress = models.PositiveSmallIntegerField(default=0)
    observed_message = models.TextField(blank=True)

    class Meta:
        ordering = ("position",)
        constraints = (models.UniqueConstraint("vm", "position", name="vapps_disk_position"),)

    def __str__(self) -> str:
        return f"disk {self.position}"


class AddressMode(models.TextChoices):
    """Source: network.xsd IpAddressAllocationModeType."""

    POOL = "POOL"
    DHCP = "DHCP"
    MANUAL = "MANUAL"
    NONE = "NONE"


class Nic(TenantModel):
    """A network card. `address` is ours (allocated from the network's pool), `observed_address` the
    guest's.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    vm = models.ForeignKey(Vm, on_delete=models.CASCADE, related_name="nics")
    position = models.PositiveSmallIntegerField()
    vapp_network = models.ForeignKey(VAppNetwork, null=True, on_delete=models.PROTECT, related_name="+")
    mode = models.CharField(max_length=8, choices=AddressMode)
    address = models.GenericIPAddressField(protocol="IPv4", null=True, blank=True)
    observed_address = models.GenericIPAddressField(null=True, blank=True)
    mac = models.CharField(max_length=17, unique=True)
    adapter = models.CharField(max_length=32, default="VMXNET3")
    is_connected = models.BooleanField(default=True)
    is_primary = models.BooleanField(default=False)

    class Meta:
        verbose_name = "NIC"
        ordering = ("position",)
        constraints = (
            models.UniqueConstraint("vm", "position", name="vapps_nic_position"),
            models.UniqueConstraint("vm", condition=models.Q(is_primary=True), name="vapps_nic_one_primary"),
        )

    def __str__(self) -> str:
        return f"NIC {self.position}"


class MetadataEntry(TenantModel):
    """A key and a typed value on an entity of any kind."""

    id = models.BigAutoField(primary_key=True)
    entity_id = models.UUIDField()
    domain = models.CharField(max_length=16, default="GENERAL")
    visibility = models.CharField(max_length=16, default="READWRITE")
    key = models.CharField(max_length=256)
    value_type = models.CharField(max_length=32, default="MetadataStringValue")
    value = models.TextField(blank=True)

    class Meta:
        verbose_name_plural = "metadata entries"
        ordering = ("key",)
        constraints = (models.UniqueConstraint("entity_id", "domain", "key", name="vapps_metadata_key"),)

    def __str__(self) -> str:
        return self.key
