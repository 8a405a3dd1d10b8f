"""VirtualMachineInstance: from a pending object to a running guest, and down again.

       (new) -> Pending -> Scheduling -> Scheduled -> Running -> Succeeded | Failed
    Pending:    volumes, networks and quota let the virt-launcher pod be made
    Scheduling: a node takes the pod, the secrets it mounts are there
    Scheduled:  the guest boots
    Running:    the agent answers a moment later; live changes and migrations happen here

A deletion lets the guest shut down, then removes pod and finalizers.
Source: kubevirt pkg/virt-controller/watch/vmi, pkg/virt-handler; phases in api/core/v1/types.go.
"""

from compute.emulator.behaviour import aaq, launcher, vmi_status
from compute.emulator.behaviour.addresses import AddressBook, NoAddress, cloud_init_sources, network_status
from compute.emulator.behaviour.client import ApiFailure
from compute.emulator.behaviour.conditions import with_condition, without_condition
from compute.emulator.behaviour.engine import Context, Controller, Name, owner
from compute.emulator.behaviour.feed import Cache
from compute.emulator.behaviour.kinds import (
    CLAIM,
    CLUSTER_QUOTA,
    DATA_VOLUME,
    NAD,
    NAMESPACE,
    POD,
    RESOURCE_QUOTA,
    SECRET,
    VMI,
    VMI_QUOTA,
)
from compute.emulator.behaviour.launcher import NotPossible
from compute.emulator.behaviour.scheduling import Scheduler
from compute.emulator.behaviour.vm import drop_finalizers
from compute.emulator.behaviour.vm_status import is_final
from compute.emulator.values import Json, condition, dig, is_true, meta, planted, timestamp


class VmiController:
    """Reconciles VMIs: the scheduler places their pods, the address book knows what is free."""

    def __init__(self, scheduler: Scheduler, book: AddressBook) -> None:
        self._scheduler = scheduler
        self._book = book
        self._waiting: dict[str, set[str]] = {}

    def controller(self) -> Controller:
        """Wakes on VMIs and pods, and looks again at waiting VMIs when what they wait for changes."""
        wakes = {
            VMI.id: self._itself,
            CLAIM.id: self._waiters,
            DATA_VOLUME.id: self._waiters,
            NAD.id: self._waiters,
            SECRET.id: self._waiters,
            RESOURCE_QUOTA.id: self._waiters,
            VMI_QUOTA.id: self._waiters,
            CLUSTER_QUOTA.id: self._every_waiter,
            POD.id: self._pod_owner,
            NAMESPACE.id: self._waiters,
        }
        return Controller("virt-handler", wakes, self.reconcile)

    def _itself(self, vmi: Json, is_gone: bool, cache: Cache) -> list[Name]:
        namespace, name = meta(vmi)["namespace"], meta(vmi)["name"]
        is_waiting = dig(vmi, "status", "phase") in {
            "Pending",
            "Scheduling",
        } or vmi_status.has_pending_hotplug(vmi)
        waiting = self._waiting.setdefault(namespace, set())
        if is_waiting and not is_gone:
            waiting.add(name)
        else:
            waiting.discard(name)
            if not waiting:
                del self._waiting[namespace]
        return [(namespace, name)]

    def _every_waiter(self, obj: Json, is_gone: bool, cache: Cache) -> list[Name]:
        return [
            (namespace, name)
            for namespace in sorted(self._waiting)
            for name in sorted(self._waiting[namespace])
        ]

    def _pod_owner(self, pod: Json, is_gone: bool, cache: Cache) -> list[Name]:
        """The pod's VMI; when a pod goes also those that wait for its room."""
        waiting = self._every_waiter(pod, is_gone, cache) if is_gone else []
        return [*owner(VMI)(pod, is_gone, cache), *waiting]

    def _waiters(self, obj: Json, is_gone: bool, cache: Cache) -> list[Name]:
        """The VMIs of the object's namespace that wait for something."""
        namespace = meta(obj).get("namespace") or meta(obj)["name"]
        return [(namespace, name) for name in sorted(self._waiting.get(namespace, ()))]

    def reconcile(self, ctx: Context, namespace: str, name: str) -> None:
        """One step of one VMI."""
        vmi = ctx.cache.get(VMI, namespace, name)
        if vmi is None:
            return
        if meta(vmi).get("deletionTimestamp"):
            self._shut_down(ctx, vmi)
            return
        match dig(vmi, "status", "phase", default=""):
            case "":
                _to_phase(ctx, vmi, "Pending", conditions=vmi_status.initial_conditions())
            case "Pending":
                self._make_pod(ctx, vmi)
            case "Scheduling":
                self._place(ctx, vmi)
            case "Scheduled":
                if _launcher_is_gone(ctx, vmi):
                    return
                if ctx.is_due(vmi, "boot", ctx.timings.boot_s):
                    _to_phase(ctx, vmi_status.booted(ctx.cache, vmi), "Running")
            case "Running":
                if not _launcher_is_gone(ctx, vmi):
                    self._run(ctx, vmi)
            case _:
                for pod in launcher.pods_of(ctx.cache, vmi):
                    ctx.client.delete(POD, pod)

    # ------------------------------------------------------------------ up

    def _make_pod(self, ctx: Context, vmi: Json) -> None:
        pods = launcher.pods_of(ctx.cache, vmi)
        if not pods:
            try:
                _require_volumes(ctx.cache, vmi)
                entries = launcher.network_entries(ctx, self._book, vmi)
                with_limits = launcher.limits_are_asked(ctx, meta(vmi)["namespace"])
                pod = ctx.client.create(POD, launcher.manifest(vmi, entries, with_limits=with_limits))
                self._book.note_pod(pod)
            except NotPossible as why:
                _note_failure(ctx, vmi, why.reason, why.message)
                return
            except NoAddress as why:
                _note_failure(ctx, vmi, "FailedCreatePodSandBox", str(why))
                return
            except ApiFailure as failure:
                if failure.code != 403:
                    raise
                _note_failure(
                    ctx, vmi, "FailedCreate", f"failed to create virtual machine pod: {failure.message}"
                )
                return
        conditions = with_condition(dig(vmi, "status", "conditions", default=[]), "Synchronized", "True")
        _to_phase(ctx, vmi, "Scheduling", conditions=conditions)

    def _place(self, ctx: Context, vmi: Json) -> None:
        if _launcher_is_gone(ctx, vmi):
            return
        pod = launcher.active_pod(ctx.cache, vmi)
        assert pod is not None
        node = dig(pod, "spec", "nodeName", default="")
        conditions: list[Json] = dig(vmi, "status", "conditions", default=[])
        if not node:
            if why := aaq.holding_quota(ctx.cache, vmi):
                conditions = with_condition(conditions, "PodScheduled", "False", "SchedulingGated", why)
                _write(ctx, vmi, planted(vmi, ("status", "conditions"), conditions))
                return
            node, why = self._scheduler.choose(ctx.cache, pod)
            if not node:
                conditions = with_condition(conditions, "PodScheduled", "False", "Unschedulable", why)
                _write(ctx, vmi, planted(vmi, ("status", "conditions"), conditions))
                return
            ctx.client.bind(pod, node)
        if (missing := _missing_secret(ctx.cache, vmi)) is not None:
            conditions = without_condition(conditions, "PodScheduled")
            why = f'MountVolume.SetUp failed: secret "{missing}" not found'
            conditions = with_condition(conditions, "Synchronized", "False", "FailedMount", why)
            _write(ctx, vmi, planted(vmi, ("status", "conditions"), conditions))
            return
        if not ctx.is_due(vmi, "schedule", ctx.timings.schedule_s):
            return
        if dig(pod, "status", "phase") != "Running":
            ctx.client.merge(POD, pod, {"status": _running_pod_status(pod)}, "status")
        conditions = without_condition(conditions, "PodScheduled")
        conditions = with_condition(conditions, "Synchronized", "True")
        vmi = planted(vmi, ("status", "nodeName"), node)
        vmi = planted(vmi, ("status", "activePods"), {meta(pod)["uid"]: node})
        vmi = planted(vmi, ("metadata", "labels", "kubevirt.io/nodeName"), node)
        _to_phase(ctx, vmi, "Scheduled", conditions=conditions)

    # ------------------------------------------------------------------ running

    def _run(self, ctx: Context, vmi: Json) -> None:
        changed = vmi_status.with_hotplug(ctx, vmi)
        is_silent = not is_true(vmi, "AgentConnected") and not is_true(vmi, "Paused")
        if is_silent and ctx.is_due(vmi, f"agent:{vmi_status.boots(vmi)}", ctx.timings.agent_s):
            changed = vmi_status.with_agent(ctx.cache, changed)
        changed = vmi_status.with_live_interfaces(ctx, self._book, changed)
        if _is_growing(changed) and ctx.is_due(vmi, "migrate:resize", ctx.timings.migrate_s):
            changed = vmi_status.with_applied_resize(changed)
        _write(ctx, vmi, changed)

    # ------------------------------------------------------------------ down

    def _shut_down(self, ctx: Context, vmi: Json) -> None:
        if not is_final(vmi):
            pods = launcher.pods_of(ctx.cache, vmi)
            grace = dig(vmi, "spec", "terminationGracePeriodSeconds", default=30)
            is_up = dig(vmi, "status", "phase") == "Running" and bool(pods)
            if is_up and not ctx.is_due(vmi, "stop", min(ctx.timings.stop_s, float(grace))):
                return
            vmi = _to_phase(ctx, vmi_status.ended(vmi), "Succeeded")
        for pod in launcher.pods_of(ctx.cache, vmi):
            ctx.client.delete(POD, pod)
        drop_finalizers(ctx, vmi)


def _write(ctx: Context, before: Json, after: Json) -> Json:
    """A VMI has no status subresource: one PUT writes everything."""
    return before if after == before else ctx.client.update(VMI, after)


def _to_phase(ctx: Context, vmi: Json, phase: str, *, conditions: list[Json] | None = None) -> Json:
    """The VMI, saved in another phase."""
    status: Json = dict(vmi.get("status") or {})
    if conditions is not None:
        status["conditions"] = conditions
    times = [entry for entry in status.get("phaseTransitionTimestamps") or [] if entry["phase"] != phase]
    times.append({"phase": phase, "phaseTransitionTimestamp": timestamp()})
    status |= {"phase": phase, "phaseTransitionTimestamps": times}
    return ctx.client.update(VMI, {**vmi, "status": status})


def _note_failure(ctx: Context, vmi: Json, reason: str, message: str) -> None:
    conditions = dig(vmi, "status", "conditions", default=[])
    changed = with_condition(conditions, "Synchronized", "False", reason, message)
    _write(ctx, vmi, planted(vmi, ("status", "conditions"), changed))


def _require_volumes(cache: Cache, vmi: Json) -> None:
    """Raise NotPossible while a claim is missing or still being filled."""
    namespace = meta(vmi)["namespace"]
    for volume in dig(vmi, "spec", "volumes", default=[]):
        name = dig(volume, "dataVolume", "name") or dig(volume, "persistentVolumeClaim", "claimName")
        if not name:
            continue
        claim = cache.get(CLAIM, namespace, name)
        if claim is None:
            raise NotPossible(
                "FailedPvcNotFound", f"PVC {namespace}/{name} does not exist, waiting for it to appear"
            )
        filler = cache.get(DATA_VOLUME, namespace, name)
        phase = dig(filler, "status", "phase", default="")
        if filler is not None and phase not in {"Succeeded", "WaitForFirstConsumer", "PendingPopulation"}:
            raise NotPossible("DataVolumesNotReady", f"DataVolume {name} is {phase or 'not ready'}")
        if filler is not None and phase != "Succeeded":
            raise NotPossible(
                "WaitingForFirstConsumer", f"waiting for DataVolume {name} to be bound and filled"
            )
        if dig(claim, "status", "phase") != "Bound":
            raise NotPossible("PvcNotBound", f"PVC {namespace}/{name} is not bound")


def _missing_secret(cache: Cache, vmi: Json) -> str | None:
    """The first secret that the pod mounts and that is not there."""
    references = [
        s.get(key) for s in cloud_init_sources(vmi) for key in ("secretRef", "networkDataSecretRef")
    ]
    names = [reference["name"] for reference in references if reference]
    for volume in dig(vmi, "spec", "volumes", default=[]):
        if name := dig(volume, "secret", "secretName") or dig(volume, "sysprep", "secret", "name"):
            names.append(name)
    return next((name for name in names if cache.get(SECRET, meta(vmi)["namespace"], name) is None), None)


def _running_pod_status(pod: Json) -> Json:
    at = timestamp()
    entries = network_status(pod)
    ip = entries[0]["ips"][0].partition("/")[0] if entries and entries[0]["ips"] else "10.128.0.2"
    ready = [
        {"type": kind, "status": "True", "lastTransitionTime": at}
        for kind in ("PodScheduled", "Initialized", "Ready")
    ]
    return {"phase": "Running", "podIP": ip, "podIPs": [{"ip": ip}], "startTime": at, "conditions": ready}


def _launcher_is_gone(ctx: Context, vmi: Json) -> bool:
    """Whether the VMI lost its pod; then it has failed."""
    if launcher.active_pod(ctx.cache, vmi) is not None:
        return False
    _to_phase(ctx, vmi_status.ended(vmi), "Failed")
    return True


def _is_growing(vmi: Json) -> bool:
    return any(condition(vmi, kind) for kind in ("HotVCPUChange", "HotMemoryChange"))
