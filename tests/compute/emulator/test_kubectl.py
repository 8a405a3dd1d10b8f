"""kubectl as it is, against the emulator. Skipped where there is none."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from compute.emulator import Emulator

from .conftest import Kube, vm_manifest, vm_path

KUBECTL = shutil.which("kubectl")
pytestmark = pytest.mark.skipif(KUBECTL is None, reason="kubectl is not installed")

MANIFEST = """
apiVersion: v1
kind: ConfigMap
metadata: {name: cm, namespace: demo}
data: {a: "1"}
---
apiVersion: kubevirt.io/v1
kind: VirtualMachine
metadata: {name: vm1, namespace: demo}
spec:
  runStrategy: Manual
  template:
    spec:
      domain: {devices: {interfaces: [{name: nic0, masquerade: {}}]}, memory: {guest: 1Gi}}
      networks: [{name: nic0, pod: {}}]
"""


class Cli:
    """kubectl with the emulator's kubeconfig and a home of its own."""

    def __init__(self, emulator: Emulator, home: Path) -> None:
        self._environ = {
            "PATH": os.environ["PATH"],
            "KUBECONFIG": str(emulator.kubeconfig),
            "HOME": str(home),
        }

    def run(self, *arguments: str, given: str = "") -> str:
        done = self.attempt(*arguments, given=given)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def attempt(self, *arguments: str, given: str = "") -> "subprocess.CompletedProcess[str]":
        command = [str(KUBECTL), *arguments]
        return subprocess.run(
            command, check=False, input=given, capture_output=True, text=True, env=self._environ, timeout=60
        )


@pytest.fixture
def cli(emulator: Emulator, demo: str, tmp_path: Path) -> Cli:
    return Cli(emulator, tmp_path)


def test_apply_server_side_get_and_delete(cli: Cli, emulator: Emulator) -> None:
    for _ in range(2):
        text = cli.run("apply", "--server-side", "-f", "-", given=MANIFEST)
        assert text == "configmap/cm serverside-applied\nvirtualmachine.kubevirt.io/vm1 serverside-applied\n"
    emulator.settle()
    listed = cli.run("get", "vm,vmi,dv", "-A").splitlines()
    assert listed[0].split() == ["NAMESPACE", "NAME", "AGE", "STATUS", "READY"]
    assert listed[1].split()[0::3] == ["demo", "Stopped"]
    assert "deleted" in cli.run("delete", "-f", "-", "--wait=false", given=MANIFEST)


def test_client_side_apply_patches_and_prunes(cli: Cli) -> None:
    assert "created" in cli.run("apply", "-f", "-", given=MANIFEST)
    changed = MANIFEST.replace('a: "1"', 'b: "2"').replace("1Gi", "2Gi")
    done = cli.attempt("apply", "-f", "-", given=changed)
    assert (done.returncode, done.stderr) == (0, "")
    assert cli.run("get", "cm", "cm", "-n", "demo", "-o", "jsonpath={.data}") == '{"b":"2"}'
    path = "jsonpath={.spec.template.spec.domain.memory.guest}"
    assert cli.run("get", "vm", "vm1", "-n", "demo", "-o", path) == "2Gi"


def test_create_with_generators_works(cli: Cli) -> None:
    assert cli.run("create", "namespace", "made").strip() == "namespace/made created"
    cli.run("create", "configmap", "c", "-n", "made", "--from-literal=a=b")
    assert cli.run("get", "cm", "c", "-n", "made", "-o", "jsonpath={.data.a}") == "b"
    cli.run("create", "secret", "generic", "s", "-n", "made", "--from-literal=k=v")
    assert cli.run("get", "secret", "s", "-n", "made", "-o", "jsonpath={.data.k}") == "dg=="
    cli.run("create", "quota", "q", "-n", "made", "--hard=count/configmaps=3")
    assert (
        cli.run("get", "quota", "q", "-n", "made", "-o", "jsonpath={.status.used}")
        == '{"count/configmaps":"1"}'
    )


def test_delete_waits_for_the_object_to_go(cli: Cli, kube: Kube) -> None:
    cli.run("apply", "--server-side", "-f", "-", given=MANIFEST)
    assert cli.run("delete", "cm", "cm", "-n", "demo").strip() == 'configmap "cm" deleted'


def test_label_annotate_patch_and_describe(cli: Cli, kube: Kube, emulator: Emulator) -> None:
    kube.post(vm_path(), vm_manifest())
    cli.run("label", "vm", "vm1", "-n", "demo", "tier=gold")
    cli.run("annotate", "vm", "vm1", "-n", "demo", "note=x")
    cli.run("patch", "vm", "vm1", "-n", "demo", "--type=merge", "-p", '{"spec":{"runStrategy":"Halted"}}')
    assert (
        cli.run("get", "vm", "-n", "demo", "-l", "tier=gold", "-o", "name").strip()
        == "virtualmachine.kubevirt.io/vm1"
    )
    described = cli.run("describe", "vm", "vm1", "-n", "demo")
    assert "Run Strategy:  Halted" in described
    refused = cli.attempt("patch", "vm", "vm1", "-n", "demo", "-p", "{}", "--type=strategic")
    assert refused.returncode != 0


def test_listings_of_the_built_in_kinds(cli: Cli) -> None:
    assert "node-1" in cli.run("get", "nodes", "-o", "wide")
    assert "gold" in cli.run("get", "sc")
    assert "u1.small" in cli.run("get", "vmclusterinstancetype")
    assert "virtualmachines" in cli.run("api-resources", "--api-group=kubevirt.io")
    assert "yes" in cli.run("auth", "can-i", "create", "vm.kubevirt.io")
    assert cli.run("get", "--raw", "/readyz") == "ok"


def test_errors_are_shown_as_kubectl_shows_them(cli: Cli) -> None:
    done = cli.attempt("get", "vm", "nope", "-n", "demo")
    assert done.stderr.strip() == 'Error from server (NotFound): virtualmachines.kubevirt.io "nope" not found'
    done = cli.attempt("create", "-f", "-", given=MANIFEST.replace("demo", "nowhere"))
    assert 'namespaces "nowhere" not found' in done.stderr


def test_wait_for_a_condition(cli: Cli, emulator: Emulator) -> None:
    network = """
apiVersion: k8s.ovn.org/v1
kind: UserDefinedNetwork
metadata: {name: net, namespace: demo}
spec: {topology: Layer2, layer2: {role: Secondary, ipam: {mode: Disabled}}}
"""
    cli.run("apply", "--server-side", "-f", "-", given=network)
    emulator.settle()
    assert "condition met" in cli.run(
        "wait", "--for=condition=NetworkCreated", "udn/net", "-n", "demo", "--timeout=10s"
    )
