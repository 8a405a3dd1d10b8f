"""The kinds that the reconcilers speak of."""

import dataclasses

from compute.emulator.values import Json, meta


@dataclasses.dataclass(frozen=True, slots=True)
class Kind:
    """One kind in the version the reconcilers use."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def id(self) -> str:
        """`plural.group`, as the registry and the store call the resource."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    def path(self, namespace: str, name: str = "", subresource: str = "") -> str:
        """The URL path of the collection or of one object."""
        parts = [f"/apis/{self.api_version}" if self.group else f"/api/{self.version}"]
        if self.namespaced and namespace:
            parts.append(f"namespaces/{namespace}")
        parts += [self.plural, *([name] if name else []), *([subresource] if subresource else [])]
        return "/".join(parts)

    def new(self, namespace: str, name: str, **content: object) -> Json:
        """A manifest; `metadata` in the content adds to name and namespace."""
        metadata: Json = {"name": name, **({"namespace": namespace} if self.namespaced else {})}
        extra = content.pop("metadata", None)
        if isinstance(extra, dict):
            metadata |= extra
        return {"apiVersion": self.api_version, "kind": self.kind, "metadata": metadata, **content}


def owner_reference(kind: Kind, owner: Json, *, controller: bool = True) -> Json:
    """The ownerReference that makes an object go with its owner."""
    return {
        "apiVersion": kind.api_version,
        "kind": kind.kind,
        "name": meta(owner)["name"],
        "uid": meta(owner)["uid"],
        "controller": controller,
        "blockOwnerDeletion": True,
    }


NAMESPACE = Kind("", "v1", "namespaces", "Namespace", namespaced=False)
SECRET = Kind("", "v1", "secrets", "Secret")
CONFIG_MAP = Kind("", "v1", "configmaps", "ConfigMap")
POD = Kind("", "v1", "pods", "Pod")
RESOURCE_QUOTA = Kind("", "v1", "resourcequotas", "ResourceQuota")
NODE = Kind("", "v1", "nodes", "Node", namespaced=False)
CLAIM = Kind("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim")
VOLUME = Kind("", "v1", "persistentvolumes", "PersistentVolume", namespaced=False)
STORAGE_CLASS = Kind("storage.k8s.io", "v1", "storageclasses", "StorageClass", namespaced=False)

_KUBEVIRT = ("kubevirt.io", "v1")
VM = Kind(*_KUBEVIRT, "virtualmachines", "VirtualMachine")
VMI = Kind(*_KUBEVIRT, "virtualmachineinstances", "VirtualMachineInstance")
MIGRATION = Kind(*_KUBEVIRT, "virtualmachineinstancemigrations", "VirtualMachineInstanceMigration")
KUBEVIRT = Kind(*_KUBEVIRT, "kubevirts", "KubeVirt")
_TYPES = ("instancetype.kubevirt.io", "v1beta1")
INSTANCETYPE = Kind(*_TYPES, "virtualmachineinstancetypes", "VirtualMachineInstancetype")
CLUSTER_INSTANCETYPE = Kind(
    *_TYPES, "virtualmachineclusterinstancetypes", "VirtualMachineClusterInstancetype", namespaced=False
)
PREFERENCE = Kind(*_TYPES, "virtualmachinepreferences", "VirtualMachinePreference")
CLUSTER_PREFERENCE = Kind(
    *_TYPES, "virtualmachineclusterpreferences", "VirtualMachineClusterPreference", namespaced=False
)
CONTROLLER_REVISION = Kind("apps", "v1", "controllerrevisions", "ControllerRevision")

_CDI = ("cdi.kubevirt.io", "v1beta1")
DATA_VOLUME = Kind(*_CDI, "datavolumes", "DataVolume")
DATA_SOURCE = Kind(*_CDI, "datasources", "DataSource")
CDI_CONFIG = Kind(*_CDI, "cdiconfigs", "CDIConfig", namespaced=False)
STORAGE_PROFILE = Kind(*_CDI, "storageprofiles", "StorageProfile", namespaced=False)
_SNAPSHOT = ("snapshot.kubevirt.io", "v1beta1")
VM_SNAPSHOT = Kind(*_SNAPSHOT, "virtualmachinesnapshots", "VirtualMachineSnapshot")
VM_SNAPSHOT_CONTENT = Kind(*_SNAPSHOT, "virtualmachinesnapshotcontents", "VirtualMachineSnapshotContent")
VM_CLONE = Kind("clone.kubevirt.io", "v1beta1", "virtualmachineclones", "VirtualMachineClone")
VM_EXPORT = Kind("export.kubevirt.io", "v1", "virtualmachineexports", "VirtualMachineExport")
VM_RESTORE = Kind(*_SNAPSHOT, "virtualmachinerestores", "VirtualMachineRestore")
_VOLUME_SNAPSHOT = ("snapshot.storage.k8s.io", "v1")
VOLUME_SNAPSHOT = Kind(*_VOLUME_SNAPSHOT, "volumesnapshots", "VolumeSnapshot")
VOLUME_SNAPSHOT_CONTENT = Kind(
    *_VOLUME_SNAPSHOT, "volumesnapshotcontents", "VolumeSnapshotContent", namespaced=False
)
VOLUME_SNAPSHOT_CLASS = Kind(
    *_VOLUME_SNAPSHOT, "volumesnapshotclasses", "VolumeSnapshotClass", namespaced=False
)

TEMPLATE_INSTANCE = Kind("template.openshift.io", "v1", "templateinstances", "TemplateInstance")
_AAQ = ("aaq.kubevirt.io", "v1alpha1")
VMI_QUOTA = Kind(*_AAQ, "applicationawareresourcequotas", "ApplicationAwareResourceQuota")
CLUSTER_QUOTA = Kind(
    *_AAQ, "applicationawareclusterresourcequotas", "ApplicationAwareClusterResourceQuota", namespaced=False
)
_CLUSTERS = ("cluster.open-cluster-management.io", "v1")
MANAGED_CLUSTER = Kind(*_CLUSTERS, "managedclusters", "ManagedCluster", namespaced=False)

_OVN = ("k8s.ovn.org", "v1")
UDN = Kind(*_OVN, "userdefinednetworks", "UserDefinedNetwork")
CLUSTER_UDN = Kind(*_OVN, "clusteruserdefinednetworks", "ClusterUserDefinedNetwork", namespaced=False)
NAD = Kind("k8s.cni.cncf.io", "v1", "network-attachment-definitions", "NetworkAttachmentDefinition")
IPAM_CLAIM = Kind("k8s.cni.cncf.io", "v1alpha1", "ipamclaims", "IPAMClaim")
