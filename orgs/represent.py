"""Sessions and organizations as VCD shows them."""

import uuid
from typing import Any

from orgs.models import Org, Session, User
from ssvirt.api.hrefs import KINDS, Hrefs, entity_urn
from ssvirt.api.principal import Principal
from ssvirt.api.represent import entity_link, link, reference
from ssvirt.core.urns import urn
from ssvirt.wire import media
from ssvirt.wire import types as w

_ORG_LIST = "application/vnd.vmware.vcloud.orgList+xml"
_QUERY_LIST = "application/vnd.vmware.vcloud.query.queryList+xml"
_RECORDS = "application/vnd.vmware.vcloud.query.records+xml"
SITE_NAME = "SSVirt"
_SITE_ID = uuid.uuid5(uuid.NAMESPACE_DNS, "ssvirt.io")
"""One installation is one site; the id only has to be stable."""


def session_document(principal: Principal, hrefs: Hrefs) -> w.Session:
    """Source: session.xsd SessionType; links as resolutions.md 1.3: one per (rel, type)."""
    return w.Session(
        href=hrefs.at("/api/session"),
        type="application/vnd.vmware.vcloud.session+xml",
        user=principal.user_name,
        org=principal.org_name,
        user_id=entity_urn("user", principal.user_id),
        roles=principal.role_name,
        links=[
            entity_link(hrefs, "down", "org", principal.org_id, name=principal.org_name),
            link("down", hrefs.at("/api/org/"), _ORG_LIST),
            link("down", hrefs.at("/api/query"), _QUERY_LIST),
            link("down", hrefs.at("/api/admin/"), media.ADMIN),
            link("remove", hrefs.at("/api/session")),
        ],
        authorized_locations=w.AuthorizedLocations(),
    )


def session_json(session: Session, hrefs: Hrefs, *, idle_minutes: int) -> dict[str, Any]:
    """The Session of /cloudapi. Needs user, role and org loaded. Source: CloudAPI Session."""
    user: User = session.user
    org = {"name": user.org.name, "id": entity_urn("org", user.org_id)}
    return {
        "id": entity_urn("session", session.pk),
        "site": {"name": SITE_NAME, "id": urn("site", _SITE_ID)},
        "user": {"name": user.username, "id": entity_urn("user", user.pk)},
        "org": org,
        "operatingOrg": org,
        "location": SITE_NAME,
        "roles": [user.role.name],
        "roleRefs": [{"name": user.role.name, "id": entity_urn("role", user.role_id)}],
        "sessionIdleTimeoutMinutes": idle_minutes,
    }


def org_json(org: Org) -> dict[str, Any]:
    """The Org of /cloudapi. Needs a row of `orgs_with_counts`. Source: CloudAPI Org."""
    return {
        "id": entity_urn("org", org.pk),
        "name": org.name,
        "displayName": org.full_name or org.name,
        "description": org.description,
        "isEnabled": org.is_enabled,
        "userCount": org.user_count,  # type: ignore[attr-defined]
        "canPublish": False,
    }


def org_document(org: Org, hrefs: Hrefs, *, children: list[w.Link]) -> w.Org:
    """The Org with its query links first, in the order that pyvcloud looks for them.

    `children` are links to the VDCs, catalogs and networks. Source: python-clients.md 2.5, resolutions.md
    3.4.
    """
    href = hrefs.of("org", org.pk)
    query = hrefs.at("/api/query?type={}&format=records{}")
    return w.Org(
        href=href,
        id=entity_urn("org", org.pk),
        type=KINDS["org"].media,
        name=org.name,
        links=[
            link("down", query.format("orgVdc", f"&filter=org=={href}"), _RECORDS),
            link("down", query.format("catalog", ""), _RECORDS),
            *children,
            link("down", hrefs.at(f"/api/tasksList/{org.pk}"), "application/vnd.vmware.vcloud.tasksList+xml"),
            link("down", hrefs.at("/api/supportedSystemsInfo/"), media.SUPPORTED_SYSTEMS_INFO),
            link("down", f"{href}/metadata", media.METADATA),
        ],
        description=org.description,
        full_name=org.full_name or org.name,
        is_enabled=org.is_enabled,
    )


def org_list_document(orgs: list[Org], hrefs: Hrefs) -> w.OrgList:
    return w.OrgList(
        href=hrefs.at("/api/org/"),
        type=_ORG_LIST,
        orgs=[reference(hrefs, "org", org.pk, org.name) for org in orgs],
    )
