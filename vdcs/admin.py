"""The portal's pages of VDCs, storage policies and networks."""

from django.contrib import admin
from unfold.admin import ModelAdmin

from ssvirt.api.admin import ReadOnlyAdmin
from vdcs.models import (
    ComputePolicy,
    EdgeGateway,
    IpAllocation,
    IpRange,
    Network,
    ProviderVdc,
    StoragePolicy,
    Vdc,
    VdcComputePolicy,
    VdcStoragePolicy,
)


@admin.register(ProviderVdc)
class ProviderVdcAdmin(ModelAdmin):
    """The provider's own facts: no task owns them."""

    list_display = ("name", "cluster", "is_enabled")
    list_select_related = ("cluster",)


@admin.register(StoragePolicy)
class StoragePolicyAdmin(ModelAdmin):
    list_display = ("name", "provider_vdc", "storage_class", "is_enabled")
    list_select_related = ("provider_vdc",)


@admin.register(Vdc)
class VdcAdmin(ReadOnlyAdmin):
    list_display = ("name", "org", "namespace", "realization", "is_enabled", "used_vms", "vm_quota")
    list_filter = ("realization", "is_enabled", "org")
    search_fields = ("name", "namespace")
    list_select_related = ("org",)


@admin.register(VdcStoragePolicy)
class VdcStoragePolicyAdmin(ReadOnlyAdmin):
    list_display = ("vdc", "policy", "used_mb", "limit_mb", "is_default", "is_enabled")
    list_select_related = ("vdc", "policy")


@admin.register(Network)
class NetworkAdmin(ReadOnlyAdmin):
    list_display = ("name", "vdc", "kind", "gateway", "prefix_length", "realization", "is_primary")
    list_filter = ("kind", "realization")
    search_fields = ("name",)
    list_select_related = ("vdc",)


@admin.register(IpRange)
class IpRangeAdmin(ReadOnlyAdmin):
    list_display = ("network", "start", "end")
    list_select_related = ("network",)


@admin.register(IpAllocation)
class IpAllocationAdmin(ReadOnlyAdmin):
    list_display = ("network", "address", "nic_id")
    search_fields = ("address",)
    list_select_related = ("network",)


@admin.register(ComputePolicy)
class ComputePolicyAdmin(ModelAdmin):
    """Sizing policies are the provider's own facts."""

    list_display = ("name", "provider_vdc", "cpus", "cores_per_socket", "memory_mb", "instance_type")
    list_select_related = ("provider_vdc",)


@admin.register(VdcComputePolicy)
class VdcComputePolicyAdmin(ReadOnlyAdmin):
    list_display = ("vdc", "policy", "is_default")
    list_select_related = ("vdc", "policy")


@admin.register(EdgeGateway)
class EdgeGatewayAdmin(ReadOnlyAdmin):
    list_display = ("name", "vdc")
    list_select_related = ("vdc",)
