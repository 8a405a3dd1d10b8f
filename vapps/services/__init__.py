"""Writing vApps and VMs."""

from vapps.services.acting import (
    vapp_delete,
    vapp_deploy,
    vapp_power_off,
    vapp_power_on,
    vapp_undeploy,
    vm_delete,
    vm_deploy,
    vm_power_off,
    vm_power_on,
    vm_undeploy,
)
from vapps.services.creating import vapp_compose, vapp_instantiate
from vapps.services.demand import actor_of, demand_of

__all__ = [
    "actor_of",
    "demand_of",
    "vapp_compose",
    "vapp_delete",
    "vapp_deploy",
    "vapp_instantiate",
    "vapp_power_off",
    "vapp_power_on",
    "vapp_undeploy",
    "vm_delete",
    "vm_deploy",
    "vm_power_off",
    "vm_power_on",
    "vm_undeploy",
]
