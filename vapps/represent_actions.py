"""Links to change: to sections, by right; to power, deployment and snapshots, by what a state offers too."""

from collections.abc import Callable

from orgs.rights import Rights
from orgs.services import EntityAccess
from ssvirt.api.represent import link
from ssvirt.wire import types as w
from vapps.legality import STARTS

_SECTION = "application/vnd.vmware.vcloud.{}+xml"
_POWER = ("powerOn", "powerOff", "reset", "reboot", "shutdown", "suspend")
_SNAPSHOT = (
    ("removeSnapshots", "snapshot:removeAll", "removeAllSnapshots"),
    ("revertSnapshot", "snapshot:revertToCurrent", "revertToCurrentSnapshot"),
)


def edit_links(access: EntityAccess, right: str, href: str, section: str) -> list[w.Link]:
    """The link to put the section, for those who may. `section` is the middle of its media type."""
    return [link("edit", href, _SECTION.format(section))] if access.may(right) else []


def action_links(
    href: str,
    access: EntityAccess,
    offered: Callable[[str], bool],
    *,
    has_snapshot: bool,
    is_expired: bool,
) -> list[w.Link]:
    """Power links carry no type: clients look for exactly that. Source: resolutions.md 3.8.

    Nothing of a vApp whose storage lease has run out can be started.
    """
    links: list[w.Link] = []
    withheld = STARTS if is_expired else ()
    if access.may(Rights.VAPP_POWER):
        links += [
            link(f"power:{action}", f"{href}/power/action/{action}")
            for action in _POWER
            if action not in withheld and offered(action)
        ]
        links += [
            link(action, f"{href}/action/{action}", _SECTION.format(f"{action}VAppParams"))
            for action in ("deploy", "undeploy")
            if action not in withheld and offered(action)
        ]
        if offered("discardSuspendedState"):
            links.append(link("discardState", f"{href}/action/discardSuspendedState"))
    if access.may(Rights.VAPP_SNAPSHOT):
        if offered("createSnapshot"):
            media = _SECTION.format("createSnapshotParams")
            links.append(link("snapshot:create", f"{href}/action/createSnapshot", media))
        links += [
            link(rel, f"{href}/action/{path}")
            for action, rel, path in _SNAPSHOT
            if has_snapshot and offered(action)
        ]
    return links
