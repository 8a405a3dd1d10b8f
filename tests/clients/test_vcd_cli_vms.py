"""vcd-cli 24.1.0: the commands of VMs, one line each, with what they have to print."""

from collections.abc import Iterator

import pytest

from tests.clients.stack import MARKS
from tests.clients.vcd import Vcd, done, fails, says

pytestmark = list(MARKS)

FEDORA = "-c linux -t fedora"
HARDWARE = "vm list-virtual-hardware-section box one"


@pytest.fixture(scope="module")
def box(alice: Vcd) -> Iterator[Vcd]:
    """A vApp `box` with the VM `one`, made with every option, running."""
    options = "-n acme-net -i pool -m 1024 -u 2 -k 40960 -v one -o one-host -s silver -a -d 'A box'"
    alice.play(done(f"vapp create box {FEDORA} {options}"))
    yield alice
    alice.play(done("vapp delete box -y -f"))


@pytest.fixture
def still(box: Vcd) -> Vcd:
    """The same, undeployed."""
    if box.properties("vm", "info", "box", "one")["deployed"] == ["true"]:
        box.done("vapp", "undeploy", "box", "-y", "--action", "powerOff")
    return box


def test_details_of_a_vm(box: Vcd) -> None:
    box.play(
        says("vm info box one", "name one", "status Powered on", "computer-name one-host", "deployed true"),
        says("vm info box one", "cpu 2", "cores-per-socket 1", "memory-MB 1024", "size-MB: 40960"),
        says("vm info box one", "network: acme-net mode: POOL connected: true", "ip: 10.10.0.1", "vapp box"),
        says("vm general-setting box one", "Computer Name one-host", "Name one", "Storage Policy silver"),
        says(
            "vm general-setting box one", "OS Family fedora64Guest", "Boot Delay 0", "Enter BIOS Setup False"
        ),
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


@pytest.mark.slow
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


@pytest.mark.slow
def test_snapshots_of_a_vm(box: Vcd) -> None:
    box.play(
        done("vm create-snapshot box one --is-include-memory false --quiesce false --name before"),
        done("vm revert-to-snapshot box one"),
        done("vm remove-snapshot box one"),
        fails("vm revert-to-snapshot box one"),
    )


@pytest.mark.slow
def test_changes_of_a_vm(still: Vcd) -> None:
    still.play(
        done("vm update box one --cpu 4 --cores 2 --memory 2048"),
        says("vm info box one", "cpu 4", "cores-per-socket 2", "memory-MB 2048"),
        done("vm update box one --cpu 1"),
        says("vm info box one", "cpu 1", "cores-per-socket 1", "memory-MB 2048"),
        fails("vm update box one --cpu 4 --cores 3", "3"),
        done(
            "vm update-general-setting box one --name two --d 'The second' --cn two-host --bd 1000 --ebs true"
        ),
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
        done(
            "vm update-gc-section box one --enable --enable-admin-password --customization-script 'echo hello'"
        ),
        says("vm list-gc-section box one", "Enabled True", "CustomizationScript echo hello"),
        says("vm list-gc-section box one", "AdminPasswordEnabled True", "ComputerName two-host"),
        fails("vm customize-on-next-poweron box one", "NoneType"),  # the command trips over the empty answer
        says("vm info box one", "needs-customization true"),
        done("vm update-vhs-disk box one --e-name 'Hard disk 1' --v-quantity 53687091200"),
        says("vm info box one", "size-MB: 51200"),
    )


@pytest.mark.slow
def test_network_cards_of_a_vm(still: Vcd) -> None:
    card, second = "--network acme-net --connect", "--network acme-isolated --connect"

    still.play(
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


@pytest.mark.slow
def test_media_of_a_vm(still: Vcd) -> None:
    media = still.id_of("tools.iso", "vdc", "list-media", "acme-vdc")

    still.play(
        done(f"vm insert-cd box one --media-id {media}"),
        says(f"{HARDWARE} --is-include-media true", "tools.iso"),
        done(f"vm eject-cd box one --media-id {media}"),
        says(f"{HARDWARE} --is-include-media true", but=["tools.iso"]),
        done("vm update-vhs-media box one --e-name 'CD/DVD Drive 1' --host-resource tools.iso"),
        says(f"{HARDWARE} --is-include-media true", "tools.iso"),
        done(f"vm eject-cd box one --media-id {media}"),
    )


@pytest.mark.slow
def test_disks_of_a_vm(still: Vcd) -> None:
    still.play(done("disk create spare 1GiB"))
    disk = still.id_of("spare", "disk", "list")

    still.play(
        done(f"vm attach-disk box one --idisk-id {disk}"),
        says("disk info spare", "vms_attached one"),
        done(f"vm detach-disk box one --idisk-id {disk}"),
        says("disk info spare", but=["vms_attached"]),
        done("disk delete spare -y"),
    )


@pytest.mark.slow
def test_copies_and_moves_of_a_vm(still: Vcd) -> None:
    still.play(
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
