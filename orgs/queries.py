"""Query types of organizations."""

from typing import Any

from django.db.models import QuerySet

from orgs.models import Org
from ssvirt.api.query import Field, QueryType, Ref, register_query
from ssvirt.wire import types as w

_FIELDS = {
    "id": Field("pk", "reference"),
    "name": Field("name"),
    "displayName": Field("full_name"),
    "isEnabled": Field("is_enabled", "flag"),
}


def _orgs() -> QuerySet[Org]:
    queryset: QuerySet[Org] = Org.objects.all()
    return queryset


def _record(org: Any, ref: Ref) -> w.QueryResultRecord:
    return w.OrgRecord(
        name=org.name, display_name=org.full_name, is_enabled=org.is_enabled, is_read_only=org.is_provider
    )


def register() -> None:
    """Makes the type known; called when the app is ready."""
    register_query(
        QueryType(
            name="organization",
            kind="org",
            rows=_orgs,
            record=_record,
            fields=_FIELDS,
            references=w.OrgReferences,
            reference=w.OrgReference,
            provider_only=True,
        )
    )
