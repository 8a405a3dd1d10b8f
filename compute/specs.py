"""What the service wants of a cluster, as plain values: the input of `compute.manifests`.

Upper layers build these from their rows; nothing here knows Kubernetes' field names or any tenant row.
Units are in the names, identifiers are the UUIDs of the rows. A spec refuses at construction what no manifest
could express (ValueError), so that the mistake shows where it was made and not in the cluster.
"""

import dataclasses
from collections.abc import Mapping
from typing import Literal
from uuid import UUID

UdnRole = Literal["Primary", "Secondary"]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class NamespaceSpec:
    """The namespace of an org VDC, or of a catalog (`is_catalog`; then `vdc_id` and `vdc_name` are None)."""

    name: str
    org_id: UUID
    org_name: str
    vdc_id: UUID | None = None
    vdc_name: str | None = None
    is_catalog: bool = False
    catalog_id: UUID | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class UdnSpec:
    """A layer 2 network of one namespace.

    `cidr` None: no address management by the cluster (Secondary only); addresses come from the service's
    pools. `reserved_cidrs`: parts of `cidr` that the cluster does not hand out by itself (Primary only).
    """

    namespace: str
    name: str
    role: UdnRole
    cidr: str | None
    reserved_cidrs: tuple[str, ...] = ()
    network_id: UUID | None = None

    def __post_init__(self) -> None:
        if self.role == "Primary" and self.cidr is None:
            raise ValueError("a primary network needs a CIDR")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class QuotaSpec:
    """The limits of a VDC as the cluster's second fence; None or an absent class: no limit.

    `cpu_count` and `memory_mib` need Application-Aware Quota in the cluster; the rest is core Kubernetes.
    Scratch volumes of imports count as storage too: leave headroom where images are imported into the
    namespace.
    """

    namespace: str
    vm_count: int | None = None
    storage_mib_by_class: Mapping[str, int] = dataclasses.field(default_factory=dict)
    storage_mib: int | None = None
    cpu_count: int | None = None
    memory_mib: int | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class BootSource:
    """What a disk is cloned from: a CDI DataSource, or a volume claim (PVC)."""

    name: str
    namespace: str
    kind: Literal["DataSource", "PVC"] = "DataSource"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class DiskSpec:
    """One disk. `name` (disk0, disk1, ...) is its name inside the machine; `source` None means a blank disk.

    `volume_name`: its DataVolume; None takes the name `names.disk_volume_name(vm_id, name)`.
    `is_owned`: the DataVolume is made and deleted with the machine. False: the volume exists by itself (an
    independent disk, or one added while the machine runs), is attached hot-pluggable and survives the
    machine. `storage_class` empty: the cluster's default.
    """

    name: str
    size_mib: int
    storage_class: str = ""
    source: BootSource | None = None
    bus: str = "virtio"
    volume_name: str | None = None
    is_owned: bool = True

    def __post_init__(self) -> None:
        if self.size_mib <= 0:
            raise ValueError(f"disk {self.name}: the size must be positive")
        if not self.is_owned and self.volume_name is None:
            raise ValueError(f"disk {self.name}: an attached volume needs its name")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class NicSpec:
    """One network card. `name` is nic0, nic1, ... in VCD's order of indexes.

    Either `is_primary_udn` (the namespace's primary network) or `network`, the name of the secondary network.
    Neither: VCD's network "none"; the machine then has no such card until it is connected to something.
    `address_cidr` is address and prefix ("10.0.0.5/24"), None for DHCP. `gateway` only on the card that holds
    the default route.
    """

    name: str
    mac: str
    network: str | None = None
    is_primary_udn: bool = False
    address_cidr: str | None = None
    gateway: str | None = None
    dns: tuple[str, ...] = ()
    is_connected: bool = True
    model: str = "virtio"

    def __post_init__(self) -> None:
        if self.is_primary_udn and self.network is not None:
            raise ValueError(f"card {self.name}: primary and secondary network at once")

    @property
    def is_attached(self) -> bool:
        """True when the card has a network, connected or not."""
        return self.is_primary_udn or self.network is not None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class AffinitySpec:
    """Machines that run on one node, or never on one. `vm_ids` are all of them, the machine itself included.

    `is_mandatory`: a machine that cannot be placed by the rule does not start; else the rule is a wish.
    """

    vm_ids: tuple[UUID, ...]
    is_affinity: bool
    is_mandatory: bool


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class VmSpec:
    """A virtual machine. With `instancetype`, processors and memory come from it and the two sizes are
    ignored.

    `cd_volume`: a DataVolume of the same namespace whose medium lies in the CD tray; None is an empty tray.
    `has_cd_tray` False leaves the tray out: clusters without declarative hot-plug (KubeVirt before 1.9
    without the feature gate DeclarativeHotplugVolumes) refuse an empty one.
    """

    namespace: str
    name: str
    vm_id: UUID
    vapp_id: UUID
    org_id: UUID
    vdc_id: UUID
    display_name: str
    cpus: int
    cores_per_socket: int = 1
    memory_mib: int
    disks: tuple[DiskSpec, ...] = ()
    nics: tuple[NicSpec, ...] = ()
    guest_os_preference: str | None = None
    instancetype: str | None = None
    computer_name: str = ""
    has_cloud_init: bool = False
    has_sysprep: bool = False
    is_efi: bool = False
    has_secure_boot: bool = False
    has_nested_hypervisor: bool = False
    cd_volume: str | None = None
    has_cd_tray: bool = True
    affinities: tuple[AffinitySpec, ...] = ()

    def __post_init__(self) -> None:
        if self.cpus < 1 or self.memory_mib < 1 or self.cores_per_socket < 1:
            raise ValueError("a machine needs processors and memory")
        if self.cpus % self.cores_per_socket:
            raise ValueError(f"{self.cpus} processors do not fill sockets of {self.cores_per_socket} cores")
        # Source: KubeVirt's webhook accepts one interface on the pod network.
        if sum(nic.is_primary_udn for nic in self.nics) > 1:
            raise ValueError("only one card can be on the primary network")
        for devices in (self.disks, self.nics):
            if len({device.name for device in devices}) != len(devices):
                raise ValueError("two devices have the same name")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CloudInitSpec:
    """Guest customization of a Linux machine by cloud-init. The two secrets never show in a repr.

    `seed` changes when the guest is to be customized anew. Not `is_enabled`: its network is set up, nothing else.
    """

    namespace: str
    vm_name: str
    vm_id: UUID
    hostname: str
    admin_password: str | None = dataclasses.field(default=None, repr=False)
    must_change_password: bool = False
    script: str | None = dataclasses.field(default=None, repr=False)
    nics: tuple[NicSpec, ...] = ()
    seed: UUID | None = None
    is_enabled: bool = True


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class DomainSpec:
    """The Active Directory domain that a Windows guest joins."""

    name: str
    user: str
    password: str = dataclasses.field(repr=False)
    organizational_unit: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SysprepSpec:
    """Guest customization of a Windows machine by an answer file. The secrets never show in a repr.

    `auto_logons`: how often the administrator is signed in after the customization.
    """

    namespace: str
    vm_name: str
    vm_id: UUID
    hostname: str
    admin_password: str | None = dataclasses.field(default=None, repr=False)
    script: str | None = dataclasses.field(default=None, repr=False)
    auto_logons: int = 0
    domain: DomainSpec | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class DataVolumeSpec:
    """A volume that lives by itself: an independent disk, a disk added to a running machine, a machine's copy
    of a medium, an upload's target.

    Exactly one origin: `source`, `is_upload`, or neither for a blank volume. A clone may leave its size to its
    source (`size_mib` None).
    """

    namespace: str
    name: str
    size_mib: int | None
    storage_class: str = ""
    source: BootSource | None = None
    is_upload: bool = False
    org_id: UUID | None = None
    vdc_id: UUID | None = None
    vm_id: UUID | None = None
    disk_id: UUID | None = None

    def __post_init__(self) -> None:
        if self.size_mib is None and self.source is None:
            raise ValueError(f"volume {self.name}: only a clone has the size of its source")
        if self.size_mib is not None and self.size_mib <= 0:
            raise ValueError(f"volume {self.name}: the size must be positive")
        if self.source is not None and self.is_upload:
            raise ValueError(f"volume {self.name}: two origins")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotSpec:
    """A snapshot of the machine `vm_name`."""

    namespace: str
    name: str
    vm_name: str
    vm_id: UUID
    org_id: UUID


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RestoreSpec:
    """Putting the machine `vm_name`, which is stopped, back to the snapshot `snapshot_name`."""

    namespace: str
    name: str
    snapshot_name: str
    vm_name: str
    vm_id: UUID
    org_id: UUID
