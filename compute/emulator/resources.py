"""The resources a fresh emulator serves: Kubernetes' own kinds here, the custom ones in `custom_resources`.

Source: kubernetes.md 4.2(12); printer columns after kubernetes pkg/printers/internalversion.
"""

from collections.abc import Iterator

from compute.emulator.registry import Column, Resource

AGE = ("Age", ".metadata.creationTimestamp", "date")
ALL_CATEGORIES = ("all",)


def columns_of(*columns: tuple[str, ...]) -> tuple[Column, ...]:
    """Columns from (name, path[, type[, priority]])."""
    return tuple(
        Column(c[0], c[1], c[2] if len(c) > 2 else "string", int(c[3]) if len(c) > 3 else 0) for c in columns
    )


def condition_path(name: str) -> str:
    return f'.status.conditions[?(@.type=="{name}")].status'


BY_TYPE = {"status.conditions": ("type",)}
_POD_LISTS = {
    **BY_TYPE,
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
        lists=BY_TYPE,
        columns=columns_of(("Status", ".status.phase"), AGE),
    )
    yield core(
        "secrets",
        "Secret",
        selectable=("type",),
        columns=columns_of(("Type", ".type"), ("Data", "len:.data"), AGE),
    )
    yield core("configmaps", "ConfigMap", "cm", columns=columns_of(("Data", "len:.data"), AGE))
    yield core("events", "Event", "ev", selectable=_EVENT_FIELDS, columns=columns_of(*_EVENT_COLUMNS))
    yield core(
        "serviceaccounts", "ServiceAccount", "sa", columns=columns_of(AGE), lists={"secrets": ("name",)}
    )
    yield core(
        "limitranges",
        "LimitRange",
        "limits",
        columns=columns_of(("Created At", ".metadata.creationTimestamp")),
    )
    yield core(
        "resourcequotas",
        "ResourceQuota",
        "quota",
        has_status=True,
        columns=columns_of(("Hard", ".status.hard"), ("Used", ".status.used"), AGE),
    )
    yield core(
        "services",
        "Service",
        "svc",
        has_status=True,
        categories=ALL_CATEGORIES,
        lists={**BY_TYPE, "spec.ports": ("port", "protocol")},
        columns=columns_of(
            ("Type", ".spec.type"), ("Cluster-IP", ".spec.clusterIP"), ("Port", ".spec.ports[*].port"), AGE
        ),
    )
    yield core(
        "pods",
        "Pod",
        "po",
        has_status=True,
        subresources=("binding",),
        categories=ALL_CATEGORIES,
        selectable=("status.phase", "spec.nodeName", "spec.schedulerName", "status.podIP"),
        lists=_POD_LISTS,
        columns=columns_of(
            ("Status", ".status.phase"),
            AGE,
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
        lists={**BY_TYPE, "status.addresses": ("type",), "spec.taints": ("key",)},
        columns=columns_of(
            ("Ready", condition_path("Ready")), AGE, ("Version", ".status.nodeInfo.kubeletVersion")
        ),
    )
    yield core(
        "persistentvolumeclaims",
        "PersistentVolumeClaim",
        "pvc",
        has_status=True,
        lists=BY_TYPE,
        columns=columns_of(
            ("Status", ".status.phase"),
            ("Volume", ".spec.volumeName"),
            ("Capacity", ".status.capacity.storage"),
            ("Access Modes", ".status.accessModes[*]"),
            ("StorageClass", ".spec.storageClassName"),
            AGE,
            ("VolumeMode", ".spec.volumeMode", "string", "1"),
        ),
    )
    yield core(
        "persistentvolumes",
        "PersistentVolume",
        "pv",
        namespaced=False,
        has_status=True,
        columns=columns_of(
            ("Capacity", ".spec.capacity.storage"),
            ("Reclaim Policy", ".spec.persistentVolumeReclaimPolicy"),
            ("Status", ".status.phase"),
            ("Claim", ".spec.claimRef.name"),
            ("StorageClass", ".spec.storageClassName"),
            AGE,
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
        columns=columns_of(("Pod-Selector", ".spec.podSelector.matchLabels"), AGE),
    )
    yield typed(rbac, "roles", "Role", columns=columns_of(("Created At", ".metadata.creationTimestamp")))
    yield typed(rbac, "rolebindings", "RoleBinding", columns=columns_of(("Role", ".roleRef.name"), AGE))
    yield typed(rbac, "clusterroles", "ClusterRole", namespaced=False, columns=columns_of(AGE))
    yield typed(
        rbac,
        "clusterrolebindings",
        "ClusterRoleBinding",
        namespaced=False,
        columns=columns_of(("Role", ".roleRef.name"), AGE),
    )
    yield typed(
        "storage.k8s.io",
        "storageclasses",
        "StorageClass",
        namespaced=False,
        short_names=("sc",),
        columns=columns_of(
            ("Provisioner", ".provisioner"),
            ("ReclaimPolicy", ".reclaimPolicy"),
            ("VolumeBindingMode", ".volumeBindingMode"),
            ("AllowVolumeExpansion", ".allowVolumeExpansion", "boolean"),
            AGE,
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
        lists=BY_TYPE,
        columns=columns_of(("Created At", ".metadata.creationTimestamp")),
    )
    yield typed(
        "apiregistration.k8s.io",
        "apiservices",
        "APIService",
        namespaced=False,
        has_status=True,
        lists=BY_TYPE,
        columns=columns_of(
            ("Service", ".spec.service.name"), ("Available", condition_path("Available")), AGE
        ),
    )
    yield typed(
        "coordination.k8s.io", "leases", "Lease", columns=columns_of(("Holder", ".spec.holderIdentity"), AGE)
    )
    yield typed(
        "apps",
        "controllerrevisions",
        "ControllerRevision",
        columns=columns_of(
            ("Controller", ".metadata.ownerReferences[0].name"), ("Revision", ".revision", "integer"), AGE
        ),
    )


def built_in_resources() -> list[Resource]:
    """Kubernetes' own kinds."""
    return [*_core(), *_built_in_groups()]
