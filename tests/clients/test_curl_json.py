"""The same line from curl, in JSON and over HTTPS. Where curl is missing, Python sends the same requests."""

import http.client
import json
import shutil
import ssl
import time
from base64 import b64encode
from dataclasses import dataclass, field
from email import message_from_string
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.clients.stack import MARKS, Cluster, Programs
from tests.embedded.running import Stack

pytestmark = list(MARKS)

JSON = "application/*+json;version=37.0"
UNFINISHED = ("queued", "preRunning", "running")
OFF, ON = 8, 4


@dataclass
class Answer:
    """A response; the names of its headers are in lower case."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        """The body."""
        return json.loads(self.text)


@dataclass
class Curl:
    """Requests to the service, with the headers of one caller."""

    programs: Programs
    base: str
    certificate: Path
    headers: dict[str, str] = field(default_factory=lambda: {"Accept": JSON})

    def __call__(self, method: str, url: str, body: Any = None, **headers: str) -> Answer:
        url = url if "://" in url else self.base + url
        sent = self.headers | {name.replace("_", "-"): value for name, value in headers.items()}
        text = "" if body is None else json.dumps(body)
        send = self._send_with_curl if shutil.which("curl") else self._send
        return send(method, url, sent, text)

    def get(self, url: str) -> Any:
        """The document at `url`."""
        answer = self("GET", url)
        assert answer.status == 200, answer
        assert "json" in answer.headers["content-type"]
        return answer.json

    def record(self, kind: str, name: str) -> Any:
        """The one record of the query for `kind` with that name."""
        (found,) = self.get(f"/api/query?type={kind}&format=records&filter=name=={name}")["record"]
        return found

    def wait(self, task: Any) -> Any:
        """The ended task."""
        deadline = time.monotonic() + 60
        while task["status"] in UNFINISHED:
            assert time.monotonic() < deadline, task
            time.sleep(0.3)
            task = self.get(task["href"])
        return task

    def succeed(self, method: str, url: str) -> None:
        """Asks for a task and waits for its success."""
        answer = self(method, url)
        assert answer.status == 202, answer
        assert self.wait(answer.json)["status"] == "success"

    def _send_with_curl(self, method: str, url: str, headers: dict[str, str], body: str) -> Answer:
        arguments = ["--silent", "--show-error", "--include", "--http1.1", "--max-time", "30"]
        arguments += ["--cacert", str(self.certificate), "--request", method]
        for name, value in headers.items():
            arguments += ["--header", f"{name}: {value}"]
        if body or method == "POST":
            arguments += ["--data", body]
            if "Content-Type" not in headers:
                arguments += ["--header", "Content-Type:"]  # none, rather than curl's own
        done = self.programs.run("curl", *arguments, url)
        assert done.returncode == 0, done.stderr
        head, _, text = done.stdout.replace("\r\n", "\n").partition("\n\n")
        status, _, fields = head.partition("\n")
        parsed = message_from_string(fields)
        return Answer(int(status.split()[1]), {name.lower(): value for name, value in parsed.items()}, text)

    def _send(self, method: str, url: str, headers: dict[str, str], body: str) -> Answer:
        parts = urlsplit(url)
        context = ssl.create_default_context(cafile=str(self.certificate))
        connection = http.client.HTTPSConnection(str(parts.hostname), parts.port, timeout=30, context=context)
        try:
            connection.request(method, url.partition(parts.netloc)[2], body.encode(), headers)
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, found, response.read().decode())
        finally:
            connection.close()


@pytest.fixture
def curl(stack: Stack, tmp_path: Path) -> Curl:
    return Curl(Programs(tmp_path), stack.tls_url, stack.home / "tls" / "cert.pem")


def sign_in(curl: Curl, stack: Stack) -> None:
    basic = b64encode(f"bob@acme:{stack.password('bob')}".encode()).decode()
    accept = "application/json;version=37.0"
    answer = curl("POST", "/cloudapi/1.0.0/sessions", Authorization=f"Basic {basic}", Accept=accept)
    assert answer.status == 200, answer
    assert answer.headers["x-vmware-vcloud-token-type"] == "Bearer"
    curl.headers["Authorization"] = f"Bearer {answer.headers['x-vmware-vcloud-access-token']}"


def link(document: Any, rel: str, kind: str = "") -> Any:
    """The one link of that relation (and media type, as `vdc+xml`)."""
    (found,) = [
        each
        for each in document["link"]
        if each["rel"] == rel and each.get("type", "").endswith(f".{kind}" if kind else "")
    ]
    return found


def instantiation(name: str, template: Any, network: Any) -> dict[str, Any]:
    """The body that makes a running vApp on a network from a template of one VM."""
    (vm,) = template["children"]["vm"]
    connection = {
        "network": network["name"],
        "networkConnectionIndex": 0,
        "isConnected": True,
        "ipAddressAllocationMode": "POOL",
    }
    configuration = {"parentNetwork": {"href": network["href"]}, "fenceMode": "bridged"}
    networks = {
        "_type": "NetworkConfigSectionType",
        "networkConfig": [{"networkName": network["name"], "configuration": configuration}],
    }
    nics = {
        "_type": "NetworkConnectionSectionType",
        "primaryNetworkConnectionIndex": 0,
        "networkConnection": [connection],
    }
    return {
        "name": name,
        "deploy": True,
        "powerOn": True,
        "instantiationParams": {"section": [networks]},
        "source": {"href": template["href"]},
        "sourcedItem": [
            {
                "source": {"href": vm["href"], "name": vm["name"]},
                "vmGeneralParams": {"name": "box", "needsCustomization": False},
                "instantiationParams": {"section": [nics]},
            }
        ],
        "allEULAsAccepted": True,
    }


def test_vapp_runs_stops_starts_and_goes(curl: Curl, stack: Stack, cluster: Cluster) -> None:
    sign_in(curl, stack)
    session = curl.get("/api/session")
    assert (session["user"], session["org"]) == ("bob", "acme")
    org = curl.get(link(session, "down", "org+xml")["href"])
    assert org["href"].startswith(stack.tls_url)
    assert [each["name"] for each in curl.get(link(session, "down", "orgList+xml")["href"])["org"]] == [
        "acme"
    ]

    vdc = curl.get(curl.record("orgVdc", "acme-vdc")["href"])
    template = curl.get(curl.record("vAppTemplate", "fedora")["href"])
    (network,) = [each for each in vdc["availableNetworks"]["network"] if each["name"] == "acme-net"]
    add = link(vdc, "add", "instantiateVAppTemplateParams+xml")
    kind = add["type"].replace("+xml", "+json")

    made = curl("POST", add["href"], instantiation("json", template, network), Content_Type=kind)
    assert made.status == 201, made
    href = made.json["href"]
    assert made.headers["location"] == href
    task = curl.wait(made.json["tasks"]["task"][0])
    assert (task["status"], task["operationName"], task["progress"]) == ("success", "vdcInstantiateVapp", 100)

    vapp = curl.get(href)
    (vm,) = vapp["children"]["vm"]
    (nics,) = [each for each in vm["section"] if each["_type"] == "NetworkConnectionSectionType"]
    address = IPv4Address(nics["networkConnection"][0]["ipAddress"])
    assert (vapp["status"], vapp["deployed"], vm["name"], vm["status"]) == (ON, True, "box", ON)
    assert IPv4Address("10.10.0.100") <= address <= IPv4Address("10.10.0.199")
    assert cluster.states(cluster.machines(href.partition("vapp-")[2]))["vmi"] == ["Running"]

    curl.succeed("POST", link(vapp, "power:powerOff")["href"])
    stopped = curl.get(href)
    assert (stopped["status"], stopped["deployed"]) == (OFF, True)
    curl.succeed("POST", link(stopped, "power:powerOn")["href"])
    assert curl.get(href)["status"] == ON

    curl.succeed("DELETE", f"{href}?force=true&recursive=false")
    gone = curl("GET", href)
    assert gone.status in (403, 404)
    assert gone.json["minorErrorCode"]

    assert curl("DELETE", "/api/session").status == 204
    assert curl("GET", "/api/session").status == 401


def test_nobody_sees_another_org_or_anything_unsigned(curl: Curl, stack: Stack) -> None:
    assert curl("GET", "/api/org").status == 401
    sign_in(curl, stack)
    mine = curl("GET", "/api/vdc/00000000-0000-4000-8000-000000000000")
    assert mine.status in (403, 404)
    assert curl("DELETE", "/api/session").status == 204
