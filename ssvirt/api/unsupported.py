"""What VCD has and this service does not do: answered by VCD's own "not supported" error.

The patterns are included after those of all apps, so they catch only what none of them serves. What a family
still catches is in docs/coverage.md; one that catches nothing any more fails tests/contract.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from django.urls import URLPattern, re_path
from rest_framework.request import Request

from ssvirt.api.views import SIGNED_IN, LegacyView
from ssvirt.core.errors import NotSupported


@dataclass(frozen=True, slots=True)
class Family:
    """Operations that share a reason.

    `paths` maps methods ("GET PUT") to a regular expression for what follows /api/.
    """

    what: str
    why: str
    paths: Mapping[str, str]


_ANY: Final = "GET POST PUT DELETE"
_NO_VCENTER: Final = "virtual machines run on KubeVirt, there is no vCenter"
_NO_NSX_V: Final = "networks are the cluster's, there are no appliances"

FAMILIES: Final = (
    Family(
        "This vSphere operation",
        _NO_VCENTER,
        {
            "POST": "(?:vApp|vm)/[^/]+/action/(?:checkCompliance|installVMwareTools|reloadFromVc|relocate)"
            "|vAppTemplate/[^/]+/action/(?:consolidate|relocate)"
            "|admin/vdc/[^/]+/action/registerVApp",
            "GET": "(?:vApp|vm)/[^/]+/complianceResult",
        },
    ),
    Family(
        "This operation on the content of a catalog",
        "what a catalog has comes from the provider's commands",
        {
            "POST": "vdc/[^/]+/media"
            "|vdc/[^/]+/action/(?:captureVApp|cloneMedia|cloneVAppTemplate|instantiateOvf|uploadVAppTemplate)"
            "|catalog/[^/]+/action/(?:captureVApp|copy|move|sync|upload)|catalog/[^/]+/catalogItems"
            "|catalogItem/[^/]+/action/sync"
            "|(?:vApp|vm|vAppTemplate|media)/[^/]+/action/(?:enable|disable)Download",
            "GET": "(?:vApp|vm|vAppTemplate)/[^/]+/ovf",
        },
    ),
    Family(
        "Turning a vApp into standalone VMs, or back,",
        "a standalone VM is made as one",
        {"POST": "(?:vApp|vm)/[^/]+/action/(?:convertAllVAppVmsToStandAloneVms|convertStandAloneVmToVApp)"},
    ),
    Family(
        "Checking or applying a placement policy",
        "compute policies are sizes only",
        {"POST": "(?:vApp|vm)/[^/]+/action/(?:checkComputePolicyCompliance|reapplyComputePolicy)"},
    ),
    Family(
        "Maintenance mode of a vApp",
        "maintenance is a matter of the cluster's nodes",
        {"POST": "(?:vApp|vm)/[^/]+/action/(?:enter|exit)MaintenanceMode"},
    ),
    Family(
        "Replication tracking",
        "there is no vCloud Availability",
        {
            "POST": "(?:vApp|vm)/[^/]+/action/(?:changeReplicationTrackingSettings|convertToReplicationTrackingVm"
            "|failover)"
        },
    ),
    Family(
        "The history of metrics",
        "measurements are not kept",
        {"GET POST": "(?:vApp|vm|vdc|org)/[^/]+/metrics/historic"},
    ),
    Family(
        "A trusted platform module",
        "VMs get none",
        {
            "GET": "(?:vApp|vm)/[^/]+/trustedPlatformModule",
            "POST": "(?:vApp|vm)/[^/]+/action/editTrustedPlatformModule",
        },
    ),
    Family(
        "Waiting for the customization script",
        "it does not report to the API",
        {"GET PUT": "(?:vApp|vm)/[^/]+/checkpostcustomizationscript"},
    ),
    Family(
        "A serial port",
        "VMs have none that clients set",
        {"GET PUT": "(?:vApp|vm|vAppTemplate)/[^/]+/virtualHardwareSection/serialPorts"},
    ),
    Family(
        "A shadow VM",
        "disks are cloned in full",
        {"GET": "vAppTemplate/[^/]+/shadowVms", "GET DELETE": "shadowVm/[^/]+"},
    ),
    Family(
        "Moving a disk",
        "a disk stays in its VDC",
        {"POST": "disk/[^/]+/action/moveDisk"},
    ),
    Family(
        "A summary of all VDCs",
        "use is read per VDC",
        {"GET": "org/[^/]+/vdcRollup"},
    ),
    Family(
        "A VDC template",
        "the provider makes VDCs",
        {
            _ANY: "(?:admin/|admin/extension/)?vdcTemplates?(?:/.+)?",
            "POST": "org/[^/]+/action/instantiate",
        },
    ),
    Family(
        "An association of sites",
        "an installation stands alone",
        {_ANY: "(?:site|site/associations(?:/.+)?|admin/org/[^/]+/associations(?:/.+)?)"},
    ),
    Family(
        "An event",
        "events are no entities of this API",
        {"GET": "admin/event/[^/]+", "POST": "admin/org/[^/]+/events"},
    ),
    Family(
        "A schema file",
        "the schemas are VMware's",
        {"GET": r"schema|v1\.5/schema/[^/]+|versions/schema/versions\.xsd"},
    ),
    Family(
        "This operation of NSX for vSphere",
        _NO_NSX_V,
        {
            "POST": "admin/edgeGateway/[^/]+/action/(?:configureSyslogServerSettings"
            "|convertToAdvancedGateway|disableDistributedRouting|enableDistributedRouting|modifyFormFactor"
            "|reapplyServices|redeploy|syncSyslogServerSettings|upgradeConfig)"
            "|admin/network/[^/]+/action/(?:convertTo(?:Distributed|Internal|Sub)Interface|reset"
            "|syncSyslogServerSettings)",
            "PUT": "admin/edgeGateway/[^/]+/action/updateProperties",
        },
    ),
    Family(
        "An NSX manager",
        _NO_NSX_V,
        {_ANY: "(?:admin/extension/)?nsxtManagers(?:/.+)?"},
    ),
    Family(
        "API extensibility",
        "the API takes no extensions",
        {
            "GET": "apidefinitions?(?:/.+)?|extensibility|files|service(?:/.+)?",
            _ANY: "admin/extension/(?:service|rule|object)(?:/.+)?"
            "|admin/(?:catalog|org|providervdc|vdc)/[^/]+/extension|admin/vdcs/extension(?:/[^/]+)?",
        },
    ),
    Family(
        "A blocking task, queue or notification",
        "tasks are neither held up nor announced",
        {_ANY: "admin/extension/(?:blockingTasks?|settings/(?:amqp|blockingTask|notifications))(?:/.+)?"},
    ),
    Family(
        "A stranded item",
        "what is deleted is deleted on the cluster too",
        {_ANY: "admin/extension/strandedItems?(?:/.+)?"},
    ),
    Family(
        "vCenter infrastructure",
        _NO_VCENTER,
        {
            _ANY: "admin/extension/(?:action/registervimserver|datastores?|host|hostGroup|hostReferences"
            "|namedVmGroupReferences|resourcePool|vdc/[^/]+/resourcePools|vimServer|vimServerReferences"
            "|vmGroups?|vsm)(?:/.+)?|vmGroups?(?:/.+)?"
        },
    ),
    Family(
        "A system setting",
        "the service is configured by its environment",
        {_ANY: "admin/extension/settings(?:/.+)?"},
    ),
    Family(
        "Provider infrastructure",
        "it is managed in the admin portal",
        {
            _ANY: "admin/extension(?:/(?:action/migrateTenant|externalnets?|externalNetworkReferences"
            "|networkPools?|networkPoolReferences|orgNetworks|orgVdcs|providervdc|providerVdcReferences"
            "|providervdcsparams|pvdcStorageProfile|vapps)(?:/.+)?)?"
        },
    ),
)


class UnsupportedView(LegacyView):
    """Refuses the methods of a family; any other method is 405."""

    rights = SIGNED_IN
    what = ""
    why = ""

    def _refuse(self, request: Request, *args: Any, **kwargs: Any) -> NoReturn:
        raise NotSupported(f"{self.what} is not supported: {self.why}.")

    get = post = put = delete = _refuse


def _patterns(family: Family) -> Iterator[URLPattern]:
    for methods, path in family.paths.items():
        names = methods.lower().replace("get", "get head").split()
        view = UnsupportedView.as_view(what=family.what, why=family.why, http_method_names=names)
        yield re_path(rf"^api/(?:{path})/?\Z", view)


urlpatterns = [pattern for family in FAMILIES for pattern in _patterns(family)]
