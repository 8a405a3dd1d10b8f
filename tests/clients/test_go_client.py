"""go-vcloud-director 2.26.1, as a program uses it. The jobs are in go/, built by golang.py."""

import json
import subprocess
from collections.abc import Callable
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest

from tests.clients.golang import GOVCD_JOBS, NoGoError, built
from tests.clients.stack import MARKS
from tests.embedded.running import Stack

pytestmark = list(MARKS)

TIMEOUT_S = 300  # the client asks for a task every 3 s, and waits for a guest to be customized
OFF, ON = "POWERED_OFF", "POWERED_ON"
NOWHERE = "00000000-0000-4000-8000-000000000000"

Job = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def govcd() -> Path:
    """The program with the jobs."""
    try:
        return built(GOVCD_JOBS)
    except NoGoError as reason:
        pytest.skip(str(reason))


@pytest.fixture
def job(govcd: Path, stack: Stack) -> Job:
    """Runs a job by name, over HTTPS; what it saw."""

    def run(name: str, user: str = "bob", org: str = "acme", password: str = "") -> dict[str, Any]:
        access = {
            "url": stack.tls_url,
            "org": org,
            "user": user,
            "password": password or stack.password(user),
        }
        done = subprocess.run(
            [govcd, name],
            input=json.dumps(access),
            capture_output=True,
            text=True,
            check=False,
            timeout=TIMEOUT_S,
        )
        assert done.returncode == 0, done.stderr
        return dict(json.loads(done.stdout))

    return run


def is_of_pool(address: str) -> bool:
    return IPv4Address("10.10.0.100") <= IPv4Address(address) <= IPv4Address("10.10.0.199")


# Reading


def test_session_from_versions_to_logout(job: Job) -> None:
    seen = job("session")

    assert (seen["max_version"], seen["is_37"]) == ("37.0", True)
    assert (seen["user"], seen["org"], seen["roles"]) == ("bob", "acme", ["vApp Author"])
    assert not seen["is_provider"]
    assert "401" in seen["after"]


def test_token_is_worthless_after_logout(job: Job) -> None:
    seen = job("used_token")

    assert seen["org"] == "acme"
    assert "401" in seen["again"]
    assert "401" in seen["taken_up"]


@pytest.mark.parametrize(
    ("user", "org", "password"),
    [("bob", "acme", "wrong"), ("nobody", "acme", "wrong"), ("bob", "nowhere", "wrong")],
)
def test_wrong_credentials_are_refused(job: Job, user: str, org: str, password: str) -> None:
    assert "401" in job("wrong_password", user, org, password)["error"]


def test_lookups(job: Job) -> None:
    seen = job("lookups", "alice")

    assert (seen["org"], seen["vdc"], seen["status"], seen["nsxt"]) == ("acme", "acme-vdc", 1, True)
    assert (seen["catalog"], seen["item"], seen["template"]) == ("linux", "fedora", "fedora")
    assert (seen["same_template"], seen["template_catalog"]) == ("web-and-db", "linux")
    assert seen["template_vms"] == ["web", "db"]
    assert (seen["template_vm"], seen["vm_of_record"], seen["vm_template"]) == ("db", "db", "web")
    assert (seen["media"], seen["network"], seen["gateway"]) == ("tools.iso", "acme-net", "10.10.0.1")
    assert seen["same_network"]
    assert seen["networks"]
    assert seen["network_records"]
    assert (seen["profile"], seen["same_profile"], seen["profile_record"]) == ("gold", "gold", "gold")
    assert seen["has_iops"]
    assert (seen["system"], seen["hardware"]) == ("debian10_64Guest", "vmx-18")
    assert seen["policies"] == seen["assigned_policies"] == ""
    assert seen["admin_org"]


@pytest.mark.slow
def test_provider_reads(job: Job) -> None:
    seen = job("provider", "administrator", "System")

    assert len(seen["version"].split(".")) == 4
    assert seen["built"]
    assert seen["is_provider"]
    assert set(seen["orgs"]) == set(seen["queried"]) == {"System", "acme", "globex"}
    assert (seen["org"], seen["same"], seen["vdc"], seen["catalog"]) == ("acme", "acme", "acme-vdc", "linux")
    assert seen["allocation"]
    assert {"alice", "bob", "carol"} <= set(seen["users"])
    assert seen["template_vms"]
    assert seen["provider_vdcs"] == 1


@pytest.mark.slow
def test_queries(job: Job) -> None:
    seen = job("queries", "alice")

    own, templates = (
        {"go-queries/web false", "go-queries/db false"},
        {"web-and-db/web true", "web-and-db/db true"},
    )
    # A tenant's client asks for the VMs of its organization without a filter: Org.QueryVmList.
    assert set(seen["all_vms"]) == set(seen["org_vms"]) == own | templates
    assert set(seen["deployed_vms"]) == own
    assert set(seen["templates_vms"]) == templates
    assert seen["vm"] == {"status": OFF, "cpus": 1, "memory": 2048, "hardware": True, "os": seen["vm"]["os"]}
    assert "go-queries" in seen["vapps"]
    assert {"fedora", "web-and-db"} <= set(seen["templates"])
    assert seen["vdc_templates"] == ""
    assert seen["items"] >= 5
    assert seen["media"]
    assert seen["all_media"] >= 1
    assert seen["catalogs"]
    assert seen["networks"] == 1
    assert seen["page"] == {"total": 2, "page": 2, "size": 1, "rows": 1}
    assert {error for name, error in seen.items() if name.startswith("type_")} == {""}
    assert "flavour" in seen["unknown_field"]
    assert seen["searched"] == ["go-queries"]
    assert seen["deleted"] == "success"


def test_what_is_not_there(job: Job) -> None:
    seen = job("missing_entities")

    assert "403" in seen.pop("vm_href")
    assert {name for name, saw in seen.items() if not saw["missing"]} == set(), seen


# vApps


@pytest.mark.slow
def test_empty_vapp(job: Job) -> None:
    seen = job("vapp")

    assert (seen["status"], seen["on_status"]) == ("RESOLVED", ON)
    assert (seen["by_name"], seen["by_id"], seen["vdc"]) == ("first", "go-vapp", "acme-vdc")
    assert seen["powered_on"] == seen["again"] == seen["undeployed"] == seen["deleted"] == "success"
    assert seen["renamed"] == ["go-vapp-2", "second"]
    assert seen["description"] == ""
    assert seen["lease"] == [3600, 86400]
    assert (seen["properties"], seen["property"]) == (1, ["colour", "Colour", "red", "blue"])
    assert (seen["during"], seen["after"], seen["is_gone"]) == (True, False, True)


def test_template_with_two_vms(job: Job) -> None:
    seen = job("instantiate")

    assert seen["vms"] == {"web": 4, "db": 4}
    assert seen["states"] == [ON, OFF, ON, OFF]
    assert seen["tasks"] == ["success"] * 3
    assert (seen["description"], seen["deleted"]) == ("made by go-vcloud-director", "success")
    assert not seen["after"]


@pytest.mark.slow
def test_vapp_power(job: Job) -> None:
    seen = job("vapp_power")

    assert seen["states"] == [ON, ON, ON, "SUSPENDED", ON, "SUSPENDED"]
    assert seen["tasks"] == ["success"] * 5
    assert seen["discarded"] == seen["off"] == OFF
    assert seen["on"] == seen["shutdown"] == seen["deploy"] == seen["deleted"] == "success"


@pytest.mark.slow
def test_clone(job: Job) -> None:
    seen = job("clone")

    assert (seen["name"], seen["vm"], seen["is_new"], seen["source_kept"]) == (
        "go-copy",
        "fedora",
        True,
        True,
    )
    assert seen["moved"] == [True, False]
    assert seen["deleted"] == ["success", "success"]


@pytest.mark.slow
def test_access_control(job: Job) -> None:
    seen = job("access", "alice")

    assert (seen["before"], seen["after"]) == (False, False)
    assert seen["user"] == ["carol", "Change", False]
    assert seen["everyone"] == ["ReadOnly", True, True]
    assert seen["catalog"] == ""
    assert seen["deleted"] == "success"


@pytest.mark.slow
def test_tasks(job: Job) -> None:
    seen = job("tasks")

    assert (seen["status"], seen["operation"], seen["owner"]) == ("success", "vappDeploy", "go-tasks")
    assert (seen["user"], seen["org"], seen["progress"], seen["times"]) == ("bob", "acme", 100, True)
    assert seen["list"] == ""
    assert set(seen["operations"]) == {"vdcComposeVapp", "vappDeploy"}
    assert seen["running"] == 0
    assert (seen["cancel"], seen["cancelled"]) == ("", "canceled")


@pytest.mark.slow
def test_vapp_networks(job: Job) -> None:
    seen = job("vapp_networks")

    assert seen["networks"] == [["acme-net", "bridged", "acme-net", ""], ["inner", "isolated", "", "inside"]]
    assert seen["inner"] == [
        *("192.168.7.1", "255.255.255.0", "8.8.8.8", "1.1.1.1", "inner.test", False),
        *("192.168.7.10", "192.168.7.20", True),
    ]
    assert seen["same"] == "inner"
    assert set(seen["queried"]) == {"inner", "acme-net"}
    assert (seen["only_vapp"], seen["only_org"]) == (1, 1)
    assert seen["addresses"][0] == "192.168.7.10"
    assert is_of_pool(seen["addresses"][1])
    assert "inner" in seen["in_use"]
    assert seen["changed"] == ["deeper", "further in", "192.168.7.30"]
    assert (seen["left"], seen["none"]) == (1, [])
    assert seen["cleared"] == seen["deleted"] == "success"


@pytest.mark.slow
def test_org_network(job: Job) -> None:
    seen = job("org_network", "alice")

    shape = ["ISOLATED", "acme-vdc", "10.77.0.1", 24, "8.8.8.8", "go.test"]
    assert seen["made"] == ["go-isolated", "first", *shape, "10.77.0.20"]
    assert seen["changed"] == ["go-isolated", "second", *shape, "10.77.0.30"]
    assert (seen["isolated"], seen["by_id"], seen["by_name"], seen["in_xml"]) == (
        True,
        "go-isolated",
        True,
        True,
    )
    assert seen["metadata"] == [1, "colour", "blue"]
    assert seen["xml"] == ["by XML", "isolated", "10.78.0.1"]
    assert (seen["xml_changed"], seen["gone"], seen["xml_gone"]) == ("changed", True, True)


# VMs


def test_vms_added_and_taken_out(job: Job) -> None:
    seen = job("add_vms")

    assert seen["tasks"] == ["success", "success"]
    assert seen["states"] == [OFF, OFF, OFF]
    assert seen["profiles"] == ["silver", "gold"]
    assert is_of_pool(seen["address"][0])
    assert seen["two"] == {
        "cpus": 1,
        "memory": 512,
        "disks": 1,
        "os": "debian10_64Guest",
        "hardware": "vmx-19",
        "description": "without a template",
        "computer": "two",
    }
    assert (seen["parent"], seen["vdc"]) == ("go-add", "acme-vdc")
    assert seen["copied"] == ["three", True, 1]
    assert "two" in seen["twice"]
    assert (seen["on"], seen["mixed_on"], seen["undeploy"]) == ("success", ON, "success")
    assert seen["left"] == ["one", "three"]
    assert seen["deleted"] == "success"


@pytest.mark.slow
def test_vms_added_in_parallel(job: Job) -> None:
    seen = job("parallel_vms")

    assert (seen["vms"], seen["deleted"]) == (9, "success")
    assert seen["eight_s"] < 4 * seen["one_s"] + 2


@pytest.mark.slow
def test_standalone_vms(job: Job) -> None:
    seen = job("standalone")

    assert (seen["made"], seen["left"], seen["hidden"]) == (2, 0, True)
    assert seen["empty"] == ["go-alone", "alone", OFF, 2, 1024, 1]
    assert seen["full"] == ["go-alone-2", "alone too", ON, "gold"]
    assert (seen["by_name"], seen["by_id"]) == (True, "go-alone-2")


@pytest.mark.slow
def test_vm_power(job: Job) -> None:
    seen = job("vm_power")

    assert seen["tasks"] == ["success"] * 4
    assert seen["states"] == [OFF, f"{ON}/MIXED", f"{OFF}/{OFF}", f"{ON}/MIXED", f"{OFF}/MIXED"]
    assert not seen["deployed"]
    assert seen["customizing"] == [ON, "GC_PENDING"]
    assert seen["customized"] == "GC_COMPLETE"
    assert seen["undeploy"] == seen["deleted"] == "success"


@pytest.mark.slow
def test_network_cards(job: Job) -> None:
    seen = job("nics")

    assert seen["before"] == 0
    assert seen["added"] == [
        ["acme-net", "POOL", True, True, "VMXNET3", True],
        ["acme-isolated", "MANUAL", True, True, "VMXNET3", True],
        ["none", "NONE", False, True, "VMXNET3", False],
    ]
    assert seen["manual"] == "192.168.50.77"
    assert seen["kept"] == [True, True, True]
    assert "172.16.0.9" in seen["outside"]
    assert "index" in seen["same_index"]
    assert "go-nowhere" in seen["no_network"]
    assert "192.168.50.77" in seen["in_use"]
    assert seen["unchanged"] == "192.168.50.77"
    assert IPv4Address("192.168.50.10") <= IPv4Address(seen["pooled"]) <= IPv4Address("192.168.50.99")
    assert (seen["none"], seen["deleted"]) == (0, "success")


@pytest.mark.slow
def test_cpu_and_memory(job: Job) -> None:
    seen = job("sizing")

    assert (seen["before"], seen["changed"], seen["again"]) == ([1, 1, 512], [4, 2, 2048], [2, 1, 2048])
    assert (seen["legacy"], seen["after_legacy"]) == (["success", "success"], [4, 4, 1024])
    assert (seen["spec"], seen["description"]) == ([2, 2, 768], "described")
    assert "400" in seen["negative"]
    assert "400" in seen["too_much"]
    assert seen["unchanged"] == seen["spec"]
    assert seen["hot_add"] == [True, True]
    assert seen["deleted"] == "success"


@pytest.mark.slow
def test_hardware(job: Job) -> None:
    seen = job("hardware")

    assert seen["profile"] == ["gold", "gold"]
    assert "storage class" in seen["other_class"]  # the disks would have to be moved
    assert seen["boot"] == [5000, False]
    assert (seen["nested"], seen["extra"], seen["consolidated"]) == (True, "blue", "")
    assert seen["no_profile"]
    assert (seen["tags"], seen["read_tags"], seen["no_tags"]) == (["go-tag"], ["go-tag"], 0)
    assert (seen["properties"], seen["deleted"]) == ("", "success")


@pytest.mark.slow
def test_guest_customization(job: Job) -> None:
    seen = job("customization", "alice")

    assert seen["computer"] == "vm"
    script = '#!/bin/sh\necho "<&>" > /tmp/it\n'
    assert seen["after"] == ["go-guest", True, True, False, "S3cret-enough", script]
    assert seen["status"] == "GC_PENDING"
    assert (seen["customized"], seen["legacy"]) == ("success", ["go-legacy", "echo legacy"])
    assert seen["too_long"]
    assert (seen["properties"], seen["deleted"]) == ([1, "blue"], "success")


@pytest.mark.slow
def test_affinity_rules(job: Job) -> None:
    seen = job("affinity_rules")

    assert seen["made"] == ["go-rule", "Anti-Affinity", 2]
    assert (seen["by_id"], seen["listed"], seen["enabled"], seen["left"]) == ("go-rule", 1, False, 0)
    assert seen["deleted"] == "success"


@pytest.mark.slow
def test_bad_requests_change_nothing(job: Job) -> None:
    seen = job("bad_requests")

    assert (seen.pop("vms"), seen.pop("deleted")) == (1, "success")
    assert {name for name, error in seen.items() if "API Error: 4" not in error} == set(), seen
    assert "go-bad" in seen["same_name"]
    assert "go-nowhere" in seen["no_network"]
    assert "vmx-1" in seen["hardware"]


# Disks, media, metadata


@pytest.mark.slow
def test_internal_disks(job: Job) -> None:
    seen = job("internal_disks")

    assert (seen["before"], seen["added"], seen["grown"], seen["left"]) == (
        [1024],
        [1024, 2048],
        [1024, 3072],
        [1024],
    )
    assert seen["disk"] == [1, 0, "5", "silver", True]
    assert (seen["first_kept"], seen["sata"]) == (1024, "6")
    assert seen["shrunk"]
    assert seen["same_unit"]
    assert seen["deleted"] == "success"


@pytest.mark.slow
def test_independent_disks(job: Job) -> None:
    seen = job("disks")

    assert seen["owner"] == "application/vnd.vmware.vcloud.disk+xml"
    assert seen["disk"] == ["go-disk", "first", 1024, "6", "VirtualSCSI", "silver", "bob", 1]
    assert (seen["by_name"], seen["queried"], seen["record"]) == (1, 1, [1024, False, "silver", "bob"])
    assert (seen["attached_to"], seen["hrefs"], seen["is_attached"]) == ("vm", True, True)
    assert seen["named"] == ["go-disk", 1, 0, 1024]
    assert "attached" in seen["deleted_in_use"]
    assert seen["free"]
    assert seen["changed"] == ["go-disk-2", "second", 2048]
    assert (seen["metadata"], seen["gone"]) == ("blue", True)
    tasks = {seen[name] for name in ("created", "attached", "detached", "updated", "deleted", "vapp")}
    assert tasks == {"success"}


@pytest.mark.slow
def test_media(job: Job) -> None:
    seen = job("media")

    assert (seen["before"], seen["with"], seen["after"]) == (False, True, False)
    assert seen["image"] == "tools.iso"
    assert seen["inserted"] == seen["on"] == seen["deleted"] == "success"


@pytest.mark.slow
def test_metadata(job: Job) -> None:
    seen = job("metadata")

    for entity in ("vapp", "vm"):
        saw = seen[entity]
        assert (saw["before"], saw["count"], saw["merged"]) == (0, 5, ["red", "7"])
        typed = {key: (kind.removeprefix("Metadata"), value) for key, (kind, value) in saw["typed"].items()}
        assert typed.pop("date")[0] == "DateTimeValue"
        assert typed == {
            "text": ("StringValue", "blue & green"),
            "number": ("NumberValue", "42"),
            "truth": ("BooleanValue", "true"),
        }
        assert saw["not_a_number"]
        assert "403" in saw["system"]
        assert saw["after"]
    assert seen["found"] == ["go-metadata"]
    assert seen["of_template"] == seen["of_network"] == ""
    assert seen["deleted"] == "success"
