"""URLs of VDCs and networks."""

from ssvirt.api.routes import routes
from vdcs import legacy

urlpatterns = [
    *routes("api/vdc/<id:vdc_id>", legacy.VdcView, "vdc"),
    *routes("api/vdc/<id:vdc_id>/controlAccess", legacy.VdcControlAccessView),
    *routes("api/org/<id:org_id>/vdcs/query", legacy.OrgVdcsQueryView),
    *routes("api/network/<id:network_id>", legacy.NetworkView, "network"),
]
