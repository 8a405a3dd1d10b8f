"""Volumes that live by themselves, and the boot sources of a catalog."""

from compute.manifests.meta import ANNOTATION_BIND_NOW, Manifest, labels, mib, storage
from compute.specs import BootSource, DataVolumeSpec


def data_volume(spec: DataVolumeSpec) -> Manifest:
    """A DataVolume: blank, cloned from a DataSource, or waiting for an upload. Source: cdi DataVolumeSpec."""
    body: Manifest = {"storage": storage(spec.size_mib, spec.storage_class)}
    body |= {"source": {"upload": {}}} if spec.is_upload else origin(spec.source)
    return {
        "apiVersion": "cdi.kubevirt.io/v1beta1",
        "kind": "DataVolume",
        "metadata": {
            "name": spec.name,
            "namespace": spec.namespace,
            "labels": labels(org=spec.org_id, vdc=spec.vdc_id, vm=spec.vm_id, disk=spec.disk_id),
            "annotations": {ANNOTATION_BIND_NOW: "true"},
        },
        "spec": body,
    }


def claim_size(size_mib: int) -> Manifest:
    """The merge patch that grows a claim: a DataVolume's own spec never changes. Source: kubernetes.md 1.7."""
    return {"spec": {"resources": {"requests": {"storage": mib(size_mib)}}}}


def data_source(*, name: str, namespace: str, claim_name: str) -> Manifest:
    """A DataSource that names the claim `claim_name` of its own namespace. Source: cdi DataSourceSpec."""
    return {
        "apiVersion": "cdi.kubevirt.io/v1beta1",
        "kind": "DataSource",
        "metadata": {"name": name, "namespace": namespace, "labels": labels()},
        "spec": {"source": {"pvc": {"name": claim_name, "namespace": namespace}}},
    }


def origin(source: BootSource | None) -> Manifest:
    """The part of a DataVolume's spec that says what is in it: a clone of a DataSource or claim, or nothing."""
    if source is None:
        return {"source": {"blank": {}}}
    if source.kind == "PVC":
        return {"source": {"pvc": {"name": source.name, "namespace": source.namespace}}}
    return {"sourceRef": {"kind": "DataSource", "name": source.name, "namespace": source.namespace}}
