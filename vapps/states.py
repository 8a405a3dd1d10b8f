"""States of vApps and VMs, and what VCD clients are told of them.

VM::

    creating --> undeployed <--> off <--> on <--> suspended       (undeployed: VCD's deployed="false")
        `------> failed

vApp::

    creating --> undeployed <--> deployed
        `------> failed

`gone` is a projected state only: a deletion has been accepted and not carried out yet.
"""

from collections.abc import Collection
from enum import IntEnum

from django.db import models


class VmState(models.TextChoices):
    CREATING = "creating"
    UNDEPLOYED = "undeployed"
    OFF = "off"
    ON = "on"
    SUSPENDED = "suspended"
    FAILED = "failed"
    GONE = "gone"


class VAppState(models.TextChoices):
    CREATING = "creating"
    UNDEPLOYED = "undeployed"
    DEPLOYED = "deployed"
    FAILED = "failed"
    GONE = "gone"


class Status(IntEnum):
    """The `status` attribute of entities. Source: vcd-api.md 3.6."""

    FAILED_CREATION = -1
    UNRESOLVED = 0
    RESOLVED = 1
    SUSPENDED = 3
    POWERED_ON = 4
    UNKNOWN = 6
    POWERED_OFF = 8
    MIXED = 10


_VM_STATUS = {
    VmState.CREATING: Status.UNRESOLVED,
    VmState.UNDEPLOYED: Status.POWERED_OFF,
    VmState.OFF: Status.POWERED_OFF,
    VmState.ON: Status.POWERED_ON,
    VmState.SUSPENDED: Status.SUSPENDED,
    VmState.FAILED: Status.FAILED_CREATION,
    VmState.GONE: Status.UNKNOWN,
}


def vm_status(state: str) -> Status:
    """VCD's status of a VM in `state`."""
    return _VM_STATUS[VmState(state)]


def vm_is_deployed(state: str) -> bool:
    """After a power-off a VM stays deployed; only undeploying clears it. Source: go-clients.md 6.6."""
    return state in (VmState.OFF, VmState.ON, VmState.SUSPENDED)


def vapp_status(state: str, vm_states: Collection[str]) -> Status:
    """VCD's status of a vApp, made of its own deploy state and its VMs. Never above 10.

    Source: go-clients.md 6.6 and resolutions.md 2.8: empty 1, deployed and empty 4, all on 4, all suspended
    3, deployed and all off 8, undeployed 8, anything else 10.
    """
    if state == VAppState.CREATING:
        return Status.UNRESOLVED
    if state == VAppState.FAILED:
        return Status.FAILED_CREATION
    if not vm_states:
        return Status.POWERED_ON if state == VAppState.DEPLOYED else Status.RESOLVED
    distinct = set(vm_states)
    if distinct == {VmState.ON}:
        return Status.POWERED_ON
    if distinct == {VmState.SUSPENDED}:
        return Status.SUSPENDED
    if distinct == {VmState.UNDEPLOYED} and state != VAppState.DEPLOYED:
        return Status.POWERED_OFF
    if distinct == {VmState.OFF}:
        return Status.POWERED_OFF
    return Status.MIXED


def status_word(status: Status) -> str:
    """The word of query records: `POWERED_ON` and the like."""
    return status.name
