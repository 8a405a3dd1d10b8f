"""What the app registers when Django is ready."""

from django.apps import AppConfig


class VappsConfig(AppConfig):
    name = "vapps"
    verbose_name = "vApps and VMs"

    def ready(self) -> None:
        # Models must be loaded before any of these.
        from compute.watch import on_absent, on_observed, on_synced  # noqa: PLC0415
        from ssvirt.api.links import (  # noqa: PLC0415
            NetworkViews,
            register_address_holders,
            register_network_views,
            register_vdc_entities,
        )
        from tasks.chores import register_chore  # noqa: PLC0415
        from tasks.retention import register_purge  # noqa: PLC0415
        from vapps import kinds, observe, observe_snapshots, operations, queries  # noqa: F401, PLC0415
        from vapps.legacy.networks import NETWORK_VIEWS  # noqa: PLC0415
        from vapps.links import vdc_entities  # noqa: PLC0415
        from vapps.network_use import address_holders, is_vapp_network, network_users  # noqa: PLC0415
        from vapps.services import console_tickets_purge, leases_expire  # noqa: PLC0415
        from vdcs.services import register_network_users  # noqa: PLC0415

        queries.register()
        kinds.register()
        register_purge("console_tickets", console_tickets_purge)
        register_chore("leases", leases_expire)
        register_vdc_entities(vdc_entities)
        register_network_users(network_users)
        register_network_views(NetworkViews(knows=is_vapp_network, views=NETWORK_VIEWS))
        register_address_holders(address_holders)
        on_observed("VirtualMachine", observe.machines_observed)
        on_absent("VirtualMachine", observe.machines_absent)
        on_synced("VirtualMachine", observe.machines_synced)
        on_observed("VirtualMachineInstance", observe.instances_observed)
        on_absent("VirtualMachineInstance", observe.instances_absent)
        on_synced("VirtualMachineInstance", observe.instances_synced)
        on_observed("VirtualMachineSnapshot", observe_snapshots.snapshots_observed)
        on_observed("VirtualMachineRestore", observe_snapshots.restores_observed)
        on_observed("DataVolume", observe.volumes_observed)
        on_absent("DataVolume", observe.volumes_absent)
        on_synced("DataVolume", observe.volumes_synced)
        on_observed("PersistentVolumeClaim", observe.claims_observed)
