"""What the app registers when Django is ready."""

from django.apps import AppConfig


class CatalogsConfig(AppConfig):
    name = "catalogs"
    verbose_name = "Catalogs"

    def ready(self) -> None:
        # Models must be loaded before any of these.
        from catalogs import kinds, links, queries  # noqa: PLC0415
        from ssvirt.api.links import (  # noqa: PLC0415
            register_org_links,
            register_references,
            register_vdc_entities,
        )

        queries.register()
        kinds.register()
        register_org_links(links.org_links)
        register_references("catalogs", links.catalog_references)
        register_vdc_entities(links.vdc_entities)
