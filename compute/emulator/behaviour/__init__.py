"""What KubeVirt, CDI, OVN-Kubernetes and Kubernetes' own controllers do, as clients of the API.

Each module holds level-triggered reconcilers: they get a name, look at the cluster, do what is missing, and end.
"""
