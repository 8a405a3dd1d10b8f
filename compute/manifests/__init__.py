"""Kubernetes objects as pure functions: spec -> dict, to be applied by server-side apply.

Each returns the full object that we own: a field left out on a later apply is removed. Names derive from
UUIDs (`compute.names`), so applying twice is safe. Nothing here reads a clock, a row or a cluster.
"""

from compute.manifests.customization import cloud_init_secret, network_config, user_data
from compute.manifests.network import default_deny_policies, user_defined_network
from compute.manifests.snapshot import vm_restore, vm_snapshot
from compute.manifests.sysprep import answer_file, sysprep_secret
from compute.manifests.tenancy import application_aware_quota, clone_access, namespace, resource_quota
from compute.manifests.vm import virtual_machine
from compute.manifests.volume import claim_size, data_source, data_volume

__all__ = [
    "answer_file",
    "application_aware_quota",
    "claim_size",
    "clone_access",
    "cloud_init_secret",
    "data_source",
    "data_volume",
    "default_deny_policies",
    "namespace",
    "network_config",
    "resource_quota",
    "sysprep_secret",
    "user_data",
    "user_defined_network",
    "virtual_machine",
    "vm_restore",
    "vm_snapshot",
]
