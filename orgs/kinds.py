"""Organizations among the kinds of entities that carry metadata."""

from django.db.models import QuerySet

from orgs.entities import EntityKind, register_entity
from orgs.models import Org
from orgs.rights import Rights


def _orgs() -> QuerySet[Org]:
    queryset: QuerySet[Org] = Org.objects.all()
    return queryset


def register() -> None:
    """Makes the kind known; called when the app is ready."""
    register_entity(
        EntityKind(
            kind="org",
            word="organization",
            paths=(("api/org/<id:org_id>", "org"), ("api/admin/org/<id:org_id>", "adminOrg")),
            rows=_orgs,
            read=Rights.ORGANIZATION_VIEW,
            write=Rights.ORGANIZATION_EDIT,
            org="pk",
        )
    )
