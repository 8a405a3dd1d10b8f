"""The roles of an organization, as the query service answers."""

from orgs.rights import Rights
from orgs.selectors import org_get
from ssvirt.api.query_views import ContentQueryView


class OrgRolesQueryView(ContentQueryView):
    rights = Rights.ADMINISTRATOR_VIEW
    query = "role"
    column = "org"
    find = staticmethod(org_get)
