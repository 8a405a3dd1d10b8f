"""The resources a fresh emulator serves: Kubernetes' own kinds and the custom ones SSVirt works with.

Source: kubernetes.md 1.1, 3 and 4.2(12); the CustomResourceDefinitions of KubeVirt 1.9, CDI 1.66, OVN-Kubernetes 1.3,
Application Aware Quota 1.8, Open Cluster Management 1.3 and the CSI snapshotter 8.6 (names, scopes, status
subresources, printer columns; schemas are not carried).
"""

from collections.abc import Iterator

from compute.emulator.registry import Column, Resource

_AGE = ("Age", ".metadata.creationTimestamp", "date")
_PHASE = ("Phase", ".status.phase")
_ALL = ("all",)


def _columns(*columns: tuple[str, ...]) -> tuple[Column, ...]:
    """Columns from (name, path[, type[, priority]])."""
    return tuple(
        Column(c[0], c[1], c[2] if len(c) > 2 else "string", int(c[3]) if len(c) > 3 else 0) for c in columns
    )


def _condition(name: str) -> str:
    return f'.status.conditions[?(@.type=="{name}")].status'


_BY_TYPE = {"status.conditions": ("type",)}
# Nearly every list in KubeVirt's specs is atomic; these are not.
_VMI_LISTS = {
    "spec.accessCredentials.sshPublicKey.propagationMethod.qemuGuestAgent.users": (),
    "spec.resourceClaims": ("name",),
    "spec.topologySpreadConstraints": ("topologyKey", "whenUnsatisfiable"),
    "spec.utilityVolumes": ("name",),
}
_POD_LISTS = {
    **_BY_TYPE,
    "spec.containers": ("name",),
    "spec.containers.ports": ("containerPort", "protocol"),
    "spec.containers.env": ("name",),
    "spec.containers.volumeMounts": ("mountPath",),
    "spec.initContainers": ("name",),
    "spec.volumes": ("name",),
    "spec.imagePullSecrets": ("name",),
}


def _core() -> Iterator[Resource]:
    """Kinds of the core group. `custom=False`: typed on a real server, so strategic merge patch works."""

    def core(plural: str, kind: str, *short: str, **more: object) -> Resource:
        options = {"has_status": False, "has_generation": False, "custom": False, **more}
        return Resource("", ("v1",), plural, kind, short_names=short, **options)  # type: ignore[arg-type]

    yield core(
        "namespaces",
        "Namespace",
        "ns",
        namespaced=False,
        has_status=True,
        subresources=("finalize",),
        selectable=("status.phase",),
        lists=_BY_TYPE,
        columns=_columns(("Status", ".status.phase"), _AGE),
    )
    yield core(
        "secrets",
        "Secret",
        selectable=("type",),
        columns=_columns(("Type", ".type"), ("Data", "len:.data"), _AGE),
    )
    yield core("configmaps", "ConfigMap", "cm", columns=_columns(("Data", "len:.data"), _AGE))
    yield core("events", "Event", "ev", selectable=_EVENT_FIELDS, columns=_columns(*_EVENT_COLUMNS))
    yield core(
        "serviceaccounts", "ServiceAccount", "sa", columns=_columns(_AGE), lists={"secrets": ("name",)}
    )
    yield core(
        "limitranges", "LimitRange", "limits", columns=_columns(("Created At", ".metadata.creationTimestamp"))
    )
    yield core(
        "resourcequotas",
        "ResourceQuota",
        "quota",
        has_status=True,
        columns=_columns(("Hard", ".status.hard"), ("Used", ".status.used"), _AGE),
    )
    yield core(
        "services",
        "Service",
        "svc",
        has_status=True,
        categories=_ALL,
        lists={**_BY_TYPE, "spec.ports": ("port", "protocol")},
        columns=_columns(
            ("Type", ".spec.type"), ("Cluster-IP", ".spec.clusterIP"), ("Port", ".spec.ports[*].port"), _AGE
        ),
    )
    yield core(
        "pods",
        "Pod",
        "po",
        has_status=True,
        categories=_ALL,
        selectable=("status.phase", "spec.nodeName", "spec.schedulerName", "status.podIP"),
        lists=_POD_LISTS,
        columns=_columns(
            ("Status", ".status.phase"),
            _AGE,
            ("IP", ".status.podIP", "string", "1"),
            ("Node", ".spec.nodeName", "string", "1"),
        ),
    )
    yield core(
        "nodes",
        "Node",
        "no",
        namespaced=False,
        has_status=True,
        keeps_status_on_create=True,
        selectable=("spec.unschedulable",),
        lists={**_BY_TYPE, "status.addresses": ("type",), "spec.taints": ("key",)},
        columns=_columns(
            ("Ready", _condition("Ready")), _AGE, ("Version", ".status.nodeInfo.kubeletVersion")
        ),
    )
    yield core(
        "persistentvolumeclaims",
        "PersistentVolumeClaim",
        "pvc",
        has_status=True,
        lists=_BY_TYPE,
        columns=_columns(
            ("Status", ".status.phase"),
            ("Volume", ".spec.volumeName"),
            ("Capacity", ".status.capacity.storage"),
            ("Access Modes", ".status.accessModes[*]"),
            ("StorageClass", ".spec.storageClassName"),
            _AGE,
            ("VolumeMode", ".spec.volumeMode", "string", "1"),
        ),
    )
    yield core(
        "persistentvolumes",
        "PersistentVolume",
        "pv",
        namespaced=False,
        has_status=True,
        columns=_columns(
            ("Capacity", ".spec.capacity.storage"),
            ("Reclaim Policy", ".spec.persistentVolumeReclaimPolicy"),
            ("Status", ".status.phase"),
            ("Claim", ".spec.claimRef.name"),
            ("StorageClass", ".spec.storageClassName"),
            _AGE,
        ),
    )


_EVENT_FIELDS = (
    "involvedObject.kind",
    "involvedObject.namespace",
    "involvedObject.name",
    "involvedObject.uid",
    "involvedObject.apiVersion",
    "involvedObject.fieldPath",
    "involvedObject.resourceVersion",
    "reason",
    "reportingComponent",
    "source",
    "type",
)
_EVENT_COLUMNS = (
    ("Last Seen", ".lastTimestamp", "date"),
    ("Type", ".type"),
    ("Reason", ".reason"),
    ("Object", ".involvedObject.name"),
    ("Message", ".message"),
)


def _built_in_groups() -> Iterator[Resource]:
    """Kinds of Kubernetes' own named groups."""

    def typed(group: str, plural: str, kind: str, **more: object) -> Resource:
        options = {"has_status": False, "has_generation": False, "custom": False, **more}
        return Resource(group, ("v1",), plural, kind, **options)  # type: ignore[arg-type]

    rbac = "rbac.authorization.k8s.io"
    yield typed(
        "networking.k8s.io",
        "networkpolicies",
        "NetworkPolicy",
        short_names=("netpol",),
        has_generation=True,
        columns=_columns(("Pod-Selector", ".spec.podSelector.matchLabels"), _AGE),
    )
    yield typed(rbac, "roles", "Role", columns=_columns(("Created At", ".metadata.creationTimestamp")))
    yield typed(rbac, "rolebindings", "RoleBinding", columns=_columns(("Role", ".roleRef.name"), _AGE))
    yield typed(rbac, "clusterroles", "ClusterRole", namespaced=False, columns=_columns(_AGE))
    yield typed(
        rbac,
        "clusterrolebindings",
        "ClusterRoleBinding",
        namespaced=False,
        columns=_columns(("Role", ".roleRef.name"), _AGE),
    )
    yield typed(
        "storage.k8s.io",
        "storageclasses",
        "StorageClass",
        namespaced=False,
        short_names=("sc",),
        columns=_columns(
            ("Provisioner", ".provisioner"),
            ("ReclaimPolicy", ".reclaimPolicy"),
            ("VolumeBindingMode", ".volumeBindingMode"),
            ("AllowVolumeExpansion", ".allowVolumeExpansion", "boolean"),
            _AGE,
        ),
    )
    yield typed(
        "apiextensions.k8s.io",
        "customresourcedefinitions",
        "CustomResourceDefinition",
        namespaced=False,
        short_names=("crd", "crds"),
        has_status=True,
        has_generation=True,
        lists=_BY_TYPE,
        columns=_columns(("Created At", ".metadata.creationTimestamp")),
    )
    yield typed(
        "apiregistration.k8s.io",
        "apiservices",
        "APIService",
        namespaced=False,
        has_status=True,
        lists=_BY_TYPE,
        columns=_columns(("Service", ".spec.service.name"), ("Available", _condition("Available")), _AGE),
    )
    yield typed(
        "coordination.k8s.io", "leases", "Lease", columns=_columns(("Holder", ".spec.holderIdentity"), _AGE)
    )
    yield typed(
        "apps",
        "controllerrevisions",
        "ControllerRevision",
        columns=_columns(
            ("Controller", ".metadata.ownerReferences[0].name"), ("Revision", ".revision", "integer"), _AGE
        ),
    )


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
    ready, migratable = _condition("Ready"), _condition("LiveMigratable")
    source = (("SourceKind", ".spec.source.kind"), ("SourceName", ".spec.source.name"))
    yield _custom(
        core,
        "virtualmachines",
        "VirtualMachine",
        "vm",
        "vms",
        categories=_ALL,
        columns=_columns(_AGE, ("Status", ".status.printableStatus"), ("Ready", ready)),
        lists={f"spec.template.{path}": keys for path, keys in _VMI_LISTS.items()},
    )
    yield _custom(
        core,
        "virtualmachineinstances",
        "VirtualMachineInstance",
        "vmi",
        "vmis",
        categories=_ALL,
        has_status=False,
        lists=_VMI_LISTS,
        columns=_columns(
            _AGE,
            _PHASE,
            ("IP", ".status.interfaces[0].ipAddress"),
            ("NodeName", ".status.nodeName"),
            ("Ready", ready),
            ("Live-Migratable", migratable, "string", "1"),
            ("Paused", _condition("Paused"), "string", "1"),
        ),
    )
    yield _custom(
        core,
        "virtualmachineinstancemigrations",
        "VirtualMachineInstanceMigration",
        "vmim",
        "vmims",
        categories=_ALL,
        columns=_columns(_PHASE, ("VMI", ".spec.vmiName")),
    )
    yield _custom(
        core,
        "virtualmachineinstancereplicasets",
        "VirtualMachineInstanceReplicaSet",
        "vmirs",
        "vmirss",
        categories=_ALL,
        columns=_columns(_AGE),
    )
    yield _custom(core, "kubevirts", "KubeVirt", "kv", "kvs", categories=_ALL, columns=_columns(_AGE, _PHASE))
    yield _custom(
        snapshot,
        "virtualmachinesnapshots",
        "VirtualMachineSnapshot",
        "vmsnapshot",
        "vmsnapshots",
        categories=_ALL,
        columns=_columns(
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
        categories=_ALL,
        columns=_columns(
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
        categories=_ALL,
        columns=_columns(
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
        columns=_columns(*source, _PHASE),
    )
    yield _custom(
        "clone.kubevirt.io/v1beta1,v1alpha1",
        "virtualmachineclones",
        "VirtualMachineClone",
        "vmclone",
        "vmclones",
        categories=_ALL,
        columns=_columns(
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
        yield _custom(api, plural, kind, *short, namespaced=namespaced, has_status=False, categories=_ALL)


def _storage() -> Iterator[Resource]:
    cdi, snapshots = "cdi.kubevirt.io/v1beta1", "snapshot.storage.k8s.io/v1"
    yield _custom(
        cdi,
        "datavolumes",
        "DataVolume",
        "dv",
        "dvs",
        categories=_ALL,
        columns=_columns(
            _PHASE, ("Progress", ".status.progress"), ("Restarts", ".status.restartCount", "integer"), _AGE
        ),
    )
    yield _custom(cdi, "datasources", "DataSource", "das", categories=_ALL, has_status=False)
    yield _custom(
        cdi,
        "dataimportcrons",
        "DataImportCron",
        "dic",
        "dics",
        categories=_ALL,
        has_status=False,
        columns=_columns(("Format", ".status.sourceFormat")),
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
        columns=_columns(_AGE, _PHASE),
    )
    yield _custom(
        cdi,
        "objecttransfers",
        "ObjectTransfer",
        "ot",
        "ots",
        namespaced=False,
        columns=_columns(_AGE, _PHASE),
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
        columns=_columns(
            ("ReadyToUse", ".status.readyToUse", "boolean"),
            ("SourcePVC", ".spec.source.persistentVolumeClaimName"),
            ("SourceSnapshotContent", ".spec.source.volumeSnapshotContentName"),
            ("RestoreSize", ".status.restoreSize"),
            ("SnapshotClass", ".spec.volumeSnapshotClassName"),
            ("SnapshotContent", ".status.boundVolumeSnapshotContentName"),
            ("CreationTime", ".status.creationTime", "date"),
            _AGE,
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
        columns=_columns(("Driver", ".driver"), ("DeletionPolicy", ".deletionPolicy"), _AGE),
    )


def _networks() -> Iterator[Resource]:
    ovn, cni = "k8s.ovn.org/v1", "k8s.cni.cncf.io"
    yield _custom(ovn, "userdefinednetworks", "UserDefinedNetwork", "udn", lists=_BY_TYPE)
    yield _custom(
        ovn,
        "clusteruserdefinednetworks",
        "ClusterUserDefinedNetwork",
        "cudn",
        namespaced=False,
        lists=_BY_TYPE,
    )
    yield _custom(ovn, "egressips", "EgressIP", "eip", namespaced=False, has_status=False)
    yield _custom(
        ovn,
        "egressfirewalls",
        "EgressFirewall",
        columns=_columns(("EgressFirewall Status", ".status.status")),
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
    yield _custom(aaq, "aaqs", "AAQ", "aaq", namespaced=False, columns=_columns(_AGE, _PHASE))
    yield _custom("quota.openshift.io/v1", "clusterresourcequotas", "ClusterResourceQuota", namespaced=False)
    yield _custom("template.openshift.io/v1", "templates", "Template", has_status=False)
    yield _custom("template.openshift.io/v1", "templateinstances", "TemplateInstance")
    yield _custom(
        "route.openshift.io/v1",
        "routes",
        "Route",
        columns=_columns(
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
        lists=_BY_TYPE,
        columns=_columns(
            ("Hub Accepted", ".spec.hubAcceptsClient", "boolean"),
            ("Managed Cluster URLs", ".spec.managedClusterClientConfigs[*].url"),
            ("Joined", _condition("ManagedClusterJoined")),
            ("Available", _condition("ManagedClusterConditionAvailable")),
            _AGE,
        ),
    )
    yield _custom(f"{cluster}/v1beta2", "managedclustersets", "ManagedClusterSet", "mclset", namespaced=False)
    yield _custom(
        f"{cluster}/v1beta2", "managedclustersetbindings", "ManagedClusterSetBinding", "mclsetbinding"
    )
    yield _custom(f"{cluster}/v1beta1", "placements", "Placement", lists=_BY_TYPE)
    yield _custom(f"{cluster}/v1beta1", "placementdecisions", "PlacementDecision")
    yield _custom(f"{cluster}/v1alpha1", "clusterclaims", "ClusterClaim", namespaced=False, has_status=False)
    yield _custom(f"{work}/v1", "manifestworks", "ManifestWork", lists=_BY_TYPE)
    yield _custom(f"{work}/v1", "appliedmanifestworks", "AppliedManifestWork", namespaced=False)
    yield _custom(
        f"{work}/v1alpha1", "manifestworkreplicasets", "ManifestWorkReplicaSet", "mwrs", lists=_BY_TYPE
    )
    yield _custom(f"{policy}/v1", "policies", "Policy", "plc")
    yield _custom(f"{policy}/v1", "configurationpolicies", "ConfigurationPolicy")
    yield _custom(f"{policy}/v1", "placementbindings", "PlacementBinding", "pb")
    yield _custom(f"{policy}/v1beta1", "policysets", "PolicySet", "plcset")


def built_in_resources() -> list[Resource]:
    """Every resource of a fresh emulator."""
    return [
        *_core(),
        *_built_in_groups(),
        *_kubevirt(),
        *_storage(),
        *_networks(),
        *_quotas_and_templates(),
        *_cluster_management(),
    ]
