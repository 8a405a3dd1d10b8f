"""Disks: those that live with their VM, and independent ones."""

import uuid

from django.db import models

from ssvirt.core.tenancy import TenantModel
from vapps.models.vm import Vm


class DiskBus(models.TextChoices):
    """What a disk hangs on. The values are VCD's adapter types of DiskSettings. Source: go-clients.md 2.10."""

    IDE = "1", "IDE"
    BUS_LOGIC = "2", "Bus Logic parallel SCSI"
    LSI_LOGIC = "3", "LSI Logic parallel SCSI"
    LSI_LOGIC_SAS = "4", "LSI Logic SAS"
    PARAVIRTUAL = "5", "Paravirtual SCSI"
    SATA = "6", "SATA"
    NVME = "7", "NVMe"


class NamedDisk(TenantModel):
    """An independent disk: a DataVolume of its own that VMs attach. `observed_*` are the watch's.

    It is attached where a `Disk` refers to it. `projected_vm_id` is the VM that holds it after all its
    unfinished tasks. Source: disk.xsd DiskType.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    vdc = models.ForeignKey("vdcs.Vdc", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=128)
    description = models.CharField(max_length=256, blank=True)
    owner = models.ForeignKey("orgs.User", on_delete=models.PROTECT, related_name="+")
    size_mb = models.PositiveIntegerField()
    storage_policy = models.ForeignKey("vdcs.VdcStoragePolicy", on_delete=models.PROTECT, related_name="+")
    bus_type = models.CharField(max_length=4, default="6", help_text="5 IDE, 6 SCSI, 20 SATA, 20 NVMe")
    bus_sub_type = models.CharField(max_length=32, default="VirtualSCSI")
    sharing_type = models.CharField(max_length=32, default="None")
    iops = models.PositiveIntegerField(default=0)
    status = models.SmallIntegerField(default=0, help_text="0 being made, 1 ready, -1 failed")
    projected_vm_id = models.UUIDField(null=True, blank=True)
    is_going = models.BooleanField(default=False, help_text="A deletion has been accepted")
    observed_uid = models.CharField(max_length=64, blank=True)
    observed_phase = models.CharField(max_length=64, blank=True, help_text="DataVolume phase")
    observed_progress = models.PositiveSmallIntegerField(default=0)
    observed_message = models.TextField(blank=True)
    observed_capacity_mb = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "independent disk"
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    @property
    def holder_id(self) -> uuid.UUID | None:
        """The VM that has the disk now. Needs `slot` loaded."""
        slot: Disk | None = getattr(self, "slot", None)
        return slot.vm_id if slot is not None else None


class Disk(TenantModel):
    """A disk of a VM: a DataVolume named after its id, cloned or blank; or an independent disk (`named`).

    `source_kind` says what it is cloned from: a DataSource, or the volume of another disk.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    vm = models.ForeignKey(Vm, on_delete=models.CASCADE, related_name="disks")
    position = models.PositiveSmallIntegerField()
    named = models.OneToOneField(
        NamedDisk, null=True, blank=True, on_delete=models.PROTECT, related_name="slot"
    )
    size_mb = models.PositiveIntegerField()
    storage_policy = models.ForeignKey("vdcs.VdcStoragePolicy", on_delete=models.PROTECT, related_name="+")
    adapter = models.CharField(max_length=2, choices=DiskBus, default=DiskBus.PARAVIRTUAL)
    bus_number = models.PositiveSmallIntegerField(default=0)
    unit_number = models.PositiveSmallIntegerField(default=0)
    iops = models.PositiveIntegerField(default=0)
    is_hotpluggable = models.BooleanField(
        default=False, help_text="Its volume lives beside the machine, not in it: added after the machine"
    )
    overrides_policy = models.BooleanField(default=False, help_text="Its storage policy is not the VM's")
    source_kind = models.CharField(max_length=16, default="DataSource", help_text="DataSource or PVC")
    source_namespace = models.CharField(max_length=63, blank=True)
    source_name = models.CharField(max_length=253, blank=True)
    observed_phase = models.CharField(max_length=64, blank=True, help_text="DataVolume phase")
    observed_progress = models.PositiveSmallIntegerField(default=0)
    observed_message = models.TextField(blank=True)
    observed_capacity_mb = models.PositiveIntegerField(default=0)
    is_attached = models.BooleanField(default=False, help_text="The running machine has it, as observed")

    class Meta:
        ordering = ("position",)
        constraints = (models.UniqueConstraint("vm", "position", name="vapps_disk_position"),)

    def __str__(self) -> str:
        return f"disk {self.position}"

    @property
    def number(self) -> int:
        """Its DiskId, also its Item's InstanceID: 2000 + position. Source: live-VApp, python-clients.md 6.4."""
        return 2000 + self.position
