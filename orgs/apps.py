"""What the app registers when Django is ready."""

from django.apps import AppConfig


class OrgsConfig(AppConfig):
    name = "orgs"
    verbose_name = "Organizations"

    def ready(self) -> None:
        from orgs import queries  # noqa: PLC0415 - models must be loaded first
        from orgs.auth import authenticate  # noqa: PLC0415
        from orgs.services import sessions_purge  # noqa: PLC0415
        from ssvirt.api.principal import set_authenticator  # noqa: PLC0415
        from tasks.retention import register_purge  # noqa: PLC0415

        set_authenticator(authenticate)
        queries.register()
        register_purge("sessions", sessions_purge)
