"""What the app registers when Django is ready."""

from django.apps import AppConfig


class TasksConfig(AppConfig):
    name = "tasks"
    verbose_name = "Tasks"

    def ready(self) -> None:
        from tasks import queries  # noqa: PLC0415 - models must be loaded first

        queries.register()
