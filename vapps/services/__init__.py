"""Writing vApps and VMs."""

from vapps.services.acting import (
    UNDEPLOY_ACTIONS,
    vapp_act,
    vapp_delete,
    vapp_deploy,
    vapp_undeploy,
    vm_act,
    vm_delete,
    vm_deploy,
    vm_undeploy,
)
from vapps.services.console import (
    ConsoleTarget,
    console_ticket_issue,
    console_ticket_redeem,
    console_tickets_purge,
    vm_screenshot,
)
from vapps.services.creating import (
    vapp_clone,
    vapp_compose,
    vapp_instantiate,
    vapp_move,
    vm_create_alone,
)
from vapps.services.demand import actor_of, demand_of
from vapps.services.expiring import leases_expire
from vapps.services.leasing import lease_set
from vapps.services.network_requests import (
    vapp_network_delete,
    vapp_network_reset,
    vapp_network_set,
    vapp_networks_set,
)
from vapps.services.recomposing import vapp_recompose, vapp_update
from vapps.services.reconfiguring import (
    VmChange,
    customization_status,
    vm_customize_next,
    vm_reconfigure,
)
from vapps.services.snapshotting import vapp_snapshot, vm_snapshot
from vapps.services.starting import startup_set
from vapps.services.usage import vm_usage

__all__ = [
    "UNDEPLOY_ACTIONS",
    "ConsoleTarget",
    "VmChange",
    "actor_of",
    "console_ticket_issue",
    "console_ticket_redeem",
    "console_tickets_purge",
    "customization_status",
    "demand_of",
    "lease_set",
    "leases_expire",
    "startup_set",
    "vapp_act",
    "vapp_clone",
    "vapp_compose",
    "vapp_delete",
    "vapp_deploy",
    "vapp_instantiate",
    "vapp_move",
    "vapp_network_delete",
    "vapp_network_reset",
    "vapp_network_set",
    "vapp_networks_set",
    "vapp_recompose",
    "vapp_snapshot",
    "vapp_undeploy",
    "vapp_update",
    "vm_act",
    "vm_create_alone",
    "vm_customize_next",
    "vm_delete",
    "vm_deploy",
    "vm_reconfigure",
    "vm_screenshot",
    "vm_snapshot",
    "vm_undeploy",
    "vm_usage",
]
