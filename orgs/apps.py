"""What the app registers when Django is ready."""

from django.apps import AppConfig


class OrgsConfig(AppConfig):
    name = "orgs"
    verbose_name = "Organizations"

    def ready(self) -> None:
        # Models must be loaded before any of these.
        from orgs import kinds, operations, queries  # noqa: F401, PLC0415
        from orgs.access import tasks_of_visible_entities  # noqa: PLC0415
        from orgs.auth import authenticate  # noqa: PLC0415
        from orgs.services import sessions_purge  # noqa: PLC0415
        from ssvirt.api.principal import set_authenticator  # noqa: PLC0415
        from tasks.retention import register_purge  # noqa: PLC0415
        from tasks.selectors import register_task_limit  # noqa: PLC0415

        set_authenticator(authenticate)
        queries.register()
        kinds.register()
        register_task_limit(tasks_of_visible_entities)
        register_purge("sessions", sessions_purge)
