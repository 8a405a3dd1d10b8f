"""A tenant's work in pyvcloud, run by the clients' own Python: `python pyvcloud_tenant_jobs.py JOB < access.json`.

A job is a list of calls with names; what each gave, or the exception it met, is printed as JSON.
"""

import json
import sys
from typing import Any

from lxml import etree
from pyvcloud.vcd.client import (
    BasicLoginCredentials,
    Client,
    EntityType,
    MetadataValueType,
    MetadataVisibility,
    QueryResultFormat,
    ResourceType,
)
from pyvcloud.vcd.org import Org
from pyvcloud.vcd.task import Task
from pyvcloud.vcd.vapp import VApp
from pyvcloud.vcd.vcd_client import QueryParamsBuilder, VcdClient
from pyvcloud.vcd.vdc import VDC
from pyvcloud.vcd.vdc_network import VdcNetwork
from pyvcloud.vcd.vm import VM
from pyvcloud_jobs import Access, sign_in, vdc_of, wait
from seen import Seen
from vcloud.api.rest.schema_v1_5.query_result_records_type import QueryResultRecordsType
from vcloud.api.rest.schema_v1_5.task_type import TaskType
from vcloud.api.rest.schema_v1_5.v_app_type import VAppType
from vcloud.rest.openapi.apis.capabilities_api import CapabilitiesApi
from vcloud.rest.openapi.apis.org_vdc_networks_api import OrgVdcNetworksApi
from vcloud.rest.openapi.apis.security_tags_api import SecurityTagsApi
from vcloud.rest.openapi.apis.sessions_api import SessionsApi
from vcloud.rest.openapi.apis.vdc2_api import Vdc2Api


def names(elements: Any) -> list[str]:
    """Their names, sorted."""
    return sorted(each["name"] if isinstance(each, dict) else each.get("name") for each in elements)


def entries(metadata: Any) -> dict[str, str]:
    """Keys and values of a Metadata element."""
    found = getattr(metadata, "MetadataEntry", [])
    return {str(each.Key): str(each.TypedValue.Value) for each in found}


def levels(access: Any) -> dict[str, str]:
    """Who has which access to an entity."""
    everyone = getattr(access, "EveryoneAccessLevel", None)
    found = {} if everyone is None else {"everyone": str(everyone)}
    for each in getattr(getattr(access, "AccessSettings", None), "AccessSetting", []):
        found[each.Subject.get("name")] = str(each.AccessLevel)
    return found


def client_and_org(access: Access) -> dict[str, Any]:
    """What `Client` and `Org` read."""
    client = sign_in(access)
    org = Org(client, resource=client.get_org())
    vdc = vdc_of(client)
    see = Seen()

    def query(kind: ResourceType, **options: Any) -> Any:
        return client.get_typed_query(kind.value, **options)

    records = {"query_result_format": QueryResultFormat.RECORDS}
    see("versions", client.get_supported_versions_list)
    see("is_sysadmin", client.is_sysadmin)
    see("orgs", lambda: names(client.get_org_list()))
    see("org", lambda: client.get_org_by_name("ACME").get("name"))
    see("no_org", lambda: client.get_org_by_name("globex"))
    see("user", lambda: client.get_user_in_org("bob", org.href).get("name"))
    see("admin", lambda: etree.QName(client.get_admin()).localname)
    see("pages", lambda: len(list(query(ResourceType.CATALOG_ITEM, page_size=2, **records).execute())))
    page = query(ResourceType.CATALOG_ITEM, page=3, page_size=2, **records).execute()
    see("page", lambda: [page["resultTotal"], len(page["values"]), page["nextPageUri"]])
    see(
        "unique",
        lambda: (
            query(ResourceType.VAPP_TEMPLATE, equality_filter=("name", "fedora")).find_unique().get("name")
        ),
    )
    see("not_unique", lambda: query(ResourceType.VAPP_TEMPLATE).find_unique())
    see("missing", lambda: query(ResourceType.VAPP, equality_filter=("name", "a b(c),d;e")).find_unique())
    down = query(ResourceType.CATALOG_ITEM, sort_desc="name", fields="name", **records)
    see("sorted", lambda: [each.get("name") for each in down.execute()])
    see("fields", lambda: sorted(next(iter(down.execute())).attrib))

    see("name", org.get_name)
    see("vdcs", lambda: names(org.list_vdcs()))
    see("vdc", lambda: org.get_vdc("acme-vdc-2").get("name"))
    see("no_vdc", lambda: org.get_vdc("nowhere"))
    see("catalogs", lambda: names(org.list_catalogs()))
    see("catalog", lambda: org.get_catalog("linux").get("name"))
    see("admin_catalog", lambda: org.get_catalog("linux", is_admin_operation=True).get("name"))
    see("items", lambda: names(org.list_catalog_items("linux")))
    see("item", lambda: org.get_catalog_item("linux", "tools.iso").Entity.get("name"))
    see("template", lambda: client.get_resource(org.get_vapp_template_href("linux", "fedora")).get("name"))
    see("users", lambda: names(org.list_users()))
    see("one_user", lambda: org.get_user("carol").get("name"))
    see("roles", lambda: len(org.list_roles()) >= 5)
    see("role", lambda: org.get_role_resource("vApp Author").get("name"))
    see("rights", lambda: len(org.list_rights_of_org()) > 20)
    see("catalog_access", lambda: levels(org.get_catalog_access_settings("linux")))

    see(
        "set",
        lambda: wait(
            client, org.set_multiple_metadata_on_catalog_item("linux", "ubuntu", {"a": "1", "b": "2"})
        ),
    )
    see("removed", lambda: wait(client, org.remove_metadata_from_catalog_item("linux", "ubuntu", "a")))
    see("kept", lambda: entries(org.get_all_metadata_from_catalog_item("linux", "ubuntu")))
    see("value", lambda: org.get_metadata_value_from_catalog_item("linux", "ubuntu", "b").TypedValue.Value)

    see("templates", lambda: names(vdc.list_resources(EntityType.VAPP_TEMPLATE)))
    see("media", lambda: names(vdc.list_media_id()))
    see("profiles", lambda: names(vdc.get_storage_profiles()))
    see("profile", lambda: vdc.get_storage_profile("silver").get("name"))
    see("default_profile", lambda: vdc.get_default_storage_profile().get("name"))
    see("gateways", lambda: len(vdc.list_edge_gateways()))
    see("policies", lambda: all(each.get("href") for each in vdc.list_compute_policies()))
    see("networks", lambda: {each["name"]: each["linkType"] for each in vdc.list_orgvdc_network_records()})
    see("vdc_access", lambda: levels(vdc.get_access_settings()))
    unfinished = {"queued", "preRunning", "running"}
    see("unfinished", lambda: {each.get("status") for each in Task(client).list_tasks()} <= unfinished)
    client.logout()
    return see


def networks_and_disks(access: Access) -> dict[str, Any]:
    """An isolated network and an independent disk, made, changed and deleted."""
    client = sign_in(access)
    vdc = vdc_of(client)
    see = Seen()

    created = vdc.create_isolated_vdc_network(
        *("py-net", "10.66.0.1/24"),
        description="first",
        ip_range_start="10.66.0.10",
        ip_range_end="10.66.0.19",
    )
    see("network", lambda: wait(client, created.Tasks.Task[0]))

    def network() -> VdcNetwork:
        return VdcNetwork(client, resource=vdc.get_isolated_orgvdc_network("py-net"))

    def ranges() -> list[str]:
        scope = network().resource.Configuration.IpScopes.IpScope
        return sorted(f"{each.StartAddress}-{each.EndAddress}" for each in scope.IpRanges.IpRange)

    def edit(*arguments: str) -> str:
        return wait(client, network().edit_name_description_and_shared_state(*arguments))

    see("edited", lambda: edit("py-net", "second"))
    see("description", lambda: network().resource.Description)
    see(
        "pool",
        lambda: wait(client, network().add_static_ip_pool_and_dns(["10.66.0.30-10.66.0.39"], "10.66.0.2")),
    )
    see("ranges", ranges)
    see(
        "modified",
        lambda: wait(
            client, network().modify_static_ip_pool("10.66.0.30-10.66.0.39", "10.66.0.30-10.66.0.35")
        ),
    )
    see("new_ranges", ranges)
    see("dns", lambda: network().resource.Configuration.IpScopes.IpScope.Dns1)
    see("less", lambda: wait(client, network().remove_static_ip_pool("10.66.0.30-10.66.0.35")))
    see("first_range", ranges)
    see("metadata", lambda: wait(client, network().set_metadata("colour", "blue")))
    see("value", lambda: network().get_metadata_value("colour").TypedValue.Value)
    see("no_metadata", lambda: wait(client, network().remove_metadata("colour")))
    see("entries", lambda: entries(network().get_all_metadata()))
    see("is_routed", lambda: network().is_routed_network())
    see("deleted", lambda: wait(client, vdc.delete_isolated_orgvdc_network("py-net")))
    see("gone", network)

    disk = vdc.create_disk("py-disk", 1 << 30, "6", "VirtualSCSI", "first", "silver")
    see("disk", lambda: wait(client, disk.Tasks.Task[0]))
    vdc.reload()
    see("found", lambda: vdc.get_disk(disk_id=disk.get("id")).get("name"))
    see("listed", lambda: names(vdc.get_disks()))
    see("ids", lambda: [each["Id"] in disk.get("id") for each in vdc.list_idisk()])
    see("updated", lambda: wait(client, vdc.update_disk("py-disk", None, "py-data", 2 << 30, "second")))
    vdc.reload()
    see(
        "updated_disk",
        lambda: [vdc.get_disk("py-data").get(name) for name in ("sizeMb", "busType", "busSubType")],
    )
    see("disk_text", lambda: vdc.get_disk("py-data").Description)
    bob = Org(client, resource=client.get_org()).get_user("bob")
    see("given", lambda: vdc.change_disk_owner(bob.get("href"), "py-data"))
    see("owner", lambda: vdc.get_disk("py-data").Owner.User.get("name"))
    see("disk_deleted", lambda: wait(client, vdc.delete_disk("py-data")))
    vdc.reload()
    see("no_disk", lambda: vdc.get_disk("py-data"))
    client.logout()
    return see


def vapp_and_vm(access: Access) -> dict[str, Any]:
    """What `VApp` and `VM` do beyond vcd-cli's commands, and in another order."""
    client = sign_in(access)
    org = Org(client, resource=client.get_org())
    vdc = vdc_of(client)
    see = Seen()

    see("created", lambda: wait(client, vdc.create_vapp("py", "first", "acme-net").Tasks.Task[0]))

    def vapp() -> VApp:
        return VApp(client, resource=vdc.get_vapp("py"))

    def vm(name: str) -> VM:
        return VM(client, href=vapp().get_vm(name).get("href"))

    see("empty", lambda: [vapp().get_power_state(), len(vapp().get_all_vms())])
    source = client.get_resource(org.get_vapp_template_href("linux", "web-and-db"))
    spec = {"vapp": source, "network": "acme-net", "ip_allocation_mode": "pool"}
    specs = [
        spec | {"source_vm_name": "web", "target_vm_name": "a", "hostname": "a-host", "password": "secret-1"},
        spec
        | {"source_vm_name": "db", "target_vm_name": "b", "cust_script": "echo hello", "password_auto": True},
    ]
    see(
        "added",
        lambda: wait(client, vapp().add_vms(specs, deploy=False, power_on=False, all_eulas_accepted=True)),
    )
    see("vms", lambda: names(vapp().get_all_vms()))
    see("off", lambda: vapp().is_powered_off())
    see("deployed", lambda: wait(client, vapp().deploy(power_on=True)))
    see("on", lambda: [vapp().is_powered_on(), vm("a").is_powered_on(), vm("b").is_powered_on()])
    see("addresses", lambda: [vapp().get_primary_ip(each) for each in ("a", "b")])
    see("password", lambda: vapp().get_admin_password("a"))
    see("made_password", lambda: len(vapp().get_admin_password("b")) > 5)
    see("network_names", lambda: [vapp().get_vapp_network_name(), len(vapp().get_all_networks())])
    see("hardware", lambda: [vm("a").get_cpus(), vm("a").get_memory()])
    network = VdcNetwork(client, resource=vdc.get_routed_orgvdc_network("acme-net"))
    see("allocated", lambda: [sorted(each) for each in network.list_allocated_ip_address()][:1])
    see("suspended", lambda: wait(client, vm("a").suspend()))
    see("mixed", lambda: [vapp().get_power_state(), vm("a").is_suspended(), vm("b").is_powered_on()])
    see("resumed", lambda: wait(client, vm("a").power_on()))
    see("rebooted", lambda: wait(client, vapp().reboot()))
    see("reset", lambda: wait(client, vapp().power_reset()))
    see("shut_down", lambda: wait(client, vapp().shutdown()))
    see("undeployed", lambda: wait(client, vapp().undeploy("powerOff")))
    see("cannot", lambda: vapp().power_off())

    see("renamed", lambda: wait(client, vm("a").edit_name("c")))
    see("hostname", lambda: wait(client, vm("c").edit_hostname("c-host")))
    see("new_hostname", lambda: vm("c").get_guest_customization_section().ComputerName)
    see("cpu", lambda: wait(client, vm("c").modify_cpu(4, 2)))
    see("memory", lambda: wait(client, vm("c").modify_memory(3072)))
    see("new_hardware", lambda: [vm("c").get_cpus(), vm("c").get_memory()])
    see("disk", lambda: wait(client, vapp().add_disk_to_vm("c", 1024)))
    see(
        "disks",
        lambda: [
            each["diskVirtualQuantityInBytes"]
            for each in vm("c").list_virtual_hardware_section(False, False, True)
        ],
    )
    see("config", lambda: wait(client, vm("c").add_extra_config_element("guestinfo.role", "web")))
    see("new_config", lambda: vm("c").list_vm_extra_config_info().get("guestinfo.role"))
    see("connected", lambda: wait(client, vapp().connect_org_vdc_network("acme-isolated")))
    see("nic", lambda: wait(client, vm("c").add_nic("VMXNET3", False, True, "acme-isolated", "POOL", None)))
    see("nics", lambda: [[each["index"], each["primary"], each["network"]] for each in vm("c").list_nics()])
    see("no_nic", lambda: wait(client, vm("c").delete_nic(0)))
    see("nics_left", lambda: [[each["index"], each["primary"]] for each in vm("c").list_nics()])
    see("no_nics", lambda: wait(client, vm("c").delete_nic(1)))
    see("new_nic", lambda: wait(client, vm("c").add_nic("E1000", True, True, "acme-net", "DHCP", None)))
    see("new_nics", lambda: [[each["index"], each["primary"]] for each in vm("c").list_nics()])

    values = {"text": "a & b <c>", "other": "é"}
    see("set", lambda: wait(client, vapp().set_multiple_metadata(values)))
    number = ("GENERAL", MetadataVisibility.READ_WRITE.value, "count", "7", MetadataValueType.NUMBER.value)
    see("number", lambda: wait(client, vapp().set_metadata(*number)))
    see("not_number", lambda: wait(client, vapp().set_metadata(*number[:3], "many", number[4])))
    see("entries", lambda: entries(vapp().get_metadata()))
    see("removed", lambda: wait(client, vapp().remove_metadata("other")))
    see("entries_left", lambda: sorted(entries(vapp().get_metadata())))
    see("lease", lambda: wait(client, vapp().set_lease(3600, 7200)))
    see("new_lease", lambda: [int(each) for each in list(vapp().get_lease().values())[:2]])
    see("shared", lambda: levels(vapp().share_with_org_members("ReadOnly")))
    bob = [{"type": "user", "name": "bob", "access_level": "Change"}]
    see("given", lambda: levels(vapp().add_access_settings(bob)))
    see("taken", lambda: levels(vapp().remove_access_settings(remove_all=True)))
    see("unshared", lambda: levels(vapp().unshare_from_org_members()))

    see("snapshot", lambda: wait(client, vm("c").snapshot_create(memory=False, quiesce=False)))
    see("has_snapshot", lambda: vm("c").get_resource().SnapshotSection.Snapshot.get("poweredOn"))
    see("reverted", lambda: wait(client, vm("c").snapshot_revert_to_current()))
    see("no_snapshot", lambda: wait(client, vm("c").snapshot_remove_all()))
    see("deleted_vm", lambda: wait(client, vapp().delete_vms(["b"])))
    see("vms_left", lambda: names(vapp().get_all_vms()))
    see("edited", lambda: wait(client, vapp().edit_name_and_description("py-2", "second")))
    see("text", lambda: vdc.get_vapp("py-2").Description)
    see("deleted", lambda: wait(client, vdc.delete_vapp("py-2")))
    client.logout()
    return see


def cloudapi(access: Access) -> dict[str, Any]:
    """`VcdClient`: /cloudapi by the generated classes, /api in JSON."""
    client = VcdClient(access["url"])
    client.set_credentials(BasicLoginCredentials(access["user"], access["org"], access["password"]))
    vdc = vdc_of(client)
    see = Seen()

    session = see("session", lambda: SessionsApi(client).get_current_session())
    see.pop("session")
    see("whose", lambda: [session.user.name, session.org.name, session.roles])
    see("status", client.get_last_status)
    networks = see("networks", lambda: OrgVdcNetworksApi(client).get_all_vdc_networks(1, 25))
    see("networks", lambda: names(each.to_dict() for each in networks.values))
    vdc_id = vdc.get_resource().get("id")
    see("capabilities", lambda: type(CapabilitiesApi(client).get_vdc_capabilities(vdc_id)).__name__)
    see("policies", lambda: Vdc2Api(client).get_compute_policies(1, 25, vdc_id).result_total)
    see("tags", lambda: SecurityTagsApi(client).get_tag_values(1, 25).result_total)
    see("refused", lambda: CapabilitiesApi(client).get_vdc_capabilities(f"{vdc_id[:-4]}0000"))

    created = vdc.create_vapp("open", "in JSON")
    task = client.call_legacy_api("GET", created.Tasks.Task[0].get("href"), response_type=TaskType)
    see("task", lambda: [task.operation_name, task.owner.name])
    see("waited", client.wait_for_last_task)
    vapp = see(
        "vapp", lambda: client.call_legacy_api("GET", vdc.get_vapp_href("open"), response_type=VAppType)
    )
    see("vapp", lambda: [vapp.name, vapp.description, vapp.status])
    see("link", lambda: client.find_first_link("up", type=EntityType.VDC.value).href == vdc.href)
    query = QueryParamsBuilder().set_type("vApp").set_filter("name==open").set_page_size(5).build()
    uri = client.build_api_uri("/query")
    found = see(
        "found",
        lambda: client.call_legacy_api("GET", uri, params=query, response_type=QueryResultRecordsType),
    )
    see("found", lambda: [found.total, names(each.to_dict() for each in found.record)])
    deleted = see(
        "deleted", lambda: client.call_legacy_api("DELETE", vdc.get_vapp_href("open"), response_type=TaskType)
    )
    see("deleted", lambda: deleted.operation_name)
    wait(client, client.get_resource(deleted.href))  # asks sooner than after 5 s
    see("gone", lambda: client.wait_for_task(deleted))
    client.logout()
    return see


def short(access: Access) -> dict[str, Any]:
    """An empty vApp, made and deleted over a connection that is not verified."""
    client = Client(access["url"], verify_ssl_certs=False)
    client.set_credentials(BasicLoginCredentials(access["user"], access["org"], access["password"]))
    vdc = vdc_of(client)
    see = Seen()
    see("org", lambda: client.get_org().get("name"))
    see("created", lambda: wait(client, vdc.create_vapp("short").Tasks.Task[0]))
    see("found", lambda: vdc.get_vapp("short").get("name"))
    see("deleted", lambda: wait(client, vdc.delete_vapp("short")))
    client.logout()
    return see


def provider(access: Access) -> dict[str, Any]:
    """An administrator of the provider, in a tenant's VDC."""
    client = sign_in(access)
    org = Org(client, resource=client.get_org_by_name("acme"))
    vdc = VDC(client, resource=org.get_vdc("acme-vdc"))
    admin_vdc = VDC(client, resource=org.get_vdc("acme-vdc", is_admin_operation=True))
    see = Seen()

    see("is_sysadmin", client.is_sysadmin)
    see("orgs", lambda: names(client.get_org_list()))
    see("users", lambda: names(org.list_users()))
    see("roles", lambda: len(org.list_roles()) >= 5)
    see("vdcs", lambda: names(org.list_vdcs()))
    see("href", lambda: "/api/admin/vdc/" in admin_vdc.href)
    made = see(
        "made", lambda: admin_vdc.instantiate_vapp("ops", "linux", "fedora", deploy=False, power_on=False)
    )
    see("made", lambda: wait(client, made.Tasks.Task[0]))
    see("vm", lambda: vdc.query_vm_by_name("fedora").get("name"))
    see("listed", lambda: names(vdc.list_vapp_details(ResourceType.ADMIN_VAPP.value, "name==ops")))
    see("metadata", lambda: wait(client, vdc.set_metadata("tier", "gold")))
    see("value", lambda: vdc.get_metadata_value("tier").TypedValue.Value)
    see("no_metadata", lambda: wait(client, vdc.remove_metadata("tier")))
    see("deleted", lambda: wait(client, vdc.delete_vapp("ops", force=True)))
    client.logout()
    return see


JOBS = (client_and_org, networks_and_disks, vapp_and_vm, cloudapi, short, provider)

if __name__ == "__main__":
    job = {each.__name__: each for each in JOBS}[sys.argv[1]]
    json.dump(job(json.load(sys.stdin)), sys.stdout)
