"""/emulator/v1: what tests and demonstrations do to an emulator that runs as a process of its own.

    POST   /emulator/v1/guests/{namespace}/{name}/shutdown | crash
    POST   /emulator/v1/steps/hold | release      {"steps": ["boot", ...]}
    POST   /emulator/v1/faults                    the arguments of Faults.add;  DELETE clears
    GET    /emulator/v1/requests                  the recorded requests;  DELETE clears
    POST   /emulator/v1/watches/drop
    POST   /emulator/v1/history/expire
    POST   /emulator/v1/reset

Needs the token like everything else; neither recorded nor met by faults.
"""

import dataclasses
import re
from typing import Any, Protocol

from compute.emulator.api.admission import require_json_object
from compute.emulator.api.app import parsed_body
from compute.emulator.api.errors import ApiError, bad_request, method_not_allowed, no_such_path
from compute.emulator.api.http import Request, Response, json_response
from compute.emulator.observing import Faults, RequestLog
from compute.emulator.values import Json

FIRST_SEGMENT = "emulator"
_FAULT_FIELDS = {"method", "path_regex", "status", "reason", "message", "latency_s", "drop", "times"}


class Controls(Protocol):
    """The levers of an emulator."""

    @property
    def requests(self) -> RequestLog: ...

    @property
    def faults(self) -> Faults: ...

    def guest_shutdown(self, namespace: str, name: str) -> None: ...

    def guest_crash(self, namespace: str, name: str) -> None: ...

    def hold(self, *steps: str) -> None: ...

    def release(self, *steps: str) -> None: ...

    def drop_watches(self) -> None: ...

    def expire_history(self) -> None: ...

    def reset(self) -> None: ...


class Admin:
    """Answers requests below /emulator."""

    def __init__(self, controls: Controls) -> None:
        self._controls = controls

    def handle(self, segments: list[str], request: Request) -> Response:
        """Do what the path says. Raises 400, 404, 405 and, for a guest that is not running, 409."""
        controls = self._controls
        match request.method, segments[1:]:
            case "POST", ["v1", "guests", namespace, name, "shutdown" | "crash" as event]:
                act = controls.guest_shutdown if event == "shutdown" else controls.guest_crash
                try:
                    act(namespace, name)
                except ValueError as error:
                    raise ApiError(409, "Conflict", str(error)) from error
            case "POST", ["v1", "steps", "hold"]:
                controls.hold(*_steps(request))
            case "POST", ["v1", "steps", "release"]:
                controls.release(*_steps(request))
            case "POST", ["v1", "faults"]:
                self._add_fault(request)
            case "DELETE", ["v1", "faults"]:
                controls.faults.clear()
            case "GET", ["v1", "requests"]:
                return json_response({"items": [dataclasses.asdict(entry) for entry in controls.requests]})
            case "DELETE", ["v1", "requests"]:
                controls.requests.clear()
            case "POST", ["v1", "watches", "drop"]:
                controls.drop_watches()
            case "POST", ["v1", "history", "expire"]:
                controls.expire_history()
            case "POST", ["v1", "reset"]:
                controls.reset()
            case _, ["v1", *_]:
                raise method_not_allowed()
            case _:
                raise no_such_path()
        return json_response({"kind": "Status", "apiVersion": "v1", "status": "Success"})

    def _add_fault(self, request: Request) -> None:
        sent: Any = require_json_object(parsed_body(request))
        if unknown := set(sent) - _FAULT_FIELDS:
            raise bad_request(f"unknown fields: {', '.join(sorted(unknown))}")
        try:
            self._controls.faults.add(**sent)
        except (TypeError, re.error) as error:
            raise bad_request(str(error)) from error


def _steps(request: Request) -> list[str]:
    body: Json = require_json_object(parsed_body(request)) if request.body.strip() else {}
    steps = body.get("steps") or []
    if not isinstance(steps, list) or not all(isinstance(step, str) for step in steps):
        raise bad_request("steps must be a list of names")
    return steps
