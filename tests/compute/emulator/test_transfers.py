"""Uploads, exports, OpenShift templates, VM-aware quotas, the admin endpoint, screens, protobuf bodies."""

import gzip
import hashlib
import socket
import ssl
import struct

import pytest
import urllib3

from compute.emulator import Emulator
from compute.emulator.api import protobuf
from compute.emulator.behaviour.templates import generated, processed

from .conftest import Json, Kube, sub_path, vm_manifest, vm_path, vmi_path

VOLUMES = "/apis/cdi.kubevirt.io/v1beta1/namespaces/demo/datavolumes"
TOKENS = "/apis/upload.cdi.kubevirt.io/v1beta1/namespaces/demo/uploadtokenrequests"
EXPORTS = "/apis/export.kubevirt.io/v1/namespaces/demo/virtualmachineexports"
DATA = b"an image of a disk" * 400_000


def pool(emulator: Emulator) -> urllib3.PoolManager:
    return urllib3.PoolManager(ca_certs=str(emulator.ca_file), retries=False)


def upload_target(kube: Kube, emulator: Emulator) -> str:
    """Make the DataVolume `media` and get a token for it."""
    body = {
        "apiVersion": "cdi.kubevirt.io/v1beta1",
        "kind": "DataVolume",
        "metadata": {"name": "media"},
        "spec": {"source": {"upload": {}}, "storage": {"resources": {"requests": {"storage": "1Gi"}}}},
    }
    assert kube.post(VOLUMES, body).status == 201
    emulator.settle()
    assert kube.get(f"{VOLUMES}/media").json["status"]["phase"] == "UploadReady"
    wanted = {
        "apiVersion": "upload.cdi.kubevirt.io/v1beta1",
        "kind": "UploadTokenRequest",
        "spec": {"pvcName": "media"},
    }
    answer = kube.post(TOKENS, wanted)
    assert answer.status == 201
    return str(answer.json["status"]["token"])


def proxy_url(kube: Kube) -> str:
    return str(kube.get("/apis/cdi.kubevirt.io/v1beta1/cdiconfigs/config").json["status"]["uploadProxyURL"])


@pytest.mark.parametrize("call", ["upload", "upload-async"])
def test_upload_when_ready_then_bytes_are_taken_and_volume_succeeds(
    kube: Kube, emulator: Emulator, demo: str, call: str
) -> None:
    token = upload_target(kube, emulator)
    assert len(DATA) > 3 * 1024 * 1024
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/octet-stream"}
    answer = pool(emulator).request("POST", f"{proxy_url(kube)}/v1beta1/{call}", headers=headers, body=DATA)
    assert answer.status == 200
    emulator.settle()
    volume = kube.get(f"{VOLUMES}/media").json
    assert volume["status"]["phase"] == "Succeeded"
    assert volume["metadata"]["annotations"]["emulator.ssvirt.io/uploaded-bytes"] == str(len(DATA))


def test_upload_when_token_is_wrong_or_volume_no_target_then_refused(
    kube: Kube, emulator: Emulator, demo: str
) -> None:
    token = upload_target(kube, emulator)
    url = f"{proxy_url(kube)}/v1beta1/upload"
    assert (
        pool(emulator).request("POST", url, headers={"Authorization": "Bearer no"}, body=b"x").status == 401
    )
    headers = {"Authorization": f"Bearer {token}"}
    assert pool(emulator).request("POST", url, headers=headers, body=b"x").status == 200
    emulator.settle()
    assert pool(emulator).request("POST", url, headers=headers, body=b"x").status == 503
    missing = {"spec": {"pvcName": "none"}}
    assert kube.post(TOKENS, missing).status == 404


def test_upload_when_cut_off_then_nothing_is_taken(kube: Kube, emulator: Emulator, demo: str) -> None:
    token = upload_target(kube, emulator)
    host, port = emulator.url.removeprefix("https://").split(":")
    context = ssl.create_default_context(cafile=str(emulator.ca_file))
    with socket.create_connection((host, int(port)), timeout=5) as raw:
        tls = context.wrap_socket(raw, server_hostname=host)
        head = f"POST /v1beta1/upload HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n"
        head += "Content-Length: 100\r\n\r\n"
        tls.sendall(head.encode() + b"only this")
        tls.close()
    emulator.settle()
    assert kube.get(f"{VOLUMES}/media").json["status"]["phase"] == "UploadReady"


def test_export_serves_the_uploaded_bytes(kube: Kube, emulator: Emulator, demo: str) -> None:
    token = upload_target(kube, emulator)
    url = f"{proxy_url(kube)}/v1beta1/upload"
    pool(emulator).request("POST", url, headers={"Authorization": f"Bearer {token}"}, body=DATA)
    emulator.settle()
    body = {
        "apiVersion": "export.kubevirt.io/v1",
        "kind": "VirtualMachineExport",
        "metadata": {"name": "e"},
        "spec": {"source": {"apiGroup": "", "kind": "PersistentVolumeClaim", "name": "media"}},
    }
    assert kube.post(EXPORTS, body).status == 201
    emulator.settle()
    status = kube.get(f"{EXPORTS}/e").json["status"]
    assert status["phase"] == "Ready"
    secret = kube.get(f"/api/v1/namespaces/demo/secrets/{status['tokenSecretRef']}").json["data"]["token"]
    import base64

    headers = {"x-kubevirt-export-token": base64.b64decode(secret).decode()}
    formats = {f["format"]: f["url"] for f in status["links"]["external"]["volumes"][0]["formats"]}
    assert pool(emulator).request("GET", formats["raw"]).status == 401
    raw = pool(emulator).request("GET", formats["raw"], headers=headers)
    assert hashlib.sha256(raw.data).digest() == hashlib.sha256(DATA).digest()
    zipped = pool(emulator).request("GET", formats["gzip"], headers=headers, decode_content=False)
    assert gzip.decompress(zipped.data) == DATA


def test_spooled_bytes_go_with_the_claim(kube: Kube, emulator: Emulator, demo: str) -> None:
    token = upload_target(kube, emulator)
    url = f"{proxy_url(kube)}/v1beta1/upload"
    pool(emulator).request("POST", url, headers={"Authorization": f"Bearer {token}"}, body=b"x")
    spooled = emulator.kubeconfig.parent / "uploads" / "demo" / "media"
    assert spooled.read_bytes() == b"x"
    kube.delete(f"{VOLUMES}/media")
    emulator.settle()
    assert not spooled.exists()


# ---------------------------------------------------------------------- templates


TEMPLATE: Json = {
    "apiVersion": "template.openshift.io/v1",
    "kind": "Template",
    "metadata": {"name": "t"},
    "message": "made ${NAME}",
    "labels": {"app": "${NAME}"},
    "objects": [
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "${NAME}"},
            "data": {"size": "${SIZE}", "token": "${TOKEN}"},
        }
    ],
    "parameters": [
        {"name": "NAME", "required": True},
        {"name": "SIZE", "value": "5"},
        {"name": "TOKEN", "generate": "expression", "from": "x-[a-f0-9]{8}"},
    ],
}


def given(**values: str) -> Json:
    parameters = [{**p, "value": values.get(p["name"], p.get("value", ""))} for p in TEMPLATE["parameters"]]
    return {**TEMPLATE, "parameters": parameters}


def test_template_is_processed(kube: Kube, demo: str) -> None:
    path = "/apis/template.openshift.io/v1/namespaces/demo/processedtemplates"
    done = kube.post(path, given(NAME="web")).json
    made = done["objects"][0]
    assert (made["metadata"], made["data"]["size"]) == ({"name": "web", "labels": {"app": "web"}}, "5")
    assert len(made["data"]["token"]) == 10
    assert done["message"] == "made web"
    assert kube.post(path, TEMPLATE).status == 422


def test_raw_parameters_keep_their_type() -> None:
    template = {
        "parameters": [{"name": "N", "value": "3"}],
        "objects": [{"n": "${{N}}", "s": "${N}", "x": "${OTHER}"}],
    }
    assert processed(template)["objects"] == [{"n": 3, "s": "3", "x": "${OTHER}"}]
    assert set(generated(r"[\d]{20}")) <= set("0123456789")


@pytest.mark.parametrize(
    ("template", "condition"), [(given(NAME="web"), "Ready"), (TEMPLATE, "InstantiateFailure")]
)
def test_template_instance_makes_its_objects(
    kube: Kube, emulator: Emulator, demo: str, template: Json, condition: str
) -> None:
    path = "/apis/template.openshift.io/v1/namespaces/demo/templateinstances"
    body = {
        "apiVersion": "template.openshift.io/v1",
        "kind": "TemplateInstance",
        "metadata": {"name": "i"},
        "spec": {"template": template},
    }
    assert kube.post(path, body).status == 201
    emulator.settle()
    status = kube.get(f"{path}/i").json["status"]
    assert [c["type"] for c in status["conditions"]] == [condition]
    assert (kube.get("/api/v1/namespaces/demo/configmaps/web").status == 200) is (condition == "Ready")
    kube.delete(f"{path}/i")
    emulator.settle()
    assert kube.get("/api/v1/namespaces/demo/configmaps/web").status == 404


# ---------------------------------------------------------------------- quotas for guests


def start(kube: Kube, emulator: Emulator, name: str) -> str:
    kube.post(vm_path(), vm_manifest(name))
    emulator.settle()
    kube.put(sub_path(name, "start"))
    emulator.settle()
    return str(kube.get(vm_path(name)).json["status"]["printableStatus"])


def test_guest_quota_holds_pods_back_until_there_is_room(kube: Kube, emulator: Emulator, demo: str) -> None:
    path = "/apis/aaq.kubevirt.io/v1alpha1/namespaces/demo/applicationawareresourcequotas"
    body = {
        "apiVersion": "aaq.kubevirt.io/v1alpha1",
        "kind": "ApplicationAwareResourceQuota",
        "metadata": {"name": "q"},
        "spec": {"hard": {"requests.instances/vmi": "1", "requests.memory/vmi": "4Gi"}},
    }
    assert kube.post(path, body).status == 201
    assert start(kube, emulator, "one") == "Running"
    assert start(kube, emulator, "two") == "Starting"
    assert kube.get(f"{path}/q").json["status"]["used"] == {
        "requests.instances/vmi": "1",
        "requests.memory/vmi": "1Gi",
    }
    kube.put(sub_path("one", "stop"))
    emulator.settle()
    assert kube.get(vm_path("two")).json["status"]["printableStatus"] == "Running"


def test_cluster_guest_quota_adds_namespaces_up(kube: Kube, emulator: Emulator, demo: str) -> None:
    kube.patch("/api/v1/namespaces/demo", {"metadata": {"labels": {"org": "acme"}}})
    path = "/apis/aaq.kubevirt.io/v1alpha1/applicationawareclusterresourcequotas"
    body = {
        "apiVersion": "aaq.kubevirt.io/v1alpha1",
        "kind": "ApplicationAwareClusterResourceQuota",
        "metadata": {"name": "org"},
        "spec": {
            "quota": {"hard": {"requests.cpu/vmi": "1"}},
            "selector": {"labels": {"matchLabels": {"org": "acme"}}},
        },
    }
    assert kube.post(path, body).status == 201
    assert start(kube, emulator, "one") == "Running"
    assert start(kube, emulator, "two") == "Starting"
    status = kube.get(f"{path}/org").json["status"]
    assert status["total"]["used"] == {"requests.cpu/vmi": "1"}
    assert [entry["namespace"] for entry in status["namespaces"]] == ["demo"]
    kube.patch(f"{path}/org", {"spec": {"quota": {"hard": {"requests.cpu/vmi": "2"}}}})
    emulator.settle()
    assert kube.get(vm_path("two")).json["status"]["printableStatus"] == "Running"


# ---------------------------------------------------------------------- admin endpoint


def test_admin_endpoint_turns_the_levers(kube: Kube, emulator: Emulator, demo: str) -> None:
    start(kube, emulator, "one")
    assert kube.post("/emulator/v1/guests/demo/one/shutdown", None).status == 200
    emulator.settle()
    assert kube.get(vm_path("one")).json["status"]["printableStatus"] == "Stopped"
    assert kube.post("/emulator/v1/guests/demo/one/crash", None).status == 409
    assert kube.post("/emulator/v1/faults", {"path_regex": "configmaps", "status": 503}).status == 200
    assert kube.get("/api/v1/namespaces/demo/configmaps").status == 503
    assert kube.post("/emulator/v1/faults", {"colour": "red"}).status == 400
    assert kube.post("/emulator/v1/steps/hold", {"steps": ["boot"]}).status == 200
    kube.put(sub_path("one", "start"))
    emulator.settle()
    assert kube.get(vmi_path("one")).json["status"]["phase"] == "Scheduled"
    kube.post("/emulator/v1/steps/release", {})
    emulator.settle()
    assert kube.get(vmi_path("one")).json["status"]["phase"] == "Running"
    recorded = kube.get("/emulator/v1/requests").json["items"]
    assert recorded
    assert all("/emulator/" not in entry["path"] for entry in recorded)
    assert kube.post("/emulator/v1/reset", None).status == 200
    assert kube.get("/api/v1/namespaces/demo").status == 404
    assert kube.get("/emulator/v1/nothing").status == 405
    assert kube.get("/emulator").status == 404


# ---------------------------------------------------------------------- screens


class VncClient:
    """Just enough RFB over WebSocket to get one picture."""

    def __init__(self, emulator: Emulator, name: str) -> None:
        host, port = emulator.url.removeprefix("https://").split(":")
        context = ssl.create_default_context(cafile=str(emulator.ca_file))
        self._socket = context.wrap_socket(
            socket.create_connection((host, int(port)), timeout=5), server_hostname=host
        )
        self._socket.sendall(
            f"GET {sub_path(name, 'vnc', vmi=True)} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\n"
            "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            f"Sec-WebSocket-Protocol: plain.kubevirt.io\r\nAuthorization: Bearer {emulator.token}\r\n\r\n".encode()
        )
        self._buffer = b""
        self._stream = b""
        while b"\r\n\r\n" not in self._buffer:
            self._buffer += self._socket.recv(4096)
        self.head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")

    def _raw(self, count: int) -> bytes:
        while len(self._buffer) < count:
            self._buffer += self._socket.recv(65536)
        data, self._buffer = self._buffer[:count], self._buffer[count:]
        return data

    def receive(self, count: int) -> bytes:
        while len(self._stream) < count:
            _, length = self._raw(2)
            if length == 126:
                (length,) = struct.unpack(">H", self._raw(2))
            elif length == 127:
                (length,) = struct.unpack(">Q", self._raw(8))
            self._stream += self._raw(length)
        data, self._stream = self._stream[:count], self._stream[count:]
        return data

    def send(self, data: bytes, opcode: int = 2) -> None:
        mask = b"\x01\x02\x03\x04"
        masked = bytes(byte ^ mask[i % 4] for i, byte in enumerate(data))
        self._socket.sendall(struct.pack(">BB", 0x80 | opcode, 0x80 | len(data)) + mask + masked)

    def close(self) -> None:
        self.send(struct.pack(">H", 1000), opcode=8)
        self._socket.close()


def test_vnc_session_shows_a_screen(kube: Kube, emulator: Emulator, demo: str) -> None:
    start(kube, emulator, "one")
    session = VncClient(emulator, "one")
    assert b"Sec-WebSocket-Protocol: plain.kubevirt.io" in session.head
    assert session.receive(12) == b"RFB 003.008\n"
    session.send(b"RFB 003.008\n")
    assert session.receive(2) == b"\x01\x01"
    session.send(b"\x01")
    assert session.receive(4) == b"\0\0\0\0"
    session.send(b"\x01")
    width, height = struct.unpack(">HH", session.receive(4))
    session.receive(16)
    (length,) = struct.unpack(">I", session.receive(4))
    assert (width, height, session.receive(length)) == (640, 400, b"one")
    session.send(struct.pack(">BBHHHH", 3, 0, 0, 0, 10, 5))
    assert session.receive(4) == b"\0\0\0\x01"
    assert struct.unpack(">HHHHi", session.receive(12)) == (0, 0, 10, 5, 0)
    assert len(set(struct.iter_unpack(">I", session.receive(10 * 5 * 4)))) == 1
    session.close()


# ---------------------------------------------------------------------- protobuf


def varint(number: int) -> bytes:
    out = b""
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def field(number: int, value: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(value)) + value


def envelope(kind: str, raw: bytes) -> bytes:
    return b"k8s\0" + field(1, field(1, b"v1") + field(2, kind.encode())) + field(2, raw)


def test_protobuf_namespace_is_read() -> None:
    label = field(11, field(1, b"a") + field(2, b"b"))
    body = envelope("Namespace", field(1, field(1, b"demo") + field(2, b"") + label))
    assert protobuf.decoded(body) == {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": "demo", "labels": {"a": "b"}},
    }


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"k8s\0\x0a\x05ab",
        b"k8s\0\xff\xff",
        envelope("Pod", b""),
        envelope("quantity", b""),
        b"k8s\0\x0f",
    ],
)
def test_protobuf_when_malformed_or_unknown_then_refused(kube: Kube, demo: str, body: bytes) -> None:
    with pytest.raises((protobuf.NotReadable, UnicodeDecodeError)):
        protobuf.decoded(body)
    headers = {"Authorization": f"Bearer {kube.emulator.token}", "Content-Type": protobuf.CONTENT_TYPE}
    url = f"{kube.emulator.url}/api/v1/namespaces"
    assert pool(kube.emulator).request("POST", url, headers=headers, body=body).status == 415
