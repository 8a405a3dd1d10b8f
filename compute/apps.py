"""The Django app of the cluster side."""

from django.apps import AppConfig


class ComputeConfig(AppConfig):
    """The clusters: specs, manifests, observation, client, watch loop, emulator."""

    name = "compute"
    verbose_name = "Clusters"
