"""Virtual machines, their network cards and snapshots."""

import uuid

from django.db import models

from ssvirt.core.tenancy import TenantModel
from vapps.models.vapp import VApp, VAppNetwork
from vapps.states import VmState


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
    allocation = models.JSONField(
        default=dict,
        blank=True,
        help_text="Reservation, limit and shares of cpu and memory, where not default",
    )
    compute_policy = models.ForeignKey(
        "vdcs.ComputePolicy", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    has_memory_hot_add = models.BooleanField(default=False)
    has_cpu_hot_add = models.BooleanField(default=False)
    has_nested_hypervisor = models.BooleanField(default=False)
    firmware = models.CharField(max_length=8, default="bios", help_text="bios or efi")
    boot_options = models.JSONField(default=dict, blank=True, help_text="What differs from VCD's defaults")
    extra_config = models.JSONField(default=dict, blank=True)
    product_sections = models.JSONField(default=list, blank=True, help_text="In their JSON form on the wire")
    media = models.ForeignKey(
        "catalogs.Media", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    start_order = models.PositiveSmallIntegerField(default=0)
    start_delay_s = models.PositiveIntegerField(default=0)
    start_action = models.CharField(max_length=16, default="powerOn")
    stop_delay_s = models.PositiveIntegerField(default=0)
    stop_action = models.CharField(max_length=16, default="powerOff")
    needs_customization = models.BooleanField(default=True)
    customization = models.JSONField(
        default=dict, blank=True, help_text="GuestCustomizationSection but the password, where not default"
    )
    guest_secrets = models.BinaryField(
        null=True, editable=False, help_text="Passwords of the customization, encrypted"
    )
    customization_seed = models.UUIDField(
        default=uuid.uuid4, help_text="Changes when the guest is to be customized anew"
    )
    customized_at = models.DateTimeField(null=True, help_text="When the guest was last told to customize")
    observed_uid = models.CharField(max_length=64, blank=True)
    observed_status = models.CharField(max_length=32, blank=True, help_text="VirtualMachine printableStatus")
    observed_version = models.BigIntegerField(default=0, help_text="VirtualMachine resourceVersion")
    observed_failure = models.TextField(blank=True)
    observed_instance_uid = models.CharField(max_length=64, blank=True, help_text="VirtualMachineInstance")
    observed_node = models.CharField(max_length=253, blank=True)
    observed_guest_os = models.CharField(max_length=128, blank=True)
    observed_cpus = models.PositiveSmallIntegerField(null=True, help_text="Processors of the running guest")
    observed_memory_mb = models.PositiveIntegerField(null=True, help_text="Memory of the running guest")
    observed_restart_required = models.BooleanField(default=False)
    observed_volumes = models.JSONField(
        default=list, blank=True, help_text="Names of volumes the running machine has"
    )
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


class Snapshot(TenantModel):
    """A VM's snapshot on the cluster. VCD keeps one per VM: the current one; another exists while it is made.

    The VirtualMachineSnapshot is named after the row. `observed_*` are the watch's; `restore_name` names the
    VirtualMachineRestore that brings it back. Source: vApp.xsd SnapshotSectionType.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    vm = models.ForeignKey(Vm, on_delete=models.CASCADE, related_name="snapshots")
    is_current = models.BooleanField(default=False)
    was_on = models.BooleanField(default=False)
    has_memory = models.BooleanField(default=False, help_text="Asked for; the cluster keeps no memory image")
    size_mb = models.PositiveIntegerField(default=0)
    observed_uid = models.CharField(max_length=64, blank=True)
    observed_phase = models.CharField(max_length=32, blank=True)
    observed_message = models.TextField(blank=True)
    restore_name = models.CharField(max_length=253, blank=True)
    observed_restore = models.CharField(
        max_length=16, blank=True, help_text="running, complete or failed, of the restore of that name"
    )
    observed_restore_message = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("created_at",)
        constraints = (
            models.UniqueConstraint("vm", condition=models.Q(is_current=True), name="vapps_snapshot_current"),
        )

    def __str__(self) -> str:
        return f"snapshot of {self.vm_id}"
