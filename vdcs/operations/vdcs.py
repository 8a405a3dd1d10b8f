"""Making VDCs on the cluster."""

from compute import manifests
from compute.specs import NamespaceSpec, QuotaSpec, UdnSpec
from tasks.models import Task
from tasks.registry import Operation, Outcome, Run, Wait, register
from vdcs import addresses
from vdcs.models import Realization, Vdc
from vdcs.selectors import storage_policies_of, vdc_client, vdc_get
from vdcs.services import PRIMARY_UDN


@register
class CreateVdc(Operation):
    """Namespace with quota, fences and the default primary network.

    The namespace carries the primary-UDN label from the start; without a primary network no pod would run
    in it.
    Source: kubernetes.md 3.1.
    """

    name = "vdcCreateVdc"
    steps = ("ensure_namespace", "ensure_fences", "ensure_primary_network", "namespace_ready")

    def ensure_namespace(self, run: Run) -> Outcome:
        vdc = vdc_get(run.task.owner_id)
        spec = NamespaceSpec(
            name=vdc.namespace, org_id=vdc.org_id, org_name=vdc.org.name, vdc_id=vdc.pk, vdc_name=vdc.name
        )
        made = vdc_client(vdc).apply(manifests.namespace(spec))
        run.notes["namespace_uid"] = made["metadata"]["uid"]
        return None

    def ensure_fences(self, run: Run) -> Outcome:
        vdc = vdc_get(run.task.owner_id)
        client = vdc_client(vdc)
        limits = {row.policy.storage_class: row.limit_mb for row in storage_policies_of(vdc) if row.limit_mb}
        quota = QuotaSpec(namespace=vdc.namespace, vm_count=vdc.vm_quota or None, storage_mib_by_class=limits)
        client.apply(manifests.resource_quota(quota))
        for policy in manifests.default_deny_policies(vdc.namespace):
            client.apply(policy)
        return None

    def ensure_primary_network(self, run: Run) -> Outcome:
        vdc = vdc_get(run.task.owner_id)
        spec = UdnSpec(
            namespace=vdc.namespace,
            name=PRIMARY_UDN,
            role="Primary",
            cidr=vdc.primary_cidr,
            reserved_cidrs=addresses.pool_part(vdc.primary_cidr),
        )
        made = vdc_client(vdc).apply(manifests.user_defined_network(spec))
        run.notes["network_uid"] = made["metadata"]["uid"]
        return None

    def namespace_ready(self, run: Run) -> Outcome:
        vdc = vdc_get(run.task.owner_id)
        if (
            vdc.observed_namespace_uid == run.notes["namespace_uid"]
            and vdc.observed_namespace_phase == "Active"
            and vdc.observed_primary_network_uid == run.notes["network_uid"]
        ):
            return None
        run.notes["waiting_for"] = f"the namespace {vdc.namespace} and its primary network"
        return Wait()

    def succeeded(self, task: Task) -> None:
        Vdc.objects.filter(pk=task.owner_id).update(realization=Realization.READY)

    def failed(self, task: Task) -> None:
        Vdc.objects.filter(pk=task.owner_id).update(realization=Realization.FAILED)
