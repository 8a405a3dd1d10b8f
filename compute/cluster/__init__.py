"""The client of a cluster."""

from compute.cluster.client import ClusterClient, client_for
from compute.cluster.errors import ClusterGone
from compute.cluster.kinds import KINDS

__all__ = ["KINDS", "ClusterClient", "ClusterGone", "client_for"]
