"""URLs of vApps and VMs."""

from ssvirt.api.routes import routes
from vapps import legacy

urlpatterns = [
    *routes("api/vdc/<id:vdc_id>/action/instantiateVAppTemplate", legacy.InstantiateView),
    *routes("api/vdc/<id:vdc_id>/action/composeVApp", legacy.ComposeView),
    *routes("api/vdc/<id:vdc_id>/vApps/query", legacy.VdcVAppsQueryView),
]
for _prefix in ("api/vApp/<vmid:vm_id>", "api/vm/<id:vm_id>"):
    urlpatterns += [
        *routes(_prefix, legacy.VmView),
        *routes(f"{_prefix}/power/action/powerOn", legacy.VmPowerOnView),
        *routes(f"{_prefix}/power/action/powerOff", legacy.VmPowerOffView),
        *routes(f"{_prefix}/action/deploy", legacy.VmDeployView),
        *routes(f"{_prefix}/action/undeploy", legacy.VmUndeployView),
        *routes(f"{_prefix}/metadata", legacy.VmMetadataView),
    ]
urlpatterns += [
    *routes("api/vApp/<id:vapp_id>", legacy.VAppView, "vapp"),
    *routes("api/vApp/<id:vapp_id>/power/action/powerOn", legacy.VAppPowerOnView),
    *routes("api/vApp/<id:vapp_id>/power/action/powerOff", legacy.VAppPowerOffView),
    *routes("api/vApp/<id:vapp_id>/action/deploy", legacy.VAppDeployView),
    *routes("api/vApp/<id:vapp_id>/action/undeploy", legacy.VAppUndeployView),
    *routes("api/vApp/<id:vapp_id>/controlAccess", legacy.VAppControlAccessView),
    *routes("api/vApp/<id:vapp_id>/metadata", legacy.VAppMetadataView),
    *routes("api/vApp/<id:vapp_id>/vms/query", legacy.VAppVmsQueryView),
]
