"""The portal's pages of vApps and VMs."""

from django.contrib import admin

from ssvirt.api.admin import ReadOnlyAdmin
from vapps.models import (
    AffinityRule,
    AffinityRuleVm,
    ConsoleTicket,
    Disk,
    NamedDisk,
    Nic,
    SecurityTag,
    Snapshot,
    VApp,
    VAppNetwork,
    Vm,
)


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


@admin.register(NamedDisk)
class NamedDiskAdmin(ReadOnlyAdmin):
    list_display = ("name", "org", "vdc", "owner", "size_mb", "observed_phase")
    search_fields = ("name", "id")
    list_select_related = ("org", "vdc", "owner")


@admin.register(Snapshot)
class SnapshotAdmin(ReadOnlyAdmin):
    list_display = ("vm", "is_current", "was_on", "size_mb", "observed_phase", "created_at")
    list_select_related = ("vm",)


@admin.register(SecurityTag)
class SecurityTagAdmin(ReadOnlyAdmin):
    list_display = ("vm", "tag")
    search_fields = ("tag",)
    list_select_related = ("vm",)


@admin.register(AffinityRule)
class AffinityRuleAdmin(ReadOnlyAdmin):
    list_display = ("name", "vdc", "is_affinity", "is_mandatory", "is_enabled")
    list_select_related = ("vdc",)


@admin.register(AffinityRuleVm)
class AffinityRuleVmAdmin(ReadOnlyAdmin):
    list_display = ("rule", "vm")
    list_select_related = ("rule", "vm")


@admin.register(ConsoleTicket)
class ConsoleTicketAdmin(ReadOnlyAdmin):
    list_display = ("vm", "user_name", "expires_at", "used_at")
    fields = ("vm", "user_name", "expires_at", "used_at")
    list_select_related = ("vm",)
