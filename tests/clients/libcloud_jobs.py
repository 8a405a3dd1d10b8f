"""Jobs for Apache Libcloud's vCloud driver, run by the clients' own Python: `python libcloud_jobs.py JOB < access.json`.

`access.json` holds url, org, user and password, the api_version, and a name for the node of the job.
"""

import json
import sys
from typing import Any
from urllib.parse import urlsplit

import libcloud.security
from libcloud.common.types import InvalidCredsError
from libcloud.compute.base import Node
from libcloud.compute.drivers.vcloud import ControlAccess, Subject
from libcloud.compute.providers import get_driver
from libcloud.compute.types import Provider

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
    seen: dict[str, Any] = {"version": driver.connection.add_default_headers({})["Accept"]}
    seen["locations"] = [each.name for each in driver.list_locations()]
    seen["sizes"] = len(driver.list_sizes())
    seen["images"] = sorted(each.name for each in driver.list_images())
    seen["vdcs"] = sorted(each.name for each in driver.vdcs)
    seen["capacity"] = [driver.vdcs[0].cpu.units, driver.vdcs[0].memory.units, driver.vdcs[0].allocation_model]
    seen["networks"] = sorted(each.get("name") for each in driver.networks)
    seen["missing"] = driver.ex_find_node("nothing")

    node = driver.create_node(
        name=name, image=image(driver, "web-and-db"), ex_deploy=False, ex_description="A & B", ex_vdc="acme-vdc"
    )
    seen["state"] = str(node.state)
    seen["extra"] = {key: node.extra[key] for key in ("vdc", "description")}
    seen["vms"] = [of_vms(node, "name"), of_vms(node, "state"), of_vms(node, "os_type")]
    seen["listed"] = name in [each.name for each in driver.list_nodes()]
    seen["listed_in_vdc"] = name in [each.name for each in driver.ex_list_nodes(driver.vdcs[0])]
    seen["found"] = driver.ex_find_node(name).id == node.id

    (record,) = driver.ex_query("vApp", filter=f"name=={name}")
    seen["record"] = [record["type"], record["name"], record["status"], record["vdcName"], record["numberOfVMs"]]
    machines = driver.ex_query("vm", filter=f"(containerName=={name};name==*)", sort_desc="name")
    seen["machines"] = [each["name"] for each in machines]
    seen["page"] = len(driver.ex_query("vm", filter=f"containerName=={name}", page=2, page_size=1))
    seen["words"] = driver.ex_query("organization", filter="fullName==Acme Corporation") and "found"
    seen["holders"] = name in [each.name for each in driver.ex_find_vm_nodes("web")]

    driver.ex_set_metadata_entry(node, "role", "a & b")
    seen["metadata"] = driver.ex_get_metadata(node)

    seen["access"] = shares(driver.ex_get_control_access(node))
    driver.ex_set_control_access(node, ControlAccess(node, "ReadOnly", [Subject("user", "carol", "Change")]))
    seen["shared"] = shares(driver.ex_get_control_access(node))
    driver.ex_set_control_access(node, ControlAccess(node, None))
    seen["unshared"] = shares(driver.ex_get_control_access(node))

    seen["destroyed"] = driver.destroy_node(node)
    return seen


def shares(access: ControlAccess) -> list[Any]:
    """What everyone may do, and who may do what."""
    return [access.everyone_access_level, [[each.type, each.name, each.access_level] for each in access.subjects]]


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
    seen: dict[str, Any] = {"made": [str(made.state), of_vms(made, "name"), of_vms(made, "state")]}
    seen["addresses"] = [len(made.public_ips), of_vms(made, "private_ips")[0][:1]]
    (vm,) = made.extra["vms"]
    seen["hardware"] = hardware(driver, vm["id"])
    seen["rebooted"] = driver.reboot_node(made)
    ticket = driver.ex_acquire_mks_ticket(made.id) if hasattr(driver, "ex_acquire_mks_ticket") else None
    seen["ticket"] = ticket and sorted(ticket)
    seen["suspended"] = of_vms(driver.ex_suspend_node(made), "state")
    seen["powered_on"] = str(driver.ex_power_on_node(made).state)
    seen["powered_off"] = str(driver.ex_power_off_node(made).state)
    seen["deployed"] = str(driver.ex_deploy_node(made).state)
    seen["shut_down"] = str(driver.ex_shutdown_node(made).state)
    seen["undeployed"] = str(driver.ex_undeploy_node(made).state)

    driver.ex_set_vm_cpu(made.id, 4)
    driver.ex_set_vm_memory(vm["id"], 2048)
    driver.ex_add_vm_disk(vm["id"], 1)
    seen["new_hardware"] = hardware(driver, vm["id"])
    if hasattr(driver, "ex_create_snapshot"):
        seen["snapshots"] = len(driver.ex_create_snapshot(made).extra["snapshots"])
        seen["reverted"] = len(driver.ex_revert_to_snapshot(made).extra["snapshots"])
        seen["no_snapshots"] = driver.ex_remove_snapshots(made).extra.get("snapshots", [])

    clone = driver.create_node(name=f"{name}-clone", image=made, ex_deploy=False)
    seen["clone"] = [str(clone.state), of_vms(clone, "name"), clone.extra["description"]]
    seen["clone_address"] = clone.public_ips != made.public_ips and len(clone.public_ips)
    seen["destroyed"] = [driver.destroy_node(clone), driver.destroy_node(driver.ex_deploy_node(made))]
    seen["left"] = [each.name for each in driver.list_nodes() if each.name.startswith(name)]
    return seen


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
