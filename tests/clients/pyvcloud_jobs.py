"""Jobs for pyvcloud, run by the clients' own Python: `python pyvcloud_jobs.py JOB < access.json`.

`access.json` holds url, org, user and password; what the job saw is printed as JSON.
"""

import json
import sys
from typing import Any

from pyvcloud.vcd.client import BasicLoginCredentials, Client
from pyvcloud.vcd.exceptions import EntityNotFoundException, UnauthorizedException
from pyvcloud.vcd.org import Org
from pyvcloud.vcd.vapp import VApp
from pyvcloud.vcd.vdc import VDC

Access = dict[str, str]


def sign_in(access: Access) -> Client:
    """A client with a session."""
    client = Client(access["url"])
    client.set_credentials(BasicLoginCredentials(access["user"], access["org"], access["password"]))
    return client


def vdc_of(client: Client) -> VDC:
    """The VDC acme-vdc of the client's org."""
    return VDC(client, resource=Org(client, resource=client.get_org()).get_vdc("acme-vdc"))


def wait(client: Client, task: Any) -> str:
    """Waits for the task with the client's own means, asking more often than its 5 s; the final status."""
    return str(client.get_task_monitor().wait_for_success(task, timeout=60, poll_frequency=0.3).get("status"))


def resources(vdc: VDC) -> list[str]:
    """Names of the vApps that the VDC lists now."""
    vdc.reload()
    kind = "application/vnd.vmware.vcloud.vApp+xml"
    return [each["name"] for each in vdc.list_resources() if each["type"] == kind]


def line(access: Access) -> dict[str, Any]:
    """A vApp of one VM on a network: made running, stopped, started, undeployed, deleted."""
    client = sign_in(access)
    vdc = vdc_of(client)
    seen: dict[str, Any] = {"version": client.get_api_version(), "before": resources(vdc), "tasks": []}

    made = vdc.instantiate_vapp(
        *("one", "linux", "fedora"), network="acme-net", ip_allocation_mode="pool", deploy=True, power_on=True
    )
    seen["tasks"].append(wait(client, made.Tasks.Task[0]))
    seen["during"] = resources(vdc)
    vapp = VApp(client, resource=vdc.get_vapp("one"))
    seen["vm"] = str(vapp.get_all_vms()[0].get("name"))
    seen["address"] = str(vapp.get_primary_ip(seen["vm"]))
    seen["states"] = [vapp.get_power_state()]
    for action in (vapp.power_off, vapp.power_on, vapp.undeploy):
        seen["tasks"].append(wait(client, action()))
        vapp.reload()
        seen["states"].append(vapp.get_power_state())
    seen["tasks"].append(wait(client, vdc.delete_vapp("one")))

    seen["after"] = resources(vdc)
    try:
        vdc.get_vapp("one")
    except EntityNotFoundException:
        seen["is_gone"] = True
    client.logout()
    return seen


def pair(access: Access) -> dict[str, Any]:
    """A vApp of two VMs."""
    client = sign_in(access)
    vdc = vdc_of(client)
    made = vdc.instantiate_vapp("two", "linux", "web-and-db", deploy=True, power_on=True)
    seen: dict[str, Any] = {"created": wait(client, made.Tasks.Task[0])}
    vapp = VApp(client, resource=vdc.get_vapp("two"))
    seen["vms"] = {str(vm.get("name")): int(vm.get("status")) for vm in vapp.get_all_vms()}
    seen["state"] = vapp.get_power_state()
    seen["deleted"] = wait(client, vdc.delete_vapp("two", force=True))
    client.logout()
    return seen


def used_token(access: Access) -> dict[str, Any]:
    """The token of a session, taken up by a second client, before and after the first one logs out."""
    first = sign_in(access)
    token = first.get_access_token()
    second = Client(access["url"])
    second.rehydrate_from_token(token, is_jwt_token=True)
    seen: dict[str, Any] = {"org": str(second.get_org().get("name"))}
    first.logout()
    for name, use in (
        ("again", second.get_org_list),
        ("taken_up", lambda: Client(access["url"]).rehydrate_from_token(token, is_jwt_token=True)),
    ):
        try:
            use()
        except UnauthorizedException as error:
            seen[name] = str(error)
    return seen


def wrong_password(access: Access) -> dict[str, Any]:
    """The exception of a login with a wrong password."""
    try:
        sign_in(access)
    except Exception as error:
        return {"exception": type(error).__name__, "message": str(error)}
    return {}


if __name__ == "__main__":
    job = {each.__name__: each for each in (line, pair, used_token, wrong_password)}[sys.argv[1]]
    json.dump(job(json.load(sys.stdin)), sys.stdout)
