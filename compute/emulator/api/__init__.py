"""The Kubernetes API: routing, verbs, patches, admission, watches. It knows nothing of KubeVirt."""
