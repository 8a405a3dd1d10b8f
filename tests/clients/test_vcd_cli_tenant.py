"""vcd-cli 24.1.0: a tenant's commands, one line each, with what they have to print."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.clients.stack import MARKS, Programs
from tests.clients.vcd import Server, Vcd, done, fails, says
from tests.embedded.running import Stack

pytestmark = list(MARKS)

FEDORA = "-c linux -t fedora"
HARDWARE = "vm list-virtual-hardware-section box one"


@pytest.fixture(scope="module")
def signed_in(stack: Stack, clients: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., object]:
    """Signs somebody in, for as long as the context lasts."""

    @contextmanager
    def sign_in(user: str, url: str = "", org: str = "acme", *options: str) -> Iterator[Vcd]:
        server = Server(Programs(tmp_path_factory.mktemp("vcd"), clients), clients)
        vcd = Vcd(server)
        try:
            vcd("login", url or stack.url, org, user, "-p", stack.password(user), *options)
            yield vcd
            assert vcd("logout") == f"{user} logged out."
        finally:
            server.close()

    return sign_in


@pytest.fixture(scope="module")
def alice(signed_in: Callable[..., object]) -> Iterator[Vcd]:
    """The command of alice, an administrator of acme."""
    with signed_in("alice") as vcd:
        yield vcd


# Reading


def test_session_and_profile(alice: Vcd) -> None:
    alice.play(
        says("version", "24.1.0"),
        says("pwd", "alice", "acme", "acme-vdc"),
        says("profile info", "api_version: '36.0'", "org_in_use: acme", "user: alice", "vdc_in_use: acme-vdc"),
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


# vApps


def test_power_of_a_vapp(alice: Vcd) -> None:
    on, off = "status Powered on", "status Powered off"

    alice.play(
        done(f"vapp create power {FEDORA} -v one"),
        says("vapp info power", on, "owner alice", "vm-1: name one"),
        done("vapp reset power -y"),
        done("vapp reboot power -y"),
        done("vapp suspend power"),
        says("vapp info power", "status Suspended"),
        fails("vapp reboot power -y", "Can't reboot vApp. Current state of vApp: Suspended"),
        done("vapp discard-suspended-state power"),
        says("vapp info power", off),
        done("vapp power-on power"),
        says("vapp info power", on),
        done("vapp shutdown power -y"),
        says("vapp info power", off),
        fails("vapp shutdown power -y", "Can't shutdown vApp. Current state of vApp: Powered off"),
        done("vapp deploy power"),
        says("vapp info power", off),  # the command always sends powerOn="false"
        done("vapp undeploy power -y --action powerOff"),
        done("vapp power-on power"),
        done("vapp power-off power -y"),
        done("vapp power-on power"),
        done("vapp stop power"),
        says("vapp info power", off),
        done("vapp deploy power one"),
        done("vapp power-on power one"),
        says("vapp list power", "one", "POWERED_ON"),
        done("vapp reset power one -y"),
        done("vapp reboot power one -y"),
        done("vapp shutdown power one -y"),
        says("vapp list power", "one", "POWERED_OFF"),
        done("vapp power-on power one"),
        done("vapp power-off power one -y"),
        done("vapp undeploy power one -y"),
        done("vapp power-on power"),
        fails("vapp delete power -y", "power"),
        done("vapp delete power -y -f"),
        says("vapp list", but=["power"]),
    )


@pytest.fixture(scope="module")
def web(alice: Vcd) -> Iterator[Vcd]:
    """A vApp `web` with the VM `one`, undeployed, on acme-net."""
    alice.play(
        done("vapp create web -d 'A web server' -n acme-net"),
        says("vapp info web", "description A web server", "vapp-net-1 acme-net", "vapp-net-1-mode bridged"),
        done("vapp add-vm web fedora fedora -c linux -t one -o one-host -n acme-net -i pool -s silver"),
        done("vapp undeploy web -y --action powerOff"),
    )
    yield alice
    alice.play(done("vapp delete web -y -f"))


def test_lists_and_details_of_a_vapp(web: Vcd) -> None:
    web.play(
        says("vapp list", "web"),
        says("vapp list --filter numberOfVMs==1", "web"),
        says("vapp list --filter 'ownerName==alice;name==w*'", "web"),
        says("vapp list --filter vdcName==acme-vdc-2", but=["web"]),
        says("vapp list web", "one", "POWERED_OFF", "10.10.0.1"),
        says("vapp info web", "vm-1: name one", "vm-1: computer-name one-host", "status Powered off"),
        says("vapp info web", "vm-1: Network adapter 0 POOL: 10.10.0.1", "vm-1: storage-profile silver"),
        says("vapp use web", "now using org: 'acme', vdc: 'acme-vdc', vApp: 'web'."),
        says("search vapp -f name==web", "web", "acme-vdc"),
        says("search vm -f containerName==web", "one"),
        says("vapp upgrade-virtual-hardware web", "No of vm upgraded"),
        fails("vapp info nothing", "Vapp with name 'nothing' not found"),
        fails("vapp create web", "web"),
    )


def test_name_owner_and_lease_of_a_vapp(web: Vcd) -> None:
    web.play(
        done("vapp update web -n web-2 -d 'Another name'"),
        says("vapp info web-2", "description Another name"),
        done("vapp update web-2 -n web"),
        says("vapp info web", "description Another name"),
        fails("vapp update web -n ' '", "Name can't be None or empty"),
        done("vapp update-lease web 7200 86400"),
        says("vapp show-lease web", "DeploymentLeaseInSeconds 7200", "StorageLeaseInSeconds 86400"),
        done("vapp update-lease web 0"),
        says("vapp show-lease web", "DeploymentLeaseInSeconds 0", "StorageLeaseInSeconds 0"),
        fails("vapp update-lease web -- -5"),
        says("vapp change-owner web bob", "vapp owner changed"),
        says("vapp info web", "owner bob"),
        says("vapp change-owner web alice", "vapp owner changed"),
        says("vapp show-metadata web", but=["metadata"]),
    )


def test_sharing_of_a_vapp(web: Vcd) -> None:
    web.play(
        says("vapp acl list web", "None acme (org_in_use) org"),
        says("vapp acl share web --access-level Change", "Vapp 'web' shared to all members of the org 'acme'."),
        says("vapp acl add web user:bob:FullControl user:carol", "Access settings added to vapp 'web'."),
        says("vapp acl list web", "Change acme (org_in_use) org", "FullControl bob user", "ReadOnly carol"),
        says("vapp info web", "everyone_access_level Change", "access_settings_1_subject_name"),
        says("vapp acl remove web user:carol -y", "Access settings removed from vapp 'web'."),
        says("vapp acl list web", "FullControl bob user", but=["carol"]),
        says("vapp acl unshare web", "Vapp 'web' unshared from all members of the org 'acme'."),
        says("vapp acl remove web user:bob -y", "Access settings removed"),
        says("vapp acl list web", "None acme (org_in_use) org", but=["bob", "carol"]),
    )


def test_start_up_and_product_sections_of_a_vapp(web: Vcd) -> None:
    order = "--o 1 --start-action powerOn --start-delay 4 --stop-action guestShutdown --stop-delay 3"

    web.play(
        says("vapp show-startup-section web", "one 0"),
        done(f"vapp update-startup-section web one {order}"),
        says("vapp show-startup-section web", "one 1 powerOn 4 guestShutdown 3"),
        fails("vapp update-startup-section web one --start-delay -4"),
        done("vapp update-startup-section web one --o 0 --start-delay 0 --stop-action powerOff --stop-delay 0"),
        says("vapp show-product-section web", but=["colour"]),
        done("vapp update-product-section web --key colour --value blue --label Colour --user_configurable true"),
        says("vapp show-product-section web", "colour", "blue"),
        done("vapp update-product-section web --key colour --value red"),
        done("vapp update-product-section web --key shape --value round --class_name other"),
        says("vapp show-product-section web", "red", but=["blue"]),
    )


def test_snapshots_of_a_vapp(web: Vcd) -> None:
    web.play(
        done("vapp create-snapshot web"),
        says("info vapp " + web.id_of("web", "search", "vapp"), "<SnapshotSection", "<Snapshot "),
        done("vapp revert-to-snapshot web"),
        done("vapp remove-snapshot web"),
    )


def test_networks_of_a_vapp(web: Vcd) -> None:
    inner = "--subnet 192.168.9.1/24 --description inside --dns1 192.168.9.3 --dns-suffix in.test"

    web.play(
        says("vapp network list web", "acme-net"),
        done("vapp connect web acme-isolated --retain-ip"),
        says("vapp network list web", "acme-net", "acme-isolated"),
        fails("vapp connect web acme-isolated", "already connected to vApp"),
        fails("vapp connect web nothing", "does not exist in vdc 'acme-vdc'"),
        done("vapp disconnect web acme-isolated -y"),
        says("vapp network list web", "acme-net", but=["acme-isolated"]),
        fails("vapp disconnect web acme-net -y", "acme-net"),
        done(f"vapp network create web inner {inner} --ip-range 192.168.9.20-192.168.9.49"),
        says("vapp network list web", "acme-net", "inner"),
        says("vapp network dns-info web inner", "Dns1 192.168.9.3", "DnsSuffix in.test"),
        done("vapp network add-dns web inner --dns2 192.168.9.4"),
        done("vapp network update-dns web inner --dns1 192.168.9.5 --dns-suffix out.test"),
        says("vapp network dns-info web inner", "Dns1 192.168.9.5", "Dns2 192.168.9.4", "DnsSuffix out.test"),
        done("vapp network add-ip-range web inner -i 192.168.9.60-192.168.9.69 -i 192.168.9.80-192.168.9.89"),
        done("vapp network update-ip-range web inner -i 192.168.9.60-192.168.9.69 -n 192.168.9.60-192.168.9.65"),
        done("vapp network delete-ip-range web inner -i 192.168.9.80-192.168.9.89"),
        fails("vapp network add-ip-range web inner -i 10.0.0.1-10.0.0.9", "10.0.0.1"),
        done("vapp network update web inner -n core -d 'The core'"),
        says("vapp network list web", "acme-net", "core", but=["inner"]),
        says("vapp network list-allocated-ip web core"),
        says("vapp network list-vm-interface web acme-net", "acme-net 0"),
        done("vapp network reset web acme-net"),
        fails("vapp network reset web nothing", "Can't find network 'nothing'"),
        fails("vapp network enable-fence web", "natRouted"),
        done("vapp network delete web core"),
        says("vapp network list web", "acme-net", but=["core"]),
        done("vapp network create-ovdc-network web acme-isolated"),
        says("vapp network list web", "acme-net", "acme-isolated"),
        done("vapp network delete web acme-isolated"),
    )


def test_machines_and_disks_of_a_vapp(web: Vcd) -> None:
    web.play(
        done("vapp create stock -c linux -t ubuntu"),
        done("vapp undeploy stock -y --action powerOff"),
        done("vapp add-vm web stock ubuntu -t two"),
        says("vapp list web", "one", "two"),
        done("vapp undeploy web two -y --action powerOff"),
        done("vapp add-disk web two 2048"),
        says("vm info web two", "size-MB: 2048"),
        done("disk create extra 1GiB"),
        done("vapp attach web two extra"),
        says("disk info extra", "vms_attached two"),
        says("disk list", "extra", "two"),
        fails("disk delete extra -y", "Operation is not supported"),  # no link while it is attached
        done("vapp detach web two extra"),
        says("disk info extra", but=["vms_attached"]),
        done("disk delete extra -y"),
        done("vapp delete web two -y"),
        says("vapp list web", "one", but=["two"]),
        done("vapp add-vm-scratch web -vm bare -cn bare -d scratch -os debian8_64Guest -cpu 2 -cps 1 -m 1024 -aae"),
        done("vapp add-vm-scratch web -vm iso -cn iso -os otherguest64 -media tools.iso"),
        says("vapp list web", "1024 bare 2", "512 iso 1"),
        fails("vapp add-vm-scratch web -vm bare -cn bare -os otherguest64", "bare"),
        done("vapp delete web bare iso -y"),
        says("vapp list web", "one", but=["bare", "iso"]),
        done("vapp delete stock -y"),
    )


def test_copies_and_moves_of_a_vapp(alice: Vcd) -> None:
    alice.play(
        done("vapp create original -c linux -t web-and-db"),
        done("vapp undeploy original -y --action powerOff"),
        done("vapp copy original -n copy -d 'A copy'"),
        says("vapp info copy", "description A copy", "vm-1: name", "vm-2: name", "status Powered on"),
        done("vapp stop copy"),
        done("vapp copy original -n far -v acme-vdc-2"),
        says("vapp list", "original", "copy", but=["far"]),
        done("vapp move copy -v acme-vdc-2"),
        says("vapp list", "original", but=["copy"]),
        done("vapp delete original -y"),
        says("vapp move nothing -v nowhere", "Org vdc not found"),
        says("vdc use acme-vdc-2"),
        says("vapp list", "copy", "far", "acme-vdc-2"),
        done("vapp power-on copy"),
        says("vapp info copy", "status Powered on"),
        done("vapp delete copy -y -f"),
        done("vapp delete far -y"),
        says("vdc use acme-vdc"),
    )


# VMs


@pytest.fixture(scope="module")
def box(alice: Vcd) -> Iterator[Vcd]:
    """A vApp `box` with the VM `one`, made with every option, running."""
    options = "-n acme-net -i pool -m 1024 -u 2 -k 40960 -v one -o one-host -s silver -a -d 'A box'"
    alice.play(done(f"vapp create box {FEDORA} {options}"))
    yield alice
    alice.play(done("vapp delete box -y -f"))


def test_details_of_a_vm(box: Vcd) -> None:
    box.play(
        says("vm info box one", "name one", "status Powered on", "computer-name one-host", "deployed true"),
        says("vm info box one", "cpu 2", "cores-per-socket 1", "memory-MB 1024", "size-MB: 40960"),
        says("vm info box one", "network: acme-net mode: POOL connected: true", "ip: 10.10.0.1", "vapp box"),
        says("vm general-setting box one", "Computer Name one-host", "Name one", "Storage Policy silver"),
        says("vm general-setting box one", "OS Family fedora64Guest", "Boot Delay 0", "Enter BIOS Setup False"),
        says("vm list-storage-profile box one", "silver"),
        says("vm list-nics box one", "acme-net", "POOL", "True", "10.10.0.1", "VMXNET3"),
        says(f"{HARDWARE} --is-include-cpu true", "cpuCoresPerSocket cpuVirtualQuantity", "1 2"),
        says(f"{HARDWARE} --is-include-memory true", "memoryVirtualQuantityInMb", "1024"),
        says(f"{HARDWARE} --is-include-disk true", "Hard disk 1", "42949672960"),
        says(f"{HARDWARE} --is-include-network true", "acme-net", "POOL", "10.10.0.1"),
        says(f"{HARDWARE} --is-include-media true"),
        says("vm list-os-section box one", "Description", "Info"),
        says("vm list-gc-section box one", "ComputerName one-host", "Enabled True"),
        says("vm list-runtime-info box one", "vmware_tools_version"),
        says("vm list-boot-options box one", "BootDelay 0", "EnterBIOSSetup 0"),
        says("vm list-vm-capabilities box one", "MemoryHotAddEnabled", "CpuHotAddEnabled"),
        says("vm list-product-sections box one"),
        says("vm gc-status box one"),
        fails("vm check-post-gc-script box one", "customization script is not supported"),
        says("vm list-mks-ticket box one", "Host", "Port", "Ticket"),
        says("vm list-screen-ticket box one", "ScreenTicket mks://"),
        says("vm list-current-metrics box one", "cpu.usage.average PERCENT"),
        fails("vm info box nothing", "Can't find VM 'nothing'"),
        fails("vm list", "not implemented"),
    )


def test_power_of_a_vm(box: Vcd) -> None:
    on, off = "status Powered on", "status Powered off"

    box.play(
        done("vm reset box one"),
        done("vm reboot box one"),
        done("vm suspend box one"),
        says("vm info box one", "status Suspended"),
        done("vm discard-suspend box one"),
        says("vm info box one", off),
        done("vm power-on box one"),
        says("vm info box one", on),
        done("vm shutdown box one"),
        says("vm info box one", off, "deployed true"),
        fails("vm reset box one", "Can't power reset vm. Current state of vm: Powered off"),
        done("vm undeploy box one"),
        says("vm info box one", off, "deployed false"),
        done("vm deploy box one"),
        says("vm info box one", on, "deployed true"),
        done("vm undeploy box one"),
        done("vm poweron-force-recustomize box one"),
        says("vm info box one", on),
        done("vm power-off box one"),
    )


def test_metadata_of_a_vm(box: Vcd) -> None:
    text = "--domain GENERAL --visibility READWRITE --value-type MetadataStringValue"
    number = "--domain GENERAL --visibility READWRITE --value-type MetadataNumberValue"

    box.play(
        done(f"vm set-metadata box one {text} --key role --value web"),
        done(f"vm set-metadata box one {number} --key weight --value 42"),
        says("vm list-metadata box one", "role web", "weight 42"),
        says("search vm -f 'metadata:role==STRING:web'", "one", "box"),
        says("search vm -f 'metadata:weight==NUMBER:42'", "one", "box"),
        says("search vm -f 'metadata:role==STRING:db'", "not found"),
        done(f"vm update-metadata box one {text} --key role --value db"),
        says("vm list-metadata box one", "role db", "weight 42"),
        fails(f"vm set-metadata box one {number} --key weight --value heavy", "heavy"),
        done("vm remove-metadata box one --domain GENERAL --key role"),
        says("vm list-metadata box one", "weight 42", but=["role"]),
        fails("vm remove-metadata box one --domain GENERAL --key role"),
    )


def test_snapshots_of_a_vm(box: Vcd) -> None:
    box.play(
        done("vm create-snapshot box one --is-include-memory false --quiesce false --name before"),
        done("vm revert-to-snapshot box one"),
        done("vm remove-snapshot box one"),
        fails("vm revert-to-snapshot box one"),
    )


def test_changes_of_a_vm(box: Vcd) -> None:
    box.play(
        done("vapp undeploy box -y --action powerOff"),
        done("vm update box one --cpu 4 --cores 2 --memory 2048"),
        says("vm info box one", "cpu 4", "cores-per-socket 2", "memory-MB 2048"),
        done("vm update box one --cpu 1"),
        says("vm info box one", "cpu 1", "cores-per-socket 1", "memory-MB 2048"),
        fails("vm update box one --cpu 4 --cores 3", "3"),
        done("vm update-general-setting box one --name two --d 'The second' --cn two-host --bd 1000 --ebs true"),
        says("vm general-setting box two", "Name two", "Description The second", "Computer Name two-host"),
        says("vm general-setting box two", "Boot Delay 1000", "Enter BIOS Setup True"),
        fails("vm update-general-setting box two --sp gold", "gold", "not supported"),
        done("vm update-general-setting box two --name one --sp silver"),
        says("vm general-setting box one", "Storage Policy silver", "Boot Delay 1000"),
        done("vm update-boot-options box one --bool-delay 2000 --disable-enter-bios-setup"),
        says("vm list-boot-options box one", "BootDelay 2000", "EnterBIOSSetup 0"),
        done("vm update-os-section box one --d 'My Linux'"),
        says("vm list-os-section box one", "Description"),
        done("vm update-vm-capabilities box one --enable-memory-hot-add --disable-cpu-hot-add"),
        says("vm list-vm-capabilities box one", "CpuHotAddEnabled 0", "MemoryHotAddEnabled 1"),
        done("vm gc-enable box one --disable"),
        says("vm list-gc-section box one", "Enabled False"),
        done("vm update-gc-section box one --enable --enable-admin-password --customization-script 'echo hello'"),
        says("vm list-gc-section box one", "Enabled True", "CustomizationScript echo hello"),
        says("vm list-gc-section box one", "AdminPasswordEnabled True", "ComputerName two-host"),
        fails("vm customize-on-next-poweron box one", "NoneType"),  # the command trips over the empty answer
        says("vm info box one", "needs-customization true"),
        done("vm update-vhs-disk box one --e-name 'Hard disk 1' --v-quantity 53687091200"),
        says("vm info box one", "size-MB: 51200"),
    )


def test_network_cards_of_a_vm(box: Vcd) -> None:
    card, second = "--network acme-net --connect", "--network acme-isolated --connect"

    box.play(
        fails(f"vm add-nic box one {second} --ip-address-mode POOL", "acme-isolated"),
        done("vapp connect box acme-isolated"),
        done(f"vm add-nic box one --adapter-type E1000 {second} --ip-address-mode POOL"),
        says("vm list-nics box one", "VMXNET3", "E1000", "acme-isolated", "192.168.50.10"),
        says("vm info box one", "nic-1 name: Network adapter 1 network: acme-isolated mode: POOL"),
        done("vm delete-nic box one --index 1"),
        says("vm list-nics box one", "VMXNET3", but=["E1000", "acme-isolated"]),
        fails("vm delete-nic box one --index 7", "Nic with index '7' is not found"),
        done("vapp disconnect box acme-isolated -y"),
        done(f"vm update-nic box one {card} --primary --ip-address-mode MANUAL --ip-address 10.10.0.50"),
        says("vm list-nics box one", "10.10.0.50", "MANUAL"),
        fails(f"vm update-nic box one {card} --ip-address-mode MANUAL --ip-address 10.99.0.50", "10.99.0.50"),
        fails(f"vm add-nic box one {card} --ip-address-mode POOL", "only one network card", "acme-net"),
        fails("vm add-nic box one --network nothing --connect --ip-address-mode POOL", "nothing"),
        says("vm list-nics box one", "10.10.0.50", "MANUAL", but=["10.99.0.50"]),
        done("vm delete-nic box one --index 0"),
        says("vm list-nics box one", but=["acme-net"]),
        done(f"vm add-nic box one --adapter-type VMXNET3 {card} --primary --ip-address-mode POOL"),
        says("vm list-nics box one", "acme-net", "POOL", "10.10.0.1"),
    )


def test_media_of_a_vm(box: Vcd) -> None:
    media = box.id_of("tools.iso", "vdc", "list-media", "acme-vdc")

    box.play(
        done(f"vm insert-cd box one --media-id {media}"),
        says(f"{HARDWARE} --is-include-media true", "tools.iso"),
        done(f"vm eject-cd box one --media-id {media}"),
        says(f"{HARDWARE} --is-include-media true", but=["tools.iso"]),
        done("vm update-vhs-media box one --e-name 'CD/DVD Drive 1' --host-resource tools.iso"),
        says(f"{HARDWARE} --is-include-media true", "tools.iso"),
        done(f"vm eject-cd box one --media-id {media}"),
    )


def test_disks_of_a_vm(box: Vcd) -> None:
    box.play(done("disk create spare 1GiB"))
    disk = box.id_of("spare", "disk", "list")

    box.play(
        done(f"vm attach-disk box one --idisk-id {disk}"),
        says("disk info spare", "vms_attached one"),
        done(f"vm detach-disk box one --idisk-id {disk}"),
        says("disk info spare", but=["vms_attached"]),
        done("disk delete spare -y"),
    )


def test_copies_and_moves_of_a_vm(box: Vcd) -> None:
    box.play(
        done("vapp create shelf"),
        done("vm copy box one --target-vapp-name shelf --target-vm-name copied"),
        says("vapp list shelf", "copied"),
        done("vm move shelf copied --target-vapp-name box --target-vm-name moved"),
        says("vapp list box", "one", "moved"),
        says("vapp list shelf", but=["copied", "moved"]),
        done("vm delete box moved"),
        says("vapp list box", "one", but=["moved"]),
        done("vapp delete shelf -y"),
    )


# HTTPS, other people


def test_short_job_over_https(signed_in: Callable[..., object], stack: Stack) -> None:
    with signed_in("bob", stack.tls_url, "acme", "-i", "-w") as bob:
        bob.play(
            says("org list", "True True acme"),
            says("vdc info acme-vdc", "name acme-vdc"),
            says("catalog list linux", "fedora"),
            done("vapp create secure -d 'Over TLS'"),
            says("vapp info secure", "description Over TLS", "owner bob"),
            done("vapp delete secure -y"),
        )


def test_users_do_what_their_role_allows(signed_in: Callable[..., object]) -> None:
    with signed_in("carol") as carol:
        carol.play(
            says("org list", "True True acme"),
            says("vapp list"),
            fails("vapp create mine"),
            fails("network isolated create mine -g 10.79.0.1 -n 255.255.255.0"),
            fails("disk create mine 1GiB"),
        )


def test_other_tenants_see_nothing(signed_in: Callable[..., object], alice: Vcd) -> None:
    alice.play(done("vapp create hidden"))
    vapp = alice.id_of("hidden", "search", "vapp")
    with signed_in("dave", "", "globex") as dave:
        dave.play(
            says("org list", "True True globex", but=["acme"]),
            says("search vapp", but=["hidden"]),
            fails(f"info vapp {vapp}", "not found"),
            says("network list", but=["acme-net"]),
        )
    alice.play(done("vapp delete hidden -y"))


def test_administrator_sees_every_tenant(signed_in: Callable[..., object]) -> None:
    with signed_in("administrator", "", "System") as system:
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
