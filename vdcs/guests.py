"""Guest operating systems: VMware's guest ids, their names, and the cluster's preferences that suit them.

Ids and names are vSphere's (VirtualMachineGuestOsIdentifier); clients choose by them. Source: go-clients.md 6.6.
Preferences are KubeVirt's common VirtualMachineClusterPreferences; an empty one lets the cluster's defaults
stand.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final

LINUX, WINDOWS, OTHER = "Linux", "Windows", "Other"
FAMILIES: Final = ((WINDOWS, 1), (LINUX, 2), (OTHER, 3))
"""Family names with VCD's OperatingSystemFamilyId."""


@dataclass(frozen=True, slots=True)
class Guest:
    """One guest OS. `is_efi`: its recommended firmware is EFI; every guest may have either."""

    id: str
    name: str
    family: str
    preference: str = ""
    is_x64: bool = True
    is_efi: bool = False
    min_memory_mb: int = 512
    min_hardware_version: int = 7


def _linux(guest_id: str, name: str, preference: str = "linux", **values: bool | int) -> Guest:
    return Guest(guest_id, name, LINUX, preference, **values)  # type: ignore[arg-type]


def _linux32(guest_id: str, name: str) -> Guest:
    # The cluster's machines are 64-bit, which run 32-bit guests; its preferences are for 64-bit ones.
    return Guest(guest_id, name, LINUX, "linux", is_x64=False, min_memory_mb=256)


def _windows(guest_id: str, name: str, preference: str = "", **values: bool | int) -> Guest:
    return Guest(guest_id, name, WINDOWS, preference, **({"min_memory_mb": 1024} | values))  # type: ignore[arg-type]


GUESTS: Final = (
    # Windows, the newest first, as VCD lists them
    _windows(
        "windows11_64Guest", "Microsoft Windows 11 (64-bit)", "windows.11", is_efi=True, min_memory_mb=4096
    ),
    _windows("windows9_64Guest", "Microsoft Windows 10 (64-bit)", "windows.10", is_efi=True),
    _windows("windows9Guest", "Microsoft Windows 10 (32-bit)", "windows.10", is_x64=False),
    _windows("windows8_64Guest", "Microsoft Windows 8.x (64-bit)", "windows.10"),
    _windows("windows7_64Guest", "Microsoft Windows 7 (64-bit)", "windows.7"),
    _windows("windows7Guest", "Microsoft Windows 7 (32-bit)", "windows.7", is_x64=False),
    _windows(
        "windows2022srvNext_64Guest", "Microsoft Windows Server 2025 (64-bit)", "windows.2k25", is_efi=True
    ),
    _windows(
        "windows2019srvNext_64Guest", "Microsoft Windows Server 2022 (64-bit)", "windows.2k22", is_efi=True
    ),
    _windows("windows2019srv_64Guest", "Microsoft Windows Server 2019 (64-bit)", "windows.2k19", is_efi=True),
    _windows("windows9Server64Guest", "Microsoft Windows Server 2016 (64-bit)", "windows.2k16", is_efi=True),
    _windows("windows8Server64Guest", "Microsoft Windows Server 2012 (64-bit)", "windows.2k12"),
    _windows("windows7Server64Guest", "Microsoft Windows Server 2008 R2 (64-bit)", "windows.2k8"),
    _windows("winLonghorn64Guest", "Microsoft Windows Server 2008 (64-bit)", "windows.2k8"),
    _windows("winNetEnterprise64Guest", "Microsoft Windows Server 2003 (64-bit)", "windows.2k3"),
    _windows("winXPPro64Guest", "Microsoft Windows XP Professional (64-bit)", "windows.xp"),
    _windows("winXPProGuest", "Microsoft Windows XP Professional (32-bit)", "windows.xp", is_x64=False),
    # Linux
    _linux(
        "rhel10_64Guest", "Red Hat Enterprise Linux 10 (64-bit)", "rhel.10", is_efi=True, min_memory_mb=2048
    ),
    _linux("rhel9_64Guest", "Red Hat Enterprise Linux 9 (64-bit)", "rhel.9", is_efi=True, min_memory_mb=2048),
    _linux("rhel8_64Guest", "Red Hat Enterprise Linux 8 (64-bit)", "rhel.8", min_memory_mb=2048),
    _linux("rhel7_64Guest", "Red Hat Enterprise Linux 7 (64-bit)", "rhel.7", min_memory_mb=2048),
    _linux("rhel6_64Guest", "Red Hat Enterprise Linux 6 (64-bit)"),
    _linux32("rhel6Guest", "Red Hat Enterprise Linux 6 (32-bit)"),
    _linux("rhel5_64Guest", "Red Hat Enterprise Linux 5 (64-bit)"),
    _linux32("rhel5Guest", "Red Hat Enterprise Linux 5 (32-bit)"),
    _linux("rhel4_64Guest", "Red Hat Enterprise Linux 4 (64-bit)"),
    _linux32("rhel4Guest", "Red Hat Enterprise Linux 4 (32-bit)"),
    _linux("centos9_64Guest", "CentOS 9 (64-bit)", "centos.stream9", is_efi=True, min_memory_mb=1536),
    _linux("centos8_64Guest", "CentOS 8 (64-bit)", "rhel.8"),
    _linux("centos7_64Guest", "CentOS 7 (64-bit)", "rhel.7"),
    _linux("centos6_64Guest", "CentOS 6 (64-bit)"),
    _linux("centos64Guest", "CentOS 4/5 (64-bit)"),
    _linux32("centosGuest", "CentOS 4/5 (32-bit)"),
    _linux("rockylinux_64Guest", "Rocky Linux (64-bit)", "rhel.9"),
    _linux("almalinux_64Guest", "AlmaLinux (64-bit)", "rhel.9"),
    _linux("oracleLinux9_64Guest", "Oracle Linux 9 (64-bit)", "oraclelinux"),
    _linux("oracleLinux8_64Guest", "Oracle Linux 8 (64-bit)", "oraclelinux"),
    _linux("oracleLinux7_64Guest", "Oracle Linux 7 (64-bit)", "oraclelinux"),
    _linux("oracleLinux6_64Guest", "Oracle Linux 6 (64-bit)"),
    _linux("oracleLinux64Guest", "Oracle Linux 4/5 (64-bit)"),
    _linux("fedora64Guest", "Red Hat Fedora (64-bit)", "fedora", is_efi=True),
    _linux32("fedoraGuest", "Red Hat Fedora (32-bit)"),
    _linux("ubuntu64Guest", "Ubuntu Linux (64-bit)", "ubuntu"),
    _linux32("ubuntuGuest", "Ubuntu Linux (32-bit)"),
    _linux("debian12_64Guest", "Debian GNU/Linux 12 (64-bit)", "debian"),
    _linux("debian11_64Guest", "Debian GNU/Linux 11 (64-bit)", "debian"),
    _linux("debian10_64Guest", "Debian GNU/Linux 10 (64-bit)", "debian"),
    _linux32("debian10Guest", "Debian GNU/Linux 10 (32-bit)"),
    _linux("debian9_64Guest", "Debian GNU/Linux 9 (64-bit)", "debian"),
    _linux("debian8_64Guest", "Debian GNU/Linux 8 (64-bit)", "debian"),
    _linux("sles16_64Guest", "SUSE Linux Enterprise 16 (64-bit)", "sles"),
    _linux("sles15_64Guest", "SUSE Linux Enterprise 15 (64-bit)", "sles"),
    _linux("sles12_64Guest", "SUSE Linux Enterprise 12 (64-bit)", "sles"),
    _linux("sles11_64Guest", "SUSE Linux Enterprise 11 (64-bit)"),
    _linux("sles10_64Guest", "SUSE Linux Enterprise 10 (64-bit)"),
    _linux32("sles10Guest", "SUSE Linux Enterprise 10 (32-bit)"),
    _linux("opensuse64Guest", "SUSE openSUSE (64-bit)", "opensuse.leap"),
    _linux("amazonlinux2_64Guest", "Amazon Linux 2 (64-bit)"),
    _linux("vmwarePhoton64Guest", "VMware Photon OS (64-bit)"),
    _linux("coreos64Guest", "CoreOS Linux (64-bit)"),
    _linux("other6xLinux64Guest", "Other 6.x or later Linux (64-bit)"),
    _linux("other5xLinux64Guest", "Other 5.x Linux (64-bit)"),
    _linux("other4xLinux64Guest", "Other 4.x Linux (64-bit)"),
    _linux("other3xLinux64Guest", "Other 3.x Linux (64-bit)"),
    _linux("otherLinux64Guest", "Other Linux (64-bit)"),
    _linux32("otherLinuxGuest", "Other Linux (32-bit)"),
    # Others
    Guest("freebsd14_64Guest", "FreeBSD 14 or later versions (64-bit)", OTHER),
    Guest("freebsd13_64Guest", "FreeBSD 13 (64-bit)", OTHER),
    Guest("freebsd64Guest", "FreeBSD Pre-11 versions (64-bit)", OTHER),
    Guest("solaris11_64Guest", "Oracle Solaris 11 (64-bit)", OTHER),
    Guest("otherGuest64", "Other (64-bit)", OTHER),
    Guest("otherGuest", "Other (32-bit)", OTHER, is_x64=False),
)


@cache
def _by_id() -> dict[str, Guest]:
    return {guest.id: guest for guest in GUESTS}


def guest_of(os_type: str) -> Guest | None:
    """The guest OS of that id."""
    return _by_id().get(os_type)


_NEEDS: Final = {
    "centos.stream9": (1, 1536),
    "debian": (1, 512),
    "fedora": (1, 2048),
    "opensuse.leap": (1, 2048),
    "oraclelinux": (2, 4096),
    "rhel.10": (1, 1536),
    "rhel.7": (1, 1024),
    "rhel.8": (1, 1536),
    "rhel.9": (1, 1536),
    "sles": (1, 2048),
    "ubuntu": (1, 2048),
    "windows.10": (1, 2048),
    "windows.11": (2, 4096),
    "windows.2k12": (1, 512),
    "windows.2k16": (1, 2048),
    "windows.2k19": (1, 2048),
    "windows.2k22": (1, 2048),
    "windows.2k25": (1, 2048),
    "windows.2k3": (1, 256),
    "windows.2k8": (1, 512),
    "windows.7": (1, 2048),
    "windows.xp": (1, 128),
}
"""CPUs and memory (MB) that a preference requires: the cluster refuses a smaller machine. Source:
common-instancetypes v1.7, spec.requirements.
"""


def preference_for(os_type: str, *, cpus: int | None = None, memory_mb: int | None = None) -> str:
    """Name of the VirtualMachineClusterPreference that suits a guest id; "" when none does.

    With the size of the machine: only one whose requirements the machine meets, else the plain "linux".
    """
    guest = guest_of(os_type)
    if guest is None:
        return ""
    needs_cpus, needs_memory_mb = _NEEDS.get(guest.preference, (0, 0))
    if (cpus is None or cpus >= needs_cpus) and (memory_mb is None or memory_mb >= needs_memory_mb):
        return guest.preference
    return "linux" if guest.family == LINUX else ""


def is_windows(os_type: str) -> bool:
    """Whether a guest id is of the Windows family; unknown ids go by their prefix."""
    guest = guest_of(os_type)
    return guest.family == WINDOWS if guest is not None else os_type.startswith("win")
