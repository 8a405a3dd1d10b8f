"""Composite foreign keys: the database's own fence between tenants.

Django 5.2 knows no composite foreign keys, so migrations add them with `SameOrg`: the referencing row and the
referenced row must carry the same `org_id`. The referenced table gets a unique key on (org_id, id).
"""

from typing import Any

from django.db import migrations


def tenant_key(table: str) -> migrations.RunSQL:
    """Unique key (org_id, id) of `table`, the target of `same_org` references."""
    name = f"{table}_org_id_key"
    return migrations.RunSQL(
        f'ALTER TABLE "{table}" ADD CONSTRAINT "{name}" UNIQUE (org_id, id)',
        f'ALTER TABLE "{table}" DROP CONSTRAINT "{name}"',
    )


def same_org(table: str, column: str, target: str) -> migrations.RunSQL:
    """`table.column` may reference only rows of `target` that carry the same org_id."""
    name = f"{table}_{column}_same_org"
    return migrations.RunSQL(
        f'ALTER TABLE "{table}" ADD CONSTRAINT "{name}" FOREIGN KEY (org_id, "{column}") '
        f'REFERENCES "{target}" (org_id, id) DEFERRABLE INITIALLY DEFERRED',
        f'ALTER TABLE "{table}" DROP CONSTRAINT "{name}"',
    )


def fences(*rows: tuple[str, str, str]) -> list[Any]:
    """`same_org` for each (table, column, target)."""
    return [same_org(*row) for row in rows]
