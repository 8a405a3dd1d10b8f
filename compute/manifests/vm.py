"""The VirtualMachine.

Choices that hold for every machine:
- run strategy Manual: power is commanded (start, stop), never part of the spec; a guest's own shutdown lasts.
- one virtual processor is one socket, since only sockets can be added to a running machine.
- the BIOS UUID is the row's UUID, as VCD's is the VM's.
- lists (disks, volumes, interfaces, networks) are atomic in server-side apply: they are always written whole.
Source: kubevirt VirtualMachineSpec; contract kubernetes.md 1.2, 1.5, 1.7, 3.1.
"""

import json
from uuid import UUID

from compute import names
from compute.manifests.meta import ANNOTATION_BIND_NOW, Manifest, labels, mib, storage
from compute.manifests.volume import origin
from compute.specs import AffinitySpec, DiskSpec, NicSpec, VmSpec

CD_TRAY = "cd0"
_CLOUD_INIT = "cloudinit"
_SYSPREP = "sysprep"
# How long a guest may take to shut down before it is cut off; what OpenShift's own templates set.
_GRACE_PERIOD_S = 180
# Source: KubeVirt ipam-extensions; key is the network's name in the VM, value its addresses with prefix.
_ANNOTATION_ADDRESSES = "network.kubevirt.io/addresses"


def virtual_machine(spec: VmSpec, *, task_id: UUID | str | None = None) -> Manifest:
    """The machine with its owned disks. `task_id` marks the write, for people reading the cluster."""
    own = labels(org=spec.org_id, vdc=spec.vdc_id, vapp=spec.vapp_id, vm=spec.vm_id)
    annotations = {names.ANNOTATION_DISPLAY_NAME: spec.display_name}
    if task_id is not None:
        annotations[names.ANNOTATION_TASK] = str(task_id)
    body: Manifest = {
        "runStrategy": "Manual",
        "template": {"metadata": _template_metadata(spec, own), "spec": _template_spec(spec)},
    }
    if templates := [_owned_volume(spec, disk, own) for disk in spec.disks if disk.is_owned]:
        body["dataVolumeTemplates"] = templates
    if spec.instancetype is not None:
        body["instancetype"] = {"kind": "VirtualMachineClusterInstancetype", "name": spec.instancetype}
    if spec.guest_os_preference is not None:
        body["preference"] = {"kind": "VirtualMachineClusterPreference", "name": spec.guest_os_preference}
    return {
        "apiVersion": "kubevirt.io/v1",
        "kind": "VirtualMachine",
        "metadata": {
            "name": spec.name,
            "namespace": spec.namespace,
            "labels": own,
            "annotations": annotations,
        },
        "spec": body,
    }


def _template_metadata(spec: VmSpec, own: dict[str, str]) -> Manifest:
    metadata: Manifest = {"labels": own}
    # Only the primary network takes fixed addresses this way; on secondary ones cloud-init sets them.
    fixed = {nic.name: [nic.address_cidr] for nic in spec.nics if nic.is_primary_udn and nic.address_cidr}
    if fixed:
        metadata["annotations"] = {_ANNOTATION_ADDRESSES: json.dumps(fixed, sort_keys=True)}
    return metadata


def _template_spec(spec: VmSpec) -> Manifest:
    nics = [nic for nic in spec.nics if nic.is_attached]
    domain: Manifest = {"firmware": {"uuid": str(spec.vm_id)}, "devices": _devices(spec, nics)}
    # Beside an instance type both are refused by KubeVirt's webhook.
    if spec.instancetype is None:
        domain["cpu"] = {
            "sockets": spec.cpus // spec.cores_per_socket,
            "cores": spec.cores_per_socket,
            "threads": 1,
        }
        domain["memory"] = {"guest": mib(spec.memory_mib)}
    if spec.is_efi:
        domain["firmware"]["bootloader"] = {"efi": {"secureBoot": spec.has_secure_boot}}
        if spec.has_secure_boot:
            # Source: KubeVirt's webhook: secure boot needs system management mode.
            domain["features"] = {"smm": {"enabled": True}}
    if spec.has_nested_hypervisor and spec.instancetype is None:
        # The host's own processor, virtualization included.
        domain["cpu"]["model"] = "host-passthrough"
    body: Manifest = {"domain": domain, "terminationGracePeriodSeconds": _GRACE_PERIOD_S}
    if hostname := names.host_name(spec.computer_name):
        body["hostname"] = hostname
    if spec.affinities:
        body["affinity"] = _affinity(spec.affinities)
    if nics:
        body["networks"] = [_network(nic) for nic in nics]
    if volumes := _volumes(spec):
        body["volumes"] = volumes
    return body


def _affinity(rules: tuple[AffinitySpec, ...]) -> Manifest:
    """The rules as affinity among the machines' pods, which carry the machines' labels.

    A term names the machine itself, too: the first pod of a group may start where none of the others runs.
    Source: kubernetes PodAffinityTerm; KubeVirt copies a machine's labels to its pod.
    """
    body: Manifest = {}
    for rule in rules:
        term: Manifest = {
            "labelSelector": {
                "matchExpressions": [
                    {"key": names.LABEL_VM, "operator": "In", "values": sorted(map(str, rule.vm_ids))}
                ]
            },
            "topologyKey": "kubernetes.io/hostname",
        }
        kind = body.setdefault("podAffinity" if rule.is_affinity else "podAntiAffinity", {})
        if rule.is_mandatory:
            kind.setdefault("requiredDuringSchedulingIgnoredDuringExecution", []).append(term)
        else:
            kind.setdefault("preferredDuringSchedulingIgnoredDuringExecution", []).append(
                {"weight": 100, "podAffinityTerm": term}
            )
    return body


def _devices(spec: VmSpec, nics: list[NicSpec]) -> Manifest:
    devices: Manifest = {}
    if disks := _disks(spec):
        devices["disks"] = disks
    if nics:
        devices["interfaces"] = [_interface(nic) for nic in nics]
    else:
        # Else KubeVirt adds an interface on the pod network by itself.
        devices["autoattachPodInterface"] = False
    return devices


def _disks(spec: VmSpec) -> list[Manifest]:
    disks: list[Manifest] = [{"name": disk.name, "disk": {"bus": disk.bus}} for disk in spec.disks]
    # The first disk boots; when it holds nothing yet, the medium in the tray does.
    if disks:
        disks[0]["bootOrder"] = 1
    if spec.has_cd_tray or spec.cd_volume is not None:
        disks.append({"name": CD_TRAY, "cdrom": {"bus": "sata"}, "bootOrder": 2 if spec.disks else 1})
    if spec.has_cloud_init:
        # The bus the guest boots from is one it has a driver for.
        bus = spec.disks[0].bus if spec.disks else "virtio"
        disks.append({"name": _CLOUD_INIT, "disk": {"bus": bus}})
    if spec.has_sysprep:
        disks.append({"name": _SYSPREP, "cdrom": {"bus": "sata"}})
    return disks


def _volumes(spec: VmSpec) -> list[Manifest]:
    volumes: list[Manifest] = []
    for disk in spec.disks:
        reference: Manifest = {"name": _volume_name(spec, disk)}
        if not disk.is_owned:
            reference["hotpluggable"] = True
        volumes.append({"name": disk.name, "dataVolume": reference})
    if spec.cd_volume is not None:
        volumes.append({"name": CD_TRAY, "dataVolume": {"name": spec.cd_volume, "hotpluggable": True}})
    if spec.has_cloud_init:
        secret = {"name": names.cloud_init_secret_name(spec.vm_id)}
        volumes.append(
            {"name": _CLOUD_INIT, "cloudInitNoCloud": {"secretRef": secret, "networkDataSecretRef": secret}}
        )
    if spec.has_sysprep:
        secret = {"name": names.cloud_init_secret_name(spec.vm_id)}
        volumes.append({"name": _SYSPREP, "sysprep": {"secret": secret}})
    return volumes


def _owned_volume(spec: VmSpec, disk: DiskSpec, own: dict[str, str]) -> Manifest:
    return {
        "metadata": {
            "name": _volume_name(spec, disk),
            "labels": own,
            "annotations": {ANNOTATION_BIND_NOW: "true"},
        },
        "spec": origin(disk.source) | {"storage": storage(disk.size_mib, disk.storage_class)},
    }


def _volume_name(spec: VmSpec, disk: DiskSpec) -> str:
    return disk.volume_name or names.disk_volume_name(spec.vm_id, disk.name)


def _network(nic: NicSpec) -> Manifest:
    if nic.is_primary_udn:
        return {"name": nic.name, "pod": {}}
    return {"name": nic.name, "multus": {"networkName": nic.network}}


def _interface(nic: NicSpec) -> Manifest:
    interface: Manifest = {"name": nic.name, "macAddress": nic.mac, "model": nic.model}
    # l2bridge is the binding plugin of OpenShift Virtualization for a primary layer 2 network.
    interface |= {"binding": {"name": "l2bridge"}} if nic.is_primary_udn else {"bridge": {}}
    if not nic.is_connected:
        interface["state"] = "down"
    return interface
