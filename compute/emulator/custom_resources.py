"""The custom resources a fresh emulator serves without any CustomResourceDefinition being loaded.

Source: kubernetes.md 1.1, 3 and 4.2(12); the definitions of KubeVirt 1.9, CDI 1.66, OVN-Kubernetes 1.3, Application
Aware Quota 1.8, Open Cluster Management 1.3 and the CSI snapshotter 8.6 (names, scopes, status subresources, printer
columns; schemas are not carried).
"""

from collections.abc import Iterator

from compute.emulator.registry import Resource
from compute.emulator.resources import (
    AGE,
    ALL_CATEGORIES,
    BY_TYPE,
    built_in_resources,
    columns_of,
    condition_path,
)

_PHASE = ("Phase", ".status.phase")
# Nearly every list in KubeVirt's specs is atomic; these are not.
_VMI_LISTS = {
    "spec.accessCredentials.sshPublicKey.propagationMethod.qemuGuestAgent.users": (),
    "spec.resourceClaims": ("name",),
    "spec.topologySpreadConstraints": ("topologyKey", "whenUnsatisfiable"),
    "spec.utilityVolumes": ("name",),
}


def _custom(api: str, plural: str, kind: str, *short: str, **more: object) -> Resource:
    """A custom resource; `api` is `group/version[,version]`, the storage version first."""
    group, _, versions = api.partition("/")
    return Resource(group, tuple(versions.split(",")), plural, kind, short_names=short, **more)  # type: ignore[arg-type]


def _kubevirt() -> Iterator[Resource]:
    """KubeVirt. VirtualMachineInstance and the instance types have no status subresource (kubernetes.md 1.1)."""
    core, snapshot, export = (
        "kubevirt.io/v1,v1alpha3",
        "snapshot.kubevirt.io/v1beta1,v1alpha1",
        "export.kubevirt.io/v1,v1beta1",
    )
    ready, migratable = condition_path("Ready"), condition_path("LiveMigratable")
    source = (("SourceKind", ".spec.source.kind"), ("SourceName", ".spec.source.name"))
    yield _custom(
        core,
        "virtualmachines",
        "VirtualMachine",
        "vm",
        "vms",
        categories=ALL_CATEGORIES,
        columns=columns_of(AGE, ("Status", ".status.printableStatus"), ("Ready", ready)),
        lists={f"spec.template.{path}": keys for path, keys in _VMI_LISTS.items()},
    )
    yield _custom(
        core,
        "virtualmachineinstances",
        "VirtualMachineInstance",
        "vmi",
        "vmis",
        categories=ALL_CATEGORIES,
        has_status=False,
        lists=_VMI_LISTS,
        columns=columns_of(
            AGE,
            _PHASE,
            ("IP", ".status.interfaces[0].ipAddress"),
            ("NodeName", ".status.nodeName"),
            ("Ready", ready),
            ("Live-Migratable", migratable, "string", "1"),
            ("Paused", condition_path("Paused"), "string", "1"),
        ),
    )
    yield _custom(
        core,
        "virtualmachineinstancemigrations",
        "VirtualMachineInstanceMigration",
        "vmim",
        "vmims",
        categories=ALL_CATEGORIES,
        columns=columns_of(_PHASE, ("VMI", ".spec.vmiName")),
    )
    yield _custom(
        core,
        "virtualmachineinstancereplicasets",
        "VirtualMachineInstanceReplicaSet",
        "vmirs",
        "vmirss",
        categories=ALL_CATEGORIES,
        columns=columns_of(AGE),
    )
    yield _custom(
        core, "kubevirts", "KubeVirt", "kv", "kvs", categories=ALL_CATEGORIES, columns=columns_of(AGE, _PHASE)
    )
    yield _custom(
        snapshot,
        "virtualmachinesnapshots",
        "VirtualMachineSnapshot",
        "vmsnapshot",
        "vmsnapshots",
        categories=ALL_CATEGORIES,
        columns=columns_of(
            *source,
            _PHASE,
            ("ReadyToUse", ".status.readyToUse", "boolean"),
            ("CreationTime", ".status.creationTime", "date"),
            ("Error", ".status.error.message"),
        ),
    )
    yield _custom(
        snapshot,
        "virtualmachinesnapshotcontents",
        "VirtualMachineSnapshotContent",
        "vmsnapshotcontent",
        "vmsnapshotcontents",
        categories=ALL_CATEGORIES,
        columns=columns_of(
            ("ReadyToUse", ".status.readyToUse", "boolean"),
            ("CreationTime", ".status.creationTime", "date"),
            ("Error", ".status.error.message"),
        ),
    )
    yield _custom(
        snapshot,
        "virtualmachinerestores",
        "VirtualMachineRestore",
        "vmrestore",
        "vmrestores",
        categories=ALL_CATEGORIES,
        columns=columns_of(
            ("TargetKind", ".spec.target.kind"),
            ("TargetName", ".spec.target.name"),
            ("Complete", ".status.complete", "boolean"),
            ("RestoreTime", ".status.restoreTime", "date"),
        ),
    )
    yield _custom(
        export,
        "virtualmachineexports",
        "VirtualMachineExport",
        "vmexport",
        "vmexports",
        columns=columns_of(*source, _PHASE),
    )
    yield _custom(
        "clone.kubevirt.io/v1beta1,v1alpha1",
        "virtualmachineclones",
        "VirtualMachineClone",
        "vmclone",
        "vmclones",
        categories=ALL_CATEGORIES,
        columns=columns_of(
            _PHASE,
            ("SourceVirtualMachine", ".spec.source.name"),
            ("TargetVirtualMachine", ".spec.target.name"),
        ),
    )
    yield from _instancetypes()
    template = "template.kubevirt.io/v1beta1,v1alpha1"
    yield _custom(template, "virtualmachinetemplates", "VirtualMachineTemplate", "vmt", "vmts")
    yield _custom(
        template, "virtualmachinetemplaterequests", "VirtualMachineTemplateRequest", "vmtr", "vmtrs"
    )
    yield _custom("migrations.kubevirt.io/v1alpha1", "migrationpolicies", "MigrationPolicy", namespaced=False)
    yield _custom(
        "pool.kubevirt.io/v1beta1,v1alpha1", "virtualmachinepools", "VirtualMachinePool", "vmpool", "vmpools"
    )
    backup = "backup.kubevirt.io/v1alpha1"
    yield _custom(backup, "virtualmachinebackups", "VirtualMachineBackup", "vmbackup", "vmbackups")
    yield _custom(backup, "virtualmachinebackuptrackers", "VirtualMachineBackupTracker", "vmbackuptracker")


def _instancetypes() -> Iterator[Resource]:
    api = "instancetype.kubevirt.io/v1beta1"
    rows = (
        ("virtualmachineinstancetypes", "VirtualMachineInstancetype", ("vminstancetype", "vmf"), True),
        (
            "virtualmachineclusterinstancetypes",
            "VirtualMachineClusterInstancetype",
            ("vmclusterinstancetype", "vmcf"),
            False,
        ),
        ("virtualmachinepreferences", "VirtualMachinePreference", ("vmpref", "vmp"), True),
        ("virtualmachineclusterpreferences", "VirtualMachineClusterPreference", ("vmcp", "vmcps"), False),
    )
    for plural, kind, short, namespaced in rows:
        yield _custom(
            api, plural, kind, *short, namespaced=namespaced, has_status=False, categories=ALL_CATEGORIES
        )


def _storage() -> Iterator[Resource]:
    cdi, snapshots = "cdi.kubevirt.io/v1beta1", "snapshot.storage.k8s.io/v1"
    yield _custom(
        cdi,
        "datavolumes",
        "DataVolume",
        "dv",
        "dvs",
        categories=ALL_CATEGORIES,
        columns=columns_of(
            _PHASE, ("Progress", ".status.progress"), ("Restarts", ".status.restartCount", "integer"), AGE
        ),
    )
    yield _custom(cdi, "datasources", "DataSource", "das", categories=ALL_CATEGORIES, has_status=False)
    yield _custom(
        cdi,
        "dataimportcrons",
        "DataImportCron",
        "dic",
        "dics",
        categories=ALL_CATEGORIES,
        has_status=False,
        columns=columns_of(("Format", ".status.sourceFormat")),
    )
    yield _custom(cdi, "storageprofiles", "StorageProfile", namespaced=False)
    yield _custom(cdi, "cdiconfigs", "CDIConfig", namespaced=False, has_status=False)
    yield _custom(
        f"{cdi},v1alpha1",
        "cdis",
        "CDI",
        "cdi",
        namespaced=False,
        has_status=False,
        columns=columns_of(AGE, _PHASE),
    )
    yield _custom(
        cdi,
        "objecttransfers",
        "ObjectTransfer",
        "ot",
        "ots",
        namespaced=False,
        columns=columns_of(AGE, _PHASE),
    )
    for plural, kind in (
        ("volumeclonesources", "VolumeCloneSource"),
        ("volumeimportsources", "VolumeImportSource"),
        ("volumeuploadsources", "VolumeUploadSource"),
    ):
        yield _custom(cdi, plural, kind, has_status=False)
    yield _custom(
        snapshots,
        "volumesnapshots",
        "VolumeSnapshot",
        "vs",
        columns=columns_of(
            ("ReadyToUse", ".status.readyToUse", "boolean"),
            ("SourcePVC", ".spec.source.persistentVolumeClaimName"),
            ("SourceSnapshotContent", ".spec.source.volumeSnapshotContentName"),
            ("RestoreSize", ".status.restoreSize"),
            ("SnapshotClass", ".spec.volumeSnapshotClassName"),
            ("SnapshotContent", ".status.boundVolumeSnapshotContentName"),
            ("CreationTime", ".status.creationTime", "date"),
            AGE,
        ),
    )
    yield _custom(
        snapshots, "volumesnapshotcontents", "VolumeSnapshotContent", "vsc", "vscs", namespaced=False
    )
    yield _custom(
        snapshots,
        "volumesnapshotclasses",
        "VolumeSnapshotClass",
        "vsclass",
        "vsclasses",
        namespaced=False,
        has_status=False,
        columns=columns_of(("Driver", ".driver"), ("DeletionPolicy", ".deletionPolicy"), AGE),
    )


def _networks() -> Iterator[Resource]:
    ovn, cni = "k8s.ovn.org/v1", "k8s.cni.cncf.io"
    yield _custom(ovn, "userdefinednetworks", "UserDefinedNetwork", "udn", lists=BY_TYPE)
    yield _custom(
        ovn,
        "clusteruserdefinednetworks",
        "ClusterUserDefinedNetwork",
        "cudn",
        namespaced=False,
        lists=BY_TYPE,
    )
    yield _custom(ovn, "egressips", "EgressIP", "eip", namespaced=False, has_status=False)
    yield _custom(
        ovn,
        "egressfirewalls",
        "EgressFirewall",
        columns=columns_of(("EgressFirewall Status", ".status.status")),
    )
    yield _custom(ovn, "clusternetworkconnects", "ClusterNetworkConnect", "cnc", namespaced=False)
    yield _custom(ovn, "routeadvertisements", "RouteAdvertisements", "ra", namespaced=False)
    yield _custom(
        ovn,
        "adminpolicybasedexternalroutes",
        "AdminPolicyBasedExternalRoute",
        "apbexternalroute",
        namespaced=False,
    )
    yield _custom("k8s.ovn.org/v1alpha1", "networkqoses", "NetworkQoS")
    yield _custom(
        f"{cni}/v1",
        "network-attachment-definitions",
        "NetworkAttachmentDefinition",
        "net-attach-def",
        singular_name="network-attachment-definition",
        has_status=False,
    )
    yield _custom(f"{cni}/v1alpha1", "ipamclaims", "IPAMClaim")
    yield _custom(
        f"{cni}/v1beta1",
        "multi-networkpolicies",
        "MultiNetworkPolicy",
        "multi-policy",
        has_status=False,
        singular_name="multi-networkpolicy",
    )


def _quotas_and_templates() -> Iterator[Resource]:
    aaq = "aaq.kubevirt.io/v1alpha1"
    yield _custom(aaq, "applicationawareresourcequotas", "ApplicationAwareResourceQuota", "arq", "arqs")
    yield _custom(
        aaq,
        "applicationawareclusterresourcequotas",
        "ApplicationAwareClusterResourceQuota",
        "acrq",
        namespaced=False,
    )
    yield _custom(
        aaq,
        "applicationawareappliedclusterresourcequotas",
        "ApplicationAwareAppliedClusterResourceQuota",
        "aacrq",
        has_status=False,
    )
    yield _custom(aaq, "aaqs", "AAQ", "aaq", namespaced=False, columns=columns_of(AGE, _PHASE))
    yield _custom("quota.openshift.io/v1", "clusterresourcequotas", "ClusterResourceQuota", namespaced=False)
    yield _custom("template.openshift.io/v1", "templates", "Template", has_status=False)
    yield _custom("template.openshift.io/v1", "templateinstances", "TemplateInstance")
    yield _custom(
        "route.openshift.io/v1",
        "routes",
        "Route",
        columns=columns_of(
            ("Host", ".status.ingress[0].host"),
            ("Admitted", '.status.ingress[0].conditions[?(@.type=="Admitted")].status'),
            ("Service", ".spec.to.name"),
            ("TLS", ".spec.tls.type"),
        ),
    )


def _cluster_management() -> Iterator[Resource]:
    cluster, work = "cluster.open-cluster-management.io", "work.open-cluster-management.io"
    policy = "policy.open-cluster-management.io"
    yield _custom(
        f"{cluster}/v1",
        "managedclusters",
        "ManagedCluster",
        "mcl",
        namespaced=False,
        lists=BY_TYPE,
        columns=columns_of(
            ("Hub Accepted", ".spec.hubAcceptsClient", "boolean"),
            ("Managed Cluster URLs", ".spec.managedClusterClientConfigs[*].url"),
            ("Joined", condition_path("ManagedClusterJoined")),
            ("Available", condition_path("ManagedClusterConditionAvailable")),
            AGE,
        ),
    )
    yield _custom(f"{cluster}/v1beta2", "managedclustersets", "ManagedClusterSet", "mclset", namespaced=False)
    yield _custom(
        f"{cluster}/v1beta2", "managedclustersetbindings", "ManagedClusterSetBinding", "mclsetbinding"
    )
    yield _custom(f"{cluster}/v1beta1", "placements", "Placement", lists=BY_TYPE)
    yield _custom(f"{cluster}/v1beta1", "placementdecisions", "PlacementDecision")
    yield _custom(f"{cluster}/v1alpha1", "clusterclaims", "ClusterClaim", namespaced=False, has_status=False)
    yield _custom(f"{work}/v1", "manifestworks", "ManifestWork", lists=BY_TYPE)
    yield _custom(f"{work}/v1", "appliedmanifestworks", "AppliedManifestWork", namespaced=False)
    yield _custom(
        f"{work}/v1alpha1", "manifestworkreplicasets", "ManifestWorkReplicaSet", "mwrs", lists=BY_TYPE
    )
    yield _custom(f"{policy}/v1", "policies", "Policy", "plc")
    yield _custom(f"{policy}/v1", "configurationpolicies", "ConfigurationPolicy")
    yield _custom(f"{policy}/v1", "placementbindings", "PlacementBinding", "pb")
    yield _custom(f"{policy}/v1beta1", "policysets", "PolicySet", "plcset")


def all_resources() -> list[Resource]:
    """Every resource of a fresh emulator."""
    return [
        *built_in_resources(),
        *_kubevirt(),
        *_storage(),
        *_networks(),
        *_quotas_and_templates(),
        *_cluster_management(),
    ]
