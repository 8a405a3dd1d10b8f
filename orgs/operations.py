"""Operations on what hangs on entities of every kind: rows only."""

import uuid

from django.db import transaction

from orgs.entities import entity_lock
from orgs.models import MetadataEntry
from tasks.registry import Operation, Outcome, Run, register


@register
class UpdateMetadata(Operation):
    """Writes entries; those not named stay. Source: fixture-Task-1 (operationName)."""

    name = "metadataUpdate"
    steps = ("write",)

    def write(self, run: Run) -> Outcome:
        task = run.task
        with transaction.atomic():
            entity_lock(task.owner_kind, task.owner_id)
            MetadataEntry.objects.bulk_create(
                [
                    MetadataEntry(org_id=task.org_id, entity_id=task.owner_id, **entry)
                    for entry in run.args["entries"]
                ],
                update_conflicts=True,
                unique_fields=["entity_id", "domain", "key"],
                update_fields=["visibility", "value_type", "value"],
            )
        return None


@register
class DeleteMetadata(Operation):
    """Removes one entry. Source: fixture-Task-2 (operationName)."""

    name = "metadataDelete"
    steps = ("remove",)

    def remove(self, run: Run) -> Outcome:
        owner_id: uuid.UUID = run.task.owner_id
        MetadataEntry.objects.filter(
            entity_id=owner_id, domain=run.args["domain"], key=run.args["key"]
        ).delete()
        return None
