"""Guest customization: the Secret that cloud-init reads in the guest (NoCloud).

VCD's customization of a Linux guest is a host name, root's password, and a script that is called twice, with
`precustomization` and `postcustomization`. Source: GuestCustomizationSectionType; contract kubernetes.md 1.7.
"""

import base64
from typing import Any
from uuid import UUID

import yaml

from compute import names
from compute.manifests.meta import Manifest, labels
from compute.specs import CloudInitSpec, NicSpec, SysprepSpec

_SCRIPT_PATH = "/var/lib/ssvirt/customize"
_PHASES = ("precustomization", "postcustomization")


def cloud_init_secret(spec: CloudInitSpec, *, owner_uid: str | None = None) -> Manifest:
    """The Secret `names.cloud_init_secret_name(vm_id)` with the keys `userdata` and `networkdata`.

    With `owner_uid`, the uid of the VirtualMachine, the Secret goes with the machine; before that exists
    leave it out and apply again later. Source: KubeVirt cloudInitNoCloud secretRef, networkDataSecretRef.
    """
    return secret_of_machine(
        spec,
        {"userdata": user_data(spec), "networkdata": network_config(spec.nics)},
        owner_uid=owner_uid,
    )


def secret_of_machine(
    spec: CloudInitSpec | SysprepSpec, content: dict[str, str], *, owner_uid: str | None = None
) -> Manifest:
    """The Secret that a machine's customization is read from."""
    metadata: Manifest = {
        "name": names.cloud_init_secret_name(spec.vm_id),
        "namespace": spec.namespace,
        "labels": labels(vm=spec.vm_id),
    }
    if owner_uid is not None:
        metadata["ownerReferences"] = [
            {"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachine", "name": spec.vm_name, "uid": owner_uid}
        ]
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": metadata,
        "type": "Opaque",
        # `data`, not `stringData`: what server-side apply wrote through stringData it cannot take back.
        "data": {key: _base64(text) for key, text in content.items()},
    }


def user_data(spec: CloudInitSpec) -> str:
    """The `#cloud-config` document. Source: cloud-init modules set_hostname, set_passwords, write_files,
    runcmd.
    """
    if not spec.is_enabled:
        return "#cloud-config\n" + _yaml({"preserve_hostname": True})
    config: dict[str, Any] = {"preserve_hostname": False}
    if spec.seed is not None:
        config["bootcmd"] = [_once_more(spec.seed)]
    if spec.hostname:
        config["hostname"] = spec.hostname
    if spec.admin_password is not None:
        config["disable_root"] = False
        config["ssh_pwauth"] = True
        config["chpasswd"] = {
            "expire": spec.must_change_password,
            "users": [{"name": "root", "password": spec.admin_password, "type": "text"}],
        }
    if spec.script:
        # VCD takes scripts with Windows line ends, too; a shell does not.
        text = spec.script.replace("\r\n", "\n")
        config["write_files"] = [
            {"path": _SCRIPT_PATH, "permissions": "0700", "encoding": "b64", "content": _base64(text)}
        ]
        shell = [] if text.startswith("#!") else ["/bin/sh"]
        config["runcmd"] = [[*shell, _SCRIPT_PATH, phase] for phase in _PHASES]
    return "#cloud-config\n" + _yaml(config)


def _once_more(seed: UUID) -> list[str]:
    """Once per seed, forgets that the modules have run on this instance: they run again in this very boot.

    KubeVirt keeps the instance-id of a machine. Source: cloud-init, cloud-init-per and /var/lib/cloud/instance/sem.
    """
    forget = "rm -f /var/lib/cloud/instance/sem/config_*"
    return ["cloud-init-per", "once", f"ssvirt-{seed.hex}", "/bin/sh", "-c", forget]


def network_config(nics: tuple[NicSpec, ...]) -> str:
    """Network configuration, version 2 (netplan), each card found by its MAC address.

    A card on the primary network asks by DHCP even when its address is fixed: the cluster hands out just that
    address, with the gateway it runs. A card on a secondary network without an address asks by DHCP, too.
    Routes say 0.0.0.0/0 rather than "default", which older renderers of cloud-init do not know.
    """
    cards = {nic.name: _card(index, nic) for index, nic in enumerate(nics) if nic.is_attached}
    return _yaml({"version": 2, "ethernets": cards})


def _card(index: int, nic: NicSpec) -> dict[str, Any]:
    card: dict[str, Any] = {"match": {"macaddress": nic.mac.lower()}}
    if not nic.is_connected:
        # Nothing answers on it: do not hold up the boot.
        card["optional"] = True
    if nic.address_cidr is None or nic.is_primary_udn:
        is_v6 = nic.address_cidr is not None and ":" in nic.address_cidr
        card["dhcp6" if is_v6 else "dhcp4"] = nic.is_connected
        return card
    card["dhcp4"] = False
    card["addresses"] = [nic.address_cidr]
    if nic.gateway:
        target = "::/0" if ":" in nic.gateway else "0.0.0.0/0"
        # A metric per card, so that two gateways do not contend.
        card["routes"] = [{"to": target, "via": nic.gateway, "metric": 100 + index}]
    if nic.dns:
        card["nameservers"] = {"addresses": list(nic.dns)}
    return card


def _yaml(document: dict[str, Any]) -> str:
    return yaml.safe_dump(document, sort_keys=False, default_flow_style=False, allow_unicode=True)


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
