"""What Kustomize renders, the Containerfile, and that the rules for both bite."""

import copy
import re
import shutil
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
import yaml

from compute.cluster.kinds import KINDS
from compute.watch.registry import WATCHABLE
from tests.deploy.lint import DEPLOY, NO_KUBECTL, OVERLAYS, containerfile_faults, object_faults, render

CONTAINERFILE = (DEPLOY / "Containerfile").read_text()
ROOT = DEPLOY.parent
PROCESSES = {"web", "worker", "watch", "console"}


@cache
def objects_of(overlay: str) -> list[dict[str, Any]]:
    if shutil.which("kubectl") is None:
        pytest.skip(NO_KUBECTL)
    return render(DEPLOY / "overlays" / overlay)


def named(overlay: str, kind: str, name: str) -> dict[str, Any]:
    return next(
        each for each in objects_of(overlay) if each["kind"] == kind and each["metadata"]["name"] == name
    )


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_overlay_keeps_the_rules(overlay: str) -> None:
    assert list(object_faults(objects_of(overlay))) == []


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_overlay_has_every_process_from_one_image(overlay: str) -> None:
    pods = {
        each["metadata"]["labels"]["app.kubernetes.io/component"]: each["spec"]["template"]["spec"]
        for each in objects_of(overlay)
        if each["kind"] in {"Deployment", "Job"}
        and "app.kubernetes.io/component" in each["metadata"]["labels"]
    }

    assert set(pods) == {*PROCESSES, "migrate"}
    assert {pod["containers"][0]["image"] for pod in pods.values()} == {"ssvirt:0.1.0"}
    assert all(
        each["metadata"].get("namespace") == "vcd-system"
        for each in objects_of(overlay)
        if is_namespaced(each)
    )


def is_namespaced(each: dict[str, Any]) -> bool:
    return each["kind"] not in {"Namespace", "ClusterRole", "ClusterRoleBinding"}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_probes_ask_the_right_paths(overlay: str) -> None:
    paths = {}
    for process in PROCESSES:
        container = named(overlay, "Deployment", f"ssvirt-{process}")["spec"]["template"]["spec"][
            "containers"
        ][0]
        paths[process] = (
            container["livenessProbe"]["httpGet"]["path"],
            container.get("readinessProbe", {}).get("httpGet", {}).get("path"),
        )

    assert paths == {
        "web": ("/healthz", "/readyz"),
        "console": ("/healthz", "/healthz"),
        "worker": ("/healthz", None),
        "watch": ("/healthz", None),
    }


def test_each_process_reaches_the_cluster_as_itself() -> None:
    for process in PROCESSES:
        pod = named("openshift", "Deployment", f"ssvirt-{process}")["spec"]["template"]["spec"]
        assert (pod["serviceAccountName"], pod["automountServiceAccountToken"]) == (f"ssvirt-{process}", True)
    bound = {
        subject["name"]
        for each in objects_of("openshift")
        if each["kind"] == "ClusterRoleBinding"
        for subject in each["subjects"]
    }
    assert bound == {f"ssvirt-{process}" for process in PROCESSES}


def test_web_and_console_only_look_at_screens_and_metrics() -> None:
    def may(process: str) -> set[tuple[str, str]]:
        rules = named("openshift", "ClusterRole", f"ssvirt-{process}")["rules"]
        return {(verb, what) for rule in rules for verb in rule["verbs"] for what in rule["resources"]}

    assert may("console") == {("get", "virtualmachineinstances/vnc")}
    assert may("web") == {("get", "virtualmachineinstances/vnc/screenshot"), ("list", "pods")}


def test_watch_only_reads() -> None:
    verbs = {
        verb for rule in named("openshift", "ClusterRole", "ssvirt-watch")["rules"] for verb in rule["verbs"]
    }

    assert verbs == {"get", "list", "watch"}


def rights_of(process: str) -> set[tuple[str, str, str]]:
    """(verb, API group, plural) of what the process may do to objects."""
    return {
        (verb, group, what)
        for rule in named("openshift", "ClusterRole", f"ssvirt-{process}")["rules"]
        for group in rule["apiGroups"]
        for verb in rule["verbs"]
        for what in rule["resources"]
    }


def group_and_plural(kind: str) -> tuple[str, str]:
    version, plural, _ = KINDS[kind]
    return version.rpartition("/")[0], plural


def test_watch_may_watch_every_kind_that_it_observes() -> None:
    wanted = {(verb, *group_and_plural(kind)) for kind in WATCHABLE for verb in ("list", "watch")}
    assert wanted - rights_of("watch") == set()


def test_worker_may_remove_and_apply_what_the_operations_do() -> None:
    source = "".join(path.read_text() for path in (ROOT / "vapps" / "operations").glob("*.py"))
    removed = set(re.findall(r'\.delete\(\s*"(\w+)"', source))
    assert {"PersistentVolumeClaim", "VirtualMachineSnapshot"} <= removed
    wanted = {("delete", *group_and_plural(kind)) for kind in removed}
    wanted |= {(verb, *group_and_plural("VirtualMachineRestore")) for verb in ("create", "patch", "delete")}
    wanted |= {("list", *group_and_plural("PersistentVolumeClaim"))}
    assert wanted - rights_of("worker") == set()


def test_openshift_has_routes_with_tls() -> None:
    routes = [each["spec"] for each in objects_of("openshift") if each["kind"] == "Route"]

    assert len(routes) == 2
    for route in routes:
        assert route["tls"] == {"termination": "edge", "insecureEdgeTerminationPolicy": "Redirect"}
        assert named("openshift", "Service", route["to"]["name"])


def test_kubernetes_has_an_ingress_with_tls() -> None:
    ingress = named("kubernetes", "Ingress", "ssvirt")["spec"]

    assert ingress["tls"][0]["hosts"] == [ingress["rules"][0]["host"]]
    for path in ingress["rules"][0]["http"]["paths"]:
        assert named("kubernetes", "Service", path["backend"]["service"]["name"])


def test_development_brings_its_database_and_broker() -> None:
    assert named("development", "StatefulSet", "postgres")
    assert named("development", "Deployment", "valkey")


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_selectors_find_their_pods(overlay: str) -> None:
    """Of Services and disruption budgets."""
    labels = [
        each["spec"]["template"]["metadata"]["labels"]
        for each in objects_of(overlay)
        if each["kind"] in {"Deployment", "StatefulSet"}
    ]
    for each in objects_of(overlay):
        if each["kind"] in {"Service", "PodDisruptionBudget"}:
            selector = each["spec"]["selector"]
            wanted = selector.get("matchLabels", selector).items()
            assert any(wanted <= found.items() for found in labels), each["metadata"]["name"]


def test_every_setting_of_the_config_map_is_documented() -> None:
    documented = (DEPLOY.parent / "docs" / "configuration.md").read_text()
    for name in re.findall(r"^([A-Z_]+)=", (DEPLOY / "base" / "config.env").read_text(), re.MULTILINE):
        assert f"`{name}`" in documented


def test_secret_template_is_empty() -> None:
    for path in DEPLOY.rglob("secrets.env"):
        for line in path.read_text().splitlines():
            assert line.startswith("#") or line.endswith("="), f"{path}: {line}"


def test_containerfile_keeps_the_rules() -> None:
    assert list(containerfile_faults(CONTAINERFILE)) == []


def test_containerfile_copies_what_exists() -> None:
    for source in re.findall(r"^COPY (?!--from)(.+) \S+$", CONTAINERFILE, re.MULTILINE):
        for name in source.split():
            assert (DEPLOY.parent / name).exists(), name


def test_containerfile_copies_every_package() -> None:
    root = DEPLOY.parent
    wanted = {path.parent.name for path in root.glob("*/__init__.py")} - {"tests"}
    if any(path.is_file() for path in (root / "templates").rglob("*")):
        wanted.add("templates")
    copied = {
        name
        for line in re.findall(r"^COPY (?!--from)(.+)$", CONTAINERFILE, re.MULTILINE)
        for name in line.split()
    }

    assert wanted <= copied


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("python:3.11.14-slim-bookworm AS", "python AS", "FROM python: name a version"),
        ("python:3.11.14-slim-bookworm AS", "python:latest AS", "FROM python:latest: name a version"),
        ("COPY vapps", "ADD vapps", "ADD fetches"),
        ("USER 1001:0", "USER root", "USER that is a number"),
        ("USER 1001:0", "USER 0", "USER that is a number"),
        ("USER 1001:0\n", "", "USER that is a number"),
        ("--require-hashes ", "", "--require-hashes"),
        ("LOG_FORMAT=json", "SECRET_KEY=abc", "a secret has no place"),
        ('CMD ["python", "-m", "ssvirt.serve", "web"]', "CMD python -m ssvirt.serve web", "exec form"),
        ("USER 1001:0", "RUN curl -O http://x\nUSER 1001:0", "nothing is fetched"),
    ],
)
def test_containerfile_rules_bite(old: str, new: str, fault: str) -> None:
    assert old in CONTAINERFILE

    assert any(fault in found for found in containerfile_faults(CONTAINERFILE.replace(old, new)))


def web() -> dict[str, Any]:
    return copy.deepcopy(next(iter(yaml.safe_load_all((DEPLOY / "base" / "web.yaml").read_text()))))


def container(each: dict[str, Any]) -> dict[str, Any]:
    return each["spec"]["template"]["spec"]["containers"][0]


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (lambda o: container(o)["securityContext"].update(runAsNonRoot=False), "runAsNonRoot must be True"),
        (
            lambda o: container(o)["securityContext"].update(readOnlyRootFilesystem=False),
            "readOnlyRootFilesystem",
        ),
        (lambda o: container(o)["securityContext"].update(capabilities={}), "capabilities must be"),
        (lambda o: container(o)["securityContext"].update(privileged=True), "runs as root"),
        (lambda o: container(o).update(image="ssvirt:latest"), "names no version"),
        (lambda o: container(o).update(image="valkey"), "names no version"),
        (lambda o: container(o).update(resources={}), "requests for cpu and memory"),
        (lambda o: container(o).pop("livenessProbe"), "livenessProbe is missing"),
        (lambda o: o["spec"]["template"]["spec"].pop("automountServiceAccountToken"), "token"),
        (lambda o: o["spec"]["template"]["spec"].update(hostNetwork=True), "hostNetwork"),
        (lambda o: o["spec"]["template"]["spec"]["volumes"].append({"hostPath": {}}), "hostPath"),
    ],
)
def test_pod_rules_bite(spoil: Callable[[dict[str, Any]], object], fault: str) -> None:
    spoilt = web()
    assert list(object_faults([spoilt])) == []
    spoil(spoilt)

    assert any(fault in found for found in object_faults([spoilt]))


@pytest.mark.parametrize(
    ("rule", "fault"),
    [
        ({"apiGroups": ["*"], "resources": ["pods"], "verbs": ["get"]}, "apiGroups has a wildcard"),
        ({"apiGroups": [""], "resources": ["*"], "verbs": ["get"]}, "resources has a wildcard"),
        ({"apiGroups": [""], "resources": ["pods/*"], "verbs": ["get"]}, "resources has a wildcard"),
        ({"apiGroups": [""], "resources": ["pods"], "verbs": ["*"]}, "verbs has a wildcard"),
        ({"apiGroups": [""], "resources": ["secrets"], "verbs": ["list"]}, "secrets are not listed"),
        ({"apiGroups": [""], "resources": ["roles"], "verbs": ["escalate"]}, "other people's rights"),
    ],
)
def test_role_rules_bite(rule: dict[str, Any], fault: str) -> None:
    role = {"kind": "ClusterRole", "metadata": {"name": "x"}, "rules": [rule]}

    assert any(fault in found for found in object_faults([role]))


def test_secret_rule_bites() -> None:
    secret = {"kind": "Secret", "metadata": {"name": "x"}, "data": {"SECRET_KEY": "YWJj"}}

    assert list(object_faults([secret])) == ["Secret/x: a value is written into the repository"]
