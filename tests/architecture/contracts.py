"""Contract types of ours for import-linter; `.importlinter` uses them.

The stock ones want every module listed by name, so that a new module is unprotected until somebody remembers.
"""

import fnmatch
from typing import Any

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output

# The composition root puts everything together, so it may import anything.
_ROOT = ("ssvirt.settings", "ssvirt.urls", "ssvirt.health", "ssvirt.celery", "ssvirt.wsgi", "ssvirt.asgi")


class _DirectImports(Contract):
    """Forbids some direct imports: a subclass says which."""

    def is_forbidden(self, importer: str, imported: str) -> bool:
        """Whether that import breaks the contract."""
        raise NotImplementedError

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Looks at every import there is."""
        found = []
        for importer in sorted(graph.modules):
            for imported in sorted(graph.find_modules_directly_imported_by(importer)):
                if self.is_forbidden(importer, imported):
                    details = graph.get_import_details(importer=importer, imported=imported)
                    lines = ", ".join(str(detail["line_number"]) for detail in details)
                    found.append(f"{importer} -> {imported} (line {lines})")
        return ContractCheck(kept=not found, metadata={"found": found})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Lists the imports."""
        for line in check.metadata["found"]:
            output.print_error(f"- {line}", bold=False)


class PublicModulesContract(_DirectImports):
    """Other apps import the `public` modules of `app` only; whatever else is added to it is private."""

    type_name = "public_modules"
    app: Any = fields.StringField()
    public: Any = fields.ListField(subfield=fields.StringField())

    def is_forbidden(self, importer: str, imported: str) -> bool:
        if not _is_in(imported, self.app) or imported == self.app:
            return False
        if any(_is_in(importer, package) for package in (self.app, *_ROOT)):
            return False
        return not any(_is_in(imported, f"{self.app}.{name}") for name in self.public)


class OnlyImportedByContract(_DirectImports):
    """`package` (ours or an installed one) is imported by `importers` (patterns) and itself only."""

    type_name = "only_imported_by"
    package: Any = fields.StringField()
    importers: Any = fields.ListField(subfield=fields.StringField(), required=False, default=[])

    def is_forbidden(self, importer: str, imported: str) -> bool:
        if not _is_in(imported, self.package) or _is_in(importer, self.package):
            return False
        return not any(
            fnmatch.fnmatchcase(importer, pattern) or fnmatch.fnmatchcase(importer, f"{pattern}.*")
            for pattern in self.importers
        )


def _is_in(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")
