"""What the app registers when Django is ready."""

from django.apps import AppConfig


class VdcsConfig(AppConfig):
    name = "vdcs"
    verbose_name = "Virtual data centers"

    def ready(self) -> None:
        # Models must be loaded before any of these.
        from compute.watch import on_absent, on_observed, on_synced  # noqa: PLC0415
        from ssvirt.api.links import register_org_links, register_references  # noqa: PLC0415
        from vdcs import kinds, links, observe, operations, queries  # noqa: F401, PLC0415

        queries.register()
        kinds.register()
        register_org_links(links.org_links)
        register_references("vdcs", links.vdc_references)
        register_references("networks", links.network_references)
        register_references("providerVdcs", links.provider_vdc_references)
        on_observed("Namespace", observe.namespaces_observed)
        on_observed("UserDefinedNetwork", observe.networks_observed)
        on_absent("UserDefinedNetwork", observe.networks_absent)
        on_synced("UserDefinedNetwork", observe.networks_synced)
