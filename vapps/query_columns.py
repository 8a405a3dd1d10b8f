"""What the records of vApps, VMs, their networks and disks are made of. States become words by the functions of
`vapps.states`: SQL looks them up in tables made by these.
"""

import uuid
from typing import Final

from django.db.models import (
    BigIntegerField,
    Case,
    Count,
    Exists,
    F,
    IntegerField,
    Max,
    Min,
    OuterRef,
    Q,
    Subquery,
    Sum,
    TextField,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Coalesce, Now, NullIf, Replace

from catalogs.models import TemplateDisk, TemplateNic, TemplateStatus
from ssvirt.api.hrefs import entity_urn
from ssvirt.api.query import Column, constant, derived, flag, hanging, host, netmask, words
from tasks.models import UNFINISHED, Task
from vapps.models import Disk, FenceMode, NamedDisk, Nic, Snapshot, VApp, Vm
from vapps.services.reconfiguring import CUSTOMIZATION_PATIENCE
from vapps.states import VAppState, VmState, status_word, vapp_status, vm_is_deployed, vm_status

_MIXED: Final = (VmState.ON, VmState.OFF)
_VM_WORDS: Final = {str(state): status_word(vm_status(state)) for state in VmState}
_DEPLOYED: Final = [state for state in VmState if vm_is_deployed(state)]
_TEMPLATE_VM_WORDS: Final = {
    str(TemplateStatus.FAILED_CREATION.value): "FAILED_CREATION",
    str(TemplateStatus.UNRESOLVED.value): "UNRESOLVED",
    str(TemplateStatus.RESOLVED.value): "POWERED_OFF",
}


def _vapp_words() -> dict[str, str]:
    """Word of a vApp by its state and the one state of its VMs: none, or `mixed`."""
    made = {}
    for state in VAppState:
        made[f"{state} "] = status_word(vapp_status(state, []))
        made[f"{state} mixed"] = status_word(vapp_status(state, _MIXED))
        for vm in VmState:
            made[f"{state} {vm}"] = status_word(vapp_status(state, [vm]))
    return made


def _vm_states() -> Combinable:
    """The state of a vApp's VMs: null without VMs, `mixed` where they differ."""
    low, high = Min("state"), Max("state")
    grouped = hanging(Vm).filter(vapp=OuterRef("pk")).order_by().values("vapp").annotate(low=low, high=high)
    one = Case(When(low=F("high"), then=F("low")), default=Value("mixed"), output_field=TextField())
    return Subquery(grouped.annotate(one=one).values("one")[:1], output_field=TextField())


def _of_vms(made: Sum | Count) -> Combinable:
    return derived(hanging(Vm), "vapp", made)


_CURRENT = hanging(Snapshot).filter(is_current=True)
_HAS_TASKS = Q(Exists(hanging(Task).filter(owner_id=OuterRef("pk"), status__in=UNFINISHED))) | ~Q(
    state=F("projected_state")
)
"""Of its own (a reconfiguration leaves the state as it is), or one of the vApp's that leads a VM to another state."""
_VAPP_CPUS = _of_vms(Sum("cpus"))
_VAPP_STORAGE = derived(hanging(Disk).filter(named__isnull=True), "vm__vapp", Sum("size_mb"))

VAPP: Final = {
    "name": Column("name"),
    "description": Column("description"),
    "vdc": Column("vdc_id", "reference", "vdc"),
    "vdcName": Column("vdc__name"),
    "org": Column("org_id", "reference", "org"),
    "isVdcEnabled": Column("vdc__is_enabled", "flag"),
    "status": Column(words(_vapp_words(), "state", _vm_states())),
    "isDeployed": flag(Q(state=VAppState.DEPLOYED)),
    "isBusy": flag(_HAS_TASKS),
    "isEnabled": constant(True),
    "isPublic": constant(False),
    "isInMaintenanceMode": constant(False),
    "isAutoNature": Column("is_auto", "flag"),
    "isExpired": Column("is_expired", "flag"),
    "creationDate": Column("created_at", "moment"),
    "owner": Column("owner_id", "reference", "user"),
    "ownerName": Column("owner__username"),
    "numberOfVMs": Column(_of_vms(Count("pk")), "number"),
    "numberOfCpus": Column(_VAPP_CPUS, "number"),
    "cpuAllocationMhz": Column(_VAPP_CPUS * F("vdc__vcpu_mhz"), "number"),
    "memoryAllocationMB": Column(_of_vms(Sum("memory_mb")), "number"),
    "totalStorageAllocatedMb": Column(_VAPP_STORAGE, "number"),
    "storageKB": Column(_VAPP_STORAGE * 1024, "number"),
    "snapshot": flag(Q(Exists(_CURRENT.filter(vm__vapp=OuterRef("pk"))))),
    "snapshotCreated": Column(derived(_CURRENT, "vm__vapp", Max("created_at"), default=None), "moment"),
    "autoUndeployDate": Column("deployment_expires_at", "moment"),
    "autoDeleteDate": Column("storage_expires_at", "moment"),
    "hasOnlyReplicationModeVms": constant(False),
}


def _first_card(what: str | Combinable) -> Combinable:
    """Of the card that counts: the primary one, else the first."""
    cards = hanging(Nic).filter(vm=OuterRef("pk")).order_by("-is_primary", "position")
    return Subquery(
        cards.annotate(wanted=what if not isinstance(what, str) else F(what)).values("wanted")[:1]
    )


def _urn(policy_id: uuid.UUID) -> str:
    return entity_urn("vdcComputePolicy", policy_id)


_VERSION = Cast(Replace("hardware_version", Value("vmx-"), Value("")), IntegerField())
_ANY_VM: Final = {
    "name": Column("name"),
    "description": Column("description"),
    "org": Column("org_id", "reference", "org"),
    "vappScopedLocalId": Column(Cast("local_id", TextField())),
    "isDeleted": constant(False),
    "isInMaintenanceMode": constant(False),
    "isComputePolicyCompliant": constant(True),
    "encrypted": constant(False),
    "hasVgpuPolicy": constant(False),
    "tpmPresent": constant(False),
    "isReplicationTrackingVm": constant(False),
    "numberOfCpus": Column("cpus", "number"),
    "memoryMB": Column("memory_mb", "number"),
}
VM: Final = {
    **_ANY_VM,
    "isVAppTemplate": constant(False),
    "container": Column("vapp_id", "reference", "vApp"),
    "containerName": Column("vapp__name"),
    "owner": Column("vapp__owner_id", "reference", "user"),
    "ownerName": Column("vapp__owner__username"),
    "vdc": Column("vdc_id", "reference", "vdc"),
    "vdcName": Column("vdc__name"),
    "isVdcEnabled": Column("vdc__is_enabled", "flag"),
    "isPublished": constant(False),
    "status": Column(words(_VM_WORDS, "state")),
    "isDeployed": flag(Q(state__in=_DEPLOYED)),
    "isBusy": flag(_HAS_TASKS),
    "isAutoNature": Column("vapp__is_auto", "flag"),
    "isExpired": Column("vapp__is_expired", "flag"),
    "guestOs": Column(Coalesce(NullIf("observed_guest_os", Value("")), "os_type")),
    "detectedGuestOs": Column(NullIf("observed_guest_os", Value(""))),
    "hardwareVersion": Column(_VERSION, "number"),
    "firmware": Column("firmware"),
    "networkName": Column(_first_card("vapp_network__name")),
    "network": Column(_first_card("vapp_network__parent_id"), "reference", "network"),
    "ipAddress": Column(_first_card(host(Coalesce("address", "observed_address")))),
    "storageProfileName": Column("storage_policy__policy__name"),
    "defaultStoragePolicyName": Column("storage_policy__policy__name"),
    "totalStorageAllocatedMb": Column(
        derived(hanging(Disk).filter(named__isnull=True), "vm", Sum("size_mb")), "number"
    ),
    "snapshot": flag(Q(Exists(_CURRENT.filter(vm=OuterRef("pk"))))),
    "numOfSnapshots": Column(derived(_CURRENT, "vm", Count("pk")), "number"),
    "snapshotCreated": Column(derived(_CURRENT, "vm", Max("created_at"), default=None), "moment"),
    "gcStatus": Column(
        Case(
            # As `customization_status`: a guest without an agent will never say that it is done.
            When(
                Q(is_agent_connected=True)
                | Q(needs_customization=False, customized_at__lt=Now() - CUSTOMIZATION_PATIENCE),
                then=Value("GC_COMPLETE"),
            ),
            default=Value("GC_PENDING"),
        )
    ),
    "vmSizingPolicyId": Column("compute_policy_id", "reference", show=_urn),
    "autoUndeployDate": Column("vapp__deployment_expires_at", "moment"),
    "autoDeleteDate": Column("vapp__storage_expires_at", "moment"),
    "isAutoUndeployNotified": constant(False),
    "isAutoDeleteNotified": constant(False),
    "dateCreated": Column("created_at", "moment"),
    "hostName": Column(NullIf("observed_node", Value(""))),
}
_TEMPLATE_CARD = hanging(TemplateNic).filter(vm=OuterRef("pk")).order_by("position")
TEMPLATE_VM: Final = {
    **_ANY_VM,
    "isVAppTemplate": constant(True),
    "container": Column("template_id", "reference", "vAppTemplate"),
    "containerName": Column("template__name"),
    "owner": Column("template__owner_id", "reference", "user"),
    "ownerName": Column("template__owner__username"),
    "catalogName": Column("template__item__catalog__name"),
    "isPublished": Column("template__item__catalog__is_published", "flag"),
    "status": Column(words(_TEMPLATE_VM_WORDS, "template__status")),
    "isDeployed": constant(False),
    "isBusy": flag(Q(template__status=TemplateStatus.UNRESOLVED)),
    "isAutoNature": constant(False),
    "isExpired": constant(False),
    "guestOs": Column("os_type"),
    "hardwareVersion": constant(19),
    "networkName": Column(Subquery(_TEMPLATE_CARD.values("network_name")[:1])),
    "totalStorageAllocatedMb": Column(derived(hanging(TemplateDisk), "vm", Sum("size_mb")), "number"),
    "snapshot": constant(False),
    "numOfSnapshots": constant(0),
    "dateCreated": Column("template__created_at", "moment"),
}

_IS_BRIDGED = Q(fence_mode=FenceMode.BRIDGED)
VAPP_NETWORK: Final = {
    "name": Column("name"),
    "description": Column("description"),
    "vApp": Column("vapp_id", "reference", "vApp"),
    "vAppName": Column("vapp__name"),
    # The admin record spells it so.
    "vappName": Column("vapp__name"),
    "org": Column("org_id", "reference", "org"),
    "gateway": Column(host("parent__gateway")),
    "netmask": Column(netmask("parent__gateway", "parent__prefix_length")),
    "subnetPrefixLength": Column("parent__prefix_length", "number"),
    "dns1": Column(host("parent__dns1")),
    "dns2": Column(host("parent__dns2")),
    "dnsSuffix": Column(NullIf("parent__dns_suffix", Value(""))),
    "isLinked": flag(_IS_BRIDGED),
    "linkNetworkName": Column(Case(When(_IS_BRIDGED, then=F("parent__name")))),
    "isIpScopeInherited": flag(_IS_BRIDGED),
    "isBusy": constant(False),
}
RELATION: Final = {
    # The record is the vApp's: the relation has no address of its own.
    "id": Column("vapp_id", "reference"),
    "name": Column("vapp__name"),
    "entityType": constant("vApp"),
    "org": Column("org_id", "reference", "org"),
    "orgVdcNetwork": Column("parent_id", "reference", "network"),
    "orgVdcNetworkName": Column("parent__name"),
    "ownerName": Column("vapp__owner__username"),
}

_SLOTS = hanging(Disk).filter(named=OuterRef("pk"))
_DISK_STATUS: Final = {"-1": "FAILED_CREATION", "0": "UNRESOLVED", "1": "RESOLVED"}
_BUS_WORDS: Final = {"5": "IDE", "6": "SCSI", "20": "SATA"}
DISK: Final = {
    "name": Column("name"),
    "description": Column("description"),
    "vdc": Column("vdc_id", "reference", "vdc"),
    "vdcName": Column("vdc__name"),
    "org": Column("org_id", "reference", "org"),
    "owner": Column("owner_id", "reference", "user"),
    "ownerName": Column("owner__username"),
    "sizeMb": Column("size_mb", "number"),
    "sizeB": Column(Cast("size_mb", BigIntegerField()) * 1048576, "number"),
    "iops": Column("iops", "number"),
    "iopsReservation": constant(0),
    "iopsLimit": Column("iops", "number"),
    "encrypted": constant(False),
    "uuid": Column(Cast("id", TextField())),
    "storageProfile": Column("storage_policy_id", "reference", "vdcStorageProfile"),
    "storageProfileName": Column("storage_policy__policy__name"),
    "status": Column(words(_DISK_STATUS, "status")),
    "busType": Column("bus_type"),
    "busTypeDesc": Column(words(_BUS_WORDS, "bus_type")),
    "busSubType": Column("bus_sub_type"),
    "isAttached": flag(Q(Exists(_SLOTS))),
    "attachedVmCount": Column(derived(hanging(Disk), "named", Count("pk")), "number"),
    "isShareable": flag(~Q(sharing_type="None")),
    "sharingType": Column("sharing_type"),
}
DISK_OF_VM: Final = {
    "id": Column("named_id", "reference"),
    "disk": Column("named_id", "reference", "disk"),
    "vm": Column("vm_id", "reference", "vm"),
    "vdc": Column("named__vdc_id", "reference", "vdc"),
    "org": Column("org_id", "reference", "org"),
}


OF_ORG: Final = {
    "numberOfVApps": Column(derived(hanging(VApp), "org", Count("pk")), "number"),
    "numberOfDisks": Column(derived(hanging(NamedDisk), "org", Count("pk")), "number"),
}
OF_VDC: Final = {
    "numberOfVApps": Column(derived(hanging(VApp), "vdc", Count("pk")), "number"),
    "numberOfDeployedVApps": Column(
        derived(hanging(VApp).filter(state=VAppState.DEPLOYED), "vdc", Count("pk")), "number"
    ),
    "numberOfRunningVMs": Column(derived(hanging(Vm).filter(state=VmState.ON), "vdc", Count("pk")), "number"),
    "numberOfDisks": Column(derived(hanging(NamedDisk), "vdc", Count("pk")), "number"),
}
OF_USER: Final = {
    "numberOfStoredVMs": Column(derived(hanging(Vm), "vapp__owner", Count("pk")), "number"),
    "numberOfDeployedVMs": Column(
        derived(hanging(Vm).filter(state__in=_DEPLOYED), "vapp__owner", Count("pk")), "number"
    ),
}
"""What vApps and disks add to the records of organizations, VDCs and users."""
