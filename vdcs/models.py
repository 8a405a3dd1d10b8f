"""Provider VDCs, organization VDCs, storage policies, networks and their addresses."""

import uuid

from django.db import models

from ssvirt.core.tenancy import TenantModel


class ProviderVdc(models.Model):
    """A cluster as the provider offers it. Global: tenants see only its name, through their VDCs."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=128, unique=True)
    description = models.CharField(max_length=256, blank=True)
    cluster = models.ForeignKey("compute.Cluster", on_delete=models.PROTECT, related_name="+")
    is_enabled = models.BooleanField(default=True)

    class Meta:
        verbose_name = "provider VDC"
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class StoragePolicy(models.Model):
    """A StorageClass under the name tenants know. Global: belongs to a provider VDC."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    provider_vdc = models.ForeignKey(ProviderVdc, on_delete=models.PROTECT, related_name="storage_policies")
    name = models.CharField(max_length=128)
    storage_class = models.CharField(max_length=253)
    is_enabled = models.BooleanField(default=True)

    class Meta:
        verbose_name_plural = "storage policies"
        ordering = ("name",)
        constraints = (models.UniqueConstraint("provider_vdc", "name", name="vdcs_storage_policy_name"),)

    def __str__(self) -> str:
        return self.name


class AllocationModel(models.TextChoices):
    """Source: vdc.xsd VdcType/AllocationModel; the strings are VCD's."""

    PAY_AS_YOU_GO = "AllocationVApp"
    ALLOCATION_POOL = "AllocationPool"
    RESERVATION_POOL = "ReservationPool"
    FLEX = "Flex"


class Realization(models.TextChoices):
    """Whether an entity's objects are on the cluster."""

    CREATING = "creating"
    READY = "ready"
    FAILED = "failed"


class Vdc(TenantModel):
    """An organization VDC: a namespace with quotas, and counters of what its content has committed.

    The `used_*` counters change only by the conditional UPDATEs of `vdcs.services.vdc_charge` and
    `vdc_release`. A limit of 0 means no limit.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=128)
    description = models.CharField(max_length=256, blank=True)
    provider_vdc = models.ForeignKey(ProviderVdc, on_delete=models.PROTECT, related_name="+")
    allocation_model = models.CharField(
        max_length=32, choices=AllocationModel, default=AllocationModel.PAY_AS_YOU_GO
    )
    is_enabled = models.BooleanField(default=True)
    realization = models.CharField(max_length=16, choices=Realization, default=Realization.CREATING)
    namespace = models.CharField(max_length=63)
    primary_cidr = models.CharField(max_length=18, help_text="Subnet of the namespace's primary network")
    cpu_limit_mhz = models.BigIntegerField(default=0)
    memory_limit_mb = models.BigIntegerField(default=0)
    vcpu_mhz = models.PositiveIntegerField(default=1000)
    vm_quota = models.PositiveIntegerField(default=0)
    nic_quota = models.PositiveIntegerField(default=0)
    network_quota = models.PositiveIntegerField(default=0)
    used_vms = models.PositiveIntegerField(default=0)
    used_cpu_mhz = models.BigIntegerField(default=0)
    used_memory_mb = models.BigIntegerField(default=0)
    observed_namespace_uid = models.CharField(max_length=64, blank=True)
    observed_namespace_phase = models.CharField(max_length=32, blank=True)
    observed_primary_network_uid = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "VDC"
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint("org", "name", name="vdcs_vdc_name"),
            models.UniqueConstraint("provider_vdc", "namespace", name="vdcs_vdc_namespace"),
            models.CheckConstraint(
                condition=models.Q(used_cpu_mhz__gte=0, used_memory_mb__gte=0),
                name="vdcs_vdc_use_not_negative",
            ),
        )

    def __str__(self) -> str:
        return self.name


class VdcStoragePolicy(TenantModel):
    """A storage policy as a VDC may use it, with its own limit (0 = none) and use in MB."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    vdc = models.ForeignKey(Vdc, on_delete=models.CASCADE, related_name="storage_policies")
    policy = models.ForeignKey(StoragePolicy, on_delete=models.PROTECT, related_name="+")
    limit_mb = models.BigIntegerField(default=0)
    used_mb = models.BigIntegerField(default=0)
    is_default = models.BooleanField(default=False)
    is_enabled = models.BooleanField(default=True)

    class Meta:
        verbose_name = "VDC storage policy"
        verbose_name_plural = "VDC storage policies"
        ordering = ("-is_default", "policy__name")
        constraints = (
            models.UniqueConstraint("vdc", "policy", name="vdcs_vdc_storage_policy_once"),
            models.UniqueConstraint(
                "vdc", condition=models.Q(is_default=True), name="vdcs_vdc_storage_policy_one_default"
            ),
            models.CheckConstraint(condition=models.Q(used_mb__gte=0), name="vdcs_storage_use_not_negative"),
        )

    def __str__(self) -> str:
        return f"{self.policy.name}"


SYSTEM_DEFAULT_POLICY = "System Default"
"""VCD's name of the compute policy that sets nothing; every VDC has it."""


class ComputePolicy(models.Model):
    """A VM sizing policy: what it sets, VMs of that policy have. Global: tenants see those of their VDCs.

    Empty values leave the VM's own. `instance_type` names the cluster's VirtualMachineClusterInstancetype that
    the policy stands for, if any. Source: CloudAPI VdcComputePolicy.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    provider_vdc = models.ForeignKey(
        ProviderVdc, null=True, blank=True, on_delete=models.CASCADE, related_name="compute_policies"
    )
    name = models.CharField(max_length=128)
    description = models.CharField(max_length=256, blank=True)
    cpus = models.PositiveSmallIntegerField(null=True, blank=True)
    cores_per_socket = models.PositiveSmallIntegerField(null=True, blank=True)
    cpu_speed_mhz = models.PositiveIntegerField(null=True, blank=True)
    memory_mb = models.PositiveIntegerField(null=True, blank=True)
    instance_type = models.CharField(max_length=253, blank=True)
    data = models.JSONField(
        default=dict, blank=True, help_text="Reservation, limit and shares, as the client gave them"
    )

    class Meta:
        verbose_name_plural = "compute policies"
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(
                "provider_vdc", "name", name="vdcs_compute_policy_name", nulls_distinct=False
            ),
        )

    def __str__(self) -> str:
        return self.name


class VdcComputePolicy(TenantModel):
    """A compute policy that VMs of a VDC may have. Each VDC has one default."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    vdc = models.ForeignKey(Vdc, on_delete=models.CASCADE, related_name="compute_policies")
    policy = models.ForeignKey(ComputePolicy, on_delete=models.PROTECT, related_name="assignments")
    is_default = models.BooleanField(default=False)

    class Meta:
        verbose_name = "VDC compute policy"
        verbose_name_plural = "VDC compute policies"
        ordering = ("-is_default", "policy__name")
        constraints = (
            models.UniqueConstraint("vdc", "policy", name="vdcs_vdc_compute_policy_once"),
            models.UniqueConstraint(
                "vdc", condition=models.Q(is_default=True), name="vdcs_vdc_compute_policy_one_default"
            ),
        )

    def __str__(self) -> str:
        return f"{self.policy.name}"


class EdgeGateway(TenantModel):
    """The router of a VDC's routed networks: the way out of its primary network. One per VDC."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    vdc = models.OneToOneField(Vdc, on_delete=models.CASCADE, related_name="edge_gateway")
    name = models.CharField(max_length=128)
    description = models.CharField(max_length=256, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class NetworkKind(models.TextChoices):
    """Source: network.xsd FenceModeType and the NetworkLinkType of query records."""

    ISOLATED = "isolated"
    ROUTED = "natRouted"
    DIRECT = "bridged"


class Network(TenantModel):
    """An organization VDC network. `udn_name` is its UserDefinedNetwork in the VDC's namespace.

    `is_primary`: this network is the namespace's primary network (the VDC's first routed one), which the
    VDC's creation has made already. `vapp_id`: the network is a vApp's own, isolated one, and belongs to no
    list of the VDC's networks.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    vdc = models.ForeignKey(Vdc, on_delete=models.PROTECT, related_name="networks")
    name = models.CharField(max_length=128)
    description = models.CharField(max_length=256, blank=True)
    kind = models.CharField(max_length=16, choices=NetworkKind)
    realization = models.CharField(max_length=16, choices=Realization, default=Realization.CREATING)
    gateway = models.GenericIPAddressField(protocol="IPv4")
    prefix_length = models.PositiveSmallIntegerField()
    dns1 = models.GenericIPAddressField(protocol="IPv4", null=True, blank=True)
    dns2 = models.GenericIPAddressField(protocol="IPv4", null=True, blank=True)
    dns_suffix = models.CharField(max_length=253, blank=True)
    is_shared = models.BooleanField(default=False)
    is_primary = models.BooleanField(default=False)
    udn_name = models.CharField(max_length=63)
    vapp_id = models.UUIDField(null=True, blank=True, db_index=True)
    edge_gateway = models.ForeignKey(
        EdgeGateway, null=True, blank=True, on_delete=models.PROTECT, related_name="networks"
    )
    observed_uid = models.CharField(max_length=64, blank=True, help_text="Set once the cluster has made it")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "org VDC network"
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(
                "vdc", "name", condition=models.Q(vapp_id__isnull=True), name="vdcs_network_name"
            ),
            models.UniqueConstraint("vdc", "udn_name", name="vdcs_network_udn"),
            models.UniqueConstraint(
                "vdc", condition=models.Q(is_primary=True), name="vdcs_network_one_primary"
            ),
            models.CheckConstraint(
                condition=models.Q(prefix_length__gte=8, prefix_length__lte=30), name="vdcs_network_prefix"
            ),
        )

    def __str__(self) -> str:
        return self.name


class IpRange(TenantModel):
    """A range of a network's static pool, both ends included."""

    id = models.BigAutoField(primary_key=True)
    network = models.ForeignKey(Network, on_delete=models.CASCADE, related_name="ranges")
    start = models.GenericIPAddressField(protocol="IPv4")
    end = models.GenericIPAddressField(protocol="IPv4")

    class Meta:
        ordering = ("start",)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(start__lte=models.F("end")), name="vdcs_ip_range_order"
            ),
        )

    def __str__(self) -> str:
        return f"{self.start}-{self.end}"


class IpAllocation(TenantModel):
    """An address of a network that is in use by a NIC. The unique key is what keeps it from being given
    twice.
    """

    id = models.BigAutoField(primary_key=True)
    network = models.ForeignKey(Network, on_delete=models.PROTECT, related_name="allocations")
    address = models.GenericIPAddressField(protocol="IPv4")
    nic_id = models.UUIDField(db_index=True)
    held_by = models.UUIDField(
        null=True,
        blank=True,
        db_index=True,
        help_text="The VM whose running machine has the address still, though its card has given it up",
    )
    instance_uid = models.CharField(
        max_length=64, blank=True, db_default="", help_text="That machine's running instance"
    )

    class Meta:
        constraints = (
            models.UniqueConstraint("network", "address", name="vdcs_ip_allocation_once"),
            models.UniqueConstraint("nic_id", name="vdcs_ip_allocation_per_nic"),
        )

    def __str__(self) -> str:
        return f"{self.address}"
