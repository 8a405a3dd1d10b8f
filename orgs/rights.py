"""The vocabulary of rights, and which of them the predefined roles hold.

Names are VCD's own. Source: contract roles-rights.json (vApp Author of 10.4, the 5.5 matrix, Default Rights
Bundle); where it lists a right for no role, the choice is ours.
"""

from typing import Final


class Rights:
    """Names of the rights that routes and services ask for."""

    ADMINISTRATOR_CONTROL: Final = "General: Administrator Control"
    ADMINISTRATOR_VIEW: Final = "General: Administrator View"
    AFFINITY_EDIT: Final = "Organization vDC: VM-VM Affinity Edit"
    ALL_VDCS: Final = "Access All Organization VDCs"
    COMPUTE_POLICY_VIEW: Final = "Organization vDC Compute Policy: View"
    DISK_CHANGE_OWNER: Final = "Organization vDC Named Disk: Change Owner"
    DISK_CREATE: Final = "Organization vDC Named Disk: Create"
    DISK_DELETE: Final = "Organization vDC Named Disk: Delete"
    DISK_EDIT: Final = "Organization vDC Named Disk: Edit Properties"
    DISK_VIEW: Final = "Organization vDC Named Disk: View Properties"
    ORGANIZATION_EDIT: Final = "Organization: Edit Properties"
    ORGANIZATION_VIEW: Final = "Organization: View"
    CATALOG_CHANGE_OWNER: Final = "Catalog: Change Owner"
    CATALOG_SHARING: Final = "Catalog: Sharing"
    CATALOG_VIEW: Final = "Catalog: View Private and Shared Catalogs"
    CATALOG_EDIT: Final = "Catalog: Edit Properties"
    CATALOG_CREATE: Final = "Catalog: Create / Delete a Catalog"
    TEMPLATE_EDIT: Final = "vApp Template / Media: Edit"
    TEMPLATE_VIEW: Final = "vApp Template / Media: View"
    NETWORK_EDIT: Final = "Organization vDC Network: Edit Properties"
    NETWORK_VIEW: Final = "Organization vDC Network: View Properties"
    PROVIDER_VDC_EDIT: Final = "Provider vDC: Edit"
    PROVIDER_VDC_VIEW: Final = "Provider vDC: View"
    USER_VIEW: Final = "User: View"
    VAPP_CHANGE_OWNER: Final = "vApp: Change Owner"
    VAPP_CREATE: Final = "vApp: Create / Reconfigure"
    VAPP_CONSOLE: Final = "vApp: Use Console"
    VAPP_COPY: Final = "vApp: Copy"
    VAPP_DELETE: Final = "vApp: Delete"
    VAPP_EDIT: Final = "vApp: Edit Properties"
    VAPP_EDIT_COMPUTE_POLICY: Final = "vApp: Edit VM Compute Policy"
    VAPP_EDIT_CPU: Final = "vApp: Edit VM CPU"
    VAPP_EDIT_DISK: Final = "vApp: Edit VM Hard Disk"
    VAPP_EDIT_MEMORY: Final = "vApp: Edit VM Memory"
    VAPP_EDIT_NETWORK: Final = "vApp: Edit VM Network"
    VAPP_SNAPSHOT: Final = "vApp: Snapshot Operations"
    VM_PASSWORD: Final = "vApp: Manage VM Password Settings"  # noqa: S105 - the name of a right
    VM_BOOT_OPTIONS: Final = "vApp: VM Boot Options"
    VAPP_POWER: Final = "vApp: Power Operations"
    VAPP_SHARING: Final = "vApp: Sharing"
    VAPP_VIEW_ACL: Final = "vApp: View ACL"
    VAPP_VIEW_METRICS: Final = "vApp: View VM metrics"
    VDC_EDIT_ACL: Final = "Organization vDC: Edit ACL"
    VDC_VIEW: Final = "Organization vDC: View"
    VDC_VIEW_ACL: Final = "Organization vDC: View ACL"
    VM_EDIT: Final = "vApp: Edit VM Properties"


_EVERY_ROLE = frozenset({Rights.ORGANIZATION_VIEW})
_CONSOLE = _EVERY_ROLE | {
    Rights.VAPP_CONSOLE,
    Rights.VAPP_VIEW_METRICS,
    "vApp: Manage VM Password Settings",
}
_VAPP_USER = _CONSOLE | {
    Rights.VDC_VIEW,
    Rights.NETWORK_VIEW,
    Rights.TEMPLATE_VIEW,
    Rights.VAPP_COPY,
    Rights.VAPP_DELETE,
    Rights.VAPP_EDIT,
    Rights.VAPP_POWER,
    Rights.VAPP_SHARING,
    Rights.VAPP_VIEW_ACL,
    "Organization vDC Named Disk: View Properties",
    "vApp: Edit VM Network",
    Rights.VM_EDIT,
    "vApp: Snapshot Operations",
}
_VAPP_AUTHOR = _VAPP_USER | {
    Rights.CATALOG_VIEW,
    Rights.VAPP_CREATE,
    "Catalog: Add vApp from My Cloud",
    Rights.COMPUTE_POLICY_VIEW,
    "Organization vDC Named Disk: Create",
    "Organization vDC Named Disk: Delete",
    "Organization vDC Named Disk: Edit Properties",
    "Organization vDC Named Disk: View Encryption Status",
    Rights.AFFINITY_EDIT,
    "UI Plugins: View",
    "VAPP_VM_METADATA_TO_VCENTER",
    "vApp Template / Media: Copy",
    "vApp Template / Media: Edit",
    "vApp Template: Checkout",
    "vApp: Download",
    "vApp: Edit VM CPU",
    "vApp: Edit VM Compute Policy",
    "vApp: Edit VM Hard Disk",
    "vApp: Edit VM Memory",
    "vApp: Upload",
    "vApp: VM Boot Options",
    "vApp: View VM and VM's Disks Encryption Status",
}
_CATALOG_AUTHOR = _VAPP_AUTHOR | {
    Rights.CATALOG_CREATE,
    Rights.CATALOG_EDIT,
    "Catalog: CLSP Publish Subscribe",
    "Catalog: Publish",
    "Catalog: Sharing",
    "Catalog: View Published Catalogs",
    "vApp Template / Media: Create / Upload",
    "vApp Template: Download",
}
_ORGANIZATION_ADMINISTRATOR = _CATALOG_AUTHOR | {
    "Access All Organization VDCs",
    "Catalog: Change Owner",
    Rights.ADMINISTRATOR_CONTROL,
    "General: Administrator View",
    "Organization: Edit Leases Policy",
    "Organization: Edit Properties",
    Rights.NETWORK_EDIT,
    "Organization vDC Named Disk: Change Owner",
    "Organization vDC: Edit ACL",
    "Organization vDC: View ACL",
    "User: Manage",
    "User: View",
    "vApp: Change Owner",
}

PREDEFINED_ROLES: Final = {
    "Organization Administrator": _ORGANIZATION_ADMINISTRATOR,
    "Catalog Author": _CATALOG_AUTHOR,
    "vApp Author": _VAPP_AUTHOR,
    "vApp User": _VAPP_USER,
    "Console Access Only": _CONSOLE,
    "Defer to Identity Provider": _EVERY_ROLE,
}
"""Role name -> rights. System Administrator is not listed: it holds every right there is."""

ALL_RIGHTS: Final = frozenset().union(*PREDEFINED_ROLES.values())
