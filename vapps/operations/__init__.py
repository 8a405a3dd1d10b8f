"""What vApp and VM operations do on the cluster, step by step.

Claims (see `vapps.services`): an operation is exclusive on the VMs it acts on, shared on what holds them.
"""

from vapps.operations import (
    affinity,
    creating,
    deleting,
    disks,
    media,
    networks,
    power,
    products,
    reconfiguring,
    settings,
    snapshots,
)

__all__ = [
    "affinity",
    "creating",
    "deleting",
    "disks",
    "media",
    "networks",
    "power",
    "products",
    "reconfiguring",
    "settings",
    "snapshots",
]
