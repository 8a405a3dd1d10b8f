"""What the app registers when Django is ready."""

from django.apps import AppConfig


class CatalogsConfig(AppConfig):
    name = "catalogs"
    verbose_name = "Catalogs"

    def ready(self) -> None:
        from catalogs import queries  # noqa: PLC0415 - models must be loaded first
        from catalogs.links import org_links  # noqa: PLC0415
        from ssvirt.api.links import register_org_links  # noqa: PLC0415

        queries.register()
        register_org_links(org_links)
