"""URLs of vApps and VMs."""

from ssvirt.api.routes import routes
from vapps import cloudapi
from vapps.legacy import (
    affinity,
    console,
    creating,
    disks,
    entities,
    media,
    networks,
    power,
    products,
    queries,
    sections,
    vapp_sections,
)

urlpatterns = [
    *routes("api/vdc/<id:vdc_id>/action/instantiateVAppTemplate", creating.InstantiateView),
    *routes("api/vdc/<id:vdc_id>/action/composeVApp", creating.ComposeView),
    *routes("api/vdc/<id:vdc_id>/action/cloneVApp", creating.CloneView),
    *routes("api/vdc/<id:vdc_id>/action/moveVApp", creating.MoveView),
    *routes("api/vdc/<id:vdc_id>/action/createVm", creating.CreateVmView),
    *routes("api/vdc/<id:vdc_id>/action/instantiateVmFromTemplate", creating.InstantiateVmView),
    *routes("api/vdc/<id:vdc_id>/vApps/query", queries.VdcVAppsQueryView),
    *routes("api/vdc/<id:vdc_id>/disk", disks.DiskCreateView),
    *routes("api/disk/<id:disk_id>", disks.DiskView, "disk"),
    *routes("api/disk/<id:disk_id>/owner", disks.DiskOwnerView),
    *routes("api/disk/<id:disk_id>/attachedVms", disks.DiskAttachedVmsView),
]
for _prefix in ("api/vApp/<vmid:vm_id>", "api/vm/<id:vm_id>"):
    urlpatterns += [
        *routes(_prefix, entities.VmView),
        *routes(
            f"{_prefix}/action/discardSuspendedState",
            power.action_view(power.VmActionView, "discardSuspendedState"),
        ),
        *routes(f"{_prefix}/action/deploy", power.VmDeployView),
        *routes(f"{_prefix}/action/undeploy", power.VmUndeployView),
        *routes(f"{_prefix}/productSections", products.VmProductSectionsView),
        *routes(f"{_prefix}/disk/action/attach", disks.VmDiskAttachView),
        *routes(f"{_prefix}/disk/action/detach", disks.VmDiskDetachView),
        *routes(f"{_prefix}/media/action/insertMedia", media.VmInsertMediaView),
        *routes(f"{_prefix}/media/action/ejectMedia", media.VmEjectMediaView),
        *routes(f"{_prefix}/question", media.VmQuestionView),
        *routes(f"{_prefix}/question/action/answer", media.VmAnswerView),
        *routes(f"{_prefix}/screen", console.VmScreenView),
        *routes(f"{_prefix}/screen/action/acquireTicket", console.VmAcquireTicketView),
        *routes(f"{_prefix}/screen/action/acquireMksTicket", console.VmAcquireMksTicketView),
        *routes(f"{_prefix}/metrics/current", console.VmCurrentUsageView),
        *routes(f"{_prefix}/metrics/historic", console.VmHistoricUsageView),
        *routes(f"{_prefix}/runtimeInfoSection", console.VmRuntimeInfoView),
        *routes(f"{_prefix}/operatingSystemSection", sections.OperatingSystemView),
        *routes(f"{_prefix}/action/reconfigureVm", sections.ReconfigureView),
        *routes(f"{_prefix}/networkConnectionSection", sections.ConnectionsView),
        *routes(f"{_prefix}/guestCustomizationSection", sections.CustomizationView),
        *routes(f"{_prefix}/guestcustomizationstatus", sections.CustomizationStatusView),
        *routes(f"{_prefix}/virtualHardwareSection", sections.HardwareView),
        *routes(f"{_prefix}/virtualHardwareSection/cpu", sections.CpuView),
        *routes(f"{_prefix}/virtualHardwareSection/memory", sections.MemoryView),
        *routes(f"{_prefix}/virtualHardwareSection/disks", sections.DisksView),
        *routes(f"{_prefix}/virtualHardwareSection/networkCards", sections.CardsView),
        *routes(f"{_prefix}/virtualHardwareSection/media", media.DrivesView),
        *routes(f"{_prefix}/virtualHardwareSection/serialPorts", sections.SerialPortsView),
        *routes(f"{_prefix}/vmCapabilities", sections.CapabilitiesView),
        *routes(f"{_prefix}/bootOptions", sections.BootOptionsView),
        *routes(f"{_prefix}/action/bootOptions", sections.BootOptionsView),
        *routes(f"{_prefix}/vmSpecSection", sections.SpecView),
        *routes(f"{_prefix}/snapshotSection", sections.SnapshotSectionView),
        *routes(f"{_prefix}/action/createSnapshot", vapp_sections.VmCreateSnapshotView),
        *routes(f"{_prefix}/action/revertToCurrentSnapshot", vapp_sections.VmRevertSnapshotView),
        *routes(f"{_prefix}/action/removeAllSnapshots", vapp_sections.VmRemoveSnapshotsView),
        *routes(f"{_prefix}/action/enableNestedHypervisor", sections.EnableNestedView),
        *routes(f"{_prefix}/action/disableNestedHypervisor", sections.DisableNestedView),
        *routes(f"{_prefix}/action/customizeAtNextPowerOn", sections.CustomizeView),
        *routes(f"{_prefix}/action/upgradeHardwareVersion", sections.UpgradeHardwareView),
        *routes(f"{_prefix}/action/consolidate", sections.ConsolidateView),
    ]
urlpatterns += [
    *routes("api/vApp/<id:vapp_id>", entities.VAppView, "vapp"),
    *routes(
        "api/vApp/<id:vapp_id>/action/discardSuspendedState",
        power.action_view(power.VAppActionView, "discardSuspendedState"),
    ),
    *routes("api/vApp/<id:vapp_id>/action/deploy", power.VAppDeployView),
    *routes("api/vApp/<id:vapp_id>/action/undeploy", power.VAppUndeployView),
    *routes("api/vApp/<id:vapp_id>/productSections", products.VAppProductSectionsView),
    *routes("api/vApp/<id:vapp_id>/vms/query", queries.VAppVmsQueryView),
    *routes("api/vApp/<id:vapp_id>/action/recomposeVApp", creating.RecomposeView),
    *routes("api/vApp/<id:vapp_id>/leaseSettingsSection", vapp_sections.LeaseView),
    *routes("api/vApp/<id:vapp_id>/startupSection", vapp_sections.StartupView),
    *routes("api/vApp/<id:vapp_id>/networkSection", vapp_sections.NetworkSectionView),
    *routes("api/vApp/<id:vapp_id>/networkConfigSection", networks.NetworkConfigView),
    *routes("api/vApp/<id:vapp_id>/snapshotSection", vapp_sections.VAppSnapshotSectionView),
    *routes("api/vApp/<id:vapp_id>/action/createSnapshot", vapp_sections.VAppCreateSnapshotView),
    *routes("api/vApp/<id:vapp_id>/action/revertToCurrentSnapshot", vapp_sections.VAppRevertSnapshotView),
    *routes("api/vApp/<id:vapp_id>/action/removeAllSnapshots", vapp_sections.VAppRemoveSnapshotsView),
    *routes("api/vApp/<id:vapp_id>/vms", creating.RecomposeView),
]
urlpatterns += [
    *routes("cloudapi/1.0.0/securityTags/vm/<id:vm_id>", cloudapi.VmTagsView),
    *routes("cloudapi/1.0.0/securityTags/values", cloudapi.TagValuesView),
    *routes("cloudapi/1.0.0/securityTags/entities", cloudapi.TaggedEntitiesView),
    *routes("cloudapi/1.0.0/securityTags/tag", cloudapi.TagView),
    *routes(
        "cloudapi/1.0.0/orgVdcNetworks/<id:network_id>/allocatedIpAddresses", cloudapi.NetworkAddressesView
    ),
    *routes("api/vdc/<id:vdc_id>/vmAffinityRules", affinity.VdcAffinityRulesView),
    *routes("api/vmAffinityRule/<id:rule_id>", affinity.AffinityRuleView),
    *routes("api/vdc/<id:vdc_id>/vmAffinityRules/<id:rule_id>", affinity.AffinityRuleView),
]
for _action in power.POWER_ACTIONS:
    for _prefix in ("api/vApp/<vmid:vm_id>", "api/vm/<id:vm_id>"):
        urlpatterns += routes(
            f"{_prefix}/power/action/{_action}", power.action_view(power.VmActionView, _action)
        )
    urlpatterns += routes(
        f"api/vApp/<id:vapp_id>/power/action/{_action}", power.action_view(power.VAppActionView, _action)
    )
