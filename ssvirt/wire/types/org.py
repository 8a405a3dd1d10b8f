"""Organizations as tenants see them.

Source: organization.xsd, organizationList.xsd.
"""

from __future__ import annotations

from ssvirt.wire import media
from ssvirt.wire.schema import elem, elems, wire
from ssvirt.wire.types.entity import Entity, Reference, Resource


@wire("Org", media=media.ORG)
class Org(Entity):
    full_name: str | None = elem("FullName")
    is_enabled: bool | None = elem("IsEnabled")


@wire("OrgList", media=media.ORG_LIST)
class OrgList(Resource):
    orgs: list[Reference] = elems("Org")
