"""vApps, virtual machines, their disks and network cards, snapshots, tags and affinity rules."""

from vapps.models.disks import Disk, DiskBus, NamedDisk
from vapps.models.placement import AffinityRule, AffinityRuleVm, ConsoleTicket, SecurityTag
from vapps.models.vapp import FenceMode, VApp, VAppNetwork
from vapps.models.vm import AddressMode, Nic, Snapshot, Vm

__all__ = [
    "AddressMode",
    "AffinityRule",
    "AffinityRuleVm",
    "ConsoleTicket",
    "Disk",
    "DiskBus",
    "FenceMode",
    "NamedDisk",
    "Nic",
    "SecurityTag",
    "Snapshot",
    "VApp",
    "VAppNetwork",
    "Vm",
]
