"""What the app registers when Django is ready."""

from django.apps import AppConfig


class VappsConfig(AppConfig):
    name = "vapps"
    verbose_name = "vApps and VMs"

    def ready(self) -> None:
        # Models must be loaded before any of these.
        from compute.watch import on_absent, on_observed, on_synced  # noqa: PLC0415
        from ssvirt.api.links import register_vdc_entities  # noqa: PLC0415
        from vapps import observe, operations, queries  # noqa: F401, PLC0415
        from vapps.links import vdc_entities  # noqa: PLC0415

        queries.register()
        register_vdc_entities(vdc_entities)
        on_observed("VirtualMachine", observe.machines_observed)
        on_absent("VirtualMachine", observe.machines_absent)
        on_synced("VirtualMachine", observe.machines_synced)
        on_observed("VirtualMachineInstance", observe.instances_observed)
        on_absent("VirtualMachineInstance", observe.instances_absent)
        on_observed("DataVolume", observe.volumes_observed)
