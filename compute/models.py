"""The clusters that run the virtual machines. Global rows: a cluster belongs to the provider, not to a
tenant.
"""

import uuid

from django.db import models

from ssvirt.core.crypto import encrypt


class Cluster(models.Model):
    """One Kubernetes cluster with KubeVirt.

    How to reach it, first that is given: `kubeconfig_encrypted` (set_kubeconfig), `kubeconfig_path`, the
    setting KUBECONFIG, the pod's own service account.

    The columns from `is_reachable` on are observed: the watch process writes them by UPDATE, which leaves
    `updated_at` alone, so that `updated_at` is the version of what an administrator set.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=253, unique=True)
    kubeconfig_path = models.CharField(max_length=4096, blank=True)
    kubeconfig_encrypted = models.BinaryField(null=True, editable=False)
    # Base URL of the KubeVirt subresource API where it is not behind the API server; blank: the API server's.
    subresource_url = models.CharField(max_length=2048, blank=True)
    is_enabled = models.BooleanField(default=True)

    is_reachable = models.BooleanField(null=True, editable=False)
    status_message = models.TextField(blank=True, editable=False)
    version = models.CharField(max_length=64, blank=True, editable=False)
    last_sync_at = models.DateTimeField(null=True, editable=False)
    last_event_at = models.DateTimeField(null=True, editable=False)

    updated_at = models.DateTimeField(auto_now=True)

    objects = models.Manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def set_kubeconfig(self, data: bytes | None) -> None:
        """Take `data` as the stored kubeconfig, encrypted; None drops it. Does not save."""
        self.kubeconfig_encrypted = encrypt(data) if data is not None else None
