"""Kubernetes' error answers: a `Status` object with code, reason, message and details.

Source: kubernetes apimachinery pkg/api/errors/errors.go. The texts are clients' interface: don't reword them.
"""

import dataclasses

from compute.emulator.registry import Resource
from compute.emulator.values import Json


@dataclasses.dataclass(frozen=True, slots=True)
class Cause:
    """One field that is wrong. `reason` is FieldValueInvalid, FieldValueRequired, FieldManagerConflict and so on."""

    reason: str
    message: str
    field: str = ""


class ApiError(Exception):
    """An answer that is not a success."""

    def __init__(
        self,
        code: int,
        reason: str,
        message: str,
        *,
        resource: Resource | None = None,
        name: str = "",
        causes: tuple[Cause, ...] = (),
        details: Json | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.details: Json = dict(details or {})
        if resource is not None:
            self.details |= {"group": resource.group, "kind": resource.plural}
            if not resource.group:
                del self.details["group"]
        if name:
            self.details["name"] = name
        if causes:
            self.details["causes"] = [
                {key: value for key, value in dataclasses.asdict(cause).items() if value} for cause in causes
            ]

    def status(self) -> Json:
        """The Status object."""
        body: Json = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
        }
        if self.reason:
            body["reason"] = self.reason
        if self.details:
            body["details"] = self.details
        return {**body, "code": self.code}


def not_found(resource: Resource, name: str) -> ApiError:
    return ApiError(404, "NotFound", f'{resource.id} "{name}" not found', resource=resource, name=name)


def no_such_path() -> ApiError:
    return ApiError(404, "NotFound", "the server could not find the requested resource")


class PageNotFound(ApiError):
    """404 in plain text: what a real server says about groups, versions and resources it does not serve."""

    def __init__(self) -> None:
        super().__init__(404, "NotFound", "404 page not found")


def already_exists(resource: Resource, name: str) -> ApiError:
    return ApiError(
        409, "AlreadyExists", f'{resource.id} "{name}" already exists', resource=resource, name=name
    )


MODIFIED = "the object has been modified; please apply your changes to the latest version and try again"


def conflict(resource: Resource, name: str, why: str = MODIFIED) -> ApiError:
    message = f'Operation cannot be fulfilled on {resource.id} "{name}": {why}'
    return ApiError(409, "Conflict", message, resource=resource, name=name)


def forbidden(resource: Resource, name: str, why: str, causes: tuple[Cause, ...] = ()) -> ApiError:
    message = f'{resource.id} "{name}" is forbidden: {why}' if name else f"{resource.id} is forbidden: {why}"
    return ApiError(403, "Forbidden", message, resource=resource, name=name, causes=causes)


def invalid(resource: Resource, name: str, *causes: Cause) -> ApiError:
    """422. The message lists every cause as `field: message`."""
    texts = [f"{cause.field}: {cause.message}" for cause in causes]
    listed = texts[0] if len(texts) == 1 else "[" + ", ".join(texts) + "]"
    qualified = f"{resource.kind}.{resource.group}" if resource.group else resource.kind
    return ApiError(
        422,
        "Invalid",
        f'{qualified} "{name}" is invalid: {listed}',
        name=name,
        causes=causes,
        details={"kind": resource.kind, **({"group": resource.group} if resource.group else {})},
    )


def version_required(resource: Resource, name: str) -> ApiError:
    """422 for a PUT of a custom resource without resourceVersion; it names the resource, not the kind."""
    cause = Cause(
        "FieldValueInvalid", "Invalid value: 0: must be specified for an update", "metadata.resourceVersion"
    )
    message = f'{resource.id} "{name}" is invalid: {cause.field}: {cause.message}'
    return ApiError(422, "Invalid", message, resource=resource, name=name, causes=(cause,))


def bad_request(message: str) -> ApiError:
    return ApiError(400, "BadRequest", message)


def unauthorized() -> ApiError:
    return ApiError(401, "Unauthorized", "Unauthorized")


def method_not_allowed() -> ApiError:
    return ApiError(
        405, "MethodNotAllowed", "the server does not allow this method on the requested resource"
    )


def unsupported_media_type(accepted: tuple[str, ...]) -> ApiError:
    message = f"the body of the request was in an unknown format - accepted media types include: {', '.join(accepted)}"
    return ApiError(415, "UnsupportedMediaType", message)


def expired(message: str) -> ApiError:
    return ApiError(410, "Expired", message)


def too_large_revision(asked: int, current: int) -> ApiError:
    return ApiError(
        504,
        "Timeout",
        f"Too large resource version: {asked}, current: {current}",
        causes=(Cause("ResourceVersionTooLarge", "Too large resource version"),),
        details={"retryAfterSeconds": 1},
    )


def too_large_body(limit: int) -> ApiError:
    return ApiError(413, "RequestEntityTooLarge", f"Request entity too large: limit is {limit}")


def internal(message: str) -> ApiError:
    return ApiError(500, "InternalError", f"Internal error occurred: {message}")
