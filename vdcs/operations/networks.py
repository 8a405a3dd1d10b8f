"""Making, changing and removing networks on the cluster."""

from compute import manifests
from compute.specs import UdnSpec
from orgs.services import metadata_forget
from tasks.models import Task
from tasks.registry import Operation, Outcome, Run, Wait, register
from vdcs.models import Network, Realization
from vdcs.selectors import network_get, vdc_client, vdc_get
from vdcs.services import network_change, network_require_unused


@register
class CreateNetwork(Operation):
    """A secondary layer 2 network in the VDC's namespace; the primary one is there already."""

    name = "networkCreateOrgVdcNetwork"
    steps = ("ensure_network", "network_ready")
    undo_steps = ("remove_network",)

    def ensure_network(self, run: Run) -> Outcome:
        network = network_get(run.task.owner_id)
        if network.is_primary:
            return None
        vdc = vdc_get(network.vdc_id)
        spec = UdnSpec(
            namespace=vdc.namespace, name=network.udn_name, role="Secondary", cidr=None, network_id=network.pk
        )
        made = vdc_client(vdc).apply(manifests.user_defined_network(spec))
        run.notes["network_uid"] = made["metadata"]["uid"]
        return None

    def network_ready(self, run: Run) -> Outcome:
        network = network_get(run.task.owner_id)
        if network.is_primary or network.observed_uid == run.notes["network_uid"]:
            return None
        run.notes["waiting_for"] = f"the network {network.udn_name}"
        return Wait()

    def remove_network(self, run: Run) -> Outcome:
        network = network_get(run.task.owner_id)
        if not network.is_primary:
            vdc = vdc_get(network.vdc_id)
            vdc_client(vdc).delete("UserDefinedNetwork", network.udn_name, vdc.namespace)
        return None

    def succeeded(self, task: Task) -> None:
        Network.objects.filter(pk=task.owner_id).update(realization=Realization.READY)

    def failed(self, task: Task) -> None:
        Network.objects.filter(pk=task.owner_id).update(realization=Realization.FAILED)


@register
class UpdateNetwork(Operation):
    """Rows only: a secondary network carries frames without knowing addresses, a primary one's are fixed."""

    name = "networkUpdateNetwork"
    steps = ("change_network",)

    def change_network(self, run: Run) -> Outcome:
        network_change(network_id=run.task.owner_id, change=run.args["change"])
        return None


@register
class DeleteNetwork(Operation):
    """Removes the UserDefinedNetwork, then the row. A primary network stays with its namespace."""

    name = "networkDelete"
    steps = ("judge_again", "remove_network", "network_gone")

    def plan(self, args: dict[str, object]) -> list[str]:
        return ["judge_again"] if args.get("is_primary") else list(self.steps)

    def may_cancel(self, task: Task) -> bool:
        """Not once the network may have been removed."""
        return task.step == 0

    def judge_again(self, run: Run) -> Outcome:
        network_require_unused(network_get(run.task.owner_id))
        return None

    def remove_network(self, run: Run) -> Outcome:
        network = network_get(run.task.owner_id)
        vdc = vdc_get(network.vdc_id)
        vdc_client(vdc).delete("UserDefinedNetwork", network.udn_name, vdc.namespace)
        return None

    def network_gone(self, run: Run) -> Outcome:
        """Nothing of it is observed any more.

        One that was never observed may have been applied a moment ago: the cluster is asked once, since no
        event will tell of an object that the watch has not seen.
        """
        network = network_get(run.task.owner_id)
        vdc = vdc_get(network.vdc_id)
        if (
            not network.observed_uid
            and vdc_client(vdc).get("UserDefinedNetwork", network.udn_name, vdc.namespace) is None
        ):
            return None
        run.notes["waiting_for"] = f"the network {network.udn_name} to be removed"
        return Wait(seconds=5)

    def succeeded(self, task: Task) -> None:
        metadata_forget([task.owner_id])
        Network.objects.filter(pk=task.owner_id).delete()


@register
class ResetNetwork(Operation):
    """Nothing to do: no network of the cluster has a state that a reset would clear."""

    name = "networkResetNetwork"
    steps = ()
