"""subresources.kubevirt.io: start, stop, restart, pause and the rest, with KubeVirt's own refusals.

Virtual machine calls answer 202 with an empty body, instance calls 200.
Source: kubevirt pkg/virt-api/rest/{subresource,lifecycle}.go (the texts are theirs); kubernetes.md 1.4.
"""

import json
from collections.abc import Callable
from typing import Any

from compute.emulator.api.errors import ApiError, bad_request, internal, method_not_allowed, no_such_path
from compute.emulator.api.http import Request, Response, json_response
from compute.emulator.api.paths import ResourcePath
from compute.emulator.behaviour import guests, instancetypes, screens, vmi_status
from compute.emulator.behaviour.client import ApiFailure, Client
from compute.emulator.behaviour.conditions import with_condition, without_condition
from compute.emulator.behaviour.feed import Cache
from compute.emulator.behaviour.kinds import MIGRATION, POD, VM, VMI
from compute.emulator.behaviour.vm_status import is_final, is_migrating, run_strategy
from compute.emulator.registry import Registry, VirtualResource
from compute.emulator.values import Json, condition, dig, is_true, meta, planted, without

GROUP, VERSIONS = "subresources.kubevirt.io", ("v1", "v1alpha3")
_NOT_RUNNING, _VMI_NOT_RUNNING = "VM is not running", "VMI is not running"
_UNDERWAY = "unable to complete request: stop/start already underway"
_MANUAL_RECOVERY = "VM recovery required: Volume migration failed"


def _conflict(kind: str, name: str, why: str) -> ApiError:
    message = f'Operation cannot be fulfilled on {kind}.kubevirt.io "{name}": {why}'
    details = {"name": name, "group": "kubevirt.io", "kind": kind}
    return ApiError(409, "Conflict", message, details=details)


def _not_found(kind: str, name: str) -> ApiError:
    details = {"name": name, "group": "kubevirt.io", "kind": kind}
    return ApiError(404, "NotFound", f'{kind}.kubevirt.io "{name}" not found', details=details)


class Subresources:
    """The aggregated API. Writes go through the API like everybody's."""

    def __init__(self, cache: Cache, client: Client) -> None:
        self._cache = cache
        self._client = client
        vm: dict[str, Callable[[str, str, Json], Response]] = {
            "start": self._start,
            "stop": self._stop,
            "restart": self._restart,
            "migrate": self._migrate,
            "addvolume": self._add_volume,
            "removevolume": self._remove_volume,
        }
        vmi: dict[str, Callable[[str, str, Json], Response]] = {
            "pause": self._pause,
            "unpause": self._unpause,
            "softreboot": self._soft_reboot,
            "reset": self._reset,
            "freeze": self._freeze,
            "unfreeze": self._unfreeze,
        }
        self._puts = {("virtualmachines", name): call for name, call in vm.items()}
        self._puts |= {("virtualmachineinstances", name): call for name, call in vmi.items()}
        self._gets: dict[tuple[str, str], Callable[[Json], Response]] = {
            ("virtualmachineinstances", "guestosinfo"): lambda v: json_response(guests.agent_report(v)),
            ("virtualmachineinstances", "userlist"): lambda v: json_response({"metadata": {}, "items": []}),
            ("virtualmachineinstances", "filesystemlist"): lambda v: json_response(guests.filesystems(v)),
        }

    def register(self, registry: Registry) -> None:
        """Serve the group: a handler for each of its resources, and an entry in discovery for each subresource."""
        streams = [("virtualmachineinstances", name) for name in ("vnc", "console", "vnc/screenshot")]
        for plural in ("virtualmachines", "virtualmachineinstances"):
            self._register(registry, plural, plural, ())
        self._register(registry, "expand-vm-spec", "expand-vm-spec", ("update",))
        for plural, name in self._puts:
            self._register(registry, plural, f"{plural}/{name}", ("update",))
        for plural, name in (*self._gets, *streams, ("virtualmachines", "expand-spec")):
            self._register(registry, plural, f"{plural}/{name}", ("get",))

    def _register(self, registry: Registry, plural: str, entry: str, verbs: tuple[str, ...]) -> None:
        registry.register_virtual(VirtualResource(GROUP, VERSIONS, entry, plural, True, verbs, self.handle))

    def handle(self, request: Request, path: ResourcePath) -> Response:
        """Answer one call. Raises ApiError."""
        place = (path.plural, path.subresource)
        if path.plural == "expand-vm-spec" and request.method == "PUT":
            return json_response(self._expanded(_body(request)))
        if not path.name or not path.namespace:
            raise no_such_path()
        if call := self._puts.get(place):
            if request.method != "PUT":
                raise method_not_allowed()
            try:
                return call(path.namespace, path.name, _body(request))
            except ApiFailure as failure:
                raise _passed_on(failure, path) from failure
        if request.method != "GET":
            raise method_not_allowed() if place in self._gets else no_such_path()
        if place == ("virtualmachines", "expand-spec"):
            return json_response(self._expanded(self._vm(path.namespace, path.name)))
        if place in self._gets:
            vmi = self._running_vmi(path)
            if not is_true(vmi, "AgentConnected"):
                raise _conflict(
                    "virtualmachineinstance", path.name, "VMI does not have guest agent connected"
                )
            return self._gets[place](vmi)
        return self._stream(request, path)

    def _stream(self, request: Request, path: ResourcePath) -> Response:
        """Console, VNC and screenshot of a running guest."""
        if path.plural != "virtualmachineinstances" or path.subresource not in {
            "vnc",
            "console",
            "vnc/screenshot",
        }:
            raise no_such_path()
        vmi = self._running_vmi(path)
        if path.subresource == "vnc/screenshot":
            return Response(body=screens.screenshot(vmi), content_type="image/png")
        return screens.websocket(request, vmi, path.subresource, lambda: self._still_runs(vmi))

    def _still_runs(self, vmi: Json) -> bool:
        """Whether it is still the same instance that runs."""
        found = self._cache.get(VMI, meta(vmi)["namespace"], meta(vmi)["name"])
        return (
            found is not None
            and meta(found)["uid"] == meta(vmi)["uid"]
            and dig(found, "status", "phase") == "Running"
        )

    # ------------------------------------------------------------------ objects

    def _vm(self, namespace: str, name: str) -> Json:
        vm = self._cache.get(VM, namespace, name)
        if vm is None:
            raise _not_found("virtualmachine", name)
        return vm

    def _vmi(self, namespace: str, name: str) -> Json:
        vmi = self._cache.get(VMI, namespace, name)
        if vmi is None:
            raise _not_found("virtualmachineinstance", name)
        return vmi

    def _running_vmi(self, path: ResourcePath) -> Json:
        vmi = self._vmi(path.namespace, path.name)
        if dig(vmi, "status", "phase") != "Running":
            raise _conflict("virtualmachineinstance", path.name, _VMI_NOT_RUNNING)
        return vmi

    def _expanded(self, vm: Json) -> Json:
        try:
            spec = instancetypes.expanded(self._cache, vm)
        except instancetypes.MissingReference as missing:
            raise bad_request(str(missing)) from missing
        vm = planted(vm, ("spec", "template", "spec"), spec)
        return planted(vm, ("spec",), without(vm["spec"], ["instancetype", "preference"]))

    # ------------------------------------------------------------------ virtual machines

    def _start(self, namespace: str, name: str, options: Json) -> Response:
        vm, vmi = self._vm(namespace, name), self._cache.get(VMI, namespace, name)
        phase, strategy = dig(vmi, "status", "phase", default=""), run_strategy(vm)
        if vmi is not None and not is_final(vmi) and phase not in {"Unknown", ""}:
            raise _conflict("virtualmachine", name, "VM is already running")
        if is_true(vm, "ManualRecoveryRequired"):
            raise _conflict("virtualmachine", name, _MANUAL_RECOVERY)
        start: Json = {"action": "Start", **({"data": {"paused": "true"}} if options.get("paused") else {})}
        match strategy:
            case "Always" | "Once":
                raise _conflict("virtualmachine", name, f"{strategy} does not support manual start requests")
            case "Halted":
                if options.get("paused"):
                    self._request(vm, [start], options)
                else:
                    self._set_strategy(vm, "Always", options)
            case _:
                if strategy == "RerunOnFailure" and phase == "Failed":
                    why = "RerunOnFailure does not support starting VM from failed state"
                    raise _conflict("virtualmachine", name, why)
                stop = (
                    [{"action": "Stop", "uid": meta(vmi)["uid"]}] if vmi is not None and is_final(vmi) else []
                )
                self._request(vm, [*stop, start], options)
        return Response(202)

    def _stop(self, namespace: str, name: str, options: Json) -> Response:
        vm, vmi = self._vm(namespace, name), self._cache.get(VMI, namespace, name)
        strategy, grace = run_strategy(vm), options.get("gracePeriod")
        is_up = vmi is not None and not is_final(vmi)
        before = dig(vmi, "spec", "terminationGracePeriodSeconds")
        if grace is not None and (isinstance(grace, bool) or not isinstance(grace, int) or grace < 0):
            raise bad_request("gracePeriod has to be an integer greater or equal to 0")
        if vmi is not None and is_up and grace is not None and not _is_dry(options):
            self._client.merge(VMI, vmi, {"spec": {"terminationGracePeriodSeconds": grace}})
        match strategy:
            case "Always" | "Once":
                self._set_strategy(vm, "Halted", options)
                return Response(202)
            case _ if vmi is None or not is_up:
                raise _conflict("virtualmachine", name, _NOT_RUNNING)
            case "Halted" if grace is None or (before is not None and grace >= before):
                why = "Halted only supports manual stop requests with a shorter graceperiod"
                raise _conflict("virtualmachine", name, why)
        self._request(vm, [{"action": "Stop", "uid": meta(vmi)["uid"]}], options)
        return Response(202)

    def _restart(self, namespace: str, name: str, options: Json) -> Response:
        grace = options.get("gracePeriodSeconds")
        if grace is not None and grace > 0:
            raise bad_request("For force restart, only gracePeriod=0 is supported for now")
        if grace is not None and grace < 0:
            raise bad_request("gracePeriod has to be greater or equal to 0")
        vm = self._vm(namespace, name)
        if is_true(vm, "VolumesChange"):
            raise _conflict("virtualmachine", name, _MANUAL_RECOVERY)
        strategy = run_strategy(vm)
        if strategy in {"Halted", "Once"}:
            raise _conflict(
                "virtualmachine", name, f"RunStategy {strategy} does not support manual restart requests"
            )
        vmi = self._cache.get(VMI, namespace, name)
        if vmi is None:
            raise _conflict("virtualmachine", name, f"{_NOT_RUNNING}: Halted")
        self._request(vm, [{"action": "Stop", "uid": meta(vmi)["uid"]}, {"action": "Start"}], options)
        if grace == 0 and not _is_dry(options):
            for pod in self._cache.dependents(vmi, POD):
                self._client.delete(POD, pod)
        return Response(202)

    def _migrate(self, namespace: str, name: str, options: Json) -> Response:
        self._vm(namespace, name)
        vmi = self._vmi(namespace, name)
        if dig(vmi, "status", "phase") != "Running":
            raise _conflict("virtualmachine", name, _NOT_RUNNING)
        spec: Json = {"vmiName": name}
        if options.get("addedNodeSelector"):
            spec["addedNodeSelector"] = options["addedNodeSelector"]
        if not _is_dry(options):
            manifest = MIGRATION.new(
                namespace, "", metadata={"generateName": "kubevirt-migrate-vm-"}, spec=spec
            )
            del manifest["metadata"]["name"]
            self._client.create(MIGRATION, manifest)
        return Response(202)

    def _add_volume(self, namespace: str, name: str, options: Json) -> Response:
        """Hot-plug by request, on a running or a stopped VM: the volume and its disk go into the template."""
        vm = self._vm(namespace, name)
        volume_name, source = options.get("name"), options.get("volumeSource") or {}
        if not volume_name or not source or not options.get("disk"):
            raise bad_request("AddVolumeOptions requires name, disk and volumeSource to be set")
        spec = dig(vm, "spec", "template", "spec", default={})
        if any(v["name"] == volume_name for v in spec.get("volumes") or []):
            why = f"Unable to add volume [{volume_name}] because volume with that name already exists"
            raise _conflict("virtualmachine", name, why)
        source = {kind: {**value, "hotpluggable": True} for kind, value in source.items()}
        volumes = [*(spec.get("volumes") or []), {"name": volume_name, **source}]
        disks = [
            *dig(spec, "domain", "devices", "disks", default=[]),
            {**options["disk"], "name": volume_name},
        ]
        return self._save_disks(vm, volumes, disks, options)

    def _remove_volume(self, namespace: str, name: str, options: Json) -> Response:
        vm, volume_name = self._vm(namespace, name), options.get("name")
        spec = dig(vm, "spec", "template", "spec", default={})
        if not any(v["name"] == volume_name for v in spec.get("volumes") or []):
            raise _conflict(
                "virtualmachine", name, f"Unable to remove volume [{volume_name}] because it does not exist"
            )
        volumes = [v for v in spec["volumes"] if v["name"] != volume_name]
        disks = [d for d in dig(spec, "domain", "devices", "disks", default=[]) if d["name"] != volume_name]
        return self._save_disks(vm, volumes, disks, options)

    def _save_disks(self, vm: Json, volumes: list[Json], disks: list[Json], options: Json) -> Response:
        if not _is_dry(options):
            patch = {"volumes": volumes, "domain": {"devices": {"disks": disks}}}
            self._client.merge(VM, vm, {"spec": {"template": {"spec": patch}}})
        return Response(202)

    def _request(self, vm: Json, changes: list[Json], options: Json) -> None:
        """Note state change requests in the VM's status, unless others came first. Raises 409 and 500."""
        known = dig(vm, "status", "stateChangeRequests")
        is_stop_only = len(changes) == 1 and changes[0]["action"] == "Stop"
        if known and not is_stop_only:
            raise internal(_UNDERWAY)
        if _is_dry(options):
            return
        if not vm.get("status"):
            patch: list[Json] = [{"op": "add", "path": "/status", "value": {"stateChangeRequests": changes}}]
        else:
            patch = [
                {"op": "test", "path": "/status/stateChangeRequests", "value": known},
                {"op": "add", "path": "/status/stateChangeRequests", "value": changes},
            ]
            if dig(vm, "status", "startFailure"):
                patch.append({"op": "remove", "path": "/status/startFailure"})
        self._client.json_patch(VM, vm, patch, "status")

    def _set_strategy(self, vm: Json, strategy: str, options: Json) -> None:
        if _is_dry(options):
            return
        if dig(vm, "spec", "runStrategy") is not None:
            path, old = "/spec/runStrategy", vm["spec"]["runStrategy"]
            new: Any = strategy
        else:
            path, old = "/spec/running", dig(vm, "spec", "running")
            new = strategy == "Always"
        self._client.json_patch(
            VM, vm, [{"op": "test", "path": path, "value": old}, {"op": "add", "path": path, "value": new}]
        )

    # ------------------------------------------------------------------ instances

    def _instance(self, namespace: str, name: str, why_not: str) -> Json:
        vmi = self._vmi(namespace, name)
        if dig(vmi, "status", "phase") != "Running":
            raise _conflict("virtualmachineinstance", name, why_not)
        return vmi

    def _set_conditions(self, vmi: Json, conditions: list[Json], options: Json) -> Response:
        if not _is_dry(options):
            self._client.merge(VMI, vmi, {"status": {"conditions": conditions}})
        return Response(200)

    def _pause(self, namespace: str, name: str, options: Json) -> Response:
        vmi = self._instance(namespace, name, _NOT_RUNNING)
        if dig(vmi, "spec", "livenessProbe"):
            why = "Pausing VMIs with LivenessProbe is currently not supported"
            message = f'virtualmachineinstance.kubevirt.io "{name}" is forbidden: {why}'
            raise ApiError(403, "Forbidden", message)
        if condition(vmi, "Paused"):
            raise _conflict("virtualmachineinstance", name, "VMI is already paused")
        if is_migrating(vmi):
            why = f"Cannot pause VM '{name}' because it is currently being migrated"
            raise _conflict("virtualmachineinstance", name, why)
        conditions = dig(vmi, "status", "conditions", default=[])
        paused = with_condition(conditions, "Paused", "True", "PausedByUser", "VMI was paused by user")
        return self._set_conditions(vmi, paused, options)

    def _unpause(self, namespace: str, name: str, options: Json) -> Response:
        vm = self._cache.get(VM, namespace, name)
        if dig(vm, "status", "snapshotInProgress"):
            raise _conflict("virtualmachine", name, "VM snapshot is in progress")
        vmi = self._instance(namespace, name, _VMI_NOT_RUNNING)
        if not condition(vmi, "Paused"):
            raise _conflict("virtualmachineinstance", name, "VMI is not paused")
        conditions = without_condition(dig(vmi, "status", "conditions", default=[]), "Paused")
        return self._set_conditions(vmi, conditions, options)

    def _soft_reboot(self, namespace: str, name: str, options: Json) -> Response:
        vmi = self._instance(namespace, name, _NOT_RUNNING)
        if is_true(vmi, "Paused"):
            raise _conflict("virtualmachineinstance", name, "VMI is paused")
        acpi = dig(vmi, "spec", "domain", "features", "acpi", "enabled", default=True)
        if not condition(vmi, "AgentConnected") and not acpi:
            why = "VMI neither have the agent connected nor the ACPI feature enabled"
            raise _conflict("virtualmachineinstance", name, why)
        return self._reboot(vmi)

    def _reset(self, namespace: str, name: str, options: Json) -> Response:
        vmi = self._vmi(namespace, name)
        phase = dig(vmi, "status", "phase", default="")
        if phase != "Running":
            raise internal(f"Failed to reset non-running VMI with phase {phase}: {_VMI_NOT_RUNNING}")
        return self._reboot(vmi)

    def _reboot(self, vmi: Json) -> Response:
        after = vmi_status.rebooted(vmi)
        status = {"conditions": dig(after, "status", "conditions"), "guestOSInfo": None}
        self._client.merge(
            VMI, vmi, {"metadata": {"annotations": after["metadata"]["annotations"]}, "status": status}
        )
        return Response(200)

    def _freeze(self, namespace: str, name: str, options: Json) -> Response:
        vmi = self._instance(namespace, name, _NOT_RUNNING)
        self._client.merge(VMI, vmi, {"status": {"fsFreezeStatus": "frozen"}})
        return Response(200)

    def _unfreeze(self, namespace: str, name: str, options: Json) -> Response:
        vmi = self._instance(namespace, name, _VMI_NOT_RUNNING)
        self._client.merge(VMI, vmi, {"status": {"fsFreezeStatus": None}})
        return Response(200)


def _body(request: Request) -> Json:
    """The options in the body, {} when it is empty. Raises 400."""
    if not request.body.strip():
        return {}
    try:
        parsed: Any = json.loads(request.body)
    except ValueError as error:
        raise bad_request(f"Can not unmarshal Request body to struct, error: {error}") from error
    if not isinstance(parsed, dict):
        raise bad_request("Can not unmarshal Request body to struct, error: not an object")
    return parsed


def _is_dry(options: Json) -> bool:
    return options.get("dryRun") == ["All"]


def _passed_on(failure: ApiFailure, path: ResourcePath) -> ApiError:
    """virt-api answers 409 where its own patch lost a race, 500 for anything else."""
    if failure.code == 404:
        return _not_found(path.plural.removesuffix("s"), path.name)
    if failure.code in {409, 422}:
        return _conflict(path.plural.removesuffix("s"), path.name, failure.message)
    return internal(failure.message)
