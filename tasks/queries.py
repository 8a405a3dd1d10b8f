"""Query types of tasks."""

from django.db.models.fields.json import KT
from django.db.models.functions import Lower

from ssvirt.api.query import Column, QueryType, Source, constant, register_query
from ssvirt.wire import types as w
from tasks.selectors import visible_tasks

_COLUMNS = {
    "name": Column("operation"),
    "operationFull": Column("description"),
    "message": Column(KT("error__message")),
    "status": Column("status", "word"),
    "progress": Column("progress", "number"),
    "object": Column("owner_id", "reference", "_kind"),
    "objectName": Column("owner_name"),
    "objectType": Column(Lower("owner_kind")),
    "ownerName": Column("user_name"),
    "owner": Column("user_id", "reference", "user"),
    "hasOwner": constant(True),
    "org": Column("org_id", "reference", "org"),
    "orgName": Column("org__name"),
    "startDate": Column("created_at", "moment"),
    "endDate": Column("ended_at", "moment"),
    "serviceNamespace": constant("com.vmware.vcloud"),
    "_kind": Column("owner_kind"),
    "_number": Column("number", "number"),
}


def register() -> None:
    """Makes the types known; called when the app is ready."""
    for name, record, provider_only in (
        ("task", w.TaskRecord, False),
        ("adminTask", w.AdminTaskRecord, True),
    ):
        register_query(
            QueryType(
                name=name,
                record=record,
                sources=(Source(kind="task", rows=visible_tasks, columns=_COLUMNS),),
                references=w.TaskReferences,
                reference=w.TaskReference,
                order=("-_number",),
                up="object",
                provider_only=provider_only,
            )
        )
