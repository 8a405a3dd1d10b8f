"""The portal's pages of vApps and VMs."""

from django.contrib import admin

from orgs.models import MetadataEntry
from ssvirt.api.admin import ReadOnlyAdmin
from vapps.models import Disk, Nic, VApp, VAppNetwork, Vm


@admin.register(VApp)
class VAppAdmin(ReadOnlyAdmin):
    list_display = ("name", "org", "vdc", "owner", "state", "projected_state", "created_at")
    list_filter = ("state", "org")
    search_fields = ("name", "id")
    list_select_related = ("org", "vdc", "owner")


@admin.register(VAppNetwork)
class VAppNetworkAdmin(ReadOnlyAdmin):
    list_display = ("name", "vapp", "fence_mode", "parent")
    list_select_related = ("vapp", "parent")


@admin.register(Vm)
class VmAdmin(ReadOnlyAdmin):
    list_display = ("name", "org", "vapp", "state", "observed_status", "observed_node", "cpus", "memory_mb")
    list_filter = ("state", "observed_status", "org")
    search_fields = ("name", "id")
    list_select_related = ("org", "vapp")


@admin.register(Disk)
class DiskAdmin(ReadOnlyAdmin):
    list_display = ("vm", "position", "size_mb", "observed_phase", "observed_progress")
    list_select_related = ("vm",)


@admin.register(Nic)
class NicAdmin(ReadOnlyAdmin):
    list_display = ("vm", "position", "mode", "address", "observed_address", "mac")
    search_fields = ("address", "mac")
    list_select_related = ("vm",)


@admin.register(MetadataEntry)
class MetadataEntryAdmin(ReadOnlyAdmin):
    list_display = ("entity_id", "domain", "key", "value")
    search_fields = ("entity_id", "key")
