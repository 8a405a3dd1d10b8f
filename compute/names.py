"""Names, labels and annotations of our objects in a cluster.

Names of machines, disks and networks derive from the UUID of the row, so that applying twice is safe and free
text (VCD names: spaces, any script, duplicates) never reaches the cluster. Only namespaces are named after
the org and VDC, for people; the row keeps the name that was chosen.
"""

import hashlib
import re
import unicodedata
from collections.abc import Callable
from typing import Final
from uuid import UUID

FIELD_MANAGER: Final = "ssvirt"

LABEL_MANAGED: Final = "ssvirt.io/managed"
LABEL_ORG: Final = "ssvirt.io/org-id"
LABEL_VDC: Final = "ssvirt.io/vdc-id"
LABEL_VAPP: Final = "ssvirt.io/vapp-id"
LABEL_VM: Final = "ssvirt.io/vm-id"
LABEL_CATALOG: Final = "ssvirt.io/catalog-id"
LABEL_NETWORK: Final = "ssvirt.io/network-id"
LABEL_DISK: Final = "ssvirt.io/disk-id"
MANAGED_SELECTOR: Final = f"{LABEL_MANAGED}=true"

ANNOTATION_DISPLAY_NAME: Final = "ssvirt.io/display-name"
ANNOTATION_TASK: Final = "ssvirt.io/task-id"
ANNOTATION_ORG_NAME: Final = "ssvirt.io/org-name"
# On a VirtualMachine: "true" while its pause is VCD's suspend. Source: contract kubernetes.md 1.7 suspend.
ANNOTATION_SUSPENDED: Final = "ssvirt.io/suspended"

# Source: OVN-Kubernetes; must be there when the namespace is created, cannot be added later.
LABEL_PRIMARY_UDN: Final = "k8s.ovn.org/primary-user-defined-network"

_MAX_LABEL: Final = 63  # RFC 1123 label, the limit of a namespace's and of a label's value
_HASH_LENGTH: Final = 6
_NOT_ALLOWED = re.compile(r"[^a-z0-9]+")


def namespace_name(org_name: str, vdc_name: str, *, taken: Callable[[str], bool]) -> str:
    """`vdc-{org}-{vdc}` as a DNS label of at most 63 characters that is not `taken`.

    The plain form where it says the two names without loss; else (cut, changed letters, or taken) a short
    hash of both names follows. The same names and answers of `taken` give the same result.
    """
    return _label("vdc", (org_name, vdc_name), taken)


def catalog_namespace_name(org_name: str, catalog_name: str, taken: Callable[[str], bool]) -> str:
    """`cat-{org}-{catalog}`; as `namespace_name`."""
    return _label("cat", (org_name, catalog_name), taken)


def vm_name(vm_id: UUID) -> str:
    """The VirtualMachine of the row `vm_id`."""
    return f"vm-{vm_id.hex}"


def disk_volume_name(vm_id: UUID, disk: int | str | UUID) -> str:
    """The DataVolume of a disk of `vm_id`: by index (0), by name ("disk0") or by the disk's own UUID.

    A number is soon used again by the next disk: where disks are removed and added, name them by UUID.
    """
    match disk:
        case UUID():
            suffix = disk.hex[:12]
        case int():
            suffix = f"disk{disk}"
        case _:
            suffix = slug(disk) or "disk"
    return _cut(f"{vm_name(vm_id)}-{suffix}")


def named_disk_volume(disk_id: UUID) -> str:
    """The DataVolume of an independent disk; also its name inside the machine that has it."""
    return f"disk-{disk_id.hex}"


def cd_volume_name(vm_id: UUID, media_id: UUID) -> str:
    """The DataVolume with a machine's own copy of a medium."""
    return f"{vm_name(vm_id)}-cd-{media_id.hex[:12]}"


def cloud_init_secret_name(vm_id: UUID) -> str:
    """The Secret with the machine's cloud-init data."""
    return f"{vm_name(vm_id)}-init"


def snapshot_name(snapshot_id: UUID) -> str:
    """The VirtualMachineSnapshot of a snapshot's row."""
    return f"snap-{snapshot_id.hex}"


def restore_name(snapshot_id: UUID, task_id: UUID) -> str:
    """The VirtualMachineRestore by which a task brings a snapshot back."""
    return f"restore-{snapshot_id.hex[:16]}-{task_id.hex[:16]}"


def udn_name(network_id: UUID) -> str:
    """The UserDefinedNetwork, and with it the network attachment definition, of a network's row."""
    return f"net-{network_id.hex}"


def host_name(text: str) -> str:
    """`text` as a host name of letters, digits and inner hyphens; "" when nothing of it is left."""
    return _cut(slug(text))


def computer_name(text: str, otherwise: str) -> str:
    """A computer name made from a VM's name: a host name that is not digits only; `otherwise` where it has none."""
    made = host_name(text)
    return made if made and not made.isdigit() else _cut(f"vm-{made or otherwise}")


def slug(text: str) -> str:
    """`text` in lower case ASCII letters and digits, other runs as one hyphen, none at the ends."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return _NOT_ALLOWED.sub("-", plain).strip("-")


def _label(prefix: str, parts: tuple[str, str], taken: Callable[[str], bool]) -> str:
    slugs = [slug(part) for part in parts]
    plain = "-".join([prefix, *filter(None, slugs)])
    # A hyphen in a part makes the joint ambiguous ("a-b" + "c", "a" + "b-c"): `taken` settles that case.
    is_lossless = all(slugs) and slugs == [part.lower() for part in parts]
    if is_lossless and len(plain) <= _MAX_LABEL and not taken(plain):
        return plain
    for attempt in range(1000):
        digest = _digest(prefix, *parts, str(attempt) if attempt else "")
        name = f"{_cut(plain, _MAX_LABEL - _HASH_LENGTH - 1)}-{digest}"
        if not taken(name):
            return name
    raise ValueError("no free namespace name found")


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:_HASH_LENGTH]


def _cut(text: str, length: int = _MAX_LABEL) -> str:
    return text[:length].rstrip("-")
