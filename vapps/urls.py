"""URLs of vApps and VMs."""

from ssvirt.api.routes import routes
from vapps.legacy import access, creating, entities, power, queries

urlpatterns = [
    *routes("api/vdc/<id:vdc_id>/action/instantiateVAppTemplate", creating.InstantiateView),
    *routes("api/vdc/<id:vdc_id>/action/composeVApp", creating.ComposeView),
    *routes("api/vdc/<id:vdc_id>/vApps/query", queries.VdcVAppsQueryView),
]
for _prefix in ("api/vApp/<vmid:vm_id>", "api/vm/<id:vm_id>"):
    urlpatterns += [
        *routes(_prefix, entities.VmView),
        *routes(f"{_prefix}/power/action/powerOn", power.VmPowerOnView),
        *routes(f"{_prefix}/power/action/powerOff", power.VmPowerOffView),
        *routes(f"{_prefix}/action/deploy", power.VmDeployView),
        *routes(f"{_prefix}/action/undeploy", power.VmUndeployView),
        *routes(f"{_prefix}/metadata", access.VmMetadataView),
    ]
urlpatterns += [
    *routes("api/vApp/<id:vapp_id>", entities.VAppView, "vapp"),
    *routes("api/vApp/<id:vapp_id>/power/action/powerOn", power.VAppPowerOnView),
    *routes("api/vApp/<id:vapp_id>/power/action/powerOff", power.VAppPowerOffView),
    *routes("api/vApp/<id:vapp_id>/action/deploy", power.VAppDeployView),
    *routes("api/vApp/<id:vapp_id>/action/undeploy", power.VAppUndeployView),
    *routes("api/vApp/<id:vapp_id>/controlAccess", access.VAppControlAccessView),
    *routes("api/vApp/<id:vapp_id>/metadata", access.VAppMetadataView),
    *routes("api/vApp/<id:vapp_id>/vms/query", queries.VAppVmsQueryView),
]
