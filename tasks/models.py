"""The Task row: the queue of work, and the truth about it."""

import uuid

from django.db import models
from django.db.models.functions import Now

from ssvirt.core.tenancy import TenantModel


class TaskStatus(models.TextChoices):
    """Source: task.xsd TaskType/@status. `canceled` only after a user's cancel; never `aborted`."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCESS = "success"
    ERROR = "error"
    CANCELED = "canceled"


UNFINISHED = (TaskStatus.QUEUED, TaskStatus.RUNNING)


class NextNumber(models.Func):
    """The next value of the sequence that orders tasks (made by the first migration)."""

    function = "nextval"
    template = "%(function)s('tasks_task_number_seq'::regclass)"
    output_field = models.BigIntegerField()


class Task(TenantModel):
    """One VCD operation on its way.

    ::

        queued --claim--> running --last step--> success
           |                 |  \\
           |                 |   `--a step fails, deadline passes--> (undo steps) --> error
           `--cancel---------'--cancel requested-------------------> (undo steps) --> canceled

    Every arrow is one conditional UPDATE. A worker holds a task by a lease (`lease_by`, `lease_until`, on the
    database's clock); a lease that ran out means that its worker died, and the next one resumes at `step`.
    `due_at` says when the task wants attention; `wake_seq` rises with each wake, so that a wake that comes
    while a step reads is not lost.

    `steps` are names, stored at submission: a newer release can finish an older task. `args` never holds a
    secret.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.BigIntegerField(unique=True, db_default=NextNumber(), editable=False)
    operation = models.CharField(max_length=64, help_text="VCD's operationName")
    description = models.CharField(max_length=512, help_text="What is being done, for people")
    args = models.JSONField(default=dict)
    owner_id = models.UUIDField(db_index=True)
    owner_kind = models.CharField(max_length=32)
    owner_name = models.CharField(max_length=256, blank=True)
    user = models.ForeignKey("orgs.User", null=True, on_delete=models.SET_NULL, related_name="+")
    user_name = models.CharField(max_length=257)
    status = models.CharField(max_length=16, choices=TaskStatus, default=TaskStatus.QUEUED)
    steps = models.JSONField(default=list)
    step = models.PositiveIntegerField(default=0)
    notes = models.JSONField(
        default=dict, help_text="What steps noted for later ones (generations, versions)"
    )
    is_undoing = models.BooleanField(default=False)
    progress = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(db_default=Now())
    deadline_at = models.DateTimeField()
    wake_seq = models.BigIntegerField(default=0)
    lease_by = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    cancel_requested = models.BooleanField(default=False)
    error = models.JSONField(null=True, help_text="major, minor and message of VCD's Error")
    request_id = models.CharField(max_length=192, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-number",)
        indexes = (
            models.Index(
                fields=["due_at"], name="tasks_due", condition=models.Q(status__in=["queued", "running"])
            ),
            models.Index(fields=["org", "-number"], name="tasks_org_recent"),
            models.Index(fields=["ended_at"], name="tasks_ended", condition=models.Q(ended_at__isnull=False)),
        )
        constraints = (
            models.CheckConstraint(condition=models.Q(progress__lte=100), name="tasks_progress_percent"),
            models.CheckConstraint(
                condition=models.Q(status__in=TaskStatus.values), name="tasks_status_known"
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=UNFINISHED, ended_at__isnull=True)
                | (~models.Q(status__in=UNFINISHED) & models.Q(ended_at__isnull=False)),
                name="tasks_ended_when_final",
            ),
        )

    def __str__(self) -> str:
        return f"{self.operation} {self.id}"

    @property
    def is_finished(self) -> bool:
        return self.status not in UNFINISHED


class Claim(models.Model):
    """A task's hold on an entity, from submission to the task's end. Global: ids only, read by the engine
    alone.

    A task may run when no claim with a lower number on one of its entities conflicts with its own. Two shared
    claims do not conflict. Rows go when the task ends.
    """

    id = models.BigAutoField(primary_key=True)
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="claims")
    number = models.BigIntegerField(help_text="The task's number")
    entity_id = models.UUIDField()
    is_exclusive = models.BooleanField()

    class Meta:
        indexes = (models.Index(fields=["entity_id", "number"], name="tasks_claim_entity"),)
        constraints = (models.UniqueConstraint("task", "entity_id", name="tasks_claim_once"),)

    def __str__(self) -> str:
        return f"{'exclusive' if self.is_exclusive else 'shared'} claim on {self.entity_id}"


class TaskSecret(models.Model):
    """What a task must know and nobody else may read (a password to set). Global: read by its task's steps
    alone.

    Encrypted with the service's key; the row goes when the task ends.
    """

    task = models.OneToOneField(Task, primary_key=True, on_delete=models.CASCADE, related_name="secret")
    payload = models.BinaryField()

    def __str__(self) -> str:
        return f"secret of {self.task_id}"


class Heartbeat(models.Model):
    """When a background process last said that it is alive. Global: facts about the service itself."""

    name = models.CharField(primary_key=True, max_length=128)
    kind = models.CharField(max_length=16)
    beat_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
