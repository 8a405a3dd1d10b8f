"""terraform-provider-vcd 3.14.1: apply, an empty second plan, change, destroy. The configurations are in terraform/."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.clients.golang import PROVIDER, TERRAFORM, NoGoError, built
from tests.clients.stack import MARKS
from tests.embedded.running import Stack

pytestmark = [*MARKS, pytest.mark.slow]

CONFIGURATIONS = Path(__file__).with_name("terraform")
TIMEOUT_S = 400  # the provider asks for a task every 3 s
UP_TO_DATE = 0  # of `plan -detailed-exitcode`; 2 is a plan with changes


class Terraform:
    """A configuration in a folder of its own, with its state."""

    def __init__(self, program: Path, folder: Path, environ: dict[str, str]) -> None:
        self._program, self._folder, self._environ = program, folder, environ

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """The ended command."""
        return subprocess.run(
            [self._program, *arguments, "-no-color"],
            cwd=self._folder,
            env=self._environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=TIMEOUT_S,
        )

    def apply(self, *, changed: bool = False) -> dict[str, Any]:
        """Applies it; what its output `seen` holds. A plan right after it must be empty."""
        stage = f"-var=changed={str(changed).lower()}"
        done = self.run("apply", "-auto-approve", "-input=false", stage)
        assert done.returncode == 0, done.stdout
        again = self.run("plan", "-detailed-exitcode", "-input=false", stage)
        assert again.returncode == UP_TO_DATE, again.stdout
        outputs = json.loads(self.run("output", "-json").stdout)
        return dict(outputs["seen"]["value"])

    def replaces(self, *, changed: bool) -> list[str]:
        """Addresses of the resources that a change would not update in place."""
        stage = f"-var=changed={str(changed).lower()}"
        done = self.run("plan", "-input=false", "-out=plan", stage)
        assert done.returncode == 0, done.stdout
        plan = json.loads(self.run("show", "-json", "plan").stdout)
        return [each["address"] for each in plan["resource_changes"] if "delete" in each["change"]["actions"]]

    def destroy(self) -> None:
        """Destroys it; nothing is left in the state."""
        done = self.run("destroy", "-auto-approve", "-input=false")
        assert done.returncode == 0, done.stdout
        assert self.run("state", "list").stdout.strip() == ""


def _programs() -> tuple[Path, Path]:
    """Terraform, whichever this machine has, else its last free version; and the provider."""
    try:
        provider = built(PROVIDER)
        found = shutil.which("terraform") or shutil.which("tofu")
        return Path(found) if found else built(TERRAFORM), provider
    except NoGoError as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="module")
def programs() -> tuple[Path, Path]:
    """Terraform and the provider."""
    return _programs()


@pytest.fixture
def terraform(programs: tuple[Path, Path], stack: Stack, tmp_path: Path) -> Callable[[str], Terraform]:
    """Takes up a configuration by name, as an organization administrator."""
    program, provider = programs
    settings = tmp_path / "terraform.rc"
    # The provider is taken from its folder: no registry is asked, and no `init` is needed.
    settings.write_text(
        f'provider_installation {{\n  dev_overrides {{\n    "vmware/vcd" = "{provider.parent}"\n  }}\n}}\n'
    )
    environ = {
        "CHECKPOINT_DISABLE": "1",
        "HOME": str(tmp_path),
        "NO_PROXY": "localhost,127.0.0.1",
        "PATH": os.environ.get("PATH", ""),
        "TF_CLI_CONFIG_FILE": str(settings),
        "TF_IN_AUTOMATION": "1",
        "VCD_ALLOW_UNVERIFIED_SSL": "true",  # the demo's certificate is its own
        "VCD_ORG": "acme",
        "VCD_PASSWORD": stack.password("alice"),
        "VCD_URL": f"{stack.tls_url}/api",
        "VCD_USER": "alice",
        "VCD_VDC": "acme-vdc",
    }

    def take_up(name: str) -> Terraform:
        folder = tmp_path / name
        shutil.copytree(CONFIGURATIONS / name, folder)
        shutil.copy(CONFIGURATIONS / "provider.tf", folder)
        return Terraform(program, folder, environ)

    return take_up


def test_data_sources_of_the_demo(terraform: Callable[[str], Terraform]) -> None:
    seen = terraform("reads").apply()

    assert seen["networks"] == ["acme-net"]
    assert seen == {
        "org": "Acme Corporation",
        "vdc": seen["vdc"],
        "catalog": "linux",
        "template": ["fedora"],
        "is_iso": True,
        "profile": "gold",
        "networks": ["acme-net"],
    }


def test_isolated_network(terraform: Callable[[str], Terraform]) -> None:
    network = terraform("network")

    same = {"same": True, "gateway": "10.88.0.1", "dns": "tf.test"}
    assert network.apply() == same | {"description": "first", "pool": "10.88.0.20", "metadata": ["blue"]}
    assert network.replaces(changed=True) == []
    assert network.apply(changed=True) == same | {
        "description": "second",
        "pool": "10.88.0.50",
        "metadata": ["red"],
    }
    network.destroy()


def test_vapp_and_its_networks(terraform: Callable[[str], Terraform]) -> None:
    vapp = terraform("vapp")

    same = {"networks": ["inner"], "org_networks": ["acme-net"], "same": True}
    first = vapp.apply()
    assert first == same | {
        "status": first["status"],
        "description": "first",
        "lease": 3600,
        "property": "blue",
        "metadata": {"text": "first", "number": "42"},
        "inner": "first",
        "pool": "192.168.9.20",
    }
    assert vapp.replaces(changed=True) == []
    assert vapp.apply(changed=True) == same | {
        "status": first["status"],
        "description": "second",
        "lease": 7200,
        "property": "red",
        "metadata": {"text": "second & more", "number": "42"},
        "inner": "second",
        "pool": "192.168.9.50",
    }
    vapp.destroy()


def test_vms_of_a_vapp(terraform: Callable[[str], Terraform]) -> None:
    vms = terraform("vapp_vm")

    db = {"status": "POWERED_ON", "computer": "db-1"}
    empty = {"os": "sles10_64Guest", "address": "192.168.9.10"}
    first = vms.apply()
    assert first["db"] == db | {
        "size": [2, 2, 1024],
        "networks": ["acme-net"],
        "has_ip": [True],
        "metadata": {"role": "spare"},
    }
    assert first["empty"] == empty | {
        "description": "first",
        "status": "POWERED_OFF",
        "tags": ["tf-blue"],
    }
    assert vms.replaces(changed=True) == []
    second = vms.apply(changed=True)
    assert second["db"] == db | {
        "size": [4, 2, 3072],
        "networks": ["acme-net", "inner"],
        "has_ip": [True, True],
        "metadata": {"role": "main"},
    }
    assert second["empty"] == empty | {
        "description": "second",
        "status": "POWERED_OFF",
        "tags": ["tf-red"],
    }
    vms.destroy()


def test_standalone_vms(terraform: Callable[[str], Terraform]) -> None:
    vms = terraform("vm")

    same = {"kinds": ["vcd_vm", "vcd_vm"], "status": ["POWERED_ON", "POWERED_OFF"]}
    assert vms.apply() == same | {"memory": 1024, "ip": "10.10.0.150", "about": "first"}
    assert vms.replaces(changed=True) == []
    assert vms.apply(changed=True) == same | {"memory": 2048, "ip": "10.10.0.151", "about": "second"}
    vms.destroy()


def test_disks(terraform: Callable[[str], Terraform]) -> None:
    disks = terraform("disks")

    same = {"attached": True, "owner": "alice", "vms": 1}
    first = disks.apply()
    assert first == same | {"size": 1024, "internal": first["internal"], "thin": True}
    assert 2048 in first["internal"]
    assert disks.replaces(changed=True) == []
    second = disks.apply(changed=True)
    assert second == same | {"size": 2048, "internal": second["internal"], "thin": True}
    assert 3072 in second["internal"]
    disks.destroy()
