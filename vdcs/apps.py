"""What the app registers when Django is ready."""

from django.apps import AppConfig


class VdcsConfig(AppConfig):
    name = "vdcs"
    verbose_name = "Virtual data centers"

    def ready(self) -> None:
        # Models must be loaded before any of these.
        from compute.watch import on_observed  # noqa: PLC0415
        from ssvirt.api.links import register_org_links  # noqa: PLC0415
        from vdcs import observe, operations, queries  # noqa: F401, PLC0415
        from vdcs.links import org_links  # noqa: PLC0415

        queries.register()
        register_org_links(org_links)
        on_observed("Namespace", observe.namespaces_observed)
        on_observed("UserDefinedNetwork", observe.networks_observed)
