"""The portal's pages of tasks and processes."""

from django.contrib import admin

from ssvirt.api.admin import ReadOnlyAdmin
from tasks.models import Claim, Heartbeat, Task, TaskSecret


@admin.register(Task)
class TaskAdmin(ReadOnlyAdmin):
    list_display = (
        "number",
        "description",
        "status",
        "progress",
        "org",
        "user_name",
        "created_at",
        "ended_at",
    )
    list_filter = ("status", "operation", "org")
    search_fields = ("id", "owner_id", "description", "request_id")
    list_select_related = ("org",)


@admin.register(Claim)
class ClaimAdmin(ReadOnlyAdmin):
    list_display = ("number", "task", "entity_id", "is_exclusive")
    list_select_related = ("task",)


@admin.register(TaskSecret)
class TaskSecretAdmin(ReadOnlyAdmin):
    list_display = ("task",)
    exclude = ("payload",)
    list_select_related = ("task",)


@admin.register(Heartbeat)
class HeartbeatAdmin(ReadOnlyAdmin):
    list_display = ("name", "kind", "beat_at")
    list_filter = ("kind",)
