"""Live migration: a VirtualMachineInstanceMigration moves its VMI to another node.

    Pending -> Scheduling -> Scheduled -> PreparingTarget -> TargetReady -> Running -> Succeeded | Failed

Source: kubevirt pkg/virt-controller/watch/migration; api/core/v1 VirtualMachineInstanceMigrationPhase.
"""

from compute.emulator.behaviour import launcher
from compute.emulator.behaviour.addresses import network_status
from compute.emulator.behaviour.client import ApiFailure
from compute.emulator.behaviour.engine import Context, Controller, Name, itself
from compute.emulator.behaviour.feed import Cache
from compute.emulator.behaviour.kinds import MIGRATION, POD, VMI
from compute.emulator.behaviour.scheduling import Scheduler
from compute.emulator.values import Json, dig, is_true, meta, planted, timestamp

FINALIZER = "kubevirt.io/migrationJobFinalize"
MIGRATION_JOB = "kubevirt.io/migrationJobUID"
_FINAL = {"Succeeded", "Failed"}
_NEXT = {
    "Scheduling": "Scheduled",
    "Scheduled": "PreparingTarget",
    "PreparingTarget": "TargetReady",
    "TargetReady": "Running",
}


class MigrationController:
    """Reconciles migrations; the scheduler finds their target nodes."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler

    def controller(self) -> Controller:
        return Controller("migration-controller", {MIGRATION.id: itself, VMI.id: _of_vmi}, self.reconcile)

    def reconcile(self, ctx: Context, namespace: str, name: str) -> None:
        """One step of one migration."""
        migration = ctx.cache.get(MIGRATION, namespace, name)
        if migration is None:
            return
        phase = dig(migration, "status", "phase", default="")
        if phase in _FINAL or meta(migration).get("deletionTimestamp"):
            _finish(ctx, migration)
            return
        vmi = ctx.cache.get(VMI, namespace, dig(migration, "spec", "vmiName", default=""))
        if vmi is None or meta(vmi).get("deletionTimestamp") or dig(vmi, "status", "phase") != "Running":
            self._end(ctx, migration, vmi, "Failed", "VMI is not running")
            return
        match phase:
            case "":
                self._begin(ctx, migration, vmi)
            case "Pending":
                self._make_target(ctx, migration, vmi)
            case "Running":
                if ctx.is_due(migration, "migrate", ctx.timings.migrate_s):
                    self._switch(ctx, migration, vmi)
            case _:
                self._advance(ctx, migration, vmi, _NEXT[phase])

    def _begin(self, ctx: Context, migration: Json, vmi: Json) -> None:
        others = [
            other
            for other in ctx.cache.list(MIGRATION, meta(migration)["namespace"])
            if dig(other, "spec", "vmiName") == meta(vmi)["name"]
            and dig(other, "status", "phase", default="") not in _FINAL | {""}
        ]
        if others:
            self._end(ctx, migration, vmi, "Failed", "in-flight migration detected")
        elif not is_true(vmi, "LiveMigratable"):
            self._end(ctx, migration, None, "Failed", "VMI is not migratable")
        elif FINALIZER not in (meta(migration).get("finalizers") or []):
            finalizers = [*(meta(migration).get("finalizers") or []), FINALIZER]
            ctx.client.merge(MIGRATION, migration, {"metadata": {"finalizers": finalizers}})
        else:
            _to_phase(ctx, migration, "Pending")

    def _make_target(self, ctx: Context, migration: Json, vmi: Json) -> None:
        source = _source_pod(ctx, vmi)
        if source is None:
            self._end(ctx, migration, vmi, "Failed", "source pod is gone")
            return
        entries = network_status(source)
        pod = launcher.manifest(
            vmi, entries, with_limits=_has_limits(source), made_for=meta(migration)["uid"]
        )
        pod["metadata"]["annotations"][MIGRATION_JOB] = meta(migration)["uid"]
        pod["spec"]["nodeSelector"] |= dig(migration, "spec", "addedNodeSelector", default={})
        node, why = self._scheduler.choose(
            ctx.cache, pod, other_than=dig(vmi, "status", "nodeName", default="")
        )
        if not node:
            self._end(ctx, migration, vmi, "Failed", why)
            return
        pod["spec"]["nodeName"] = node
        try:
            ctx.client.ensure(POD, pod)
        except ApiFailure as failure:
            if failure.code != 403:
                raise
            self._end(ctx, migration, vmi, "Failed", failure.message)
            return
        _to_phase(ctx, migration, "Scheduling")

    def _advance(self, ctx: Context, migration: Json, vmi: Json, phase: str) -> None:
        if phase == "PreparingTarget":
            target = _target_pod(ctx, migration, vmi)
            if target is None:
                self._end(ctx, migration, vmi, "Failed", "target pod is gone")
                return
            ctx.client.merge(
                POD, target, {"status": {"phase": "Running", "startTime": timestamp()}}, "status"
            )
            source = _source_pod(ctx, vmi)
            state = {
                "migrationUid": meta(migration)["uid"],
                "sourceNode": dig(vmi, "status", "nodeName"),
                "sourcePod": meta(source)["name"] if source is not None else "",
                "targetNode": dig(target, "spec", "nodeName"),
                "targetPod": meta(target)["name"],
                "startTimestamp": timestamp(),
                "mode": "PreCopy",
            }
            ctx.client.update(VMI, planted(vmi, ("status", "migrationState"), state))
        _to_phase(ctx, migration, phase)

    def _switch(self, ctx: Context, migration: Json, vmi: Json) -> None:
        """The guest goes on at the target; the source pod ends."""
        target, source = _target_pod(ctx, migration, vmi), _source_pod(ctx, vmi)
        if target is None:
            self._end(ctx, migration, vmi, "Failed", "target pod is gone")
            return
        node = dig(target, "spec", "nodeName")
        state = dig(vmi, "status", "migrationState", default={}) | {
            "completed": True,
            "endTimestamp": timestamp(),
            "targetNodeDomainDetected": True,
        }
        moved = planted(vmi, ("status", "migrationState"), state)
        moved = planted(moved, ("status", "nodeName"), node)
        moved = planted(moved, ("status", "activePods"), {meta(target)["uid"]: node})
        moved = planted(moved, ("metadata", "labels", "kubevirt.io/nodeName"), node)
        ctx.client.update(VMI, moved)
        if source is not None:
            ctx.client.delete(POD, source)
        _to_phase(ctx, migration, "Succeeded", state)

    def _end(self, ctx: Context, migration: Json, vmi: Json | None, phase: str, why: str) -> None:
        """Give up: the target pod goes, the VMI stays where it is."""
        state: Json = {}
        if vmi is not None:
            target = _target_pod(ctx, migration, vmi)
            if target is not None:
                ctx.client.delete(POD, target)
            state = dig(vmi, "status", "migrationState", default={})
            if state.get("migrationUid") == meta(migration)["uid"]:
                state = state | {
                    "completed": True,
                    "failed": True,
                    "failureReason": why,
                    "endTimestamp": timestamp(),
                }
                ctx.client.update(VMI, planted(vmi, ("status", "migrationState"), state))
            else:
                state = {}
        _to_phase(ctx, migration, phase, state or {"failed": True, "completed": True, "failureReason": why})


def _of_vmi(vmi: Json, is_gone: bool, cache: Cache) -> list[Name]:
    """The migration that is moving the VMI."""
    uid = dig(vmi, "status", "migrationState", "migrationUid")
    if not uid and not is_gone:
        return []
    found = cache.list(MIGRATION, meta(vmi)["namespace"])
    return [
        (meta(m)["namespace"], meta(m)["name"])
        for m in found
        if dig(m, "spec", "vmiName") == meta(vmi)["name"] and dig(m, "status", "phase") not in _FINAL
    ]


def _target_pod(ctx: Context, migration: Json, vmi: Json) -> Json | None:
    uid = meta(migration)["uid"]
    pods = launcher.pods_of(ctx.cache, vmi)
    return next((p for p in pods if dig(p, "metadata", "annotations", MIGRATION_JOB) == uid), None)


def _source_pod(ctx: Context, vmi: Json) -> Json | None:
    return launcher.active_pod(ctx.cache, vmi)


def _has_limits(pod: Json) -> bool:
    return any(dig(c, "resources", "limits") for c in dig(pod, "spec", "containers", default=[]))


def _to_phase(ctx: Context, migration: Json, phase: str, state: Json | None = None) -> None:
    status: Json = dict(migration.get("status") or {})
    times = [*(status.get("phaseTransitionTimestamps") or [])]
    times.append({"phase": phase, "phaseTransitionTimestamp": timestamp()})
    status |= {"phase": phase, "phaseTransitionTimestamps": times}
    if state:
        status["migrationState"] = state
    ctx.client.update_status(MIGRATION, migration, status)


def _finish(ctx: Context, migration: Json) -> None:
    """Let a finished migration be deleted; one that is deleted under way is given up."""
    finalizers = meta(migration).get("finalizers") or []
    if FINALIZER not in finalizers:
        return
    phase = dig(migration, "status", "phase", default="")
    if phase not in _FINAL:
        vmi = ctx.cache.get(VMI, meta(migration)["namespace"], dig(migration, "spec", "vmiName", default=""))
        target = _target_pod(ctx, migration, vmi) if vmi is not None else None
        if target is not None:
            ctx.client.delete(POD, target)
        if vmi is not None and dig(vmi, "status", "migrationState", "migrationUid") == meta(migration)["uid"]:
            state = vmi["status"]["migrationState"] | {
                "completed": True,
                "failed": True,
                "abortStatus": "Succeeded",
            }
            ctx.client.update(
                VMI, planted(vmi, ("status", "migrationState"), state | {"endTimestamp": timestamp()})
            )
    left = [f for f in finalizers if f != FINALIZER]
    ctx.client.merge(MIGRATION, migration, {"metadata": {"finalizers": left}})
