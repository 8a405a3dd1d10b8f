"""Media in the CD drive of a machine: its own copy of the medium, in the tray that every machine has."""

import uuid
from dataclasses import replace

from catalogs.selectors import media_get
from compute import manifests, names
from compute.observe import OVER_QUOTA, observe_data_volume
from ssvirt.core.errors import VcdError
from tasks.models import Task
from tasks.registry import Outcome, Run, Wait, register
from vapps.models import Vm
from vapps.operations.changing import MachineChange
from vapps.operations.volumes import remove_volume
from vapps.services.disks import require_change
from vapps.services.media import require_inserted, require_ready
from vapps.specs import medium_spec, vm_spec
from vdcs.selectors import vdc_client


class MediumChange(MachineChange):
    """There is no way back where the copy that is no longer needed begins to go."""

    final_steps = ("remove_medium",)

    def delete_copy(self, vm: Vm, media_id: uuid.UUID) -> None:
        remove_volume(vm.vdc, names.cd_volume_name(vm.pk, media_id))


@register
class InsertMedium(MediumChange):
    """The machine's copy is cloned from the medium's DataSource, and put into the tray. Source: kubernetes.md 1.7."""

    name = "vappInsertCdFloppy"
    steps = ("judge", "ensure_copy", "copy_ready", "ensure_inserted", "medium_inserted", "remove_medium")
    undo_steps = ("restore_machine", "remove_copy")

    def media_id(self, run: Run) -> uuid.UUID:
        return uuid.UUID(run.args["media_id"])

    def judge(self, run: Run) -> Outcome:
        vm = self.vm(run)
        require_change(vm, "insertMedia", vm.state)
        require_ready(media_get(self.media_id(run)))
        return None

    def ensure_copy(self, run: Run) -> Outcome:
        """The namespace may clone the medium, and does. An earlier copy that is still going is waited for."""
        vm, media = self.vm(run), media_get(self.media_id(run))
        client = vdc_client(vm.vdc)
        for manifest in manifests.clone_access(
            source_namespace=media.source_namespace, target_namespace=vm.vdc.namespace
        ):
            client.apply(manifest)
        made = client.apply(manifests.data_volume(medium_spec(vm, media)))
        if observe_data_volume(made).deleting:
            run.notes["waiting_for"] = f"an earlier copy of {media.name} to be removed"
            return Wait(seconds=2)
        return None

    def copy_ready(self, run: Run) -> Outcome:
        """The copy has no row of its own: the cluster is asked, at each of the volume's events."""
        vm = self.vm(run)
        volume = names.cd_volume_name(vm.pk, self.media_id(run))
        found = vdc_client(vm.vdc).get("DataVolume", volume, vm.vdc.namespace)
        if found is None:
            raise VcdError(f'The copy of the media for the VM "{vm.name}" is gone.')
        seen = observe_data_volume(found)
        if seen.is_ready:
            return None
        if seen.is_failed or OVER_QUOTA in seen.message:
            raise VcdError(
                f'The media could not be copied for the VM "{vm.name}": {seen.message or "failed"}'
            )
        run.notes["waiting_for"] = seen.message or f"the copy of the media ({seen.phase or 'pending'})"
        return Wait(progress=seen.progress_percent)

    def ensure_inserted(self, run: Run) -> Outcome:
        vm = self.vm(run)
        volume = names.cd_volume_name(vm.pk, self.media_id(run))
        self.write(run, vm, replace(vm_spec(vm), cd_volume=volume))
        return None

    def medium_inserted(self, run: Run) -> Outcome:
        vm = self.vm(run)
        return self.wait_volumes(run, present=[names.cd_volume_name(vm.pk, self.media_id(run))])

    def remove_medium(self, run: Run) -> Outcome:
        """What was in the tray before."""
        vm = self.vm(run)
        if vm.media_id not in (None, self.media_id(run)):
            self.delete_copy(vm, vm.media_id)
        return None

    def remove_copy(self, run: Run) -> Outcome:
        vm = self.vm(run)
        if vm.media_id != self.media_id(run):
            self.delete_copy(vm, self.media_id(run))
        return None

    def succeeded(self, task: Task) -> None:
        Vm.objects.filter(pk__in=task.args["vm_ids"]).update(media_id=task.args["media_id"])
        self.settle(task)


@register
class EjectMedium(MediumChange):
    """The tray is emptied, then the machine's copy goes."""

    name = "vappEjectCdFloppy"
    steps = ("judge", "ensure_ejected", "medium_ejected", "remove_medium")

    def judge(self, run: Run) -> Outcome:
        vm, asked = self.vm(run), run.args["media_id"]
        require_change(vm, "ejectMedia", vm.state)
        require_inserted(vm, vm.media_id, uuid.UUID(asked) if asked else None)
        return None

    def ensure_ejected(self, run: Run) -> Outcome:
        vm = self.vm(run)
        self.write(run, vm, replace(vm_spec(vm), cd_volume=None))
        return None

    def medium_ejected(self, run: Run) -> Outcome:
        vm = self.vm(run)
        return self.wait_volumes(run, absent=[names.cd_volume_name(vm.pk, vm.media_id)])

    def remove_medium(self, run: Run) -> Outcome:
        vm = self.vm(run)
        if vm.media_id is not None:
            self.delete_copy(vm, vm.media_id)
        return None

    def succeeded(self, task: Task) -> None:
        Vm.objects.filter(pk__in=task.args["vm_ids"]).update(media=None)
        self.settle(task)
