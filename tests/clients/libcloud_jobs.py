"""Jobs for Apache Libcloud's vCloud driver: `python libcloud_jobs.py JOB < access.json`, by the clients' own Python.

`access.json` holds url, org, user and password, the api_version, and a name for the node of the job.
"""

import json
import sys
import time
from typing import Any
from urllib.parse import urlsplit

import libcloud.security
from libcloud.common.types import InvalidCredsError
from libcloud.compute.base import Node
from libcloud.compute.drivers.vcloud import ControlAccess, Subject
from libcloud.compute.providers import get_driver
from libcloud.compute.types import Provider
from seen import Seen

Access = dict[str, str]


def driver_of(access: Access) -> Any:
    """A driver; it signs in at its first request."""
    url = urlsplit(access["url"])
    libcloud.security.VERIFY_SSL_CERT = False  # the demo's certificate is its own
    return get_driver(Provider.VCLOUD)(
        f"{access['user']}@{access['org']}",
        access["password"],
        secure=url.scheme == "https",
        host=url.hostname,
        port=url.port,
        api_version=access["api_version"],
    )


def image(driver: Any, name: str) -> Any:
    """The image of that name."""
    return next(each for each in driver.list_images() if each.name == name)


def of_vms(node: Node, key: str) -> list[Any]:
    """What the node's VMs have for the key, sorted."""
    return sorted(each[key] for each in node.extra["vms"])


def short(access: Access) -> dict[str, Any]:
    """Lists and queries; a node that is made, described, shared and destroyed, and never runs."""
    driver, name = driver_of(access), access["name"]
    see = Seen()
    see("version", lambda: driver.connection.add_default_headers({})["Accept"])
    see("locations", lambda: [each.name for each in driver.list_locations()])
    see("sizes", lambda: len(driver.list_sizes()))
    see("images", lambda: sorted(each.name for each in driver.list_images()))
    see("vdcs", lambda: sorted(each.name for each in driver.vdcs))
    see(
        "capacity",
        lambda: [driver.vdcs[0].cpu.units, driver.vdcs[0].memory.units, driver.vdcs[0].allocation_model],
    )
    see("networks", lambda: sorted(each.get("name") for each in driver.networks))
    see("missing", lambda: driver.ex_find_node("nothing"))

    node = driver.create_node(
        name=name,
        image=image(driver, "web-and-db"),
        ex_deploy=False,
        ex_description="A & B",
        ex_vdc="acme-vdc",
    )
    see("state", lambda: str(node.state))
    see("extra", lambda: {key: node.extra[key] for key in ("vdc", "description")})
    see("vms", lambda: [of_vms(node, "name"), of_vms(node, "state"), of_vms(node, "os_type")])
    see("listed", lambda: name in [each.name for each in driver.list_nodes()])
    see("listed_in_vdc", lambda: name in [each.name for each in driver.ex_list_nodes(driver.vdcs[0])])
    see("found", lambda: driver.ex_find_node(name).id == node.id)

    (record,) = driver.ex_query("vApp", filter=f"name=={name}")
    see("record", lambda: [record[key] for key in ("type", "name", "status", "vdcName", "numberOfVMs")])
    machines = driver.ex_query("vm", filter=f"(containerName=={name};name==*)", sort_desc="name")
    see("machines", lambda: [each["name"] for each in machines])
    see("page", lambda: len(driver.ex_query("vm", filter=f"containerName=={name}", page=2, page_size=1)))
    see("words", lambda: [each["name"] for each in driver.ex_query("role", filter="name==vApp Author")])
    see("holders", lambda: name in [each.name for each in driver.ex_find_vm_nodes("web")])

    see("described", lambda: driver.ex_set_metadata_entry(node, "role", "a & b"))
    see("metadata", lambda: driver.ex_get_metadata(node))

    see("access", lambda: shares(driver.ex_get_control_access(node)))
    carol = Subject("user", "carol", "Change")
    see("share", lambda: driver.ex_set_control_access(node, ControlAccess(node, "ReadOnly", [carol])))
    see("shared", lambda: shares(driver.ex_get_control_access(node)))
    see("unshare", lambda: driver.ex_set_control_access(node, ControlAccess(node, None)))
    see("unshared", lambda: shares(driver.ex_get_control_access(node)))

    see("destroyed", lambda: driver.destroy_node(node))
    return see


def shares(access: ControlAccess) -> list[Any]:
    """What everyone may do, and who may do what."""
    return [
        access.everyone_access_level,
        [[each.type, each.name, each.access_level] for each in access.subjects],
    ]


def node(access: Access) -> dict[str, Any]:
    """A node made with every option, its power, hardware and snapshots, a clone of it; destroyed at the end."""
    driver, name = driver_of(access), access["name"]
    made = driver.create_node(
        name=name,
        image=image(driver, "fedora"),
        ex_network="acme-net",
        ex_vm_fence="bridged",
        ex_vm_names=["first"],
        ex_vm_cpu=2,
        ex_vm_memory=1024,
        ex_vm_script_text="echo hello",
        ex_vm_ipmode="POOL",
        ex_admin_password="secret-1",
    )
    see = Seen()
    see("made", lambda: [str(made.state), of_vms(made, "name"), of_vms(made, "state")])
    see("addresses", lambda: [each.rpartition(".")[0] for each in made.public_ips])
    (vm,) = made.extra["vms"]
    see("hardware", lambda: hardware(driver, vm["id"]))
    see("rebooted", lambda: driver.reboot_node(made))
    ticket = driver.ex_acquire_mks_ticket(made.id) if hasattr(driver, "ex_acquire_mks_ticket") else None
    see("ticket", lambda: ticket and sorted(ticket))
    see("suspended", lambda: of_vms(driver.ex_suspend_node(made), "state"))
    see("powered_on", lambda: str(driver.ex_power_on_node(made).state))
    see("powered_off", lambda: str(driver.ex_power_off_node(made).state))
    see("deployed", lambda: str(driver.ex_deploy_node(made).state))
    see("shut_down", lambda: str(driver.ex_shutdown_node(made).state))
    see("undeployed", lambda: str(driver.ex_undeploy_node(made).state))

    see("cpu", lambda: driver.ex_set_vm_cpu(made.id, 4))
    see("memory", lambda: driver.ex_set_vm_memory(vm["id"], 2048))
    see("disk", lambda: driver.ex_add_vm_disk(vm["id"], 1))
    see("new_hardware", lambda: hardware(driver, vm["id"]))
    if hasattr(driver, "ex_create_snapshot"):
        see("snapshots", lambda: len(driver.ex_create_snapshot(made).extra["snapshots"]))
        see("reverted", lambda: len(driver.ex_revert_to_snapshot(made).extra["snapshots"]))
        see("no_snapshots", lambda: driver.ex_remove_snapshots(made).extra.get("snapshots", []))

    clone = see("clone", lambda: driver.create_node(name=f"{name}-clone", image=made, ex_deploy=False))
    see("clone", lambda: [str(clone.state), of_vms(clone, "name"), clone.extra["description"]])
    see("clone_address", lambda: clone.public_ips != made.public_ips and len(clone.public_ips))
    clone = driver.ex_find_node(f"{name}-clone")
    see("clone_destroyed", lambda: driver.destroy_node(clone))
    see("destroyed", lambda: driver.destroy_node(driver.ex_deploy_node(made)))
    see("left", lambda: left(driver, name))
    return see


def left(driver: Any, name: str) -> list[str]:
    """The nodes whose name starts so, once the removal of such nodes has ended: the driver does not wait for it."""
    for _ in range(60):
        found = [each.name for each in driver.list_nodes() if each.name.startswith(name)]
        if not found:
            break
        time.sleep(1)
    return found


def hardware(driver: Any, vm: str) -> list[int]:
    """CPUs, MB of memory and number of disks in the record and the hardware of a VM."""
    (record,) = [each for each in driver.ex_query("vm") if each["href"] == vm]
    path = vm.split("/api/", 1)[1]
    items = driver.connection.request(f"/api/{path}/virtualHardwareSection/disks").object
    disks = [each for each in items if "HostResource" in [inner.tag.split("}")[1] for inner in each]]
    return [int(record["numberOfCpus"]), int(record["memoryMB"]), len(disks)]


def wrong_password(access: Access) -> dict[str, Any]:
    """The exception of a login with a wrong password."""
    try:
        driver_of(access | {"password": "wrong"}).list_nodes()
    except InvalidCredsError as error:
        return {"exception": type(error).__name__}
    return {}


if __name__ == "__main__":
    job = {each.__name__: each for each in (short, node, wrong_password)}[sys.argv[1]]
    json.dump(job(json.load(sys.stdin)), sys.stdout)
