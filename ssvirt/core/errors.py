"""Errors of the service: VCD's own (rendered to clients) and the cluster's (mapped by the cluster client).

The strings in `code` are VCD's minorErrorCode values; clients compare them, so they do not change.
Source: contract vcd-api.md 3.3.
"""

from typing import ClassVar


class VcdError(Exception):
    """An error with VCD's status, minorErrorCode and message; the base of all that a client may see."""

    status: ClassVar[int] = 500
    code: str = "INTERNAL_SERVER_ERROR"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code


class BadRequest(VcdError):
    status = 400
    code = "BAD_REQUEST"


class DuplicateName(BadRequest):
    code = "DUPLICATE_NAME"

    def __init__(self, name: str) -> None:
        super().__init__(f"The VCD entity {name} already exists.")


class BusyEntity(BadRequest):
    code = "BUSY_ENTITY"


class InvalidState(BadRequest):
    """The operation is not legal in the entity's state."""

    code = "BAD_REQUEST"


class InvalidReference(BadRequest):
    code = "INVALID_REFERENCE"


class QuotaExceeded(BadRequest):
    """The VDC's limit would be passed. Source: VCD answers an over-limit request with 400."""

    code = "RESOURCE_LIMIT_EXCEEDED"


class NotSupported(BadRequest):
    """What VCD has and this service cannot do; every use is listed in docs/mapping.md."""

    code = "UNSUPPORTED_OPERATION"


class Unauthorized(VcdError):
    status = 401
    code = "UNAUTHORIZED"


class Forbidden(VcdError):
    status = 403
    code = "ACCESS_TO_RESOURCE_IS_FORBIDDEN"


class NotFound(Forbidden):
    """A missing or foreign entity: 403, since existence is hidden. Source: contract vcd-api.md 3.3."""


class UnknownUrl(VcdError):
    status = 404
    code = "NOT_FOUND"


class MethodNotAllowed(VcdError):
    status = 405
    code = "METHOD_NOT_ALLOWED"


class NotAcceptable(VcdError):
    status = 406
    code = "NOT_ACCEPTABLE"


class Conflict(VcdError):
    status = 409
    code = "CONFLICT"


class BodyTooLarge(VcdError):
    status = 413
    code = "REQUEST_TOO_LARGE"


class UnsupportedMediaType(VcdError):
    status = 415
    code = "UNSUPPORTED_MEDIA_TYPE"


class ServiceUnavailable(VcdError):
    status = 503
    code = "SERVICE_UNAVAILABLE"


class ClusterError(Exception):
    """A cluster call that did not succeed.

    `status` is the HTTP status or None when there was no answer, `reason` Kubernetes' reason (`Conflict`,
    `Invalid`, ...), `message` the cluster's own text.
    """

    def __init__(self, message: str, *, reason: str = "", status: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason
        self.status = status


class ClusterUnavailable(ClusterError):
    """No answer, a time-out, 429 or 5xx: worth another try later."""


class ClusterConflict(ClusterError):
    """409: another writer, or the object is already in the wanted state."""


class ClusterRejected(ClusterError):
    """400, 403 or 422: the cluster refuses the request for good (schema, webhook, quota)."""


class ClusterNotFound(ClusterError):
    """404: the object, its namespace or its kind is absent."""
