"""HTTP answers of a cluster as the errors of `ssvirt.core.errors`.

The question behind each mapping: can the same request succeed later without anyone changing it? Then it is
ClusterUnavailable, whatever the status code.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from ssvirt.core.errors import (
    ClusterConflict,
    ClusterError,
    ClusterNotFound,
    ClusterRejected,
    ClusterUnavailable,
)

# `reason` of a 404 for the path, not the object: nothing is said about the object's existence.
API_NOT_SERVED: Final = "ApiNotServed"
# Source: apimachinery errors.NewGenericServerResponse; kube-apiserver itself sends a page of plain text.
_UNKNOWN_PATH = "the server could not find the requested resource"
_MAX_TEXT = 2000


class ClusterGone(ClusterError):
    """410: the resource version or list position is too old; list again."""


def error_of(status: int, body: bytes) -> ClusterError:
    """The error of an answer that is not 2xx. Source: apimachinery metav1.Status."""
    answer = _status(body)
    message = str(
        answer.get("message") or body[:_MAX_TEXT].decode(errors="replace").strip() or f"HTTP {status}"
    )
    reason = str(answer.get("reason") or "")
    if status == 404 and (not answer or message == _UNKNOWN_PATH):
        reason = API_NOT_SERVED
    details = answer.get("details")
    return _class_of(status, message, details if isinstance(details, Mapping) else {})(
        message[:_MAX_TEXT],
        reason=reason,
        status=status,
    )


def error_of_event(event: Mapping[str, Any]) -> ClusterError:
    """The error that a watch event of type ERROR carries."""
    code = event.get("code")
    status = code if isinstance(code, int) else 500
    return error_of(status, json.dumps(event).encode())


def _class_of(status: int, message: str, details: Mapping[str, Any]) -> type[ClusterError]:
    match status:
        case 404:
            return ClusterNotFound
        case 409 if details.get("kind") == "resourcequotas":
            # Several creations at once contended for the quota object, not for ours.
            # Source: apiserver, resourcequota admission, checkQuotas.
            return ClusterUnavailable
        case 409:
            return ClusterConflict
        case 410:
            return ClusterGone
        case 403 if "status unknown for quota" in message:
            # A quota just made has not been counted yet. Source: as above.
            return ClusterUnavailable
        case 401:
            # Our own credential is wrong or expired: for the operator to mend, no fault of the request.
            return ClusterUnavailable
        case 429 | 408:
            return ClusterUnavailable
        case _ if status >= 500 or status < 400:
            # A redirect is a proxy's, never the API's: something else answers at that address.
            return ClusterUnavailable
    return ClusterRejected


def _status(body: bytes) -> Mapping[str, Any]:
    try:
        answer = json.loads(body)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) and answer.get("kind", "Status") == "Status" else {}
