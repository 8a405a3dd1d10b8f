"""What may be done in which state: one table for services and links.

Each action answers for a state: OFFERED (a link is shown), ACCEPTED (works though no link is shown), or
refused (absent). Judged on the projected state, after all unfinished tasks. Source: resolutions.md 3.1.
"""

from collections.abc import Collection
from enum import Enum
from typing import Final

from vapps.states import VAppState, VmState


class Verdict(Enum):
    OFFERED = "offered"
    ACCEPTED = "accepted"
    REFUSED = "refused"


STARTS: Final = frozenset({"powerOn", "deploy"})
"""Actions that start a machine."""
_O, _A = Verdict.OFFERED, Verdict.ACCEPTED

_VM: Final[dict[str, dict[str, Verdict]]] = {
    "powerOn": {VmState.UNDEPLOYED: _O, VmState.OFF: _O, VmState.SUSPENDED: _O, VmState.ON: _A},
    "powerOff": {VmState.ON: _O, VmState.SUSPENDED: _O, VmState.OFF: _A},
    "deploy": {VmState.UNDEPLOYED: _O, VmState.OFF: _O, VmState.ON: _A},
    "undeploy": {VmState.ON: _O, VmState.OFF: _O, VmState.SUSPENDED: _O},
    "remove": {VmState.UNDEPLOYED: _O, VmState.OFF: _O, VmState.FAILED: _O},
    "reset": {VmState.ON: _O},
    "reboot": {VmState.ON: _O},
    "shutdown": {VmState.ON: _O},
    "suspend": {VmState.ON: _O, VmState.SUSPENDED: _A},
    "discardSuspendedState": {VmState.SUSPENDED: _O},
    "customize": {VmState.UNDEPLOYED: _O, VmState.OFF: _O},
    "reconfigure": {VmState.UNDEPLOYED: _O, VmState.OFF: _O, VmState.ON: _O, VmState.SUSPENDED: _O},
    "createSnapshot": {VmState.UNDEPLOYED: _O, VmState.OFF: _O, VmState.ON: _O, VmState.SUSPENDED: _A},
    "revertSnapshot": {VmState.UNDEPLOYED: _O, VmState.OFF: _O, VmState.ON: _O, VmState.SUSPENDED: _O},
    "removeSnapshots": {VmState.UNDEPLOYED: _O, VmState.OFF: _O, VmState.ON: _O, VmState.SUSPENDED: _O},
    # The links to these are always there. Source: resolutions.md 3.1.
    "attachDisk": {VmState.UNDEPLOYED: _O, VmState.OFF: _O, VmState.ON: _O},
    "detachDisk": {VmState.UNDEPLOYED: _O, VmState.OFF: _O, VmState.ON: _O},
    "insertMedia": {VmState.UNDEPLOYED: _O, VmState.OFF: _O, VmState.ON: _O},
    "ejectMedia": {VmState.UNDEPLOYED: _O, VmState.OFF: _O, VmState.ON: _O},
    # These look at the machine as it is, so they are judged on the state itself, not on the projected one.
    "screen": {VmState.ON: _O},
    "metrics": {VmState.ON: _O},
}
"""A VM's actions by its state."""

_VAPP: Final[dict[str, dict[str, Verdict]]] = {
    "powerOn": {"undeployed": _O, "off": _O, "suspended": _O, "mixed": _O, "on": _A, "empty": _A, "idle": _A},
    "powerOff": {"on": _O, "suspended": _O, "mixed": _O, "off": _A, "idle": _O},
    "deploy": {"undeployed": _O, "off": _O, "mixed": _O, "on": _O, "empty": _O, "idle": _O},
    "undeploy": {"on": _O, "off": _O, "suspended": _O, "mixed": _O, "idle": _O},
    # Refused only while a VM is on or suspended, as some VM of a mixed one is. Source: resolutions.md 3.1.
    "remove": {"undeployed": _O, "off": _O, "empty": _O, "failed": _O, "idle": _O},
    "reset": {"on": _O, "mixed": _O, "idle": _O},
    "reboot": {"on": _O, "mixed": _O, "idle": _O},
    "shutdown": {"on": _O, "mixed": _O, "idle": _O},
    "suspend": {"on": _O, "mixed": _O, "suspended": _A, "idle": _O},
    "discardSuspendedState": {"suspended": _O, "mixed": _A},
    "recompose": {
        "undeployed": _O,
        "off": _O,
        "on": _O,
        "suspended": _O,
        "mixed": _O,
        "empty": _O,
        "idle": _O,
    },
    "createSnapshot": {"undeployed": _O, "off": _O, "on": _O, "mixed": _O, "suspended": _A},
    "revertSnapshot": {"undeployed": _O, "off": _O, "on": _O, "mixed": _O, "suspended": _O},
    "removeSnapshots": {"undeployed": _O, "off": _O, "on": _O, "mixed": _O, "suspended": _O},
}
"""A vApp's actions by its condition, see `vapp_condition`."""


def vapp_condition(state: str, vm_states: Collection[str]) -> str:
    """One word for a vApp and its VMs: creating, failed, gone, empty, idle (deployed and empty), undeployed,
    off, on, suspended, mixed. VMs whose creation failed do not count.
    """
    if state in (VAppState.CREATING, VAppState.FAILED, VAppState.GONE):
        return str(state)
    present = {vm for vm in vm_states if vm != VmState.GONE}
    if not present:
        return "empty" if state == VAppState.UNDEPLOYED else "idle"
    distinct = present - {VmState.FAILED}
    if distinct == {VmState.ON}:
        return "on"
    if distinct == {VmState.SUSPENDED}:
        return "suspended"
    if distinct <= {VmState.UNDEPLOYED} and state == VAppState.UNDEPLOYED:
        return "undeployed"
    if distinct <= {VmState.OFF, VmState.UNDEPLOYED}:
        return "off"
    return "mixed"


def vm_verdict(action: str, state: str) -> Verdict:
    """Whether `action` on a VM is offered, accepted or refused in (projected) `state`."""
    return _VM[action].get(state, Verdict.REFUSED)


def vapp_verdict(action: str, condition: str) -> Verdict:
    """Likewise for a vApp in `condition`."""
    return _VAPP[action].get(condition, Verdict.REFUSED)
