"""What the emulator writes fits the CustomResourceDefinitions' own schemas, where those are at hand.

The definitions are loaded into a running emulator: every later write, the controllers' included, is then pruned and
validated by them, so a field that does not exist upstream would vanish or be refused.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from compute.emulator import Emulator, Timings
from compute.emulator.api import schemas

from .conftest import Json, Kube, sub_path

SPEC = Path(os.environ.get("SSVIRT_SPEC_DIR") or Path(__file__).parents[4] / "shared" / "spec")
CRDS = SPEC / "crds"
pytestmark = [
    pytest.mark.contract,
    pytest.mark.skipif(not CRDS.is_dir(), reason="needs the schemas of SSVIRT_SPEC_DIR"),
]

DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
NS = "vdc-acme-a"


def definitions() -> list[Json]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return [yaml.load(path.read_text(), loader) for path in sorted(CRDS.glob("*.yaml"))]


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """An emulator with every definition loaded."""
    made = Emulator(state_dir=tmp_path_factory.mktemp("strict"), timings=Timings.instant())
    made.start(controllers=False)
    kube = Kube(made)
    for definition in definitions():
        body = {key: definition[key] for key in ("apiVersion", "kind", "metadata", "spec")}
        answer = kube.post(DEFINITIONS, body)
        assert answer.status == 201, (body["metadata"]["name"], answer.message)
    yield made
    made.stop()


def violations(emulator: Emulator) -> list[str]:
    """Everything stored that a schema forbids or does not know."""
    found = []
    for resource in emulator._registry.all():
        if resource.schema is None:
            continue
        for stored in emulator._store.select(resource.id):
            where = f"{resource.kind} {stored.key.namespace}/{stored.key.name}"
            _, unknown = schemas.pruned(stored.obj, resource.schema)
            found += [f"{where}: unknown {path}" for path in unknown]
            found += [
                f"{where}: {c.field}: {c.message}" for c in schemas.violations(stored.obj, resource.schema)
            ]
    return found


def test_registry_agrees_with_the_definitions() -> None:
    from compute.emulator.api.definitions import resource_of
    from compute.emulator.custom_resources import all_resources

    known = {(r.group, r.plural): r for r in all_resources()}
    for definition in definitions():
        theirs = resource_of(definition)
        ours = known.get((theirs.group, theirs.plural))
        if ours is None:
            continue
        assert (ours.kind, ours.namespaced, ours.has_status) == (
            theirs.kind,
            theirs.namespaced,
            theirs.has_status,
        ), theirs.id
        assert set(ours.versions) == set(theirs.versions), theirs.id
        assert set(ours.short_names) <= set(theirs.short_names), theirs.id
        assert [c.name for c in ours.columns] == [c.name for c in theirs.columns] or not ours.columns, (
            theirs.id
        )


def test_seed_fits_the_schemas(strict: Emulator) -> None:
    assert violations(strict) == []


def test_upstream_instance_types_are_accepted(strict: Emulator) -> None:
    kube = Kube(strict)
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    for name, plural in (
        ("common-clusterinstancetypes-bundle", "virtualmachineclusterinstancetypes"),
        ("common-clusterpreferences-bundle", "virtualmachineclusterpreferences"),
    ):
        for body in yaml.load_all((CRDS / "seed" / f"{name}.yaml").read_text(), loader):
            path = f"/apis/instancetype.kubevirt.io/v1beta1/{plural}/{body['metadata']['name']}"
            assert kube.apply(path, body, force="true", fieldValidation="Strict").status in {200, 201}


def test_life_of_a_machine_fits_the_schemas(strict: Emulator) -> None:
    kube = Kube(strict)
    documents = list(yaml.safe_load_all((SPEC / "manifests" / "accepted.yaml").read_text()))
    for _ in range(2):
        for body in documents:
            resource = strict._registry.by_kind(body["apiVersion"], body["kind"])
            assert resource is not None
            base = f"/apis/{body['apiVersion']}" if resource.group else f"/api/{body['apiVersion']}"
            space = f"/namespaces/{body['metadata']['namespace']}" if resource.namespaced else ""
            path = f"{base}{space}/{resource.plural}/{body['metadata']['name']}"
            answer = kube.apply(path, body, fieldValidation="Strict")
            assert answer.status in {200, 201}, answer.message
    source = {
        "apiVersion": "cdi.kubevirt.io/v1beta1",
        "kind": "DataSource",
        "metadata": {"name": "fedora"},
        "spec": {"source": {"pvc": {"namespace": "openshift-virtualization-os-images", "name": "fedora"}}},
    }
    kube.namespace("cat-linux")
    assert kube.post("/apis/cdi.kubevirt.io/v1beta1/namespaces/cat-linux/datasources", source).status == 201
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "vm-1-ci"},
        "stringData": {"userdata": "#"},
    }
    kube.post(f"/api/v1/namespaces/{NS}/secrets", secret)
    strict.settle()
    assert violations(strict) == []
    assert kube.put(sub_path("vm-1", "start", NS)).status == 202
    strict.settle()
    vm = kube.get(f"/apis/kubevirt.io/v1/namespaces/{NS}/virtualmachines/vm-1").json
    assert vm["status"]["printableStatus"] == "Running"
    assert violations(strict) == []
    vmi = kube.get(f"/apis/kubevirt.io/v1/namespaces/{NS}/virtualmachineinstances/vm-1").json
    assert vmi["status"]["interfaces"][0]["ipAddress"] == "10.10.0.5"
    for call in ("pause", "unpause", "reset", "softreboot"):
        assert kube.put(sub_path("vm-1", call, NS, vmi=True)).status == 200, call
        strict.settle()
        assert violations(strict) == []
    assert kube.put(sub_path("vm-1", "migrate", NS), {}).status == 202
    strict.settle()
    assert violations(strict) == []
    change = {"spec": {"template": {"spec": {"domain": {"cpu": {"sockets": 4}, "memory": {"guest": "4Gi"}}}}}}
    kube.patch(f"/apis/kubevirt.io/v1/namespaces/{NS}/virtualmachines/vm-1", change)
    strict.settle()
    assert violations(strict) == []
    kube.put(sub_path("vm-1", "stop", NS), {"gracePeriod": 0})
    strict.settle()
    assert violations(strict) == []
