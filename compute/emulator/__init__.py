"""The embedded cluster: an HTTPS server that speaks the Kubernetes API, with KubeVirt's behaviour on top.

api/        the API: routing, verbs, patches, admission, watches. Knows nothing of KubeVirt.
behaviour/  what KubeVirt, CDI, OVN-Kubernetes and the controller manager do, as clients of the API.
store.py    objects, resourceVersions, history; persistence.py writes them through to PostgreSQL.
server.py   HTTPS. pki.py: certificates, token, kubeconfig. seed.py: what a fresh cluster holds.
emulator.py the whole.
"""

from compute.emulator.behaviour.engine import Timings
from compute.emulator.emulator import Emulator

__all__ = ["Emulator", "Timings"]
