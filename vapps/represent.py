"""vApps as VCD shows them; their VMs are in `vapps.represent_vm`."""

from collections.abc import Sequence

from orgs.models import AccessLevel
from orgs.rights import Rights
from orgs.services import EntityAccess
from ssvirt.api.hrefs import KINDS, Hrefs, entity_urn
from ssvirt.api.represent import entity_link, link, reference
from ssvirt.wire import types as w
from tasks.models import Task
from tasks.represent import tasks_element
from vapps.legality import Verdict, vapp_condition, vapp_verdict
from vapps.models import VApp, VAppNetwork, Vm
from vapps.represent_actions import action_links
from vapps.represent_sections import vapp_sections
from vapps.represent_vm import vm_document
from vapps.states import VAppState, vapp_status

_SECTION = "application/vnd.vmware.vcloud.{}+xml"


def vapp_document(vapp: VApp, hrefs: Hrefs, access: EntityAccess, *, tasks: Sequence[Task] = ()) -> w.VApp:
    """The vApp with all its parts loaded. Source: vApp.xsd VAppType; resolutions.md 1.9 and 4 (order).

    `tasks` are unfinished ones of the vApp and its VMs; each is shown with its owner.
    """
    href = hrefs.of("vApp", vapp.pk)
    vms = list(vapp.vms.all())
    tasks_of = {vm.pk: [task for task in tasks if task.owner_id == vm.pk] for vm in vms}
    networks = list(vapp.networks.all())
    return w.VApp(
        href=href,
        id=entity_urn("vApp", vapp.pk),
        type=KINDS["vApp"].media,
        name=vapp.name,
        status=vapp_status(vapp.state, [vm.state for vm in vms]),
        deployed=vapp.state == VAppState.DEPLOYED,
        ovf_descriptor_uploaded=True,
        links=_links(vapp, vms, networks, href, hrefs, access),
        description=vapp.description,
        tasks=tasks_element([task for task in tasks if task.owner_id not in tasks_of], hrefs),
        sections=vapp_sections(vapp, hrefs, access),
        date_created=vapp.created_at,
        owner=w.Owner(
            type=_SECTION.format("owner"), user=reference(hrefs, "user", vapp.owner_id, vapp.owner.username)
        ),
        auto_nature=vapp.is_auto,
        in_maintenance_mode=False,
        children=w.VAppChildren(
            vms=[
                vm_document(vm, hrefs, access, vapp=vapp, tasks=tasks_element(tasks_of[vm.pk], hrefs))
                for vm in vms
            ]
        )
        if vms
        else None,
    )


def _links(
    vapp: VApp,
    vms: Sequence[Vm],
    networks: Sequence[VAppNetwork],
    href: str,
    hrefs: Hrefs,
    access: EntityAccess,
) -> list[w.Link]:
    """What may be done now, by the projected state, and where the parts are."""
    condition = vapp_condition(vapp.projected_state, [vm.projected_state for vm in vms])

    def offered(action: str) -> bool:
        return vapp_verdict(action, condition) is Verdict.OFFERED

    has_snapshot = any(snapshot.is_current for vm in vms for snapshot in vm.snapshots.all())
    links = action_links(href, access, offered, has_snapshot=has_snapshot, is_expired=vapp.is_expired)
    if access.may(Rights.VAPP_EDIT) and offered("recompose"):
        links += [
            link("edit", href, KINDS["vApp"].media),
            link("recompose", f"{href}/action/recomposeVApp", _SECTION.format("recomposeVAppParams")),
        ]
    links += [
        w.Link(
            rel="down",
            href=hrefs.of("vAppNetwork", network.pk),
            type=KINDS["vAppNetwork"].media,
            name=network.name,
        )
        for network in networks
    ]
    if access.may(Rights.VAPP_VIEW_ACL, AccessLevel.READ_ONLY):
        links.append(link("down", f"{href}/controlAccess/", _SECTION.format("controlAccess")))
    if access.may(Rights.VAPP_SHARING, AccessLevel.FULL_CONTROL):
        links.append(link("controlAccess", f"{href}/action/controlAccess", _SECTION.format("controlAccess")))
    links.append(entity_link(hrefs, "up", "vdc", vapp.vdc_id))
    links += [
        link("down", f"{href}/{part}", _SECTION.format(part.rstrip("/")))
        for part in ("owner", "metadata", "productSections/")
    ]
    if access.may(Rights.VAPP_DELETE, AccessLevel.FULL_CONTROL) and offered("remove"):
        links.append(link("remove", href))
    return links
