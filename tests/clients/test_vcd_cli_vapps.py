"""vcd-cli 24.1.0: the commands of vApps, one line each, with what they have to print."""

from collections.abc import Iterator

import pytest

from tests.clients.stack import MARKS
from tests.clients.vcd import Vcd, done, fails, says

pytestmark = list(MARKS)

FEDORA = "-c linux -t fedora"


@pytest.mark.slow
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
        says(
            "vapp acl share web --access-level Change", "Vapp 'web' shared to all members of the org 'acme'."
        ),
        says("vapp acl add web user:bob:FullControl user:carol", "Access settings added to vapp 'web'."),
        says("vapp acl list web", "Change acme (org_in_use) org", "FullControl bob user", "ReadOnly carol"),
        says("vapp info web", "everyone_access_level Change", "access_settings_1_subject_name"),
        says("vapp acl remove web user:carol -y", "Access settings removed from vapp 'web'."),
        says("vapp acl list web", "FullControl bob user", but=["carol"]),
        says("vapp acl unshare web", "Vapp 'web' unshared from all members of the org 'acme'."),
        says("vapp acl remove web user:bob -y", "Access settings removed"),
        says("vapp acl list web", "None acme (org_in_use) org", but=["bob", "carol"]),
    )


@pytest.mark.slow
def test_start_up_and_product_sections_of_a_vapp(web: Vcd) -> None:
    order = "--o 1 --start-action powerOn --start-delay 4 --stop-action guestShutdown --stop-delay 3"

    web.play(
        says("vapp show-startup-section web", "one 0"),
        done(f"vapp update-startup-section web one {order}"),
        says("vapp show-startup-section web", "one 1 powerOn 4 guestShutdown 3"),
        fails("vapp update-startup-section web one --start-delay -4"),
        done(
            "vapp update-startup-section web one --o 0 --start-delay 0 --stop-action powerOff --stop-delay 0"
        ),
        says("vapp show-product-section web", but=["colour"]),
        done(
            "vapp update-product-section web --key colour --value blue --label Colour --user_configurable true"
        ),
        says("vapp show-product-section web", "colour", "blue"),
        done("vapp update-product-section web --key colour --value red"),
        done("vapp update-product-section web --key shape --value round --class_name other"),
        says("vapp show-product-section web", "red", but=["blue"]),
    )


@pytest.mark.slow
def test_snapshots_of_a_vapp(web: Vcd) -> None:
    web.play(
        done("vapp create-snapshot web"),
        says("info vapp " + web.id_of("web", "search", "vapp"), "<SnapshotSection", "<Snapshot "),
        done("vapp revert-to-snapshot web"),
        done("vapp remove-snapshot web"),
    )


@pytest.mark.slow
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
        done(
            "vapp network update-ip-range web inner -i 192.168.9.60-192.168.9.69 -n 192.168.9.60-192.168.9.65"
        ),
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


@pytest.mark.slow
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
        done(
            "vapp add-vm-scratch web -vm bare -cn bare -d scratch -os debian8_64Guest -cpu 2 -cps 1 -m 1024 -aae"
        ),
        done("vapp add-vm-scratch web -vm iso -cn iso -os otherguest64 -media tools.iso"),
        says("vapp list web", "1024 bare 2", "512 iso 1"),
        fails("vapp add-vm-scratch web -vm bare -cn bare -os otherguest64", "bare"),
        done("vapp delete web bare iso -y"),
        says("vapp list web", "one", but=["bare", "iso"]),
        done("vapp delete stock -y"),
    )


@pytest.mark.slow
def test_copies_and_moves_of_a_vapp(alice: Vcd) -> None:
    alice.play(
        done("vapp create original -c linux -t web-and-db"),
        done("vapp undeploy original -y --action powerOff"),
        done("vapp copy original -n copy -d 'A copy'"),
        says("vapp info copy", "description A copy", "vm-1: name", "vm-2: name", "status Powered on"),
        done("vapp stop copy"),
        done("vapp copy original -n far -v acme-vdc-2"),
        says("vapp list", "original", "copy", "far"),  # of all VDCs
        done("vapp move copy -v acme-vdc-2"),
        done("vapp delete original -y"),
        says("vapp move nothing -v nowhere", "Org vdc not found"),
        says("vdc use acme-vdc-2"),
        says("vapp list", "copy", "far", "acme-vdc-2"),
        says("vapp info copy", "status Powered on"),
        fails("vapp delete far -y", "is running"),
        done("vapp delete copy -y -f"),
        done("vapp delete far -y -f"),
        says("vdc use acme-vdc"),
    )
