"""The vocabulary of rights, and which of them the predefined roles hold.

Names are VCD's own. Source: contract roles-rights.json (vApp Author of 10.4, the 5.5 matrix, Default Rights
Bundle); where it lists a right for no role, the choice is ours.
"""

from typing import Final


class Rights:
    """Names of the rights that routes and services ask for."""

    ADMINISTRATOR_CONTROL: Final = "General: Administrator Control"
    ORGANIZATION_VIEW: Final = "Organization: View"
    CATALOG_VIEW: Final = "Catalog: View Private and Shared Catalogs"
    CATALOG_EDIT: Final = "Catalog: Edit Properties"
    CATALOG_CREATE: Final = "Catalog: Create / Delete a Catalog"
    TEMPLATE_VIEW: Final = "vApp Template / Media: View"
    NETWORK_VIEW: Final = "Organization vDC Network: View Properties"
    VAPP_CREATE: Final = "vApp: Create / Reconfigure"
    VAPP_COPY: Final = "vApp: Copy"
    VAPP_DELETE: Final = "vApp: Delete"
    VAPP_EDIT: Final = "vApp: Edit Properties"
    VAPP_POWER: Final = "vApp: Power Operations"
    VAPP_SHARING: Final = "vApp: Sharing"
    VAPP_VIEW_ACL: Final = "vApp: View ACL"
    VDC_VIEW: Final = "Organization vDC: View"


_EVERY_ROLE = frozenset({Rights.ORGANIZATION_VIEW})
_CONSOLE = _EVERY_ROLE | {"vApp: Use Console", "vApp: Manage VM Password Settings", "vApp: View VM metrics"}
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
    "vApp: Edit VM Properties",
    "vApp: Snapshot Operations",
}
_VAPP_AUTHOR = _VAPP_USER | {
    Rights.CATALOG_VIEW,
    Rights.VAPP_CREATE,
    "Catalog: Add vApp from My Cloud",
    "Organization vDC Compute Policy: View",
    "Organization vDC Named Disk: Create",
    "Organization vDC Named Disk: Delete",
    "Organization vDC Named Disk: Edit Properties",
    "Organization vDC Named Disk: View Encryption Status",
    "Organization vDC: VM-VM Affinity Edit",
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
    "Organization vDC Network: Edit Properties",
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
