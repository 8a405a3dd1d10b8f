"""The import contracts hold, and each one is seen to fail when it is violated."""

import configparser
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
PACKAGES = ("ssvirt", "compute", "tasks", "orgs", "vdcs", "catalogs", "vapps")
LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"
LAYERS = "layers"

# Contract, the offending module, the module it imports.
VIOLATIONS = [
    (LAYERS, "ssvirt.core.offender", "compute.models"),
    (LAYERS, "ssvirt.core.offender", "ssvirt.wire.schema"),
    (LAYERS, "ssvirt.wire.offender", "ssvirt.core.urns"),
    (LAYERS, "compute.offender", "ssvirt.api.views"),
    (LAYERS, "ssvirt.api.offender", "tasks.models"),
    (LAYERS, "tasks.offender", "orgs.models"),
    (LAYERS, "orgs.offender", "vdcs.models"),
    (LAYERS, "vdcs.offender", "catalogs.models"),
    (LAYERS, "catalogs.offender", "vapps.models"),
    (LAYERS, "vapps.offender", "ssvirt.settings"),
    (LAYERS, "vapps.offender", "ssvirt.health"),
    (LAYERS, "ssvirt.settings", "ssvirt.urls"),
    (LAYERS, "ssvirt.urls", "ssvirt.wsgi"),
    ("wire-is-plain", "ssvirt.wire.offender", "django.http"),
    ("emulator-is-plain", "compute.emulator.offender", "django.db"),
    ("emulator-is-plain", "compute.emulator.offender", "compute.models"),
    ("embedded-is-plain", "ssvirt.embedded.offender", "django.conf"),
    ("embedded-is-plain", "ssvirt.serve", "tasks.models"),
    ("emulator-is-apart", "compute.offender", "compute.emulator.store"),
    ("emulator-is-apart", "vapps.offender", "compute.emulator.server"),
    ("kubernetes-in-one-place", "compute.offender", "kubernetes.client"),
    ("kubernetes-in-one-place", "vapps.operations.offender", "kubernetes"),
    ("openshift-client-in-commands", "compute.cluster.offender", "openshift_client"),
    ("tests-apart", "vapps.offender", "tests.fixtures"),
    ("public-tasks", "vapps.offender", "tasks.runners"),
    ("public-orgs", "vdcs.offender", "orgs.legacy"),
    ("public-orgs", "vapps.offender", "orgs.auth"),
    ("public-vdcs", "catalogs.offender", "vdcs.operations"),
    ("public-catalogs", "vapps.offender", "catalogs.represent"),
    ("public-vapps", "ssvirt.serve", "vapps.operations"),
]


def contracts() -> dict[str, str]:
    """Id and name of every contract."""
    config = configparser.ConfigParser()
    config.read(PROJECT / ".importlinter")
    prefix = "importlinter:contract:"
    return {
        section.removeprefix(prefix): config[section]["name"]
        for section in config.sections()
        if section.startswith(prefix)
    }


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sources that a test may spoil."""
    copy = tmp_path_factory.mktemp("tree")
    for package in (*PACKAGES, "tests/architecture"):
        for source in (PROJECT / package).rglob("*.py"):
            target = copy / source.relative_to(PROJECT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
    shutil.copyfile(PROJECT / ".importlinter", copy / ".importlinter")
    return copy


def lint(folder: Path, contract: str) -> subprocess.CompletedProcess[str]:
    """Runs one contract there."""
    return subprocess.run(
        [sys.executable, "-c", LINT, "--no-cache", "--contract", contract],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "400", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def file_of(tree: Path, module: str) -> Path:
    """The file of a module; it and its packages are made when they don't exist."""
    path = tree.joinpath(*module.split("."))
    if (path / "__init__.py").exists():
        return path / "__init__.py"
    for parent in reversed(path.parents[: len(module.split(".")) - 1]):
        plain = parent.with_suffix(".py")
        parent.mkdir(exist_ok=True)
        if plain.exists():
            plain.rename(parent / "__init__.py")
        (parent / "__init__.py").touch()
    path.with_suffix(".py").touch()
    return path.with_suffix(".py")


@pytest.mark.parametrize("contract", sorted(contracts()))
def test_contract_holds(contract: str) -> None:
    done = lint(PROJECT, contract)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("contract", "importer", "imported"), VIOLATIONS)
def test_contract_fails_when_violated(tree: Path, contract: str, importer: str, imported: str) -> None:
    spoilt = file_of(tree, importer)
    before = spoilt.read_text()
    if imported.split(".")[0] in PACKAGES:
        file_of(tree, imported)
    spoilt.write_text(f"{before}\nimport {imported}\n")
    try:
        done = lint(tree, contract)
    finally:
        spoilt.write_text(before)

    assert done.returncode == 1, done.stdout + done.stderr
    assert f"{contracts()[contract]} BROKEN" in done.stdout
    assert re.search(rf"{re.escape(importer)} -> {re.escape(imported.split('.')[0])}", done.stdout)


def test_every_contract_has_a_violation() -> None:
    assert {contract for contract, _, _ in VIOLATIONS} == set(contracts())


def test_every_part_of_the_project_package_has_a_layer() -> None:
    config = configparser.ConfigParser()
    config.read(PROJECT / ".importlinter")
    named = set(re.findall(r"[\w.]+", config["importlinter:contract:layers"]["layers"]))
    parts = {path.stem for path in (PROJECT / "ssvirt").glob("*.py")} - {"__init__"}
    parts |= {path.parent.name for path in (PROJECT / "ssvirt").glob("*/__init__.py")}

    assert {f"ssvirt.{part}" for part in parts} <= named
