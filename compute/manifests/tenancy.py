"""Namespaces, their quotas, and the right to clone from a catalog."""

from compute import names
from compute.manifests.meta import Manifest, labels, mib
from compute.specs import NamespaceSpec, QuotaSpec

_QUOTA_NAME = "ssvirt"
_CLONER = "ssvirt-clone-source"


def namespace(spec: NamespaceSpec) -> Manifest:
    """A namespace. A VDC's carries the primary-UDN label, which cannot be added later; from then on no pod
    starts in it until a primary UserDefinedNetwork exists. A catalog's keeps the cluster's default network.
    Source: contract kubernetes.md 3.1.
    """
    annotations = {names.ANNOTATION_ORG_NAME: spec.org_name}
    if spec.vdc_name is not None:
        annotations[names.ANNOTATION_DISPLAY_NAME] = spec.vdc_name
    own = labels(org=spec.org_id, vdc=spec.vdc_id, catalog=spec.catalog_id)
    if not spec.is_catalog:
        own[names.LABEL_PRIMARY_UDN] = ""
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": spec.name, "labels": own, "annotations": annotations},
    }


def resource_quota(spec: QuotaSpec) -> Manifest:
    """The core quota: number of machines and storage. Processors and memory are not in it, since core quota
    counts pods and a migration holds two. Source: contract kubernetes.md 3.2.
    """
    hard: dict[str, str] = {}
    if spec.vm_count is not None:
        hard["count/virtualmachines.kubevirt.io"] = str(spec.vm_count)
    if spec.storage_mib is not None:
        hard["requests.storage"] = mib(spec.storage_mib)
    for storage_class, size_mib in sorted(spec.storage_mib_by_class.items()):
        hard[f"{storage_class}.storageclass.storage.k8s.io/requests.storage"] = mib(size_mib)
    return {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": _QUOTA_NAME, "namespace": spec.namespace, "labels": labels()},
        "spec": {"hard": hard},
    }


def application_aware_quota(spec: QuotaSpec) -> Manifest | None:
    """The quota of processors and memory as guests see them; None when neither is limited.

    Only for clusters with Application-Aware Quota (`client.has_api("aaq.kubevirt.io/v1alpha1")`). It holds a
    machine back at scheduling rather than refusing it. Source: contract kubernetes.md 3.2.
    """
    hard: dict[str, str] = {}
    if spec.cpu_count is not None:
        hard["requests.cpu/vmi"] = str(spec.cpu_count)
    if spec.memory_mib is not None:
        hard["requests.memory/vmi"] = mib(spec.memory_mib)
    if not hard:
        return None
    return {
        "apiVersion": "aaq.kubevirt.io/v1alpha1",
        "kind": "ApplicationAwareResourceQuota",
        "metadata": {"name": _QUOTA_NAME, "namespace": spec.namespace, "labels": labels()},
        "spec": {"hard": hard},
    }


def clone_access(*, source_namespace: str, target_namespace: str) -> list[Manifest]:
    """Role and binding by which machines of `target_namespace` may be cloned from `source_namespace`.

    KubeVirt asks whether the *default service account of the machine's namespace* may clone, not whether we
    may. Source: OpenShift Virtualization, "Cloning virtual machines"; verb create on datavolumes/source.
    """
    api_group = "rbac.authorization.k8s.io"
    role: Manifest = {
        "apiVersion": f"{api_group}/v1",
        "kind": "Role",
        "metadata": {"name": _CLONER, "namespace": source_namespace, "labels": labels()},
        "rules": [
            {"apiGroups": ["cdi.kubevirt.io"], "resources": ["datavolumes/source"], "verbs": ["create"]}
        ],
    }
    binding: Manifest = {
        "apiVersion": f"{api_group}/v1",
        "kind": "RoleBinding",
        "metadata": {
            "name": f"ssvirt-clone-{target_namespace}",
            "namespace": source_namespace,
            "labels": labels(),
        },
        "roleRef": {"apiGroup": api_group, "kind": "Role", "name": _CLONER},
        "subjects": [{"kind": "ServiceAccount", "name": "default", "namespace": target_namespace}],
    }
    return [role, binding]
