"""The kinds we use and where the API serves them: our own small table instead of discovery.

Discovery costs a request per API group at each start (a hundred on OpenShift) and tells nothing we do not
know.
Source: contract kubernetes.md 1.1, 3; crds/README.md for scopes.
"""

from typing import Final, NamedTuple
from urllib.parse import quote


class Kind(NamedTuple):
    api_version: str
    plural: str
    is_namespaced: bool = True

    @property
    def root(self) -> str:
        """Path of the group and version: /api/v1, /apis/kubevirt.io/v1."""
        return f"/{'apis' if '/' in self.api_version else 'api'}/{self.api_version}"


_CORE = "v1"
_KUBEVIRT = "kubevirt.io/v1"
_SNAPSHOT = "snapshot.kubevirt.io/v1beta1"
_INSTANCETYPE = "instancetype.kubevirt.io/v1beta1"
_CDI = "cdi.kubevirt.io/v1beta1"
_OVN = "k8s.ovn.org/v1"
_CNI = "k8s.cni.cncf.io/v1"
_RBAC = "rbac.authorization.k8s.io/v1"
_STORAGE = "storage.k8s.io/v1"
_VOLUME_SNAPSHOT = "snapshot.storage.k8s.io/v1"

KINDS: Final[dict[str, Kind]] = {
    "Namespace": Kind(_CORE, "namespaces", is_namespaced=False),
    "Node": Kind(_CORE, "nodes", is_namespaced=False),
    "PersistentVolume": Kind(_CORE, "persistentvolumes", is_namespaced=False),
    "PersistentVolumeClaim": Kind(_CORE, "persistentvolumeclaims"),
    "Secret": Kind(_CORE, "secrets"),
    "ConfigMap": Kind(_CORE, "configmaps"),
    "Pod": Kind(_CORE, "pods"),
    "Service": Kind(_CORE, "services"),
    "ServiceAccount": Kind(_CORE, "serviceaccounts"),
    "Event": Kind(_CORE, "events"),
    "ResourceQuota": Kind(_CORE, "resourcequotas"),
    "LimitRange": Kind(_CORE, "limitranges"),
    "NetworkPolicy": Kind("networking.k8s.io/v1", "networkpolicies"),
    "Role": Kind(_RBAC, "roles"),
    "RoleBinding": Kind(_RBAC, "rolebindings"),
    "StorageClass": Kind(_STORAGE, "storageclasses", is_namespaced=False),
    "CustomResourceDefinition": Kind(
        "apiextensions.k8s.io/v1", "customresourcedefinitions", is_namespaced=False
    ),
    "VolumeSnapshot": Kind(_VOLUME_SNAPSHOT, "volumesnapshots"),
    "VolumeSnapshotClass": Kind(_VOLUME_SNAPSHOT, "volumesnapshotclasses", is_namespaced=False),
    "VolumeSnapshotContent": Kind(_VOLUME_SNAPSHOT, "volumesnapshotcontents", is_namespaced=False),
    "KubeVirt": Kind(_KUBEVIRT, "kubevirts"),
    "VirtualMachine": Kind(_KUBEVIRT, "virtualmachines"),
    "VirtualMachineInstance": Kind(_KUBEVIRT, "virtualmachineinstances"),
    "VirtualMachineInstanceMigration": Kind(_KUBEVIRT, "virtualmachineinstancemigrations"),
    "VirtualMachineSnapshot": Kind(_SNAPSHOT, "virtualmachinesnapshots"),
    "VirtualMachineSnapshotContent": Kind(_SNAPSHOT, "virtualmachinesnapshotcontents"),
    "VirtualMachineRestore": Kind(_SNAPSHOT, "virtualmachinerestores"),
    "VirtualMachineClone": Kind("clone.kubevirt.io/v1beta1", "virtualmachineclones"),
    "VirtualMachineExport": Kind("export.kubevirt.io/v1", "virtualmachineexports"),
    "VirtualMachineClusterInstancetype": Kind(
        _INSTANCETYPE, "virtualmachineclusterinstancetypes", is_namespaced=False
    ),
    "VirtualMachineClusterPreference": Kind(
        _INSTANCETYPE, "virtualmachineclusterpreferences", is_namespaced=False
    ),
    "DataVolume": Kind(_CDI, "datavolumes"),
    "DataSource": Kind(_CDI, "datasources"),
    "DataImportCron": Kind(_CDI, "dataimportcrons"),
    "StorageProfile": Kind(_CDI, "storageprofiles", is_namespaced=False),
    "UploadTokenRequest": Kind("upload.cdi.kubevirt.io/v1beta1", "uploadtokenrequests"),
    "UserDefinedNetwork": Kind(_OVN, "userdefinednetworks"),
    "ClusterUserDefinedNetwork": Kind(_OVN, "clusteruserdefinednetworks", is_namespaced=False),
    "EgressIP": Kind(_OVN, "egressips", is_namespaced=False),
    "EgressFirewall": Kind(_OVN, "egressfirewalls"),
    "NetworkAttachmentDefinition": Kind(_CNI, "network-attachment-definitions"),
    "IPAMClaim": Kind("k8s.cni.cncf.io/v1alpha1", "ipamclaims"),
    "ApplicationAwareResourceQuota": Kind("aaq.kubevirt.io/v1alpha1", "applicationawareresourcequotas"),
    "ManagedCluster": Kind("cluster.open-cluster-management.io/v1", "managedclusters", is_namespaced=False),
    "Policy": Kind("policy.open-cluster-management.io/v1", "policies"),
    "PlacementBinding": Kind("policy.open-cluster-management.io/v1", "placementbindings"),
    "Placement": Kind("cluster.open-cluster-management.io/v1beta1", "placements"),
}

SUBRESOURCES: Final = "/apis/subresources.kubevirt.io/v1"


def object_path(kind: str, name: str | None = None, namespace: str | None = None) -> str:
    """Path of an object, or of the collection when `name` is None; `namespace` None is all namespaces there.

    Raises ValueError for a name without the namespace its kind needs, or a namespace its kind has not.
    """
    entry = KINDS[kind]
    if entry.is_namespaced and name is not None and not namespace:
        raise ValueError(f"{kind} {name}: the namespace is missing")
    if not entry.is_namespaced and namespace:
        raise ValueError(f"{kind} has no namespace")
    path = entry.root
    if namespace:
        path += f"/namespaces/{quote(namespace, safe='')}"
    path += f"/{entry.plural}"
    if name is not None:
        path += f"/{quote(name, safe='')}"
    return path
