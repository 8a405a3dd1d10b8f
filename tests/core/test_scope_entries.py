"""Who may lift the tenant scope, or read past it. A new entry needs a reason, and a second pair of eyes."""

import ast
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
APPS = ("ssvirt", "orgs", "vdcs", "catalogs", "vapps", "compute", "tasks")

LIFTS_THE_SCOPE = {
    "catalogs/management/commands/seed_demo.py": "makes the demo's tenants",
    "orgs/management/commands/create_administrator.py": "makes an account of the provider's organization",
    "compute/watch/kind.py": "observes the objects of all tenants",
    "orgs/auth.py": "finds the user or session before the tenant is known",
    "ssvirt/api/views.py": "the provider acts in all tenants",
    "ssvirt/portal.py": "the admin portal is the provider's",
    "tasks/chores.py": "does the chores of all tenants",
    "tasks/engine.py": "finds a task before its tenant is known",
    "tasks/management/commands/sweep.py": "runs the work of all tenants",
    "tasks/retention.py": "purges rows of all tenants",
    "tasks/services.py": "sweeps the tasks of all tenants",
    "vapps/observe.py": "observes the machines of all tenants",
    "vapps/observe_snapshots.py": "observes the snapshots of all tenants",
    "vapps/services/console.py": "redeems a ticket before its tenant is known",
    "vdcs/observe.py": "observes the namespaces of all tenants",
}
READS_PAST_THE_SCOPE = {
    "ssvirt/api/query/columns.py": "what hangs on a row follows it, whoever owns it",
    "catalogs/selectors.py": "parts of a template follow it, whoever owns them",
    "vapps/network_use.py": "routes a request to the app that serves the id, before the tenant is known",
    "vapps/services/rows.py": "a MAC address is taken whoever has it",
    "vdcs/services/vdcs.py": "a namespace's name is taken whoever owns it",
}
WRITES_SQL = {
    "ssvirt/health.py": "SELECT 1",
    "tasks/services.py": "advisory locks",
    "vapps/services/rows.py": "the sequence of MAC addresses",
}


def _sources() -> dict[str, ast.Module]:
    return {
        str(path.relative_to(PROJECT)): ast.parse(path.read_text())
        for app in APPS
        for path in sorted((PROJECT / app).rglob("*.py"))
        if "migrations" not in path.parts
    }


def _uses(tree: ast.Module, *names: str) -> bool:
    return any(
        (isinstance(node, ast.Name) and node.id in names)
        or (isinstance(node, ast.Attribute) and node.attr in names)
        or (isinstance(node, ast.alias) and node.name.rpartition(".")[2] in names)
        for node in ast.walk(tree)
    )


def test_scope_when_lifted_then_only_in_the_listed_files() -> None:
    found = {name for name, tree in _sources().items() if _uses(tree, "acting_for") and _uses(tree, "ALL")}
    assert found == set(LIFTS_THE_SCOPE)


def test_all_when_imported_then_only_in_the_listed_files() -> None:
    found = {
        name
        for name, tree in _sources().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        and node.module == "ssvirt.core.tenancy"
        and any(alias.name in ("ALL", "_scope", "_All") for alias in node.names)
    }
    assert found == set(LIFTS_THE_SCOPE)


def test_managers_when_bypassed_then_only_in_the_listed_files() -> None:
    found = {name for name, tree in _sources().items() if _uses(tree, "_base_manager", "_default_manager")}
    assert found == set(READS_PAST_THE_SCOPE)


def test_raw_sql_when_used_then_only_in_the_listed_files() -> None:
    found = {name for name, tree in _sources().items() if _uses(tree, "cursor", "RawSQL")}
    assert found == set(WRITES_SQL)
