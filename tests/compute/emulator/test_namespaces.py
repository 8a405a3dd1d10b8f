"""Namespaces, garbage collection, quotas, definitions of custom resources."""

from typing import Any

import pytest

from compute.emulator import Emulator

from .conftest import Json, Kube, config_map, sub_path, vm_manifest, vm_path

MAPS = "/api/v1/namespaces/demo/configmaps"
CLAIMS = "/api/v1/namespaces/demo/persistentvolumeclaims"


def test_namespace_is_active_with_its_name_as_label(kube: Kube, demo: str) -> None:
    space = kube.get("/api/v1/namespaces/demo").json
    assert (space["status"]["phase"], space["spec"]["finalizers"]) == ("Active", ["kubernetes"])
    assert space["metadata"]["labels"]["kubernetes.io/metadata.name"] == "demo"


def test_namespace_when_name_is_no_label_then_invalid(kube: Kube) -> None:
    answer = kube.post(
        "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a.b"}}
    )
    assert answer.status == 422


def test_namespace_when_deleted_then_content_goes_first(kube: Kube, emulator: Emulator, demo: str) -> None:
    kube.post(MAPS, config_map())
    kube.post(vm_path(), vm_manifest())
    emulator.settle()
    kube.put(sub_path("vm1", "start"))
    emulator.settle()
    marked = kube.delete("/api/v1/namespaces/demo").json
    assert marked["status"]["phase"] == "Terminating"
    refused = kube.post(MAPS, config_map("late"))
    assert (refused.status, "because it is being terminated" in refused.message) == (403, True)
    assert refused.json["details"]["causes"][0]["reason"] == "NamespaceTerminating"
    emulator.settle()
    assert kube.get("/api/v1/namespaces/demo").status == 404
    for path in (
        "/api/v1/configmaps",
        "/api/v1/pods",
        "/apis/kubevirt.io/v1/virtualmachines",
        "/apis/kubevirt.io/v1/virtualmachineinstances",
    ):
        assert [i for i in kube.get(path).json["items"] if i["metadata"]["namespace"] == "demo"] == []
    assert kube.namespace("demo") == "demo"


def test_namespace_when_content_is_held_then_it_says_so(kube: Kube, emulator: Emulator, demo: str) -> None:
    body = config_map()
    body["metadata"]["finalizers"] = ["example.org/hold"]
    kube.post(MAPS, body)
    kube.delete("/api/v1/namespaces/demo")
    emulator.settle()
    conditions = {c["type"]: c for c in kube.get("/api/v1/namespaces/demo").json["status"]["conditions"]}
    assert "configmaps has 1 resource instances" in conditions["NamespaceContentRemaining"]["message"]
    assert "example.org/hold in 1 resource instances" in conditions["NamespaceFinalizersRemaining"]["message"]
    kube.patch(f"{MAPS}/cm1", {"metadata": {"finalizers": None}})
    emulator.settle()
    assert kube.get("/api/v1/namespaces/demo").status == 404


# ---------------------------------------------------------------------- garbage


def owned(name: str, *owners: Json, block: bool = True) -> Json:
    body = config_map(name)
    body["metadata"]["ownerReferences"] = [
        {
            "apiVersion": owner["apiVersion"],
            "kind": owner["kind"],
            "name": owner["metadata"]["name"],
            "uid": owner["metadata"]["uid"],
            "blockOwnerDeletion": block,
        }
        for owner in owners
    ]
    return body


def left(kube: Kube) -> list[str]:
    return [item["metadata"]["name"] for item in kube.get(MAPS).json["items"]]


def test_background_deletion_takes_dependents(kube: Kube, emulator: Emulator, demo: str) -> None:
    root = kube.post(MAPS, config_map("root")).json
    child = kube.post(MAPS, owned("child", root)).json
    kube.post(MAPS, owned("grandchild", child))
    kube.delete(f"{MAPS}/root")
    emulator.settle()
    assert left(kube) == []


def test_foreground_deletion_waits_for_dependents(kube: Kube, emulator: Emulator, demo: str) -> None:
    root = kube.post(MAPS, config_map("root")).json
    child = owned("child", root)
    child["metadata"]["finalizers"] = ["example.org/hold"]
    kube.post(MAPS, child)
    marked = kube.delete(f"{MAPS}/root", {"propagationPolicy": "Foreground"}).json
    assert marked["metadata"]["finalizers"] == ["foregroundDeletion"]
    emulator.settle()
    assert left(kube) == ["child", "root"]
    kube.patch(f"{MAPS}/child", {"metadata": {"finalizers": None}})
    emulator.settle()
    assert left(kube) == []


def test_orphan_deletion_leaves_dependents(kube: Kube, emulator: Emulator, demo: str) -> None:
    root = kube.post(MAPS, config_map("root")).json
    kube.post(MAPS, owned("child", root))
    kube.delete(f"{MAPS}/root", propagationPolicy="Orphan")
    emulator.settle()
    assert left(kube) == ["child"]
    assert "ownerReferences" not in kube.get(f"{MAPS}/child").json["metadata"]


def test_dependent_with_another_owner_stays(kube: Kube, emulator: Emulator, demo: str) -> None:
    first, second = (kube.post(MAPS, config_map(name)).json for name in ("first", "second"))
    kube.post(MAPS, owned("child", first, second))
    kube.delete(f"{MAPS}/first")
    emulator.settle()
    assert left(kube) == ["child", "second"]
    assert len(kube.get(f"{MAPS}/child").json["metadata"]["ownerReferences"]) == 1


def test_object_whose_owner_never_was_goes(kube: Kube, emulator: Emulator, demo: str) -> None:
    ghost = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "ghost", "uid": "gone"}}
    kube.post(MAPS, owned("child", ghost))
    emulator.settle()
    assert left(kube) == []


# ---------------------------------------------------------------------- quotas


def quota(kube: Kube, **hard: str) -> Any:
    items = {key.replace("__", "."): value for key, value in hard.items()}
    return quota_of(kube, items)


def quota_of(kube: Kube, hard: dict[str, str]) -> Any:
    body = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "vdc"}, "spec": {"hard": hard}}
    return kube.post("/api/v1/namespaces/demo/resourcequotas", body)


def claim(name: str, size: str, storage_class: str = "gold") -> Json:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": name},
        "spec": {
            "accessModes": ["ReadWriteMany"],
            "storageClassName": storage_class,
            "resources": {"requests": {"storage": size}},
        },
    }


def used(kube: Kube) -> dict[str, str]:
    found: dict[str, str] = kube.get("/api/v1/namespaces/demo/resourcequotas/vdc").json["status"]["used"]
    return found


def test_quota_counts_what_is_there_and_what_comes(kube: Kube, demo: str) -> None:
    kube.post(vm_path(), vm_manifest("before"))
    assert quota_of(kube, {"count/virtualmachines.kubevirt.io": "2"}).json["status"]["used"] == {
        "count/virtualmachines.kubevirt.io": "1"
    }
    kube.post(vm_path(), vm_manifest("second"))
    refused = kube.post(vm_path(), vm_manifest("third"))
    assert (refused.status, refused.json["reason"]) == (403, "Forbidden")
    assert refused.message == (
        'virtualmachines.kubevirt.io "third" is forbidden: exceeded quota: vdc, requested: '
        "count/virtualmachines.kubevirt.io=1, used: count/virtualmachines.kubevirt.io=2, "
        "limited: count/virtualmachines.kubevirt.io=2"
    )
    kube.delete(vm_path("second"))
    kube.emulator.settle()
    assert used(kube) == {"count/virtualmachines.kubevirt.io": "1"}
    assert kube.post(vm_path(), vm_manifest("third")).status == 201


def test_quota_of_storage_by_class(kube: Kube, emulator: Emulator, demo: str) -> None:
    quota_of(
        kube,
        {
            "requests.storage": "20Gi",
            "gold.storageclass.storage.k8s.io/requests.storage": "10Gi",
            "persistentvolumeclaims": "3",
        },
    )
    assert kube.post(CLAIMS, claim("a", "8Gi")).status == 201
    refused = kube.post(CLAIMS, claim("b", "4Gi"))
    assert refused.status == 403
    assert "requested: gold.storageclass.storage.k8s.io/requests.storage=4Gi, used: " in refused.message
    assert kube.post(CLAIMS, claim("b", "12Gi", "silver")).status == 201
    assert used(kube)["requests.storage"] == "20Gi"
    emulator.settle()
    grown = kube.patch(f"{CLAIMS}/a", {"spec": {"resources": {"requests": {"storage": "9Gi"}}}})
    assert (grown.status, "exceeded quota: vdc" in grown.message) == (403, True)
    kube.delete(f"{CLAIMS}/b")
    assert used(kube)["requests.storage"] == "8Gi"


def test_quota_when_dry_run_then_nothing_is_charged(kube: Kube, demo: str) -> None:
    quota_of(kube, {"count/configmaps": "1"})
    kube.post(MAPS, config_map("a"), dryRun="All")
    assert used(kube) == {"count/configmaps": "0"}
    assert kube.post(MAPS, config_map("a")).status == 201


def test_quota_refuses_disks_and_pods_with_a_condition(kube: Kube, emulator: Emulator, demo: str) -> None:
    quota_of(kube, {"limits.memory": "1Gi"})
    kube.post(vm_path(), vm_manifest())
    emulator.settle()
    kube.put(sub_path("vm1", "start"))
    emulator.settle()
    vm = kube.get(vm_path("vm1")).json
    assert vm["status"]["printableStatus"] == "Starting"
    synchronized = next(c for c in vm["status"]["conditions"] if c["type"] == "Synchronized")
    assert "exceeded quota: vdc, requested: limits.memory" in synchronized["message"]
    kube.patch("/api/v1/namespaces/demo/resourcequotas/vdc", {"spec": {"hard": {"limits.memory": "4Gi"}}})
    emulator.settle()
    assert kube.get(vm_path("vm1")).json["status"]["printableStatus"] == "Running"


# ---------------------------------------------------------------------- definitions


def definition(**schema: Any) -> Json:
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "subresources": {"status": {}},
        "schema": {"openAPIV3Schema": {"type": "object", "properties": schema}},
        "additionalPrinterColumns": [{"name": "Color", "type": "string", "jsonPath": ".spec.color"}],
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "lamps.example.org"},
        "spec": {
            "group": "example.org",
            "scope": "Namespaced",
            "names": {"plural": "lamps", "kind": "Lamp", "shortNames": ["lp"]},
            "versions": [version],
        },
    }


CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
LAMPS = "/apis/example.org/v1/namespaces/demo/lamps"
SPEC = {
    "type": "object",
    "required": ["color"],
    "properties": {
        "color": {"type": "string", "enum": ["red", "green"]},
        "watts": {"type": "integer", "minimum": 1, "default": 40},
        "size": {"x-kubernetes-int-or-string": True, "pattern": "quantity"},
    },
}


def lamp(**spec: Any) -> Json:
    return {"apiVersion": "example.org/v1", "kind": "Lamp", "metadata": {"name": "l"}, "spec": spec}


@pytest.fixture
def lamps(kube: Kube, demo: str) -> str:
    created = kube.post(CRDS, definition(spec=SPEC, status={"type": "object"}))
    assert created.status == 201
    assert created.json["status"]["conditions"][1]["type"] == "Established"
    return demo


def test_definition_makes_its_kind_served(kube: Kube, lamps: str) -> None:
    assert any(r["name"] == "lamps" for r in kube.get("/apis/example.org/v1").json["resources"])
    made = kube.post(LAMPS, lamp(color="red", unknown="x")).json
    assert made["spec"] == {"color": "red", "watts": 40}
    assert kube.get(LAMPS).json["kind"] == "LampList"


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ({}, "spec.color: Required value"),
        ({"color": "blue"}, 'Unsupported value: "blue": supported values: "red", "green"'),
        ({"color": 3}, "must be of type string"),
        ({"color": "red", "watts": 0}, "should be greater than or equal to 1"),
        ({"color": "red", "size": "big"}, "not a quantity"),
        ({"color": None}, "must be of type string"),
    ],
)
def test_schema_when_violated_then_invalid(kube: Kube, lamps: str, spec: Json, text: str) -> None:
    answer = kube.post(LAMPS, lamp(**spec))
    assert (answer.status, text in answer.message) == (422, True), answer.message


def test_unknown_fields_when_strict_then_400_else_a_warning(kube: Kube, lamps: str) -> None:
    body = lamp(color="red", unknown="x")
    strict = kube.post(LAMPS, body, fieldValidation="Strict")
    assert (strict.status, 'unknown field "spec.unknown"' in strict.message) == (400, True)
    warned = kube.post(LAMPS, body)
    assert 'unknown field \\"spec.unknown\\"' in warned.headers["Warning"]


def test_definition_when_deleted_then_kind_and_objects_go(kube: Kube, lamps: str) -> None:
    kube.post(LAMPS, lamp(color="red"))
    kube.delete(f"{CRDS}/lamps.example.org")
    assert kube.get(LAMPS).status == 404
    kube.post(CRDS, definition(spec=SPEC))
    assert kube.get(LAMPS).json["items"] == []


def test_definition_when_name_is_wrong_then_invalid(kube: Kube) -> None:
    body = definition()
    body["metadata"]["name"] = "other.example.org"
    assert kube.post(CRDS, body).status == 422
