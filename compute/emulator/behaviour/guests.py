"""The guest's side of a VMI: what its agent would report about operating system and addresses.

Source: kubevirt VirtualMachineInstanceGuestOSInfo; libguestfs and os-release values of the systems named.
"""

from compute.emulator.behaviour.feed import Cache
from compute.emulator.behaviour.kinds import VM
from compute.emulator.values import Json, annotations_of, dig, meta

# preference name (up to its first dot, or whole) -> id, name, pretty name, version, kernel
_SYSTEMS: dict[str, tuple[str, str, str, str, str]] = {
    "fedora": ("fedora", "Fedora Linux", "Fedora Linux 43 (Cloud Edition)", "43", "6.17.1-300.fc43.x86_64"),
    "ubuntu": ("ubuntu", "Ubuntu", "Ubuntu 24.04.3 LTS", "24.04", "6.8.0-79-generic"),
    "debian": ("debian", "Debian GNU/Linux", "Debian GNU/Linux 13 (trixie)", "13", "6.12.41+deb13-amd64"),
    "centos.stream9": ("centos", "CentOS Stream", "CentOS Stream 9", "9", "5.14.0-611.el9.x86_64"),
    "centos.stream10": (
        "centos",
        "CentOS Stream",
        "CentOS Stream 10 (Coughlan)",
        "10",
        "6.12.0-120.el10.x86_64",
    ),
    "rhel.8": (
        "rhel",
        "Red Hat Enterprise Linux",
        "Red Hat Enterprise Linux 8.10 (Ootpa)",
        "8.10",
        "4.18.0-553.el8_10.x86_64",
    ),
    "rhel.9": (
        "rhel",
        "Red Hat Enterprise Linux",
        "Red Hat Enterprise Linux 9.6 (Plow)",
        "9.6",
        "5.14.0-570.el9_6.x86_64",
    ),
    "rhel.10": (
        "rhel",
        "Red Hat Enterprise Linux",
        "Red Hat Enterprise Linux 10.0 (Coughlan)",
        "10.0",
        "6.12.0-55.el10_0.x86_64",
    ),
    "windows.10": ("mswindows", "Microsoft Windows", "Microsoft Windows 10", "10", "19045"),
    "windows.11": ("mswindows", "Microsoft Windows", "Microsoft Windows 11", "11", "26100"),
    "windows.2k22": ("mswindows", "Microsoft Windows", "Microsoft Windows Server 2022", "2022", "20348"),
    "windows.2k25": ("mswindows", "Microsoft Windows", "Microsoft Windows Server 2025", "2025", "26100"),
}
_PLAIN = ("linux", "Linux", "Linux", "1", "6.12.0")
OS_ANNOTATION = "vm.kubevirt.io/os"
AGENT_VERSION = "9.2.0"


def os_info(cache: Cache, vmi: Json) -> Json:
    """status.guestOSInfo, from the VM's preference or the template's annotation `vm.kubevirt.io/os`."""
    ident, name, pretty, version, kernel = _SYSTEMS.get(_system_name(cache, vmi), _PLAIN)
    return {
        "id": ident,
        "name": name,
        "prettyName": pretty,
        "version": version,
        "versionId": version,
        "kernelRelease": kernel,
        "kernelVersion": "#1 SMP PREEMPT_DYNAMIC",
        "machine": "x86_64",
    }


def _system_name(cache: Cache, vmi: Json) -> str:
    vm = cache.get(VM, meta(vmi)["namespace"], meta(vmi)["name"])
    wanted = dig(vm, "spec", "preference", "name", default="") or annotations_of(vmi).get(OS_ANNOTATION, "")
    known = sorted(_SYSTEMS, key=len, reverse=True)
    return next((name for name in known if wanted == name or wanted.startswith(f"{name}.")), wanted)


def agent_report(vmi: Json) -> Json:
    """The answer of the guestosinfo subresource."""
    info = dig(vmi, "status", "guestOSInfo", default={})
    return {
        "apiVersion": "subresources.kubevirt.io/v1",
        "kind": "VirtualMachineInstanceGuestAgentInfo",
        "guestAgentVersion": AGENT_VERSION,
        "hostname": dig(vmi, "spec", "hostname") or meta(vmi)["name"],
        "os": info,
        "timezone": "UTC, 0",
        "fsInfo": filesystems(vmi),
        "fsFreezeStatus": dig(vmi, "status", "fsFreezeStatus", default="thawed"),
    }


def filesystems(vmi: Json) -> Json:
    """The answer of the filesystemlist subresource: one root file system."""
    size = 10 * 1024**3
    root = {
        "diskName": "vda1",
        "mountPoint": "/",
        "fileSystemType": "xfs",
        "totalBytes": size,
        "usedBytes": size // 5,
    }
    return {"metadata": {}, "items": [{**root, "disk": [{"busType": "virtio"}]}]}
