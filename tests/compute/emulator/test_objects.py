"""Create, read, replace, patch and delete: metadata, generation, conflicts, no-op writes."""

import concurrent.futures

import pytest
from kubernetes import client, dynamic

from .conftest import JSON_PATCH, MERGE, STRATEGIC, Kube, config_map, vm_manifest, vm_path

MAPS = "/api/v1/namespaces/demo/configmaps"


def test_create_when_new_then_server_fills_metadata(kube: Kube, demo: str) -> None:
    answer = kube.post(vm_path(), vm_manifest())
    assert answer.status == 201
    metadata = answer.json["metadata"]
    assert metadata["uid"]
    assert (metadata["generation"], int(metadata["resourceVersion"]) > 0) == (1, True)
    assert metadata["creationTimestamp"].endswith("Z")
    assert "selfLink" not in metadata


def test_create_when_name_taken_then_already_exists(kube: Kube, demo: str) -> None:
    kube.post(vm_path(), vm_manifest())
    answer = kube.post(vm_path(), vm_manifest())
    assert (answer.status, answer.json["reason"]) == (409, "AlreadyExists")
    assert answer.message == 'virtualmachines.kubevirt.io "vm1" already exists'


def test_create_when_generate_name_then_suffix_is_added(kube: Kube, demo: str) -> None:
    body = config_map()
    body["metadata"] = {"generateName": "made-"}
    names = {kube.post(MAPS, body).json["metadata"]["name"] for _ in range(3)}
    assert len(names) == 3
    assert all(name.startswith("made-") and len(name) == 10 for name in names)


@pytest.mark.parametrize(
    ("change", "status", "reason"),
    [
        ({"metadata": {}}, 422, "Invalid"),
        ({"metadata": {"name": "Not_A_Name"}}, 422, "Invalid"),
        ({"metadata": {"name": "x", "namespace": "other"}}, 400, "BadRequest"),
        ({"metadata": {"name": "x", "resourceVersion": "1"}}, 500, ""),
        ({"apiVersion": "kubevirt.io/v1alpha3"}, 400, "BadRequest"),
        ({"kind": "Secret"}, 422, "Invalid"),
    ],
)
def test_create_when_body_is_wrong_then_refused(
    kube: Kube, demo: str, change: dict, status: int, reason: str
) -> None:
    answer = kube.post(vm_path(), {**vm_manifest(), **change})
    assert (answer.status, answer.json.get("reason", ""), answer.json["kind"]) == (status, reason, "Status")


def test_create_when_namespace_is_missing_then_not_found(kube: Kube) -> None:
    answer = kube.post("/api/v1/namespaces/nowhere/configmaps", config_map(namespace="nowhere"))
    assert (answer.status, answer.message) == (404, 'namespaces "nowhere" not found')


def test_dry_run_when_creating_then_nothing_is_stored(kube: Kube, demo: str) -> None:
    before = kube.emulator.settle()
    assert kube.post(MAPS, config_map(), dryRun="All").status == 201
    assert kube.get(f"{MAPS}/cm1").status == 404
    assert before == kube.emulator.settle()
    assert kube.post(MAPS, config_map(), dryRun="Some").status == 422


def test_get_when_missing_then_status_names_it(kube: Kube, demo: str) -> None:
    answer = kube.get(vm_path("nope"))
    assert answer.status == 404
    assert answer.json["details"] == {"name": "nope", "group": "kubevirt.io", "kind": "virtualmachines"}


def test_unknown_paths_and_methods_are_refused(kube: Kube, demo: str) -> None:
    assert kube.get("/apis/kubevirt.io/v9/virtualmachines").status == 404
    assert kube.get("/apis/nothing.example/v1/things").status == 404
    assert kube.put(vm_path(), vm_manifest()).status == 405
    assert kube.get(f"{MAPS}/cm1/status").status == 404


def test_replace_when_resource_version_is_stale_then_conflict(kube: Kube, demo: str) -> None:
    first = kube.post(vm_path(), vm_manifest()).json
    first["metadata"]["labels"] = {"a": "b"}
    assert kube.put(vm_path("vm1"), first).status == 200
    answer = kube.put(vm_path("vm1"), first)
    assert (answer.status, answer.json["reason"]) == (409, "Conflict")
    assert "the object has been modified; please apply your changes to the latest version" in answer.message


def test_replace_when_custom_resource_without_version_then_invalid(kube: Kube, demo: str) -> None:
    kube.post(vm_path(), vm_manifest())
    answer = kube.put(vm_path("vm1"), vm_manifest())
    assert answer.status == 422
    assert "metadata.resourceVersion" in answer.message


def test_replace_when_core_kind_without_version_then_it_wins(kube: Kube, demo: str) -> None:
    kube.post(MAPS, config_map(a="1"))
    answer = kube.put(f"{MAPS}/cm1", config_map(b="2"))
    assert answer.json["data"] == {"b": "2"}


def test_replace_when_uid_differs_then_conflict(kube: Kube, demo: str) -> None:
    kube.post(MAPS, config_map())
    body = config_map()
    body["metadata"]["uid"] = "11111111-1111-1111-1111-111111111111"
    assert kube.put(f"{MAPS}/cm1", body).status == 409


def test_generation_rises_with_spec_and_not_with_labels_or_status(kube: Kube, demo: str) -> None:
    kube.post(vm_path(), vm_manifest())
    labelled = kube.patch(vm_path("vm1"), {"metadata": {"labels": {"a": "b"}}}).json
    assert labelled["metadata"]["generation"] == 1
    status = kube.patch(vm_path("vm1") + "/status", {"status": {"ready": True}}).json
    assert (status["metadata"]["generation"], status["status"]) == (1, {"ready": True})
    changed = kube.patch(vm_path("vm1"), {"spec": {"runStrategy": "Halted"}}).json
    assert changed["metadata"]["generation"] == 2
    assert changed["status"] == {"ready": True}


def test_status_endpoint_ignores_spec_and_main_endpoint_ignores_status(kube: Kube, demo: str) -> None:
    kube.post(vm_path(), {**vm_manifest(), "status": {"ready": True}})
    assert "status" not in kube.get(vm_path("vm1")).json
    patch = {
        "spec": {"runStrategy": "Always"},
        "metadata": {"labels": {"x": "y"}},
        "status": {"created": True},
    }
    changed = kube.patch(vm_path("vm1") + "/status", patch).json
    assert changed["spec"]["runStrategy"] == "Manual"
    assert "labels" not in changed["metadata"]
    assert kube.patch(vm_path("vm1"), {"status": {"created": False}}).json["status"] == {"created": True}


def test_instances_have_no_status_endpoint_and_keep_written_status(kube: Kube, demo: str) -> None:
    path = "/apis/kubevirt.io/v1/namespaces/demo/virtualmachineinstances"
    body = {
        "apiVersion": "kubevirt.io/v1",
        "kind": "VirtualMachineInstance",
        "metadata": {"name": "i"},
        "spec": {"domain": {"devices": {}}},
        "status": {"phase": "Succeeded"},
    }
    created = kube.post(path, body).json
    assert created["status"] == {"phase": "Succeeded"}
    assert kube.patch(f"{path}/i/status", {"status": {}}).status == 404
    changed = kube.patch(f"{path}/i", {"status": {"phase": "Failed"}}).json
    assert (changed["status"]["phase"], changed["metadata"]["generation"]) == ("Failed", 2)


def test_write_when_nothing_changes_then_version_stays_and_no_event(kube: Kube, demo: str) -> None:
    created = kube.post(vm_path(), vm_manifest()).json
    since = created["metadata"]["resourceVersion"]
    same = kube.patch(vm_path("vm1"), {"spec": {"runStrategy": "Manual"}}).json
    again = kube.put(vm_path("vm1"), created).json
    assert same["metadata"]["resourceVersion"] == since == again["metadata"]["resourceVersion"]
    assert kube.get(vm_path()).json["metadata"]["resourceVersion"] == since


def test_json_patch_when_test_fails_then_422_and_unchanged(kube: Kube, demo: str) -> None:
    kube.post(vm_path(), vm_manifest())
    operations = [
        {"op": "test", "path": "/spec/runStrategy", "value": "Halted"},
        {"op": "replace", "path": "/spec/runStrategy", "value": "Always"},
    ]
    assert kube.patch(vm_path("vm1"), operations, JSON_PATCH).status == 422
    assert kube.get(vm_path("vm1")).json["spec"]["runStrategy"] == "Manual"
    operations[0]["value"] = "Manual"
    assert kube.patch(vm_path("vm1"), operations, JSON_PATCH).json["spec"]["runStrategy"] == "Always"


def test_json_patch_when_missing_field_is_tested_for_null_then_it_passes(kube: Kube, demo: str) -> None:
    kube.post(MAPS, config_map())
    operations = [
        {"op": "test", "path": "/metadata/labels", "value": None},
        {"op": "add", "path": "/metadata/labels", "value": {"a": "b"}},
    ]
    assert kube.patch(f"{MAPS}/cm1", operations, JSON_PATCH).json["metadata"]["labels"] == {"a": "b"}


def test_merge_patch_when_null_then_field_goes(kube: Kube, demo: str) -> None:
    kube.post(MAPS, config_map(a="1", b="2"))
    assert kube.patch(f"{MAPS}/cm1", {"data": {"a": None, "c": "3"}}).json["data"] == {"b": "2", "c": "3"}


def test_patch_when_it_names_an_old_version_then_conflict(kube: Kube, demo: str) -> None:
    old = kube.post(MAPS, config_map()).json["metadata"]["resourceVersion"]
    kube.patch(f"{MAPS}/cm1", {"data": {"a": "1"}})
    assert kube.patch(f"{MAPS}/cm1", {"metadata": {"resourceVersion": old}, "data": {"a": "2"}}).status == 409


def test_strategic_patch_when_custom_resource_then_415(kube: Kube, demo: str) -> None:
    kube.post(vm_path(), vm_manifest())
    answer = kube.patch(vm_path("vm1"), {"spec": {}}, STRATEGIC)
    assert (answer.status, answer.json["reason"]) == (415, "UnsupportedMediaType")


def test_strategic_patch_when_core_kind_then_lists_merge_by_key(kube: Kube, demo: str) -> None:
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p"},
        "spec": {"containers": [{"name": "a", "image": "1"}, {"name": "b", "image": "1"}]},
    }
    kube.post("/api/v1/namespaces/demo/pods", pod)
    patch = {
        "spec": {
            "$setElementOrder/containers": [{"name": "a"}, {"name": "c"}],
            "containers": [
                {"name": "a", "image": "2"},
                {"name": "b", "$patch": "delete"},
                {"name": "c", "image": "3"},
            ],
        }
    }
    changed = kube.patch("/api/v1/namespaces/demo/pods/p", patch, STRATEGIC).json
    assert changed["spec"]["containers"] == [{"name": "a", "image": "2"}, {"name": "c", "image": "3"}]


def test_delete_when_precondition_fails_then_conflict(kube: Kube, demo: str) -> None:
    created = kube.post(MAPS, config_map()).json
    wrong = {"preconditions": {"uid": "x"}}
    assert kube.delete(f"{MAPS}/cm1", wrong).status == 409
    right = {"preconditions": {"uid": created["metadata"]["uid"]}, "propagationPolicy": "Background"}
    answer = kube.delete(f"{MAPS}/cm1", right)
    assert (answer.status, answer.json["status"]) == (200, "Success")
    assert kube.delete(f"{MAPS}/cm1").status == 404


def test_delete_when_finalizer_holds_then_it_goes_with_the_finalizer(kube: Kube, demo: str) -> None:
    body = vm_manifest()
    body["metadata"]["finalizers"] = ["example.org/hold"]
    kube.post(vm_path(), body)
    marked = kube.delete(vm_path("vm1")).json
    assert marked["metadata"]["deletionTimestamp"].endswith("Z")
    assert marked["metadata"]["generation"] == 2
    again = kube.delete(vm_path("vm1")).json
    assert again["metadata"]["resourceVersion"] == marked["metadata"]["resourceVersion"]
    refused = kube.patch(
        vm_path("vm1"), {"metadata": {"finalizers": ["example.org/hold", "example.org/new"]}}
    )
    assert refused.status == 422
    assert kube.patch(vm_path("vm1"), {"metadata": {"finalizers": None}}).status == 200
    assert kube.get(vm_path("vm1")).status == 404


def test_delete_collection_when_selector_given_then_only_matches_go(kube: Kube, demo: str) -> None:
    for name, label in (("a", "1"), ("b", "2"), ("c", "1")):
        body = config_map(name)
        body["metadata"]["labels"] = {"group": label}
        kube.post(MAPS, body)
    assert len(kube.delete(MAPS, labelSelector="group=1").json["items"]) == 2
    assert [item["metadata"]["name"] for item in kube.get(MAPS).json["items"]] == ["b"]


def test_secret_when_string_data_given_then_data_is_encoded(kube: Kube, demo: str) -> None:
    body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"k": "v"}}
    created = kube.post("/api/v1/namespaces/demo/secrets", body).json
    assert (created["data"], created["type"], created.get("stringData")) == ({"k": "dg=="}, "Opaque", None)


def test_versions_show_the_same_object(kube: Kube, demo: str) -> None:
    kube.post(vm_path(), vm_manifest())
    old = kube.get(vm_path("vm1").replace("/v1/", "/v1alpha3/")).json
    assert old["apiVersion"] == "kubevirt.io/v1alpha3"
    listed = kube.get("/apis/kubevirt.io/v1alpha3/virtualmachines").json
    assert [item["apiVersion"] for item in listed["items"]] == ["kubevirt.io/v1alpha3"]


def test_concurrent_writers_lose_no_update(kube: Kube, demo: str) -> None:
    kube.post(MAPS, config_map())
    workers = [Kube(kube.emulator) for _ in range(4)]

    def write(number: int) -> None:
        for step in range(10):
            worker = workers[number]
            assert worker.patch(f"{MAPS}/cm1", {"data": {f"k{number}-{step}": "x"}}, MERGE).status == 200

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    assert len(kube.get(f"{MAPS}/cm1").json["data"]) == 40


def test_official_clients_work(kube: Kube, demo: str) -> None:
    custom = client.CustomObjectsApi(kube.api)
    custom.create_namespaced_custom_object("kubevirt.io", "v1", "demo", "virtualmachines", vm_manifest())
    listed = custom.list_cluster_custom_object("kubevirt.io", "v1", "virtualmachines")
    assert [item["metadata"]["name"] for item in listed["items"]] == ["vm1"]
    resources = dynamic.DynamicClient(kube.api).resources
    found = resources.get(api_version="kubevirt.io/v1", kind="VirtualMachine")
    assert found.get(name="vm1", namespace="demo").spec.runStrategy == "Manual"
    core = client.CoreV1Api(kube.api)
    core.create_namespaced_config_map(
        "demo", client.V1ConfigMap(metadata=client.V1ObjectMeta(name="typed"), data={"a": "b"})
    )
    assert core.read_namespaced_config_map("typed", "demo").data == {"a": "b"}
    assert {n.metadata.name for n in core.list_node().items} == {"node-1", "node-2"}
    with pytest.raises(client.ApiException) as caught:
        core.read_namespaced_secret("none", "demo")
    assert caught.value.status == 404
