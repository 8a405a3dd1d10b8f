"""Networks of a namespace and the policies that close it."""

from compute.manifests.meta import Manifest, labels
from compute.specs import UdnSpec

# Namespaces CDI runs in: upstream, and OpenShift Virtualization.
_CDI_NAMESPACES = ["cdi", "openshift-cnv"]
_CDI_UPLOAD_PORT = 8443


def user_defined_network(spec: UdnSpec) -> Manifest:
    """A layer 2 UserDefinedNetwork, primary or secondary.

    With a CIDR the cluster assigns addresses and keeps them over restart and migration; without one it only
    carries frames. The whole block is immutable: another CIDR means another object.
    Source: ovn-kubernetes UserDefinedNetwork CRD, its CEL rules; contract kubernetes.md 3.1.
    """
    layer2: Manifest = {"role": spec.role}
    if spec.cidr is None:
        layer2["ipam"] = {"mode": "Disabled"}
    else:
        layer2["subnets"] = [spec.cidr]
        layer2["ipam"] = {"mode": "Enabled", "lifecycle": "Persistent"}
        if spec.reserved_cidrs and spec.role == "Primary":
            layer2["reservedSubnets"] = list(spec.reserved_cidrs)
    return {
        "apiVersion": "k8s.ovn.org/v1",
        "kind": "UserDefinedNetwork",
        "metadata": {
            "name": spec.name,
            "namespace": spec.namespace,
            "labels": labels(network=spec.network_id),
        },
        "spec": {"topology": "Layer2", "layer2": layer2},
    }


def default_deny_policies(namespace: str) -> list[Manifest]:
    """The policies of a namespace: nothing enters but from itself, and clones and uploads from CDI.

    What leaves is not limited (name service, updates). They act on the primary network only; secondary ones
    never leave their namespace. CDI's upload server takes the data of cloning pods of other namespaces and of
    the upload proxy. Source: CDI, pods labelled cdi.kubevirt.io=cdi-upload-server, port 8443.
    """
    return [
        _policy(namespace, "ssvirt-default-deny", {}, None),
        _policy(namespace, "ssvirt-allow-same-namespace", {}, [{"from": [{"podSelector": {}}]}]),
        _policy(
            namespace,
            "ssvirt-allow-cdi",
            {"matchLabels": {"cdi.kubevirt.io": "cdi-upload-server"}},
            [
                {
                    "from": [
                        {"namespaceSelector": {"matchLabels": labels()}},
                        {
                            "namespaceSelector": {
                                "matchExpressions": [
                                    {
                                        "key": "kubernetes.io/metadata.name",
                                        "operator": "In",
                                        "values": _CDI_NAMESPACES,
                                    }
                                ]
                            }
                        },
                    ],
                    "ports": [{"protocol": "TCP", "port": _CDI_UPLOAD_PORT}],
                }
            ],
        ),
    ]


def _policy(namespace: str, name: str, pods: Manifest, ingress: list[Manifest] | None) -> Manifest:
    spec: Manifest = {"podSelector": pods, "policyTypes": ["Ingress"]}
    if ingress is not None:
        spec["ingress"] = ingress
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": namespace, "labels": labels()},
        "spec": spec,
    }
