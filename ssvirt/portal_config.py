"""Makes the portal's site Django admin's default one."""

from django.contrib.admin.apps import AdminConfig


class PortalConfig(AdminConfig):
    default_site = "ssvirt.portal.PortalSite"
