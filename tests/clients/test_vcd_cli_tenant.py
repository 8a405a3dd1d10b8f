"""vcd-cli 24.1.0: a tenant's commands on all but vApps and VMs, one line each, with what they have to print."""

from tests.clients.stack import MARKS
from tests.clients.vcd import SignIn, Vcd, done, fails, says
from tests.embedded.running import Stack

pytestmark = list(MARKS)

# Reading


def test_session_and_profile(alice: Vcd) -> None:
    alice.play(
        says("version", "24.1.0"),
        says("pwd", "alice", "acme", "acme-vdc"),
        says(
            "profile info", "api_version: '36.0'", "org_in_use: acme", "user: alice", "vdc_in_use: acme-vdc"
        ),
    )


def test_orgs_and_vdcs(alice: Vcd) -> None:
    alice.play(
        says("org list", "True True acme"),
        says("org info acme", "full_name Acme Corporation", "catalogs linux", "logged_in True"),
        fails("org info globex", "not found"),
        says("vdc list", "True acme-vdc acme", "False acme-vdc-2 acme"),
        says("vdc info acme-vdc", "is_enabled True", "storage_profiles gold silver", "vm_quota 100"),
        says("vdc list-media acme-vdc", "tools.iso"),
        says("vdc list-disk acme-vdc"),
        says("vdc acl list acme-vdc", "acme (org_in_use) org"),
        says("vdc use acme-vdc-2", "now using org: 'acme', vdc: 'acme-vdc-2', vApp: ''."),
        says("vdc list", "True acme-vdc-2 acme"),
        fails("vdc use nowhere", "Org Vdc 'nowhere' not found in org 'acme'"),
        says("org use acme", "now using org: 'acme', vdc: 'acme-vdc', vApp: ''."),
    )


def test_catalogs(alice: Vcd) -> None:
    alice.play(
        says("catalog list", "linux", "alice"),
        says("catalog list linux", "fedora", "web-and-db", "vapptemplate", "tools.iso", "media"),
        says("catalog list nothing", "not found"),
        says("catalog info linux", "name linux", "Description Linux images of the cluster"),
        says("catalog info linux fedora", "template-name fedora", "template-vm-1: name fedora"),
        says("catalog info linux web-and-db", "template-vm-1: name web", "template-vm-2: name db"),
        fails("catalog info nothing", "not found"),
        fails("catalog info linux nothing", "not found"),
    )


def test_sharing_of_a_catalog(alice: Vcd) -> None:
    alice.play(
        says("catalog acl add linux user:bob:FullControl user:carol", "Access settings added to catalog"),
        says("catalog acl list linux", "FullControl bob user", "ReadOnly carol user"),
        says("catalog acl share linux --access-level Change", "Catalog shared to all members of the org"),
        says("catalog acl list linux", "Change acme (org_in_use) org", "FullControl bob user"),
        says("catalog info linux", "is_shared_to_everyone True", "everyone_access_level Change"),
        says("catalog acl unshare linux", "Catalog unshared to all members of the org"),
        says("catalog acl list linux", "None acme (org_in_use) org", "FullControl bob user"),
        fails("catalog acl remove linux user:alice -y", "not found in the existing Acl"),
        says("catalog acl remove linux user:bob user:carol -y", "Access settings removed from catalog"),
        says("catalog acl list linux", "None acme (org_in_use) org", but=["bob", "carol"]),
        fails("catalog acl add linux user:nobody", "nobody"),
        says("catalog acl share linux", "Catalog shared to all members of the org"),
        says("catalog acl list linux", "ReadOnly acme (org_in_use) org"),
    )


def test_search_and_info(alice: Vcd) -> None:
    template = alice.table("search", "vapptemplate", "-f", "name==fedora")[0]["id"]

    alice.play(
        says("search", "vApp", "adminVApp", "orgVdcNetwork"),
        fails("search organization", "Unable to execute query"),  # the provider's
        says("search orgvdc", "acme-vdc", "acme-vdc-2"),
        says("search catalog", "linux"),
        says("search catalogitem -f name==ubuntu", "linux vapptemplate", "ubuntu", but=["fedora"]),
        says("search catalogitem -f 'name==fed*'", "fedora", but=["ubuntu"]),
        says("search vapptemplate -f 'name==fedora,name==ubuntu'", "fedora", "ubuntu", but=["centos"]),
        says("search media", "tools.iso"),
        says("search orgvdcnetwork", "acme-net", "acme-isolated"),
        says("search orgvdcstorageprofile", "gold", "silver"),
        says("search user -f name==bob", "bob", but=["carol"]),
        says("search role", "vApp Author"),
        says("search vapp -f name==nothing", "not found"),
        says("search vapp -f 'numberOfCpus=gt=400;memoryAllocationMB=gt=10000'", "not found"),
        says("search vm -f 'metadata:role==STRING:nothing'", "not found"),
        fails("search vapp -f colour==blue", "colour"),
        fails("search nonsense"),
        says(f"info vapptemplate {template}", "<VAppTemplate", 'name="fedora"', "</VAppTemplate>"),
        fails("info vapp 00000000-0000-4000-8000-000000000000", "not found"),
    )


def test_tasks(alice: Vcd) -> None:
    created = alice.done("vapp", "create", "tasked")
    task = created.split("urn:vcloud:task:")[1].split()[0]

    alice.play(
        says(f"task info {task}", "operationName vdcComposeVapp", "owner_name tasked", "user alice"),
        says(f"task info {task}", "status success", "organization acme"),
        says(f"task wait {task}", f"task: {task}", "result: success"),
        says("task list SUCCESS", task, "vdcComposeVapp", "tasked"),
        says("task list ERROR RUNNING", but=[task]),
        says(f"search task -f id=={task}", task, "tasked", "success"),
        says(f"info task {task}", "<Task", 'operationName="vdcComposeVapp"'),
        done("vapp delete tasked -y"),
    )


# Networks and disks


def test_networks(alice: Vcd) -> None:
    alice.play(
        says("network list", "acme-net", "acme-isolated"),
        says("network routed list", "acme-net", but=["acme-isolated"]),
        says("network isolated list", "acme-isolated", but=["acme-net"]),
        says("network direct list", but=["acme"]),
        done(
            "network isolated create lab -g 10.77.0.1 -n 255.255.255.0 -d 'A lab' --dns1 10.77.0.2 --dns2 10.77.0.3"
            " --dns-suffix lab.test --ip-range-start 10.77.0.10 --ip-range-end 10.77.0.99 --dhcp-disabled"
        ),
        says("network isolated list", "acme-isolated", "lab"),
        says("network list", "lab"),
        fails("network isolated create lab -g 10.78.0.1 -n 255.255.255.0", "lab"),
        done("network isolated delete lab -y"),
        says("network isolated list", "acme-isolated", but=["lab"]),
        fails("network isolated delete lab -y", "not found"),
    )


def test_disks(alice: Vcd) -> None:
    alice.play(
        done("disk create data 1GiB -d 'For data' -s silver"),
        says("disk list", "data", "alice 1.07 GB 1073741824 Resolved"),
        says("disk info data", "size_bytes 1073741824", "storageProfile silver", "description For data"),
        done("disk update data -n more -s 2GiB -d 'For more data'"),
        says("disk info more", "size_bytes 2147483648", "description For more data", "owner alice"),
        says("disk change-owner more bob", "Owner of disk 'more' changed to 'bob'"),
        says("disk info more", "owner bob"),
        fails("disk update more -s 1GiB", "more"),
        fails("disk info data", "No disk found"),
        says("vdc list-disk acme-vdc", "more"),
    )
    disk = alice.id_of("more", "disk", "list")
    alice.play(
        says(f"disk info id:{disk}", "name more"),
        done(f"disk delete id:{disk} -y"),
        says("disk list", but=["more"]),
    )


# HTTPS, other people


def test_short_job_over_https(signed_in: SignIn, stack: Stack) -> None:
    with signed_in("bob", "acme", stack.tls_url, "-i", "-w") as bob:
        bob.play(
            says("org list", "True True acme"),
            says("vdc info acme-vdc", "name acme-vdc"),
            says("catalog list linux", "fedora"),
            done("vapp create secure -d 'Over TLS'"),
            says("vapp info secure", "description Over TLS", "owner bob"),
            done("vapp delete secure -y"),
        )


def test_users_do_what_their_role_allows(signed_in: SignIn) -> None:
    with signed_in("carol") as carol:
        carol.play(
            says("org list", "True True acme"),
            says("vapp list"),
            fails("vapp create mine"),
            fails("network isolated create mine -g 10.79.0.1 -n 255.255.255.0"),
            fails("disk create mine 1GiB"),
        )


def test_other_tenants_see_nothing(signed_in: SignIn, alice: Vcd) -> None:
    alice.play(done("vapp create hidden"))
    vapp = alice.id_of("hidden", "search", "vapp")
    with signed_in("dave", "globex") as dave:
        dave.play(
            says("org list", "True True globex", but=["acme"]),
            says("search vapp", but=["hidden"]),
            fails(f"info vapp {vapp}", "not found"),
            says("network list", but=["acme-net"]),
        )
    alice.play(done("vapp delete hidden -y"))


def test_administrator_sees_every_tenant(signed_in: SignIn) -> None:
    with signed_in("administrator", "System") as system:
        system.play(
            says("org list", "System", "acme", "globex"),
            says("org use acme", "now using org: 'acme', vdc: 'acme-vdc'"),
            says("vdc info acme-vdc", "is_enabled True"),
            says("catalog list", "linux"),
            says("search organization", "System", "acme", "globex"),
            says("search adminorgvdc", "acme-vdc", "globex-vdc"),
            says("vapp list"),
            says("task list SUCCESS", "acme", "globex"),
        )
