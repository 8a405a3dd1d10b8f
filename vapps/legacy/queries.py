"""The vApps of a VDC and the VMs of a vApp, as the query service answers."""

from orgs.rights import Rights
from ssvirt.api.query_views import ContentQueryView
from vapps.selectors import vapp_get
from vdcs.selectors import vdc_get


class VdcVAppsQueryView(ContentQueryView):
    rights = Rights.ORGANIZATION_VIEW
    query = "vApp"
    column = "vdc"
    find = staticmethod(vdc_get)


class VAppVmsQueryView(ContentQueryView):
    rights = Rights.ORGANIZATION_VIEW
    query = "vm"
    column = "container"
    find = staticmethod(vapp_get)
