"""Rules for deploy/: the Containerfile (images can't be built everywhere) and what Kustomize renders.

`python -m tests.deploy.lint` checks all of it; `tests/deploy/test_manifests.py` proves that the rules bite.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

PROJECT = Path(__file__).resolve().parents[2]
DEPLOY = PROJECT / "deploy"
OVERLAYS = ("openshift", "kubernetes", "development")
WORKLOADS = {"Deployment", "StatefulSet", "DaemonSet", "Job"}
NO_KUBECTL = "note: kubectl is not here: the manifests were read, but not rendered"
_PINNED = re.compile(r"^[^:@\s]+(:[\w][\w.-]*\d[\w.-]*|@sha256:[0-9a-f]{64})$")

Object = dict[str, Any]


def main() -> int:
    """Prints what is wrong; the exit code."""
    found = list(containerfile_faults((DEPLOY / "Containerfile").read_text()))
    if shutil.which("kubectl") is None:
        sys.stdout.write(NO_KUBECTL + "\n")
        objects = [each for path in DEPLOY.rglob("*.yaml") for each in yaml.safe_load_all(path.read_text())]
        found += object_faults(each for each in objects if each.get("kind") != "Kustomization")
    else:
        for overlay in OVERLAYS:
            found += [f"{overlay}: {fault}" for fault in object_faults(render(DEPLOY / "overlays" / overlay))]
    for fault in found:
        sys.stdout.write(f"{fault}\n")
    return 1 if found else 0


def render(folder: Path) -> list[Object]:
    """The objects that `kubectl kustomize` makes of a folder."""
    done = subprocess.run(
        ["kubectl", "kustomize", str(folder)], capture_output=True, text=True, check=False, timeout=120
    )
    if done.returncode != 0:
        raise SystemExit(f"kubectl kustomize {folder}: {done.stderr.strip()}")
    return [each for each in yaml.safe_load_all(done.stdout) if each]


# --- the Containerfile ---


def containerfile_faults(text: str) -> Iterator[str]:
    """What is wrong with it; nothing when it is fine."""
    instructions = list(_instructions(text))
    stages = {words.split()[-1] for name, words in instructions if name == "FROM" and " as " in words.lower()}
    for name, words in instructions:
        if name == "FROM":
            image = words.split()[0]
            if image not in stages and not _PINNED.match(image):
                yield f"FROM {image}: name a version or a digest"
        if name == "ADD":
            yield "ADD fetches and unpacks what it likes: use COPY"
        if name in {"ENV", "ARG"} and re.search(r"(SECRET|PASSWORD|TOKEN)\w*=", words):
            yield f"{name} {words.split('=')[0]}: a secret has no place in an image"
        if "pip install" in words and not {"--require-hashes", "--no-deps"} <= set(words.split()):
            yield "pip install: give --require-hashes and --no-deps"
        if re.search(r"\b(curl|wget|sudo)\b", words) or "apt-get upgrade" in words:
            yield f"{name} {words[:40]}: nothing is fetched but the locked packages"
        if name in {"CMD", "ENTRYPOINT"} and not words.startswith("["):
            yield f"{name}: use the exec form, so that signals reach the process"
    last: list[tuple[str, str]] = []
    for name, words in instructions:
        last = [] if name == "FROM" else [*last, (name, words)]
    users = [words for name, words in last if name == "USER"]
    if not users or not re.fullmatch(r"[1-9]\d*(:\d+)?", users[-1]):
        yield "the last stage needs a USER that is a number other than 0"
    if not any(name in {"CMD", "ENTRYPOINT"} for name, _ in last):
        yield "the last stage needs a CMD"


def _instructions(text: str) -> Iterator[tuple[str, str]]:
    plain = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    for line in re.sub(r"\\\n", " ", plain).splitlines():
        name, _, words = line.strip().partition(" ")
        if name:
            yield name.upper(), re.sub(r"\s+", " ", words.strip())


# --- Kubernetes objects ---


def object_faults(objects: Iterable[Object]) -> Iterator[str]:
    """What is wrong with them; nothing when they are fine."""
    for each in objects:
        name = f"{each['kind']}/{each['metadata']['name']}"
        if each["kind"] in WORKLOADS:
            pod = each["spec"]["template"]["spec"]
            yield from (f"{name}: {fault}" for fault in _pod_faults(pod, needs_probes=each["kind"] != "Job"))
        if each["kind"] in {"ClusterRole", "Role"}:
            yield from (f"{name}: {fault}" for fault in _role_faults(each))
        if each["kind"] == "Secret" and any((each.get("data") or {}).values()):
            yield f"{name}: a value is written into the repository"
        if each["kind"] == "Secret" and any((each.get("stringData") or {}).values()):
            yield f"{name}: a value is written into the repository"


def _pod_faults(pod: Object, *, needs_probes: bool) -> Iterator[str]:
    """By the Pod Security Standard `restricted`, and a little more."""
    for name in ("hostNetwork", "hostPID", "hostIPC"):
        if pod.get(name):
            yield f"{name} is not for us"
    if any("hostPath" in volume for volume in pod.get("volumes", [])):
        yield "hostPath volumes are not for us"
    if "automountServiceAccountToken" not in pod:
        yield "say whether the pod gets a token (automountServiceAccountToken)"
    for container in [*pod.get("initContainers", []), *pod["containers"]]:
        context = (pod.get("securityContext") or {}) | (container.get("securityContext") or {})
        where = container["name"]
        wanted: dict[str, object] = {
            "runAsNonRoot": True,
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
            "seccompProfile": {"type": "RuntimeDefault"},
        }
        yield from (
            f"{where}: {key} must be {value}" for key, value in wanted.items() if context.get(key) != value
        )
        if context.get("runAsUser") == 0 or context.get("privileged"):
            yield f"{where}: runs as root"
        if container["image"] != "ssvirt" and not _PINNED.match(container["image"]):
            yield f"{where}: image {container['image']} names no version"
        resources = container.get("resources") or {}
        if not {"cpu", "memory"} <= set(resources.get("requests", {})) or "memory" not in resources.get(
            "limits", {}
        ):
            yield f"{where}: requests for cpu and memory and a limit for memory are missing"
        if needs_probes and "livenessProbe" not in container:
            yield f"{where}: a livenessProbe is missing"


def _role_faults(role: Object) -> Iterator[str]:
    for rule in role["rules"]:
        for key in ("apiGroups", "resources", "verbs", "nonResourceURLs"):
            if any("*" in value for value in rule.get(key, [])):
                yield f"{key} has a wildcard"
        verbs, resources = set(rule["verbs"]), set(rule.get("resources", []))
        if verbs & {"escalate", "bind", "impersonate"}:
            yield f"verbs {sorted(verbs)} give away other people's rights"
        if "secrets" in resources and verbs & {"list", "watch"}:
            yield "secrets are not listed: that would read all of them"


if __name__ == "__main__":
    sys.exit(main())
