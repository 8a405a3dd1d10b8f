"""Every error that leaves the server has VCD's form: Error documents at /api, JSON objects at /cloudapi."""

import json
from collections.abc import Mapping
from typing import Any

import structlog
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.views import defaults
from psycopg_pool import PoolTimeout
from rest_framework import exceptions

from ssvirt.api.versions import DEFAULT, Negotiated, negotiate
from ssvirt.core import errors
from ssvirt.wire import types as w
from ssvirt.wire.codec import WireError, to_json, to_xml

log = structlog.get_logger(__name__)

_DRF: Mapping[type[exceptions.APIException], type[errors.VcdError]] = {
    exceptions.ParseError: errors.BadRequest,
    exceptions.NotAuthenticated: errors.Unauthorized,
    exceptions.AuthenticationFailed: errors.Unauthorized,
    exceptions.PermissionDenied: errors.Forbidden,
    exceptions.NotFound: errors.UnknownUrl,
    exceptions.MethodNotAllowed: errors.MethodNotAllowed,
    exceptions.NotAcceptable: errors.NotAcceptable,
    exceptions.UnsupportedMediaType: errors.UnsupportedMediaType,
}


def as_vcd_error(error: Exception) -> errors.VcdError:
    """The VCD error that stands for `error`; an unexpected one is logged with its traceback and tells
    nothing.
    """
    match error:
        case errors.VcdError():
            return error
        case WireError():
            is_named = error.line is None or "line" in error.message
            return errors.BadRequest(error.message if is_named else f"{error.message} (line {error.line})")
        case Http404():
            return errors.UnknownUrl("The requested URL does not exist.")
        case RequestDataTooBig():
            return errors.BodyTooLarge("The request body is larger than the server accepts.")
        case SuspiciousOperation():
            return errors.BadRequest("The request is malformed.")
        case exceptions.APIException():
            made = _DRF.get(type(error), errors.BadRequest)
            return made(str(error.detail))
        case OperationalError() | InterfaceError() | PoolTimeout():
            log.error("database_unavailable", error=str(error))
            return errors.ServiceUnavailable("The database cannot be reached. Try again later.")
    log.error("request_crashed", exc_info=error)
    return errors.VcdError(
        "An internal error has occurred. The server's log has the details under the request's id."
    )


def _is_legacy(path: str) -> bool:
    return not path.startswith("/cloudapi") and not path.startswith("/oauth")


def negotiated_or_default(request: HttpRequest) -> Negotiated:
    """The request's negotiation, or the default one where it asks for what is not served."""
    default = "xml" if _is_legacy(request.path) else "json"
    accept = request.headers.get("Accept")
    try:
        return negotiate(accept, default)  # type: ignore[arg-type]
    except errors.NotAcceptable:
        form = "json" if accept and "json" in accept.lower() else default
        return Negotiated(requested=DEFAULT, effective=DEFAULT, form=form)  # type: ignore[arg-type]


def error_response(request: HttpRequest, error: Exception) -> HttpResponse:
    """The response for `error`, in the form that the URL and the Accept header ask for."""
    vcd = as_vcd_error(error)
    request_id = getattr(request, "vcd_request_id", "")
    # The text of a 406 starts as clients know it. Source: vcd-api.md 3.1.
    is_plain = vcd.status == 406 or vcd.message.startswith("[ ")
    message = vcd.message if is_plain else f"[ {request_id} ] {vcd.message}"
    wire = negotiated_or_default(request)
    if _is_legacy(request.path):
        doc = w.Error(message=message, major_error_code=vcd.status, minor_error_code=vcd.code, stack_trace="")
        if wire.form == "json":
            body = json.dumps(to_json(doc, version=wire.effective)).encode()
        else:
            body = to_xml(doc, version=wire.effective)
        content_type = f"application/vnd.vmware.vcloud.error+{wire.form};version={wire.requested}"
    else:
        plain: dict[str, Any] = {"minorErrorCode": vcd.code, "message": message, "stackTrace": None}
        body = json.dumps(plain).encode()
        content_type = f"application/json;version={wire.requested}"
    response = HttpResponse(body, status=vcd.status, content_type=content_type)
    if isinstance(error, exceptions.MethodNotAllowed):
        response["Allow"] = ", ".join(getattr(error, "allowed", ()))
    if vcd.status == 401:
        response["WWW-Authenticate"] = 'Basic realm="VMware Cloud Director"'
    response["Cache-Control"] = "no-store"
    return response


def _is_portal(request: HttpRequest) -> bool:
    """Pages for people get Django's error pages, everything else VCD's errors."""
    return request.path.startswith("/admin")


def handler404(request: HttpRequest, exception: Exception) -> HttpResponse:
    if _is_portal(request):
        return defaults.page_not_found(request, exception)
    return error_response(request, Http404())


def handler400(request: HttpRequest, exception: Exception) -> HttpResponse:
    if _is_portal(request):
        return defaults.bad_request(request, exception)
    return error_response(request, exception)


def handler500(request: HttpRequest) -> HttpResponse:
    if _is_portal(request):
        return defaults.server_error(request)
    return error_response(request, errors.VcdError("An internal error has occurred."))
